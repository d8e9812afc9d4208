"""Pairs of storage tanks between the units of a water line (domain reference §10.3)."""

from __future__ import annotations

from typing import Final

from didymium.twin.bank import Floats
from didymium.twin.units.brine import mass_t

PAIR_T: Final = 200.0
"""Volume of a pair of tanks. (A)"""
SET_SHARE: Final = 0.53
SETTLE_H: Final = 4.0
"""Time constant with which what leaves a pair brings its level back. (A)"""


class Pair:
    """Two tanks that stand together: ``content`` (5,) is what is in them, t; ``leaving_t_h`` what is taken out."""

    def __init__(self, water: Floats) -> None:
        self.content: Floats = PAIR_T * SET_SHARE * water
        self.leaving_t_h = 0.0

    @property
    def mass_t(self) -> float:
        return float(mass_t(self.content))

    @property
    def level(self) -> float:
        """Share of the volume."""
        return self.mass_t / PAIR_T

    def let_out(self, usual_t_h: float, dt_s: float) -> Floats:
        """Take out (5,) the usual flow, more where the pair is fuller than it should be, at most what is in it."""
        there = self.mass_t
        wanted_t_h = max(0.0, usual_t_h + (there - PAIR_T * SET_SHARE) / SETTLE_H)
        share = min(1.0, wanted_t_h * dt_s / 3600.0 / there) if there > 0.0 else 0.0
        self.leaving_t_h = share * there * 3600.0 / dt_s
        out: Floats = share * self.content
        self.content -= out
        return out
