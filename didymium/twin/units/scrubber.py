"""Fume trains behind the cells: bag filter, alkaline tower, stack analysers (domain reference §5)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units import fume_fan, off_gas
from didymium.twin.units.cell import ElectrolysisCells

STACK_PER_CELL_KNM3_H: Final = 0.9
"""Air that a hood draws with the gas. (A)"""
OTHER_STACK_KNM3_H: Final = 62.0
"""Flow of a train that serves no cells. (A)"""
MOLAR_NM3: Final = 22.414
HF_PASSES: Final = 0.0135
"""Share of the fluoride that two towers let through. (A)"""
GASES: Final = ("CF4", "C2F6", "CO", "CO2", "HF")
BACKGROUND: Final = np.array([0.6, 0.07, 4.0, 0.04, 0.02])
ELSEWHERE: Final = np.array([0.6, 0.07, 95.0, 0.04, 0.9])
"""What a train that serves no cells shows. (A)"""
STEADY: Final = 1.0 - 1e-9
RUN, FAULT = 2.0, 5.0
PPM: Final = 1e6
PER_CENT: Final = 100.0

POINTS: Final[Points] = {
    "FAN_HZ": 42.0,
    "FAN_A": 225.0,
    "T_IN": Point(88.0, 1.5, 0.2, 2.0),
    "T_OUT": Point(42.0, 0.8, 0.1, 1.0),
    "DP_BAG": Point(1080.0, 25.0, 6.0, 40.0),
    "HF": Point(0.9, 0.12, 0.05, 0.1),
    "DUST": Point(2.6, 0.25, 0.08, 0.3),
    "CF4": Point(0.6, 0.05, 0.08, 0.0, 40.0),
    "C2F6": Point(0.07, 0.01, 0.02, 0.0, 40.0),
    "CO": Point(95.0, 6.0, 2.0, 5.0, 30.0),
    "CO2": Point(0.62, 0.01, 0.003, 0.01, 30.0),
    "STACK_F": Point(16.0, 0.15, 0.05, 0.0),
    "STATE": RUN,
}


class Scrubbers:
    """The cells of a site are dealt out evenly over its trains; what leaves them is in the stack.

    A train whose fan trips draws no more on the hoods of its cells; the cells are told for the next second.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        cells = around.models.get("T_CELL")
        self._cells = cells if isinstance(cells, ElectrolysisCells) else None
        of_cell = np.full(len(self._cells.bank) if self._cells else 0, -1, np.intp)
        if self._cells is not None:
            for site in {unit.site for unit in bank.units}:
                trains, served = bank.at_site(site), self._cells.bank.at_site(site)
                of_cell[served] = trains[np.arange(len(served)) * len(trains) // max(1, len(served))]
        self._served = np.flatnonzero(of_cell >= 0)
        self._to = of_cell[self._served]
        self._of_cell = of_cell
        hoods = np.bincount(self._to, minlength=len(bank))
        drawing = hoods > 0
        self._stack_knm3_h = np.where(drawing, STACK_PER_CELL_KNM3_H * hoods, OTHER_STACK_KNM3_H)
        self._background = np.where(drawing, BACKGROUND[:, None], ELSEWHERE[:, None])
        nm3_s = self._stack_knm3_h * 1000.0 / 3600.0
        molar = np.array([off_gas.CF4, off_gas.C2F6, off_gas.CO, off_gas.CO2])[:, None]
        per_volume = np.array([PPM, PPM, PPM, PER_CENT])[:, None] * MOLAR_NM3 / molar / nm3_s
        self._per_kg_s = np.vstack((per_volume, PPM * HF_PASSES / nm3_s))
        """(5, trains) what a kg/s of each gas makes of its tag."""
        self._gases, self._shown = [bank.aim(name) for name in GASES], np.zeros((len(GASES), len(bank)))
        self.fans = fume_fan.fans(len(bank))
        self._disturbed = True
        self._tripped = around.faults.sizes(bank, "F14")
        self._usual = {name: bank.aim(name).copy() for name in ("FAN_HZ", "FAN_A", "DP_BAG", "VIB_DE", "VIB_NDE")}
        self._towers_pa = bank.aim("DP_TWR[]").copy() if bank.has("DP_TWR[]") else None
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Draw on the hoods and carry the cells' gas to the stacks."""
        if self._tripped.any() or self._disturbed:
            self._run_fans()
        if self._cells is not None:
            self._fill_stacks(self._cells)

    def _run_fans(self) -> None:
        bank, fans = self.bank, self.fans
        fume_fan.step(fans, self._tripped, 1.0)
        self._disturbed = bool(self._tripped.any() or fans.speed.min() < STEADY)
        speed, running = fans.speed, fans.running
        bank.aim("FAN_HZ")[:] = self._usual["FAN_HZ"] * running
        bank.aim("FAN_A")[:] = self._usual["FAN_A"] * running
        for name in ("VIB_DE", "VIB_NDE"):
            bank.aim(name)[:] = self._usual[name] * speed
        bank.aim("DP_BAG")[:] = self._usual["DP_BAG"] * speed**2
        if self._towers_pa is not None:
            bank.aim("DP_TWR[]")[:] = self._towers_pa * (speed**2)[:, None]
        bank.aim("STACK_F")[:] = self._stack_knm3_h * speed
        bank.aim("STATE")[:] = np.where(running > 0.0, RUN, FAULT)
        if self._cells is not None:
            cells, to, served = self._cells, self._to, self._served
            cells.suction[served] = speed[to] ** 2
            cells.hood_stop[served] = fans.stop_work[to]
            cells.hood_share[served] = fans.current_share[to]

    def _fill_stacks(self, cells: ElectrolysisCells) -> None:
        """Concentrations are those of what the hoods catch in the usual flow."""
        gas = cells.gas
        _mix(
            (gas.cf4, gas.c2f6, gas.co, gas.co2, gas.hf), cells.suction, self._of_cell, self._background,
            self._per_kg_s, self._shown,
        )  # fmt: skip
        for window, shown in zip(self._gases, self._shown, strict=True):
            window[:] = shown


@njit(cache=True)
def _mix(
    kg_s: tuple[Floats, Floats, Floats, Floats, Floats],
    suction: Floats,
    of_cell: NDArray[np.intp],
    background: Floats,
    per_kg_s: Floats,
    shown: Floats,
) -> None:
    """Write (5, trains) what each stack shows of the gases of the cells that it serves, ``of_cell``."""
    for k, gas_kg_s in enumerate(kg_s):
        for train in range(shown.shape[1]):
            shown[k, train] = background[k, train]
        for i in range(len(of_cell)):
            if of_cell[i] >= 0:
                shown[k, of_cell[i]] += gas_kg_s[i] * suction[i] * per_kg_s[k, of_cell[i]]


SCRUBBER: Final = UnitType(points=POINTS, model=Scrubbers)
