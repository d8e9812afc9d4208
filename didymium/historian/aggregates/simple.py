"""The aggregates over simple bounds: the ...2 variants, durations, percents and the bounds themselves."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.aggregates.bounds import (
    BAD,
    BAD_NO_DATA,
    DOUBTED,
    GOOD,
    RESOLUTION_US,
    UNCERTAIN_DATA_SUB_NORMAL,
    Bound,
    Statuses,
    Times,
    Values,
    first_at,
    severity,
    simple_bound,
)
from didymium.historian.aggregates.definitions import (
    DELTA_BOUNDS,
    DURATION_BAD,
    DURATION_GOOD,
    DURATION_IN_STATE_NON_ZERO,
    DURATION_IN_STATE_ZERO,
    END_BOUND,
    MAXIMUM_2,
    MINIMUM_2,
    MINIMUM_ACTUAL_TIME_2,
    PERCENT_BAD,
    PERCENT_GOOD,
    RANGE_2,
    START_BOUND,
    TOTAL_2,
    WORST_QUALITY_2,
)
from didymium.historian.aggregates.regions import Sums, simple_regions
from didymium.historian.aggregates.stamps import (
    ALL_BAD,
    CALCULATED,
    EXTRA_DATA,
    INTERPOLATED,
    MULTIPLE_VALUES,
    PARTIAL,
    RAW,
    outside,
    percent_status,
    put,
    put_no_data,
    touches_an_end,
)
from didymium.model.readings import CORRECTED

Found = tuple[Any, Any, int, Any]
"""Value, status, information bits, and the result's time, ``AT_START`` for the interval's start."""
AT_START: Final = np.iinfo(np.int64).min


@njit(cache=True, nogil=True)
def over_simple_bounds(
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
    percent_bad: int,
    percent_good: int,
    out_time: Times,
    out_value: Values,
    out_status: Statuses,
) -> None:  # pragma: no cover - compiled
    """Fill one tag's results; the arguments are those of ``calculation.of_tag``."""
    count = len(edges_us) - 1
    rows = len(time)
    here = first_at(time, 0, rows, edges_us[0])
    low = simple_bound(time, value, status, here, edges_us[0], stepped, doubt)
    for k in range(count):
        lo_us, hi_us = edges_us[k], edges_us[k + 1]
        slot = count - 1 - k if backward else k
        out_time[slot] = hi_us if backward else lo_us
        first = here
        here = first_at(time, first, rows, hi_us)
        high = simple_bound(time, value, status, here, hi_us, stepped, doubt)
        if outside(lo_us, hi_us, time[0], time[rows - 1], backward):
            put_no_data(out_value, out_status, slot, RAW)
            low = high
            continue
        at_low = first < here and time[first] == lo_us
        at_high = here < rows and time[here] == hi_us
        corrected = (at_high and flags[here] if backward else at_low and flags[first]) & CORRECTED
        inside = first + 1 if at_low else first
        if code in (START_BOUND, END_BOUND, DELTA_BOUNDS):
            found = _of_bounds(code, high if backward else low, low if backward else high, corrected != 0)
        elif code == WORST_QUALITY_2:
            end = here + 1 if backward and at_high else here
            start = inside if backward else first
            found = _worst(value, status, start, end, high if backward else low, at_high if backward else at_low)
        else:
            held = stepped or DURATION_IN_STATE_ZERO <= code <= DURATION_IN_STATE_NON_ZERO
            held = held or DURATION_GOOD <= code <= PERCENT_BAD
            sums = simple_regions(time, value, status, inside, here, lo_us, hi_us, low, high, here >= rows, held, doubt)
            code_of = percent_status(sums[2], sums[3], sums[5], percent_bad, percent_good)
            if MINIMUM_2 <= code <= RANGE_2:
                found = _extreme(
                    code, time, value, status, inside, here, lo_us, hi_us, low, high, backward, stepped, doubt, code_of
                )
            else:
                found = _of_regions(code, sums, code_of)
        bits = PARTIAL if touches_an_end(lo_us, hi_us, time[0], time[rows - 1], backward) else RAW
        if found[1] < ALL_BAD and short and (k == 0 if backward else k == count - 1):
            bits = PARTIAL
        if found[3] != AT_START:
            out_time[slot] = found[3]
        put(out_value, out_status, slot, found[0], found[1], found[2] | bits)
        low = high


@njit(cache=True, nogil=True)
def _of_bounds(code: int, start: Bound, end: Bound, corrected: bool) -> Found:  # pragma: no cover - compiled
    """StartBound, EndBound and DeltaBounds (5.4.3.28 to .30)."""
    if code == START_BOUND:
        if start[1] >= DOUBTED:
            return np.nan, BAD_NO_DATA, RAW, AT_START
        bits = INTERPOLATED if start[2] else (EXTRA_DATA if corrected else RAW)
        return start[0], start[3], bits, AT_START
    if code == END_BOUND:
        if end[1] >= DOUBTED:
            return np.nan, BAD_NO_DATA, CALCULATED, AT_START
        return end[0], end[3], CALCULATED, AT_START
    if start[1] >= DOUBTED or end[1] >= DOUBTED:
        return np.nan, BAD_NO_DATA, RAW, AT_START
    sure = start[1] == GOOD and end[1] == GOOD
    return end[0] - start[0], 0 if sure else UNCERTAIN_DATA_SUB_NORMAL, CALCULATED, AT_START


@njit(cache=True, nogil=True)
def _of_regions(code: int, sums: Sums, code_of: int) -> Found:  # pragma: no cover - compiled
    """TimeAverage2, Total2 (5.4.3.7, .9), durations and percents (5.4.3.22, .23, .31 to .34)."""
    area, span, good, bad, zero, total = sums
    if code == DURATION_GOOD:
        return good / 1e3, 0, CALCULATED, AT_START
    if code == DURATION_BAD:
        return bad / 1e3, 0, CALCULATED, AT_START
    if code == PERCENT_GOOD:
        return good / total * 100.0, 0, CALCULATED, AT_START
    if code == PERCENT_BAD:
        return bad / total * 100.0, 0, CALCULATED, AT_START
    if code == DURATION_IN_STATE_ZERO:
        return zero / 1e3, code_of, CALCULATED, AT_START
    if code == DURATION_IN_STATE_NON_ZERO:
        return (good - zero) / 1e3, code_of, CALCULATED, AT_START
    if span == 0:
        return np.nan, BAD_NO_DATA, RAW, AT_START
    return area / 1e6 if code == TOTAL_2 else area / span, code_of, CALCULATED, AT_START


@njit(cache=True, nogil=True)
def _worst(
    value: Values, status: Statuses, first: int, last: int, start: Bound, raw_start: bool
) -> Found:  # pragma: no cover - compiled
    """WorstQuality2 (5.4.3.36): the start bound counts with the raw values; TreatUncertainAsBad has no say.

    Where a raw value lies on the interval's start it is the bound, and is among ``first`` to ``last`` already.
    """
    worst, many = -1, False
    found_status: Any = np.int64(0)
    if not raw_start:
        worst = BAD if start[1] == BAD else (GOOD if start[1] == GOOD else 1)
        found_status = start[3]
    for i in range(first, last):
        found = severity(value[i], status[i], False)
        if found > worst:
            worst, found_status, many = found, np.int64(status[i]), False
        elif found == worst:
            many = True
    bits = CALCULATED | (MULTIPLE_VALUES if many and worst != GOOD else 0)
    return float(found_status & 0xFFFF_0000), 0, bits, AT_START


@njit(cache=True, nogil=True)
def _extreme(
    code: int,
    time: Times,
    value: Values,
    status: Statuses,
    first: int,
    last: int,
    lo_us: int,
    hi_us: int,
    low: Bound,
    high: Bound,
    backward: bool,
    stepped: bool,
    doubt: bool,
    code_of: int,
) -> Found:  # pragma: no cover - compiled
    """Minimum2, Maximum2, their ActualTime and Range2 (5.4.3.15 to .19), bounds included.

    The bound at the interval's end counts only where the line slopes to it, and its time is the moment before.
    """
    smallest, smallest_bound, same_smallest = np.inf, False, False
    largest, largest_bound, same_largest = -np.inf, False, False
    smallest_us: Any = np.int64(-1)
    largest_us: Any = np.int64(-1)
    at_us: Any
    any_usable = False
    for i in range(first - 1, last + 1):
        if i < first:
            point, found, at_us, bound = low[0], low[1], lo_us, low[2]
            ignored = stepped and backward
        elif i == last:
            point, found, at_us, bound = high[0], high[1], hi_us, high[2]
            ignored = stepped and not backward
        else:
            point, at_us, bound, ignored = value[i], time[i], False, False
            found = severity(point, status[i], doubt)
        # A bound that interpolation made doubtful is left out as any uncertain value is.
        if ignored or found >= DOUBTED:
            continue
        any_usable = True
        if point < smallest:
            smallest, smallest_us, smallest_bound, same_smallest = point, at_us, bound, False
        elif point == smallest:
            same_smallest = True
        if point > largest:
            largest, largest_us, largest_bound, same_largest = point, at_us, bound, False
        elif point == largest:
            same_largest = True
    if not any_usable:
        return np.nan, BAD_NO_DATA, RAW, AT_START
    if code_of >= ALL_BAD:
        return np.nan, code_of, RAW, AT_START
    if code == RANGE_2:
        return largest - smallest, code_of, CALCULATED, AT_START
    if code in (MINIMUM_2, MINIMUM_ACTUAL_TIME_2):
        point, at_us, bound, many = smallest, smallest_us, smallest_bound, same_smallest
    else:
        point, at_us, bound, many = largest, largest_us, largest_bound, same_largest
    bits = MULTIPLE_VALUES if many else RAW
    if code in (MINIMUM_2, MAXIMUM_2):
        start_us = hi_us if backward else lo_us
        bits |= INTERPOLATED if bound else (RAW if at_us == start_us else CALCULATED)
        return point, code_of, bits, AT_START
    end_us = lo_us if backward else hi_us
    if bound or at_us == end_us:
        bits |= INTERPOLATED
    if at_us == end_us:
        step = min(RESOLUTION_US, hi_us - lo_us)
        at_us = end_us + step if backward else end_us - step
    return point, code_of, bits, at_us
