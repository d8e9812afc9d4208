"""``python -m bench historian``: the historian loaded with the twin's day and asked; ``--peers``: others beside it.

Each store is measured in a process of its own, one after the other, by the same steps: loaded in order, merged, asked,
and asked again while a second of all tags arrives each second. The peers get the day's first hour, and the historian
is measured on that hour once more, so that a ratio is between figures of the same points and the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.day import DAY_S, HOUR_S, NoRoom, day_of
from bench.historian_table import KEYS, beside, goals_missed, size_goal_missed, table
from bench.machine import write
from didymium.model.folder import read_complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.service.lifeline import PARENT

OURS: Final = "didymium"
PEERS: Final = ("victoria_metrics", "influxdb", "postgresql", "duckdb")
CHILD_LIMIT_S: Final = 7200.0
JITTER_US: Final = 2000.0
"""As of controllers that stamp by their own cycle."""

REHEARSED_S: Final = 50
"""So much is loaded once before a long run: what Numba compiles is in its cache afterwards."""


class StoreFailed(RuntimeError):
    """A store's process ended with an error or took longer than two hours."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a store is loaded with: the first ``seconds`` of the day in ``folder``, asked under load for ``load_s``."""

    folder: Path
    seconds: int
    load_s: float
    jitter_us: float = 0.0


def measured(name: str, stretch: Stretch) -> dict[str, Any]:
    """The store's figures, or ``install``: how to install it. Raises ``StoreFailed``.

    The process leads a group of its own, which ends as a whole; its folder is gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="didymium-historian-") as where:
        folder = Path(where)
        folder.chmod(0o711)  # a server that refuses root must pass through
        out, data = folder / "figures.json", folder / "data"
        data.mkdir(mode=0o711)
        words = ["--day", str(stretch.folder), "--seconds", str(stretch.seconds), "--load-s", str(stretch.load_s)]
        words += ["--jitter-us", str(stretch.jitter_us), "--folder", str(data), "--out", str(out)]
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.peers", name, *words],
            env={**os.environ, PARENT: str(os.getpid())},
            start_new_session=True,
        )
        try:
            code = child.wait(CHILD_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise StoreFailed(f"{name} took longer than {CHILD_LIMIT_S:g} s") from error
        finally:
            _end(child)
        if not out.exists():
            raise StoreFailed(f"{name} ended with {code}; its words stand above")
        figures: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return figures


def attempted(name: str, stretch: Stretch) -> dict[str, Any]:
    """As ``measured``; another store's failure is told and the rest goes on."""
    try:
        return measured(name, stretch)
    except StoreFailed as error:
        return {"failed": str(error)}


def _end(child: subprocess.Popen[bytes]) -> None:
    """Have it stop its servers, and end the whole group by force if it does not."""
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(60.0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def main(arguments: Sequence[str]) -> int:
    """Measure, print the tables, and return 1 when a goal is missed at day scale."""
    options = argparse.ArgumentParser(prog="python -m bench historian", description=__doc__)
    options.add_argument("--hours", type=float, default=24.0, help="how much of the day is loaded")
    options.add_argument("--day", type=Path, default=None, help="keep the simulated day in this folder, 20 GB for 24 h")
    options.add_argument("--load-s", type=float, default=60.0, help="for how many seconds to ask under load")
    words = "measure other stores on the same points: these, or all when none is named"
    options.add_argument("--peers", nargs="*", choices=PEERS, default=None, help=words)
    options.add_argument("--peer-hours", type=float, default=1.0, help="how much of the day the peers are loaded with")
    options.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    chosen = options.parse_args(arguments)
    seconds = max(1, min(DAY_S, round(chosen.hours * HOUR_S)))
    with tempfile.TemporaryDirectory(prefix="didymium-day-") as temporary:
        folder = chosen.day or Path(temporary)
        try:
            day_of(read_complex(SHIPPED_COMPLEX), folder, seconds)
        except NoRoom as error:
            print(error, file=sys.stderr)
            return 2
        whole = Stretch(folder, seconds, chosen.load_s)
        if seconds > HOUR_S:
            measured(OURS, Stretch(folder, REHEARSED_S, 0.0))
        figures = measured(OURS, whole)
        jittered = Stretch(folder, min(seconds, HOUR_S), 0.0, JITTER_US)
        figures["jittered"] = {"jitter_us": JITTER_US, **measured(OURS, jittered)}
        figures["import_points_per_s"] = figures["jittered"]["ingest_points_per_s"]
        if chosen.peers is not None:
            part = Stretch(folder, min(seconds, round(chosen.peer_hours * HOUR_S)), chosen.load_s)
            ours = dict(figures) if part == whole else measured(OURS, part)
            figures["peers"] = {OURS: ours} | {name: attempted(name, part) for name in chosen.peers or PEERS}
    print(table(figures))
    missed = goals_missed(figures)
    if chosen.peers is not None:
        print(beside(figures["peers"]))
        missed = missed or size_goal_missed(figures["peers"])
    ordered = {key: figures[key] for key in KEYS} | figures
    if chosen.json is not None:
        write(ordered, chosen.json)
    return 1 if missed and seconds == DAY_S else 0
