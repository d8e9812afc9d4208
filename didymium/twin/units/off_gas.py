"""What leaves an electrolysis cell as gas, with the air and the salt that go into it (domain reference §5.3).

Per kg of metal, O = 1.5 M(O)/M(metal) kg of oxygen comes to the anode and takes C = O M(C)/M(O)/(2 - y) kg of carbon as
CO2 and the share y of CO; nine tenths of the CO burn under the hood. What the oxide holds beyond O, as Pr6O11 does,
leaves as oxygen. The anodes burn in air besides. Moisture of the feed and evaporated salt leave as HF and fluoride
dust, anode effects make CF4 and C2F6. So carbon, oxygen and fluorine close: gas = anodes + oxide + air + salt.
Units: kg, s; nothing here has a memory, so any step will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from didymium.twin.bank import Floats
from didymium.twin.units.cell_class import CellClass

FARADAY_C_MOL: Final = 96_485.332
CARBON: Final = 12.011
OXYGEN: Final = 15.999
HYDROGEN: Final = 1.008
FLUORINE: Final = 18.998
CO: Final = CARBON + OXYGEN
CO2: Final = CARBON + 2.0 * OXYGEN
CF4: Final = CARBON + 4.0 * FLUORINE
C2F6: Final = 2.0 * CARBON + 6.0 * FLUORINE
HF: Final = HYDROGEN + FLUORINE
"""kg/kmol."""
CO_SHARE: Final = 0.3
"""Of the carbon that the current takes. (A)"""
CO_ESCAPES: Final = 0.1
"""So 5 kg CO per t of metal are left, of the 3 to 8 that were measured. (A)"""
BURNT_KG_KG: Final = 0.17
"""Carbon that burns per kg of metal, with the current and in air: 0.20 less the butts. (A)"""
MOISTURE: Final = 0.005
"""Water in the oxide, kg/kg. (A)"""
HF_PER_WATER: Final = 0.35
SALT_KG_KG: Final = 0.0045
"""Fluoride that evaporates per kg of metal, of 3 to 6 kg/t; a fifth of it as HF. (A)"""
SALT_AS_HF: Final = 0.2
C2F6_PER_CF4: Final = 0.12


class Recipe(NamedTuple):
    """(n,) what a kg of metal brings in each cell, kg: oxygen to the anode and beyond, carbon, CO that escapes.

    ``air_burn_kg_s`` is the carbon that hot anodes lose to the air.
    """

    oxygen: Floats
    spare_oxygen: Floats
    carbon: Floats
    co: Floats
    air_burn_kg_s: Floats


class Making(NamedTuple):
    """(n,) inputs: metal made and oxide fed, kg/s, CF4, g/s, and 1 where the anodes are hot enough to burn in air."""

    metal_kg_s: Floats
    feed_kg_s: Floats
    cf4_g_s: Floats
    hot: Floats


class OffGas(NamedTuple):
    """(n,) what comes from the anodes, by the current and by burning, from the air and from the salt; and the gases."""

    electrolytic: Floats
    air_burn: Floats
    air: Floats
    salt: Floats
    co2: Floats
    co: Floats
    oxygen: Floats
    hf: Floats
    fluoride: Floats
    cf4: Floats
    c2f6: Floats


def recipe(classes: Sequence[CellClass]) -> Recipe:
    """The stoichiometry of cells."""
    molar = np.array([3.0 * FARADAY_C_MOL * kind.metal_kg_ka_d / 86_400.0 for kind in classes])
    spare = np.array([kind.oxide_kg_kg - 1.0 for kind in classes])
    oxygen = np.minimum(1.5 * OXYGEN / molar, spare)
    carbon = oxygen * CARBON / OXYGEN / (2.0 - CO_SHARE)
    rated_kg_s = np.array([kind.set_ka * kind.metal_kg_ka_d / 86_400.0 * kind.efficiency for kind in classes])
    return Recipe(
        oxygen,
        spare - oxygen,
        carbon,
        carbon * CO_SHARE * CO_ESCAPES * CO / CARBON,
        rated_kg_s * (BURNT_KG_KG - carbon),
    )


def none(n: int) -> OffGas:
    """No gas."""
    return OffGas(*(np.zeros(n) for _ in OffGas._fields))


@njit(cache=True)
def step(recipe: Recipe, making: Making, rate: OffGas, so_far: OffGas, dt_s: float) -> None:
    """Write the gas of cells that make so much to ``rate``, kg/s, and add it to ``so_far``, kg."""
    for i in range(len(recipe.carbon)):
        metal, cf4 = making.metal_kg_s[i], making.cf4_g_s[i] / 1000.0
        burnt = recipe.carbon[i] * metal
        air_burn = recipe.air_burn_kg_s[i] * making.hot[i]
        co = recipe.co[i] * metal
        co2 = (burnt + air_burn - co * (CARBON / CO)) * (CO2 / CARBON)
        hf = HF_PER_WATER * MOISTURE * making.feed_kg_s[i] + SALT_AS_HF * SALT_KG_KG * (HF / FLUORINE) * metal
        fluoride = (1.0 - SALT_AS_HF) * SALT_KG_KG * metal
        c2f6 = C2F6_PER_CF4 * cf4
        fluorinated = cf4 * (CARBON / CF4) + c2f6 * (2.0 * CARBON / C2F6)
        rate.electrolytic[i] = burnt + fluorinated
        rate.air_burn[i] = air_burn
        rate.air[i] = co2 + co - burnt - air_burn - recipe.oxygen[i] * metal + hf * (HYDROGEN / HF)
        rate.salt[i] = hf * (FLUORINE / HF) + fluoride + cf4 + c2f6 - fluorinated
        rate.co2[i], rate.co[i], rate.oxygen[i] = co2, co, recipe.spare_oxygen[i] * metal
        rate.hf[i], rate.fluoride[i], rate.cf4[i], rate.c2f6[i] = hf, fluoride, cf4, c2f6
        so_far.electrolytic[i] += rate.electrolytic[i] * dt_s
        so_far.air_burn[i] += air_burn * dt_s
        so_far.air[i] += rate.air[i] * dt_s
        so_far.salt[i] += rate.salt[i] * dt_s
        so_far.co2[i] += co2 * dt_s
        so_far.co[i] += co * dt_s
        so_far.oxygen[i] += rate.oxygen[i] * dt_s
        so_far.hf[i] += hf * dt_s
        so_far.fluoride[i] += fluoride * dt_s
        so_far.cf4[i] += cf4 * dt_s
        so_far.c2f6[i] += c2f6 * dt_s
