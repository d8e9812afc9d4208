"""The crucible of a strip caster: charge, medium-frequency power, melt temperature, tilting, and the coil's water.

Domain reference §7.3, ``m cp dT/dt = 0.78 P_MF - h (T - 40)`` with 0.29 kWh/kg to 1,450 °C and ``ṁ = k (tilt rate)``;
§17.2 I1-I3. Units: kg, °C, kW, kWh, s. The balance is kept in enthalpy over 25 °C, so that energy closes while
mass comes and goes.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from numba import njit

from didymium.twin.units.casting_inputs import (
    BAKE,
    CHARGE,
    LAST_S,
    MELT,
    POUR,
    REFINE,
    Floats,
    Inputs,
    Row,
    Table,
    laid_out,
)
from didymium.twin.units.induction_coil import COUPLING, Coil, cool_coil, kept

COLD_C: Final = 25.0
WALL_C: Final = 40.0
HEAT_KWH_KG_K: Final = 0.29 / (1450.0 - COLD_C)
LINING_KG: Final = 40.0
"""Melt that takes as much heat as the hot face of the lining. (A)"""
LOSS_KW_K: Final = 0.0608
"""Gives 530 kWh for a heat of 1,000 kg, §7.3. (A)"""
BAKE_KW: Final = 125.0
FULL_KW: Final = 650.0
RAMP_S: Final = 480.0
SUPPLY_S: Final = 5.0
SET_C: Final = 1462.0
GRIP_S: Final = 90.0
"""The temperature controller closes a difference with this time constant. (A)"""
READY_C: Final = 1440.0
LIQUID_C: Final = 1300.0
HOLD_KW: Final = 0.5 * FULL_KW
EVAPORATING_C: Final = 1250.0
EVAPORATION_KG_S: Final = 7.4e-4
"""At 1,462 °C; 0.9 % of the rare earth in a heat, §7.3 has 0.6 to 1.2 %. An e-fold more every 60 °C. (A)"""
EVAPORATION_C: Final = 60.0
WALL_SHARE: Final = 0.16
WALL_S: Final = 1800.0
POUR_KG_DEG: Final = 11.6
"""Melt that runs out over the lip per degree of tilt: 0.0575 °/s give 0.667 kg/s. (A)"""
POUR_SPARE_S: Final = 45.0
TILT_DEG_S: Final = 0.4
BACK_DEG_S: Final = 3.0
LEVEL_GAIN_KG_S_MM: Final = 0.01
LEVEL_MM_S_KG: Final = 43.5
"""Tundish level per flow over its lip: 29 mm at 0.667 kg/s. (A)"""
COIL: Final = Coil(fail_s=6.0, heat_kj_k=200.0, tank_m3=4.0, gravity_m3_h=8.0)


class Crucible(NamedTuple):
    """(n,) columns: each heat's recipe and masses, the melt's heat, the tilt, and the coil's water.

    A heat takes ``to_charge_kg`` with the share ``charge_re`` of rare earth, less once it is in, and ``pour_kg`` of it
    are to be poured; what then stays is the skull. ``charged_kg``, ``evaporated_kg`` and ``pouring_kg`` are this
    step's, ``poured_kg`` is the heat's so far. Energies are the heat's: ``energy_kwh`` at the coil, ``lost_kwh`` to
    the walls, ``carried_kwh`` with what left the crucible. ``coil_share`` is the share of the coil's water that flows.
    """

    table: Table
    charge_re: Floats
    pour_kg: Floats
    to_charge_kg: Floats
    melt_kg: Floats
    melt_re_kg: Floats
    charged_kg: Floats
    evaporated_kg: Floats
    poured_kg: Floats
    poured_re_kg: Floats
    pouring_kg: Floats
    flow_kg_s: Floats
    melt_c: Floats
    wall_c: Floats
    pyrometer_error_c: Floats
    set_kw: Floats
    power_kw: Floats
    loss_kw: Floats
    energy_kwh: Floats
    lost_kwh: Floats
    carried_kwh: Floats
    tilt_deg: Floats
    tilt_deg_s: Floats
    coil_share: Floats
    coil_c: Floats
    tank_m3: Floats
    gravity_m3_h: Floats
    dry_s: Floats
    flowing_s: Floats
    tripped: Floats


def crucibles(n: int) -> Crucible:
    """Empty crucibles, still warm from the last heat."""
    table, columns = laid_out(Crucible._fields, n)
    columns["melt_c"][:] = columns["wall_c"][:] = 45.0
    columns["coil_share"][:] = 1.0
    columns["coil_c"][:] = 23.0
    columns["tank_m3"][:] = COIL.tank_m3
    return Crucible(table, **columns)


def begin_heat(crucible: Crucible, i: int, charge_kg: float, charge_re: float, pour_kg: float) -> None:
    """Set what the next heat of one furnace takes and gives, and its meters to zero."""
    crucible.to_charge_kg[i], crucible.charge_re[i], crucible.pour_kg[i] = charge_kg, charge_re, pour_kg
    crucible.energy_kwh[i] = crucible.lost_kwh[i] = crucible.carried_kwh[i] = 0.0


def empty(crucible: Crucible, i: int) -> None:
    """Take the skull out of one furnace, and what was poured out of its drum."""
    crucible.melt_kg[i] = crucible.melt_re_kg[i] = 0.0
    crucible.poured_kg[i] = crucible.poured_re_kg[i] = 0.0


@njit(cache=True)
def step_crucibles(
    table: Table, given: Inputs, water_tripped: Floats, wheel_tripped: Floats, level_mm: Floats, second: float,
    dt_s: float,
) -> None:  # fmt: skip
    """Advance every crucible by ``dt_s``; ``given.held`` is set where the coil, the melt or the pour is not ready."""
    supply, wall = math.exp(-dt_s / SUPPLY_S), math.exp(-dt_s / WALL_S)
    failing, recovering = kept(True, COIL.fail_s, dt_s), kept(False, COIL.fail_s, dt_s)
    for i in range(len(table)):
        crucible = table[i]
        step, left_s = given.step[i], given.until_s[i] - second
        dry = given.coil_dry[i] > 0.0
        keep = failing if dry else recovering
        cool_coil(crucible, COIL, dry, keep, given.coil_m3_h[i], given.water_c[i], dt_s)
        drift = given.pyrometer_c_d[i] * dt_s / 86_400.0
        crucible.pyrometer_error_c = crucible.pyrometer_error_c + drift if drift != 0.0 else 0.0
        stopped = water_tripped[i] == 1.0
        crucible.charged_kg = 0.0
        if step == CHARGE and not stopped:
            crucible.charged_kg = crucible.to_charge_kg * min(1.0, dt_s / max(left_s, 1e-9))
            crucible.to_charge_kg -= crucible.charged_kg
        no_power = stopped or crucible.tripped == 1.0
        _heat(crucible, given, i, no_power, wheel_tripped[i] == 1.0, supply, wall, second, dt_s)
        _tilt(crucible, given, i, stopped or wheel_tripped[i] == 1.0, level_mm[i], dt_s)
        cold = crucible.melt_c + crucible.pyrometer_error_c < READY_C
        unpoured = crucible.poured_kg < crucible.pour_kg - 1e-6 and crucible.melt_kg > 0.0
        waiting = unpoured if step == POUR else MELT <= step <= REFINE and cold
        if waiting and left_s <= LAST_S:
            given.held[i] = True
        if BAKE <= step <= REFINE and crucible.tripped == 1.0:
            given.held[i] = True


@njit(cache=True, inline="always")
def _heat(
    crucible: Row, given: Inputs, i: int, no_power: bool, half: bool, supply: float, wall: float, second: float,
    dt_s: float,
) -> None:  # fmt: skip
    """Power, enthalpy and evaporation; what is charged comes cold. Supply and wall keep their shares over the step."""
    step, melt_c = given.step[i], crucible.melt_c
    heat_kwh_k = HEAT_KWH_KG_K * (crucible.melt_kg + LINING_KG)
    loss_kw = LOSS_KW_K * (melt_c - WALL_C)
    asked_kw = 0.0
    if no_power:
        asked_kw = 0.0
    elif step == BAKE:
        asked_kw = BAKE_KW
    elif MELT <= step <= POUR:
        below_c = SET_C - melt_c - crucible.pyrometer_error_c
        asked_kw = (loss_kw + heat_kwh_k * 3600.0 * below_c / GRIP_S) / COUPLING
        most_kw = HOLD_KW if half else FULL_KW
        if step == MELT:
            share = min(1.0, max(0.0, (second - given.since_s[i]) / RAMP_S))
            most_kw = min(most_kw, BAKE_KW + (FULL_KW - BAKE_KW) * share)
        asked_kw = min(most_kw, max(0.0, asked_kw))
    crucible.set_kw = asked_kw
    power_kw = asked_kw + (crucible.power_kw - asked_kw) * supply
    if no_power or asked_kw == 0.0:
        power_kw = 0.0
    crucible.power_kw, crucible.loss_kw = power_kw, loss_kw

    hours = dt_s / 3600.0
    heat_kwh = heat_kwh_k * (melt_c - COLD_C) + (COUPLING * power_kw - loss_kw) * hours
    crucible.energy_kwh += power_kw * hours
    crucible.lost_kwh += loss_kw * hours
    gone_kg = 0.0
    if melt_c > EVAPORATING_C and crucible.melt_kg > 0.0:
        gone_kg = EVAPORATION_KG_S * math.exp(min(4.0, (melt_c - SET_C) / EVAPORATION_C)) * dt_s
        gone_kg = min(gone_kg, crucible.melt_re_kg)
    carried_kwh = HEAT_KWH_KG_K * gone_kg * (melt_c - COLD_C)
    crucible.carried_kwh += carried_kwh
    crucible.evaporated_kg = gone_kg
    crucible.melt_kg += crucible.charged_kg - gone_kg
    crucible.melt_re_kg += crucible.charged_kg * crucible.charge_re - gone_kg
    after_kwh_k = HEAT_KWH_KG_K * (crucible.melt_kg + LINING_KG)
    crucible.melt_c = COLD_C + (heat_kwh - carried_kwh) / after_kwh_k
    wall_c = WALL_C + WALL_SHARE * (crucible.melt_c - WALL_C)
    crucible.wall_c = wall_c + (crucible.wall_c - wall_c) * wall


@njit(cache=True, inline="always")
def _tilt(crucible: Row, given: Inputs, i: int, stopped: bool, level_mm: float, dt_s: float) -> None:
    """Pour by the tilt rate, trimmed by the tundish level; tilt back at once where a pour is stopped."""
    crucible.pouring_kg = 0.0
    tilt_deg = crucible.tilt_deg
    lip_deg = crucible.poured_kg / POUR_KG_DEG
    if given.step[i] != POUR or stopped or crucible.melt_c < LIQUID_C:
        crucible.tilt_deg = max(0.0, tilt_deg - BACK_DEG_S * dt_s)
    elif tilt_deg < lip_deg - 1e-9:
        crucible.tilt_deg = min(lip_deg, tilt_deg + TILT_DEG_S * dt_s)
    else:
        if crucible.poured_kg == 0.0:
            seconds = max(60.0, given.until_s[i] - given.since_s[i] - POUR_SPARE_S)
            crucible.flow_kg_s = crucible.pour_kg / seconds
        flow_kg_s = crucible.flow_kg_s
        flow_kg_s += LEVEL_GAIN_KG_S_MM * (LEVEL_MM_S_KG * flow_kg_s - level_mm)
        flow_kg_s = min(max(flow_kg_s, 0.0), TILT_DEG_S * POUR_KG_DEG)
        rest_kg = max(0.0, crucible.pour_kg - crucible.poured_kg)
        pouring_kg = min(flow_kg_s * dt_s, rest_kg, crucible.melt_kg)
        if pouring_kg > 0.0:
            re_kg = crucible.melt_re_kg * pouring_kg / crucible.melt_kg
            crucible.carried_kwh += HEAT_KWH_KG_K * pouring_kg * (crucible.melt_c - COLD_C)
            crucible.melt_kg -= pouring_kg
            crucible.melt_re_kg -= re_kg
            crucible.poured_kg += pouring_kg
            crucible.poured_re_kg += re_kg
            crucible.pouring_kg = pouring_kg
            crucible.tilt_deg = tilt_deg + pouring_kg / POUR_KG_DEG
    crucible.tilt_deg_s = (crucible.tilt_deg - tilt_deg) / dt_s
