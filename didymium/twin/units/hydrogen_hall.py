"""Hydrogen in the air of a ventilated hall, and the interlock on it (domain reference §14, §15, §17.2 I7 and I8).

A leak mixes into a plume under the roof above it, which exchanges air with the hall, which the fans change:

    Vp dcp/dt = q - Qp (cp - ch)        Vh dch/dt = Qp (cp - ch) - Qv ch

Full ventilation doubles both flows. The lower explosion limit (LEL) is 4 % hydrogen. Units: m³, m³/s, Nm³/h, s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEL_SHARE: Final = 0.04
PLUME_M3: Final = 8.0
PLUME_M3_S: Final = 0.4
HALL_M3: Final = 1800.0
HALL_M3_S: Final = 6.0
"""A plume of 8 m³ that is changed in 20 s, a hall that is changed twelve times an hour. (A)"""
LONGEST_STEP_S: Final = 5.0
TRIP_PCT: Final = 25.0
SAFE_PCT: Final = 10.0
SAFE_S: Final = 300.0
"""The area has to be below 10 % LEL, and the leak mended, for so long before hydrogen comes back. (A)"""


@dataclass(frozen=True, slots=True)
class Halls:
    """(n,) columns: shares of hydrogen in plume and hall; ``tripped`` where the interlock holds, ``safe_s`` since when
    it could be released."""

    plume: Floats
    hall: Floats
    tripped: Flags
    safe_s: Floats

    @property
    def plume_pct(self) -> Floats:
        """Plume, % of the explosion limit."""
        return 100.0 / LEL_SHARE * self.plume

    @property
    def hall_pct(self) -> Floats:
        """Hall, % of the explosion limit."""
        return 100.0 / LEL_SHARE * self.hall

    @property
    def clear(self) -> bool:
        """Whether there is neither hydrogen nor a trip anywhere."""
        return not (self.tripped.any() or (self.plume > 1e-9).any() or (self.hall > 1e-9).any())


def halls(n: int) -> Halls:
    """Clean air."""
    return Halls(np.zeros(n), np.zeros(n), np.zeros(n, np.bool_), np.zeros(n))


def step_halls(h: Halls, leak_nm3_h: Floats, dt_s: float) -> None:
    """Mix (n,) leaks into the air for ``dt_s``. Raises ``ValueError`` beyond 5 s, a quarter of a plume's change."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"halls advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    fans = np.where(h.tripped, 2.0, 1.0)
    exchange = fans * PLUME_M3_S * (h.plume - h.hall)
    h.plume[:] += dt_s * (leak_nm3_h / 3600.0 - exchange) / PLUME_M3
    h.hall[:] += dt_s * (exchange - fans * HALL_M3_S * h.hall) / HALL_M3


def judge_halls(h: Halls, shown_pct: Floats, mended: Flags, dt_s: float) -> None:
    """Trip where a detector (n,) shows 25 % LEL; release where the leak is mended and the air has long been safe."""
    h.tripped[:] |= shown_pct >= TRIP_PCT
    h.safe_s[:] = np.where(h.tripped & mended & (shown_pct < SAFE_PCT), h.safe_s + dt_s, 0.0)
    h.tripped[:] &= h.safe_s < SAFE_S
