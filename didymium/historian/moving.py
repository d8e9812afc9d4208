"""Moves old days from the store to the archive, one at a time, and forgets what is old enough.

The steps of a move, of which a crash may separate any two:

1. The day's rows are written to files that no manifest names yet, read back, and compared.
2. Writers wait. If the day still has exactly the rows that were read, the manifest names the files, and the day is
   ``moving``: its rows are now in both, which is one reading to whoever asks.
3. The store drops the day.
4. The manifest says that it is no longer moving; writers go on.

Between 2 and 4 nobody writes, so after a crash there all that the store has of a moving day is in the archive, and
``recover``, before the first write, drops it. Rows that come for an archived day later go to the store, are read
together with the archive's, and are moved to files of their own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian import parquet, schema
from didymium.historian.archive import Archive, Day, Piece
from didymium.historian.engine import Engine, column
from didymium.historian.errors import BadArchive
from didymium.historian.exact import mantissas
from didymium.historian.retention import Retention, TagClass
from didymium.historian.schema import DAY_US

LOG: Final = logging.getLogger(__name__)

READ_ROWS: Final = 1 << 20
"""Rows read from the store at once."""
READ_TAGS: Final = 5_000
FILE_ROWS: Final = 1 << 26
"""Rows of a file at most: its own directory is then read in a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a day: rows in files, rows forgotten because their class is not kept that long."""

    day: int
    rows: int
    bytes: int
    forgotten: int


@dataclass(frozen=True, slots=True)
class _Held:
    """What the store has of a day; the same twice means that no row came in between (merges change neither)."""

    rows: int
    last_block: int


def date_of(day: int) -> date:
    """The date of a day counted from 1970."""
    return datetime.fromtimestamp(day * 86_400, UTC).date()


class Mover:
    """The only one who changes the archive."""

    def __init__(self, engine: Engine, archive: Archive) -> None:
        self._engine = engine
        self._archive = archive

    def recover(self) -> None:
        """Finish a move that was cut off. Call it before the first write.

        Raises ``BadArchive`` when the archive is another complex's.
        """
        if self._archive.trouble:
            if any(one.moving for one in self._archive.days.values()):
                raise BadArchive(
                    self._archive.place.url, f"is away while a day is moved to it: {self._archive.trouble}"
                )
            return
        self._settle_tags()
        for one in list(self._archive.days.values()):
            if one.moving:
                self._drop(one.day)
                self._archive.put([Day(one.day, one.pieces)])

    def move(self, retention: Retention, now_us: int, rest: Callable[[float], None]) -> Moved | None:
        """Move the oldest day that is due; None when none is.

        ``rest`` is called with the seconds that each piece of work took, to leave the machine to others meanwhile.
        """
        due = retention.due(list(self._days()), now_us // DAY_US)
        return self._move(retention, due[0], now_us // DAY_US, rest) if due else None

    def expire(self, retention: Retention, now_us: int) -> int:
        """Forget archived rows, and minutes, of classes that are kept no longer; the files removed."""
        today = now_us // DAY_US
        left = [(one, retention.expired(one, today)) for one in self._archive.days.values()]
        changed = [(before, after) for before, after in left if before.pieces != after.pieces]
        if changed:
            self._archive.put([after for _, after in changed])
        gone = [piece for before, after in changed for piece in before.pieces if piece not in after.pieces]
        for piece in gone:
            self._archive.place.remove(piece.file)
        self._expire_minutes(retention, today)
        return len(gone)

    def _move(self, retention: Retention, day: int, today: int, rest: Callable[[float], None]) -> Moved | None:
        if not self._archive.days:
            self._archive.put_tags(self._tags())
        held = self._held(day)
        pieces: list[Piece] = []
        forgotten = 0
        before = self._archive.days.get(day, Day(day, ()))
        try:
            for one, tags in self._tags_by_class(retention, day):
                if retention.kept(one, day, today):
                    pieces += self._write(day, one, tags, rest)
                else:
                    forgotten += int(tags[:, 1].sum())
            rows = sum(piece.rows for piece in pieces)
            for piece in pieces:
                fault = self._archive.fault(piece)
                if fault:
                    raise BadArchive(f"{self._archive.place.url}/{piece.file}", f"{fault}: the day stays in the store")
            with self._engine.alone():
                if rows + forgotten != held.rows or self._held(day) != held:
                    self._remove(pieces, before)
                    LOG.info("%s: rows came while it was moved; it is moved later", date_of(day))
                    return None
                known = {piece.file for piece in before.pieces}
                all_pieces = (*before.pieces, *(piece for piece in pieces if piece.file not in known))
                self._archive.put([Day(day, all_pieces, moving=True)])
                self._drop(day)
                self._archive.put([Day(day, all_pieces)])
        except OSError as error:
            self._remove(pieces, before)
            raise BadArchive(
                self._archive.place.url, f"cannot be written ({error}): the day {date_of(day)} stays in the store"
            ) from error
        return Moved(day, rows, sum(piece.bytes for piece in pieces), forgotten)

    def _write(self, day: int, one: TagClass, tags: NDArray[np.int64], rest: Callable[[float], None]) -> list[Piece]:
        """Write a class's rows of a day to as many files as they need. ``tags`` (n, 2): tag id and number of rows."""
        ends = np.cumsum(tags[:, 1])
        cuts = np.flatnonzero(np.diff(ends // FILE_ROWS, prepend=0)).tolist()
        pieces: list[Piece] = []
        for start, end in zip([0, *cuts], [*cuts, len(tags)], strict=True):
            if end > start:
                pieces.append(self._write_file(day, one, tags[start:end], f"{len(pieces)}", rest))
        return pieces

    def _write_file(
        self, day: int, one: TagClass, tags: NDArray[np.int64], number: str, rest: Callable[[float], None]
    ) -> Piece:
        folder = date_of(day).isoformat()
        unnamed = f"{folder}/{one.name}-{number}.new"
        made: list[parquet.Writer] = []

        def fill(sink: Any) -> None:
            writer = parquet.Writer(sink)
            made.append(writer)
            began = time.perf_counter()
            for some in _chunks(tags):
                writer.write(self._rows(day, some))
                rest(time.perf_counter() - began)
                began = time.perf_counter()
            writer.close()

        size = self._archive.place.write(unnamed, fill)
        digest = made[0].digest.text()
        file = f"{folder}/{one.name}-{digest}.parquet"
        self._archive.place.rename(unnamed, file)
        return Piece(file, one.name, made[0].rows, size, digest, int(tags[0, 0]), int(tags[-1, 0]))

    def _rows(self, day: int, tags: NDArray[np.int64]) -> parquet.Rows:
        listed = ", ".join(map(str, tags[:, 0].tolist()))
        found = self._engine.read(
            f"SELECT {schema.POINT_COLUMNS}, known_s FROM {self._engine.database}.points WHERE tag IN ({listed})"
            f" AND ts >= {schema.time(day * DAY_US)} AND ts < {schema.time((day + 1) * DAY_US)} ORDER BY tag, ts"
        )
        return (
            column(found, "tag", np.uint32),
            column(found, "ts", np.int64),
            mantissas(column(found, "low", np.uint8), column(found, "high", np.int64)),
            column(found, "form", np.uint8),
            column(found, "status", np.uint32),
            column(found, "flags", np.uint8),
            column(found, "known_s", np.uint32),
        )

    def _tags_by_class(self, retention: Retention, day: int) -> Iterator[tuple[TagClass, NDArray[np.int64]]]:
        """Each class that has rows on the day with its (n, 2) tag ids, ascending, and numbers of rows."""
        found = self._engine.read(
            f"SELECT tag, count() AS n FROM {self._engine.database}.points WHERE ts >= {schema.time(day * DAY_US)}"
            f" AND ts < {schema.time((day + 1) * DAY_US)} GROUP BY tag ORDER BY tag"
        )
        tags = np.column_stack([column(found, "tag", np.int64), column(found, "n", np.int64)])
        place = retention.class_of(tags[:, 0].astype(np.uint32))
        for at, one in enumerate(retention.classes):
            if (place == at).any():
                yield one, tags[place == at]

    def _days(self) -> dict[int, _Held]:
        """What the store has of each day."""
        found = self._engine.read(
            "SELECT partition_id AS id, sum(rows) AS n, max(max_block_number) AS b FROM system.parts WHERE active"
            f" AND database = '{self._engine.database}' AND table = 'points' GROUP BY partition_id ORDER BY id"
        )
        columns = (column(found, "id", np.object_), column(found, "n", np.int64), column(found, "b", np.int64))
        days = {}
        for name, rows, block in zip(*columns, strict=True):
            text = str(name)
            if len(text) == 8 and int(rows):
                moment = datetime(int(text[:4]), int(text[4:6]), int(text[6:]), tzinfo=UTC)
                days[int(moment.timestamp()) // 86_400] = _Held(int(rows), int(block))
        return days

    def _held(self, day: int) -> _Held:
        return self._days().get(day, _Held(0, 0))

    def _drop(self, day: int) -> None:
        self._engine.command(f"ALTER TABLE {self._engine.database}.points DROP PARTITION ID '{date_of(day):%Y%m%d}'")

    def _remove(self, pieces: list[Piece], before: Day) -> None:
        known = {piece.file for piece in before.pieces}
        for piece in pieces:
            if piece.file not in known:
                self._archive.place.remove(piece.file)

    def _expire_minutes(self, retention: Retention, today: int) -> None:
        """Drop whole months of minutes of classes that keep them no longer."""
        database = self._engine.database
        found = self._engine.read(
            "SELECT partition_id AS id, toInt64(max(max_time)) AS s FROM system.parts WHERE active"
            f" AND database = '{database}' AND table = 'points_1m' GROUP BY partition_id ORDER BY id"
        )
        ages = [(str(name), today - int(last_s) // 86_400) for name, last_s in zip(*_two(found), strict=True)]
        for month, age in ages:
            over = [one for one in retention.classes if one.minutes_days is not None and age > one.minutes_days]
            if len(over) == len(retention.classes):
                self._engine.command(f"ALTER TABLE {database}.points_1m DROP PARTITION ID '{month}'")
                continue
            for mine in (_class_sql(retention, one) for one in over):
                left = self._engine.read(
                    f"SELECT tag FROM {database}.points_1m WHERE _partition_id = '{month}' AND {mine} LIMIT 1"
                )
                if len(column(left, "tag", np.uint32)):
                    self._engine.command(
                        f"ALTER TABLE {database}.points_1m DELETE IN PARTITION ID '{month}' WHERE {mine}"
                    )

    def _tags(self) -> dict[int, str]:
        found = self._engine.read(f"SELECT id, path FROM {self._engine.database}.tags FINAL ORDER BY id")
        ids, paths = column(found, "id", np.int64).tolist(), column(found, "path", np.object_)
        return {int(one): str(path) for one, path in zip(ids, paths, strict=True)}

    def _settle_tags(self) -> None:
        """Keep the paths of the archive's tag ids beside it. Raises ``BadArchive`` where they are another store's."""
        here = self._tags()
        there = self._archive.tags() if self._archive.days else {}
        for one, path in there.items():
            if here.get(one, path) != path:
                raise BadArchive(
                    self._archive.place.url,
                    f"is another store's: its tag {one} is {path}, here it is {here[one]}; choose another archive",
                )
        if self._archive.days and here.items() - there.items():
            self._archive.put_tags(there | here)


def _class_sql(retention: Retention, one: TagClass) -> str:
    if one.tags is not None:
        return f"tag IN ({', '.join(map(str, one.tags.tolist())) or 'NULL'})"
    others = [str(tag) for each in retention.classes if each.tags is not None for tag in each.tags.tolist()]
    return f"tag NOT IN ({', '.join(others)})" if others else "1"


def _two(found: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    return column(found, "id", np.object_), column(found, "s", np.int64)


def _chunks(tags: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Stretches of (n, 2) tags with about ``READ_ROWS`` rows each, always whole tags."""
    start, rows = 0, 0
    for at in range(len(tags)):
        rows += int(tags[at, 1])
        if rows >= READ_ROWS or at + 1 - start == READ_TAGS or at + 1 == len(tags):
            yield tags[start : at + 1]
            start, rows = at + 1, 0
