"""Sums each closed minute and hour of each tag into one row, once, and again when late rows or corrections came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian import schema
from didymium.historian.engine import Engine, column
from didymium.historian.minutes import Minutes, Patch, Span
from didymium.historian.native import Column, encode
from didymium.historian.schema import MINUTE_US
from didymium.historian.sums import Sums, hour_sums, minute_sums, sums_block, sums_of
from didymium.historian.versions import Versions
from didymium.historian.windows import EVERY_TAG, HOUR_US, WHOLE_HOUR, Keys, Windows
from didymium.model.readings import Readings
from didymium.model.status import SEVERITY_SHIFT

CLOSE_AFTER_US: Final = 10_000_000
"""A minute is closed this long after its end; what comes later makes it dirty."""
SHORT_US: Final = 10 * MINUTE_US
"""A stretch up to here is rolled minute by minute for every tag; a longer one tag by tag, as dirty minutes are."""
ROWS_AT_ONCE: Final = 1_000_000
"""Rows that one reader has in memory, about."""
READERS: Final = 2
"""The engine's read of one part runs beside the sums of another."""
ROWS_A_PATCH: Final = 8_000_000
ROWS_A_CALL: Final = 16_000_000
"""One call of ``roll`` begins no further patch once it has read so many rows."""
PATCHES_A_CALL: Final = 50
HOURS_AT_ONCE: Final = 30_000
"""Hours that are summed at once, each from its minutes."""

GOOD: Final = f"bitShiftRight(status, {SEVERITY_SHIFT}) = 0 AND isFinite(value)"
"""SQL: the row counts in min, max and mean."""

Known = Callable[[Sequence[int], int, int], Readings]
"""What is known of these tags in this range, by tag and time, each once."""

_MINUTES: Final = "points_1m"
_HOURS: Final = "points_1h"


def _among(tags: NDArray[np.uint32]) -> str:
    return f"tag IN ({', '.join(map(str, tags.tolist()))})"


class Roller:
    """Keeps ``points_1m`` and ``points_1h`` equal to what is known of the closed minutes and hours."""

    def __init__(self, engine: Engine, versions: Versions, known: Known, now_us: int) -> None:
        """A new store counts as rolled up to now: what arrives for earlier minutes is late by definition."""
        self._engine = engine
        self._versions = versions
        self._known = known
        self._alone = threading.Lock()
        self._readers = ThreadPoolExecutor(READERS, "roller")
        self._rows_per_minute = 600.0
        """What a tag had per minute where it was last read; says how much to read at once."""
        mark_us = self._mark(_MINUTES)
        if mark_us is None:
            mark_us = now_us // MINUTE_US * MINUTE_US
            self._store_mark(_MINUTES, mark_us)
        hour_mark_us = self._mark(_HOURS)
        if hour_mark_us is None:
            hour_mark_us = self._first_minute_us(0, mark_us) // HOUR_US * HOUR_US
            self._store_mark(_HOURS, hour_mark_us)
        self.hour_mark_us = hour_mark_us
        """Every hour before this was summed once; it holds what is known unless one of its minutes is open."""
        self.minutes = Minutes(mark_us, self._noted().before(mark_us))

    def close(self) -> None:
        """End the readers; nothing is rolled any more."""
        self._readers.shutdown()

    def note(self, key: Keys) -> None:
        """Store that these tags' hours must be done again; a writer calls it before it stores late rows."""
        if len(key):
            self._store_dirty(key, done=0, version=self._versions.next())
            self.minutes.noted(key)

    def roll(self, now_us: int) -> int:
        """Roll a bounded part of what is closed or dirty; the number of minutes done, 0 when nothing is left."""
        with self._alone:
            done = 0
            span = self.minutes.closed(now_us - CLOSE_AFTER_US)
            if span is not None:
                done += self._close(span)
            done += self._redo()
            return done + self._close_hours()

    # Minutes that are rolled for the first time

    def _close(self, span: Span) -> int:
        """Roll the first bounded run of ``span`` that may hold rows, or note it to be done tag by tag."""
        run = self._first_run(span)
        run = Span(run.from_us, self.minutes.closing(run.to_us))
        if run.to_us - run.from_us > SHORT_US:
            self._put_off(run)
        elif run.to_us > run.from_us:
            self._store_sums(_MINUTES, list(self._sums(self._tags_within(run), run)))
        self._store_mark(_MINUTES, run.to_us)
        self.minutes.rolled(run.to_us)
        return max(0, run.to_us - run.from_us) // MINUTE_US

    def _put_off(self, run: Span) -> None:
        """Note a run within one hour as dirty, for every tag that has rows there."""
        first, end = run.from_us % HOUR_US // MINUTE_US, (run.to_us - 1) % HOUR_US // MINUTE_US
        minutes = np.uint64((1 << (end + 1)) - (1 << first))
        tags = self._tags_within(run)
        windows = Patch(tags, run.from_us // HOUR_US * HOUR_US, np.full((1, len(tags)), minutes)).windows()
        self._store_dirty(windows.key, done=0, version=self._versions.next())
        self.minutes.dirtied(windows)

    def _first_run(self, span: Span) -> Span:
        """The first bounded run of ``span`` that may hold rows; an empty run at its end when no part reaches it."""
        if span.to_us - span.from_us <= SHORT_US:
            return span
        parts = self._engine.read(
            "SELECT count() AS n, toUnixTimestamp(min(min_time)) AS s FROM system.parts"
            f" WHERE database = '{self._engine.database}' AND table = 'points' AND active"
            f" AND max_time >= {schema.minute(span.from_us)} AND min_time < {schema.minute(span.to_us)}"
        )
        if int(parts["n"][0]) == 0:
            return Span(span.to_us, span.to_us)
        start = max(span.from_us, int(parts["s"][0]) // 60 * MINUTE_US)
        return Span(start, min(span.to_us, start // HOUR_US * HOUR_US + HOUR_US))

    def _tags_within(self, run: Span) -> NDArray[np.uint32]:
        found = self._engine.read(
            f"SELECT DISTINCT tag FROM {self._engine.database}.points"
            f" WHERE ts >= {schema.time(run.from_us)} AND ts < {schema.time(run.to_us)} ORDER BY tag"
        )
        return column(found, "tag", np.uint32)

    def _sums(self, tags: NDArray[np.uint32], run: Span) -> Iterator[Sums]:
        """The minutes of these tags in the run, by tag and time, some tags at a time."""
        minutes = (run.to_us - run.from_us) // MINUTE_US
        asked: deque[tuple[int, Future[Sums]]] = deque()
        at = 0
        while at < len(tags) or asked:
            while at < len(tags) and len(asked) < READERS:
                width = max(1, int(ROWS_AT_ONCE / (minutes * max(1.0, self._rows_per_minute))))
                chosen = tags[at : at + width].tolist()
                asked.append((len(chosen), self._readers.submit(self._part, chosen, run)))
                at += width
            count, part = asked.popleft()
            sums = part.result()
            # Half of the last says what to expect next, so that one silent stretch does not make the next read huge.
            self._rows_per_minute = max(self._rows_per_minute / 2, int(sums.n.sum()) / (minutes * count))
            yield sums

    def _part(self, tags: Sequence[int], run: Span) -> Sums:
        return minute_sums(self._known(tags, run.from_us, run.to_us))

    # Minutes that are done again

    def _redo(self) -> int:
        """Do a bounded part of the dirty minutes again."""
        read = patches = minutes = 0
        while read < ROWS_A_CALL and patches < PATCHES_A_CALL:
            version = self._versions.next()  # before they are taken: whoever dirties one again gets a higher number
            with self.minutes.redoing(int(ROWS_A_PATCH / max(1.0, self._rows_per_minute))) as patch:
                if patch is None:
                    break
                if patch.tag[0] == EVERY_TAG:
                    self._spread(patch)
                else:
                    read += self._again(patch)
                self._store_dirty(patch.windows().key, done=1, version=version)
            minutes += int(np.bitwise_count(np.bitwise_or.reduce(patch.minutes, axis=1)).sum())
            patches += 1
        return minutes

    def _spread(self, patch: Patch) -> None:
        """Instead of every tag, note each one that has rows in these hours."""
        run = Span(patch.first_hour_us, patch.first_hour_us + patch.hours * HOUR_US)
        tags = np.union1d(self._tags_within(run), self._tags_rolled(run))
        each = Patch(tags, patch.first_hour_us, np.repeat(patch.minutes[:, :1], len(tags), axis=1)).windows()
        self._store_dirty(each.key, done=0, version=self._versions.next())
        self.minutes.dirtied(each)

    def _again(self, patch: Patch) -> int:
        """Sum the patch's minutes again, and their hours where those are closed; the rows that were read."""
        rows = 0
        kept: list[Sums] = []
        missing = patch.minutes.copy()
        for sums in self._sums(patch.tag, patch.reach()):
            rows += int(sums.n.sum())
            kept.append(sums.take(patch.wanted(sums.tag, sums.start_s, missing)))
        if missing.any():
            kept.append(self._gone(patch, missing))
        self._store_sums(_MINUTES, kept)
        for hour_us in range(patch.first_hour_us, patch.first_hour_us + patch.hours * HOUR_US, HOUR_US):
            if hour_us < self.hour_mark_us:
                self._sum_hour(hour_us, patch.tag)
        return rows

    def _gone(self, patch: Patch, missing: NDArray[np.uint64]) -> Sums:
        """Rows for those of the ``missing`` minutes that the rollup still has, to say that nothing is there."""
        run = patch.reach()
        found = self._engine.read(
            f"SELECT tag, minute FROM {self._engine.database}.{_MINUTES} FINAL WHERE {_among(patch.tag)}"
            f" AND minute >= {schema.minute(run.from_us)} AND minute < {schema.minute(run.to_us)} AND n > 0"
            " ORDER BY tag, minute"
        )
        tag, start_s = column(found, "tag", np.uint32), column(found, "minute", np.uint32)
        gone = patch.wanted(tag, start_s, missing)
        return Sums.nothing(tag[gone], start_s[gone])

    # Hours

    def _close_hours(self) -> int:
        """Sum the next hour whose minutes are all closed; the minutes done."""
        end_us = self.minutes.mark_us // HOUR_US * HOUR_US
        if end_us <= self.hour_mark_us:
            return 0
        hour_us = self._first_minute_us(self.hour_mark_us, end_us) // HOUR_US * HOUR_US
        if hour_us < end_us:
            self._sum_hour(hour_us, self._tags_rolled(Span(hour_us, hour_us + HOUR_US)))
        self.hour_mark_us = min(end_us, hour_us + HOUR_US)
        self._store_mark(_HOURS, self.hour_mark_us)
        return 60 if hour_us < end_us else 0

    def _tags_rolled(self, run: Span) -> NDArray[np.uint32]:
        found = self._engine.read(
            f"SELECT DISTINCT tag FROM {self._engine.database}.{_MINUTES}"
            f" WHERE minute >= {schema.minute(run.from_us)} AND minute < {schema.minute(run.to_us)} ORDER BY tag"
        )
        return column(found, "tag", np.uint32)

    def _first_minute_us(self, from_us: int, to_us: int) -> int:
        """The first minute of the range that the rollup has; the end of the range without any."""
        found = self._engine.read(
            f"SELECT count() AS n, min(minute) AS s FROM {self._engine.database}.{_MINUTES}"
            f" WHERE minute >= {schema.minute(from_us)} AND minute < {schema.minute(to_us)}"
        )
        return int(found["s"][0]) * 1_000_000 if int(found["n"][0]) else to_us

    def _sum_hour(self, hour_us: int, tags: NDArray[np.uint32]) -> None:
        """Sum the hour of these tags from their minutes; where no minute is left, say so."""
        parts: list[Sums] = []
        for at in range(0, len(tags), HOURS_AT_ONCE):
            chosen = tags[at : at + HOURS_AT_ONCE]
            found = self._engine.read(
                f"SELECT {', '.join(name for name in schema.ROLLUP_TYPES if name != 'version')}"
                f" FROM {self._engine.database}.{_MINUTES} FINAL WHERE {_among(chosen)}"
                f" AND minute >= {schema.minute(hour_us)} AND minute < {schema.minute(hour_us + HOUR_US)}"
                " ORDER BY tag, minute"
            )
            parts.append(hour_sums(sums_of(found, "minute")))
            gone = np.setdiff1d(column(found, "tag", np.uint32), parts[-1].tag)
            parts.append(Sums.nothing(gone, np.full(len(gone), hour_us // 1_000_000, np.uint32)))
        self._store_sums(_HOURS, parts)

    # What is stored

    def _store_sums(self, table: str, parts: Sequence[Sums]) -> None:
        if any(len(part) for part in parts):
            sums, start = Sums.concat(parts), "minute" if table == _MINUTES else "hour"
            self._engine.insert(table, sums_block(sums, start, self._versions.next()), {})

    def _mark(self, name: str) -> int | None:
        found = self._engine.read(f"SELECT at FROM {self._engine.database}.marks FINAL WHERE name = '{name}'")
        at = column(found, "at", np.int64)
        return int(at[0]) if len(at) else None

    def _store_mark(self, name: str, at_us: int) -> None:
        types = {"name": "String", "at": "DateTime64(6, 'UTC')", "version": "UInt64"}
        columns: list[Column] = [[name], np.array([at_us]), np.array([self._versions.next()], np.uint64)]
        self._engine.insert("marks", encode(types, columns), {})

    def _noted(self) -> Windows:
        """What the store says is dirty: whole hours, because a note does not say which minutes."""
        found = self._engine.read(
            f"SELECT minute, tag FROM {self._engine.database}.dirty FINAL WHERE done = 0 ORDER BY minute, tag"
        )
        minute_s = column(found, "minute", np.int64)
        key = (minute_s * 1_000_000 // HOUR_US).astype(np.uint64) << np.uint64(32)
        key |= column(found, "tag", np.uint32).astype(np.uint64)
        odd = minute_s * 1_000_000 % HOUR_US != 0  # a store from before hours were noted says minutes
        if odd.any():
            self._store_dirty(np.unique(key[odd]), done=0, version=self._versions.next())
            self._store_notes(minute_s[odd], column(found, "tag", np.uint32)[odd], 1, self._versions.next())
        return Windows.of(key, np.full(len(key), WHOLE_HOUR, np.uint64))

    def _store_dirty(self, key: Keys, *, done: int, version: int) -> None:
        hour_s = (key >> np.uint64(32)).astype(np.int64) * (HOUR_US // 1_000_000)
        self._store_notes(hour_s, (key & np.uint64(2**32 - 1)).astype(np.uint32), done, version)

    def _store_notes(self, start_s: NDArray[np.int64], tag: NDArray[np.uint32], done: int, version: int) -> None:
        if not len(tag):
            return
        types = {"minute": "DateTime('UTC')", "tag": "UInt32", "done": "UInt8", "version": "UInt64"}
        columns: list[Column] = [
            start_s.astype(np.uint32),
            tag,
            np.full(len(tag), done, np.uint8),
            np.full(len(tag), version, np.uint64),
        ]
        self._engine.insert("dirty", encode(types, columns), {})
