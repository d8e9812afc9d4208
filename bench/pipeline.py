"""``python -m bench pipeline``: everything between the plant's sockets and the browser, at 1 to 10 times the complex.

All tags come over real Sparkplug B and OPC UA sockets: the sites of other protocols are moved to Sparkplug, because a
device that is polled once a second cannot be ten times as fast. The load shows every tag ``factor`` times a second with
its own time. At the end every one of those readings must be in the historian exactly once. ``cores`` is the processor
time of spine, edge and centre together; the load's and the listeners' is told apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from bench.child import Child
from bench.faults import free_offset
from bench.listen import Listeners
from bench.machine import report
from didymium.model.folder import read_complex
from didymium.service.answers import Centre
from didymium.service.errors import NotRunning
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.service.supervisor import read_states

PROCESSES: Final = ("spine", "edge", "centre")
WARM_LIMIT_S: Final = 180.0
SETTLE_S: Final = 10.0
DRAIN_LIMIT_S: Final = 120.0


def main(arguments: list[str]) -> int:
    """Measure and report; 1 when a reading is lost or stored twice."""
    parser = argparse.ArgumentParser(prog="python -m bench pipeline", description=__doc__)
    parser.add_argument("--factor", type=int, default=10, help="readings per tag and second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to measure")
    parser.add_argument("--listeners", type=int, help="event streams to hold open; 50 at factor 1, else 5")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    listeners = (50 if options.factor == 1 else 5) if options.listeners is None else options.listeners
    folder = Path(tempfile.mkdtemp(prefix="didymium-pipeline-"))
    try:
        figures = asyncio.run(_measure(folder, options.factor, options.seconds, listeners))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report(figures, options.json)
    return 1 if figures["lost"] or figures["twice"] else 0


async def _measure(folder: Path, factor: int, seconds: float, listener_count: int) -> dict[str, Any]:
    offset = free_offset()
    complex_folder = fast_complex(folder / "complex")
    plant = read_complex(complex_folder)
    data = folder / "data"
    where = ["--data", str(data), "--complex", str(complex_folder), "--port-offset", str(offset)]
    installation = Child(["up", "--no-twin", *where], folder / "up.log")
    await installation.start()
    load = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", *where, "--rate-hz", str(factor),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "DIDYMIUM_PARENT": str(os.getpid())},
    )  # fmt: skip
    centre = Centre(f"http://127.0.0.1:{8600 + offset}")
    groups = [f"site:{site.id}" for site in plant.sites]
    listeners = Listeners(8600 + offset, groups, listener_count)
    listening: asyncio.Task[None] | None = None
    try:
        expected_per_s = len(plant.tags) * factor
        await _until_warm(centre, expected_per_s)
        listening = asyncio.create_task(listeners.run())
        await asyncio.sleep(SETTLE_S)
        states = read_states(data / "processes.json")
        pids = {name: states[name].pid for name in PROCESSES} | {"load": load.pid}
        first_us = await _mark(load)
        before, began_s = _cpu_s(pids), time.monotonic()
        listeners.counting = True
        await asyncio.sleep(seconds)
        listeners.counting = False
        after, lasted_s = _cpu_s(pids), time.monotonic() - began_s
        end_us = await _mark(load)
        moments = (end_us - first_us) * factor // 1_000_000
        expected = moments * len(plant.tags)
        counted = await _stored(centre, first_us, end_us, expected)
    finally:
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if load.stdin is not None:
            load.stdin.close()
        await load.wait()
        await installation.stop()
    cores = {name: (after[name] - before[name]) / lasted_s for name in pids}
    ages_s = listeners.ages_s()
    figures: dict[str, Any] = {
        "factor": factor,
        "seconds": round(lasted_s, 1),
        "tags": len(plant.tags),
        "points_per_s": round(counted["distinct"] / ((end_us - first_us) / 1e6), 1),
        "sent": expected,
        "stored": counted["rows"],
        "lost": expected - counted["distinct"],
        "twice": counted["rows"] - counted["distinct"],
        "cores": round(sum(cores[name] for name in PROCESSES), 3),
    }
    figures |= {f"cores_{name}": round(share, 3) for name, share in cores.items()}
    figures["listeners"] = listener_count
    if len(ages_s):
        for percent in (50, 99):
            figures[f"latency_p{percent}_s"] = round(float(np.percentile(ages_s, percent)), 3)
        figures["events"] = listeners.frames
    return figures


def fast_complex(folder: Path) -> Path:
    """A copy of the shipped complex whose polled sites speak Sparkplug."""
    shutil.copytree(SHIPPED_COMPLEX, folder)
    path = folder / "connections.toml"
    text = path.read_text(encoding="utf-8")
    polled = [site for site, said in tomllib.loads(text).items() if said.get("protocol") in ("s7", "modbus")]
    for site in polled:
        text = re.sub(rf"(?ms)^\[{site}\]\n.*?(?=^\[|\Z)", f'[{site}]\nprotocol = "sparkplug"\n\n', text)
        (folder / "addresses" / f"{site}.csv").unlink()
    path.write_text(text, encoding="utf-8")
    return folder


async def _until_warm(centre: Centre, expected_per_s: int) -> None:
    deadline = time.monotonic() + WARM_LIMIT_S
    while time.monotonic() < deadline:
        try:
            health = await asyncio.to_thread(centre.health)
        except NotRunning:
            health = {}
        if health.get("status") == "ok" and health["points_per_s"] > 0.98 * expected_per_s:
            return
        await asyncio.sleep(0.5)
    raise RuntimeError(f"not at rate after {WARM_LIMIT_S:g} s: {health}")


async def _mark(load: asyncio.subprocess.Process) -> int:
    assert load.stdin is not None
    assert load.stdout is not None
    load.stdin.write(b'{"do": "mark"}\n')
    at_us: int = json.loads(await load.stdout.readline())["at_us"]
    return at_us


def _cpu_s(pids: dict[str, int | None]) -> dict[str, float]:
    return {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in pids.items()}


async def _stored(centre: Centre, first_us: int, end_us: int, expected: int) -> dict[str, int]:
    """Rows and distinct readings in the span, once they are all there or no more come."""
    import pyarrow as pa

    sql = (
        "SELECT sum(n) AS rows, sum(d) AS distinct FROM (SELECT tag, count() AS n, uniqExact(ts) AS d FROM points "
        f"WHERE ts >= fromUnixTimestamp64Micro({first_us}) AND ts < fromUnixTimestamp64Micro({end_us}) GROUP BY tag)"
    )
    deadline = time.monotonic() + DRAIN_LIMIT_S
    counted = {"rows": 0, "distinct": 0}
    while time.monotonic() < deadline:
        await asyncio.sleep(3.0)
        before = counted
        answer = await asyncio.to_thread(centre.query, sql)
        counted = {name: int(value) for name, value in pa.ipc.open_stream(answer).read_all().to_pylist()[0].items()}
        if counted["distinct"] >= expected or counted == before:
            break
    return counted
