/** The address is the only place that knows which page is open. */

export type Page =
  | { name: 'wall' }
  | { name: 'site'; site: string }
  | { name: 'unit'; unit: string }
  | { name: 'kpi'; site: string | null }
  | { name: 'balances'; sheet: string | null }
  | { name: 'energy' }
  | { name: 'claims'; claim: string | null }
  | { name: 'report' }
  | { name: 'tags' }
  | { name: 'health' }
  | { name: 'training' }
  | { name: 'alarms'; view: AlarmView }
  | { name: 'alarm'; alarm: string }
  | { name: 'missing' }

export const ALARM_VIEWS = ['list', 'covered', 'journal', 'measures', 'interlocks'] as const
export type AlarmView = (typeof ALARM_VIEWS)[number]

export function pageAt(pathname: string): Page {
  const [first, second, ...rest] = pathname.split('/').filter(Boolean).map(decodeURIComponent)
  if (first === undefined) return { name: 'wall' }
  if (first === 'alarm' && second && rest.length) return { name: 'alarm', alarm: [second, ...rest].join('/') }
  if (rest.length) return { name: 'missing' }
  if (first === 'alarms') {
    const view = ALARM_VIEWS.find((one) => one === (second ?? 'list'))
    return view && second !== 'list' ? { name: 'alarms', view } : { name: 'missing' }
  }
  if (first === 'site' && second) return { name: 'site', site: second }
  if (first === 'unit' && second) return { name: 'unit', unit: second }
  if (first === 'kpi') return { name: 'kpi', site: second ?? null }
  if (first === 'balances') return { name: 'balances', sheet: second ?? null }
  if (first === 'energy' && second === undefined) return { name: 'energy' }
  if (first === 'claims') return { name: 'claims', claim: second ?? null }
  if (first === 'report' && second === undefined) return { name: 'report' }
  if (first === 'tags' && second === undefined) return { name: 'tags' }
  if (first === 'health' && second === undefined) return { name: 'health' }
  if (first === 'training' && second === undefined) return { name: 'training' }
  return { name: 'missing' }
}

class Router {
  pathname = $state('/')
  search = $state('')
  page = $derived(pageAt(this.pathname))
  query = $derived(new URLSearchParams(this.search))

  start(): void {
    this.#read()
    addEventListener('popstate', () => this.#read())
    document.addEventListener('click', (event) => this.#follow(event))
  }

  /** A step in the history. Another page begins at its top; another question to the same page keeps its place. */
  go(href: string): void {
    const left = this.pathname
    history.pushState(null, '', href)
    this.#read()
    if (this.pathname !== left) scrollTo(0, 0)
  }

  /** Changes the query without a step in the history: a search word is not a page. Null removes a key. */
  ask(changes: Record<string, string | null>): void {
    const query = new URLSearchParams(location.search)
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === '') query.delete(key)
      else query.set(key, value)
    }
    const search = query.toString()
    history.replaceState(null, '', location.pathname + (search ? `?${search}` : ''))
    this.#read()
  }

  #read(): void {
    this.pathname = location.pathname
    this.search = location.search
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
    const link = (event.target as Element | null)?.closest?.('a[href]')
    if (!(link instanceof HTMLAnchorElement) && !(link instanceof SVGAElement)) return
    const href = link.getAttribute('href') ?? ''
    if (!href.startsWith('/') || href.startsWith('/api/') || link.hasAttribute('download')) return
    event.preventDefault()
    this.go(href)
  }
}

export const router = new Router()
