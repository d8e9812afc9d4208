"""ClickHouse inside this process (chdb): one owner per folder, one connection per thread.

The library is imported when a store is opened and not before: a process that has it must never fork.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyarrow as pa

from didymium.historian.engine import READ_LIMIT_S, Columns
from didymium.historian.errors import StoreBusy, StoreDamaged, translated
from didymium.historian.gate import Gate
from didymium.historian.native import decode
from didymium.historian.once import Once

DATABASE = "didymium"
_LOCK = "owner.lock"
_COPIES = "metadata-copy"
_UUID = re.compile(r"UUID '([0-9a-f-]{36})'")
FROZEN = "shadow"
"""The engine's folder for frozen parts; each freeze has a folder of its name in it."""
_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_KEPT_BYTES = 40 << 20
"""A thread's file in memory keeps its pages up to this size, for the next block."""


class Owner:
    """The lock file that makes this process the only owner of a folder; it holds our process id."""

    def __init__(self, folder: Path) -> None:
        """Raises ``StoreBusy`` with the owner's process id when another process, or this one, has it."""
        self._descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            text = os.read(self._descriptor, 32).strip()
            os.close(self._descriptor)
            raise StoreBusy(folder, int(text) if text.isdigit() else 0) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Give the folder up, once. The file stays: removing it would let two owners in."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def metadata_files(folder: Path) -> list[Path]:
    """The engine's table and database definitions, relative to ``folder``, as it lays them out."""
    found = [*folder.glob("metadata/**/*.sql"), *folder.glob("store/*/*/*.sql")]
    return sorted(file.relative_to(folder) for file in found)


def check_metadata(folder: Path) -> None:
    """Raise ``StoreDamaged`` for a definition that a crash of the machine left empty, or that is gone."""
    for file, reason, copy in damaged_definitions(folder):
        raise StoreDamaged(file, reason, copy)


def damaged_definitions(folder: Path) -> list[tuple[Path, str, Path | None]]:
    """Definitions that are empty, or gone while their table's rows are there: the file, the fault and its copy."""
    found: list[tuple[Path, str, Path | None]] = []
    for name in metadata_files(folder):
        if not (folder / name).read_bytes().strip(b"\0 \n"):
            copy = folder / _COPIES / name
            found.append((folder / name, "is empty", copy if copy.exists() else None))
    for copy in sorted((folder / _COPIES).glob("store/*/*/*.sql")):
        file = folder / copy.relative_to(folder / _COPIES)
        table = _UUID.search(copy.read_text(encoding="utf-8"))
        if table and not file.exists() and (folder / "store" / table[1][:3] / table[1] / "format_version.txt").exists():
            found.append((file, "is missing", copy))
    return found


def copy_metadata(folder: Path) -> None:
    """Keep a copy of every definition; written beside and renamed, so that a copy is never half there."""
    for name in metadata_files(folder):
        copy = folder / _COPIES / name
        content = (folder / name).read_bytes()
        if copy.exists() and copy.read_bytes() == content:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        fresh = copy.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        fresh.replace(copy)


def keep_freed_memory() -> None:
    """Let the C library keep what is freed, up to 128 MB, and take answers of up to 32 MB from there.

    As delivered, glibc gives the pages of a trend's columns back at once and faults them in again for the next trend:
    half of the time that numpy spends on it. Source: mallopt(3).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 32 << 20)
        mallopt(_TRIM_THRESHOLD, 128 << 20)


class _Connections(threading.local):
    """This thread's own connections and its file in memory, opened at first use."""

    plain: Any = None
    guarded: Any = None
    block: int = -1


class EmbeddedEngine:
    """An ``Engine`` over chdb. chdb knows one folder per process at a time; close before you open another."""

    def __init__(self, folder: Path) -> None:
        """Raises ``StoreBusy``, ``StoreDamaged`` or ``EngineError``."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.resolve()
        self._owner = Owner(self._folder)
        self._local = _Connections()
        self._opened: list[Any] = []
        self._files: list[int] = []
        self._opening = threading.Lock()
        self._once = Once(self, "points")
        self._gate = Gate()
        try:
            check_metadata(self._folder)
            import chdb

            self._connect = chdb.connect
            keep_freed_memory()
            self._plain()
            # The engine catches crashes and Ctrl-Z for its own reports; those signals are the program's.
            chdb._chdb.reset_signal_handlers()
            self.command(f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic")
        except BaseException:
            self.close()
            raise

    @property
    def database(self) -> str:
        return DATABASE

    @property
    def where(self) -> str:
        return str(self._folder)

    def _open(self) -> Any:
        try:
            connection = self._connect(str(self._folder))
        except RuntimeError as error:
            raise translated(str(error), self.where) from error
        with self._opening:
            self._opened.append(connection)
        return connection

    def _plain(self) -> Any:
        if self._local.plain is None:
            self._local.plain = self._open()
        return self._local.plain

    def _guarded(self) -> Any:
        if self._local.guarded is None:
            connection = self._open()
            connection.query(f"USE {DATABASE}")
            connection.query(f"SET max_execution_time = {READ_LIMIT_S}")
            connection.query("SET readonly = 1")
            self._local.guarded = connection
        return self._local.guarded

    def _answer(self, connection: Any, sql: str, layout: str) -> Any:
        """The engine's own result; its memory lives as long as it does."""
        from chdb._exceptions import ChdbError

        try:
            return connection.query(sql, layout)
        except ChdbError as error:
            raise translated(str(error), self.where) from error

    def command(self, sql: str) -> None:
        with self._gate.shared():
            self._answer(self._plain(), sql, "Null")

    def insert(self, table: str, block: bytes, settings: Mapping[str, str | int]) -> None:
        # chdb 4.4's streaming insert (send_insert) ends without an error when the disk is full and stores nothing;
        # bytes inside the statement are cut. A statement that reads a file in memory fails as it should.
        chosen = {"async_insert": 0, **settings}
        clause = ", ".join(f"{name} = {value!r}" for name, value in chosen.items())
        file = self._local.block
        if file < 0:
            file = self._local.block = os.memfd_create("block")
            with self._opening:
                self._files.append(file)
        os.ftruncate(file, 0)
        written = 0
        while written < len(block):
            written += os.pwrite(file, memoryview(block)[written:], written)
        self.command(
            f"INSERT INTO {DATABASE}.{table} FROM INFILE '/proc/self/fd/{file}' SETTINGS {clause} FORMAT Native"
        )
        if len(block) > _KEPT_BYTES:
            os.ftruncate(file, 0)

    def store(self, block: bytes, token: str | None, *, replay: bool) -> int:
        return self._once.store(block, token, replay=replay)

    def read(self, sql: str, tags: Sequence[int] | None = None) -> Columns:
        limited = f"{sql} SETTINGS max_execution_time = {READ_LIMIT_S}"
        answer = self._answer(self._plain(), limited, "Native")
        return decode(answer.get_memview().view())  # bytes() would copy it all once more

    def folder(self, table: str) -> Path | None:
        found = self.read(
            f"SELECT data_paths[1] AS path FROM system.tables WHERE database = '{DATABASE}' AND name = '{table}'"
        )
        return Path(str(found["path"][0]))

    def ask(self, sql: str) -> pa.Table:
        data = bytes(self._answer(self._guarded(), sql, "ArrowStream").bytes())
        return pa.ipc.open_stream(data).read_all() if data else pa.table({})

    def space(self) -> tuple[int, int]:
        usage = shutil.disk_usage(self._folder)
        return usage.free, usage.total

    def writing(self) -> AbstractContextManager[None]:
        return self._gate.shared()

    def alone(self) -> AbstractContextManager[None]:
        return self._gate.alone()

    def freeze(self, name: str) -> Path:
        frozen = self._folder / FROZEN / name
        found = self.read(
            "SELECT name, toString(uuid) AS id FROM system.tables"
            f" WHERE database = '{DATABASE}' AND engine LIKE '%MergeTree' ORDER BY name"
        )
        copied = metadata_files(self._folder)
        for table, one in zip(found["name"], found["id"], strict=True):
            self.command(f"ALTER TABLE {DATABASE}.{table} FREEZE WITH NAME '{name}'")
            home = Path("store") / one[:3] / one
            # The tokens of imports go with the rows: without them the same file would be stored again.
            logs = sorted(file.relative_to(self._folder) for file in (self._folder / home).glob("deduplication_logs/*"))
            copied += [home / "format_version.txt", *logs]
        for file in copied:
            (frozen / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._folder / file, frozen / file)
        return frozen

    def thaw(self, name: str) -> None:
        shutil.rmtree(self._folder / FROZEN / name, ignore_errors=True)

    def trouble(self) -> list[str]:
        """Nothing: what it has was acknowledged."""
        return []

    def keep_definitions(self) -> None:
        """Copy the table definitions once they are known to be good."""
        copy_metadata(self._folder)

    def close(self) -> None:
        with self._opening:
            opened, self._opened = self._opened, []
            files, self._files = self._files, []
        for connection in opened:
            connection.close()
        for file in files:
            os.close(file)
        self._local = _Connections()
        self._owner.release()
