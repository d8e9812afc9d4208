"""Sagger robots, the buffers between them and the kiln, and the conveyors (domain reference §4.2, §17.2 I17).

R1 sets filled saggers before the kiln, R2 takes saggers off it, R3 tips them; each makes a cycle of 16 s as soon as
there is work, so that the takt of 17.28 s is the kiln's. 120 filled saggers wait before the kiln and 120 places are
behind it: 35 minutes. When either is used up the kiln is fed no more and creeps, until a row's worth is there again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from didymium.twin.bank import Bank, Floats
from didymium.twin.noise import normal
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.kiln import CREEP_MM_MIN, SAGGER_TAKT_S, SPEED_MM_MIN, TravellingKilns

BUFFER: Final = 120.0
ROW: Final = 8.0
CYCLE_S: Final = 16.0
CYCLE_SIGMA_S: Final = 0.12
MAX_DT_S: Final = 8.0
"""Beyond it a robot could end two cycles in one step."""
LOAD, UNLOAD, TIP = 0.0, 1.0, 2.0
EMERGENCY_STOP: Final = 101.0
"""Fault code. (A)"""
WARM_UP_S: Final = 120

ENDS_S: Final = (3.2, 5.6, 11.2, 14.0)
"""Seconds into the cycle at which the robot has reached, grasped, carried and placed; then it is at home."""
HOME: Final = len(ENDS_S)
GRIP: Final = (0.0, 1.0, 2.0, 2.0, 0.0)
POSES_DEG: Final = np.array(
    [
        (-35.0, 42.0, -58.0, 5.0, 62.0, 10.0),
        (-38.0, 55.0, -66.0, 4.0, 74.0, 8.0),
        (48.0, 24.0, -30.0, -12.0, 58.0, 95.0),
        (72.0, 46.0, -49.0, -9.0, 66.0, 120.0),
        (0.0, 10.0, -20.0, 0.0, 45.0, 0.0),
    ]
)
TOOL: Final = np.array(
    [
        (310.0, -820.0, 940.0, 180.0, 2.0, 90.0),
        (340.0, -860.0, 610.0, 180.0, 1.0, 92.0),
        (1180.0, 610.0, 1240.0, 178.0, 3.0, -4.0),
        (920.0, 1310.0, 720.0, 180.0, 1.0, -30.0),
        (860.0, 0.0, 1350.0, 180.0, 0.0, 0.0),
    ]
)
TORQUE_PCT: Final = np.outer((34.0, 46.0, 58.0, 41.0, 22.0), (0.6, 1.0, 0.9, 0.4, 0.5, 0.3))


class SaggerLines(NamedTuple):
    """(robots,) columns up to ``cycles``, then (lines,) ones.

    ``clock_s`` runs from the beginning of a cycle whether the robot moves or not, ``done_s`` only while it moves.
    ``tipped`` is a total; ``starved`` and ``blocked`` say that the line feeds its kiln no more.
    """

    line: Floats
    task: Floats
    busy: Floats
    done_s: Floats
    clock_s: Floats
    cycle_s: Floats
    last_s: Floats
    cycles: Floats
    waiting: Floats
    before_robot: Floats
    tipping: Floats
    tipped: Floats
    starved: Floats
    blocked: Floats


class LineInputs(NamedTuple):
    """(robots,) whether each is stopped; (lines,) saggers that went into the kiln and came out of it, and takts in
    which there was none for it.
    """

    stopped: Floats
    entered: Floats
    left: Floats
    missed: Floats


def sagger_lines(line: Floats, task: Floats) -> SaggerLines:
    """Lines with full buffers before their kilns, and robots at home."""
    robots, lines = len(line), int(line.max(initial=-1)) + 1
    columns = {name: np.zeros(robots) for name in ("busy", "done_s", "clock_s", "cycles")}
    columns |= {name: np.full(robots, CYCLE_S) for name in ("cycle_s", "last_s")}
    columns |= {name: np.zeros(lines) for name in ("before_robot", "tipping", "tipped", "starved", "blocked")}
    return SaggerLines(line=line, task=task, waiting=np.full(lines, BUFFER), **columns)


def step_lines(lines: SaggerLines, inputs: LineInputs, seed: int, second: int, dt_s: float) -> None:
    """Advance robots and buffers by ``dt_s``, in place. Raises ``ValueError`` outside 0 < dt_s <= 8."""
    if not 0.0 < dt_s <= MAX_DT_S:
        raise ValueError(f"a robot's step of {dt_s:g} s: more than 0 and at most {MAX_DT_S:g} s")
    _step(lines, inputs, seed, second, dt_s)


@njit(cache=True)
def _step(lines: SaggerLines, inputs: LineInputs, seed: int, second: int, dt_s: float) -> None:
    for m in range(len(lines.waiting)):
        lines.waiting[m] -= inputs.entered[m]
        lines.before_robot[m] += inputs.left[m]
    for r in range(len(lines.task)):
        m = int(lines.line[r])
        over_s = 0.0
        if inputs.stopped[r] != 0.0:
            lines.clock_s[r] += dt_s
            continue
        if lines.busy[r] == 1.0:
            lines.clock_s[r] += dt_s
            lines.done_s[r] += dt_s
            if lines.done_s[r] < lines.cycle_s[r]:
                continue
            over_s = lines.done_s[r] - lines.cycle_s[r]
            lines.last_s[r] = lines.clock_s[r] - over_s
            lines.cycles[r] += 1.0
            _put_down(lines, r, m)
        lines.done_s[r] = lines.clock_s[r] = 0.0
        lines.busy[r] = 0.0
        if _picked_up(lines, r, m):
            lines.busy[r] = 1.0
            lines.done_s[r] = lines.clock_s[r] = over_s
            lines.cycle_s[r] = CYCLE_S + CYCLE_SIGMA_S * normal(seed, second, r)
    for m in range(len(lines.waiting)):
        _judge(lines, inputs, m)


@njit(cache=True, inline="always")
def _picked_up(lines: SaggerLines, r: int, m: int) -> bool:
    """Whether there is work; what the robot takes hold of is no longer in its queue."""
    if lines.task[r] == LOAD:
        return bool(lines.waiting[m] < BUFFER)
    queue = lines.before_robot if lines.task[r] == UNLOAD else lines.tipping
    if queue[m] < 1.0:
        return False
    queue[m] -= 1.0
    return True


@njit(cache=True, inline="always")
def _put_down(lines: SaggerLines, r: int, m: int) -> None:
    if lines.task[r] == LOAD:
        lines.waiting[m] += 1.0
    elif lines.task[r] == UNLOAD:
        lines.tipping[m] += 1.0
    else:
        lines.tipped[m] += 1.0


@njit(cache=True, inline="always")
def _judge(lines: SaggerLines, inputs: LineInputs, m: int) -> None:
    """Whether the kiln can be fed; what comes out beyond the places behind it is tipped by hand."""
    if lines.waiting[m] < 1.0 and inputs.missed[m] > 0.0:
        lines.starved[m] = 1.0
    elif lines.waiting[m] >= ROW:
        lines.starved[m] = 0.0
    behind = lines.before_robot[m] + lines.tipping[m]
    if behind > BUFFER:
        lines.blocked[m] = 1.0
    elif behind <= BUFFER - ROW:
        lines.blocked[m] = 0.0
    by_hand = max(0.0, behind - BUFFER)
    waiting = min(by_hand, lines.before_robot[m])
    lines.before_robot[m] -= waiting
    lines.tipping[m] -= by_hand - waiting
    lines.tipped[m] += by_hand


POINTS: Final[Points] = {
    "J[]_POS": Point(tuple(POSES_DEG[HOME]), 0.0, 0.01, 0.0, 0.9),
    "J[]_VEL": Point(0.0, 0.0, 0.1, 0.0, 0.0),
    "J[]_TRQ": Point(tuple(TORQUE_PCT[HOME]), 0.0, 2.0, 0.0, 0.7),
    "J[]_T": Point((48.0, 52.0, 50.0, 44.0, 43.0, 41.0), 0.6, 0.06, 1.0),
    "TCP[]": Point(tuple(TOOL[HOME]), 0.0, 0.1, 0.0, 0.9),
    "GRIP_P": Point(585.0, 4.0, 2.0, 5.0),
    "GRIP_F": Point(520.0, 6.0, 5.0, 8.0),
    "CYC_T": exact(CYCLE_S),
    "OVR": exact(95.0),
    "FENCE": exact(1.0),
}


@dataclass
class _Served:
    """The kiln that a line serves; None where it serves none, and its takt is then kept by the clock."""

    kilns: TravellingKilns | None
    kiln: int


class Robots:
    """Binds robots and buffers to their tags and to the kilns. ``lines`` may be looked into.

    A site whose robots do not do all three tasks leaves its kiln to people.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank, self._seed, self._month_s = bank, around.seed + 41, around.month_s
        sites = sorted({unit.site for unit in bank.units})
        self.line_of = {site: line for line, site in enumerate(sites)}
        task = np.array([(unit.number - 1) % 3 for unit in bank.units], np.float64)
        self.lines = sagger_lines(np.array([float(self.line_of[unit.site]) for unit in bank.units]), task)
        n = len(sites)
        self._inputs = LineInputs(around.faults.sizes(bank, "F08"), *(np.zeros(n) for _ in range(3)))
        self._was_stopped = np.zeros(len(bank))
        self._shown = np.full(len(bank), -1)
        self._served = [
            _served(around, site) if {LOAD, UNLOAD, TIP} <= set(task[self.lines.line == line]) else _Served(None, 0)
            for line, site in enumerate(sites)
        ]
        for second in range(around.second - WARM_UP_S, around.second + 1):
            for line in range(n):
                self._keep_takt(line, second)
            step_lines(self.lines, self._inputs, self._seed, second, 1.0)
        self.lines.tipped[:] = 0.0
        self.lines.cycles[:] = np.floor((around.second - self._month_s) / SAGGER_TAKT_S)
        for line, served in enumerate(self._served):
            if served.kilns is not None:
                served.kilns.served[served.kiln] = True
                served.kilns.put_on_table(served.kiln, self._on_table(line))
                served.kilns.inputs.waiting[served.kiln] = self.lines.waiting[line]
        bank.aim("PROG")[:] = 1.0 + task
        self._show()
        bank.aim("J[]_VEL")[:] = 0.0
        bank.value[:] = bank.target

    def _keep_takt(self, line: int, second: int) -> None:
        """Take a sagger from the line and give it one at each takt of the clock."""
        before, now = ((t - self._month_s) // SAGGER_TAKT_S for t in (second - 1, second))
        fed = self._is_fed(line) and self.lines.waiting[line] >= 1.0
        self._inputs.entered[line] = self._inputs.left[line] = (now - before) * fed
        self._inputs.missed[line] = (now - before) * (not fed)

    def _is_fed(self, line: int) -> bool:
        return bool(self.lines.starved[line] + self.lines.blocked[line] == 0.0)

    def _on_table(self, line: int) -> float:
        """Saggers between the kiln and the tipped ones, with those in the robots' grips."""
        lines = self.lines
        gripped = ((lines.line == line) & (lines.task != LOAD) & (lines.busy == 1.0)).sum()
        return float(lines.before_robot[line] + lines.tipping[line] + gripped)

    def step(self, second: int) -> None:
        """Move, count, and say to the kilns what they can have."""
        lines, inputs = self.lines, self._inputs
        tipped_before = lines.tipped.copy()
        for line, served in enumerate(self._served):
            if served.kilns is None:
                self._keep_takt(line, second)
            else:
                inputs.entered[line] = served.kilns.state.entered[served.kiln]
                inputs.left[line] = served.kilns.state.left[served.kiln]
                inputs.missed[line] = served.kilns.state.missed[served.kiln]
        step_lines(lines, inputs, self._seed, second, 1.0)
        for line, served in enumerate(self._served):
            if served.kilns is not None:
                fed = self._is_fed(line)
                served.kilns.inputs.waiting[served.kiln] = lines.waiting[line] if fed else 0.0
                served.kilns.inputs.speed_mm_min[served.kiln] = SPEED_MM_MIN if fed else CREEP_MM_MIN
                served.kilns.take_off(served.kiln, float(lines.tipped[line] - tipped_before[line]))
        self._show()

    def _show(self) -> None:
        bank, lines, stopped = self.bank, self.lines, self._inputs.stopped
        if (stopped != self._was_stopped).any():
            self._stop_or_release(stopped)
        for robot in range(len(bank)):
            if stopped[robot] == 0.0:
                self._pose(robot)
        bank.aim("J[]_VEL")[:] = 0.67 * (bank.aim("J[]_POS") - bank.now("J[]_POS"))
        bank.aim("CYC_CNT")[:] = lines.cycles
        bank.aim("CYC_T")[:] = np.where(stopped != 0.0, np.maximum(lines.last_s, lines.clock_s), lines.last_s)

    def _pose(self, robot: int) -> None:
        """Head for where the step of the cycle is done, and grip as it asks."""
        done_s = self.lines.done_s[robot] if self.lines.busy[robot] == 1.0 else CYCLE_S
        step = HOME
        for k, end_s in enumerate(ENDS_S):
            if done_s < end_s:
                step = k
                break
        if step != self._shown[robot]:
            self._shown[robot] = step
            self.bank.aim("J[]_POS")[robot] = POSES_DEG[step]
            self.bank.aim("TCP[]")[robot] = TOOL[step]
            self.bank.aim("J[]_TRQ")[robot] = TORQUE_PCT[step]
            self.bank.aim("GRIP_ST")[robot] = GRIP[step]

    def _stop_or_release(self, stopped: Floats) -> None:
        """An arm with its emergency stop pressed stays where it is, on its brakes."""
        bank = self.bank
        for robot in np.flatnonzero(stopped != self._was_stopped):
            self._shown[robot] = -1
            bank.aim("J[]_POS")[robot] = bank.now("J[]_POS")[robot]
            bank.aim("TCP[]")[robot] = bank.now("TCP[]")[robot]
            bank.aim("J[]_TRQ")[robot] = 0.0
        bank.aim("ESTOP")[:] = stopped
        bank.aim("FAULT")[:] = EMERGENCY_STOP * stopped
        self._was_stopped = stopped.copy()


def _served(around: Surroundings, site: str) -> _Served:
    kilns = around.models.get("T_KILN70")
    if isinstance(kilns, TravellingKilns):
        for kiln in kilns.bank.at_site(site):
            return _Served(kilns, int(kiln))
    return _Served(None, 0)


ROBOT: Final = UnitType(points=POINTS, model=Robots)

SECTIONS_A: Final = (2.4, 3.4)
"""Current of an empty and of a full section. (A)"""
SPEED_M_MIN: Final = 6.2


class Conveyors:
    """The first half of a line's sections holds what waits before the kiln, the second what comes out of it.

    A section stands still when it has nothing to move or no place to move it to.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        robots = around.models.get("T_ROBOT")
        self._lines = robots.lines if isinstance(robots, Robots) else None
        line_of = robots.line_of if isinstance(robots, Robots) else {}
        self._parts: list[tuple[int, np.ndarray, np.ndarray]] = []
        for site, line in line_of.items():
            sections = bank.at_site(site)
            if len(sections):
                half = (len(sections) + 1) // 2
                self._parts.append((line, sections[:half], sections[half:]))
        self._spread_a = bank.aim("MOT_A") / SECTIONS_A[1]
        self._spread_speed = bank.aim("SPD") / SPEED_M_MIN
        self._seen: list[tuple[float, ...]] = [()] * len(self._parts)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Carry what there is."""
        lines = self._lines
        if lines is None:
            return
        for part, (line, inlet, outlet) in enumerate(self._parts):
            behind = lines.before_robot[line] + lines.tipping[line]
            seen = (lines.waiting[line], behind, lines.starved[line], lines.blocked[line])
            if seen != self._seen[part]:
                self._seen[part] = seen
                self._carry(inlet, lines.waiting[line] / BUFFER, lines.starved[line] == 0.0)
                self._carry(outlet, behind / BUFFER, lines.blocked[line] == 0.0)

    def _carry(self, sections: np.ndarray, filled: float, runs: bool) -> None:
        bank = self.bank
        empty_a, full_a = SECTIONS_A
        bank.aim("RUN")[sections] = float(runs)
        bank.aim("SPD")[sections] = SPEED_M_MIN * runs * self._spread_speed[sections]
        bank.aim("MOT_A")[sections] = (empty_a + (full_a - empty_a) * filled) * runs * self._spread_a[sections]


CONVEYOR: Final = UnitType(
    points={"RUN": 1.0, "MOT_A": Point(3.4, 0.05, 0.05, 0.2), "SPD": Point(SPEED_M_MIN, 0.02, 0.02, 0.1)},
    model=Conveyors,
)
