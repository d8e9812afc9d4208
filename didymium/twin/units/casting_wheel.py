"""Tundish, wheel and drum of a strip caster: thickness and structure of the flakes, heat, bearing, cooling.

Domain reference §7.3: ``δ = ṁ/(ρ w v)``, free-side cooling rate, α-Fe over thickness,
``m_w c dT_w/dt = q - U (T_w - T_cw)`` with 0.75 MJ/kg; §2.3 the bearing's vibration ``v0 exp(t/τ)``; §17.2 I3 and I5.
Units: kg, mm, m/s, °C, kW. Tundish, wheel and drum are solved exactly over a step of constant inflow.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from numba import njit

from didymium.twin.noise import bits, normal_of
from didymium.twin.units.casting_inputs import (
    COOL,
    LAST_S,
    POUR,
    REFINE,
    WATER_KW_K,
    Floats,
    Inputs,
    Row,
    Table,
    laid_out,
)

DENSITY_KG_M3: Final = 7500.0
WIDTH_M: Final = 0.247
ALPHA_FE_FROM_MM: Final = 0.42
ALPHA_FE_PCT_MM: Final = 4.0 / 0.08
LEVEL_MM_S_KG: Final = 43.5
TUNDISH_KG_MM: Final = 0.225
EMPTIES_S: Final = TUNDISH_KG_MM * LEVEL_MM_S_KG
"""A tundish of 0.03 m² that holds 6.5 kg at 29 mm and empties with a time constant of 10 s. (A)"""
DRAINED_KG: Final = 0.5
PRIMED_MM: Final = 22.0
TUNDISH_BELOW_C: Final = 177.0
PREHEAT_C: Final = 1240.0
TUNDISH_S: Final = 120.0
TUNDISH_COOLS_S: Final = 1800.0
FREEZING_C: Final = 1150.0
FREEZING_SPAN_C: Final = 200.0
WHEEL_MJ_KG: Final = 0.75
WHEEL_KJ_K: Final = 96.0
WHEEL_KW_K: Final = 4.6
FRICTION_KW: Final = 2.0
SKIN_K_KW: Final = 0.02
WHEEL_S: Final = 15.0
THICKNESS_SIGMA: Final = 0.015
WORN_SIGMA: Final = 3.0
VIBRATION_MM_S: Final = 1.7
ALARM_MM_S: Final = 4.5
TRIP_MM_S: Final = 7.1
MOST_MM_S: Final = 25.0
WATER_TRIP_M3_H: Final = 18.0
WATER_OK_M3_H: Final = 24.0
SWAP_S: Final = 1800.0
"""A bearing is swapped, or a wheel's water proven, in half an hour. (A)"""
MELT_KJ_KG_K: Final = 0.29 * 3600.0 / 1425.0
FLAKE_KJ_KG_K: Final = 0.54
COLD_C: Final = 25.0
DRUM_KJ_K: Final = 100.0
GAS_C: Final = 35.0
IDLE_KW_K: Final = 0.1
POURING_KW_K: Final = 0.36
MOST_KW_K: Final = 0.55
DRUM_SET_C: Final = 56.0
OPEN_C: Final = 60.0


class Caster(NamedTuple):
    """(n,) columns: what runs over each wheel, what became of it, and how wheel and drum stand.

    ``cast_kg_s`` leaves the tundish; ``flakes_kg`` lie in the drum. ``alpha_fe_pct`` and ``cooling_k_s`` are of the
    strip that was cast last, on its free side. ``wear`` is the bearing's age over its time constant, ``speed_share``
    the wheel's speed over its set-point, ``drum_kw_k`` what the fan makes of the drum's cooling.
    """

    table: Table
    tundish_kg: Floats
    level_mm: Floats
    tundish_c: Floats
    cast_kg_s: Floats
    thick_mm: Floats
    alpha_fe_pct: Floats
    cooling_k_s: Floats
    flake_c: Floats
    wheel_c: Floats
    surface_c: Floats
    water_out_c: Floats
    speed_share: Floats
    wear: Floats
    vibration_mm_s: Floats
    sound_s: Floats
    tripped: Floats
    flakes_kg: Floats
    drum_c: Floats
    drum_kw_k: Floats


def casters(n: int) -> Caster:
    """Wheels that turn in cold water over empty drums."""
    table, columns = laid_out(Caster._fields, n)
    columns["wheel_c"][:] = columns["surface_c"][:] = columns["water_out_c"][:] = 22.6
    columns["speed_share"][:] = 1.0
    columns["vibration_mm_s"][:] = VIBRATION_MM_S
    columns["tundish_c"][:] = PREHEAT_C
    columns["drum_c"][:] = 38.0
    columns["drum_kw_k"][:] = IDLE_KW_K
    columns["flake_c"][:] = 60.0
    return Caster(table, **columns)


@njit(cache=True)
def thickness_mm(flow_kg_s, width_m, speed_m_s):  # type: ignore[no-untyped-def]
    """Thickness of the strip, ``ṁ/(ρ w v)``."""
    return 1000.0 * flow_kg_s / (DENSITY_KG_M3 * width_m * speed_m_s)


@njit(cache=True)
def free_side_k_s(thick_mm):  # type: ignore[no-untyped-def]
    """Cooling rate of the strip's free side, K/s."""
    return 6.0e3 * (0.3 / max(thick_mm, 1e-3)) ** 1.6


@njit(cache=True)
def alpha_fe_pct(thick_mm):  # type: ignore[no-untyped-def]
    """Iron that separates on the free side of too thick a strip, %."""
    return max(0.0, ALPHA_FE_PCT_MM * (thick_mm - ALPHA_FE_FROM_MM))


@njit(cache=True)
def step_casters(
    table: Table, given: Inputs, pouring_kg: Floats, melt_c: Floats, seed: int, second: float, dt_s: float
) -> None:
    """Advance every tundish, wheel and drum by ``dt_s``; hold a pour whose wheel tripped, and a drum that is hot."""
    coasting, draining = math.exp(-dt_s / WHEEL_S), math.exp(-dt_s / EMPTIES_S)
    for i in range(len(table)):
        caster = table[i]
        step, left_s = given.step[i], given.until_s[i] - second
        _turn(caster, given, i, coasting, dt_s)
        _cast(caster, given.wheel_m_s[i], i, step, pouring_kg[i], melt_c[i], draining, seed, second, dt_s)
        _cool_wheel(caster, given, i, dt_s)
        _cool_drum(caster, i, step, left_s, dt_s)
        if step == POUR and caster.tripped == 1.0:
            given.held[i] = True
        if left_s <= LAST_S:
            running = step == POUR and caster.tundish_kg > DRAINED_KG
            if running or (step == COOL and caster.drum_c > OPEN_C):
                given.held[i] = True


@njit(cache=True, inline="always")
def _turn(caster: Row, given: Inputs, i: int, keep: float, dt_s: float) -> None:
    """Bearing and interlock I3: a wheel that shakes or runs dry in a pour coasts until it is mended."""
    if given.bearing_d[i] > 0.0:
        caster.wear += dt_s / (given.bearing_d[i] * 86_400.0)
    else:
        caster.wear = 0.0
    caster.vibration_mm_s = min(MOST_MM_S, VIBRATION_MM_S * math.exp(min(caster.wear, 5.0)))
    flow_m3_h = given.wheel_m3_h[i]
    if given.step[i] == POUR and (caster.vibration_mm_s >= TRIP_MM_S or flow_m3_h < WATER_TRIP_M3_H):
        caster.tripped, caster.sound_s = 1.0, 0.0
    elif caster.tripped == 1.0:
        sound = caster.vibration_mm_s < ALARM_MM_S and flow_m3_h > WATER_OK_M3_H
        caster.sound_s = caster.sound_s + dt_s if sound else 0.0
        if caster.sound_s >= SWAP_S:
            caster.tripped = 0.0
    speed = 1.0 - caster.tripped
    caster.speed_share = speed + (caster.speed_share - speed) * keep


@njit(cache=True, inline="always")
def _cast(
    caster: Row, wheel_m_s: float, i: int, step: int, pouring_kg: float, melt_c: float, share: float, seed: int,
    second: float, dt_s: float,
) -> None:  # fmt: skip
    """Tundish and strip; what is left of a pour when the drum begins to cool runs dry."""
    before_kg = caster.tundish_kg
    after_kg = before_kg * share + pouring_kg / dt_s * EMPTIES_S * (1.0 - share) if step == POUR else 0.0
    cast_kg = before_kg + pouring_kg - after_kg
    caster.tundish_kg = after_kg
    caster.level_mm = after_kg / TUNDISH_KG_MM
    caster.cast_kg_s = cast_kg / dt_s
    if pouring_kg > 0.0:
        end_c, settles_s = melt_c - TUNDISH_BELOW_C, TUNDISH_S
    elif step == POUR:
        end_c, settles_s = GAS_C, TUNDISH_COOLS_S
    elif step == REFINE:
        end_c, settles_s = PREHEAT_C, TUNDISH_S
    else:
        end_c, settles_s = GAS_C, TUNDISH_COOLS_S
    caster.tundish_c = end_c + (caster.tundish_c - end_c) * math.exp(-dt_s / settles_s)
    if cast_kg > 0.0:
        frozen = min(0.5, max(0.0, (FREEZING_C - caster.tundish_c) / FREEZING_SPAN_C))
        speed_m_s = wheel_m_s * max(0.3, caster.speed_share)
        thick_mm = thickness_mm(caster.cast_kg_s, WIDTH_M * (1.0 - frozen), speed_m_s)
        shaken = (caster.vibration_mm_s - VIBRATION_MM_S) / (ALARM_MM_S - VIBRATION_MM_S)
        sigma = THICKNESS_SIGMA * (1.0 + (WORN_SIGMA - 1.0) * min(1.0, shaken))
        caster.thick_mm = thick_mm * (1.0 + sigma * normal_of(bits(seed, int(second), i)))
        caster.alpha_fe_pct, caster.cooling_k_s = alpha_fe_pct(thick_mm), free_side_k_s(thick_mm)
        flake_kj_kg = MELT_KJ_KG_K * (melt_c - COLD_C) - 1000.0 * WHEEL_MJ_KG
        caster.flake_c = max(COLD_C, COLD_C + flake_kj_kg / FLAKE_KJ_KG_K)
        heat_kj = (DRUM_KJ_K + FLAKE_KJ_KG_K * caster.flakes_kg) * caster.drum_c
        heat_kj += FLAKE_KJ_KG_K * cast_kg * caster.flake_c
        caster.flakes_kg += cast_kg
        caster.drum_c = heat_kj / (DRUM_KJ_K + FLAKE_KJ_KG_K * caster.flakes_kg)


@njit(cache=True, inline="always")
def _cool_wheel(caster: Row, given: Inputs, i: int, dt_s: float) -> None:
    """The wheel's heat goes to its water, whose mean temperature the wheel sees."""
    water_kw_k = max(0.01, WATER_KW_K * given.wheel_m3_h[i])
    through_kw_k = 1.0 / (1.0 / WHEEL_KW_K + 0.5 / water_kw_k)
    heat_kw = 1000.0 * WHEEL_MJ_KG * caster.cast_kg_s + FRICTION_KW * caster.speed_share
    end_c = given.water_c[i] + heat_kw / through_kw_k
    caster.wheel_c = end_c + (caster.wheel_c - end_c) * math.exp(-through_kw_k / WHEEL_KJ_K * dt_s)
    caster.surface_c = caster.wheel_c + SKIN_K_KW * heat_kw
    to_water_kw = through_kw_k * (caster.wheel_c - given.water_c[i])
    caster.water_out_c = given.water_c[i] + to_water_kw / water_kw_k


@njit(cache=True, inline="always")
def _cool_drum(caster: Row, i: int, step: int, left_s: float, dt_s: float) -> None:
    """The fan is driven so that the flakes are at 56 °C when the time for cooling is over."""
    heat_kj_k = DRUM_KJ_K + FLAKE_KJ_KG_K * caster.flakes_kg
    cooling_kw_k = IDLE_KW_K
    if step == POUR:
        cooling_kw_k = POURING_KW_K
    elif step == COOL and caster.drum_c > DRUM_SET_C:
        ratio = (caster.drum_c - GAS_C) / (DRUM_SET_C - GAS_C)
        cooling_kw_k = min(MOST_KW_K, heat_kj_k * math.log(ratio) / max(left_s, 1.0))
    caster.drum_kw_k = cooling_kw_k
    caster.drum_c = GAS_C + (caster.drum_c - GAS_C) * math.exp(-cooling_kw_k / heat_kj_k * dt_s)


def empty_drum(caster: Caster, i: int) -> None:
    """Take the flakes out of one drum."""
    caster.flakes_kg[i] = 0.0
