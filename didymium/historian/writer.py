"""Stores batches so that each is there once, whatever dies in between.

The position is stored before the rows. After a crash the caller hands in the batch of the stored position again;
as it is a replay, each of its blocks is looked for (``once``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from didymium.historian import schema
from didymium.historian.batch import blocks
from didymium.historian.disk import DiskGuard
from didymium.historian.engine import Engine, column
from didymium.historian.errors import DiskFull
from didymium.historian.exact import Forms
from didymium.historian.native import encode
from didymium.historian.rollup import CLOSE_AFTER_US, Roller
from didymium.historian.schema import MINUTE_US
from didymium.historian.versions import Versions
from didymium.model.readings import Readings

_NEVER_US: Final = 2**63 - 1
_POSITION_TYPES: Final = {"edge": "String", "first_seq": "UInt64", "last_seq": "UInt64", "version": "UInt64"}


@dataclass(frozen=True, slots=True)
class Position:
    """The stretch of an edge's stream that a batch was read from, both ends included."""

    edge: str
    first_seq: int
    last_seq: int

    @property
    def token(self) -> str:
        return f"{self.edge}-{self.first_seq}-{self.last_seq}"


def stored_positions(engine: Engine) -> tuple[Position, ...]:
    """Every edge's last batch whose write was begun, by edge."""
    found = engine.read(f"SELECT edge, first_seq, last_seq FROM {engine.database}.positions FINAL ORDER BY edge")
    columns = [column(found, "edge", np.object_), *(column(found, n, np.uint64) for n in ("first_seq", "last_seq"))]
    return tuple(Position(str(edge), int(first), int(last)) for edge, first, last in zip(*columns, strict=True))


class Writer:
    """The only way in for points. Several threads may write different edges at once, one edge one batch at a time."""

    def __init__(
        self,
        engine: Engine,
        guard: DiskGuard,
        roller: Roller,
        versions: Versions,
        forms: Forms,
        now_us: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._now_us = now_us
        self._guard = guard
        self._roller = roller
        self._versions = versions
        self._forms = forms
        self._positions = {position.edge: position for position in stored_positions(engine)}

    def position(self, edge: str) -> Position | None:
        """The last batch of the edge whose write was begun: it may or may not be stored."""
        return self._positions.get(edge)

    def write(self, readings: Readings, position: Position) -> int:
        """Store a batch and its position; the number of rows that were new. Durable on return.

        Raises ``DiskFull`` before anything is stored, or when the engine ran out of space on the way, and
        ``EngineError``; in each case the same batch with the same position may be written again.
        """
        self._guard.check()
        before = self._positions.get(position.edge)
        replay = before is not None and position.first_seq <= before.last_seq
        try:
            with self._engine.writing():  # a backup holds a position with all its rows, or neither
                if position != before:
                    self._store_position(position)
                closed_us = (self._now_us() - CLOSE_AFTER_US) // MINUTE_US * MINUTE_US
                return self._store(readings, position.token, replay=replay, new=not replay, in_time_from_us=closed_us)
        except DiskFull as error:
            raise self._guard.refused() from error

    def import_history(self, readings: Readings, token: str) -> int:
        """Store readings that came by no stream. The same rows under the same token are stored once."""
        self._guard.check()
        try:
            with self._engine.writing():
                return self._store(readings, token, replay=False, new=False, in_time_from_us=_NEVER_US)
        except DiskFull as error:
            raise self._guard.refused() from error

    def _store_position(self, position: Position) -> None:
        version = np.array([self._versions.next()], np.uint64)
        block = encode(
            _POSITION_TYPES, [[position.edge], np.array([position.first_seq]), np.array([position.last_seq]), version]
        )
        self._engine.insert("positions", block, {})
        self._positions[position.edge] = position

    def _store(self, readings: Readings, token: str, *, replay: bool, new: bool, in_time_from_us: int) -> int:
        """Readings from ``in_time_from_us`` on count as known since their minute; earlier ones from now on."""
        rows = 0
        with self._roller.minutes.filling(readings.tag, readings.time_us) as late:
            self._roller.note(late.fresh)
            for block in blocks(readings, token):
                # Rounded up, so that an answer as of an earlier second never changes.
                now_s = np.uint32(-(-self._now_us() // 1_000_000))
                known_s = np.zeros(len(block.readings), np.uint32)
                known_s[block.readings.time_us < in_time_from_us] = now_s
                points = schema.points_block(block.readings, known_s, self._forms)
                rows += self._engine.store(points, None if new else block.token, replay=replay)
        return rows
