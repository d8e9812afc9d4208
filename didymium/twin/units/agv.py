"""AGVs of S01 on a graph of 40 nodes: product loads, empties and samples, charging (domain reference §3.2).

Every vehicle repeats a round of missions on a timetable, so where it is follows from the second and from how long
something stood in its way. It makes up for that by resting less between two rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.pieces import piece_kg
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Points, Surroundings, UnitType
from didymium.twin.units.agv_battery import LIFT_WH, batteries, step_batteries

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


@dataclass
class Round:
    """One vehicle's round: way points with their times, and what it does between them."""

    time_s: list[float]
    x_m: list[float]
    y_m: list[float]
    state: list[float]
    loaded: list[float]
    node: list[float]
    task: list[float]

    @classmethod
    def begin(cls, node: int) -> Round:
        """At rest on a node."""
        return cls([0.0], [X_M[node % COLUMNS]], [Y_M[node // COLUMNS]], [], [], [float(node)], [])

    def stay(self, seconds: float, state: float, loaded: bool, task: int) -> None:
        """Stand where it is."""
        self._to(self.x_m[-1], self.y_m[-1], seconds, state, loaded, int(self.node[-1]), task)

    def drive(self, node: int, state: float, loaded: bool, task: int) -> None:
        """Along the row, a turn, along the column, one node after the other."""
        speed = LOADED_M_S if loaded else EMPTY_M_S
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


def a_round(charger: int, period_s: float) -> Round:
    """One product load from packing over the scale to the store, then moves of empties and samples, then a charge."""
    way = Round.begin(charger)
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
        rounds = [a_round(CHARGERS[i % len(CHARGERS)], self.period_s) for i in range(n)]
        tables = [_by_second(way, self.period_s) for way in rounds]
        self._x, self._y, self._state, self._loaded, self._node, self._task = np.stack(tables, axis=1)
        self._rest_s = np.array([way.time_s[-2] for way in rounds])
        self._pick_s = self._loaded.argmax(axis=1)
        self._vehicle = np.arange(n)
        self._first = (int(around.month_s) + self._phase_s) // self.period_s
        self.batteries = batteries(np.random.default_rng([around.seed, 0xA6F]).uniform(72.0, 88.0, n))
        self._blocked, self._swapped = around.faults.sizes(bank, "F07"), around.faults.sizes(bank, "F22")
        self.late_s = np.zeros(n, np.int64)
        self._stood_s = np.zeros(n, np.int64)
        self._on_time = self._straight = True
        self._swap = np.full(n, -9)
        self._heading = np.zeros(n)
        self._clear_m = bank.aim("OBST_DIST").copy()
        self._numbers = np.array([unit.number for unit in bank.units]) * 100_000.0
        self._metres = np.array([_metres(way) for way in rounds]) * around.totalised_s / self.period_s
        self._load_kg = np.zeros(n)
        self._cycle = np.full(n, -1)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Drive, carry, charge; a vehicle with something in its way stands."""
        bank, which = self.bank, self._vehicle
        blocked = self._blocked != 0.0
        if not self._on_time or blocked.any():
            self._stand(blocked, second)
        cycle, into_s = np.divmod(second + self._phase_s - self.late_s, self.period_s)
        if (cycle != self._cycle).any():
            self._cycle = cycle
            self._load_kg = np.array([_load_kg(self._seed, int(cycle[i]), i) for i in range(len(bank))])
        x, y = self._x[which, into_s], self._y[which, into_s]
        dx, dy = x - self._x[which, into_s - 1], y - self._y[which, into_s - 1]
        state, loaded = self._state[which, into_s], self._loaded[which, into_s]
        speed = np.abs(dx) + np.abs(dy)
        speed[blocked] = 0.0
        moving = speed > 0.05
        self._heading[moving] = np.degrees(np.arctan2(dy[moving], dx[moving])) % 360.0
        self._metres += speed
        cells = self.batteries
        charging = ~blocked & ((state == CHARGE) | (cells.low & (into_s >= self._rest_s)))
        bank.aim("LIFT_POS")[:] = 20.0 + 120.0 * ((state == TRAVEL) | (state == WAIT))
        step_batteries(cells, speed, np.where((state == PICK) & ~blocked, LIFT_W, 0.0), charging, 1.0)
        state[charging] = CHARGE
        if not self._on_time:
            state[blocked] = np.where(self._stood_s[blocked] < PATIENCE_S, WAIT, FAULT)
        count = cycle - self._first
        bank.aim("X")[:], bank.aim("Y")[:] = x, y
        bank.aim("HEADING")[:] = self._heading
        bank.aim("SPEED")[:] = np.minimum(speed, EMPTY_M_S)
        bank.aim("SOC")[:] = cells.soc_pct
        bank.aim("BATT_V")[:] = cells.volt_v
        bank.aim("BATT_A")[:] = cells.current_a
        bank.aim("MOT_A[]")[:] = (9.0 * speed * (1.0 + 0.35 * loaded))[:, None]
        bank.aim("LOAD_WT")[:] = loaded * self._load_kg
        bank.aim("LOAD_ID")[:] = self._numbers + (count + self._mix_up(cycle, into_s)) * loaded
        bank.aim("TASK_ID")[:] = self._numbers + 16.0 * count + self._task[which, into_s]
        bank.aim("TASK_STATE")[:] = state
        bank.aim("NODE_ID")[:] = 1.0 + self._node[which, into_s]
        bank.aim("DIST_TOT")[:] = self._metres / 1000.0

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

    def _mix_up(self, cycle: Ints, into_s: Ints) -> Ints | int:
        """(n,) by how much a label is wrong: the next load bears the number of the one after it, and that one its."""
        if self._straight and not self._swapped.any():
            return 0
        swapped = self._swapped != 0.0
        past = self._pick_s <= into_s
        self._swap = np.where(swapped & (self._swap < 0), cycle + past, self._swap)
        over = ~swapped & ((cycle > self._swap + 1) | (cycle + past <= self._swap))
        self._swap[over] = -9
        self._straight = bool((self._swap < 0).all())
        return np.where(cycle == self._swap, 1, 0) - np.where(cycle == self._swap + 1, 1, 0)


def _by_second(way: Round, period_s: int) -> Floats:
    """(6, period) x, y, state, loaded, node ahead and task at every second of a round."""
    seconds = np.arange(period_s, dtype=np.float64)
    leg = np.minimum(np.searchsorted(way.time_s, seconds, side="right") - 1, len(way.state) - 1)
    return np.stack(
        [
            np.interp(seconds, way.time_s, way.x_m),
            np.interp(seconds, way.time_s, way.y_m),
            np.array(way.state)[leg],
            np.array(way.loaded)[leg],
            np.array(way.node)[leg + 1],
            np.array(way.task)[leg],
        ]
    )


def _metres(way: Round) -> float:
    x, y = np.array(way.x_m), np.array(way.y_m)
    distance: Floats = np.abs(np.diff(x)) + np.abs(np.diff(y))
    return float(distance.sum())


def _load_kg(seed: int, cycle: int, vehicle: int) -> float:
    return piece_kg(LOAD_KG, 0.8, 2.0, seed, cycle, vehicle)


AGV: Final = UnitType(points=POINTS, model=Vehicles)
