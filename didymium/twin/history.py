"""History: what the plant showed over many seconds, in blocks that are cheap to store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.instruments import Truth
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

    While a block's instruments are read the next block is stepped. The plant is left at the last second, so that what
    follows live joins on without a seam; in between it is ahead of what was yielded. Every block has its own memory.
    """
    with ThreadPoolExecutor(1, "instruments") as reader:
        reading: Future[Block] | None = None
        while seconds > 0:
            truth = plant.record(min(BLOCK_S, seconds))
            seconds -= len(truth.value)
            before, reading = reading, reader.submit(_read, plant, truth)
            if before is not None:
                yield before.result()
        if reading is not None:
            yield reading.result()


def _read(plant: TwinPlant, truth: Truth) -> Block:
    return Block(truth.first_second, *plant.read(truth))
