"""Notifications on their way out: kept with what caused them, sent by whoever holds the lease."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select, update
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
class Waiting:
    """What is not sent: how many wait, since when the oldest, how many were given up, and the last error."""

    waiting: int
    oldest_us: int
    given_up: int
    last_error: str


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

    def take(self, owner: str, now_us: int, *, lease_us: int, limit: int) -> list[Taken]:
        """At most ``limit`` that are due and that nobody holds, the longest due first, held until the lease ends."""
        out = OUTBOX.c
        free = select(out.number).where(out.next_us <= now_us, out.leased_us <= now_us)
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

    def failed(self, owner: str, number: int, error: str, next_us: int | None) -> None:
        """It was not sent: try again at ``next_us``, or never. Raises ``LeaseLost``."""
        self._settle(owner, number, {"next_us": next_us, "error": error})

    def _settle(self, owner: str, number: int, values: dict[str, Any]) -> None:
        mine = and_(OUTBOX.c.number == number, OUTBOX.c.owner == owner)
        settled = update(OUTBOX).where(mine).values(**values, tries=OUTBOX.c.tries + 1, owner="", leased_us=0)
        with self._store.writing() as connection:
            if not connection.execute(settled).rowcount:
                raise LeaseLost(number, owner)

    def waiting(self) -> Waiting:
        """How it stands with what is not sent."""
        out = OUTBOX.c
        with self._store.reading() as connection:
            waiting, oldest_us = connection.execute(
                select(func.count(), func.min(out.made_us)).where(out.next_us.is_not(None))
            ).one()
            unsent = and_(out.next_us.is_(None), out.done_us == 0)
            given_up = connection.execute(select(func.count()).where(unsent)).scalar_one()
            failed = select(out.error).where(out.error != "").order_by(out.number.desc()).limit(1)
            return Waiting(waiting, oldest_us or 0, given_up, connection.execute(failed).scalar() or "")


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
