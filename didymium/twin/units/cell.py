"""Electrolysis cells: the tags of S03, S04 and S10 from their unit operations (domain reference §5, §6, §12).

``cell_physics`` has bath, metal and control, ``anodes`` the carbon, ``holder`` cooling water and its interlock,
``off_gas`` the fume; ``cell_house`` books what passes. Rectifiers, fume trains and feeders, which are stepped later,
say for the next second what they give: see ``ElectrolysisCells``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.display import Display
from didymium.twin.parameters import Parameter, Parameters
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units import anodes, cell_services, cell_tags, holder, off_gas
from didymium.twin.units.cell_class import (
    GD_FE_8,
    PRND_8,
    PRND_14,
    ROD_KG_M,
    CellClass,
    cells,
)
from didymium.twin.units.cell_house import OXIDE_FROM, CellHouse
from didymium.twin.units.cell_physics import step_cells

GD_FE_CELLS: Final = 12
"""The last twelve cells of S10 make Gd-Fe. (A)"""
SITE_CLASS: Final = {
    "S03": replace(PRND_14, dose_sigma=0.08, hand_fed=True, missed=0.005, judgement_wt=0.2),
    "S04": replace(PRND_8, dose_sigma=0.08, hand_fed=True, missed=0.005, judgement_wt=0.2),
    "S10": replace(PRND_14, run_ka=13.5),
}
"""S03 and S04 feed by hand, §12: 8 % error per dose of 15 minutes and the odd dose that never comes; S10's
feeders weigh as they go. The currents give 32, 9.4 and 26 t a day."""
SLOW_S: Final = 10
"""Positions of anodes and rods are shown anew so seldom."""
GAP_MM: Final = 60.0

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
        usual = [_class_of(bank, i) for i in range(len(bank))]
        self.kind = _as_chosen(usual, bank, around.parameters)
        self.usual_kg_h = np.array([kind.metal_kg_h for kind in usual])
        self._seed, self._started = around.seed + 101, around.second
        n = len(bank)
        self.cells = c = cells(self.kind, around.seed, around.second)
        self.anodes = anodes.anodes(self.kind, around.seed)
        self.holders = holder.holders(bank.aim("CW_T"), bank.aim("CW_F"))
        self.gas, self._gas_so_far = off_gas.none(n), off_gas.none(n)
        self.rectified, self.suction, self.hood_share = np.ones(n), np.ones(n), np.ones(n)
        self.hood_stop, self.bridged = np.zeros(n), np.zeros(n)
        self._faults = around.faults
        self._sizes = [around.faults.sizes(bank, code) for code in ("F01", "F02", "F03", "F05")]
        self._wrong = self._ill_fed = False
        self._recipe = off_gas.recipe(self.kind)
        self._making = off_gas.Making(c.metal_kg_s, c.feed_kg_s, c.cf4_g_s, np.ones(n))
        self._burning = anodes.Burning(self.gas.electrolytic, self.gas.air_burn, np.ones(n))
        self._cooling = holder.HolderInputs(np.ones(n), np.ones(n))
        self.stores = cell_services.stores(n, around.seed)
        rate_kw = np.array([kind.volt_v * kind.set_ka for kind in self.kind])
        self._energy_before_kwh = rate_kw * around.totalised_s / 3600.0
        self._display = Display(bank, cell_tags.TAGS)
        self._usual = self._display.tags.copy()
        self._rods = np.flatnonzero(c.re_share < 1.0)
        self.houses = [
            CellHouse(
                site,
                bank.at_site(site),
                np.array([unit.number for unit in bank.units if unit.site == site], np.intp),
                c,
                self.anodes,
                self._gas_so_far,
                self.stores,
                around.ledger,
                around.stocks,
            )
            for site in sorted({unit.site for unit in bank.units} & set(OXIDE_FROM))
        ]
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Advance the physics and show it."""
        c, anodes_, holders = self.cells, self.anodes, self.holders
        self._suffer()
        cell_services.attend(
            c.records,
            self.rectified,
            self.hood_share,
            holders.tripped,
            self.hood_stop,
            anodes_.contact_mohm,
            anodes_.lowering,
        )
        step_cells(c, self._seed, second)
        cell_services.report(c.records, self.hood_stop, self._cooling.load, self._making.hot, self._burning.allowed)
        holder.step(holders, self._cooling, 1.0)
        off_gas.step(self._recipe, self._making, self.gas, self._gas_so_far, 1.0)
        anodes.step(anodes_, self._burning, 1.0)
        cell_services.supply(c.records, *self.stores, 1.0)
        self._show(second)

    def _suffer(self) -> None:
        """Let the faults that are there do their work."""
        c, wrong = self.cells, bool(self._faults.in_force) or bool(self.bridged.any())
        if wrong or self._wrong:
            stopped, overfed, drifting, dry = self._sizes
            self._cooling.water[:] = dry == 0.0
            c.tc_error_c[:] = np.where(drifting != 0.0, c.tc_error_c + drifting / 86_400.0, 0.0)
            ill_fed = bool(stopped.any() or overfed.any() or self.bridged.any())
            if ill_fed or self._ill_fed:
                comes = (stopped == 0.0) & (self.bridged == 0.0)
                c.feed_factor[:] = comes * (1.0 + overfed / 100.0)
                c.controlled[:] = overfed == 0.0
            self._ill_fed = ill_fed
        self._wrong = wrong

    def _show(self, second: int) -> None:
        c, bank, holders = self.cells, self.bank, self.holders
        cell_tags.tell(
            c.records,
            self._usual,
            self._display.tags,
            self.anodes.share,
            self.anodes.lowering,
            holders.shown_c,
            holders.flow_l_min,
            holders.tripped,
            self.suction,
            self.bridged,
            self.stores.hopper_kg,
            self._energy_before_kwh,
        )
        self._display.show()
        if second % SLOW_S == 0 or second == self._started:
            spent = 1.0 - self.anodes.mass_kg.sum(axis=1) / (anodes.PER_CELL * self.anodes.new_kg)
            bank.aim("ANODE_POS")[:] = 220.0 + 90.0 * spent - GAP_MM * (c.gap - 1.0)
            bank.aim("CATH_POS")[self._rods] = 1000.0 / ROD_KG_M * c.rod_kg[self._rods]


def _class_of(bank: Bank, index: int) -> CellClass:
    unit = bank.units[index]
    at_site = bank.at_site(unit.site)
    if unit.site == "S10" and index in at_site[-GD_FE_CELLS:]:
        return GD_FE_8
    return SITE_CLASS.get(unit.site, PRND_14)


PARAMETERS: Final = {
    "current_ka": Parameter(
        "kA",
        {"S04": 8.0, "S10": 13.5, "": 14.0},
        {"S04": 6.5, "": 11.0},
        {"S04": 8.8, "": 15.0},
        "current of the cells that make PrNd: metal and power",
    ),
    "efficiency": Parameter(
        "", PRND_14.efficiency, 0.65, 0.88, "current efficiency of the cells that make PrNd: metal"
    ),
    "dose_error": Parameter(
        "",
        {"S03": 0.08, "S04": 0.08, "": 0.005},
        0.0,
        0.2,
        "standard deviation of a dose of oxide: anode effects, sludge",
    ),
}


def _as_chosen(usual: list[CellClass], bank: Bank, parameters: Parameters) -> list[CellClass]:
    """The classes of a bank's cells as the plant runs them."""
    current_ka, efficiency, error = (parameters.of(bank, name).tolist() for name in PARAMETERS)
    return [
        replace(kind, dose_sigma=error[i])
        if kind is GD_FE_8
        else replace(kind, run_ka=current_ka[i], efficiency=efficiency[i], dose_sigma=error[i])
        for i, kind in enumerate(usual)
    ]


CELL: Final = UnitType(points=POINTS, model=ElectrolysisCells, parameters=PARAMETERS)
