"""A table's rows of some tags and times, from the parts in its folder."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.historian.engine import Columns
from didymium.historian.parts.checksums import Checksums
from didymium.historian.parts.errors import BetterAsked, Unreadable
from didymium.historian.parts.names import active
from didymium.historian.parts.part import Part, Run

HELD_BYTES: Final = 256 << 20
"""Indexes, marks and small parts stay in memory up to this size, those asked for last."""
HELD_ROWS: Final = 400_000
"""A part up to this size is kept whole once it was asked for."""
MOST_RUNS: Final = 600
"""Separate stretches of a part; more are quicker asked of the engine, which reads them side by side."""
MOST_PARTS: Final = 300
ROWS_AT_ONCE: Final = 8_000_000
"""Rows of granules in memory at once, about, from which those asked for are taken."""
ROWS_SIDE_BY_SIDE: Final = 120_000
"""From so many rows of granules on, two columns are read at once."""
TRIES: Final = 3
_SETTLED_NS: Final = 50_000_000
"""A folder's time has the clock's tick: so long after a change another one may not show in it."""
_NEVER: Final = (2**63 - 1, -(2**63))
"""The first and the last time of a part without rows, such as takes the place of what was dropped."""

Places = NDArray[np.int64]
Tags = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class _Listed:
    """The parts at one moment, with the (n,) first and last time in each."""

    changed_ns: int
    listed_ns: int
    names: list[str]
    first: Places
    last: Places


@dataclass(frozen=True, slots=True)
class _Found:
    """Of one part: for each of k tags the rows ``starts`` to ``ends`` of ``columns``."""

    starts: Places
    ends: Places
    columns: dict[str, NDArray[Any]]


class Table:
    """Reads a MergeTree table that is sorted by tag and time. Any thread may call it."""

    def __init__(self, folder: Path, time_column: str) -> None:
        self._folder = folder
        self._time = time_column
        self._lock = threading.Lock()
        self._listed: _Listed | None = None
        self._reaches: dict[str, tuple[int, int]] = {}
        self._parts: OrderedDict[str, Part] = OrderedDict()

    def rows(self, columns: Sequence[str], tags: Tags, first: int, end: int) -> Columns:
        """The rows of ``tags`` (rising) with ``first`` ≤ time < ``end``, by tag and time; ``columns`` with both.

        Rows of equal tag and time come in any order. Raises ``Unreadable`` where the engine must be asked.
        """
        names = [self._time, *columns]
        for _ in range(TRIES - 1):
            before = self._listed
            try:
                return self._rows(names, tags, first, end)
            except BetterAsked:
                raise
            except Unreadable:
                self._listed = None
                if before is not None and self._list().names == before.names:
                    raise  # the same parts as before, so none of them went away meanwhile
        return self._rows(names, tags, first, end)

    def _rows(self, names: Sequence[str], tags: Tags, first: int, end: int) -> Columns:
        listed = self._list()
        touched = np.flatnonzero((listed.first < end) & (listed.last >= first))
        if len(touched) > MOST_PARTS:
            raise BetterAsked(f"{len(touched)} parts are many")
        touched = touched[np.argsort(listed.first[touched], kind="stable")]
        return self._of_parts([self._part(listed.names[i]) for i in touched.tolist()], names, tags, first, end)

    def _of_parts(self, parts: Sequence[Part], names: Sequence[str], tags: Tags, first: int, end: int) -> Columns:
        """The rows in these parts, all of them or none: halves of a question are asked of the same parts."""
        runs = [_runs(part, tags, first, end) for part in parts]
        rows = sum(_rows_of(part, some) for part, some in zip(parts, runs, strict=True))
        if rows > ROWS_AT_ONCE and len(tags) > 1:
            half = len(tags) // 2
            halves = [self._of_parts(parts, names, some, first, end) for some in (tags[:half], tags[half:])]
            both = [each for each in halves if each]
            return {name: np.concatenate([each[name] for each in both]) for name in both[0]} if both else {}
        found = [self._of_part(part, some, names, tags, first, end) for part, some in zip(parts, runs, strict=True)]
        self._forget()
        return _assembled([each for each in found if each is not None], names, tags)

    def _of_part(
        self, part: Part, runs: Sequence[Run], names: Sequence[str], tags: Tags, first: int, end: int
    ) -> _Found | None:
        if not runs:
            return None
        if part.rows <= HELD_ROWS:
            columns = {name: part.held(name) for name in ("tag", *names)}
        else:
            columns = _read(part, ("tag", *names), runs)
        starts, ends = _within(flat(columns["tag"]), flat(columns[self._time]), tags, first, end)
        return _Found(starts, ends, columns) if (ends > starts).any() else None

    def _list(self) -> _Listed:
        """The active parts; listed again when the folder may have changed."""
        try:
            changed_ns = self._folder.stat().st_mtime_ns
            listed = self._listed
            if listed is not None and listed.changed_ns == changed_ns and listed.listed_ns - changed_ns > _SETTLED_NS:
                return listed
            now_ns = time.time_ns()
            with os.scandir(self._folder) as entries:
                names = active(entry.name for entry in entries)
            known = self._reaches
            reaches = {name: known.get(name) or self._reach(name) for name in names}
        except (OSError, ValueError) as error:
            raise Unreadable(f"the parts in {self._folder} cannot be listed: {error}") from error
        first, last = (np.array([reach[i] for reach in reaches.values()], np.int64) for i in (0, 1))
        self._reaches = reaches
        self._listed = made = _Listed(changed_ns, now_ns, names, first, last)
        return made

    def _reach(self, name: str) -> tuple[int, int]:
        """The first and the last time in a part; one without rows is in no range."""
        sums = Checksums(self._folder / name)
        if int(sums.file("count.txt")) == 0:
            return _NEVER
        data = sums.file(f"minmax_{self._time}.idx")
        first, last = np.frombuffer(data, "<i8" if self._time == "ts" else "<u4").tolist()  # DateTime64 and DateTime
        return first, last

    def _part(self, name: str) -> Part:
        with self._lock:
            found = self._parts.get(name)
            if found is not None:
                self._parts.move_to_end(name)
                return found
        made = Part(self._folder / name, self._time)
        with self._lock:
            return self._parts.setdefault(name, made)

    def _forget(self) -> None:
        """Keep what was asked for last, and nothing of parts that are gone."""
        with self._lock:
            for name in self._parts.keys() - self._reaches.keys():
                del self._parts[name]
            held = sum(part.held_bytes for part in self._parts.values())
            while held > HELD_BYTES and len(self._parts) > 1:
                held -= self._parts.popitem(last=False)[1].held_bytes


def _read(part: Part, names: Sequence[str], runs: Sequence[Run]) -> dict[str, NDArray[Any]]:
    """The columns; of many rows two at once."""
    if _rows_of(part, runs) < ROWS_SIDE_BY_SIDE:
        return {name: part.column(name, runs) for name in names}
    return dict(zip(names, _readers().map(lambda name: part.column(name, runs), names), strict=True))


@cache
def _readers() -> ThreadPoolExecutor:
    """As many as the smallest machine has processors."""
    return ThreadPoolExecutor(2, thread_name_prefix="parts")


def _rows_of(part: Part, runs: Sequence[Run]) -> int:
    return sum(int(part.starts[end] - part.starts[first]) for first, end in runs)


def _runs(part: Part, tags: Tags, first: int, end: int) -> list[Run]:
    """The granules that may hold rows of the tags in the range, as few stretches. Raises ``BetterAsked``."""
    if part.rows <= HELD_ROWS:
        return [(0, part.granules)]
    starts, ends = _granules(part.index_tag, part.index_time, tags, first, end)
    if len(starts) > MOST_RUNS:
        raise BetterAsked(f"{len(starts)} stretches of part {part.folder.name} are many")
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _assembled(found: Sequence[_Found], names: Sequence[str], tags: Tags) -> Columns:
    """What the parts have of each tag, one part after the other, and by time where these mingle."""
    if len(found) == 1 and len(tags) == 1:
        rows = slice(int(found[0].starts[0]), int(found[0].ends[0]))
        columns = {name: found[0].columns[name][rows] for name in names}
        return {"tag": np.full(rows.stop - rows.start, tags[0], np.uint32), **columns}
    if not found:
        return {}
    sizes = np.array([each.ends - each.starts for each in found])
    totals = sizes.sum(axis=0)
    begins = np.cumsum(totals) - totals
    places = begins + np.cumsum(sizes, axis=0) - sizes
    columns = {}
    for name in names:
        columns[name] = np.empty(int(totals.sum()), found[0].columns[name].dtype)
        for each, at in zip(found, places, strict=True):
            _copy(flat(each.columns[name]), each.starts, each.ends, columns[name], at)
    if len(found) > 1:
        for i in np.flatnonzero(_mingled(columns[names[0]], begins, totals)).tolist():
            rows = slice(int(begins[i]), int(begins[i] + totals[i]))
            order = np.argsort(columns[names[0]][rows], kind="stable")  # a merge of runs
            for column in columns.values():
                column[rows] = column[rows][order]
    return {"tag": np.repeat(tags, totals), **columns}


@njit(cache=True, nogil=True)
def _before(
    tag: NDArray[np.uint32], time: NDArray[Any], one_tag: int, one_time: int
) -> int:  # pragma: no cover - compiled
    """How many rows lie before this tag and time."""
    low, high = 0, len(tag)
    while low < high:
        middle = (low + high) // 2
        if tag[middle] < one_tag or (tag[middle] == one_tag and time[middle] < one_time):
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _within(
    tag: NDArray[np.uint32], time: NDArray[Any], tags: Tags, first: int, end: int
) -> tuple[Places, Places]:  # pragma: no cover - compiled
    """(k,) first and (k,) last row of each tag's range."""
    starts, ends = np.empty(len(tags), np.int64), np.empty(len(tags), np.int64)
    for i in range(len(tags)):
        starts[i] = _before(tag, time, tags[i], first)
        ends[i] = _before(tag, time, tags[i], end)
    return starts, ends


@njit(cache=True, nogil=True)
def _granules(
    tag: NDArray[np.uint32], time: NDArray[Any], tags: Tags, first: int, end: int
) -> tuple[Places, Places]:  # pragma: no cover - compiled
    """The stretches of granules that may hold rows of the tags' ranges; neighbours are joined.

    ``tag`` and ``time`` are those of each granule's first row, and of the last row of all.
    """
    starts, ends = np.empty(len(tags), np.int64), np.empty(len(tags), np.int64)
    n = 0
    for i in range(len(tags)):
        start = max(0, _before(tag, time, tags[i], first) - 1)
        stop = min(len(tag) - 1, _before(tag, time, tags[i], end))
        if stop <= start:
            continue
        if n and start <= ends[n - 1]:
            ends[n - 1] = max(ends[n - 1], stop)
        else:
            starts[n], ends[n] = start, stop
            n += 1
    return starts[:n].copy(), ends[:n].copy()


@njit(cache=True, nogil=True)
def _copy(
    column: NDArray[Any], starts: Places, ends: Places, out: NDArray[Any], at: Places
) -> None:  # pragma: no cover - compiled
    """Each tag's rows to their place in ``out``."""
    for i in range(len(starts)):
        out[at[i] : at[i] + ends[i] - starts[i]] = column[starts[i] : ends[i]]


@njit(cache=True, nogil=True)
def _mingled(time: NDArray[Any], begins: Places, totals: Places) -> NDArray[np.bool_]:  # pragma: no cover - compiled
    """(k,) whether a tag's times fall somewhere."""
    out = np.zeros(len(begins), np.bool_)
    for i in range(len(begins)):
        falls = 0
        for k in range(begins[i] + 1, begins[i] + totals[i]):
            falls += time[k] < time[k - 1]
        out[i] = falls > 0
    return out
