"""Notifications on their way out: kept with what caused them, sent by whoever holds the lease."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from didymium.records import bulk
from didymium.records.engine import Store
from didymium.records.errors import LeaseLost
from didymium.records.schema import OUTBOX


@dataclass(frozen=True, slots=True)
class Notification:
    """Something to send. The same ``key`` twice is one notification; it is due at ``made_us`` (µs UTC)."""

    key: str
    target: str
    payload: str
    made_us: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A notification in the hands of one process until ``leased_us``; ``tries`` were made before."""

    number: int
    notification: Notification
    tries: int
    leased_us: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one target: what waits, since when the oldest; since a moment, what was sent and given up.

    ``error`` is why the newest of those that wait or were given up was not sent, "" where none has failed.
    """

    target: str
    waiting: int
    oldest_us: int
    sent: int
    last_sent_us: int
    given_up: int
    error: str


class Outbox:
    """Hands out what is due, to one process at a time.

    A process that dies while it sends leaves a lease that runs out, and the notification is sent again: a receiver
    that must not act twice goes by its key.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, notifications: Iterable[Notification]) -> int:
        """Keep notifications that belong to no step; how many were new."""
        with self._store.writing() as connection:
            return put(connection, notifications)

    def due(self, now_us: int) -> list[str]:
        """The targets for which something is due that nobody holds."""
        out = OUTBOX.c
        wanted = select(out.target).where(out.next_us <= now_us, out.leased_us <= now_us).distinct()
        with self._store.reading() as connection:
            return sorted(connection.execute(wanted).scalars())

    def take(self, owner: str, target: str, now_us: int, *, lease_us: int, limit: int) -> list[Taken]:
        """At most ``limit`` for a target that are due and that nobody holds, the longest due first, held until then."""
        out = OUTBOX.c
        free = select(out.number).where(out.target == target, out.next_us <= now_us, out.leased_us <= now_us)
        chosen = free.order_by(out.next_us, out.number).limit(limit).with_for_update(skip_locked=True)
        with self._store.writing() as connection:
            numbers = connection.execute(chosen).scalars().all()
            held = update(OUTBOX).where(out.number.in_(numbers)).values(owner=owner, leased_us=now_us + lease_us)
            found = connection.execute(held.returning(OUTBOX)).all() if numbers else []
        due = sorted(found, key=lambda row: (row.next_us, row.number))
        return [
            Taken(row.number, Notification(row.key, row.target, row.payload, row.made_us), row.tries, row.leased_us)
            for row in due
        ]

    def done(self, owner: str, number: int, now_us: int) -> None:
        """It was sent. Raises ``LeaseLost`` when somebody else has it by now."""
        self._settle(owner, number, {"next_us": None, "done_us": now_us, "error": ""})

    def failed(self, owner: str, number: int, now_us: int, error: str, next_us: int | None) -> None:
        """It was not sent: try again at ``next_us``, or never. Raises ``LeaseLost``."""
        self._settle(owner, number, {"next_us": next_us, "done_us": 0 if next_us else now_us, "error": error})

    def _settle(self, owner: str, number: int, values: dict[str, Any]) -> None:
        mine = and_(OUTBOX.c.number == number, OUTBOX.c.owner == owner)
        settled = update(OUTBOX).where(mine).values(**values, tries=OUTBOX.c.tries + 1, owner="", leased_us=0)
        with self._store.writing() as connection:
            if not connection.execute(settled).rowcount:
                raise LeaseLost(number, owner)

    def standings(self, since_us: int) -> list[Standing]:
        """How it stands with each target that has anything open, or was sent or refused anything since ``since_us``."""
        out = OUTBOX.c
        open_, over = out.next_us.is_not(None), and_(out.next_us.is_(None), out.done_us >= since_us)
        sent, given_up = and_(over, out.error == ""), and_(over, out.error != "")
        columns = (
            func.sum(case((open_, 1), else_=0)),
            func.min(case((open_, out.made_us))),
            func.sum(case((sent, 1), else_=0)),
            func.max(case((sent, out.done_us))),
            func.sum(case((given_up, 1), else_=0)),
            func.max(case((and_(or_(open_, given_up), out.error != ""), out.number))),
        )
        with self._store.reading() as connection:
            found = connection.execute(select(out.target, *columns).where(or_(open_, over)).group_by(out.target)).all()
            newest = select(out.number, out.error).where(out.number.in_([row[-1] for row in found if row[-1]]))
            errors = {row.number: row.error for row in connection.execute(newest)}
        return [
            Standing(target, waiting, oldest_us or 0, done, last_us or 0, refused, errors.get(newest_failure, ""))
            for target, waiting, oldest_us, done, last_us, refused, newest_failure in sorted(found)
        ]


def put(connection: Connection, notifications: Iterable[Notification]) -> int:
    """Keep notifications in the transaction of what caused them; how many were new."""
    rows = list(notifications)
    due_us = [each.made_us for each in rows]
    columns = {
        "key": [each.key for each in rows],
        "target": [each.target for each in rows],
        "payload": [each.payload for each in rows],
        "made_us": due_us,
        "next_us": due_us,
    }
    return bulk.run(connection, _PUT[connection.dialect.name], columns)


_PUT: Final = {
    "sqlite": sqlite.insert(OUTBOX).on_conflict_do_nothing(index_elements=["key"]),
    "postgresql": postgresql.insert(OUTBOX).on_conflict_do_nothing(index_elements=["key"]),
}
