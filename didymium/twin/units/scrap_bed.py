"""Bed of a rotary kiln that oxidises NdFeB scrap (domain reference §13, S20: 800 °C).

30 well-mixed cells from feed to head, moving as in ``roasting_bed``. In each

    4 RE + 3 O2 -> 2 RE2O3,  4 Fe + 3 O2 -> 2 Fe2O3:  dX/dt = k exp(-E / RT) (1 - X)

each with its own k; rare earth is the quicker. Water of the grinding sludge is driven off at first order. A cell's
temperature follows what its burners hold it at, ``τ dT/dt = T_usual,fire - T``, which falls towards the hall's with
the fire. Units: kg, s, °C.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.units.mother_liquor import RARE_EARTH
from didymium.twin.units.roasting_bed import FE, O

Floats = NDArray[np.float64]

CELLS: Final = 30
METAL, IRON, OXIDE, IRON_OXIDE, WATER, REST, FED, REO = range(8)
SPECIES: Final = 8
"""What a cell holds, kg; the last two mark scrap and rare earth, as oxide, as fed."""
WEIGHED: Final = 6
OXIDE_KG_KG: Final = (2.0 * RARE_EARTH + 3.0 * O) / (2.0 * RARE_EARTH)
IRON_OXIDE_KG_KG: Final = (2.0 * FE + 3.0 * O) / (2.0 * FE)
METAL_SHARE: Final = 0.160
REO_SHARE: Final = 5.5 / 19.0
"""5.5 t/d REO in 19 t/d of scrap. (A)"""
SCRAP: Final = np.array(
    [
        METAL_SHARE,
        0.450,
        REO_SHARE - METAL_SHARE * OXIDE_KG_KG,
        0.140,
        0.070,
        0.180 - REO_SHARE + METAL_SHARE * OXIDE_KG_KG,
        1.0,
        REO_SHARE,
    ]
)
"""Grinding sludge and broken magnets, in part oxidised already, kg a kg; the rest is boron, cobalt and dust. (A)"""
SCRAP_KG_S: Final = 19.0 / 86.4
GAS_CONSTANT: Final = 8.314
OXIDISING_J_MOL: Final = 90e3
METAL_S, IRON_S = 60.0, 20.0
WATER_J_MOL, WATER_S = 40e3, 5.0
"""Rates at infinite temperature, 1/s, tuned to 96.6 % of the metals. (A)"""
USUAL_C: Final = (480.0, 640.0, 760.0, 800.0, 800.0, 740.0)
"""Bed at the six thermocouples, from the feed end. (A)"""
PROFILE_C: Final = np.interp((np.arange(CELLS) + 0.5) / CELLS, (np.arange(6) + 0.5) / 6.0, USUAL_C)
COLD_C: Final = 30.0
HEATING_S: Final = 2400.0
USUAL_S: Final = 7200.0
"""On the way at the usual speed. (A)"""
LONGEST_STEP_S: Final = 40.0
SETTLED_S: Final = 24 * 3600.0


class Bed(NamedTuple):
    """(n,) kilns: ``content`` (n, 30, 8) kg, ``bed_c`` (n, 30). Of the last step, kg: (n, 8) what was fed and what
    left, (n,) the oxygen taken up and the steam given off."""

    content: Floats
    bed_c: Floats
    fed_kg: Floats
    out_kg: Floats
    oxygen_kg: Floats
    steam_kg: Floats

    @property
    def mass_kg(self) -> Floats:
        """(n,) all that is in the bed."""
        mass: Floats = self.content[:, :, :WEIGHED].sum(axis=(1, 2))
        return mass

    @property
    def reo_kg(self) -> Floats:
        """(n,) the rare earth in it, as oxide."""
        reo: Floats = self.content[:, :, REO].sum(axis=1)
        return reo

    @property
    def oxidised(self) -> Floats:
        """(n,) share of the metals that left as oxides; 1 where nothing left."""
        metals_kg = self.out_kg[:, METAL] + self.out_kg[:, IRON]
        fed_kg = (SCRAP[METAL] + SCRAP[IRON]) * self.out_kg[:, FED]
        share: Floats = 1.0 - metals_kg / np.maximum(fed_kg, 1e-9)
        return share


class BedInputs(NamedTuple):
    """(n,) scrap, kg/s, the fire as a share of the usual, and the speed over the usual."""

    scrap_kg_s: Floats
    fire: Floats
    pace: Floats


@njit(cache=True)
def _oxidise(m: Floats, bed_c: float, dt_s: float) -> tuple[float, float]:
    """Let one cell react for ``dt_s``; answer oxygen taken up and steam given off, kg."""
    rt = GAS_CONSTANT * (bed_c + 273.15)
    speed = math.exp(-OXIDISING_J_MOL / rt)
    metal = -m[METAL] * math.expm1(-METAL_S * speed * dt_s)
    iron = -m[IRON] * math.expm1(-IRON_S * speed * dt_s)
    steam = -m[WATER] * math.expm1(-WATER_S * math.exp(-WATER_J_MOL / rt) * dt_s)
    m[METAL] -= metal
    m[OXIDE] += OXIDE_KG_KG * metal
    m[IRON] -= iron
    m[IRON_OXIDE] += IRON_OXIDE_KG_KG * iron
    m[WATER] -= steam
    return (OXIDE_KG_KG - 1.0) * metal + (IRON_OXIDE_KG_KG - 1.0) * iron, steam


@njit(cache=True)
def _step(bed: Bed, inputs: BedInputs, dt_s: float) -> None:
    for i in range(len(bed.content)):
        moved = dt_s * CELLS / USUAL_S * inputs.pace[i]
        bed.oxygen_kg[i], bed.steam_kg[i] = 0.0, 0.0
        for kind in range(SPECIES):
            bed.fed_kg[i, kind] = SCRAP[kind] * inputs.scrap_kg_s[i] * dt_s
        passing = bed.fed_kg[i].copy()
        for cell in range(CELLS):
            m = bed.content[i, cell]
            for kind in range(SPECIES):
                leaving = m[kind] * moved
                m[kind] += passing[kind] - leaving
                passing[kind] = leaving
            oxygen, steam = _oxidise(m, bed.bed_c[i, cell], dt_s)
            bed.oxygen_kg[i] += oxygen
            bed.steam_kg[i] += steam
            held_c = COLD_C + inputs.fire[i] * (PROFILE_C[cell] - COLD_C)
            bed.bed_c[i, cell] += (held_c - bed.bed_c[i, cell]) * dt_s / HEATING_S
        bed.out_kg[i] = passing


def step(bed: Bed, inputs: BedInputs, dt_s: float) -> None:
    """Advance the bed. Raises ``ValueError`` beyond 40 s, a sixth of the time in a cell at the usual speed."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"a bed of scrap advances by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(bed, inputs, dt_s)


def usual_inputs(n: int) -> BedInputs:
    """What kilns are given in normal running."""
    return BedInputs(np.full(n, SCRAP_KG_S), np.ones(n), np.ones(n))


def empty_beds(n: int) -> Bed:
    """Hot kilns that hold nothing."""
    zeros = np.zeros((n, SPECIES))
    bed_c = np.tile(PROFILE_C, (n, 1))
    return Bed(np.zeros((n, CELLS, SPECIES)), bed_c, zeros, zeros.copy(), np.zeros(n), np.zeros(n))


@cache
def _running(dt_s: float) -> Bed:
    bed, inputs = empty_beds(1), usual_inputs(1)
    for _ in range(round(SETTLED_S / dt_s)):
        step(bed, inputs, dt_s)
    return bed


def running_beds(n: int, dt_s: float) -> Bed:
    """Kilns in steady running that are stepped by ``dt_s``."""
    return Bed(*(np.repeat(column, n, axis=0) for column in _running(dt_s)))
