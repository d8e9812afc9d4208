"""Sensors that are not to be trusted: a few out of service, and now and then one that drops out for a while."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.model.status import (
    BAD_NO_COMMUNICATION,
    BAD_OUT_OF_SERVICE,
    BAD_SENSOR_FAILURE,
    UNCERTAIN_LAST_USABLE_VALUE,
    UNCERTAIN_SENSOR_NOT_ACCURATE,
)
from didymium.twin.noise import uniform

STANDING: Final = (BAD_OUT_OF_SERVICE, UNCERTAIN_SENSOR_NOT_ACCURATE, UNCERTAIN_SENSOR_NOT_ACCURATE)
TAGS_PER_STANDING: Final = 2_500
"""One sensor in so many is out of service or due for calibration."""
PASSING: Final = (BAD_NO_COMMUNICATION, BAD_SENSOR_FAILURE, UNCERTAIN_LAST_USABLE_VALUE)
WINDOW_S: Final = 600
"""In each such window one sensor drops out for up to a minute. (A)"""


class Quality:
    """Which of ``candidates``, rows of the tag table, are not good at a second, and their status codes."""

    def __init__(self, seed: int, candidates: NDArray[np.intp]) -> None:
        self._seed = seed
        self._candidates = candidates
        self.standing: dict[int, int] = {}
        self._window, self._starts_s, self._ends_s = -1, 0.0, 0.0
        for k in range(len(candidates) // TAGS_PER_STANDING):
            self.standing[self._pick(k, 1)] = STANDING[k % len(STANDING)]

    def _pick(self, window: int, purpose: int) -> int:
        draw = uniform(self._seed, window, 1_000_003 * purpose)
        return int(self._candidates[int(draw * len(self._candidates))])

    def passing(self, second: int) -> tuple[int, int] | None:
        """Row and status of the sensor that is dropped out at ``second``; None when all are well."""
        window, into_s = divmod(second, WINDOW_S)
        if len(self._candidates) == 0:
            return None
        if window != self._window:
            self._window = window
            self._starts_s = uniform(self._seed, window, 11) * (WINDOW_S - 60)
            self._ends_s = self._starts_s + 5.0 + 55.0 * uniform(self._seed, window, 12)
        if not self._starts_s <= into_s < self._ends_s:
            return None
        return self._pick(window, 2), PASSING[window % len(PASSING)]
