"""Which minutes the rollup has closed, which must be done again, and which a writer is still filling."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.historian.schema import MINUTE_US

LAST_US = (2**32 - 60) * 1_000_000
"""The rollup's minutes are unsigned 32-bit seconds; a reading outside 1970-2106 is stored but not rolled up."""


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


class Minutes:
    """The rollup's bookkeeping, shared by writers and the roller.

    Everything before ``mark_us`` was rolled once; ``dirty`` minutes before it were written to since. A writer
    announces the minutes it is about to fill, and the roller leaves those alone until the writer is done: so a row
    is in the rollup or its minute is known to be open, whatever happens in between.
    """

    def __init__(self, mark_us: int, dirty: Sequence[int]) -> None:
        self._lock = threading.Lock()
        self._mark_us = mark_us
        self._late_before_us = mark_us  # runs ahead of the mark while the roller works
        self._dirty = set(dirty)
        self._redoing: set[int] = set()
        self._filling: Counter[int] = Counter()

    @property
    def mark_us(self) -> int:
        return self._mark_us

    def open_minutes(self, from_us: int, to_us: int) -> list[int]:
        """The minutes before the mark, in the range, that the rollup does not hold as the points do; sorted."""
        first = from_us // MINUTE_US * MINUTE_US
        with self._lock:
            known = self._dirty | self._redoing | self._filling.keys()
            return sorted(m for m in known if first <= m < min(to_us, self._mark_us))

    @contextmanager
    def filling(self, time_us: NDArray[np.int64]) -> Iterator[list[int]]:
        """While the block runs, the roller keeps off these readings' minutes.

        Gives the late minutes that were not dirty yet; the caller stores them before it stores the rows.
        """
        with self._lock:
            rollable = time_us[(time_us >= 0) & (time_us < LAST_US)]
            is_late = rollable < self._late_before_us
            late = [int(m) for m in np.unique(rollable[is_late] // MINUTE_US) * MINUTE_US] if is_late.any() else []
            # The mark may not pass the earliest minute that is being filled, so announcing that one is enough.
            ahead = rollable[~is_late]
            held = [*late, int(ahead.min()) // MINUTE_US * MINUTE_US] if len(ahead) else late
            fresh = [m for m in late if m not in self._dirty]
            self._dirty.update(late)
            self._filling.update(held)
        try:
            yield fresh
        finally:
            with self._lock:
                self._filling.subtract(held)
                self._filling += Counter()

    def closed(self, until_us: int) -> Span | None:
        """The next run of minutes to roll for the first time, up to ``until_us`` and to what is being filled.

        From now on a row for one of them is late.
        """
        with self._lock:
            limit = min([until_us // MINUTE_US * MINUTE_US, *(m for m in self._filling if m >= self._mark_us)])
            if limit <= self._mark_us:
                return None
            self._late_before_us = max(self._late_before_us, limit)
            return Span(self._mark_us, limit)

    def rolled(self, to_us: int) -> None:
        """Everything before ``to_us`` was rolled once."""
        with self._lock:
            self._mark_us = max(self._mark_us, to_us)

    @contextmanager
    def redoing(self, most: int) -> Iterator[list[int]]:
        """Up to ``most`` dirty minutes that nobody fills now, the newest ones because those are looked at; sorted.

        They are clean once the block ends well, unless someone dirties them meanwhile; after an error they stay dirty.
        """
        with self._lock:
            taken = sorted(self._dirty - self._filling.keys())[-most:]
            self._dirty.difference_update(taken)
            self._redoing.update(taken)
        try:
            yield taken
        except BaseException:
            with self._lock:
                self._dirty.update(taken)
            raise
        finally:
            with self._lock:
                self._redoing.difference_update(taken)
