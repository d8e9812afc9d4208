"""Rectifier cabinets: one module per cell, so the cabinet's current is the sum of its cells' (domain reference §5)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.cell import ElectrolysisCells

EFFICIENCY: Final = 0.94
POWER_FACTOR: Final = 0.95
BUS_V: Final = 0.25
"""Voltage lost between cabinet and cell."""
LINE_KV: Final = 10.0
RUNNING: Final = 3.0

POINTS: Final[Points] = {
    "DC_KA": Point(70.0, 0.0, 0.02, 0.0, 0.0),
    "DC_V": Point(8.6, 0.0, 0.01, 0.0, 0.0),
    "KA_SP": EXACT,
    "AC_KV": Point(LINE_KV, 0.03, 0.01, 0.02),
    "AC_A[]": Point(40.0, 0.0, 0.1, 0.0, 0.0),
    "PF": Point(POWER_FACTOR, 0.002, 0.001, 0.003),
    "KW": Point(600.0, 0.0, 0.6, 0.0, 0.0),
    "KVAR": Point(200.0, 0.0, 0.8, 0.0, 0.0),
    "THD": Point(3.2, 0.12, 0.05, 0.2),
    "OIL_T": Point(58.0, 0.8, 0.08, 1.5),
    "WIND_T": Point(82.0, 1.0, 0.1, 2.0),
    "CW_TI": Point(26.5, 0.4, 0.06, 0.3),
    "CW_TO": Point(35.0, 0.4, 0.06, 0.5),
    "CW_F": Point(8.5, 0.08, 0.03, 0.3),
    "STATE": RUNNING,
}


class Rectifiers:
    """The cells of a site are dealt out evenly, in order, over its cabinets."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        cells = around.models.get("T_CELL")
        self._cells = cells if isinstance(cells, ElectrolysisCells) else None
        self.of_cell = np.full(len(self._cells.bank) if self._cells else 0, -1, np.intp)
        if self._cells is not None:
            for site in {unit.site for unit in bank.units}:
                cabinets, fed = bank.at_site(site), self._cells.bank.at_site(site)
                self.of_cell[fed] = cabinets[np.arange(len(fed)) * len(cabinets) // max(1, len(fed))]
        self._fed = np.flatnonzero(self.of_cell >= 0)
        self._phases = 1.0 + np.random.default_rng([around.seed, 0x8EC7]).normal(0.0, 0.004, (len(bank), 3))
        self.kw = np.zeros(len(bank))
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Sum up the cells."""
        if self._cells is None:
            return
        cells, bank, n = self._cells.cells, self.bank, len(self.bank)
        to, fed = self.of_cell[self._fed], self._fed
        current = np.bincount(to, cells.current_ka[fed], n)
        dc_kw = np.bincount(to, (cells.current_ka * (cells.volt_v + BUS_V))[fed], n)
        self.kw = dc_kw / EFFICIENCY
        bank.aim("DC_KA")[:] = current
        bank.aim("DC_V")[:] = dc_kw / np.maximum(current, 0.1)
        bank.aim("KA_SP")[:] = np.bincount(to, cells.set_point_ka[fed], n)
        bank.aim("KW")[:] = self.kw
        bank.aim("KVAR")[:] = self.kw * np.sqrt(1.0 / POWER_FACTOR**2 - 1.0)
        bank.aim("AC_A[]")[:] = (self.kw / (np.sqrt(3.0) * LINE_KV * POWER_FACTOR))[:, None] * self._phases


RECTIFIER: Final = UnitType(points=POINTS, model=Rectifiers)
