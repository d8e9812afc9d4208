"""Sums each closed minute of each tag into one row, once, and again when late rows came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from didymium.historian import schema
from didymium.historian.engine import Engine, column
from didymium.historian.minutes import Minutes, Span, spans
from didymium.historian.native import Column, encode
from didymium.historian.schema import MINUTE_US
from didymium.historian.versions import Versions
from didymium.model.status import SEVERITY_SHIFT

CLOSE_AFTER_US: Final = 10_000_000
"""A minute is closed this long after its end; what comes later makes it dirty."""
RUN_US: Final = 30 * MINUTE_US
"""The longest stretch rolled by one statement: about 34 million rows of the demo complex."""
DIRTY_AT_ONCE: Final = 120

GOOD: Final = f"bitShiftRight(status, {SEVERITY_SHIFT}) = 0 AND isFinite(value)"
"""SQL: the row counts in min, max and mean."""

_MARK: Final = "points_1m"


class Roller:
    """Keeps ``points_1m`` equal to what the closed minutes of ``points`` hold."""

    def __init__(self, engine: Engine, versions: Versions, now_us: int) -> None:
        """A new store counts as rolled up to now: what arrives for earlier minutes is late by definition."""
        self._engine = engine
        self._versions = versions
        at = column(engine.read(f"SELECT at FROM {engine.database}.marks FINAL WHERE name = '{_MARK}'"), "at", np.int64)
        if len(at):
            mark_us = int(at[0])
        else:
            mark_us = now_us // MINUTE_US * MINUTE_US
            self._store_mark(mark_us)
        dirty = engine.read(f"SELECT minute FROM {engine.database}.dirty FINAL WHERE done = 0 ORDER BY minute")
        self.minutes = Minutes(mark_us, [int(s) * 1_000_000 for s in column(dirty, "minute", np.int64)])

    def note_dirty(self, minutes_us: Sequence[int]) -> None:
        """Store that these minutes must be done again; the writer calls it before it stores late rows."""
        self._store_dirty(minutes_us, self._versions.next(), done=0)

    def roll(self, now_us: int) -> int:
        """Roll a bounded part of what is closed or dirty; the number of minutes done, 0 when nothing is left."""
        done = 0
        span = self.minutes.closed(now_us - CLOSE_AFTER_US)
        if span is not None:
            run = self._first_run(span)
            if run.to_us > run.from_us:
                self._aggregate(run)
                done += (run.to_us - run.from_us) // MINUTE_US
            self._store_mark(run.to_us)
            self.minutes.rolled(run.to_us)
        version = self._versions.next()  # before the minutes are taken: whoever dirties one again gets a higher number
        with self.minutes.redoing(DIRTY_AT_ONCE) as dirty:
            if dirty:
                for run in spans(dirty, RUN_US):
                    self._aggregate(run)
                self._store_dirty(dirty, version, done=1)
        return done + len(dirty)

    def _first_run(self, span: Span) -> Span:
        """The first bounded run of ``span`` that may hold rows; an empty run at its end when no part reaches it."""
        parts = self._engine.read(
            "SELECT count() AS n, toUnixTimestamp(min(min_time)) AS s FROM system.parts"
            f" WHERE database = '{self._engine.database}' AND table = 'points' AND active"
            f" AND max_time >= {schema.minute(span.from_us)} AND min_time < {schema.minute(span.to_us)}"
        )
        if int(parts["n"][0]) == 0:
            return Span(span.to_us, span.to_us)
        start = max(span.from_us, int(parts["s"][0]) // 60 * MINUTE_US)
        return Span(start, min(span.to_us, start + RUN_US))

    def _aggregate(self, run: Span) -> None:
        database = self._engine.database
        # Names differ from the columns': ClickHouse would read an alias inside the other aggregates.
        self._engine.command(
            f"INSERT INTO {database}.points_1m ({', '.join(schema.ROLLUP_TYPES)}) SETTINGS async_insert = 0"
            " SELECT tag, toStartOfMinute(ts) AS m, count(), countIf(good),"
            " if(countIf(good) = 0, nan, minIf(value, good)), if(countIf(good) = 0, nan, maxIf(value, good)),"
            " sumIf(value, good), argMin(value, ts), argMax(value, ts),"
            " toUInt32(toUnixTimestamp64Micro(min(ts)) % 60000000),"
            " toUInt32(toUnixTimestamp64Micro(max(ts)) % 60000000),"
            f" argMax(status, ts), {self._versions.next()}"
            f" FROM (SELECT tag, ts, value, status, {GOOD} AS good FROM {database}.points"
            f" WHERE ts >= {schema.time(run.from_us)} AND ts < {schema.time(run.to_us)})"
            " GROUP BY tag, m"
        )

    def _store_mark(self, at_us: int) -> None:
        types = {"name": "String", "at": "DateTime64(6, 'UTC')", "version": "UInt64"}
        columns: list[Column] = [[_MARK], np.array([at_us]), np.array([self._versions.next()], np.uint64)]
        self._engine.insert("marks", encode(types, columns), {})

    def _store_dirty(self, minutes_us: Sequence[int], version: int, *, done: int) -> None:
        count = len(minutes_us)
        types = {"minute": "DateTime('UTC')", "done": "UInt8", "version": "UInt64"}
        columns: list[Column] = [
            schema.minute_s(np.array(minutes_us, np.int64)),
            np.full(count, done, np.uint8),
            np.full(count, version, np.uint64),
        ]
        self._engine.insert("dirty", encode(types, columns), {})
