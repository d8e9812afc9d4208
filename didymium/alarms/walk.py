"""Walks many alarms through the table of their life and writes down each step."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.alarms.life import LIVES, NEXT, SOUNDS, STATE_OF, SUPPRESSED, Event, Life

ACTIVATE, CLEAR = Event.ACTIVATE.value, Event.CLEAR.value
SUPPRESS, RELEASE = Event.SUPPRESS.value, Event.RELEASE.value
QUIET = Life.NORMAL.value
SUPPRESSED_BIT = SUPPRESSED
MOST_STEPS = 3
"""Steps that one alarm can take in one second: suppressed, flipped, released."""


class Written:
    """Room for the steps of one pass."""

    def __init__(self, alarms: int) -> None:
        most = MOST_STEPS * alarms
        self.alarm = np.zeros(most, np.int32)
        self.number = np.zeros(most, np.int32)
        self.before = np.zeros(most, np.int8)
        self.after = np.zeros(most, np.int8)
        self.event = np.zeros(most, np.int8)
        self.sounds = np.zeros(most, np.bool_)
        self.time_us = np.zeros(most, np.int64)


@njit(cache=True)
def step(
    i: int,
    event: int,
    time_us: int,
    written: int,
    latches: NDArray[np.bool_],
    place: NDArray[np.int8],
    number: NDArray[np.int32],
    told_us: NDArray[np.int64],
    touched: NDArray[np.bool_],
    out_alarm: NDArray[np.int32],
    out_number: NDArray[np.int32],
    out_before: NDArray[np.int8],
    out_after: NDArray[np.int8],
    out_event: NDArray[np.int8],
    out_sounds: NDArray[np.bool_],
    out_time_us: NDArray[np.int64],
) -> int:
    """Let one event happen to alarm i, where it can; return how many steps are written."""
    at = place[i]
    kind = 1 if latches[i] else 0
    after = NEXT[kind, at, event]
    if after < 0:
        return written
    place[i] = after
    touched[i] = True
    if event in (SUPPRESS, RELEASE) and at % LIVES == QUIET:
        return written
    number[i] += 1
    sounds = SOUNDS[kind, at, event]
    if sounds:
        told_us[i] = time_us
    out_alarm[written] = i
    out_number[written] = number[i]
    out_before[written] = STATE_OF[at]
    out_after[written] = STATE_OF[after]
    out_event[written] = event
    out_sounds[written] = sounds
    out_time_us[written] = time_us
    return written + 1


@njit(cache=True)
def follow(
    rows: NDArray[np.int32],
    frame_us: int,
    flipped: NDArray[np.int8],
    at_us: NDArray[np.int64],
    hidden: NDArray[np.bool_],
    latches: NDArray[np.bool_],
    place: NDArray[np.int8],
    number: NDArray[np.int32],
    told_us: NDArray[np.int64],
    touched: NDArray[np.bool_],
    out_alarm: NDArray[np.int32],
    out_number: NDArray[np.int32],
    out_before: NDArray[np.int8],
    out_after: NDArray[np.int8],
    out_event: NDArray[np.int8],
    out_sounds: NDArray[np.bool_],
    out_time_us: NDArray[np.int64],
) -> int:
    """Let what the conditions and the suppression say happen to ``rows``.

    What is hidden now is suppressed before it flips, and what is no more is released after, so that nothing sounds that
    goes in the same second.
    """
    written = 0
    for k in range(len(rows)):
        i = rows[k]
        covered = (place[i] // LIVES) & SUPPRESSED_BIT != 0
        flip = flipped[i]
        if flip == 0 and hidden[i] == covered:
            continue
        time_us = at_us[i] if flip != 0 else frame_us
        for turn in range(MOST_STEPS):
            if turn == 0 and hidden[i] and not covered:
                event = SUPPRESS
            elif turn == 1 and flip != 0:
                event = ACTIVATE if flip == 1 else CLEAR
            elif turn == 2 and covered and not hidden[i]:
                event = RELEASE
            else:
                continue
            written = step(
                i,
                event,
                time_us,
                written,
                latches,
                place,
                number,
                told_us,
                touched,
                out_alarm,
                out_number,
                out_before,
                out_after,
                out_event,
                out_sounds,
                out_time_us,
            )
    return written


@njit(cache=True)
def happen(
    rows: NDArray[np.int32],
    event: int,
    time_us: int,
    latches: NDArray[np.bool_],
    place: NDArray[np.int8],
    number: NDArray[np.int32],
    told_us: NDArray[np.int64],
    touched: NDArray[np.bool_],
    out_alarm: NDArray[np.int32],
    out_number: NDArray[np.int32],
    out_before: NDArray[np.int8],
    out_after: NDArray[np.int8],
    out_event: NDArray[np.int8],
    out_sounds: NDArray[np.bool_],
    out_time_us: NDArray[np.int64],
) -> int:
    """Let one event happen to ``rows``, where it can."""
    written = 0
    for k in range(len(rows)):
        written = step(
            rows[k],
            event,
            time_us,
            written,
            latches,
            place,
            number,
            told_us,
            touched,
            out_alarm,
            out_number,
            out_before,
            out_after,
            out_event,
            out_sounds,
            out_time_us,
        )
    return written
