"""The 70 m travelling kiln, small calciners, dryer and rotary kilns (domain reference §3, §4, §13)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Points, Surroundings, UnitType
from didymium.twin.units.totals import Total, Totals

SAGGERS_PER_DAY: Final = 5000.0
"""40 t of cake in saggers of 8 kg, §4.2: 208 an hour, one every 17.28 s."""
SAGGER_TAKT_S: Final = DAY_S / SAGGERS_PER_DAY
SAGGERS_INSIDE: Final = 1600
LENGTH_M: Final = 70.0
PROFILE_C: Final = (110.0, 200.0, 320.0, 450.0, 580.0, 700.0, 800.0, 910.0, 950.0, 950.0, 830.0, 550.0, 280.0, 90.0)
GAS_NM3_H: Final = (0.0, 5.5, 7.5, 9.5, 11.5, 12.5, 14.0, 16.5, 17.5, 17.5, 17.0, 0.0, 0.0, 0.0)
"""Burners of zones 2 to 11 burn 173 Nm³ per t of oxide, 3,100 Nm³/d for 18 t, §4.3."""
LIT: Final = tuple(float(gas > 0.0) for gas in GAS_NM3_H)
RUN: Final = 4.0

KILN70_POINTS: Final[Points] = {
    "Z[]_TT": Point(PROFILE_C, 1.5, 0.8, 1.0, 60.0),
    "Z[]_TB": Point(tuple(t - 4.0 for t in PROFILE_C), 1.6, 0.8, 1.5, 60.0),
    "Z[]_SP": exact(PROFILE_C),
    "Z[]_OUT": Point(tuple(4.0 * gas if gas else 0.0 for gas in GAS_NM3_H), 0.8, 0.2, 0.0),
    "Z[]_GAS": Point(GAS_NM3_H, 0.0, 0.05, 0.0, 3.0),
    "Z[]_AIR": Point(tuple(11.5 * gas + 22.0 for gas in GAS_NM3_H), 1.0, 0.6, 1.0),
    "Z[]_P": Point((-9.0, -8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, -1.0, -2.0, -3.0, -4.0, -5.0), 0.7, 0.4, 0.2),
    "Z[]_FLM": exact(LIT),
    "Z[]_RA": Point(4.2, 0.08, 0.06, 0.15),
    "Z[]_O2": Point(9.6, 0.3, 0.08, 0.5),
    "DRV[]_HZ": Point(31.5, 0.0, 0.02, 0.2),
    "EXF[]_HZ": Point(38.0, 0.3, 0.08, 0.5),
    "CO2_EXH": Point(7.6, 0.12, 0.03, 0.0),
    "H2O_EXH": Point(31.0, 0.5, 0.15, 0.0),
    "SPEED": Point(152.0, 0.4, 0.15, 0.0),
    "RES_T": Point(7.68, 0.0, 0.0, 0.0),
    "LOI_EST": Point(0.14, 0.015, 0.006, 0.0),
    "LEL": Point(0.5, 0.1, 0.2, 0.0),
    "STATE": RUN,
}


class TravellingKiln:
    """Counts the saggers in and out, and works out the residence time from the speed."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self._gas = Totals(bank, around, [Total("GAS_TOT", "Z[]_GAS")])
        self._month_s = around.month_s
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """One sagger in and one out every 17.28 s."""
        self._gas.step(second)
        entered = np.floor((second - self._month_s) / SAGGER_TAKT_S)
        self.bank.aim("SAG_IN")[:] = SAGGERS_INSIDE + entered
        self.bank.aim("SAG_OUT")[:] = entered
        self.bank.aim("RES_T")[:] = LENGTH_M / (0.06 * self.bank.now("SPEED"))


KILN70: Final = UnitType(points=KILN70_POINTS, model=TravellingKiln)

CALCINER_C: Final = (160.0, 340.0, 560.0, 740.0, 860.0, 900.0, 780.0, 320.0)
POLISHING_KG_H: Final = (33_000.0 / 24.0, 15_000.0 / 24.0)
"""Cake in and oxide out of S21's one calciner; S01's five give 38 t/d at 317 kg/h each."""


class Calciners:
    """Gas by the meter; S21's calciner is the larger one."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        polishing = bank.at_site("S21")
        bank.aim("FEED_WT")[polishing], bank.aim("OUT_WT")[polishing] = POLISHING_KG_H
        bank.value[:] = bank.target
        self._gas = Totals(bank, around, [Total("GAS_TOT", "Z[]_GAS")])
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Totalise."""
        self._gas.step(second)


CALCINER: Final = UnitType(
    points={
        "Z[]_T1": Point(CALCINER_C, 1.5, 0.5, 1.0),
        "Z[]_T2": Point(tuple(t + 2.0 for t in CALCINER_C), 1.6, 0.5, 1.5),
        "Z[]_SP": exact(CALCINER_C),
        "Z[]_OUT": Point((18.0, 34.0, 46.0, 58.0, 66.0, 70.0, 52.0, 20.0), 0.8, 0.2, 1.0),
        "Z[]_GAS": Point((2.1, 5.0, 7.2, 9.0, 10.5, 11.2, 8.2, 3.6), 0.05, 0.08, 0.1),
        "P_FURN": Point(-12.0, 1.2, 0.6, 0.8),
        "EXH_T": Point(165.0, 2.0, 0.3, 3.0),
        "BELT_SPD": Point(118.0, 0.4, 0.2, 1.5),
        "FEED_WT": Point(704.0, 3.0, 2.0, 0.0),
        "OUT_WT": Point(317.0, 1.5, 1.0, 0.0),
        "CO_AMB": Point(4.0, 0.6, 0.5, 0.6),
        "LEL": Point(0.5, 0.1, 0.2, 0.0),
        "LOI_EST": Point(0.31, 0.02, 0.008, 0.03),
        "STATE": 3.0,
    },
    model=Calciners,
)

CONCENTRATE_T_H: Final = 542.0 / 24.0
DRYER: Final = UnitType(
    points={
        "Z[]_T": Point((185.0, 260.0, 310.0, 300.0, 240.0, 160.0), 2.5, 0.4, 2.0),
        "Z[]_OUT": Point((48.0, 62.0, 68.0, 60.0, 45.0, 30.0), 0.8, 0.2, 1.0),
        "GAS_F": Point(520.0, 4.0, 2.0, 0.0),
        "FEED_TPH": Point(CONCENTRATE_T_H, 0.1, 0.06, 0.0),
        "FEED_H2O": Point(10.4, 0.15, 0.06, 0.1),
        "OUT_H2O": Point(0.55, 0.03, 0.012, 0.02),
        "REO": Point(58.4, 0.12, 0.05, 0.0),
        "F_PCT": Point(6.4, 0.06, 0.02, 0.0),
        "TH": Point(0.172, 0.003, 0.001, 0.0),
        "GAMMA[]": Point(0.62, 0.02, 0.02, 0.04),
        "DUST[]": Point(2.4, 0.2, 0.08, 0.2),
        "RPM": Point(3.1, 0.01, 0.01, 0.0),
        "STATE": RUN,
    }
)
SILO: Final = UnitType(
    points={
        "LVL": Point(54.0, 6.0, 0.15, 6.0),
        "WT": Point(216.0, 22.0, 0.4, 24.0),
        "T": Point(29.0, 0.6, 0.06, 1.0),
        "DP_VENT": Point(620.0, 20.0, 5.0, 30.0),
        "FEEDER_HZ": Point(33.0, 0.3, 0.1, 0.8),
        "FEEDER_TPH": Point(CONCENTRATE_T_H / 6.0, 0.03, 0.02, 0.0),
        "STATE": 3.0,
    }
)

KILNS: Final = 3
ROAST_T_H: Final = CONCENTRATE_T_H / KILNS
CALCINE_PER_CONC: Final = 1010.0 / 542.0
"""Concentrate and 1.4 times its weight of acid, less HF, CO2 and steam. (A)"""
ROTARY_POINTS: Final[Points] = {
    "SH_T[]": Point((150, 165, 182, 196, 208, 216, 220, 214, 204, 190, 172, 150), 2.5, 0.8, 4.0),
    "BED_T[]": Point((255.0, 300.0, 345.0, 390.0, 425.0, 410.0), 2.5, 1.0, 2.0),
    "GAS_T[]": Point((810.0, 745.0, 665.0, 610.0), 4.0, 1.5, 3.0),
    "BRN[]_GAS": Point(410.0, 3.0, 1.5, 4.0),
    "BRN[]_AIR": Point(4720.0, 30.0, 12.0, 40.0),
    "CONC_TPH": Point(ROAST_T_H, 0.03, 0.03, 0.0),
    "ACID_TPH": Point(1.4 * ROAST_T_H, 0.0, 0.03, 0.0),
    "RATIO": Point(1.4, 0.008, 0.004, 0.008),
    "ACID_T": Point(38.0, 0.5, 0.08, 0.5),
    "MIX_A": Point(82.0, 1.0, 0.3, 1.5),
    "DRV_A": Point(205.0, 4.0, 1.5, 5.0),
    "DRV_KW": Point(98.0, 1.8, 0.5, 2.0),
    "RPM": Point(0.82, 0.002, 0.002, 0.01),
    "THRUST": Point(5.6, 0.15, 0.04, 0.2),
    "P_HEAD": Point(-42.0, 1.8, 1.2, 2.0),
    "P_TAIL": Point(-330.0, 6.0, 2.5, 8.0),
    "O2_TAIL": Point(8.2, 0.25, 0.08, 0.3),
    "SO2_TAIL": Point(9.5, 0.3, 0.12, 0.4),
    "HF_TAIL": Point(14.0, 0.4, 0.15, 0.5),
    "DEC_EST": Point(96.6, 0.12, 0.08, 0.15),
    "FREE_ACID": Point(9.2, 0.25, 0.1, 0.3),
    "OUT_T": Point(165.0, 2.5, 0.8, 3.0),
    "OUT_TPH": Point(CALCINE_PER_CONC * ROAST_T_H, 0.04, 0.04, 0.0),
    "GAMMA[]": Point(0.85, 0.03, 0.03, 0.05),
    "HF_AMB[]": Point(0.3, 0.04, 0.04, 0.04),
    "SO2_AMB[]": Point(0.4, 0.05, 0.06, 0.05),
    "SEAL_P": Point(8.0, 0.2, 0.1, 0.3),
    "STATE": RUN,
}
SCRAP_T_H: Final = 0.79
"""S20's oxidation kiln takes 19 t of magnet scrap a day for its 5.5 t of REO. (A)"""


class RotaryKilns:
    """Sets the scrap kiln's feed apart from the roasters'."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        scrap = bank.at_site("S20")
        for name, factor in (("CONC_TPH", 1.0), ("ACID_TPH", 1.4), ("OUT_TPH", 1.1)):
            bank.aim(name)[scrap] = factor * SCRAP_T_H
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """The kilns run steadily; their physics is not modelled."""


ROTARY_KILN: Final = UnitType(points=ROTARY_POINTS, model=RotaryKilns)
OFF_GAS: Final = UnitType(
    points={
        "T[]": Point((285.0, 78.0, 62.0, 51.0, 46.0, 44.0), 1.0, 0.2, 1.5),
        "P[]": Point((-480.0, -1150.0, -1780.0, -2350.0, -2900.0, -150.0), 12.0, 4.0, 15.0),
        "PH[]": Point((1.2, 2.1, 9.4), 0.06, 0.02, 0.06),
        "LIQ_F[]": Point(112.0, 0.8, 0.5, 2.0),
        "ACID_PCT[]": Point((68.0, 17.5), 0.4, 0.1, 0.5),
        "FAN_A[]": Point(228.0, 2.5, 1.0, 4.0),
        "FAN_HZ[]": Point(41.0, 0.3, 0.08, 0.6),
        "ESP_KV": Point(58.0, 0.6, 0.2, 1.0),
        "SO2": Point(92.0, 5.0, 1.2, 6.0),
        "HF": Point(1.4, 0.1, 0.05, 0.12),
        "DUST": Point(5.5, 0.4, 0.12, 0.5),
        "MIST": Point(9.0, 0.6, 0.2, 0.8),
        "FLOW": Point(46.0, 0.5, 0.2, 1.0),
        "TH_U": Point(14.0, 0.8, 0.2, 1.0),
        "STATE": 3.0,
    }
)
