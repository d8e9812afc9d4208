"""The alarms that there are, or ever were: what journal, states and notes refer to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from didymium.records import bulk
from didymium.records.engine import Store, Turn
from didymium.records.errors import UnknownAlarm
from didymium.records.schema import ALARM, ALARM_STATE

Place = tuple[str, str]
"""Site and unit of an alarm."""

_COLUMNS: Final = ("path", "site", "unit", "words")


class Alarms:
    """Every alarm by its path, which is never used again for another one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: dict[str, Place] = {}

    def declare(
        self, path: Sequence[str], site: Sequence[str], unit: Sequence[str], words: Sequence[str] | None = None
    ) -> int:
        """Make alarms known, each in the state NORMAL, and return how many are new; those that are known follow.

        ``path``, ``site``, ``unit`` are columns of one length; ``words`` are titles in any language, which a search
        of the journal looks through beside the path. An alarm that is no longer declared keeps its history.
        """
        texts = words if words is not None else [""] * len(path)
        folded = [f"{each} {text}".casefold() for each, text in zip(path, texts, strict=True)]
        rows = {row[0]: row for row in zip(path, site, unit, folded, strict=True)}
        with self._store.writing(Turn.JOURNAL) as connection:
            known = {row.path: tuple(row) for row in connection.execute(select(ALARM))}
            fresh = [row for name, row in rows.items() if name not in known]
            moved = [row for name, row in rows.items() if name in known and known[name] != row]
            bulk.run(connection, _ADD, _columns(fresh))
            bulk.run(connection, _ADD_STATE, {"alarm": [row[0] for row in fresh]})
            bulk.run(connection, _FOLLOW, {f"_{name}": column for name, column in _columns(moved).items()})
        self._places |= {name: (row[1], row[2]) for name, row in rows.items()}
        return len(fresh)

    def places(self, connection: Connection, path: Sequence[str]) -> list[Place]:
        """Site and unit of each alarm. Raises ``UnknownAlarm``."""
        try:
            return [self._places[each] for each in path]
        except KeyError:
            found = connection.execute(select(ALARM.c.path, ALARM.c.site, ALARM.c.unit))
            self._places |= {row.path: (row.site, row.unit) for row in found}
        try:
            return [self._places[each] for each in path]
        except KeyError as missing:
            raise UnknownAlarm(str(missing.args[0])) from missing


def _columns(rows: Sequence[tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: [row[at] for row in rows] for at, name in enumerate(_COLUMNS)}


_ADD: Final = insert(ALARM)
_ADD_STATE: Final = insert(ALARM_STATE)
_FOLLOW: Final[Any] = (
    update(ALARM)
    .where(ALARM.c.path == bindparam("_path"))
    .values(site=bindparam("_site"), unit=bindparam("_unit"), words=bindparam("_words"))
)
