"""What every page has to be: as wide as its screen, legible, usable from the keyboard, with numbers that open."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.lineage import unopened
from tests.installation import PROJECT

AXE = PROJECT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = ((3840, 1080), (390, 844), (1920, 1080))
"""Wall, telephone, desk; the last one is looked at closely."""
PICTURES = os.environ.get("DIDYMIUM_PICTURES")
"""A folder for a picture of every page at every size, if wanted."""
CALM_MS = 120
WHOLE_MS = 30_000
TABS = 8
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
FOCUS = """() => {
  const at = document.activeElement
  if (!at || at === document.body) return null
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at)
  const seen = (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none'
  return { what: `${at.tagName} ${at.getAttribute('href') ?? at.textContent?.trim().slice(0, 30) ?? ''}`, seen }
}"""


def walked(page: Page, address: str, language: str, there: str = "", *, closely: bool) -> list[str]:
    """What is wrong with a page at the three sizes, in words; by axe and by Tab too where it is looked at ``closely``.

    ``there`` is the test id of what shows that the page is whole.
    """
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
    page.locator("h1").first.wait_for()
    if there:
        page.get_by_test_id(there).first.wait_for(timeout=WHOLE_MS)
    wrong = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(CALM_MS)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 1:
            wrong.append(f"{address} ({language}) is {wide} px too wide at {width}")
        if PICTURES:
            name = address.strip("/").replace("/", "-").replace("?", "-") or "wall"
            page.screenshot(path=Path(PICTURES) / f"{name}-{language}-{width}.png")
    wrong += [f"{address} ({language}) has a number that does not open: {each}" for each in unopened(page)]
    if not closely:
        return wrong
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, rules)", RULES)
    for violation in found["violations"]:
        nodes = [f"{node['html'][:120]} {node['failureSummary'][:240]}" for node in violation["nodes"][:3]]
        wrong.append(f"{address} ({language}): {violation['id']}: {' | '.join(nodes)}")
    return wrong + _tabbed(page, address)


def _tabbed(page: Page, address: str) -> list[str]:
    """What is wrong with going through a page by Tab: focus that is not seen, or that goes round in a trap."""
    there = page.locator("a[href]:visible, button:enabled:visible, input:visible, select:visible").count()
    reached, unseen = set(), []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at is None:  # behind the last place, before the first one again
            continue
        reached.add(at["what"])
        if not at["seen"]:
            unseen.append(at["what"])
    wrong = [f"{address}: focus is not seen on {what}" for what in unseen]
    if len(reached) < min(there, TABS) // 2:
        wrong.append(f"{address}: of {there} places Tab reaches {len(reached)}: {sorted(reached)}")
    return wrong
