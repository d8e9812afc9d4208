"""Turns the columns of a data change into readings: our tag ids, one time, doubtful values marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.acquire.grid import Grid
from didymium.acquire.opcua import wire
from didymium.model import status as codes
from didymium.model.readings import Readings

UNSEEN: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Trouble:
    """How many items had it, and the position of the first in the notification."""

    count: int
    first: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Readings of the items whose handle is ours, with what was wrong.

    ``unknown`` handles are dropped. ``not_number`` items are kept as NaN with BadTypeMismatch. ``retyped`` items
    changed from one built-in type to another. ``server_us`` is the newest server time, or ``wire.MISSING_US``.
    """

    readings: Readings
    server_us: int
    unknown: Trouble
    not_number: Trouble
    retyped: Trouble


class Monitored:
    """The tags behind the client handles 0 to n-1 of one subscription, and the type and time each came with last.

    ``ids`` (n,) tag ids and ``grid`` their resolutions, in the order of the handles.
    """

    def __init__(self, ids: NDArray[np.uint32], grid: Grid) -> None:
        self._ids = ids
        self._grid = grid
        self._kind = np.full(len(ids), UNSEEN, np.uint8)
        self.newest_us: NDArray[np.int64] = np.full(len(ids), wire.MISSING_US, np.int64)

    def take(self, items: wire.Items, received_us: int) -> Taken:
        """Return the items as readings. An item without any time is dated ``received_us``."""
        n = len(items.handle)
        rows = np.empty(n, np.int64)
        readings = Readings.of(
            np.empty(n, np.uint32), np.empty(n, np.int64), np.empty(n, np.float64), np.empty(n, np.uint32)
        )
        tally = np.zeros(6, np.int64)
        kept, server_us = _resolve(
            items.handle,
            items.value,
            items.kind,
            items.status,
            items.source_us,
            items.server_us,
            received_us,
            self._ids,
            self._kind,
            self.newest_us,
            rows,
            readings.tag,
            readings.time_us,
            readings.value,
            readings.status,
            tally,
        )
        if kept < n:
            readings = readings.take(slice(0, kept))
        narrow = np.flatnonzero(items.kind == wire.FLOAT)
        if len(narrow) and kept == n:
            readings.value[narrow] = self._grid.snap_rows(readings.value[narrow], rows[narrow])
        elif len(narrow):
            ours = np.flatnonzero(items.kind[items.handle < len(self._ids)] == wire.FLOAT)
            readings.value[ours] = self._grid.snap_rows(readings.value[ours], rows[ours])
        counts = tally.tolist()
        return Taken(readings, int(server_us), *(Trouble(counts[i], counts[i + 1]) for i in (0, 2, 4)))


@njit(cache=True)
def _resolve(
    handle: NDArray[np.uint32],
    value: NDArray[np.float64],
    kind: NDArray[np.uint8],
    status: NDArray[np.uint32],
    source_us: NDArray[np.int64],
    server_us: NDArray[np.int64],
    received_us: int,
    ids: NDArray[np.uint32],
    last_kind: NDArray[np.uint8],
    newest_us: NDArray[np.int64],
    out_row: NDArray[np.int64],
    out_tag: NDArray[np.uint32],
    out_time_us: NDArray[np.int64],
    out_value: NDArray[np.float64],
    out_status: NDArray[np.uint32],
    tally: NDArray[np.int64],
) -> Any:
    """Fill the ``out_`` columns; ``tally`` gets count and first position of unknown, not a number, retyped."""
    n = 0
    newest_server_us = np.int64(wire.MISSING_US)
    for k in range(len(handle)):
        row = np.int64(handle[k])
        if row >= len(ids):
            if tally[0] == 0:
                tally[1] = k
            tally[0] += 1
            continue
        time_us = source_us[k]
        if time_us == wire.MISSING_US:
            time_us = server_us[k]
        if time_us == wire.MISSING_US:
            time_us = received_us
        newest_server_us = max(newest_server_us, server_us[k])
        newest_us[row] = max(newest_us[row], time_us)
        code = status[k]
        if kind[k] == wire.NO_VALUE:
            if code < np.uint32(codes.BAD):
                code = np.uint32(codes.BAD_NO_DATA)
        else:
            if kind[k] > wire.DOUBLE:
                if tally[2] == 0:
                    tally[3] = k
                tally[2] += 1
                if code < np.uint32(codes.BAD):
                    code = np.uint32(codes.BAD_TYPE_MISMATCH)
            if last_kind[row] != kind[k]:
                if last_kind[row] != UNSEEN:
                    if tally[4] == 0:
                        tally[5] = k
                    tally[4] += 1
                last_kind[row] = kind[k]
        out_row[n] = row
        out_tag[n] = ids[row]
        out_time_us[n] = time_us
        out_value[n] = value[k]
        out_status[n] = code
        n += 1
    return n, newest_server_us
