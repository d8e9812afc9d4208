"""Loss-in-weight feeders, one per cell of S10 (domain reference §12).

The screw turns as fast as the rate that is asked for; what the hopper loses is what really comes. Oxide may bridge
over the screw: then it turns, with little torque, and nothing comes until the vibrator has broken the bridge.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Bank
from didymium.twin.noise import uniform
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.cell import ElectrolysisCells, asked_kg_s

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
        self._was_bridged = False
        self._torque, self._vibration = bank.aim("SCR_TRQ").copy(), bank.aim("VIBR").copy()
        if self._cells is not None:
            place = {(unit.site, unit.number): i for i, unit in enumerate(self._cells.bank.units)}
            self._of_cell = np.array([place.get((unit.site, unit.number), 0) for unit in bank.units], np.intp)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Turn the screws, and show what they give their cells."""
        if self._cells is None:
            return
        cells, of_cell, bank = self._cells.cells, self._of_cell, self.bank
        bridged = self._bridge(second)
        self._cells.bridged[of_cell] = bridged
        given = 60_000.0 * cells.feed_kg_s[of_cell]
        asked = np.maximum(1.0, 60_000.0 * asked_kg_s(cells)[of_cell])
        self._error += (np.minimum(50.0, 100.0 * (given / asked - 1.0)) - self._error) / WINDOW_S
        if bridged.any() or self._was_bridged:
            turned = np.where(bridged, asked, given)
            bank.aim("SCR_TRQ")[:] = self._torque * np.where(bridged, EMPTY_TORQUE, 1.0)
            bank.aim("VIBR")[:] = np.where(bridged, VIBRATING, self._vibration)
            self._was_bridged = bool(bridged.any())
        else:
            turned = given
        bank.aim("SCR_RPM")[:] = turned / GRAMS_PER_REVOLUTION
        weighed = self._cells.refilling[of_cell] == 0.0
        rate = bank.aim("LIW_RATE")
        rate[:] = np.where(weighed, given, rate)
        bank.aim("REFILL")[:] = 2.0 * self._cells.refilling[of_cell]
        bank.aim("DOSE_ERR")[:] = self._error
        bank.aim("CUM_DEV")[:] = cells.oxide_deviation_kg[of_cell]
        bank.aim("OX_LOT")[:] = 1000 + second // LOT_S % 10_000

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


FEEDER: Final = UnitType(points=POINTS, model=Feeders)
