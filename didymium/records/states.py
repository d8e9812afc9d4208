"""The state of every alarm, as the engine left it after its last durable step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, and_, bindparam, literal_column, or_, select, update

from didymium.records import bulk
from didymium.records.bulk import listed
from didymium.records.engine import Store
from didymium.records.errors import BrokenStep, Earlier, Overtaken, UnknownAlarm
from didymium.records.schema import ALARM_STATE, JOURNAL

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ASKED_AT_ONCE: Final = 500
"""Alarms that one statement names."""


@dataclass(frozen=True, slots=True)
class States:
    """Columns of one length, a row per alarm.

    ``transition`` is the number of the alarm's last transition and ``state`` what people see since then. The rest is
    what an engine goes on from, in its own terms: ``place`` in its table of lives; whether the process condition is
    ``active``, since when, and when one began whose delay still runs (``pending_us``); when it was told last, and until
    when it is shelved; since when it is suppressed by design and by cause, and by which alarm (``hidden_by``); the
    alarm that began its group (``first_out``); who did last what to it, and when (``actor``, ``act``, ``act_us``).
    """

    alarm: Sequence[str]
    transition: Ints
    state: Sequence[str]
    place: Ints
    active: Flags
    pending_us: Ints
    since_us: Ints
    told_us: Ints
    until_us: Ints
    design_us: Ints
    cause_us: Ints
    hidden_by: Sequence[str]
    first_out: Sequence[str]
    actor: Sequence[str]
    act: Sequence[str]
    act_us: Ints


@dataclass(frozen=True, slots=True)
class Kept:
    """States with what people added: ``assignee`` (a person's name or "") and the number of ``notes``."""

    states: States
    assignee: Sequence[str]
    notes: Ints


@dataclass(frozen=True, slots=True)
class LastValues:
    """The value and the limit that the newest row of an alarm's journal names; columns of one length."""

    alarm: Sequence[str]
    value: NDArray[np.float64]
    limit_value: NDArray[np.float64]


_COLUMNS: Final = tuple(each.name for each in fields(States))
_TEXTS: Final = ("alarm", "state", "hidden_by", "first_out", "actor", "act", "assignee")
_CHANGE: Final[Any] = (
    update(ALARM_STATE)
    .where(ALARM_STATE.c.alarm == bindparam("_alarm"), ALARM_STATE.c.transition == bindparam("_expected"))
    .values({name: bindparam(f"_{name}") for name in _COLUMNS if name != "alarm"} | {"stepped": literal_column("1")})
)


class AlarmStates:
    """Reads states; they are changed by a step (``steps``)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self) -> Kept:
        """Every alarm that a step ever wrote, or that has notes or an assignment: all that is not as it was declared.

        One that is NORMAL again is among them, because its next transition counts on.
        """
        table = ALARM_STATE.c
        return self._kept(or_(table.stepped == 1, table.assignee != "", table.notes > 0))

    def of(self, alarm: Sequence[str]) -> Kept:
        """The states of these alarms, those that are known, in the order of their paths."""
        return self._kept(ALARM_STATE.c.alarm.in_(alarm))

    def newest(self, alarm: Sequence[str]) -> list[Earlier]:
        """What happened last to these alarms, those that are known; nothing yet has number 0 and no event."""
        with self._store.reading() as connection:
            return _newest(connection, alarm)

    def last_values(self) -> LastValues:
        """Of every alarm that is not NORMAL."""
        table, row_of = ALARM_STATE.c, JOURNAL.c
        newest = and_(row_of.alarm == table.alarm, row_of.transition == table.transition)
        wanted = select(table.alarm, row_of.value, row_of.limit_value).join_from(ALARM_STATE, JOURNAL, newest)
        with self._store.reading() as connection:
            found = connection.execute(wanted.where(table.state != "NORMAL")).all()
        columns = bulk.columns(("alarm", "value", "limit_value"), found)
        return LastValues(
            columns["alarm"], *(np.array(columns[name], np.float64) for name in ("value", "limit_value"))
        )  # fmt: skip

    def _kept(self, condition: Any) -> Kept:
        names = (*_COLUMNS, "assignee", "notes")
        wanted = select(*(ALARM_STATE.c[name] for name in names)).where(condition)
        with self._store.reading() as connection:
            found = sorted(connection.execute(wanted), key=itemgetter(0))
        columns = bulk.columns(names, found)
        columns |= {name: np.array(columns[name], np.int64) for name in names if name not in _TEXTS}
        columns["active"] = columns["active"].astype(np.bool_)
        return Kept(States(*(columns[name] for name in _COLUMNS)), columns["assignee"], columns["notes"])


def change(connection: Connection, states: States, expected: Ints) -> None:
    """Write the states in a transaction of ``Turn.JOURNAL``.

    ``expected`` is the number of the transition that each alarm had when its change was worked out. Raises
    ``Overtaken`` when the store knows a later one, and ``UnknownAlarm``; the transaction is to be given up then.
    """
    columns: dict[str, Any] = {f"_{name}": getattr(states, name) for name in _COLUMNS}
    columns["_active"] = states.active.astype(np.int64)
    columns["_expected"] = expected
    attempt = connection.begin_nested()
    if bulk.run(connection, _CHANGE, columns) != len(states.alarm):
        attempt.rollback()
        raise _refusal(connection, list(zip(states.alarm, listed(expected), strict=True)))
    attempt.commit()


def match(rows: Sequence[str], states: States, expected: Ints) -> None:
    """See that each alarm has a row of the journal for each of its transitions. Raises ``BrokenStep``."""
    counted = Counter(rows)
    for alarm, before, after in zip(states.alarm, listed(expected), listed(states.transition), strict=True):
        found = counted.pop(alarm, 0)
        if found != after - before:
            raise BrokenStep(alarm, found, after - before)
    for alarm, found in counted.items():
        raise BrokenStep(alarm, found, 0)


def _refusal(connection: Connection, changes: list[tuple[str, int]]) -> Overtaken | UnknownAlarm:
    """Why not every state was there as expected."""
    found = {each.alarm: each for each in _newest(connection, [alarm for alarm, _ in changes])}
    for alarm, _ in changes:
        if alarm not in found:
            return UnknownAlarm(alarm)
    return Overtaken([found[alarm] for alarm, expected in changes if found[alarm].transition != expected])


def _newest(connection: Connection, alarms: Sequence[str]) -> list[Earlier]:
    """The newest transition of alarms, those that are known; it has number 0 and no event where there is none."""
    state, row_of = ALARM_STATE.c, JOURNAL.c
    same = and_(row_of.alarm == state.alarm, row_of.transition == state.transition)
    wanted = select(state.alarm, state.transition, row_of.event, row_of.actor, row_of.at_us)
    last = wanted.join_from(ALARM_STATE, JOURNAL, same, isouter=True)
    newest: list[Earlier] = []
    for start in range(0, len(alarms), ASKED_AT_ONCE):
        asked = last.where(state.alarm.in_(alarms[start : start + ASKED_AT_ONCE]))
        newest += [
            Earlier(row.alarm, row.transition, row.event or "", row.actor or "", row.at_us or 0)
            for row in connection.execute(asked)
        ]
    return newest
