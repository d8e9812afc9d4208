"""``python -m bench kpis``: KPIs of a simulated day, held against the twin's own books and against the historian.

The twin runs ``--hours`` and what the KPIs need of its tags goes to a board as it comes, and into an embedded
historian. ``worst`` is by how much each KPI misses the truth of the last 24 h, or of all hours where they are fewer, as
a share of it; ``ok`` whether all are within their tolerance, which is that of a day, and of fewer hours wider by the
root. ``equal_live_past``: the parts of every minute and the KPIs of the last hour and shift are the same bits from the
historian. ``live_core_1x`` is the share of a processor that the board takes at one second a second, ``page_ms`` the
median of one page of ``page_values`` values, ``fill_s`` how long a board takes to fill up at a start.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.day import SEED, START_S
from bench.kpi_truth import Moment, Truth, Watch
from bench.machine import report
from didymium.historian.store import Historian
from didymium.kpi.board import Board
from didymium.kpi.building import read_kpis
from didymium.kpi.definitions import Kpi, Kpis
from didymium.kpi.parts import MINUTE_US
from didymium.kpi.values import Value
from didymium.kpi.windows import HOUR_US, Asked, Window, asked
from didymium.model.folder import read_complex
from didymium.model.readings import Readings
from didymium.model.shifts import Shifts
from didymium.twin.particulars import read_particulars
from didymium.twin.plant import TwinPlant

COMPLEX: Final = Path(__file__).parents[1] / "complexes" / "northern"
MINUTE_S: Final = 60
DAY_S: Final = 86_400
STORED_MINUTES: Final = 10
REPEATS: Final = 9


class Run:
    """A twin with a board that follows it and a historian that keeps it."""

    def __init__(self, store: Path) -> None:
        self.plant = read_complex(COMPLEX)
        self.kpis = _for_any_window(read_kpis(COMPLEX, self.plant))
        self.historian = Historian.open(f"chdb://{store}", complex=self.plant)
        self.shifts = Shifts(self.plant.shifts, self.plant.zone)
        self.twin = TwinPlant(self.plant, SEED, START_S * 1_000_000, read_particulars(COMPLEX, self.plant))
        self.twin.ledger.open()
        self.board = self.new_board(START_S * 1_000_000)
        self.watch = Watch(self.twin)
        self.moments: dict[int, Moment] = {}
        self.taken_s = 0.0
        self._every = np.arange(len(self.plant.tags), dtype=np.int64)
        self._to_store: list[Readings] = []

    @property
    def now_us(self) -> int:
        return self.twin.second * 1_000_000

    def new_board(self, now_us: int) -> Board:
        """A board that knows nothing yet."""
        return Board(self.kpis, self.historian.ids, self.shifts, now_us=now_us)

    def minute(self) -> None:
        """Simulate a minute and let it come in second by second."""
        first_s = self.twin.second + 1
        values, status = self.twin.read(self.twin.record(MINUTE_S))
        self.watch.look(MINUTE_S)
        ids, n = self.historian.ids.ids, len(self._every)
        for second in range(MINUTE_S):
            at_us = np.full(n, (first_s + second) * 1_000_000)
            readings = Readings.of(ids, at_us, values[second], status[second])
            began_s = time.process_time()
            self.board.take(readings, int(at_us[0]))
            self.taken_s += time.process_time() - began_s
        rows = self.kpis.slots.rows
        time_us = np.repeat((first_s + np.arange(MINUTE_S)) * 1_000_000, len(rows))
        tag = np.tile(ids[rows], MINUTE_S)
        self._to_store.append(Readings.of(tag, time_us, values[:, rows].ravel(), status[:, rows].ravel()))
        if len(self._to_store) == STORED_MINUTES:
            self.store()

    def store(self) -> None:
        """Put what has come into the historian."""
        if self._to_store:
            self.historian.import_history(Readings.concat(self._to_store), f"bench-{self.twin.second}")
            self._to_store = []

    def delivered(self, from_us: int, to_us: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The twin delivers everything."""
        return np.ones(len(self.plant.sites)), np.ones(len(self.plant.sites))


def _for_any_window(kpis: Kpis) -> Kpis:
    """The same KPIs without a shortest window, so that a few simulated hours can be held against the books too."""
    return replace(kpis, kpis=tuple(replace(kpi, minimum_us=0) for kpi in kpis.kpis))


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 1 where a KPI misses the truth or the past differs from the present."""
    parser = argparse.ArgumentParser(prog="python -m bench kpis", description=__doc__.split("\n\n")[0])
    parser.add_argument("--hours", type=float, default=25.0, help="to simulate")
    parser.add_argument("--json", type=Path, help="write the figures there")
    asked_for = parser.parse_args(arguments)
    minutes = round(asked_for.hours * 60)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder) / "store")
        begin = max(0, minutes - 1_440)
        for minute in range(minutes):
            if minute == begin:
                opened, opened_us = run.watch.moment(), run.now_us + 1_000_000
            run.minute()
        run.store()
        truths = run.watch.truths(opened, run.watch.moment(), (run.now_us + 1_000_000 - opened_us) / 1e6)
        figures = {
            "hours": asked_for.hours,
            **_held(run, truths, Window(opened_us, run.now_us + 1_000_000, DAY_S * 1_000_000)),
            **_compared(run),
            "live_core_1x": round(run.taken_s / (minutes * MINUTE_S), 5),
            "page_values": sum(len(kpi.scopes) for kpi in _shown(run)),
            "page_ms": _page_ms(run),
        }
        run.historian.close()
    report(figures, asked_for.json)
    return 0 if figures["ok"] and figures["equal_live_past"] else 1


def _held(run: Run, truths: list[Truth], window: Window) -> dict[str, object]:
    """Each KPI beside its truth; how far off the worst scope of each is, and which ones are out of their tolerance."""
    wanted = [run.kpis.of[name] for name in dict.fromkeys(truth.kpi for truth in truths)]
    values = run.board.values(wanted, window, run.delivered, run.now_us + 1_000_000)
    wider = math.sqrt(DAY_S * 1e6 / (window.to_us - window.from_us))
    worst: dict[str, float] = {}
    out: list[str] = []
    for truth in truths:
        value = values[truth.kpi]
        found = float(value.value[value.kpi.row_of[truth.scope]])
        off, tolerance = truth.deviation(found), truth.tolerance * wider
        worst[truth.kpi] = max(worst.get(truth.kpi, 0.0), round(float(off), 5) if off == off else 9.0)
        good = off <= tolerance
        if not good:
            out.append(f"{truth.kpi} {truth.scope}")
        words = f"{truth.kpi:20s} {truth.scope:4s} {found:12.4f} {truth.value:12.4f} {value.kpi.unit:8s}"
        print(f"{words} {off:9.5f} {tolerance:7.3f} {'ok' if good else 'NO'}")
    return {"ok": not out, "out_of_tolerance": out, "worst": worst}


def _compared(run: Run) -> dict[str, object]:
    """The same from the historian: the parts of all minutes by a board that fills up, and KPIs of single windows."""
    now_us = run.now_us // MINUTE_US * MINUTE_US
    began_s = time.perf_counter()
    filled = run.new_board(now_us)
    for _ in filled.fill(run.historian.span):
        pass
    fill_s = time.perf_counter() - began_s
    first = START_S // MINUTE_S + 1
    minutes = np.arange(max(first, run.board.parts.first_minute, filled.parts.first_minute), now_us // MINUTE_US)
    live, past = (board.parts for board in (run.board, filled))
    equal = np.array_equal(
        live.values[:, minutes % live.size], past.values[:, minutes % past.size], equal_nan=True
    ) and np.array_equal(live.counts[:, minutes % live.size], past.counts[:, minutes % past.size])
    hour = Window(now_us - HOUR_US, now_us, HOUR_US)
    shift = run.shifts.shifts_before(now_us, 1)[0]
    for window in (hour, Window(shift.from_us, shift.to_us, shift.to_us - shift.from_us)):
        if window.from_us // MINUTE_US < minutes[0]:
            continue
        parts = run.board.past(run.kpis.kpis, window, run.historian.span)
        present = run.board.exactly(run.kpis.kpis, window, run.delivered, now_us)
        stored = run.board.exactly(run.kpis.kpis, window, run.delivered, now_us, parts)
        equal = equal and all(_same(present[name], stored[name]) for name in present)
    return {"equal_live_past": bool(equal), "minutes_compared": len(minutes), "fill_s": round(fill_s, 1)}


def _same(one: Value, other: Value) -> bool:
    """Whether two values are the same bits."""
    return one.value.tobytes() == other.value.tobytes() and one.readings.tobytes() == other.readings.tobytes()


def _shown(run: Run) -> list[Kpi]:
    return [kpi for kpi in run.kpis.kpis if not kpi.helper]


def _page_ms(run: Run) -> dict[str, float]:
    """How long the reckoning of each page takes, and that of all forecasts."""
    shown = _shown(run)
    found: dict[str, float] = {}
    for name in Asked:
        window = asked(name, run.shifts, run.now_us)
        found[name.value] = _median_ms(partial(run.board.values, shown, window, run.delivered, run.now_us))
    found["forecasts"] = _median_ms(partial(run.board.forecasts, shown, run.delivered, run.now_us))
    return found


def _median_ms(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(REPEATS):
        began_s = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began_s)
    return round(1e3 * statistics.median(taken), 1)
