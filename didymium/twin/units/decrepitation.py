"""Flakes that take up hydrogen and crack, behind a regulator that keeps its pressure (domain reference §14).

    dH/dt = k √P (Hmax − H)                                H in wt% of the charge, P in MPa
    C dT/dt = 57 kJ/mol r − UA (T − Tw)                    bed
    V dP/dt = 0.1013 MPa (flow − uptake),  flow = G (Ps − P), at most the line's

The pressure is stepped implicitly: the regulator closes a difference in seconds. Units: kg, MPa, Nm³/h, °C, kJ/K, s.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_WT: Final = 0.425
RATE: Final = 1.0476e-3
"""1/(s √MPa): at 0.125 MPa a charge takes 93 % of the most in two hours, 4.4 Nm³ for 100 kg. (A)"""
HEAT_KJ_MOL: Final = 57.0
MOL_KG: Final = 1000.0 / 2.016
NM3_KG: Final = 1.0 / 0.08988
BED_KJ_KG_K: Final = 0.45
DRUM_KJ_K: Final = 15.0
BED_KW_K: Final = 0.012
COLD_C, WALL_C = 35.0, 40.0
SET_MPA: Final = 0.128
VESSEL_M3: Final = 0.25
REGULATOR_NM3_H_MPA: Final = 3000.0
LINE_NM3_H: Final = 40.0
ATMOSPHERE_MPA: Final = 0.1013
LONGEST_STEP_S: Final = 30.0


class Beds(NamedTuple):
    """(n,) columns: charge, hydrogen in it, bed temperature, pressure of the gas and what flows in."""

    charge_kg: Floats
    uptake_wt: Floats
    bed_c: Floats
    gas_mpa: Floats
    flow_nm3_h: Floats


def beds(n: int) -> Beds:
    """Empty, cold and evacuated vessels."""
    return Beds(np.zeros(n), np.zeros(n), np.full(n, COLD_C), np.zeros(n), np.zeros(n))


def begin(b: Beds, i: int, charge_kg: float) -> None:
    """Put a fresh charge into one vessel."""
    b.charge_kg[i], b.uptake_wt[i], b.bed_c[i] = charge_kg, 0.0, COLD_C
    b.gas_mpa[i] = b.flow_nm3_h[i] = 0.0


def free_nm3(b: Beds, i: int) -> float:
    """Hydrogen over the bed of one vessel."""
    return float(b.gas_mpa[i]) * VESSEL_M3 / ATMOSPHERE_MPA


def taken_nm3(b: Beds, i: int) -> float:
    """Hydrogen in and over the bed of one vessel."""
    return 0.01 * float(b.uptake_wt[i] * b.charge_kg[i]) * NM3_KG + free_nm3(b, i)


def step_beds(b: Beds, valve_open: NDArray[np.bool_], dt_s: float) -> None:
    """Advance by ``dt_s`` in place; where the (n,) valve is shut nothing flows or reacts.

    Raises ``ValueError`` beyond 30 s, a hundredth of the time in which a charge is saturated.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"decrepitation furnaces advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(b, valve_open, dt_s)


@njit(cache=True)
def _step(b: Beds, valve_open: NDArray[np.bool_], dt_s: float) -> None:
    mpa_nm3 = ATMOSPHERE_MPA / VESSEL_M3
    for i in range(len(b.charge_kg)):
        grown_wt = 0.0
        b.flow_nm3_h[i] = 0.0
        if valve_open[i] and b.charge_kg[i] > 0.0:
            left_wt = MOST_WT - b.uptake_wt[i]
            grown_wt = left_wt * -math.expm1(-RATE * math.sqrt(b.gas_mpa[i]) * dt_s)
            grown_nm3 = 0.01 * grown_wt * b.charge_kg[i] * NM3_KG
            gain = REGULATOR_NM3_H_MPA * dt_s / 3600.0
            line_nm3 = LINE_NM3_H * dt_s / 3600.0
            there_nm3 = b.gas_mpa[i] / mpa_nm3
            after_mpa = (b.gas_mpa[i] + mpa_nm3 * (gain * SET_MPA - grown_nm3)) / (1.0 + mpa_nm3 * gain)
            flow_nm3 = min(line_nm3, max(0.0, gain * (SET_MPA - after_mpa)))
            if grown_nm3 > there_nm3 + flow_nm3:
                grown_wt *= (there_nm3 + flow_nm3) / grown_nm3
                grown_nm3 = there_nm3 + flow_nm3
            b.flow_nm3_h[i] = flow_nm3 * 3600.0 / dt_s
            b.gas_mpa[i] = max(0.0, b.gas_mpa[i] + mpa_nm3 * (flow_nm3 - grown_nm3))
            b.uptake_wt[i] += grown_wt
        heat_kj_k = BED_KJ_KG_K * b.charge_kg[i] + DRUM_KJ_K
        heat_kj = 0.01 * grown_wt * b.charge_kg[i] * MOL_KG * HEAT_KJ_MOL
        b.bed_c[i] += (heat_kj - BED_KW_K * (b.bed_c[i] - WALL_C) * dt_s) / heat_kj_k
