"""The people of the desk and what they did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, insert, or_, select, update

from didymium.records.engine import Store
from didymium.records.errors import BadText, UnknownPerson
from didymium.records.schema import ACT, PERSON

DESK: Final = "desk"
"""Who acts where nobody says who they are; there from the beginning."""
MOST_LETTERS: Final = 4_000


class Role(StrEnum):
    """What a person does here."""

    DISPATCHER = "dispatcher"
    ENGINEER = "engineer"
    PLANNER = "planner"
    QUALITY = "quality"
    ENVIRONMENT = "environment"
    TRADE = "trade"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may act: a short ``name`` for life, how it is shown, and a role."""

    name: str
    display: str
    role: Role
    since_us: int


@dataclass(frozen=True, slots=True)
class Act:
    """Who did what, on what, when (µs UTC of our clock), and why."""

    at_us: int
    actor: str
    what: str
    subject: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ActRow:
    """An act as kept; ``number`` grows, and a page begins after or ends before one."""

    number: int
    act: Act


class People:
    """The desk's list of people and the list of their acts, which is only added to."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Person]:
        """Everybody, by name."""
        with self._store.reading() as connection:
            found = connection.execute(select(PERSON)).all()
        return sorted((Person(row.name, row.display, Role(row.role), row.since_us) for row in found), key=_name)

    def put(self, person: Person) -> None:
        """Add a person, or change how they are shown and their role. Raises ``BadText``."""
        name, display = worded("name", person.name), worded("display name", person.display)
        shown = {"display": display, "role": str(person.role)}
        with self._store.writing() as connection:
            if not connection.execute(update(PERSON).where(PERSON.c.name == name).values(**shown)).rowcount:
                connection.execute(insert(PERSON).values(name=name, since_us=person.since_us, **shown))

    def did(self, acts: Iterable[Act]) -> None:
        """Add acts. Raises ``UnknownPerson`` and ``BadText``; then none is added."""
        rows = [
            {
                "at_us": act.at_us,
                "actor": act.actor,
                "what": worded("act", act.what),
                "subject": worded("subject", act.subject, may_be_empty=True),
                "reason": worded("reason", act.reason, may_be_empty=True),
            }
            for act in acts
        ]
        with self._store.writing() as connection:
            known(connection, (str(row["actor"]) for row in rows))
            if rows:
                connection.execute(insert(ACT), rows)

    def acts(
        self,
        *,
        limit: int,
        before: int | None = None,
        from_us: int | None = None,
        to_us: int | None = None,
        actor: str | None = None,
        subject: str | None = None,
        text: str | None = None,
    ) -> list[ActRow]:
        """The newest acts, newest first, before a number: all that are given must hold, ``to_us`` not included."""
        wanted = select(ACT)
        if before is not None:
            wanted = wanted.where(ACT.c.number < before)
        if from_us is not None:
            wanted = wanted.where(ACT.c.at_us >= from_us)
        if to_us is not None:
            wanted = wanted.where(ACT.c.at_us < to_us)
        if actor is not None:
            wanted = wanted.where(ACT.c.actor == actor)
        if subject is not None:
            wanted = wanted.where(ACT.c.subject == subject)
        if text:
            in_any = (column.icontains(text, autoescape=True) for column in (ACT.c.what, ACT.c.subject, ACT.c.reason))
            wanted = wanted.where(or_(*in_any))
        with self._store.reading() as connection:
            found = connection.execute(wanted.order_by(ACT.c.number.desc()).limit(limit)).all()
        return [ActRow(row.number, Act(row.at_us, row.actor, row.what, row.subject, row.reason)) for row in found]


def known(connection: Connection, names: Iterable[str]) -> None:
    """See that these people are on the list; "" is the plant. Raises ``UnknownPerson``."""
    asked = set(names) - {""}
    if not asked:
        return
    listed = set(connection.execute(select(PERSON.c.name)).scalars())
    for name in sorted(asked - listed):
        raise UnknownPerson(name, sorted(listed))


def worded(what: str, read: str, *, may_be_empty: bool = False) -> str:
    """What a person wrote, without blanks around it. Raises ``BadText``."""
    text = read.strip()
    if not text and not may_be_empty:
        raise BadText(what, read, "is empty; write something")
    if len(text) > MOST_LETTERS:
        raise BadText(what, read, f"has {len(text):,} letters, at most {MOST_LETTERS:,} are kept")
    if "\x00" in text:
        raise BadText(what, read, "holds a NUL character, which is no text")
    return text


def _name(person: Person) -> str:
    return person.name
