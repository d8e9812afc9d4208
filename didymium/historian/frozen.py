"""The whole store as it is at one instant, held fast by hard links while the centre goes on writing."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from didymium.historian.engine import Engine, column
from didymium.historian.writer import Position, stored_positions


@dataclass(frozen=True, slots=True)
class Frozen:
    """A store folder that nobody changes any more.

    ``folder`` is laid out as the store's own, so that a copy of it opens. ``positions`` are the edges' stretches
    whose rows it holds to the last, ``rows`` the number of rows by table; ``held_s`` is how long writers waited.
    """

    name: str
    folder: Path
    schema: int
    positions: tuple[Position, ...]
    rows: dict[str, int]
    held_s: float


def freeze(engine: Engine, now_us: int) -> Frozen:
    """Freeze every table at one instant, between two batches. Raises ``NoFreeze`` for a server."""
    # Letters, digits and _ only: the engine would write anything else in another way.
    name = datetime.fromtimestamp(now_us / 1e6, UTC).strftime("%Y%m%dT%H%M%S_%fZ")
    began = time.perf_counter()
    with engine.alone():
        folder = engine.freeze(name)
        positions = stored_positions(engine)
        found = engine.read(
            "SELECT table, sum(rows) AS n FROM system.parts"
            f" WHERE active AND database = '{engine.database}' GROUP BY table ORDER BY table"
        )
        schema = int(engine.read(f"SELECT max(version) AS v FROM {engine.database}.schema")["v"][0])
    rows = zip(column(found, "table", np.object_), column(found, "n", np.int64).tolist(), strict=True)
    held_s = time.perf_counter() - began
    return Frozen(name, folder, schema, positions, {str(table): n for table, n in rows}, held_s)


def abandoned(folder: Path) -> list[Path]:
    """Frozen folders that no backup copies from: what a backup leaves that was killed."""
    found = []
    for each in sorted(folder.glob("*/")):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
        found.append(each)
    return found
