"""The one way to rows by tag and time: from the embedded engine's own files, else by SQL.

A question to the engine costs four to five milliseconds before it reads anything; reading its files costs one for a
day of a tag. Both give the same rows; the engine answers where a part's layout is not known here, is damaged, or where
it is quicker (docs/adr/019).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian import schema
from didymium.historian.columns import flat
from didymium.historian.engine import Columns, Engine
from didymium.historian.parts.errors import BetterAsked, Unreadable
from didymium.historian.parts.table import Table

LOG: Final = logging.getLogger(__name__)

TIME_COLUMN: Final = {"points": "ts", "points_1m": "minute", "points_1h": "hour"}
"""What rows are sorted by after their tag: µs, and for the sums unix seconds."""


class Scan:
    """Any thread may ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tables: dict[str, Table | None] = {}
        self._opening = threading.Lock()
        self._told = ""

    def rows(self, table: str, columns: Sequence[str], tags: Sequence[int], first: int, end: int) -> Columns:
        """``tag``, the table's time and ``columns`` of the tags' rows with ``first`` ≤ time < ``end``, by tag and time.

        Rows of equal tag and time come in any order; no rows may mean no columns.
        """
        wanted = np.unique(np.asarray(tags, np.uint32))
        if not len(wanted) or end <= first:
            return {}
        files = self._files(table)
        if files is not None:
            try:
                return files.rows(columns, wanted, first, end)
            except BetterAsked:
                pass
            except Unreadable as error:
                if str(error) != self._told:
                    self._told = str(error)
                    LOG.warning("%s is read by SQL: %s", table, error)
        return self._asked(table, columns, wanted.tolist(), first, end)

    def _files(self, table: str) -> Table | None:
        """The table's files, None on a server."""
        if table not in self._tables:
            with self._opening:
                folder = self._engine.folder(table)
                self._tables[table] = None if folder is None else Table(folder, TIME_COLUMN[table])
        return self._tables[table]

    def _asked(self, table: str, columns: Sequence[str], tags: Sequence[int], first: int, end: int) -> Columns:
        time = TIME_COLUMN[table]
        names = ", ".join([time, *columns])
        low, high = (schema.time(at) if time == "ts" else f"toDateTime({at}, 'UTC')" for at in (first, end))
        source = f"{self._engine.database}.{table} PREWHERE {among(tags)} AND {time} >= {low} AND {time} < {high}"
        if len(tags) > 1:
            return self._engine.read(f"SELECT tag, {names} FROM {source} ORDER BY tag, {time}", tags)
        # One part's rows of a tag come in order anyway; several are cheaper to sort here than there.
        found = self._engine.read(f"SELECT {names} FROM {source}", tags)
        if not found:
            return {}
        if not rises(flat(found[time])):
            order = np.argsort(found[time], kind="stable")  # a merge of runs
            found = {name: column[order] for name, column in found.items()}
        return {"tag": np.full(len(found[time]), tags[0], np.uint32), **found}


@njit(cache=True)
def rises(time: NDArray[Any]) -> bool:  # pragma: no cover - compiled
    """Whether no moment is before its predecessor."""
    falls = 0  # counting instead of leaving lets the compiler take several rows at once
    for i in range(1, len(time)):
        falls += time[i] < time[i - 1]
    return falls == 0


def among(tags: Sequence[int]) -> str:
    """SQL: a row's tag is one of these; neighbours are named by their ends, which is found faster."""
    if len(tags) == 1:
        return f"tag = {int(tags[0])}"  # a set of one is made and kept for the question
    if all(after - before == 1 for before, after in pairwise(tags)):
        return f"tag >= {int(tags[0])} AND tag <= {int(tags[-1])}"
    return f"tag IN ({', '.join(str(int(tag)) for tag in tags)})"
