"""Hydrogen decrepitation and vacuum sintering of S22 (domain reference §14)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Bank
from didymium.twin.pieces import piece_kg
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Ramp, Step, Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.hydrogen_hall import halls, judge_halls, step_halls
from didymium.twin.units.totals import Total, Totals
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
HYDROGEN_NM3_H: Final = HYDROGEN_NM3 / 2.0
CHARGING: Final = ("H2_P", "UPTAKE")
"""Tags that show their last value but while hydrogen is taken."""
HELD: Final = (*CHARGING, "VAC")
LOADING, PUMPING, TESTING, FILLING, ABSORBING, DEHYDRATING = 0, 1, 2, 3, 4, 6
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
LED_BY_TRIP: Final = ("V_H2", "V_VENT", "H2_F", "OUT[]")


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
        self._totals = Totals(bank, around, [Total("H2_TOT", "H2_F", mean=HYDROGEN_NM3 / 5.5)])
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

    def step(self, second: int) -> None:
        """Totalise, weigh and number; pump, test, and watch the air."""
        self._totals.step(second)
        if self.timetable.entered:
            for furnace in self.timetable.entered.get("VAC", ()):
                self._weigh(furnace)
            self._enter()
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

    def _enter(self) -> None:
        """Connect vessels with what their step needs, and number the lots."""
        at = self.timetable.step
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
        step_halls(h, np.where(h.tripped, 0.0, self._gas_leak), 1.0)
        judge_halls(h, self._detected.max(axis=1), (self._gas_leak == 0.0) & ~self._in_danger(), 1.0)
        h.tripped[:] |= self._in_danger()
        self._detectors[:, 0] = self._clean_pct[:, 0] + h.plume_pct
        self._detectors[:, 1] = self._clean_pct[:, 1] + h.hall_pct + 0.4 * (h.plume_pct - h.hall_pct)
        bank.aim("VENT_FAN")[:] = np.where(h.tripped, FANS, 1.0) * self._fan_pa
        for furnace in np.flatnonzero(h.tripped & ~self._was_tripped):
            for led, before, safe in zip(self._led, self._before, (BLEED_OPEN, VENT_AND_PURGE, 0.0, 0.0), strict=True):
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
        "H2_F": Point(0.0, 0.0, 0.08, 0.0, 30.0),
        "UPTAKE": Point(0.402, 0.002, 0.0006, 0.002, 30.0),
        "VAC": Point(PUMP_END_PA, 0.15, 0.03, 0.0),
        "LEAK": Point(0.11, 0.01, 0.004, 0.01),
        "O2": Point(14.0, 1.2, 0.6, 1.5),
        "T_BED[]": Point(35.0, 1.0, 0.5, 1.5, 200.0),
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
        Step("H2", 3, 10 * 60.0, {"V_H2": 11.0, "H2_F": HYDROGEN_NM3_H, "UPTAKE": 0.402}, ("VAC",)),
        Step(
            "ABSORB",
            4,
            110 * 60.0,
            {"V_H2": 11.0, "H2_F": HYDROGEN_NM3_H, "T_BED[]": 232.0, "T_WALL": 128.0},
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

SINTER_C: Final = 1065.0
AGE_C: Final = 500.0


class SinteringFurnaces:
    """Zones follow their set-points; energy follows their heaters."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        self._offset = np.random.default_rng([around.seed, 0x517]).normal(0.0, 0.5, (len(bank), 6))
        self._kwh = bank.aim("KWH")
        self._kwh[:] = 68.0 * around.totalised_s / 3600.0
        self._numbers = np.array([unit.number for unit in bank.units]) * 10_000.0
        self.step(around.second)
        bank.value[:] = bank.target
        bank.now("Z[]_T")[:] = bank.aim("Z[]_SP") + self._offset

    def step(self, second: int) -> None:
        """Heat, cool, count."""
        bank = self.bank
        behind = bank.aim("Z[]_SP") - bank.now("Z[]_T")
        bank.aim("Z[]_T")[:] = bank.aim("Z[]_SP") + self._offset
        bank.aim("Z[]_OUT")[:] = np.clip(0.05 * bank.now("Z[]_T") + 1.2 * behind, 0.0, 86.0)
        self._kwh += (6.0 + 0.3 * bank.now("Z[]_OUT").sum(axis=1)) / 3600.0
        bank.aim("LOT_ID")[:] = self._numbers + self.timetable.cycle % 9_000


SINTERING_FURNACE: Final = UnitType(
    points={
        "Z[]_T": Point(25.0, 0.25, 0.12, 0.0, 90.0),
        "Z[]_SP": exact(25.0),
        "Z[]_OUT": Point(0.0, 0.0, 0.2, 0.0, 5.0),
        "VAC[]": Point((0.014, 0.02), 0.001, 0.0002, 0.001),
        "LEAK": Point(0.03, 0.003, 0.001, 0.003),
        "AR_P": Point(0.1, 0.001, 0.0005, 0.0, 60.0),
        "FAN_A": Point(0.0, 0.0, 0.6, 0.0, 10.0),
        "CW_F[]": Point(31.0, 0.3, 0.3, 0.6),
        "CW_T[]": Point(30.0, 0.4, 0.08, 0.6, 90.0),
        "PMP_A[]": Point(24.0, 0.4, 0.15, 0.8),
        "LOT_ID": EXACT,
    },
    steps=(
        Step("LOAD", 1, 40 * 60.0, {"Z[]_SP": 30.0, "DOOR": 1.0}),
        Step("PUMP", 2, 60 * 60.0, {"Z[]_SP": 30.0, "AR_P": 0.0, "PMP_A[]": 44.0}),
        Step("DEGAS", 3, 180 * 60.0, {"Z[]_SP": Ramp(620.0, 30.0), "AR_P": 0.0, "PMP_A[]": 36.0}),
        Step("HEAT_UP", 4, 150 * 60.0, {"Z[]_SP": Ramp(SINTER_C, 620.0), "AR_P": 0.0, "CW_T[]": 35.0}),
        Step("SINTER", 5, 240 * 60.0, {"Z[]_SP": SINTER_C, "AR_P": 0.0, "CW_T[]": 37.0}),
        Step("QUENCH", 6, 60 * 60.0, {"Z[]_SP": Ramp(120.0, SINTER_C), "AR_P": 0.18, "FAN_A": 215.0, "CW_T[]": 40.0}),
        Step("AGE", 7, 330 * 60.0, {"Z[]_SP": AGE_C, "AR_P": 0.0, "CW_T[]": 33.0}),
        Step("UNLOAD", 8, 45 * 60.0, {"Z[]_SP": 40.0, "DOOR": 1.0}),
        Step("IDLE", 0, 0.0, {"Z[]_SP": 30.0}),
    ),
    period_s=20 * 3600.0,
    state_tag="STEP",
    model=SinteringFurnaces,
)
