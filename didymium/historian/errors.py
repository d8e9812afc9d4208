"""What can go wrong with the store of what happened.

HistorianError
├── BadUrl            the URL names no engine that we know
├── StoreBusy         another process owns the store
├── StoreDamaged      a file that the engine needs to open the store is broken
├── StoreTooNew       the store was written by a later version of the schema
├── DiskFull          too little space left to write safely
├── NoFreeze          a server's store is backed up by the server
├── BadBackup         a backup that is not whole, or not one
├── BadArchive        an archive that cannot be reached, read or trusted
├── BadTarget         a folder that a restore may not fill
├── RefusedQuery      a query that would change something, or read outside the store
├── RefusedCorrection a correction that contradicts what is there, or does not say who and why
├── RefusedAnnotation an annotation without words, or of one that is not there
└── EngineError       what the engine itself said
    ├── QueryTooLong  a read ran past its limit
    ├── ServerGone    a server cannot be reached, or broke off
    └── ShardDown     an answer would miss what a shard of the cluster holds
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

_CODE = re.compile(r"Code: (\d+)")
_TIMEOUT_EXCEEDED = 159
_NOT_ENOUGH_SPACE = 243
_NO_SPACE_TEXT = ("No space left on device", "NOT_ENOUGH_SPACE", "Disk quota exceeded")


class HistorianError(Exception):
    """The root of this room's errors."""


class BadUrl(HistorianError):
    """The URL is neither ``chdb:///path`` nor ``clickhouse://host:port/database``."""

    def __init__(self, url: str, reason: str = "") -> None:
        self.url = url
        right = reason or "write chdb:///path or clickhouse://host:port/database"
        super().__init__(f"{url!r} names no historian: {right}")


class StoreBusy(HistorianError):
    """Another process has the store open; an embedded store belongs to one process at a time."""

    def __init__(self, path: Path, pid: int) -> None:
        self.path = path
        self.pid = pid
        owner = f"process {pid}" if pid else "another process"
        super().__init__(f"the historian in {path} is open in {owner}; stop it first or ask it")


class StoreDamaged(HistorianError):
    """A file without which the engine does not open the store is broken."""

    def __init__(self, file: Path, reason: str, copy: Path | None) -> None:
        self.file = file
        self.copy = copy
        hint = f"; a copy from the last good start is {copy}: put it back" if copy else ""
        super().__init__(f"{file} {reason}, so the historian cannot be opened{hint}")


class StoreTooNew(HistorianError):
    """The store's schema is later than this program's."""

    def __init__(self, found: int, known: int) -> None:
        self.found = found
        self.known = known
        super().__init__(f"the store has schema {found}, this program knows up to {known}: use a later program")


class DiskFull(HistorianError):
    """Writing is paused: less than the reserve is free. Nothing of the batch was lost; write it again later."""

    def __init__(self, where: str, free_bytes: int, reserve_bytes: int) -> None:
        self.where = where
        self.free_bytes = free_bytes
        self.reserve_bytes = reserve_bytes
        super().__init__(
            f"{where} has {free_bytes / 2**20:,.0f} MiB free, the reserve is {reserve_bytes / 2**20:,.0f} MiB:"
            " writing is paused until there is space"
        )


class NoFreeze(HistorianError):
    """The store is a server's, which has its own backup."""

    def __init__(self, where: str, database: str) -> None:
        self.where = where
        self.database = database
        super().__init__(
            f"the historian is the ClickHouse server {where}, which backs up itself. Ask it there: BACKUP DATABASE"
            f" {database} TO Disk('backups', '{database}-1'), and later with SETTINGS base_backup ="
            f" Disk('backups', '{database}-1') for what is new"
        )


class BadBackup(HistorianError):
    """A backup cannot be trusted; ``files`` are what is damaged in it."""

    def __init__(self, where: Path, reason: str, files: tuple[Path, ...] = ()) -> None:
        self.where = where
        self.files = files
        super().__init__(f"{where} {reason}")


class BadArchive(HistorianError):
    """Old days cannot be read from, or moved to, where they belong."""

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        super().__init__(f"{where} {reason}")


class BadTarget(HistorianError):
    """A restore does not fill this folder."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        super().__init__(f"{folder} {reason}")


class RefusedQuery(HistorianError):
    """Only questions are answered here."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"refused: {reason}")


class RefusedCorrection(HistorianError):
    """Nothing was corrected; ``reason`` may speak of the moment as ``{time}``, ``near_us`` are moments with values."""

    def __init__(self, tag: int | None, time_us: int | None, reason: str, near_us: tuple[int, ...] = ()) -> None:
        self.tag = tag
        self.time_us = time_us
        self.near_us = near_us
        self._reason = reason
        super().__init__(self.told(f"tag {tag}" if tag is not None else ""))

    def told(self, name: str) -> str:
        """The refusal for a person who knows the tag by ``name``."""
        words = self._reason.replace("{time}", "" if self.time_us is None else _said(self.time_us))
        near = f"; the nearest are at {' and '.join(map(_said, self.near_us))}" if self.near_us else ""
        return f"{name}: {words}{near}" if name and self.tag is not None else f"{words}{near}"


class RefusedAnnotation(HistorianError):
    """Nothing was written."""


def _said(at_us: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).isoformat()


class EngineError(HistorianError):
    """The engine's own error; ``code`` is ClickHouse's number, 0 where it gave none."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(text)


class QueryTooLong(EngineError):
    """A read was stopped at its time limit."""


class ServerGone(EngineError):
    """A server could not be reached or broke off: what it was asked may be done, or not."""

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(0, f"{where} does not answer: {reason}")


class ShardDown(EngineError):
    """The answer would lack a shard's rows, so there is none. ``shard`` counts from 1; ``sites`` are what it keeps."""

    def __init__(self, shard: int, where: str, sites: Sequence[str], reason: str) -> None:
        self.shard = shard
        self.where = where
        self.sites = tuple(sites)
        listed = ", ".join(sites) or "no site yet"
        super().__init__(0, f"shard {shard} ({where}) {reason}; without it the answer would lack {listed}")


def translated(text: str, where: str) -> HistorianError:
    """The error of this room for what the engine said; ``where`` names the store."""
    found = _CODE.search(text)
    code = int(found.group(1)) if found else 0
    if code == _NOT_ENOUGH_SPACE or any(words in text for words in _NO_SPACE_TEXT):
        return DiskFull(where, 0, 0)
    if code == _TIMEOUT_EXCEEDED:
        return QueryTooLong(code, text)
    return EngineError(code, text)
