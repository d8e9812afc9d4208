"""Corrections by people: new versions beside the rows as they came, with who, when and why. Nothing is overwritten."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymium.historian import schema, truth
from didymium.historian.engine import Columns, Engine, column
from didymium.historian.errors import RefusedCorrection, ShardDown
from didymium.historian.native import Column, encode
from didymium.historian.points import Points
from didymium.historian.rollup import Roller
from didymium.historian.truth import DELETE, INSERT, REPLACE, Corrections
from didymium.historian.versions import Versions
from didymium.historian.windows import HOUR_US, LAST_US
from didymium.model.readings import Readings
from didymium.model.status import is_good

KINDS: Final = {"insert": INSERT, "replace": REPLACE, "delete": DELETE}
MOST_LISTED: Final = 100_000
MOST_WORDS: Final = 2_000
"""Characters that who and why may have."""
AHEAD_US: Final = 60_000_000
"""So far ahead of now a value may lie: clocks differ a little."""
_TAGS_AT_ONCE: Final = 500
_TYPES: Final = {
    "tag": "UInt32",
    "ts": "DateTime64(6, 'UTC')",
    "kind": "UInt8",
    "value": "Float64",
    "status": "UInt32",
    "at": "DateTime64(6, 'UTC')",
    "who": "String",
    "why": "String",
    "version": "UInt64",
}
_KEPT: Final = "tag, ts, kind, value, status, at, version"


class Correction(NamedTuple):
    """One correction; ``old_value`` and ``old_status`` held before it, None where there was nothing.

    ``value`` and ``status`` are None where it deleted. Times are µs since 1970 UTC.
    """

    tag: int
    time_us: int
    kind: str
    old_value: float | None
    old_status: int | None
    value: float | None
    status: int | None
    at_us: int
    who: str
    why: str


class Book:
    """All corrections in memory, as every read needs those of its range and most stores have few.

    One historian at a time corrects a store, so what it writes it also knows.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._all: Corrections | None = None

    def within(self, tags: Sequence[int], from_us: int, to_us: int) -> Corrections:
        """Those of these tags in ``[from_us, to_us)``, by tag, time and version."""
        with self._lock:
            try:
                known = self._all = self._loaded()
            except ShardDown:
                known = self._read(f" WHERE tag IN ({', '.join(str(int(tag)) for tag in tags)})", tags)
        if len(known) == 0 or len(tags) == 0:
            return Corrections.none()
        asked = np.asarray(tags, np.uint32)
        first = int(np.searchsorted(known.tag, asked.min()))
        end = int(np.searchsorted(known.tag, asked.max(), side="right"))
        near = _rows(known, slice(first, end))
        near = _rows(near, (near.time_us >= from_us) & (near.time_us < to_us))
        return _rows(near, np.isin(near.tag, asked)) if len(asked) > 1 and len(near) else near

    def add(self, made: Corrections) -> None:
        """These were stored."""
        with self._lock:
            if self._all is None:
                return
            pairs = zip(_columns(self._all), _columns(made), strict=True)
            both = Corrections(*(np.concatenate(pair) for pair in pairs))
            self._all = _rows(both, np.lexsort((both.version, both.time_us, both.tag)))

    def _loaded(self) -> Corrections:
        return self._all if self._all is not None else self._read("", None)

    def _read(self, where: str, tags: Sequence[int] | None) -> Corrections:
        database = self._engine.database
        return _corrections_of(
            self._engine.read(
                f"SELECT DISTINCT {_KEPT} FROM {database}.corrections{where} ORDER BY tag, ts, version", tags
            )
        )


class Corrector:
    """Takes corrections in, one call after the other."""

    def __init__(self, engine: Engine, versions: Versions, points: Points, roller: Roller, book: Book) -> None:
        self._engine = engine
        self._versions = versions
        self._points = points
        self._roller = roller
        self._book = book
        self._alone = threading.Lock()

    def correct(self, readings: Readings, kind: str, who: str, why: str, now_us: int) -> int:
        """Store one correction per row, all or none; the number of rows. Raises ``RefusedCorrection``.

        "insert" gives values where none are known, "replace" and "delete" change those that are; of "delete" values
        and statuses are not looked at.
        """
        readings = _ordered(readings)
        _check(readings, kind, who, why, now_us)
        with self._alone, self._engine.writing():
            for part in _near_each_other(readings):
                self._check_part(part, kind)
            with self._roller.minutes.filling(readings.tag, readings.time_us) as late:
                self._roller.note(late.fresh)
                made = _made(readings, KINDS[kind], now_us, self._versions.next())
                columns: list[Column] = [
                    *_columns(made)[:-1],
                    [who.strip()] * len(made),
                    [why.strip()] * len(made),
                    made.version,
                ]
                self._engine.insert("corrections", encode(_TYPES, columns), {})
                self._book.add(made)
        return len(readings)

    def _check_part(self, part: Readings, kind: str) -> None:
        """Refuse to insert what is there, and to change what is not."""
        tags = np.unique(part.tag).tolist()
        there = self._points.known(tags, int(part.time_us.min()), int(part.time_us.max()) + 1)
        wrong = _found(there, part.tag, part.time_us) == (kind == "insert")
        if not wrong.any():
            return
        row = int(np.flatnonzero(wrong)[0])
        tag, time_us = int(part.tag[row]), int(part.time_us[row])
        if kind == "insert":
            raise RefusedCorrection(tag, time_us, "there is a value at {time} already: replace it instead")
        around = self._points.known([tag], time_us - HOUR_US, time_us + HOUR_US).time_us
        near = around[np.argsort(np.abs(around - time_us), kind="stable")[:2]]
        raise RefusedCorrection(
            tag, time_us, f"there is no value at {{time}} to {kind}", tuple(sorted(int(each) for each in near))
        )

    def listed(self, tags: Sequence[int], from_us: int, to_us: int) -> list[Correction]:
        """Every correction of these tags' values in ``[from_us, to_us)``, at most ``MOST_LISTED``, in their order.

        Ordered by tag, time and when it was made.
        """
        if not tags:
            return []
        found = self._engine.read(
            f"SELECT DISTINCT {_KEPT}, who, why FROM {self._engine.database}.corrections"
            f" WHERE tag IN ({', '.join(str(int(tag)) for tag in tags)})"
            f" AND ts >= {schema.time(from_us)} AND ts < {schema.time(to_us)}"
            f" ORDER BY tag, ts, version LIMIT {MOST_LISTED}",
            tags,
        )
        made = _corrections_of(found)
        came = self._as_they_came(made)
        answer: list[Correction] = []
        who, why = column(found, "who", np.object_), column(found, "why", np.object_)
        kind_of = {number: name for name, number in KINDS.items()}
        before: tuple[float | None, int | None] = (None, None)
        key = (-1, -1)
        for i, (tag, at_us) in enumerate(zip(made.tag.tolist(), made.time_us.tolist(), strict=True)):
            if (tag, at_us) != key:
                key, before = (tag, at_us), came.get((tag, at_us), (None, None))
            kind = kind_of[int(made.kind[i])]
            after = (None, None) if kind == "delete" else (float(made.value[i]), int(made.status[i]))
            told = (int(made.at_us[i]), str(who[i]), str(why[i]))
            answer.append(Correction(tag, at_us, kind, before[0], before[1], after[0], after[1], *told))
            before = after
        return answer

    def _as_they_came(self, made: Corrections) -> dict[tuple[int, int], tuple[float | None, int | None]]:
        """Value and status that the devices gave at the corrected moments."""
        came: dict[tuple[int, int], tuple[float | None, int | None]] = {}
        for part in _near_each_other(Readings.of(made.tag, made.time_us, made.value)):
            tags = np.unique(part.tag).tolist()
            stored = self._points.stored(tags, int(part.time_us.min()), int(part.time_us.max()) + 1, with_known=False)
            rows = truth.known(stored, Corrections.none(), None)
            asked = rows.take(_found(Readings.of(part.tag, part.time_us, part.value), rows.tag, rows.time_us))
            for tag, at_us, value, status in zip(
                asked.tag.tolist(), asked.time_us.tolist(), asked.value.tolist(), asked.status.tolist(), strict=True
            ):
                came[tag, at_us] = (value, status)
        return came


def _check(readings: Readings, kind: str, who: str, why: str, now_us: int) -> None:
    """Refuse what can be refused without a look at the store."""
    if kind not in KINDS:
        raise RefusedCorrection(None, None, f"{kind!r} is no kind of correction: write {', '.join(KINDS)}")
    for name, words in (("who", who), ("why", why)):
        if not words.strip():
            raise RefusedCorrection(None, None, f"a correction says {name}: {name} is empty")
        if len(words) > MOST_WORDS:
            raise RefusedCorrection(None, None, f"{name} has {len(words):,} characters, {MOST_WORDS:,} are the most")
    if not len(readings):
        raise RefusedCorrection(None, None, "nothing is to be corrected: give at least one value")

    def first(rows: NDArray[np.bool_], reason: str) -> None:
        if rows.any():
            row = int(np.flatnonzero(rows)[0])
            raise RefusedCorrection(int(readings.tag[row]), int(readings.time_us[row]), reason)

    twice = np.zeros(len(readings), np.bool_)
    twice[1:] = (np.diff(readings.time_us) == 0) & (np.diff(readings.tag.astype(np.int64)) == 0)
    first(twice, "two values are given for {time}")
    first((readings.time_us < 0) | (readings.time_us >= LAST_US), "{time} is not between 1970 and 2106")
    first(readings.time_us > now_us + AHEAD_US, "{time} is yet to come")
    if kind != "delete":
        first(
            is_good(readings.status) & ~np.isfinite(readings.value),
            "a good value is a number; give the status that says why there is none",
        )


def _ordered(readings: Readings) -> Readings:
    return readings.take(np.lexsort((readings.time_us, readings.tag)))


def _near_each_other(readings: Readings) -> Iterator[Readings]:
    """The rows an hour and some tags at a time, so that no read is large."""
    hour = readings.time_us // HOUR_US
    for each in np.unique(hour):
        part = readings.take(hour == each)
        tags = np.unique(part.tag)
        for at in range(0, len(tags), _TAGS_AT_ONCE):
            last = tags[min(at + _TAGS_AT_ONCE, len(tags)) - 1]
            yield part.take((part.tag >= tags[at]) & (part.tag <= last))


def _found(among: Readings, tag: NDArray[np.uint32], time_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,) whether each tag and time is one of those in ``among``."""
    kind = np.dtype([("tag", np.uint32), ("time_us", np.int64)])
    these, those = np.empty(len(tag), kind), np.empty(len(among), kind)
    these["tag"], these["time_us"] = tag, time_us
    those["tag"], those["time_us"] = among.tag, among.time_us
    return np.isin(these, those)


def _made(readings: Readings, kind: int, at_us: int, version: int) -> Corrections:
    n = len(readings)
    deleted = kind == DELETE
    return Corrections(
        readings.tag,
        readings.time_us,
        np.full(n, kind, np.uint8),
        np.full(n, np.nan) if deleted else readings.value,
        np.zeros(n, np.uint32) if deleted else readings.status,
        np.full(n, at_us, np.int64),
        np.full(n, version, np.uint64),
    )


def _columns(made: Corrections) -> list[NDArray[np.generic]]:
    return [made.tag, made.time_us, made.kind, made.value, made.status, made.at_us, made.version]


def _rows(made: Corrections, rows: NDArray[np.generic] | slice) -> Corrections:
    return Corrections(*(each[rows] for each in _columns(made)))  # type: ignore[arg-type]


def _corrections_of(found: Columns) -> Corrections:
    return Corrections(
        column(found, "tag", np.uint32),
        column(found, "ts", np.int64),
        column(found, "kind", np.uint8),
        column(found, "value", np.float64),
        column(found, "status", np.uint32),
        column(found, "at", np.int64),
        column(found, "version", np.uint64),
    )
