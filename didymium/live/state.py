"""The newest reading of every tag, as arrays over the complex's tag table."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from didymium.model.status import BAD_NO_DATA

NEVER_US: Final = np.iinfo(np.int64).min
"""Time of a tag that has no reading yet."""
CLOCK_TOLERANCE_US: Final = 2_000_000
"""A source time further ahead of ours than this is a wrong clock, not news from the future."""
STALE_PERIODS: Final = 3.0
STALE_AT_LEAST_S: Final = 5.0


@njit(cache=True)
def _take(
    tag: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    row_of_id: NDArray[np.int32],
    now_us: int,
    tolerance_us: int,
    live_value: NDArray[np.float64],
    live_time_us: NDArray[np.int64],
    live_status: NDArray[np.uint32],
    order_us: NDArray[np.int64],
    touched: NDArray[np.bool_],
) -> int:
    """Put newer readings in place, mark their rows in ``touched``, and return how many ids are unknown."""
    unknown = 0
    for i in range(len(tag)):
        row = -1
        if tag[i] < len(row_of_id):
            row = row_of_id[tag[i]]
        if row < 0:
            unknown += 1
            continue
        at_us = time_us[i]
        # A clock that runs ahead must not keep later, right times out: it ranks by when it came.
        rank_us = at_us if at_us <= now_us + tolerance_us else now_us
        if rank_us < order_us[row] or (rank_us == order_us[row] and at_us <= live_time_us[row]):
            continue
        order_us[row] = rank_us
        live_time_us[row] = at_us
        live_value[row] = value[i]
        live_status[row] = status[i]
        touched[row] = True
    return unknown


class LiveState:
    """Arrays by tag table row: ``value``, ``time_us`` (the source's), ``status``.

    A reading replaces only an older one, so late readings are never shown as current. A tag without any reading has
    NaN, ``NEVER_US`` and BadNoData.
    """

    def __init__(self, complex: Complex, ids: TagIds) -> None:  # noqa: A002 - the plant noun
        n = len(complex.tags)
        self.complex = complex
        self.ids = ids
        self.value: NDArray[np.float64] = np.full(n, np.nan)
        self.time_us: NDArray[np.int64] = np.full(n, NEVER_US, np.int64)
        self.status: NDArray[np.uint32] = np.full(n, BAD_NO_DATA, np.uint32)
        self.unknown_points = 0
        """Readings with an id that no tag of the complex has."""
        self._order_us: NDArray[np.int64] = np.full(n, NEVER_US, np.int64)
        self._stale_after_us: NDArray[np.int64] = (
            np.maximum(STALE_PERIODS * complex.tags.period_s, STALE_AT_LEAST_S) * 1e6
        ).astype(np.int64)
        self._touched = np.zeros(n, np.bool_)
        self._unseen = np.zeros(n, np.bool_)

    def take(self, readings: Readings, now_us: int) -> NDArray[np.intp]:
        """Take readings in any order; return the rows that changed."""
        self._touched[:] = False
        self.unknown_points += _take(
            readings.tag,
            readings.time_us,
            readings.value,
            readings.status,
            self.ids.row_of_id,
            now_us,
            CLOCK_TOLERANCE_US,
            self.value,
            self.time_us,
            self.status,
            self._order_us,
            self._touched,
        )
        self._unseen |= self._touched
        return np.flatnonzero(self._touched)

    def changes(self) -> NDArray[np.intp]:
        """Return the rows that changed since the last call. It has one caller, the feed."""
        rows = np.flatnonzero(self._unseen)
        self._unseen[:] = False
        return rows

    def stale(self, now_us: int) -> NDArray[np.bool_]:
        """(n,) true where the newest reading is older than three periods and than 5 s, or there is none."""
        return self._order_us < now_us - self._stale_after_us

    def newest(self) -> Readings:
        """All tags that have a reading, to be stored; ``take`` restores them."""
        rows = np.flatnonzero(self.time_us != NEVER_US)
        return Readings.of(self.ids.ids[rows], self.time_us[rows], self.value[rows], self.status[rows])
