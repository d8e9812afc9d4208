"""The aggregates over the raw values of an interval: averages, extremes, counts, ends, deviations, worst quality."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.aggregates.bounds import (
    BAD,
    DOUBTED,
    GOOD,
    UNCERTAIN,
    UNCERTAIN_DATA_SUB_NORMAL,
    Statuses,
    Times,
    Values,
    first_at,
    severity,
)
from didymium.historian.aggregates.definitions import (
    AVERAGE,
    COUNT,
    DELTA,
    END,
    MAXIMUM,
    MAXIMUM_ACTUAL_TIME,
    MINIMUM,
    MINIMUM_ACTUAL_TIME,
    NUMBER_OF_TRANSITIONS,
    RANGE,
    STANDARD_DEVIATION_POPULATION,
    STANDARD_DEVIATION_SAMPLE,
    START,
    VARIANCE_SAMPLE,
    WORST_QUALITY,
)
from didymium.historian.aggregates.stamps import (
    ALL_BAD,
    CALCULATED,
    EXTRA_DATA,
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

Found = tuple[Any, Any, int, int]
"""Value, status, information bits, and the row whose time is the result's, -1 for the interval's start."""


@njit(cache=True, nogil=True)
def over_raw_values(
    code: int,
    time: Times,
    value: Values,
    status: Statuses,
    flags: NDArray[np.uint8],
    edges_us: Times,
    backward: bool,
    short: bool,
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
    # A backward interval holds its later edge and not its earlier one.
    inside = 1 if backward else 0
    first = first_at(time, 0, rows, edges_us[0] + inside)
    before = np.nan
    for i in range(first):
        if severity(value[i], status[i], doubt) < DOUBTED:
            before = value[i]
    for k in range(count):
        lo_us, hi_us = edges_us[k], edges_us[k + 1]
        slot = count - 1 - k if backward else k
        out_time[slot] = hi_us if backward else lo_us
        last = first_at(time, first, rows, hi_us + inside)
        bits = PARTIAL if touches_an_end(lo_us, hi_us, time[0], time[rows - 1], backward) else RAW
        if outside(lo_us, hi_us, time[0], time[rows - 1], backward):
            put_no_data(out_value, out_status, slot, RAW)
            continue
        if code in (COUNT, NUMBER_OF_TRANSITIONS, AVERAGE):
            found, before = _counted(code, value, status, first, last, before, doubt, percent_bad, percent_good)
        elif code in (START, END):
            found = _end(code, value, status, flags, first, last, backward)
        elif code == DELTA:
            found = _delta(value, status, first, last, backward, doubt)
        elif code == WORST_QUALITY:
            found = _worst(value, status, first, last)
        elif code in (MINIMUM, MAXIMUM, MINIMUM_ACTUAL_TIME, MAXIMUM_ACTUAL_TIME, RANGE):
            start_us = hi_us if backward else lo_us
            found = _extreme(code, time, value, status, flags, first, last, start_us, doubt)
        else:
            found = _deviation(code, value, status, first, last)
        first = last
        if found[1] < ALL_BAD and short and (k == 0 if backward else k == count - 1):
            bits = PARTIAL
        if found[3] >= 0:
            out_time[slot] = time[found[3]]
        put(out_value, out_status, slot, found[0], found[1], found[2] | bits)


@njit(cache=True, nogil=True)
def _none() -> Found:  # pragma: no cover - compiled
    return np.nan, 0x809B_0000, RAW, -1


@njit(cache=True, nogil=True)
def _counted(
    code: int,
    value: Values,
    status: Statuses,
    first: int,
    last: int,
    before: float,
    doubt: bool,
    percent_bad: int,
    percent_good: int,
) -> tuple[Found, float]:  # pragma: no cover - compiled
    """Average (5.4.3.5), Count (5.4.3.21) and NumberOfTransitions (5.4.3.24), and the last usable value.

    A first usable value ever is a transition; ``before`` is the last one before the interval, NaN without one.
    """
    good = bad = changes = 0
    total = 0.0
    for i in range(first, last):
        found = severity(value[i], status[i], doubt)
        if found == GOOD:
            good += 1
            total += value[i]
        elif found == BAD:
            bad += 1
        if found < DOUBTED:
            changes += value[i] != before  # NaN differs from everything
            before = value[i]
    code_of = percent_status(good, bad, last - first, percent_bad, percent_good)
    bits = RAW if code_of == ALL_BAD else CALCULATED
    if code == COUNT:
        return (float(good), code_of, bits, -1), before
    if code == NUMBER_OF_TRANSITIONS:
        return (float(changes), code_of, bits, -1), before
    if good == 0:
        return _none(), before
    return (total / good, code_of, bits, -1), before


@njit(cache=True, nogil=True)
def _end(
    code: int, value: Values, status: Statuses, flags: NDArray[np.uint8], first: int, last: int, backward: bool
) -> Found:  # pragma: no cover - compiled
    """Start and End (5.4.3.25, .26): the raw value nearest that end of the interval, whatever its status."""
    if first == last:
        return _none()
    row = first if (code == START) != backward else last - 1
    code_of: Any = np.int64(status[row])
    if code_of < ALL_BAD and not np.isfinite(value[row]):
        code_of = ALL_BAD
    return value[row], code_of, EXTRA_DATA if flags[row] & CORRECTED else RAW, row


@njit(cache=True, nogil=True)
def _delta(
    value: Values, status: Statuses, first: int, last: int, backward: bool, doubt: bool
) -> Found:  # pragma: no cover - compiled
    """Delta (5.4.3.27): last usable minus first usable; uncertain where one was passed over or is not good."""
    i, j = first, last - 1
    while i < last and severity(value[i], status[i], doubt) >= DOUBTED:
        i += 1
    if i == last:
        return _none()
    while severity(value[j], status[j], doubt) >= DOUBTED:
        j -= 1
    sure = i == first and j == last - 1
    sure = sure and severity(value[i], status[i], doubt) == GOOD and severity(value[j], status[j], doubt) == GOOD
    change = value[i] - value[j] if backward else value[j] - value[i]
    return change, 0 if sure else UNCERTAIN_DATA_SUB_NORMAL, CALCULATED, -1


@njit(cache=True, nogil=True)
def _worst(value: Values, status: Statuses, first: int, last: int) -> Found:  # pragma: no cover - compiled
    """WorstQuality (5.4.3.35): the first worst status as value; TreatUncertainAsBad has no say."""
    if first == last:
        return _none()
    worst, at, many = -1, first, False
    for i in range(first, last):
        found = severity(value[i], status[i], False)
        if found > worst:
            worst, at, many = found, i, False
        elif found == worst:
            many = True
    bits = CALCULATED | (MULTIPLE_VALUES if many and worst != GOOD else 0)
    return float(status[at] & 0xFFFF_0000), 0, bits, -1


@njit(cache=True, nogil=True)
def _extreme(
    code: int,
    time: Times,
    value: Values,
    status: Statuses,
    flags: NDArray[np.uint8],
    first: int,
    last: int,
    start_us: int,
    doubt: bool,
) -> Found:  # pragma: no cover - compiled
    """Minimum, Maximum, their ActualTime and Range (5.4.3.10 to .14), of good values."""
    low = high = -1
    same_low = same_high = passed_over = False
    doubtful_low, doubtful_high = np.inf, -np.inf
    for i in range(first, last):
        found = severity(value[i], status[i], doubt)
        if found == UNCERTAIN:
            doubtful_low = min(doubtful_low, value[i])
            doubtful_high = max(doubtful_high, value[i])
        elif found != GOOD:
            passed_over = True
        else:
            if low < 0 or value[i] < value[low]:
                low, same_low = i, False
            elif value[i] == value[low]:
                same_low = True
            if high < 0 or value[i] > value[high]:
                high, same_high = i, False
            elif value[i] == value[high]:
                same_high = True
    if low < 0:
        return _none()
    lower, higher = doubtful_low < value[low], doubtful_high > value[high]
    if code == RANGE:
        unsure = passed_over or lower or higher
        return value[high] - value[low], UNCERTAIN_DATA_SUB_NORMAL if unsure else 0, CALCULATED, -1
    if code in (MINIMUM, MINIMUM_ACTUAL_TIME):
        row, many, unsure = low, same_low, passed_over or lower
    else:
        row, many, unsure = high, same_high, passed_over or higher
    timed = code in (MINIMUM_ACTUAL_TIME, MAXIMUM_ACTUAL_TIME)
    bits = RAW if timed or time[row] == start_us else CALCULATED
    if bits == RAW and flags[row] & CORRECTED:
        bits |= EXTRA_DATA
    if many:
        bits |= MULTIPLE_VALUES
    return value[row], UNCERTAIN_DATA_SUB_NORMAL if unsure else 0, bits, row if timed else -1


@njit(cache=True, nogil=True)
def _deviation(
    code: int, value: Values, status: Statuses, first: int, last: int
) -> Found:  # pragma: no cover - compiled
    """Standard deviations and variances of the good values (5.4.3.37 to .40); 0 of a single one."""
    n = 0
    total = 0.0
    for i in range(first, last):
        if severity(value[i], status[i], True) == GOOD:
            n += 1
            total += value[i]
    if n == 0:
        return _none()
    mean = total / n
    squares = 0.0
    for i in range(first, last):
        if severity(value[i], status[i], True) == GOOD:
            squares += (value[i] - mean) ** 2
    if n == 1:
        found = 0.0
    elif code in (STANDARD_DEVIATION_SAMPLE, VARIANCE_SAMPLE):
        found = squares / (n - 1)
    else:
        found = squares / n
    if code in (STANDARD_DEVIATION_SAMPLE, STANDARD_DEVIATION_POPULATION):
        found = np.sqrt(found)
    return found, 0 if n == last - first else UNCERTAIN_DATA_SUB_NORMAL, CALCULATED, -1
