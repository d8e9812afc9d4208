"""Recovery of acids from the gas of roasting kilns (domain reference §13, S18).

Three sprays and a wet electrostatic precipitator in a row take out, of each gas, all but ``exp(-N (G / G0)^-0.4)``;
N transfer units at the usual flow G0. Sulphuric acid leaves the first with 32 % of water, which it takes out of the
gas's steam; hydrofluoric acid leaves the second, made up with fresh water. In the third lime binds sulphur dioxide,
SO2 + Ca(OH)2 -> CaSO3 + H2O, and all of that goes to the residue. The rest is the tail gas.

Units: kg; nothing here has a memory, so any step will do.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.units.roasting_bed import ACID_GAS, HF, STEAM, SULPHUR_DIOXIDE

Floats = NDArray[np.float64]

STRONG: Final = 0.68
"""H2SO4 in the recovered acid, kg/kg. (A)"""
WEAK: Final = 0.175
"""HF in the recovered hydrofluoric acid. (A)"""
ACID_UNITS, HF_UNITS, SULPHUR_UNITS = 7.955, 8.937, 3.797
"""9 mg/m³ of mist, 1.4 of HF and 92 of SO2 in the stack. (A)"""
FLOW_POWER: Final = -0.4
LEAST_FLOW: Final = 0.05
LIME_KG_KG: Final = 74.093 / 64.064


STRONG_KG, WEAK_KG, WATER_KG, LIME_KG, CAKE_KG, TAIL_KG, TAIL_ACID_KG, TAIL_HF_KG, TAIL_SULPHUR_KG = range(9)
"""Columns of what is recovered: strong sulphuric and weak hydrofluoric acid, fresh water and lime taken, cake and tail
gas given off, and what of the acids and of SO2 is in the tail gas."""
RECOVERED: Final = 9


@njit(cache=True)
def passing(units: float, flow: float) -> float:
    """Share of a gas that passes at so much of the usual flow."""
    return math.exp(-units * max(flow, LEAST_FLOW) ** FLOW_POWER)


@njit(cache=True)
def recover(gas_kg: Floats, flow: Floats, out_kg: Floats) -> None:
    """Clean (n, 6) kg of gas, in the order of ``roasting_bed``, at (n,) flows over the usual; write (n, 9) kg."""
    for i in range(len(flow)):
        gas, out = gas_kg[i], out_kg[i]
        out[TAIL_ACID_KG] = gas[ACID_GAS] * passing(ACID_UNITS, flow[i])
        out[TAIL_HF_KG] = gas[HF] * passing(HF_UNITS, flow[i])
        out[TAIL_SULPHUR_KG] = gas[SULPHUR_DIOXIDE] * passing(SULPHUR_UNITS, flow[i])
        acid, hf = gas[ACID_GAS] - out[TAIL_ACID_KG], gas[HF] - out[TAIL_HF_KG]
        bound = gas[SULPHUR_DIOXIDE] - out[TAIL_SULPHUR_KG]
        thinning = acid * (1.0 / STRONG - 1.0)
        condensed = min(thinning, gas[STEAM])
        out[STRONG_KG], out[WEAK_KG] = acid / STRONG, hf / WEAK
        out[WATER_KG] = hf * (1.0 / WEAK - 1.0) + thinning - condensed
        out[LIME_KG] = LIME_KG_KG * bound
        out[CAKE_KG] = bound + out[LIME_KG]
        out[TAIL_KG] = gas.sum() - acid - hf - bound - condensed
