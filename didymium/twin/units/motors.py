"""Motor assembly stations and end-of-line benches of S07: 400 motors a day (domain reference §9)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats, MissingFamily
from didymium.twin.display import Display
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.motor import (
    COGGING_NM,
    FLUX_MT,
    KE_V_KRPM,
    KE_WINDOW,
    L_MH,
    R_MOHM,
    RATED_NM,
    RATED_RPM,
    magnet_flux,
    motor_of,
    on_bench,
    passes,
)
from didymium.twin.units.motor_goods import SITE, MotorGoods
from didymium.twin.units.motor_line import RUN, Integers, Line, Plan, advance_line, fill, inside, line, run_in

MOTORS_PER_DAY: Final = 400.0
TAKT_S: Final = DAY_S / MOTORS_PER_DAY
"""Of the orders: packing is called so often, and the line, which could run at 150 s, works ahead into its buffers."""
CYCLE_S: Final = (120, 140, 135, 130, 90, 110, 142, 140, 95, 140, 110, 130, 142, 80)
"""§9, but for the two of 145 s, which would stand on their alarm limit."""
BENCH_S: Final = 270.0
STATIONS: Final = len(CYCLE_S)
PACKING, MAGNETISING = STATIONS - 1, 8
SPREAD: Final = 0.006
"""§9 has 6 %, with which a cycle of 142 s would exceed its limit of 150 s once in six. (A)"""
BREAKDOWN_S: Final = 6 * 3600.0
REPAIR_S: Final = 8 * 60.0
REJECT: Final = 1.0 / 160.0
"""Of the motors that are worked on at a station; packing rejects none. (A)"""
OVEN_C: Final = (24.0, 24.0, 180.0, 150.0, 24.0, 24.0, 60.0, 110.0, 24.0, 24.0, 24.0, 180.0, 24.0, 24.0)
RUN_IN_S: Final = 2 * 3600
FIRST_SERIAL: Final = 700_000
SHOWN: Final = ("RUN", "CYC_T", "CNT_OK", "CNT_NG", "SN", "PRESS_F", "PRESS_S", "FLUX", "STATE")
PRESSED_KN, PRESSED_MM, OPEN_MM = 38.0, 62.0, 5.0


class Stations:
    """Binds the line to its stations' tags and the site's goods; the benches look at it."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        benches = around.bank("T_EOL")
        if len(bank) != STATIONS or benches is None:
            raise MissingFamily(f"a motor line has {STATIONS} stations and benches, not {len(bank)}")
        self.bank, self.seed = bank, around.seed + 611
        before = np.arange(STATIONS - 1)
        at_bench = np.full(len(benches), STATIONS - 1)
        place = np.concatenate([before, at_bench, [STATIONS]])
        cycle_s = np.concatenate([CYCLE_S[:-1], np.full(len(benches), BENCH_S), CYCLE_S[-1:]]).astype(float)
        reject = np.where(np.arange(STATIONS + 1) < STATIONS - 1, REJECT, 0.0)
        self.plan = Plan(place, cycle_s, reject, SPREAD, BREAKDOWN_S, REPAIR_S)
        self.station = np.concatenate([before, [len(place) - 1]])
        self.bench = STATIONS - 1 + np.arange(len(benches))
        self._called = int(around.totalised_s // TAKT_S)
        self.line = line(self.plan, FIRST_SERIAL + self._called)
        fill(self.line)
        self.verdict = np.zeros(len(place), np.int64)
        self._begun = int(around.month_s)
        run_in(self.line, self.plan, self.seed, around.second - RUN_IN_S, around.second, TAKT_S, self._begun)
        self.goods = MotorGoods(self.line, self.plan, around) if bank.units[0].site == SITE else None
        passed = self._called - int(self.line.serial[-1] > 0) + self._beyond()[self.plan.place[self.station]]
        spoilt = np.where(np.arange(STATIONS) < PACKING, np.floor(REJECT * passed), 0.0)
        self._counted = np.stack([passed - self.line.made[self.station], spoilt - self.line.failed[self.station]])
        bank.aim("TEMP")[:] = OVEN_C
        self._display, self.bench_display = Display(bank, SHOWN), Display(benches, BENCH_SHOWN)
        self._warm_c = benches.now("T_WIND")
        self.bench_display.tags["RESULT"], self.bench_display.tags["SN"] = PASS, self.line.serial[-1]
        self._display.tags["CYC_T"] = np.round(self.line.length_s[self.station], 1)
        self._display.tags["FLUX"] = FLUX_MT
        self._advance(around.second, 0.0)
        bank.value[:] = bank.target

    def _beyond(self) -> Integers:
        """(places,) motors on the line that each place has passed on."""
        after = np.cumsum(inside(self.line, self.plan)[::-1])[::-1]
        return np.append(after[1:] + self.line.queued[1:], 0)

    def step(self, second: int) -> None:
        """Call for a motor when it is due; work; book."""
        due = int((second - self._begun) // TAKT_S)
        self.line.calls[0] += due - self._called
        self._called = due
        if self._advance(second, 1.0) and self.goods is not None:
            self.goods.book()

    def _advance(self, second: int, dt_s: float) -> bool:
        tags, bench_tags = self._display.tags, self.bench_display.tags
        moved = advance(
            self.line, self.plan, self.verdict, self.station, self.bench, self.seed, second, dt_s, self._counted,
            self._warm_c, tags, bench_tags,
        )  # fmt: skip
        self._display.show()
        return moved


@njit(cache=True)
def advance(
    it: Line, plan: Plan, verdict: Integers, station: Integers, bench: Integers, seed: int, second: int, dt_s: float,
    counted: Floats, warm_c: Floats, tags: NDArray[Any], bench_tags: NDArray[Any],
) -> bool:  # fmt: skip
    """Work for ``dt_s`` and fill the records; whether any motor was started, finished or scrapped."""
    moved = False
    if dt_s > 0.0:
        judge(it, bench, seed, verdict)
        moved = advance_line(it, plan, verdict, seed, second, dt_s)
    show_stations(it, station, counted, seed, tags)
    show_benches(it, bench, seed, warm_c, bench_tags)
    return moved


@njit(cache=True)
def judge(it: Line, bench: Integers, seed: int, verdict: Integers) -> None:
    """Let flux decide at the magnetiser and the motor's own figures on the benches."""
    if it.serial[MAGNETISING] > 0:
        flux = magnet_flux(seed, it.serial[MAGNETISING], it.attempt[MAGNETISING])
        verdict[MAGNETISING] = 1 if abs(flux - 1.0) <= KE_WINDOW else 2
    for k in bench:
        if it.serial[k] > 0:
            verdict[k] = 1 if passes(motor_of(seed, it.serial[k], it.attempt[k])) else 2


@njit(cache=True)
def show_stations(it: Line, station: Integers, counted: Floats, seed: int, tags: NDArray[Any]) -> None:
    """Fill the records of ``SHOWN``."""
    for i in range(len(station)):
        k, shown = station[i], tags[i]
        running = it.state[k] == RUN
        shown.STATE, shown.RUN = it.state[k], 1.0 if running else 0.0
        shown.CNT_OK, shown.CNT_NG = counted[0, i] + it.made[k], counted[1, i] + it.failed[k]
        shown.PRESS_F = PRESSED_KN if running else 0.0
        shown.PRESS_S = PRESSED_MM if running else OPEN_MM
        if it.serial[k] > 0:
            shown.SN = it.serial[k]
        if it.left_s[k] <= 0.0:
            shown.CYC_T = np.rint(10.0 * it.length_s[k]) / 10.0
        if i == MAGNETISING and it.serial[k] > 0:
            shown.FLUX = FLUX_MT * magnet_flux(seed, it.serial[k], it.attempt[k])


STATION: Final = UnitType(
    points={
        "CYC_T": exact(120.0),
        "PRESS_F": Point(0.0, 0.0, 0.08, 0.0, 2.0),
        "PRESS_S": Point(OPEN_MM, 0.0, 0.02, 0.0, 4.0),
        "TRQ[]": Point(42.0, 0.15, 0.1, 0.3),
        "ANG": Point(128.0, 0.5, 0.4, 1.5),
        "TEMP": Point(24.0, 0.4, 0.1, 0.0),
        "GLUE": Point(2.4, 0.01, 0.01, 0.02),
        "FLUX": Point(FLUX_MT, 0.8, 0.5, 0.0),
        "VIS": Point(96.0, 0.6, 0.5, 0.8),
    },
    model=Stations,
)

LOAD_S, NO_LOAD_S, LOAD_RUN_S = 45.0, 105.0, 210.0
"""Ends of the first three parts of a test; the last is the high-voltage test."""
IDLE, LOAD, NO_LOAD_RUN, LOAD_RUN, HIPOT, FAULT = range(6)
NO_LOAD_NM: Final = 0.8
COLD_C, WARM_C = 46.0, 58.0
PHASE: Final = (0.9985, 1.0, 1.0015)
"""A winding's phases over their mean. (A)"""
NONE, PASS, FAIL, RETEST = range(4)
BENCH_SHOWN: Final = (
    "RPM", "TRQ", "U[3]", "I[3]", "P_IN", "P_OUT", "EFF", "BEMF[3]", "BEMF_THD", "KE", "COG", "R[3]", "L[3]",
    "VIB[2]", "T_WIND", "F_EL", "SN", "RESULT", "STATE",
)  # fmt: skip


class Benches:
    """Shows the tests of the motors that stand on the line's benches."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        stations = around.models.get("T_STN")
        if not isinstance(stations, Stations):
            raise MissingFamily(f"{bank.template} stands at the end of a line of stations")
        self.bank, self._display = bank, stations.bench_display
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Show what the line has done in this second."""
        self._display.show()


@njit(cache=True)
def show_benches(it: Line, bench: Integers, seed: int, warm_c: Floats, tags: NDArray[Any]) -> None:
    """Fill the records of ``BENCH_SHOWN``: a test shows the motor's constants when it is turned, then its losses."""
    for i in range(len(bench)):
        k, shown = bench[i], tags[i]
        into_s = it.length_s[k] - it.left_s[k]
        state = IDLE
        if it.broken_s[k] > 0.0:
            state = FAULT
        elif it.serial[k] > 0 and it.left_s[k] > 0.0:
            share = into_s * BENCH_S / it.length_s[k]
            state = LOAD if share < LOAD_S else NO_LOAD_RUN if share < NO_LOAD_S else HIPOT
            if NO_LOAD_S <= share < LOAD_RUN_S:
                state = LOAD_RUN
        before, shown.STATE = shown.STATE, state
        turning = state in (NO_LOAD_RUN, LOAD_RUN)
        torque_nm = RATED_NM if state == LOAD_RUN else NO_LOAD_NM if turning else 0.0
        rpm = RATED_RPM if turning else 0.0
        serial = it.serial[k]
        if serial > 0:
            shown.SN = serial
        motor = motor_of(seed, serial, it.attempt[k])
        found = on_bench(motor, torque_nm, rpm, 20.0, warm_c[i])
        shown.RPM, shown.TRQ, shown.F_EL = rpm, torque_nm, rpm * 4.0 / 60.0
        shown.P_IN, shown.P_OUT = found.in_w, found.out_w
        for j in range(3):
            shown.U[j], shown.I[j] = found.voltage_v * PHASE[j], found.current_a * PHASE[j]
        shown.T_WIND = WARM_C if state == LOAD_RUN else COLD_C
        if turning:
            shown.KE, shown.COG, shown.BEMF_THD = found.ke_v_krpm, motor.cogging_nm, motor.harmonics_pct
            for j in range(3):
                shown.BEMF[j] = found.ke_v_krpm * PHASE[j]
                shown.R[j] = R_MOHM * motor.resistance * PHASE[2 - j]
                shown.L[j] = L_MH * PHASE[j]
        if state == LOAD_RUN:
            shown.EFF = found.efficiency_pct
            shown.VIB[0], shown.VIB[1] = motor.vibration_mm_s, 0.9 * motor.vibration_mm_s
        if state == LOAD:
            shown.RESULT = RETEST if it.attempt[k] > 0 else NONE
        elif state == IDLE and before == HIPOT:
            shown.RESULT = FAIL if serial == 0 and it.attempt[k] > 0 and not passes(motor) else PASS


BENCH: Final = UnitType(
    points={
        "RPM": Point(0.0, 0.0, 0.2, 0.0, 4.0),
        "TRQ": Point(0.0, 0.0, 0.05, 0.0, 3.0),
        "U[]": Point(0.0, 0.0, 0.15, 0.0, 3.0),
        "I[]": Point(0.0, 0.0, 0.06, 0.0, 3.0),
        "P_IN": Point(0.0, 0.0, 4.0, 0.0, 3.0),
        "P_OUT": Point(0.0, 0.0, 4.0, 0.0, 3.0),
        "EFF": Point(94.2, 0.0, 0.03, 0.0),
        "BEMF[]": Point(KE_V_KRPM, 0.0, 0.05, 0.0),
        "BEMF_THD": Point(1.7, 0.0, 0.02, 0.0),
        "KE": Point(KE_V_KRPM, 0.0, 0.05, 0.0),
        "COG": Point(COGGING_NM, 0.0, 0.005, 0.0),
        "R[]": Point(R_MOHM, 0.1, 0.1, 0.0),
        "L[]": Point(L_MH, 0.002, 0.004, 0.0),
        "INS_R": Point(2400.0, 40.0, 5.0, 60.0),
        "HIPOT": Point(0.6, 0.03, 0.01, 0.03),
        "SURGE": Point(2.6, 0.12, 0.06, 0.15),
        "VIB[]": Point(0.7, 0.02, 0.04, 0.0),
        "NOISE": Point(61.0, 0.4, 0.4, 0.5),
        "T_WIND": Point(COLD_C, 1.0, 0.1, 0.0, 200.0),
        "F_EL": Point(0.0, 0.0, 0.02, 0.0, 4.0),
        "AMB_T": Point(22.0, 0.4, 0.05, 0.0),
        "RES_ENC": Point(31.2, 0.02, 0.02, 0.05),
    },
    model=Benches,
)
