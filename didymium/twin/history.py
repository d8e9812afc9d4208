"""History: what the plant showed over many seconds, in blocks that are cheap to store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.plant import TwinPlant

BLOCK_S: Final = 60


@dataclass(frozen=True, slots=True)
class Block:
    """k consecutive seconds of all n tags from unix second ``start_s``: (k, n) values and (k, n) status codes."""

    start_s: int
    values: NDArray[np.float64]
    status: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.values)


def generate(plant: TwinPlant, seconds: int) -> Iterator[Block]:
    """Advance ``plant`` by ``seconds`` and yield what it showed in each, 60 seconds to a block.

    The plant is left at the last second, so that what follows live joins on without a seam. Every block has its
    own memory.
    """
    left = seconds
    while left > 0:
        k = min(BLOCK_S, left)
        block = Block(
            plant.second + 1,
            np.empty((k, len(plant.values)), np.float64),
            np.empty((k, len(plant.values)), np.uint32),
        )
        for i in range(k):
            plant.advance(plant.second + 1)
            block.values[i] = plant.values
            block.status[i] = plant.status
        left -= k
        yield block
