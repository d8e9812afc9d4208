"""Rotary kilns: those that roast ore with acid and the one that oxidises scrap (domain reference §13).

Their beds are ``roasting_line``'s and ``scrap_line``'s; here are their tags, their draught, and what I13 does where it
is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units import scrap_bed
from didymium.twin.units.concentrate import STEP_S
from didymium.twin.units.kiln_draught import DRAUGHT_PA, LOW_FIRE, draughts, judge_draughts, step_draughts
from didymium.twin.units.kiln_panel import BURNERS
from didymium.twin.units.roasting_bed import AIR_NM3_H, CONCENTRATE_KG_S, FUEL_NM3_H, RATIO
from didymium.twin.units.roasting_line import RoastingLine
from didymium.twin.units.scrap_line import ScrapLine

SCRAP_SITE: Final = "S20"
RUN, HOLD = 4.0, 5.0
CONCENTRATE_T_H: Final = 3.6 * CONCENTRATE_KG_S
CALCINE_T_H: Final = 1010.0 / 3.0 / 24.0
"""Concentrate and 1.4 times its weight of acid, less HF, CO2, steam and the acid that boils off. (A)"""
ROTARY_POINTS: Final[Points] = {
    "SH_T[]": Point((150, 165, 182, 196, 208, 216, 220, 214, 204, 190, 172, 150), 2.5, 0.8, 4.0),
    "BED_T[]": Point((221.0, 274.0, 334.0, 373.0, 402.0, 429.0), 2.5, 1.0, 2.0),
    "GAS_T[]": Point((733.0, 806.0, 777.0, 694.0), 4.0, 1.5, 3.0),
    "BRN[]_GAS": Point(FUEL_NM3_H / BURNERS, 3.0, 1.5, 4.0),
    "BRN[]_AIR": Point(AIR_NM3_H / BURNERS, 30.0, 12.0, 40.0),
    "CONC_TPH": Point(CONCENTRATE_T_H, 0.03, 0.03, 0.0),
    "ACID_TPH": Point(RATIO * CONCENTRATE_T_H, 0.0, 0.03, 0.0),
    "RATIO": Point(RATIO, 0.008, 0.004, 0.008),
    "ACID_T": Point(38.0, 0.5, 0.08, 0.5),
    "MIX_A": Point(82.0, 1.0, 0.3, 1.5),
    "DRV_A": Point(205.0, 4.0, 1.5, 5.0),
    "DRV_KW": Point(98.0, 1.8, 0.5, 2.0),
    "RPM": Point(0.82, 0.002, 0.002, 0.01),
    "THRUST": Point(5.6, 0.15, 0.04, 0.2),
    "P_HEAD": Point(-42.0, 1.8, 1.2, 2.0),
    "P_TAIL": Point(-330.0, 6.0, 2.5, 8.0),
    "O2_TAIL": Point(8.8, 0.25, 0.08, 0.3),
    "SO2_TAIL": Point(9.55, 0.3, 0.12, 0.4),
    "HF_TAIL": Point(24.8, 0.4, 0.15, 0.5),
    "DEC_EST": Point(96.6, 0.12, 0.08, 0.15),
    "FREE_ACID": Point(9.2, 0.25, 0.1, 0.3),
    "OUT_T": Point(165.0, 2.5, 0.8, 3.0),
    "OUT_TPH": Point(CALCINE_T_H, 0.04, 0.04, 0.0),
    "GAMMA[]": Point(0.85, 0.03, 0.03, 0.05),
    "HF_AMB[]": Point(0.3, 0.04, 0.04, 0.04),
    "SO2_AMB[]": Point(0.4, 0.05, 0.06, 0.05),
    "SEAL_P": Point(8.0, 0.2, 0.1, 0.3),
    "STATE": RUN,
}
SCRAP_POINTS: Final[Mapping[str, float | tuple[float, ...]]] = {
    "BED_T[]": scrap_bed.USUAL_C,
    "GAS_T[]": (985.0, 960.0, 900.0, 790.0),
    "SH_T[]": (200.0, 215.0, 232.0, 246.0, 258.0, 266.0, 270.0, 264.0, 254.0, 240.0, 222.0, 200.0),
    "BRN[]_GAS": 45.0,
    "BRN[]_AIR": 520.0,
    "CONC_TPH": 3.6 * scrap_bed.SCRAP_KG_S,
    "ACID_TPH": 0.0,
    "RATIO": 0.0,
    "FREE_ACID": 0.0,
    "HF_TAIL": 0.0,
    "SO2_TAIL": 0.05,
    "HF_AMB[]": 0.05,
}
"""Where the scrap kiln stands otherwise than the roasters: it takes no acid. (A)"""
FAN_FULL: Final = 1.25
"""Current of the induced-draught fan at full speed, over the usual. (A)"""
SULPHUR_PER_FLUORIDE: Final = 0.35
NEAR_HEAD: Final = np.array([1.0, 0.7, 0.35, 0.2])
"""Share of the fluoride by the kiln head that each detector sees. (A)"""
FEEDS: Final = ("CONC_TPH", "ACID_TPH")
FIRES: Final = ("BRN[]_GAS", "BRN[]_AIR")


class RotaryKilns:
    """Draught and interlock every second, the beds behind them every tenth."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        scrap = bank.at_site(SCRAP_SITE)
        ore = np.setdiff1d(np.arange(len(bank)), scrap)
        for name, at in SCRAP_POINTS.items():
            bank.aim(name)[scrap] = at
        fluoride = np.ones(len(bank))
        fluoride[scrap] = 0.0
        self.draughts = draughts(fluoride)
        self._lost = around.faults.sizes(bank, "F15")
        self._calm = True
        self._missed_s = np.zeros(len(bank))
        self._fire, self._served = np.ones(len(bank)), np.ones(len(bank))
        self.roasting = RoastingLine(bank, ore, around) if len(ore) else None
        self.scrap = ScrapLine(bank, scrap, around) if len(scrap) else None
        names = (*FEEDS, *FIRES, "P_HEAD", "HF_AMB[]", "SO2_AMB[]", "IDF_A", "STATE")
        self._usual = {name: bank.aim(name).copy() for name in names}
        bank.value[:] = bank.target

    @property
    def made_t(self) -> float:
        """Oxides that the scrap kiln gave since the start."""
        return self.scrap.made_t if self.scrap else 0.0

    @property
    def made_reo_t(self) -> float:
        """The rare earth in them, as oxide."""
        return self.scrap.made_reo_t if self.scrap else 0.0

    def step(self, second: int) -> None:
        """Draw and, every tenth second, fire."""
        if not self._calm or self._lost.any():
            self._draw()
        if second % STEP_S == 0:
            self._fire_beds()

    def _fire_beds(self) -> None:
        feeds = 1.0 - self._missed_s / STEP_S
        self._missed_s[:] = 0.0
        fires = np.where(self.draughts.tripped, LOW_FIRE, 1.0)
        if self.roasting is not None:
            rows = self.roasting.rows
            self.roasting.step(feeds[rows], fires[rows])
            self._fire[rows], self._served[rows] = self.roasting.fire, self.roasting.served
        if self.scrap is not None:
            self.scrap.step(feeds[self.scrap.rows], fires[self.scrap.rows])
        self._feed()

    def _feed(self) -> None:
        for name in FEEDS:
            self.bank.aim(name)[:] = self.draughts.feeds * self._served * self._usual[name]

    def _draw(self) -> None:
        d, lost = self.draughts, self._lost != 0.0
        bank, usual = self.bank, self._usual
        step_draughts(d, lost, 1.0)
        judge_draughts(d, bank.now("P_HEAD"), bank.now("HF_AMB[]").max(axis=1), 1.0)
        self._missed_s += 1.0 - d.feeds
        self._feed()
        share = np.where(d.tripped, LOW_FIRE, self._fire)[:, None]
        for name in FIRES:
            bank.aim(name)[:] = share * usual[name]
        bank.aim("P_HEAD")[:] = usual["P_HEAD"] + d.head_pa - DRAUGHT_PA
        bank.aim("HF_AMB[]")[:] = usual["HF_AMB[]"] + np.outer(d.hall_ppm, NEAR_HEAD)
        bank.aim("SO2_AMB[]")[:] = usual["SO2_AMB[]"] + SULPHUR_PER_FLUORIDE * d.hall_ppm[:, None]
        bank.aim("IDF_A")[:] = np.where(d.tripped, FAN_FULL, 1.0) * usual["IDF_A"]
        bank.aim("STATE")[:] = np.where(d.tripped, HOLD, usual["STATE"])
        self._calm = d.calm


ROTARY_KILN: Final = UnitType(points=ROTARY_POINTS, model=RotaryKilns)
