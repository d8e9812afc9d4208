"""Seconds of a site: readings in the order that they came become frames, however they were batched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.model.plant import Complex
from didymium.model.readings import AHEAD, Readings

SECOND_US: Final = 1_000_000
NO_SECOND: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Frame:
    """What a site's tags, in table order, showed in one source second.

    (tags,) columns; only where ``fresh`` do ``value``, ``status`` and ``time_us`` belong to this second. Of several
    readings in a second the last counts.
    """

    site: int
    second: int
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    time_us: NDArray[np.int64]
    fresh: NDArray[np.bool_]


@njit(cache=True)
def _fill(
    begin: int,
    tag: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    row_of_id: NDArray[np.int32],
    site: NDArray[np.int16],
    open_second: NDArray[np.int64],
    held_value: NDArray[np.float64],
    held_status: NDArray[np.uint32],
    held_us: NDArray[np.int64],
    fresh: NDArray[np.bool_],
    passed: NDArray[np.int64],
) -> int:
    """Put readings from ``begin`` on into the open frames; return where one closes a frame, or their number.

    ``passed`` counts those that are late, ahead of time, and of no tag of the complex.
    """
    for i in range(begin, len(tag)):
        row = row_of_id[tag[i]] if tag[i] < len(row_of_id) else -1
        if row < 0:
            passed[2] += 1
            continue
        if flags[i] & AHEAD:
            passed[1] += 1
            continue
        second = time_us[i] // SECOND_US
        there = site[row]
        if open_second[there] == NO_SECOND:
            open_second[there] = second
        if second > open_second[there]:
            return i
        if second < open_second[there]:
            passed[0] += 1
            continue
        if fresh[row] and time_us[i] < held_us[row]:
            continue
        held_value[row] = value[i]
        held_status[row] = status[i]
        held_us[row] = time_us[i]
        fresh[row] = True
    return len(tag)


class Framing:
    """Gathers readings. A site's frame closes when a reading of a later second of that site comes.

    What belongs to a second that has closed is late: it changes history, not alarms, and is counted.
    """

    def __init__(self, complex: Complex, row_of_id: NDArray[np.int32]) -> None:  # noqa: A002 - the plant noun
        n = len(complex.tags)
        self._sites = complex.sites
        self._site = complex.tags.site
        self._row_of_id = row_of_id
        self._open = np.full(len(complex.sites), NO_SECOND, np.int64)
        self._value, self._status = np.full(n, np.nan), np.zeros(n, np.uint32)
        self._time_us, self._fresh = np.zeros(n, np.int64), np.zeros(n, np.bool_)
        self._passed = np.zeros(3, np.int64)

    @property
    def late(self) -> int:
        """Readings of seconds that had closed."""
        return int(self._passed[0])

    @property
    def ahead(self) -> int:
        """Readings from a clock that runs ahead; they decide nothing."""
        return int(self._passed[1])

    def take(self, readings: Readings) -> list[Frame]:
        """Return the frames that the readings close, in the order that they close."""
        frames: list[Frame] = []
        at = 0
        while True:
            at = _fill(
                at,
                readings.tag,
                readings.time_us,
                readings.value,
                readings.status,
                readings.flags,
                self._row_of_id,
                self._site,
                self._open,
                self._value,
                self._status,
                self._time_us,
                self._fresh,
                self._passed,
            )
            if at == len(readings):
                return frames
            site = int(self._site[self._row_of_id[readings.tag[at]]])
            frames.append(self._close(site, int(readings.time_us[at]) // SECOND_US))

    def resume(self, site: int, second: int) -> None:
        """Hold that a site is done up to ``second``: what comes of it or before is late."""
        self._open[site] = second + 1
        self._fresh[self._sites[site].rows] = False

    def _close(self, site: int, next_second: int) -> Frame:
        rows = self._sites[site].rows
        frame = Frame(
            site,
            int(self._open[site]),
            self._value[rows].copy(),
            self._status[rows].copy(),
            self._time_us[rows].copy(),
            self._fresh[rows].copy(),
        )
        self._fresh[rows] = False
        self._open[site] = next_second
        return frame
