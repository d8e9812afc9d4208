"""One second of the plant, as the protocol servers are handed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

US_PER_S: Final = 1_000_000


class Plant(Protocol):
    """What a server needs of the plant: columns in the tag table's row order, as of Unix second ``second``."""

    second: int
    values: NDArray[np.float64]
    status: NDArray[np.uint32]

    def advance(self, second: int) -> None:
        """Step to ``second``."""


@dataclass(frozen=True, slots=True)
class Moment:
    """All values at one whole second, in row order. The columns are never written after it is made."""

    time_us: int
    value: NDArray[np.float64]
    status: NDArray[np.uint32]

    @classmethod
    def of(cls, plant: Plant, second: int) -> Moment:
        return cls(second * US_PER_S, plant.values.copy(), plant.status.copy())
