"""Travelling kiln: rows of saggers on a moving bed through zones with burners (domain reference §4.1-§4.3).

Units: °C, kW, kJ, kg, s, Nm³/h, mm/min; a takt is the time of one sagger. All kilns advance together, one array
entry each; along a kiln, row 0 is being set, rows 1 to 200 are inside and row 201 is being taken off.

* Rows move up like beads; the saggers of a row are fired as ``sagger`` says, under a temperature between those of
  the two zones on either side.
* Zone: ``τz dTz/dt = heat/H - (Tz - mean of its neighbours) - (wall + load)/H``, τz 25 min; the load is what the
  rows in it take, the heat comes from its burner, from flue gas on its way to the inlet and from preheated air.
* Burner: proportional and integral on the zone's thermocouple. Below its least output a damper lets hot gas out, and
  where no burner is the output is that of a damper alone: negative where it cools.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.units.sagger import (
    BED_STEP_S,
    COLD_C,
    HOT_C,
    OXYCARBONATE,
    USUAL,
    Filling,
    content_kg,
    fire,
    loss_on_ignition_pct,
    rehydration_pct,
)

Floats = NDArray[np.float64]

ZONES: Final = 14
ROWS: Final = 200
LENGTH_M: Final = 70.0
SAGGERS_A_ROW: Final = 8
SETTING, TAKING = 0, ROWS + 1
"""Rows outside the kiln, before and behind it."""
ESTIMATED: Final = 1 + ROWS * 12 // ZONES
"""Row whose loss on ignition is estimated: at the end of zone 12, where nothing reacts any more."""

AMBIENT_C: Final = 30.0
ZONE_S: Final = 25 * 60.0
GAS_KW: Final = 35.6 / 3.6
"""Of 1 Nm³/h, 35.6 MJ/Nm³."""
EFFICIENCY: Final = 0.82
MOST_GAS_NM3_H: Final = 25.0
OUTAGE_K_S: Final = 15.0 / 60.0
"""A hot zone whose burner goes out cools by 15 °C a minute, §4.3."""
GAS_NM3_H: Final = (0.0, 5.5, 7.5, 9.5, 11.5, 12.5, 14.0, 16.5, 17.5, 17.5, 17.0, 0.0, 0.0, 0.0)
"""How the zones share the gas: burners in zones 2 to 11. (A)"""
ZONE_KJ_K: Final = EFFICIENCY * 17.5 * GAS_KW / OUTAGE_K_S
ZONE_KW_K: Final = ZONE_KJ_K / ZONE_S
WALL_KW_K: Final = 0.0116
"""0.35 GJ per t oxide through the walls of 14 zones, §4.3."""
RECOVERED: Final = 0.60
"""Share of the heat of cooling saggers that comes back with the combustion air. (A)"""
FIRST_COOLING: Final = 11
"""Zone, from 0, where cooling begins."""

GAIN_PCT_K: Final = 2.0
INTEGRAL_S: Final = 900.0
LEAST_OUTPUT_PCT: Final = 2.0
KW_PER_PCT: Final = EFFICIENCY * MOST_GAS_NM3_H / 100.0 * GAS_KW
COOLING_KW_K: Final = 4.0
"""What an open damper takes from a zone, for each kelvin above ambient. (A)"""
RAMP_MM_MIN_S: Final = 0.5
MAX_DT_S: Final = 30.0
"""Beyond it the controllers of the zones begin to swing, and a step could pass a sagger by."""

FALSE_AIR_NM3_H: Final = 650.0
"""Drawn in at the ends. (A)"""
STOICHIOMETRIC_O2: Final = 2.0
CO2_NM3_KG, WATER_NM3_KG, OXYGEN_NM3_KG = 22.414 / 44.01, 22.414 / 18.015, 22.414 / 31.998


class Kilns(NamedTuple):
    """(n,) columns, (n, 14) over zones, (n, 202) over rows; ``alpha`` is (n, 3, 202).

    ``filling`` (n, 9) is what a kiln's saggers are filled with, ``carried`` the share of all burners' heat that flue
    gas brings to a zone (negative: takes from it), ``hot_s`` the time a row was above 600 °C, ``places`` the takts
    moved since the row that is being set was begun. Of the last step are the saggers that ``entered`` and ``left``, the
    takts ``missed`` for want of one, and the ``_kg`` columns.
    """

    filling: Floats
    carried: Floats
    zone_c: Floats
    integral_pct: Floats
    output_pct: Floats
    burner_pct: Floats
    load_kw: Floats
    bed_c: Floats
    alpha: Floats
    hot_s: Floats
    saggers: Floats
    places: Floats
    speed_mm_min: Floats
    bed_due_s: Floats
    water_kg: Floats
    co2_kg: Floats
    oxygen_kg: Floats
    water_kg_s: Floats
    co2_kg_s: Floats
    oxygen_kg_s: Floats
    entered: Floats
    left: Floats
    missed: Floats
    left_kg: Floats
    loi_pct: Floats


class KilnInputs(NamedTuple):
    """What is asked of the kilns: (n, 14) set-points and errors of the controlling thermocouples, (n,) speed and
    saggers that wait to be set.
    """

    set_point_c: Floats
    tc_error_c: Floats
    speed_mm_min: Floats
    waiting: Floats


def takt_s(speed_mm_min: float) -> float:
    """Seconds from one sagger to the next at a speed."""
    return LENGTH_M * 60_000.0 / (ROWS * SAGGERS_A_ROW * speed_mm_min)


@njit(cache=True, inline="always")
def _between(profile_c: Floats, place: float) -> tuple[int, int, float, float]:
    """Zone on this side of a place, zone on the other, share of the other, temperature between them."""
    near = min(ZONES - 1, int(place))
    far = min(ZONES - 1, near + 1)
    share = place - near
    return near, far, share, profile_c[near] + (profile_c[far] - profile_c[near]) * share


@njit(cache=True)
def _journey(filled: Filling, profile_c: Floats, steps: int, states: Floats, load_kj: Floats) -> None:
    """Fill (steps + 1, 5) states of one sagger from inlet to outlet, and (14,) the heat that it takes in each zone."""
    bed_c, first, second, third, hot_s = COLD_C, 0.0, 0.0, 0.0, 0.0
    for k in range(steps + 1):
        states[k, 0], states[k, 1], states[k, 2], states[k, 3], states[k, 4] = bed_c, first, second, third, hot_s
        near, far, share, zone_c = _between(profile_c, k / steps * ZONES)
        bed_c, first, second, third, taken_kj = fire(filled, bed_c, first, second, third, zone_c, BED_STEP_S)
        hot_s += BED_STEP_S * (bed_c > HOT_C)
        if k < steps:
            load_kj[near] += (1.0 - share) * taken_kj
            load_kj[far] += share * taken_kj


def _steady(filled: Filling, profile_c: Floats, residence_h: float) -> tuple[Floats, Floats]:
    """(steps + 1, 5) states of a sagger along its way, and the (14,) load of a full kiln, kW."""
    steps = int(residence_h * 3600.0 / BED_STEP_S)
    states, load_kj = np.zeros((steps + 1, 5)), np.zeros(ZONES)
    _journey(filled, profile_c, steps, states, load_kj)
    return states, load_kj / (residence_h * 3600.0 / (ROWS * SAGGERS_A_ROW))


def _needed_kw(profile_c: Floats, load_kw: Floats) -> Floats:
    """(14,) heat that holds the zones at their temperatures."""
    around_c = np.concatenate([[AMBIENT_C], profile_c, [AMBIENT_C]])
    neighbours_c = 0.5 * (around_c[:-2] + around_c[2:])
    return ZONE_KW_K * (profile_c - neighbours_c) + WALL_KW_K * (profile_c - AMBIENT_C) + load_kw


SHARES: Final = np.array(GAS_NM3_H) / sum(GAS_NM3_H)
LIT: Final = SHARES > 0.0


def carried_shares(profile_c: Floats, residence_h: float) -> Floats:
    """(14,) how flue gas must move the burners' heat so that the zones share the gas as usual, with usual saggers."""
    _, load_kw = _steady(USUAL, profile_c, residence_h)
    needed_kw = _needed_kw(profile_c, load_kw)
    recovered_kw = _recovered_kw(load_kw)
    heated = slice(0, FIRST_COOLING)
    burnt_kw = needed_kw[heated].sum() - recovered_kw
    carried = np.zeros(ZONES)
    carried[heated] = (needed_kw - SHARES * recovered_kw)[heated] / burnt_kw - SHARES[heated]
    return carried


@njit(cache=True)
def _recovered_kw(load_kw: Floats) -> float:
    return RECOVERED * max(0.0, -load_kw[FIRST_COOLING:].sum())


def kilns(
    profile_c: Floats,
    residence_h: float,
    carried: Floats,
    places: Floats,
    fillings: Sequence[Filling] | None = None,
) -> Kilns:
    """Full kilns in steady running.

    Parameters
    ----------
    profile_c : (n, 14) temperature of the zones
    residence_h : time from inlet to outlet
    carried : (14,) from ``carried_shares``
    places : (n,) takts moved so far; a row is begun at every eighth
    fillings : what each kiln's saggers are filled with, as usual unless said
    """
    n = len(profile_c)
    filled = [USUAL] * n if fillings is None else fillings
    columns = {name: np.zeros(n) for name in Kilns._fields}
    for name in ("integral_pct", "output_pct", "burner_pct", "load_kw"):
        columns[name] = np.zeros((n, ZONES))
    columns |= {
        "filling": np.array(filled),
        "carried": np.tile(carried, (n, 1)),
        "zone_c": profile_c.copy(),
        "bed_c": np.full((n, ROWS + 2), COLD_C),
        "alpha": np.zeros((n, 3, ROWS + 2)),
        "hot_s": np.zeros((n, ROWS + 2)),
        "saggers": np.full((n, ROWS + 2), float(SAGGERS_A_ROW)),
        "places": places % SAGGERS_A_ROW,
        "speed_mm_min": np.full(n, LENGTH_M * 1000.0 / (60.0 * residence_h)),
    }
    made = Kilns(**columns)
    for i in range(n):
        states, load_kw = _steady(filled[i], profile_c[i], residence_h)
        steps = len(states) - 1
        ages = (np.arange(ROWS) + made.places[i] / SAGGERS_A_ROW) / ROWS
        at = states[np.append(np.rint(ages * steps).astype(np.intp), steps)]
        made.bed_c[i, 1:], made.alpha[i, :, 1:], made.hot_s[i, 1:] = at[:, 0], at[:, 1:4].T, at[:, 4]
        made.saggers[i, SETTING] = math.floor(made.places[i]) + 1.0
        made.saggers[i, TAKING] = SAGGERS_A_ROW - made.saggers[i, SETTING]
        made.load_kw[i] = load_kw
        needed_kw, recovered_kw = _needed_kw(profile_c[i], load_kw), _recovered_kw(load_kw)
        heated_kw = needed_kw - SHARES * recovered_kw
        burnt_kw = heated_kw[LIT].sum() / (1.0 + carried[LIT].sum())
        made.integral_pct[i] = (heated_kw - carried * burnt_kw) / KW_PER_PCT
        made.output_pct[i] = made.integral_pct[i]
        made.burner_pct[i] = np.where(LIT, made.output_pct[i], 0.0)
        made.loi_pct[i] = loss_on_ignition_pct(*at[ESTIMATED - 1, 1:4]) + rehydration_pct(at[ESTIMATED - 1, 4])
        _rates(made, i, filled[i])
    return made


def _rates(made: Kilns, i: int, filled: Filling) -> None:
    """Set what a steady kiln gives off: the cake's water and CO2 at the rate that saggers go through."""
    saggers_s = 1.0 / takt_s(float(made.speed_mm_min[i]))
    done = made.alpha[i, :, TAKING]
    made.water_kg_s[i] = saggers_s * filled.water_kg * done[0]
    made.co2_kg_s[i] = saggers_s * filled.co2_kg * (OXYCARBONATE * done[1] + (1.0 - OXYCARBONATE) * done[2])
    made.oxygen_kg_s[i] = saggers_s * filled.oxygen_kg * done[1]


@njit(cache=True, inline="always")
def filling_of(state: Kilns, i: int) -> Filling:
    """What a kiln's saggers are filled with."""
    row = state.filling[i]
    return Filling(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8])


@njit(cache=True)
def held_kg(state: Kilns, i: int) -> float:
    """What all saggers of a kiln hold, kg."""
    total = 0.0
    filled = filling_of(state, i)
    for row in range(ROWS + 2):
        alpha = state.alpha[i, :, row]
        total += state.saggers[i, row] * content_kg(filled, alpha[0], alpha[1], alpha[2])
    return total


def exhaust_pct(gas_nm3_h: float, air_nm3_h: float, water_kg_s: float, co2_kg_s: float, oxygen_kg_s: float) -> Floats:
    """CO2 and H2O in the wet exhaust and O2 in the dried one, %; methane burns to one CO2 and two H2O."""
    air_nm3_h += FALSE_AIR_NM3_H
    co2 = gas_nm3_h + 3600.0 * CO2_NM3_KG * co2_kg_s
    water = 2.0 * gas_nm3_h + 3600.0 * WATER_NM3_KG * water_kg_s
    oxygen = max(0.0, 0.21 * air_nm3_h - STOICHIOMETRIC_O2 * gas_nm3_h - 3600.0 * OXYGEN_NM3_KG * oxygen_kg_s)
    dry = 0.79 * air_nm3_h + co2 + oxygen
    return np.array([100.0 * co2 / (dry + water), 100.0 * water / (dry + water), 100.0 * oxygen / dry])


def step(state: Kilns, inputs: KilnInputs, dt_s: float) -> None:
    """Advance every kiln by ``dt_s``, in place. Raises ``ValueError`` outside 0 < dt_s <= 30."""
    if not 0.0 < dt_s <= MAX_DT_S:
        raise ValueError(f"a kiln's step of {dt_s:g} s: more than 0 and at most {MAX_DT_S:g} s")
    _step(state, inputs, dt_s)


@njit(cache=True)
def _step(state: Kilns, inputs: KilnInputs, dt_s: float) -> None:
    for i in range(len(state.places)):
        _travel(state, inputs, i, dt_s)
        state.water_kg[i] = state.co2_kg[i] = state.oxygen_kg[i] = 0.0
        state.bed_due_s[i] += dt_s
        if state.bed_due_s[i] >= BED_STEP_S:
            _fire_rows(state, i, state.bed_due_s[i])
            state.bed_due_s[i] = 0.0
        _heat_zones(state, inputs, i, dt_s)


@njit(cache=True, inline="always")
def _travel(state: Kilns, inputs: KilnInputs, i: int, dt_s: float) -> None:
    """Move on; at each takt a sagger is taken off and one set, and at each eighth the rows move up."""
    most = RAMP_MM_MIN_S * dt_s
    state.speed_mm_min[i] += min(most, max(-most, inputs.speed_mm_min[i] - state.speed_mm_min[i]))
    moved = dt_s * state.speed_mm_min[i] * (ROWS * SAGGERS_A_ROW / (LENGTH_M * 60_000.0))
    before, after = state.places[i], state.places[i] + moved
    state.entered[i] = state.left[i] = state.missed[i] = state.left_kg[i] = 0.0
    for place in range(math.floor(before) + 1, math.floor(after) + 1):
        if place % SAGGERS_A_ROW == 0:
            _move_up(state, i)
        if state.saggers[i, TAKING] >= 1.0:
            state.saggers[i, TAKING] -= 1.0
            alpha = state.alpha[i, :, TAKING]
            state.left_kg[i] += content_kg(filling_of(state, i), alpha[0], alpha[1], alpha[2])
            state.left[i] += 1.0
        if inputs.waiting[i] - state.entered[i] >= 1.0:
            state.saggers[i, SETTING] += 1.0
            state.entered[i] += 1.0
        else:
            state.missed[i] += 1.0
    state.places[i] = after % SAGGERS_A_ROW


@njit(cache=True)
def _move_up(state: Kilns, i: int) -> None:
    for row in range(TAKING, SETTING, -1):
        state.bed_c[i, row] = state.bed_c[i, row - 1]
        state.hot_s[i, row] = state.hot_s[i, row - 1]
        state.saggers[i, row] = state.saggers[i, row - 1]
        for j in range(3):
            state.alpha[i, j, row] = state.alpha[i, j, row - 1]
    state.bed_c[i, SETTING] = COLD_C
    state.saggers[i, SETTING] = state.hot_s[i, SETTING] = 0.0
    for j in range(3):
        state.alpha[i, j, SETTING] = 0.0


@njit(cache=True)
def _fire_rows(state: Kilns, i: int, dt_s: float) -> None:
    """Advance the bed of every row inside and sum up what the rows took from each zone and gave off."""
    profile_c, load_kw = state.zone_c[i], state.load_kw[i]
    load_kw[:] = 0.0
    water, co2, oxygen = 0.0, 0.0, 0.0
    filled = filling_of(state, i)
    for row in range(1, ROWS + 1):
        count = state.saggers[i, row]
        if count == 0.0:
            continue
        place = (row - 1 + state.places[i] / SAGGERS_A_ROW) * (ZONES / ROWS)
        near, far, share, zone_c = _between(profile_c, place)
        first, second, third = state.alpha[i, 0, row], state.alpha[i, 1, row], state.alpha[i, 2, row]
        bed_c, dry, half, whole, taken_kj = fire(filled, state.bed_c[i, row], first, second, third, zone_c, dt_s)
        state.bed_c[i, row] = bed_c
        state.alpha[i, 0, row], state.alpha[i, 1, row], state.alpha[i, 2, row] = dry, half, whole
        state.hot_s[i, row] += dt_s * (bed_c > HOT_C)
        load_kw[near] += (1.0 - share) * count * taken_kj / dt_s
        load_kw[far] += share * count * taken_kj / dt_s
        water += count * filled.water_kg * (dry - first)
        co2 += count * filled.co2_kg * (OXYCARBONATE * (half - second) + (1.0 - OXYCARBONATE) * (whole - third))
        oxygen += count * filled.oxygen_kg * (half - second)
    state.water_kg[i], state.co2_kg[i], state.oxygen_kg[i] = water, co2, oxygen
    state.water_kg_s[i], state.co2_kg_s[i], state.oxygen_kg_s[i] = water / dt_s, co2 / dt_s, oxygen / dt_s
    if state.saggers[i, ESTIMATED] > 0.0:
        alpha = state.alpha[i, :, ESTIMATED]
        residual = loss_on_ignition_pct(alpha[0], alpha[1], alpha[2])
        state.loi_pct[i] = residual + rehydration_pct(state.hot_s[i, ESTIMATED])


@njit(cache=True, inline="always")
def _heat_zones(state: Kilns, inputs: KilnInputs, i: int, dt_s: float) -> None:
    """Controllers, burners and heat balance of the zones; where no burner is, the output is that of a damper."""
    zone_c, output, integral = state.zone_c[i], state.output_pct[i], state.integral_pct[i]
    burnt_kw = 0.0
    for z in range(ZONES):
        error_k = inputs.set_point_c[i, z] - zone_c[z] - inputs.tc_error_c[i, z]
        asked = integral[z] + GAIN_PCT_K * error_k
        most_cooling = COOLING_KW_K / KW_PER_PCT * max(0.0, zone_c[z] - AMBIENT_C)
        output[z] = min(100.0, max(-100.0, -most_cooling, asked))
        if output[z] == asked:
            integral[z] += GAIN_PCT_K / INTEGRAL_S * error_k * dt_s
        if LIT[z]:
            state.burner_pct[i, z] = max(LEAST_OUTPUT_PCT, output[z])
            burnt_kw += KW_PER_PCT * state.burner_pct[i, z]
    recovered_kw = _recovered_kw(state.load_kw[i])
    before_c = AMBIENT_C
    for z in range(ZONES):
        here_c = zone_c[z]
        after_c = zone_c[z + 1] if z + 1 < ZONES else AMBIENT_C
        heat_kw = KW_PER_PCT * output[z] + state.carried[i, z] * burnt_kw + SHARES[z] * recovered_kw
        heat_kw -= ZONE_KW_K * (here_c - 0.5 * (before_c + after_c)) + WALL_KW_K * (here_c - AMBIENT_C)
        zone_c[z] = here_c + dt_s * (heat_kw - state.load_kw[i, z]) / ZONE_KJ_K
        before_c = here_c
