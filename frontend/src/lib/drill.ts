/** What the training page makes of the twin's catalogue: which faults suit a site and a search, where, and how much. */

import { age } from './format'
import type { CatalogueFault, Measure } from './types'

/** The catalogue's own words are English; here they are in Chinese: what happens, and what comes of it. */
const ZH: Record<string, [words: string, consequence: string]> = {
  F01: ['电解槽停止加料', '阳极效应'],
  F02: ['电解槽加料过量', '槽底沉渣28 kg，电压升高0.6 V'],
  F03: ['热电偶读数持续偏低', '误差达10 °C'],
  F04: ['阀门卡在原位', 'pH超限，或泵跳停'],
  F05: ['冷却水中断', '电极夹头达55 °C，或感应线圈跳停'],
  F06: ['辊轮轴承磨损', '振动达7.1 mm/s'],
  F07: ['小车前方有障碍物', '物料等待超过20 min'],
  F08: ['机械手急停被按下', '缓冲料用尽，窑炉断料'],
  F09: ['水泵跳停', '流量消失'],
  F10: ['膜面结垢', '流量降至正常值的88 %'],
  F11: ['蒸发器管壁结垢', '传热系数1,200 W/m²K'],
  F12: ['炉室漏气', '升压试验不合格'],
  F13: ['冷却水滴入炉室', '露点高于−40 °C，压力上升'],
  F14: ['烟气净化风机跳停', '集气罩失去负压'],
  F15: ['焙烧窑负压消失', '厂房内氟化物超标'],
  F16: ['萃取槽流比漂移', '产品纯度不合格'],
  F17: ['计量仪表读数偏高', '物料平衡不闭合'],
  F18: ['隐蔽漏水', '水、盐平衡出现缺口'],
  F19: ['加料器内氧化物架桥：螺杆转而无料', '阳极效应'],
  F20: ['厂区通信线路中断', '当日数据不完整'],
  F21: ['氢气泄漏', '达爆炸下限的25 %'],
  F22: ['两个标签互换', '批次带上了别批的履历'],
  F23: ['电网电压暂降，整流器跳停', '电解质低于950 °C而凝固'],
}

export interface FaultWords {
  words: string
  consequence: string
}

export function wordsOf(fault: CatalogueFault, language: 'en' | 'zh'): FaultWords {
  const said = language === 'zh' ? ZH[fault.code] : undefined
  return { words: said?.[0] ?? fault.words, consequence: said?.[1] ?? fault.consequence }
}

/** A place is a site's id, or a unit's path that begins with it. */
export const siteOf = (place: string) => place.split('.', 1)[0] ?? ''

const wordsIn = (query: string) => query.toLowerCase().split(/\s+/).filter(Boolean)

/** The faults that can be put on the site, on any where it is empty, and hold every word of the query in either language. */
export function suiting(faults: readonly CatalogueFault[], site: string, query: string): CatalogueFault[] {
  const words = wordsIn(query)
  return faults.filter((fault) => {
    const here = site ? fault.places.some((place) => siteOf(place) === site) : fault.places.length > 0
    const stack = [fault.code, fault.name, fault.words, fault.consequence, ...fault.tags, ...(ZH[fault.code] ?? [])].join(' ').toLowerCase()
    return here && words.every((word) => stack.includes(word))
  })
}

/** The places of a fault on the site that hold every word of the query in their path or name. */
export function placesOf(fault: CatalogueFault, site: string, query: string, nameOf: (place: string) => string): string[] {
  const words = wordsIn(query)
  return fault.places.filter((place) => {
    if (site && siteOf(place) !== site) return false
    const stack = `${place} ${nameOf(place)}`.toLowerCase()
    return words.every((word) => stack.includes(word))
  })
}

/** The size that a text says, or what is wrong with it. */
export function sizeSaid(text: string, measure: Measure | null): { size: number | null; wrong: 'number' | 'range' | null } {
  if (measure === null || text.trim() === '') return { size: null, wrong: null }
  const size = Number(text.trim().replace('−', '-'))
  if (!Number.isFinite(size)) return { size: null, wrong: 'number' }
  if (size === 0 || size < measure.least || size > measure.most) return { size, wrong: 'range' }
  return { size, wrong: null }
}

/** A time after the start as scenario files write it: `03:10`, `00:20:30`. */
export function offset(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return `${two(seconds / 3600)}:${two((seconds % 3600) / 60)}${seconds % 60 ? `:${two(seconds % 60)}` : ''}`
}

/** A time that counts on by whole seconds: `7 s`, `3 min 05 s`. */
export const whole = (seconds: number) => (seconds < 60 ? `${Math.max(0, Math.floor(seconds))} s` : age(seconds))

const LENGTHS: [seconds: number, unit: string][] = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']]

/** From the first to the second length of time, each in its largest unit: `18–20 min`, `2 s – 30 min`. */
export function span(within_s: readonly [number, number]): string {
  const [from, to] = within_s.map((seconds) => {
    const [size, unit] = LENGTHS.find(([least]) => seconds >= least) ?? [1, 's']
    return { value: String(Number((seconds / size).toPrecision(2))), unit }
  }) as [{ value: string; unit: string }, { value: string; unit: string }]
  if (from.unit !== to.unit) return `${from.value} ${from.unit} – ${to.value} ${to.unit}`
  return from.value === to.value ? `${to.value} ${to.unit}` : `${from.value}–${to.value} ${to.unit}`
}
