"""Every version of what people define: alarms, KPIs, and whatever else is data here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Final

from sqlalchemy import func, insert, select

from didymium.records.engine import Store, Turn
from didymium.records.schema import DEFINITION, DEFINITION_TEXT

DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Definition:
    """A text as it is now. ``kind`` says what it defines, ``name`` which one."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """A text as it was from ``since_us`` (µs UTC) on; ``actor`` wrote it, "" where nobody is known.

    ``version`` counts from 1, ``digest`` is the BLAKE2b-256 of the text.
    """

    kind: str
    name: str
    version: int
    digest: str
    since_us: int
    actor: str


class Definitions:
    """Keeps versions, only ever added to. A text that comes again is kept once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, definitions: Iterable[Definition], *, since_us: int, actor: str) -> list[Version]:
        """Keep what differs from the newest version, in one transaction; the versions that are new."""
        digested = {(each.kind, each.name): (digest_of(each.text), each.text) for each in definitions}
        with self._store.writing(Turn.DEFINITIONS) as connection:
            newest = {(row.kind, row.name): (row.version, row.digest) for row in connection.execute(_NEWEST)}
            known = set(connection.execute(select(DEFINITION_TEXT.c.digest)).scalars())
            fresh = [
                Version(kind, name, newest.get((kind, name), (0, ""))[0] + 1, digest, since_us, actor)
                for (kind, name), (digest, _) in digested.items()
                if newest.get((kind, name), (0, ""))[1] != digest
            ]
            texts = {digest: text for digest, text in digested.values() if digest not in known}
            if texts:
                added = [{"digest": digest, "text": text} for digest, text in texts.items()]
                connection.execute(insert(DEFINITION_TEXT), added)
            if fresh:
                connection.execute(insert(DEFINITION), [asdict(version) for version in fresh])
        return fresh

    def versions(self, kind: str, name: str) -> list[Version]:
        """All versions, oldest first."""
        table = DEFINITION.c
        wanted = select(DEFINITION).where(table.kind == kind, table.name == name).order_by(table.version)
        with self._store.reading() as connection:
            return [Version(*row) for row in connection.execute(wanted)]

    def at(self, kind: str, name: str, time_us: int) -> Version | None:
        """The version in force at a time, None before the first."""
        past = [version for version in self.versions(kind, name) if version.since_us <= time_us]
        return past[-1] if past else None

    def text(self, digest: str) -> str | None:
        """The text with this digest, None if there never was one."""
        with self._store.reading() as connection:
            wanted = select(DEFINITION_TEXT.c.text).where(DEFINITION_TEXT.c.digest == digest)
            return connection.execute(wanted).scalar()


def digest_of(text: str) -> str:
    """The name of a text: BLAKE2b-256 of its UTF-8, in hexadecimal digits."""
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


_LAST: Final = (
    select(DEFINITION.c.kind, DEFINITION.c.name, func.max(DEFINITION.c.version).label("version"))
    .group_by(DEFINITION.c.kind, DEFINITION.c.name)
    .subquery()
)
_NEWEST: Final = select(DEFINITION).join(
    _LAST,
    (DEFINITION.c.kind == _LAST.c.kind)
    & (DEFINITION.c.name == _LAST.c.name)
    & (DEFINITION.c.version == _LAST.c.version),
)
