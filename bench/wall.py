"""``python -m bench wall``: whether the wall grows while it hangs there.

A Chromium shows the wall of a running installation, ``--url`` or a new one, for ``--minutes``. Every half minute its
memory is cleaned up and measured: ``heap_mb`` of the page's JavaScript at the end, ``growth_kb_min`` the slope of the
second half by least squares, and its ``error_kb_min``; ``nodes`` and ``listeners`` of the document at half time and at
the end. The exit code is 1 where the page grows by more than 1 MB in an hour beyond what chance explains.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from playwright.async_api import CDPSession

from bench.machine import report
from bench.shown import chromium, running

EVERY_S: Final = 30.0
MOST_KB_MIN: Final = 1_024.0 / 60.0


def main(arguments: Sequence[str]) -> int:
    """Look at the wall, report; 1 where it grows."""
    parser = argparse.ArgumentParser(prog="python -m bench wall", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--url", help="a running centre, instead of a new installation")
    parser.add_argument("--json", type=Path, help="write the figures there")
    asked_for = parser.parse_args(arguments)
    figures = asyncio.run(_looked_at(asked_for.url, asked_for.minutes))
    report(figures, asked_for.json)
    beyond = float(figures["growth_kb_min"]) - 2.0 * float(figures["error_kb_min"])
    return 1 if beyond > MOST_KB_MIN else 0


async def _looked_at(url: str | None, minutes: float) -> dict[str, float]:
    async with running(url) as there, chromium(there) as page:
        await page.goto("/", wait_until="load")
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        rows = [await _measured(session)]
        until_s = time.monotonic() + 60.0 * minutes
        while time.monotonic() < until_s:
            await asyncio.sleep(min(EVERY_S, max(0.0, until_s - time.monotonic())))
            rows.append(await _measured(session))
    return _grown(np.array(rows))


async def _measured(session: CDPSession) -> tuple[float, float, float, float]:
    """Minutes, bytes of heap, nodes, listeners, after a cleaning."""
    await session.send("HeapProfiler.collectGarbage")
    answer = await session.send("Performance.getMetrics")
    value = {each["name"]: float(each["value"]) for each in answer["metrics"]}
    return time.monotonic() / 60.0, value["JSHeapUsedSize"], value["Nodes"], value["JSEventListeners"]


def _grown(rows: np.ndarray) -> dict[str, float]:
    half = rows[len(rows) // 2 :]
    minutes, heap_kb = half[:, 0] - half[0, 0], half[:, 1] / 1024.0
    slope, error = 0.0, float("inf")
    if len(half) > 2:
        (slope, base), *_ = np.polyfit(minutes, heap_kb, 1, full=True)
        left = heap_kb - slope * minutes - base
        spread = float((left**2).sum()) / (len(half) - 2)
        error = (spread / float(((minutes - minutes.mean()) ** 2).sum())) ** 0.5
    return {
        "minutes": round(float(rows[-1, 0] - rows[0, 0]), 1),
        "heap_mb": round(float(rows[-1, 1]) / 1e6, 2),
        "heap_mb_half": round(float(half[0, 1]) / 1e6, 2),
        "growth_kb_min": round(float(slope), 2),
        "error_kb_min": round(error, 2),
        "nodes_half": float(half[0, 2]),
        "nodes": float(rows[-1, 2]),
        "listeners_half": float(half[0, 3]),
        "listeners": float(rows[-1, 3]),
    }
