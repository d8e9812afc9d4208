"""Every number on a screen opens to where it comes from, or is of a kind that has nowhere to open to.

A number opens where it stands within a link, a button, what unfolds, or a drawing that opens where it is pointed at (a
slider), or in a row (of a table, a list, or marked ``data-opens``) that has one of these. What is left out says so by
itself, in the markup or in its words:

- times, dates and zones, and names that have digits in them: S03.PL1.CELL001, C18, CO2, ``UTC+8``;
- what a person types or chooses from;
- what stands in an element marked ``data-said``: ``scale`` the ticks of an axis, ``set`` what somebody set (a limit, a
  plan, a target, a size of the plant), ``count`` how many are in a list that stands right there, ``text`` names and
  prose of the complex and of its people, ``proof`` what a number has been opened to (formula, arithmetic, inputs,
  digest), ``self`` what a process says of itself at this moment and nobody keeps.
"""

from __future__ import annotations

from playwright.sync_api import Page

SAID = ("scale", "set", "count", "text", "proof", "self")
UNOPENED = r"""said => {
  const NAMES = new RegExp([
    '\\d{4}-\\d\\d-\\d\\d', '\\d{1,2}:\\d\\d(:\\d\\d)?', 'UTC[+−-]\\d+(:\\d\\d)?',
    '[\\p{L}_#§][\\p{L}\\p{N}_.\\-/–#]*\\p{N}[\\p{L}\\p{N}_.\\-/–]*', '§\\s?\\d+(\\.\\d+)*',
  ].join('|'), 'gu')
  const OPENER = 'a[href], button, summary, select, input, textarea, label, ' +
    '[role=button], [role=link], [role=option], [role=slider]'
  const ROW = 'tr, li, [role=row], [data-opens]'
  const path = element => {
    const names = []
    for (let at = element; at && at.tagName !== 'MAIN' && names.length < 5; at = at.parentElement) {
      const classes = [...at.classList].filter(name => !name.startsWith('svelte-')).map(name => `.${name}`).join('')
      names.unshift(at.tagName.toLowerCase() + classes + (at.dataset.testid ? `[${at.dataset.testid}]` : ''))
    }
    return names.join(' > ')
  }
  const found = []
  for (const element of document.querySelectorAll('[data-said]'))
    if (!said.includes(element.dataset.said)) found.push(`data-said=${element.dataset.said} at ${path(element)}`)
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = node.data.trim(), element = node.parentElement
    if (!/\d/.test(text.replace(NAMES, ''))) continue
    if (element.closest(`script, style, time, [data-said], ${OPENER}`)) continue
    if (element.closest(ROW)?.querySelector('a[href], button, summary')) continue
    if (!element.checkVisibility({ visibilityProperty: true })) continue
    found.push(`${text.slice(0, 60)} at ${path(element)}`)
  }
  return found
}"""


def unopened(page: Page) -> list[str]:
    """Numbers of the page that open nowhere, each with its place."""
    found: list[str] = page.evaluate(UNOPENED, list(SAID))
    return found
