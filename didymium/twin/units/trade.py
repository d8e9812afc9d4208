"""Weighbridges, docks, bays and stacker cranes of S09: 30 trucks and contracts, 500 t a day (domain reference §11)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.display import Display
from didymium.twin.noise import uniform
from didymium.twin.parameters import Parameter
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Ramp, Step, Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.warehouse import BAYS, SITE, Warehouse

TRUCKS_PER_DAY: Final = 30.0
TRUCKS: Final = ("T_WB", "trucks_a_day")
"""What bridges and docks keep pace with."""
DAY_KG: Final = 500_000.0
MEAN_NET_KG: Final = DAY_KG / TRUCKS_PER_DAY
SPREAD_KG: Final = 3_400.0
TARE_KG: Final = 15_400.0
BOOKED_S: Final = 60
SHOWN_S: Final = 6
OUT_BRIDGES: Final = 2
"""Bridges 1 and 2 weigh trucks out, the others weigh them in, empty."""


def net_kg(seed: int, cycle: int, bridge: int) -> float:
    """A truck's load: every second truck is as much above the mean as the one before was below it."""
    pair, second_of_pair = divmod(cycle, 2)
    deviation = SPREAD_KG * (2.0 * uniform(seed, pair, bridge) - 1.0)
    return round((MEAN_NET_KG + (deviation if second_of_pair else -deviation)) / 20.0) * 20.0


class Weighbridges:
    """Tickets: gross, tare, net, order. Net goes back to zero before the next truck.

    What the ticket of a truck that leaves says goes out of the warehouse; trucks that come in are empty, to be loaded,
    or bring what the warehouse lacks.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 909
        self._out = np.array([unit.number <= OUT_BRIDGES for unit in bank.units])
        numbers = np.array([unit.number for unit in bank.units])
        self.warehouse = Warehouse(around) if bank.units[0].site == SITE else None
        self._brought_kg = np.zeros(len(bank))
        self._numbers = numbers * 100_000.0 - timetable.first_cycle(around.month_s)
        for bridge in range(len(bank)):
            cycle = int(timetable.cycle[bridge])
            step = int(timetable.step[bridge])
            self._arrive(bridge, cycle if step else cycle - 1)
            self._ticket(bridge, cycle if step >= 2 else cycle - 1)
            if step < 2:
                bank.aim("NET")[bridge] = 0.0
            if step == 4:
                bank.aim("GROSS")[bridge] = 0.0
        bank.value[:] = bank.target

    def _tare_kg(self, bridge: int, cycle: int) -> float:
        return round((TARE_KG + 900.0 * (uniform(self._seed + 1, cycle, bridge) - 0.5)) / 20.0) * 20.0

    def _arrive(self, bridge: int, cycle: int) -> None:
        load_kg = net_kg(self._seed, cycle, bridge) if self._out[bridge] else self._brought_kg[bridge]
        tare_kg = self._tare_kg(bridge, cycle)
        self.bank.aim("TARE")[bridge] = tare_kg
        self.bank.aim("GROSS")[bridge] = tare_kg + load_kg
        self.bank.aim("PLATE")[bridge] = 1_000_000.0 + np.floor(9_000_000.0 * uniform(self._seed + 2, cycle, bridge))

    def _ticket(self, bridge: int, cycle: int) -> None:
        self.bank.aim("NET")[bridge] = net_kg(self._seed, cycle, bridge) if self._out[bridge] else 0.0
        self.bank.aim("ORDER")[bridge] = self._numbers[bridge] + cycle

    def step(self, second: int) -> None:
        """Follow the trucks; the warehouse follows the sites' books every minute."""
        if self.warehouse is not None and second % BOOKED_S == 0:
            self.warehouse.step()
        entered = self.timetable.entered
        for bridge in entered.get("ENTERING", ()):
            self.bank.aim("NET")[bridge] = 0.0
        for bridge in entered.get("WEIGHING", ()):
            if self.warehouse is not None and not self._out[bridge]:
                self._brought_kg[bridge] = 1000.0 * self.warehouse.deliver()
            self._arrive(bridge, int(self.timetable.cycle[bridge]))
        for bridge in entered.get("TICKET", ()):
            self._ticket(bridge, int(self.timetable.cycle[bridge]))
            if self.warehouse is not None and self._out[bridge]:
                self.warehouse.ship(0.001 * float(self.bank.aim("NET")[bridge]))
        for bridge in entered.get("EMPTY", ()):
            self.bank.aim("GROSS")[bridge] = 0.0


WEIGHBRIDGE: Final = UnitType(
    points={
        "GROSS": Point(0.0, 0.0, 0.0, 0.0, 3.0),
        "TARE": exact(TARE_KG),
        "NET": exact(),
        "CAM_OK": 1.0,
        "RAD": Point(0.11, 0.004, 0.006, 0.005),
    },
    steps=(
        Step("ENTERING", 1, 45.0, {"GATE": 1.0}),
        Step("WEIGHING", 2, 50.0, {"STABLE": 1.0}),
        Step("TICKET", 3, 35.0, {"STABLE": 1.0}),
        Step("LEAVING", 4, 45.0, {"GATE": 2.0}),
        Step("EMPTY", 0, 0.0),
    ),
    period_s=OUT_BRIDGES * DAY_S / TRUCKS_PER_DAY,
    model=Weighbridges,
    parameters={
        "trucks_a_day": Parameter(
            "", TRUCKS_PER_DAY, 6.0, 60.0, "trucks that are loaded a day: what is shipped, contracts"
        )
    },
    paced_by=TRUCKS,
)


class Docks:
    """Truck numbers and how long a truck has stood."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        self._numbers = np.array([unit.number for unit in bank.units]) * 1_000.0 + 1.0
        self.step(around.second - around.second % SHOWN_S)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Count the minutes, to a tenth."""
        if second % SHOWN_S and not self.timetable.entered:
            return
        step, table = self.timetable.step, self.timetable
        standing = step < 3
        started = table.cycle * table.period_s - table.phase_s
        self.bank.aim("OCC_T")[:] = np.where(standing, (second - started) / 60.0, 0.0)
        self.bank.aim("TRUCK")[:] = np.where(standing, self._numbers + table.cycle % 900, 0.0)


DOCK: Final = UnitType(
    points={"OCC_T": exact(), "LOADED": Point(0.0, 0.0, 0.0, 0.0, 4.0), "TRUCK": 0.0},
    steps=(
        Step("DOCKED", 2, 8 * 60.0, {"DOOR": 1.0, "LOADED": 0.0}),
        Step("LOADING", 3, 50 * 60.0, {"DOOR": 1.0, "LOADED": Ramp(MEAN_NET_KG / 1000.0, 0.0)}),
        Step("SEALED", 4, 6 * 60.0, {"LOADED": MEAN_NET_KG / 1000.0}),
        Step("FREE", 0, 0.0),
    ),
    period_s=12 * DAY_S / TRUCKS_PER_DAY,
    model=Docks,
    paced_by=TRUCKS,
)
BAY_MOST_T: Final = 400.0


class Bays:
    """Each bay holds its share of its goods, some more than others."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        bridges = around.models.get("T_WB")
        self._warehouse = bridges.warehouse if isinstance(bridges, Weighbridges) else None
        goods = [BAYS[(unit.number - 1) % len(BAYS)] for unit in bank.units]
        share = np.random.default_rng([around.seed, 0xBA]).uniform(0.85, 1.15, len(bank))
        of = {name: np.array([i for i, each in enumerate(goods) if each == name], np.intp) for name in set(goods)}
        self._bays = [(name, of[name], share[of[name]] / share[of[name]].sum()) for name in sorted(of)]
        self._show()
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Weigh every minute."""
        if second % BOOKED_S == 0:
            self._show()

    def _show(self) -> None:
        if self._warehouse is None:
            return
        weight_t = self.bank.aim("WT")
        for name, bays, share in self._bays:
            weight_t[bays] = self._warehouse.stock[name].t * share
        self.bank.aim("OCC")[:] = 100.0 / BAY_MOST_T * weight_t


BAY: Final = UnitType(
    points={
        "OCC": Point(58.0, 0.0, 0.05, 0.0),
        "WT": Point(228.0, 0.0, 0.05, 0.0),
        "TEMP": Point(21.0, 0.5, 0.05, 0.8),
        "RH": Point(37.0, 0.8, 0.1, 1.5),
        "O2_H2": Point(0.5, 0.1, 0.2, 0.0),
    },
    model=Bays,
)


CRANE_SHOWN: Final = ("AX[3]_SPD", "AX[3]_A", "KWH")


class Cranes:
    """Every cycle a pallet to another place, turn about in and out."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 515
        cycles = timetable.begun("IDLE", around.month_s)
        bank.aim("IN_CNT")[:] = np.ceil(cycles / 2.0)
        bank.aim("OUT_CNT")[:] = np.floor(cycles / 2.0)
        self._goal, self._place = bank.aim("AX[]_POS"), bank.now("AX[]_POS")
        self._display = Display(bank, CRANE_SHOWN)
        self._display.tags["KWH"] = 4.2 * around.totalised_s / 3600.0
        self._display.show()
        for crane in range(len(bank)):
            self._send(crane, int(timetable.cycle[crane]))
        bank.value[:] = bank.target

    def _send(self, crane: int, cycle: int) -> None:
        places = [uniform(self._seed, cycle, 3 * crane + axis) for axis in range(3)]
        self.bank.aim("AX[]_POS")[crane] = np.round(
            (2_000.0 + 86_000.0 * places[0], 400.0 + 21_000.0 * places[1], 600.0)
        )
        self.bank.aim("BIN_ID")[crane] = np.floor(1.0 + 4_999.0 * places[2])
        self.bank.aim("LOT_ID")[crane] = 90_000.0 + cycle % 9_000

    def step(self, second: int) -> None:
        """Move and count."""
        show_cranes(self._goal, self._place, self._display.tags)
        self._display.show()
        if not self.timetable.entered:
            return
        for crane in self.timetable.entered.get("TRAVEL", ()):
            self._send(crane, int(self.timetable.cycle[crane]))
        for crane in self.timetable.entered.get("IDLE", ()):
            inward = self.timetable.cycle[crane] % 2 == 0
            self.bank.aim("IN_CNT" if inward else "OUT_CNT")[crane] += 1.0


@njit(cache=True)
def show_cranes(goal_mm: Floats, place_mm: Floats, tags: NDArray[Any]) -> None:
    """Fill the records of ``CRANE_SHOWN``: an axis is as fast as it has far to go."""
    for i in range(len(tags)):
        shown = tags[i]
        power_kw = 1.2
        for axis in range(3):
            speed = min(3.2, abs(goal_mm[i, axis] - place_mm[i, axis]) / 8_000.0)
            shown.AX_SPD[axis], shown.AX_A[axis] = speed, 6.0 + 14.0 * speed
            power_kw += 6.0 * speed
        shown.KWH += power_kw / 3600.0


CRANE: Final = UnitType(
    points={
        "AX[]_POS": Point(10_000.0, 0.0, 0.0, 0.0, 7.0),
        "AX[]_SPD": Point(0.0, 0.0, 0.0, 0.0, 0.0),
        "AX[]_A": Point(6.0, 0.0, 0.2, 0.0, 1.0),
        "AX[]_T": Point(52.0, 1.0, 0.1, 2.0),
        "FORK_POS": Point(0.0, 0.0, 0.0, 0.0, 3.0),
        "LOAD_WT": Point(0.0, 0.0, 0.0, 0.0, 3.0),
        "CYC_T": exact(96.0),
        "QUEUE": 6.0,
        "RSSI": Point(-55.0, 2.0, 0.8, 1.5),
    },
    steps=(
        Step("TO_PICK", 1, 26.0),
        Step("PICK", 2, 14.0, {"FORK_POS": 1200.0}),
        Step("TRAVEL", 3, 34.0, {"LOAD_WT": 500.0}),
        Step("PUT", 4, 14.0, {"FORK_POS": -1200.0, "LOAD_WT": 500.0}),
        Step("IDLE", 0, 0.0),
    ),
    period_s=150.0,
    state_tag="TASK",
    model=Cranes,
)
