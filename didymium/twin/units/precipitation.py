"""Precipitation and leach reactors, and the filters behind them (domain reference §3.1)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Ramp, Step, Timetable
from didymium.twin.unit_type import DAY_S, Points, Surroundings, UnitType
from didymium.twin.units.totals import Total, Totals

FEED_M3: Final = 7.3
REAGENT_M3: Final = 13.6
BATCH_T_REO: Final = FEED_M3 * 0.220
FEED_S: Final = 90 * 60.0
WORKSHOP_PERIOD_S: Final = 26 * DAY_S * BATCH_T_REO / 38.0
"""S01's 26 reactors make 38 t REO a day, about one batch each."""
LARGE_FEED_M3: Final = 17.85
LARGE_REAGENT_M3: Final = 23.2
"""Per batch in S17's two halls of seven reactors, which make 65 and 135 t REO a day. (A)"""
LARGE_T_REO: Final = LARGE_FEED_M3 * 0.220
HALL_PERIOD_S: Final = tuple(7 * DAY_S * LARGE_T_REO / t_d for t_d in (65.0, 135.0))
FEEDING: Final = 2
HEEL_PCT: Final = 21.0
"""An empty reactor keeps a heel of rinse water over the agitator."""

POINTS: Final[Points] = {
    "LEVEL": Point(HEEL_PCT, 0.15, 0.25, 0.12, 20.0),
    "TEMP": Point(32.0, 0.4, 0.15, 0.8, 300.0),
    "PH[]": Point(6.3, 0.05, 0.02, 0.02, 60.0),
    "AGIT_A": Point(24.0, 0.3, 0.2, 0.5, 20.0),
    "AGIT_RPM": Point(48.0, 0.1, 0.1, 0.3, 10.0),
    "FEED_PV": Point(0.0, 0.0, 0.024, 0.0, 3.0),
    "FEED_SP": EXACT,
    "PREC_PV": Point(0.0, 0.0, 0.045, 0.0, 3.0),
    "PREC_SP": EXACT,
    "V_FEED": Point(0.0, 0.0, 0.15, 0.0, 4.0),
    "V_PREC": Point(0.0, 0.0, 0.15, 0.0, 4.0),
    "V_OUT": Point(0.0, 0.0, 0.15, 0.0, 4.0),
    "TURB": Point(60.0, 1.0, 1.0, 3.0, 120.0),
    "COND": Point(12.0, 0.3, 0.1, 0.5, 240.0),
    "NH3_AMB": Point(5.0, 0.6, 0.15, 0.6),
    "RE_RES": Point(0.024, 0.002, 0.001, 0.001),
}
STEPS: Final = (
    Step("FILL", 0, 20 * 60.0, {"LEVEL": Ramp(28.0, HEEL_PCT), "AGIT_RPM": 60.0, "AGIT_A": 29.0, "TEMP": 36.0}),
    Step("SEED", 1, 15 * 60.0, {"LEVEL": 28.5, "AGIT_RPM": 68.0, "AGIT_A": 32.0, "TEMP": 42.0, "TURB": 420.0}),
    Step(
        "FEED",
        2,
        FEED_S,
        {
            "LEVEL": Ramp(84.0, 28.5),
            "AGIT_RPM": 78.0,
            "AGIT_A": 44.0,
            "TEMP": 48.0,
            "TURB": 1900.0,
            "COND": 96.0,
            "V_FEED": 52.0,
            "V_PREC": 61.0,
            "PH[]": 6.55,
        },
    ),
    Step(
        "AGE",
        3,
        60 * 60.0,
        {"LEVEL": 84.0, "AGIT_RPM": 62.0, "AGIT_A": 46.0, "TEMP": 51.0, "TURB": 2300.0, "PH[]": 6.7},
    ),
    Step("SETTLE", 4, 30 * 60.0, {"LEVEL": 84.0, "AGIT_RPM": 44.0, "TEMP": 47.0, "TURB": 380.0, "COND": 92.0}),
    Step(
        "DECANT",
        5,
        10 * 60.0,
        {"LEVEL": Ramp(52.0, 84.0), "AGIT_RPM": 44.0, "TURB": 120.0, "V_OUT": 70.0, "TEMP": 44.0},
    ),
    Step("DISCHARGE", 6, 25 * 60.0, {"LEVEL": Ramp(HEEL_PCT, 52.0), "AGIT_RPM": 66.0, "AGIT_A": 38.0, "V_OUT": 85.0}),
    Step("WASH", 7, 40 * 60.0, {"LEVEL": Ramp(HEEL_PCT, 30.0), "AGIT_RPM": 70.0, "V_OUT": 20.0}),
    Step("IDLE", 8, 0.0),
)


class Reactors:
    """Batch numbers, and the volumes of liquor and reagent."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        large = bank.at_site("S17")
        feed_m3, reagent_m3 = np.full(len(bank), FEED_M3), np.full(len(bank), REAGENT_M3)
        feed_m3[large], reagent_m3[large] = LARGE_FEED_M3, LARGE_REAGENT_M3
        self._feed_m3_h, self._reagent_m3_h = feed_m3 / FEED_S * 3600.0, reagent_m3 / FEED_S * 3600.0
        self._feed()
        bank.value[:] = bank.target
        self._totals = Totals(bank, around, [Total("TOT_FEED", "FEED_PV"), Total("TOT_PREC", "PREC_PV")])
        batches = around.totalised_s / timetable.period_s
        bank.aim("TOT_FEED")[:] = batches * feed_m3
        bank.aim("TOT_PREC")[:] = batches * reagent_m3
        self._base = timetable.first_cycle(around.month_s)
        self._numbers = np.array([unit.number for unit in bank.units]) * 1_000.0
        self._count()
        bank.value[:] = bank.target

    def _feed(self) -> None:
        feeding = self.timetable.step == FEEDING
        for tag, m3_h in (("FEED", self._feed_m3_h), ("PREC", self._reagent_m3_h)):
            self.bank.aim(f"{tag}_SP")[:] = np.where(feeding, m3_h, 0.0)
            self.bank.aim(f"{tag}_PV")[:] = np.where(feeding, m3_h, 0.0)

    def _count(self) -> None:
        self.bank.aim("BATCH_NO")[:] = self._numbers + self.timetable.cycle - self._base

    def step(self, second: int) -> None:
        """Totalise and number."""
        self._totals.step(second)
        if self.timetable.entered:
            self._feed()
            self._count()


REACTOR: Final = UnitType(
    points=POINTS,
    steps=STEPS,
    period_s={
        "S01": WORKSHOP_PERIOD_S,
        "S17.PR1": HALL_PERIOD_S[0],
        "S17.PR2": HALL_PERIOD_S[1],
        "S20": 5 * DAY_S * FEED_M3 / 55.0,
        "": 19_200.0,
    },
    model=Reactors,
)

CAKE_KG_H: Final = 84_000.0 / 24.0 / 8.0
"""S01's 38 t REO are 84 t of cake a day over eight filters."""
BIN_KG: Final = 1000.0


class Filters:
    """The cake bin under each filter fills and is taken away."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self._cake = bank.aim("CAKE_WT")
        self._phase = np.arange(len(bank)) / len(bank) * BIN_KG
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Weigh the bin."""
        self._cake[:] = (CAKE_KG_H / 3600.0 * second + self._phase) % BIN_KG


FILTER: Final = UnitType(
    points={
        "P_FEED": Point(0.42, 0.012, 0.005, 0.015),
        "DP": Point(46.0, 2.0, 0.3, 3.0),
        "CAKE_THK": Point(24.0, 0.8, 0.2, 1.0),
        "WASH_FLOW": Point(5.4, 0.08, 0.03, 0.15),
        "WASH_COND": Point(0.9, 0.05, 0.012, 0.05),
        "WASH_RATIO": Point(4.6, 0.1, 0.03, 0.15),
        "VAC": Point(-58.0, 0.8, 0.2, 1.2),
        "MOIST": Point(18.6, 0.3, 0.1, 0.3),
        "BELT_SPD": Point(2.6, 0.02, 0.01, 0.05),
        "MOT_A": Point(26.0, 0.4, 0.15, 0.8),
        "FILT_FLOW": Point(8.8, 0.15, 0.05, 0.2),
        "FILT_TURB": Point(7.5, 0.6, 0.15, 0.8),
        "CAKE_WT": Point(500.0, 0.0, 0.4, 0.0, 0.0),
        "STATE": 3.0,
    },
    model=Filters,
)
