"""One part of a MergeTree table: its index, its marks and its columns, read from its folder.

A part never changes. Its rows are sorted by tag and time and cut into granules of some thousand; ``primary.cidx`` has
the tag and time at which each begins, the marks say where its data begin in each column's file. A column whose
values are nearly all 0 is kept sparse: one stream of how many zeros come before each other value, one of these values.
Only what this project's tables use is known here; ``Unreadable`` for everything else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.native import UnknownType, dtype_of
from didymium.historian.parts.checksums import Checksums
from didymium.historian.parts.errors import Unreadable
from didymium.historian.parts.frames import Bytes, fill, plain

Granules = NDArray[np.int64]
Run = tuple[int, int]
"""A first granule and the one after the last."""

_LAST: Final = np.uint64(1 << 62)
"""In a count of zeros: no value follows, because the block that was written ended (SerializationSparse.cpp)."""


class _Kind(msgspec.Struct):
    """How a part keeps a column."""

    name: str
    kind: str
    num_defaults: int
    num_rows: int
    exact_num_defaults: bool = False
    """Else ``num_defaults`` was reckoned from one row in ten, as older ClickHouse does."""


class _Kinds(msgspec.Struct):
    columns: list[_Kind]


class Stream:
    """Where the frames of a column, or of half of a sparse one, lie: a file, and a place in it for every granule."""

    __slots__ = ("edges", "file", "frame", "within")

    def __init__(self, file: str, frame: Granules, within: Granules, edges: Granules | None = None) -> None:
        """Granule g begins ``within[g]`` plain bytes after the start of the frame at ``frame[g]``.

        ``edges`` are the starts of all frames in a file of several streams, sorted; such a one is read by granule.
        """
        self.file, self.frame, self.within, self.edges = file, frame, within, edges

    def reach(self, first: int, end: int) -> tuple[int, int]:
        """From where to where the frames of granules ``first`` to ``end`` lie in the file; −1 is its end."""
        start = int(self.frame[first])
        if self.edges is not None:
            return self._upto(self.edges, start, start)
        until = int(self.frame[end])
        if self.within[end] == 0 and until > start:
            return start, until
        return self._upto(self.frame, start, until)

    @staticmethod
    def _upto(edges: Granules, start: int, last: int) -> tuple[int, int]:
        after = int(np.searchsorted(edges, last, side="right"))
        return start, int(edges[after]) if after < len(edges) else -1


class Part:
    """An opened part. Any thread may read it."""

    def __init__(self, folder: Path, time: str) -> None:
        """``time`` is the column that rows are sorted by after ``tag``. Raises ``Unreadable``."""
        self.folder = folder
        self._streams: dict[str, Stream] = {}
        try:
            self._types = _types(self._text("columns.txt"))
            kinds = msgspec.json.decode(Checksums(folder).file("serialization.json"), type=_Kinds).columns
            packed = plain(self._file("primary.cidx"))
            self.compact = (folder / "data.bin").exists()
            marks = self._compact_marks() if self.compact else self._wide_marks("tag")
            index = packed.view([("tag", "<u4"), ("time", self.dtype(time))])
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Unreadable(f"part {folder.name} went away: {error}") from error
        except (OSError, ValueError, KeyError, IndexError, msgspec.MsgspecError) as error:
            raise Unreadable(f"part {folder.name} has another layout: {error}") from error
        self._kinds = {each.name: each for each in kinds}
        self.index_tag, self.index_time = (np.ascontiguousarray(index[name]) for name in ("tag", "time"))
        """(g + 1,) at which each granule begins; the last ones are of the last row."""
        self.starts: Granules = np.concatenate([[0], np.cumsum(marks[:-1])]).astype(np.int64)
        """(g + 1,) the row at which each granule begins, and the number of rows."""
        if not len(marks) or len(index) != len(marks) or marks[-1] != 0:
            raise Unreadable(f"part {folder.name} has no final mark")
        self._held: dict[str, NDArray[Any]] = {}

    @property
    def granules(self) -> int:
        return len(self.starts) - 1

    @property
    def rows(self) -> int:
        return int(self.starts[-1])

    @property
    def held_bytes(self) -> int:
        """What it takes in memory."""
        marks = sum(each.frame.nbytes + each.within.nbytes for each in list(self._streams.values()))
        return marks + sum(each.nbytes for each in list(self._held.values())) + 20 * len(self.starts)

    def dtype(self, column: str) -> np.dtype[Any]:
        """Raises ``KeyError`` for a column that the part does not have."""
        return self._types[column]

    def column(self, name: str, runs: Sequence[Run]) -> NDArray[Any]:
        """The column's values in these runs of granules, first to last, one after the other. Raises ``Unreadable``."""
        kind = self._kinds.get(name)
        if kind is None or kind.kind not in ("Default", "Sparse") or name not in self._types:
            raise Unreadable(f"part {self.folder.name} has no column {name} that is known here")
        rows = sum(int(self.starts[end] - self.starts[first]) for first, end in runs)
        dtype = self._types[name]
        if kind.exact_num_defaults and kind.num_defaults == kind.num_rows:
            return np.zeros(rows, dtype)
        try:
            if kind.kind == "Default":
                return self._dense(name, dtype, runs, rows)
            return self._sparse(name, dtype, runs, rows)
        except FileNotFoundError as error:
            raise Unreadable(f"part {self.folder.name} went away: {error}") from error
        except (OSError, ValueError, IndexError) as error:
            raise Unreadable(f"part {self.folder.name}, column {name}: {error}") from error

    def held(self, name: str) -> NDArray[Any]:
        """The whole column, kept in memory from then on: for small parts. Raises ``Unreadable``."""
        found = self._held.get(name)
        if found is None:
            found = self._held[name] = self.column(name, [(0, self.granules)])
            found.flags.writeable = False
        return found

    def _dense(self, name: str, dtype: np.dtype[Any], runs: Sequence[Run], rows: int) -> NDArray[Any]:
        stream = self._stream(name)
        out = np.empty(rows, dtype)
        steps = self._steps(runs)
        with _Open(self.folder / stream.file) as file:
            chunks = [file.read(*stream.reach(first, end)) for first, end in steps]
        first, end = np.array(steps, np.int64).T
        fill(chunks, stream.within[first], (self.starts[end] - self.starts[first]) * dtype.itemsize, out)
        return out

    def _sparse(self, name: str, dtype: np.dtype[Any], runs: Sequence[Run], rows: int) -> NDArray[Any]:
        counts, values = self._stream(f"{name}.sparse.idx"), self._stream(name)
        out = np.zeros(rows, dtype)
        at = 0
        with _Open(self.folder / counts.file) as of_counts, _Open(self.folder / values.file) as of_values:
            for first, end in self._steps(runs):
                packed = plain(of_counts.read(*counts.reach(first, end)))[int(counts.within[first]) :]
                length = int(self.starts[end] - self.starts[first])
                places, found = _places(packed, length)
                if found < 0:
                    raise Unreadable(f"part {self.folder.name}, column {name}: its zeros do not fill {length} rows")
                if found:
                    some = np.empty(found, dtype)
                    chunk = of_values.read(*values.reach(first, end))
                    fill([chunk], values.within[first : first + 1], np.array([some.nbytes]), some)
                    out[at + places[:found]] = some
                at += length
        return out

    def _steps(self, runs: Sequence[Run]) -> Sequence[tuple[int, int]]:
        """The runs, granule by granule where a file has several columns in turn."""
        if not self.compact:
            return runs
        return [(g, g + 1) for first, end in runs for g in range(first, end)]

    def _stream(self, name: str) -> Stream:
        if name not in self._streams:
            self._wide_marks(name)
        return self._streams[name]

    def _wide_marks(self, name: str) -> Granules:
        """Read a stream's marks; the rows of each granule."""
        marks = plain(self._file(f"{name}.cmrk2")).view("<i8").reshape(-1, 3)
        frame, within = np.ascontiguousarray(marks[:, 0]), np.ascontiguousarray(marks[:, 1])
        self._streams[name] = Stream(f"{name}.bin", frame, within)
        return marks[:, 2]

    def _compact_marks(self) -> Granules:
        """Read the marks of all streams; the rows of each granule."""
        names = [line.strip() for line in self._text("columns_substreams.txt").splitlines() if line.startswith("\t")]
        marks = plain(self._file("data.cmrk4")).view("<i8").reshape(-1, 2 * len(names) + 1)
        edges = np.unique(marks[:-1, :-1:2])
        for i, name in enumerate(names):
            self._streams[name] = Stream("data.bin", marks[:, 2 * i].copy(), marks[:, 2 * i + 1].copy(), edges)
        return marks[:, -1]

    def _file(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


class _Open:
    """A column's file while it is read."""

    __slots__ = ("_descriptor", "_path")

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> _Open:
        self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def read(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end``; −1 is the file's end."""
        until = os.fstat(self._descriptor).st_size if end < 0 else end
        return os.pread(self._descriptor, until - start, start)


def _types(text: str) -> dict[str, np.dtype[Any]]:
    """The columns of ``columns.txt`` that have a fixed width."""
    types = {}
    for line in text.splitlines()[2:]:
        name, kind = line.strip().split(" ", 1)
        try:
            dtype = dtype_of(kind)
        except UnknownType:
            continue
        if dtype is not None:
            types[name.strip("`")] = dtype
    if "_row_exists" in types:
        raise ValueError("some of its rows are deleted")
    return types


@njit(cache=True, nogil=True)
def _places(packed: Bytes, rows: int) -> tuple[Granules, int]:  # pragma: no cover - compiled
    """The places of the values that are not 0 among so many rows, and their number; −1 where the counts are wrong."""
    places = np.empty(min(len(packed), rows), np.int64)
    count = at = 0
    row = np.int64(0)
    while row < rows:
        zeros = np.uint64(0)
        shift = np.uint64(0)
        more = True
        while more:
            if at == len(packed) or shift > 63:
                return places, -1
            zeros |= np.uint64(packed[at] & 0x7F) << shift
            more = packed[at] >= 0x80
            shift += np.uint64(7)
            at += 1
        if zeros & ~_LAST > np.uint64(rows - row):
            return places, -1
        row += np.int64(zeros & ~_LAST)
        if not zeros & _LAST:
            if row >= rows:
                return places, -1
            places[count] = row
            count += 1
            row += 1
    return places, count
