"""``python -m bench faults-catalogue``: every fault F01 to F23 put into the twin, and what comes of it when.

Two plants of the same seed run side by side, one of them with the fault: the tags that part are those that it moves.
The consequence is judged from tags, and has to come within the catalogue's seconds. Drills that do not touch each other
share a pair of plants; what takes days runs at the sites that it touches alone.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from bench.catalogue.drill import Drill, shared
from bench.catalogue.drills import DRILLS
from bench.catalogue.lockstep import run
from bench.catalogue.part import part_of
from bench.catalogue.table import Row, as_json, row, table
from bench.machine import write
from didymium.model.folder import read_complex
from didymium.service.instance import SHIPPED_COMPLEX

START_S: Final = 1_768_406_400
"""2026-01-15 00:00 in the plant's zone."""
PROCESSES: Final = 2


def main(arguments: list[str]) -> int:
    """Try, print and judge; 1 when a fault shows not first where it should, or its consequence is out of its band."""
    parser = argparse.ArgumentParser(prog="python -m bench faults-catalogue", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="CODE", help="these faults, F01 F05, instead of all")
    parser.add_argument("--seed", type=int, default=1, help="seed of the plants")
    parser.add_argument("--json", type=Path, help="file for the table")
    options = parser.parse_args(arguments)
    codes = {drill.code for drill in DRILLS}
    chosen = [drill for drill in DRILLS if drill.code in (options.only or codes)]
    if unknown := sorted(set(options.only or ()) - codes):
        parser.error(f"there is no fault {', '.join(unknown)}; there are {', '.join(sorted(codes))}")
    began_s = time.monotonic()
    rows = tried(chosen, options.seed)
    wall_s = time.monotonic() - began_s
    print(table(rows))
    good = sum(each.ok for each in rows)
    print(f"\n{good} of {len(rows)} ok, seed {options.seed}, {wall_s:.0f} s")
    if options.json is not None:
        figures = {"seed": options.seed, "wall_s": round(wall_s, 1), "drills": len(rows), "ok": good}
        write({**figures, "faults": as_json(rows)}, options.json)
    return 0 if good == len(rows) else 1


def tried(drills: Sequence[Drill], seed: int) -> list[Row]:
    """Try the drills in two processes, the longest runs first; the rows are in the order of the catalogue."""
    runs = sorted(shared(list(drills)), key=_length, reverse=True)
    numbers = [[DRILLS.index(drill) for drill in together] for together in runs]
    rows: dict[int, Row] = {}
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(_try, together, seed) for together in numbers]
        for together, job in zip(numbers, jobs, strict=True):
            rows.update(zip(together, job.result(), strict=True))
            done = ", ".join(f"{DRILLS[number].code} at {DRILLS[number].site}" for number in together)
            print(f"tried {done}", file=sys.stderr)
    return [rows[number] for number in sorted(rows)]


def _try(numbers: Sequence[int], seed: int) -> list[Row]:
    drills = [DRILLS[number] for number in numbers]
    plant = part_of(read_complex(SHIPPED_COMPLEX), drills[0].part)
    return [row(found) for found in run(plant, drills, seed, START_S)]


def _length(together: Sequence[Drill]) -> float:
    """A measure of how long a run may take: seconds of the plant, each as long as there are sites."""
    return max(drill.limit_s for drill in together) * (len(together[0].part) or 24)
