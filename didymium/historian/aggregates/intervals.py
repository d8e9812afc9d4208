"""Cuts a range into processing intervals (OPC 10000-13, 5.4.2.2, "History Aggregate interval information")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian.aggregates.errors import BadIntervals

MOST_INTERVALS: Final = 1_000_000
"""Intervals of one question, over all its tags."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """``edges_us`` are the n + 1 edges of n intervals, rising, whichever way time flows.

    Forward, interval k is ``[edges_us[k], edges_us[k + 1])``. Backward it is ``(edges_us[k], edges_us[k + 1]]``: it
    begins at the later edge, and the last one is asked for first. ``short`` says that the interval asked for last is
    shorter than the others, because they do not divide the range.
    """

    edges_us: NDArray[np.int64]
    backward: bool
    short: bool

    def __len__(self) -> int:
        return len(self.edges_us) - 1

    @property
    def width_us(self) -> int:
        """The longest interval."""
        return int(np.diff(self.edges_us).max())

    def part(self, first: int, last: int) -> Intervals:
        """Intervals ``first`` to ``last`` of the rising order; ``short`` stays with the one that is short."""
        shortened = self.short and (first == 0 if self.backward else last == len(self))
        return Intervals(self.edges_us[first : last + 1], self.backward, shortened)


def intervals(from_us: int, to_us: int, interval_us: int, tags: int = 1) -> Intervals:
    """The intervals from ``from_us`` to ``to_us``, backward where that is earlier; ``interval_us`` 0 makes one.

    Raises ``BadIntervals`` for an empty range, a negative interval, or more than ``MOST_INTERVALS`` over all tags.
    """
    if from_us == to_us:
        raise BadIntervals(f"from and to are both {from_us}: a range of no length has no intervals")
    if interval_us < 0:
        raise BadIntervals(f"the processing interval is {interval_us} µs; it is 0 for one interval, or more")
    span_us = abs(to_us - from_us)
    width_us = span_us if interval_us == 0 else min(interval_us, span_us)
    count = -(-span_us // width_us)
    if count * max(tags, 1) > MOST_INTERVALS:
        raise BadIntervals(
            f"{count:,} intervals of {tags:,} tags are {count * tags:,}; at most {MOST_INTERVALS:,} are answered at"
            " once: ask for longer intervals, a shorter range or fewer tags"
        )
    backward = to_us < from_us
    steps = np.arange(count + 1, dtype=np.int64) * width_us
    edges = np.maximum(from_us - steps, to_us)[::-1] if backward else np.minimum(from_us + steps, to_us)
    return Intervals(np.ascontiguousarray(edges), backward, span_us % width_us != 0)
