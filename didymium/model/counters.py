"""How counters grow from one reading to the next: over the end of their range, and in devices that start anew."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

ROLLED_OVER_FROM: Final = 0.9
"""A counter that falls from above this share of its range rolled over; from below, its device started anew."""


@njit(cache=True, inline="always")
def grown(before: float, now: float, high: float, fell_from: float) -> float:
    """By how much a counter grew that rolls over at ``high``; ``fell_from`` is what ``fallen`` said of it before."""
    if now < before:
        return high - before + now if before > ROLLED_OVER_FROM * high else 0.0
    return now - fell_from if now >= fell_from else now - before


@njit(cache=True, inline="always")
def fallen(before: float, now: float, high: float, fell_from: float) -> float:
    """Where a counter stood that fell and is not back there yet: what it missed; infinite for none."""
    if now < before and before <= ROLLED_OVER_FROM * high:
        return min(before, fell_from)
    return np.inf if now >= fell_from else fell_from
