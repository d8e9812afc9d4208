"""Turns the columns of a history file into numbers, and says which cells cannot be.

Every column is converted whole where that works. Where it does not, a pattern finds the cells that are not of the
form, and only cells of the right form that are still wrong (the 29th of February) are looked for one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from didymium.acquire.refusals import Refusal

UTC_US: Final = pa.timestamp("us", "UTC")
LOCAL_US: Final = pa.timestamp("us")
ZONE: Final = r"\d[T ]\d\d.*([zZ]|[+-]\d\d(:?\d\d)?)$"
TIME: Final = (
    r"^\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|[12]\d))"
    r"([T ]([01]\d|2[0-3])(:?[0-5]\d(:?[0-5]\d(\.\d+)?)?)?)?([zZ]|[+-]\d\d(:?\d\d)?)?$"
)
FINE_FRACTION: Final = r"(\.\d{6})\d+"
NUMBER: Final = r"(?i)^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)$"
WHOLE: Final = r"^-?\d{1,18}$"
TIME_HINT: Final = "expected a time like 2026-05-01T08:00:00Z or 2026-05-01 08:00:00.250+08:00"
WHOLE_HINT: Final = "expected whole µs since 1970 UTC"
NUMBER_HINT: Final = "expected a number like 12.5, with a point and without unit or thousands separators"
STATUS_HINT: Final = "expected an OPC UA status code like 0 or 0x80000000"
PROBED: Final = 64
HINTED_PATHS: Final = 20
"""Unknown paths of one column for which the nearest known one is looked for; it takes 10 ms each."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bad:
    """Cells of one column: (k,) ``row`` in the block, ``read`` what stood there, ``hint`` what would be right."""

    cause: Refusal
    row: Ints
    read: pa.Array
    hint: pa.Array | str


def texts(column: pa.Array) -> tuple[pa.Array, list[Bad]]:
    """Return bytes as text without blanks around it; cells that are not UTF-8 come out empty."""
    bad: list[Bad] = []
    try:
        text = column.cast(pa.string())
    except pa.ArrowInvalid:
        cells = column.to_pylist()
        wrong = [row for row, cell in enumerate(cells) if not _is_utf8(cell)]
        read = pa.array([cells[row].decode("gb18030", "replace") for row in wrong])
        bad.append(Bad(Refusal.NOT_UTF8, np.array(wrong), read, "save the file as CSV UTF-8"))
        for row in wrong:
            cells[row] = b""
        text = pa.array(cells, pa.binary()).cast(pa.string())
    return pc.utf8_trim_whitespace(text), bad


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds words."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def empty(column: pa.Array) -> NDArray[np.bool_]:
    """(n,) where a cell says nothing."""
    blank = pc.equal(column, "").fill_null(True) if is_text(column.type) else column.is_null()
    found: NDArray[np.bool_] = blank.to_numpy(zero_copy_only=False)
    return found


def paths(column: pa.Array, row_of: Callable[[str], int], hint: Callable[[str], str]) -> tuple[Ints, list[Bad]]:
    """Return each path's row in the tag table, -1 where there is no such tag."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = [word or "" for word in encoded.dictionary.to_pylist()]
    table = np.array([row_of(word.strip()) for word in words] + [-1], np.int64)
    code = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False).astype(np.int64)
    wrong = np.flatnonzero(table[code] < 0)
    if not len(wrong):
        return table[code], []
    met, first = np.unique(code[wrong], return_index=True)
    hinted = set(met[np.argsort(first)][:HINTED_PATHS].tolist())
    said = [*words, ""]
    hints = [hint(word.strip()) if at in hinted else "there is no such tag" for at, word in enumerate(said)]
    at = pa.array(code[wrong])
    bad = Bad(Refusal.UNKNOWN_TAG, wrong, pa.array(said).take(at), pa.array(hints).take(at))
    return table[code], [bad]


def zoned(column: pa.Array) -> NDArray[np.bool_]:
    """(n,) where a text of a time names its zone."""
    found: NDArray[np.bool_] = pc.match_substring_regex(column, ZONE).fill_null(False).to_numpy(zero_copy_only=False)
    return found


def times(column: pa.Array, zone: str, *, need_zone: bool) -> tuple[Ints, list[Bad]]:
    """Return µs since 1970 UTC. A time that names no zone is of the plant's ``zone``, or wrong with ``need_zone``."""
    if not is_text(column.type):
        exact = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        return _integers(exact if column.type.tz else _local(exact, zone)), _nulls(column, TIME_HINT)
    try:
        column.slice(0, PROBED).cast(UTC_US)  # a cast of many that fails takes a hundred times longer
        return _integers(column.cast(UTC_US)), _nulls(column, TIME_HINT)
    except pa.ArrowInvalid:
        pass
    column = pc.replace_substring_regex(column, FINE_FRACTION, r"\1")
    is_zoned = zoned(column)
    time_us = np.zeros(len(column), np.int64)
    bad: list[Bad] = []
    for rows, kind in ((np.flatnonzero(is_zoned), UTC_US), (np.flatnonzero(~is_zoned), LOCAL_US)):
        some = column.take(pa.array(rows))
        if kind == LOCAL_US and need_zone:
            bad += _without_zone(some, rows, zone)
            continue
        values, wrong = _of_form(some, TIME, kind, _Wrong(Refusal.NOT_A_TIME, TIME_HINT))
        time_us[rows] = _integers(values if kind == UTC_US else _local(values, zone))
        bad += [Bad(one.cause, rows[one.row], one.read, one.hint) for one in wrong]
    return time_us, bad


def _without_zone(some: pa.Array, rows: Ints, zone: str) -> list[Bad]:
    is_time = pc.match_substring_regex(some, TIME).fill_null(False).to_numpy(zero_copy_only=False)
    hint = f"other rows of this file name their zone and this one does not; add Z, or +08:00 and the like (not {zone})"
    found = []
    for mask, cause, right in ((is_time, Refusal.NO_ZONE, hint), (~is_time, Refusal.NOT_A_TIME, TIME_HINT)):
        where = np.flatnonzero(mask)
        if len(where):
            found.append(Bad(cause, rows[where], some.take(pa.array(where)), right))
    return found


def integers(column: pa.Array) -> tuple[Ints, list[Bad]]:
    """Return whole numbers."""
    values, bad = _of_form(column, WHOLE, pa.int64(), _Wrong(Refusal.NOT_A_TIME, WHOLE_HINT))
    return _integers(values), [*bad, *_nulls(column, WHOLE_HINT)]


def numbers(column: pa.Array) -> tuple[NDArray[np.float64], list[Bad]]:
    """Return floats; an empty cell is NaN."""
    if is_text(column.type):
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values, bad = _of_form(column, NUMBER, pa.float64(), _Wrong(Refusal.NOT_A_NUMBER, NUMBER_HINT))
    return values.fill_null(np.nan).to_numpy(zero_copy_only=False), bad


def statuses(column: pa.Array) -> tuple[NDArray[np.uint32], list[Bad]]:
    """Return OPC UA status codes, written as numbers or as 0x80000000; an empty cell is Good."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    read = np.array([_status(word) for word in words] + [0], np.int64)
    code = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False).astype(np.int64)
    found = read[code]
    wrong = np.flatnonzero(found < 0)
    if not len(wrong):
        return found.astype(np.uint32), []
    said = pa.array([str(word) for word in words]).take(pa.array(code[wrong]))
    return np.maximum(found, 0).astype(np.uint32), [Bad(Refusal.NOT_A_STATUS, wrong, said, STATUS_HINT)]


def _status(word: object) -> int:
    try:
        status = int(str(word).strip() or "0", 0)
    except ValueError:
        return -1
    return status if 0 <= status < 2**32 else -1


def _local(part: pa.Array, zone: str) -> pa.Array:
    return pc.assume_timezone(part, zone, ambiguous="earliest", nonexistent="latest")


def _integers(column: pa.Array) -> Ints:
    whole: Ints = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return whole


def _nulls(column: pa.Array, hint: str) -> list[Bad]:
    if not column.null_count:
        return []
    where = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))
    return [Bad(Refusal.NOT_A_TIME, where, pa.array([""] * len(where)), hint)]


@dataclass(frozen=True, slots=True)
class _Wrong:
    cause: Refusal
    hint: str


def _of_form(column: pa.Array, form: str, kind: pa.DataType, wrong: _Wrong) -> tuple[pa.Array, list[Bad]]:
    """Convert to ``kind``; cells that cannot be are null in the answer and told."""
    try:
        return column.cast(kind), []
    except pa.ArrowInvalid:
        pass
    said = column
    if is_text(column.type):
        fits = pc.match_substring_regex(column, form)
        column = pc.if_else(fits, column, pa.scalar(None, column.type))
    pieces: list[pa.Array] = []

    def convert(low: int, high: int) -> None:
        piece = column.slice(low, high - low)
        try:
            pieces.append(piece.cast(kind))
        except pa.ArrowInvalid:
            if high - low == 1:
                pieces.append(pa.nulls(1, kind))
                return
            middle = (low + high) // 2
            convert(low, middle)
            convert(middle, high)

    convert(0, len(column))
    values = pa.concat_arrays(pieces)
    lost = np.flatnonzero(pc.and_(values.is_null(), said.is_valid()).to_numpy(zero_copy_only=False))
    if not len(lost):
        return values, []
    return values, [Bad(wrong.cause, lost, _said(said, lost), wrong.hint)]


def _said(column: pa.Array, rows: Sequence[int] | Ints) -> pa.Array:
    some = column.take(pa.array(rows))
    return some if is_text(some.type) else pa.array([str(cell) for cell in some.to_pylist()], pa.string())
