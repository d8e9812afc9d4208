"""A copy of the SQLite file as it is at one instant, while others read and write it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from didymium.records.errors import StoreDamaged


def snapshot(file: Path, copy: Path) -> int:
    """Copy ``file`` to ``copy``, check every page of the copy, and return its bytes. Raises ``StoreDamaged``.

    Writers are not held up: they append to the log, and the copy is of what was committed when it began.
    """
    try:
        # Not read-only: the log that a killed writer left is taken up by whoever opens the file next.
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            found = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(str(file), str(error)) from error
    if found != "ok":
        raise StoreDamaged(str(file), found)
    return copy.stat().st_size
