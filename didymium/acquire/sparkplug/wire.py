"""Walks Sparkplug B data payloads (protobuf wire format) into columns, without a Python object per metric.

``frame`` looks at a payload from outside: its time, seq and number of metrics. ``walk`` reads the metrics by alias,
with the types that the birth announced. Every read is checked against the end of its message. What the walk does not
understand (metrics by name, groups, wrong wire types) is ``UNUSUAL``, for the full decoder to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.acquire.sparkplug.protobuf import TRUNCATED, UNUSUAL, Bytes, skip, varint
from didymium.acquire.sparkplug.quality import property_status
from didymium.model import status as codes
from didymium.model.readings import HISTORICAL
from didymium.model.sparkplug import US_PER_MS, DataType

NO_SEQ: Final = -1
NO_TIME: Final = -1
TIME_LIMIT_MS: Final = 253_402_300_800_000
"""The year 10000; what lies behind is no time."""
NOT_OURS: Final = -1
"""Row of a metric that the device has and our model has not."""

# What a walk counts, as positions in its tally; the first three are each followed by an alias or row as the example.
UNKNOWN_ALIAS, NOT_NUMBER, NO_METRIC_TIME, NARROW, HISTORY, TALLY = 0, 2, 4, 6, 7, 8

_INT8, _INT16, _INT32, _INT64 = (int(t) for t in (DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64))
_BOOLEAN, _DATETIME = int(DataType.BOOLEAN), int(DataType.DATETIME)


class Frame(NamedTuple):
    """A payload from outside; ``time_ms`` and ``seq`` are ``NO_TIME`` and ``NO_SEQ`` where it has none."""

    time_ms: int
    seq: int
    metrics: int


@dataclass(frozen=True)
class Table:
    """What births announced, sorted by alias (n,). ``row`` is ``NOT_OURS`` or a position in the line's tags.

    ``device`` numbers the device that may use the alias, ``kind`` is its Sparkplug data type.
    """

    alias: NDArray[np.uint64]
    device: NDArray[np.int32]
    kind: NDArray[np.uint8]
    row: NDArray[np.int64]


class Metrics(NamedTuple):
    """Columns (n,) of the metrics that are ours. ``narrow`` marks values that travelled as 32-bit floats.

    ``tally`` holds counts and examples, see ``UNKNOWN_ALIAS`` and its neighbours.
    """

    row: NDArray[np.int64]
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    narrow: NDArray[np.bool_]
    tally: NDArray[np.int64]


@njit(cache=True)
def _frame(b: Bytes, out: NDArray[np.int64]) -> Any:
    """Fill ``out`` with time, seq and number of metrics; 0 or a code."""
    out[0], out[1], out[2] = NO_TIME, NO_SEQ, 0
    p, end = 0, len(b)
    while p < end:
        # nearly all fields are metrics of less than 128 bytes: step over them at once
        if b[p] == 18 and end - p >= 2 and b[p + 1] < 128 and end - p - 2 >= b[p + 1]:
            p += 2 + int(b[p + 1])
            out[2] += 1
            continue
        key, p = varint(b, p, end)
        if p < 0:
            return TRUNCATED
        field, wire_type = key >> np.uint64(3), key & np.uint64(7)
        if field == 0 or key > np.uint64(0xFFFFFFFF):
            return UNUSUAL
        if field == 1 or field == 3:
            if wire_type != 0:
                return UNUSUAL
            x, p = varint(b, p, end)
            if p < 0:
                return TRUNCATED
            if field == 1:
                out[0] = np.int64(x) if x < np.uint64(TIME_LIMIT_MS) else NO_TIME
            else:
                out[1] = np.int64(x & np.uint64(0x7FFFFFFFFFFFFFFF))
            continue
        if field == 2:
            if wire_type != 2:
                return UNUSUAL
            out[2] += 1
        p = skip(b, p, end, wire_type)
        if p < 0:
            return p
    return 0


@njit(cache=True)
def whole(x: Any, kind: int) -> Any:
    """The value of a Sparkplug integer: it travels unsigned, negative ones as two's complement (§6.4.16)."""
    if kind == _INT8:
        return np.float64(np.int8(np.uint8(x & np.uint64(0xFF))))
    if kind == _INT16:
        return np.float64(np.int16(np.uint16(x & np.uint64(0xFFFF))))
    if kind == _INT32:
        return np.float64(np.int32(np.uint32(x & np.uint64(0xFFFFFFFF))))
    if kind == _INT64:
        return np.float64(np.int64(x))
    if kind == _BOOLEAN:
        return 1.0 if x != 0 else 0.0
    return np.float64(x)


@njit(cache=True)
def _walk(
    b: Bytes,
    payload_ms: int,
    received_us: int,
    device: int,
    t_alias: NDArray[np.uint64],
    t_device: NDArray[np.int32],
    t_kind: NDArray[np.uint8],
    t_row: NDArray[np.int64],
    row: NDArray[np.int64],
    time_us: NDArray[np.int64],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    narrow: NDArray[np.bool_],
    tally: NDArray[np.int64],
) -> Any:
    """Fill the columns from payload ``b``; the number of rows or a code."""
    wide, small = np.empty(1, np.uint64), np.empty(1, np.uint32)
    as_double, as_float = wide.view(np.float64), small.view(np.float32)
    p, size, n, slot = 0, len(b), 0, -1
    while p < size:
        key, p = varint(b, p, size)
        if key != 18:
            p = skip(b, p, size, key & np.uint64(7))
            if p < 0:
                return p
            continue
        length, p = varint(b, p, size)
        if p < 0 or length > np.uint64(size - p):
            return TRUNCATED
        end = p + np.int64(length)
        alias, has_alias = np.uint64(0), False
        ms = np.int64(payload_ms)
        kind = np.uint64(0)
        flag, null, code = np.uint8(0), False, np.uint32(codes.GOOD)
        # form: 0 no value, 1 integer, 2 float, 3 double, 4 boolean, 5 not a number
        form, x = 0, np.uint64(0)
        while p < end:
            key, p = varint(b, p, end)
            if p < 0:
                return TRUNCATED
            field, wire_type = key >> np.uint64(3), key & np.uint64(7)
            if field == 0 or key > np.uint64(0xFFFFFFFF):
                return UNUSUAL
            if wire_type == 0:
                y, p = varint(b, p, end)
                if p < 0:
                    return TRUNCATED
                if field == 2:
                    alias, has_alias = y, True
                elif field == 3:
                    ms = np.int64(y) if y < np.uint64(TIME_LIMIT_MS) else np.int64(NO_TIME)
                elif field == 4:
                    kind = y & np.uint64(0xFF)
                elif field == 5:
                    flag = np.uint8(HISTORICAL) if y != 0 else np.uint8(0)
                elif field == 7:
                    null = y != 0
                elif field == 10:
                    form, x = 1, y & np.uint64(0xFFFFFFFF)
                elif field == 11:
                    form, x = 1, y
                elif field == 14:
                    form, x = 4, y
            elif wire_type == 1:
                if end - p < 8:
                    return TRUNCATED
                if field == 13:
                    x = np.uint64(0)
                    for i in range(8):
                        x |= np.uint64(b[p + i]) << np.uint64(8 * i)
                    form = 3
                p += 8
            elif wire_type == 5:
                if end - p < 4:
                    return TRUNCATED
                if field == 12:
                    x = np.uint64(0)
                    for i in range(4):
                        x |= np.uint64(b[p + i]) << np.uint64(8 * i)
                    form = 2
                p += 4
            elif wire_type == 2:
                start = p
                p = skip(b, p, end, wire_type)
                if p < 0:
                    return p
                if field == 9:
                    length, start = varint(b, start, end)
                    problem, code = property_status(b, start, p)
                    if problem < 0:
                        return problem
                elif field >= 15 and field <= 19:
                    form = 5
                elif field != 1 and field != 8:
                    return UNUSUAL
            else:
                return UNUSUAL
        if not has_alias:
            return UNUSUAL
        # Devices mostly repeat the order of their birth, so the neighbour is tried before the search.
        slot += 1
        if slot >= len(t_alias) or t_alias[slot] != alias:
            slot = int(np.searchsorted(t_alias, alias))
        if slot >= len(t_alias) or t_alias[slot] != alias or t_device[slot] != device:
            if tally[UNKNOWN_ALIAS] == 0:
                tally[UNKNOWN_ALIAS + 1] = np.int64(alias & np.uint64(0x7FFFFFFFFFFFFFFF))
            tally[UNKNOWN_ALIAS] += 1
            slot = -1
            continue
        if t_row[slot] == NOT_OURS:
            continue
        said = np.int64(t_kind[slot]) if kind == 0 else np.int64(kind)
        v = np.nan
        if null or form == 0:
            if code < np.uint32(codes.BAD):
                code = np.uint32(codes.BAD_NO_DATA)
        elif form == 3:
            wide[0] = x
            v = as_double[0]
        elif form == 2:
            small[0] = np.uint32(x)
            v = np.float64(as_float[0])
        elif form == 4:
            v = 1.0 if x != 0 else 0.0
        elif form == 1 and said <= _DATETIME:
            v = whole(x, said)
        else:
            if tally[NOT_NUMBER] == 0:
                tally[NOT_NUMBER + 1] = t_row[slot]
            tally[NOT_NUMBER] += 1
            if code < np.uint32(codes.BAD):
                code = np.uint32(codes.BAD_TYPE_MISMATCH)
        if ms == NO_TIME:
            if tally[NO_METRIC_TIME] == 0:
                tally[NO_METRIC_TIME + 1] = t_row[slot]
            tally[NO_METRIC_TIME] += 1
        row[n] = t_row[slot]
        time_us[n] = received_us if ms == NO_TIME else ms * US_PER_MS
        value[n], status[n], flags[n] = v, code, flag
        narrow[n] = form == 2
        tally[NARROW] += form == 2
        tally[HISTORY] += flag != 0
        n += 1
    return n


def view(payload: bytes) -> Bytes:
    """The bytes as an array over the same memory."""
    return np.frombuffer(payload, np.uint8)


def frame(b: Bytes) -> Frame | int:
    """Return the payload's outside, or a code."""
    out = np.empty(3, np.int64)
    code = int(_frame(b, out))
    return code if code < 0 else Frame(*out.tolist())


def walk(b: Bytes, outside: Frame, received_us: int, device: int, table: Table) -> Metrics | int:
    """Return the metrics of a device's payload that are ours, or a code.

    A metric without its own time has the payload's; without either, ``received_us``.
    """
    n = outside.metrics
    columns = (
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty(n, np.float64),
        np.empty(n, np.uint32),
        np.empty(n, np.uint8),
        np.empty(n, np.bool_),
    )
    tally = np.zeros(TALLY, np.int64)
    kept = int(
        _walk(
            b,
            outside.time_ms,
            received_us,
            device,
            table.alias,
            table.device,
            table.kind,
            table.row,
            *columns,
            tally,
        )
    )
    if kept < 0:
        return kept
    if kept < n:
        columns = tuple(column[:kept] for column in columns)  # type: ignore[assignment]
    return Metrics(*columns, tally)
