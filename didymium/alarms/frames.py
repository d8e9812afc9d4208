"""Seconds of a site: readings in the order that they came become frames, however they were batched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.model.plant import Complex
from didymium.model.readings import AHEAD, HISTORICAL, Readings

SECOND_US: Final = 1_000_000
NO_SECOND: Final = np.iinfo(np.int64).min
OPEN: Final = 2
"""Seconds of a site that are gathered at once: devices of a site tell of the same second up to a second apart."""
LATE, TAKEN_LATE, NOT_NOW, FOREIGN = range(4)
"""What is counted of readings that are not simply of an open second."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a site's tags, in table order, showed in one source second.

    (tags,) columns; only where ``fresh`` do ``value``, ``status`` and ``time_us`` belong to this second. Of several
    readings in a second the last counts. A reading of an earlier second that came late and is still the newest of its
    tag stands in the first frame that could take it, with its own time.
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
    known_us: NDArray[np.int64],
    held_value: NDArray[np.float64],
    held_status: NDArray[np.uint32],
    held_us: NDArray[np.int64],
    fresh: NDArray[np.bool_],
    passed: NDArray[np.int64],
) -> int:
    """Take readings from ``begin`` on; stop at the first that closes its site's frame and return its place."""
    for i in range(begin, len(tag)):
        row = row_of_id[tag[i]] if tag[i] < len(row_of_id) else -1
        if row < 0:
            passed[FOREIGN] += 1
            continue
        there = site[row]
        if flags[i] & AHEAD or (open_second[there] == NO_SECOND and flags[i] & HISTORICAL):
            passed[NOT_NOW] += 1
            continue
        second = time_us[i] // SECOND_US
        if open_second[there] == NO_SECOND:
            open_second[there] = second
        if second >= open_second[there] + OPEN:
            return i
        if second < open_second[there]:
            second = open_second[there]
            slot = second % OPEN
            if time_us[i] <= known_us[row] or (fresh[slot, row] and time_us[i] < held_us[slot, row]):
                passed[LATE] += 1
                continue
            passed[TAKEN_LATE] += 1
        slot = second % OPEN
        if fresh[slot, row] and time_us[i] < held_us[slot, row]:
            continue
        held_value[slot, row] = value[i]
        held_status[slot, row] = status[i]
        held_us[slot, row] = time_us[i]
        fresh[slot, row] = True
    return len(tag)


class Framing:
    """Gathers readings. A site's frame closes when a reading of the site comes that is ``OPEN`` seconds later.

    Of what comes later still, the newest reading of a tag goes into the next frame, so that no state of the plant stays
    unknown; what is older than the tag's last reading changes history, not alarms, and is counted.
    """

    def __init__(self, complex: Complex, row_of_id: NDArray[np.int32]) -> None:  # noqa: A002 - the plant noun
        n = len(complex.tags)
        self._sites = complex.sites
        self._site = complex.tags.site
        self._row_of_id = row_of_id
        self._open = np.full(len(complex.sites), NO_SECOND, np.int64)
        self._known_us = np.full(n, NO_SECOND, np.int64)
        self._value, self._status = np.full((OPEN, n), np.nan), np.zeros((OPEN, n), np.uint32)
        self._time_us, self._fresh = np.zeros((OPEN, n), np.int64), np.zeros((OPEN, n), np.bool_)
        self._passed = np.zeros(4, np.int64)

    @property
    def late(self) -> int:
        """Readings of closed seconds that were older than their tag's last one, or the same again."""
        return int(self._passed[LATE])

    @property
    def taken_late(self) -> int:
        """Readings of closed seconds that were news all the same."""
        return int(self._passed[TAKEN_LATE])

    @property
    def not_now(self) -> int:
        """Readings from a clock that runs ahead, and history before the present began; they decide nothing."""
        return int(self._passed[NOT_NOW])

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
                self._known_us,
                self._value,
                self._status,
                self._time_us,
                self._fresh,
                self._passed,
            )
            if at == len(readings):
                return frames
            site = int(self._site[self._row_of_id[readings.tag[at]]])
            frames += self._close(site, int(readings.time_us[at]) // SECOND_US)

    def _close(self, site: int, second: int) -> Iterator[Frame]:
        """Give the frames that are done when ``second`` is to be open."""
        rows = self._sites[site].rows
        oldest = int(self._open[site])
        for done in range(oldest, min(oldest + OPEN, second - OPEN + 1)):
            slot = done % OPEN
            fresh = self._fresh[slot, rows]
            if not fresh.any():
                continue
            frame = Frame(
                site,
                done,
                self._value[slot, rows].copy(),
                self._status[slot, rows].copy(),
                self._time_us[slot, rows].copy(),
                fresh.copy(),
            )
            known = self._known_us[rows]
            known[frame.fresh] = np.maximum(known, frame.time_us)[frame.fresh]
            fresh[:] = False
            yield frame
        self._open[site] = second - OPEN + 1
