"""Vacuum induction strip casters: the 1,000 kg heat of domain reference §7.2, 54 furnaces out of phase.

The timetable leads a furnace from step to step; chamber, melt, wheel and drum follow from ``casting_physics``.
Instruments that mean nothing outside their step hold their last valid sample, as their PLC does: the pyrometer
outside refining and pouring, the thickness laser and the tundish outside pouring, the fine gauge above 3 Pa, the
chamber gauge, shut off to save it, while the door may be open.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.display import Display
from didymium.twin.parameters import Parameter
from didymium.twin.pieces import piece_kg
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.casting_chamber import ATMOSPHERE_PA
from didymium.twin.units.casting_crucible import COIL, begin_heat
from didymium.twin.units.casting_goods import CastingGoods
from didymium.twin.units.casting_inputs import (
    DISCHARGE,
    PUMP,
    SPEED_M_S,
    Inputs,
    inputs,
)
from didymium.twin.units.casting_physics import bring_forward, discharge, furnaces, step_furnaces
from didymium.twin.units.casting_tags import TAGS, tell, tell_in_step
from didymium.twin.units.totals import Total, Totals

CHARGE_KG: Final = 1000.0
YIELD: Final = 0.985
FINES_KG: Final = 3.0
"""Dust and crumbs that a heat's flakes are sieved from. (A)"""
DAY_KG: Final = 268_000.0
FURNACES: Final = 54
PERIOD_S: Final = FURNACES * CHARGE_KG * YIELD * 86_400.0 / DAY_KG
"""A furnace starts a heat so often that 54 of them cast 268 t/d; the 257 minutes of §7.2 leave half an hour idle."""
HEAT_KWH: Final = 530.0
MEAN_MF_KW: Final = HEAT_KWH * 3600.0 / PERIOD_S
HEAT_ARGON_NM3: Final = 39.6
HELD: Final = ("T_MELT", "THK", "T_TUN", "LVL_TUN")
PUMPING: Final = {"RTS_A": 38.0, "RTS_HZ": 45.0, "MECH_A[]": 34.0}

POINTS: Final[Points] = {
    "VAC_LO": Point(ATMOSPHERE_PA, 0.0, 0.0, 0.0, 1.0),
    "VAC_HI": Point(1.6, 0.06, 0.02, 0.1, 2.0),
    "LEAK": Point(0.16, 0.02, 0.005, 0.02, 1.0),
    "CH_P": Point(50.0, 0.2, 0.08, 0.5, 1.0),
    "AR_F": Point(8.0, 0.0, 0.08, 0.0, 2.0),
    "O2": Point(11.0, 1.0, 0.6, 1.5, 5.0),
    "DEW": Point(-64.0, 0.8, 0.15, 1.2, 2.0),
    "RTS_A": 0.0,
    "RTS_HZ": 0.0,
    "MECH_A[]": 21.0,
    "PMP_T": Point(58.0, 0.8, 0.1, 1.5),
    "VLV": 64.0,
    "FORE_P": Point(ATMOSPHERE_PA, 0.0, 0.0, 0.0, 1.0),
    "MF_KW": Point(0.0, 0.0, 0.6, 0.0, 1.0),
    "MF_V": Point(0.0, 0.0, 3.0, 0.0, 1.0),
    "MF_A": Point(0.0, 0.0, 2.0, 0.0, 1.0),
    "MF_HZ": Point(0.0, 0.0, 2.0, 0.0, 1.0),
    "KW_SP": EXACT,
    "E_HEAT": EXACT,
    "COIL_LK": Point(9.0, 0.7, 0.4, 0.8),
    "T_MELT": Point(1461.0, 2.5, 2.0, 2.0, 2.0),
    "T_TC": Point(25.0, 0.0, 1.0, 0.0, 5.0),
    "T_CRUC": Point(225.0, 4.0, 1.0, 8.0, 10.0),
    "TILT": Point(0.0, 0.0, 0.05, 0.0, 1.0),
    "TILT_R": Point(0.0, 0.0, 0.005, 0.0, 1.0),
    "MELT_WT": Point(0.0, 0.0, 0.8, 0.0, 1.0),
    "T_TUN": Point(1285.0, 5.0, 2.0, 6.0, 5.0),
    "LVL_TUN": Point(29.0, 0.8, 0.6, 0.6, 2.0),
    "RPM": Point(38.2, 0.05, 0.06, 0.1, 1.0),
    "SPD": Point(1.2, 0.004, 0.002, 0.004, 1.0),
    "WH_A": Point(9.0, 0.0, 0.15, 0.0, 3.0),
    "WH_CWI": Point(22.5, 0.3, 0.05, 0.3),
    "WH_CWO": Point(23.5, 0.2, 0.05, 0.2, 3.0),
    "WH_CWF": Point(27.5, 0.2, 0.1, 0.4),
    "WH_SURF": Point(38.0, 1.5, 1.2, 1.5, 2.0),
    "THK": Point(0.30, 0.003, 0.002, 0.004, 0.0),
    "FLK_T": Point(60.0, 2.0, 3.0, 2.0, 10.0),
    "DRUM_RPM": Point(3.2, 0.02, 0.02, 0.04),
    "DRUM_T": Point(40.0, 0.5, 0.5, 0.5, 5.0),
    "CFAN_A": Point(14.0, 0.2, 0.15, 0.3, 5.0),
    "COOL_T": EXACT,
    "CO_CWF": Point(27.0, 0.2, 0.1, 0.4, 0.0),
    "CO_CWT": Point(26.0, 0.4, 0.08, 0.4, 3.0),
    "BD_CWT": Point(27.0, 0.4, 0.08, 0.4, 90.0),
    "EM_LVL": Point(95.0, 0.3, 0.2, 0.8, 1.0),
    "CHG_WT": exact(CHARGE_KG),
    "DIS_WT": exact(CHARGE_KG * YIELD),
}

STEPS: Final = (
    Step("CHARGE", 1, 25 * 60.0, {"DOOR": 1.0}, (*HELD, "CH_P")),
    Step("PUMP", 2, 25 * 60.0, PUMPING, HELD),
    Step("BAKE", 3, 10 * 60.0, PUMPING, HELD),
    Step("MELT", 4, 60 * 60.0, {}, HELD),
    Step("REFINE", 5, 12 * 60.0, {}, ("THK", "T_TUN", "LVL_TUN")),
    Step("POUR", 6, 25 * 60.0),
    Step("COOL", 7, 75 * 60.0, {}, HELD),
    Step("VENT", 8, 5 * 60.0, {}, (*HELD, "CH_P")),
    Step("DISCHARGE", 9, 20 * 60.0, {"DOOR": 1.0}, (*HELD, "CH_P")),
    Step("IDLE", 0, 0.0, {}, (*HELD, "CH_P")),
)

PARAMETERS: Final = {
    "heat_kg": Parameter("kg", CHARGE_KG, 700.0, 1050.0, "charge of a heat: flakes a day, power, thickness"),
    "wheel_m_s": Parameter("m/s", SPEED_M_S, 0.8, 2.0, "speed of a wheel's surface: thickness of the flakes, α-Fe"),
}


class StripCasters:
    """Binds the furnaces' states to their tags, weighs and numbers the heats, and books their goods."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        self._seed = around.seed + 707
        n = len(bank)
        size = around.faults.sizes
        self.furnaces = furnaces(n, around.seed)
        self._heat_kg, wheel_m_s = (around.parameters.of(bank, name) for name in PARAMETERS)
        usual = inputs(n)
        usual.wheel_m_s[:] = wheel_m_s
        for name in ("RPM", "SPD"):
            bank.aim(name)[:] *= wheel_m_s / SPEED_M_S
        bank.aim("THK")[:] *= self._heat_kg / CHARGE_KG * (SPEED_M_S / wheel_m_s)
        self._given = Inputs(
            step=timetable.step,
            since_s=timetable.since,
            until_s=timetable.until,
            held=timetable.held,
            pyrometer_c_d=size(bank, "F03"),
            bearing_d=size(bank, "F06"),
            leak_pa_min=size(bank, "F12"),
            coil_dry=size(bank, "F05"),
            wet=size(bank, "F13"),
            wheel_m_s=wheel_m_s,
            coil_m3_h=bank.aim("CO_CWF").copy() if bank.has("CO_CWF") else usual.coil_m3_h,
            wheel_m3_h=usual.wheel_m3_h.copy(),
            water_c=usual.water_c.copy(),
        )
        water = (("WH_CWF", self._given.wheel_m3_h), ("WH_CWI", self._given.water_c))
        self._water = [(column, bank.now(name)) for name, column in water if bank.has(name)]
        self.goods = CastingGoods(
            self.furnaces.crucible, bank.units[0].site, around.ledger, around.stocks.opening_t("S05", "metals")
        )
        self._display = Display(bank, TAGS)
        self._usual = self._display.tags.copy()
        held = ("CH_P", "T_MELT", "THK", "LVL_TUN", "T_TUN")
        self._gauge, self._melt, self._thickness, self._tundish_level, self._tundish = (bank.aim(n) for n in held)
        numbers = np.array([unit.number for unit in bank.units])
        self._heat_base = numbers * 10_000 - timetable.first_cycle(around.month_s)
        bank.aim("HEAT_NO")[:] = self._heat_base + timetable.cycle
        for i in range(n):
            cycle = int(timetable.cycle[i])
            self._begin(i)
            bank.aim("CHG_WT")[i] = self._charge_kg(i, cycle - int(timetable.step[i] < PUMP))
            bank.aim("DIS_WT")[i] = self._cast_kg(i, cycle - int(timetable.step[i] < DISCHARGE))
        starts_s = np.array([timetable.boundaries_s(i, int(timetable.cycle[i])) for i in range(n)])
        bring_forward(self.furnaces, usual, starts_s, self._seed, around.second)
        self._show(around.second)
        bank.value[:] = bank.target
        self._argon = Totals(bank, around, [Total("AR_TOT", "AR_F", mean=HEAT_ARGON_NM3 * 3600.0 / PERIOD_S)])
        bank.value[:] = bank.target

    def _charge_kg(self, furnace: int, cycle: int) -> float:
        return piece_kg(float(self._heat_kg[furnace]), 0.3, 10.0, self._seed, cycle, furnace)

    def _cast_kg(self, furnace: int, cycle: int) -> float:
        return piece_kg(float(self._heat_kg[furnace]) * YIELD, 1.5, 10.0, self._seed + 1, cycle, furnace)

    def _begin(self, furnace: int) -> None:
        """Say what the furnace's present heat takes and what is to be poured of it."""
        cycle = int(self.timetable.cycle[furnace])
        charge_kg, pour_kg = self._charge_kg(furnace, cycle), self._cast_kg(furnace, cycle) + FINES_KG
        begin_heat(self.furnaces.crucible, furnace, charge_kg, float(self.goods.charge_re[furnace]), pour_kg)

    def step(self, second: int) -> None:
        """Begin and end heats, advance the physics, show and book."""
        if self.timetable.entered:
            self._follow(self.timetable.entered)
        for column, measured in self._water:
            column[:] = measured
        step_furnaces(self.furnaces, self._given, self._seed, float(second), 1.0)
        self.goods.step()
        self._argon.step(second)
        self._show(second)

    def _follow(self, entered: dict[str, list[int]]) -> None:
        bank, cycles = self.bank, self.timetable.cycle
        for i in entered.get("CHARGE", ()):
            bank.aim("HEAT_NO")[i] = self._heat_base[i] + cycles[i]
            self.goods.set_aside(i, self._charge_kg(i, int(cycles[i])))
            self._begin(i)
        for i in entered.get("PUMP", ()):
            bank.aim("CHG_WT")[i] = self._charge_kg(i, int(cycles[i]))
        for i in entered.get("DISCHARGE", ()):
            flakes_kg = self.goods.discharge(i, FINES_KG)
            bank.aim("DIS_WT")[i] = np.rint(10.0 * flakes_kg) / 10.0
            discharge(self.furnaces, i)

    def _show(self, second: int) -> None:
        """Write the tags that follow from the states; of those that hold, only those whose step it is."""
        chamber, crucible, caster = self.furnaces
        tell(
            chamber.table,
            crucible.table,
            caster.table,
            self._usual,
            self._display.tags,
            self.timetable.step,
            self.timetable.since,
            self._given.coil_m3_h,
            COIL.tank_m3,
            float(second),
        )
        self._display.show()
        tell_in_step(
            chamber.table, crucible.table, caster.table, self.timetable.step, self._gauge, self._melt, self._thickness,
            self._tundish_level, self._tundish,
        )  # fmt: skip


STRIP_CASTER: Final = UnitType(
    points=POINTS, steps=STEPS, period_s=PERIOD_S, state_tag="STEP", model=StripCasters, parameters=PARAMETERS
)
