"""What the instruments of the whole plant show of what is true, second by second, good or not."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import Kind, TagTable
from didymium.model.status import BAD, GOOD, is_bad
from didymium.twin.quality import Quality
from didymium.twin.sensors import sense, start_drift

Floats = NDArray[np.float64]

WANDER_S: Final = 900.0
"""Time constant of the slow wander that every analog tag has."""
KEEP: Final = float(np.exp(-1.0 / WANDER_S))


class Truth(NamedTuple):
    """What is true in consecutive seconds, in the plant's own order of tags.

    ``value`` is (seconds, n), ``noisy`` likewise: False where an instrument holds its last value or is exact.
    """

    first_second: int
    value: Floats
    noisy: NDArray[np.bool_]


class Amplitudes(NamedTuple):
    """(n,) standard deviations of the slow and the fast part: ``absolute + relative * |value|``."""

    wander_abs: Floats
    wander_rel: Floats
    noise_abs: Floats
    noise_rel: Floats


class Instruments:
    """The sensors of all tags; ``row`` (n,) says where each stands in the tag table.

    ``values`` and ``status`` (n_tags,) are the last that were read. They may be read in another thread than the plant
    is stepped in, one at a time.
    """

    def __init__(self, seed: int, truth: Truth, tags: TagTable, row: NDArray[np.intp], amplitudes: Amplitudes) -> None:
        self._seed, self._row, self._amplitudes = seed, row, amplitudes
        self._scale = tags.scale[row]
        self._low = np.nan_to_num(tags.low[row], nan=-np.inf)
        self._high = np.nan_to_num(tags.high[row], nan=np.inf)
        self._wraps = np.array([tags.kind[each] is Kind.COUNTER for each in row]) & np.isfinite(self._high)
        analog = [each for each, kind in enumerate(tags.kind) if kind is Kind.ANALOG]
        self._quality = Quality(seed, np.array(analog, np.intp))
        self._standing = np.full(len(row), GOOD, np.uint32)
        for place, code in self._quality.standing.items():
            self._standing[place] = code
        self._out_of_service = np.flatnonzero(is_bad(self._standing))
        self._drift = np.zeros(len(row))
        start_drift(seed, truth.first_second, self._drift)
        self.values, self.status = np.zeros(len(row)), np.zeros(len(row), np.uint32)
        self._sense(truth, self.values[None])
        self._judge(truth.first_second, self.values[None], self.status[None])

    def read(self, truth: Truth) -> tuple[Floats, NDArray[np.uint32]]:
        """(seconds, n_tags) values and status, in memory of their own."""
        shape = (len(truth.value), len(self._row))
        values, status = np.empty(shape), np.empty(shape, np.uint32)
        self._sense(truth, values)
        self._judge(truth.first_second, values, status)
        self.values[:], self.status[:] = values[-1], status[-1]
        return values, status

    def _judge(self, first_second: int, values: Floats, status: NDArray[np.uint32]) -> None:
        """Set the status of the few sensors that are not to be trusted; a bad one keeps its last value."""
        values[:, self._out_of_service] = self.values[self._out_of_service]
        status[:] = self._standing
        for k in range(len(values)):
            passing = self._quality.passing(first_second + k)
            if passing is not None:
                row, code = passing
                status[k, row] = code
                if code >= BAD:
                    values[k, row] = values[k - 1, row] if k else self.values[row]

    def _sense(self, truth: Truth, values: Floats) -> None:
        sense(
            self._seed,
            truth.first_second,
            truth.value,
            truth.noisy,
            self._drift,
            KEEP,
            *self._amplitudes,
            self._wraps,
            self._scale,
            self._low,
            self._high,
            self._row,
            values,
        )
