"""Waste-water plant of S08 and the evaporators of S19: 520 t/d in, water and salt out (domain reference §10.2)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.totals import Total, Totals

FEED_M3_H: Final = 520.0 / 24.0
RECOVERY: Final = 0.55
DISTILLATE_T_H: Final = 207.1 / 24.0
BRINE_M3_H: Final = FEED_M3_H * (1.0 - RECOVERY)
CRYSTALS_T_H: Final = 25.8 / 24.0
PURGE_T_H: Final = 1.1 / 24.0
TRAINS: Final = 4
RUN: Final = 4.0

PRE_TREATMENT: Final = UnitType(
    points={
        "EQ[]_LVL": Point((48.0, 55.0, 61.0, 52.0), 3.0, 0.15, 0.0),
        "EQ[]_PH": Point((6.2, 6.8, 7.1, 6.9), 0.12, 0.02, 0.0),
        "EQ[]_COND": Point((62.0, 66.0, 64.0, 65.0), 1.2, 0.3, 0.0),
        "IN[]_F": Point((9.2, 7.4, FEED_M3_H - 16.6), 0.02, 0.03, 0.0),
        "IN[]_COND": Point((58.0, 71.0, 66.0), 1.5, 0.3, 0.0),
        "IN[]_NH3": Point((2850.0, 3400.0, 1900.0), 60.0, 12.0, 0.0),
        "DOSE[]": Point((210.0, 145.0, 62.0, 18.0, 95.0, 40.0), 1.5, 0.6, 0.0),
        "CLAR[]_TURB": Point(3.4, 0.25, 0.1, 0.3),
        "CLAR[]_TRQ": Point(31.0, 0.8, 0.3, 1.5),
        "F_ION[]": Point((4.6, 4.1), 0.25, 0.08, 0.0),
        "CA_MG[]": Point((1.9, 2.2), 0.12, 0.05, 0.0),
        "OIL": Point(0.8, 0.05, 0.03, 0.0),
        "COD": Point(34.0, 1.5, 0.5, 0.0),
        "TH_U": Point(9.0, 0.5, 0.15, 0.0),
        "STRIP_NH3": Point(5.2, 0.3, 0.1, 0.0),
        "PMP[]_A": Point(42.0, 0.6, 0.2, 2.0),
        "SUMP": Point(22.0, 2.0, 0.15, 0.0),
        "OUTFALL": exact(0.0),
    }
)
"""Three custody meters bring 520 t/d; the sealed outfall reads exactly zero."""


class Ultrafiltration:
    """Counts backwashes."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        bank.aim("BW_CNT")[:] = timetable.begun("BACKWASH", around.month_s)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """One more when a backwash starts; hours since the last chemical wash, once in four days."""
        for skid in self.timetable.entered.get("BACKWASH", ()):
            self.bank.aim("BW_CNT")[skid] += 1.0
        self.bank.aim("CEB_T")[:] = (second / 3600.0 + 24.0 * np.arange(len(self.bank))) % 96.0


ULTRAFILTRATION: Final = UnitType(
    points={
        "F_FEED": Point(FEED_M3_H / 3.0 * 1.015, 0.03, 0.03, 0.0),
        "F_PERM": Point(FEED_M3_H / 3.0, 0.03, 0.03, 0.0),
        "P_IN": Point(148.0, 2.0, 0.5, 3.0),
        "P_OUT": Point(96.0, 1.5, 0.4, 2.0),
        "TMP": Point(46.0, 1.2, 0.3, 1.5),
        "FLUX": Point(58.0, 0.5, 0.2, 0.6),
        "TURB": Point(0.052, 0.004, 0.001, 0.003),
        "PMP_A": Point(21.0, 0.2, 0.08, 0.4),
        "V_POS[]": Point((64.0, 0.0), 0.4, 0.1, 0.0),
        "CEB_T": EXACT,
    },
    steps=(
        Step("FILTER", 1, 1740.0, {"V_POS[]": (64.0, 0.0)}),
        Step("BACKWASH", 2, 0.0, {"V_POS[]": (0.0, 82.0)}),
    ),
    period_s=1800.0,
    model=Ultrafiltration,
)


class OsmosisTrains:
    """Each train's permeate and concentrate are its feed."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self._kwh = bank.aim("KWH")
        self._kw = 6.0 * FEED_M3_H / max(1, len(bank))
        self._kwh[:] = self._kw * around.totalised_s / 3600.0
        self._cip_h = np.arange(len(bank)) * 170.0
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Split the feed, 6 kWh per m³."""
        bank = self.bank
        bank.aim("F_CONC")[:] = bank.now("F_FEED") - bank.now("F_PERM")
        bank.aim("REC")[:] = 100.0 * bank.now("F_PERM") / np.maximum(0.1, bank.now("F_FEED"))
        self._kwh += 6.0 * bank.now("F_FEED") / 3600.0
        bank.aim("CIP_T")[:] = (second / 3600.0 + self._cip_h) % 720.0


OSMOSIS: Final = UnitType(
    points={
        "F_FEED": Point(FEED_M3_H / TRAINS, 0.0, 0.012, 0.0),
        "F_PERM": Point(RECOVERY * FEED_M3_H / TRAINS, 0.0, 0.008, 0.0),
        "F_CONC": Point((1.0 - RECOVERY) * FEED_M3_H / TRAINS, 0.0, 0.008, 0.0, 0.0),
        "P_FEED": Point(6.6, 0.04, 0.008, 0.05),
        "P_PERM": Point(42.0, 1.5, 0.3, 2.0),
        "P_CONC": Point(6.38, 0.04, 0.008, 0.05),
        "DP": Point(164.0, 3.0, 0.6, 5.0),
        "T_FEED": Point(26.5, 0.4, 0.05, 0.3),
        "C_FEED": Point(64.0, 0.5, 0.08, 0.5),
        "C_PERM": Point(0.38, 0.015, 0.003, 0.02),
        "C_CONC": Point(134.0, 0.9, 0.15, 1.0),
        "PH": Point(6.9, 0.05, 0.015, 0.05),
        "ORP": Point(112.0, 6.0, 1.5, 5.0),
        "NPF": Point(97.0, 0.4, 0.1, 0.8),
        "SR": Point(99.1, 0.04, 0.015, 0.05),
        "REC": Point(55.0, 0.0, 0.1, 0.0, 0.0),
        "HPP_A": Point(82.0, 0.8, 0.2, 1.2),
        "HPP_HZ": Point(46.2, 0.1, 0.03, 0.2),
        "AS_DOSE": Point(310.0, 2.0, 1.0, 5.0),
        "V_CONC": Point(41.0, 0.4, 0.1, 0.6),
        "CIP_T": EXACT,
        "STATE": 2.0,
    },
    model=OsmosisTrains,
)

S19_DISTILLATE_T_H: Final = 11.5
"""S19's four evaporators, fed 13 t/h each after the membranes; the meter's range ends at 12. (A)"""
SPECIFIC_KWH_T: Final = 38.0


class Evaporators:
    """Distillate, brine and compressor power of each unit agree."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        distillate = np.full(len(bank), DISTILLATE_T_H / 2.0)
        distillate[bank.at_site("S19")] = S19_DISTILLATE_T_H
        feed = distillate * BRINE_M3_H / DISTILLATE_T_H
        bank.aim("F_COND")[:], bank.aim("F_FEED")[:] = distillate, feed
        bank.value[:] = bank.target
        self._energy = Totals(bank, around, [Total("KWH", "CMP_KW", mean=None)])
        bank.aim("KWH")[:] = SPECIFIC_KWH_T * distillate * around.totalised_s / 3600.0
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Power follows distillate; pressure ratio follows the pressures."""
        bank = self.bank
        self._energy.step(second)
        power = SPECIFIC_KWH_T * bank.now("F_COND")
        bank.aim("CMP_KW")[:] = power
        bank.aim("CMP_A")[:] = power * 0.96
        bank.aim("SEC")[:] = bank.now("CMP_KW") / np.maximum(0.1, bank.now("F_COND"))
        bank.aim("CMP_PR")[:] = bank.now("P_DIS") / np.maximum(1.0, bank.now("P_SUC"))


EVAPORATOR: Final = UnitType(
    points={
        "F_FEED": Point(4.88, 0.01, 0.015, 0.0),
        "F_COND": Point(4.31, 0.01, 0.012, 0.0),
        "F_STM": Point(0.12, 0.008, 0.002, 0.008),
        "LVL[]": Point((52.0, 56.0), 1.2, 0.3, 1.5),
        "T_EV[]": Point((97.2, 97.6, 98.0, 98.3), 0.25, 0.06, 0.2),
        "P_EV": Point(87.0, 0.5, 0.1, 0.5),
        "T_SAT": Point(95.6, 0.15, 0.05, 0.0),
        "BPE": Point(7.9, 0.12, 0.04, 0.1),
        "CMP_HZ": Point(57.0, 0.1, 0.03, 0.3),
        "CMP_A": Point(160.0, 0.0, 0.6, 0.0, 2.0),
        "CMP_KW": Point(166.0, 0.0, 0.5, 0.0, 4.0),
        "CMP_PR": Point(1.65, 0.0, 0.002, 0.0, 0.0),
        "CMP_TO": Point(108.0, 0.4, 0.08, 0.6),
        "CMP_BT[]": Point(61.0, 0.7, 0.08, 1.2),
        "CMP_OILP": Point(0.24, 0.002, 0.001, 0.004),
        "SURGE": Point(28.0, 0.8, 0.3, 1.0),
        "P_SUC": Point(85.0, 0.3, 0.08, 0.3),
        "P_DIS": Point(140.2, 0.5, 0.12, 0.5),
        "DT_HX": Point(6.4, 0.08, 0.015, 0.1),
        "U_HX": Point(1480.0, 12.0, 3.0, 20.0),
        "C_COND": Point(58.0, 4.0, 1.0, 5.0),
        "NH3_COND": Point(4.6, 0.3, 0.1, 0.3),
        "DENS": Point(1198.0, 1.5, 0.3, 2.0),
        "SOLIDS": Point(11.0, 0.4, 0.1, 0.5),
        "FOAM": Point(12.0, 1.5, 0.8, 1.0),
        "VACP_A": Point(22.0, 0.2, 0.08, 0.4),
        "SEAL_F": Point(11.0, 0.2, 0.08, 0.3),
        "V_STEAM": Point(18.0, 0.5, 0.1, 0.8),
        "V_DISCH": Point(34.0, 0.6, 0.1, 0.8),
        "SEC": Point(SPECIFIC_KWH_T, 0.0, 0.1, 0.0, 0.0),
        "STATE": RUN,
    },
    model=Evaporators,
)

BAG_T: Final = 1.0


class Crystallisers:
    """Salt to the belt scale and into bags of a tonne."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        salt = np.full(len(bank), CRYSTALS_T_H / 2.0)
        salt[bank.at_site("S19")] = 150.0 / 24.0 / 3.0
        bank.aim("SALT_WT")[:] = salt
        bank.value[:] = bank.target
        self._salt = Totals(bank, around, [Total("SALT_TOT", "SALT_WT")])
        self._bags(around)
        self._lots = np.array([unit.number for unit in bank.units]) * 10_000.0
        self.step(around.second)
        bank.value[:] = bank.target

    def _bags(self, around: Surroundings) -> None:
        self.bank.aim("BAG_CNT")[:] = np.floor(self.bank.aim("SALT_TOT") / BAG_T)

    def step(self, second: int) -> None:
        """Totalise and bag."""
        self._salt.step(second)
        self.bank.aim("BAG_CNT")[:] = np.floor(self.bank.aim("SALT_TOT") / BAG_T)
        self.bank.aim("LOT_ID")[:] = self._lots + second // 28_800 % 9_000


CRYSTALLISER: Final = UnitType(
    points={
        "T_CR": Point(88.0, 0.3, 0.08, 0.4),
        "DENS": Point(1262.0, 1.5, 0.3, 2.0),
        "CF_RPM": Point(1480.0, 2.0, 1.0, 10.0),
        "CF_VIB[]": Point(2.8, 0.12, 0.06, 0.15),
        "ML_F": Point(3.6, 0.04, 0.015, 0.1),
        "PURGE_F": Point(PURGE_T_H / 2.0, 0.001, 0.0005, 0.0),
        "DRY_TI": Point(138.0, 1.2, 0.2, 1.5),
        "DRY_FAN_A": Point(46.0, 0.4, 0.15, 0.8),
        "SALT_WT": Point(CRYSTALS_T_H / 2.0, 0.003, 0.003, 0.0),
        "MOIST": Point(0.72, 0.04, 0.012, 0.03),
        "N_PCT": Point(24.6, 0.06, 0.02, 0.08),
        "CL_PCT": Point(61.0, 0.15, 0.04, 0.2),
        "STATE": 3.0,
    },
    model=Crystallisers,
)
TANK: Final = UnitType(
    points={
        "LVL": Point(53.0, 2.5, 0.12, 6.0),
        "TEMP": Point(27.0, 0.5, 0.05, 1.5),
        "COND": Point(84.0, 1.5, 0.25, 6.0),
        "PH": Point(6.8, 0.08, 0.012, 0.15),
        "F_OUT": Point(9.5, 0.15, 0.04, 0.8),
    }
)
