"""Loss-in-weight feeders, one per cell of S10 (domain reference §12)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.cell import ElectrolysisCells, asked_kg_s

GRAMS_PER_REVOLUTION: Final = 6.5
WINDOW_S: Final = 600.0
LOT_S: Final = 8 * 3600
"""A new oxide lot every shift."""

POINTS: Final[Points] = {
    "SCR_RPM": Point(60.0, 0.0, 0.15, 0.0, 1.0),
    "SCR_TRQ": Point(38.0, 1.0, 0.8, 2.0),
    "GATE": Point(62.0, 0.5, 0.3, 1.5),
    "VIBR": Point(30.0, 0.0, 0.0, 0.0),
    "LIW_RATE": Point(392.0, 0.0, 2.0, 0.0, 2.0),
    "DOSE_ERR": Point(0.0, 0.0, 0.05, 0.0, 0.0),
    "COMM_OK": exact(1.0),
    "OX_LOT": EXACT,
    "CUM_DEV": Point(0.0, 0.0, 0.01, 0.0, 0.0),
}


class Feeders:
    """Feeder n of a site feeds cell n of the same site."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        cells = around.models.get("T_CELL")
        self._cells = cells if isinstance(cells, ElectrolysisCells) else None
        self._error = np.zeros(len(bank))
        self._of_cell = np.zeros(len(bank), np.intp)
        if self._cells is not None:
            place = {(unit.site, unit.number): i for i, unit in enumerate(self._cells.bank.units)}
            self._of_cell = np.array([place.get((unit.site, unit.number), 0) for unit in bank.units], np.intp)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Show what the feeders give their cells."""
        if self._cells is None:
            return
        cells, of_cell, bank = self._cells.cells, self._of_cell, self.bank
        given = 60_000.0 * cells.feed_kg_s[of_cell]
        asked = np.maximum(1.0, 60_000.0 * asked_kg_s(cells)[of_cell])
        self._error += (100.0 * (given / asked - 1.0) - self._error) / WINDOW_S
        bank.aim("SCR_RPM")[:] = given / GRAMS_PER_REVOLUTION
        bank.aim("LIW_RATE")[:] = given
        bank.aim("REFILL")[:] = self._cells.refilling[of_cell]
        bank.aim("DOSE_ERR")[:] = self._error
        bank.aim("CUM_DEV")[:] = cells.oxide_deviation_kg[of_cell]
        bank.aim("OX_LOT")[:] = 1000 + second // LOT_S % 10_000


FEEDER: Final = UnitType(points=POINTS, model=Feeders)
