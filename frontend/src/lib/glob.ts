/** Paths that one of the patterns names; `*` stands for any characters, `?` for one. */
export function globbed(paths: readonly string[], patterns: readonly string[]): string[] {
  const tests = patterns.map(
    (pattern) => new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`),
  )
  return paths.filter((path) => tests.some((test) => test.test(path)))
}
