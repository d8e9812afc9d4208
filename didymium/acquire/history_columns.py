"""Turns the columns of a history file into numbers, and says which cells cannot be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bad = tuple[int, str, str]
"""Row in the block, what was read, what would be right."""

LIMIT: Final = 20
"""How many bad cells of one column are looked for."""
ZONE: Final = r"([zZ]|[+-]\d\d:?\d\d)$"
_UTC_US: Final = pa.timestamp("us", "UTC")
TIME_HINT: Final = "expected a time like 2026-05-01T08:00:00Z or 2026-05-01 08:00:00.250+08:00"


def paths(
    column: pa.Array, row_of: Callable[[str], int], hint: Callable[[str], str]
) -> tuple[NDArray[np.int64], list[Bad]]:
    """Return each path's row in the tag table, and the first cell of each unknown path."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = [word or "" for word in encoded.dictionary.to_pylist()]
    table = np.array([row_of(word.strip()) for word in words] + [-1], np.int64)
    code = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False).astype(np.int64)
    bad: list[Bad] = []
    for unknown in np.flatnonzero(table < 0)[: LIMIT + 1].tolist():
        where = np.flatnonzero(code == unknown)
        if len(where):
            word = words[unknown] if unknown < len(words) else ""
            bad.append((int(where[0]), word, hint(word.strip())))
    return table[code], bad


def times(column: pa.Array, zone: str) -> tuple[NDArray[np.int64], list[Bad]]:
    """Return µs since 1970 UTC. A time that names no zone is of the plant's ``zone``."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        zoned = pc.match_substring_regex(column, ZONE)
        if pc.all(zoned, min_count=0).as_py():
            return _cast(column, _UTC_US, _utc, TIME_HINT)
        if not pc.any(zoned, min_count=0).as_py():
            return _cast(column, _UTC_US, lambda part: _utc(_local(part.cast(pa.timestamp("us")), zone)), TIME_HINT)
        return _mixed(column, zoned.to_numpy(zero_copy_only=False), zone)
    if pa.types.is_timestamp(kind):
        exact = column.cast(pa.timestamp("us", kind.tz), safe=False)
        return _integers(_local(exact, zone) if kind.tz is None else exact), _nulls(column, TIME_HINT)
    return np.zeros(len(column), np.int64), [(0, str(kind), "expected a column of times")]


def integers(column: pa.Array, hint: str) -> tuple[NDArray[np.int64], list[Bad]]:
    """Return whole numbers."""
    return _cast(_trimmed(column), pa.int64(), lambda part: part.cast(pa.int64()), hint)


def numbers(column: pa.Array, hint: str, *, empty: bool) -> tuple[NDArray[np.float64], list[Bad]]:
    """Return floats; with ``empty`` a cell may hold nothing, which is NaN."""
    column = _trimmed(column)
    if pa.types.is_string(column.type) and empty:
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values, bad = _cast(column, pa.float64(), lambda part: part.cast(pa.float64()), hint, nulls=not empty)
    return values, bad


def statuses(column: pa.Array) -> tuple[NDArray[np.uint32], list[Bad]]:
    """Return OPC UA status codes, written as numbers or as 0x80000000; an empty cell is Good."""
    hint = "expected an OPC UA status code like 0 or 0x80000000"
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    table = np.zeros(len(words) + 1, np.uint32)
    wrong: list[int] = []
    for code, word in enumerate(words):
        try:
            status = int(str(word).strip() or "0", 0)
        except ValueError:
            status = -1
        if 0 <= status < 2**32:
            table[code] = status
        else:
            wrong.append(code)
    code = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False).astype(np.int64)
    bad = [(int(np.flatnonzero(code == w)[0]), str(words[w]), hint) for w in wrong[:LIMIT]]
    return table[code], bad


def _trimmed(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.utf8_trim_whitespace(column.cast(pa.string()))
    return column


def _utc(part: pa.Array) -> pa.Array:
    return part.cast(_UTC_US)


def _local(part: pa.Array, zone: str) -> pa.Array:
    return pc.assume_timezone(part, zone, ambiguous="earliest", nonexistent="latest")


def _integers(column: pa.Array) -> NDArray[np.int64]:
    return column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)


def _nulls(column: pa.Array, hint: str) -> list[Bad]:
    if not column.null_count:
        return []
    where = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[:LIMIT]
    return [(int(row), "", hint) for row in where]


def _mixed(column: pa.Array, zoned: NDArray[np.bool_], zone: str) -> tuple[NDArray[np.int64], list[Bad]]:
    time_us = np.zeros(len(column), np.int64)
    bad: list[Bad] = []
    for mask, some in ((zoned, "UTC"), (~zoned, zone)):
        rows = np.flatnonzero(mask)
        part, wrong = times(column.take(pa.array(rows)), some)
        time_us[rows] = part
        bad += [(int(rows[row]), read, hint) for row, read, hint in wrong]
    return time_us, bad


def _cast(
    column: pa.Array, kind: pa.DataType, convert: Callable[[pa.Array], pa.Array], hint: str, *, nulls: bool = True
) -> tuple[NDArray, list[Bad]]:  # type: ignore[type-arg]
    """Convert all; where that fails, halve the column to find the cells at fault and put nothing in their place."""
    bad: list[Bad] = []

    def part(low: int, high: int) -> Sequence[pa.Array]:
        piece = column.slice(low, high - low)
        try:
            return [convert(piece)]
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OverflowError):
            if high - low == 1 or len(bad) >= LIMIT:
                if len(bad) < LIMIT:
                    bad.append((low, str(piece[0].as_py()), hint))
                return [pa.nulls(high - low, kind)]
            middle = (low + high) // 2
            return [*part(low, middle), *part(middle, high)]

    pieces = part(0, len(column)) if len(column) else []
    whole = pa.concat_arrays(pieces) if pieces else pa.nulls(0, kind)
    if nulls:
        bad += _nulls(column, hint)
    if pa.types.is_floating(kind):
        return whole.fill_null(np.nan).to_numpy(zero_copy_only=False), bad
    return _integers(whole), bad
