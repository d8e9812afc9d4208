/** The plant's day: midnight to midnight in its zone. */

const DAY_US = 86_400e6
const offsets = new Map<string, Intl.DateTimeFormat>()

/** How far the zone is ahead of UTC at that time, µs. */
export function zoneOffsetUs(us: number, zone: string): number {
  let format = offsets.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    })
    offsets.set(zone, format)
  }
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(us / 1000)) part[type] = Number(value)
  const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!)
  return (local - Math.floor(us / 1e6) * 1000) * 1000
}

/** The moment at which the zone's clock shows `2026-01-31T13:05:09`, µs UTC; NaN for what is no time. */
export function usOf(clock: string, zone: string): number {
  const shown_us = Date.parse(`${clock}Z`) * 1000
  if (Number.isNaN(shown_us)) return NaN
  return shown_us - zoneOffsetUs(shown_us - zoneOffsetUs(shown_us, zone), zone)
}

/** The last midnight of the plant, µs UTC. */
export function midnightUs(us: number, zone: string): number {
  const offset = zoneOffsetUs(us, zone)
  return Math.floor((us + offset) / DAY_US) * DAY_US - offset
}

/** Share of the plant's day that has gone, 0-1. */
export function dayShare(us: number, zone: string): number {
  return (us - midnightUs(us, zone)) / DAY_US
}
