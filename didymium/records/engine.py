"""One door to SQLite and to PostgreSQL: readers see one instant, writers of a kind go one after the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import ExceptionContext

from didymium.records.address import address
from didymium.records.errors import RecordsError, StoreBusy, StoreDamaged, StoreFull, StoreGone

BUSY_S: Final = 10.0
CONNECT_S: Final = 10
CACHE_KIB: Final = 64 * 1024
LOG_PAGES: Final = 8_000
"""SQLite folds its log into the file when it is this long, 32 MB: less often than at every flood's step."""
_WRITES: Final = "didymium_writes"


class Turn(IntEnum):
    """What writers take turns at; on PostgreSQL the key of an advisory lock, so numbers are not given anew."""

    SCHEMA = 5_190_701
    JOURNAL = 5_190_702
    DEFINITIONS = 5_190_703
    KPIS = 5_190_704


class Store:
    """An open database. Safe for use by several threads; each takes a connection of its own."""

    def __init__(self, url: str) -> None:
        """Raises ``BadUrl``. Each use connects at need and may raise ``StoreGone``, ``StoreBusy`` and ``StoreFull``."""
        read = address(url)
        self.where = read.shown
        self.is_file = read.file is not None
        if read.file is not None:
            self._make_private(read.file)
            self._engine = create_engine(read.url, connect_args={"timeout": BUSY_S, "isolation_level": None})
            event.listen(self._engine, "connect", self._prepare_file)
            event.listen(self._engine, "begin", _begin_file)
        else:
            wanted = {"connect_timeout": CONNECT_S, "application_name": "didymium"}
            self._engine = create_engine(read.url, pool_pre_ping=True, connect_args=wanted)
        event.listen(self._engine, "handle_error", self._translate)
        self._writer: Engine = self._engine.execution_options(**{_WRITES: True})
        snapshot = {} if self.is_file else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader: Engine = self._engine.execution_options(**snapshot)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the store as of its first question."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, turn: Turn | None = None) -> Iterator[Connection]:
        """A transaction: all of it is durable when the block ends, nothing when it raises.

        With ``turn`` no other process is in a block of the same turn meanwhile; in a file all writers take turns.
        """
        with self._writer.begin() as connection:
            if turn is not None and not self.is_file:
                patience = func.set_config("lock_timeout", f"{BUSY_S * 1000:.0f}ms", True)
                connection.execute(select(patience, func.pg_advisory_xact_lock(int(turn))))
            yield connection

    def close(self) -> None:
        """Give up all connections; SQLite then folds its log into the file."""
        self._engine.dispose()

    def _make_private(self, file: Path) -> None:
        """The file is its owner's alone; its log and index get the same rights from SQLite."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600, exist_ok=True)
        except OSError as error:
            raise StoreGone(self.where, error.strerror or str(error)) from error

    def _prepare_file(self, connection: sqlite3.Connection, _record: object) -> None:
        # FULL: after a power cut no acknowledged transaction is missing; NORMAL would lose the last ones under WAL.
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StoreGone(self.where, f"this file system has no shared memory for a write-ahead log ({mode})")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")

    def _translate(self, context: ExceptionContext) -> None:
        if context.is_pre_ping:
            return  # the pool finds that a connection is gone, and makes another
        error = context.original_exception
        found = self._of_file(error) if isinstance(error, sqlite3.Error) else self._of_server(error)
        if found is not None:
            raise found from error

    def _of_file(self, error: sqlite3.Error) -> RecordsError | None:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        match code:
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return StoreBusy(self.where, BUSY_S)
            case sqlite3.SQLITE_FULL:
                return StoreFull(self.where)
            case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
                return StoreDamaged(self.where, str(error))
            case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_READONLY:
                return StoreGone(self.where, str(error))
            case _:
                return None

    def _of_server(self, error: BaseException | None) -> RecordsError | None:
        if not isinstance(error, psycopg.Error):
            return None
        state = error.sqlstate or ""
        if state == "53100":  # disk_full
            return StoreFull(self.where)
        if state in ("55P03", "40P01"):  # lock_not_available, deadlock_detected
            return StoreBusy(self.where, BUSY_S)
        broken = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        if broken and (not state or state[:2] in ("08", "28", "3D", "53", "57")):
            return StoreGone(self.where, str(error).strip().splitlines()[0] if str(error).strip() else state)
        return None


def _begin_file(connection: Connection) -> None:
    # A transaction that begins as a reader cannot always become a writer; it would fail without waiting.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
