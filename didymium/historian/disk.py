"""Stops writing while there is still room for the engine to finish what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from didymium.historian.errors import DiskFull

RESERVE_BYTES: Final = 1 << 30
RESERVE_SHARE: Final = 0.02
RESUME_DIVISOR: Final = 10
"""Writing goes on when a tenth more than the reserve is free, so that it does not flutter at the edge."""


@dataclass(frozen=True, slots=True)
class DiskState:
    """``bytes_per_point`` is of the points alone, NaN while there are none; ``paused``: writing waits for space."""

    bytes_used: int
    rows: int
    bytes_per_point: float
    free_bytes: int
    paused: bool


class DiskGuard:
    """Knows whether there is room to write. ``space`` answers free and total bytes."""

    def __init__(self, where: str, space: Callable[[], tuple[int, int]], reserve_bytes: int | None) -> None:
        """``reserve_bytes`` None means 1 GiB or 2 % of the disk, whichever is more."""
        self._where = where
        self.space = space
        self._reserve = reserve_bytes
        self.paused = False

    def reserve_bytes(self, total_bytes: int) -> int:
        return max(RESERVE_BYTES, int(total_bytes * RESERVE_SHARE)) if self._reserve is None else self._reserve

    def check(self) -> None:
        """Raise ``DiskFull`` below the reserve, and then until a tenth more than that is free."""
        free, total = self.space()
        reserve = self.reserve_bytes(total)
        self.paused = free < reserve + (reserve // RESUME_DIVISOR if self.paused else 0)
        if self.paused:
            raise DiskFull(self._where, free, reserve)

    def refused(self) -> DiskFull:
        """The engine itself ran out of space: pause, and say how much there is."""
        self.paused = True
        free, total = self.space()
        return DiskFull(self._where, free, self.reserve_bytes(total))
