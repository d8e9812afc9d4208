"""One step of the alarm engine, or of a person: rows, states, positions, notifications: all durable or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, insert, select, update

from didymium.records import bulk, journal, outbox, people, states
from didymium.records.alarms import Alarms
from didymium.records.engine import Store, Turn
from didymium.records.errors import PositionBehind
from didymium.records.journal import Transitions
from didymium.records.outbox import Notification
from didymium.records.schema import SITE_POSITION
from didymium.records.states import States

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """What is written at once.

    ``expected[i]`` is the number of the last transition of ``states.alarm[i]`` on which this step was worked out;
    between it and ``states.transition[i]`` lie that alarm's rows of ``rows``. ``positions`` are the sites that are
    done, each up to a time of the plant in µs UTC.
    """

    rows: Transitions
    states: States
    expected: Ints
    positions: Mapping[str, int] = field(default_factory=dict)
    notifications: Sequence[Notification] = ()


class Steps:
    """Writes steps, one after the other whoever sends them."""

    def __init__(self, store: Store, alarms: Alarms) -> None:
        self._store = store
        self._alarms = alarms

    def write(self, step: Step) -> tuple[int, int]:
        """Write a step; it is on disk when this returns. The numbers of its rows: first, and one after the last.

        Raises ``Overtaken`` when the store knows a later transition of one of its alarms, which is also the answer to
        a step that is sent twice; ``PositionBehind``, ``UnknownAlarm``, ``UnknownPerson``, ``BadText`` and
        ``BrokenStep``. Then nothing of it is written.
        """
        for reason in set(step.rows.reason):
            people.worded("reason", reason, may_be_empty=True)
        states.match(step.rows.alarm, step.states, step.expected)
        with self._store.writing(Turn.JOURNAL) as connection:
            people.known(connection, step.rows.actor)
            states.change(connection, step.states, step.expected)
            written = journal.add(connection, self._alarms, step.rows)
            _move(connection, step.positions)
            outbox.put(connection, step.notifications)
        return written

    def positions(self) -> dict[str, int]:
        """Up to which time of the plant each site is done, µs UTC."""
        with self._store.reading() as connection:
            return {row.site: row.up_to_us for row in connection.execute(select(SITE_POSITION))}


def _move(connection: Connection, positions: Mapping[str, int]) -> None:
    """Set how far each site is done. Raises ``PositionBehind``."""
    if not positions:
        return
    stored = {row.site: row.up_to_us for row in connection.execute(select(SITE_POSITION))}
    for site, up_to_us in positions.items():
        if stored.get(site, up_to_us) > up_to_us:
            raise PositionBehind(site, stored[site], up_to_us)
    new = {site: up_to_us for site, up_to_us in positions.items() if site not in stored}
    on = {site: up_to_us for site, up_to_us in positions.items() if stored.get(site, up_to_us) < up_to_us}
    bulk.run(connection, _BEGIN, {"site": list(new), "up_to_us": list(new.values())})
    bulk.run(connection, _GO_ON, {"_site": list(on), "_up_to_us": list(on.values())})


_BEGIN: Final = insert(SITE_POSITION)
_GO_ON: Final = (
    update(SITE_POSITION).where(SITE_POSITION.c.site == bindparam("_site")).values(up_to_us=bindparam("_up_to_us"))
)
