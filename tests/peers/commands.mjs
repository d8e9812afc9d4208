// The seam between a test and its peer: one JSON object per line, commands in on stdin, answers out on stdout.

import { createInterface } from "node:readline";

export const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Run `handlers[command.do](command)` for each line, one after another, and answer each. The end of stdin ends the peer. */
export async function obey(handlers) {
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    try {
      const told = await handlers[command.do](command);
      say({ done: command.do, ...told });
    } catch (error) {
      say({ done: command.do, error: String(error) });
    }
  }
  process.exit(0);
}

/** Options given as `--name value`. */
export function options(defaults) {
  const given = { ...defaults };
  const words = process.argv.slice(2);
  for (let i = 0; i < words.length; i += 2) given[words[i].slice(2)] = words[i + 1];
  return given;
}
