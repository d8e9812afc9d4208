"""Bounding values: what a tag was worth at a moment, from the rows around it (OPC 10000-13, 3.1.7 to 3.1.9).

Rows are one tag's, rising in time. A bound is ``(value, severity, interpolated, status)``. "Usable" is what the
standard calls non-Bad.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Statuses = NDArray[np.uint32]
Bound = tuple[Any, Any, bool, Any]

GOOD: Final = 0
UNCERTAIN: Final = 1
DOUBTED: Final = 2
"""Uncertain, where uncertain is treated as bad."""
BAD: Final = 3

BAD_NO_DATA: Final = 0x809B_0000
UNCERTAIN_DATA_SUB_NORMAL: Final = 0x40A4_0000
RESOLUTION_US: Final = 1_000
"""The "time resolution of the Server" (5.4.2.4): the worked examples count in milliseconds."""


@njit(cache=True, nogil=True)
def severity(value: float, status: int, doubt: bool) -> int:  # pragma: no cover - compiled
    """A row's severity; a value that is no finite number is bad input whatever its status says."""
    if status >= 0x8000_0000 or not np.isfinite(value):
        return BAD
    if status >= 0x4000_0000:
        return DOUBTED if doubt else UNCERTAIN
    return GOOD


@njit(cache=True, nogil=True)
def first_at(time: Times, start: int, end: int, at_us: int) -> int:  # pragma: no cover - compiled
    """The first index from ``start`` on whose time is ``at_us`` or later; ``end`` without one."""
    while start < end:
        middle = (start + end) >> 1
        if time[middle] < at_us:
            start = middle + 1
        else:
            end = middle
    return start


@njit(cache=True, nogil=True)
def on_line(time: Times, value: Values, before: int, after: int, at_us: int) -> float:  # pragma: no cover - compiled
    """Where the line through two rows is at a moment (3.1.5, 3.1.8)."""
    share = (at_us - time[before]) / (time[after] - time[before])
    return value[before] + (value[after] - value[before]) * share


@njit(cache=True, nogil=True)
def simple_bound(
    time: Times, value: Values, status: Statuses, here: int, at_us: int, stepped: bool, doubt: bool
) -> Bound:  # pragma: no cover - compiled
    """The simple bounding value (3.1.9); ``here`` is the first row at or after the moment.

    After the last row there is none: the worked examples end a series there, sloped and stepped alike.
    """
    if here < len(time) and time[here] == at_us:
        found = severity(value[here], status[here], doubt)
        if found == BAD:
            return np.nan, BAD, False, BAD_NO_DATA
        return value[here], found, False, np.int64(status[here])
    before = here - 1
    if before < 0 or here >= len(time):
        return np.nan, BAD, False, BAD_NO_DATA
    was = severity(value[before], status[before], doubt)
    if was >= DOUBTED:
        return np.nan, BAD, False, BAD_NO_DATA
    doubtful = was != GOOD
    bound = value[before]
    if not stepped:
        comes = severity(value[here], status[here], doubt)
        doubtful = doubtful or comes != GOOD
        if comes < DOUBTED:
            bound = on_line(time, value, before, here, at_us)
    if doubtful:
        return bound, DOUBTED if doubt else UNCERTAIN, True, UNCERTAIN_DATA_SUB_NORMAL
    return bound, GOOD, True, 0


@njit(cache=True, nogil=True)
def interpolated_bound(
    time: Times,
    value: Values,
    status: Statuses,
    here: int,
    usable: int,
    usable_before: int,
    usable_after: int,
    at_us: int,
    stepped: bool,
    doubt: bool,
    sloped_end: bool,
) -> Bound:  # pragma: no cover - compiled
    """The interpolated bounding value (3.1.8), extrapolated after the last usable row.

    ``usable`` is the last usable row before the moment and ``usable_before`` the one before that, -1 where there is
    none; ``usable_after`` is the first usable row at or after the moment, their number where there is none.
    """
    if here < len(time) and time[here] == at_us:
        found = severity(value[here], status[here], doubt)
        if found < DOUBTED:
            return value[here], found, False, np.int64(status[here])
    if usable < 0:
        return np.nan, BAD, False, BAD_NO_DATA
    doubtful = severity(value[usable], status[usable], doubt) != GOOD
    bound = value[usable]
    if stepped:
        # A row that was skipped, or the end of the data, makes the held value doubtful.
        doubtful = doubtful or usable + 1 >= len(time) or time[usable + 1] <= at_us
    elif usable_after < len(time):
        skipped = usable_after != usable + 1
        doubtful = doubtful or skipped or severity(value[usable_after], status[usable_after], doubt) != GOOD
        bound = on_line(time, value, usable, usable_after, at_us)
    else:
        doubtful = True
        if sloped_end and usable_before >= 0:
            bound = on_line(time, value, usable_before, usable, at_us)
    if doubtful:
        return bound, DOUBTED if doubt else UNCERTAIN, True, UNCERTAIN_DATA_SUB_NORMAL
    return bound, GOOD, True, 0
