"""The life of an alarm as a table: state and event in, state out (ISA-18.2-2016 fig. 3, IEC 62682:2022 fig. 3).

A place of the table joins the *life* of the alarm, what a person has yet to do about it, with its *covers*, what keeps
it from sounding: suppressed, shelved, out of service. Under a cover the process is still followed. What may be told is
told when the last cover falls, and what was told and not acknowledged before still wants its acknowledgement then.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from itertools import product
from typing import Final

import numpy as np


class Life(IntEnum):
    """What is open about an alarm. ``UNTOLD``: it became active under a cover and nobody was told."""

    NORMAL = 0
    UNACK = 1
    ACKED = 2
    RTN_UNACK = 3
    LATCHED = 4
    UNTOLD = 5


class State(IntEnum):
    """An alarm's state as people see it: the strongest cover, or else its life."""

    NORMAL = 0
    UNACK = 1
    ACKED = 2
    RTN_UNACK = 3
    LATCHED = 4
    SUPPRESSED = 5
    SHELVED = 6
    OUT_OF_SERVICE = 7


UNACKNOWLEDGED: Final = (State.UNACK, State.RTN_UNACK)
"""An alarm that comes and goes is not answered by going."""


class Event(IntEnum):
    """What can happen to an alarm. Those of ``ACTS`` are done by a person; ``EXPIRE`` ends a shelving by time."""

    ACTIVATE = 0
    CLEAR = 1
    SUPPRESS = 2
    RELEASE = 3
    RE_ALARM = 4
    EXPIRE = 5
    ACKNOWLEDGE = 6
    RESET = 7
    SHELVE = 8
    UNSHELVE = 9
    REMOVE_FROM_SERVICE = 10
    RETURN_TO_SERVICE = 11


ACTS: Final = tuple(event for event in Event if event >= Event.ACKNOWLEDGE)
SUPPRESSED, SHELVED, OUT_OF_SERVICE = 1, 2, 4
COVERS: Final = 8
LIVES: Final = len(Life)
PLACES: Final = LIVES * COVERS
ACTIVE: Final = (Life.UNACK, Life.ACKED, Life.UNTOLD)

NO_TRANSITION: Final = -1

OPEN: Final[Mapping[Life, Mapping[Event, Life]]] = {
    Life.NORMAL: {Event.ACTIVATE: Life.UNACK},
    Life.UNACK: {
        Event.CLEAR: Life.RTN_UNACK,
        Event.ACKNOWLEDGE: Life.ACKED,
        Event.RE_ALARM: Life.UNACK,
    },
    Life.ACKED: {Event.CLEAR: Life.NORMAL, Event.RE_ALARM: Life.UNACK},
    Life.RTN_UNACK: {Event.ACTIVATE: Life.UNACK, Event.ACKNOWLEDGE: Life.NORMAL},
    Life.LATCHED: {Event.ACTIVATE: Life.UNACK, Event.RESET: Life.NORMAL},
    Life.UNTOLD: {},
}
"""Without a cover. ``NORMAL`` after ``CLEAR`` or ``ACKNOWLEDGE`` is ``LATCHED`` for an alarm that latches."""
COVERED: Final[Mapping[Life, Mapping[Event, Life]]] = {
    Life.NORMAL: {Event.ACTIVATE: Life.UNTOLD},
    Life.UNACK: {Event.CLEAR: Life.RTN_UNACK},
    Life.ACKED: {Event.CLEAR: Life.NORMAL},
    Life.RTN_UNACK: {Event.ACTIVATE: Life.UNACK},
    Life.LATCHED: {Event.ACTIVATE: Life.UNACK},
    Life.UNTOLD: {Event.CLEAR: Life.NORMAL},
}
"""Under any cover. What was never told and has gone leaves nothing behind."""
COVERING: Final[Mapping[Event, tuple[int, bool]]] = {
    Event.SUPPRESS: (SUPPRESSED, True),
    Event.RELEASE: (SUPPRESSED, False),
    Event.SHELVE: (SHELVED, True),
    Event.UNSHELVE: (SHELVED, False),
    Event.EXPIRE: (SHELVED, False),
    Event.REMOVE_FROM_SERVICE: (OUT_OF_SERVICE, True),
    Event.RETURN_TO_SERVICE: (OUT_OF_SERVICE, False),
}
"""Which cover an event puts on or takes off."""
BY_HAND: Final[Mapping[Life, Life]] = {
    Life.UNACK: Life.ACKED,
    Life.UNTOLD: Life.ACKED,
    Life.RTN_UNACK: Life.NORMAL,
}
"""A person who takes an alarm off the shelf has seen it."""
BY_TIME: Final[Mapping[Life, Life]] = {Life.ACKED: Life.UNACK, Life.UNTOLD: Life.UNACK}
"""When the time on the shelf is over an active alarm is told anew."""
UNCOVERED: Final[Mapping[Life, Life]] = {Life.UNTOLD: Life.UNACK}
"""When any other cover falls as the last."""


def place(life: Life, covers: int = 0) -> int:
    """The number of a place in the table."""
    return covers * LIVES + life


def state(at: int) -> State:
    """What people see of a place."""
    life, covers = at % LIVES, at // LIVES
    if covers & OUT_OF_SERVICE:
        return State.OUT_OF_SERVICE
    if covers & SHELVED:
        return State.SHELVED
    return State.SUPPRESSED if covers else State(life)


def following(life: Life, covers: int, event: Event, latches: bool) -> tuple[Life, int] | None:
    """Return life and covers after an event, None where the event cannot happen."""
    if event not in COVERING:
        after = (COVERED if covers else OPEN)[life].get(event)
        if after is None:
            return None
        settles = after is Life.NORMAL and event in (Event.CLEAR, Event.ACKNOWLEDGE) and life is not Life.UNTOLD
        return (Life.LATCHED if latches and settles else after), covers
    cover, put_on = COVERING[event]
    if bool(covers & cover) is put_on:
        return None
    if put_on:
        return life, covers | cover
    left = covers & ~cover
    if event is Event.UNSHELVE:
        after = BY_HAND.get(life, life)
        return (Life.LATCHED if latches and after is Life.NORMAL and life is not after else after), left
    if left:
        return (Life.UNTOLD if event is Event.EXPIRE and life is Life.ACKED else life), left
    return (BY_TIME if event is Event.EXPIRE else UNCOVERED).get(life, life), left


def _table() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int8]], np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    after = np.full((2, PLACES, len(Event)), NO_TRANSITION, np.int8)
    sounds = np.zeros((2, PLACES, len(Event)), np.bool_)
    for latches, life, covers, event in product((False, True), Life, range(COVERS), Event):
        found = following(life, covers, event, latches)
        if found is not None:
            at = place(life, covers)
            after[int(latches), at, event] = place(*found)
            told = found == (Life.UNACK, 0) and not (event is Event.RELEASE and life is Life.UNACK)
            sounds[int(latches), at, event] = told
    return after, sounds


NEXT, SOUNDS = _table()
"""(2, PLACES, events) the place after an event at a place, ``NO_TRANSITION`` where it cannot happen, and whether it
sounds; the first axis is whether the alarm latches. An alarm sounds when it comes to be active and unacknowledged
without cover; one that had sounded before it was suppressed and still wants its acknowledgement comes back silently."""
STATE_OF: Final = np.array([state(at) for at in range(PLACES)], np.int8)
"""(PLACES,) what people see."""
