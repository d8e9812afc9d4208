"""The ledger's inner loop: one pass over readings, no object per point."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

RING_MINUTES: Final = 3 * 1_440
RING_SECONDS: Final = 256

BEFORE_FIRST: Final = 0
TOO_OLD: Final = 1
AHEAD: Final = 2

_SECOND_US: Final = 1_000_000
_MINUTE_US: Final = 60_000_000
_FIRST_WITHIN_US: Final = 10_000_000
_NOT_YET: Final = np.iinfo(np.int64).max


@njit(cache=True)
def count(
    tag: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    received_us: int,
    site_of_id: NDArray[np.int16],
    row_of_id: NDArray[np.int32],
    first_us: NDArray[np.int64],
    site_first_us: NDArray[np.int64],
    minute: NDArray[np.int64],
    minute_count: NDArray[np.int64],
    expected: NDArray[np.int64],
    dirty: NDArray[np.bool_],
    second: NDArray[np.int64],
    second_count: NDArray[np.int64],
    outside: NDArray[np.int64],
) -> None:
    """Count readings into the rings of minutes and seconds.

    A site begins with its earliest reading here whose time is within 10 s of ours: a value that the device repeats
    from last week, or from a wrong clock, begins nothing.

    Parameters
    ----------
    tag, time_us : (n,) readings
    site_of_id, row_of_id : tables from id to site index and tag row, -1 where unknown
    first_us : (n_tags,) a tag's first reading since its site began; lowered in place
    site_first_us : (n_sites,) when the site began
    minute, minute_count, expected, dirty : (n_sites, RING_MINUTES) absolute minute, points, expected or -1, changed
    second, second_count : (n_sites, RING_SECONDS) absolute second, points
    outside : (3,) points that no minute can hold, by reason
    """
    for i in range(len(tag)):
        if tag[i] < len(site_of_id):
            site = site_of_id[tag[i]]
            near = abs(time_us[i] - received_us) <= _FIRST_WITHIN_US
            if site >= 0 and near and site_first_us[site] == _NOT_YET:
                earliest = time_us[i]
                for j in range(i, len(tag)):
                    same = tag[j] < len(site_of_id) and site_of_id[tag[j]] == site
                    if same and time_us[j] < earliest and abs(time_us[j] - received_us) <= _FIRST_WITHIN_US:
                        earliest = time_us[j]
                site_first_us[site] = earliest
    for i in range(len(tag)):
        if tag[i] >= len(site_of_id):
            continue
        site = site_of_id[tag[i]]
        if site < 0:
            continue
        at_us = time_us[i]
        if at_us > received_us + _MINUTE_US:
            outside[AHEAD] += 1
            continue
        if at_us < site_first_us[site]:
            outside[BEFORE_FIRST] += 1
            continue
        row = row_of_id[tag[i]]
        if at_us < first_us[row]:
            first_us[row] = at_us
        at_minute = at_us // _MINUTE_US
        slot = at_minute % RING_MINUTES
        if minute[site, slot] > at_minute:
            outside[TOO_OLD] += 1
            continue
        if minute[site, slot] < at_minute:
            minute[site, slot] = at_minute
            minute_count[site, slot] = 0
            expected[site, slot] = -1
            dirty[site, slot] = False
        minute_count[site, slot] += 1
        if expected[site, slot] >= 0:
            dirty[site, slot] = True
        at_second = at_us // _SECOND_US
        second_slot = at_second % RING_SECONDS
        if second[site, second_slot] < at_second:
            second[site, second_slot] = at_second
            second_count[site, second_slot] = 0
        if second[site, second_slot] == at_second:
            second_count[site, second_slot] += 1
