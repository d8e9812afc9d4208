"""Whole states of the alarm engine now and then, from which a recorded day can be judged again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select

from didymium.records.engine import Store
from didymium.records.schema import ALARM_CHECKPOINT


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The engine's state at ``at_us`` (µs UTC, our clock), after the journal's row ``seq``, as bytes of its own.

    ``definitions`` is a digest of the alarms that there were.
    """

    at_us: int
    seq: int
    definitions: str
    state: bytes


class Checkpoints:
    """Keeps states for as long as they are asked to be kept."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, checkpoint: Checkpoint, *, after_us: int, not_before_us: int) -> None:
        """Add a state in place of those after ``after_us``; those before ``not_before_us`` go too."""
        at_us = ALARM_CHECKPOINT.c.at_us
        with self._store.writing() as connection:
            connection.execute(delete(ALARM_CHECKPOINT).where(or_(at_us > after_us, at_us < not_before_us)))
            connection.execute(
                insert(ALARM_CHECKPOINT).values(
                    at_us=checkpoint.at_us,
                    seq=checkpoint.seq,
                    definitions=checkpoint.definitions,
                    state=checkpoint.state,
                )
            )

    def before(self, time_us: int) -> Checkpoint | None:
        """The newest state that is not later than a time, None for none."""
        at_us = ALARM_CHECKPOINT.c.at_us
        return self._one(select(ALARM_CHECKPOINT).where(at_us <= time_us).order_by(at_us.desc()))

    def first(self) -> Checkpoint | None:
        """The oldest state, None for none."""
        return self._one(select(ALARM_CHECKPOINT).order_by(ALARM_CHECKPOINT.c.at_us))

    def _one(self, wanted: Select[Any]) -> Checkpoint | None:
        with self._store.reading() as connection:
            row = connection.execute(wanted.limit(1)).one_or_none()
        return None if row is None else Checkpoint(row.at_us, row.seq, row.definitions, row.state)
