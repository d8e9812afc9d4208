"""Looks at every reading once: seen before, late, out of range, not a number, from the future.

Nothing is thrown away but exact repetitions. A reading that has tag, time, value and status of one already taken is a
repetition (a device sends its values again after a reconnect); the same tag and time with another value or status is
new information and is kept. Repetitions of late readings are known for the last ``WINDOW`` readings of each tag.

A source time more than ``AHEAD_LIMIT_US`` in our future is kept as it is and flagged, but does not move the tag's
newest time; else every good reading after the clock was set right would count as late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.acquire.causes import Cause
from didymium.model.plant import TagTable
from didymium.model.readings import AHEAD, LATE, Readings
from didymium.model.registry import TagIds
from didymium.model.status import BAD, BAD_OUT_OF_RANGE

AHEAD_LIMIT_US: Final = 600_000_000
WINDOW: Final = 32
NEVER_US: Final = np.iinfo(np.int64).min

CAUSES: Final = (
    Cause.UNKNOWN_TAG,
    Cause.DUPLICATE,
    Cause.LATE,
    Cause.OUT_OF_RANGE,
    Cause.NOT_FINITE,
    Cause.CLOCK_AHEAD,
)
"""What ``Screened.count`` counts, in order."""
_UNKNOWN, _DUPLICATE, _LATE, _RANGE, _FINITE, _AHEAD = range(len(CAUSES))

_LATE_FLAG = np.uint8(LATE)
_AHEAD_FLAG = np.uint8(AHEAD)
_ONE = np.uint8(1)
_LAST_PLACE = np.uint8(WINDOW - 1)
_BAD = np.uint32(BAD)
_BAD_OUT_OF_RANGE = np.uint32(BAD_OUT_OF_RANGE)


class Memory:
    """What is remembered of each tag, by row of the tag table.

    ``newest_us`` (tags,) is the newest source time, ``NEVER_US`` before the first reading, and ``newest`` (tags,) that
    reading's fingerprint. ``ring`` (WINDOW, tags) holds the fingerprints of the last readings and ``place`` (tags,)
    where the next one goes; tags lie side by side because a device sends them in order.
    """

    def __init__(self, ids: TagIds) -> None:
        self.row_of_id = ids.row_of_id
        self.newest_us = np.full(len(ids.ids), NEVER_US, np.int64)
        self.newest = np.zeros(len(ids.ids), np.int64)
        self.ring = np.zeros((WINDOW, len(ids.ids)), np.int64)
        self.place = np.zeros(len(ids.ids), np.uint8)

    def remember(self, readings: Readings) -> None:
        """Take rows as already known, as when a stream's tail is read back. Unknown ids are passed over."""
        r = readings
        _remember(
            r.tag,
            r.time_us,
            r.value,
            r.status,
            r.flags,
            self.row_of_id,
            self.newest_us,
            self.newest,
            self.ring,
            self.place,
        )

    def restore(self, rows: NDArray[np.int64], newest_us: NDArray[np.int64], newest: NDArray[np.int64]) -> None:
        """Start from a checkpoint, for the given rows."""
        self.newest_us[rows] = newest_us
        self.newest[rows] = self.ring[0, rows] = newest
        self.place[rows] = 1


@dataclass(frozen=True, slots=True)
class Screened:
    """``kept`` in the order given; per entry of ``CAUSES`` how many rows it met and the last such row (or -1)."""

    kept: Readings
    count: NDArray[np.int64]
    last: NDArray[np.int64]


class Screening:
    """The one screening of an edge: limits and memory of all its tags."""

    def __init__(self, tags: TagTable, ids: TagIds) -> None:
        self.memory = Memory(ids)
        self.limits = np.column_stack(
            [np.where(np.isnan(tags.low), -np.inf, tags.low), np.where(np.isnan(tags.high), np.inf, tags.high)]
        )

    def screen(self, readings: Readings, now_us: int) -> Screened:
        """Return what to keep, and what was met. ``now_us`` is our clock when the readings came."""
        n = len(readings)
        status, flags, keep = np.empty(n, np.uint32), np.empty(n, np.uint8), np.empty(n, np.bool_)
        count, last = np.zeros(len(CAUSES), np.int64), np.full(len(CAUSES), -1, np.int64)
        memory = self.memory
        dropped = _screen(
            readings.tag,
            readings.time_us,
            readings.value,
            readings.status,
            readings.flags,
            memory.row_of_id,
            self.limits,
            memory.newest_us,
            memory.newest,
            memory.ring,
            memory.place,
            now_us + AHEAD_LIMIT_US,
            status,
            flags,
            keep,
            count,
            last,
        )
        kept = Readings(readings.tag, readings.time_us, readings.value, status, flags)
        return Screened(kept.take(keep) if dropped else kept, count, last)


@njit(cache=True, inline="always")
def _fingerprint(time_us: np.int64, bits: np.int64, status: np.uint32) -> np.int64:
    mixed = np.uint64(time_us) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) + np.uint64(bits)
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(32))) + np.uint64(status)
    mixed = mixed * np.uint64(0x94D049BB133111EB)
    return np.int64(mixed ^ (mixed >> np.uint64(31)))


@njit(cache=True)
def _remember(
    tag: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    row_of_id: NDArray[np.int32],
    newest_us: NDArray[np.int64],
    newest: NDArray[np.int64],
    ring: NDArray[np.int64],
    place: NDArray[np.uint8],
) -> None:
    bits = value.view(np.int64)
    for i in range(len(tag)):
        if tag[i] >= len(row_of_id) or row_of_id[tag[i]] < 0:
            continue
        row = row_of_id[tag[i]]
        here = place[row]
        fingerprint = _fingerprint(time_us[i], bits[i], status[i])
        ring[here, row] = fingerprint
        place[row] = (here + _ONE) & _LAST_PLACE
        if not flags[i] & _AHEAD_FLAG and time_us[i] >= newest_us[row]:
            newest_us[row] = time_us[i]
            newest[row] = fingerprint


@njit(cache=True)
def _screen(  # type: ignore[no-untyped-def]
    tag, time_us, value, status, flags, row_of_id, limits, newest_us, newest, ring, place, ahead_us,
    out_status, out_flags, keep, count, last,
):  # fmt: skip
    """Fill ``out_status``, ``out_flags``, ``keep``, ``count`` and ``last``; return how many rows are not kept."""
    bits = value.view(np.int64)
    dropped = 0
    for i in range(len(tag)):
        if tag[i] >= len(row_of_id) or row_of_id[tag[i]] < 0:
            count[_UNKNOWN] += 1
            last[_UNKNOWN] = i
            keep[i] = False
            dropped += 1
            continue
        row = row_of_id[tag[i]]
        v = value[i]
        judged = status[i]
        if judged < _BAD:
            if not np.isfinite(v):
                judged = _BAD_OUT_OF_RANGE
                count[_FINITE] += 1
                last[_FINITE] = i
            elif v < limits[row, 0] or v > limits[row, 1]:
                judged = _BAD_OUT_OF_RANGE
                count[_RANGE] += 1
                last[_RANGE] = i
        marks = flags[i]
        fingerprint = _fingerprint(time_us[i], bits[i], judged)
        before_us = newest_us[row]
        ahead = time_us[i] > ahead_us
        if time_us[i] <= before_us or ahead:
            known = False
            for here in range(WINDOW):
                if ring[here, row] == fingerprint:
                    known = True
                    break
            if known:
                count[_DUPLICATE] += 1
                last[_DUPLICATE] = i
                keep[i] = False
                dropped += 1
                continue
        if ahead:
            marks |= _AHEAD_FLAG
            count[_AHEAD] += 1
            last[_AHEAD] = i
        elif time_us[i] < before_us:
            marks |= _LATE_FLAG
            count[_LATE] += 1
            last[_LATE] = i
        else:
            newest_us[row] = time_us[i]
            newest[row] = fingerprint
        ring[place[row], row] = fingerprint
        place[row] = (place[row] + _ONE) & _LAST_PLACE
        out_status[i] = judged
        out_flags[i] = marks
        keep[i] = True
    return dropped
