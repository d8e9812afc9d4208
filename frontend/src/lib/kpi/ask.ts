/** Questions to the server about key figures and shifts. */

import { ask, range } from '../api'
import type { Every, HandoverNote, KpiProof, Kpis, KpiSeries, Report, Shift, WindowName } from './types'

const asked = (words: Record<string, string>) => new URLSearchParams(words).toString()

export const kpiApi = {
  kpis: (scope: string, window: WindowName, depth: 'site' | 'unit') => ask<Kpis>(`/api/kpis?${asked({ scope, window, depth })}`),
  proof: (kpi: string, scope: string, fromUs: number, toUs: number) =>
    ask<KpiProof>(`/api/kpis/proof?${asked({ kpi, scope })}&${range(fromUs, toUs)}`),
  anew: (kpi: string, scope: string, fromUs: number, toUs: number) =>
    ask<KpiProof>(`/api/kpis/proof?${asked({ kpi, scope, anew: 'true' })}&${range(fromUs, toUs)}`),
  series: (kpi: string, scope: string, fromUs: number, toUs: number, every: Every) =>
    ask<KpiSeries>(`/api/kpis/series?${asked({ kpi, scope, every })}&${range(fromUs, toUs)}`),
  shifts: async () => (await ask<{ shifts: Shift[] }>('/api/shifts')).shifts,
  report: (shift: string, site: string) => ask<Report>(`/api/report?${asked({ shift, format: 'json', site })}`),
  handOver: (note: Omit<HandoverNote, 'at_us'> & { shift: string }) => ask<HandoverNote>('/api/report/handover', undefined, note),
}

/** Where the report lies as a file. */
export function reportFile(shift: string, format: 'pdf' | 'xlsx', language: string, site: string): string {
  return `/api/report?${asked({ shift, format, language, ...(site && { site }) })}`
}

/** Where the raw rows of a tag lie, as the API sends them. */
export function rawFile(tag: string, fromUs: number, toUs: number): string {
  return `/api/raw?${asked({ tag })}&${range(fromUs, toUs)}&limit=100000`
}
