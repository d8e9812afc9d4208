/** What the API sends. Times are µs since 1970 UTC as numbers; a number that is not known is null. */

import type { Counts, Priority } from './alarms/types'

export interface Text {
  en: string
  zh: string
}

export type Origin = 'published' | 'named' | 'assumed'
export type SiteState = 'ok' | 'stale' | 'down' | 'alarm'
export type Kind = 'analog' | 'counter' | 'enum' | 'bool' | 'id' | 'bits' | 'int'

export interface Unit {
  id: string
  path: string
  template: string
  name: Text
  count: number
}

export interface Area {
  id: string
  name: Text
  units: Unit[]
}

export interface Site {
  id: string
  name: Text
  origin: Origin
  source: string
  process: Text
  rate: Text
  x: number
  y: number
  protocol: string
  endpoint: string
  tags: number
  areas: Area[]
}

export interface Flow {
  id: string
  source: string
  target: string
  name: Text
  goods: string
  plan_t_d: number
  origin: Origin
}

/** How a day's amount follows from its tags. */
export type Method = 'counter' | 'sum_of_changes' | 'count_of_changes' | 'integral_per_hour'

export interface HeadlineModel {
  id: string
  site: string
  name: Text
  unit: string
  plan: number
  origin: Origin
  source: string
}

export type MimicKind = 'rings' | 'profile' | 'floor' | 'line' | 'store' | 'docks' | 'tiles'

/** What stands along the units of a drawing, at metres from their entry: one place for each unit in the order of the site. */
export interface Beside {
  templates: string[]
  at_m: number[]
  tags: Record<string, string>
  faults: string[]
}

/** How the units of some templates are drawn, and by which of their tags: `mimics.toml` of the complex folder. */
export interface Mimic {
  kind: MimicKind
  name: Text
  templates: string[]
  /** Tag, or family as `Z[]_TT`, by the part that it plays. */
  tags: Record<string, string>
  faults: string[]
  /** Sizes in metres. */
  sizes: Record<string, number>
  beside: Beside[]
  /** Tags by which people judge a machine. */
  values: string[]
  /** The unit of the same number at the site that goes with each machine. */
  partner: { template: string; tags: Record<string, string>; values: string[] } | null
}

/** A tag that numbers what a unit works on, and the tags told with each. */
export interface LotsModel {
  tag: string
  values: string[]
}

export interface UpkeepModel {
  name: Text
  tag: string
  due: number
  fresh: number
}

/** What the page of a unit tells beside its values: `units.toml` of the complex folder. A tag that is not there is ''. */
export interface UnitPage {
  templates: string[]
  step: string
  since: string
  /** Usual minutes of steps by label, in the order of the cycle. */
  lasts_min: Record<string, number>
  lots: LotsModel[]
  upkeep: UpkeepModel[]
}

export interface Complex {
  id: string
  name: Text
  zone: string
  sites: Site[]
  flows: Flow[]
  headlines: HeadlineModel[]
  templates: Record<string, { name: Text }>
  mimics: Mimic[]
  pages: UnitPage[]
}

export interface TagColumns {
  path: string[]
  id: number[]
  site: number[]
  unit_path: string[]
  name: string[]
  kind: Kind[]
  unit: string[]
  low: (number | null)[]
  high: (number | null)[]
  decimals: number[]
  ll: (number | null)[]
  l: (number | null)[]
  h: (number | null)[]
  hh: (number | null)[]
  /** Limits that are no plain number, such as `SP -40/-20/+20/+40`. */
  limit_text: string[]
  /** Words of its states, as the plant names them, and in Chinese. */
  labels: string[][]
  labels_zh: string[][]
  en: string[]
  zh: string[]
}

export interface Frame {
  t: number
  rows: number[]
  v: (number | null)[]
  s: number[]
  a: number[]
  full?: boolean
}

/** A site's number; `name` is `pace` or `power`. */
export interface SiteNumber {
  name: string
  value: number | null
  unit: string
}

export interface WallSite {
  id: string
  state: SiteState
  up: boolean
  points_per_s: number
  numbers: SiteNumber[]
  bad: number
  stale: number
}

export interface HeadlineNow {
  id: string
  site: string
  name: Text
  unit: string
  plan: number
  origin: Origin
  source: string
  method: Method
  factor: number
  /** Patterns of tag paths, with `*` and `?`. */
  tags: string[]
  now: number | null
  rate_per_day: number | null
  forecast: number | null
  since_us: number | null
}

export interface Attention {
  /** Of an alarm; empty for anything else. */
  priority: Priority | ''
  severity: 'critical' | 'warning' | 'note'
  site: string
  text: Text
  link: string
}

export interface Wall {
  t: number
  /** Of those expected; a minute never counts for more than was expected of it. */
  points_today: number
  expected_today: number
  completeness: number | null
  points_per_s: number
  forecast_points: number | null
  sites: WallSite[]
  headlines: HeadlineNow[]
  flows: { id: string; now_t_d: number | null }[]
  attention: Attention[]
  /** Alarms by state and priority. */
  alarms: Counts
}

export interface Discard {
  cause: string
  count: number
  last_us: number
  example: string
}

export interface Device {
  site: string
  connector: string
  protocol: string
  endpoint: string
  up: boolean
  since_us: number
  cause: string
  points: number
  points_per_s: number
  skew_ms: number | null
  lag_ms: number | null
  reconnects: number
  discards: Discard[]
}

export interface Edge {
  edge: string
  time_us: number
  started_us: number
  buffered_points: number
  unacked_batches: number
  published_points: number
  devices: Device[]
}

export interface Counted {
  expected: number
  received: number
  completeness: number | null
}

export interface Gap {
  site: string
  from_us: number
  to_us: number
  missing: number
  cause: string
}

export interface Process {
  state: string
  pid: number | null
  since_us: number | null
  restarts: number
}

/** How it stands with what goes to one target; what was sent and given up is of the last 24 hours. */
export interface Standing {
  target: string
  waiting: number
  oldest_us: number
  sent: number
  last_sent_us: number
  given_up: number
  error: string
}

export interface DataHealth {
  edges: Edge[]
  spine: { lag_messages: number | null; lag_s: number | null; stream_bytes: number | null; stream_messages: number | null; corrupt_batches: number; corrupt_example: string }
  historian: {
    rows: number | null
    bytes: number | null
    bytes_per_point: number | null
    write_points_per_s: number | null
    free_bytes: number | null
    paused: boolean
    trouble: string[]
  }
  notifications: Standing[]
  processes: Record<string, Process>
  completeness: { today: Counted; sites: (Counted & { site: string })[]; gaps: Gap[] }
}

export interface Series {
  path: string
  time_us: number[]
  min: (number | null)[]
  max: (number | null)[]
  mean: (number | null)[]
  last: (number | null)[]
  count: number[]
  good: number[]
}

export interface Raw {
  time_us: number[]
  value: (number | null)[]
  status: number[]
  flags: number[]
}

/** Words pinned to a moment of a tag. */
export interface Annotation {
  id: string
  tag: string
  time_us: number
  text: string
  who: string
  at_us: number
}

/** A value that a person changed; what held before is null where there was nothing, what holds now where it was deleted. */
export interface Correction {
  tag: string
  time_us: number
  kind: 'insert' | 'replace' | 'delete'
  old_value: number | null
  old_status: number | null
  value: number | null
  status: number | null
  at_us: number
  who: string
  why: string
}

/** How much of a fault: `usual` unless said, never 0. */
export interface Measure {
  unit: string
  usual: number
  least: number
  most: number
}

/** A fault of the twin's catalogue; `size` is null for one that is there or not. `tags` move first. */
export interface CatalogueFault {
  code: string
  name: string
  words: string
  tags: string[]
  consequence: string
  within_s: [number, number]
  size: Measure | null
  places: string[]
}

/** Seconds since 1970 UTC of the plant, as in all of the training's times. */
export interface StandingFault {
  code: string
  name: string
  place: string
  size: number
  unit: string
  since_s: number
}

export interface ScenarioEvent {
  at_s: number
  act: 'inject' | 'clear'
  code: string
  place: string
  size: number | null
  for_s: number | null
}

export interface Scenario {
  id: string
  name: Text
  events: ScenarioEvent[]
}

export interface InstructorEntry {
  at_s: number
  who: string
  act: 'inject' | 'clear' | 'start' | 'stop' | 'end' | 'skip' | 'restart'
  code?: string
  place?: string
  size?: number
  scenario?: string
  why?: string
}

export interface Training {
  second: number
  speed: number
  seed: number
  in_force: StandingFault[]
  scenarios: Scenario[]
  running: { id: string; since_s: number; next_s: number } | null
  log: InstructorEntry[]
}
