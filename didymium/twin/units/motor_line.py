"""A tandem line of motor stations with finite buffers between them (domain reference §9).

A station that has finished a motor passes it on where the buffer behind it has room, else it is blocked; one that has
none takes the next from the buffer before it, else it is starved. Two test benches stand side by side at one place.
The first place always has parts, the last starts as often as it is called. A cycle is lognormal about its mean, a
breakdown comes after a mean running time and takes a mean repair, both exponential. What fails its station's check is
worked on once more, and scrapped where it fails again. Times in s.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.noise import normal, uniform

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BUFFER: Final = 4
RUN, STARVED, BLOCKED, DOWN = range(4)
"""States as on the tag."""
LONGEST_STEP_S: Final = 5.0


class Plan(NamedTuple):
    """How a line is laid out: (servers,) place of each, its mean cycle, and (places,) the share that fails its check.

    ``spread`` is the cycles' coefficient of variation; ``between_s`` and ``repair_s`` are the means of breakdowns.
    """

    place: Integers
    cycle_s: Floats
    reject: Floats
    spread: float
    between_s: float
    repair_s: float


class Line(NamedTuple):
    """What stands where. ``serial`` (servers,) is 0 where a station is empty; ``queue`` (places, 4) before each place.

    ``left_s`` is the rest of the cycle, whose length is ``length_s``; ``attempt`` counts from 0; ``broken_s`` the rest
    of a repair. ``started``, ``good``, ``rejected`` and ``scrapped`` count by place, ``made`` and ``failed`` by server.
    ``next_serial`` (1,) is given to the next motor. ``calls`` (1,) is what the last place may still start and
    ``parts`` (places,) what else each place has the parts for.
    """

    serial: Integers
    left_s: Floats
    length_s: Floats
    attempt: Integers
    state: Integers
    broken_s: Floats
    queue: Integers
    queued: Integers
    started: Integers
    scrapped: Integers
    made: Integers
    failed: Integers
    next_serial: Integers
    calls: Integers
    parts: Integers


ENDLESS: Final = 1 << 40


def line(plan: Plan, next_serial: int) -> Line:
    """An empty line that is called for as much as it can make."""
    servers, places = len(plan.place), int(plan.place.max()) + 1

    def none(n: int) -> Integers:
        return np.zeros(n, np.int64)

    return Line(
        serial=none(servers),
        left_s=np.zeros(servers),
        length_s=plan.cycle_s.copy(),
        attempt=none(servers),
        state=np.full(servers, STARVED, np.int64),
        broken_s=np.zeros(servers),
        queue=np.zeros((places, BUFFER), np.int64),
        queued=none(places),
        started=none(places),
        scrapped=none(places),
        made=none(servers),
        failed=none(servers),
        next_serial=np.array([next_serial], np.int64),
        calls=np.array([ENDLESS], np.int64),
        parts=np.full(places, ENDLESS, np.int64),
    )


def fill(it: Line) -> None:
    """Fill the buffers of an empty line: one that has run ahead of its calls."""
    places = len(it.queued)
    ahead = BUFFER * (places - 1 - np.arange(1, places))
    it.queue[1:] = it.next_serial[0] + ahead[:, None] + np.arange(BUFFER)
    it.queued[1:] = BUFFER
    it.next_serial[0] += BUFFER * (places - 1)


def step_line(it: Line, plan: Plan, verdict: Integers, seed: int, second: int, dt_s: float) -> None:
    """Advance by ``dt_s`` to ``second``, in place. ``verdict`` (servers,) overrules the check of a cycle that ends now:
    1 good, 2 failed, 0 as its share of rejects says.

    Raises ``ValueError`` beyond 5 s, a sixteenth of the shortest cycle.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"a motor line advances by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    advance_line(it, plan, verdict, seed, second, dt_s)


def run_in(it: Line, plan: Plan, seed: int, from_s: int, to_s: int, takt_s: float, called_from_s: int) -> None:
    """Run a line as it stands, its last place called at every ``takt_s`` from some second on."""
    _run_in(it, plan, np.zeros(len(plan.place), np.int64), seed, from_s, to_s, takt_s, called_from_s)


@njit(cache=True)
def _run_in(
    it: Line, plan: Plan, verdict: Integers, seed: int, from_s: int, to_s: int, takt_s: float, called_from_s: int
) -> None:
    it.calls[0] = 0
    for second in range(from_s + 1, to_s + 1):
        since_s = second - called_from_s
        it.calls[0] += math.floor(since_s / takt_s) - math.floor((since_s - 1) / takt_s)
        advance_line(it, plan, verdict, seed, second, 1.0)


@njit(cache=True)
def advance_line(it: Line, plan: Plan, verdict: Integers, seed: int, second: int, dt_s: float) -> bool:
    """``step_line`` within kernels; whether any motor was started, finished or scrapped."""
    last = len(it.queued) - 1
    moved = False
    for k in range(len(plan.place) - 1, -1, -1):
        place = plan.place[k]
        if it.broken_s[k] > 0.0:
            it.broken_s[k] = max(0.0, it.broken_s[k] - dt_s)
            it.state[k] = DOWN
            continue
        if it.serial[k] > 0 and it.left_s[k] > 0.0:
            if uniform(seed, second, k) < dt_s / plan.between_s:
                it.broken_s[k] = -plan.repair_s * math.log(1.0 - uniform(seed + 1, second, k))
                it.state[k] = DOWN
                continue
            it.left_s[k] -= dt_s
            if it.left_s[k] <= 0.0:
                _check(it, plan, verdict[k], seed, k)
                moved = True
        if it.serial[k] > 0 and it.left_s[k] <= 0.0:
            if place == last:
                it.serial[k] = 0
            elif it.queued[place + 1] < BUFFER:
                it.queue[place + 1, it.queued[place + 1]] = it.serial[k]
                it.queued[place + 1] += 1
                it.serial[k] = 0
        if it.serial[k] == 0:
            _take(it, plan, seed, k, place == last)
            moved = moved or it.serial[k] > 0
        it.state[k] = STARVED if it.serial[k] == 0 else RUN if it.left_s[k] > 0.0 else BLOCKED
    return moved


@njit(cache=True, inline="always")
def _check(it: Line, plan: Plan, verdict: int, seed: int, k: int) -> None:
    """Count the motor good, work on it again, or scrap it."""
    it.left_s[k] = 0.0
    draw = uniform(seed + 2 + it.attempt[k], it.serial[k], k)
    bad = verdict == 2 or (verdict == 0 and draw < plan.reject[plan.place[k]])
    if not bad:
        it.made[k] += 1
        return
    it.failed[k] += 1
    if it.attempt[k] == 0:
        it.attempt[k], it.left_s[k] = 1, it.length_s[k]
    else:
        it.scrapped[plan.place[k]] += 1
        it.serial[k] = 0


@njit(cache=True, inline="always")
def _take(it: Line, plan: Plan, seed: int, k: int, is_last: bool) -> None:
    """Start the next motor where there is one, its parts, and a call for it."""
    place = plan.place[k]
    if it.parts[place] <= 0 or (is_last and it.calls[0] <= 0) or (place > 0 and it.queued[place] == 0):
        return
    if place == 0:
        it.serial[k] = it.next_serial[0]
        it.next_serial[0] += 1
    else:
        it.serial[k] = it.queue[place, 0]
        for j in range(BUFFER - 1):
            it.queue[place, j] = it.queue[place, j + 1]
        it.queue[place, BUFFER - 1] = 0
        it.queued[place] -= 1
    if is_last:
        it.calls[0] -= 1
    it.parts[place] -= 1
    it.started[place] += 1
    it.attempt[k] = 0
    share = plan.spread * normal(seed + 4, it.serial[k], k) - 0.5 * plan.spread * plan.spread
    it.length_s[k] = it.left_s[k] = plan.cycle_s[k] * math.exp(share)


def inside(it: Line, plan: Plan) -> Integers:
    """(places,) motors on the line by the last place that has started them: at it or in the buffer behind it."""
    at = np.bincount(plan.place, it.serial > 0, len(it.queued)).astype(np.int64)
    at[:-1] += it.queued[1:]
    return at
