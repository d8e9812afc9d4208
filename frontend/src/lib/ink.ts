/** The dress's colours for what is drawn on a canvas, where style sheets do not reach. */
export function ink(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

/** The size of 1rem in px, for the same reason. */
export function remPx(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize)
}

export function fontFamily(): string {
  return getComputedStyle(document.documentElement).fontFamily
}
