"""Evaporators with mechanical vapour recompression: boiling brine heated by its own vapour (domain reference §10.3).

The compressor lifts the vapour's saturation temperature above the boiling point of the brine; what condenses on the
one side of the tubes boils off on the other. A slurry of crystals goes on, its mother liquor comes back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Floats
from didymium.twin.units.brine import PARTS, mass_t, move, salt_t, waste_water

SUCTION_KPA: Final = 90.0
SATURATED_PU: Final = 0.26
"""Dissolved salt in the boiling brine, t/t: what gives the reference point's elevation of 8 K. (A)"""
CRYSTALS_SALT_PU: Final = 25.3 / 25.8
BPE_K_WT: Final = 8.0 / 26.0
"""Boiling-point elevation per wt% dissolved, from §10.3's 8 K at 26 % and 13 K at 40 %."""
SLURRY_SALT_PU: Final = 0.39 / 1.1
"""Salt, dissolved and solid, in the slurry and so in the purge, §10.2."""
CARRY_OVER_PU: Final = 0.02 / 207.1
"""Salt in the distillate, t/t, §10.2."""
VAPOUR_KJ_KG_K: Final = 1.98
EFFICIENCY: Final = 0.70
"""Usual efficiency of a compressor: 167 kW at the reference point. (A)"""
PRESSURE_RATIO_MOST: Final = 2.1
CLEAN_W_M2K: Final = 1600.0
WASH_BELOW_W_M2K: Final = 1150.0
"""Heat transfer at which the tubes are washed. (A)"""
WASH_S: Final = 2.0 * 3600.0
WASH_LAG_S: Final = 1800.0
NORMAL_SCALE_D: Final = 30.0
HOLD_T: Final = 10.0
"""Brine in an evaporator of 4.3 t/h. (A)"""
LEVEL_S: Final = 1800.0
USUAL_AREA_M2: Final = 300.0
LONGEST_DT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class SaltLine:
    """What a site's evaporators and crystallisers get and give, t/d; ``feed`` (5,) is a tonne of it."""

    feed_t_d: float
    feed: Floats
    crystals_t_d: float

    @property
    def purge_t_d(self) -> float:
        return self.crystals_t_d * 1.1 / 25.8

    @property
    def distillate_t_d(self) -> float:
        return self.feed_t_d - self.crystals_t_d - self.purge_t_d


WORKSHOP: Final = SaltLine(234.0, waste_water(1000.0 * 25.71 / 234.0, 2.815 * 25.71 / 234.0 / 0.05), 25.8)
"""S08, the balance of §10.2."""
_MAIN_SALT_T: Final = 150.0 * (25.3 + 0.39) / 25.8 + (1250.0 - 150.0 * 26.9 / 25.8) * CARRY_OVER_PU
MAIN: Final = SaltLine(1250.0, waste_water(1000.0 * _MAIN_SALT_T / 1250.0, 258.8 * _MAIN_SALT_T / 1250.0, 0.043), 150.0)
"""S19: 3,000 t/d concentrated by membranes to 1,250 t/d of ammonium-salt water, which gives 150 t/d of salt. (A)"""


class Evaporators(NamedTuple):
    """(n,) columns, ``content`` (n, 5). ``site`` counts sites;

    ``scale_d`` and ``wash_s`` are set from outside; ``efficiency`` is a compressor's, isentropic, with its drive.
    """

    site: NDArray[np.int64]
    share: Floats
    area_m2: Floats
    efficiency: Floats
    hold_t: Floats
    usual_feed_t_h: Floats
    usual_slurry_t_h: Floats
    usual_distillate_t_h: Floats
    scale_d: Floats
    wash_s: Floats
    u_w_m2k: Floats
    content: Floats
    feed_t_h: Floats
    distillate_t_h: Floats
    slurry_t_h: Floats
    bpe_k: Floats
    net_k: Floats
    discharge_kpa: Floats
    shaft_kw: Floats
    solids_pu: Floats


@njit(cache=True, inline="always")
def saturated_c(kpa: float) -> float:
    """Saturation temperature of steam (Antoine), °C."""
    return 1730.63 / (8.07131 - math.log10(7.50062 * kpa)) - 233.426


@njit(cache=True, inline="always")
def saturated_kpa(celsius: float) -> float:
    """Saturation pressure of steam (Antoine), kPa."""
    return 10.0 ** (8.07131 - 1730.63 / (233.426 + celsius)) / 7.50062


@njit(cache=True, inline="always")
def latent_kj_kg(celsius: float) -> float:
    """Heat of evaporation of water near 100 °C, kJ/kg."""
    return 2257.0 - 2.6 * (celsius - 100.0)


@njit(cache=True)
def shaft_kw(vapour_t_h: float, pressure_ratio: float) -> float:
    """Compressor power, ``ṁ cp T1/η (PR^0.25 − 1)``."""
    suction_k = saturated_c(SUCTION_KPA) + 273.15
    return vapour_t_h / 3.6 * VAPOUR_KJ_KG_K * suction_k / EFFICIENCY * (pressure_ratio**0.25 - 1.0)


def slurry_t_h(line: SaltLine, cooled_pu: float) -> float:
    """Slurry of all of a line's evaporators that brings its crystals, the mother liquor holding ``cooled_pu`` salt."""
    salt_t_d = CRYSTALS_SALT_PU * line.crystals_t_d
    crystallised_t_d = (salt_t_d - cooled_pu * line.crystals_t_d) / (SLURRY_SALT_PU - cooled_pu)
    return (crystallised_t_d + line.purge_t_d) / 24.0


def evaporators(lines: list[SaltLine], site: list[int], cooled_pu: float) -> Evaporators:
    """Evaporators in steady running, unit i in the line ``lines[site[i]]``; their tubes are 3 to 5 days old."""
    n = len(site)
    columns = {name: np.zeros(n) for name in Evaporators._fields}
    columns["content"] = np.zeros((n, PARTS))
    for i, at in enumerate(site):
        line, share = lines[at], 1.0 / site.count(at)
        distillate_t_h = share * line.distillate_t_d / 24.0
        size = distillate_t_h / (WORKSHOP.distillate_t_d / 48.0)
        salt = SLURRY_SALT_PU
        ions = line.feed[1:] / line.feed[1:].sum()
        hold_t = HOLD_T * size
        for name, value in (
            ("share", share),
            ("area_m2", USUAL_AREA_M2 * size),
            ("efficiency", EFFICIENCY),
            ("hold_t", hold_t),
            ("usual_feed_t_h", share * line.feed_t_d / 24.0),
            ("usual_slurry_t_h", share * slurry_t_h(line, cooled_pu)),
            ("usual_distillate_t_h", distillate_t_h),
            ("scale_d", NORMAL_SCALE_D),
            ("u_w_m2k", 1440.0 - 20.0 * (i % 4)),
            ("content", hold_t * np.array([1.0 - salt, *(salt * ions)])),
        ):
            columns[name][i] = value
    return Evaporators(**{**columns, "site": np.array(site, np.int64)})  # type: ignore[arg-type]


def step_evaporators(
    evaporators: Evaporators,
    pace: Floats,
    brine: Floats,
    liquor: Floats,
    distillate: Floats,
    slurry: Floats,
    dt_s: float,
) -> None:
    """Advance all evaporators; each table of waters is (sites, 5), t, and changed in place.

    From ``brine`` they are fed ``pace`` (sites,) of the usual flow and take all of ``liquor``; ``distillate`` and
    ``slurry`` get what leaves. ``Q = U A (T_sat(P2) − T_sat(P1) − BPE)``, ``dU/dt = −U/τ``; the compressor turns
    as fast as the level asks for, up to a pressure ratio of 2.1. Raises ``ValueError`` beyond 60 s.
    """
    if not 0.0 < dt_s <= LONGEST_DT_S:
        raise ValueError(f"evaporators are stepped by up to {LONGEST_DT_S:g} s, not by {dt_s:g}")
    _step(evaporators, pace, brine, liquor, distillate, slurry, dt_s)


@njit(cache=True)
def _step(
    ev: Evaporators, pace: Floats, brine: Floats, liquor: Floats, distillate: Floats, slurry: Floats, dt_s: float
) -> None:
    hours = dt_s / 3600.0
    returned = liquor.copy()
    liquor[:] = 0.0
    suction_c = saturated_c(SUCTION_KPA)
    hottest_c = saturated_c(SUCTION_KPA * PRESSURE_RATIO_MOST)
    for i in range(len(ev.site)):
        at, content = ev.site[i], ev.content[i]
        before_t = mass_t(content)
        strength = salt_t(content) / before_t / SLURRY_SALT_PU
        slurry_t_h = ev.usual_slurry_t_h[i] * min(2.0, max(0.2, strength**4))
        slurry_t_h *= min(1.0, before_t / (0.8 * ev.hold_t[i]))
        fed_t = move(brine[at], content, pace[at] * ev.usual_feed_t_h[i] * hours)
        back_t = 0.0
        for k in range(len(content)):
            content[k] += ev.share[i] * returned[at, k]
            back_t += ev.share[i] * returned[at, k]
        salt, there = salt_t(content), mass_t(content)
        dissolved = min(SATURATED_PU, salt / there)
        solid = max(0.0, salt - SATURATED_PU / (1.0 - SATURATED_PU) * content[0])
        ev.solids_pu[i] = solid / there
        ev.bpe_k[i] = 100.0 * BPE_K_WT * dissolved
        _foul(ev, i, dt_s)
        boiling_c = suction_c + ev.bpe_k[i]
        kw_per_t_h = latent_kj_kg(suction_c) / 3.6
        most_t_h = 1e-3 * ev.u_w_m2k[i] * ev.area_m2[i] * max(0.0, hottest_c - boiling_c) / kw_per_t_h
        asked_t_h = (fed_t + back_t) / hours - slurry_t_h + (before_t - ev.hold_t[i]) * 3600.0 / LEVEL_S
        boiled_t_h = min(max(0.0, asked_t_h), 1.25 * ev.usual_distillate_t_h[i], most_t_h)
        ev.net_k[i] = boiled_t_h * kw_per_t_h / (1e-3 * ev.u_w_m2k[i] * ev.area_m2[i])
        ev.discharge_kpa[i] = saturated_kpa(boiling_c + ev.net_k[i])
        ev.shaft_kw[i] = EFFICIENCY / ev.efficiency[i] * shaft_kw(boiled_t_h, ev.discharge_kpa[i] / SUCTION_KPA)

        boiled_t = min(boiled_t_h * hours, content[0])
        carried = CARRY_OVER_PU * boiled_t / max(1e-12, salt)
        content[0] -= boiled_t
        distillate[at, 0] += boiled_t
        for k in range(1, len(content)):
            moved = carried * content[k]
            content[k] -= moved
            distillate[at, k] += moved
        ev.feed_t_h[i] = fed_t / hours
        ev.distillate_t_h[i] = (1.0 + CARRY_OVER_PU) * boiled_t / hours
        ev.slurry_t_h[i] = move(content, slurry[at], slurry_t_h * hours) / hours


@njit(cache=True, inline="always")
def _foul(ev: Evaporators, i: int, dt_s: float) -> None:
    """Scale grows, and is washed off with condensate while the evaporator runs."""
    if ev.u_w_m2k[i] < WASH_BELOW_W_M2K and ev.wash_s[i] <= 0.0:
        ev.wash_s[i] = WASH_S
    if ev.wash_s[i] > 0.0:
        ev.wash_s[i] -= dt_s
        ev.u_w_m2k[i] += (CLEAN_W_M2K - ev.u_w_m2k[i]) * dt_s / WASH_LAG_S
    else:
        ev.u_w_m2k[i] *= math.exp(-dt_s / (86_400.0 * ev.scale_d[i]))
