"""Interpolative, TimeAverage and Total: the aggregates over interpolated bounds (OPC 10000-13, 5.4.3.4, .6, .8)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.aggregates.bounds import (
    BAD,
    DOUBTED,
    UNCERTAIN_DATA_SUB_NORMAL,
    Statuses,
    Times,
    Values,
    first_at,
    interpolated_bound,
    severity,
)
from didymium.historian.aggregates.definitions import INTERPOLATIVE, TOTAL
from didymium.historian.aggregates.regions import interpolated_regions
from didymium.historian.aggregates.stamps import (
    CALCULATED,
    EXTRA_DATA,
    INTERPOLATED,
    PARTIAL,
    RAW,
    put,
    put_no_data,
)
from didymium.model.readings import CORRECTED


@njit(cache=True, nogil=True)
def _usable_down(
    value: Values, status: Statuses, row: int, down_to: int, doubt: bool
) -> int:  # pragma: no cover - compiled
    """The last usable row from ``row`` down to ``down_to``, -1 without one."""
    while row >= down_to:
        if severity(value[row], status[row], doubt) < DOUBTED:
            return row
        row -= 1
    return -1


@njit(cache=True, nogil=True)
def over_interpolated_bounds(
    code: int,
    time: Times,
    value: Values,
    status: Statuses,
    flags: NDArray[np.uint8],
    edges_us: Times,
    backward: bool,
    short: bool,
    stepped: bool,
    doubt: bool,
    sloped_end: bool,
    out_time: Times,
    out_value: Values,
    out_status: Statuses,
) -> None:  # pragma: no cover - compiled
    """Fill one tag's results; the arguments are those of ``calculation.of_tag``."""
    count = len(edges_us) - 1
    rows = len(time)
    usable = usable_before = -1
    seen = 0  # usable and usable_before are known below this row
    usable_after = 0
    here = 0
    start = (np.nan, BAD, False, np.int64(0))
    start_row = 0
    for k in range(count + 1):
        at_us = edges_us[k]
        start_here = here
        here = first_at(time, here, rows, at_us)
        last = _usable_down(value, status, here - 1, seen, doubt)
        if last >= 0:
            one_more = _usable_down(value, status, last - 1, seen, doubt)
            usable_before = one_more if one_more >= 0 else usable
            usable = last
        seen = here
        usable_after = max(usable_after, here)
        while usable_after < rows and severity(value[usable_after], status[usable_after], doubt) >= DOUBTED:
            usable_after += 1
        bound = interpolated_bound(
            time, value, status, here, usable, usable_before, usable_after, at_us, stepped, doubt, sloped_end
        )
        if k > 0:
            slot = count - k if backward else k - 1
            lo_us, hi_us = edges_us[k - 1], at_us
            out_time[slot] = hi_us if backward else lo_us
            residual = short and (k == 1 if backward else k == count)
            if code == INTERPOLATIVE:
                asked, row = (bound, here) if backward else (start, start_row)
                if asked[1] == BAD:
                    put_no_data(out_value, out_status, slot, RAW)
                else:
                    bits = INTERPOLATED if asked[2] else RAW
                    if not asked[2] and flags[row] & CORRECTED:
                        bits |= EXTRA_DATA
                    put(out_value, out_status, slot, asked[0], asked[3], bits)
            else:
                area, span, all_good = interpolated_regions(
                    time, value, status, start_here, here, lo_us, hi_us, start, bound, stepped, doubt
                )
                if span == 0:
                    put_no_data(out_value, out_status, slot, RAW)
                else:
                    # After the last row values are extrapolated, so only a beginning of the data makes it partial.
                    bits = CALCULATED
                    if lo_us < time[0] < hi_us or residual:
                        bits |= PARTIAL
                    found = area / 1e6 if code == TOTAL else area / span
                    put(out_value, out_status, slot, found, 0 if all_good else UNCERTAIN_DATA_SUB_NORMAL, bits)
        start, start_row = bound, here
