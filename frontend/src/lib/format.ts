/** Numbers, times and ages as the screens write them. Widths are fixed so that a live number never jumps. */

export const NONE = '–'

const grouping = new Map<number, Intl.NumberFormat>()

/** `12345.6` with 1 decimal -> `12,345.6`; decimals below zero are significant digits. The minus is U+2212, as wide as a digit's sign should be. */
export function number(value: number | null | undefined, decimals: number): string {
  if (value == null || !Number.isFinite(value)) return NONE
  let format = grouping.get(decimals)
  if (!format) {
    format = new Intl.NumberFormat(
      'en-US',
      decimals < 0
        ? { minimumSignificantDigits: -decimals, maximumSignificantDigits: -decimals }
        : { minimumFractionDigits: decimals, maximumFractionDigits: decimals },
    )
    grouping.set(decimals, format)
  }
  return format.format(value).replace('-', '−')
}

/** Decimals that show about four figures of a quantity of this size. */
export function decimalsFor(magnitude: number): number {
  const size = Math.abs(magnitude)
  return size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3
}

/** A quantity in three figures: `22.4`, `417`, `9,310`. */
export function threeFigures(value: number | null | undefined): string {
  const size = Math.abs(value ?? 0)
  return number(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
}

/** Completeness to five digits. It never rounds up to whole: 99.999 999 is written 99.999. */
export function completeness(ratio: number | null | undefined): string {
  if (ratio == null || !Number.isFinite(ratio)) return NONE
  const percent = Math.floor(ratio * 100 * 1000 + 1e-7) / 1000
  return percent.toFixed(3)
}

const BYTE_STEPS = ['B', 'kB', 'MB', 'GB', 'TB']

export function bytes(value: number | null | undefined): { value: string; unit: string } {
  if (value == null) return { value: NONE, unit: 'B' }
  let size = value
  let step = 0
  while (size >= 1000 && step < BYTE_STEPS.length - 1) {
    size /= 1000
    step += 1
  }
  return { value: number(size, step === 0 ? 0 : size < 10 ? 2 : 1), unit: BYTE_STEPS[step] ?? 'B' }
}

/** An age in its two largest units: `4.2 s`, `3 min 05 s`, `2 h 04 min`, `3 d 02 h`. */
export function age(seconds: number): string {
  const s = Math.max(0, seconds)
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.floor(s)} s`
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two((s % 3600) / 60)} min`
  return `${Math.floor(s / 86400)} d ${two((s % 86400) / 3600)} h`
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function clock(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options)
  let format = clocks.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options })
    clocks.set(key, format)
  }
  return format
}

export function timeOfDay(us: number, zone: string): string {
  return clock(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(us / 1000)
}

export function hourMinute(us: number, zone: string): string {
  return clock(zone, { hour: '2-digit', minute: '2-digit' }).format(us / 1000)
}

/** `2026-01-31`, in the plant's zone. */
export function day(us: number, zone: string): string {
  const parts = clock(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(us / 1000)
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  return `${of('year')}-${of('month')}-${of('day')}`
}

/** `2026-01-31 13:05:09.250`, for raw rows; milliseconds only where there are any. */
export function moment(us: number, zone: string): string {
  const rest = Math.floor((us % 1e6) / 1e3)
  return `${second(us, zone)}${rest ? `.${String(rest).padStart(3, '0')}` : ''}`
}

/** `2026-01-31 13:05:09`, whatever the milliseconds. */
export function second(us: number, zone: string): string {
  return `${day(us, zone)} ${timeOfDay(us, zone)}`
}

/** `UTC+8` for the plant's zone at that time. */
export function zoneName(us: number, zone: string): string {
  const parts = clock(zone, { timeZoneName: 'shortOffset' }).formatToParts(us / 1000)
  return (parts.find((part) => part.type === 'timeZoneName')?.value ?? 'UTC').replace('GMT', 'UTC')
}
