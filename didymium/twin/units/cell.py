"""Electrolysis cells: the tags of S03, S04 and S10 from ``cell_physics`` (domain reference §5, §6, §12)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.cell_physics import GD_FE_8, PRND_8, PRND_14, CellClass, Cells, cells, step_cells

GD_FE_CELLS: Final = 12
"""The last twelve cells of S10 make Gd-Fe. (A)"""
SITE_CLASS: Final = {
    "S03": replace(PRND_14, run_ka=13.8, dose_sigma=0.08, dose_s=900.0, missed=0.005),
    "S04": replace(PRND_8, dose_sigma=0.08, dose_s=900.0, missed=0.005),
    "S10": replace(PRND_14, run_ka=13.5),
}
"""S03 and S04 feed by hand, §12: 8 % error per dose of 15 minutes and the odd dose that never comes; S10's
feeders weigh as they go. The currents give 32, 9.4 and 26 t a day."""
HOPPER_FULL_KG: Final = 240.0
HOPPER_REFILL_KG: Final = 70.0
REFILL_S: Final = 40.0
ANODE_LIFE_S: Final = 50 * 3600.0
NORMAL, AE, TAP = 2.0, 3.0, 5.0

POINTS: Final[Points] = {
    "CUR_PV": EXACT,
    "CUR_SP": EXACT,
    "VOLT_PV": EXACT,
    "R_PSEUDO": EXACT,
    "ANODE_A[]": Point(2.3, 0.0, 0.006, 0.0, 0.0),
    "OX_EST": Point(2.6, 0.0, 0.006, 0.0, 0.0),
    "T_BATH[]": Point((1046.0, 1048.0), 0.6, 0.5, 0.8, 20.0),
    "T_SHELL[]": Point((205.0, 212.0, 198.0, 208.0), 2.0, 0.4, 5.0),
    "CW_T": Point(39.0, 0.6, 0.08, 0.9),
    "CW_F": Point(37.0, 0.5, 0.15, 0.9),
    "CATH_POS": Point(210.0, 0.8, 0.3, 8.0),
    "ANODE_POS": EXACT,
    "LVL_BATH": Point(355.0, 2.0, 0.5, 3.0),
    "LVL_METAL": Point(50.0, 0.5, 0.6, 0.0, 2.0),
    "FEED_PV": Point(392.0, 0.0, 4.0, 0.0, 2.0),
    "FEED_SP": EXACT,
    "HOPPER": Point(150.0, 0.0, 0.03, 0.0, 0.0),
    "FUME_DP": Point(-48.0, 1.5, 0.6, 2.0),
    "FUME_T": Point(132.0, 2.5, 0.5, 4.0),
    "TAP_WT": exact(),
}


class ElectrolysisCells:
    """Binds the cells' state to their tags. ``cells`` may be reached into: set-points, feed factors, control."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self.kind = [_class_of(bank, i) for i in range(len(bank))]
        self._seed = around.seed + 101
        self.cells = cells(self.kind, around.seed, around.second)
        rng = np.random.default_rng([around.seed, 0xCE12])
        n = len(bank)
        self.hopper_kg = rng.uniform(HOPPER_REFILL_KG, HOPPER_FULL_KG, n)
        self.refilling = np.zeros(n)
        self._imbalance = 1.0 + rng.normal(0.0, 0.025, (n, 6)).clip(-0.05, 0.05)
        self._imbalance /= self._imbalance.mean(axis=1, keepdims=True)
        self._anode_age_s = rng.uniform(0.0, ANODE_LIFE_S, n)
        rate_kw = np.array([kind.volt_v * (kind.run_ka or kind.current_ka) for kind in self.kind])
        self._energy_before_kwh = rate_kw * around.totalised_s / 3600.0
        self._shell_c = bank.aim("T_SHELL[]").copy()
        self._fume_c = bank.aim("FUME_T").copy()
        self._level_mm = bank.aim("LVL_BATH").copy()
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Advance the physics and show it."""
        c, bank = self.cells, self.bank
        step_cells(c, self._seed, second)
        self._fill_hoppers()
        effect = c.in_effect
        bank.aim("CUR_PV")[:] = c.shown_ka
        bank.aim("CUR_SP")[:] = c.set_point_ka
        bank.aim("VOLT_PV")[:] = c.shown_v
        bank.aim("R_PSEUDO")[:] = c.r_pseudo_mohm
        bank.aim("ANODE_A[]")[:] = (c.current_ka / 6.0)[:, None] * self._imbalance
        bank.aim("OX_EST")[:] = c.oxide_wt + c.estimate_error_wt
        bank.aim("T_BATH[]")[:] = (c.bath_c - c.dip_c)[:, None] + (-1.0, 1.0)
        bank.aim("LVL_BATH")[:] = self._level_mm - 0.5 * c.dip_c
        bank.aim("LVL_METAL")[:] = 18.0 + 2.2 * c.pool_kg
        bank.aim("FEED_PV")[:] = 60_000.0 * c.feed_kg_s
        bank.aim("FEED_SP")[:] = 60_000.0 * asked_kg_s(c)
        bank.aim("HOPPER")[:] = self.hopper_kg
        bank.aim("FEED_ST")[:] = c.feed_state
        bank.aim("AE_FLAG")[:] = effect
        bank.aim("FUME_T")[:] = self._fume_c + 30.0 * effect
        bank.aim("ENERGY")[:] = self._energy_before_kwh + c.energy_kwh
        bank.aim("TAP_WT")[:] = c.tap_kg
        bank.aim("ANODE_POS")[:] = 220.0 + 90.0 * ((second + self._anode_age_s) % ANODE_LIFE_S) / ANODE_LIFE_S
        since = c.since_tap_s
        phase = 2.0 + (since >= 120.0) + (since >= 210.0) + (since >= 480.0)
        phase[since >= 540.0] = 0.0
        phase[since >= c.tap_s - 60.0] = 1.0
        bank.aim("TAP_ST")[:] = phase
        bank.aim("STATE")[:] = np.where(effect > 0.0, AE, np.where(phase == 2.0, TAP, NORMAL))

    def _fill_hoppers(self) -> None:
        """The hopper empties by what is fed and is filled from above in 40 s when it runs low."""
        self.hopper_kg -= self.cells.feed_kg_s
        self.refilling[self.hopper_kg < HOPPER_REFILL_KG] = 1.0
        self.hopper_kg += self.refilling * (HOPPER_FULL_KG - HOPPER_REFILL_KG) / REFILL_S
        self.refilling[self.hopper_kg >= HOPPER_FULL_KG] = 0.0


STATE_FACTOR: Final = np.array([1.0, 0.8, 1.3, 4.0, 0.0])


def asked_kg_s(c: Cells) -> Floats:
    """(n,) oxide that the feed controller asks for, kg/s: Faraday's law times the factor of its state."""
    nominal = c.set_point_ka * c.metal_kg_ka_s * c.efficiency * c.oxide_kg_kg
    return nominal * STATE_FACTOR[c.feed_state.astype(np.intp)]


def _class_of(bank: Bank, index: int) -> CellClass:
    unit = bank.units[index]
    at_site = bank.at_site(unit.site)
    if unit.site == "S10" and index in at_site[-GD_FE_CELLS:]:
        return GD_FE_8
    return SITE_CLASS.get(unit.site, PRND_14)


CELL: Final = UnitType(points=POINTS, model=ElectrolysisCells)
