"""Reads the rows of a range and, around it, those that its bounding values rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.aggregates.bounds import DOUBTED, Statuses, Times, Values, severity
from didymium.model.readings import Readings

Known = Callable[[Sequence[int], int, int, int | None], Readings]
"""Tags, from, to and known-at to readings by tag and time, one per tag and time."""

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
NEAR_US: Final = 120_000_000
"""Read beyond the range on both sides for every tag: enough for what reports every minute or faster."""
FAR_US: Final = HOUR_US
"""Searched on either side for a tag that is silent near the range; as far as the processing interval where that is
longer (OPC 10000-13, 3.1.8), but not beyond a day."""


def reach_us(interval_us: int) -> int:
    """How far beyond a range bounding values are searched for."""
    return min(max(FAR_US, interval_us), DAY_US)


def readings_around(
    known: Known, tags: Sequence[int], lo_us: int, hi_us: int, limits: tuple[int, int], doubt: bool, at_us: int | None
) -> Readings:
    """The readings of ``[lo_us, hi_us]`` and the bounding ones on both sides, by tag and time.

    Tags that have no usable reading near an edge are searched for in steps that grow, not beyond ``limits``.
    """
    before, after = limits
    near_lo, near_hi = max(before, lo_us - NEAR_US), min(after, hi_us + NEAR_US)
    near = known(tags, near_lo, near_hi + 1, at_us)
    asked = np.asarray(tags, np.uint32)
    early, late = _silent(near, asked, lo_us, hi_us, doubt)
    parts: list[Readings] = []
    edge_us, step_us = near_lo, HOUR_US
    while early.any() and edge_us > before:
        next_us = max(before, edge_us - step_us)
        found = known(asked[early].tolist(), next_us, edge_us, at_us)
        parts.insert(0, found)
        early &= _silent(found, asked, edge_us, edge_us, doubt)[0]
        edge_us, step_us = next_us, step_us * 24
    parts.append(near)
    edge_us, step_us = near_hi + 1, HOUR_US
    while late.any() and edge_us <= after:
        next_us = min(after + 1, edge_us + step_us)
        found = known(asked[late].tolist(), edge_us, next_us, at_us)
        parts.append(found)
        late &= _silent(found, asked, edge_us, edge_us, doubt)[1]
        edge_us, step_us = next_us, step_us * 24
    parts = [part for part in parts if len(part)] or [near]
    joined = Readings.concat(parts)
    # The parts follow each other in time, so a stable sort by tag is all that is missing.
    return joined if len(parts) == 1 else joined.take(np.argsort(joined.tag, kind="stable"))


def _silent(
    readings: Readings, tags: NDArray[np.uint32], lo_us: int, hi_us: int, doubt: bool
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(n,) which tags have no usable reading up to ``lo_us``, and which none from ``hi_us`` on."""
    rows = np.searchsorted(readings.tag, tags, side="left")
    ends = np.searchsorted(readings.tag, tags, side="right")
    return _lacking(
        np.ascontiguousarray(readings.time_us),
        np.ascontiguousarray(readings.value),
        np.ascontiguousarray(readings.status),
        rows.astype(np.int64),
        ends.astype(np.int64),
        lo_us,
        hi_us,
        doubt,
    )


@njit(cache=True, nogil=True)
def _lacking(
    time: Times,
    value: Values,
    status: Statuses,
    rows: Times,
    ends: Times,
    lo_us: int,
    hi_us: int,
    doubt: bool,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # pragma: no cover - compiled
    early = np.ones(len(rows), np.bool_)
    late = np.ones(len(rows), np.bool_)
    for i in range(len(rows)):
        j = rows[i]
        while j < ends[i] and time[j] <= lo_us and early[i]:
            early[i] = severity(value[j], status[j], doubt) >= DOUBTED
            j += 1
        j = ends[i] - 1
        while j >= rows[i] and time[j] >= hi_us and late[i]:
            late[i] = severity(value[j], status[j], doubt) >= DOUBTED
            j -= 1
    return early, late
