"""DataChangeNotifications of one OPC UA subscription, encoded by one compiled pass over its monitored items.

The binary form is Part 6, §5.2.2.17: client handle, then a DataValue with its mask, a scalar Variant, status code,
source and server time. A Bad value is sent without a Variant, because its value is to be ignored (Part 4, §7.39.1).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from asyncua import ua
from numba import njit
from numpy.typing import NDArray

from didymium.model.plant import Kind
from didymium.model.status import BAD
from didymium.twin.servers.moment import Moment

VARIANT_OF: Final = {
    Kind.ANALOG: ua.VariantType.Double,
    Kind.COUNTER: ua.VariantType.Double,
    Kind.BOOL: ua.VariantType.Boolean,
    Kind.ENUM: ua.VariantType.Int32,
    Kind.INT: ua.VariantType.Int32,
    Kind.BITS: ua.VariantType.Int64,
    Kind.ID: ua.VariantType.Int64,
}
ITEM_BYTES_MAX: Final = 40
EPOCH_TICKS: Final = 116_444_736_000_000_000
"""100 ns ticks from 1601, where OPC UA's clock begins, to 1970."""
TICKS_PER_US: Final = 10
NO_DIAGNOSTICS: Final = struct.pack("<i", 0)
_DATA_CHANGE: Final = ua.NodeId(ua.ObjectIds.DataChangeNotification_Encoding_DefaultBinary)

_BOOLEAN: Final = int(ua.VariantType.Boolean.value)
_INT32: Final = int(ua.VariantType.Int32.value)
_INT64: Final = int(ua.VariantType.Int64.value)
_BAD: Final = np.uint32(BAD)
_VALUE, _STATUS, _SOURCE, _SERVER = 0x01, 0x02, 0x04, 0x08
_TRIGGER_STATUS: Final = int(ua.DataChangeTrigger.Status)
_TRIGGER_TIMESTAMP: Final = int(ua.DataChangeTrigger.StatusValueTimestamp)


@dataclass(frozen=True, slots=True)
class Watched:
    """The monitored items of a subscription as columns.

    ``trigger`` holds DataChangeTrigger codes and ``deadband`` absolute deadbands (0 for none); ``last_value`` and
    ``last_status`` are what the client was told, and are written by ``changes``.
    """

    handle: NDArray[np.uint32]
    row: NDArray[np.intp]
    kind: NDArray[np.uint8]
    trigger: NDArray[np.uint8]
    deadband: NDArray[np.float64]
    last_value: NDArray[np.float64]
    last_status: NDArray[np.uint32]
    buffer: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Changes:
    """``count`` encoded MonitoredItemNotifications."""

    count: int
    body: bytes


def changes(watched: Watched, moment: Moment) -> Changes:
    """Return the notifications that the moment causes."""
    ticks = moment.time_us * TICKS_PER_US + EPOCH_TICKS
    count, size = _encode(
        watched.buffer,
        watched.handle,
        watched.row,
        watched.kind,
        watched.trigger,
        watched.deadband,
        watched.last_value,
        watched.last_status,
        moment.value,
        moment.status,
        ticks,
    )
    return Changes(count, watched.buffer[:size].tobytes())


def notification(parts: list[Changes]) -> ua.ExtensionObject:
    """Join changes, oldest first, to one DataChangeNotification, already encoded."""
    count = struct.pack("<i", sum(part.count for part in parts))
    return ua.ExtensionObject(_DATA_CHANGE, b"".join((count, *(part.body for part in parts), NO_DIAGNOSTICS)))


@njit(cache=True, inline="always")
def _word(out: NDArray[np.uint8], at: int, number: np.uint64, width: int) -> int:
    for k in range(width):
        out[at + k] = np.uint8((number >> np.uint64(8 * k)) & np.uint64(255))
    return at + width


@njit(cache=True)
def _encode(
    out: NDArray[np.uint8],
    handle: NDArray[np.uint32],
    row: NDArray[np.intp],
    kind: NDArray[np.uint8],
    trigger: NDArray[np.uint8],
    deadband: NDArray[np.float64],
    last_value: NDArray[np.float64],
    last_status: NDArray[np.uint32],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    ticks: int,
) -> tuple[int, int]:
    word = np.empty(1, np.float64)
    bits = word.view(np.uint64)
    at = count = 0
    for i in range(len(handle)):
        v, code, what = value[row[i]], status[row[i]], kind[i]
        moved = code != last_status[i] or trigger[i] == _TRIGGER_TIMESTAMP
        if not moved and trigger[i] != _TRIGGER_STATUS:
            same = v == last_value[i] or (np.isnan(v) and np.isnan(last_value[i]))
            moved = not same and not abs(v - last_value[i]) <= deadband[i]
        if not moved:
            continue
        last_value[i], last_status[i] = v, code
        count += 1
        at = _word(out, at, np.uint64(handle[i]), 4)
        whole = what in (_BOOLEAN, _INT32, _INT64)
        empty = code >= _BAD or (whole and not np.isfinite(v))
        out[at] = _STATUS | _SOURCE | _SERVER if empty else _VALUE | _STATUS | _SOURCE | _SERVER
        at += 1
        if not empty:
            out[at] = what
            at += 1
            if what == _BOOLEAN:
                out[at] = np.uint8(v != 0)
                at += 1
            elif what == _INT32:
                at = _word(out, at, np.uint64(np.int64(np.rint(v))), 4)
            elif what == _INT64:
                at = _word(out, at, np.uint64(np.int64(np.rint(v))), 8)
            else:
                word[0] = v
                at = _word(out, at, bits[0], 8)
        at = _word(out, at, np.uint64(code), 4)
        at = _word(out, at, np.uint64(ticks), 8)
        at = _word(out, at, np.uint64(ticks), 8)
    return count, at
