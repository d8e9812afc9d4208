"""What the controller of a strip caster shows of its states (domain reference §7, tag table)."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit

from didymium.twin.units.casting_inputs import BAKE, COOL, POUR, PUMP, REFINE, Floats, Integers, Table
from didymium.twin.units.casting_wheel import ALARM_MM_S, IDLE_KW_K, PRIMED_MM, VIBRATION_MM_S

TAGS: Final = (
    "VAC_LO", "VAC_HI", "FORE_P", "LEAK", "AR_F", "O2", "DEW", "CW_LEAK", "VLV", "MF_KW", "MF_V", "MF_A", "MF_HZ",
    "KW_SP", "E_HEAT", "T_TC", "T_CRUC", "TILT", "TILT_R", "MELT_WT", "CO_CWF", "CO_CWT", "BD_CWT", "EM_LVL", "RPM",
    "SPD", "WH_A", "WH_CWO", "WH_SURF", "WH_VDE", "WH_BT[2]", "FLK_T", "DRUM_T", "CFAN_A", "COOL_T", "ALM_W",
)  # fmt: skip
"""Those that are shown in every step of a heat."""
VALVES: Final = (96.0, 67.0, 71.0, 72.0, 72.0, 72.0, 72.0, 80.0, 64.0, 64.0)
"""The valve word in each step: roughing 1, high vacuum 2, foreline 4, argon 8, vent 16, feed chamber 32, coil 64."""
PUMP_VALVES: Final = 3.0
EMERGENCY_WATER: Final = 128.0
ALARM_LEAK_RATE: Final = 2.0
ALARM_POWER_SUPPLY: Final = 16.0
ALARM_WHEEL_BEARING: Final = 2048.0
ALARM_COOLING_WATER: Final = 4096.0
RATED_KW: Final = 560.0
RATED_V: Final = 1380.0
RATED_A: Final = 610.0


@njit(cache=True)
def tell(
    chambers: Table,
    crucibles: Table,
    casters: Table,
    usual: Table,
    tags: Table,
    step: Integers,
    since_s: Floats,
    coil_m3_h: Floats,
    full_tank_m3: float,
    second: float,
) -> None:
    """Write the tags of all furnaces; ``usual`` are the same tags as they stand in normal running."""
    for i in range(len(tags)):
        chamber, crucible, caster, tag = chambers[i], crucibles[i], casters[i], tags[i]
        pressure_pa = chamber.pressure_pa
        tag.VAC_LO = pressure_pa
        if chamber.gauge_on > 0.0:
            tag.VAC_HI = pressure_pa
        tag.FORE_P = pressure_pa * (1.0 + 500.0 / (100.0 + pressure_pa))
        tag.LEAK = chamber.rise_pa_min
        tag.AR_F = chamber.argon_nm3_h
        tag.O2 = chamber.oxygen_ppm
        x = math.log(chamber.vapour_pa / 611.15)
        tag.DEW = 272.62 * x / (22.46 - x)
        tag.CW_LEAK = chamber.leaking
        tag.VLV = (
            VALVES[step[i]] - PUMP_VALVES * (chamber.test_s > 0.0) + EMERGENCY_WATER * (crucible.gravity_m3_h > 0.0)
        )

        share = math.sqrt(crucible.power_kw / RATED_KW)
        tag.MF_KW = crucible.power_kw
        tag.MF_V = RATED_V * share
        tag.MF_A = RATED_A * share
        tag.MF_HZ = (1025.0 - 0.048 * crucible.melt_c - 0.015 * crucible.melt_kg) * (share > 0.0)
        tag.KW_SP = crucible.set_kw
        tag.E_HEAT = crucible.energy_kwh
        tag.T_TC = crucible.melt_c
        tag.T_CRUC = crucible.wall_c
        tag.TILT = crucible.tilt_deg
        tag.TILT_R = crucible.tilt_deg_s
        tag.MELT_WT = crucible.melt_kg
        tag.CO_CWF = coil_m3_h[i] * crucible.coil_share
        tag.CO_CWT = crucible.coil_c
        tag.BD_CWT = 26.5 + 0.11 * crucible.loss_kw
        tag.EM_LVL = usual[i].EM_LVL / full_tank_m3 * crucible.tank_m3

        tag.RPM = usual[i].RPM * caster.speed_share
        tag.SPD = usual[i].SPD * caster.speed_share
        tag.WH_A = (9.0 + 18.0 * caster.cast_kg_s) * caster.speed_share
        tag.WH_CWO = caster.water_out_c
        tag.WH_SURF = caster.surface_c
        tag.WH_VDE = usual[i].WH_VDE / VIBRATION_MM_S * caster.vibration_mm_s
        tag.WH_BT[0] = usual[i].WH_BT[0] + 4.0 * (caster.vibration_mm_s - VIBRATION_MM_S)
        tag.FLK_T = caster.flake_c if caster.cast_kg_s > 0.05 else 60.0
        tag.DRUM_T = caster.drum_c
        tag.CFAN_A = 14.0 + 70.0 * (caster.drum_kw_k - IDLE_KW_K)
        if step[i] == COOL:
            tag.COOL_T = np.floor(second - since_s[i])

        word = (ALARM_POWER_SUPPLY + ALARM_COOLING_WATER) * max(crucible.tripped, chamber.tripped)
        word += ALARM_LEAK_RATE * chamber.failed
        tag.ALM_W = word + ALARM_WHEEL_BEARING * (caster.vibration_mm_s >= ALARM_MM_S)


@njit(cache=True)
def tell_in_step(
    chambers: Table,
    crucibles: Table,
    casters: Table,
    step: Integers,
    gauge_kpa: Floats,
    melt_c: Floats,
    thick_mm: Floats,
    level_mm: Floats,
    tundish_c: Floats,
) -> None:
    """Write (n,) what is measured in some steps of a heat only; in the others the timetable holds the last value."""
    for i in range(len(step)):
        pressure_kpa = 1e-3 * chambers[i].pressure_pa
        if step[i] == PUMP:
            gauge_kpa[i] = min(gauge_kpa[i], pressure_kpa)
        elif BAKE <= step[i] <= COOL:
            gauge_kpa[i] = pressure_kpa
        if step[i] == REFINE or step[i] == POUR:
            melt_c[i] = crucibles[i].melt_c + crucibles[i].pyrometer_error_c
        if step[i] == POUR and casters[i].level_mm > PRIMED_MM:
            thick_mm[i] = casters[i].thick_mm
            level_mm[i] = casters[i].level_mm
            tundish_c[i] = casters[i].tundish_c
