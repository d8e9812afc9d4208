"""Keeps the engine's merges from a full disk and out of a busy writer's way, and undoes one that the disk cut short.

A merge takes as much of the processor as the inserts that it follows. While rows come a hundred times as fast as a
plant sends them, a history or what an outage held back, merging waits, up to so many parts as questions still bear.

chdb 4.4 does not notice that a merge ran out of space: the merged part counts as written though its files are short or
empty, and its sources are deleted eight minutes later. So merges stop while there is still room, and each merged part
is compared with what the engine believes to have written. Where files are short, the table is opened again while
the sources are still there; the engine then finds the part broken and takes its sources back.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Final

import numpy as np

from didymium.historian.disk import DiskGuard
from didymium.historian.engine import Engine, column
from didymium.historian.errors import DiskFull, EngineError

LOG: Final = logging.getLogger(__name__)

LOOK_S: Final = 0.5
"""How often to look at the free space: in this time nobody should fill the reserve."""
LOOKS_A_MEND: Final = 20
"""So a short part is found within ten seconds."""
BUSY_ROWS_PER_S: Final = 1_000_000
BUSY_LOOK_S: Final = 2.0
MOST_PARTS: Final = 2_000
"""Parts of a day at which merging waits no longer: at a million rows each, the whole day of the demonstration complex.
It waits again when they are half as many, so that what was begun is not broken off at once."""
ATTACH_LIMIT_S: Final = 60.0
"""Longer than any question holds a table."""


class Merging:
    """Watches one embedded store. ``look`` is cheap and called often, ``mend`` now and then."""

    def __init__(self, engine: Engine, guard: DiskGuard) -> None:
        self._engine = engine
        self._guard = guard
        self._turn = threading.Lock()
        self._stopped = False
        self._waiting = False
        self._rows_written = 0
        self._since_s = 0.0
        self._busy_s = 0.0
        self._looking: threading.Timer | None = None
        self._seen: set[str] = set()
        self._lost: list[str] = []

    def look(self) -> None:
        """Stop merges while less than the reserve is free; a merge that runs is given up and leaves nothing."""
        with self._turn:
            try:
                self._guard.check()
            except DiskFull as error:
                if not self._stopped:
                    self._engine.command("SYSTEM STOP MERGES")
                    self._stopped = True
                    LOG.warning("merging is stopped: %s", error)
            else:
                if self._stopped:
                    self._engine.command("SYSTEM START MERGES")
                    self._stopped = False
                    if self._waiting:
                        self._engine.command(f"SYSTEM STOP MERGES {self._engine.database}.points")
                    LOG.info("merging goes on")

    def wrote(self, rows: int, now_s: float) -> None:
        """So many rows were written just now; ``now_s`` is of a clock that never goes back."""
        with self._turn:
            if now_s - self._since_s > BUSY_LOOK_S:
                self._rows_written, self._since_s = 0, now_s
            self._rows_written += rows
            if self._rows_written < BUSY_ROWS_PER_S * BUSY_LOOK_S:
                return
            began, self._busy_s = self._busy_s < self._since_s, now_s
            if began and not self._waiting and not self._stopped and self._most_parts() < MOST_PARTS // 2:
                self._engine.command(f"SYSTEM STOP MERGES {self._engine.database}.points")
                self._waiting = True
                self._look_later()

    def close(self) -> None:
        """Look no more."""
        with self._turn:
            self._waiting = False
            if self._looking is not None:
                self._looking.cancel()

    def _look_later(self) -> None:
        self._looking = threading.Timer(BUSY_LOOK_S, self._look_whether_busy)
        self._looking.daemon = True
        self._looking.start()

    def _look_whether_busy(self) -> None:
        with self._turn:
            if not self._waiting:
                return
            quiet = time.monotonic() - self._busy_s > 2 * BUSY_LOOK_S
            if not quiet and self._most_parts() < MOST_PARTS:
                self._look_later()
                return
            self._waiting = False
            if not self._stopped:
                self._engine.command(f"SYSTEM START MERGES {self._engine.database}.points")

    def _most_parts(self) -> int:
        """Of any day's points."""
        found = self._engine.read(
            "SELECT max(n) AS n FROM (SELECT count() AS n FROM system.parts WHERE active AND table = 'points'"
            f" AND database = '{self._engine.database}' GROUP BY partition_id)"
        )
        return int(found["n"][0])

    def mend(self) -> None:
        """Look at the parts that were written since the last call; open tables anew whose parts are short."""
        with self._turn:
            found = self._engine.read(
                "SELECT table, name, path, bytes_on_disk AS bytes FROM system.parts WHERE active"
                f" AND database = '{self._engine.database}' ORDER BY table, name"
            )
            columns = (column(found, name, np.object_) for name in ("table", "name", "path", "bytes"))
            present: set[str] = set()
            short: dict[str, list[str]] = {}
            for table, name, path, size in zip(*columns, strict=True):
                present.add(str(path))
                if str(path) not in self._seen and 0 <= _bytes_in(Path(str(path))) < int(size):
                    short.setdefault(str(table), []).append(str(name))
            for table, names in short.items():
                self._open_again(table, names)
            self._seen = present

    def trouble(self) -> list[str]:
        """What the operator must know. Empty is well."""
        stopped = ["less than the reserve is free: merging is stopped, so that no part is cut short"]
        return [*(stopped if self._stopped else ()), *self._lost]

    def _open_again(self, table: str, names: list[str]) -> None:
        LOG.error(
            "table %s: a full disk cut %s short; the table is opened again with the sources", table, ", ".join(names)
        )
        with self._engine.alone():
            before = self._rows(table)
            self._engine.command(f"DETACH TABLE {self._engine.database}.{table}")
            self._attach(table)
            after = self._rows(table)
        if after == before:
            self._remove(table, names)
            return
        self._lost.append(
            f"table {table}: a full disk cut {', '.join(names)} short, and {before - after:,} rows are gone;"
            " restore a backup"
        )

    def _attach(self, table: str) -> None:
        """Attach it as soon as no question holds it any more."""
        deadline = time.monotonic() + ATTACH_LIMIT_S
        while True:
            try:
                self._engine.command(f"ATTACH TABLE {self._engine.database}.{table}")
            except EngineError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def _rows(self, table: str) -> int:
        found = self._engine.read(
            "SELECT sum(rows) AS n FROM system.parts WHERE active"
            f" AND database = '{self._engine.database}' AND table = '{table}'"
        )
        return int(found["n"][0])

    def _remove(self, table: str, names: list[str]) -> None:
        """Remove what is left of parts whose rows are all there."""
        for name in names:
            self._engine.command(
                f"ALTER TABLE {self._engine.database}.{table} DROP DETACHED PART 'broken-on-start_{name}'"
                " SETTINGS allow_drop_detached = 1"
            )


def _bytes_in(folder: Path) -> int:
    """Bytes of a part's files, −1 when it is gone by now."""
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except FileNotFoundError:
        return -1
