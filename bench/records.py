"""``python -m bench records``: what the alarm journal takes to write and to read, on SQLite or a server.

A journal of ``--rows`` rows over 40,000 alarms is written in steps of 10,000 with the alarms' states, then 100,000 more
in steps of 1,000. ``write_100k_s`` is the time of those on the clock, ``write_100k_cpu_s`` our processor time in it.
Each ``page_…_ms`` is the median of a page of 200 rows, asked for from the newest back and from the middle on.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.machine import report
from didymium.records.journal import Question
from didymium.records.store import Records
from tests.recorded import SECOND, T0, declare, step

ALARMS: Final = [f"S{i % 24 + 1:02d}.A{i % 7}.UNIT{i // 20:04d}.TAG{i % 20}/HH" for i in range(40_000)]
WORDS: Final = [f"Cooling water low 冷却水低 {i % 50}" for i in range(len(ALARMS))]
FEW: Final = 1_000
MANY: Final = 10_000
FLOOD: Final = 100_000
PAGE: Final = 200
HOUR: Final = 3_600 * SECOND
REPEATS: Final = 5


class Plant:
    """Alarms that come and go; ``transition`` is the number of the last one of each."""

    def __init__(self, records: Records, seed: int) -> None:
        self._records = records
        self._chance = np.random.default_rng(seed)
        self.transition: NDArray[np.int64] = np.zeros(len(ALARMS), np.int64)
        self.now_us = T0

    def write(self, rows: int, each: int) -> tuple[float, float]:
        """Write so many rows in steps; seconds on the clock and of our processor."""
        clock_s, cpu_s = 0.0, 0.0
        for _ in range(rows // each):
            chosen = self._chance.choice(len(ALARMS), each, replace=False)
            self.transition[chosen] += 1
            self.now_us += each * SECOND
            comes = self.transition[chosen] % 2 == 1
            made = step(
                [ALARMS[i] for i in chosen],
                self.transition[chosen].tolist(),
                time_us=self.now_us + np.sort(self._chance.integers(0, each * SECOND, each)),
                event=["activate" if up else "clear" for up in comes.tolist()],
            )
            began_s, before_s = time.perf_counter(), time.process_time()
            self._records.steps.write(made)
            clock_s += time.perf_counter() - began_s
            cpu_s += time.process_time() - before_s
        return clock_s, cpu_s


def pages(records: Records, from_us: int) -> dict[str, float]:
    """Median time of a page by what is asked for, ms."""
    middle = records.journal.last_seq() // 2
    questions = {
        "all": Question(),
        "site": Question(site="S03"),
        "unit": Question(unit=ALARMS[777].rsplit(".", 1)[0]),
        "alarm": Question(alarm=ALARMS[777]),
        "event": Question(event="clear"),
        "hour": Question(from_us=from_us, to_us=from_us + HOUR),
        "site_hour": Question(from_us=from_us, to_us=from_us + HOUR, site="S03"),
        "words": Question(text="冷却水低 7"),
    }
    found = {}
    for name, question in questions.items():
        took_s = []
        for _ in range(REPEATS):
            began_s = time.perf_counter()
            records.journal.before(question, limit=PAGE)
            half_s = time.perf_counter()
            records.journal.after(question, seq=middle, limit=PAGE)
            took_s += [half_s - began_s, time.perf_counter() - half_s]
        found[f"page_{name}_ms"] = round(statistics.median(took_s) * 1000.0, 2)
    return found


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    options = argparse.ArgumentParser(prog="python -m bench records", description=__doc__)
    options.add_argument("--rows", type=int, default=900_000, help="rows of the journal before the flood")
    options.add_argument("--url", help="an empty PostgreSQL database instead of a SQLite file")
    options.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="didymium-records-") as folder:
        file = Path(folder) / "records.sqlite"
        records = Records.open(chosen.url or f"sqlite:///{file}")
        declare(records, ALARMS, WORDS)
        plant = Plant(records, seed=1)
        plant.write(chosen.rows, MANY)
        clock_s, cpu_s = plant.write(FLOOD, FEW)
        figures = {
            "rows": records.journal.last_seq(),
            "write_100k_s": round(clock_s, 2),
            "write_100k_cpu_s": round(cpu_s, 2),
            **pages(records, (T0 + plant.now_us) // 2),
        }
        records.close()
        if file.exists():
            figures["file_mb"] = round(sum(each.stat().st_size for each in Path(folder).iterdir()) / 1e6)
    report(figures, chosen.json)
    return 0
