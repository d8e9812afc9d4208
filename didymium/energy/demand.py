"""What the running demand window will come to, and what must go off so that it keeps to a limit.

A utility charges for the mean power of windows of the clock, mostly 15 minutes: what counts is neither the power of the
moment nor that of the last quarter of an hour, but where the running window ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Running:
    """The running window: energy so far, MWh, and the mean with which it ends if the power holds, MW."""

    from_us: int
    at_us: int
    to_us: int
    so_far_mwh: float
    end_mw: float

    @property
    def left_us(self) -> int:
        return self.to_us - self.at_us

    def allowed_mw(self, limit_mw: float) -> float:
        """The power from now on with which the window ends at the limit; NaN when nothing is left of it.

        Below zero the window will pass the limit whatever goes off.
        """
        if self.left_us <= 0:
            return math.nan
        budget_mwh = limit_mw * (self.to_us - self.from_us) / HOUR_US - self.so_far_mwh
        return budget_mwh * HOUR_US / self.left_us


def windows(from_us: int, to_us: int, window_us: int) -> Ints:
    """(n,) starts of the windows of a stretch, counted from its beginning; the last one may reach beyond its end."""
    return np.arange(from_us, to_us, window_us, dtype=np.int64)


def window_at(day_us: int, at_us: int, window_us: int) -> tuple[int, int]:
    """Start and end of the window that a time is in, counted from the start of its day."""
    from_us = day_us + (at_us - day_us) // window_us * window_us
    return from_us, from_us + window_us


def running(window: tuple[int, int], at_us: int, mean_mw: float, now_mw: float) -> Running:
    """The window as it stands at ``at_us``, after ``mean_mw`` so far (NaN when it has just begun), at ``now_mw``."""
    from_us, to_us = window
    past_us, left_us = at_us - from_us, to_us - at_us
    so_far_mwh = mean_mw * past_us / HOUR_US if past_us else 0.0
    rest_mwh = now_mw * left_us / HOUR_US if left_us else 0.0
    return Running(from_us, at_us, to_us, so_far_mwh, (so_far_mwh + rest_mwh) * HOUR_US / (to_us - from_us))


def peak(mean_mw: Floats) -> int | None:
    """Which of some windows has the highest mean, the first of equals; None where none is known."""
    return None if np.isnan(mean_mw).all() else int(np.nanargmax(mean_mw))


def needed(frees_mw: Sequence[float], excess_mw: float) -> int | None:
    """How many steps in their order free ``excess_mw``; None where all together do not. NaN frees nothing known."""
    freed = 0.0
    for place in range(len(frees_mw) + 1):
        if freed >= excess_mw:
            return place
        if place < len(frees_mw) and not math.isnan(frees_mw[place]):
            freed += frees_mw[place]
    return None
