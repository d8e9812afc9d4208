"""When a polled device is read: at fixed moments of the clock, so that every minute holds as many samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CATCH_UP_US: Final = 5_000_000
"""A reading that is due for less than this is still taken; older ones are given up and counted."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Tick ``k`` is at ``k * period_us + phase_us`` since 1970."""

    period_us: int
    phase_us: int

    def time_us(self, tick: int) -> int:
        """The moment of a tick."""
        return tick * self.period_us + self.phase_us

    def first(self, now_us: int) -> int:
        """The first tick that is not past."""
        return -((self.phase_us - now_us) // self.period_us)

    def next(self, tick: int, now_us: int) -> tuple[int, int]:
        """Return the tick to take now or to wait for, and how many before it are given up.

        ``tick`` follows the last one taken. Ticks that are due for less than ``CATCH_UP_US`` are taken one after the
        other. When our clock was set back the schedule starts anew from it.
        """
        if self.time_us(tick) - now_us > 2 * self.period_us:
            return self.first(now_us), 0
        oldest = self.first(now_us - CATCH_UP_US)
        return (tick, 0) if tick >= oldest else (oldest, oldest - tick)
