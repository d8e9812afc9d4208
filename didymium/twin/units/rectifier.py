"""Rectifier cabinets: a module per cell, so the cabinet's current is the sum of its cells' (domain reference §5, §15).

Each cabinet hangs on one bay of the substation. A dip of the grid there trips it; when the grid is back the cabinets
of a bay are put on again one after the other, cells first of all loads. Oil and winding follow the load:
dT/dt = (T_water + ΔT (I/I0)² - T)/τ.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.display import Display
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.cell import ElectrolysisCells

EFFICIENCY: Final = 0.94
POWER_FACTOR: Final = 0.95
BUS_V: Final = 0.25
"""Voltage lost between cabinet and cell."""
LINE_KV: Final = 10.0
KVAR_KW: Final = math.sqrt(1.0 / POWER_FACTOR**2 - 1.0)
A_KW: Final = 1.0 / (math.sqrt(3.0) * LINE_KV * POWER_FACTOR)
TAGS: Final = ("DC_KA", "DC_V", "KA_SP", "KW", "KVAR", "AC_A[3]")
READY, RUNNING, TRIPPED = 1.0, 3.0, 5.0
UNDERVOLTAGE: Final = 27.0
"""Trip code, the number of the function in ANSI C37.2."""
RESTART_S: Final = 60.0
RESTART_APART_S: Final = 30.0
"""Time after which the first cabinet of a bay is put on again, and between two of them. (A)"""
LOAD_S: Final = 900.0
"""Thermal time constant of a transformer. (A)"""
HEATING_S: Final = 10
"""Temperatures are stepped so seldom."""
COLD_C: Final = 30.0
"""Oil and winding without load."""

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
    """The cells of a site are dealt out evenly, in order, over its cabinets, and all cabinets over the bays."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        n = len(bank)
        cells = around.models.get("T_CELL")
        self._cells = cells if isinstance(cells, ElectrolysisCells) else None
        self.of_cell = np.full(len(self._cells.bank) if self._cells else 0, -1, np.intp)
        if self._cells is not None:
            for site in {unit.site for unit in bank.units}:
                cabinets, fed = bank.at_site(site), self._cells.bank.at_site(site)
                self.of_cell[fed] = cabinets[np.arange(len(fed)) * len(cabinets) // max(1, len(fed))]
        self._fed = np.flatnonzero(self.of_cell >= 0)
        bays = around.bank("T_SUBST")
        self._dips = None if bays is None else bays.aim("DIP")
        self._dip = np.zeros(0) if bays is None else around.faults.sizes(bays, "F23")
        self._was_dip = self._dip.copy()
        self.of_bay = np.arange(n) * max(1, len(self._dip)) // max(1, n)
        self._back_s = RESTART_S + RESTART_APART_S * (np.arange(n) - np.searchsorted(self.of_bay, self.of_bay))
        self._well_s = np.full(n, np.inf)
        self._phases = 1.0 + np.random.default_rng([around.seed, 0x8EC7]).normal(0.0, 0.004, (n, 3))
        self.kw = np.zeros(n)
        self._display = Display(bank, TAGS)
        self._usual_ka = np.ones(n)
        self._heating = np.ones(n)
        self._usual_c = {name: bank.aim(name).copy() for name in ("OIL_T", "WIND_T", "CW_TO")}
        if self._cells is not None:
            set_ka = self._cells.cells.set_point_ka
            self._usual_ka = np.maximum(0.1, np.bincount(self.of_cell[self._fed], set_ka[self._fed], n))
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Trip or put on, and sum up the cells."""
        if self._cells is None:
            return
        on, tags = self._switch(), self._display.tags
        _sum_up(self._cells.cells.records, self.of_cell, on, self._cells.rectified, self._phases, self.kw, tags)
        if second % HEATING_S == 0:
            self._heating += ((tags["DC_KA"] / self._usual_ka) ** 2 - self._heating) * (HEATING_S / LOAD_S)
            for name, usual_c in self._usual_c.items():
                self.bank.aim(name)[:] = COLD_C + (usual_c - COLD_C) * self._heating
        self._display.show()

    def _switch(self) -> NDArray[np.bool_]:
        """(n,) whether each cabinet gives current."""
        on: NDArray[np.bool_] = self._well_s >= self._back_s
        if not self._dip.any() and on.all():
            self._was_dip[:] = 0.0
            return on
        began = (self._dip != 0.0) & (self._was_dip == 0.0)
        self._was_dip[:] = self._dip
        if self._dips is not None:
            self._dips += began
        dipped = self._dip[self.of_bay] != 0.0
        self._well_s[:] = np.where(dipped, 0.0, self._well_s + 1.0)
        on = self._well_s >= self._back_s
        self.bank.aim("TRIP")[:] = np.where(dipped, UNDERVOLTAGE, 0.0)
        self.bank.aim("STATE")[:] = np.where(on, RUNNING, np.where(dipped, TRIPPED, READY))
        return on


@njit(cache=True)
def _sum_up(
    records: NDArray[Any],
    of_cell: NDArray[np.intp],
    on: NDArray[np.bool_],
    rectified: Floats,
    phases: Floats,
    kw: Floats,
    tags: NDArray[Any],
) -> None:
    """Give the cells current or none, and show what their cabinets, ``of_cell``, give together."""
    for k in range(len(tags)):
        tags[k].DC_KA = tags[k].KA_SP = kw[k] = 0.0
    for i in range(len(records)):
        k = of_cell[i]
        if k < 0:
            continue
        cell, tag = records[i], tags[k]
        rectified[i] = 1.0 if on[k] else 0.0
        tag.DC_KA += cell.current_ka
        tag.KA_SP += cell.set_point_ka
        kw[k] += cell.current_ka * (cell.volt_v + BUS_V)
    for k in range(len(tags)):
        tag = tags[k]
        tag.DC_V = kw[k] / max(tag.DC_KA, 0.1)
        kw[k] /= EFFICIENCY
        tag.KW, tag.KVAR = kw[k], kw[k] * KVAR_KW
        for phase in range(len(phases[k])):
            tag.AC_A[phase] = kw[k] * A_KW * phases[k, phase]


RECTIFIER: Final = UnitType(points=POINTS, model=Rectifiers)
