"""Loss-in-weight feeders, one per cell of S10 (domain reference §12).

The screw turns as fast as the rate that is asked for; what the hopper loses is what really comes. Oxide may bridge
over the screw: then it turns, with little torque, and nothing comes until the vibrator has broken the bridge.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.display import Display
from didymium.twin.noise import uniform
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.cell import ElectrolysisCells

GRAMS_PER_REVOLUTION: Final = 6.5
WINDOW_S: Final = 600.0
LOT_S: Final = 8 * 3600
"""A new oxide lot every shift."""
BRIDGES_A_MONTH: Final = 0.2
"""Of a cell, §12."""
MONTH_MIN: Final = 30 * 1440
BREAKING_S: Final = (180.0, 480.0)
"""How long the vibrator needs. (A)"""
EMPTY_TORQUE: Final = 0.35
VIBRATING: Final = 85.0
TAGS: Final = ("SCR_RPM", "SCR_TRQ", "VIBR", "LIW_RATE", "REFILL", "DOSE_ERR", "CUM_DEV", "OX_LOT")

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
        self.bank, self._seed = bank, around.seed + 0xB21D
        cells = around.models.get("T_CELL")
        self._cells = cells if isinstance(cells, ElectrolysisCells) else None
        self._error = np.zeros(len(bank))
        self._of_cell = np.zeros(len(bank), np.intp)
        self._fault = around.faults.sizes(bank, "F19")
        self._bridged_s = np.zeros(len(bank))
        self._display = Display(bank, TAGS)
        self._usual = self._display.tags.copy()
        if self._cells is not None:
            place = {(unit.site, unit.number): i for i, unit in enumerate(self._cells.bank.units)}
            self._of_cell = np.array([place.get((unit.site, unit.number), 0) for unit in bank.units], np.intp)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Turn the screws, and show what they give their cells."""
        if self._cells is None:
            return
        bridged, tags = self._bridge(second), self._display.tags
        self._cells.bridged[self._of_cell] = bridged
        _weigh(
            self._cells.cells.records, self._of_cell, bridged, self._cells.stores.refilling, self._error, self._usual,
            tags,
        )  # fmt: skip
        tags["OX_LOT"] = 1000 + second // LOT_S % 10_000
        self._display.show()

    def _bridge(self, second: int) -> NDArray[np.bool_]:
        """(n,) over which screws the oxide bridges, by itself or as a fault."""
        self._bridged_s -= 1.0
        if second % 60 == 0:
            for i in range(len(self._bridged_s)):
                if uniform(self._seed, second, 2 * i) < BRIDGES_A_MONTH / MONTH_MIN:
                    least_s, most_s = BREAKING_S
                    self._bridged_s[i] = least_s + (most_s - least_s) * uniform(self._seed, second, 2 * i + 1)
        bridged: NDArray[np.bool_] = (self._bridged_s > 0.0) | (self._fault > 0.0)
        return bridged


@njit(cache=True)
def _weigh(
    records: NDArray[Any],
    of_cell: NDArray[np.intp],
    bridged: NDArray[np.bool_],
    refilling: Floats,
    error_pct: Floats,
    usual: NDArray[Any],
    tags: NDArray[Any],
) -> None:
    """Show how the screws turn and what their hoppers lose; while one is filled its rate keeps the last value."""
    for k in range(len(of_cell)):
        i, tag = of_cell[k], tags[k]
        cell = records[i]
        given, asked = 60_000.0 * cell.feed_kg_s, max(1.0, 60_000.0 * cell.asked_kg_s)
        error_pct[k] += (min(50.0, 100.0 * (given / asked - 1.0)) - error_pct[k]) / WINDOW_S
        tag.SCR_RPM = (asked if bridged[k] else given) / GRAMS_PER_REVOLUTION
        tag.SCR_TRQ = usual[k].SCR_TRQ * (EMPTY_TORQUE if bridged[k] else 1.0)
        tag.VIBR = VIBRATING if bridged[k] else usual[k].VIBR
        if refilling[i] == 0.0:
            tag.LIW_RATE = given
        tag.REFILL = 2.0 * refilling[i]
        tag.DOSE_ERR = error_pct[k]
        tag.CUM_DEV = cell.oxide_deviation_kg


FEEDER: Final = UnitType(points=POINTS, model=Feeders)
