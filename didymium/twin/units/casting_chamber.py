"""The chamber of a strip caster: pumping, rise test, argon, oxygen, and water that should not be there.

Domain reference §7.3, ``dP/dt = -(S_eff/V) P + Q_leak/V + Q_out exp(-t/τ)``, with the pumps' own end pressure; §17.2
I1. Units: Pa, m³, s; leaks in Pa/min of a closed chamber; argon in Nm³/h. The pressure is solved exactly over a step
in which the pumping speed stays what it is.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from didymium.twin.units.casting_inputs import (
    BAKE,
    COOL,
    LAST_S,
    MELT,
    POUR,
    PUMP,
    VENT,
    Floats,
    Inputs,
    Row,
    Table,
    laid_out,
)

ATMOSPHERE_PA: Final = 1.0e5
VOLUME_M3: Final = 12.0
FAST_M3_S: Final = 0.9
SLOW_M3_S: Final = 0.35
"""Pumping speed above 1 kPa, and below 10 Pa; between them it falls with the logarithm of the pressure."""
END_PA: Final = 1.2
"""Pressure that the pump set itself does not get below. (A)"""
OUTGAS_PA_S: Final = 0.1
OUTGAS_S: Final = 240.0
BAKE_PA_S: Final = 0.018
BAKE_S: Final = 900.0
"""The bare walls and the charge give off gas when pumping begins, the charge again when it is baked. (A)"""
USUAL_LEAK_PA_MIN: Final = 0.14
TEST_S: Final = 150.0
TEST_LEFT_S: Final = 180.0
"""The rise test begins when so much of PUMP is left, and takes 150 s. (A)"""
PASS_PA_MIN: Final = 0.5
PUMP_AGAIN_S: Final = 300.0
MELT_PA: Final = 5.0e4
COOL_PA: Final = 5.65e4
FILL_NM3_H: Final = 120.0
PURGE_NM3_H: Final = 8.0
POUR_NM3_H: Final = 12.0
COOL_NM3_H: Final = 15.0
RELIEF_S: Final = 600.0
VENT_PA_S: Final = 300.0
ARGON_O2_PPM: Final = 1.0
DRY_PA: Final = 0.66
"""Water vapour in dry argon: a dew point of -64 °C."""
DRYING_S: Final = 300.0
DRIP_KG_S: Final = 0.002
STEAM_PA_KG: Final = 8.314 * 350.0 / (0.018 * VOLUME_M3)
"""Pressure that 1 kg of water brings as steam, or as the hydrogen that hot metal makes of it, Pa/kg."""
VAPOUR_LEFT_HOT: Final = 0.3
HOT_C: Final = 600.0
COLD_C: Final = 200.0
PROBE_KG: Final = 0.08
FLOOR_KG: Final = 0.5
WET_DEW_C: Final = -40.0
RISING_KPA_MIN: Final = 1.0
RISE_S: Final = 10.0
PRESSURE_TEST_S: Final = 600.0


class Chamber(NamedTuple):
    """(n,) columns: what each chamber holds and what its instruments and interlock I1 make of it.

    ``rise_pa_min`` is the last rise test's result, ``oxygen_ppm`` what the analyser saw last, in argon or vacuum.
    ``passed``, ``failed``, ``gauge_on``, ``leaking`` (the water probe) and ``tripped`` are 0 or 1.
    """

    table: Table
    pressure_pa: Floats
    leak_pa_min: Floats
    rise_pa_min: Floats
    test_s: Floats
    test_from_pa: Floats
    again_s: Floats
    passed: Floats
    failed: Floats
    gauge_on: Floats
    argon_nm3_h: Floats
    oxygen_ppm: Floats
    vapour_pa: Floats
    floor_kg: Floats
    rise_kpa_min: Floats
    dry_s: Floats
    leaking: Floats
    tripped: Floats


def chambers(n: int, seed: int) -> Chamber:
    """Chambers at atmosphere, each with its usual leak."""
    table, columns = laid_out(Chamber._fields, n)
    draw = np.random.default_rng([seed, 0x5CA]).normal(0.0, 0.02, n).clip(-0.05, 0.05)
    columns["leak_pa_min"][:] = USUAL_LEAK_PA_MIN + draw
    columns["rise_pa_min"][:] = columns["leak_pa_min"] + 0.02
    columns["pressure_pa"][:] = ATMOSPHERE_PA
    columns["oxygen_ppm"][:] = 11.0
    columns["vapour_pa"][:] = DRY_PA
    return Chamber(table, **columns)


@njit(cache=True)
def dew_point_c(vapour_pa):  # type: ignore[no-untyped-def]
    """Temperature at which ice has this vapour pressure, °C: Magnus formula over ice, turned round."""
    x = math.log(max(vapour_pa, 1e-3) / 611.15)
    return 272.62 * x / (22.46 - x)


@njit(cache=True)
def step_chambers(table: Table, given: Inputs, melt_c: Floats, second: float, dt_s: float) -> None:
    """Advance every chamber by ``dt_s`` and set ``given.held``, the first of the unit operations to do so."""
    drying, rising = math.exp(-dt_s / DRYING_S), math.exp(-dt_s / RISE_S)
    for i in range(len(table)):
        chamber = table[i]
        step, before_pa = given.step[i], chamber.pressure_pa
        leak_pa_s = (chamber.leak_pa_min + given.leak_pa_min[i]) / 60.0 * max(0.0, 1.0 - before_pa / ATMOSPHERE_PA)
        closed = PUMP <= step <= COOL
        steam_pa_s = 0.0
        if given.wet[i] > 0.0:
            steam_pa_s = DRIP_KG_S * STEAM_PA_KG
            chamber.floor_kg = min(FLOOR_KG, chamber.floor_kg + DRIP_KG_S * dt_s)
        else:
            chamber.floor_kg *= drying
        chamber.argon_nm3_h = 0.0
        if PUMP <= step <= BAKE:
            _pump(chamber, given, i, leak_pa_s + steam_pa_s, second, dt_s)
        elif closed:
            _fill(chamber, given, i, leak_pa_s, steam_pa_s, dt_s)
        elif step == VENT and chamber.tripped == 0.0:
            chamber.pressure_pa = min(ATMOSPHERE_PA, before_pa + VENT_PA_S * dt_s)
        elif step != VENT:
            chamber.pressure_pa = ATMOSPHERE_PA
        left = VAPOUR_LEFT_HOT if melt_c[i] > HOT_C else 1.0
        vapour_pa = chamber.vapour_pa + (steam_pa_s * left * dt_s if closed else 0.0)
        chamber.vapour_pa = DRY_PA + (vapour_pa - DRY_PA) * drying
        rise_pa_s = (chamber.pressure_pa - before_pa) / dt_s
        _watch_for_water(chamber, given, i, rise_pa_s, melt_c[i], rising, dt_s)
        waiting = step == PUMP and chamber.passed == 0.0 and given.until_s[i] - second <= LAST_S
        given.held[i] = waiting or chamber.tripped == 1.0


@njit(cache=True, inline="always")
def _pump(chamber: Row, given: Inputs, i: int, gas_pa_s: float, second: float, dt_s: float) -> None:
    """Pump down; near the end of PUMP shut the valves and see how fast the pressure rises."""
    pressure_pa = chamber.pressure_pa
    elapsed_s = max(0.0, second - given.since_s[i])
    if given.step[i] == PUMP:
        gas_pa_s += OUTGAS_PA_S * math.exp(-elapsed_s / OUTGAS_S)
    else:
        gas_pa_s += BAKE_PA_S * math.exp(-elapsed_s / BAKE_S)
    due = given.until_s[i] - second <= TEST_LEFT_S or chamber.failed == 1.0
    testing = given.step[i] == PUMP and chamber.passed == 0.0 and due and chamber.again_s <= 0.0
    if testing:
        if chamber.test_s == 0.0:
            chamber.test_from_pa = pressure_pa
        chamber.test_s += dt_s
        pressure_pa += gas_pa_s * dt_s
        if chamber.test_s >= TEST_S:
            rise = (pressure_pa - chamber.test_from_pa) / chamber.test_s * 60.0
            chamber.rise_pa_min = rise
            chamber.passed = 1.0 if rise <= PASS_PA_MIN else 0.0
            chamber.failed = 1.0 - chamber.passed
            chamber.test_s, chamber.again_s = 0.0, chamber.failed * PUMP_AGAIN_S
    else:
        chamber.again_s = max(0.0, chamber.again_s - dt_s)
        share = min(1.0, max(0.0, 0.5 * math.log10(pressure_pa / 10.0)))
        a_s = (SLOW_M3_S + (FAST_M3_S - SLOW_M3_S) * share) / VOLUME_M3
        end_pa = END_PA + gas_pa_s / a_s
        pressure_pa = end_pa + (pressure_pa - end_pa) * math.exp(-a_s * dt_s)
    chamber.pressure_pa = min(pressure_pa, ATMOSPHERE_PA)
    if pressure_pa < 2.9:
        chamber.gauge_on = 1.0
    if pressure_pa < 10.0:
        chamber.oxygen_ppm = 0.105e6 * pressure_pa / MELT_PA


@njit(cache=True, inline="always")
def _fill(chamber: Row, given: Inputs, i: int, leak_pa_s: float, steam_pa_s: float, dt_s: float) -> None:
    """Fill with argon to the step's pressure, then purge; the recovery line takes what is too much, slowly."""
    step, pressure_pa = given.step[i], chamber.pressure_pa
    chamber.gauge_on = 0.0
    set_pa = COOL_PA if step == COOL else MELT_PA
    nm3_pa = VOLUME_M3 / ATMOSPHERE_PA
    purge = PURGE_NM3_H
    if step == POUR:
        purge = POUR_NM3_H
    elif step == COOL:
        purge = COOL_NM3_H
    missing_nm3_h = (set_pa - pressure_pa) * nm3_pa / dt_s * 3600.0
    if missing_nm3_h > purge:
        argon = min(FILL_NM3_H, missing_nm3_h)
        gained_pa = argon / 3600.0 / nm3_pa * dt_s
    else:
        argon = purge
        gained_pa = -max(0.0, pressure_pa - set_pa) * (1.0 - math.exp(-dt_s / RELIEF_S))
    chamber.argon_nm3_h = argon
    chamber.pressure_pa = pressure_pa + gained_pa + (leak_pa_s + steam_pa_s) * dt_s
    change_s = argon / 3600.0 / (chamber.pressure_pa * nm3_pa)
    end_ppm = ARGON_O2_PPM + 0.21e6 * leak_pa_s / chamber.pressure_pa / change_s
    chamber.oxygen_ppm = end_ppm + (chamber.oxygen_ppm - end_ppm) * math.exp(-change_s * dt_s)


@njit(cache=True, inline="always")
def _watch_for_water(
    chamber: Row, given: Inputs, i: int, rise_pa_s: float, melt_c: float, keep: float, dt_s: float
) -> None:
    """Interlock I1; it lets go when all is dry and cold and the pressure test of ten minutes is over."""
    filled = MELT <= given.step[i] <= COOL and chamber.argon_nm3_h <= COOL_NM3_H
    rise_kpa_min = 0.06 * rise_pa_s if filled else 0.0
    chamber.rise_kpa_min += (rise_kpa_min - chamber.rise_kpa_min) * (1.0 - keep)
    chamber.leaking = 1.0 if chamber.floor_kg >= PROBE_KG else 0.0
    rising = chamber.rise_kpa_min > RISING_KPA_MIN and melt_c > HOT_C
    if chamber.leaking == 1.0 or (rising and dew_point_c(chamber.vapour_pa) > WET_DEW_C):
        chamber.tripped, chamber.dry_s = 1.0, 0.0
    elif chamber.tripped == 1.0:
        safe = given.wet[i] == 0.0 and melt_c < COLD_C
        chamber.dry_s = chamber.dry_s + dt_s if safe else 0.0
        if chamber.dry_s >= PRESSURE_TEST_S:
            chamber.tripped = 0.0
