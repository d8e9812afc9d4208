"""Whether the conditions of a site's alarms hold, second by second: sample and hold, deadband, delays in source time.

A signal that is missing (its tag is Bad, a formula cannot be worked out) changes nothing: an alarm that is active stays
so and one that is not starts its delay anew. So bad quality never activates a limit alarm; it has one of its own.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.alarms.definitions import Definitions, Kind
from didymium.model.status import BAD

Floats = NDArray[np.float64]
HIGH, LOW, EQUAL, BAD_STATUS, STALE = (
    Kind.HIGH.value,
    Kind.LOW.value,
    Kind.EQUAL.value,
    Kind.BAD.value,
    Kind.STALE.value,
)
NO_READING = np.iinfo(np.int64).min
BAD_FROM = np.uint32(BAD)


class Conditions:
    """(n,) columns by alarm; ``active`` is the condition after its delays.

    ``pending_us`` is since when it has been otherwise, 0 for not at all; ``since_us`` when the present activation
    began; ``flipped`` is 1 or -1 where the last step changed ``active``, and ``at_us`` then the source time of the
    reading that did it; ``seen`` and ``against`` are the signal and the limit of the last change.
    """

    def __init__(self, definitions: Definitions) -> None:
        n = len(definitions)
        self.active = np.zeros(n, np.uint8)
        self.pending_us = np.zeros(n, np.int64)
        self.since_us = np.zeros(n, np.int64)
        self.flipped = np.zeros(n, np.int8)
        self.at_us = np.zeros(n, np.int64)
        self.seen = np.full(n, np.nan)
        self.against = np.full(n, np.nan)
        self.undefined = np.zeros(n, np.int64)
        """How many seconds each formula could not be worked out, division by zero among them."""


@njit(cache=True)
def hold(
    first: int,
    value: Floats,
    status: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    fresh: NDArray[np.bool_],
    unit: NDArray[np.int32],
    signal: Floats,
    bad: NDArray[np.uint8],
    last_us: NDArray[np.int64],
    unit_us: NDArray[np.int64],
) -> None:
    """Put a frame's fresh readings in place; tags begin at row ``first``. ``unit_us`` is each unit's newest reading."""
    for k in range(len(value)):
        if fresh[k]:
            row = first + k
            missing = status[k] >= BAD_FROM or not np.isfinite(value[k])
            signal[row] = np.nan if missing else value[k]
            bad[row] = status[k] >= BAD_FROM
            last_us[row] = time_us[k]
            unit_us[unit[row]] = max(unit_us[unit[row]], time_us[k])


@njit(cache=True)
def judge(
    begin: int,
    end: int,
    frame_us: int,
    tags: int,
    kind: NDArray[np.int8],
    source: NDArray[np.int32],
    unit: NDArray[np.int32],
    limit: Floats,
    reference: NDArray[np.int32],
    factor: Floats,
    deadband: Floats,
    on_us: NDArray[np.int64],
    off_us: NDArray[np.int64],
    signal: Floats,
    bad: NDArray[np.uint8],
    last_us: NDArray[np.int64],
    unit_us: NDArray[np.int64],
    active: NDArray[np.uint8],
    pending_us: NDArray[np.int64],
    since_us: NDArray[np.int64],
    flipped: NDArray[np.int8],
    at_us: NDArray[np.int64],
    seen: Floats,
    against: Floats,
    undefined: NDArray[np.int64],
    touched: NDArray[np.bool_],
) -> None:
    """Judge alarms ``begin`` to ``end`` at source second ``frame_us``."""
    for i in range(begin, end):
        flipped[i] = 0
        what = kind[i]
        if what >= STALE:
            continue
        from_ = source[i]
        x = signal[from_]
        bound = limit[i]
        if reference[i] >= 0:
            bound += factor[i] * signal[reference[i]]
        on = active[i] == 1
        if what == BAD_STATUS:
            holds = bad[from_] == 1
            x = float(bad[from_])
        elif np.isnan(x) or np.isnan(bound):
            if from_ >= tags and np.isnan(x):
                undefined[i] += 1
            if pending_us[i] != 0:
                pending_us[i] = 0
                touched[i] = True
            continue
        elif reference[i] >= 0 and limit[i] == 0.0 and signal[reference[i]] == 0.0:
            holds = False  # a share of nothing is no limit
        elif what == HIGH:
            holds = x >= bound - (deadband[i] if on else 0.0)
        elif what == LOW:
            holds = x <= bound + (deadband[i] if on else 0.0)
        else:
            holds = (x == bound) == (what == EQUAL)
        if holds == on:
            if pending_us[i] != 0:
                pending_us[i] = 0
                touched[i] = True
            continue
        newest_us = last_us[from_] if from_ < tags else unit_us[unit[i]]
        now_us = max(newest_us, frame_us)
        if pending_us[i] == 0:
            pending_us[i] = now_us
            touched[i] = True
        if now_us - pending_us[i] < (on_us[i] if holds else off_us[i]):
            continue
        if holds:
            since_us[i] = pending_us[i]
        active[i] = 1 if holds else 0
        flipped[i] = 1 if holds else -1
        pending_us[i] = 0
        at_us[i] = now_us
        seen[i] = x
        against[i] = bound
        touched[i] = True


@njit(cache=True)
def judge_silence(
    rows: NDArray[np.int32],
    now_us: int,
    silence_us: NDArray[np.int64],
    first: NDArray[np.int32],
    end: NDArray[np.int32],
    whole: NDArray[np.bool_],
    started_us: int,
    last_us: NDArray[np.int64],
    active: NDArray[np.uint8],
    since_us: NDArray[np.int64],
    flipped: NDArray[np.int8],
    at_us: NDArray[np.int64],
    seen: Floats,
    against: Floats,
    touched: NDArray[np.bool_],
) -> None:
    """Judge the alarms of ``rows`` that the clock decides: tags ``first`` to ``end`` of the table are silent.

    ``whole``: only when all of them are. A tag without any reading counts from ``started_us``.
    """
    for k in range(len(rows)):
        i = rows[k]
        flipped[i] = 0
        silent = 0
        newest = started_us
        oldest = now_us
        for row in range(first[k], end[k]):
            last = max(last_us[row], started_us)
            newest = max(newest, last)
            if last < now_us - silence_us[i]:
                silent += 1
                oldest = min(oldest, last)
        holds = newest < now_us - silence_us[i] if whole[k] else silent > 0
        if holds == (active[i] == 1):
            continue
        active[i] = 1 if holds else 0
        flipped[i] = 1 if holds else -1
        if holds:
            since_us[i] = newest if whole[k] else oldest
        at_us[i] = now_us
        seen[i] = silent
        against[i] = silence_us[i] / 1e6
        touched[i] = True
