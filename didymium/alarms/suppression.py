"""What hides an alarm now: the state of its unit, by design, or an alarm that is its cause; and which came first."""

from __future__ import annotations

from typing import Any, Final

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


HIDING: Final = np.dtype(
    [
        ("by_design", np.bool_), ("hidden", np.bool_), ("by", np.int32), ("group", np.int32), ("design_us", np.int64),
        ("cause_us", np.int64),
    ],
    align=True,
)  # fmt: skip
"""Before when its unit's state and its cause hide an alarm, and by which alarm, -1 for none.

``group`` is the first-out root of its present activation.
"""


def nothing_hidden(alarms: int) -> NDArray[Any]:
    """(alarms,) hidings by nothing, each alarm its own root."""
    hidings = np.zeros(alarms, HIDING)
    hidings["design_us"] = hidings["cause_us"] = NEVER_US
    hidings["by"] = -1
    hidings["group"] = np.arange(alarms)
    return hidings


@njit(cache=True)
def hide(
    rows: NDArray[np.int32],
    frame_us: int,
    signal: NDArray[np.float64],
    constants: NDArray[Any],
    cause_first: NDArray[np.int32],
    causes: NDArray[np.int32],
    conditions: NDArray[Any],
    standings: NDArray[Any],
    hidings: NDArray[Any],
    first: NDArray[np.int32],
    touched: NDArray[np.bool_],
) -> None:
    """Work out for ``rows`` what hides them after a step of their conditions, and the roots of what became active.

    Hiding lasts ``settle_us`` longer than its reason, so that what comes back has time to. A cause that is still in its
    delay hides too: its child waits to see whether it comes. ``first`` (groups,) is the alarm that came first in each
    first-out group, -1 for none yet.
    """
    for k in range(len(rows)):
        i = rows[k]
        alarm = constants[i]
        hiding = hidings[i]
        if alarm.design >= 0 and signal[alarm.design] == 1.0:
            if hiding.design_us != AS_LONG_AS:
                hiding.design_us = AS_LONG_AS
                touched[i] = True
        elif hiding.design_us == AS_LONG_AS:
            hiding.design_us = frame_us + alarm.settle_us
            touched[i] = True
        hiding.by_design = hiding.design_us > frame_us
        g = alarm.first_out
        if g >= 0 and conditions[i].flipped == 1:
            root = first[g]
            if (
                root < 0
                or conditions[root].active == 0
                or (conditions[root].flipped == 1 and conditions[i].since_us < conditions[root].since_us)
            ):
                first[g] = i
    for k in range(len(rows)):
        i = rows[k]
        alarm = constants[i]
        hiding = hidings[i]
        cause = -1
        comes = -1
        for c in range(cause_first[i], cause_first[i + 1]):
            other = causes[c]
            if hidings[other].by_design or standings[other].place >= DEAF_FROM:
                continue
            if conditions[other].active == 1:
                cause = other
                break
            if conditions[other].pending_us != 0 and comes < 0:
                comes = other
        before = hiding.by
        if cause >= 0:
            touched[i] |= hiding.cause_us != AS_LONG_AS
            hiding.cause_us = AS_LONG_AS
            hiding.by = cause
        else:
            if hiding.cause_us == AS_LONG_AS:
                hiding.cause_us = frame_us + alarm.settle_us
                touched[i] = True
            if comes >= 0:
                hiding.by = comes
            elif hiding.cause_us <= frame_us:
                hiding.by = -1
        touched[i] |= hiding.by != before
        hiding.hidden = hiding.by_design or hiding.by >= 0
        root = hiding.group
        if hiding.by >= 0:
            root = hiding.by
            for _ in range(DEEPEST_CHAIN):
                if hidings[root].by < 0:
                    break
                root = hidings[root].by
        elif conditions[i].flipped == 1:
            root = first[alarm.first_out] if alarm.first_out >= 0 else i
        if root != hiding.group:
            hiding.group = root
            touched[i] = True
