"""Reads OPC UA Publish responses (Part 6, binary) into columns, without a Python object per value.

Every read is checked against the end of the buffer, so a truncated or hostile message gives a negative code and never a
wrong address. What the walk does not read (node ids, structures, diagnostics) is ``UNUSUAL``: the caller decodes that
message with the library instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

TRUNCATED: Final = -1
"""The message ends inside a field, or a length in it points beyond its end."""
UNUSUAL: Final = -2
"""Valid perhaps, but of a form that only the library's decoder reads."""

PUBLISH_RESPONSE: Final = 829
REPUBLISH_RESPONSE: Final = 835
SERVICE_FAULT: Final = 397
DATA_CHANGE: Final = 811
STATUS_CHANGE: Final = 820

NO_VALUE: Final = 0
FLOAT: Final = 10
DOUBLE: Final = 11
ARRAY: Final = 0x80
"""Added to the type of an array's elements."""

TICKS_PER_US: Final = 10
EPOCH_US: Final = 11_644_473_600_000_000
"""From 1601, where OPC UA's clock begins, to 1970."""

# Bytes of one element by built-in type (Part 6, §5.1.2); -1 a string with its length, 0 not read here.
_WIDTH: Final = np.array([0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, -1, 8, 16, -1, -1, 0, 0, 4] + [0] * 44, np.int64)


@dataclass(frozen=True, slots=True)
class Head:
    """A Publish response up to its notifications; ``offset`` is where the first of ``count`` begins.

    ``status_code`` is the service's result. Times are µs since 1970 by the server's clock.
    """

    type_id: int
    status_code: int
    sent_us: int
    subscription: int
    more: bool
    sequence: int
    published_us: int
    count: int
    offset: int


@dataclass(frozen=True, slots=True)
class Items:
    """Columns of a DataChangeNotification, all (n,).

    ``source_us`` and ``server_us`` are µs since 1970 and ``MISSING_US`` where the server sent no such time; ``kind``
    is the built-in type id, ``NO_VALUE`` where there was none, plus ``ARRAY``; ``value`` is NaN unless it is a number.
    """

    handle: NDArray[np.uint32]
    value: NDArray[np.float64]
    kind: NDArray[np.uint8]
    status: NDArray[np.uint32]
    source_us: NDArray[np.int64]
    server_us: NDArray[np.int64]

    @classmethod
    def empty(cls, n: int) -> Items:
        return cls(
            np.empty(n, np.uint32),
            np.empty(n, np.float64),
            np.empty(n, np.uint8),
            np.empty(n, np.uint32),
            np.empty(n, np.int64),
            np.empty(n, np.int64),
        )


MISSING_US: Final = np.iinfo(np.int64).min


@njit(cache=True)
def _u16(b: Bytes, p: int) -> Any:
    return np.uint64(b[p]) | np.uint64(b[p + 1]) << np.uint64(8)


@njit(cache=True)
def _u32(b: Bytes, p: int) -> Any:
    return _u16(b, p) | _u16(b, p + 2) << np.uint64(16)


@njit(cache=True)
def _u64(b: Bytes, p: int) -> Any:
    return _u32(b, p) | _u32(b, p + 4) << np.uint64(32)


@njit(cache=True)
def _sized(b: Bytes, p: int, width: int) -> Any:
    """The ``width`` bytes 1, 2, 4 or 8 as an unsigned number; written out because a loop costs twice the time."""
    if width == 8:
        return _u64(b, p)
    if width == 4:
        return _u32(b, p)
    if width == 2:
        return _u16(b, p)
    return np.uint64(b[p])


@njit(cache=True)
def _int32(b: Bytes, p: int) -> Any:
    return np.int64(np.int32(np.uint32(_u32(b, p))))


@njit(cache=True)
def _node_id(b: Bytes, p: int, end: int) -> Any:
    """(code or next position, numeric id) of a NodeId; only the numeric forms occur as type ids."""
    if p >= end:
        return TRUNCATED, 0
    form = b[p]
    if form == 0:
        if p + 2 > end:
            return TRUNCATED, 0
        return p + 2, np.int64(b[p + 1])
    if form == 1:
        if p + 4 > end:
            return TRUNCATED, 0
        return p + 4, np.int64(_u16(b, p + 2))
    if form == 2:
        if p + 7 > end:
            return TRUNCATED, 0
        return p + 7, np.int64(_u32(b, p + 3))
    return UNUSUAL, 0


@njit(cache=True)
def _skip_array(b: Bytes, p: int, end: int, width: int) -> Any:
    """Position after an array of elements ``width`` bytes wide (-1: strings), or a code."""
    if p + 4 > end:
        return TRUNCATED
    n = _int32(b, p)
    p += 4
    if n <= 0:
        return p
    if width >= 0:
        return p + n * width if n <= (end - p) // width else TRUNCATED
    for _ in range(n):
        if p + 4 > end:
            return TRUNCATED
        length = max(_int32(b, p), 0)
        p += 4
        if length > end - p:
            return TRUNCATED
        p += length
    return p


@njit(cache=True)
def _extension(b: Bytes, p: int, end: int) -> Any:
    """(code or next position, type id, body start) of an ExtensionObject; a missing body is empty."""
    p, type_id = _node_id(b, p, end)
    if p < 0:
        return p, 0, 0
    if p >= end:
        return TRUNCATED, 0, 0
    form = b[p]
    p += 1
    if form == 0:
        return p, type_id, p
    if form > 2:
        return UNUSUAL, 0, 0
    if p + 4 > end:
        return TRUNCATED, 0, 0
    length = max(_int32(b, p), 0)
    p += 4
    if length > end - p:
        return TRUNCATED, 0, 0
    return p + length, type_id, p


@njit(cache=True)
def _head(b: Bytes, out: NDArray[np.int64]) -> Any:
    """Fill ``out`` with the nine fields of ``Head`` (times in ticks) and return 0, or return a code."""
    end = len(b)
    p, type_id = _node_id(b, 0, end)
    if p < 0:
        return p
    if p + 17 > end:
        return TRUNCATED
    out[0] = type_id
    out[2] = np.int64(_u64(b, p))
    out[1] = np.int64(_u32(b, p + 12))
    p += 16
    if b[p] != 0:
        return UNUSUAL
    p = _skip_array(b, p + 1, end, -1)
    if p < 0:
        return p
    p, _, _ = _extension(b, p, end)
    if p < 0:
        return p
    if type_id == SERVICE_FAULT:
        return 0
    if type_id == PUBLISH_RESPONSE:
        if p + 4 > end:
            return TRUNCATED
        out[3] = np.int64(_u32(b, p))
        p = _skip_array(b, p + 4, end, 4)
        if p < 0:
            return p
        if p + 1 > end:
            return TRUNCATED
        out[4] = b[p]
        p += 1
    elif type_id != REPUBLISH_RESPONSE:
        return UNUSUAL
    if p + 16 > end:
        return TRUNCATED
    out[5] = np.int64(_u32(b, p))
    out[6] = np.int64(_u64(b, p + 4))
    out[7] = max(_int32(b, p + 12), 0)
    out[8] = p + 16
    return 0


@njit(cache=True)
def notification(b: Bytes, p: int) -> Any:
    """The notification at ``p`` as (its end or a negative code, type id, start of its body)."""
    return _extension(b, p, len(b))


@njit(cache=True)
def item_count(b: Bytes, p: int, end: int) -> Any:
    """Items in the DataChangeNotification whose body is ``b[p:end]``, or a code. An item has at least 5 bytes."""
    if p + 4 > end:
        return TRUNCATED
    n = max(_int32(b, p), 0)
    return n if n <= (end - p - 4) // 5 else TRUNCATED


@njit(cache=True)
def _us(ticks: Any) -> Any:
    """µs since 1970 of a DateTime; 0 and before mean that there is none (Part 6, §5.2.2.5)."""
    return np.int64(ticks) // TICKS_PER_US - EPOCH_US if np.int64(ticks) > 0 else MISSING_US


@njit(cache=True)
def _whole(kind: int, x: Any) -> Any:
    """The value of a Boolean or an integer whose bytes are ``x``."""
    if kind == 1:
        return 1.0 if x != 0 else 0.0
    if kind == 2:
        return np.float64(np.int8(np.uint8(x)))
    if kind == 4:
        return np.float64(np.int16(np.uint16(x)))
    if kind == 6:
        return np.float64(np.int32(np.uint32(x)))
    if kind == 8:
        return np.float64(np.int64(x))
    return np.float64(x)


@njit(cache=True)
def _items(
    b: Bytes,
    p: int,
    end: int,
    n: int,
    width: NDArray[np.int64],
    handle: NDArray[np.uint32],
    value: NDArray[np.float64],
    kind: NDArray[np.uint8],
    status: NDArray[np.uint32],
    source_us: NDArray[np.int64],
    server_us: NDArray[np.int64],
) -> Any:
    """Fill the columns with ``n`` MonitoredItemNotifications from ``b[p:end]``; 0 or a code."""
    wide, narrow = np.empty(1, np.uint64), np.empty(1, np.uint32)
    as_double, as_float = wide.view(np.float64), narrow.view(np.float32)
    for k in range(n):
        if p + 5 > end:
            return TRUNCATED
        handle[k] = np.uint32(_u32(b, p))
        mask = b[p + 4]
        p += 5
        value[k], kind[k], status[k] = np.nan, NO_VALUE, np.uint32(0)
        source_us[k] = server_us[k] = MISSING_US
        if mask & 1:
            if p >= end:
                return TRUNCATED
            form = b[p]
            p += 1
            element = form & 0x3F
            size = width[element]
            if form & 0x80:
                if size == 0:
                    return UNUSUAL
                p = _skip_array(b, p, end, size)
                if p < 0:
                    return p
                kind[k] = element | ARRAY
                if form & 0x40:
                    p = _skip_array(b, p, end, 4)
                    if p < 0:
                        return p
            elif element != 0:
                kind[k] = element
                if size == 0 or form & 0x40:
                    return UNUSUAL
                if size < 0:
                    if p + 4 > end:
                        return TRUNCATED
                    size = 4 + max(_int32(b, p), 0)
                if size > end - p:
                    return TRUNCATED
                if element == DOUBLE:
                    wide[0] = _u64(b, p)
                    value[k] = as_double[0]
                elif element == FLOAT:
                    narrow[0] = np.uint32(_u32(b, p))
                    value[k] = as_float[0]
                elif element < FLOAT:
                    value[k] = _whole(element, _sized(b, p, size))
                p += size
        # StatusCode, source time and its 10 ps units, server time and its 10 ps units (Part 6, §5.2.2.17)
        rest = 0
        rest += 4 if mask & 2 else 0
        rest += 8 if mask & 4 else 0
        rest += 2 if mask & 16 else 0
        rest += 8 if mask & 8 else 0
        rest += 2 if mask & 32 else 0
        if rest > end - p:
            return TRUNCATED
        if mask & 2:
            status[k] = np.uint32(_u32(b, p))
            p += 4
        if mask & 4:
            source_us[k] = _us(_u64(b, p))
            p += 8
        if mask & 16:
            p += 2
        if mask & 8:
            server_us[k] = _us(_u64(b, p))
            p += 8
        if mask & 32:
            p += 2
    return 0


def view(raw: bytes) -> Bytes:
    """The bytes as an array over the same memory."""
    return np.frombuffer(raw, np.uint8)


def head(b: Bytes) -> Head | int:
    """Return the response's head, or ``TRUNCATED`` or ``UNUSUAL``."""
    out = np.zeros(9, np.int64)
    code = int(_head(b, out))
    if code < 0:
        return code
    type_id, status_code, sent, subscription, more, sequence, published, count, offset = out.tolist()
    return Head(
        type_id,
        status_code,
        sent // TICKS_PER_US - EPOCH_US,
        subscription,
        bool(more),
        sequence,
        published // TICKS_PER_US - EPOCH_US,
        count,
        offset,
    )


def items(b: Bytes, start: int, end: int) -> Items | int:
    """Return the columns of the DataChangeNotification whose body is ``b[start:end]``, or a code."""
    n = int(item_count(b, start, end))
    if n < 0:
        return n
    out = Items.empty(n)
    code = int(
        _items(
            b,
            start + 4,
            end,
            n,
            _WIDTH,
            out.handle,
            out.value,
            out.kind,
            out.status,
            out.source_us,
            out.server_us,
        )
    )
    return code if code < 0 else out
