"""AB5 alloy of S06: melting, annealing, PCT testing; and the mills of S06, S21 and S22 (domain reference §8)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.pieces import piece_kg
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Ramp, Step, Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.totals import Total, Totals

HEAT_KG: Final = 300.0
YIELD: Final = 0.978
HEATS_PER_DAY: Final = 3.0
HELD: Final = ("T_MELT[]", "T_TUN")
PUMPING: Final = {"PMP_A[]": 36.0}


class InductionFurnaces:
    """Heat numbers, weights and energy per heat."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 808
        self._argon = Totals(bank, around, [Total("AR_TOT", "AR_F", mean=1.6)])
        numbers = np.array([unit.number for unit in bank.units])
        self._base = numbers * 10_000.0 - timetable.first_cycle(around.month_s)
        bank.aim("HEAT_NO")[:] = self._base + timetable.cycle
        bank.aim("E_HEAT")[:] = np.where(timetable.step > 4, 230.0, 0.0)
        for furnace in range(len(bank)):
            self._weigh("CHG_WT", furnace, HEAT_KG)
            self._weigh("DIS_WT", furnace, HEAT_KG * YIELD)
        bank.value[:] = bank.target

    def _weigh(self, tag: str, furnace: int, kg: float) -> None:
        cycle = int(self.timetable.cycle[furnace])
        self.bank.aim(tag)[furnace] = piece_kg(kg, 0.3, 10.0, self._seed, cycle, 2 * furnace + (tag == "CHG_WT"))

    def step(self, second: int) -> None:
        """Count and weigh."""
        self._argon.step(second)
        bank, entered = self.bank, self.timetable.entered
        bank.aim("E_HEAT")[:] += bank.now("MF1") / 3600.0
        for furnace in entered.get("CHARGE", ()):
            bank.aim("HEAT_NO")[furnace] = self._base[furnace] + self.timetable.cycle[furnace]
            bank.aim("E_HEAT")[furnace] = 0.0
        for furnace in entered.get("PUMP", ()):
            self._weigh("CHG_WT", furnace, HEAT_KG)
        for furnace in entered.get("DISCHARGE", ()):
            self._weigh("DIS_WT", furnace, HEAT_KG * YIELD)


INDUCTION_FURNACE: Final = UnitType(
    points={
        "VAC[]": Point((1.8, 2.6), 0.1, 0.02, 0.1),
        "LEAK": Point(0.18, 0.02, 0.005, 0.02),
        "CH_P": Point(52.0, 0.4, 0.08, 0.5, 60.0),
        "AR_F": Point(0.0, 0.0, 0.2, 0.0, 6.0),
        "O2": Point(16.0, 1.5, 0.6, 2.0),
        "PMP_A[]": 19.0,
        "MF1": Point(0.0, 0.0, 0.6, 0.0, 20.0),
        "MF2": Point(0.0, 0.0, 2.0, 0.0, 12.0),
        "MF3": Point(0.0, 0.0, 1.0, 0.0, 12.0),
        "MF4": Point(0.0, 0.0, 2.0, 0.0, 10.0),
        "MF5": EXACT,
        "E_HEAT": EXACT,
        "COIL_LK": Point(8.0, 0.6, 0.4, 0.7),
        "T_MELT[]": Point((1458.0, 1456.0), 2.5, 1.6, 2.0, 20.0),
        "T_CRUC": Point(215.0, 4.0, 0.8, 6.0, 300.0),
        "TILT": Point(0.0, 0.0, 0.05, 0.0, 2.0),
        "MELT_WT": Point(0.0, 0.0, 0.3, 0.0, 4.0),
        "MOULD_T[]": Point(36.0, 1.0, 0.6, 1.5, 90.0),
        "WH_SPD": Point(1.6, 0.004, 0.002, 0.01),
        "CW_F[]": Point((22.0, 16.0, 18.0), 0.2, 0.1, 0.3),
        "CW_T[]": Point((29.0, 27.0, 30.0), 0.4, 0.06, 0.4, 60.0),
        "EM_LVL": Point(94.0, 0.3, 0.2, 0.8),
        "MG_VAP": Point(0.0, 0.0, 0.0, 0.0),
        "T_TUN": Point(1270.0, 4.0, 1.5, 5.0, 60.0),
        "CHG_WT": exact(HEAT_KG),
        "DIS_WT": exact(HEAT_KG * YIELD),
    },
    steps=(
        Step("CHARGE", 1, 30 * 60.0, {"MELT_WT": Ramp(HEAT_KG, 0.0), "DOOR": 1.0}, (*HELD, "CH_P")),
        Step("PUMP", 2, 35 * 60.0, {**PUMPING, "CH_P": 0.0, "MELT_WT": HEAT_KG}, HELD),
        Step("LEAK_TEST", 3, 10 * 60.0, {**PUMPING, "CH_P": 0.0, "MELT_WT": HEAT_KG}, HELD),
        Step(
            "MELT",
            4,
            55 * 60.0,
            {
                "AR_F": 5.0,
                "MELT_WT": HEAT_KG,
                "MF1": 230.0,
                "MF2": 1150.0,
                "MF3": 310.0,
                "MF4": 1480.0,
                "MF5": 230.0,
                "CW_T[]": (40.0, 31.0, 31.0),
                "T_CRUC": 252.0,
            },
            HELD,
        ),
        Step(
            "REFINE",
            5,
            15 * 60.0,
            {
                "AR_F": 1.5,
                "MELT_WT": HEAT_KG,
                "MF1": 85.0,
                "MF2": 700.0,
                "MF3": 190.0,
                "MF4": 1460.0,
                "MF5": 85.0,
                "CW_T[]": (35.0, 32.0, 31.0),
                "T_CRUC": 256.0,
            },
            ("T_TUN",),
        ),
        Step(
            "POUR",
            6,
            8 * 60.0,
            {
                "AR_F": 1.5,
                "MELT_WT": Ramp(4.0, HEAT_KG),
                "TILT": Ramp(84.0, 0.0),
                "MF1": 60.0,
                "MF2": 580.0,
                "MF3": 160.0,
                "MF4": 1465.0,
                "MF5": 60.0,
                "MOULD_T[]": 235.0,
                "CW_T[]": (33.0, 32.0, 38.0),
            },
        ),
        Step("COOL", 7, 120 * 60.0, {"AR_F": 0.8, "MOULD_T[]": Ramp(55.0), "MELT_WT": 1.0}, HELD),
        Step("VENT", 8, 6 * 60.0, {"MELT_WT": 1.0}, (*HELD, "CH_P")),
        Step("DISCHARGE", 9, 25 * 60.0, {"DOOR": 1.0}, (*HELD, "CH_P")),
        Step("IDLE", 0, 0.0, {}, (*HELD, "CH_P")),
    ),
    period_s=DAY_S / HEATS_PER_DAY,
    state_tag="STEP",
    model=InductionFurnaces,
)
"""Six furnaces, three heats of 300 kg a day each: 5.3 t a day, §8."""

SOAK_C: Final = 1000.0
SOAK_S: Final = 8 * 3600.0


class AnnealingFurnaces:
    """Set-points become temperatures; the soak is timed."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        self._offset = np.random.default_rng([around.seed, 0xA99]).normal(0.0, 0.6, (len(bank), 5))
        self._numbers = np.array([unit.number for unit in bank.units]) * 10_000.0
        self.step(around.second)
        bank.value[:] = bank.target
        bank.now("Z[]_T")[:] = bank.aim("Z[]_SP") + self._offset

    def step(self, second: int) -> None:
        """Follow the set-points."""
        bank, table = self.bank, self.timetable
        rising = bank.aim("Z[]_SP") - bank.now("Z[]_T")
        bank.aim("Z[]_T")[:] = bank.aim("Z[]_SP") + self._offset
        bank.aim("Z[]_OUT")[:] = np.clip(0.042 * bank.now("Z[]_T") + 0.9 * rising, 0.0, 86.0)
        bank.aim("SOAK_T")[:] = np.where(table.step == 3, np.floor((second - table.since) / 60.0), 0.0)
        bank.aim("LOT_ID")[:] = self._numbers + table.cycle % 9_000


ANNEALING_FURNACE: Final = UnitType(
    points={
        "Z[]_T": Point(25.0, 0.4, 0.15, 0.0, 120.0),
        "Z[]_SP": exact(25.0),
        "Z[]_OUT": Point(0.0, 0.0, 0.2, 0.0, 5.0),
        "VAC": Point(2.2, 0.12, 0.02, 0.15),
        "AR_P": Point(101.0, 0.3, 0.1, 0.0, 120.0),
        "SOAK_T": EXACT,
        "LOT_ID": EXACT,
    },
    steps=(
        Step("LOAD", 1, 30 * 60.0, {"Z[]_SP": 30.0}),
        Step("PUMP", 2, 40 * 60.0, {"Z[]_SP": 30.0, "AR_P": 0.0}),
        Step("HEAT_UP", 3, 150 * 60.0, {"Z[]_SP": Ramp(SOAK_C, 30.0), "AR_P": 55.0}),
        Step("SOAK", 4, SOAK_S, {"Z[]_SP": SOAK_C, "AR_P": 60.0}),
        Step("COOL", 5, 150 * 60.0, {"Z[]_SP": Ramp(60.0, SOAK_C), "AR_P": 80.0}),
        Step("UNLOAD", 6, 30 * 60.0, {"Z[]_SP": 40.0}),
        Step("IDLE", 0, 0.0, {"Z[]_SP": 30.0}),
    ),
    period_s=16 * 3600.0,
    model=AnnealingFurnaces,
)
MILL: Final = UnitType(
    points={
        "FEED_RATE": Point(156.0, 1.5, 0.8, 4.0),
        "CLS_RPM": Point(4200.0, 4.0, 3.0, 60.0),
        "O2": Point(38.0, 3.0, 1.5, 4.0),
        "T_GAS": Point(29.0, 0.6, 0.06, 1.0),
        "T_BRG[]": Point(54.0, 0.8, 0.08, 1.5),
        "D50": Point(34.0, 0.3, 0.05, 0.5),
        "D90": Point(72.0, 0.6, 0.1, 1.0),
        "YIELD": Point(98.4, 0.1, 0.05, 0.15),
        "STATE": 3.0,
    }
)
PLATEAU_MPA: Final = 0.176
"""AB5 at 25 °C, §8."""
PCT_RIG: Final = UnitType(
    points={
        "P_RES": Point(0.9, 0.002, 0.0003, 0.0, 600.0),
        "P_CELL": Point(0.001, 0.0, 0.0002, 0.0, 400.0),
        "T_CELL": Point(25.0, 0.02, 0.01, 0.01),
        "T_RES": Point(25.0, 0.04, 0.015, 0.03),
        "V_STAT": 16.0,
        "H_WT": Point(0.0, 0.0, 0.0006, 0.0, 300.0),
        "P_PLAT": Point(PLATEAU_MPA, 0.0, 0.0, 0.003),
        "SLOPE": Point(0.38, 0.0, 0.0, 0.03),
        "HYST": Point(0.21, 0.0, 0.0, 0.015),
        "CAP": Point(1.385, 0.0, 0.0, 0.004),
        "CYC": 3.0,
        "LEAK": Point(0.12, 0.01, 0.005, 0.015),
        "H2_AMB": Point(0.5, 0.1, 0.2, 0.0),
    },
    steps=(
        Step("EVACUATE", 0, 40 * 60.0, {"V_STAT": 16.0}),
        Step("ABSORB", 0, 150 * 60.0, {"V_STAT": 13.0, "P_CELL": Ramp(0.62, 0.02), "H_WT": Ramp(1.38, 0.0)}),
        Step("DESORB", 0, 140 * 60.0, {"V_STAT": 44.0, "P_CELL": Ramp(0.02, 0.62), "H_WT": Ramp(0.05, 1.38)}),
        Step("CHANGE", 0, 0.0, {"V_STAT": 2.0}),
    ),
    period_s=6 * 3600.0,
    state_tag="",
)
