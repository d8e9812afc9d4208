"""Calculates an aggregate of many tags over sorted columns: no I/O, one compiled pass per tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from didymium.historian.aggregates.bounds import BAD_NO_DATA, Statuses, Times
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import Aggregate, Bounds
from didymium.historian.aggregates.interpolated import over_interpolated_bounds
from didymium.historian.aggregates.intervals import Intervals
from didymium.historian.aggregates.raw import over_raw_values
from didymium.historian.aggregates.simple import over_simple_bounds
from didymium.historian.aggregates.stamps import CALCULATED, INFO_DATA_VALUE
from didymium.model.readings import Readings


@dataclass(frozen=True, slots=True)
class AggregateValues:
    """Columns of equal length, one row per tag and interval, tags in the order asked, intervals as time flows.

    ``time_us`` is the interval's start, or the value's own time where the aggregate says so; ``value`` is NaN where
    the status is Bad; ``status`` is the whole OPC UA StatusCode with its information bits.
    """

    tag: NDArray[np.uint32]
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.tag)

    def to_arrow(self) -> pa.RecordBatch:
        """The same memory as an Arrow batch."""
        names = ("tag", "time_us", "value", "status")
        return pa.RecordBatch.from_arrays([pa.array(getattr(self, name)) for name in names], names=list(names))


def empty_values(tags: Sequence[int], intervals: Intervals) -> AggregateValues:
    """Bad_NoData for every tag and interval, to be filled in."""
    n = len(tags) * len(intervals)
    edges = intervals.edges_us
    starts = edges[1:][::-1] if intervals.backward else edges[:-1]
    return AggregateValues(
        np.repeat(np.asarray(tags, np.uint32), len(intervals)),
        np.tile(starts, len(tags)),
        np.full(n, np.nan),
        np.full(n, BAD_NO_DATA, np.uint32),
    )


def calculate(
    readings: Readings,
    tags: Sequence[int],
    intervals: Intervals,
    aggregate: Aggregate,
    configuration: AggregateConfiguration,
    stepped: NDArray[np.bool_],
) -> AggregateValues:
    """The aggregate of each tag over each interval; a tag without rows has Bad_NoData.

    ``readings`` are by tag and time, one row per tag and time, and reach so far beyond the intervals on both sides that
    they hold the bounding values. ``stepped[i]`` says whether ``tags[i]`` holds its value between rows.
    """
    values = empty_values(tags, intervals)
    rows = np.searchsorted(readings.tag, np.asarray(tags, np.uint32), side="left")
    ends = np.searchsorted(readings.tag, np.asarray(tags, np.uint32), side="right")
    columns = [_flat(c) for c in (readings.time_us, readings.value, readings.status, readings.flags)]
    edges = _flat(intervals.edges_us)
    count = len(intervals)
    for i, (row, end) in enumerate(zip(rows.tolist(), ends.tolist(), strict=True)):
        time, value, status, flags = (column[row:end] for column in columns)
        begin = _first_value(status)
        if begin == end - row:
            continue
        out = [column[i * count : (i + 1) * count] for column in (values.time_us, values.value, values.status)]
        given = (aggregate.code, time[begin:], value[begin:], status[begin:], flags[begin:])
        flow = (edges, intervals.backward, intervals.short)
        doubt = configuration.treat_uncertain_as_bad
        percents = (configuration.percent_data_bad, configuration.percent_data_good)
        if aggregate.bounds is Bounds.INTERPOLATED:
            over_interpolated_bounds(
                *given, *flow, bool(stepped[i]), doubt, configuration.use_sloped_extrapolation, *out
            )
        elif aggregate.bounds is Bounds.SIMPLE:
            over_simple_bounds(*given, *flow, bool(stepped[i]), doubt, *percents, *out)
        else:
            over_raw_values(*given, *flow, doubt, *percents, *out)
    return values


def count_annotations(
    tag: NDArray[np.uint32], time_us: Times, tags: Sequence[int], intervals: Intervals
) -> AggregateValues:
    """AnnotationCount (5.4.3.20): annotations by the time they are about; Good, Calculated, also where none are."""
    values = empty_values(tags, intervals)
    count = len(intervals)
    side: Literal["left", "right"] = "left" if intervals.backward else "right"
    for i, one in enumerate(tags):
        mine = time_us[tag == one]
        place = np.searchsorted(intervals.edges_us, mine, side=side) - 1
        found = np.bincount(place[(place >= 0) & (place < count)], minlength=count)
        values.value[i * count : (i + 1) * count] = found[::-1] if intervals.backward else found
    values.status[:] = INFO_DATA_VALUE | CALCULATED
    return values


@njit(cache=True)
def _first_value(status: Statuses) -> int:  # pragma: no cover - compiled
    """The first row that says something: what an archive says before it ("point created", Bad_NoData) is no value."""
    for i in range(len(status)):
        if (status[i] & 0xFFFF_0000) != BAD_NO_DATA:
            return i
    return len(status)


def _flat(column: NDArray[np.generic]) -> NDArray[np.generic]:
    """The one layout that the kernels are compiled for: contiguous, aligned, not writeable."""
    flat = np.require(column, requirements=("C", "A")).view()
    flat.flags.writeable = False
    return flat
