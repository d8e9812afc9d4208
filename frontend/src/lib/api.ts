/** Questions to the server. Every failure says what went wrong in a word that the screens can translate. */

import type { Annotation, CatalogueFault, Complex, Correction, Frame, Raw, Series, TagColumns, Training, Wall } from './types'

export type Fault = 'unreachable' | 'slow' | 'refused' | 'garbled'

export class ApiError extends Error {
  constructor(
    readonly fault: Fault,
    readonly detail: string,
  ) {
    super(`${fault}: ${detail}`)
  }

  /** The server's own words, without its code. */
  get words(): string {
    return this.detail.replace(/^\d{3} /, '')
  }
}

const LIMIT_MS = 20_000

export async function ask<T>(path: string, signal?: AbortSignal, told?: object): Promise<T> {
  const deadline = AbortSignal.timeout(LIMIT_MS)
  let response: Response
  try {
    response = await fetch(path, {
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      ...(told && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(told) }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(deadline.aborted ? 'slow' : 'unreachable', path)
  }
  if (!response.ok) throw new ApiError('refused', `${response.status} ${await reason(response)}`)
  try {
    return (await response.json()) as T
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError('garbled', path)
  }
}

async function reason(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const body = JSON.parse(text) as { detail?: unknown }
    if (typeof body.detail === 'string') return body.detail
  } catch {
    // not JSON: the text itself is the reason
  }
  return text.slice(0, 200)
}

const over = (tags: string[], fromUs: number, toUs: number) => `tags=${encodeURIComponent(tags.join(','))}&${range(fromUs, toUs)}`
export const range = (fromUs: number, toUs: number) => `from_us=${Math.floor(fromUs)}&to_us=${Math.ceil(toUs)}`

export const api = {
  complex: () => ask<Complex>('/api/complex'),
  tags: () => ask<TagColumns>('/api/tags'),
  wall: () => ask<Wall>('/api/live?group=wall'),
  live: (group: string) => ask<Frame>(`/api/live?group=${encodeURIComponent(group)}`),
  raw: (tag: string, fromUs: number, toUs: number, limit: number) =>
    ask<Raw>(`/api/raw?tag=${encodeURIComponent(tag)}&${range(fromUs, toUs)}&limit=${limit}`),
  series: async (tags: string[], fromUs: number, toUs: number, buckets: number, signal: AbortSignal) =>
    (
      await ask<{ tags: Series[] }>(
        `/api/series?${over(tags, fromUs, toUs)}&buckets=${buckets}`,
        signal,
      )
    ).tags,
  annotations: async (tags: string[], fromUs: number, toUs: number, signal: AbortSignal) =>
    (await ask<{ annotations: Annotation[] }>(`/api/annotations?${over(tags, fromUs, toUs)}`, signal)).annotations,
  corrections: async (tags: string[], fromUs: number, toUs: number, signal: AbortSignal) =>
    (await ask<{ corrections: Correction[] }>(`/api/corrections?${over(tags, fromUs, toUs)}`, signal)).corrections,
  annotate: async (note: { tag: string; time_us: number; text: string; who: string }) =>
    (await ask<{ id: string }>('/api/annotations', undefined, note)).id,
  training: () => ask<Training>('/api/training'),
  catalogue: async () => (await ask<{ faults: CatalogueFault[] }>('/api/training/catalogue')).faults,
  train: (order: 'inject' | 'clear' | 'start' | 'stop', told: object) => ask<Training>(`/api/training/${order}`, undefined, told),
}
