"""What the liquor of a precipitation is made of, and what its acidification leaves (domain reference §3).

    2 RECl3 + 6 NH4HCO3 -> RE2(CO3)3·8H2O + 6 NH4Cl + 3 CO2 - 5 H2O
    2 NH4HCO3 + H2SO4 -> (NH4)2SO4 + 2 CO2 + 2 H2O

A liquor is known by its mass and what is dissolved in it; the rest is water. Water is counted as bound where a
reaction will set it free, half of one in bicarbonate and half of one in the acid that breaks it, so that no reaction
makes or uses any. Masses in t, amounts in kmol, molar masses in kg/kmol.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Floats
from didymium.twin.units.brine import AMMONIUM_AT, CHLORIDE_AT, PARTS, SULPHATE_AT, WATER_AT
from didymium.twin.units.reactor_physics import (
    CRYSTAL_KG_KMOL,
    FEED_KMOL_M3,
    FEED_T_M3,
    REAGENT_T_M3,
    Amounts,
    Reactors,
)

T_KG: Final = 0.001
RARE_EARTH: Final = 143.394
CHLORINE: Final = 35.453
AMMONIUM: Final = 53.491 - CHLORINE
WATER: Final = 18.015
CARBON_DIOXIDE: Final = 44.009
CARBONATE: Final = 60.009
BICARBONATE: Final = 0.5 * (CARBONATE + CARBON_DIOXIDE + WATER)
HYDROGEN: Final = CARBON_DIOXIDE + WATER - BICARBONATE
SULPHATE: Final = 96.06
ACID: Final = 0.5 * SULPHATE + HYDROGEN
"""Sulphuric acid per kmol of bicarbonate that it breaks."""
ACID_PU: Final = 0.93
"""Strength of the recovered acid, t/t. (A)"""
DRY_CARBONATE: Final = RARE_EARTH + 1.5 * CARBONATE
"""Per kmol of rare earth."""


class Dissolved(NamedTuple):
    """kmol in a liquor: rare-earth chloride, ammonium chloride, ammonium bicarbonate."""

    rare_earth: float
    salt: float
    free: float


def salt_t(of: Dissolved) -> float:
    """Chloride and ammonium in a liquor."""
    return T_KG * (3.0 * CHLORINE * of.rare_earth + (CHLORINE + AMMONIUM) * of.salt + AMMONIUM * of.free)


def chloride_t(of: Dissolved) -> float:
    return T_KG * CHLORINE * (3.0 * of.rare_earth + of.salt)


def water_t(liquor_t: float, of: Dissolved) -> float:
    """Water, free or bound, in a liquor."""
    others = RARE_EARTH * of.rare_earth + (BICARBONATE - 0.5 * WATER) * of.free
    return liquor_t - salt_t(of) - T_KG * others


def crystal_water_t(carbonate_t: float, rare_earth_kmol: float) -> float:
    """Water in a wet carbonate: bound in the crystals and between them."""
    return carbonate_t - T_KG * DRY_CARBONATE * rare_earth_kmol


class Brought(NamedTuple):
    """What a solution brings: t of water, free or bound, of salt, and of its chloride and sulphate."""

    water_t: float
    salt_t: float
    chloride_t: float
    sulphate_t: float


def of_chloride(mass_t: float) -> Brought:
    """Rare-earth chloride solution as the reactors are fed with it, 220 g/L REO."""
    of = Dissolved(FEED_KMOL_M3 / FEED_T_M3 * mass_t, 0.0, 0.0)
    return Brought(water_t(mass_t, of), salt_t(of), chloride_t(of), 0.0)


def of_bicarbonate(mass_t: float, kmol_m3: float) -> Brought:
    """Ammonium bicarbonate solution of so many kmol/m³."""
    of = Dissolved(0.0, 0.0, kmol_m3 / REAGENT_T_M3 * mass_t)
    return Brought(water_t(mass_t, of), salt_t(of), 0.0, 0.0)


def of_acid(kmol: float) -> Brought:
    """Sulphuric acid for so much bicarbonate, with the half of a water that each kmol sets free."""
    sulphate_t = T_KG * 0.5 * SULPHATE * kmol
    thinning_t = T_KG * ACID * kmol * (1.0 - ACID_PU) / ACID_PU
    return Brought(thinning_t + T_KG * 0.5 * WATER * kmol, sulphate_t, 0.0, sulphate_t)


class Acidified(NamedTuple):
    """A liquor rid of its bicarbonate: ``water`` (5,) as waste waters are booked, and the rare earth beside it, kmol.

    ``acid_t`` went in and ``gas_t`` went off.
    """

    water: Floats
    rare_earth_kmol: float
    acid_t: float
    gas_t: float


def acidified(liquor_t: float, of: Dissolved) -> Acidified:
    """Break what bicarbonate there is in a liquor."""
    water = np.zeros(PARTS)
    water[AMMONIUM_AT] = T_KG * AMMONIUM * (of.salt + of.free)
    water[CHLORIDE_AT] = chloride_t(of)
    water[SULPHATE_AT] = T_KG * 0.5 * SULPHATE * of.free
    acid_t = T_KG * ACID / ACID_PU * of.free
    gas_t = T_KG * CARBON_DIOXIDE * of.free
    rest_t = liquor_t + acid_t - gas_t - T_KG * RARE_EARTH * of.rare_earth
    water[WATER_AT] = rest_t - water.sum()
    return Acidified(water, of.rare_earth, acid_t, gas_t)


class Inside(NamedTuple):
    """What reactors hold: all, rare earth in kmol, water, salt, and chloride."""

    mass_t: float
    rare_earth_kmol: float
    water_t: float
    salt_t: float
    chloride_t: float


def inside(r: Reactors, of: NDArray[np.intp]) -> Inside:
    """What some reactors hold now, in their liquor and in their crystals."""
    liquor_t, solid_kmol = float(r.liquor_t[of].sum()), float(r.solid_kmol[of].sum())
    dissolved = Dissolved(float(r.dissolved_kmol[of].sum()), float(r.salt_kmol[of].sum()), float(r.free_kmol[of].sum()))
    crystals_t = T_KG * CRYSTAL_KG_KMOL * solid_kmol
    return Inside(
        liquor_t + crystals_t,
        dissolved.rare_earth + solid_kmol,
        water_t(liquor_t, dissolved) + crystal_water_t(crystals_t, solid_kmol),
        salt_t(dissolved),
        chloride_t(dissolved),
    )


def gained(moved: Amounts, bicarbonate_kmol_m3: float) -> Inside:
    """What reactors have more for what came and went."""
    chloride, reagent = of_chloride(moved.chloride_t), of_bicarbonate(moved.reagent_t, bicarbonate_kmol_m3)
    liquor = Dissolved(moved.liquor_kmol, moved.liquor_salt_kmol, moved.liquor_free_kmol)
    slurry = Dissolved(moved.slurry_dissolved_kmol, moved.slurry_salt_kmol, moved.slurry_free_kmol)
    solid_kmol = moved.slurry_solid_kmol
    crystals_t = T_KG * CRYSTAL_KG_KMOL * solid_kmol
    out_t = moved.co2_t + moved.liquor_t + moved.slurry_liquor_t + crystals_t
    out_water_t = water_t(moved.liquor_t, liquor) + water_t(moved.slurry_liquor_t, slurry)
    return Inside(
        moved.chloride_t + moved.reagent_t + moved.water_t - out_t,
        moved.chloride_kmol - liquor.rare_earth - slurry.rare_earth - solid_kmol,
        chloride.water_t + reagent.water_t + moved.water_t - out_water_t - crystal_water_t(crystals_t, solid_kmol),
        chloride.salt_t + reagent.salt_t - salt_t(liquor) - salt_t(slurry),
        chloride.chloride_t - chloride_t(liquor) - chloride_t(slurry),
    )


class Vessels:
    """Some reactors of a workshop, with what came and went that is not booked yet.

    ``table`` (fields of ``Amounts``, houses) sums it up, one house or more of them being the workshop's.
    """

    def __init__(self, r: Reactors, of: NDArray[np.intp], table: Floats, houses: list[int]) -> None:
        self._reactors, self._of, self.table, self._houses = r, of, table, houses
        self.bicarbonate_kmol_m3 = float(r.reagent_kmol_m3[of[0]])

    def moved(self) -> Amounts:
        """What came and went in all the houses together."""
        return Amounts(*self.table[:, self._houses].sum(axis=1).tolist())

    def close(self) -> None:
        """Say that all of it is booked."""
        self.table[:, self._houses] = 0.0

    def booked(self) -> Inside:
        """What the reactors held when the workshop last booked."""
        now = inside(self._reactors, self._of)
        since = gained(self.moved(), self.bicarbonate_kmol_m3)
        return Inside(*(held - more for held, more in zip(now, since, strict=True)))
