"""Days that left the store: which files hold them, and their rows in answer to the same questions.

The manifest, ``archive.json``, is the truth about what is in the archive; a file that it does not name is not there.
It is replaced as a whole. While a day is ``moving`` the store may hold its rows too; two copies of a row are one
reading to whoever asks (``truth.known``), so nobody sees the change.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from didymium.historian import parquet
from didymium.historian.engine import READ_LIMIT_S
from didymium.historian.errors import BadArchive, QueryTooLong
from didymium.historian.finding import Finding
from didymium.historian.place import Place
from didymium.historian.schema import DAY_US, stored_of
from didymium.historian.truth import Stored

MANIFEST: Final = "archive.json"
TAGS: Final = "tags.json"
FOOTERS_KEPT: Final = 256


class Piece(msgspec.Struct, frozen=True):
    """One file: rows of a day, of the tags from ``first_tag`` to ``last_tag``; ``digest`` is over its columns."""

    file: str
    kind: str
    rows: int
    bytes: int
    digest: str
    first_tag: int
    last_tag: int


class Day(msgspec.Struct, frozen=True):
    """A UTC day, counted from 1970, and its files; ``moving`` until the store has let go of it."""

    day: int
    pieces: tuple[Piece, ...]
    moving: bool = False


class _Manifest(msgspec.Struct, frozen=True):
    days: list[Day]
    format: int = 1


class Archive:
    """The archived days. Any thread may read; one at a time changes it."""

    def __init__(self, url: str, copy: Path | None = None) -> None:
        """``copy`` is a file of ours for the last known manifest: with it, an archive that is away stops nothing else.

        Raises ``BadArchive`` when it cannot be reached or its manifest not read, and there is no copy.
        """
        self.place = Place(url)
        self.trouble = ""
        """Why only the copy of the manifest is known; empty is well. Until then, nothing moves."""
        self._copy = copy
        last = msgspec.json.decode(copy.read_bytes(), type=_Manifest) if copy is not None and copy.exists() else None
        try:
            found = _read(self.place)
            if last is not None and last.days and not found.days:
                self.trouble = f"{url} has no {MANIFEST}, though {len(last.days)} days were moved there: is it mounted?"
        except BadArchive as error:
            if last is None:
                raise
            self.trouble = str(error)
        self._days = {one.day: one for one in (last if self.trouble and last is not None else found).days}
        self._footers: OrderedDict[str, tuple[pq.FileMetaData, NDArray[Any], NDArray[Any]]] = OrderedDict()
        self._keeping = threading.Lock()

    @property
    def days(self) -> dict[int, Day]:
        """Every archived day by its number. Not to be changed."""
        return self._days

    def put(self, days: Iterable[Day]) -> None:
        """Replace these days and store the manifest; a day without pieces is no longer in the archive."""
        if self.trouble:
            if not _read(self.place).days:
                raise BadArchive(self.place.url, self.trouble.removeprefix(f"{self.place.url} "))
            self.trouble = ""
        known = self._days | {one.day: one for one in days}
        kept = {day: one for day, one in sorted(known.items()) if one.pieces or one.moving}
        content = msgspec.json.encode(_Manifest(list(kept.values())))
        try:
            self.place.write(MANIFEST, lambda sink: sink.write(content))
            if self._copy is not None:
                fresh = self._copy.with_suffix(".new")
                fresh.write_bytes(content)
                fresh.replace(self._copy)
        except OSError as error:
            raise BadArchive(self.place.url, f"cannot be written: {error}") from error
        self._days = kept

    def tags(self) -> dict[int, str]:
        """The paths of the tag ids in the files. Raises ``BadArchive``."""
        try:
            with self.place.read(TAGS) as source:
                return msgspec.json.decode(source.read(), type=dict[int, str])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            raise BadArchive(f"{self.place.url}/{TAGS}", f"cannot be read: {error}") from error

    def put_tags(self, tags: Mapping[int, str]) -> None:
        """Store them, so that the files can be understood without the store. Raises ``BadArchive``."""
        content = msgspec.json.encode(dict(sorted(tags.items())))
        try:
            self.place.write(TAGS, lambda sink: sink.write(content))
        except OSError as error:
            raise BadArchive(self.place.url, f"cannot be written: {error}") from error

    def stored(self, tags: Sequence[int], from_us: int, to_us: int) -> Stored:
        """The archived rows of the tags in ``[from_us, to_us)``, by tag and time.

        Raises ``BadArchive`` for a file that is missing or damaged, and ``QueryTooLong`` after 30 s.
        """
        days = self._days
        if not days or not len(tags) or to_us <= from_us:
            return stored_of({})
        wanted = np.unique(np.asarray(tags, np.uint32))
        deadline = time.monotonic() + READ_LIMIT_S
        found: list[Stored] = []
        for day in _reached(days, from_us // DAY_US, (to_us - 1) // DAY_US):
            for piece in day.pieces:
                if not _any_within(wanted, np.array([piece.first_tag]), np.array([piece.last_tag]))[0]:
                    continue
                if time.monotonic() > deadline:
                    raise QueryTooLong(0, f"the archive was read for {READ_LIMIT_S} s: ask for fewer days or tags")
                rows = self._rows(piece, wanted, from_us, to_us)
                if len(rows):
                    found.append(rows)
        return _merged(found)

    def rows_around(self, tags: NDArray[np.uint32], from_us: int, to_us: int) -> int:
        """About how many rows of the tags (rising) lie in ``[from_us, to_us)``, 0 only without any.

        Counted are row groups, for as much of their day as the range covers. Raises ``BadArchive``.
        """
        rows = 0
        for day in _reached(self._days, from_us // DAY_US, (to_us - 1) // DAY_US):
            covered = min(to_us, (day.day + 1) * DAY_US) - max(from_us, day.day * DAY_US)
            for piece in day.pieces:
                if _any_within(tags, np.array([piece.first_tag]), np.array([piece.last_tag]))[0]:
                    footer, first, last = self._opened(piece)
                    groups = np.flatnonzero(_any_within(tags, first, last)).tolist()
                    here = sum(footer.row_group(group).num_rows for group in groups)
                    rows += -(-here * covered // DAY_US)
        return rows

    def _rows(self, piece: Piece, wanted: NDArray[np.uint32], from_us: int, to_us: int) -> Stored:
        footer, first, last = self._opened(piece)
        try:
            groups = np.flatnonzero(_any_within(wanted, first, last)).tolist()
            if not groups:
                return stored_of({})
            with self.place.read(piece.file) as source:
                table = pq.ParquetFile(source, metadata=footer).read_row_groups(groups, use_threads=len(groups) > 1)
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(piece, error) from error
        rows = parquet.rows_of(table)
        mine = np.isin(rows[0], wanted) & (rows[1] >= from_us) & (rows[1] < to_us)
        taken = rows if mine.all() else tuple(each[mine] for each in rows)
        return parquet.stored(taken)  # type: ignore[arg-type]

    def _opened(self, piece: Piece) -> tuple[pq.FileMetaData, NDArray[np.uint32], NDArray[np.uint32]]:
        try:
            return self._footer(piece)
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(piece, error) from error

    def _unreadable(self, piece: Piece, error: Exception) -> BadArchive:
        return BadArchive(
            f"{self.place.url}/{piece.file}",
            f"cannot be read ({error}): put it back from a backup; didymium historian check names all such files",
        )

    def _footer(self, piece: Piece) -> tuple[pq.FileMetaData, NDArray[np.uint32], NDArray[np.uint32]]:
        """The file's own directory, which takes longer to read than a tag's day: the last ones are kept."""
        with self._keeping:
            known = self._footers.get(piece.file)
            if known is not None:
                self._footers.move_to_end(piece.file)
                return known
        with self.place.read(piece.file) as source:
            metadata = pq.ParquetFile(source).metadata
        made = (metadata, *parquet.group_tags(metadata))
        with self._keeping:
            self._footers[piece.file] = made
            while len(self._footers) > FOOTERS_KEPT:
                self._footers.popitem(last=False)
        return made

    def check(self, told: Callable[[int, int], None]) -> list[Finding]:
        """Read every file and compare. ``told`` hears bytes read so far and in all."""
        pieces = [piece for day in self._days.values() for piece in day.pieces]
        total, done = sum(piece.bytes for piece in pieces), 0
        wrong: list[Finding] = []
        for piece in pieces:
            told(done, total)
            fault = self.fault(piece)
            if fault:
                lost = f"answers that need its {piece.rows:,} rows fail"
                what = f"archive file {self.place.url}/{piece.file} {fault}: {lost}"
                wrong.append(
                    Finding(what, "restore the newest backup into another folder and copy the file from there")
                )
            done += piece.bytes
        told(total, total)
        named = {piece.file for piece in pieces}
        spare = [name for name in self.place.names() if name not in named and name.endswith((".parquet", ".new"))]
        if spare:
            what = f"{len(spare)} files in the archive {self.place.url} belong to no day: {', '.join(spare[:3])}"
            wrong.append(Finding(what, "a move that was cut off leaves such; remove them"))
        return wrong

    def fault(self, piece: Piece) -> str:
        """What is wrong with a file, empty when it is as it was written."""
        size = self.place.size(piece.file)
        if size is None:
            return "is missing"
        if size != piece.bytes:
            return f"has {size:,} bytes, {piece.bytes:,} were written"
        digest = parquet.Digest()
        try:
            with self.place.read(piece.file) as source:
                for batch in pq.ParquetFile(source).iter_batches(parquet.GROUP_ROWS):
                    digest.add(parquet.rows_of(pa.Table.from_batches([batch])))
        except (OSError, pa.ArrowException) as error:
            return f"cannot be read ({error})"
        return "" if digest.text() == piece.digest else "has other content than was written"


def _read(place: Place) -> _Manifest:
    try:
        with place.read(MANIFEST) as source:
            content = source.read()
    except FileNotFoundError:
        return _Manifest([])
    except OSError as error:
        raise BadArchive(place.url, f"cannot be reached: {error}") from error
    try:
        found = msgspec.json.decode(content, type=_Manifest)
    except msgspec.MsgspecError as error:
        raise BadArchive(
            f"{place.url}/{MANIFEST}", f"is damaged ({error}): put it back from a backup, which holds its last state"
        ) from error
    if found.format > 1:
        raise BadArchive(place.url, f"has format {found.format}, this program knows 1: use a later program")
    return found


def _reached(days: dict[int, Day], first: int, last: int) -> Iterable[Day]:
    return (one for day, one in days.items() if first <= day <= last)


def _any_within(wanted: NDArray[Any], first: NDArray[Any], last: NDArray[Any]) -> NDArray[np.bool_]:
    """(g,) whether one of the sorted ``wanted`` lies in ``[first, last]`` of each."""
    return np.searchsorted(wanted, last, side="right") > np.searchsorted(wanted, first, side="left")


def _merged(found: Sequence[Stored]) -> Stored:
    """All rows by tag and time."""
    if len(found) <= 1:
        return found[0] if found else stored_of({})
    names = ("tag", "time_us", "value", "status", "flags", "known_s")
    columns = [np.concatenate([getattr(one, name) for one in found]) for name in names]
    order = np.lexsort((columns[1], columns[0]))
    return Stored(*(each[order] for each in columns))
