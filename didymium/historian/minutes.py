"""Which minutes the rollup has closed, which must be done again, and which a writer is still filling."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.historian.schema import MINUTE_US
from didymium.historian.windows import EVERY_TAG, HOUR_US, LAST_US, Keys, Touched, Windows, touched

__all__ = ["LAST_US", "Filling", "Minutes", "Span", "spans"]

_DENSE: Final = 30
"""From this many dirty minutes of an hour on, neighbouring hours of the same tags are read together."""
LONGEST_RUN_H: Final = 24


@dataclass(frozen=True, slots=True)
class Span:
    """A run of minutes, ``from_us`` included, ``to_us`` not."""

    from_us: int
    to_us: int


def spans(minutes_us: Sequence[int], longest_us: int) -> list[Span]:
    """Neighbouring minutes joined into runs of at most ``longest_us``. ``minutes_us`` are sorted starts."""
    runs: list[Span] = []
    for start in minutes_us:
        end = start + MINUTE_US
        if runs and runs[-1].to_us == start and end - runs[-1].from_us <= longest_us:
            runs[-1] = Span(runs[-1].from_us, end)
        else:
            runs.append(Span(start, end))
    return runs


@dataclass(frozen=True, slots=True)
class Filling:
    """What a writer is told: rows before ``late_before_us`` are late, and ``fresh`` is to be noted before they are."""

    late_before_us: int
    fresh: Keys


@dataclass(frozen=True, slots=True)
class Patch:
    """Tags and neighbouring hours that are done again together: ``minutes`` is (hours, tags), bits as in ``Windows``.

    ``tag`` rises.
    """

    tag: NDArray[np.uint32]
    first_hour_us: int
    minutes: NDArray[np.uint64]

    @property
    def hours(self) -> int:
        return len(self.minutes)

    def windows(self) -> Windows:
        """The tag-hours."""
        hour = np.uint64(self.first_hour_us // HOUR_US) + np.arange(self.hours, dtype=np.uint64)
        key = (hour[:, None] << np.uint64(32)) | self.tag.astype(np.uint64)[None, :]
        return Windows(key.ravel(), self.minutes.ravel())

    def reach(self) -> Span:
        """From the first minute to the end of the last, of whichever tag."""
        minutes = self.windows().starts_us()
        return Span(minutes[0], minutes[-1] + MINUTE_US)

    def wanted(
        self, tag: NDArray[np.uint32], start_s: NDArray[np.uint32], missing: NDArray[np.uint64]
    ) -> NDArray[np.bool_]:
        """(n,) whether each minute of the patch's tags is to be done; its bit in ``missing`` is taken away."""
        return _wanted(flat(self.tag), self.first_hour_us // 1_000_000, missing, flat(tag), flat(start_s))


@njit(cache=True)
def _wanted(
    tag: NDArray[np.uint32],
    first_s: int,
    missing: NDArray[np.uint64],
    row_tag: NDArray[np.uint32],
    row_s: NDArray[np.uint32],
) -> NDArray[np.bool_]:  # pragma: no cover - compiled
    """Both lists of tags rise."""
    wanted = np.zeros(len(row_tag), np.bool_)
    column = 0
    for i in range(len(row_tag)):
        while tag[column] != row_tag[i]:
            column += 1
        after_s = np.int64(row_s[i]) - first_s
        bit = np.uint64(1) << np.uint64(after_s % 3600 // 60)
        hour = after_s // 3600
        wanted[i] = missing[hour, column] & bit != 0
        missing[hour, column] &= ~bit
    return wanted


def next_patch(windows: Windows, most: int) -> tuple[Patch, NDArray[np.bool_]]:
    """The newest of the windows, and which of the rows those are: about ``most`` minutes of tags, of one tag at least.

    A run of hours that the same tags share is taken together, because the points lie by tag and a longer read of
    fewer tags passes over less. ``windows`` may not be empty.
    """
    hours = windows.hour_us
    newest_us = int(hours[-1])
    here = windows.take(slice(int(np.searchsorted(hours, newest_us)), None))
    first_tag = int(here.tag[0])
    run, each = 1, 60
    if np.bitwise_count(here.minutes[0]) >= _DENSE:
        each = int(np.bitwise_count(here.minutes[0]))
    while run < LONGEST_RUN_H and np.bitwise_count(here.minutes[0]) >= _DENSE:
        before_us = newest_us - run * HOUR_US
        earlier = windows.within(before_us, before_us + HOUR_US)
        at = int(np.searchsorted(earlier.tag, first_tag))
        if at == len(earlier) or earlier.tag[at] != first_tag or np.bitwise_count(earlier.minutes[at]) < _DENSE:
            break
        run += 1
        each += int(np.bitwise_count(earlier.minutes[at]))
    tag = here.tag[: 1 if first_tag == EVERY_TAG else max(1, most // each)]
    rows = [
        windows.within(start, start + HOUR_US)
        for start in range(newest_us - (run - 1) * HOUR_US, newest_us + 1, HOUR_US)
    ]
    for one in rows:
        tag = np.intersect1d(tag, one.tag, assume_unique=True)
    minutes = np.stack([one.minutes[np.searchsorted(one.tag, tag)] for one in rows])
    first_us = newest_us - (run - 1) * HOUR_US
    return Patch(tag, first_us, minutes), (hours >= first_us) & np.isin(windows.tag, tag)


class Minutes:
    """The rollup's bookkeeping, shared by writers and the roller.

    Everything before ``mark_us`` was rolled once; the dirty minutes of tags before it were written to since. A writer
    announces the minutes it is about to fill, and the roller leaves those alone until the writer is done: so a row
    is in the rollup or its minute is known to be open, whatever happens in between.
    """

    def __init__(self, mark_us: int, dirty: Windows) -> None:
        """``dirty`` is what the store has noted."""
        self._lock = threading.Lock()
        self._mark_us = mark_us
        self._late_before_us = mark_us  # runs ahead of the mark while the roller works
        self._dirty = dirty
        self._noted = dirty.key
        self._redoing = Windows.none()
        self._filling: list[Touched] = []

    @property
    def mark_us(self) -> int:
        return self._mark_us

    def open_minutes(self, from_us: int, to_us: int, tags: Sequence[int] | None = None) -> list[int]:
        """The minutes before the mark, in the range, that the rollup does not hold as is known; sorted.

        With ``tags`` only those where one of these tags is concerned.
        """
        with self._lock:
            known = [self._dirty, self._redoing, *(each.windows for each in self._filling)]
            mark_us = self._mark_us
        first, end = from_us // MINUTE_US * MINUTE_US, min(to_us, mark_us)
        found = Windows.none()
        for each in known:
            found = found.joined(each.within(first, end).of_tags(tags))
        return [start for start in found.starts_us() if first <= start < end]

    @contextmanager
    def filling(self, tag: NDArray[np.uint32], time_us: NDArray[np.int64]) -> Iterator[Filling]:
        """While the block runs, the roller keeps off these readings' minutes.

        The caller notes what is ``fresh``, in the store and by ``noted``, before it stores the rows.
        """
        with self._lock:
            mine = touched(tag, time_us, self._mark_us, self._late_before_us)
            told = Filling(self._late_before_us, np.setdiff1d(mine.windows.key, self._noted, assume_unique=True))
            self._dirty = self._dirty.joined(mine.windows)
            self._filling.append(mine)
        try:
            yield told
        finally:
            with self._lock:
                self._filling = [each for each in self._filling if each is not mine]

    def noted(self, key: Keys) -> None:
        """The store has it now that these are to be done again."""
        with self._lock:
            self._noted = np.union1d(self._noted, key)

    def dirtied(self, windows: Windows) -> None:
        """These must be done again; the store has a note of them."""
        with self._lock:
            self._dirty = self._dirty.joined(windows)
            self._noted = np.union1d(self._noted, windows.key)

    def closed(self, until_us: int) -> Span | None:
        """The next run of minutes to roll for the first time, up to ``until_us`` and to what is being filled."""
        with self._lock:
            limit = self._limit(until_us)
            return Span(self._mark_us, limit) if limit > self._mark_us else None

    def closing(self, to_us: int) -> int:
        """Close the minutes up to ``to_us`` or up to what is being filled, and say how far that is.

        From now on a row for one of them is late.
        """
        with self._lock:
            limit = max(self._mark_us, self._limit(to_us))
            self._late_before_us = max(self._late_before_us, limit)
            return limit

    def _limit(self, until_us: int) -> int:
        held = [each.first_us // MINUTE_US * MINUTE_US for each in self._filling]
        return min([until_us // MINUTE_US * MINUTE_US, LAST_US, *held])

    def rolled(self, to_us: int) -> None:
        """Everything before ``to_us`` was rolled once."""
        with self._lock:
            self._mark_us = max(self._mark_us, to_us)

    @contextmanager
    def redoing(self, most: int) -> Iterator[Patch | None]:
        """Dirty minutes that nobody fills now, the newest because those are looked at, about ``most`` by tag.

        They are clean once the block ends well, unless someone dirties them meanwhile; after an error they stay dirty.
        """
        with self._lock:
            free = self._dirty
            for each in self._filling:
                free = free.take(~np.isin(free.key, each.windows.key))
            patch: Patch | None = None
            taken = Windows.none()
            if len(free):
                patch, rows = next_patch(free, most)
                taken = free.take(rows)
            was_noted = np.isin(taken.key, self._noted)
            self._dirty = self._dirty.take(~np.isin(self._dirty.key, taken.key))
            self._noted = np.setdiff1d(self._noted, taken.key, assume_unique=True)
            self._redoing = taken
        try:
            yield patch
        except BaseException:
            with self._lock:
                self._dirty = self._dirty.joined(taken)
                self._noted = np.union1d(self._noted, taken.key[was_noted])
            raise
        finally:
            with self._lock:
                self._redoing = Windows.none()
