"""Stores a block of points once on one server, also when nobody knows whether it is there already.

The engine knows the tokens of blocks that it has. A token can outlive its block (the engine notes it first) or be
forgotten, so a replay also looks for the block's rows.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final, Protocol

from didymium.historian import schema
from didymium.historian.engine import Columns
from didymium.historian.exact import VALUE_SQL
from didymium.historian.native import decode, rows_of

_REPLAYED: Final = "tag, ts, reinterpretAsUInt64(value), status, flags"  # bits, because NaN differs from itself
_STORED: Final = f"tag, ts, reinterpretAsUInt64({VALUE_SQL}), status, flags"


class _Server(Protocol):
    """What is needed of an engine."""

    @property
    def database(self) -> str: ...
    def command(self, sql: str) -> None: ...
    def insert(self, table: str, block: bytes, settings: Mapping[str, str | int]) -> None: ...
    def read(self, sql: str) -> Columns: ...


class Once:
    """One server's points. A block becomes one part: it is there whole or not at all."""

    def __init__(self, engine: _Server, points: str, *, replicated: bool = False) -> None:
        """``points`` names the table; a ``replicated`` one is brought up to date before rows are looked for."""
        self._engine = engine
        self._points = points
        self._replicated = replicated
        self._looking = threading.Lock()

    def store(self, block: bytes, token: str | None, *, replay: bool) -> int:
        """Insert a Native block of points of one day; the number of rows that were new. Durable on return.

        Without a ``token`` the caller knows that the block is new, and the engine need not digest it.
        """
        rows = rows_of(block)
        if replay and self._has(block):
            return 0
        self._insert(block, token)
        if replay and not self._has(block):
            # The engine noted the token and died before it had the part.
            self._insert(block, token and f"{token}/again")
        return rows

    def _insert(self, block: bytes, token: str | None) -> None:
        known = {"insert_deduplicate": 0} if token is None else {"insert_deduplication_token": token}
        self._engine.insert(self._points, block, known)

    def _has(self, block: bytes) -> bool:
        """Whether every row of the block is stored."""
        readings = schema.stored_of(decode(block)).readings
        database = self._engine.database
        first_us, last_us = int(readings.time_us.min()), int(readings.time_us.max())
        if self._replicated:
            self._engine.command(f"SYSTEM SYNC REPLICA {database}.{self._points}")
        with self._looking:
            self._engine.command(f"TRUNCATE TABLE {database}.replayed")
            self._engine.insert("replayed", schema.readings_block(readings), {})
            missing = self._engine.read(
                f"SELECT count() AS n FROM {database}.replayed WHERE ({_REPLAYED}) NOT IN"
                f" (SELECT {_STORED} FROM {database}.{self._points}"
                f" WHERE ts >= {schema.time(first_us)} AND ts <= {schema.time(last_us)})"
            )
        return int(missing["n"][0]) == 0
