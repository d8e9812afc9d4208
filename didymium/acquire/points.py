"""The tags behind one line, as its connector sees them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from didymium.acquire.grid import Grid
from didymium.model.plant import Complex
from didymium.model.registry import TagIds


@dataclass(frozen=True)
class Points:
    """Columns of equal length n. A connector speaks of a tag by its position here."""

    paths: tuple[str, ...]
    addresses: tuple[str, ...]
    ids: NDArray[np.uint32]
    grid: Grid

    def __len__(self) -> int:
        return len(self.paths)

    @classmethod
    def of(cls, complex_: Complex, ids: TagIds, rows: NDArray[np.int64]) -> Points:
        """The tags in these rows of the complex's tag table."""
        listed = rows.tolist()
        return cls(
            tuple(complex_.tags.path[row] for row in listed),
            tuple(complex_.tags.address[row] for row in listed),
            ids.ids[rows],
            Grid.of(complex_).at(rows),
        )

    @cached_property
    def place(self) -> dict[str, int]:
        """Address to position."""
        return {address: i for i, address in enumerate(self.addresses)}
