"""Aggregates stored history, a slice of tags and time after the other, two slices at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian.aggregates.calculation import AggregateValues, calculate, count_annotations, empty_values
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import Aggregate, Bounds
from didymium.historian.aggregates.errors import TooMuchHistory
from didymium.historian.aggregates.intervals import Intervals, intervals
from didymium.historian.aggregates.surroundings import DAY_US, Known, reach_us, readings_around

SLICE_TAG_US: Final = 10 * DAY_US
"""Tag-time of one slice: at one reading a second 860,000 rows, small enough that its memory is used again."""
STRETCH_US: Final = 50 * DAY_US
"""A single tag is read so much further at once: 4.3 million rows, and ten years in 73 pieces."""
LONGEST_INTERVAL_US: Final = 100 * DAY_US
"""One interval of one tag is calculated in one piece."""
MOST_TAG_US: Final = 4_000 * DAY_US
"""Tag-time of one question: ten years of one tag, or a day of 4,000."""

Annotated = Callable[[Sequence[int], int, int, int | None], tuple[NDArray[np.uint32], NDArray[np.int64]]]
"""Tags, from, to and known-at to the tag and time of each annotation."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the history: ``stepped[i]`` says whether ``tags[i]`` holds its value between readings."""

    tags: tuple[int, ...]
    intervals: Intervals
    aggregate: Aggregate
    configuration: AggregateConfiguration
    stepped: NDArray[np.bool_]
    known_at_us: int | None


def question(
    tags: Sequence[int],
    from_us: int,
    to_us: int,
    interval_us: int,
    aggregate: Aggregate,
    configuration: AggregateConfiguration,
    stepped: NDArray[np.bool_],
    known_at_us: int | None,
) -> Question:
    """The question, checked before anything is read.

    Raises ``BadIntervals``, or ``TooMuchHistory`` where one interval is longer than ``LONGEST_INTERVAL_US`` or all of
    it is more than ``MOST_TAG_US``.
    """
    asked = intervals(from_us, to_us, interval_us, len(tags))
    if asked.width_us > LONGEST_INTERVAL_US:
        raise TooMuchHistory(
            f"an interval of {asked.width_us / DAY_US:,.0f} days is longer than {LONGEST_INTERVAL_US // DAY_US} days:"
            " ask for shorter ones"
        )
    tag_us = len(tags) * abs(to_us - from_us)
    if tag_us > MOST_TAG_US:
        raise TooMuchHistory(
            f"{len(tags):,} tags over {abs(to_us - from_us) / DAY_US:,.1f} days are {tag_us / DAY_US:,.0f} tag-days;"
            f" at most {MOST_TAG_US // DAY_US:,} are read at once: ask for fewer tags or a shorter range"
        )
    return Question(tuple(tags), asked, aggregate, configuration, stepped, known_at_us)


def answer(asked: Question, known: Known, annotated: Annotated) -> AggregateValues:
    """The aggregate of every tag over every interval, tags in the order asked, intervals as time flows."""
    edges = asked.intervals.edges_us
    if asked.aggregate.bounds is Bounds.ANNOTATIONS:
        tag, time_us = annotated(asked.tags, int(edges[0]), int(edges[-1]) + 1, asked.known_at_us)
        return count_annotations(tag, time_us, asked.tags, asked.intervals)
    values = empty_values(asked.tags, asked.intervals)
    cuts = list(_slices(asked))
    work = partial(_fill, asked, known, values)
    if len(cuts) == 1:
        work(cuts[0])
    else:
        for _ in _pool().map(work, cuts):
            pass
    return values


Cut = tuple[int, int, int, int]
"""First and last tag, first and last interval of the rising order."""


def _slices(asked: Question) -> Iterator[Cut]:
    """Tags by tags; one tag's range again by intervals where it alone is more than a slice."""
    span_us = int(asked.intervals.edges_us[-1] - asked.intervals.edges_us[0])
    tags, count = len(asked.tags), len(asked.intervals)
    at_once = max(1, SLICE_TAG_US // span_us)
    in_a_row = max(1, min(count, STRETCH_US // asked.intervals.width_us)) if at_once == 1 else count
    for tag in range(0, tags, at_once):
        for first in range(0, count, in_a_row):
            yield tag, min(tag + at_once, tags), first, min(first + in_a_row, count)


def _fill(asked: Question, known: Known, values: AggregateValues, cut: Cut) -> None:
    """Calculate one slice into its place of ``values``."""
    tag, end, first, last = cut
    # The kernels want rising tags; the answer keeps the order asked.
    order = np.argsort(np.asarray(asked.tags[tag:end], np.uint32), kind="stable") + tag
    tags = [asked.tags[i] for i in order.tolist()]
    edges = asked.intervals.edges_us
    reach = reach_us(asked.intervals.width_us)
    readings = readings_around(
        known,
        sorted(set(tags)),
        (int(edges[first]), int(edges[last])),
        (int(edges[0]) - reach, int(edges[-1]) + reach),
        asked.configuration,
        asked.known_at_us,
    )
    part = asked.intervals.part(first, last)
    found = calculate(readings, tags, part, asked.aggregate, asked.configuration, asked.stepped[order])
    count, width = len(asked.intervals), last - first
    place = count - last if asked.intervals.backward else first
    for k, i in enumerate(order.tolist()):
        at = slice(i * count + place, i * count + place + width)
        for name in ("time_us", "value", "status"):
            getattr(values, name)[at] = getattr(found, name)[k * width : (k + 1) * width]


@cache
def _pool() -> ThreadPoolExecutor:
    """Two threads, as many as the smallest machine has processors; kept, because each holds a connection."""
    return ThreadPoolExecutor(2, thread_name_prefix="aggregate")
