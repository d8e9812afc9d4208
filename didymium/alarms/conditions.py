"""Whether the conditions of a site's alarms hold, second by second: deadband, delays in source time.

A signal that is missing (its tag is Bad, a formula cannot be worked out) changes nothing: an alarm that is active stays
so and one that is not starts its delay anew. So bad quality never activates a limit alarm; it has one of its own.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.alarms.definitions import Kind

Floats = NDArray[np.float64]
HIGH, LOW, EQUAL, BAD_STATUS, STALE, OFFLINE = (
    kind.value for kind in (Kind.HIGH, Kind.LOW, Kind.EQUAL, Kind.BAD, Kind.STALE, Kind.OFFLINE)
)
CONDITION: Final = np.dtype(
    [
        ("active", np.uint8), ("flipped", np.int8), ("pending_us", np.int64), ("since_us", np.int64),
        ("at_us", np.int64), ("seen", np.float64), ("against", np.float64), ("undefined", np.int64),
    ],
    align=True,
)  # fmt: skip
"""``active`` is the condition after its delays, ``flipped`` 1 or -1 where the last step changed it.

``pending_us`` is since when it has been otherwise, 0 for not at all; ``since_us`` when the present activation began;
``at_us`` the source time of the reading that flipped it; ``seen`` and ``against`` are the signal and the limit of the
last change; ``undefined`` how many seconds its formula could not be worked out, division by zero among them.
"""


def quiet_conditions(alarms: int) -> NDArray[Any]:
    """(alarms,) conditions of which none has been active yet."""
    conditions = np.zeros(alarms, CONDITION)
    conditions["seen"] = conditions["against"] = np.nan
    return conditions


@njit(cache=True)
def judge(
    begin: int,
    end: int,
    frame_us: int,
    tags: int,
    constants: NDArray[Any],
    conditions: NDArray[Any],
    signal: Floats,
    bad: NDArray[np.uint8],
    last_us: NDArray[np.int64],
    unit_us: NDArray[np.int64],
    touched: NDArray[np.bool_],
) -> None:
    """Judge alarms ``begin`` to ``end`` at source second ``frame_us``."""
    for i in range(begin, end):
        alarm = constants[i]
        condition = conditions[i]
        condition.flipped = 0
        if alarm.kind >= STALE:
            continue
        x = signal[alarm.source]
        bound = alarm.limit
        if alarm.reference >= 0:
            bound += alarm.factor * signal[alarm.reference]
        on = condition.active == 1
        if alarm.kind == BAD_STATUS:
            holds = bad[alarm.source] == 1
            x = float(bad[alarm.source])
        elif np.isnan(x) or np.isnan(bound):
            if alarm.source >= tags and np.isnan(x):
                condition.undefined += 1
            holds = on
        elif alarm.reference >= 0 and alarm.limit == 0.0 and signal[alarm.reference] == 0.0:
            holds = False  # a share of nothing is no limit
        elif alarm.kind == HIGH:
            holds = x >= bound - (alarm.deadband if on else 0.0)
        elif alarm.kind == LOW:
            holds = x <= bound + (alarm.deadband if on else 0.0)
        else:
            holds = (x == bound) == (alarm.kind == EQUAL)
        if holds == on:
            if condition.pending_us != 0:
                condition.pending_us = 0
                touched[i] = True
            continue
        newest_us = last_us[alarm.source] if alarm.source < tags else unit_us[alarm.unit]
        now_us = max(newest_us, frame_us)
        if condition.pending_us == 0:
            condition.pending_us = now_us
            touched[i] = True
        if now_us - condition.pending_us < (alarm.on_us if holds else alarm.off_us):
            continue
        if holds:
            condition.since_us = condition.pending_us
        condition.active = 1 if holds else 0
        condition.flipped = 1 if holds else -1
        condition.pending_us = 0
        condition.at_us = now_us
        condition.seen = x
        condition.against = bound
        touched[i] = True


@njit(cache=True)
def judge_silence(
    rows: NDArray[np.int32],
    now_us: int,
    first: NDArray[np.int32],
    end: NDArray[np.int32],
    started_us: int,
    constants: NDArray[Any],
    conditions: NDArray[Any],
    last_us: NDArray[np.int64],
    touched: NDArray[np.bool_],
) -> None:
    """Judge the alarms of ``rows`` that the clock decides: tags ``first`` to ``end`` of the table are silent.

    A site is silent only when all of its tags are. A tag without any reading counts from ``started_us``.
    """
    for k in range(len(rows)):
        i = rows[k]
        alarm = constants[i]
        condition = conditions[i]
        condition.flipped = 0
        whole = alarm.kind == OFFLINE
        silent = 0
        newest = started_us
        oldest = now_us
        for row in range(first[k], end[k]):
            last = max(last_us[row], started_us)
            newest = max(newest, last)
            if last < now_us - alarm.silence_us:
                silent += 1
                oldest = min(oldest, last)
        holds = newest < now_us - alarm.silence_us if whole else silent > 0
        if holds == (condition.active == 1):
            continue
        condition.active = 1 if holds else 0
        condition.flipped = 1 if holds else -1
        condition.at_us = now_us
        if holds:
            condition.since_us = newest if whole else oldest
            condition.at_us = condition.since_us + alarm.silence_us
        condition.seen = silent
        condition.against = alarm.silence_us / 1e6
        touched[i] = True
