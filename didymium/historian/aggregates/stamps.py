"""The StatusCode of a result: severity by percent, and information bits (OPC 10000-13, 5.3; OPC 10000-4, 7.39)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from didymium.historian.aggregates.bounds import BAD_NO_DATA, UNCERTAIN_DATA_SUB_NORMAL, Statuses, Values

RAW: Final = 0
CALCULATED: Final = 1
INTERPOLATED: Final = 2
PARTIAL: Final = 4
EXTRA_DATA: Final = 8
MULTIPLE_VALUES: Final = 16

INFO_DATA_VALUE: Final = 0x0400
"""InfoType DataValue: the bits above mean something."""
_INFO_MASK: Final = 0xFFFF_F3E0
ALL_BAD: Final = 0x8000_0000
BAD_AGGREGATE_INVALID_INPUTS: Final = 0x80D6_0000


@njit(cache=True, nogil=True)
def percent_status(good: int, bad: int, total: int, percent_bad: int, percent_good: int) -> int:  # pragma: no cover
    """The severity of a share of good and bad data, counted or in µs (5.4.3.2.1; which rule comes first: 4.2.1.2)."""
    if good * 100 >= percent_good * total:
        return 0
    if bad * 100 >= percent_bad * total:
        return ALL_BAD
    return UNCERTAIN_DATA_SUB_NORMAL


@njit(cache=True, nogil=True)
def touches_an_end(
    lo_us: int, hi_us: int, first_us: int, last_us: int, backward: bool
) -> bool:  # pragma: no cover - compiled
    """Whether the data begin or end inside the interval, so that asking again may answer otherwise (5.3.3.2)."""
    if backward:
        return lo_us < first_us <= hi_us or lo_us < last_us < hi_us
    return lo_us < first_us < hi_us or lo_us <= last_us < hi_us


@njit(cache=True, nogil=True)
def outside(lo_us: int, hi_us: int, first_us: int, last_us: int, backward: bool) -> bool:  # pragma: no cover - compiled
    """Whether the interval lies before the first row or after the last."""
    if backward:
        return hi_us < first_us or lo_us >= last_us
    return hi_us <= first_us or lo_us > last_us


@njit(cache=True, nogil=True)
def put(
    out_value: Values, out_status: Statuses, slot: int, value: float, status: int, bits: int
) -> None:  # pragma: no cover - compiled
    """Write one result; a bad one has no value, and one that is no finite number is bad."""
    if status < ALL_BAD and not np.isfinite(value):
        status, bits = BAD_AGGREGATE_INVALID_INPUTS, bits & PARTIAL
    out_value[slot] = np.nan if status >= ALL_BAD else value
    if status >= ALL_BAD and bits == 0:
        out_status[slot] = status
    else:
        out_status[slot] = (status & _INFO_MASK) | INFO_DATA_VALUE | bits


@njit(cache=True, nogil=True)
def put_no_data(out_value: Values, out_status: Statuses, slot: int, bits: int) -> None:  # pragma: no cover - compiled
    """Write Bad_NoData."""
    put(out_value, out_status, slot, np.nan, BAD_NO_DATA, bits)
