"""Batch sequences: the steps a unit goes through, again and again, on a fixed and staggered timetable.

A unit's cycle k starts at ``k * period - phase`` whatever happened before, so that a plant of staggered units
brings its daily amounts evenly; the step durations within a cycle differ from cycle to cycle and the last step
takes up the difference. Where a unit stands is a function of the second and of how long it was held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.model.plant import Unit
from didymium.twin.bank import Bank
from didymium.twin.noise import normal

Floats = NDArray[np.float64]
JITTER = 0.03
"""Standard deviation of a step's duration as a share of it."""
GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Ramp:
    """A target that moves evenly from ``start`` (None: from where it stands) to ``end`` over the step."""

    end: float
    start: float | None = None


Aim = float | tuple[float, ...] | Ramp


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Tags that ``aims`` names head there; those named only in other steps go back to their point.

    Tags that no step of the sequence names are left to the unit's model. ``hold`` names tags that stay where they
    are, without noise: an instrument that is isolated or keeps its last valid sample. ``seconds`` of the last step
    do not count, it lasts to the end of the period.
    """

    name: str
    code: int
    seconds: float
    aims: Mapping[str, Aim] = field(default_factory=dict)
    hold: tuple[str, ...] = ()


class Timetable:
    """Which step every unit of a bank is in, and the targets that follow from it.

    ``at``, ``spread``, ``slope`` and ``noisy`` are (units, tags) windows on the plant's arrays; the timetable writes
    the last two. ``step`` and ``since`` are (units,) index of the current step and the second it began; ``cycle``
    counts cycles. ``entered`` maps a step's name to the units that came into it in the present second. A model sets
    ``held`` (units,) where a unit cannot go on: it stays in its step, and all that follows comes so much later.
    ``earliest_s`` is when the first unit leaves its step.
    """

    def __init__(
        self,
        bank: Bank,
        steps: Sequence[Step],
        period_s: Callable[[Unit], float],
        *,
        seed: int,
        at: Floats,
        spread: Floats,
        slope: Floats,
        noisy: NDArray[np.bool_],
        state_tag: str,
    ) -> None:
        self.bank = bank
        self.steps = tuple(steps)
        self._seed = seed
        self._spread = spread
        self._slope = slope
        self._noisy, self._can_be_noisy = noisy, noisy.copy()
        self._nominal = np.array([step.seconds for step in steps])
        self._codes = np.array([step.code for step in steps], np.float64)
        n = len(bank)
        self.period_s = np.array([period_s(unit) for unit in bank.units])
        if (self.period_s < self._nominal[:-1].sum()).any():
            raise ValueError(f"{bank.template}: the steps are longer than the period")
        self.phase_s = np.zeros(n)
        for place in sorted({(unit.site, period) for unit, period in zip(bank.units, self.period_s, strict=True)}):
            members = np.array([i for i, u in enumerate(bank.units) if (u.site, self.period_s[i]) == place], np.intp)
            order = np.argsort((np.arange(len(members)) * GOLDEN) % 1.0, kind="stable")
            self.phase_s[members[order]] = (np.arange(len(members)) + 0.5) / len(members) * self.period_s[members]
        self.step = np.zeros(n, np.int64)
        self.cycle = np.zeros(n, np.int64)
        self.held = np.zeros(n, np.bool_)
        self.delay_s = np.zeros(n)
        self.was_held = np.zeros(n, np.bool_)
        self.since = np.zeros(n, np.float64)
        self.until = np.zeros(n, np.float64)
        self.entered: dict[str, list[int]] = {}
        self.earliest_s = 0.0
        self._state = bank.aim(state_tag) if bank.has(state_tag) else None
        self._elapsed = bank.aim("STEP_T") if bank.has("STEP_T") else None
        self._led = np.zeros(bank.target.shape[1], np.bool_)
        for name in {name for step in steps for name in (*step.aims, *step.hold) if bank.has(name)}:
            self._led[bank.columns[name]] = True
        self._tables = [self._table(step, at) for step in self.steps]

    def _table(self, step: Step, at: Floats) -> tuple[Floats, Floats]:
        """(units, tags) where the targets start, NaN for held ones, and where they end."""
        start, end = at.copy(), at.copy()
        start[:, ~self._led] = end[:, ~self._led] = np.nan
        for name, aim in step.aims.items():
            if not self.bank.has(name):
                continue
            columns = self.bank.columns[name]
            if isinstance(aim, Ramp):
                start[:, columns] = np.nan if aim.start is None else aim.start
                end[:, columns] = aim.end
            else:
                start[:, columns] = end[:, columns] = aim
        for name in step.hold:
            if self.bank.has(name):
                start[:, self.bank.columns[name]] = end[:, self.bank.columns[name]] = np.nan
        return start * (1.0 + self._spread), end * (1.0 + self._spread)

    def boundaries_s(self, unit: int, cycle: int) -> Floats:
        """Seconds since 1970 at which each step of a cycle starts, then the cycle's end."""
        start = cycle * self.period_s[unit] - self.phase_s[unit] + self.delay_s[unit]
        return _boundaries_s(start, self.period_s[unit], self._nominal, self._seed, cycle, unit)

    def first_cycle(self, second: float) -> Floats:
        """(units,) cycle that each unit is in at ``second``."""
        return np.floor((second + self.phase_s - self.delay_s) / self.period_s)

    def begun(self, step: str, since_s: float) -> Floats:
        """(units,) how often each unit has come to a step since the cycle it was in at ``since_s``."""
        index = [known.name for known in self.steps].index(step)
        return self.cycle - self.first_cycle(since_s) + (self.step >= index)

    def start(self, second: int) -> None:
        """Put every unit where it stands at ``second``, targets and values as if it had run for ever."""
        for unit in range(len(self.bank)):
            cycle = int(self.first_cycle(second)[unit])
            bounds = self.boundaries_s(unit, cycle)
            current = int(np.searchsorted(bounds[:-1], second, side="right")) - 1
            for step in (*range(current + 1, len(self.steps)), *range(current)):
                self._settle(unit, step, 1.0)
            share = (second - bounds[current]) / (bounds[current + 1] - bounds[current])
            self._settle(unit, current, share)
            self._place(unit, cycle, current, bounds, second)
        self.entered = {}
        self._show_states()
        if self._elapsed is not None:
            self._elapsed[:] = np.floor(second - self.since)
        self.bank.value[:] = self.bank.target

    def _settle(self, unit: int, step: int, share: float) -> None:
        start, end = self._tables[step][0][unit], self._tables[step][1][unit]
        target = self.bank.target[unit]
        begin = np.where(np.isnan(start), target, start)
        finish = np.where(np.isnan(end), target, end)
        target[:] = begin + share * (finish - begin)

    def _place(self, unit: int, cycle: int, step: int, bounds: Floats, now_s: float) -> None:
        self.step[unit], self.cycle[unit] = step, cycle
        self.since[unit], self.until[unit] = bounds[step], bounds[step + 1]
        start, end = self._tables[step][0][unit], self._tables[step][1][unit]
        left_s = max(1.0, bounds[step + 1] - now_s)
        target, can_be_noisy = self.bank.target[unit], self._can_be_noisy[unit]
        _lead(start, end, left_s, self._led, target, can_be_noisy, self._slope[unit], self._noisy[unit])

    def advance(self, second: int) -> None:
        """Bring units whose step is over into the next; write the state and the time in it."""
        if self.entered:
            self.entered = {}
        if self.held.any() or self.was_held.any():
            self.hold(second)
        if self.earliest_s <= second:
            self.move_on(second)
        if self._elapsed is not None:
            np.floor(second - self.since, out=self._elapsed)

    def hold(self, second: int) -> None:
        """Keep held units where they are for one more second, and let go of those that are held no longer."""
        held = self.held
        self.delay_s[held] += 1.0
        self.since[held] += 1.0
        self.until[held] += 1.0
        self.earliest_s = float(self.until.min())
        self._slope[held] = 0.0
        for unit in np.flatnonzero(self.was_held & ~held):
            end, target = self._tables[self.step[unit]][1][unit], self.bank.target[unit]
            left_s = max(1.0, self.until[unit] - second)
            self._slope[unit] = np.where(np.isnan(end), 0.0, (end - target) / left_s)
        self.was_held[:] = held

    def move_on(self, second: int) -> None:
        """Bring units whose step is over into the next."""
        for unit in np.flatnonzero(self.until <= second):
            while self.until[unit] <= second:
                self._next(int(unit))
        self._show_states()

    def _next(self, unit: int) -> None:
        step, cycle = int(self.step[unit]) + 1, int(self.cycle[unit])
        if step == len(self.steps):
            step, cycle = 0, cycle + 1
        start, target = self._tables[step][0][unit], self.bank.target[unit]
        np.copyto(target, start, where=~np.isnan(start))
        bounds = self.boundaries_s(unit, cycle)
        self._place(unit, cycle, step, bounds, bounds[step])
        self.entered.setdefault(self.steps[step].name, []).append(unit)

    def _show_states(self) -> None:
        self.earliest_s = float(self.until.min())
        if self._state is not None:
            self._state[:] = self._codes[self.step]


@njit(cache=True)
def _boundaries_s(start_s: float, period_s: float, nominal_s: Floats, seed: int, cycle: int, unit: int) -> Floats:
    steps = len(nominal_s)
    bounds, total_s = np.empty(steps + 1), 1e-9
    for k in range(steps - 1):
        bounds[k + 1] = nominal_s[k] * (1.0 + JITTER * normal(seed, cycle, unit * 64 + k))
        total_s += bounds[k + 1]
    shorter = min(1.0, 0.98 * period_s / total_s)
    bounds[0] = 0.0
    for k in range(1, steps):
        bounds[k] = bounds[k - 1] + shorter * bounds[k]
    bounds[steps] = period_s
    return start_s + bounds


@njit(cache=True)
def _lead(
    start: Floats,
    end: Floats,
    left_s: float,
    led: NDArray[np.bool_],
    target: Floats,
    can_be_noisy: NDArray[np.bool_],
    slope: Floats,
    noisy: NDArray[np.bool_],
) -> None:
    """Let a unit's tags go from where they stand to the end of its step; one that is held has neither end nor noise."""
    for k in range(len(target)):
        held = np.isnan(end[k])
        begin = target[k] if np.isnan(start[k]) else start[k]
        noisy[k] = can_be_noisy[k] and not (led[k] and held)
        slope[k] = 0.0 if held or begin == end[k] else (end[k] - target[k]) / left_s


class Clock:
    """Moves many timetables at once, and troubles only those that have something to do.

    It gives their columns a common memory, so that they are looked through together.
    """

    def __init__(self, timetables: Sequence[Timetable], target: Floats) -> None:
        self._timetables = tuple(timetables)
        self._moved: list[Timetable] = []
        n = sum(len(table.bank) for table in timetables)
        self._held, self._was_held, self._since = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n)
        self._target = target
        shown, first = [], 0
        for table in timetables:
            members = slice(first, first + len(table.bank))
            for column, own in ((self._held, "held"), (self._was_held, "was_held"), (self._since, "since")):
                column[members] = getattr(table, own)
                setattr(table, own, column[members])
            if table.bank.has("STEP_T"):
                shown += list(zip(range(first, members.stop), table.bank.places("STEP_T"), strict=True))
            first = members.stop
        self._unit, self._place = np.array(shown, np.intp).reshape(-1, 2).T.copy()
        self._earliest_s = min((table.earliest_s for table in timetables), default=np.inf)

    def advance(self, second: int) -> None:
        """Do what ``Timetable.advance`` does, for all."""
        for table in self._moved:
            table.entered = {}
        self._moved.clear()
        if self._held.any() or self._was_held.any():
            for table in self._timetables:
                if table.held.any() or table.was_held.any():
                    table.hold(second)
        if self._earliest_s <= second:
            for table in self._timetables:
                if table.earliest_s <= second:
                    table.move_on(second)
                    self._moved.append(table)
            self._earliest_s = min(table.earliest_s for table in self._timetables)
        _show_elapsed(second, self._since, self._unit, self._target, self._place)


@njit(cache=True)
def _show_elapsed(second: int, since: Floats, unit: NDArray[np.intp], target: Floats, place: NDArray[np.intp]) -> None:
    for k in range(len(unit)):
        target[place[k]] = np.floor(second - since[unit[k]])
