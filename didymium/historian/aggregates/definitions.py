"""The standard aggregates by name and NodeId (OPC 10000-13, 4.2.2; identifiers of namespace 0)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from didymium.historian.aggregates.errors import UnknownAggregate
from didymium.model.mistakes import did_you_mean


class Result(StrEnum):
    """What an aggregate's ``value`` column holds."""

    VALUE = "value"
    """The tag's own unit, or that times a second (``Total``), or its square (variances)."""
    DURATION = "duration"
    """Milliseconds."""
    PERCENT = "percent"
    COUNT = "count"
    STATUS = "status"
    """A whole OPC UA StatusCode."""


class Bounds(StrEnum):
    """Which bounding values an aggregate uses (OPC 10000-13, 3.1.7)."""

    NONE = "none"
    SIMPLE = "simple"
    INTERPOLATED = "interpolated"
    ANNOTATIONS = "annotations"
    """Not of the tag's values at all."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate function. ``code`` is its number in the kernels; ``node_id`` the identifier in namespace 0."""

    name: str
    node_id: int
    code: int
    bounds: Bounds
    result: Result


INTERPOLATIVE: Final = 1
AVERAGE: Final = 2
TIME_AVERAGE: Final = 3
TIME_AVERAGE_2: Final = 4
TOTAL: Final = 5
TOTAL_2: Final = 6
MINIMUM: Final = 7
MAXIMUM: Final = 8
MINIMUM_ACTUAL_TIME: Final = 9
MAXIMUM_ACTUAL_TIME: Final = 10
RANGE: Final = 11
MINIMUM_2: Final = 12
MAXIMUM_2: Final = 13
MINIMUM_ACTUAL_TIME_2: Final = 14
MAXIMUM_ACTUAL_TIME_2: Final = 15
RANGE_2: Final = 16
ANNOTATION_COUNT: Final = 17
COUNT: Final = 18
DURATION_IN_STATE_ZERO: Final = 19
DURATION_IN_STATE_NON_ZERO: Final = 20
NUMBER_OF_TRANSITIONS: Final = 21
START: Final = 22
END: Final = 23
DELTA: Final = 24
START_BOUND: Final = 25
END_BOUND: Final = 26
DELTA_BOUNDS: Final = 27
DURATION_GOOD: Final = 28
DURATION_BAD: Final = 29
PERCENT_GOOD: Final = 30
PERCENT_BAD: Final = 31
WORST_QUALITY: Final = 32
WORST_QUALITY_2: Final = 33
STANDARD_DEVIATION_SAMPLE: Final = 34
VARIANCE_SAMPLE: Final = 35
STANDARD_DEVIATION_POPULATION: Final = 36
VARIANCE_POPULATION: Final = 37

AGGREGATES: Final = (
    Aggregate("Interpolative", 2341, INTERPOLATIVE, Bounds.INTERPOLATED, Result.VALUE),
    Aggregate("Average", 2342, AVERAGE, Bounds.NONE, Result.VALUE),
    Aggregate("TimeAverage", 2343, TIME_AVERAGE, Bounds.INTERPOLATED, Result.VALUE),
    Aggregate("TimeAverage2", 11285, TIME_AVERAGE_2, Bounds.SIMPLE, Result.VALUE),
    Aggregate("Total", 2344, TOTAL, Bounds.INTERPOLATED, Result.VALUE),
    Aggregate("Total2", 11304, TOTAL_2, Bounds.SIMPLE, Result.VALUE),
    Aggregate("Minimum", 2346, MINIMUM, Bounds.NONE, Result.VALUE),
    Aggregate("Maximum", 2347, MAXIMUM, Bounds.NONE, Result.VALUE),
    Aggregate("MinimumActualTime", 2348, MINIMUM_ACTUAL_TIME, Bounds.NONE, Result.VALUE),
    Aggregate("MaximumActualTime", 2349, MAXIMUM_ACTUAL_TIME, Bounds.NONE, Result.VALUE),
    Aggregate("Range", 2350, RANGE, Bounds.NONE, Result.VALUE),
    Aggregate("Minimum2", 11286, MINIMUM_2, Bounds.SIMPLE, Result.VALUE),
    Aggregate("Maximum2", 11287, MAXIMUM_2, Bounds.SIMPLE, Result.VALUE),
    Aggregate("MinimumActualTime2", 11305, MINIMUM_ACTUAL_TIME_2, Bounds.SIMPLE, Result.VALUE),
    Aggregate("MaximumActualTime2", 11306, MAXIMUM_ACTUAL_TIME_2, Bounds.SIMPLE, Result.VALUE),
    Aggregate("Range2", 11288, RANGE_2, Bounds.SIMPLE, Result.VALUE),
    Aggregate("AnnotationCount", 2351, ANNOTATION_COUNT, Bounds.ANNOTATIONS, Result.COUNT),
    Aggregate("Count", 2352, COUNT, Bounds.NONE, Result.COUNT),
    Aggregate("DurationInStateZero", 11307, DURATION_IN_STATE_ZERO, Bounds.SIMPLE, Result.DURATION),
    Aggregate("DurationInStateNonZero", 11308, DURATION_IN_STATE_NON_ZERO, Bounds.SIMPLE, Result.DURATION),
    Aggregate("NumberOfTransitions", 2355, NUMBER_OF_TRANSITIONS, Bounds.NONE, Result.COUNT),
    Aggregate("Start", 2357, START, Bounds.NONE, Result.VALUE),
    Aggregate("End", 2358, END, Bounds.NONE, Result.VALUE),
    Aggregate("Delta", 2359, DELTA, Bounds.NONE, Result.VALUE),
    Aggregate("StartBound", 11505, START_BOUND, Bounds.SIMPLE, Result.VALUE),
    Aggregate("EndBound", 11506, END_BOUND, Bounds.SIMPLE, Result.VALUE),
    Aggregate("DeltaBounds", 11507, DELTA_BOUNDS, Bounds.SIMPLE, Result.VALUE),
    Aggregate("DurationGood", 2360, DURATION_GOOD, Bounds.SIMPLE, Result.DURATION),
    Aggregate("DurationBad", 2361, DURATION_BAD, Bounds.SIMPLE, Result.DURATION),
    Aggregate("PercentGood", 2362, PERCENT_GOOD, Bounds.SIMPLE, Result.PERCENT),
    Aggregate("PercentBad", 2363, PERCENT_BAD, Bounds.SIMPLE, Result.PERCENT),
    Aggregate("WorstQuality", 2364, WORST_QUALITY, Bounds.NONE, Result.STATUS),
    Aggregate("WorstQuality2", 11292, WORST_QUALITY_2, Bounds.SIMPLE, Result.STATUS),
    Aggregate("StandardDeviationSample", 11426, STANDARD_DEVIATION_SAMPLE, Bounds.NONE, Result.VALUE),
    Aggregate("VarianceSample", 11428, VARIANCE_SAMPLE, Bounds.NONE, Result.VALUE),
    Aggregate("StandardDeviationPopulation", 11427, STANDARD_DEVIATION_POPULATION, Bounds.NONE, Result.VALUE),
    Aggregate("VariancePopulation", 11429, VARIANCE_POPULATION, Bounds.NONE, Result.VALUE),
)

BY_NAME: Final = {one.name: one for one in AGGREGATES}
_BY_ANY: Final = {one.name.casefold(): one for one in AGGREGATES} | {f"i={one.node_id}": one for one in AGGREGATES}


def aggregate_of(said: str) -> Aggregate:
    """The aggregate of a standard name, in any case, or of a NodeId ``i=2343``. Raises ``UnknownAggregate``."""
    found = _BY_ANY.get(said.casefold().removeprefix("ns=0;"))
    if found is None:
        raise UnknownAggregate(said, did_you_mean(said, BY_NAME, f"{said!r} is no standard aggregate"))
    return found
