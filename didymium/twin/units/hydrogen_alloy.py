"""AB5 furnaces of S06: six of them, three heats of 300 kg a day each, 5.3 t a day (domain reference §8)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.display import Display
from didymium.twin.noise import normal
from didymium.twin.parameters import Parameter
from didymium.twin.pieces import piece_kg
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.alloy_goods import SITE, AlloyGoods
from didymium.twin.units.induction_furnace import (
    BODY_M3_H,
    COIL_M3_H,
    MOULD_M3_H,
    SET_C,
    SHOWN,
    WATER_C,
    MeltInputs,
    begin_heat,
    bring_forward,
    melts,
    own_figures,
    show_melts,
    step_melts,
    take_out,
)
from didymium.twin.units.packing import Packing
from didymium.twin.units.totals import Total, Totals

HEAT_KG: Final = 300.0
YIELD: Final = 0.978
HEATS_PER_DAY: Final = 3.0
HELD: Final = ("T_MELT[]", "T_TUN")
PUMPING: Final = {"PMP_A[]": 36.0}


class InductionFurnaces:
    """Binds the furnaces' state to their tags and the site's goods; a furnace that lacks metal waits in CHARGE."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 808
        n = len(bank)
        self._heat_kg = around.parameters.of(bank, "heat_kg").tolist()
        self._argon = Totals(bank, around, [Total("AR_TOT", "AR_F", mean=1.6)])
        numbers = np.array([unit.number for unit in bank.units])
        self._base = numbers * 10_000.0 - timetable.first_cycle(around.month_s)
        bank.aim("HEAT_NO")[:] = self._base + timetable.cycle
        self.melts = melts(n)
        dry = around.faults.sizes(bank, "F05")
        self.given = MeltInputs(timetable.step, timetable.since, timetable.until, timetable.held, dry)
        self.goods = AlloyGoods(self.melts, around) if len(bank.at_site(SITE)) else None
        self._lacking = np.zeros(n, np.bool_)
        packing = around.models.get("T_PKG")
        if self.goods is not None and isinstance(packing, Packing):
            packing.supply(SITE, self.goods.powder, "AB5 alloy")
        self._bring_forward(around.second)
        self._own = own_figures(bank.aim("T_MELT[]") - SET_C, bank.aim("CW_F[]"))
        self._display = Display(bank, SHOWN)
        self._show()
        bank.value[:] = bank.target

    def _charge_kg(self, furnace: int) -> float:
        cycle = int(self.timetable.cycle[furnace])
        return piece_kg(self._heat_kg[furnace], 0.3, 10.0, self._seed, cycle, 2 * furnace + 1)

    def _begin(self, furnace: int, charge_kg: float) -> None:
        share = YIELD + 0.0008 * normal(self._seed, int(self.timetable.cycle[furnace]), 2 * furnace)
        begin_heat(self.melts, furnace, charge_kg, share * charge_kg)

    def _bring_forward(self, second: int) -> None:
        table, bank, m = self.timetable, self.bank, self.melts
        bounds = np.array([table.boundaries_s(i, int(table.cycle[i])) for i in range(len(bank))])
        step, since, until = table.step.copy(), table.since.copy(), table.until.copy()
        for furnace in range(len(bank)):
            charge_kg = self._charge_kg(furnace)
            self._begin(furnace, charge_kg)
            bank.aim("CHG_WT")[furnace] = charge_kg
            bank.aim("DIS_WT")[furnace] = round(float(m.pour_kg[furnace]), 1)
        bring_forward(m, self.given, bounds, float(second))
        table.step[:], table.since[:], table.until[:] = step, since, until
        inside_kg = m.to_charge_kg + m.melt_kg + m.ingot_kg
        if self.goods is not None:
            for furnace in range(len(bank)):
                self.goods.fill(furnace, float(inside_kg[furnace]))

    def step(self, second: int) -> None:
        """Lead the heats, show and count."""
        self._argon.step(second)
        entered = self.timetable.entered
        if entered or self._lacking.any():
            for furnace in (*entered.get("CHARGE", ()), *np.flatnonzero(self._lacking)):
                self._set_aside(int(furnace))
            for furnace in entered.get("PUMP", ()):
                self.bank.aim("CHG_WT")[furnace] = self._charge_kg(furnace)
            for furnace in entered.get("DISCHARGE", ()):
                self._discharge(furnace)
        step_melts(self.melts, self.given, float(second), 1.0)
        self.timetable.held[self._lacking] = True
        self._show()

    def _set_aside(self, furnace: int) -> None:
        charge_kg = self._charge_kg(furnace)
        self.bank.aim("HEAT_NO")[furnace] = self._base[furnace] + self.timetable.cycle[furnace]
        self._lacking[furnace] = self.goods is not None and not self.goods.set_aside(furnace, charge_kg)
        if not self._lacking[furnace]:
            self._begin(furnace, charge_kg)

    def _discharge(self, furnace: int) -> None:
        ingot_kg, skull_kg = take_out(self.melts, furnace)
        self.bank.aim("DIS_WT")[furnace] = round(ingot_kg, 1)
        if self.goods is not None:
            self.goods.discharge(furnace, ingot_kg, skull_kg)

    def _show(self) -> None:
        show_melts(self.melts.table, self.given.step, self._own, self._display.tags)
        self._display.show()


_UNSEEN: Final = (*HELD, "CH_P")
INDUCTION_FURNACE: Final = UnitType(
    points={
        "VAC[]": Point((1.8, 2.6), 0.1, 0.02, 0.1),
        "LEAK": Point(0.18, 0.02, 0.005, 0.02),
        "CH_P": Point(52.0, 0.4, 0.08, 0.5, 60.0),
        "AR_F": Point(0.0, 0.0, 0.2, 0.0, 6.0),
        "O2": Point(16.0, 1.5, 0.6, 2.0),
        "PMP_A[]": 19.0,
        "MF1": Point(0.0, 0.0, 0.6, 0.0, 1.0),
        "MF2": Point(0.0, 0.0, 2.0, 0.0, 1.0),
        "MF3": Point(0.0, 0.0, 1.0, 0.0, 1.0),
        "MF4": Point(0.0, 0.0, 2.0, 0.0, 1.0),
        "MF5": EXACT,
        "E_HEAT": EXACT,
        "COIL_LK": Point(8.0, 0.6, 0.4, 0.7),
        "T_MELT[]": Point((1459.0, 1457.0), 2.0, 1.6, 2.0, 20.0),
        "T_CRUC": Point(40.0, 2.0, 0.8, 0.0, 10.0),
        "TILT": Point(0.0, 0.0, 0.05, 0.0, 2.0),
        "MELT_WT": Point(0.0, 0.0, 0.3, 0.0, 4.0),
        "MOULD_T[]": Point(26.0, 0.3, 0.6, 0.0, 5.0),
        "WH_SPD": Point(1.6, 0.004, 0.002, 0.01),
        "CW_F[]": Point((COIL_M3_H, BODY_M3_H, MOULD_M3_H), 0.2, 0.1, 0.3, 1.0),
        "CW_T[]": Point(WATER_C, 0.3, 0.06, 0.0, 5.0),
        "EM_LVL": Point(94.0, 0.3, 0.2, 0.0),
        "MG_VAP": Point(0.0, 0.0, 0.0, 0.0),
        "T_TUN": Point(1270.0, 4.0, 1.5, 5.0, 60.0),
        "CHG_WT": exact(HEAT_KG),
        "DIS_WT": exact(HEAT_KG * YIELD),
    },
    steps=(
        Step("CHARGE", 1, 30 * 60.0, {"DOOR": 1.0}, _UNSEEN),
        Step("PUMP", 2, 35 * 60.0, {**PUMPING, "CH_P": 0.0}, HELD),
        Step("LEAK_TEST", 3, 10 * 60.0, {**PUMPING, "CH_P": 0.0}, HELD),
        Step("MELT", 4, 55 * 60.0, {"AR_F": 5.0}, HELD),
        Step("REFINE", 5, 15 * 60.0, {"AR_F": 1.5}, ("T_TUN",)),
        Step("POUR", 6, 8 * 60.0, {"AR_F": 1.5}),
        Step("COOL", 7, 120 * 60.0, {"AR_F": 0.8}, HELD),
        Step("VENT", 8, 6 * 60.0, {}, _UNSEEN),
        Step("DISCHARGE", 9, 25 * 60.0, {"DOOR": 1.0}, _UNSEEN),
        Step("IDLE", 0, 0.0, {}, _UNSEEN),
    ),
    period_s=DAY_S / HEATS_PER_DAY,
    state_tag="STEP",
    model=InductionFurnaces,
    parameters={
        "heat_kg": Parameter("kg", HEAT_KG, 150.0, 320.0, "charge of an AB5 heat: alloy a day, power, metal drawn")
    },
)
