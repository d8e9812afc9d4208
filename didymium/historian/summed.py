"""Minute and hour sums of any range: from the rollup where it holds what is known, else from the points themselves.

Both come to the same bits, because the rollup is made by the same sums, so an answer does not show what was rolled up
when it was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian import schema
from didymium.historian.columns import flat
from didymium.historian.engine import column
from didymium.historian.minutes import Minutes, Span, spans
from didymium.historian.native import dtype_of
from didymium.historian.points import Points
from didymium.historian.scan import Scan
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.sums import Sums, hour_sums, minute_sums, sums_of
from didymium.historian.windows import HOUR_US

ROWS_AT_ONCE_TAG_DAYS: Final = 32.0
"""Points are read in slices of about so many tag-days: 2.8 million rows at one a second."""
SPANS_AT_MOST: Final = 16
"""Separate open stretches of one question; beyond, the nearest are read as one."""
_UNASKED: Final = ("first", "first_us", "last_us")
"""No answer shows these: in rows of the rollup they come as 0, which spares reading them."""
_NEEDED: Final = tuple(name for name in schema.ROLLUP_TYPES if name not in ("tag", "minute", *_UNASKED))
_NO_SUMS: Final = sums_of({}, "minute")


def open_spans(open_us: Sequence[int], at_most: int) -> list[Span]:
    """The minutes (sorted starts) as at most so many stretches: those with the smallest gaps are joined."""
    runs = spans(open_us, 2**62)
    while len(runs) > at_most:
        gaps = np.array([after.from_us - before.to_us for before, after in pairwise(runs)])
        widest = np.sort(np.argpartition(-gaps, at_most - 1)[: at_most - 1])
        starts = [0, *(widest + 1).tolist()]
        ends = [*widest.tolist(), len(runs) - 1]
        runs = [Span(runs[a].from_us, runs[b].to_us) for a, b in zip(starts, ends, strict=True)]
    return runs


def tag_slices(tags: Sequence[int], length_us: int) -> Iterator[Sequence[int]]:
    """The tags, as many at a time as may be read over ``length_us`` at once."""
    width = max(1, int(ROWS_AT_ONCE_TAG_DAYS * DAY_US / max(1, length_us)))
    for at in range(0, len(tags), width):
        yield tags[at : at + width]


@dataclass(frozen=True, slots=True)
class Summed:
    """Asks the rollup and the points together. ``hour_mark_us`` says up to where hours were summed once."""

    scan: Scan
    points: Points
    minutes: Minutes
    hour_mark_us: Callable[[], int]

    def of_minutes(self, tags: Sequence[int], from_us: int, to_us: int) -> Sums:
        """One row per tag and minute that holds a reading, by tag and time; the ends are whole minutes.

        ``first``, ``first_us`` and ``last_us`` mean nothing in these rows, nor in those of ``of_hours``.
        """
        # What is open is asked before the rollup is read: what opens afterwards is not in this answer.
        mark_us = self.minutes.mark_us
        runs = open_spans(self.minutes.open_minutes(from_us, to_us, tags), SPANS_AT_MOST)
        if mark_us < to_us:
            runs.append(Span(max(from_us, mark_us), to_us))
        rolled = self._rolled("points_1m", "minute", tags, from_us, min(to_us, mark_us))
        return _together(rolled, runs, [self._from_points(tags, run) for run in runs])

    def of_hours(self, tags: Sequence[int], from_us: int, to_us: int) -> Sums:
        """One row per tag and hour that holds a reading, by tag and time; the ends are whole hours."""
        hour_mark_us = self.hour_mark_us()
        open_hours = sorted({start // HOUR_US * HOUR_US for start in self.minutes.open_minutes(from_us, to_us, tags)})
        minutes = [start + m * MINUTE_US for start in open_hours if start < hour_mark_us for m in range(60)]
        runs = open_spans(minutes, SPANS_AT_MOST)
        if hour_mark_us < to_us:
            runs.append(Span(max(from_us, hour_mark_us), to_us))
        rolled = self._rolled("points_1h", "hour", tags, from_us, min(to_us, hour_mark_us))
        others = [
            Sums.concat([hour_sums(self.of_minutes(part, run.from_us, run.to_us)) for part in _by_minutes(tags, run)])
            for run in runs
        ]
        return _together(rolled, runs, others)

    def _rolled(self, table: str, start: str, tags: Sequence[int], from_us: int, to_us: int) -> Sums:
        """The latest version of each row that says there is something."""
        if to_us <= from_us or not len(tags):
            return _NO_SUMS
        found = self.scan.rows(table, _NEEDED, tags, from_us // 1_000_000, -(-to_us // 1_000_000))
        for name in _UNASKED:
            found[name] = np.zeros(len(column(found, "tag", np.uint32)), dtype_of(schema.ROLLUP_TYPES[name]))
        sums = sums_of(found, start)
        latest = _latest(flat(sums.tag), flat(sums.start_s), flat(column(found, "version", np.uint64)), flat(sums.n))
        return sums if len(latest) == len(sums) else sums.take(latest)

    def _from_points(self, tags: Sequence[int], run: Span) -> Sums:
        length_us = min(run.to_us - run.from_us, DAY_US)
        parts = [
            minute_sums(self.points.unflagged(some, at, min(at + length_us, run.to_us)))
            for some in tag_slices(tags, length_us)
            for at in range(run.from_us, run.to_us, length_us)
        ]
        return Sums.concat(parts) if parts else _NO_SUMS


def _by_minutes(tags: Sequence[int], run: Span) -> Iterator[Sequence[int]]:
    """The tags, as many at a time as have about three million minutes in the run."""
    yield from tag_slices(tags, (run.to_us - run.from_us) // 60)


def _together(rolled: Sums, runs: Sequence[Span], others: Sequence[Sums]) -> Sums:
    """The rolled rows outside the runs, and the others', by tag and time."""
    if not runs:
        return rolled
    at_us = rolled.start_s.astype(np.int64) * 1_000_000
    outside = np.ones(len(rolled), np.bool_)
    for run in runs:
        outside &= (at_us < run.from_us) | (at_us >= run.to_us)
    both = Sums.concat([rolled.take(outside), *others])
    return both.take(np.lexsort((both.start_s, both.tag)))


@njit(cache=True, nogil=True)
def _latest(
    tag: NDArray[np.uint32], start_s: NDArray[np.uint32], version: NDArray[np.uint64], n: NDArray[np.uint32]
) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """The place of each tag and time's row with the highest version, left out where its ``n`` is 0."""
    places = np.empty(len(tag), np.int64)
    k = 0
    i = 0
    while i < len(tag):
        best = i
        j = i + 1
        while j < len(tag) and tag[j] == tag[i] and start_s[j] == start_s[i]:
            if version[j] > version[best]:
                best = j
            j += 1
        if n[best]:
            places[k] = best
            k += 1
        i = j
    return places[:k]


def columns_of(sums: Sums) -> tuple[NDArray[Any], ...]:
    """The columns that buckets are made of."""
    names = ("tag", "start_s", "n", "n_good", "low", "high", "total", "last", "last_status")
    return tuple(flat(getattr(sums, name)) for name in names)
