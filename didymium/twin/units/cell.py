"""Electrolysis cells: the tags of S03, S04 and S10 from their unit operations (domain reference §5, §6, §12).

``cell_physics`` has bath, metal and control, ``anodes`` the carbon, ``holder`` cooling water and its interlock,
``off_gas`` the fume; ``cell_house`` books what passes. Rectifiers, fume trains and feeders, which are stepped later,
say for the next second what they give: see ``ElectrolysisCells``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units import anodes, holder, off_gas
from didymium.twin.units.cell_class import (
    GD_FE_8,
    PRND_8,
    PRND_14,
    ROD_CHANGE_KG,
    ROD_KG,
    ROD_KG_M,
    CellClass,
    Cells,
    cells,
)
from didymium.twin.units.cell_house import OXIDE_FROM, CellHouse
from didymium.twin.units.cell_physics import step_cells

GD_FE_CELLS: Final = 12
"""The last twelve cells of S10 make Gd-Fe. (A)"""
SITE_CLASS: Final = {
    "S03": replace(PRND_14, run_ka=13.8, dose_sigma=0.08, hand_fed=True, missed=0.005, judgement_wt=0.2),
    "S04": replace(PRND_8, dose_sigma=0.08, hand_fed=True, missed=0.005, judgement_wt=0.2),
    "S10": replace(PRND_14, run_ka=13.5),
}
"""S03 and S04 feed by hand, §12: 8 % error per dose of 15 minutes and the odd dose that never comes; S10's
feeders weigh as they go. The currents give 32, 9.4 and 26 t a day."""
HOPPER_FULL_KG: Final = 240.0
HOPPER_REFILL_KG: Final = 100.0
REFILL_S: Final = 40.0
HOT_C: Final = 700.0
SLOW_S: Final = 10
"""Positions of anodes and rods are shown anew so seldom."""
GAP_MM: Final = 60.0
NORMAL, AE, ANODE_CHG, TAP = 2.0, 3.0, 4.0, 5.0
BAKE, START, STOP, FAULT = 0.0, 1.0, 6.0, 7.0

POINTS: Final[Points] = {
    "CUR_PV": EXACT,
    "CUR_SP": EXACT,
    "VOLT_PV": EXACT,
    "R_PSEUDO": EXACT,
    "ANODE_A[]": Point(2.3, 0.0, 0.006, 0.0, 0.0),
    "OX_EST": Point(2.6, 0.0, 0.006, 0.0, 0.0),
    "T_BATH[]": Point((1046.0, 1048.0), 0.6, 0.5, 0.8, 20.0),
    "T_SHELL[]": Point((205.0, 212.0, 198.0, 208.0), 2.0, 0.4, 5.0),
    "CW_T": Point(39.0, 0.6, 0.08, 0.9, 0.0),
    "CW_F": Point(37.0, 0.5, 0.15, 0.9, 0.0),
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
    """Binds the cells' state to their tags. ``cells`` may be reached into: set-points, feed factors, control.

    (n,) columns that others write: ``rectified``, 1 where the rectifier gives current; ``suction`` at the hood, 1 as
    usual; ``hood_share`` of the current that a hood without suction leaves, and ``hood_stop``, 1 where feeding and
    anode work are forbidden; ``bridged``, 1 where the feed screw turns and nothing comes.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self.kind = [_class_of(bank, i) for i in range(len(bank))]
        self._seed, self._started = around.seed + 101, around.second
        n = len(bank)
        self.cells = c = cells(self.kind, around.seed, around.second)
        self.anodes = anodes.anodes(self.kind, around.seed)
        self.holders = holder.holders(bank.aim("CW_T"), bank.aim("CW_F"))
        self.gas, self._gas_so_far = off_gas.none(n), off_gas.none(n)
        self.rectified, self.suction, self.hood_share = np.ones(n), np.ones(n), np.ones(n)
        self.hood_stop, self.bridged = np.zeros(n), np.zeros(n)
        self._stopped, self._overfed, self._drifting, self._dry = (
            around.faults.sizes(bank, code) for code in ("F01", "F02", "F03", "F05")
        )
        self._ill_fed = False
        self._recipe = off_gas.recipe(self.kind)
        self._making = off_gas.Making(c.metal_kg_s, c.feed_kg_s, c.cf4_g_s, np.ones(n))
        self._burning = anodes.Burning(self.gas.electrolytic, self.gas.air_burn, np.ones(n))
        self._cooling = holder.HolderInputs(np.ones(n), np.ones(n))
        rng = np.random.default_rng([around.seed, 0xCE12])
        self.hopper_kg = rng.uniform(HOPPER_REFILL_KG, HOPPER_FULL_KG, n)
        self.refilling, self.refilled_kg, self.rods_kg = np.zeros(n), np.zeros(n), np.zeros(n)
        rate_kw = np.array([kind.volt_v * kind.set_ka for kind in self.kind])
        self._energy_before_kwh = rate_kw * around.totalised_s / 3600.0
        self._fume_c = bank.aim("FUME_T").copy()
        self._fume_pa = bank.aim("FUME_DP").copy()
        self._level_mm = bank.aim("LVL_BATH").copy()
        self._rods = np.flatnonzero(c.re_share < 1.0)
        self.houses = [
            CellHouse(
                site,
                bank.at_site(site),
                np.array([unit.number for unit in bank.units if unit.site == site], np.intp),
                c,
                self.anodes,
                self._gas_so_far,
                self.hopper_kg,
                self.refilled_kg,
                self.rods_kg,
                around.ledger,
            )
            for site in sorted({unit.site for unit in bank.units} & set(OXIDE_FROM))
        ]
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Advance the physics and show it."""
        c = self.cells
        self._suffer()
        np.multiply(self.rectified, self.hood_share, out=c.powered)
        c.powered[:] *= 1.0 - self.holders.tripped
        c.feed_stop[:] = self.hood_stop
        c.contact_mohm[:] = self.anodes.contact_mohm
        c.dip_c[:] += anodes.CHANGE_DIP_C / anodes.LOWERING_S * self.anodes.lowering
        step_cells(c, self._seed, second)
        np.divide(c.current_ka, c.set_point_ka, out=self._cooling.load)
        np.greater(c.bath_c, HOT_C, out=self._making.hot)
        self._burning.allowed[:] = (c.in_effect + self.hood_stop == 0.0) & (c.since_tap_s > 540.0) & (c.supplied == 1.0)
        holder.step(self.holders, self._cooling, 1.0)
        off_gas.step(self._recipe, self._making, self.gas, self._gas_so_far, 1.0)
        anodes.step(self.anodes, self._burning, 1.0)
        self._supply()
        self._show(second)

    def _suffer(self) -> None:
        """Let the faults that are there do their work."""
        c = self.cells
        self._cooling.water[:] = self._dry == 0.0
        if self._drifting.any() or c.tc_error_c.any():
            c.tc_error_c[:] = np.where(self._drifting != 0.0, c.tc_error_c + self._drifting / 86_400.0, 0.0)
        ill_fed = bool(self._stopped.any() or self._overfed.any() or self.bridged.any())
        if ill_fed or self._ill_fed:
            comes = (self._stopped == 0.0) & (self.bridged == 0.0)
            c.feed_factor[:] = comes * (1.0 + self._overfed / 100.0)
            c.controlled[:] = self._overfed == 0.0
        self._ill_fed = ill_fed

    def _supply(self) -> None:
        """A hopper that runs low is filled in 40 s; a Gd-Fe cell's iron rod gets the next one welded on."""
        self.hopper_kg -= self.cells.feed_kg_s
        self.refilling[self.hopper_kg < HOPPER_REFILL_KG] = 1.0
        comes = self.refilling * ((HOPPER_FULL_KG - HOPPER_REFILL_KG) / REFILL_S)
        self.hopper_kg += comes
        self.refilled_kg += comes
        self.refilling[self.hopper_kg >= HOPPER_FULL_KG] = 0.0
        rod_kg = self.cells.rod_kg
        short = self._rods[rod_kg[self._rods] < ROD_CHANGE_KG]
        if len(short):
            rod_kg[short] += ROD_KG - ROD_CHANGE_KG
            self.rods_kg[short] += ROD_KG - ROD_CHANGE_KG

    def _show(self, second: int) -> None:
        c, bank = self.cells, self.bank
        effect = c.in_effect
        bank.aim("CUR_PV")[:] = c.shown_ka
        bank.aim("CUR_SP")[:] = c.set_point_ka * c.supplied
        bank.aim("VOLT_PV")[:] = c.shown_v
        bank.aim("R_PSEUDO")[:] = c.r_pseudo_mohm
        bank.aim("ANODE_A[]")[:] = c.current_ka[:, None] * self.anodes.share
        bank.aim("OX_EST")[:] = c.oxide_wt + c.estimate_error_wt
        bath = bank.aim("T_BATH[]")
        bath[:, 1] = c.bath_c - c.dip_c + 1.0
        bath[:, 0] = bath[:, 1] + c.tc_error_c - 2.0
        bank.aim("CW_T")[:] = self.holders.shown_c
        bank.aim("CW_F")[:] = self.holders.flow_l_min
        bank.aim("LVL_BATH")[:] = self._level_mm - 0.5 * c.dip_c
        bank.aim("LVL_METAL")[:] = 18.0 + 2.2 * (c.pool_kg + c.iron_kg)
        asked = asked_kg_s(c)
        bank.aim("FEED_PV")[:] = 60_000.0 * np.where(self.bridged > 0.0, asked, c.feed_kg_s)
        bank.aim("FEED_SP")[:] = 60_000.0 * asked
        bank.aim("HOPPER")[:] = self.hopper_kg
        bank.aim("FEED_ST")[:] = c.feed_state
        bank.aim("AE_FLAG")[:] = effect
        bank.aim("FUME_DP")[:] = self._fume_pa * self.suction
        bank.aim("FUME_T")[:] = self._fume_c + 30.0 * effect
        bank.aim("ENERGY")[:] = self._energy_before_kwh + c.energy_kwh
        bank.aim("TAP_WT")[:] = c.tap_kg
        if second % SLOW_S == 0 or second == self._started:
            spent = 1.0 - self.anodes.mass_kg.sum(axis=1) / (anodes.PER_CELL * self.anodes.new_kg)
            bank.aim("ANODE_POS")[:] = 220.0 + 90.0 * spent - GAP_MM * (c.gap - 1.0)
            bank.aim("CATH_POS")[self._rods] = 1000.0 / ROD_KG_M * c.rod_kg[self._rods]
        since = c.since_tap_s
        phase = 2.0 + (since >= 120.0) + (since >= 210.0) + (since >= 480.0)
        phase[since >= 540.0] = 0.0
        phase[since >= c.tap_s - 60.0] = 1.0
        bank.aim("TAP_ST")[:] = phase
        state = np.where(phase == 2.0, TAP, NORMAL)
        state[self.anodes.lowering > 0.0] = ANODE_CHG
        state[effect > 0.0] = AE
        idle = np.flatnonzero(c.supplied < c.powered)
        state[idle] = np.where(c.frozen[idle] > 0.0, BAKE, START)
        state[c.powered == 0.0] = STOP
        state[(self.holders.tripped > 0.0) | (c.locked_s > 0.0)] = FAULT
        bank.aim("STATE")[:] = state


STATE_FACTOR: Final = np.array([1.0, 0.8, 1.3, 4.0, 0.0])


def asked_kg_s(c: Cells) -> Floats:
    """(n,) oxide that the feed controller asks for, kg/s: Faraday's law times the factor of its state."""
    nominal = c.set_point_ka * c.supplied * c.metal_kg_ka_s * c.efficiency * c.oxide_kg_kg
    return nominal * STATE_FACTOR[c.feed_state.astype(np.intp)]


def _class_of(bank: Bank, index: int) -> CellClass:
    unit = bank.units[index]
    at_site = bank.at_site(unit.site)
    if unit.site == "S10" and index in at_site[-GD_FE_CELLS:]:
        return GD_FE_8
    return SITE_CLASS.get(unit.site, PRND_14)


CELL: Final = UnitType(points=POINTS, model=ElectrolysisCells)
