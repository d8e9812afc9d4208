"""How many readings there are, per tag and per site and minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian import schema
from didymium.historian.engine import Engine, column
from didymium.historian.minutes import Minutes, Span
from didymium.historian.scan import among
from didymium.historian.schema import MINUTE_US
from didymium.historian.summed import open_spans
from didymium.historian.windows import LAST_US

_LISTED_AT_MOST: Final = 1_000
"""With more tags than this, the question names the range of their ids instead of each."""
_SPANS_AT_MOST: Final = 50
"""With more separate open stretches than this, the statement would cost more than it saves."""


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


def counts(engine: Engine, from_us: int, to_us: int) -> TagCounts:
    """Readings per tag in ``[from_us, to_us)``, counted one by one."""
    found = engine.read(
        f"SELECT tag, count() AS n FROM {engine.database}.points"
        f" WHERE ts >= {schema.time(from_us)} AND ts < {schema.time(to_us)} GROUP BY tag ORDER BY tag"
    )
    return TagCounts(column(found, "tag", np.uint32), column(found, "n", np.int64))


def rows_around(engine: Engine, tags: NDArray[np.uint32], from_us: int, to_us: int) -> int:
    """How many rows there are of these tags (rising) in ``[from_us, to_us)``, or more where the tags are many."""
    listed = among(tags.tolist()) if len(tags) <= _LISTED_AT_MOST else f"tag >= {tags[0]} AND tag <= {tags[-1]}"
    found = engine.read(
        f"SELECT count() AS n FROM {engine.database}.points"
        f" WHERE {listed} AND ts >= {schema.time(from_us)} AND ts < {schema.time(to_us)}"
    )
    return int(found["n"][0])


def minute_counts(engine: Engine, minutes: Minutes, from_us: int, to_us: int) -> MinuteCounts:
    """Readings per site and minute of the whole minutes that ``[from_us, to_us)`` touches.

    Raises ``ValueError`` for an empty or reversed range.
    """
    if to_us <= from_us:
        raise ValueError(f"the range ends at {to_us} µs, not after its start at {from_us} µs: nothing to count")
    database = engine.database
    start_us, end_us = max(0, from_us) // MINUTE_US * MINUTE_US, min(-(-to_us // MINUTE_US) * MINUTE_US, LAST_US)
    mark_us = minutes.mark_us
    runs = open_spans(minutes.open_minutes(start_us, end_us), _SPANS_AT_MOST)
    if mark_us < end_us:
        runs.append(Span(max(start_us, mark_us), end_us))
    rolled = (
        "SELECT tag, toUnixTimestamp(minute) AS s, toUInt64(n) AS n"
        f" FROM {database}.points_1m FINAL WHERE {_in_rollup(start_us, end_us, runs)}"
    )
    parts = [rolled]
    if runs:
        parts.append(
            "SELECT tag, toUInt32(toUnixTimestamp(toStartOfMinute(ts))) AS s, count() AS n"
            f" FROM {database}.points WHERE {_in_spans(runs)} GROUP BY tag, s"
        )
    found = engine.read(
        f"SELECT site, s, sum(n) AS total_n FROM ({' UNION ALL '.join(parts)}) AS c INNER JOIN"
        f" (SELECT id, splitByChar('.', path)[1] AS site FROM {database}.tags FINAL) AS t ON c.tag = t.id"
        " WHERE n > 0 GROUP BY site, s ORDER BY s, site"
    )
    return MinuteCounts(
        site=tuple(str(site) for site in column(found, "site", np.object_)),
        minute_us=column(found, "s", np.int64) * 1_000_000,
        count=column(found, "total_n", np.int64),
    )


def _in_spans(runs: Sequence[Span]) -> str:
    return "(" + " OR ".join(f"(ts >= {schema.time(r.from_us)} AND ts < {schema.time(r.to_us)})" for r in runs) + ")"


def _in_rollup(from_us: int, to_us: int, runs: Sequence[Span]) -> str:
    """The range without the stretches that are read from points."""
    covered = f"minute >= {schema.minute(from_us)} AND minute < {schema.minute(to_us)}"
    for run in runs:
        covered += f" AND NOT (minute >= {schema.minute(run.from_us)} AND minute < {schema.minute(run.to_us)})"
    return covered
