"""Bed of a rotary kiln that roasts concentrate with sulphuric acid (domain reference §13, S12).

A kiln is 30 well-mixed cells from its feed end, 0, to its head, which is a Péclet number of 60. Each cell holds kg of

    bastnaesite  2 REFCO3 + 3 H2SO4 -> RE2(SO4)3 + 2 HF + 2 CO2 + 2 H2O
    monazite     2 REPO4  + 3 H2SO4 -> RE2(SO4)3 + 2 H3PO4
    fluorite       CaF2   +   H2SO4 -> CaSO4 + 2 HF
    haematite      Fe2O3  + 3 H2SO4 -> Fe2(SO4)3 + 3 H2O

* Moving: ``dm/dt = (m of the cell before - m) N / t``, with t = 1.77 sqrt(θ) L / (s D n) min, θ and s in degrees
  (Sullivan, Maier and Ralston, Bureau of Mines 1927).
* Decomposing: ``dX/dt = k0 exp(-85e3 / RT) (1 - X) min(1, r / 1.35)``, r the t acid fed with a t concentrate. The
  sulphates hold ``BOUND`` kmol acid for a kmol of rare earth besides, which neither titrates nor boils off.
* Boiling off: free acid and water at first order, ``k exp(-E / RT)``. Of the acid in the gas a share that grows with
  the gas's temperature falls apart, H2SO4 -> SO2 + H2O + O2 / 2.
* Heat: burner gas runs from head to feed end and gives ``U (Tg - T)`` to each cell and a share to the shell; the bed
  takes it up as ``m c dT/dt = U (Tg - T) + m' c (T before - T) - latent heat``. Heat of reaction is in the feed's
  temperature.

Units: kg, s, °C, kW, Nm³/h.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CELLS: Final = 30
BASTNAESITE, MONAZITE, FLUORITE, HAEMATITE, ACID, WATER, SALTS, FED, ACID_FED, REO = range(10)
SPECIES: Final = 10
"""What a cell holds, kg. The last three mark where it came from: concentrate, acid and rare earth as fed."""
WEIGHED: Final = 7
"""The species that add up to the bed's mass."""
HF, CARBON_DIOXIDE, STEAM, ACID_GAS, SULPHUR_DIOXIDE, OXYGEN = range(6)
GASES: Final = 6

RE, F, S, O, H, C, P, CA, FE = 140.5, 18.998, 32.06, 15.999, 1.008, 12.011, 30.974, 40.078, 55.845  # noqa: E741 - symbols of elements
"""kg/kmol; the ore's mean rare earth."""
H2O: Final = 2.0 * H + O
H2SO4: Final = 2.0 * H + S + 4.0 * O
SO2: Final = S + 2.0 * O
CO2: Final = C + 2.0 * O
HYDROGEN_FLUORIDE: Final = H + F
REO_KMOL: Final = RE + 1.5 * O
REFCO3: Final = RE + F + C + 3.0 * O
REPO4: Final = RE + P + 4.0 * O
CAF2: Final = CA + 2.0 * F
FE2O3: Final = 2.0 * FE + 3.0 * O

CONCENTRATE_KG_S: Final = 542.0 / 3.0 / 86.4
RATIO: Final = 1.4
"""t acid as fed for a t concentrate, of 1.25 to 1.55. (A)"""
STRENGTH: Final = 0.9304
"""H2SO4 in the acid: bought at 98 %, mixed with what is recovered at 68 %. (A)"""
MOISTURE: Final = 0.0055
FUEL_NM3_H: Final = 820.0
"""110 Nm³ a t, §13."""
AIR_NM3_H: Final = 9440.0
REO_SHARE: Final = 0.5809
"""Of the concentrate as fed, dried: 198,000 t/y at 58.09 %, §13."""
FLUORINE_SHARE: Final = 0.064
"""At most 7 % in grade 1, §13. (A)"""
AS_BASTNAESITE: Final = 0.65
"""Share of the rare earth that is bastnaesite; the rest is monazite. (A)"""
IRON_SHARE: Final = 0.11
"""Fe2O3 in the concentrate. (A)"""

LENGTH_M: Final = 30.0
DIAMETER_M: Final = 2.4
SLOPE_DEG: Final = 1.4
REPOSE_DEG: Final = 40.0
RPM: Final = 0.82
"""2.0 h on the way, of the 1.5 to 2.5 h of §13. (A)"""
GAS_CONSTANT: Final = 8.314
DECOMPOSING_J_MOL: Final = 85e3
DECOMPOSING_S: Final = 3301.868
ENOUGH_ACID: Final = 1.35
BOUND: Final = 0.5607057
ACID_J_MOL: Final = 70e3
ACID_S: Final = 24.781939
WATER_J_MOL: Final = 40e3
WATER_S: Final = 40.0
"""Rates at infinite temperature, 1/s, tuned to 96.6 % decomposed, 9.2 % free acid and 1.863 t a t. (A)"""
SPLIT_C: Final = 832.6
SPLIT_WIDTH_C: Final = 55.0
"""Gas temperature at which half of the acid in it falls apart, and how steeply. (A)"""
BED_KJ_KG_K: Final = 1.3
WATER_KJ_KG: Final = 2500.0
ACID_KJ_KG: Final = 950.0
FEED_C: Final = 240.0
"""Concentrate and acid after the mixer, hot from its reaction. (A)"""
COLD_C: Final = 30.0
GAS_KJ_NM3_K: Final = 1.45
FUEL_KJ_NM3: Final = 35_600.0
FALSE_AIR_NM3_H: Final = 6500.0
"""Drawn in at the head's seal. (A)"""
FIRE_BOX: Final = 0.5
"""Share of the fuel that burns before the gas meets the bed. (A)"""
FLAME_CELLS: Final = 16.0
"""The rest gives off its heat over so many cells, less and less. (A)"""
BED_KW_K: Final = 0.2
SHELL_KW_K: Final = 0.06
"""Heat passed to the bed and lost through the shell, per cell. (A)"""
USUAL_CELL_KG: Final = 1000.0
"""A cell that holds less is touched by less gas. (A)"""
_BRIGHTNESS: Final = np.exp(-np.arange(CELLS)[::-1] / FLAME_CELLS)
FLAME: Final = (1.0 - FIRE_BOX) * _BRIGHTNESS / _BRIGHTNESS.sum()
LEAST_KG: Final = 1e-3
"""A cell with less than this keeps its temperature."""
LONGEST_STEP_S: Final = 40.0
SETTLED_S: Final = 24 * 3600.0
"""Twelve times the residence: nothing of the empty start is left."""


class Beds(NamedTuple):
    """(n,) kilns. ``content`` is (n, 30, 10) kg, the temperatures (n, 30).

    Of the last step: ``fed_kg``, ``out_kg`` (n, 10) and ``gas_kg`` (n, 6), and (n,) heat, kW: what the burners gave,
    what the bed and the shell took, what left with the gas, and what of the bed's went into vapour.
    """

    content: Floats
    bed_c: Floats
    gas_c: Floats
    fed_kg: Floats
    out_kg: Floats
    gas_kg: Floats
    fired_kw: Floats
    bed_kw: Floats
    shell_kw: Floats
    tail_kw: Floats
    latent_kw: Floats

    @property
    def mass_kg(self) -> Floats:
        """(n,) all that is in the bed."""
        mass: Floats = self.content[:, :, :WEIGHED].sum(axis=(1, 2))
        return mass

    @property
    def decomposed(self) -> Floats:
        """(n,) share of the rare earth that left the kiln decomposed; 1 where none left."""
        raw_kmol = self.out_kg[:, BASTNAESITE] / REFCO3 + self.out_kg[:, MONAZITE] / REPO4
        share: Floats = 1.0 - REO_KMOL * raw_kmol / np.maximum(self.out_kg[:, REO], LEAST_KG)
        return share

    @property
    def free_acid(self) -> Floats:
        """(n,) acid that titrates in what left, kg/kg."""
        share: Floats = self.out_kg[:, ACID] / np.maximum(self.out_kg[:, :WEIGHED].sum(axis=1), LEAST_KG)
        return share

    @property
    def reo_kg(self) -> Floats:
        """(n,) the rare earth in it, as oxide."""
        reo: Floats = self.content[:, :, REO].sum(axis=1)
        return reo


class BedInputs(NamedTuple):
    """(n,) what a kiln is given: feeds, kg/s, the concentrate's water and REO, kg/kg, the acid's strength, speed, fuel
    and its air, Nm³/h."""

    concentrate_kg_s: Floats
    moisture: Floats
    reo: Floats
    acid_kg_s: Floats
    strength: Floats
    rpm: Floats
    fuel_nm3_h: Floats
    air_nm3_h: Floats


def residence_s(rpm: Floats) -> Floats:
    """(n,) how long the bed is on its way, s."""
    seconds: Floats = 60.0 * 1.77 * math.sqrt(REPOSE_DEG) * LENGTH_M / (SLOPE_DEG * DIAMETER_M * rpm)
    return seconds


@njit(cache=True)
def _feed(inputs: BedInputs, i: int, dt_s: float, into: Floats) -> None:
    """Write what comes into the first cell, kg."""
    concentrate, grade = inputs.concentrate_kg_s[i] * dt_s, inputs.reo[i] / REO_SHARE
    acid = inputs.acid_kg_s[i] * dt_s
    re_kmol = concentrate * inputs.reo[i] / REO_KMOL
    fluorite_kmol = 0.5 * (concentrate * grade * FLUORINE_SHARE / F - AS_BASTNAESITE * re_kmol)
    into[BASTNAESITE] = AS_BASTNAESITE * re_kmol * REFCO3
    into[MONAZITE] = (1.0 - AS_BASTNAESITE) * re_kmol * REPO4
    into[FLUORITE] = fluorite_kmol * CAF2
    into[HAEMATITE] = concentrate * IRON_SHARE
    water = concentrate * inputs.moisture[i]
    into[SALTS] = concentrate - water - into[:ACID].sum()
    into[ACID] = acid * inputs.strength[i]
    into[WATER] = water + acid - into[ACID]
    into[FED], into[ACID_FED], into[REO] = concentrate, acid, concentrate * inputs.reo[i]


@njit(cache=True)
def react(m: Floats, bed_c: float, dt_s: float, gas: Floats) -> float:
    """Let one cell react for ``dt_s``; add what it gives off to ``gas``, kg; answer the latent heat, kJ."""
    rt = GAS_CONSTANT * (bed_c + 273.15)
    ratio = m[ACID_FED] / m[FED] if m[FED] > 0.0 else 0.0
    per_s = DECOMPOSING_S * math.exp(-DECOMPOSING_J_MOL / rt) * min(1.0, ratio / ENOUGH_ACID)
    share = -math.expm1(-per_s * dt_s)
    bastnaesite, monazite = share * m[BASTNAESITE] / REFCO3, share * m[MONAZITE] / REPO4
    fluorite, haematite = share * m[FLUORITE] / CAF2, share * m[HAEMATITE] / FE2O3
    acid_kg = H2SO4 * ((1.5 + BOUND) * (bastnaesite + monazite) + fluorite + 3.0 * haematite)
    if acid_kg > m[ACID]:
        less = m[ACID] / acid_kg
        bastnaesite, monazite = less * bastnaesite, less * monazite
        fluorite, haematite, acid_kg = less * fluorite, less * haematite, m[ACID]
    solids_kg = bastnaesite * REFCO3 + monazite * REPO4 + fluorite * CAF2 + haematite * FE2O3
    hf_kg, co2_kg = HYDROGEN_FLUORIDE * (bastnaesite + 2.0 * fluorite), CO2 * bastnaesite
    made_water_kg = H2O * (bastnaesite + 3.0 * haematite)
    m[BASTNAESITE] -= bastnaesite * REFCO3
    m[MONAZITE] -= monazite * REPO4
    m[FLUORITE] -= fluorite * CAF2
    m[HAEMATITE] -= haematite * FE2O3
    m[ACID] -= acid_kg
    m[SALTS] += solids_kg + acid_kg - hf_kg - co2_kg - made_water_kg
    m[WATER] += made_water_kg
    steam_kg = -m[WATER] * math.expm1(-dt_s * WATER_S * math.exp(-WATER_J_MOL / rt))
    boiled_kg = -m[ACID] * math.expm1(-dt_s * ACID_S * math.exp(-ACID_J_MOL / rt))
    m[WATER] -= steam_kg
    m[ACID] -= boiled_kg
    gas[HF] += hf_kg
    gas[CARBON_DIOXIDE] += co2_kg
    gas[STEAM] += steam_kg
    gas[ACID_GAS] += boiled_kg
    return WATER_KJ_KG * steam_kg + ACID_KJ_KG * boiled_kg


@njit(cache=True)
def _warm(beds: Beds, inputs: BedInputs, i: int) -> None:
    """Follow the gas of one kiln from head to feed end; implicit in its temperature, so that no flow is too small."""
    fuel_kw = inputs.fuel_nm3_h[i] * FUEL_KJ_NM3 / 3600.0
    gas_kw_k = (inputs.fuel_nm3_h[i] + inputs.air_nm3_h[i] + FALSE_AIR_NM3_H) * GAS_KJ_NM3_K / 3600.0
    hot_c = COLD_C + FIRE_BOX * fuel_kw / gas_kw_k
    beds.fired_kw[i], beds.bed_kw[i], beds.shell_kw[i] = fuel_kw, 0.0, 0.0
    for cell in range(CELLS - 1, -1, -1):
        cell_c, touched = beds.bed_c[i, cell], _touched_kw_k(beds.content[i, cell])
        given_kw = gas_kw_k * hot_c + FLAME[cell] * fuel_kw
        hot_c = (given_kw + touched * cell_c + SHELL_KW_K * COLD_C) / (gas_kw_k + touched + SHELL_KW_K)
        beds.gas_c[i, cell] = hot_c
        beds.bed_kw[i] += touched * (hot_c - cell_c)
        beds.shell_kw[i] += SHELL_KW_K * (hot_c - COLD_C)
    beds.tail_kw[i] = gas_kw_k * (hot_c - COLD_C)


@njit(cache=True)
def _touched_kw_k(m: Floats) -> float:
    return BED_KW_K * min(1.0, m[:WEIGHED].sum() / USUAL_CELL_KG)


@njit(cache=True)
def _move(beds: Beds, i: int, cell_s: float, dt_s: float) -> float:
    """Move, heat and fire the bed of one kiln; answer the latent heat, kJ."""
    gas, passing = beds.gas_kg[i], beds.fed_kg[i].copy()
    gas[:] = 0.0
    before_c, latent_kj = FEED_C, 0.0
    for cell in range(CELLS):
        m, cell_c = beds.content[i, cell], beds.bed_c[i, cell]
        brought_kg = passing[:WEIGHED].sum()
        heat_kj = _touched_kw_k(m) * (beds.gas_c[i, cell] - cell_c) * dt_s
        heat_kj += brought_kg * BED_KJ_KG_K * (before_c - cell_c)
        for kind in range(SPECIES):
            leaving = m[kind] * dt_s / cell_s
            m[kind] += passing[kind] - leaving
            passing[kind] = leaving
        there_kg = m[:WEIGHED].sum()
        mixed_c = cell_c + heat_kj / (there_kg * BED_KJ_KG_K) if there_kg > LEAST_KG else cell_c
        taken_kj = react(m, mixed_c, dt_s, gas)
        latent_kj += taken_kj
        left_kg = m[:WEIGHED].sum()
        beds.bed_c[i, cell] = mixed_c - taken_kj / (left_kg * BED_KJ_KG_K) if left_kg > LEAST_KG else mixed_c
        before_c = cell_c
    beds.out_kg[i] = passing
    return latent_kj


@njit(cache=True)
def _split(gas: Floats, gas_c: float) -> None:
    """Let a share of the acid in the gas fall apart; the oxygen is what closes the mass."""
    split_kg = gas[ACID_GAS] / (1.0 + math.exp((SPLIT_C - gas_c) / SPLIT_WIDTH_C))
    gas[ACID_GAS] -= split_kg
    gas[SULPHUR_DIOXIDE] = split_kg * SO2 / H2SO4
    gas[STEAM] += split_kg * H2O / H2SO4
    gas[OXYGEN] = split_kg - split_kg * SO2 / H2SO4 - split_kg * H2O / H2SO4


@njit(cache=True)
def _step(beds: Beds, inputs: BedInputs, cell_s: Floats, dt_s: float) -> None:
    for i in range(len(beds.content)):
        _warm(beds, inputs, i)
        _feed(inputs, i, dt_s, beds.fed_kg[i])
        beds.latent_kw[i] = _move(beds, i, cell_s[i], dt_s) / dt_s
        _split(beds.gas_kg[i], beds.gas_c[i].mean())


def step(beds: Beds, inputs: BedInputs, dt_s: float) -> None:
    """Advance the beds. Raises ``ValueError`` beyond 40 s, a sixth of the time in a cell at the usual speed."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"beds advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    cell_s = residence_s(inputs.rpm) / CELLS
    if cell_s.min() < 2.0 * dt_s:
        raise ValueError(f"beds that take {cell_s.min():g} s through a cell do not bear steps of {dt_s:g} s")
    _step(beds, inputs, cell_s, dt_s)


def empty_beds(n: int) -> Beds:
    """Kilns that are hot and hold nothing."""
    columns = {name: np.zeros(n) for name in Beds._fields}
    columns["content"] = np.zeros((n, CELLS, SPECIES))
    columns["bed_c"] = np.full((n, CELLS), FEED_C)
    columns["gas_c"] = np.full((n, CELLS), FEED_C)
    columns["fed_kg"], columns["out_kg"] = np.zeros((n, SPECIES)), np.zeros((n, SPECIES))
    columns["gas_kg"] = np.zeros((n, GASES))
    return Beds(**columns)


def usual_inputs(n: int) -> BedInputs:
    """What kilns are given in normal running."""
    usual = (CONCENTRATE_KG_S, MOISTURE, REO_SHARE, RATIO * CONCENTRATE_KG_S, STRENGTH, RPM, FUEL_NM3_H, AIR_NM3_H)
    return BedInputs(*(np.full(n, each) for each in usual))


@cache
def _running(dt_s: float) -> Beds:
    beds, inputs = empty_beds(1), usual_inputs(1)
    for _ in range(round(SETTLED_S / dt_s)):
        step(beds, inputs, dt_s)
    return beds


def running_beds(n: int, dt_s: float) -> Beds:
    """Kilns in steady running that are stepped by ``dt_s``."""
    return Beds(*(np.repeat(column, n, axis=0) for column in _running(dt_s)))
