"""Regions of an interval: stretches between neighbouring values, each good, uncertain or bad (OPC 10000-13, 5.4.3.2).

Times in µs; areas in value · µs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from didymium.historian.aggregates.bounds import (
    BAD,
    DOUBTED,
    GOOD,
    RESOLUTION_US,
    UNCERTAIN,
    Bound,
    Statuses,
    Times,
    Values,
    severity,
)

Sums = tuple[float, int, int, int, int, int]
"""Area; µs that are not bad; good µs; bad µs; good µs at zero; µs of all regions."""


@njit(cache=True, nogil=True)
def simple_regions(
    time: Times,
    value: Values,
    status: Statuses,
    first: int,
    last: int,
    lo_us: int,
    hi_us: int,
    start: Bound,
    end: Bound,
    ends_here: bool,
    stepped: bool,
    doubt: bool,
) -> Sums:  # pragma: no cover - compiled
    """Sum the regions between simple bounds; the rows ``first`` to ``last`` lie strictly inside.

    A region that slopes to a value that is not good is uncertain, and to a bad one it holds its value (5.4.3.2.2).
    ``ends_here``: the series has no row at or after ``hi_us``; its last good value counts for one unit of time
    (5.4.2.4).
    """
    area = 0.0
    span = good = bad = zero = total = 0
    since_us, held = lo_us, start[0]
    usable = start[1] < DOUBTED
    region = BAD if start[1] == BAD else (GOOD if start[1] == GOOD else UNCERTAIN)
    for i in range(first, last + 1):
        if i < last:
            at_us, reached = time[i], value[i]
            comes = severity(value[i], status[i], doubt)
        else:
            at_us, reached, comes = hi_us, end[0], end[1]
        until = held
        if not stepped and region != BAD:
            if comes != GOOD:
                region = UNCERTAIN
            if comes < DOUBTED:
                until = reached
        length = at_us - since_us
        if i == last and ends_here and usable:
            length = min(length, RESOLUTION_US)
        total += length
        if region == BAD:
            bad += length
        else:
            span += length
            area += (held + until) * 0.5 * length
            if region == GOOD:
                good += length
                if held == 0.0:
                    zero += length
        since_us, held = at_us, reached
        usable = comes < DOUBTED
        region = BAD if comes >= DOUBTED else comes
    return area, span, good, bad, zero, total


@njit(cache=True, nogil=True)
def interpolated_regions(
    time: Times,
    value: Values,
    status: Statuses,
    first: int,
    last: int,
    lo_us: int,
    hi_us: int,
    start: Bound,
    end: Bound,
    stepped: bool,
    doubt: bool,
) -> tuple[float, int, bool]:  # pragma: no cover - compiled
    """Area, its µs and whether all of it is good, between interpolated bounds; bad rows are passed over (5.4.3.2.3).

    The rows ``first`` to ``last`` lie in ``[lo_us, hi_us)``.
    """
    area = 0.0
    span = 0
    all_good = True
    since_us, held = lo_us, start[0]
    region = BAD if start[1] == BAD else (GOOD if start[1] == GOOD else UNCERTAIN)
    for i in range(first, last):
        comes = severity(value[i], status[i], doubt)
        if comes >= DOUBTED:
            region = max(region, UNCERTAIN)
            continue
        if time[i] == lo_us:
            continue  # the start bound itself
        if not stepped and comes == UNCERTAIN:
            region = max(region, UNCERTAIN)
        length = time[i] - since_us
        if region == BAD:
            all_good = False
        else:
            all_good = all_good and region == GOOD
            span += length
            area += (held + (held if stepped else value[i])) * 0.5 * length
        since_us, held, region = time[i], value[i], comes
    if end[1] >= DOUBTED or (end[1] == UNCERTAIN and not stepped):
        region = max(region, UNCERTAIN)
    if region == BAD:
        return area, span, False
    length = hi_us - since_us
    until = held if stepped or not np.isfinite(end[0]) else end[0]
    return area + (held + until) * 0.5 * length, span + length, all_good and region == GOOD
