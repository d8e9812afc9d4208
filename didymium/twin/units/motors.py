"""Motor assembly stations and end-of-line benches of S07: 400 motors a day (domain reference §9)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.noise import normal
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType

MOTORS_PER_DAY: Final = 400.0
TAKT_S: Final = DAY_S / MOTORS_PER_DAY
CYCLE_S: Final = (120, 140, 135, 130, 90, 110, 142, 140, 95, 140, 110, 130, 142, 80)
SCRAP: Final = 160
"""One motor in so many fails at a station. (A)"""
OVEN_C: Final = (24.0, 24.0, 180.0, 150.0, 24.0, 24.0, 60.0, 110.0, 24.0, 24.0, 24.0, 180.0, 24.0, 24.0)


class Stations:
    """Counts, serial numbers and cycle times."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 611
        self._of = np.array([(unit.number - 1) % len(CYCLE_S) for unit in bank.units])
        made = timetable.begun("STARVED", around.month_s)
        bank.aim("CNT_NG")[:] = made // SCRAP
        bank.aim("CNT_OK")[:] = made - made // SCRAP
        bank.aim("SN")[:] = 700_000.0 + made - self._of
        bank.aim("TEMP")[:] = np.array(OVEN_C)[self._of]
        bank.aim("CYC_T")[:] = np.array(CYCLE_S)[self._of]
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Count what a station has finished."""
        bank = self.bank
        for station in self.timetable.entered.get("STARVED", ()):
            spoilt = (self.timetable.cycle[station] + 37 * station) % SCRAP == 0
            bank.aim("CNT_NG" if spoilt else "CNT_OK")[station] += 1.0
            share = 1.0 + 0.006 * normal(self._seed, second, station)
            bank.aim("CYC_T")[station] = round(CYCLE_S[self._of[station]] * share, 1)
        for station in self.timetable.entered.get("RUN", ()):
            bank.aim("SN")[station] += 1.0


STATION: Final = UnitType(
    points={
        "CYC_T": exact(120.0),
        "PRESS_F": Point(0.0, 0.0, 0.08, 0.0, 2.0),
        "PRESS_S": Point(5.0, 0.0, 0.02, 0.0, 4.0),
        "TRQ[]": Point(42.0, 0.15, 0.1, 0.3),
        "ANG": Point(128.0, 0.5, 0.4, 1.5),
        "TEMP": Point(24.0, 0.4, 0.1, 0.0),
        "GLUE": Point(2.4, 0.01, 0.01, 0.02),
        "FLUX": Point(312.0, 0.8, 0.5, 1.5),
        "VIS": Point(96.0, 0.6, 0.5, 0.8),
    },
    steps=(
        Step("RUN", 0, 78.0, {"RUN": 1.0, "PRESS_F": 38.0, "PRESS_S": 62.0}),
        Step("STARVED", 1, 0.0),
    ),
    period_s=TAKT_S,
    model=Stations,
)

BENCHES: Final = 2
RATED_NM: Final = 48.0


class Benches:
    """Serial numbers and verdicts."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        numbers = np.array([unit.number for unit in bank.units])
        bank.aim("SN")[:] = 700_000.0 + np.floor(around.totalised_s / TAKT_S) - numbers
        bank.aim("RESULT")[:] = 1.0
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Pass, but for one motor in a hundred; electrical power from torque and speed."""
        bank = self.bank
        out_w = bank.now("TRQ") * bank.now("RPM") * (2.0 * np.pi / 60.0)
        bank.aim("P_OUT")[:] = out_w
        bank.aim("P_IN")[:] = out_w / 0.942 + 0.09 * bank.now("RPM")
        bank.aim("F_EL")[:] = bank.now("RPM") * 4.0 / 60.0
        for bench in self.timetable.entered.get("IDLE", ()):
            bank.aim("RESULT")[bench] = 2.0 if (self.timetable.cycle[bench] + 13 * bench) % 100 == 0 else 1.0
        for bench in self.timetable.entered.get("LOAD", ()):
            bank.aim("SN")[bench] += BENCHES
            bank.aim("RESULT")[bench] = 0.0


BENCH: Final = UnitType(
    points={
        "RPM": Point(0.0, 0.0, 0.2, 0.0, 4.0),
        "TRQ": Point(0.0, 0.0, 0.05, 0.0, 3.0),
        "U[]": Point(0.0, 0.0, 0.15, 0.0, 3.0),
        "I[]": Point(0.0, 0.0, 0.06, 0.0, 3.0),
        "P_IN": Point(0.0, 0.0, 4.0, 0.0, 0.0),
        "P_OUT": Point(0.0, 0.0, 4.0, 0.0, 0.0),
        "EFF": Point(94.2, 0.06, 0.03, 0.1),
        "BEMF[]": Point(128.4, 0.15, 0.05, 0.3),
        "BEMF_THD": Point(1.7, 0.05, 0.02, 0.05),
        "KE": Point(128.4, 0.15, 0.05, 0.3),
        "COG": Point(0.42, 0.015, 0.005, 0.02),
        "R[]": Point(212.0, 0.4, 0.1, 0.6),
        "L[]": Point(3.42, 0.01, 0.004, 0.02),
        "INS_R": Point(2400.0, 40.0, 5.0, 60.0),
        "HIPOT": Point(0.6, 0.03, 0.01, 0.03),
        "SURGE": Point(2.6, 0.12, 0.06, 0.15),
        "VIB[]": Point(0.7, 0.04, 0.04, 0.04),
        "NOISE": Point(61.0, 0.4, 0.4, 0.5),
        "T_WIND": Point(46.0, 1.0, 0.1, 1.0, 200.0),
        "F_EL": Point(0.0, 0.0, 0.02, 0.0, 0.0),
        "AMB_T": Point(22.0, 0.4, 0.05, 0.0),
        "RES_ENC": Point(31.2, 0.02, 0.02, 0.05),
    },
    steps=(
        Step("LOAD", 1, 50.0),
        Step("NO_LOAD_RUN", 2, 60.0, {"RPM": 3000.0, "TRQ": 0.8, "U[]": 372.0, "I[]": 2.1}),
        Step("LOAD_RUN", 3, 110.0, {"RPM": 3000.0, "TRQ": RATED_NM, "U[]": 380.0, "I[]": 25.5, "T_WIND": 58.0}),
        Step("HIPOT", 4, 60.0),
        Step("IDLE", 0, 0.0),
    ),
    period_s=BENCHES * TAKT_S,
    model=Benches,
)
