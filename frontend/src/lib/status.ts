/** OPC UA status codes (Part 4, §7.39) and what a value's limits say of it. */

const NAMES: Record<number, string> = {
  0x00000000: 'Good',
  0x40000000: 'Uncertain',
  0x40900000: 'UncertainLastUsableValue',
  0x40930000: 'UncertainSensorNotAccurate',
  0x40940000: 'UncertainEngineeringUnitsExceeded',
  0x80000000: 'Bad',
  0x80310000: 'BadNoCommunication',
  0x803c0000: 'BadOutOfRange',
  0x80740000: 'BadTypeMismatch',
  0x808b0000: 'BadDeviceFailure',
  0x808c0000: 'BadSensorFailure',
  0x808d0000: 'BadOutOfService',
  0x809b0000: 'BadNoData',
}

export type Quality = 'good' | 'uncertain' | 'bad'

export function quality(status: number): Quality {
  const severity = status >>> 30
  return severity === 0 ? 'good' : severity === 1 ? 'uncertain' : 'bad'
}

/** The code's name as the standard spells it, or its severity with the whole code in hex. */
export function statusName(status: number): string {
  const code = status >>> 0
  const known = NAMES[code]
  if (known) return known
  const word = { good: 'Good', uncertain: 'Uncertain', bad: 'Bad' }[quality(code)]
  return `${word} 0x${code.toString(16).toUpperCase().padStart(8, '0')}`
}

export const LATE = 1
export const HISTORICAL = 2
export const AHEAD = 4
export const CORRECTED = 8

export type Limit = 'LL' | 'L' | 'H' | 'HH'

/** The worst limit that `value` has passed, or null. A limit is passed when the value reaches it. */
export function limitPassed(
  value: number,
  ll: number | null | undefined,
  l: number | null | undefined,
  h: number | null | undefined,
  hh: number | null | undefined,
): Limit | null {
  if (hh != null && value >= hh) return 'HH'
  if (ll != null && value <= ll) return 'LL'
  if (h != null && value >= h) return 'H'
  if (l != null && value <= l) return 'L'
  return null
}
