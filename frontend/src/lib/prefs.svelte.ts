/** What this screen was told: its language, its dress, and who writes notes on it. Kept in the browser, overridden by the address. */

import type { Text } from './types'
import { en, type Key } from './i18n/en'
import { zh } from './i18n/zh'

export type Language = 'en' | 'zh'
export type Dress = 'wall' | 'desk'

const DICTIONARIES: Record<Language, Record<Key, string>> = { en, zh }

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null // storage is refused in some kiosk browsers; the screen still works, it only forgets
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // see stored()
  }
}

class Prefs {
  language = $state<Language>('en')
  dress = $state<Dress>('desk')
  who = $state('')
  /** Whether alarms sound on this screen. */
  sound = $state(true)

  start(address: URL): void {
    const language = address.searchParams.get('lang') ?? stored('didymium.language') ?? navigator.language
    this.language = language.startsWith('zh') ? 'zh' : 'en'
    const opening = address.pathname === '/' ? 'wall' : 'desk'
    const dress = address.searchParams.get('dress') ?? stored('didymium.dress') ?? opening
    this.dress = dress === 'wall' ? 'wall' : 'desk'
    this.who = stored('didymium.who') ?? ''
    this.sound = stored('didymium.sound') !== 'off'
  }

  speak(language: Language): void {
    this.language = language
    store('didymium.language', language)
  }

  wear(dress: Dress): void {
    this.dress = dress
    store('didymium.dress', dress)
  }

  hear(sound: boolean): void {
    this.sound = sound
    store('didymium.sound', sound ? 'on' : 'off')
  }

  sign(who: string): void {
    this.who = who
    store('didymium.who', who)
  }
}

export const prefs = new Prefs()

/** The screen's own words in the language of the moment; `{name}` in them is filled from `fill`. */
export function t(key: Key, fill?: Record<string, string | number>): string {
  return worded(prefs.language, key, fill)
}

function worded(language: Language, key: Key, fill?: Record<string, string | number>): string {
  const words = DICTIONARIES[language][key]
  return fill ? words.replace(/\{(\w+)\}/g, (whole, name: string) => String(fill[name] ?? whole)) : words
}

/** The plant's words, which come from its folder in both languages. */
export function say(text: Text | string | null | undefined): string {
  if (text == null) return ''
  return typeof text === 'string' ? text : text[prefs.language] || text.en
}

/** A dictionary entry whose key is made of data, such as a cause, or `fallback` where there is none. */
export function tOr(key: string, fallback: string): string {
  return (DICTIONARIES[prefs.language] as Record<string, string>)[key] ?? fallback
}

/** Why data are missing, in the language of the moment: `S10/opcua/PL1: frozen` keeps what the cause is about. */
export function cause(words: string): string {
  const known = tOr(`cause.${words}`, '')
  if (known) return known
  const at = words.indexOf(': ')
  return at < 0 ? words : words.slice(0, at + 2) + tOr(`cause.${words.slice(at + 2)}`, words.slice(at + 2))
}

/** A unit of measure: symbols are the same everywhere, counted things are words. */
export function measure(unit: string): string {
  return measured(prefs.language, unit)
}

function measured(language: Language, unit: string): string {
  if (unit === '1') return ''
  const [thing, per] = unit.split('/')
  const word = (DICTIONARIES[language] as Record<string, string>)[`measure.${thing}`] ?? thing ?? ''
  return per === undefined ? word : `${word}/${per}`
}

/** The same words in one language, whatever the screen speaks: a report is read by others. */
export interface Tongue {
  language: Language
  t: typeof t
  say: (text: Text | null | undefined) => string
  measure: typeof measure
}

export function tongue(language: Language): Tongue {
  return {
    language,
    t: (key, fill) => worded(language, key, fill),
    say: (text) => (text ? text[language] || text.en : ''),
    measure: (unit) => measured(language, unit),
  }
}
