"""``python -m bench alarms``: what the alarms of the whole complex cost, and a flood of them with a kill in its midst.

Measured first is the alarm engine in this process, on values that the twin makes beforehand: every tag of the complex
has a new reading in every second, each site's second is a frame, and the clock ticks once a second. ``cores_1x`` is the
processor time that frames and ticks take for a second of the plant; ``cores_10x`` the same with ten frames a second of
every site. Gathering readings into frames, the journal's disk and the pages are not in it. ``flood_us`` is what one
transition costs when nearly every limit alarm of the complex comes and goes at once.

Then a whole installation is flooded and its centre killed (``bench.alarm_flood``). ``flood_rows`` are the rows of the
journal in the time that is measured; ``flood_lost`` and ``flood_twice`` how many are missing and too many;
``flood_page_…`` how long people's pages take while the centre is there, ``flood_away_s`` for how long none came after
the kill, ``flood_told_p50_s`` how long after its source time a transition was in the step that stored it,
``flood_behind_s`` how long after the end all was stored, and ``flood_listed`` how many alarms the list had at most.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.alarm_flood import flood
from bench.machine import report
from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions
from didymium.alarms.engine import Engine
from didymium.alarms.frames import SECOND_US, Frame
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.plant import TwinPlant

START_S: Final = 1_764_316_800
WARM_S: Final = 30
FLOOD_S: Final = 60
PAGE_MS: Final = 300.0
"""The goal for 95 of 100 pages in a flood."""


def frames(plant: Complex, second: int, value: NDArray[np.float64], status: NDArray[np.uint32]) -> list[Frame]:
    """Every site's frame of one second; all readings are fresh."""
    made = []
    for place, site in enumerate(plant.sites):
        n, rows = site.count, site.rows
        stamp = np.full(n, second * SECOND_US, np.int64)
        made.append(Frame(place, second, value[rows], status[rows], stamp, np.ones(n, np.bool_)))
    return made


def cost_s(engine: Engine, seconds: Sequence[Sequence[Frame]], ticks: Sequence[bool]) -> tuple[float, int]:
    """Processor time of taking the frames, with a tick where one is due, and how many transitions they made."""
    made = 0
    began = time.process_time()
    for each, tick in zip(seconds, ticks, strict=True):
        for frame in each:
            made += len(engine.take(frame))
        if tick:
            made += len(engine.tick(each[0].second * SECOND_US))
    return time.process_time() - began, made


def twin_frames(plant: Complex, seconds: int) -> list[list[Frame]]:
    """What the twin's plant shows in so many seconds."""
    twin = TwinPlant(plant, 1, START_S * SECOND_US)
    made = []
    for second in range(START_S + 1, START_S + 1 + seconds):
        twin.advance(second)
        made.append(frames(plant, second, twin.values.copy(), twin.status.copy()))
    return made


def engine_of(plant: Complex, definitions: Definitions) -> Engine:
    """A new engine at the start of the measurement."""
    return Engine(definitions, tuple(site.id for site in plant.sites), START_S * SECOND_US)


def flood_cost_s(plant: Complex, definitions: Definitions) -> tuple[float, int]:
    """Processor time and transitions of a minute in which every tag goes from end to end of its range and back."""
    engine = engine_of(plant, definitions)
    good = np.zeros(len(plant.tags), np.uint32)
    seconds = []
    for k in range(FLOOD_S):
        value = plant.tags.high if k % 30 < 15 else plant.tags.low
        seconds.append(frames(plant, START_S + 1 + k, value, good))
    return cost_s(engine, seconds, [True] * FLOOD_S)


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 1 when a goal is missed."""
    options = argparse.ArgumentParser(prog="python -m bench alarms", description=__doc__)
    options.add_argument("--seconds", type=int, default=180, help="seconds of the twin to measure over")
    options.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    chosen = options.parse_args(arguments)
    plant = read_complex(SHIPPED_COMPLEX)
    definitions = read_definitions(SHIPPED_COMPLEX, plant)
    shown = twin_frames(plant, WARM_S + chosen.seconds)
    engine = engine_of(plant, definitions)
    cost_s(engine, shown[:WARM_S], [True] * WARM_S)
    once_s, _ = cost_s(engine, shown[WARM_S:], [True] * chosen.seconds)
    tenfold = engine_of(plant, definitions)
    cost_s(tenfold, shown[:WARM_S], [True] * WARM_S)
    ten_s, _ = cost_s(tenfold, shown[WARM_S:], [k % 10 == 9 for k in range(chosen.seconds)])
    flood_s, transitions = flood_cost_s(plant, definitions)
    with tempfile.TemporaryDirectory(prefix="didymium-flood-") as folder:
        flooded = asyncio.run(flood(Path(folder)))
    figures = {
        "tags": len(plant.tags),
        "alarms": len(definitions),
        "seconds": chosen.seconds,
        "cores_1x": round(once_s / chosen.seconds, 5),
        "cores_10x": round(10.0 * ten_s / chosen.seconds, 5),
        "flood_transitions": transitions,
        "flood_cores": round(flood_s / FLOOD_S, 5),
        "flood_us": round(flood_s / max(1, transitions) * 1e6, 3),
        **flooded,
    }
    report(figures, chosen.json)
    whole = figures["flood_lost"] == figures["flood_twice"] == 0 and figures["flood_page_p95_ms"] <= PAGE_MS
    return 0 if whole and figures["cores_1x"] < 0.05 and figures["cores_10x"] < 0.5 else 1
