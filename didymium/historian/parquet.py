"""A day's readings as Parquet: sorted by tag and time, in row groups of a few tags, every column bit for bit.

``value`` is kept as the store keeps it: ``mantissa`` and ``form`` (see ``exact``), because integers of one scale are
little more than half as large as floats. Any reader of Parquet gets the value of forms up to 18 by
``mantissa / 10 ** form``.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from didymium.historian.exact import of_mantissas
from didymium.historian.truth import Stored

GROUP_ROWS: Final = 1 << 18
"""Rows of a row group at most: three tags' day at one reading a second, read in 9 ms."""
SCHEMA: Final = pa.schema(
    [
        ("tag", pa.uint32()),
        ("time", pa.timestamp("us", "UTC")),
        ("mantissa", pa.int64()),
        ("form", pa.uint8()),
        ("status", pa.uint32()),
        ("flags", pa.uint8()),
        ("known_s", pa.uint32()),
    ]
)
_COUNTED: Final = ("time", "mantissa")
"""Columns of neighbouring numbers: their differences are kept. The others hold few different values."""

Rows = tuple[
    NDArray[np.uint32],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.uint32],
    NDArray[np.uint8],
    NDArray[np.uint32],
]
"""Columns of equal length n as in ``SCHEMA``: tag, time µs UTC, mantissa, form, status, flags, known_s."""


class Writer:
    """Writes one file; rows come in tag order, and a tag's rows all at once."""

    def __init__(self, sink: Any) -> None:
        self._file = pq.ParquetWriter(
            sink,
            SCHEMA,
            compression="zstd",
            compression_level=3,
            use_dictionary=[name for name in SCHEMA.names if name not in _COUNTED],
            column_encoding=dict.fromkeys(_COUNTED, "DELTA_BINARY_PACKED"),
            write_statistics=["tag"],
        )
        self.digest = Digest()
        self.rows = 0

    def write(self, rows: Rows) -> None:
        """Rows by tag and time, cut into row groups between tags where that is possible."""
        self.digest.add(rows)
        self.rows += len(rows[0])
        for start, end in group_cuts(rows[0]):
            self._file.write_table(table_of(tuple(each[start:end] for each in rows)), row_group_size=GROUP_ROWS)

    def close(self) -> None:
        self._file.close()


class Digest:
    """A sum over columns that sees every bit and the order of rows, whatever the blocks in which they come."""

    def __init__(self) -> None:
        self._marks = [blake2b(digest_size=16) for _ in SCHEMA.names]

    def add(self, rows: Sequence[NDArray[Any]]) -> None:
        for mark, each in zip(self._marks, rows, strict=True):
            mark.update(np.ascontiguousarray(each).view(np.uint8).data)

    def text(self) -> str:
        """The digest in hexadecimal."""
        return blake2b(b"".join(mark.digest() for mark in self._marks), digest_size=16).hexdigest()


def group_cuts(tag: NDArray[np.uint32]) -> list[tuple[int, int]]:
    """Row ranges of at most ``GROUP_ROWS`` that end between tags; a tag with more rows gets groups of its own."""
    ends = np.append(np.flatnonzero(np.diff(tag)) + 1, len(tag)).tolist() if len(tag) else []
    cuts: list[tuple[int, int]] = []
    start = last = 0
    for end in ends:
        if end - start > GROUP_ROWS and last > start:
            cuts.append((start, last))
            start = last
        while end - start > GROUP_ROWS:
            cuts.append((start, start + GROUP_ROWS))
            start += GROUP_ROWS
        last = end
    if last > start:
        cuts.append((start, last))
    return cuts


def table_of(rows: Sequence[NDArray[Any]]) -> pa.Table:
    """The columns as the file has them."""
    return pa.table([pa.array(each).cast(field.type) for each, field in zip(rows, SCHEMA, strict=True)], schema=SCHEMA)


def rows_of(table: pa.Table) -> Rows:
    """The columns of a table of the file."""
    columns = [table.column(name).combine_chunks() for name in SCHEMA.names]
    columns[1] = columns[1].cast(pa.int64())
    tag, time_us, mantissa, form, status, flags, known_s = (each.to_numpy(zero_copy_only=False) for each in columns)
    return tag, time_us, mantissa, form, status, flags, known_s


def stored(rows: Rows) -> Stored:
    """The rows as the store's reader gives them."""
    tag, time_us, mantissa, form, status, flags, known_s = rows
    return Stored(tag, time_us, of_mantissas(mantissa, form), status, flags, known_s)


def group_tags(metadata: pq.FileMetaData) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """(g,) the first and (g,) the last tag of each row group."""
    groups = [metadata.row_group(at).column(0).statistics for at in range(metadata.num_row_groups)]
    return np.array([one.min for one in groups], np.uint32), np.array([one.max for one in groups], np.uint32)
