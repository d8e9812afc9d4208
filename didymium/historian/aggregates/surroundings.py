"""Reads the rows of a range and, around it, those that its bounding values rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.aggregates.bounds import DOUBTED, Statuses, Times, Values, severity
from didymium.historian.aggregates.configuration import AggregateConfiguration
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
GROWTH: Final = 24
"""An hour, a day, 24 days: where a slice lies amid a longer range, the search goes on through the range."""


def reach_us(interval_us: int) -> int:
    """How far beyond a range bounding values are searched for."""
    return min(max(FAR_US, interval_us), DAY_US)


def readings_around(
    known: Known,
    tags: Sequence[int],
    span: tuple[int, int],
    limits: tuple[int, int],
    configuration: AggregateConfiguration,
    at_us: int | None,
) -> Readings:
    """The readings of both ends of ``span`` and between, and the bounding ones on both sides, by tag and time.

    Tags that have no usable reading near an edge are searched for in steps that grow, not beyond ``limits``.
    ``tags`` rise.
    """
    doubt = configuration.treat_uncertain_as_bad
    asked = np.asarray(tags, np.uint32)
    near_lo, near_hi = max(limits[0], span[0] - NEAR_US), min(limits[1], span[1] + NEAR_US)
    near = known(tags, near_lo, near_hi + 1, at_us)
    before, after = _usable(near, asked, span, doubt)
    # A sloping end goes on along the last two.
    early = (2 if configuration.use_sloped_extrapolation else 1) - before
    late = 1 - after
    parts = [near]
    edge_us, step_us = near_lo, HOUR_US
    while (early > 0).any() and edge_us > limits[0]:
        next_us = max(limits[0], edge_us - step_us)
        parts.insert(0, known(asked[early > 0].tolist(), next_us, edge_us, at_us))
        early -= _usable(parts[0], asked, (edge_us, edge_us), doubt)[0]
        edge_us, step_us = next_us, step_us * GROWTH
    edge_us, step_us = near_hi + 1, HOUR_US
    while (late > 0).any() and edge_us <= limits[1]:
        next_us = min(limits[1] + 1, edge_us + step_us)
        parts.append(known(asked[late > 0].tolist(), edge_us, next_us, at_us))
        late -= _usable(parts[-1], asked, (edge_us, edge_us), doubt)[1]
        edge_us, step_us = next_us, step_us * GROWTH
    parts = [part for part in parts if len(part)] or [near]
    joined = Readings.concat(parts)
    # The parts follow each other in time, so a stable sort by tag is all that is missing.
    return joined if len(parts) == 1 else joined.take(np.argsort(joined.tag, kind="stable"))


def _usable(
    readings: Readings, tags: NDArray[np.uint32], span: tuple[int, int], doubt: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,) how many usable readings, of two at most, each tag has up to the span's beginning, and from its end on."""
    rows = np.searchsorted(readings.tag, tags, side="left").astype(np.int64)
    ends = np.searchsorted(readings.tag, tags, side="right").astype(np.int64)
    columns = (np.ascontiguousarray(column) for column in (readings.time_us, readings.value, readings.status))
    return _counted(*columns, rows, ends, *span, doubt)


@njit(cache=True, nogil=True)
def _counted(
    time: Times,
    value: Values,
    status: Statuses,
    rows: Times,
    ends: Times,
    lo_us: int,
    hi_us: int,
    doubt: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # pragma: no cover - compiled
    before = np.zeros(len(rows), np.int64)
    after = np.zeros(len(rows), np.int64)
    for i in range(len(rows)):
        j = rows[i]
        while j < ends[i] and time[j] <= lo_us and before[i] < 2:
            before[i] += severity(value[j], status[j], doubt) < DOUBTED
            j += 1
        j = ends[i] - 1
        while j >= rows[i] and time[j] >= hi_us and after[i] < 2:
            after[i] += severity(value[j], status[j], doubt) < DOUBTED
            j -= 1
    return before, after
