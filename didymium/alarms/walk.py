"""Walks many alarms through the table of their life and writes down each step."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.alarms.life import LIVES, NEXT, SOUNDS, STATE_OF, SUPPRESSED, Event, Life
from didymium.alarms.transitions import TYPES

ACTIVATE, CLEAR = Event.ACTIVATE.value, Event.CLEAR.value
SUPPRESS, RELEASE = Event.SUPPRESS.value, Event.RELEASE.value
QUIET = Life.NORMAL.value
SUPPRESSED_BIT = SUPPRESSED
MOST_STEPS = 3
"""Steps that one alarm can take in one second: suppressed, flipped, released."""
STANDING: Final = np.dtype([("place", np.int8), ("number", np.int32), ("told_us", np.int64)], align=True)
"""An alarm's place in the table of lives, the number of its last transition, and when it sounded last."""
STEP: Final = np.dtype(
    [(name, TYPES[name]) for name in ("alarm", "number", "before", "after", "event", "sounds", "time_us")], align=True
)
"""What a walk knows of a transition."""


@njit(cache=True)
def step(
    i: int,
    event: int,
    time_us: int,
    constants: NDArray[Any],
    standings: NDArray[Any],
    touched: NDArray[np.bool_],
    steps: NDArray[Any],
    written: int,
) -> int:
    """Let one event happen to alarm i, where it can; return how many steps are written."""
    standing = standings[i]
    at = standing.place
    kind = 1 if constants[i].latches else 0
    after = NEXT[kind, at, event]
    if after < 0:
        return written
    standing.place = after
    touched[i] = True
    if event in (SUPPRESS, RELEASE) and at % LIVES == QUIET:
        return written
    standing.number += 1
    sounds = SOUNDS[kind, at, event]
    if sounds:
        standing.told_us = time_us
    made = steps[written]
    made.alarm = i
    made.number = standing.number
    made.before = STATE_OF[at]
    made.after = STATE_OF[after]
    made.event = event
    made.sounds = sounds
    made.time_us = time_us
    return written + 1


@njit(cache=True)
def follow(
    rows: NDArray[np.int32],
    frame_us: int,
    constants: NDArray[Any],
    conditions: NDArray[Any],
    hidings: NDArray[Any],
    standings: NDArray[Any],
    touched: NDArray[np.bool_],
    steps: NDArray[Any],
) -> int:
    """Let what the conditions and the suppression say happen to ``rows``; return how many steps are written.

    What is hidden now is suppressed before it flips, and what is no more is released after, so that nothing sounds that
    goes in the same second.
    """
    written = 0
    for k in range(len(rows)):
        i = rows[k]
        hidden = hidings[i].hidden
        covered = (standings[i].place // LIVES) & SUPPRESSED_BIT != 0
        flip = conditions[i].flipped
        time_us = conditions[i].at_us if flip != 0 else frame_us
        if hidden and not covered:
            written = step(i, SUPPRESS, time_us, constants, standings, touched, steps, written)
        if flip != 0:
            event = ACTIVATE if flip == 1 else CLEAR
            written = step(i, event, time_us, constants, standings, touched, steps, written)
        if covered and not hidden:
            written = step(i, RELEASE, time_us, constants, standings, touched, steps, written)
    return written


@njit(cache=True)
def happen(
    rows: NDArray[np.int32],
    event: int,
    time_us: NDArray[np.int64],
    constants: NDArray[Any],
    standings: NDArray[Any],
    touched: NDArray[np.bool_],
    steps: NDArray[Any],
) -> int:
    """Let one event happen to ``rows``, each at its time, where it can; return how many steps are written."""
    written = 0
    for k in range(len(rows)):
        written = step(rows[k], event, time_us[k], constants, standings, touched, steps, written)
    return written
