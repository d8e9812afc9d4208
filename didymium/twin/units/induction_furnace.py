"""Vacuum induction melting of AB5 in S06: power, melt, mould and the coil's water (domain reference §8, §7.3, F05).

    m h dT/dt = 0.78 P − U (T − 40)            0.29 kWh/kg from 25 to 1,450 °C
    Ci dTi/dt = −G (Ti − Tm)                   ingot in the mould
    Cm dTm/dt = G (Ti − Tm) − W (Tm − Tw)      mould, cooled by water

The crucible's balance is kept in enthalpy over 25 °C, so that energy closes while metal comes and goes. Where the
coil's water fails the power trips and gravity water flows until it is back and proven (§17.2 I2). Units: kg, °C, kW,
kWh, s.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from didymium.twin.units.casting_inputs import (
    LAST_S,
    WATER_KW_K,
    Flags,
    Floats,
    Integers,
    Row,
    Table,
    TimeStepTooLong,
    laid_out,
)
from didymium.twin.units.induction_coil import COUPLING, Coil, cool_coil, kept

CHARGE, PUMP, LEAK_TEST, MELT, REFINE, POUR, COOL, VENT, DISCHARGE, IDLE = range(10)
"""Positions of the steps in the sequence."""
COLD_C: Final = 25.0
WALL_C: Final = 40.0
WATER_C: Final = 26.0
HEAT_KWH_KG_K: Final = 0.29 / (1450.0 - COLD_C)
KJ_PER_KWH: Final = 3600.0
LINING_KG: Final = 30.0
"""Melt that takes as much heat as the hot face of the lining. (A)"""
LOSS_KW_K: Final = 0.047
"""Holds 300 kg at 1,458 °C with 85 kW. (A)"""
FULL_KW: Final = 230.0
RAMP_S: Final = 240.0
SUPPLY_S: Final = 5.0
SET_C: Final = 1458.0
GRIP_S: Final = 90.0
READY_C: Final = 1440.0
LIQUID_C: Final = 1300.0
WALL_SHARE: Final = 0.16
CRUCIBLE_S: Final = 1800.0
MOULD_KJ_K: Final = 580.0
INGOT_KW_K: Final = 0.35
MOULD_KW_K: Final = 2.0
"""The ingot cools within ten minutes, its mould rises to some 230 °C. (A)"""
COIL_M3_H, BODY_M3_H, MOULD_M3_H = 22.0, 16.0, 18.0
COIL: Final = Coil(fail_s=9.0, heat_kj_k=120.0, tank_m3=2.0, gravity_m3_h=5.0)
LONGEST_STEP_S: Final = 10.0
"""The controller closes a difference in 90 s and the coil's water in 4 s, which is solved exactly."""


SHOWN: Final = (
    "MF1", "MF2", "MF3", "MF4", "MF5", "E_HEAT", "MELT_WT", "T_CRUC", "EM_LVL", "ALM_W", "TILT", "T_MELT[2]",
    "MOULD_T[4]", "CW_F[3]", "CW_T[3]",
)  # fmt: skip
FULL_PCT: Final = 94.0
FULL_DEG: Final = 84.0
POWER_OFF, NO_WATER = float(1 << 4), float(1 << 12)
"""Bits of the alarm word."""


class Melts(NamedTuple):
    """(n,) columns of the furnaces.

    A heat takes ``to_charge_kg``, less once it is in, of which ``pour_kg`` are to be poured; what stays is the skull.
    ``charged_kg`` is this step's. Energies are the heat's: ``energy_kwh`` from the supply, ``lost_kwh`` to the walls,
    ``carried_kwh`` with the pour, ``cooled_kwh`` from the mould to its water.
    """

    table: Table
    to_charge_kg: Floats
    pour_kg: Floats
    charged_kg: Floats
    melt_kg: Floats
    melt_c: Floats
    crucible_c: Floats
    power_kw: Floats
    set_kw: Floats
    loss_kw: Floats
    energy_kwh: Floats
    lost_kwh: Floats
    carried_kwh: Floats
    cooled_kwh: Floats
    ingot_kg: Floats
    ingot_c: Floats
    mould_c: Floats
    coil_share: Floats
    coil_c: Floats
    tank_m3: Floats
    gravity_m3_h: Floats
    dry_s: Floats
    flowing_s: Floats
    tripped: Floats


class MeltInputs(NamedTuple):
    """(n,) columns: the step that each furnace is in since and until when, and 1 where the coil's water fails.

    ``held`` is set where a furnace may not leave its step.
    """

    step: Integers
    since_s: Floats
    until_s: Floats
    held: Flags
    coil_dry: Floats


def melts(n: int) -> Melts:
    """Empty furnaces."""
    table, columns = laid_out(Melts._fields, n)
    for name in ("melt_c", "crucible_c", "ingot_c"):
        columns[name][:] = WALL_C
    columns["mould_c"][:] = columns["coil_c"][:] = WATER_C
    columns["coil_share"][:] = 1.0
    columns["tank_m3"][:] = COIL.tank_m3
    return Melts(table, **columns)


def begin_heat(m: Melts, i: int, charge_kg: float, pour_kg: float) -> None:
    """Set what the next heat of one furnace takes and gives, and its meters to zero."""
    m.to_charge_kg[i], m.pour_kg[i] = charge_kg, pour_kg
    for meter in (m.energy_kwh, m.lost_kwh, m.carried_kwh, m.cooled_kwh):
        meter[i] = 0.0


def take_out(m: Melts, i: int) -> tuple[float, float]:
    """Take the ingot and the skull out of one furnace; their weights, kg."""
    ingot_kg, skull_kg = float(m.ingot_kg[i]), float(m.melt_kg[i])
    m.ingot_kg[i] = m.melt_kg[i] = 0.0
    m.ingot_c[i] = WALL_C
    return ingot_kg, skull_kg


def step_melts(m: Melts, given: MeltInputs, second: float, dt_s: float) -> None:
    """Advance every furnace by ``dt_s`` in place. Raises ``TimeStepTooLong`` beyond 10 s."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise TimeStepTooLong(f"induction furnaces advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(m.table, given, second, dt_s)


def bring_forward(m: Melts, given: MeltInputs, bounds_s: Floats, second: float) -> None:
    """Run each furnace's present cycle from its start to ``second``; ``bounds_s`` are (n, 11) when its steps begin."""
    _bring_forward(m.table, given, bounds_s, second)


@njit(cache=True)
def _bring_forward(table: Table, given: MeltInputs, bounds_s: Floats, second: float) -> None:
    for i in range(len(table)):
        now_s, step = bounds_s[i, 0], 0
        while now_s < second:
            dt_s = min(LONGEST_STEP_S, second - now_s)
            now_s += dt_s
            while step < IDLE and bounds_s[i, step + 1] <= now_s:
                step += 1
                if step == DISCHARGE:
                    table[i].ingot_kg = table[i].melt_kg = 0.0
            given.step[i], given.since_s[i], given.until_s[i] = step, bounds_s[i, step], bounds_s[i, step + 1]
            _furnace(table[i], given, i, now_s, dt_s)
        given.held[i] = False


@njit(cache=True)
def _step(table: Table, given: MeltInputs, second: float, dt_s: float) -> None:
    for i in range(len(table)):
        _furnace(table[i], given, i, second, dt_s)


@njit(cache=True, inline="always")
def _furnace(furnace: Row, given: MeltInputs, i: int, second: float, dt_s: float) -> None:
    step, left_s = given.step[i], given.until_s[i] - second
    dry = given.coil_dry[i] > 0.0
    cool_coil(furnace, COIL, dry, kept(dry, COIL.fail_s, dt_s), COIL_M3_H, WATER_C, dt_s)
    furnace.charged_kg = 0.0
    if step == CHARGE:
        furnace.charged_kg = furnace.to_charge_kg * min(1.0, dt_s / max(left_s, 1e-9))
        furnace.to_charge_kg -= furnace.charged_kg
    _heat(furnace, step, second - given.since_s[i], dt_s)
    _pour(furnace, step, max(left_s, dt_s), dt_s)
    cold = MELT <= step <= REFINE and furnace.melt_c < READY_C
    unpoured = step == POUR and furnace.ingot_kg < furnace.pour_kg - 1e-6 and furnace.melt_kg > 0.0
    given.held[i] = (cold or unpoured) and left_s <= LAST_S
    if MELT <= step <= REFINE and furnace.tripped == 1.0:
        given.held[i] = True


@njit(cache=True, inline="always")
def _heat(furnace: Row, step: int, into_s: float, dt_s: float) -> None:
    """Power and enthalpy of the crucible; what is charged comes cold."""
    heat_kwh_k = HEAT_KWH_KG_K * (furnace.melt_kg + LINING_KG)
    loss_kw = LOSS_KW_K * (furnace.melt_c - WALL_C)
    asked_kw = 0.0
    if MELT <= step <= POUR and furnace.tripped == 0.0:
        asked_kw = (loss_kw + heat_kwh_k * KJ_PER_KWH * (SET_C - furnace.melt_c) / GRIP_S) / COUPLING
        most_kw = FULL_KW * min(1.0, max(0.0, into_s / RAMP_S)) if step == MELT else FULL_KW
        asked_kw = min(most_kw, max(0.0, asked_kw))
    furnace.set_kw = asked_kw
    power_kw = asked_kw + (furnace.power_kw - asked_kw) * math.exp(-dt_s / SUPPLY_S) if asked_kw > 0.0 else 0.0
    furnace.power_kw, furnace.loss_kw = power_kw, loss_kw
    hours = dt_s / 3600.0
    heat_kwh = heat_kwh_k * (furnace.melt_c - COLD_C) + (COUPLING * power_kw - loss_kw) * hours
    furnace.energy_kwh += power_kw * hours
    furnace.lost_kwh += loss_kw * hours
    furnace.melt_kg += furnace.charged_kg
    furnace.melt_c = COLD_C + heat_kwh / (HEAT_KWH_KG_K * (furnace.melt_kg + LINING_KG))
    wall_c = WALL_C + WALL_SHARE * (furnace.melt_c - WALL_C)
    furnace.crucible_c = wall_c + (furnace.crucible_c - wall_c) * math.exp(-dt_s / CRUCIBLE_S)


@njit(cache=True, inline="always")
def _pour(furnace: Row, step: int, left_s: float, dt_s: float) -> None:
    """Pour evenly over the step; then ingot, mould and water come together, each with its exact share of a step."""
    if step == POUR and furnace.melt_c >= LIQUID_C:
        rest_kg = max(0.0, furnace.pour_kg - furnace.ingot_kg)
        poured_kg = min(rest_kg * min(1.0, dt_s / left_s), furnace.melt_kg)
        furnace.carried_kwh += HEAT_KWH_KG_K * poured_kg * (furnace.melt_c - COLD_C)
        furnace.melt_kg -= poured_kg
        after_kg = furnace.ingot_kg + poured_kg
        if after_kg > 0.0:
            furnace.ingot_c = (furnace.ingot_kg * furnace.ingot_c + poured_kg * furnace.melt_c) / after_kg
        furnace.ingot_kg = after_kg
    ingot_kj_k = KJ_PER_KWH * HEAT_KWH_KG_K * furnace.ingot_kg
    given_kj = 0.0
    if ingot_kj_k > 0.0:
        both_kj_k = ingot_kj_k * MOULD_KJ_K / (ingot_kj_k + MOULD_KJ_K)
        given_kj = both_kj_k * (furnace.ingot_c - furnace.mould_c) * -math.expm1(-INGOT_KW_K / both_kj_k * dt_s)
        furnace.ingot_c -= given_kj / ingot_kj_k
    taken_kj = MOULD_KJ_K * (furnace.mould_c - WATER_C) * -math.expm1(-MOULD_KW_K / MOULD_KJ_K * dt_s)
    furnace.mould_c += (given_kj - taken_kj) / MOULD_KJ_K
    furnace.cooled_kwh += taken_kj / KJ_PER_KWH


def own_figures(error_c: Floats, water_m3_h: Floats) -> Floats:
    """(n, 5) what differs from furnace to furnace: errors of two thermometers, usual flows of three waters."""
    return np.hstack([error_c, water_m3_h])


@njit(cache=True)
def show_melts(table: Table, step: Integers, own: Floats, tags: Table) -> None:
    """Fill the records of ``SHOWN``; the thermometers of the melt keep what they showed until it is refined again."""
    for i in range(len(table)):
        furnace, shown = table[i], tags[i]
        power_kw = furnace.power_kw
        root = math.sqrt(power_kw)
        shown.MF1, shown.MF2, shown.MF3, shown.MF5 = power_kw, 76.0 * root, 20.4 * root, furnace.set_kw
        shown.MF4 = 1455.0 + 25.0 / FULL_KW * power_kw if power_kw > 0.0 else 0.0
        shown.E_HEAT, shown.MELT_WT, shown.T_CRUC = furnace.energy_kwh, furnace.melt_kg, furnace.crucible_c
        shown.EM_LVL = FULL_PCT / COIL.tank_m3 * furnace.tank_m3
        shown.ALM_W = furnace.tripped * (POWER_OFF + NO_WATER)
        shown.TILT = FULL_DEG * furnace.ingot_kg / max(1.0, furnace.pour_kg) if step[i] == POUR else 0.0
        if REFINE <= step[i] <= POUR:
            shown.T_MELT[0], shown.T_MELT[1] = furnace.melt_c + own[i, 0], furnace.melt_c + own[i, 1]
        for k in range(4):
            shown.MOULD_T[k] = furnace.mould_c
        shown.CW_F[0], shown.CW_F[1], shown.CW_F[2] = own[i, 2], own[i, 3], own[i, 4]
        shown.CW_F[0] = own[i, 2] * furnace.coil_share + furnace.gravity_m3_h
        shown.CW_T[0] = furnace.coil_c
        shown.CW_T[1] = WATER_C + 0.5 / (WATER_KW_K * BODY_M3_H) * furnace.loss_kw
        shown.CW_T[2] = WATER_C + MOULD_KW_K / (WATER_KW_K * MOULD_M3_H) * (furnace.mould_c - WATER_C)
