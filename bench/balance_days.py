"""Days of the recycling plant S08 as its meters told them: simulated once, in two processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.catalogue.part import part_of
from bench.day import START_S
from didymium.balance.amounts import figures
from didymium.balance.building import read_sheets
from didymium.balance.network import Floats
from didymium.balance.sheets import DAY_US, Sheet
from didymium.kpi.parts import MINUTE_US, Parts
from didymium.kpi.values import reckoned
from didymium.model.folder import read_complex
from didymium.model.readings import Readings
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.plant import TwinPlant

SITE: Final = "S08"
SHEET: Final = "s08_water"
PLACE: Final = "S08.PRE.PRE001"
PROCESSES: Final = 2
SETTLE_MINUTES: Final = 240
DAY_MINUTES: Final = 1_440


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of days of one seed of the twin, with ``leak_t_d`` (fault F18) from its first midnight on."""

    seed: int
    days: int
    leak_t_d: float = 0.0


def sheet_of() -> Sheet:
    """The flow sheet that is tried."""
    return read_sheets(SHIPPED_COMPLEX, read_complex(SHIPPED_COMPLEX)).of[SHEET]


def simulated(runs: Sequence[Run]) -> list[Floats]:
    """(days, streams) what the meters of each run told, NaN for streams without one."""
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(_days, runs))


def kept_or_simulated(runs: Sequence[Run], file: Path | None) -> list[Floats]:
    """The same, from ``file`` if those very runs are kept there; else they are kept there from now on."""
    key = repr(list(runs))
    if file is not None and file.exists():
        kept = np.load(file, allow_pickle=False)
        if str(kept["key"]) == key:
            return [kept[f"run{i}"] for i in range(len(runs))]
    found = simulated(runs)
    if file is not None:
        np.savez(file, key=np.array(key), **{f"run{i}": table for i, table in enumerate(found)})  # type: ignore[arg-type]
    return found


def _days(run: Run) -> Floats:
    whole = read_complex(SHIPPED_COMPLEX)
    sheets = read_sheets(SHIPPED_COMPLEX, whole)
    sheet, kpis = sheets.of[SHEET], sheets.kpis
    part = part_of(whole, (SITE,))
    twin = TwinPlant(part, run.seed, START_S * 1_000_000)
    for _ in range(SETTLE_MINUTES):
        twin.read(twin.record(60))
    place_of = {int(row): place for place, row in enumerate(kpis.slots.rows)}
    rows = [whole.tags.row_of[path] for path in part.tags.path]
    mine = np.array([i for i, row in enumerate(rows) if row in place_of])
    tag = np.repeat(np.array([place_of[rows[i]] for i in mine], np.int32), 60)
    wanted = kpis.with_used(figures(sheet))
    told = np.full((run.days, len(sheet.streams)), np.nan)
    if run.leak_t_d:
        twin.faults.inject("F18", PLACE, run.leak_t_d, twin.second)
    for day in range(run.days):
        from_us = (twin.second + 1) * 1_000_000
        parts = Parts(kpis.slots, from_us // MINUTE_US, DAY_MINUTES)
        for _ in range(DAY_MINUTES):
            values, status = twin.read(twin.record(60))
            time_us = np.tile((twin.second - 59 + np.arange(60)) * 1_000_000, len(mine))
            readings = Readings.of(tag.astype(np.uint32), time_us, values[:, mine].T.ravel(), status[:, mine].T.ravel())
            parts.take(readings, tag)
        found = reckoned(kpis, wanted, parts, from_us, from_us + DAY_US, _everything, now_us=from_us + 2 * DAY_US)
        for place, stream in enumerate(sheet.streams):
            if stream.kpi is not None:
                told[day, place] = found[stream.kpi.id].value[0]
    return told


def _everything(from_us: int, to_us: int) -> tuple[Floats, Floats]:
    """No sheet asks what was delivered."""
    return np.zeros(0), np.zeros(0)
