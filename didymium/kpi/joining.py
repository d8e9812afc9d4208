"""Joins the parts of a window's minutes, oldest first, into one value of each tag."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.kpi.parts import Parts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NONE: Final = -1
THROUGHOUT_S: Final = 59.0
"""A condition that held so long in a minute held throughout it: readings come a second apart."""


def narrowed(parts: Parts, slots: NDArray[np.int32], from_minute: int, to_minute: int) -> tuple[Ints, Ints]:
    """Return (n,) first and end minute of each window that goes from the first to the last change of a slot.

    The minute of the first change is not in the window, that of the last one is: what is weighed at the last change
    was made since the first one. A slot that changed less than twice leaves no minute.
    """
    return _narrowed(parts.values, parts.size, slots, _first(parts, from_minute), _end(parts, to_minute))


def joined(parts: Parts, slots: NDArray[np.int32], first: Ints, end: Ints, mask: NDArray[np.int32]) -> Floats:
    """Return (n,) the parts ``slots`` over the minutes from ``first`` to ``end`` of each; NaN where nothing is.

    ``mask`` is (n,) the slot of a condition that must have held through a minute, -1 for none. Minutes that are not
    kept are passed over.
    """
    tag = np.searchsorted(parts.slots.first, slots, side="right") - 1
    low, high = np.maximum(first, parts.first_minute), np.minimum(end, parts.end_minute)
    return _joined(parts.values, parts.counts, parts.size, parts.slots.part, slots, tag, low, high, mask)


def counted(
    parts: Parts, tags: NDArray[np.int32], first: Ints, end: Ints, mask: NDArray[np.int32]
) -> tuple[Ints, Ints]:
    """Return (n,) how many sound readings the tags have in the minutes as for ``joined``, and how many those are.

    All minutes from ``first`` to ``end`` are counted where there is no mask.
    """
    low, high = np.maximum(first, parts.first_minute), np.minimum(end, parts.end_minute)
    readings, minutes = _counted(parts.values, parts.counts, parts.size, tags, low, high, mask)
    return readings, np.where(mask == NONE, end - first, minutes)


def _first(parts: Parts, minute: int) -> int:
    return max(minute, parts.first_minute)


def _end(parts: Parts, minute: int) -> int:
    return min(minute, parts.end_minute)


@njit(cache=True, nogil=True)
def _narrowed(values: Floats, size: int, slots: NDArray[np.int32], low: int, high: int) -> tuple[Ints, Ints]:
    first, end = np.zeros(len(slots), np.int64), np.zeros(len(slots), np.int64)
    for i in range(len(slots)):
        for minute in range(low, high):
            if values[slots[i], minute % size] > 0.0:
                if first[i] == 0:
                    first[i] = minute + 1
                end[i] = minute + 1
    return first, end


@njit(cache=True, nogil=True)
def _joined(
    values: Floats,
    counts: NDArray[np.int32],
    size: int,
    part: NDArray[np.int8],
    slots: NDArray[np.int32],
    tag: Ints,
    first: Ints,
    end: Ints,
    mask: NDArray[np.int32],
) -> Floats:
    found = np.full(len(slots), np.nan)
    for i in range(len(slots)):
        s = slots[i]
        p = part[s]
        n = 0
        total = 0.0
        extreme = np.nan
        for minute in range(first[i], end[i]):
            place = minute % size
            if counts[tag[i], place] == 0 or (mask[i] >= 0 and values[mask[i], place] < THROUGHOUT_S):
                continue
            n += 1
            x = values[s, place]
            if p == 3:
                if not extreme <= x and not np.isnan(x):
                    extreme = x
            elif p == 4:
                if not extreme >= x and not np.isnan(x):
                    extreme = x
            elif p == 5:
                if np.isnan(extreme):
                    extreme = x
            elif p == 6:
                extreme = x
            else:
                total += x
        if n:
            found[i] = extreme if 3 <= p <= 6 else total
    return found


@njit(cache=True, nogil=True)
def _counted(
    values: Floats,
    counts: NDArray[np.int32],
    size: int,
    tags: NDArray[np.int32],
    first: Ints,
    end: Ints,
    mask: NDArray[np.int32],
) -> tuple[Ints, Ints]:
    found, minutes = np.zeros(len(tags), np.int64), np.zeros(len(tags), np.int64)
    for i in range(len(tags)):
        for minute in range(first[i], end[i]):
            place = minute % size
            if mask[i] >= 0 and values[mask[i], place] < THROUGHOUT_S:
                continue
            found[i] += counts[tags[i], place]
            minutes[i] += 1
    return found, minutes
