"""What people add to an alarm: notes, and who looks after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, insert, select, update

from didymium.records import people
from didymium.records.engine import Store, Turn
from didymium.records.errors import Earlier, Overtaken, UnknownAlarm
from didymium.records.people import worded
from didymium.records.schema import ALARM_ASSIGNMENT, ALARM_NOTE, ALARM_STATE


@dataclass(frozen=True, slots=True)
class Note:
    """Words that somebody left with an alarm, at a time of our clock (µs UTC)."""

    alarm: str
    at_us: int
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody gave an alarm from ``before`` to ``assignee``; "" is nobody."""

    alarm: str
    at_us: int
    actor: str
    before: str
    assignee: str
    reason: str = ""


class Notes:
    """Notes and assignments, only ever added to; how many notes, and who has the alarm, stands with its state."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, note: Note) -> None:
        """Add a note. Raises ``UnknownAlarm``, ``UnknownPerson``, ``BadText``."""
        text = worded("note", note.text)
        with self._store.writing(Turn.JOURNAL) as connection:
            people.known(connection, [note.actor])
            counted = update(ALARM_STATE).where(ALARM_STATE.c.alarm == note.alarm)
            if not connection.execute(counted.values(notes=ALARM_STATE.c.notes + 1)).rowcount:
                raise UnknownAlarm(note.alarm)
            connection.execute(insert(ALARM_NOTE).values(asdict(note) | {"text": text}))

    def of(self, alarm: str) -> list[Note]:
        """The alarm's notes, oldest first."""
        wanted = select(ALARM_NOTE).where(ALARM_NOTE.c.alarm == alarm).order_by(ALARM_NOTE.c.number)
        with self._store.reading() as connection:
            return [Note(row.alarm, row.at_us, row.actor, row.text) for row in connection.execute(wanted)]

    def assign(self, assignments: Sequence[Assignment]) -> None:
        """Give alarms to people, all or none: a whole shift's are handed over at once.

        Raises ``Overtaken`` when somebody else than ``before`` has one of them by now, ``UnknownAlarm``,
        ``UnknownPerson`` and ``BadText``.
        """
        with self._store.writing(Turn.JOURNAL) as connection:
            people.known(
                connection, (name for each in assignments for name in (each.actor, each.before, each.assignee))
            )
            for each in assignments:
                reason = worded("reason", each.reason, may_be_empty=True)
                mine = update(ALARM_STATE).where(
                    ALARM_STATE.c.alarm == each.alarm, ALARM_STATE.c.assignee == each.before
                )
                if not connection.execute(mine.values(assignee=each.assignee)).rowcount:
                    raise _refusal(connection, each.alarm)
                connection.execute(insert(ALARM_ASSIGNMENT).values(asdict(each) | {"reason": reason}))

    def assigned(self, at_us: int) -> dict[str, str]:
        """Who had which alarm at a time of our clock."""
        table = ALARM_ASSIGNMENT.c
        later = ALARM_ASSIGNMENT.alias()
        newest = select(func.max(later.c.number)).where(later.c.alarm == table.alarm, later.c.at_us < at_us)
        wanted = select(table.alarm, table.assignee).where(table.number == newest.scalar_subquery())
        with self._store.reading() as connection:
            return {alarm: assignee for alarm, assignee in connection.execute(wanted) if assignee}

    def assignments(self, alarm: str) -> list[Assignment]:
        """Who had the alarm, oldest first."""
        table = ALARM_ASSIGNMENT.c
        with self._store.reading() as connection:
            found = connection.execute(
                select(ALARM_ASSIGNMENT).where(table.alarm == alarm).order_by(table.number)
            ).all()  # fmt: skip
        return [Assignment(row.alarm, row.at_us, row.actor, row.before, row.assignee, row.reason) for row in found]


def _refusal(connection: Connection, alarm: str) -> Overtaken | UnknownAlarm:
    """Why the alarm was not with whom it was said to be."""
    table = ALARM_ASSIGNMENT.c
    transition = connection.execute(select(ALARM_STATE.c.transition).where(ALARM_STATE.c.alarm == alarm)).scalar()
    if transition is None:
        return UnknownAlarm(alarm)
    newest = select(ALARM_ASSIGNMENT).where(table.alarm == alarm).order_by(table.number.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    event = f"assigned to {last.assignee or 'nobody'}" if last else "not assigned"
    return Overtaken([Earlier(alarm, transition, event, last.actor if last else "", last.at_us if last else 0)])
