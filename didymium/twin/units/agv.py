"""AGVs of S01 on a graph of 40 nodes: product loads, empties and samples, charging (domain reference §3.2).

Every vehicle repeats a round of missions on a timetable, so where it is follows from the second and from how long
something stood in its way. It makes up for that by resting less between two rounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.display import Display
from didymium.twin.parameters import Parameter
from didymium.twin.pieces import piece_kg
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Points, Surroundings, UnitType
from didymium.twin.units.agv_battery import LIFT_WH, USUAL_AH, batteries, step_batteries

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

LOADS_PER_DAY: Final = 76.0
LOAD_KG: Final = 500.0
LOADED_M_S: Final = 1.0
EMPTY_M_S: Final = 1.15
TURN_S: Final = 4.0
HANDLE_S: Final = 35.0
SCALE_WAIT_S: Final = 110.0
COLUMNS: Final = 8
X_M: Final = tuple(12.0 + 28.0 * k for k in range(COLUMNS))
Y_M: Final = (12.0, 36.0, 60.0, 84.0, 108.0)
FILTER, CALCINER, PACK, SCALE, STORE, LAB = 8, 19, 13, 22, 39, 26
CHARGERS: Final = (32, 33, 34, 35, 24, 25, 16, 17)
MOVES: Final = (
    (STORE, FILTER),
    (FILTER, CALCINER),
    (CALCINER, PACK),
    (STORE, LAB),
    (LAB, FILTER),
    (FILTER, CALCINER),
    (CALCINER, LAB),
    (PACK, STORE),
    (STORE, FILTER),
    (LAB, PACK),
)
"""Empties and samples between two product loads of a vehicle; the scale counts none of them."""
IDLE, TO_PICK, PICK, TRAVEL, DROP, CHARGE, WAIT, FAULT = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0
OBSTACLE_M: Final = 0.4
PATIENCE_S: Final = 600
"""A vehicle that stands before an obstacle for so long reports a fault, with this code. (A)"""
BLOCKED_CODE: Final = 21
LIFT_W: Final = LIFT_WH * 3600.0 / HANDLE_S
MOVING_M_S: Final = 0.05
TAGS: Final = (
    "X", "Y", "HEADING", "SPEED", "SOC", "BATT_V", "BATT_A", "MOT_A[2]", "LIFT_POS", "LOAD_WT", "LOAD_ID", "TASK_ID",
    "TASK_STATE", "NODE_ID", "DIST_TOT",
)  # fmt: skip
ROUTE: Final = [(name, np.float64) for name in ("x", "y", "state", "loaded", "node", "task")]
VEHICLE: Final = [
    *ROUTE,
    *((name, np.float64) for name in ("speed_m_s", "most_m_s", "heading_deg", "metres", "cycle", "into_s", "rest_s")),
    *((name, np.float64) for name in ("first", "number")),
]


@dataclass
class Round:
    """One vehicle's round: its speeds, way points with their times, and what it does between them."""

    loaded_m_s: float
    empty_m_s: float
    time_s: list[float]
    x_m: list[float]
    y_m: list[float]
    state: list[float]
    loaded: list[float]
    node: list[float]
    task: list[float]

    @classmethod
    def begin(cls, node: int, loaded_m_s: float, empty_m_s: float) -> Round:
        """At rest on a node."""
        return cls(
            loaded_m_s, empty_m_s, [0.0], [X_M[node % COLUMNS]], [Y_M[node // COLUMNS]], [], [], [float(node)], []
        )

    def stay(self, seconds: float, state: float, loaded: bool, task: int) -> None:
        """Stand where it is."""
        self._to(self.x_m[-1], self.y_m[-1], seconds, state, loaded, int(self.node[-1]), task)

    def drive(self, node: int, state: float, loaded: bool, task: int) -> None:
        """Along the row, a turn, along the column, one node after the other."""
        speed = self.loaded_m_s if loaded else self.empty_m_s
        here = int(self.node[-1])
        row, column = divmod(here, COLUMNS)
        to_row, to_column = divmod(node, COLUMNS)
        while column != to_column:
            column += 1 if to_column > column else -1
            self._move(row * COLUMNS + column, speed, state, loaded, task)
        if row != to_row:
            self.stay(TURN_S, state, loaded, task)
        while row != to_row:
            row += 1 if to_row > row else -1
            self._move(row * COLUMNS + column, speed, state, loaded, task)

    def _move(self, node: int, speed: float, state: float, loaded: bool, task: int) -> None:
        x, y = X_M[node % COLUMNS], Y_M[node // COLUMNS]
        metres = abs(x - self.x_m[-1]) + abs(y - self.y_m[-1])
        self._to(x, y, metres / speed, state, loaded, node, task)

    def _to(self, x: float, y: float, seconds: float, state: float, loaded: bool, node: int, task: int) -> None:
        self.time_s.append(self.time_s[-1] + seconds)
        self.x_m.append(x)
        self.y_m.append(y)
        self.state.append(state)
        self.loaded.append(float(loaded))
        self.node.append(float(node))
        self.task.append(float(task))


def a_round(charger: int, period_s: float, loaded_m_s: float, empty_m_s: float) -> Round:
    """One product load from packing over the scale to the store, then moves of empties and samples, then a charge."""
    way = Round.begin(charger, loaded_m_s, empty_m_s)
    way.drive(PACK, TO_PICK, False, 1)
    way.stay(HANDLE_S, PICK, False, 1)
    way.drive(SCALE, TRAVEL, True, 1)
    way.stay(SCALE_WAIT_S, WAIT, True, 1)
    way.drive(STORE, TRAVEL, True, 1)
    way.stay(HANDLE_S, DROP, True, 1)
    for task, (pick, drop) in enumerate(MOVES, 2):
        way.drive(pick, TO_PICK, False, task)
        way.stay(HANDLE_S, PICK, False, task)
        way.drive(drop, TRAVEL, False, task)
        way.stay(HANDLE_S, DROP, False, task)
        way.stay(150.0, IDLE, False, 0)
    way.drive(charger, TO_PICK, False, 0)
    way.stay(1100.0, CHARGE, False, 0)
    way.stay(max(60.0, period_s - way.time_s[-1]), IDLE, False, 0)
    return way


POINTS: Final[Points] = {
    "X": Point(0.0, 0.0, 0.01, 0.0, 0.0),
    "Y": Point(0.0, 0.0, 0.01, 0.0, 0.0),
    "HEADING": Point(0.0, 0.0, 0.3, 0.0, 0.0),
    "SPEED": Point(0.0, 0.0, 0.0, 0.0, 0.0),
    "SOC": EXACT,
    "BATT_V": Point(51.0, 0.0, 0.02, 0.0, 5.0),
    "BATT_A": Point(0.6, 0.0, 0.15, 0.0, 1.0),
    "BATT_T": Point(24.0, 0.5, 0.06, 1.0),
    "MOT_T[]": Point(38.0, 1.0, 0.1, 1.5, 400.0),
    "MOT_A[]": Point(0.0, 0.0, 0.3, 0.0, 1.0),
    "LOAD_WT": exact(),
    "LIFT_POS": Point(20.0, 0.0, 0.0, 0.0, 6.0),
    "OBST_DIST": Point(5.2, 0.6, 0.25, 0.0, 0.5),
    "RSSI": Point(-58.0, 2.5, 1.0, 1.5),
    "NAV_QUAL": Point(93.0, 1.2, 0.8, 1.0),
}


class Vehicles:
    """Positions, loads and batteries of the fleet; the rounds are looked up second by second.

    ``late_s`` (n,) is how far each vehicle, and with it its loads, is behind its round.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank, self._seed = bank, around.seed + 303
        n = len(bank)
        self.period_s = round(n * DAY_S / LOADS_PER_DAY)
        self._phase_s = np.round((np.arange(n) * 5 % n + 0.5) / n * self.period_s).astype(np.int64)
        loaded_m_s, empty_m_s = (around.parameters.of(bank, name) for name in ("loaded_m_s", "empty_m_s"))
        rounds = [
            a_round(CHARGERS[i % len(CHARGERS)], self.period_s, float(loaded_m_s[i]), float(empty_m_s[i]))
            for i in range(n)
        ]
        self._route = np.stack([_by_second(way, self.period_s) for way in rounds])
        self._rest_s = np.array([way.time_s[-2] for way in rounds])
        self._pick_s = self._route["loaded"].argmax(axis=1)
        self._fleet = np.zeros(n, VEHICLE)
        self._fleet["rest_s"], self._fleet["most_m_s"] = self._rest_s, np.maximum(loaded_m_s, empty_m_s)
        self._fleet["first"] = (int(around.month_s) + self._phase_s) // self.period_s
        self._fleet["number"] = np.array([unit.number for unit in bank.units]) * 100_000.0
        self._fleet["metres"] = np.array([_metres(way) for way in rounds]) * around.totalised_s / self.period_s
        self._fleet["cycle"] = -1.0
        self._speed_m_s = self._fleet["speed_m_s"]
        charged_pct = np.random.default_rng([around.seed, 0xA6F]).uniform(72.0, 88.0, n)
        self.batteries = batteries(charged_pct, around.parameters.of(bank, "battery_ah"))
        self._blocked, self._swapped = around.faults.sizes(bank, "F07"), around.faults.sizes(bank, "F22")
        self.late_s = np.zeros(n, np.int64)
        self._stood_s = np.zeros(n, np.int64)
        self._on_time = self._straight = True
        self._swap, self._right = np.full(n, -9.0), np.zeros(n)
        self._clear_m = bank.aim("OBST_DIST").copy()
        self._load_kg, self._lift_w, self._charging = np.zeros(n), np.zeros(n), np.zeros(n, np.bool_)
        self._display = Display(bank, TAGS)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Drive, carry, charge; a vehicle with something in its way stands."""
        blocked = self._blocked != 0.0
        if not self._on_time or blocked.any():
            self._stand(blocked, second)
        elapsed_s = second + self._phase_s - self.late_s
        cells, fleet = self.batteries, self._fleet
        if _drive(fleet, self._route, elapsed_s, self.period_s, blocked, cells.low, self._lift_w, self._charging):
            for i in range(len(fleet)):
                self._load_kg[i] = _load_kg(self._seed, int(fleet["cycle"][i]), i)
        step_batteries(cells, self._speed_m_s, self._lift_w, self._charging, 1.0)
        _tell(
            self._display.tags, fleet, self._load_kg, self._mix_up(), self._stood_s, blocked, self._charging,
            cells.soc_pct, cells.volt_v, cells.current_a,
        )  # fmt: skip
        self._display.show()

    def _stand(self, blocked: Flags, second: int) -> None:
        """Hold blocked vehicles, and let those that are late cut their rest short."""
        into_s = (second + self._phase_s - self.late_s) % self.period_s
        self.late_s[~blocked & (self.late_s > 0) & (into_s >= self._rest_s)] -= 1
        self.late_s[blocked] += 1
        self._stood_s = np.where(blocked, self._stood_s + 1, 0)
        bank = self.bank
        bank.aim("OBST_FLAG")[:] = blocked
        bank.aim("OBST_DIST")[:] = np.where(blocked, OBSTACLE_M, self._clear_m)
        bank.aim("FAULT_CODE")[:] = np.where(self._stood_s >= PATIENCE_S, BLOCKED_CODE, 0.0)
        self._on_time = not (blocked.any() or self.late_s.any())

    def _mix_up(self) -> Floats:
        """(n,) by how much a label is wrong: the next load bears the number of the one after it, and that one its."""
        if self._straight and not self._swapped.any():
            return self._right
        cycle, into_s = self._fleet["cycle"], self._fleet["into_s"]
        swapped = self._swapped != 0.0
        past = self._pick_s <= into_s
        self._swap = np.where(swapped & (self._swap < 0), cycle + past, self._swap)
        over = ~swapped & ((cycle > self._swap + 1) | (cycle + past <= self._swap))
        self._swap[over] = -9
        self._straight = bool((self._swap < 0).all())
        return np.where(cycle == self._swap, 1.0, 0.0) - np.where(cycle == self._swap + 1, 1.0, 0.0)


@njit(cache=True)
def _drive(
    fleet: NDArray[Any],
    route: NDArray[Any],
    elapsed_s: Ints,
    period_s: int,
    blocked: Flags,
    low: Flags,
    lift_w: Floats,
    charging: Flags,
) -> bool:
    """Find every vehicle on its ``route`` (n, period); whether one of them has begun another round."""
    begun = False
    for i in range(len(fleet)):
        vehicle = fleet[i]
        cycle = elapsed_s[i] // period_s
        into_s = elapsed_s[i] - cycle * period_s
        begun = begun or vehicle.cycle != cycle
        vehicle.cycle, vehicle.into_s = cycle, into_s
        here, before = route[i, into_s], route[i, into_s - 1]
        x_m, y_m = here.x - before.x, here.y - before.y
        speed = 0.0 if blocked[i] else abs(x_m) + abs(y_m)
        if speed > MOVING_M_S:
            vehicle.heading_deg = math.degrees(math.atan2(y_m, x_m)) % 360.0
        vehicle.x, vehicle.y, vehicle.speed_m_s = here.x, here.y, speed
        vehicle.state, vehicle.loaded, vehicle.node, vehicle.task = here.state, here.loaded, here.node, here.task
        vehicle.metres += speed
        resting = low[i] and into_s >= vehicle.rest_s
        charging[i] = not blocked[i] and (here.state == CHARGE or resting)
        lift_w[i] = LIFT_W if here.state == PICK and not blocked[i] else 0.0
    return begun


@njit(cache=True)
def _tell(
    tags: NDArray[Any],
    fleet: NDArray[Any],
    load_kg: Floats,
    mix_up: Floats,
    stood_s: Ints,
    blocked: Flags,
    charging: Flags,
    soc_pct: Floats,
    volt_v: Floats,
    current_a: Floats,
) -> None:
    for i in range(len(tags)):
        vehicle, tag = fleet[i], tags[i]
        count = vehicle.cycle - vehicle.first
        up = vehicle.state == TRAVEL or vehicle.state == WAIT
        state = CHARGE if charging[i] else vehicle.state
        if blocked[i]:
            state = WAIT if stood_s[i] < PATIENCE_S else FAULT
        tag.X, tag.Y, tag.HEADING = vehicle.x, vehicle.y, vehicle.heading_deg
        tag.SPEED = min(vehicle.speed_m_s, vehicle.most_m_s)
        tag.SOC, tag.BATT_V, tag.BATT_A = soc_pct[i], volt_v[i], current_a[i]
        tag.MOT_A[:] = 9.0 * vehicle.speed_m_s * (1.0 + 0.35 * vehicle.loaded)
        tag.LIFT_POS = 140.0 if up else 20.0
        tag.LOAD_WT = vehicle.loaded * load_kg[i]
        tag.LOAD_ID = vehicle.number + (count + mix_up[i]) * vehicle.loaded
        tag.TASK_ID = vehicle.number + 16.0 * count + vehicle.task
        tag.TASK_STATE = state
        tag.NODE_ID = 1.0 + vehicle.node
        tag.DIST_TOT = vehicle.metres / 1000.0


def _by_second(way: Round, period_s: int) -> NDArray[Any]:
    """(period,) where a vehicle is and what it does at every second of a round; ``node`` is the one ahead."""
    seconds = np.arange(period_s, dtype=np.float64)
    leg = np.minimum(np.searchsorted(way.time_s, seconds, side="right") - 1, len(way.state) - 1)
    table = np.zeros(period_s, ROUTE)
    table["x"], table["y"] = np.interp(seconds, way.time_s, way.x_m), np.interp(seconds, way.time_s, way.y_m)
    table["state"], table["loaded"] = np.array(way.state)[leg], np.array(way.loaded)[leg]
    table["node"], table["task"] = np.array(way.node)[leg + 1], np.array(way.task)[leg]
    return table


def _metres(way: Round) -> float:
    x, y = np.array(way.x_m), np.array(way.y_m)
    distance: Floats = np.abs(np.diff(x)) + np.abs(np.diff(y))
    return float(distance.sum())


def _load_kg(seed: int, cycle: int, vehicle: int) -> float:
    return piece_kg(LOAD_KG, 0.8, 2.0, seed, cycle, vehicle)


PARAMETERS: Final = {
    "battery_ah": Parameter("Ah", USUAL_AH, 40.0, 200.0, "capacity of a battery of 48 V: how far the charge falls"),
    "loaded_m_s": Parameter("m/s", LOADED_M_S, 0.3, 1.5, "speed under load: how long a load is on its way"),
    "empty_m_s": Parameter("m/s", EMPTY_M_S, 0.5, 1.5, "speed without load: how much rest a round leaves"),
}

AGV: Final = UnitType(points=POINTS, model=Vehicles, parameters=PARAMETERS)
