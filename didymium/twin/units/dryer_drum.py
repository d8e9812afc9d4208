"""Drum that dries concentrate (domain reference §13, S11).

Six well-mixed zones in a row. In each, wet grains dry at a steady rate, and below a critical moisture ever slower:

    dw/dt = K (T - 70 °C) min(1, W / W_c)      w kg water a kg of solids, W its value, T the zone's gas

The gas burnt is what evaporation and warming need, at most what its valve passes: then all zones dry by so much less.

Units: t, s, °C, Nm³/h.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ZONES: Final = 6
SOLIDS, WATER, REO = range(3)
KINDS: Final = 3
"""What is held, t; REO is part of the solids."""
ZONE_C: Final = (185.0, 260.0, 310.0, 300.0, 240.0, 160.0)
WET_BULB_C: Final = 70.0
DRYING_S_K: Final = 1.02819e-6
"""K, tuned to 0.55 % at the outlet. (A)"""
CRITICAL: Final = 0.05
"""kg/kg. (A)"""
ZONE_S: Final = 200.0
"""20 min in the drum. (A)"""
WATER_MJ_T: Final = 2600.0
SOLIDS_MJ_T: Final = 76.0
"""To 90 K more. (K)"""
GAS_MJ_NM3: Final = 35.6
EFFICIENCY: Final = 0.40
MOST_GAS_NM3_H: Final = 600.0
LONGEST_STEP_S: Final = 40.0


class Drums(NamedTuple):
    """(n,) drums: ``content`` (n, 6, 3) t. Of the last step: what left, (n, 3) t, vapour, t, and the gas, Nm³/h."""

    content: Floats
    out_t: Floats
    vapour_t: Floats
    gas_nm3_h: Floats

    @property
    def mass_t(self) -> Floats:
        """(n,) all that is in the drum."""
        mass: Floats = self.content[:, :, :REO].sum(axis=(1, 2))
        return mass

    @property
    def moisture(self) -> Floats:
        """(n,) kg water a kg of what left."""
        share: Floats = self.out_t[:, WATER] / np.maximum(self.out_t[:, :REO].sum(axis=1), 1e-12)
        return share


@njit(cache=True)
def _step(drums: Drums, fed_t: Floats, zone_c: Floats, dt_s: float) -> None:
    for i in range(len(fed_t)):
        content = drums.content[i]
        passing = fed_t[i].copy()
        moved = dt_s / ZONE_S
        wanted = np.zeros(ZONES)
        for zone in range(ZONES):
            held = content[zone]
            for kind in range(KINDS):
                leaving = held[kind] * moved
                held[kind] += passing[kind] - leaving
                passing[kind] = leaving
            if held[SOLIDS] > 0.0:
                moist = held[WATER] / held[SOLIDS]
                dries = DRYING_S_K * max(0.0, zone_c[zone] - WET_BULB_C) * min(1.0, moist / CRITICAL) * dt_s
                wanted[zone] = min(held[WATER], held[SOLIDS] * dries)
        heat_mj = WATER_MJ_T * wanted.sum() + SOLIDS_MJ_T * fed_t[i, SOLIDS]
        most_mj = MOST_GAS_NM3_H * dt_s / 3600.0 * GAS_MJ_NM3 * EFFICIENCY
        given = min(1.0, max(0.0, most_mj - SOLIDS_MJ_T * fed_t[i, SOLIDS]) / max(1e-12, WATER_MJ_T * wanted.sum()))
        drums.vapour_t[i] = 0.0
        for zone in range(ZONES):
            content[zone, WATER] -= given * wanted[zone]
            drums.vapour_t[i] += given * wanted[zone]
        drums.gas_nm3_h[i] = min(heat_mj, most_mj) / (GAS_MJ_NM3 * EFFICIENCY) * 3600.0 / dt_s
        drums.out_t[i] = passing


def step(drums: Drums, fed_t: Floats, zone_c: Floats, dt_s: float) -> None:
    """Take in (n, 3) t and dry for ``dt_s`` at (6,) °C. Raises ``ValueError`` beyond 40 s, a fifth of a zone's time."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"drums advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(drums, fed_t, zone_c, dt_s)


def running_drums(fed_t: Floats, dt_s: float) -> Drums:
    """Drums that have long been fed (n, 3) t a step of ``dt_s``."""
    n = len(fed_t)
    drums = Drums(np.zeros((n, ZONES, KINDS)), np.zeros((n, KINDS)), np.zeros(n), np.zeros(n))
    for _ in range(round(30 * ZONE_S / dt_s)):
        step(drums, fed_t, np.array(ZONE_C), dt_s)
    return drums
