"""A sagger of carbonate cake: what it holds, how it is fired, what it gives off (domain reference §4.1, §4.3).

* Bed under a zone at Tz: ``dTb/dt = (Tz - Tb)/2400 s - (169 dα1 + 62.5 dα2 + 42.5 dα3)/dt``, °C.
* Drying, carbonate to oxycarbonate, oxycarbonate to oxide, each a contracting cube that starts at 30 % of the one
  before: ``dα/dt = 3 k (1 - α)^(2/3)``, ``k = 10^lgA exp(-Ea/RT)``, 1/s, with lgA of the last in the CO2-rich bed.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from numba import njit

USUAL_KG: Final = 8.0
USUAL_TREO_PCT: Final = 45.0
"""§4.1."""
OXYCARBONATE: Final = 2.0 / 3.0
"""Share of the CO2 that leaves with the second step: two of three."""

GAS_CONSTANT: Final = 8.314
EA_J_MOL: Final = (60e3, 178e3, 244e3)
LG_A_S: Final = (5.0, 9.32, 7.83)
BED_COOLING_K: Final = (168.75, 62.5, 42.5)
"""By how much a whole step cools the bed below what the zone gives it: a quarter of its heat over 1 kJ/kgK."""
NEXT_FROM: Final = 0.3
BED_S: Final = 2400.0
BED_STEP_S: Final = 10.0
COLD_C: Final = 20.0
LOI_PCT: Final = (30.0, 27.0, 13.5)

HOT_C: Final = 600.0
REHYDRATION_PCT: Final = 0.14
REHYDRATED_S: Final = 12_100.0
"""Time above 600 °C of oxide that takes up 0.14 % again; less surface is left after longer firing. (A)"""
LEAST_REHYDRATION_PCT, MOST_REHYDRATION_PCT = 0.1, 0.4


class Filling(NamedTuple):
    """What is in a full sagger, kg, and the heat it takes: kJ/K to be heated, kJ for each of the three steps.

    The oxygen is what cerium takes up.
    """

    cake_kg: float
    oxide_kg: float
    water_kg: float
    co2_kg: float
    oxygen_kg: float
    sagger_kj_k: float
    drying_kj: float
    second_kj: float
    third_kj: float


def filling(cake_kg: float, treo_pct: float) -> Filling:
    """A sagger of LaCe 34/66 carbonate, §4.1: the less oxide is in the cake, the wetter it is.

    Drying takes 2.4 GJ per t oxide at 45 % TREO, decomposing 1.0, §4.3; the sagger is 6 kg of cordierite-mullite. (A)
    """
    oxide_kg = cake_kg * treo_pct / 100.0
    water_kg, co2_kg, oxygen_kg = _given_off_kg(cake_kg, oxide_kg)
    wetter = water_kg / oxide_kg / USUAL_WET
    return Filling(
        cake_kg,
        oxide_kg,
        water_kg,
        co2_kg,
        oxygen_kg,
        6.0 * 1.05 + oxide_kg * 0.45,
        oxide_kg * 2400.0 * wetter,
        oxide_kg * 1000.0 * 250.0 / 420.0,
        oxide_kg * 1000.0 * 170.0 / 420.0,
    )


def _given_off_kg(cake_kg: float, oxide_kg: float) -> tuple[float, float, float]:
    """Water, CO2, and the oxygen that is taken up instead: half an O2 for each two CeO2."""
    co2_kg = oxide_kg * (0.34 * 0.405 + 0.66 * 0.384)
    oxygen_kg = oxide_kg * 0.66 * 16.0 / 344.23
    return cake_kg + oxygen_kg - oxide_kg - co2_kg, co2_kg, oxygen_kg


_USUAL_OXIDE_KG: Final = USUAL_KG * USUAL_TREO_PCT / 100.0
USUAL_WET: Final = _given_off_kg(USUAL_KG, _USUAL_OXIDE_KG)[0] / _USUAL_OXIDE_KG
"""Water per kg of oxide in the usual cake."""
USUAL: Final = filling(USUAL_KG, USUAL_TREO_PCT)


@njit(cache=True, inline="always")
def fire(
    filled: Filling, bed_c: float, first: float, second: float, third: float, zone_c: float, dt_s: float
) -> tuple[float, float, float, float, float]:
    """One explicit step of a sagger: its bed, its three conversions, the heat it took, kJ."""
    reaction_kj = (filled.drying_kj, filled.second_kj, filled.third_kj)
    taken_kj = filled.sagger_kj_k * dt_s * (zone_c - bed_c) / BED_S
    bed_c += dt_s * (zone_c - bed_c) / BED_S
    before = 1.0
    cooled_k = 0.0
    alphas = (first, second, third)
    new_first, new_second, new_third = first, second, third
    for j in range(3):
        alpha = alphas[j]
        if alpha < 1.0 and before >= NEXT_FROM:
            rate_s = 10.0 ** LG_A_S[j] * math.exp(-EA_J_MOL[j] / (GAS_CONSTANT * (bed_c + 273.15)))
            grown = min(1.0 - alpha, dt_s * 3.0 * rate_s * (1.0 - alpha) ** (2.0 / 3.0))
            alpha += grown
            cooled_k += BED_COOLING_K[j] * grown
            taken_kj += (reaction_kj[j] - filled.sagger_kj_k * BED_COOLING_K[j]) * grown
        before = alpha
        if j == 0:
            new_first = alpha
        elif j == 1:
            new_second = alpha
        else:
            new_third = alpha
    return bed_c - cooled_k, new_first, new_second, new_third, taken_kj


@njit(cache=True)
def loss_on_ignition_pct(first: float, second: float, third: float) -> float:
    """Of oxide fresh from the kiln, %."""
    return LOI_PCT[0] * (1.0 - first) + LOI_PCT[1] * (1.0 - second) + LOI_PCT[2] * (1.0 - third)


@njit(cache=True)
def rehydration_pct(hot_s: float) -> float:
    """What the oxide takes up again in the store, %: the longer it was hot the less surface it has."""
    taken = REHYDRATION_PCT * math.sqrt(REHYDRATED_S / max(1.0, hot_s))
    return min(MOST_REHYDRATION_PCT, max(LEAST_REHYDRATION_PCT, taken))


@njit(cache=True, inline="always")
def content_kg(filled: Filling, first: float, second: float, third: float) -> float:
    """What one sagger holds, kg."""
    co2 = filled.co2_kg * (1.0 - OXYCARBONATE * second - (1.0 - OXYCARBONATE) * third)
    return filled.oxide_kg - filled.oxygen_kg * (1.0 - second) + filled.water_kg * (1.0 - first) + co2
