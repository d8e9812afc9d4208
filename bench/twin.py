"""``python -m bench twin``: a whole day of the complex in a process of its own, and the cost of serving it live.

``day_s`` is the wall time of `didymium twin day` with its start, ``peak_rss_mb`` its most memory. ``serve_cores`` is
the processor time a second of the twin's process while it serves every tag once a second to a whole installation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psutil

from bench.child import Child
from bench.faults import free_offset
from bench.machine import report
from didymium.service.answers import Centre
from didymium.service.errors import NotRunning
from didymium.service.supervisor import read_states

WARM_LIMIT_S: Final = 180.0
SETTLE_S: Final = 20.0
DAY_LIMIT_S: Final = 1200.0


def main(arguments: list[str]) -> int:
    """Measure and report; 1 when a claim or a balance of the day fails."""
    parser = argparse.ArgumentParser(prog="python -m bench twin", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="how much of the day is simulated")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to measure the serving; 0 leaves it out")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="didymium-twin-"))
    try:
        figures = _day(folder, options.hours)
        if options.seconds:
            figures |= asyncio.run(_serving(folder / "served", options.seconds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report(figures, options.json)
    return 0 if figures["day_ok"] else 1


def _day(folder: Path, hours: float) -> dict[str, Any]:
    out = folder / "day.json"
    words = [sys.executable, "-m", "didymium", "twin", "day", "--hours", f"{hours:g}", "--json", str(out)]
    began_s = time.monotonic()
    ended = subprocess.run(
        [*words, "--data", str(folder / "day")], stdout=subprocess.DEVNULL, timeout=DAY_LIMIT_S, check=False
    )
    day_s = time.monotonic() - began_s
    found = json.loads(out.read_text(encoding="utf-8"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "hours": hours,
        "day_s": round(day_s, 1),
        "day_cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_rss_mb": round(used.ru_maxrss / 1024),
        "day_ok": ended.returncode == 0,
        "claims_ok": sum(one["ok"] for one in found["claims"]),
        "claims": len(found["claims"]),
        "balances_ok": sum(one["ok"] for one in found["balances"]),
        "balances": len(found["balances"]),
        "digest": found["digest"],
    }


async def _serving(folder: Path, seconds: float) -> dict[str, Any]:
    offset = free_offset()
    installation = Child(
        ["up", "--data", str(folder), "--port-offset", str(offset), "--history-hours", "0"], folder.parent / "up.log"
    )
    await installation.start()
    centre = Centre(f"http://127.0.0.1:{8600 + offset}")
    try:
        deadline = time.monotonic() + WARM_LIMIT_S
        while not await asyncio.to_thread(_warm, centre):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not at rate after {WARM_LIMIT_S:g} s")
            await asyncio.sleep(0.5)
        await asyncio.sleep(SETTLE_S)
        pid = read_states(folder / "processes.json")["twin"].pid
        assert pid is not None
        process = psutil.Process(pid)
        before, began_s = sum(process.cpu_times()[:2]), time.monotonic()
        await asyncio.sleep(seconds)
        cores = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began_s)
        health = await asyncio.to_thread(centre.health)
    finally:
        await installation.stop()
    return {"serve_cores": round(cores, 3), "points_per_s": round(health["points_per_s"], 1)}


def _warm(centre: Centre) -> bool:
    try:
        return bool(centre.health()["status"] == "ok")
    except NotRunning:
        return False
