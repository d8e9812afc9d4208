"""Hydrogen decrepitation and vacuum sintering of S22 (domain reference §14)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Bank
from didymium.twin.pieces import piece_kg
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.decrepitation import (
    LONGEST_STEP_S,
    beds,
    begin,
    free_nm3,
    step_beds,
    taken_nm3,
)
from didymium.twin.units.hydrogen_hall import halls, judge_halls, step_halls
from didymium.twin.units.magnet_goods import REST_SHARE, SITE, MagnetGoods
from didymium.twin.units.mill import MillHouse
from didymium.twin.units.vacuum_vessel import (
    ATMOSPHERE_PA,
    OPEN,
    PUMP_END_PA,
    PUMP_S,
    PUMPED,
    SHUT,
    step_vessels,
    vessels,
)

Flags = NDArray[np.bool_]

PERIOD_S: Final = 5.5 * 3600.0
CHARGE_KG: Final = 3200.0 * PERIOD_S / 86_400.0 / 3.0
"""Three sets take in 3.2 t of flakes a day for S22's 3 t of magnets. (A)"""
HYDROGEN_NM3: Final = 0.044 * CHARGE_KG
"""4.4 Nm³ per 100 kg, §14, taken in two hours."""
SHOWN_FROM_MPA: Final = 0.1
"""The pressure of a vessel that is being filled is shown from here on. (A)"""
CHARGING: Final = ("H2_P",)
"""Tags that show their last value but while hydrogen is taken."""
HELD: Final = (*CHARGING, "VAC")
LOADING, PUMPING, TESTING, FILLING, ABSORBING, DEHYDRATING, UNLOADING = 0, 1, 2, 3, 4, 6, 8
STEP_S: Final = 10
FAULT: Final = 9.0
LEAK_LIMIT_PA_MIN: Final = 0.3
OXYGEN_LIMIT_PPM: Final = 100.0
BED_LIMIT_C: Final = 330.0
GAUGE_PA: Final = 10.0
"""While a vessel is pumped down its gauge is shut off above this pressure."""
BLEED_OPEN: Final = 4.0
VENT_AND_PURGE: Final = 11.0
FANS: Final = 1.7
"""Pressure of the ventilation at its highest, over the usual. (A)"""
LED_BY_TRIP: Final = ("V_H2", "V_VENT", "OUT[]")


class DecrepitationFurnaces:
    """Hydrogen taken, bed heat and lots; vacuum, its rise test, and hydrogen in the hall with its interlocks.

    I6: no hydrogen while the rise test shows more than 0.3 Pa/min. I7 and I8: at 25 % LEL, with oxygen over 100 ppm in
    hydrogen or a bed over 330 °C, the block valves shut, the heating stops, the vessel is vented and purged, the fans
    run at full speed, and the furnace stays in its step until the leak is mended and the air has been safe for a while.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        n = len(bank)
        self._taken_nm3 = bank.aim("H2_TOT")
        self._taken_nm3[:] = HYDROGEN_NM3 / PERIOD_S * around.totalised_s
        self._seed = around.seed + 606
        self._numbers = np.array([unit.number for unit in bank.units]) * 10_000.0
        self._air_leak, self._gas_leak = around.faults.sizes(bank, "F12"), around.faults.sizes(bank, "F21")
        self.vessels = vessels(bank.aim("LEAK").copy())
        self.halls = halls(n)
        self._pump_in(around.second)
        self._detectors, self._beds = bank.aim("H2_AMB[]"), bank.now("T_BED[]")
        self._detected, self._clean_pct = bank.now("H2_AMB[]"), self._detectors.copy()
        self._vacuum, self._rise = bank.aim("VAC"), bank.aim("LEAK")
        self._oxygen, self._oxygen_now = bank.aim("O2"), bank.now("O2")
        self._usual_oxygen, self._fan_pa = self._oxygen.copy(), bank.aim("VENT_FAN").copy()
        self._clear = True
        self._codes = np.array([float(step.code) for step in timetable.steps])
        self._led = [bank.aim(name).reshape(n, -1) for name in LED_BY_TRIP]
        self._before = [led.copy() for led in self._led]
        self._was_tripped = np.zeros(n, np.bool_)
        for furnace in range(n):
            self._weigh(furnace)
        self.goods = MagnetGoods(self._taken_nm3, around) if bank.units[0].site == SITE else None
        self._lacking = np.zeros(n, np.bool_)
        self.beds = beds(n)
        self.supplied = True
        self._taking = self._none = np.zeros(n, np.bool_)
        self._flow, self._pressure, self._hot = bank.aim("H2_F"), bank.aim("H2_P"), bank.aim("T_BED[]")
        self._bed_error_c = np.random.default_rng([around.seed, 0xBED]).normal(0.0, 1.5, self._hot.shape)
        self._fill(around.second)
        mills = around.models.get("T_MILL")
        if self.goods is not None and isinstance(mills, MillHouse):
            mills.supply(SITE, self.goods)
        self._enter()
        self.step(around.second)
        bank.value[:] = bank.target

    def _pump_in(self, second: int) -> None:
        """Pressures as the steps so far have left them."""
        v, table = self.vessels, self.timetable
        end_pa = PUMP_END_PA + v.own_leak_pa_min / 60.0 * PUMP_S
        into_s = second - table.since
        pumped_pa = end_pa + ATMOSPHERE_PA * np.exp(-into_s / PUMP_S)
        v.pressure_pa[:] = np.where(table.step == TESTING, end_pa + v.own_leak_pa_min / 60.0 * into_s, pumped_pa)

    def _weigh(self, furnace: int) -> None:
        cycle = int(self.timetable.cycle[furnace]) - (self.timetable.step[furnace] == 0)
        self.bank.aim("WT")[furnace] = piece_kg(CHARGE_KG, 1.0, 10.0, self._seed, cycle, furnace)

    def _fill(self, second: int) -> None:
        """Charges as the steps so far have left them; a furnace that is being loaded has got none yet."""
        table = self.timetable
        if self.goods is None:
            return
        for furnace in np.flatnonzero((table.step >= PUMPING) & (table.step < UNLOADING)):
            step, charge_kg = int(table.step[furnace]), float(self.bank.aim("WT")[furnace])
            hydrogen_nm3 = 0.0
            if FILLING <= step <= ABSORBING:
                hydrogen_nm3 = self._run_in(int(furnace), charge_kg, second)
            elif step > ABSORBING:
                hydrogen_nm3 = HYDROGEN_NM3 * (REST_SHARE if step > DEHYDRATING else 1.0)
            self.goods.fill(int(furnace), 0.001 * charge_kg, hydrogen_nm3)

    def _run_in(self, furnace: int, charge_kg: float, second: int) -> float:
        """Let a furnace take hydrogen from the start of its step up to now; what it has taken, Nm³."""
        began_s = self.timetable.boundaries_s(furnace, int(self.timetable.cycle[furnace]))[FILLING]
        begin(self.beds, furnace, charge_kg)
        only = np.arange(len(self.bank)) == furnace
        for _ in range(int((second - began_s) // LONGEST_STEP_S)):
            step_beds(self.beds, only, LONGEST_STEP_S)
        return taken_nm3(self.beds, furnace)

    def step(self, second: int) -> None:
        """Weigh, number and totalise; pump, test, and watch the air."""
        if self.timetable.entered or self._lacking.any():
            for furnace in (*self.timetable.entered.get("VAC", ()), *np.flatnonzero(self._lacking)):
                self._charge(int(furnace))
            for furnace in self.timetable.entered.get("H2", ()):
                begin(self.beds, furnace, float(self.bank.aim("WT")[furnace]))
            for furnace in self.timetable.entered.get("VENT", ()):
                self._vent(furnace)
            if self.goods is not None:
                for furnace in self.timetable.entered.get("UNLOAD", ()):
                    self.goods.empty(furnace)
            self._enter()
        self._absorb(bool(self.timetable.entered) or second % STEP_S == 0)
        if self.goods is not None and second % STEP_S == 0:
            for furnace in np.flatnonzero(self.timetable.step == DEHYDRATING):
                self.goods.dehydrate(int(furnace), STEP_S)
        v = self.vessels
        step_vessels(v, self._air_leak, 1.0)
        np.copyto(self._vacuum, v.pressure_pa, where=(v.pressure_pa < GAUGE_PA) | (v.line == SHUT))
        self._rise[:] = v.measured_pa_min
        np.add(self._usual_oxygen, v.oxygen_ppm, out=self._oxygen)
        hot = self._beds.max() > BED_LIMIT_C or self._oxygen_now.max() > OXYGEN_LIMIT_PPM
        if hot or not self._clear or self._gas_leak.any():
            self._watch()
        untight = v.measured_pa_min > LEAK_LIMIT_PA_MIN
        np.logical_or(self.halls.tripped, untight & (v.line == SHUT), out=self.timetable.held)
        if self._lacking.any():
            self.timetable.held[self._lacking] = True

    def _absorb(self, shown: bool) -> None:
        """Take hydrogen up while the valves are open; show flow, pressure and bed."""
        b, taking = self.beds, self._taking
        self._flow[:] = b.flow_nm3_h
        if not taking.any():
            return
        step_beds(b, taking & ~self.halls.tripped if self.supplied else self._none, 1.0)
        self._flow[:] = b.flow_nm3_h
        self._taken_nm3 += b.flow_nm3_h / 3600.0
        if shown:
            np.copyto(self._pressure, b.gas_mpa, where=taking & (b.gas_mpa > SHOWN_FROM_MPA))
            np.copyto(self._hot, b.bed_c[:, None] + self._bed_error_c, where=taking[:, None])

    def _vent(self, furnace: int) -> None:
        """Show what a charge has taken, and let out the gas over it."""
        self.bank.aim("UPTAKE")[furnace] = self.beds.uptake_wt[furnace]
        if self.goods is not None:
            self.goods.vent(furnace, free_nm3(self.beds, furnace))
        begin(self.beds, furnace, 0.0)

    def _charge(self, furnace: int) -> None:
        """Weigh a charge in; without flakes for it the furnace stays shut and waits."""
        self._weigh(furnace)
        charge_t = 0.001 * float(self.bank.aim("WT")[furnace])
        self._lacking[furnace] = self.goods is not None and not self.goods.charge(furnace, charge_t)

    def _enter(self) -> None:
        """Connect vessels with what their step needs, and number the lots."""
        at = self.timetable.step
        self._taking = (at == FILLING) | (at == ABSORBING)
        pumped = (at == PUMPING) | (at == DEHYDRATING)
        self.vessels.line[:] = np.where(at == TESTING, SHUT, np.where(pumped, PUMPED, OPEN))
        self.bank.aim("LOT_ID")[:] = self._numbers + self.timetable.cycle % 9_000

    def _in_danger(self) -> Flags:
        """(n,) whether oxygen meets hydrogen or a bed is too hot, I7."""
        hydrogen = (self.timetable.step == FILLING) | (self.timetable.step == ABSORBING)
        mixed = hydrogen & (self._oxygen_now > OXYGEN_LIMIT_PPM)
        return mixed | (self._beds > BED_LIMIT_C).any(axis=1)

    def _watch(self) -> None:
        """Leaks run from the line before the block valves until the interlock shuts it off."""
        h, bank = self.halls, self.bank
        leak_nm3_h = np.where(h.tripped | (not self.supplied), 0.0, self._gas_leak)
        if self.goods is not None:
            self.goods.leak(float(leak_nm3_h.sum()) / 3600.0)
        step_halls(h, leak_nm3_h, 1.0)
        judge_halls(h, self._detected.max(axis=1), (self._gas_leak == 0.0) & ~self._in_danger(), 1.0)
        h.tripped[:] |= self._in_danger()
        self._detectors[:, 0] = self._clean_pct[:, 0] + h.plume_pct
        self._detectors[:, 1] = self._clean_pct[:, 1] + h.hall_pct + 0.4 * (h.plume_pct - h.hall_pct)
        bank.aim("VENT_FAN")[:] = np.where(h.tripped, FANS, 1.0) * self._fan_pa
        for furnace in np.flatnonzero(h.tripped & ~self._was_tripped):
            for led, before, safe in zip(self._led, self._before, (BLEED_OPEN, VENT_AND_PURGE, 0.0), strict=True):
                before[furnace], led[furnace] = led[furnace], safe
        for furnace in np.flatnonzero(self._was_tripped & ~h.tripped):
            for led, before in zip(self._led, self._before, strict=True):
                led[furnace] = before[furnace]
            bank.aim("STEP")[furnace] = self._codes[self.timetable.step[furnace]]
        bank.aim("STEP")[h.tripped] = FAULT
        self._was_tripped = h.tripped.copy()
        self._clear = h.clear


DECREPITATION_FURNACE: Final = UnitType(
    points={
        "H2_P": Point(0.125, 0.002, 0.0003, 0.001, 30.0),
        "H2_F": Point(0.0, 0.0, 0.08, 0.0, 1.0),
        "UPTAKE": Point(0.395, 0.0, 0.0006, 0.002, 1.0),
        "VAC": Point(PUMP_END_PA, 0.15, 0.03, 0.0),
        "LEAK": Point(0.11, 0.01, 0.004, 0.01),
        "O2": Point(14.0, 1.2, 0.6, 1.5),
        "T_BED[]": Point(35.0, 1.0, 0.5, 0.0, 60.0),
        "T_ZONE[]": Point(40.0, 1.0, 0.5, 1.0, 240.0),
        "T_SP[]": exact(25.0),
        "OUT[]": Point(0.0, 0.0, 0.2, 0.0, 20.0),
        "T_WALL": Point(48.0, 1.0, 0.4, 1.5, 300.0),
        "AR_P": Point(0.58, 0.006, 0.002, 0.01),
        "V_H2": 4.0,
        "V_VENT": 0.0,
        "FLARE": Point(620.0, 8.0, 4.0, 10.0),
        "H2_AMB[]": Point(0.5, 0.1, 0.2, 0.0),
        "VENT_FAN": Point(142.0, 2.0, 1.0, 3.0),
        "CW_F": Point(13.5, 0.12, 0.08, 0.2),
        "DRUM_RPM": Point(2.4, 0.01, 0.01, 0.03),
        "WT": exact(CHARGE_KG),
        "LOT_ID": EXACT,
    },
    steps=(
        Step("LOAD", 0, 20 * 60.0, {"DOOR": 1.0, "V_VENT": 0.0}, HELD),
        Step("VAC", 1, 30 * 60.0, {"V_VENT": 4.0}, CHARGING),
        Step("LEAKTEST", 2, 10 * 60.0, {"V_VENT": 0.0}, CHARGING),
        Step("H2", 3, 10 * 60.0, {"V_H2": 11.0}, ("VAC",)),
        Step(
            "ABSORB",
            4,
            110 * 60.0,
            {"V_H2": 11.0, "T_WALL": 128.0},
            ("VAC",),
        ),
        Step("VENT", 5, 15 * 60.0, {"V_VENT": 3.0, "T_BED[]": 180.0, "T_WALL": 118.0}, HELD),
        Step(
            "DEHYD",
            6,
            70 * 60.0,
            {"V_VENT": 4.0, "T_SP[]": 540.0, "T_ZONE[]": 540.0, "OUT[]": 64.0, "T_BED[]": 205.0} | {"T_WALL": 142.0},
            CHARGING,
        ),
        Step("COOL", 7, 40 * 60.0, {"V_VENT": 8.0, "T_BED[]": 60.0}, HELD),
        Step("UNLOAD", 8, 0.0, {"DOOR": 1.0}, HELD),
    ),
    period_s=PERIOD_S,
    state_tag="STEP",
    model=DecrepitationFurnaces,
)
