"""The historian: what happened, kept for good."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from didymium.historian import examine, frozen, ledger, migration, reading, registry, schema
from didymium.historian.aggregates.annotated import annotated
from didymium.historian.aggregates.asking import answer, question
from didymium.historian.aggregates.calculation import AggregateValues
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import Aggregate
from didymium.historian.annotations import Annotation, annotate, annotations_of
from didymium.historian.archive import Archive
from didymium.historian.buckets import Buckets, bucketed
from didymium.historian.corrections import Book, Correction, Corrector
from didymium.historian.counts import MinuteCounts, TagCounts, counts, minute_counts, rows_around
from didymium.historian.disk import DiskGuard, DiskState
from didymium.historian.embedded import EmbeddedEngine
from didymium.historian.engine import Engine
from didymium.historian.errors import BadUrl, ShardDown
from didymium.historian.exact import Forms, first_forms
from didymium.historian.examine import Part
from didymium.historian.finding import Finding
from didymium.historian.frozen import Frozen
from didymium.historian.ledger import LedgerRow
from didymium.historian.merging import Merging
from didymium.historian.moving import Moved, Mover
from didymium.historian.newest import Newest, stored
from didymium.historian.points import Points
from didymium.historian.question import checked
from didymium.historian.retention import Retention
from didymium.historian.rollup import Roller
from didymium.historian.scan import Scan
from didymium.historian.sites import Sites, SiteSums
from didymium.historian.summed import Summed
from didymium.historian.versions import Versions
from didymium.historian.writer import Position, Writer
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds

_VERSIONED: Final = (
    "tags",
    "positions",
    "points_1m",
    "points_1h",
    "corrections",
    "annotations",
    "dirty",
    "marks",
    "ledger",
)


def _now_us() -> int:
    return time.time_ns() // 1000


def open_engine(url: str) -> Engine:
    """The engine behind ``chdb:///path`` or ``clickhouse://host:port/database``. Raises ``BadUrl`` and its errors."""
    scheme = urlsplit(url).scheme
    if scheme == "chdb" and url.startswith("chdb:///"):
        return EmbeddedEngine(Path(unquote(url.removeprefix("chdb://"))))
    if scheme == "clickhouse":
        from didymium.historian.server import open_server

        return open_server(url)
    raise BadUrl(url)


class Historian:
    """Every room's way to the store. Synchronous and thread-safe; call it from a pool of named threads.

    All times are µs since 1970 UTC and ranges are ``[from_us, to_us)``. Every method may raise ``EngineError``;
    reads that pass 30 s raise ``QueryTooLong``.
    """

    def __init__(
        self,
        engine: Engine,
        paths: Sequence[str],
        *,
        scale: NDArray[np.float64] | None = None,
        reserve_bytes: int | None = None,
        space: Callable[[], tuple[int, int]] | None = None,
        archive: Archive | None = None,
        now_us: Callable[[], int] | None = None,
    ) -> None:
        """``paths`` are the complex's tags in model order, ``scale`` one over the resolution of their values.

        ``space`` answers free and total bytes of the disk. Days in ``archive`` are read with the store's. ``now_us`` is
        the clock that decides what is late; None is this machine's.
        """
        self._engine = engine
        self._archive = archive
        self._now_us = now_us or (lambda: _now_us())
        migration.prepare(engine)
        versions = Versions(self._last_version())
        self._versions = versions
        self._guard = DiskGuard(engine.where, space or engine.space, reserve_bytes)
        self._merging = Merging(engine, self._guard) if isinstance(engine, EmbeddedEngine) else None
        book = Book(engine)
        scan = Scan(engine)
        self._points = (
            Points(scan, corrected=book.within)
            if archive is None
            else Points(scan, archived=archive.stored, corrected=book.within)
        )
        self._roller = Roller(engine, versions, self._points.unflagged, self._now_us())
        self._ids = registry.settle(engine, versions, paths, self._now_us())
        self._summed = Summed(scan, self._points, self._roller.minutes, lambda: self._roller.hour_mark_us)
        self._sites: Sites | None = None
        # Only where nobody else may write to the store does its writer know the newest.
        self._newest = Newest(Readings.empty()) if isinstance(engine, EmbeddedEngine) else None
        self._newest_loaded = False
        self._mover = None if archive is None else Mover(engine, archive)
        if self._mover is not None:
            self._mover.recover()
        forms = self._forms(scale)
        self._writer = Writer(engine, self._guard, self._roller, versions, forms, self._now_us)
        self._corrector = Corrector(engine, versions, self._points, self._roller, book)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        complex: Complex,  # noqa: A002
        reserve_bytes: int | None = None,
        archive: Archive | None = None,
    ) -> Historian:
        """Open or create the store, migrate it, and settle the complex's tag ids.

        Writing pauses while less than ``reserve_bytes`` of the disk is free; None means 1 GiB or 2 %, whichever is
        more. Raises ``BadUrl``, ``StoreBusy``, ``StoreDamaged``, ``StoreTooNew``, ``BadArchive`` or ``EngineError``.
        """
        engine = open_engine(url)
        try:
            historian = cls(
                engine,
                complex.tags.path,
                scale=complex.tags.scale,
                reserve_bytes=reserve_bytes,
                archive=archive,
            )
            engine.keep_definitions()
        except BaseException:
            engine.close()
            raise
        return historian

    def close(self) -> None:
        """End all connections. What was written is on disk already."""
        self._roller.close()
        if self._merging is not None:
            self._merging.close()
        self._engine.close()

    @property
    def ids(self) -> TagIds:
        """The ids of the complex's tags, in model order."""
        return self._ids

    def positions(self, edge: str) -> Position | None:
        """The edge's last batch whose write was begun: hand in exactly this stretch again after a start."""
        return self._writer.position(edge)

    def write(self, readings: Readings, position: Position) -> int:
        """Store a batch once, durable on return; the number of new rows. Raises ``DiskFull``: try again later."""
        rows = self._writer.write(readings, position)
        self._wrote(readings)
        return rows

    def import_history(self, readings: Readings, token: str) -> int:
        """Store history once under its token. Blocks of a million rows or more are fastest. Raises ``DiskFull``."""
        rows = self._writer.import_history(readings, token)
        self._wrote(readings)
        return rows

    def roll(self, now_us: int) -> int:
        """Do a bounded part of the 1-minute rollup that is due; the minutes done, 0 when nothing is left."""
        return self._roller.roll(now_us)

    def correct(self, readings: Readings, kind: str, who: str, why: str) -> int:
        """Correct values: "insert", "replace" or "delete", all of them or none. Raises ``RefusedCorrection``."""
        self._guard.check()
        return self._corrector.correct(readings, kind, who, why, self._now_us())

    def corrections(self, tag_ids: Sequence[int], from_us: int, to_us: int) -> list[Correction]:
        """Every correction of the tags' values in the range, with who, when and why, by tag, time and version."""
        return self._corrector.listed(tag_ids, from_us, to_us)

    def annotate(self, tag_id: int, time_us: int, text: str, who: str, annotation_id: int | None = None) -> int:
        """Pin words to a moment of a tag, or change those of ``annotation_id``; its id. No text takes them away."""
        self._guard.check()
        written = (tag_id, time_us, text, who, self._now_us(), annotation_id)
        return annotate(self._engine, self._versions, *written)

    def annotations(
        self,
        tag_ids: Sequence[int],
        from_us: int,
        to_us: int,
        *,
        known_at_us: int | None = None,
        every_version: bool = False,
    ) -> list[Annotation]:
        """The annotations in the range by tag and time; with ``every_version`` all that they ever said."""
        return annotations_of(
            self._engine, tag_ids, from_us, to_us, known_at_us=known_at_us, every_version=every_version
        )

    def raw(self, tag_id: int, from_us: int, to_us: int, limit: int, *, known_at_us: int | None = None) -> Readings:
        """The tag's first ``limit`` readings of the range in time order."""
        return reading.raw(self._points, tag_id, from_us, to_us, limit, known_at_us)

    def span(self, tag_ids: Sequence[int], from_us: int, to_us: int, *, known_at_us: int | None = None) -> Readings:
        """Every reading of the tags in the range, by tag and time: one per tag and time, as known now or then."""
        return self._points.known(tag_ids, from_us, to_us, known_at_us)

    def bucketed(
        self, tag_ids: Sequence[int], from_us: int, to_us: int, buckets: int, *, known_at_us: int | None = None
    ) -> Buckets:
        """At most ``buckets`` rows per tag. Over long ranges the edges move out to whole minutes or hours.

        Raises ``ValueError`` for an empty or reversed range and for more rows than an answer may have.
        """
        return bucketed(self._summed, tag_ids, from_us, to_us, buckets, known_at_us)

    def sites(self, from_us: int, to_us: int) -> SiteSums:
        """What each site comes to over all its tags; the ends move out to whole minutes."""
        if self._sites is None:
            self._sites = Sites(self._engine)
        return self._sites.sums(self._summed, from_us, to_us)

    def aggregate(
        self,
        tag_ids: Sequence[int],
        from_us: int,
        to_us: int,
        interval_us: int,
        aggregate: Aggregate,
        configuration: AggregateConfiguration,
        stepped: NDArray[np.bool_],
        *,
        known_at_us: int | None = None,
    ) -> AggregateValues:
        """An OPC UA Part 13 aggregate of each tag over each interval; ``interval_us`` 0 is one interval.

        With ``from_us`` after ``to_us`` time flows backward. Raises ``AggregateError``.
        """
        asked = question(tag_ids, from_us, to_us, interval_us, aggregate, configuration, stepped, known_at_us)
        return answer(asked, self._points.known, partial(annotated, self._engine))

    def newest(self) -> Readings:
        """The newest reading of each tag that has one, by tag."""
        if self._newest is None:
            return stored(self._engine, self._now_us())
        if not self._newest_loaded:
            self._newest.take(stored(self._engine, self._now_us()), self._now_us())
            self._newest_loaded = True
        return self._newest.readings()

    def store_newest(self, readings: Readings) -> None:
        """Keep these as the newest readings, so that a start need not search; older ones never replace newer."""
        if len(readings):
            self._guard.check()
            self._engine.insert("newest", schema.readings_block(readings), {})
            self._note_newest(readings)

    def count(self, from_us: int, to_us: int) -> TagCounts:
        """Rows per tag in the store, counted one by one."""
        return counts(self._engine, from_us, to_us)

    def rows_around(self, tag_ids: NDArray[np.uint32], from_us: int, to_us: int) -> int:
        """About how many rows ``span`` would read of these tags (rising), store and archive; 0 only without any."""
        there = 0 if self._archive is None else self._archive.rows_around(tag_ids, from_us, to_us)
        return there + rows_around(self._engine, tag_ids, from_us, to_us)

    def count_minutes(self, from_us: int, to_us: int) -> MinuteCounts:
        """Readings per site and minute."""
        return minute_counts(self._engine, self._roller.minutes, from_us, to_us)

    def save_ledger(self, rows: Iterable[tuple[str, int, int, int, str]]) -> None:
        """Store (site, minute_us, expected, received, cause); a later row for a site's minute replaces the earlier."""
        ledger.save(self._engine, self._versions, rows)

    def load_ledger(self, from_us: int, to_us: int) -> list[LedgerRow]:
        """The ledger's rows by minute and site."""
        return ledger.load(self._engine, from_us, to_us)

    def move_day(self, retention: Retention, now_us: int, rest: Callable[[float], None]) -> Moved | None:
        """Move the oldest day that is due to the archive; None when none is. Raises ``BadArchive``: try again later.

        ``rest`` is called with the seconds that each piece of work took, to leave the machine to others meanwhile.
        """
        return None if self._mover is None else self._mover.move(retention, now_us, rest)

    def expire(self, retention: Retention, now_us: int) -> int:
        """Forget what no class keeps any longer; the archive's files removed. Raises ``BadArchive``."""
        return 0 if self._mover is None else self._mover.expire(retention, now_us)

    def freeze(self) -> Frozen:
        """Hold the whole store as it is now, for a backup; ``thaw`` it. Raises ``NoFreeze`` for a server's."""
        self.mend()
        return frozen.freeze(self._engine, self._now_us())

    def thaw(self, name: str) -> None:
        """Let go of what was frozen under ``name``."""
        self._engine.thaw(name)

    def watch_disk(self) -> None:
        """Stop merges while the disk is nearly full. Call it every half second."""
        if self._merging is not None:
            self._merging.look()

    def mend(self) -> None:
        """Undo a merge that a full disk cut short. Call it every few seconds, and always within eight minutes."""
        if self._merging is not None:
            self._merging.mend()

    def examine(self) -> list[Finding]:
        """What is damaged or missing, as far as it shows without reading every part."""
        return examine.state(self._engine, () if self._archive is None else self._archive.days)

    def parts(self) -> list[Part]:
        """Every part, to be checked by itself."""
        return examine.parts(self._engine)

    def check_part(self, table: str, name: str) -> list[Finding]:
        """Compare a part's content with its checksums."""
        return examine.part(self._engine, table, name)

    def trouble(self) -> list[str]:
        """What the operator must know: shards that are missing, parts that are broken. Empty is well."""
        missing = self._engine.trouble()
        if self._merging is not None:
            missing += self._merging.trouble()
        if self._archive is not None and self._archive.trouble:
            missing.append(self._archive.trouble)
        with suppress(ShardDown):  # then no server answers, which is told
            missing += self._broken_parts()
        return missing

    def _broken_parts(self) -> list[str]:
        """The parts that the engine set aside."""
        database = self._engine.database
        found = self._engine.read(
            "SELECT table, name, ifNull(reason, '') AS why, bytes_on_disk AS bytes, path,"
            " toString(modification_time) AS at"
            f" FROM system.detached_parts WHERE database = '{database}'"
            " AND (reason LIKE 'broken%' OR reason LIKE 'unexpected%' OR reason LIKE 'noquorum%')"
            " ORDER BY table, name",
            (),
        )
        if not found:
            return []
        columns = (found[name] for name in ("table", "name", "why", "bytes", "at", "path"))
        return [
            f"table {table}: part {name} was set aside as {why} ({size:,} bytes, {at} UTC);"
            f" its rows are missing from every answer. It lies in {path}"
            for table, name, why, size, at, path in zip(*columns, strict=True)
        ]

    def disk(self) -> DiskState:
        """What the store takes and what is left; of a cluster, what the servers that answer have."""
        parts = self._engine.read(
            "SELECT sum(bytes_on_disk) AS bytes, sumIf(bytes_on_disk, table = 'points') AS point_bytes,"
            " sumIf(rows, table = 'points') AS point_rows FROM system.parts"
            f" WHERE database = '{self._engine.database}' AND active",
            (),
        )
        free, _ = self._guard.space()
        rows, point_bytes = int(parts["point_rows"][0]), int(parts["point_bytes"][0])
        return DiskState(
            bytes_used=int(parts["bytes"][0]),
            rows=rows,
            bytes_per_point=point_bytes / rows if rows else float("nan"),
            free_bytes=free,
            paused=self._guard.paused,
        )

    def query(self, sql: str) -> pa.Table:
        """Answer one question in SQL; tables are in the database ``didymium``. Raises ``RefusedQuery``."""
        return self._engine.ask(checked(sql))

    def _note_newest(self, readings: Readings) -> None:
        if self._newest is not None:
            self._newest.take(readings, self._now_us())

    def _wrote(self, readings: Readings) -> None:
        self._note_newest(readings)
        if self._merging is not None:
            self._merging.wrote(len(readings), time.monotonic())

    def _forms(self, scale: NDArray[np.float64] | None) -> Forms:
        forms = np.zeros(int(self._ids.ids.max(initial=0)) + 1, np.uint8)
        if scale is not None:
            forms[self._ids.ids] = first_forms(scale)
        return Forms(forms)

    def _last_version(self) -> int:
        """The highest number stored; of a shard that is down the small tables' numbers stand for its own."""
        big = [table for table in _VERSIONED if table in schema.SHARDED]
        last = self._highest([table for table in _VERSIONED if table not in big])
        with suppress(ShardDown):
            last = max(last, self._highest(big))
        return last

    def _highest(self, tables: Sequence[str]) -> int:
        database = self._engine.database
        each = " UNION ALL ".join(f"SELECT max(version) AS v FROM {database}.{table}" for table in tables)
        return int(self._engine.read(f"SELECT max(v) AS v FROM ({each})")["v"].astype(np.uint64)[0])
