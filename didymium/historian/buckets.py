"""Series of equal buckets: minimum, maximum, mean and last value of each, in few rows however much was stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.historian.engine import READ_LIMIT_S
from didymium.historian.errors import QueryTooLong
from didymium.historian.points import END_US, FIRST_US
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.summed import ROWS_AT_ONCE_TAG_DAYS, Summed, columns_of
from didymium.historian.windows import HOUR_US, LAST_US
from didymium.model.status import SEVERITY_SHIFT

ROLLUP_FROM_TAG_DAYS: Final = 2.0
"""From this many tag-days on, the rollup answers faster than the raw points."""
HOURS_FROM_TAG_DAYS: Final = 60.0
"""From this many tag-days on, buckets of an hour and more begin on whole hours."""
ROWS_AT_MOST: Final = 8_000_000
"""Tags times buckets of one question: about half a gigabyte of answer."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Columns of equal length n, one row per tag and bucket that holds a reading, sorted by tag and time.

    Bucket k covers ``[start_us, start_us + width_us)``. ``min``, ``max`` and ``mean`` are over good finite values and
    NaN without any; ``last`` is the latest value whatever its quality, ``last_status`` says which. ``count`` is of all
    readings, ``good`` of those behind ``mean``.
    """

    tag: NDArray[np.uint32]
    start_us: NDArray[np.int64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    mean: NDArray[np.float64]
    last: NDArray[np.float64]
    last_status: NDArray[np.uint32]
    count: NDArray[np.int64]
    good: NDArray[np.int64]
    width_us: int

    def __len__(self) -> int:
        return len(self.tag)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is answered: ``width_us`` a bucket from ``from_us``, out of rows of ``step_us``; 0 is points."""

    from_us: int
    to_us: int
    width_us: int
    step_us: int


def plan(tags: int, from_us: int, to_us: int, buckets: int, *, raw: bool) -> Plan:
    """Choose between points, minutes and hours by the question alone; the ends move out to what is chosen.

    With ``raw`` only points will do. Raises ``ValueError`` for an empty or reversed range, no buckets, or more than
    ``ROWS_AT_MOST`` rows.
    """
    if to_us <= from_us:
        raise ValueError(f"the range ends at {to_us} µs, not after its start at {from_us} µs: nothing to answer")
    if buckets < 1:
        raise ValueError(f"{buckets} buckets: ask for one at least")
    if tags * buckets > ROWS_AT_MOST:
        raise ValueError(
            f"{buckets:,} buckets of {tags:,} tags are {tags * buckets:,} rows; {ROWS_AT_MOST:,} is the most:"
            f" ask for at most {ROWS_AT_MOST // tags:,} buckets, or for fewer tags"
        )
    width_us = ceil((to_us - from_us) / buckets)
    tag_days = tags * (to_us - from_us) / DAY_US
    if raw or tag_days < ROLLUP_FROM_TAG_DAYS or width_us < MINUTE_US or from_us < 0 or to_us > LAST_US:
        return Plan(from_us, to_us, width_us, 0)
    step_us = HOUR_US if width_us >= HOUR_US and tag_days >= HOURS_FROM_TAG_DAYS else MINUTE_US
    start_us, end_us = from_us // step_us * step_us, -(-to_us // step_us) * step_us
    steps = (end_us - start_us) // step_us
    return Plan(start_us, end_us, -(-steps // buckets) * step_us, step_us)


def bucketed(
    summed: Summed, tags: Sequence[int], from_us: int, to_us: int, buckets: int, known_at_us: int | None
) -> Buckets:
    """At most ``buckets`` rows per tag over ``[from_us, to_us)``. Raises ``ValueError`` as ``plan`` does.

    Slices are cut between buckets and tags, so that a sum is always taken in the order of time, and in memory there is
    one slice at a time. Raises ``QueryTooLong`` when 30 s have passed.
    """
    tags = np.unique(np.asarray(tags, np.uint32)).tolist()
    chosen = plan(len(tags), from_us, to_us, buckets, raw=known_at_us is not None)
    deadline_s = time.monotonic() + READ_LIMIT_S
    first_us, end_us = max(chosen.from_us, FIRST_US), min(chosen.to_us, END_US)
    most_us = int(ROWS_AT_ONCE_TAG_DAYS * DAY_US) * (60 if chosen.step_us else 1)
    parts: list[Any] = []
    for some in _tags_at_once(tags, end_us - first_us, most_us):
        at_us = first_us
        while at_us < end_us:
            if time.monotonic() > deadline_s:
                raise QueryTooLong(
                    0, f"the series was read for {READ_LIMIT_S} s: ask for fewer tags or a shorter range"
                )
            upto_us = min(_cut(chosen, at_us, most_us // len(some)), end_us)
            parts.append(_slice(summed, chosen, some, at_us, upto_us, known_at_us))
            at_us = upto_us
    if not parts:
        parts.append(_space(0))
    columns = parts[0] if len(parts) == 1 else [np.concatenate(each) for each in zip(*parts, strict=True)]
    if chosen.width_us > most_us and len(columns[0]):
        tag, bucket, low, high, total, last, status, count, good = map(flat, columns)
        columns = _of_sums(tag, bucket, count, good, low, high, total, last, status, 0, 1)
    tag, bucket, low, high, total, last, status, count, good = columns
    mean = total / np.maximum(good, 1)
    mean[good == 0] = np.nan
    start_us = chosen.from_us + bucket * chosen.width_us
    return Buckets(tag, start_us, low, high, mean, last, status, count, good, chosen.width_us)


def _tags_at_once(tags: Sequence[int], length_us: int, most_us: int) -> list[Sequence[int]]:
    """Many tags over a short range, or one over a long one: then only that one's range is cut."""
    width = max(1, most_us // max(1, length_us))
    return [tags[at : at + width] for at in range(0, len(tags), width)]


def _cut(chosen: Plan, at_us: int, most_us: int) -> int:
    """Where a slice from ``at_us`` ends: at the last end of a bucket that it may reach, or within a long bucket."""
    upto_us = at_us + most_us
    edge_us = chosen.from_us + (upto_us - chosen.from_us) // chosen.width_us * chosen.width_us
    if edge_us > at_us:
        return edge_us
    return chosen.from_us + (upto_us - chosen.from_us) // max(1, chosen.step_us) * max(1, chosen.step_us)


def _slice(summed: Summed, chosen: Plan, tags: Sequence[int], from_us: int, to_us: int, known_at_us: int | None) -> Any:
    if chosen.step_us == 0:
        known = summed.points.unflagged(tags, from_us, to_us, known_at_us)
        columns = (flat(known.tag), flat(known.time_us), flat(known.value), flat(known.status))
        return reduced(*columns, chosen.from_us, chosen.width_us)
    sums = (summed.of_hours if chosen.step_us == HOUR_US else summed.of_minutes)(tags, from_us, to_us)
    return _of_sums(*columns_of(sums), chosen.from_us // 1_000_000, chosen.width_us // 1_000_000)


@njit(cache=True, nogil=True)
def _space(rows: int) -> Any:  # pragma: no cover - compiled
    """Columns for tag, bucket, low, high, total, last, last status, count and good count."""
    return (
        np.empty(rows, np.uint32),
        np.empty(rows, np.int64),
        np.full(rows, np.nan),
        np.full(rows, np.nan),
        np.zeros(rows, np.float64),
        np.empty(rows, np.float64),
        np.empty(rows, np.uint32),
        np.zeros(rows, np.int64),
        np.zeros(rows, np.int64),
    )


@njit(cache=True, nogil=True)
def reduced(
    tag: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    from_us: int,
    width_us: int,
) -> Any:  # pragma: no cover - compiled
    """The columns of ``_space`` from readings by tag and time, each tag and time once."""
    rows = 0
    end_us = np.int64(0)
    for i in range(len(tag)):
        if i == 0 or time_us[i] >= end_us or tag[i] != tag[i - 1]:
            end_us = from_us + ((time_us[i] - from_us) // width_us + 1) * width_us
            rows += 1
    out = _space(rows)
    o_tag, o_bucket, o_low, o_high, o_total, o_last, o_status, o_count, o_good = out
    k = -1
    start = 0
    while start < len(tag):
        k += 1
        bucket = (time_us[start] - from_us) // width_us
        end_us = from_us + (bucket + 1) * width_us
        low = high = np.nan
        total = 0.0
        good = 0
        i = start
        while i < len(tag) and time_us[i] < end_us and tag[i] == tag[start]:
            v = value[i]
            if status[i] >> SEVERITY_SHIFT == 0 and np.isfinite(v):
                if good == 0:
                    low = high = v
                elif v < low:
                    low = v
                elif v > high:
                    high = v
                total += v
                good += 1
            i += 1
        o_tag[k], o_bucket[k] = tag[start], bucket
        o_low[k], o_high[k], o_total[k] = low, high, total
        o_last[k], o_status[k] = value[i - 1], status[i - 1]
        o_count[k], o_good[k] = i - start, good
        start = i
    return out


@njit(cache=True, nogil=True)
def _of_sums(
    tag: NDArray[np.uint32],
    start_s: NDArray[np.uint32],
    n: NDArray[np.uint32],
    n_good: NDArray[np.uint32],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    total: NDArray[np.float64],
    last: NDArray[np.float64],
    last_status: NDArray[np.uint32],
    from_s: int,
    width_s: int,
) -> Any:  # pragma: no cover - compiled
    """The same from minutes or hours by tag and time."""
    rows = 0
    for i in range(len(tag)):
        at = (np.int64(start_s[i]) - from_s) // width_s
        if i == 0 or tag[i] != tag[i - 1] or at != (np.int64(start_s[i - 1]) - from_s) // width_s:
            rows += 1
    out = _space(rows)
    o_tag, o_bucket, o_low, o_high, o_total, o_last, o_status, o_count, o_good = out
    k = -1
    for i in range(len(tag)):
        at = (np.int64(start_s[i]) - from_s) // width_s
        if k < 0 or tag[i] != o_tag[k] or at != o_bucket[k]:
            k += 1
            o_tag[k], o_bucket[k] = tag[i], at
        o_count[k] += n[i]
        o_last[k], o_status[k] = last[i], last_status[i]
        if n_good[i]:
            if o_good[k] == 0 or low[i] < o_low[k]:
                o_low[k] = low[i]
            if o_good[k] == 0 or high[i] > o_high[k]:
                o_high[k] = high[i]
            o_total[k] += total[i]
            o_good[k] += n_good[i]
    return out
