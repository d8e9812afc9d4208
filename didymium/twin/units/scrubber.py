"""Fume trains behind the cells: bag filter, alkaline tower, stack analysers (domain reference §5)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.cell import ElectrolysisCells

CF4_BACKGROUND_PPM: Final = 0.6
CF4_PPM_PER_EFFECT: Final = 24.0
"""One cell in anode effect in the fume of a train of about 18 cells. (A)"""
C2F6_SHARE: Final = 0.12
CO2_PER_CELL: Final = 0.035

POINTS: Final[Points] = {
    "FAN_HZ": 42.0,
    "FAN_A": 225.0,
    "T_IN": Point(88.0, 1.5, 0.2, 2.0),
    "T_OUT": Point(42.0, 0.8, 0.1, 1.0),
    "DP_BAG": Point(1080.0, 25.0, 6.0, 40.0),
    "HF": Point(0.9, 0.12, 0.05, 0.1),
    "DUST": Point(2.6, 0.25, 0.08, 0.3),
    "CF4": Point(CF4_BACKGROUND_PPM, 0.05, 0.08, 0.0, 40.0),
    "C2F6": Point(CF4_BACKGROUND_PPM * C2F6_SHARE, 0.01, 0.02, 0.0, 40.0),
    "CO": Point(95.0, 6.0, 2.0, 5.0),
    "CO2": Point(0.62, 0.01, 0.003, 0.01, 30.0),
    "STACK_F": Point(62.0, 0.6, 0.2, 1.5),
    "STATE": 2.0,
}


class Scrubbers:
    """The cells of a site are dealt out evenly over its trains; an anode effect shows as CF4 in its stack."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        cells = around.models.get("T_CELL")
        self._cells = cells if isinstance(cells, ElectrolysisCells) else None
        self._of_cell = np.full(len(self._cells.bank) if self._cells else 0, -1, np.intp)
        if self._cells is not None:
            for site in {unit.site for unit in bank.units}:
                trains, served = bank.at_site(site), self._cells.bank.at_site(site)
                self._of_cell[served] = trains[np.arange(len(served)) * len(trains) // max(1, len(served))]
        self._served = np.flatnonzero(self._of_cell >= 0)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Carry the cells' gas to the stacks."""
        if self._cells is None:
            return
        cells, n = self._cells.cells, len(self.bank)
        to, served = self._of_cell[self._served], self._served
        cf4 = CF4_BACKGROUND_PPM + CF4_PPM_PER_EFFECT * np.bincount(to, cells.in_effect[served], n)
        share = (cells.current_ka / 14.0)[served]
        self.bank.aim("CF4")[:] = cf4
        self.bank.aim("C2F6")[:] = C2F6_SHARE * cf4
        self.bank.aim("CO2")[:] = 0.04 + CO2_PER_CELL * np.bincount(to, share, n)


SCRUBBER: Final = UnitType(points=POINTS, model=Scrubbers)
