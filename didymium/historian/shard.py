"""A shard of a cluster and its servers: whom a write reaches, and what keeps an answer from being whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from didymium.historian import dialect
from didymium.historian.errors import EngineError, ServerGone
from didymium.historian.outlet import Outlet
from didymium.historian.server import ServerEngine
from didymium.historian.spool import Queue, Waiting

_NOT_NOW: Final = (225, 242, 285, 286, 319, 999)
"""A replica without its Keeper: NO_ZOOKEEPER, TABLE_IS_READ_ONLY, TOO_FEW_LIVE_REPLICAS,
UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE, UNKNOWN_STATUS_OF_INSERT, KEEPER_EXCEPTION."""


class Member:
    """One server: its engine and the way to its small tables."""

    def __init__(self, engine: ServerEngine, shard: int, queue: Queue, admit: Callable[[Member], None]) -> None:
        self.engine = engine
        self.shard = shard
        self.outlet = Outlet(engine.server.name, queue, self._insert, lambda: admit(self))

    def _insert(self, waiting: Waiting) -> int:  # versions make a repeated row harmless
        self.engine.insert(waiting.table, waiting.block, {"insert_deduplication_token": waiting.token})
        return waiting.rows


class Shard:
    """One shard, by number from 0: its servers and the way to its part of the big tables."""

    def __init__(self, number: int, members: Sequence[Member], queue: Queue) -> None:
        self.number = number
        self.members = members
        self.where = " | ".join(member.engine.server.name for member in members)
        self.outlet = Outlet(self.where, queue, self._insert, self._admit)

    def _insert(self, waiting: Waiting) -> int:
        replay = waiting.doubt
        error = ServerGone(self.where, "no server of the shard is well")
        for member in self.members:
            if not member.outlet.well:
                continue
            try:
                if waiting.table == "points":
                    return member.engine.store(waiting.block, waiting.token, replay=replay)
                name = f"{waiting.table}{dialect.LOCAL}"
                member.engine.insert(name, waiting.block, {"insert_deduplication_token": waiting.token})
            except ServerGone as gone:
                error = gone
                member.outlet.lost(gone)
                replay = True  # nobody knows what the one that broke off has passed on
            except EngineError as refused:
                if refused.code not in _NOT_NOW:
                    raise
                error = ServerGone(member.engine.server.name, f"its Keeper is not there: {refused}")
                replay = True
            else:
                return waiting.rows
        raise error

    def _admit(self) -> None:
        if not any(member.outlet.well for member in self.members):
            raise ServerGone(self.where, "no server of the shard is well")

    @property
    def whole(self) -> bool:
        """Whether it answers, and has everything that was acknowledged."""
        return self.outlet.well and any(member.outlet.well for member in self.members)

    @property
    def why(self) -> str:
        """What keeps it from being whole."""
        silent = next((member.outlet.why for member in self.members if member.outlet.why), "")
        backlogs = [self.outlet.backlog, *(member.outlet.backlog for member in self.members)]
        blocks, rows = (sum(getattr(backlog, name) for backlog in backlogs) for name in ("blocks", "rows"))
        waiting = f"; {blocks:,} blocks ({rows:,} rows) wait for it" if blocks else ""
        return f"{silent or self.outlet.why or 'is back just now'}{waiting}"
