"""The alarm journal: one row per transition, only ever added to, read in pages either way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, union, update

from didymium.records import bulk
from didymium.records.alarms import Alarms
from didymium.records.engine import Store
from didymium.records.schema import ALARM, ALARM_STATE, JOURNAL, JOURNAL_BLOCK

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BLOCK_ROWS: Final = 1_024
"""Of so many rows the earliest and the latest time are kept: late rows lie apart from those of their time."""
MOST: Final = 2**63 - 1
ASKED_AT_ONCE: Final = 500
"""Alarms that one statement names."""
RARE_ALARMS: Final = 1_000
"""A search that means fewer alarms goes through their rows, any other through the journal in its order."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """Columns of one length, a row per transition, in the order in which they happened.

    ``alarm`` is its path; ``transition`` counts those of that alarm from 1; ``event`` took it from ``from_state``
    to ``to_state`` at ``time_us`` of the plant, which we knew at ``at_us``; ``since_us`` is when the condition
    began, before its delay, and of a person's act up to which time of the plant had been judged (all µs UTC).
    ``sounds`` says whether people were told. ``actor`` is a person's name or "" for the plant, with a ``reason``
    where one is asked for. ``value`` and ``limit_value`` are NaN where there is none. ``hidden_by`` is the alarm
    that suppresses it, ``first_out`` the one that began the group, ``position`` the operator's.
    """

    alarm: Sequence[str]
    transition: Ints
    from_state: Sequence[str]
    to_state: Sequence[str]
    event: Sequence[str]
    time_us: Ints
    since_us: Ints
    at_us: Ints
    sounds: Flags
    priority: Sequence[str]
    actor: Sequence[str]
    reason: Sequence[str]
    value: Floats
    limit_value: Floats
    hidden_by: Sequence[str]
    first_out: Sequence[str]
    position: Sequence[str]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of the journal, oldest first; ``seq``, ``site`` and ``unit`` are columns of the same length.

    ``seq`` has no gaps and grows in the order in which steps became durable: who has read up to a number misses
    nothing by asking for what comes after it.
    """

    seq: Ints
    site: Sequence[str]
    unit: Sequence[str]
    rows: Transitions


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows: all that are given must hold. Times are of the plant, µs UTC, ``to_us`` not included.

    ``told`` asks for rows that told a person. ``text`` is looked for, in any case, in the alarm's path and titles and
    in the reason.
    """

    from_us: int | None = None
    to_us: int | None = None
    site: str | None = None
    unit: str | None = None
    alarm: str | None = None
    event: str | None = None
    actor: str | None = None
    position: str | None = None
    priority: str | None = None
    told: bool = False
    text: str | None = None


COLUMNS: Final = tuple(each.name for each in fields(Transitions))
_INTS: Final = ("transition", "time_us", "since_us", "at_us")
_FLOATS: Final = ("value", "limit_value")
_ADD: Final = insert(JOURNAL)
_ADD_BLOCK: Final = insert(JOURNAL_BLOCK)


class Journal:
    """Asks what happened. Rows are added by a step (``steps``), together with what they changed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def last_seq(self) -> int:
        """The newest row's number, 0 for none."""
        with self._store.reading() as connection:
            return last_seq(connection)

    def before(self, question: Question, *, limit: int, seq: int | None = None) -> Page:
        """The newest ``limit`` rows before ``seq``, or before the end."""
        return self._page(question, limit, _Stretch(0, MOST if seq is None else seq), newest=True)

    def after(self, question: Question, *, limit: int, seq: int = 0) -> Page:
        """The oldest ``limit`` rows after ``seq``."""
        return self._page(question, limit, _Stretch(seq + 1, MOST), newest=False)

    def standing(self, at_us: int, site: str | None = None) -> Page:
        """The last row of every alarm before a time of the plant, of those that it did not leave NORMAL, by path."""
        row, known, earlier = JOURNAL.c, ALARM_STATE.c, JOURNAL.alias().c
        with self._store.reading() as connection:
            nearest = select(func.max(JOURNAL_BLOCK.c.block)).where(JOURNAL_BLOCK.c.earliest_us < at_us)
            block = connection.execute(nearest).scalar()
            # The number says most from the index alone; only rows near the time are looked up for theirs.
            within = and_(earlier.seq < (-1 if block is None else block + 1) * BLOCK_ROWS, earlier.time_us < at_us)
            last = _last_of(known.alarm, earlier, within)
            joined = and_(row.alarm == known.alarm, row.transition == last)
            wanted = select(JOURNAL).join_from(ALARM_STATE, JOURNAL, joined)
            wanted = wanted.where(known.stepped == 1, row.to_state != "NORMAL")
            if site is not None:
                wanted = wanted.where(row.site == site)
            # Not ordered by the database: it would go through the journal in that order, and look back at each row.
            found = connection.execute(wanted).all()
        return _page(sorted(found, key=attrgetter("alarm")))

    def columns(self, names: Sequence[str], from_us: int, to_us: int) -> dict[str, list[Any]]:
        """Some columns of all rows of a span of the plant's time, ``to_us`` not included, in the order of ``seq``."""
        with self._store.reading() as connection:
            asked = _Asked(connection, Question(from_us=from_us, to_us=to_us), _Stretch(0, MOST))
            wanted = select(*(JOURNAL.c[name] for name in names)).where(*asked.conditions)
            found = connection.execute(wanted.order_by(*asked.order)).all()
        return bulk.columns(names, found)

    def only_in(self, states: Sequence[str], alarm: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Of each alarm the number and ``at_us`` of the row since which it has been in none but these states.

        An alarm whose last row took it elsewhere is left out.
        """
        found: dict[str, tuple[int, int]] = {}
        row, known, other = JOURNAL.c, ALARM_STATE.c, JOURNAL.alias().c
        last = func.coalesce(_last_of(known.alarm, other, other.to_state.not_in(states)), 0)
        joined = and_(row.alarm == known.alarm, row.transition == last + 1)
        wanted = select(row.alarm, row.transition, row.at_us).join_from(ALARM_STATE, JOURNAL, joined)
        with self._store.reading() as connection:
            for start in range(0, len(alarm), ASKED_AT_ONCE):
                some = wanted.where(known.alarm.in_(alarm[start : start + ASKED_AT_ONCE]))
                found |= {path: (number, at_us) for path, number, at_us in connection.execute(some)}
        return found

    def _page(self, question: Question, limit: int, within: _Stretch, newest: bool) -> Page:
        with self._store.reading() as connection:
            asked = _Asked(connection, question, within)
            wanted = select(JOURNAL).where(*asked.conditions).limit(limit)
            order = [column.desc() if newest else column for column in asked.order]
            found = connection.execute(wanted.order_by(*order)).all()
        return _page(found[::-1] if newest else found)


def _last_of(alarm: Any, rows: Any, condition: ColumnElement[bool]) -> Any:
    """The number of the last of an alarm's rows that meet a condition, looked for from the newest backwards."""
    backwards = select(rows.transition).where(rows.alarm == alarm, condition).order_by(rows.transition.desc())
    return backwards.limit(1).scalar_subquery()


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Numbers of rows from ``first`` on, ``end`` not included."""

    first: int
    end: int


class _Asked:
    """A question as conditions, and the order in which an index gives the rows without sorting them."""

    def __init__(self, connection: Connection, question: Question, within: _Stretch) -> None:
        self.conditions: list[ColumnElement[bool]] = []
        self.order: list[ColumnElement[Any]] = [JOURNAL.c.seq]
        for name in ("site", "unit", "event", "alarm", "actor", "position", "priority"):
            given = getattr(question, name)
            if given is not None:
                self.conditions.append(JOURNAL.c[name] == given)
        if question.told:
            self.conditions.append(JOURNAL.c.sounds == 1)
        if question.actor:
            self.conditions.append(JOURNAL.c.actor != "")  # says that the index of people's acts will do
        if question.alarm is not None:
            self.order = [JOURNAL.c.transition]  # of one alarm the same order as that of seq
        if question.from_us is not None or question.to_us is not None:
            within = self._within(connection, question, within)
        if question.text:
            self._look_for(connection, question.text)
        # One bound a side: of two, SQLite begins at the first that it reads and walks to the other.
        self.conditions += [JOURNAL.c.seq >= within.first, JOURNAL.c.seq < within.end]

    def _within(self, connection: Connection, question: Question, within: _Stretch) -> _Stretch:
        """Rows of a span of time; what is left of the stretch, outside of which there are none of them."""
        block = JOURNAL_BLOCK.c
        near, exact = [], []
        if question.from_us is not None:
            near.append(block.latest_us >= question.from_us)
            exact.append(JOURNAL.c.time_us >= question.from_us)
        if question.to_us is not None:
            near.append(block.earliest_us < question.to_us)
            exact.append(JOURNAL.c.time_us < question.to_us)
        stretch = select(func.min(block.block), func.max(block.block)).where(*near)
        first, last = connection.execute(stretch).one()
        self.conditions += exact
        if first is None:
            return _Stretch(0, 0)
        return _Stretch(max(within.first, first * BLOCK_ROWS), min(within.end, (last + 1) * BLOCK_ROWS))

    def _look_for(self, connection: Connection, words: str) -> None:
        """Rows whose alarm is called so, and rows whose reason says so: few by their indexes, many in their order."""
        meant = select(ALARM.c.path).where(ALARM.c.words.contains(words.casefold(), autoescape=True))
        paths = connection.execute(meant.limit(RARE_ALARMS)).scalars().all()
        said = select(JOURNAL.c.seq).where(JOURNAL.c.reason != "", JOURNAL.c.reason.icontains(words, autoescape=True))
        if len(paths) < RARE_ALARMS:
            called = select(JOURNAL.c.seq).where(JOURNAL.c.alarm.in_(paths))
            self.conditions.append(JOURNAL.c.seq.in_(union(called, said)))
        else:
            # No index serves an expression: with one, SQLite would read all rows of all these alarms and sort them.
            alarm = func.coalesce(JOURNAL.c.alarm, "")
            self.conditions.append(or_(alarm.in_(meant), JOURNAL.c.seq.in_(said)))


def last_seq(connection: Connection) -> int:
    """The newest row's number, 0 for none."""
    return int(connection.execute(select(func.coalesce(func.max(JOURNAL.c.seq), 0))).scalar_one())


def add(connection: Connection, alarms: Alarms, rows: Transitions) -> tuple[int, int]:
    """Add rows in a transaction of ``Turn.JOURNAL``; the first number that they got and the one after the last.

    Raises ``UnknownAlarm``.
    """
    first = last_seq(connection) + 1
    places = alarms.places(connection, rows.alarm)
    columns: dict[str, Any] = {name: getattr(rows, name) for name in COLUMNS}
    columns["sounds"] = rows.sounds.astype(np.int64)
    columns["seq"] = range(first, first + len(places))
    columns["site"] = [site for site, _ in places]
    columns["unit"] = [unit for _, unit in places]
    bulk.run(connection, _ADD, columns)
    _widen(connection, first, rows.time_us)
    return first, first + len(places)


def _widen(connection: Connection, first: int, time_us: Ints) -> None:
    """Make the blocks of the rows from number ``first`` on as wide as their times."""
    blocks, starts = np.unique((first + np.arange(len(time_us))) // BLOCK_ROWS, return_index=True)
    if not len(blocks):
        return
    earliest, latest = np.minimum.reduceat(time_us, starts), np.maximum.reduceat(time_us, starts)
    begun = JOURNAL_BLOCK.c.block == int(blocks[0])
    before = connection.execute(select(JOURNAL_BLOCK).where(begun)).one_or_none()
    if before is not None:
        wider = {"earliest_us": min(before.earliest_us, int(earliest[0]))}
        wider["latest_us"] = max(before.latest_us, int(latest[0]))
        connection.execute(update(JOURNAL_BLOCK).where(begun).values(wider))
        blocks, earliest, latest = blocks[1:], earliest[1:], latest[1:]
    bulk.run(connection, _ADD_BLOCK, {"block": blocks, "earliest_us": earliest, "latest_us": latest})


def _page(found: Sequence[Any]) -> Page:
    columns = bulk.columns(JOURNAL.c.keys(), found)
    for name in ("seq", *_INTS):
        columns[name] = np.array(columns[name], np.int64)
    columns["sounds"] = np.array(columns["sounds"], np.bool_)
    for name in _FLOATS:
        columns[name] = np.array(columns[name], np.float64)  # None becomes NaN
    return Page(
        columns["seq"], columns["site"], columns["unit"], Transitions(*(columns[name] for name in COLUMNS))
    )  # fmt: skip
