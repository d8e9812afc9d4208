"""Questions about points: raw, bucketed, newest, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian import schema
from didymium.historian.engine import Engine, column
from didymium.historian.minutes import LAST_US, Minutes, Span, spans
from didymium.historian.points import Points
from didymium.historian.rollup import GOOD
from didymium.historian.schema import MINUTE_US
from didymium.model.readings import Readings

ROLLUP_FROM_TAG_DAYS: Final = 2.0
"""From this many tag-days on, the rollup answers faster than the raw points."""
OPEN_SPANS_AT_MOST: Final = 50
"""With more separate open stretches than this, the statement would cost more than it saves."""
_ALL_TAGS: Final = 10_000
"""Stands for "every tag" when a plan is made: many."""
NEWEST_LOOK_BACK_US: Final = 10 * MINUTE_US


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
class TagCounts:
    """How many readings each tag has; tags without any are left out."""

    tag: NDArray[np.uint32]
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MinuteCounts:
    """How many readings each site has per minute; minutes without any are left out."""

    site: tuple[str, ...]
    minute_us: NDArray[np.int64]
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a bucketed question is answered: from ``from_us``, ``width_us`` a bucket, the ``raw`` spans from points."""

    from_us: int
    to_us: int
    width_us: int
    raw: tuple[Span, ...]
    use_rollup: bool


def plan(tags: int, from_us: int, to_us: int, buckets: int, minutes: Minutes) -> Plan:
    """Choose between the rollup and raw points; with the rollup, edges move out to whole minutes.

    Raises ``ValueError`` for an empty range or no buckets.
    """
    if to_us <= from_us or buckets < 1:
        raise ValueError(f"{buckets} buckets from {from_us} to {to_us}: nothing to answer")
    width_us = ceil((to_us - from_us) / buckets)
    raw_only = Plan(from_us, to_us, width_us, (Span(from_us, to_us),), use_rollup=False)
    long = tags * (to_us - from_us) >= ROLLUP_FROM_TAG_DAYS * schema.DAY_US
    if not long or width_us < MINUTE_US or from_us < 0 or to_us > LAST_US:
        return raw_only
    start_us = from_us // MINUTE_US * MINUTE_US
    end_us = ceil(to_us / MINUTE_US) * MINUTE_US
    width_us = ceil((end_us - start_us) / MINUTE_US / buckets) * MINUTE_US
    raw = spans(minutes.open_minutes(start_us, end_us), end_us - start_us)
    if minutes.mark_us < end_us:
        raw.append(Span(max(start_us, minutes.mark_us), end_us))
    if len(raw) > OPEN_SPANS_AT_MOST:
        return raw_only
    return Plan(start_us, end_us, width_us, tuple(raw), use_rollup=True)


def bucketed(engine: Engine, minutes: Minutes, tags: Sequence[int], from_us: int, to_us: int, buckets: int) -> Buckets:
    """At most ``buckets`` rows per tag over ``[from_us, to_us)``. Raises ``ValueError`` as ``plan`` does."""
    chosen = plan(len(tags), from_us, to_us, buckets, minutes)
    listed = ", ".join(str(int(tag)) for tag in tags) or "NULL"
    found = engine.read(_bucket_sql(engine.database, chosen, listed))
    good = column(found, "p_good", np.int64)
    total = column(found, "p_total", np.float64)
    without = good == 0
    return Buckets(
        tag=column(found, "tag", np.uint32),
        start_us=chosen.from_us + column(found, "bucket", np.int64) * chosen.width_us,
        min=np.where(without, np.nan, column(found, "p_low", np.float64)),
        max=np.where(without, np.nan, column(found, "p_high", np.float64)),
        mean=np.where(without, np.nan, total / np.maximum(good, 1)),
        last=column(found, "p_last", np.float64),
        last_status=column(found, "p_status", np.uint32),
        count=column(found, "p_n", np.int64),
        good=good,
        width_us=chosen.width_us,
    )


def _in_spans(runs: Sequence[Span]) -> str:
    return "(" + " OR ".join(f"(ts >= {schema.time(r.from_us)} AND ts < {schema.time(r.to_us)})" for r in runs) + ")"


def _in_rollup(chosen: Plan) -> str:
    """The plan's range without the stretches that are read from points."""
    covered = f"minute >= {schema.minute(chosen.from_us)} AND minute < {schema.minute(chosen.to_us)}"
    for run in chosen.raw:
        covered += f" AND NOT (minute >= {schema.minute(run.from_us)} AND minute < {schema.minute(run.to_us)})"
    return covered


def _bucket_sql(database: str, chosen: Plan, listed: str) -> str:
    """One row per tag and bucket. Both sources give the same partial sums, which are then added up."""
    bucket = f"intDiv(at - {chosen.from_us}, {chosen.width_us}) AS bucket"
    partial = []
    if chosen.raw:
        partial.append(
            f"SELECT tag, {bucket}, count() AS p_n, countIf(ok) AS p_good, minIf(value, ok) AS p_low,"
            " maxIf(value, ok) AS p_high, sumIf(value, ok) AS p_total, argMax(value, at) AS p_last,"
            " argMax(status, at) AS p_status, max(at) AS p_at"
            f" FROM (SELECT tag, toUnixTimestamp64Micro(ts) AS at, value, status, {GOOD} AS ok FROM {database}.points"
            f" WHERE tag IN ({listed}) AND {_in_spans(chosen.raw)}) GROUP BY tag, bucket"
        )
    if chosen.use_rollup:
        partial.append(
            f"SELECT tag, {bucket}, sum(n) AS p_n, sum(n_good) AS p_good, minIf(low, n_good > 0) AS p_low,"
            " maxIf(high, n_good > 0) AS p_high, sum(total) AS p_total, argMax(last, at) AS p_last,"
            " argMax(last_status, at) AS p_status, max(at) AS p_at"
            " FROM (SELECT tag, toInt64(toUnixTimestamp(minute)) * 1000000 + last_us AS at, n, n_good, low, high,"
            f" total, last, last_status FROM {database}.points_1m FINAL"
            f" WHERE tag IN ({listed}) AND n > 0 AND {_in_rollup(chosen)}) GROUP BY tag, bucket"
        )
    if len(partial) == 1:
        return f"{partial[0]} ORDER BY tag, bucket"
    return (
        "SELECT tag, bucket, sum(s.p_n) AS p_n, sum(s.p_good) AS p_good, minIf(s.p_low, s.p_good > 0) AS p_low,"
        " maxIf(s.p_high, s.p_good > 0) AS p_high, sum(s.p_total) AS p_total, argMax(s.p_last, s.p_at) AS p_last,"
        f" argMax(s.p_status, s.p_at) AS p_status FROM ({' UNION ALL '.join(partial)}) AS s"
        " GROUP BY tag, bucket ORDER BY tag, bucket"
    )


def raw(points: Points, tag: int, from_us: int, to_us: int, limit: int, known_at_us: int | None) -> Readings:
    """The tag's first ``limit`` readings of ``[from_us, to_us)`` in time order."""
    return points.known([tag], from_us, to_us, known_at_us).take(slice(0, limit))


def newest(engine: Engine, now_us: int) -> Readings:
    """The newest reading of each tag: the last-value table, and the points that came since it was stored.

    Points stamped more than a minute ahead of ``now_us`` come from a wrong clock and are passed over.
    """
    database = engine.database
    kept = f"SELECT {schema.READING_COLUMNS} FROM {database}.newest FINAL"
    stored = engine.read(f"SELECT count() AS n, max(ts) AS at FROM {database}.newest WHERE ts <= {schema.time(now_us)}")
    since_us = int(stored["at"][0]) - NEWEST_LOOK_BACK_US if int(stored["n"][0]) else now_us - NEWEST_LOOK_BACK_US
    come = (
        f"SELECT {schema.READING_COLUMNS} FROM {database}.points"
        f" WHERE ts >= {schema.time(since_us)} AND ts < {schema.time(now_us + MINUTE_US)}"
    )
    return schema.readings_of(
        engine.read(
            "SELECT tag, max(t.ts) AS ts, argMax(t.value, t.ts) AS value, argMax(t.status, t.ts) AS status,"
            f" argMax(t.flags, t.ts) AS flags FROM ({kept} UNION ALL {come}) AS t GROUP BY tag ORDER BY tag"
        )
    )


def counts(engine: Engine, from_us: int, to_us: int) -> TagCounts:
    """Readings per tag in ``[from_us, to_us)``, counted one by one."""
    found = engine.read(
        f"SELECT tag, count() AS n FROM {engine.database}.points"
        f" WHERE ts >= {schema.time(from_us)} AND ts < {schema.time(to_us)} GROUP BY tag ORDER BY tag"
    )
    return TagCounts(column(found, "tag", np.uint32), column(found, "n", np.int64))


def minute_counts(engine: Engine, minutes: Minutes, from_us: int, to_us: int) -> MinuteCounts:
    """Readings per site and minute of the whole minutes that ``[from_us, to_us)`` touches."""
    database = engine.database
    chosen = plan(_ALL_TAGS, from_us, to_us, max(1, (to_us - from_us) // MINUTE_US), minutes)
    parts = []
    if chosen.raw:
        parts.append(
            "SELECT tag, toUInt32(toUnixTimestamp(toStartOfMinute(ts))) AS s, count() AS n"
            f" FROM {database}.points WHERE {_in_spans(chosen.raw)} GROUP BY tag, s"
        )
    if chosen.use_rollup:
        parts.append(
            "SELECT tag, toUnixTimestamp(minute) AS s, toUInt64(n) AS n"
            f" FROM {database}.points_1m FINAL WHERE n > 0 AND {_in_rollup(chosen)}"
        )
    found = engine.read(
        f"SELECT site, s, sum(n) AS total_n FROM ({' UNION ALL '.join(parts)}) AS c INNER JOIN"
        f" (SELECT id, splitByChar('.', path)[1] AS site FROM {database}.tags FINAL) AS t ON c.tag = t.id"
        " GROUP BY site, s ORDER BY s, site"
    )
    return MinuteCounts(
        site=tuple(str(site) for site in column(found, "site", np.object_)),
        minute_us=column(found, "s", np.int64) * 1_000_000,
        count=column(found, "total_n", np.int64),
    )
