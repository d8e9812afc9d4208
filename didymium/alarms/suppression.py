"""What hides an alarm now: the state of its unit, by design, or an alarm that is its cause; and which came first."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.alarms.life import LIVES, SHELVED

NEVER_US = np.iinfo(np.int64).min
AS_LONG_AS = np.iinfo(np.int64).max
"""Stands for the end of a hiding whose reason goes on."""
DEAF_FROM = SHELVED * LIVES
"""Places from here on are shelved or out of service; a cause there hides nothing, for nobody would be told of it."""
DEEPEST_CHAIN = 8
"""Causes of causes that are followed to the root."""


class Suppression:
    """(n,) columns by alarm: before when its unit's state and its cause hide it, and by which alarm, -1 for none.

    ``group`` is the first-out root of its present activation; ``first`` (groups,) the alarm that came first in each
    first-out group, -1 for none yet.
    """

    def __init__(self, alarms: int, groups: int) -> None:
        self.design_us = np.full(alarms, NEVER_US, np.int64)
        self.cause_us = np.full(alarms, NEVER_US, np.int64)
        self.by_design = np.zeros(alarms, np.bool_)
        self.hidden = np.zeros(alarms, np.bool_)
        self.by = np.full(alarms, -1, np.int32)
        self.group = np.arange(alarms, dtype=np.int32)
        self.first = np.full(groups, -1, np.int32)


@njit(cache=True)
def hide(
    rows: NDArray[np.int32],
    frame_us: int,
    signal: NDArray[np.float64],
    design: NDArray[np.int32],
    settle_us: NDArray[np.int64],
    cause_first: NDArray[np.int32],
    causes: NDArray[np.int32],
    first_out: NDArray[np.int32],
    place: NDArray[np.int8],
    active: NDArray[np.uint8],
    pending_us: NDArray[np.int64],
    since_us: NDArray[np.int64],
    flipped: NDArray[np.int8],
    design_us: NDArray[np.int64],
    cause_us: NDArray[np.int64],
    by_design: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    by: NDArray[np.int32],
    group: NDArray[np.int32],
    first: NDArray[np.int32],
    touched: NDArray[np.bool_],
) -> None:
    """Work out for ``rows`` what hides them after a step of their conditions, and the roots of what became active.

    Hiding lasts ``settle_us`` longer than its reason, so that what comes back has time to. A cause that is still in its
    delay hides too: its child waits to see whether it comes.
    """
    for k in range(len(rows)):
        i = rows[k]
        if design[i] >= 0 and signal[design[i]] == 1.0:
            if design_us[i] != AS_LONG_AS:
                design_us[i] = AS_LONG_AS
                touched[i] = True
        elif design_us[i] == AS_LONG_AS:
            design_us[i] = frame_us + settle_us[i]
            touched[i] = True
        by_design[i] = design_us[i] > frame_us
        g = first_out[i]
        if g >= 0 and flipped[i] == 1:
            root = first[g]
            if root < 0 or active[root] == 0 or (flipped[root] == 1 and since_us[i] < since_us[root]):
                first[g] = i
    for k in range(len(rows)):
        i = rows[k]
        cause = -1
        comes = -1
        for c in range(cause_first[i], cause_first[i + 1]):
            other = causes[c]
            if by_design[other] or place[other] >= DEAF_FROM:
                continue
            if active[other] == 1:
                cause = other
                break
            if pending_us[other] != 0 and comes < 0:
                comes = other
        before = by[i]
        if cause >= 0:
            touched[i] |= cause_us[i] != AS_LONG_AS
            cause_us[i] = AS_LONG_AS
            by[i] = cause
        else:
            if cause_us[i] == AS_LONG_AS:
                cause_us[i] = frame_us + settle_us[i]
                touched[i] = True
            if comes >= 0:
                by[i] = comes
            elif cause_us[i] <= frame_us:
                by[i] = -1
        touched[i] |= by[i] != before
        hidden[i] = by_design[i] or by[i] >= 0
        root = group[i]
        if by[i] >= 0:
            root = by[i]
            for _ in range(DEEPEST_CHAIN):
                if by[root] < 0:
                    break
                root = by[root]
        elif flipped[i] == 1:
            g = first_out[i]
            root = first[g] if g >= 0 else i
        if root != group[i]:
            group[i] = root
            touched[i] = True
