"""Folds readings into what is kept of each tag and minute: the one kernel of the present and of the past.

A minute's parts depend on its own readings and on the last sound reading before them, in the order of the tag's time,
and on nothing else. So the minutes that were folded as the readings came, and those folded from the historian, are the
same bits. Only two things reach further back, and both are bounded: the last sound reading may be ``FORGET_US`` old,
and a counter that fell is taken to have come back only within ``RETURN_US``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.model.counters import fallen, grown
from didymium.model.readings import Readings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MINUTE_US: Final = 60_000_000
LONGEST_GAP_US: Final = 5 * MINUTE_US
"""A value holds until the next reading, but no longer than this: silence is not known."""
FORGET_US: Final = 48 * 60 * MINUTE_US
"""What a tag said longer ago than this is not compared with what it says now."""
RETURN_US: Final = 60 * MINUTE_US
"""A counter that fell and stands where it stood within this time had lost its count for a moment only."""
NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Slots:
    """What to keep: tags, and of each tag its slots ``first[tag]`` to ``first[tag + 1]``, one part under a condition.

    ``rows`` are the tags' rows in the complex's table; ``high`` is where a counter rolls over, ``centre`` what sums are
    taken about, so that squares keep their digits. ``part``, ``test``, ``limit``, ``states`` and ``empty`` (the value
    of a minute without a reading) are (slots,).
    """

    rows: NDArray[np.int32]
    first: NDArray[np.int32]
    high: Floats
    centre: Floats
    part: NDArray[np.int8]
    test: NDArray[np.int8]
    limit: Floats
    states: Ints
    empty: Floats

    @property
    def tags(self) -> int:
        return len(self.rows)

    def __len__(self) -> int:
        return len(self.part)

    def of_tags(self, tags: NDArray[np.intp]) -> tuple[Slots, NDArray[np.intp]]:
        """The same of some tags only, and which slots those are."""
        each = [np.arange(self.first[t], self.first[t + 1]) for t in tags]
        slots = np.concatenate([*each, np.empty(0)]).astype(np.intp)
        first = np.concatenate([[0], np.cumsum(self.first[tags + 1] - self.first[tags])]).astype(np.int32)
        return Slots(
            self.rows[tags],
            first,
            self.high[tags],
            self.centre[tags],
            self.part[slots],
            self.test[slots],
            self.limit[slots],
            self.states[slots],
            self.empty[slots],
        ), slots


class Parts:
    """Parts of the ``size`` minutes from ``first_minute`` on: minute m is kept at the place ``m % size``.

    ``values`` is (slots, size), ``counts`` (tags, size) how many sound readings. ``touched`` is (tags,) the earliest
    minute of a reading that was older than its tag's newest, whose minute ``touched_to`` is: what lies between has to
    be folded anew; or of a reading that was older than what is kept, or of the first that came. ``reopened`` is (tags,)
    the earliest minute before ``closed`` into which a reading was folded. ``NEVER`` where there is none.
    """

    def __init__(self, slots: Slots, first_minute: int, size: int) -> None:
        n = slots.tags
        self.slots, self.size, self.first_minute = slots, size, first_minute
        self.values = np.repeat(slots.empty[:, None], size, axis=1)
        self.counts = np.zeros((n, size), np.int32)
        self.last_us = np.zeros(n, np.int64)
        self.last = np.zeros(n)
        self.fell_from, self.fell_us = np.full(n, np.inf), np.zeros(n, np.int64)
        self.touched, self.reopened = np.full(n, NEVER, np.int64), np.full(n, NEVER, np.int64)
        self.touched_to = np.zeros(n, np.int64)
        self.closed = 0

    @property
    def end_minute(self) -> int:
        """The first minute that is not kept any more."""
        return self.first_minute + self.size

    def take(self, readings: Readings, tag: NDArray[np.int32]) -> None:
        """Fold readings, those of a tag in the order of its time; ``tag`` is the tag of each, -1 for none of these.

        A reading not newer than its tag's last one is not folded but noted in ``touched``; one of a minute before the
        first is only remembered as the tag's last.
        """
        s = self.slots
        _fold(
            tag, readings.time_us, readings.value, readings.sound,
            s.first, s.high, s.centre, s.part, s.test, s.limit, s.states,
            self.last_us, self.last, self.fell_from, self.fell_us, self.touched, self.touched_to, self.reopened,
            self.closed, self.first_minute, self.size, self.values, self.counts,
        )  # fmt: skip

    def move_on(self, minute: int) -> None:
        """Make room up to ``minute``, the oldest minutes giving way."""
        new = minute + 1 - self.end_minute
        if new <= 0:
            return
        places = np.arange(self.end_minute, self.end_minute + new)[-self.size :] % self.size
        self.values[:, places] = self.slots.empty[:, None]
        self.counts[:, places] = 0
        self.first_minute += new

    def put(self, other: Parts, theirs: NDArray[np.intp], ours: NDArray[np.intp], first: int, end: int) -> None:
        """Take the minutes from ``first`` to ``end``, as far as both keep them, of tags ``theirs`` as tags ``ours``."""
        low, high = max(first, self.first_minute, other.first_minute), min(end, self.end_minute, other.end_minute)
        minutes = np.arange(low, max(low, high))
        here, there = minutes % self.size, minutes % other.size
        self.counts[ours[:, None], here] = other.counts[theirs[:, None], there]
        mine, its = self.slots.of_tags(ours)[1], other.slots.of_tags(theirs)[1]
        self.values[mine[:, None], here] = other.values[its[:, None], there]


@njit(cache=True, inline="always")
def _holds(test: int, limit: float, states: int, value: float) -> bool:
    """Whether a value meets a condition, see ``conditions.Test``."""
    if test == 0:
        return True
    if test == 1:
        return value < limit
    if test == 2:
        return value <= limit
    if test == 3:
        return value > limit
    if test == 4:
        return value >= limit
    if test == 5:
        return value == limit
    if test == 6:
        return value != limit
    among = False
    if 0.0 <= value <= 62.0:
        among = (states >> np.int64(value)) & 1 == 1
    return among if test == 7 else not among


@njit(cache=True, nogil=True)
def _fold(
    tag: NDArray[np.int32],
    time_us: Ints,
    value: Floats,
    sound: NDArray[np.bool_],
    first: NDArray[np.int32],
    high: Floats,
    centre: Floats,
    part: NDArray[np.int8],
    test: NDArray[np.int8],
    limit: Floats,
    states: Ints,
    last_us: Ints,
    last: Floats,
    fell_from: Floats,
    fell_us: Ints,
    touched: Ints,
    touched_to: Ints,
    reopened: Ints,
    closed: int,
    first_minute: int,
    size: int,
    values: Floats,
    counts: NDArray[np.int32],
) -> None:
    for i in range(len(tag)):
        t = tag[i]
        if t < 0 or not sound[i]:
            continue
        now, x = time_us[i], value[i]
        minute = now // MINUTE_US
        if now <= last_us[t]:
            touched[t] = min(touched[t], minute)
            touched_to[t] = max(touched_to[t], last_us[t] // MINUTE_US)
            continue
        if minute >= first_minute + size:
            continue
        gap = now - last_us[t]
        known = last_us[t] > 0 and gap <= FORGET_US
        held = known and gap <= LONGEST_GAP_US
        gap_s = gap / 1e6
        before = last[t]
        change = x - before if known else 0.0
        if fell_us[t] + RETURN_US < now:
            fell_from[t] = np.inf
        if minute < first_minute:
            touched[t] = min(touched[t], minute)
            touched_to[t] = max(touched_to[t], minute)
        else:
            place = minute % size
            counts[t, place] += 1
            if last_us[t] == 0:  # it goes on from what this does not know
                touched[t] = min(touched[t], minute)
                touched_to[t] = max(touched_to[t], minute)
            if minute < closed:
                reopened[t] = min(reopened[t], minute)
            for s in range(first[t], first[t + 1]):
                p = part[s]
                if p == 7:
                    if known:
                        values[s, place] += grown(before, x, high[t], fell_from[t])
                elif p == 8:
                    if change != 0.0:
                        values[s, place] += x
                elif p == 9:
                    if change != 0.0 and x != 0.0:
                        values[s, place] += 1.0
                elif p == 10:
                    if held and _holds(test[s], limit[s], states[s], before):
                        values[s, place] += before * gap_s
                elif p == 11:
                    if held and _holds(test[s], limit[s], states[s], before):
                        values[s, place] += gap_s
                elif p == 12:
                    if (
                        known
                        and _holds(test[s], limit[s], states[s], x)
                        and not _holds(test[s], limit[s], states[s], before)
                    ):
                        values[s, place] += 1.0
                elif p == 5:
                    if np.isnan(values[s, place]):
                        values[s, place] = x
                elif p == 6:
                    values[s, place] = x
                elif _holds(test[s], limit[s], states[s], x):
                    if p == 0:
                        values[s, place] += 1.0
                    elif p == 1:
                        values[s, place] += x - centre[t]
                    elif p == 2:
                        values[s, place] += (x - centre[t]) * (x - centre[t])
                    elif p == 3:
                        if not values[s, place] <= x:
                            values[s, place] = x
                    elif not values[s, place] >= x:
                        values[s, place] = x
        if known:
            fell_from[t] = fallen(before, x, high[t], fell_from[t])
            if x < before:
                fell_us[t] = now
        last_us[t] = now
        last[t] = x
