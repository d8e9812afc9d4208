"""Batch precipitation of rare-earth carbonate with ammonium bicarbonate in stirred reactors (domain reference §3.1).

    2 RECl3 + 6 NH4HCO3 -> RE2(CO3)3·8H2O + 6 NH4Cl + 3 CO2        water: 5 in for 8 bound, the rest from the liquor

The reaction is instantaneous: what reagent there is binds rare earth, three of bicarbonate to one, and what has
precipitated stays so. With ``r`` the reagent over what all rare earth in the vessel asks for,
``pH = 6.3 + 0.9 tanh(8 (r - 1.02))`` and the liquor keeps ``0.02 + 6 max(0, 1.03 - r)`` g/L REO, more where the
reagent does not suffice. Crystals grow and break while they are stirred hot:
``dd50/dt = k_g s - k_b (N/N0)^3 d50``. Units: m³, kmol of rare earth, t, µm, s; shares 0 to 1.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OXIDE_KG_KMOL: Final = 168.74
"""PrNd oxide per kmol of rare earth: 143.394 kg of metal times 1.1768, §1.1."""
CRYSTAL_KG_KMOL: Final = 143.394 + 1.5 * 60.009 + 4.0 * 18.015
"""Carbonate octahydrate per kmol of rare earth: 55.2 % TREO, §4.1."""
CO2_KG_KMOL: Final = 1.5 * 44.009
NH4CL_KG_KMOL: Final = 3.0 * 53.491
"""Salt that one kmol of rare earth leaves in the liquor."""
FEED_T_REO_M3: Final = 0.220
FEED_KMOL_M3: Final = 1000.0 * FEED_T_REO_M3 / OXIDE_KG_KMOL
"""1.30 kmol/m³."""
FEED_T_M3: Final = 1.28
REAGENT_T_M3: Final = 1.05
WATER_T_M3: Final = 1.0
"""Densities of chloride solution, bicarbonate solution and rinse water. (A)"""

HEEL: Final = 0.21
RINSED: Final = 0.28
WASHED: Final = 0.30
DECANTED: Final = 0.52
FULL: Final = 0.865
BRIM: Final = 0.94
"""Levels, share of the vessel, at which filling, washing, drawing off and feeding end; at the brim the supply is cut
off."""
BATCH_SHARE: Final = 0.557
"""What feed and reagent of a usual batch fill of the vessel."""
UNDERFLOW: Final = 1.68
"""How much thicker the settled slurry leaves than the vessel is on average: a seed of 15 % stays behind. (A)"""
GROWTH_UM: Final = 26.6
BREAKAGE_PER_S: Final = 1.0 / 5400.0
AGEING: Final = 0.35
"""Supersaturation left while a batch ages, of that while it is fed; with ``GROWTH_UM`` it gives 23.5 µm. (A)"""
AGEING_SPEED_CUBED: Final = (62.0 / 78.0) ** 3
FINEST_UM: Final = 8.0
COARSEST_UM: Final = 40.0
LOW_PH: Final = 5.5
PATIENCE_S: Final = 60.0
"""The feed is stopped where the pH has been below its limit for so long. (A)"""
LONGEST_STEP_S: Final = 30.0


class Phase(IntEnum):
    """Steps of a batch, as the tag STATE shows them."""

    FILL = 0
    SEED = 1
    FEED = 2
    AGE = 3
    SETTLE = 4
    DECANT = 5
    DISCHARGE = 6
    WASH = 7
    IDLE = 8


_FILL, _FEED, _AGE = int(Phase.FILL), int(Phase.FEED), int(Phase.AGE)
_DECANT, _DISCHARGE, _WASH = int(Phase.DECANT), int(Phase.DISCHARGE), int(Phase.WASH)
_WASH_FILL_S: Final = 300.0


class Reactors(NamedTuple):
    """(n,) columns: what each reactor is, what is done to it, its state and what it shows.

    ``stuck`` is 1 where the reagent valve stays as it is; ``house`` says into which row of ``Moved`` a reactor books.
    ``reagent_valve`` is the valve's opening, a share of its usual one, ``waiting`` 1 while the feed is stopped for
    want of reagent and ``low_s`` how long the pH has been too low.
    """

    vessel_m3: Floats
    feed_m3_s: Floats
    reagent_m3_s: Floats
    reagent_kmol_m3: Floats
    full_ratio: Floats
    house: Ints
    stuck: Floats
    volume_m3: Floats
    solid_kmol: Floats
    dissolved_kmol: Floats
    free_kmol: Floats
    salt_kmol: Floats
    liquor_t: Floats
    d50_um: Floats
    reagent_valve: Floats
    waiting: Floats
    low_s: Floats
    feed_m3_h: Floats
    reagent_m3_h: Floats
    asked_m3_h: Floats
    ratio: Floats
    ph: Floats
    residual_g_l: Floats


class Moved(NamedTuple):
    """(houses,) what came and went in the last step; liquor is clear, slurry is liquor with its crystals.

    ``_salt_kmol`` is ammonium chloride and ``_free_kmol`` bicarbonate that has not reacted; ``liquor_kmol`` is the rare
    earth dissolved in the liquor.
    """

    chloride_t: Floats
    chloride_kmol: Floats
    reagent_t: Floats
    water_t: Floats
    co2_t: Floats
    liquor_t: Floats
    liquor_kmol: Floats
    liquor_salt_kmol: Floats
    liquor_free_kmol: Floats
    slurry_liquor_t: Floats
    slurry_dissolved_kmol: Floats
    slurry_solid_kmol: Floats
    slurry_um_kmol: Floats
    slurry_salt_kmol: Floats
    slurry_free_kmol: Floats


class Amounts(NamedTuple):
    """What came and went in one house, or in several together: a column of the table that ``Moved`` is made of."""

    chloride_t: float
    chloride_kmol: float
    reagent_t: float
    water_t: float
    co2_t: float
    liquor_t: float
    liquor_kmol: float
    liquor_salt_kmol: float
    liquor_free_kmol: float
    slurry_liquor_t: float
    slurry_dissolved_kmol: float
    slurry_solid_kmol: float
    slurry_um_kmol: float
    slurry_salt_kmol: float
    slurry_free_kmol: float


def moved(houses: int) -> Moved:
    """Nothing yet."""
    return Moved(*np.zeros((len(Moved._fields), houses)))


@njit(cache=True)
def acidity(ratio: float) -> float:
    """pH of a slurry that got ``ratio`` of the reagent that its rare earth asks for."""
    return float(6.3 + 0.9 * np.tanh(8.0 * (ratio - 1.02)))


@njit(cache=True)
def solubility_g_l(ratio: float) -> float:
    """REO that stays dissolved, g/L, where the reagent suffices."""
    return float(0.02 + 6.0 * max(0.0, 1.03 - ratio))


def reactors(
    feed_m3: Floats,
    reagent_m3: Floats,
    reagent_kmol_m3: Floats,
    feed_s: float,
    house: Ints,
    vessel_m3: Floats | None = None,
) -> Reactors:
    """Reactors between two batches, with the seed that many batches have left in their heel.

    Parameters
    ----------
    feed_m3, reagent_m3 : (n,) volumes of one batch
    reagent_kmol_m3 : (n,) strength of the reagent, as bicarbonate
    feed_s : how long a batch is fed
    house : (n,) row of ``Moved``, from 0 without a gap
    vessel_m3 : (n,) volumes of the reactors; those that suit such a batch unless said
    """
    n = len(feed_m3)
    columns: dict[str, Floats] = {name: np.zeros(n) for name in Reactors._fields}
    columns["vessel_m3"] = (feed_m3 + reagent_m3) / BATCH_SHARE if vessel_m3 is None else vessel_m3
    columns["feed_m3_s"], columns["reagent_m3_s"] = feed_m3 / feed_s, reagent_m3 / feed_s
    columns["reagent_kmol_m3"] = reagent_kmol_m3
    columns["full_ratio"] = reagent_m3 * reagent_kmol_m3 / (3.0 * FEED_KMOL_M3 * feed_m3)
    columns["volume_m3"] = HEEL * columns["vessel_m3"]
    columns["liquor_t"] = WATER_T_M3 * columns["volume_m3"]
    columns["solid_kmol"] = 0.18 * FEED_KMOL_M3 * feed_m3
    columns["d50_um"][:] = 23.5
    made = Reactors(**{**columns, "house": house.astype(np.int64)})  # type: ignore[arg-type]
    _settle(made, feed_s)
    return made


def _settle(r: Reactors, feed_s: float) -> None:
    """Run three batches, after which a heel is what the one before it was."""
    dt_s = 30.0
    out = moved(int(r.house.max(initial=0)) + 1)
    lengths_s = (1200.0, 900.0, feed_s, 3600.0, 1800.0, 600.0, 1500.0, 2400.0)
    for phase in [*range(len(lengths_s))] * 3:
        step = np.full(len(r.volume_m3), phase, np.int64)
        for k in range(round(lengths_s[phase] / dt_s)):
            step_reactors(r, step, np.full(len(step), k * dt_s), dt_s, out)


def step_reactors(r: Reactors, phase: Ints, into_s: Floats, dt_s: float, out: Moved) -> None:
    """Advance every reactor by ``dt_s``, in place, and write to ``out`` what was moved meanwhile.

    ``phase`` (n,) is the step each is in and ``into_s`` (n,) for how long. Raises ``ValueError`` where the step is
    longer than 30 s, beyond which drawing off loses its shape.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"reactors advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(r, phase, into_s, dt_s, out)


@njit(cache=True)
def _step(r: Reactors, phase: Ints, into_s: Floats, dt_s: float, out: Moved) -> None:
    for column in out:
        column[:] = 0.0
    for i in range(len(r.volume_m3)):
        vessel, house = r.vessel_m3[i], r.house[i]
        short = max(0.0, BRIM * vessel - r.volume_m3[i])
        feed_m3, reagent_m3 = _dose(r, i, phase[i], dt_s, short)
        water_m3 = 0.0
        if phase[i] == _FILL:
            water_m3 = _up_to(RINSED, vessel, r.volume_m3[i], dt_s / 1020.0)
        elif phase[i] == _WASH and into_s[i] < _WASH_FILL_S:
            water_m3 = _up_to(WASHED, vessel, r.volume_m3[i], 2.0 * dt_s / _WASH_FILL_S)
        if feed_m3 + reagent_m3 + water_m3 > 0.0:
            out.co2_t[house] += _mix(r, i, feed_m3, reagent_m3, water_m3)
            out.chloride_t[house] += FEED_T_M3 * feed_m3
            out.chloride_kmol[house] += FEED_KMOL_M3 * feed_m3
            out.reagent_t[house] += REAGENT_T_M3 * reagent_m3
            out.water_t[house] += WATER_T_M3 * water_m3
        if phase[i] == _FEED or phase[i] == _AGE:
            _grow(r, i, phase[i], dt_s)
        if phase[i] == _DECANT:
            _draw(r, i, _down_to(DECANTED, vessel, r.volume_m3[i], 0.32 * dt_s / 510.0), 0.0, out)
        elif phase[i] == _DISCHARGE:
            _draw(r, i, _down_to(HEEL, vessel, r.volume_m3[i], 0.31 * dt_s / 1275.0), UNDERFLOW, out)
        elif phase[i] == _WASH and into_s[i] >= _WASH_FILL_S:
            _draw(r, i, _down_to(HEEL, vessel, r.volume_m3[i], 0.09 * dt_s / 1785.0), 1.0, out)
        held = r.solid_kmol[i] + r.dissolved_kmol[i]
        if held > 0.0:
            r.ratio[i] = (3.0 * r.solid_kmol[i] + r.free_kmol[i]) / (3.0 * held)
        r.ph[i] = acidity(r.ratio[i])
        r.residual_g_l[i] = OXIDE_KG_KMOL * r.dissolved_kmol[i] / r.volume_m3[i]


@njit(cache=True, inline="always")
def _up_to(level, vessel_m3, volume_m3, share):  # type: ignore[no-untyped-def]
    return min(0.09 * vessel_m3 * share, max(0.0, level * vessel_m3 - volume_m3))


@njit(cache=True, inline="always")
def _down_to(level, vessel_m3, volume_m3, share):  # type: ignore[no-untyped-def]
    return min(vessel_m3 * share, max(0.0, volume_m3 - level * vessel_m3))


@njit(cache=True, inline="always")
def _dose(r, i, phase, dt_s, short_m3):  # type: ignore[no-untyped-def]
    """Feed and reagent of this step, m³: the valve follows its command unless it is stuck, §2.3."""
    feeding = phase == _FEED and r.volume_m3[i] < FULL * r.vessel_m3[i]
    if feeding and r.ph[i] < LOW_PH:
        r.low_s[i] += dt_s
        if r.low_s[i] >= PATIENCE_S:
            r.waiting[i] = 1.0
    else:
        r.low_s[i] = 0.0
    if r.waiting[i] > 0.0 and (not feeding or r.ratio[i] >= r.full_ratio[i]):
        r.waiting[i] = 0.0
    feed = 1.0 if feeding and r.waiting[i] == 0.0 else 0.0
    command = 1.0 if feeding else 0.0
    if r.stuck[i] == 0.0:
        r.reagent_valve[i] = command
    feed_m3 = feed * r.feed_m3_s[i] * dt_s
    reagent_m3 = r.reagent_valve[i] * r.reagent_m3_s[i] * dt_s
    room = min(1.0, short_m3 / max(1e-12, feed_m3 + reagent_m3))
    r.feed_m3_h[i] = 3600.0 * room * feed_m3 / dt_s
    r.reagent_m3_h[i] = 3600.0 * room * reagent_m3 / dt_s
    r.asked_m3_h[i] = 3600.0 * command * r.reagent_m3_s[i]
    return room * feed_m3, room * reagent_m3


@njit(cache=True, inline="always")
def _mix(r, i, feed_m3, reagent_m3, water_m3):  # type: ignore[no-untyped-def]
    """Let in what comes and let it react; the carbon dioxide that leaves, t."""
    r.volume_m3[i] += feed_m3 + reagent_m3 + water_m3
    r.dissolved_kmol[i] += FEED_KMOL_M3 * feed_m3
    r.free_kmol[i] += r.reagent_kmol_m3[i] * reagent_m3
    r.liquor_t[i] += FEED_T_M3 * feed_m3 + REAGENT_T_M3 * reagent_m3 + WATER_T_M3 * water_m3
    held = r.solid_kmol[i] + r.dissolved_kmol[i]
    if held <= 0.0:
        return 0.0
    binding = r.solid_kmol[i] + r.free_kmol[i] / 3.0
    stays = max(held - binding, 0.0) + solubility_g_l(binding / held) * r.volume_m3[i] / OXIDE_KG_KMOL
    formed = max(0.0, r.dissolved_kmol[i] - stays)
    r.solid_kmol[i] += formed
    r.dissolved_kmol[i] -= formed
    r.free_kmol[i] = max(0.0, r.free_kmol[i] - 3.0 * formed)
    r.salt_kmol[i] += 3.0 * formed
    co2_t = 0.001 * CO2_KG_KMOL * formed
    r.liquor_t[i] -= 0.001 * CRYSTAL_KG_KMOL * formed + co2_t
    return co2_t


@njit(cache=True, inline="always")
def _grow(r, i, phase, dt_s):  # type: ignore[no-untyped-def]
    growth, breakage = 0.0, BREAKAGE_PER_S
    if phase == _AGE:
        growth, breakage = AGEING, BREAKAGE_PER_S * AGEING_SPEED_CUBED
    elif r.waiting[i] == 0.0:
        growth = 1.0
    r.d50_um[i] += dt_s * (GROWTH_UM * BREAKAGE_PER_S * growth - breakage * r.d50_um[i])
    r.d50_um[i] = min(max(r.d50_um[i], FINEST_UM), COARSEST_UM)


@njit(cache=True, inline="always")
def _draw(r, i, out_m3, thickness, out):  # type: ignore[no-untyped-def]
    """Take liquor, and crystals ``thickness`` times as dense in it as in the vessel, out of a reactor."""
    if out_m3 <= 0.0:
        return
    house, share = r.house[i], out_m3 / r.volume_m3[i]
    solid_share = min(1.0, thickness * share)
    liquor_t, dissolved, solid = share * r.liquor_t[i], share * r.dissolved_kmol[i], solid_share * r.solid_kmol[i]
    free, salt = share * r.free_kmol[i], share * r.salt_kmol[i]
    r.volume_m3[i] -= out_m3
    r.liquor_t[i] -= liquor_t
    r.dissolved_kmol[i] -= dissolved
    r.free_kmol[i] -= free
    r.salt_kmol[i] -= salt
    if thickness == 0.0:
        out.liquor_t[house] += liquor_t
        out.liquor_kmol[house] += dissolved
        out.liquor_salt_kmol[house] += salt
        out.liquor_free_kmol[house] += free
        return
    r.solid_kmol[i] -= solid
    out.slurry_salt_kmol[house] += salt
    out.slurry_free_kmol[house] += free
    out.slurry_liquor_t[house] += liquor_t
    out.slurry_dissolved_kmol[house] += dissolved
    out.slurry_solid_kmol[house] += solid
    out.slurry_um_kmol[house] += solid * r.d50_um[i]
