"""``python -m bench openings``: how long a number takes to open, and a slider to move its claim.

A Chromium goes through pages of a running installation, ``--url`` or a new one, and opens numbers that stand apart on
each: ``open_*_s`` from the click until formula, inputs and digest are there, ``recompute_*_s`` until the same number
has been reckoned again from the historian, ``raw_*_s`` until the first input's raw rows are there. ``differ`` counts
what came out in other bits. Then sliders of claims are moved step by step: ``slider_*_ms`` from the hand's move to the
drawn answer. The exit code is 1 where a number differs, or takes more than 2 s, or one move in a hundred more than
100 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from playwright.async_api import Locator, Page

from bench.machine import report
from bench.shown import chromium, running

ROOMS: Final = ("/", "/site/S02", "/site/S03", "/energy", "/kpi", "/kpi/S03")
SHEET: Final = "/balances/s08_water"
METERED: Final = ("in1", "drawn", "washed", "feed1", "boiled1")
"""Streams of the sheet that have a meter."""
CLAIMS: Final = ("C09", "C10", "C18", "C24")
EACH: Final = 5
"""Numbers that are opened on a page."""
MOVES: Final = 10
"""Steps of a slider, there and back."""
SETTLED_S: Final = 30.0
"""After a start, until history is in and the first minutes are folded."""
MOST_S: Final = 2.0
MOST_SLIDER_MS: Final = 100.0
PROOF: Final = "a[href*='proof=']:not(svg a):visible"
"""Lines of a drawing cross, and a pointer in their middle may be on another one."""


@dataclass
class Times:
    """Seconds of openings, recomputations and raw rows; milliseconds of moves."""

    opened: list[float] = field(default_factory=list)
    recomputed: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    moved_ms: list[float] = field(default_factory=list)
    differ: int = 0


def main(arguments: Sequence[str]) -> int:
    """Open, recompute, move; 1 where something differs or takes too long."""
    parser = argparse.ArgumentParser(prog="python -m bench openings", description=__doc__)
    parser.add_argument("--url", help="a running centre, instead of a new installation")
    parser.add_argument("--json", type=Path, help="write the figures there")
    asked_for = parser.parse_args(arguments)
    times = asyncio.run(_timed(asked_for.url))
    figures = _figures(times)
    report(figures, asked_for.json)
    slow = max(times.opened + times.recomputed + times.raw) > MOST_S or figures["slider_p99_ms"] > MOST_SLIDER_MS
    return 1 if slow or times.differ else 0


async def _timed(url: str | None) -> Times:
    times = Times()
    async with running(url, history_hours=2.0) as there:
        if url is None:
            await asyncio.sleep(SETTLED_S)
        async with chromium(there) as page:
            for room in ROOMS:
                await _open_some(page, room, times)
            for stream in METERED:
                await page.goto(SHEET)
                await _open(page, page.get_by_test_id(f"balance-stream-{stream}").get_by_role("link"), times)
            for claim in CLAIMS:
                await _move_sliders(page, claim, times)
    return times


async def _open_some(page: Page, room: str, times: Times) -> None:
    await page.goto(room)
    await page.locator(PROOF).first.wait_for()
    count = await page.locator(PROOF).count()
    for place in sorted(set(np.linspace(0, count - 1, EACH).astype(int).tolist())):
        await page.goto(room)
        await page.locator(PROOF).nth(place).wait_for()
        await _open(page, page.locator(PROOF).nth(place), times)


async def _open(page: Page, number: Locator, times: Times) -> None:
    proof = page.get_by_test_id("kpi-proof")
    times.opened.append(await _until(number, proof.get_by_test_id("digest")))
    said = proof.locator("[data-testid=recompute-said][data-same]")
    times.recomputed.append(await _until(proof.get_by_test_id("recompute"), said))
    times.differ += await said.get_attribute("data-same") != "true"
    raw = proof.locator("a[href*='&raw=']:visible")
    if await raw.count():
        times.raw.append(await _until(raw.first, page.get_by_test_id("raw-rows")))


async def _until(pressed: Locator, there: Locator) -> float:
    begun_s = time.monotonic()
    await pressed.click()
    await there.first.wait_for()
    return time.monotonic() - begun_s


async def _move_sliders(page: Page, claim: str, times: Times) -> None:
    await page.goto(f"/claims/{claim}")
    sliders = page.get_by_role("slider")
    await sliders.first.wait_for()
    took, digest = page.get_by_test_id("claim-took"), page.get_by_test_id("claim-digest")
    for place in range(await sliders.count()):
        for key in ["ArrowRight"] * MOVES + ["ArrowLeft"] * MOVES:
            before = await digest.inner_text()
            await sliders.nth(place).press(key)
            await page.wait_for_timeout(150)
            if await digest.inner_text() != before:  # at its end a slider stays
                times.moved_ms.append(float((await took.inner_text()).split()[0]))


def _figures(times: Times) -> dict[str, float]:
    figures: dict[str, float] = {"opened": len(times.opened), "differ": times.differ}
    for name, seconds in (("open", times.opened), ("recompute", times.recomputed), ("raw", times.raw)):
        figures[f"{name}_p50_s"] = round(float(np.median(seconds)), 2)
        figures[f"{name}_max_s"] = round(max(seconds), 2)
    figures["moves"] = len(times.moved_ms)
    for share in (50, 95, 99):
        figures[f"slider_p{share}_ms"] = round(float(np.percentile(times.moved_ms, share)), 1)
    figures["slider_max_ms"] = round(max(times.moved_ms), 1)
    return figures
