"""Fluoride-oxide electrolysis cells: oxide, sludge, heat, metal pool, anode effect and feed control.

Domain reference §5.3-§5.5, stated for the 14 kA cell and scaled to other currents by §5.2. Units: kA, V, mΩ,
wt%, kg, °C, kW, s. All cells advance together, one array entry each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.noise import bits, normal_of, uniform

Floats = NDArray[np.float64]

ANODE_A_CM2: Final = 0.85
"""Anode current density at nominal current, A/cm²."""
BUS_MOHM_14: Final = 0.085
DROP_OUTSIDE_V: Final = 0.42
"""Share of the cell voltage that heats the bus and rods instead of the bath, V at nominal current."""
THERMONEUTRAL_V: Final = 2.10
AMBIENT_C: Final = 60.0
REFERENCE_BATH_KG: Final = 520.0
PREFERRED_WT: Final = 2.6
"""Oxide content around which the cell runs, wt%; the voltage is lowest at 2.5 to 3.0."""


class Feed(IntEnum):
    """States of the feed controller, §5.4, as the tag FEED_ST shows them."""

    BASE = 0
    UNDER = 1
    OVER = 2
    AE_QUENCH = 3
    STOP = 4


@dataclass(frozen=True, slots=True)
class CellClass:
    """A size of cell with what it makes. ``volt_v`` and ``bath_c`` hold at ``current_ka`` and 2.6 wt% oxide.

    ``metal_kg_ka_d`` is the Faradaic yield at 100 % current efficiency, ``oxide_kg_kg`` the oxide per kg of metal,
    ``re_share`` the rare earth in the product, ``dose_sigma`` the feeder's error per dose of ``dose_s`` seconds and
    ``missed`` the share of doses that never come. ``run_ka`` is what the cell is run at, where not at its rating.
    """

    current_ka: float
    volt_v: float
    bath_kg: float
    bath_c: float = 1046.0
    efficiency: float = 0.78
    metal_kg_ka_d: float = 42.8017
    oxide_kg_kg: float = 1.1768
    re_share: float = 1.0
    tap_s: float = 3600.0
    dose_sigma: float = 0.005
    dose_s: float = 60.0
    missed: float = 0.0
    run_ka: float | None = None


PRND_14: Final = CellClass(14.0, 8.40, 520.0, tap_s=4500.0)
PRND_8: Final = CellClass(8.0, 9.20, 300.0, bath_c=1048.0)
PRND_3: Final = CellClass(3.0, 10.25, 115.0, bath_c=1048.0)
GD_FE_8: Final = CellClass(
    8.0, 9.20, 300.0, 1050.0, 0.80, metal_kg_ka_d=46.94, oxide_kg_kg=1.1526, re_share=0.75, tap_s=4500.0
)


class Cells(NamedTuple):
    """(n,) columns: what each cell is, what can be done to it, its state, and what it shows.

    To be set from outside: ``set_point_ka``, ``feed_factor`` (a feeder that gives so much of what it is asked for)
    and ``controlled`` (1 where the feed controller is on).
    """

    rated_ka: Floats
    metal_kg_ka_s: Floats
    efficiency: Floats
    oxide_kg_kg: Floats
    re_share: Floats
    bath_kg: Floats
    bath_mohm: Floats
    bus_mohm: Floats
    loss_kw_k: Floats
    heat_kj_k: Floats
    tap_s: Floats
    tap_phase_s: Floats
    dose_sigma: Floats
    dose_s: Floats
    missed: Floats
    set_point_ka: Floats
    feed_factor: Floats
    controlled: Floats
    oxide_wt: Floats
    sludge_kg: Floats
    bath_c: Floats
    dip_c: Floats
    pool_kg: Floats
    in_effect: Floats
    effect_s: Floats
    feed_state: Floats
    feed_state_s: Floats
    dose: Floats
    r_fast_mohm: Floats
    r_slow_mohm: Floats
    estimate_error_wt: Floats
    since_tap_s: Floats
    current_ka: Floats
    volt_v: Floats
    shown_ka: Floats
    shown_v: Floats
    r_pseudo_mohm: Floats
    loading: Floats
    feed_kg_s: Floats
    metal_kg_s: Floats
    tap_kg: Floats
    tapped_kg: Floats
    energy_kwh: Floats
    cf4_g: Floats
    effects: Floats
    oxide_deviation_kg: Floats


def critical_a_cm2(oxide_wt: float, bath_c: float = 1050.0) -> float:
    """Anode current density at which the anode effect starts, A/cm²."""
    return float(0.62 * max(oxide_wt, 0.05) ** 0.8 * (1.0 + 0.0012 * (bath_c - 1050.0)))


def cells(classes: Sequence[CellClass], seed: int, second: int = 0) -> Cells:
    """Cells in steady running at ``second``, spread over their oxide band and their tap cycle, none tapped yet.

    Until its first tap a cell's ``tap_kg`` is zero, so that nobody takes the start for a piece.
    """
    n = len(classes)
    rng = np.random.default_rng([seed, 0xCE11])
    columns = {name: np.zeros(n) for name in Cells._fields}
    for i, kind in enumerate(classes):
        loading = ANODE_A_CM2 / critical_a_cm2(PREFERRED_WT)
        electrode_v = 1.46 + 0.25 + 0.12 * math.log(ANODE_A_CM2 / 0.1) - 0.20 * math.log(1.0 - loading)
        bus_mohm = BUS_MOHM_14
        heat_kw = _bath_heat_kw(kind, (kind.volt_v - electrode_v) / kind.current_ka)
        for name, value in (
            ("rated_ka", kind.current_ka),
            ("metal_kg_ka_s", kind.metal_kg_ka_d / 86_400.0),
            ("efficiency", kind.efficiency),
            ("oxide_kg_kg", kind.oxide_kg_kg),
            ("re_share", kind.re_share),
            ("bath_kg", kind.bath_kg),
            ("bath_mohm", (kind.volt_v - electrode_v) / kind.current_ka - bus_mohm),
            ("bus_mohm", bus_mohm),
            ("loss_kw_k", heat_kw / (kind.bath_c - AMBIENT_C)),
            ("heat_kj_k", (520.0 * 1.05 + 1200.0) * kind.bath_kg / REFERENCE_BATH_KG),
            ("tap_s", kind.tap_s),
            ("dose_sigma", kind.dose_sigma),
            ("dose_s", kind.dose_s),
            ("missed", kind.missed),
            ("set_point_ka", kind.run_ka or kind.current_ka),
            ("bath_c", kind.bath_c),
        ):
            columns[name][i] = value
    order = (np.arange(n) * 0.6180339887498949) % 1.0
    columns["tap_phase_s"][:] = np.floor(order * columns["tap_s"])
    columns["feed_factor"][:] = columns["controlled"][:] = columns["dose"][:] = 1.0
    columns["oxide_wt"][:] = rng.uniform(2.4, 2.9, n)
    columns["bath_c"] += rng.normal(0.0, 1.0, n)
    columns["feed_state_s"][:] = rng.uniform(0.0, 1800.0, n)
    columns["since_tap_s"][:] = (second + columns["tap_phase_s"]) % columns["tap_s"]
    metal_kg_s = columns["set_point_ka"] * columns["metal_kg_ka_s"] * columns["efficiency"]
    columns["pool_kg"][:] = 2.0 + metal_kg_s * columns["since_tap_s"]
    return Cells(**columns)


def _bath_heat_kw(kind: CellClass, ohmic_mohm: float) -> float:
    """Heat that the bath gets at the current the cell is run at and 2.6 wt% oxide."""
    current_ka = kind.run_ka or kind.current_ka
    density = current_ka / kind.current_ka * ANODE_A_CM2
    loading = density / critical_a_cm2(PREFERRED_WT, kind.bath_c)
    volt = 1.46 + 0.25 + 0.12 * math.log(density / 0.1) - 0.20 * math.log(1.0 - loading) + current_ka * ohmic_mohm
    outside_v = DROP_OUTSIDE_V * current_ka / kind.current_ka
    return current_ka * (volt - outside_v - THERMONEUTRAL_V * kind.efficiency)


@njit(cache=True)
def step_cells(cells: Cells, seed: int, second: int) -> None:
    """Advance every cell by one second, in place."""
    for i in range(len(cells.rated_ka)):
        _control(cells, i)
        _feed_and_cell(cells, i, seed, second)
        _tap(cells, i, seed, second)


@njit(cache=True, inline="always")
def _control(cells: Cells, i: int) -> None:
    """Feed state, §5.4: the pseudo-resistance shows when oxide runs low, the estimate keeps the band."""
    state = int(cells.feed_state[i])
    cells.feed_state_s[i] += 1.0
    if cells.controlled[i] == 0.0:
        cells.feed_state[i] = 0.0
        return
    held_s = cells.feed_state_s[i]
    estimate = cells.oxide_wt[i] + cells.estimate_error_wt[i]
    slope_uohm_s = (cells.r_fast_mohm[i] - cells.r_slow_mohm[i]) * 1000.0 / 180.0
    rising = slope_uohm_s > 0.010 and held_s > 600.0 and cells.since_tap_s[i] > 900.0
    following = state
    if state == 3:
        if held_s >= 60.0 and cells.in_effect[i] == 0.0:
            following = 2
    elif cells.shown_v[i] > 12.0:
        following = 3
    elif state == 0:
        if estimate < 2.15:
            following = 2
        elif estimate > 2.9 or held_s > 2400.0:
            following = 1
    elif state == 1:
        if rising or estimate < 2.2:
            following = 2
    elif state == 2:
        feed_kg_s = cells.set_point_ka[i] * cells.metal_kg_ka_s[i] * cells.efficiency[i] * cells.oxide_kg_kg[i]
        if (held_s > 0.005 * cells.bath_kg[i] / (0.3 * feed_kg_s) and estimate > 2.3) or estimate > 2.8:
            following = 0
    if following != state:
        cells.feed_state[i] = following
        cells.feed_state_s[i] = 0.0


@njit(cache=True, inline="always")
def _feed_and_cell(cells: Cells, i: int, seed: int, second: int) -> None:
    state = int(cells.feed_state[i])
    factor = (1.0, 0.8, 1.3, 4.0, 0.0)[state]
    if second % int(cells.dose_s[i]) == i % int(cells.dose_s[i]):
        cells.dose[i] = max(0.0, 1.0 + cells.dose_sigma[i] * normal_of(bits(seed, second, 8 * i)))
        if uniform(seed, second, 8 * i + 1) < cells.missed[i]:
            cells.dose[i] = 0.0
    delivered = cells.feed_factor[i] * (1.0 if state == 3 else cells.dose[i])
    nominal = cells.set_point_ka[i] * cells.metal_kg_ka_s[i] * cells.efficiency[i] * cells.oxide_kg_kg[i]
    feed = nominal * factor * delivered

    current = cells.set_point_ka[i]
    if state == 3:
        current *= 0.6 if cells.effect_s[i] > 180.0 else 0.8
    oxide, bath_c = cells.oxide_wt[i], cells.bath_c[i]
    sludge = cells.sludge_kg[i] * REFERENCE_BATH_KG / cells.bath_kg[i]
    density = current / cells.rated_ka[i] * ANODE_A_CM2
    critical = 0.62 * max(oxide, 0.05) ** 0.8 * (1.0 + 0.0012 * (bath_c - 1050.0))
    loading = density / critical
    if cells.in_effect[i] == 0.0 and loading >= 1.0:
        cells.in_effect[i] = 1.0
        cells.effects[i] += 1.0
    elif cells.in_effect[i] == 1.0 and loading < 0.78:
        cells.in_effect[i] = 0.0
    effect = cells.in_effect[i] == 1.0
    cells.effect_s[i] = cells.effect_s[i] + 1.0 if effect else 0.0

    if effect:
        efficiency = 0.25
    else:
        lost = 0.0006 * abs(bath_c - 1050.0) + 0.004 * sludge + 0.0008 * max(0.0, cells.pool_kg[i] - 25.0)
        efficiency = max(0.3, cells.efficiency[i] - lost)

    clear = min(1.0, max(0.0, (4.0 - oxide) / 0.6))
    redissolved = 6e-5 * cells.sludge_kg[i] * max(0.0, 4.0 - oxide)
    cells.sludge_kg[i] = max(0.0, cells.sludge_kg[i] + feed * (1.0 - clear) - redissolved)
    metal = current * cells.metal_kg_ka_s[i] * efficiency
    used = metal * cells.oxide_kg_kg[i]
    cells.oxide_wt[i] = max(0.2, oxide + (clear * feed + redissolved - used) / cells.bath_kg[i] * 100.0)
    cells.oxide_deviation_kg[i] = (cells.oxide_wt[i] - PREFERRED_WT) / 100.0 * cells.bath_kg[i] + cells.sludge_kg[i]

    bath_mohm = cells.bath_mohm[i] * (1.0 + 0.02 * (oxide - 2.6) + 0.006 * sludge) * (1.0 - 0.0011 * (bath_c - 1050.0))
    volt = 1.46 + 0.25 + 0.12 * math.log(density / 0.1) - 0.20 * math.log(max(1e-3, 1.0 - min(loading, 0.99)))
    volt += current * (bath_mohm + cells.bus_mohm[i])
    if effect:
        volt += 13.0 + 1.5 * normal_of(bits(seed, second, 8 * i + 2))
    if volt > 24.0:
        current *= 24.0 / volt
        volt = 24.0
    outside_v = DROP_OUTSIDE_V * current / cells.rated_ka[i]
    heat = current * (volt - outside_v - THERMONEUTRAL_V * efficiency)
    cells.bath_c[i] = bath_c + (heat - cells.loss_kw_k[i] * (bath_c - AMBIENT_C)) / cells.heat_kj_k[i]
    cells.dip_c[i] *= 1.0 - 1.0 / 900.0

    cells.pool_kg[i] += metal
    cells.energy_kwh[i] += volt * current / 3600.0
    if effect:
        cells.cf4_g[i] += current * 1000.0 * 0.06 * 0.228e-3
    elif loading > 0.85:
        cells.cf4_g[i] += current * 1000.0 * 0.0002 * math.exp(12.0 * (loading - 0.85)) * 0.228e-3
    cells.current_ka[i], cells.volt_v[i], cells.loading[i] = current, volt, loading
    cells.feed_kg_s[i], cells.metal_kg_s[i] = feed, metal
    cells.shown_ka[i] = np.rint((current + 0.04 * normal_of(bits(seed, second, 8 * i + 3))) * 100.0) / 100.0
    cells.shown_v[i] = np.rint((volt + 0.03 * normal_of(bits(seed, second, 8 * i + 4))) * 200.0) / 200.0
    cells.r_pseudo_mohm[i] = (cells.shown_v[i] - 1.6) / max(0.1, cells.shown_ka[i])
    if cells.r_fast_mohm[i] == 0.0:
        cells.r_fast_mohm[i] = cells.r_slow_mohm[i] = cells.r_pseudo_mohm[i]
    cells.r_fast_mohm[i] += (cells.r_pseudo_mohm[i] - cells.r_fast_mohm[i]) / 60.0
    cells.r_slow_mohm[i] += (cells.r_pseudo_mohm[i] - cells.r_slow_mohm[i]) / 240.0
    draw = normal_of(bits(seed, second, 8 * i + 5))
    cells.estimate_error_wt[i] += -cells.estimate_error_wt[i] / 1800.0 + 0.04 * math.sqrt(2.0 / 1800.0) * draw


@njit(cache=True, inline="always")
def _tap(cells: Cells, i: int, seed: int, second: int) -> None:
    """Tap on the timetable, §5.5: the ladle leaves about 2 kg; the bath dips 12 °C in the 8 kA cell."""
    cells.since_tap_s[i] += 1.0
    if (second + cells.tap_phase_s[i]) % cells.tap_s[i] != 0.0:
        return
    left = max(0.3, 2.0 + 0.03 * cells.pool_kg[i] * normal_of(bits(seed, second, 8 * i + 6)))
    weight = np.rint(max(0.0, cells.pool_kg[i] - left) / cells.re_share[i] * 100.0) / 100.0
    if weight == cells.tap_kg[i]:
        weight += 0.01
    cells.tap_kg[i] = weight
    cells.tapped_kg[i] += weight
    cells.pool_kg[i] = left
    cells.dip_c[i] = 12.0 * 300.0 / cells.bath_kg[i]
    cells.since_tap_s[i] = 0.0
