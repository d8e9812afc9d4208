"""Batteries of vehicles: 48 V of 100 Ah, 95 Wh/km and 12 Wh a lift, charged with 40 A (domain reference §3.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NOMINAL_V: Final = 48.0
USUAL_AH: Final = 100.0
DRIVE_WH_KM: Final = 95.0
LIFT_WH: Final = 12.0
STANDBY_W: Final = 30.0
"""Controls, scanner and radio. (A)"""
CHARGE_A: Final = 40.0
TAPER_PCT: Final = 90.0
"""From here on the charging current falls, to nothing at 100 %. (A)"""
CALL_PCT: Final = 25.0
CONTENT_PCT: Final = 80.0
LONGEST_STEP_S: Final = 60.0


class Batteries(NamedTuple):
    """(n,) columns. ``full_wh`` is what a battery holds; ``low`` is set where a vehicle has called for charge and has
    not got enough yet.
    """

    full_wh: Floats
    charge_wh: Floats
    soc_pct: Floats
    low: Flags
    current_a: Floats
    volt_v: Floats


def batteries(soc_pct: Floats, capacity_ah: Floats | float = USUAL_AH) -> Batteries:
    """Batteries at rest, charged to ``soc_pct``."""
    n = len(soc_pct)
    full_wh = np.full(n, NOMINAL_V * capacity_ah)
    return Batteries(
        full_wh, full_wh / 100.0 * soc_pct, soc_pct.copy(), np.zeros(n, np.bool_), np.zeros(n), 48.6 + 0.045 * soc_pct
    )


def step_batteries(b: Batteries, speed_m_s: Floats, lift_w: Floats, charging: Flags, dt_s: float) -> None:
    """Draw for driving and lifting, or charge, for ``dt_s``; the current is positive when drawn.

    ``lift_w`` (n,) is the power of the lift. Raises ``ValueError`` for a step of more than 60 s, in which a charging
    battery would overshoot.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"batteries advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(b, speed_m_s, lift_w, charging, dt_s)


@njit(cache=True)
def _step(b: Batteries, speed_m_s: Floats, lift_w: Floats, charging: Flags, dt_s: float) -> None:
    """The voltage rises with the charge and falls with the current drawn. (A)"""
    for i in range(len(b.charge_wh)):
        soc = b.soc_pct[i]
        if charging[i]:
            current = -CHARGE_A * min(1.0, (100.0 - soc) / (100.0 - TAPER_PCT))
        else:
            current = (STANDBY_W + 3.6 * DRIVE_WH_KM * speed_m_s[i] + lift_w[i]) / b.volt_v[i]
        b.current_a[i] = current
        b.volt_v[i] = 48.6 + 0.045 * soc - 0.015 * current
        b.charge_wh[i] = max(0.0, b.charge_wh[i] - current * b.volt_v[i] * dt_s / 3600.0)
        b.soc_pct[i] = 100.0 / b.full_wh[i] * b.charge_wh[i]
        b.low[i] = (b.low[i] or soc < CALL_PCT) and soc < CONTENT_PCT
