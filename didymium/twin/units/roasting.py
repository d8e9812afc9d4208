"""Dryer, silos, rotary kilns for acid roasting and their off-gas (domain reference §13)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.kiln_draught import DRAUGHT_PA, LOW_FIRE, draughts, judge_draughts, step_draughts

RUN: Final = 4.0
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


HOLD: Final = 5.0
FAN_FULL: Final = 1.25
"""Current of the induced-draught fan at full speed, over the usual. (A)"""
SULPHUR_PER_FLUORIDE: Final = 0.35
NEAR_HEAD: Final = np.array([1.0, 0.7, 0.35, 0.2])
"""Share of the fluoride by the kiln head that each detector sees. (A)"""
FEEDS: Final = ("CONC_TPH", "ACID_TPH")
FIRES: Final = ("BRN[]_GAS", "BRN[]_AIR", "OUT_TPH")


class RotaryKilns:
    """Sets the scrap kiln's feed apart from the roasters'; the draught, and what I13 does where it is lost."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        scrap = bank.at_site("S20")
        for name, factor in (("CONC_TPH", 1.0), ("ACID_TPH", 1.4), ("OUT_TPH", 1.1)):
            bank.aim(name)[scrap] = factor * SCRAP_T_H
        fluoride = np.ones(len(bank))
        fluoride[scrap] = 0.0
        self.draughts = draughts(fluoride)
        self._lost = around.faults.sizes(bank, "F15")
        self._calm = True
        names = (*FEEDS, *FIRES, "P_HEAD", "HF_AMB[]", "SO2_AMB[]", "IDF_A", "STATE")
        self._usual = {name: bank.aim(name).copy() for name in names}
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """The kilns run steadily but for their draught."""
        if self._calm and not self._lost.any():
            return
        d, lost = self.draughts, self._lost != 0.0
        bank, usual = self.bank, self._usual
        step_draughts(d, lost, 1.0)
        judge_draughts(d, bank.now("P_HEAD"), bank.now("HF_AMB[]").max(axis=1), 1.0)
        for name in FEEDS:
            bank.aim(name)[:] = d.feeds * usual[name]
        for name in FIRES:
            share = d.making if usual[name].ndim == 1 else np.where(d.tripped, LOW_FIRE, 1.0)[:, None]
            bank.aim(name)[:] = share * usual[name]
        bank.aim("P_HEAD")[:] = usual["P_HEAD"] + d.head_pa - DRAUGHT_PA
        bank.aim("HF_AMB[]")[:] = usual["HF_AMB[]"] + np.outer(d.hall_ppm, NEAR_HEAD)
        bank.aim("SO2_AMB[]")[:] = usual["SO2_AMB[]"] + SULPHUR_PER_FLUORIDE * d.hall_ppm[:, None]
        bank.aim("IDF_A")[:] = np.where(d.tripped, FAN_FULL, 1.0) * usual["IDF_A"]
        bank.aim("STATE")[:] = np.where(d.tripped, HOLD, usual["STATE"])
        self._calm = d.calm


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
