"""Charge batching cells of S05: eight bins, one recipe, a charge for every heat (domain reference §7)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.noise import normal
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Ramp, Step, Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.strip_caster import CHARGE_KG, FURNACES
from didymium.twin.units.strip_caster import PERIOD_S as HEAT_PERIOD_S

RECIPE_KG: Final = np.array([295.0, 560.0, 52.0, 12.0, 2.0, 4.0, 5.0, 70.0])
"""PrNd, Fe, FeB, Co, Cu, Al, Ga/Zr, returns for a heat of 1,000 kg. (A)"""
FULL_KG: Final = np.array([1400.0, 1450.0, 900.0, 400.0, 120.0, 160.0, 160.0, 1200.0])
DOSE_S: Final = 1200.0
CELLS: Final = 8


class BatchingCells:
    """Bins go down while a charge is dosed and are filled up again when the next would not fit."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 505
        rng = np.random.default_rng([around.seed, 0xBA7])
        self._bins_kg = FULL_KG * rng.uniform(0.7, 1.0, (len(bank), len(FULL_KG)))
        self._numbers = np.array([unit.number for unit in bank.units]) * 10_000.0
        bank.aim("RECIPE")[:] = 4012.0
        self._number(range(len(bank)))
        self.step(around.second)
        bank.value[:] = bank.target

    def _number(self, cells: range | list[int]) -> None:
        for cell in cells:
            cycle = int(self.timetable.cycle[cell])
            self.bank.aim("HEAT_NO")[cell] = self._numbers[cell] + cycle % 9_000
            self.bank.aim("LOT_SCAN")[cell] = 500_000.0 + self._numbers[cell] / 10.0 + cycle % 900
            self.bank.aim("ERR")[cell] = 0.02 * normal(self._seed, cycle, cell)
            self.bank.aim("TRE_CALC")[cell] = 30.2 + 0.12 * normal(self._seed, cycle, cell + 100)

    def step(self, second: int) -> None:
        """Dose."""
        dosing = self.timetable.step == 1
        self._bins_kg[dosing] -= RECIPE_KG / DOSE_S
        for cell in self.timetable.entered.get("CHECK", ()):
            low = self._bins_kg[cell] < RECIPE_KG + 0.12 * FULL_KG
            self._bins_kg[cell, low] = FULL_KG[low]
        np.maximum(self._bins_kg, 1.0, out=self._bins_kg)
        self.bank.aim("BIN_WT[]")[:] = self._bins_kg
        self._number(self.timetable.entered.get("SCAN", []))


BATCHING: Final = UnitType(
    points={
        "BIN_WT[]": Point(700.0, 0.0, 0.03, 0.0, 4.0),
        "DOSE_WT": Point(0.0, 0.0, 0.01, 0.0, 2.0),
        "TRE_CALC": exact(30.2),
        "ERR": Point(0.0, 0.0, 0.0, 0.0, 0.0),
        "HEAT_NO": EXACT,
        "LOT_SCAN": EXACT,
    },
    steps=(
        Step("SCAN", 1, 140.0, {"DOSE_WT": 0.0}),
        Step("DOSE", 2, DOSE_S, {"DOSE_WT": Ramp(CHARGE_KG, 0.0)}),
        Step("CHECK", 3, 130.0, {"DOSE_WT": CHARGE_KG}),
        Step("RELEASE", 4, 160.0, {"DOSE_WT": CHARGE_KG}),
        Step("IDLE", 0, 0.0),
    ),
    period_s=CELLS * HEAT_PERIOD_S / FURNACES,
    model=BatchingCells,
)
