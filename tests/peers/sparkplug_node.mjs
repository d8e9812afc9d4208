// Eclipse Tahu's sparkplug-client as an edge node, with commands that break the rules.
//
//   node sparkplug_node.mjs --url mqtt://127.0.0.1:1883 --group Northern --node S03
//
// It has device PL1 with metrics CELL001/VOLT_PV (Double), CELL001/RUN (Boolean), CELL001/STATE (Int32), CELL001/COUNT
// (Int64), and node metric COM/KW (Float). A rebirth request is answered by itself.
// Commands: {"do":"birth"}  {"do":"data","device"?:"PL1","metrics":[{"name":"CELL001/VOLT_PV","type":"Double","value":1}]}
//           a metric may have "alias" instead of "name", "timestamp" (ms), "isHistorical", "isNull"; data is by name or alias
//           {"do":"seq_jump","by":3}  {"do":"unknown_alias"}  {"do":"data_without_birth","device":"PL9"}
//           {"do":"garbage","topic"?:...}  {"do":"device_death","device":"PL1"}  {"do":"stop"}  {"do":"die"}

import { createRequire } from "node:module";
import { obey, options, say } from "./commands.mjs";

const sparkplug = createRequire(import.meta.url)("sparkplug-client");
const { url, group, node } = options({ url: "mqtt://127.0.0.1:1883", group: "Northern", node: "S03" });

const client = sparkplug.newClient({
  serverUrl: url,
  username: null,
  password: null,
  groupId: group,
  edgeNode: node,
  clientId: `peer-${node}-${process.pid}`,
  version: "spBv1.0",
  publishDeath: true,
});

const DEVICE = "PL1";
const FIRST = [
  { name: "CELL001/VOLT_PV", alias: 1, type: "Double", value: 1.5 },
  { name: "CELL001/RUN", alias: 2, type: "Boolean", value: true },
  { name: "CELL001/STATE", alias: 3, type: "Int32", value: -2 },
  { name: "CELL001/COUNT", alias: 4, type: "Int64", value: 5 },
];
const numbers = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY };
const payload = (metrics) => {
  const timestamp = Date.now();
  return {
    timestamp,
    metrics: metrics.map((metric) => ({ timestamp, ...metric, value: numbers[metric.value] ?? metric.value })),
  };
};

function births() {
  client.publishNodeBirth(
    payload([
      { name: "Node Control/Rebirth", type: "Boolean", value: false },
      { name: "COM/KW", alias: 5, type: "Float", value: 7.5 },
    ]),
  );
  client.publishDeviceBirth(DEVICE, payload(FIRST));
}

let known = false;
client.on("birth", () => {
  births();
  if (!known) say({ ready: true });
  known = true;
});
client.on("ncmd", ({ metrics }) => {
  if (metrics.some((metric) => metric.name === "Node Control/Rebirth" && metric.value)) {
    births();
    say({ reborn: true });
  }
});
client.on("error", (error) => say({ error: String(error) }));

await obey({
  birth: births,
  data({ device, metrics }) {
    if (device === undefined) client.publishNodeData(payload(metrics));
    else client.publishDeviceData(device, payload(metrics));
  },
  seq_jump({ by }) {
    client.seq = (client.seq + by) % 256;
  },
  unknown_alias: () => client.publishDeviceData(DEVICE, payload([{ alias: 999, type: "Double", value: 1 }])),
  data_without_birth: ({ device }) =>
    client.publishDeviceData(device, payload([{ name: "CELL001/VOLT_PV", type: "Double", value: 1 }])),
  garbage({ topic = `spBv1.0/${group}/DDATA/${node}/${DEVICE}` }) {
    client.client.publish(topic, Buffer.from([0x12, 0x7f, 0x01, 0xff]));
  },
  device_death: ({ device }) => client.publishDeviceDeath(device, payload([])),
  stop: () => client.stop(),
  die: () => process.kill(process.pid, "SIGKILL"),
});
