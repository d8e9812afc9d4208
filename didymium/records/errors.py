"""What can go wrong with the transactional store.

RecordsError
├── BadUrl          the URL names no store that we know
├── StoreTooNew     the store was written by a later version of the program
├── StoreForeign    the database holds tables of something else
├── StoreDamaged    the file is no whole SQLite database
├── StoreBusy       another writer held the store for longer than we wait
├── StoreFull       no space left
├── StoreGone       the server or the file cannot be reached
├── Overtaken       somebody's transition of the same alarm was first
├── PositionBehind  a site would go back in time
├── BrokenStep      rows and states of a step do not fit together
├── UnknownAlarm    an alarm that was never declared
├── UnknownPerson   a person who is not on the desk's list
├── BadText         words that cannot be kept
└── LeaseLost       a notification is in other hands by now
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


class RecordsError(Exception):
    """The root of this room's errors."""


class BadUrl(RecordsError):
    """The URL is neither ``sqlite:///path`` nor ``postgresql://user@host:port/database``."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url!r} names no records: {reason}")
        self.url, self.reason = url, reason


class StoreTooNew(RecordsError):
    """The store has a schema that this program has never heard of."""

    def __init__(self, where: str, found: str, known: str) -> None:
        super().__init__(f"{where} has schema {found}, this program knows up to {known}: use a later program")
        self.where, self.found, self.known = where, found, known


class StoreForeign(RecordsError):
    """There are tables of the same names in it that this program did not make; nothing was changed."""

    def __init__(self, where: str, tables: Sequence[str]) -> None:
        listed = ", ".join(sorted(tables)[:3])
        super().__init__(f"{where} holds tables of something else ({listed}): give the records a database of their own")
        self.where, self.tables = where, tuple(tables)


class StoreDamaged(RecordsError):
    """The file is there and cannot be read as the database that it should be."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where} is damaged ({reason}): restore it from a backup, didymium restore")
        self.where, self.reason = where, reason


class StoreBusy(RecordsError):
    """Nothing was written; write it again."""

    def __init__(self, where: str, waited_s: float) -> None:
        super().__init__(f"{where} was held by another writer for more than {waited_s:g} s: try again")
        self.where, self.waited_s = where, waited_s


class StoreFull(RecordsError):
    """Nothing was written; make room and write it again."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where} has no space left: make room on its disk")
        self.where = where


class StoreGone(RecordsError):
    """The store does not answer: what it was asked may be done, or not.

    A step can be sent again: if it was done, ``Overtaken`` or ``PositionBehind`` says so.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where} cannot be reached: {reason}")
        self.where, self.reason = where, reason


@dataclass(frozen=True, slots=True)
class Earlier:
    """The transition that was first: of which alarm, its number, what it was, by whom ("" is the plant), and when."""

    alarm: str
    transition: int
    event: str
    actor: str
    at_us: int


class Overtaken(RecordsError):
    """Nothing of the step was written: its sender did not know the newest transition of ``earlier``'s alarms."""

    def __init__(self, earlier: Sequence[Earlier]) -> None:
        first = earlier[0]
        more = f" (and {len(earlier) - 1} more)" if len(earlier) > 1 else ""
        super().__init__(
            f"{first.alarm}{more}: {first.actor or 'the plant'} was first"
            f" ({first.event}, transition {first.transition}, {said(first.at_us)})"
        )
        self.earlier = tuple(earlier)


class PositionBehind(RecordsError):
    """Nothing of the step was written: the site is further already."""

    def __init__(self, site: str, stored_us: int, asked_us: int) -> None:
        super().__init__(f"{site} is done up to {said(stored_us)}, the step ends at {said(asked_us)}")
        self.site, self.stored_us, self.asked_us = site, stored_us, asked_us


class BrokenStep(RecordsError):
    """Each change of a state needs exactly its rows in the journal; nothing of the step was written."""

    def __init__(self, alarm: str, rows: int, changes: int) -> None:
        super().__init__(f"{alarm}: {rows} rows of the journal for {changes} transitions")
        self.alarm, self.rows, self.changes = alarm, rows, changes


class UnknownAlarm(RecordsError):
    """Alarms are declared before anything is written about them."""

    def __init__(self, alarm: str) -> None:
        super().__init__(f"there is no alarm {alarm!r}")
        self.alarm = alarm


class UnknownPerson(RecordsError):
    """Whoever acts is on the desk's list first."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no person {name!r} at the desk; there are {', '.join(sorted(known)[:12])}")
        self.name, self.known = name, tuple(known)


class BadText(RecordsError):
    """What a person wrote is empty, too long, or holds a character that no database keeps."""

    def __init__(self, what: str, read: str, hint: str) -> None:
        super().__init__(f"{what} {read[:40]!r}: {hint}")
        self.what, self.read, self.hint = what, read, hint


class LeaseLost(RecordsError):
    """The lease ran out and another process has, or had, the notification."""

    def __init__(self, number: int, owner: str) -> None:
        super().__init__(f"notification {number} is no longer {owner}'s: its lease ran out")
        self.number, self.owner = number, owner


def said(at_us: int) -> str:
    """A time as a person reads it: ISO 8601, UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).isoformat()
