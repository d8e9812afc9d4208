"""The newest reading of each tag: kept in memory where nobody else writes to the store, else asked of the store."""

from __future__ import annotations

import threading
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian import schema
from didymium.historian.columns import flat
from didymium.historian.engine import Engine, column
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.model.readings import AHEAD, Readings

LOOK_BACK_US: Final = 10 * MINUTE_US
"""How long before the newest that was kept the points are searched at a start."""
AHEAD_US: Final = MINUTE_US
"""What is stamped further ahead of now comes from a wrong clock and is passed over."""
_NEVER: Final = np.iinfo(np.int64).min


class Newest:
    """What a store's only writer knows of the present, (tags,) by tag id. Any thread may call it.

    Of readings of one tag and time the one with the lowest status, then the lowest bits, then the lowest flags holds,
    as in every answer.
    """

    def __init__(self, known: Readings) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._time_us: NDArray[np.int64] = np.empty(0, np.int64)
        self._bits: NDArray[np.int64] = np.empty(0, np.int64)
        self._status: NDArray[np.uint32] = np.empty(0, np.uint32)
        self._flags: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._take(known, np.iinfo(np.int64).max)

    def take(self, readings: Readings, now_us: int) -> None:
        """Note what was stored; readings flagged ``AHEAD`` or stamped more than a minute after now do not count."""
        self._take(readings, now_us + AHEAD_US)

    def readings(self) -> Readings:
        """One reading of each tag that has one, by tag."""
        with self._lock:
            tag = np.flatnonzero(self._time_us != _NEVER)
            value = self._bits[tag].view(np.float64)
            return Readings(tag.astype(np.uint32), self._time_us[tag], value, self._status[tag], self._flags[tag])

    def _take(self, readings: Readings, before_us: int) -> None:
        if not len(readings):
            return
        value = flat(np.asarray(readings.value, np.float64))
        columns = (flat(readings.tag), flat(readings.time_us), value.view(np.int64), flat(readings.status))
        with self._lock:
            self._reach(int(readings.tag.max()))
            kept = (self._time_us, self._bits, self._status, self._flags)
            _scatter(*columns, flat(readings.flags), before_us, *kept)

    def _reach(self, last: int) -> None:
        """Have room for tag ``last``."""
        more = last + 1 - len(self._time_us)
        if more > 0:
            more = max(more, len(self._time_us) // 2)
            self._time_us = np.concatenate([self._time_us, np.full(more, _NEVER, np.int64)])
            self._bits = np.concatenate([self._bits, np.zeros(more, np.int64)])
            self._status = np.concatenate([self._status, np.zeros(more, np.uint32)])
            self._flags = np.concatenate([self._flags, np.zeros(more, np.uint8)])


@njit(cache=True, nogil=True)
def _scatter(
    tag: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    bits: NDArray[np.int64],
    status: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    before_us: int,
    o_time: NDArray[np.int64],
    o_bits: NDArray[np.int64],
    o_status: NDArray[np.uint32],
    o_flags: NDArray[np.uint8],
) -> None:  # pragma: no cover - compiled
    """Replace what is older."""
    for i in range(len(tag)):
        t = tag[i]
        if time_us[i] < o_time[t] or time_us[i] >= before_us or flags[i] & AHEAD:
            continue
        if time_us[i] == o_time[t]:
            if status[i] > o_status[t]:
                continue
            if status[i] == o_status[t]:
                mine, held = np.uint64(bits[i]), np.uint64(o_bits[t])
                if mine > held or (mine == held and flags[i] >= o_flags[t]):
                    continue
        o_time[t] = time_us[i]
        o_bits[t] = bits[i]
        o_status[t] = status[i]
        o_flags[t] = flags[i]


def stored(engine: Engine, now_us: int) -> Readings:
    """The newest reading of each tag as the store has it: those that were kept, and the points that came since.

    Where none were kept, the last points are searched, and the hours that were summed, which know no flags.
    """
    database = engine.database
    before = schema.time(now_us + AHEAD_US)
    kept = schema.readings_of(engine.read(f"SELECT {schema.READING_COLUMNS} FROM {database}.newest FINAL"))
    kept = kept.take(kept.time_us <= now_us)
    if len(kept):
        last_us = int(kept.time_us.max())
    else:
        last_us = _last_us(engine, now_us)
        kept = _last_of_hours(engine, last_us)
    come = (
        f"FROM {database}.points WHERE ts >= {schema.time(last_us - LOOK_BACK_US)} AND ts < {before}"
        f" AND bitAnd(flags, {AHEAD}) = 0"
    )
    # Of equal times all rows come here, where the choice does not depend on their order.
    since = engine.read(
        f"SELECT {schema.POINT_COLUMNS} {come} AND (tag, ts) IN (SELECT tag, max(ts) {come} GROUP BY tag)"
    )
    newest = Newest(kept)
    newest.take(schema.stored_of(since).readings, now_us)
    return newest.readings()


def _last_us(engine: Engine, now_us: int) -> int:
    """The end of the last part of points that begins before now."""
    found = engine.read(
        "SELECT count() AS n, max(toUnixTimestamp(max_time)) AS s FROM system.parts"
        f" WHERE database = '{engine.database}' AND table = 'points' AND active"
        f" AND min_time < {schema.minute(now_us + AHEAD_US)}"
    )
    return min(now_us, int(found["s"][0]) * 1_000_000) if int(found["n"][0]) else now_us


def _last_of_hours(engine: Engine, last_us: int) -> Readings:
    """Each tag's last reading in the hours of the last two days that were summed."""
    found = engine.read(
        "SELECT tag, toInt64(toUnixTimestamp(hour)) * 1000000 + last_us AS at, last, last_status"
        f" FROM {engine.database}.points_1h FINAL WHERE n > 0 AND hour >= {schema.minute(max(0, last_us - 2 * DAY_US))}"
        " ORDER BY tag, hour DESC LIMIT 1 BY tag"
    )
    return Readings.of(
        column(found, "tag", np.uint32),
        column(found, "at", np.int64),
        column(found, "last", np.float64),
        column(found, "last_status", np.uint32),
    )
