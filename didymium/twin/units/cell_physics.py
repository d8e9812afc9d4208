"""Fluoride-oxide electrolysis cells: oxide, sludge, heat, metal pool, anode effect, feed and temperature control.

Domain reference §5.3-§5.6, stated for the 14 kA cell and scaled to other currents by §5.2. Units: kA, V, mΩ, wt%,
kg, °C, kW, s. With x = j/j_c, j_c = 0.62 C^0.8 (1 + 0.0012 (T - 1050)) A/cm²:

- dC/dt = 100 (g feed + redissolved - used)/bath, g = clip((4 - C)/0.6, 0, 1), redissolved = 6e-5 S (4 - C) kg/s
- used = I k CE w, k from Faraday's law, w kg oxide per kg metal; what is not there cannot be used
- CE = CE0 - 0.0006 |T - 1050| - 0.004 S - 0.0008 max(0, pool - 25); 0.25 in an anode effect
- V = 1.46 + 0.25 + 0.12 ln(j/0.1) - 0.20 ln(1 - x) + I (R_bath gap + R_bus + R_contact); 13 V more in an anode effect
- m c dT/dt = I (V - 0.42 I/I0 - 2.10 CE) - loss (T - 60)

An anode effect begins at x = 1 and ends below 0.78. A cell without current is covered, cools, and is frozen below
950 °C. The kernel steps one second, a fifth of its shortest time constant or less; all cells advance together, one
array entry each, and every kg that goes in is in the bath, the pool or ``tapped_kg``.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit

from didymium.twin.noise import bits, normal_of, uniform
from didymium.twin.units.cell_class import (
    AMBIENT_C,
    ANODE_A_CM2,
    CHUTE_S,
    DIP_S,
    DROP_OUTSIDE_V,
    PREFERRED_WT,
    REFERENCE_BATH_KG,
    TAP_DIP_C,
    THERMONEUTRAL_V,
    VISIT_S,
    Cells,
)

LEAST_WT: Final = 0.2
"""Oxide that cannot be used up, wt%."""
RISING_UOHM_S: Final = 0.010
"""Slope of the pseudo-resistance at which the feed control sees that oxide runs low. (A)"""
HAND_LEAN_WT: Final = 2.0
HAND_RICH_WT: Final = 2.45
"""Between these who feeds by hand takes the bath to be well; he fears sludge more than anode effects. (A)"""
SLUDGE_GUARD_KG: Final = 3.0
GUARD_C: Final = 10.0
SEEN_S: Final = 1800.0
GAP_PER_C: Final = 0.002
GAP_PER_C_S: Final = 5e-8
"""Temperature control moves the anodes: share of the bath's resistance per °C, and per °C and second. (A)"""
COVERED: Final = 0.42
"""Heat loss without current, under its crust and lid, as a share of the loss in running: no gas, no draught. (A)"""
FREEZING_C: Final = 950.0
THAWED_C: Final = 1000.0
BAKE_C_S: Final = 0.01
"""A frozen cell is baked out by 36 °C an hour. (A)"""
OPEN_CIRCUIT_V: Final = 1.2
LEAST_SHARE: Final = 0.001
"""Of the rated current: less than that is none."""
RAMP_S: Final = 120.0
LONGEST_EFFECT_S: Final = 600.0
INSPECTION_S: Final = 1800.0
"""I12: a cell that is ten minutes in anode effect loses its current, until it has been looked at. (A)"""


@njit(cache=True)
def step_cells(cells: Cells, seed: int, second: int) -> None:
    """Advance every cell by one second, in place."""
    for i in range(len(cells.rated_ka)):
        _control(cells, i, seed, second)
        feed = _feed(cells, i, seed, second)
        _electrolyse(cells, i, feed, seed, second)
        _show(cells, i, seed, second)
        _tap(cells, i, seed, second)


@njit(cache=True, inline="always")
def _need_kg_s(cells: Cells, i: int) -> float:
    """Oxide that the cell uses by Faraday's law at its set-point."""
    need = cells.set_point_ka[i] * cells.supplied[i] * cells.metal_kg_ka_s[i]
    return float(need * cells.efficiency[i] * cells.oxide_kg_kg[i])


@njit(cache=True, inline="always")
def _control(cells: Cells, i: int, seed: int, second: int) -> None:
    """Feed state, §5.4: resistance shows when oxide runs low, the estimate keeps the band, the balance tells sludge.

    The temperature is kept by the gap under the anodes. A cell that is fed by hand is judged at each visit.
    """
    if cells.supplied[i] < cells.powered[i] and cells.frozen[i] == 0.0 and cells.locked_s[i] == 0.0:
        cells.supplied[i] = min(cells.powered[i], cells.supplied[i] + 1.0 / RAMP_S)
    else:
        cells.supplied[i] = min(cells.powered[i], cells.supplied[i])
    cells.visit_in_s[i] -= 1.0
    cells.feed_state_s[i] += 1.0
    state = int(cells.feed_state[i])
    held_s = cells.feed_state_s[i]
    estimate = cells.oxide_wt[i] + cells.estimate_error_wt[i]
    slope_uohm_s = (cells.r_fast_mohm[i] - cells.r_slow_mohm[i]) * 1000.0 / 180.0
    rising = slope_uohm_s > RISING_UOHM_S and held_s > 600.0 and cells.since_tap_s[i] > 900.0
    rising = rising and cells.contact_mohm[i] == 0.0 and cells.oxide_deviation_kg[i] < SLUDGE_GUARD_KG
    following = state
    if cells.feed_stop[i] > 0.0 or cells.supplied[i] == 0.0:
        following = 4
    elif cells.controlled[i] == 0.0 or state == 4:
        following = 0
    elif state == 3:
        if held_s >= 60.0 and cells.in_effect[i] == 0.0:
            following = 2
    elif cells.shown_v[i] > 12.0:
        following = 3
    elif cells.hand_fed[i] > 0.0:
        if cells.visit_in_s[i] <= 0.0:
            judged = estimate + cells.judgement_wt[i] * normal_of(bits(seed, second, 16 * i + 8))
            following = 2 if judged < HAND_LEAN_WT else (1 if judged > HAND_RICH_WT else 0)
    elif state == 0:
        if estimate < 2.15:
            following = 2
        elif estimate > 2.9 or held_s > 2400.0:
            following = 1
    elif state == 1:
        if rising or estimate < 2.2:
            following = 2
    elif state == 2:
        enough_s = 0.005 * cells.bath_kg[i] / (0.3 * max(1e-6, _need_kg_s(cells, i)))
        if (held_s > enough_s and estimate > 2.3) or estimate > 2.8:
            following = 0
    if following != state:
        cells.feed_state[i] = following
        cells.feed_state_s[i] = 0.0

    cells.seen_c[i] += (cells.bath_c[i] - cells.dip_c[i] + cells.tc_error_c[i] - cells.seen_c[i]) / SEEN_S
    if cells.controlled[i] > 0.0 and cells.supplied[i] == 1.0:
        sludge_seen = cells.hand_fed[i] == 0.0 and cells.oxide_deviation_kg[i] > SLUDGE_GUARD_KG
        aim_c = cells.aim_c[i] + (GUARD_C if sludge_seen else 0.0)
        error_c = aim_c - cells.seen_c[i]
        cells.gap_trim[i] = min(0.3, max(-0.3, cells.gap_trim[i] + GAP_PER_C_S * error_c))
        cells.gap[i] = min(1.35, max(0.65, 1.0 + GAP_PER_C * error_c + cells.gap_trim[i]))


@njit(cache=True, inline="always")
def _feed(cells: Cells, i: int, seed: int, second: int) -> float:
    """What the feeder gives, kg/s: a screw with its error of the minute, or a chute that somebody fills."""
    state = int(cells.feed_state[i])
    wanted = _need_kg_s(cells, i) * (1.0, 0.8, 1.3, 4.0, 0.0)[state]
    factor = cells.feed_factor[i]
    if state >= 3:
        return float(wanted * factor)
    if cells.hand_fed[i] == 0.0:
        if second % 60 == i % 60:
            cells.dose[i] = max(0.0, 1.0 + cells.dose_sigma[i] * normal_of(bits(seed, second, 16 * i)))
        return float(wanted * factor * cells.dose[i])
    if cells.visit_in_s[i] <= 0.0:
        cells.visit_in_s[i] = VISIT_S * (2.0 / 3.0 + 2.0 / 3.0 * uniform(seed, second, 16 * i + 1))
        if uniform(seed, second, 16 * i + 9) >= cells.missed[i]:
            share = max(0.0, 1.0 + cells.dose_sigma[i] * normal_of(bits(seed, second, 16 * i)))
            cells.chute_kg[i] += wanted * VISIT_S * factor * share
    feed = cells.chute_kg[i] / CHUTE_S if factor > 0.0 else 0.0
    cells.chute_kg[i] -= feed
    return float(feed)


@njit(cache=True, inline="always")
def _electrolyse(cells: Cells, i: int, feed: float, seed: int, second: int) -> None:
    """Current, anode effect, voltage, oxide and metal, heat."""
    current = cells.set_point_ka[i] * cells.supplied[i]
    if cells.feed_state[i] == 3.0:
        current *= 0.6 if cells.effect_s[i] > 180.0 else 0.8
    if current < LEAST_SHARE * cells.rated_ka[i]:
        current = 0.0
    oxide, bath_c = cells.oxide_wt[i], cells.bath_c[i]
    sludge = cells.sludge_kg[i] * REFERENCE_BATH_KG / cells.bath_kg[i]
    density = current / cells.rated_ka[i] * ANODE_A_CM2
    loading = density / (0.62 * max(oxide, 0.05) ** 0.8 * (1.0 + 0.0012 * (bath_c - 1050.0)))
    if cells.in_effect[i] == 0.0 and loading >= 1.0:
        cells.in_effect[i] = 1.0
        cells.effects[i] += 1.0
    elif loading < 0.78:
        cells.in_effect[i] = 0.0
    effect = cells.in_effect[i] == 1.0
    cells.effect_s[i] = cells.effect_s[i] + 1.0 if effect else 0.0
    cells.locked_s[i] = max(0.0, cells.locked_s[i] - 1.0)
    if cells.effect_s[i] > LONGEST_EFFECT_S:
        cells.locked_s[i], cells.supplied[i] = INSPECTION_S, 0.0

    if current > 0.0:
        ohmic = cells.bath_mohm[i] * (1.0 + 0.02 * (oxide - 2.6) + 0.006 * sludge) * cells.gap[i]
        ohmic *= max(0.3, 1.0 - 0.0011 * (bath_c - 1050.0))
        volt = 1.46 + 0.25 + 0.12 * math.log(density / 0.1) - 0.20 * math.log(max(1e-3, 1.0 - min(loading, 0.99)))
        volt += current * (ohmic + cells.bus_mohm[i] + cells.contact_mohm[i])
        if effect:
            volt += 13.0 + 1.5 * normal_of(bits(seed, second, 16 * i + 2))
    else:
        volt = OPEN_CIRCUIT_V
    if volt > 24.0:
        current *= 24.0 / volt
        volt = 24.0

    if effect:
        efficiency = 0.25
    else:
        lost = 0.0006 * abs(bath_c - 1050.0) + 0.004 * sludge + 0.0008 * max(0.0, cells.pool_kg[i] - 25.0)
        efficiency = max(0.3, cells.efficiency[i] - lost)
    clear = min(1.0, max(0.0, (4.0 - oxide) / 0.6))
    redissolved = min(cells.sludge_kg[i], 6e-5 * cells.sludge_kg[i] * max(0.0, 4.0 - oxide))
    dissolved = clear * feed + redissolved
    there = dissolved + max(0.0, oxide - LEAST_WT) / 100.0 * cells.bath_kg[i]
    metal = min(current * cells.metal_kg_ka_s[i] * efficiency, there / cells.oxide_kg_kg[i])
    cells.sludge_kg[i] += feed - dissolved
    cells.oxide_wt[i] = oxide + (dissolved - metal * cells.oxide_kg_kg[i]) / cells.bath_kg[i] * 100.0
    cells.oxide_deviation_kg[i] = (cells.oxide_wt[i] - PREFERRED_WT) / 100.0 * cells.bath_kg[i] + cells.sludge_kg[i]
    iron = 0.0
    if cells.re_share[i] < 1.0:
        share = (
            cells.re_share[i]
            - 0.0003 * (bath_c - 1050.0)
            + 0.05 * (current - cells.set_point_ka[i]) / cells.rated_ka[i]
        )
        share = min(0.9, max(0.6, share))
        iron = min(cells.rod_kg[i], metal * (1.0 / share - 1.0))
        cells.rod_kg[i] -= iron
    cells.pool_kg[i] += metal
    cells.iron_kg[i] += iron

    heat = current * (volt - DROP_OUTSIDE_V * current / cells.rated_ka[i] - THERMONEUTRAL_V * efficiency)
    loss = cells.loss_kw_k[i] * (bath_c - AMBIENT_C) * (1.0 if current > 0.0 else COVERED)
    cells.bath_c[i] = bath_c + (heat - loss) / cells.heat_kj_k[i]
    if cells.bath_c[i] < FREEZING_C:
        cells.frozen[i], cells.supplied[i] = 1.0, 0.0
    if cells.frozen[i] > 0.0 and cells.powered[i] > 0.0:
        cells.bath_c[i] = max(cells.bath_c[i], bath_c + BAKE_C_S)
        if cells.bath_c[i] >= THAWED_C:
            cells.frozen[i] = 0.0
    cells.dip_c[i] *= 1.0 - 1.0 / DIP_S

    cells.energy_kwh[i] += volt * current / 3600.0
    cf4_g_s = 0.0
    if effect:
        cf4_g_s = current * 1000.0 * 0.06 * 0.228e-3
    elif loading > 0.85:
        cf4_g_s = current * 1000.0 * 0.0002 * math.exp(12.0 * (loading - 0.85)) * 0.228e-3
    cells.cf4_g_s[i] = cf4_g_s
    cells.cf4_g[i] += cf4_g_s
    cells.current_ka[i], cells.volt_v[i], cells.loading[i] = current, volt, loading
    cells.feed_kg_s[i], cells.metal_kg_s[i], cells.iron_kg_s[i] = feed, metal, iron


@njit(cache=True, inline="always")
def _show(cells: Cells, i: int, seed: int, second: int) -> None:
    """What the instruments of the cell's controller read, and the pseudo-resistance (V - 1.6)/I that it makes of it."""
    current, volt = cells.current_ka[i], cells.volt_v[i]
    running = current > 0.3 * cells.rated_ka[i]
    noise = 0.04 * normal_of(bits(seed, second, 16 * i + 3)) if running else 0.0
    cells.shown_ka[i] = np.rint((current + noise) * 100.0) / 100.0
    cells.shown_v[i] = np.rint((volt + 0.03 * normal_of(bits(seed, second, 16 * i + 4))) * 200.0) / 200.0
    if running:
        cells.r_pseudo_mohm[i] = (cells.shown_v[i] - 1.6) / cells.shown_ka[i]
        if cells.r_fast_mohm[i] == 0.0:
            cells.r_fast_mohm[i] = cells.r_slow_mohm[i] = cells.r_pseudo_mohm[i]
        cells.r_fast_mohm[i] += (cells.r_pseudo_mohm[i] - cells.r_fast_mohm[i]) / 60.0
        cells.r_slow_mohm[i] += (cells.r_pseudo_mohm[i] - cells.r_slow_mohm[i]) / 240.0
    draw = normal_of(bits(seed, second, 16 * i + 5))
    cells.estimate_error_wt[i] += -cells.estimate_error_wt[i] / 1800.0 + 0.04 * math.sqrt(2.0 / 1800.0) * draw


@njit(cache=True, inline="always")
def _tap(cells: Cells, i: int, seed: int, second: int) -> None:
    """Tap on the timetable, §5.5: the ladle leaves about 2 kg of rare earth. No two weights in a row are the same."""
    cells.since_tap_s[i] += 1.0
    if (second + cells.tap_phase_s[i]) % cells.tap_s[i] != 0.0:
        return
    left = max(0.3, 2.0 + 0.03 * cells.pool_kg[i] * normal_of(bits(seed, second, 16 * i + 6)))
    if cells.frozen[i] > 0.0 or cells.pool_kg[i] < left + 0.1:
        return
    alloy = cells.pool_kg[i] + cells.iron_kg[i]
    weight = np.rint((1.0 - left / cells.pool_kg[i]) * alloy * 100.0) / 100.0
    if weight == cells.tap_kg[i]:
        weight += 0.01
    stays = 1.0 - weight / alloy
    cells.tapped_re_kg[i] += cells.pool_kg[i] * (1.0 - stays)
    cells.tap_kg[i] = weight
    cells.tapped_kg[i] += weight
    cells.pool_kg[i] *= stays
    cells.iron_kg[i] *= stays
    cells.dip_c[i] += TAP_DIP_C * 300.0 / cells.bath_kg[i]
    cells.since_tap_s[i] = 0.0
