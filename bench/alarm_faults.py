"""``python -m bench alarm-faults``: the first alarm of every fault F01 to F23, what comes under it, and what heals.

Plants of the twin run in process; their readings go through frames into the alarm engine, with the alarms of the
shipped complex. Each fault is put on each kind of unit that it knows, at each site that has one. Where something sounds
outside its group, the same plant runs again without the fault: what it tells as well is not of the fault. Which alarm
has to be first is written by hand in ``bench/first_alarms/expected.py``, from the reference.

With ``--running`` the faults that are told within minutes are tried in a running installation instead, over its
sockets: injected through the training page's API, read from the journal's. It brings one up of its own, or takes the
one at a URL.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench.child import Child
from bench.faults import free_offset
from bench.first_alarms import running
from bench.first_alarms.table import counts, table
from bench.first_alarms.trial import Result, tried
from bench.first_alarms.trials import TRIALS
from bench.machine import write
from didymium.alarms.building import read_definitions
from didymium.model.folder import read_complex
from didymium.service.answers import Centre
from didymium.service.errors import NotRunning
from didymium.service.instance import SHIPPED_COMPLEX

START_S: Final = 1_768_406_400
"""2026-01-15 00:00 in the plant's zone."""
PROCESSES: Final = 2
WARM_LIMIT_S: Final = 600.0
RATE_POINTS_S: Final = 18_000.0
SETTLE_S: Final = 180.0
"""How long a new installation runs before the first fault."""


def main(arguments: list[str]) -> int:
    """Try, print and judge; 1 where an alarm is wrong, late, not alone or does not heal."""
    parser = argparse.ArgumentParser(prog="python -m bench alarm-faults", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="CODE", help="these faults, F01 F05 or F05@S06, instead of all")
    parser.add_argument("--seed", type=int, default=1, help="seed of the plants")
    parser.add_argument("--json", type=Path, help="file for the table")
    parser.add_argument(
        "--running",
        nargs="?",
        const="",
        metavar="URL",
        help="try the quick ones in a running system, by its URL or new",
    )
    options = parser.parse_args(arguments)
    wanted = set(options.only or ())
    numbers = [
        number
        for number, trial in enumerate(TRIALS)
        if not wanted or {trial.drill.code, f"{trial.drill.code}@{trial.drill.site}"} & wanted
    ]
    if not numbers:
        parser.error(f"no fault is tried that is named {', '.join(sorted(wanted))}")
    began_s = time.monotonic()
    if options.running is None:
        results = _all(numbers, options.seed)
    else:
        results = (
            running.tried(options.running, wanted) if options.running else asyncio.run(_in_new_installation(wanted))
        )
    print(table(results))
    figures = {**counts(results), "seed": options.seed, "wall_s": round(time.monotonic() - began_s, 1)}
    print(f"\n{figures}")
    if options.json is not None:
        write({**figures, "rows": [asdict(each) for each in results]}, options.json)
    return 0 if all(figures[name] == figures["of"] for name in ("right_first", "in_time", "grouped", "healed")) else 1


async def _in_new_installation(wanted: set[str]) -> list[Result]:
    """Bring up an installation, wait until it is at rate and quiet, and try the quick faults in it."""
    with tempfile.TemporaryDirectory() as folder:
        offset = free_offset()
        where = ["--data", f"{folder}/data", "--port-offset", str(offset)]
        installation = Child(["up", *where, "--history-hours", "0"], Path(folder) / "up.log")
        await installation.start()
        try:
            url = f"http://127.0.0.1:{8600 + offset}"
            await asyncio.to_thread(_wait_for_rate, url)
            await asyncio.sleep(SETTLE_S)
            return await asyncio.to_thread(running.tried, url, wanted)
        finally:
            await installation.stop()


def _wait_for_rate(url: str) -> None:
    centre, deadline = Centre(url), time.monotonic() + WARM_LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(NotRunning):
            if centre.health()["points_per_s"] > RATE_POINTS_S:
                return
        time.sleep(1.0)
    raise RuntimeError(f"{url} is not at rate after {WARM_LIMIT_S:g} s")


def _all(numbers: list[int], seed: int) -> list[Result]:
    """Try in two processes, the longest first; results are in the order of the catalogue."""
    longest_first = sorted(numbers, key=lambda number: -_length(number))
    results: dict[int, Result] = {}
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        jobs = {pool.submit(_try, number, seed): number for number in longest_first}
        for job in as_completed(jobs):
            number = jobs[job]
            results[number] = job.result()
            each = results[number]
            print(f"{len(results)}/{len(jobs)} {each.code} {each.place}: {each.first or 'nothing'}", file=sys.stderr)
    return [results[number] for number in sorted(results)]


def _try(number: int, seed: int) -> Result:
    whole = read_complex(SHIPPED_COMPLEX)
    return tried(TRIALS[number], whole, read_definitions(SHIPPED_COMPLEX, whole), seed, START_S)


def _length(number: int) -> float:
    """A measure of how long a trial may take."""
    trial = TRIALS[number]
    return (trial.drill.limit_s + trial.heal_s + trial.settle_s) / trial.every_s * len(trial.sites)
