"""Vacuum induction strip casters: the 1,000 kg heat of domain reference §7.2, 54 furnaces out of phase.

Instruments that mean nothing outside their step hold their last valid sample, as their PLC does: the pyrometer
outside refining and pouring, the thickness laser and the tundish outside pouring, the chamber gauge, shut off to
save it, while the door may be open.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.pieces import piece_kg
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Ramp, Step, Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.totals import Total, Totals

CHARGE_KG: Final = 1000.0
YIELD: Final = 0.985
DAY_KG: Final = 268_000.0
FURNACES: Final = 54
PERIOD_S: Final = FURNACES * CHARGE_KG * YIELD * 86_400.0 / DAY_KG
"""A furnace starts a heat so often that 54 of them cast 268 t/d; the 257 minutes of §7.2 leave half an hour idle."""
ATMOSPHERE_PA: Final = 1.0e5
HELD: Final = ("T_MELT", "THK", "T_TUN", "LVL_TUN")
PUMPING: Final = {"RTS_A": 38.0, "RTS_HZ": 45.0, "MECH_A[]": 34.0}

POINTS: Final[Points] = {
    "VAC_LO": Point(ATMOSPHERE_PA, 0.0, 0.0, 0.0, 75.0),
    "VAC_HI": Point(1.6, 0.12, 0.02, 0.1),
    "LEAK": Point(0.16, 0.02, 0.005, 0.02),
    "CH_P": Point(50.0, 0.2, 0.08, 0.5, 75.0),
    "AR_F": Point(0.0, 0.0, 0.3, 0.0, 6.0),
    "O2": Point(11.0, 1.2, 0.6, 1.5),
    "DEW": Point(-64.0, 0.8, 0.15, 1.2),
    "RTS_A": 0.0,
    "RTS_HZ": 0.0,
    "MECH_A[]": 21.0,
    "PMP_T": Point(58.0, 0.8, 0.1, 1.5),
    "VLV": 64.0,
    "FORE_P": Point(ATMOSPHERE_PA, 0.0, 0.0, 0.0, 70.0),
    "MF_KW": Point(0.0, 0.0, 0.6, 0.0, 25.0),
    "MF_V": Point(0.0, 0.0, 3.0, 0.0, 15.0),
    "MF_A": Point(0.0, 0.0, 2.0, 0.0, 15.0),
    "MF_HZ": Point(0.0, 0.0, 2.0, 0.0, 10.0),
    "KW_SP": EXACT,
    "E_HEAT": EXACT,
    "COIL_LK": Point(9.0, 0.7, 0.4, 0.8),
    "T_MELT": Point(1461.0, 2.5, 2.0, 2.0, 20.0),
    "T_TC": Point(25.0, 0.0, 1.0, 0.0, 30.0),
    "T_CRUC": Point(225.0, 4.0, 1.0, 8.0, 300.0),
    "TILT": Point(0.0, 0.0, 0.05, 0.0, 2.0),
    "TILT_R": Point(0.0, 0.0, 0.005, 0.0, 2.0),
    "MELT_WT": Point(0.0, 0.0, 0.8, 0.0, 4.0),
    "T_TUN": Point(1285.0, 5.0, 2.0, 6.0, 60.0),
    "LVL_TUN": Point(29.0, 0.8, 0.6, 0.6, 5.0),
    "RPM": Point(38.2, 0.05, 0.06, 0.1),
    "SPD": Point(1.2, 0.004, 0.002, 0.004),
    "WH_A": Point(9.0, 0.0, 0.15, 0.0, 15.0),
    "WH_CWI": Point(22.5, 0.3, 0.05, 0.3),
    "WH_CWO": Point(23.5, 0.2, 0.05, 0.2, 40.0),
    "WH_CWF": Point(27.5, 0.2, 0.1, 0.4),
    "WH_SURF": Point(38.0, 1.5, 1.2, 1.5, 25.0),
    "THK": Point(0.292, 0.004, 0.006, 0.004, 5.0),
    "FLK_T": Point(60.0, 2.0, 3.0, 2.0, 40.0),
    "DRUM_RPM": Point(3.2, 0.02, 0.02, 0.04),
    "DRUM_T": Point(40.0, 0.5, 0.5, 0.5, 60.0),
    "CFAN_A": Point(14.0, 0.2, 0.15, 0.3),
    "COOL_T": EXACT,
    "CO_CWF": Point(27.0, 0.2, 0.1, 0.4),
    "CO_CWT": Point(26.0, 0.4, 0.08, 0.4, 60.0),
    "BD_CWT": Point(27.0, 0.4, 0.08, 0.4, 90.0),
    "EM_LVL": Point(95.0, 0.3, 0.2, 0.8),
    "CHG_WT": exact(CHARGE_KG),
    "DIS_WT": exact(CHARGE_KG * YIELD),
}

STEPS: Final = (
    Step(
        "CHARGE",
        1,
        25 * 60.0,
        {"MELT_WT": Ramp(CHARGE_KG, 0.0), "DOOR": 1.0, "DRUM_T": 38.0, "VLV": 96.0, "T_TC": 25.0},
        (*HELD, "CH_P", "T_CRUC"),
    ),
    Step(
        "PUMP",
        2,
        25 * 60.0,
        {**PUMPING, "VAC_LO": 1.5, "FORE_P": 9.0, "CH_P": 0.0, "VLV": 67.0, "MELT_WT": CHARGE_KG, "T_TC": 25.0},
        (*HELD, "T_CRUC"),
    ),
    Step(
        "BAKE",
        3,
        10 * 60.0,
        {
            **PUMPING,
            "VAC_LO": 5.5,
            "FORE_P": 22.0,
            "CH_P": 0.0,
            "VLV": 71.0,
            "MELT_WT": CHARGE_KG,
            "MF_KW": 125.0,
            "KW_SP": 125.0,
            "MF_V": 640.0,
            "MF_A": 280.0,
            "MF_HZ": 1010.0,
            "T_TC": Ramp(330.0, 25.0),
            "CO_CWT": 29.0,
        },
        HELD,
    ),
    Step(
        "MELT",
        4,
        60 * 60.0,
        {
            "VAC_LO": 5.0e4,
            "FORE_P": 5.0e4,
            "AR_F": 6.5,
            "VLV": 72.0,
            "MELT_WT": CHARGE_KG,
            "MF_KW": 560.0,
            "KW_SP": 560.0,
            "MF_V": 1380.0,
            "MF_A": 610.0,
            "MF_HZ": 965.0,
            "T_TC": Ramp(1462.0, 330.0),
            "CO_CWT": 41.0,
            "BD_CWT": 34.0,
            "T_CRUC": 262.0,
        },
        HELD,
    ),
    Step(
        "REFINE",
        5,
        12 * 60.0,
        {
            "VAC_LO": 5.0e4,
            "FORE_P": 5.0e4,
            "AR_F": 2.0,
            "VLV": 72.0,
            "MELT_WT": CHARGE_KG,
            "MF_KW": 190.0,
            "KW_SP": 190.0,
            "MF_V": 790.0,
            "MF_A": 350.0,
            "MF_HZ": 940.0,
            "T_TC": 1462.0,
            "CO_CWT": 34.0,
            "BD_CWT": 36.0,
            "T_CRUC": 268.0,
        },
        ("THK", "T_TUN", "LVL_TUN"),
    ),
    Step(
        "POUR",
        6,
        25 * 60.0,
        {
            "VAC_LO": 5.0e4,
            "FORE_P": 5.0e4,
            "AR_F": 2.0,
            "VLV": 72.0,
            "MELT_WT": Ramp(14.0, CHARGE_KG),
            "MF_KW": 140.0,
            "KW_SP": 140.0,
            "MF_V": 690.0,
            "MF_A": 300.0,
            "MF_HZ": 950.0,
            "T_TC": 1458.0,
            "CO_CWT": 33.0,
            "BD_CWT": 37.0,
            "TILT": Ramp(86.0, 0.0),
            "TILT_R": 0.06,
            "WH_A": 21.0,
            "WH_CWO": 37.0,
            "WH_SURF": 148.0,
            "FLK_T": 585.0,
            "DRUM_T": Ramp(540.0, 60.0),
            "T_CRUC": 268.0,
            "CFAN_A": 33.0,
        },
    ),
    Step(
        "COOL",
        7,
        75 * 60.0,
        {
            "VAC_LO": 5.7e4,
            "FORE_P": 5.7e4,
            "CH_P": 56.5,
            "AR_F": 3.0,
            "VLV": 72.0,
            "DRUM_T": Ramp(55.0),
            "CFAN_A": 35.0,
            "T_TC": Ramp(180.0),
            "MELT_WT": 2.0,
        },
        HELD,
    ),
    Step("VENT", 8, 5 * 60.0, {"VLV": 80.0, "DRUM_T": 54.0, "MELT_WT": 2.0, "T_TC": 150.0}, (*HELD, "CH_P")),
    Step("DISCHARGE", 9, 20 * 60.0, {"DOOR": 1.0, "DRUM_T": 45.0, "T_TC": Ramp(60.0)}, (*HELD, "CH_P")),
    Step("IDLE", 0, 0.0, {"T_TC": 40.0}, (*HELD, "CH_P")),
)


class StripCasters:
    """Heat numbers, weights, energy per heat and argon of all furnaces."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        self._seed = around.seed + 707
        self._argon = Totals(bank, around, [Total("AR_TOT", "AR_F", mean=2.7)])
        n = len(bank)
        numbers = np.array([unit.number for unit in bank.units])
        self._heat_base = numbers * 10_000 - timetable.first_cycle(around.month_s)
        heat = self._heat_base + timetable.cycle
        bank.aim("HEAT_NO")[:] = heat
        melted = np.minimum(1.0, np.maximum(0.0, (timetable.step - 3) / 3.0))
        bank.aim("E_HEAT")[:] = 640.0 * melted
        for i in range(n):
            bank.aim("CHG_WT")[i] = self._charge_kg(i)
            bank.aim("DIS_WT")[i] = self._cast_kg(i, int(timetable.cycle[i]) - (timetable.step[i] < 8))
        bank.value[:] = bank.target

    def _charge_kg(self, furnace: int) -> float:
        cycle = int(self.timetable.cycle[furnace])
        return piece_kg(CHARGE_KG, 0.3, 10.0, self._seed, cycle, furnace)

    def _cast_kg(self, furnace: int, cycle: int) -> float:
        return piece_kg(CHARGE_KG * YIELD, 1.5, 10.0, self._seed + 1, cycle, furnace)

    def step(self, second: int) -> None:
        """Count and weigh."""
        self._argon.step(second)
        bank, entered = self.bank, self.timetable.entered
        bank.aim("E_HEAT")[:] += bank.now("MF_KW") / 3600.0
        cooling = self.timetable.step == 6
        bank.aim("COOL_T")[cooling] = np.floor(second - self.timetable.since[cooling])
        for furnace in entered.get("CHARGE", ()):
            bank.aim("HEAT_NO")[furnace] = self._heat_base[furnace] + self.timetable.cycle[furnace]
            bank.aim("E_HEAT")[furnace] = 0.0
        for furnace in entered.get("PUMP", ()):
            bank.aim("CHG_WT")[furnace] = self._charge_kg(furnace)
        for furnace in entered.get("DISCHARGE", ()):
            bank.aim("DIS_WT")[furnace] = self._cast_kg(furnace, int(self.timetable.cycle[furnace]))


STRIP_CASTER: Final = UnitType(points=POINTS, steps=STEPS, period_s=PERIOD_S, state_tag="STEP", model=StripCasters)
