"""A belt calciner: cake through eight zones with burners, dried, decomposed, cooled (domain reference §3, §4.1, §4.3).

    m cp dTb/dt = U (Tz − Tb) − ΔH r + inflow          bed of a zone, mixed, passed on after τ = belt time / 8
    r = k w,  k = 10^lgA exp(−Ea/RT)                   water; two thirds of the CO2; the last third
    C dTz/dt = fuel + flue gas − wall − U (Tz − Tb)    zone; flue gas flows against the belt

Carbonate of cerium takes up half an O2 for every two CeO2. What a bed holds is ``oxide`` as it will be, ``water`` and
the CO2 still bound, less the oxygen still to come. Units: kg, kW, kJ, °C, Nm³/h, s.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ZONES: Final = 8
ZONE_C: Final = (160.0, 340.0, 560.0, 740.0, 860.0, 900.0, 780.0, 320.0)
BELT_S: Final = 9000.0
"""From feed to discharge at the usual speed."""
GAS_CONSTANT: Final = 8.314
KELVIN: Final = 273.15
ROOM_C: Final = 30.0
EA_J_MOL: Final = (60e3, 178e3, 244e3)
LG_A_S: Final = (5.0, 9.32, 9.5)
"""§4.3; the last for a thin bed in air. (A)"""
HEAT_KJ_KG: Final = (2400.0, 900.0, 900.0)
"""Of water evaporated and of CO2 given off."""
CP_KJ_KG_K: Final = (0.45, 4.2)
"""Of oxide and of water."""
BED_S: Final = 200.0
ZONE_KJ_K: Final = 1500.0
WALL_KW_K: Final = 0.025
GAS_KW: Final = 35.6 / 3.6
FLUE_KW_K: Final = 12.5 * 1.4 / 3600.0
"""Of the flue gas of 1 Nm³/h."""
GRIP_S: Final = 120.0
MOST_GAS_NM3_H: Final = 40.0
LEAST_GAS_NM3_H: Final = 0.5
REHYDRATED_PCT: Final = 0.25
COLD_SIDE: Final = 7
"""Zone, from 0, that is cooled: air takes its heat out."""
COOLING_KW_K: Final = 0.4
LONGEST_STEP_S: Final = 30.0


class Cake(NamedTuple):
    """What is fed, (n,): kg/s of oxide as it will be, of water and of CO2; ``oxygen`` is taken up per kg of CO2."""

    oxide_kg_s: Floats
    water_kg_s: Floats
    co2_kg_s: Floats
    oxygen: Floats


class Calciners(NamedTuple):
    """(n, 8) over zones, and (n,) what came and went in the last step, kg. ``gas_nm3_h`` is what each zone burns."""

    zone_c: Floats
    bed_c: Floats
    oxide_kg: Floats
    water_kg: Floats
    co2_fast_kg: Floats
    co2_slow_kg: Floats
    gas_nm3_h: Floats
    fed_kg: Floats
    steam_kg: Floats
    co2_kg: Floats
    oxygen_kg: Floats
    out_kg: Floats
    out_oxide_kg: Floats
    loi_pct: Floats


def calciners(n: int) -> Calciners:
    """Calciners at their set-points with empty belts."""
    table = [np.tile(ZONE_C, (n, 1)), np.tile(ZONE_C, (n, 1)), *(np.zeros((n, ZONES)) for _ in range(5))]
    return Calciners(*table, *(np.zeros(n) for _ in range(7)))


def held_kg(c: Calciners, oxygen: Floats) -> Floats:
    """(n,) what lies on each belt; ``oxygen`` as in ``Cake``."""
    co2_kg = (c.co2_fast_kg + c.co2_slow_kg).sum(axis=1)
    return np.asarray(c.oxide_kg.sum(axis=1) + c.water_kg.sum(axis=1) + (1.0 - oxygen) * co2_kg)


def step_calciners(c: Calciners, cake: Cake, set_c: Floats, dt_s: float) -> None:
    """Advance by ``dt_s`` in place towards (n, 8) set-points.

    Raises ``ValueError`` beyond 30 s, a quarter of the time in which the burners close a difference.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"calciners advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(c, cake, set_c, dt_s)


def run_in(c: Calciners, cake: Cake, set_c: Floats, seconds: float) -> None:
    """Advance by so long, as far as whole steps of 10 s go."""
    _run_in(c, cake, set_c, int(seconds // 10.0))


@njit(cache=True)
def _run_in(c: Calciners, cake: Cake, set_c: Floats, steps: int) -> None:
    for _ in range(steps):
        _step(c, cake, set_c, 10.0)


@njit(cache=True)
def _step(c: Calciners, cake: Cake, set_c: Floats, dt_s: float) -> None:
    share = dt_s * ZONES / BELT_S
    for i in range(len(c.fed_kg)):
        oxygen = cake.oxygen[i]
        steam = released = 0.0
        flue_kw_k = 0.0
        c.out_oxide_kg[i] = share * c.oxide_kg[i, ZONES - 1]
        left_co2 = share * (c.co2_fast_kg[i, ZONES - 1] + c.co2_slow_kg[i, ZONES - 1])
        c.out_kg[i] = c.out_oxide_kg[i] + share * c.water_kg[i, ZONES - 1] + (1.0 - oxygen) * left_co2
        c.loi_pct[i] = REHYDRATED_PCT
        if c.out_oxide_kg[i] > 0.0:
            bound = share * c.water_kg[i, ZONES - 1] + left_co2
            c.loi_pct[i] += 100.0 * bound / c.out_oxide_kg[i]
        for z in range(ZONES - 1, -1, -1):
            fed_c = _pass_on(c, cake, i, z, share, dt_s)
            dried, fast, slow = _react(c, i, z, dt_s)
            steam += dried
            released += fast + slow
            heat_kj_k = CP_KJ_KG_K[0] * c.oxide_kg[i, z] + CP_KJ_KG_K[1] * c.water_kg[i, z] + 0.5
            taken_kw = heat_kj_k / BED_S * (c.zone_c[i, z] - c.bed_c[i, z])
            reaction_kj = HEAT_KJ_KG[0] * dried + HEAT_KJ_KG[1] * fast + HEAT_KJ_KG[2] * slow
            c.bed_c[i, z] += share * (fed_c - c.bed_c[i, z]) + (taken_kw * dt_s - reaction_kj) / heat_kj_k
            zone_c = c.zone_c[i, z]
            hotter_c = c.zone_c[i, z + 1] if z < COLD_SIDE else zone_c
            flue_kw = flue_kw_k * max(0.0, hotter_c - zone_c)
            lost_kw = WALL_KW_K * (zone_c - ROOM_C) + taken_kw
            if z == COLD_SIDE:
                lost_kw += COOLING_KW_K * max(0.0, zone_c - set_c[i, z])
            asked_kw = lost_kw - flue_kw + ZONE_KJ_K * (set_c[i, z] - zone_c) / GRIP_S
            gas_nm3_h = min(MOST_GAS_NM3_H, max(LEAST_GAS_NM3_H, asked_kw / (GAS_KW - FLUE_KW_K * zone_c)))
            c.gas_nm3_h[i, z] = gas_nm3_h
            fuel_kw = gas_nm3_h * (GAS_KW - FLUE_KW_K * zone_c)
            c.zone_c[i, z] = zone_c + dt_s * (fuel_kw + flue_kw - lost_kw) / ZONE_KJ_K
            flue_kw_k += FLUE_KW_K * gas_nm3_h
        c.fed_kg[i] = dt_s * (cake.oxide_kg_s[i] + cake.water_kg_s[i] + (1.0 - oxygen) * cake.co2_kg_s[i])
        c.steam_kg[i], c.co2_kg[i], c.oxygen_kg[i] = steam, released, oxygen * released


@njit(cache=True, inline="always")
def _pass_on(c: Calciners, cake: Cake, i: int, z: int, share: float, dt_s: float) -> float:
    """Move a share of the bed before a zone into it, its own having gone; the temperature of what came."""
    if z == 0:
        oxide, water, co2 = dt_s * cake.oxide_kg_s[i], dt_s * cake.water_kg_s[i], dt_s * cake.co2_kg_s[i]
        fast, slow, fed_c = 2.0 / 3.0 * co2, co2 / 3.0, ROOM_C
    else:
        oxide, water = share * c.oxide_kg[i, z - 1], share * c.water_kg[i, z - 1]
        fast, slow, fed_c = share * c.co2_fast_kg[i, z - 1], share * c.co2_slow_kg[i, z - 1], c.bed_c[i, z - 1]
    c.oxide_kg[i, z] += oxide - share * c.oxide_kg[i, z]
    c.water_kg[i, z] += water - share * c.water_kg[i, z]
    c.co2_fast_kg[i, z] += fast - share * c.co2_fast_kg[i, z]
    c.co2_slow_kg[i, z] += slow - share * c.co2_slow_kg[i, z]
    return fed_c


@njit(cache=True, inline="always")
def _react(c: Calciners, i: int, z: int, dt_s: float) -> tuple[float, float, float]:
    """Dry and decompose; water and CO2 that leave."""
    per_k = 1.0 / (GAS_CONSTANT * (c.bed_c[i, z] + KELVIN))
    dried = c.water_kg[i, z] * -math.expm1(-dt_s * 10.0 ** LG_A_S[0] * math.exp(-EA_J_MOL[0] * per_k))
    fast = c.co2_fast_kg[i, z] * -math.expm1(-dt_s * 10.0 ** LG_A_S[1] * math.exp(-EA_J_MOL[1] * per_k))
    slow = c.co2_slow_kg[i, z] * -math.expm1(-dt_s * 10.0 ** LG_A_S[2] * math.exp(-EA_J_MOL[2] * per_k))
    c.water_kg[i, z] -= dried
    c.co2_fast_kg[i, z] -= fast
    c.co2_slow_kg[i, z] -= slow
    return dried, fast, slow
