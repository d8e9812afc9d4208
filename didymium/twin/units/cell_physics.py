"""Fluoride-oxide electrolysis cells: oxide, sludge, heat, metal pool, anode effect, feed and temperature control.

Domain reference §5.3-§5.6, stated for the 14 kA cell and scaled to other currents by §5.2. Units: kA, V, mΩ, wt%,
kg, °C, kW, s. With x = j/j_c, j_c = 0.62 C^0.8 (1 + 0.0012 (T - 1050)) A/cm²:

- dC/dt = 100 (g feed + redissolved - used)/bath, redissolved = 6e-5 S (4 - C) kg/s, g = clip((4 - C')/0.6, 0, 1)
- C' = C + 100 feed τ/bath: where the oxide falls in the bath is richer by what it does not carry away in a time τ
- used = I k CE w, k from Faraday's law, w kg oxide per kg metal; what is not there cannot be used
- CE = CE0 - 0.0006 |T - 1050| - 0.004 S - 0.0008 max(0, pool - 25); 0.25 in an anode effect
- V = 1.46 + 0.25 + 0.12 ln(j/0.1) - 0.20 ln(1 - x) + I (R_bath gap + R_bus + R_contact); 13 V more in an anode effect
- m c dT/dt = I (V - 0.42 I/I0 - 2.10 CE) - loss (T - 60), an eighth more while the hood is open to feed by hand

So what falls in by hand every quarter of an hour leaves sludge, which costs efficiency, and an open bath, which costs
heat; what comes evenly costs neither.

An anode effect begins at x = 1 and ends below 0.78. A cell without current is covered, cools, and is frozen below
950 °C. A step is a fifth of the shortest time constant or less; all cells advance together, one record each, and
every kg that goes in is in the bath, the pool or ``tapped_kg``.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.noise import bits, normal_of, uniform
from didymium.twin.units.cell_class import (
    AMBIENT_C,
    ANODE_A_CM2,
    ARRIVES_S,
    DIP_S,
    DROP_OUTSIDE_V,
    FELT_KG,
    MIXING_S,
    OPEN_LOSS,
    POURING,
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
LONGEST_STEP_S: Final = 10
"""The control sees the resistance with a time constant of 60 s."""
HAND_LEAN_WT: Final = 1.85
HAND_RICH_WT: Final = 2.4
"""Between these who feeds by hand takes the bath to be well; he fears sludge more than anode effects. (A)"""
FACTOR: Final = (1.0, 0.8, 1.3, 4.0, 0.0)
"""What is asked for in each state of the feed, of what the cell uses by Faraday's law, §5.4."""
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
QUENCH_S: Final = 60.0
LONGEST_EFFECT_S: Final = 600.0
INSPECTION_S: Final = 1800.0
"""I12: a cell that is ten minutes in anode effect loses its current, until it has been looked at. (A)"""


def step_cells(cells: Cells, seed: int, second: int, dt_s: int = 1) -> None:
    """Advance every cell by ``dt_s`` whole seconds to ``second``, in place. Raises ``ValueError`` outside 1 to 10 s."""
    if not 1 <= dt_s <= LONGEST_STEP_S:
        raise ValueError(f"cells: a step of {dt_s} s, from 1 to {LONGEST_STEP_S} s")
    _step(cells.records, seed, second, float(dt_s))


@njit(cache=True)
def _step(records: NDArray[Any], seed: int, second: int, dt_s: float) -> None:
    for i in range(len(records)):
        cell = records[i]
        _control(cell, i, seed, second, dt_s)
        feed = _feed(cell, i, seed, second, dt_s)
        _electrolyse(cell, i, feed, seed, second, dt_s)
        _show(cell, i, seed, second, dt_s)
        _tap(cell, i, seed, second, dt_s)


@njit(cache=True)
def _need_kg_s(cell: Any) -> float:
    """Oxide that the cell uses by Faraday's law at its set-point."""
    need = cell.set_point_ka * cell.supplied * cell.metal_kg_ka_s
    return float(need * cell.efficiency * cell.oxide_kg_kg)


@njit(cache=True)
def _control(cell: Any, i: int, seed: int, second: int, dt_s: float) -> None:
    """Feed state, §5.4: resistance shows when oxide runs low, the estimate keeps the band, the balance tells sludge.

    The temperature is kept by the gap under the anodes. A cell that is fed by hand is judged at each visit.
    """
    if cell.supplied < cell.powered and cell.frozen == 0.0 and cell.locked_s == 0.0:
        cell.supplied = min(cell.powered, cell.supplied + dt_s / RAMP_S)
    else:
        cell.supplied = min(cell.powered, cell.supplied)
    cell.visit_in_s -= dt_s
    cell.feed_state_s += dt_s
    state = int(cell.feed_state)
    held_s = cell.feed_state_s
    estimate = cell.oxide_wt + cell.estimate_error_wt
    slope_uohm_s = (cell.r_fast_mohm - cell.r_slow_mohm) * 1000.0 / 180.0
    rising = slope_uohm_s > RISING_UOHM_S and held_s > 600.0 and cell.since_tap_s > 900.0
    rising = rising and cell.contact_mohm == 0.0 and cell.oxide_deviation_kg < SLUDGE_GUARD_KG
    following = state
    if cell.feed_stop > 0.0 or cell.supplied == 0.0:
        following = 4
    elif cell.controlled == 0.0 or state == 4:
        following = 0
    elif state == 3:
        if held_s >= QUENCH_S + cell.hand_fed * ARRIVES_S and cell.in_effect == 0.0:
            following = 2
            cell.visit_in_s = 0.0
    elif cell.shown_v > 12.0:
        following = 3
    elif cell.hand_fed > 0.0:
        if cell.visit_in_s <= 0.0:
            judged = estimate + cell.judgement_wt * normal_of(bits(seed, second, 16 * i + 8))
            sludge_felt = cell.sludge_kg > FELT_KG * cell.bath_kg / REFERENCE_BATH_KG
            following = 2 if judged < HAND_LEAN_WT else (1 if judged > HAND_RICH_WT or sludge_felt else 0)
    elif state == 0:
        if estimate < 2.15:
            following = 2
        elif estimate > 2.9 or held_s > 2400.0:
            following = 1
    elif state == 1:
        if rising or estimate < 2.2:
            following = 2
    elif state == 2:
        enough_s = 0.005 * cell.bath_kg / (0.3 * max(1e-6, _need_kg_s(cell)))
        if (held_s > enough_s and estimate > 2.3) or estimate > 2.8:
            following = 0
    if following != state:
        cell.feed_state = following
        cell.feed_state_s = 0.0

    cell.seen_c += (cell.bath_c - cell.dip_c + cell.tc_error_c - cell.seen_c) * dt_s / SEEN_S
    if cell.controlled > 0.0 and cell.supplied == 1.0:
        sludge_seen = cell.hand_fed == 0.0 and cell.oxide_deviation_kg > SLUDGE_GUARD_KG
        aim_c = cell.aim_c + (GUARD_C if sludge_seen else 0.0)
        error_c = aim_c - cell.seen_c
        cell.gap_trim = min(0.3, max(-0.3, cell.gap_trim + GAP_PER_C_S * error_c * dt_s))
        cell.gap = min(1.35, max(0.65, 1.0 + GAP_PER_C * error_c + cell.gap_trim))


@njit(cache=True)
def _feed(cell: Any, i: int, seed: int, second: int, dt_s: float) -> float:
    """What the feeder gives, kg/s: a screw with its error of the minute, or somebody who pours in a dose at a visit.

    In an anode effect it gives four times as much; to a cell that is fed by hand somebody has to come first.
    """
    state, hand_fed = int(cell.feed_state), cell.hand_fed > 0.0
    wanted = _need_kg_s(cell) * FACTOR[state]
    cell.asked_kg_s = wanted
    factor = cell.feed_factor
    if state == 4 or (state == 3 and not (hand_fed and cell.feed_state_s < ARRIVES_S)):
        return float(wanted * factor)
    if not hand_fed:
        if (second - i) % 60 < dt_s:
            cell.dose = max(0.0, 1.0 + cell.dose_sigma * normal_of(bits(seed, second, 16 * i)))
        return float(wanted * factor * cell.dose)
    if cell.visit_in_s <= 0.0 and state != 3:
        cell.visit_in_s = VISIT_S * (2.0 / 3.0 + 2.0 / 3.0 * uniform(seed, second, 16 * i + 1))
        if uniform(seed, second, 16 * i + 9) >= cell.missed:
            share = max(0.0, 1.0 + cell.dose_sigma * normal_of(bits(seed, second, 16 * i)))
            cell.to_pour_kg += wanted * VISIT_S * factor * share
    feed = min(cell.to_pour_kg / dt_s, POURING * _need_kg_s(cell)) if factor > 0.0 else 0.0
    cell.to_pour_kg = max(0.0, cell.to_pour_kg - feed * dt_s)
    return float(feed)


@njit(cache=True)
def _electrolyse(cell: Any, i: int, feed: float, seed: int, second: int, dt_s: float) -> None:
    """Current, anode effect, voltage, oxide and metal, heat."""
    current = cell.set_point_ka * cell.supplied
    if cell.feed_state == 3.0:
        current *= 0.6 if cell.effect_s > 180.0 else 0.8
    if current < LEAST_SHARE * cell.rated_ka:
        current = 0.0
    oxide, bath_c = cell.oxide_wt, cell.bath_c
    sludge = cell.sludge_kg * REFERENCE_BATH_KG / cell.bath_kg
    density = current / cell.rated_ka * ANODE_A_CM2
    loading = density / (0.62 * max(oxide, 0.05) ** 0.8 * (1.0 + 0.0012 * (bath_c - 1050.0)))
    if cell.in_effect == 0.0 and loading >= 1.0:
        cell.in_effect = 1.0
        cell.effects += 1.0
    elif loading < 0.78:
        cell.in_effect = 0.0
    effect = cell.in_effect == 1.0
    cell.effect_s = cell.effect_s + dt_s if effect else 0.0
    cell.locked_s = max(0.0, cell.locked_s - dt_s)
    if cell.effect_s > LONGEST_EFFECT_S:
        cell.locked_s, cell.supplied = INSPECTION_S, 0.0

    if current > 0.0:
        ohmic = cell.bath_mohm * (1.0 + 0.02 * (oxide - 2.6) + 0.006 * sludge) * cell.gap
        ohmic *= max(0.3, 1.0 - 0.0011 * (bath_c - 1050.0))
        volt = 1.46 + 0.25 + 0.12 * math.log(density / 0.1) - 0.20 * math.log(max(1e-3, 1.0 - min(loading, 0.99)))
        volt += current * (ohmic + cell.bus_mohm + cell.contact_mohm)
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
        lost = 0.0006 * abs(bath_c - 1050.0) + 0.004 * sludge + 0.0008 * max(0.0, cell.pool_kg - 25.0)
        efficiency = max(0.3, cell.efficiency - lost)
    here_wt = oxide + 100.0 * feed * MIXING_S / cell.bath_kg
    clear = min(1.0, max(0.0, (4.0 - here_wt) / 0.6))
    dissolved = clear * feed + 6e-5 * cell.sludge_kg * max(0.0, 4.0 - oxide)
    there = dissolved + max(0.0, oxide - LEAST_WT) / 100.0 * cell.bath_kg / dt_s
    metal = min(current * cell.metal_kg_ka_s * efficiency, there / cell.oxide_kg_kg)
    cell.sludge_kg += (feed - dissolved) * dt_s
    cell.oxide_wt = oxide + (dissolved - metal * cell.oxide_kg_kg) * dt_s / cell.bath_kg * 100.0
    cell.oxide_deviation_kg = (cell.oxide_wt - PREFERRED_WT) / 100.0 * cell.bath_kg + cell.sludge_kg
    iron = 0.0
    if cell.re_share < 1.0:
        share = cell.re_share - 0.0003 * (bath_c - 1050.0) + 0.05 * (current - cell.set_point_ka) / cell.rated_ka
        share = min(0.9, max(0.6, share))
        iron = min(cell.rod_kg / dt_s, metal * (1.0 / share - 1.0))
        cell.rod_kg -= iron * dt_s
    cell.pool_kg += metal * dt_s
    cell.iron_kg += iron * dt_s

    heat = current * (volt - DROP_OUTSIDE_V * current / cell.rated_ka - THERMONEUTRAL_V * efficiency)
    loss = cell.loss_kw_k * (bath_c - AMBIENT_C) * (1.0 if current > 0.0 else COVERED)
    if cell.to_pour_kg > 0.0:
        loss *= 1.0 + OPEN_LOSS
    cell.bath_c = bath_c + (heat - loss) * dt_s / cell.heat_kj_k
    if cell.bath_c < FREEZING_C:
        cell.frozen, cell.supplied = 1.0, 0.0
    if cell.frozen > 0.0 and cell.powered > 0.0:
        cell.bath_c = max(cell.bath_c, bath_c + BAKE_C_S * dt_s)
        if cell.bath_c >= THAWED_C:
            cell.frozen = 0.0
    cell.dip_c *= 1.0 - dt_s / DIP_S

    cell.energy_kwh += volt * current * dt_s / 3600.0
    cf4_g_s = 0.0
    if effect:
        cf4_g_s = current * 1000.0 * 0.06 * 0.228e-3
    elif loading > 0.85:
        cf4_g_s = current * 1000.0 * 0.0002 * math.exp(12.0 * (loading - 0.85)) * 0.228e-3
    cell.cf4_g_s = cf4_g_s
    cell.cf4_g += cf4_g_s * dt_s
    cell.current_ka, cell.volt_v, cell.loading = current, volt, loading
    cell.feed_kg_s, cell.metal_kg_s, cell.iron_kg_s = feed, metal, iron


@njit(cache=True)
def _show(cell: Any, i: int, seed: int, second: int, dt_s: float) -> None:
    """What the instruments of the cell's controller read, and the pseudo-resistance (V - 1.6)/I that it makes of it."""
    current, volt = cell.current_ka, cell.volt_v
    running = current > 0.3 * cell.rated_ka
    noise = 0.04 * normal_of(bits(seed, second, 16 * i + 3)) if running else 0.0
    cell.shown_ka = np.rint((current + noise) * 100.0) / 100.0
    cell.shown_v = np.rint((volt + 0.03 * normal_of(bits(seed, second, 16 * i + 4))) * 200.0) / 200.0
    if running:
        cell.r_pseudo_mohm = (cell.shown_v - 1.6) / cell.shown_ka
        if cell.r_fast_mohm == 0.0:
            cell.r_fast_mohm = cell.r_slow_mohm = cell.r_pseudo_mohm
        cell.r_fast_mohm += (cell.r_pseudo_mohm - cell.r_fast_mohm) * dt_s / 60.0
        cell.r_slow_mohm += (cell.r_pseudo_mohm - cell.r_slow_mohm) * dt_s / 240.0
    draw = normal_of(bits(seed, second, 16 * i + 5))
    cell.estimate_error_wt += -cell.estimate_error_wt * dt_s / 1800.0 + 0.04 * math.sqrt(2.0 * dt_s / 1800.0) * draw


@njit(cache=True)
def _tap(cell: Any, i: int, seed: int, second: int, dt_s: float) -> None:
    """Tap on the timetable, §5.5: the ladle leaves about 2 kg of rare earth. No two weights in a row are the same."""
    cell.since_tap_s += dt_s
    if (second + cell.tap_phase_s) % cell.tap_s >= dt_s:
        return
    left = max(0.3, 2.0 + 0.03 * cell.pool_kg * normal_of(bits(seed, second, 16 * i + 6)))
    if cell.frozen > 0.0 or cell.pool_kg < left + 0.1:
        return
    alloy = cell.pool_kg + cell.iron_kg
    weight = np.rint((1.0 - left / cell.pool_kg) * alloy * 100.0) / 100.0
    if weight == cell.tap_kg:
        weight += 0.01
    stays = 1.0 - weight / alloy
    cell.tapped_re_kg += cell.pool_kg * (1.0 - stays)
    cell.tap_kg = weight
    cell.tapped_kg += weight
    cell.pool_kg *= stays
    cell.iron_kg *= stays
    cell.dip_c += TAP_DIP_C * 300.0 / cell.bath_kg
    cell.since_tap_s = 0.0
