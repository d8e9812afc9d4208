"""What the people at the desks do in a minute, from what the board shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.acts import Act
from didymium.alarms.board import Board
from didymium.alarms.frames import SECOND_US
from didymium.alarms.life import Event, State
from didymium.records.notes import Assignment, Note

WHO: Final = ("day dispatcher", "night dispatcher")
MINUTE_US: Final = 60 * SECOND_US
AT_ONCE: Final = 5
"""How many alarms one person acknowledges at once."""
SHELVED_US: Final = (5 * MINUTE_US, 90 * MINUTE_US)


def acts(board: Board, minute: int, now_us: int) -> Iterator[Act]:
    """What is done to alarms in a minute; the same board gives the same acts."""
    chance = np.random.default_rng([7, minute])
    who = WHO[minute // 720 % 2]
    state, number = board.state, board.columns["number"]

    def act(event: Event, rows: NDArray[np.intp], reason: str = "", until_us: int = 0) -> Act:
        chosen = tuple(rows.tolist())
        return Act(event, chosen, who, now_us, reason, until_us, tuple(number[rows].tolist()))

    wanting = np.flatnonzero((state == State.UNACK) | (state == State.RTN_UNACK))
    if len(wanting):
        yield act(Event.ACKNOWLEDGE, np.sort(chance.choice(wanting, min(AT_ONCE, len(wanting)), replace=False)))
    latched = np.flatnonzero(state == State.LATCHED)
    if len(latched):
        yield act(Event.RESET, latched[:AT_ONCE])
    for every, taken, event, reason in (
        (10, (State.ACKED, State.UNACK, State.NORMAL), Event.SHELVE, "works on the instrument"),
        (35, (State.SHELVED,), Event.UNSHELVE, ""),
        (45, (State.ACKED, State.UNACK, State.NORMAL), Event.REMOVE_FROM_SERVICE, "the meter is at the workshop"),
        (50, (State.OUT_OF_SERVICE,), Event.RETURN_TO_SERVICE, ""),
    ):
        there = np.flatnonzero(np.isin(state, taken))
        live = there[state[there] != State.NORMAL]
        if minute % every == every - 1 and len(there):
            row = chance.choice(live if len(live) else there, 1)
            until_us = now_us + int(chance.integers(*SHELVED_US)) if event is Event.SHELVE else 0
            yield act(event, row, reason, until_us)


def words(board: Board, minute: int, now_us: int) -> tuple[list[Assignment], list[Note]]:
    """Whom an alarm is given to, and what is noted, now and then."""
    rows = np.flatnonzero(np.isin(board.state, (State.ACKED, State.UNACK)))
    if minute % 15 or not len(rows):
        return [], []
    row = int(rows[minute // 15 % len(rows)])
    alarm, who = board.definitions.id[row], WHO[minute // 720 % 2]
    before = board.assignee.get(row, "")
    given = [] if before == "the electrician" else [Assignment(alarm, now_us, who, before, "the electrician")]
    return given, [Note(alarm, now_us, who, "looked at it")]
