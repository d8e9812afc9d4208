/** The speaker: tones by WebAudio, repeated until someone acknowledges or presses silence. */

import { prefs } from '../prefs.svelte'
import { heard, PATTERNS, QUIET, silence, speaker, type Sounding } from './sound'
import type { Priority } from './types'

const LOUDNESS = 0.25
const EDGE_S = 0.012

class Voice {
  /** Browsers let a page sound only after a person has touched it. */
  allowed = $state(false)
  sounding = $state.raw<Sounding>(QUIET)
  state = $derived(speaker(this.sounding, prefs.sound, this.allowed))
  #context: AudioContext | null = null
  #out: GainNode | null = null
  #again: ReturnType<typeof setTimeout> | undefined
  #others: BroadcastChannel | null = null

  start(): void {
    if (typeof AudioContext === 'undefined') return
    this.#context = new AudioContext()
    this.#context.onstatechange = () => this.#permitted()
    for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, () => void this.#context?.resume(), { capture: true })
    this.#permitted()
    addEventListener('keydown', (event) => silences(event) && this.silence())
    if (typeof BroadcastChannel === 'undefined') return
    this.#others = new BroadcastChannel('didymium-silence')
    this.#others.onmessage = () => this.#quieten()
  }

  hear(frame: { loudest: Priority | null; fresh: readonly Priority[] }): void {
    const before = this.sounding
    this.sounding = heard(before, frame)
    if (this.sounding.voiced === null) this.#stop()
    else if (this.sounding.round !== before.round) this.#play()
  }

  /** Quiet until the next new alarm, on all windows of this screen. */
  silence(): void {
    this.#quieten()
    this.#others?.postMessage('silence')
  }

  /** Sound at all, or not, on this screen. */
  turn(on: boolean): void {
    prefs.hear(on)
    if (!on) this.#stop()
    else this.#play()
  }

  #quieten(): void {
    this.sounding = silence(this.sounding)
    this.#stop()
  }

  #permitted(): void {
    const before = this.allowed
    this.allowed = this.#context?.state === 'running'
    if (this.allowed && !before) this.#play()
  }

  #stop(): void {
    clearTimeout(this.#again)
    this.#out?.disconnect()
    this.#out = null
  }

  #play(): void {
    this.#stop()
    const voiced = this.sounding.voiced
    if (!this.#context || voiced === null || !prefs.sound || !this.allowed) return
    const { tones, again_s } = PATTERNS[voiced]
    const out = this.#context.createGain()
    out.gain.value = LOUDNESS
    out.connect(this.#context.destination)
    this.#out = out
    for (const [hz, at_s, for_s] of tones) tone(this.#context, out, hz, this.#context.currentTime + at_s, for_s)
    if (again_s) this.#again = setTimeout(() => this.#play(), again_s * 1000)
  }
}

/** The key m, on every page, where nobody is writing. */
function silences(event: KeyboardEvent): boolean {
  const writing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]')
  return event.key === 'm' && !event.ctrlKey && !event.metaKey && !event.altKey && !writing
}

/** One tone with soft edges, so that it does not click. */
function tone(context: AudioContext, out: AudioNode, hz: number, at_s: number, for_s: number): void {
  const source = context.createOscillator()
  const edge = context.createGain()
  source.type = 'triangle'
  source.frequency.value = hz
  edge.gain.setValueAtTime(0, at_s)
  edge.gain.linearRampToValueAtTime(1, at_s + EDGE_S)
  edge.gain.setValueAtTime(1, at_s + for_s - EDGE_S)
  edge.gain.linearRampToValueAtTime(0, at_s + for_s)
  source.connect(edge).connect(out)
  source.start(at_s)
  source.stop(at_s + for_s)
}

export const voice = new Voice()
