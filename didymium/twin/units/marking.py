"""Casting and marking stations of S04: 864 pieces a day, each from its own cell's tap (domain reference §6)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.noise import normal
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.cell import ElectrolysisCells

PIECES_PER_DAY: Final = 864.0
STATIONS: Final = 3
PERIOD_S: Final = STATIONS * DAY_S / PIECES_PER_DAY
REJECTS: Final = 67
"""1.5 % of the pieces have inclusions and are reworked, §6."""
OVERDUE: Final = 1.5
"""A cell that was not tapped for so many of its periods has no piece to be marked."""


class MarkingStations:
    """Station k marks the pieces of a third of the cells, one after the other; every cell taps once an hour."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 404
        cells = around.models.get("T_CELL")
        self._cells = cells if isinstance(cells, ElectrolysisCells) else None
        of_site = self._cells.bank.at_site(bank.units[0].site) if self._cells else np.empty(0, np.intp)
        self._served = [of_site[k :: len(bank)] for k in range(len(bank))]
        self._swapping = around.faults.sizes(bank, "F22")
        self._labels_off = np.zeros(len(bank))
        self._swapped = np.zeros(len(bank), np.bool_)
        made = timetable.begun("MARK", around.month_s)
        self._number = np.array([unit.number for unit in bank.units]) * 1_000_000.0 + made
        bank.aim("PIECE_ID")[:] = self._number
        bank.aim("REJ_CNT")[:] = made // REJECTS
        for station in range(len(bank)):
            self._weigh(station)
        bank.value[:] = bank.target

    def _cell(self, station: int) -> int:
        """The cell whose turn it is at a station, -1 where there is none."""
        served = self._served[station]
        return int(served[int(self.timetable.cycle[station]) % len(served)]) if len(served) else -1

    def _tapped(self, station: int) -> bool:
        """Whether the cell has been tapped since its last turn; one without current has not."""
        cell = self._cell(station)
        if self._cells is None or cell < 0:
            return True
        cells = self._cells.cells
        return bool(cells.since_tap_s[cell] < OVERDUE * cells.tap_s[cell])

    def _weigh(self, station: int) -> None:
        cell = self._cell(station)
        if self._cells is None or cell < 0 or not self._tapped(station):
            return
        self.bank.aim("CELL_ID")[station] = self._cells.bank.units[cell].number
        self.bank.aim("PIECE_WT")[station] = self._cells.cells.tap_kg[cell]
        cycle = int(self.timetable.cycle[station])
        self.bank.aim("XRF_PR")[station] = 25.0 + 0.18 * normal(self._seed, cycle, station)
        self.bank.aim("XRF_FE")[station] = 0.12 + 0.012 * normal(self._seed, cycle, station + 50)
        self.bank.aim("SURF_GRADE")[station] = 93.0 + 1.5 * normal(self._seed, cycle, station + 100)

    def step(self, second: int) -> None:
        """Weigh, mark and number each piece."""
        self._swapped &= self._swapping > 0.0
        for station in self.timetable.entered.get("BRUSH", ()):
            self._weigh(station)
        for station in self.timetable.entered.get("MARK", ()):
            if self._tapped(station):
                self._mark(station)

    def _mark(self, station: int) -> None:
        """Give the piece its number. When labels are swapped, a piece gets the next one's and the next one gets its."""
        self._number[station] += 1.0
        if self._labels_off[station] > 0.0:
            self._labels_off[station] = -1.0
        elif self._swapping[station] > 0.0 and not self._swapped[station]:
            self._labels_off[station], self._swapped[station] = 1.0, True
        else:
            self._labels_off[station] = 0.0
        self.bank.aim("PIECE_ID")[station] = self._number[station] + self._labels_off[station]
        if self._number[station] % REJECTS == 0.0:
            self.bank.aim("REJ_CNT")[station] += 1.0


MARKING: Final = UnitType(
    points={
        "PIECE_WT": exact(11.0),
        "CELL_ID": 1.0,
        "SURF_GRADE": Point(93.0, 0.0, 0.0, 0.0, 0.0),
        "LASER_PW": Point(0.0, 0.0, 0.15, 0.0, 1.0),
        "MARK_OK": 1.0,
        "XRF_PR": Point(25.0, 0.0, 0.0, 0.0, 0.0),
        "XRF_FE": Point(0.12, 0.0, 0.0, 0.0, 0.0),
        "CYC_T": exact(88.0),
        "TEMP": Point(42.0, 0.8, 0.6, 1.0, 60.0),
    },
    steps=(
        Step("CAST", 1, 60.0),
        Step("COOL", 2, 90.0),
        Step("BRUSH", 3, 55.0),
        Step("MARK", 4, 33.0, {"LASER_PW": 38.0}),
        Step("IDLE", 0, 0.0),
    ),
    period_s=PERIOD_S,
    model=MarkingStations,
)
