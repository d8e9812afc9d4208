"""Blocks on our own disk that wait for a shard: written before they are acknowledged, in order, one file each.

A file is a line of JSON (what the block is, and the checksum of its bytes) and the bytes. It is written beside,
synced, renamed and the folder synced, so it is there whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from didymium.historian.disk import DiskGuard
from didymium.historian.errors import StoreDamaged

_SUFFIX: Final = ".block"
_FRESH: Final = ".new"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One insert: a Native block for ``table`` under ``token``; ``rows`` only to be told.

    ``doubt``: it may be there already, because its first try was cut off or it was handed in again.
    """

    table: str
    token: str
    rows: int
    block: bytes
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits."""

    blocks: int
    rows: int
    bytes: int


class Room:
    """The space that all queues share: ``folder``'s disk down to a reserve."""

    def __init__(self, folder: Path, space: Callable[[], tuple[int, int]] | None = None) -> None:
        """``space`` answers free and total bytes of the disk; None asks the disk of ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._guard = DiskGuard(str(folder), space or self._space, None)

    def check(self) -> None:
        """Raises ``DiskFull`` below the reserve."""
        self._guard.check()

    def _space(self) -> tuple[int, int]:
        usage = shutil.disk_usage(self.folder)
        return usage.free, usage.total


class Queue:
    """What waits for one shard or server, oldest first. ``add`` may come from any thread, ``take`` from one."""

    def __init__(self, room: Room, name: str) -> None:
        """Raises ``StoreDamaged`` for a file that is not what was written."""
        self.name = name
        self._room = room
        self._folder = room.folder / name
        self._folder.mkdir(exist_ok=True)
        self._lock = threading.Lock()
        for cut_off in self._folder.glob(f"*{_FRESH}"):
            cut_off.unlink()  # never acknowledged
        self._files = deque(sorted(self._folder.glob(f"*{_SUFFIX}")))
        heads = [_head(file) for file in self._files]
        self._next = int(self._files[-1].stem) + 1 if self._files else 1
        self._rows = sum(int(head["rows"]) for head in heads)
        self._bytes = sum(file.stat().st_size for file in self._files)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def backlog(self) -> Backlog:
        with self._lock:
            return Backlog(len(self._files), self._rows, self._bytes)

    def add(self, waiting: Waiting) -> None:
        """Keep a block; durable on return. Raises ``DiskFull`` and keeps nothing."""
        self._room.check()
        head = {**asdict(waiting), "block": blake2b(waiting.block, digest_size=16).hexdigest()}
        with self._lock:
            file = self._folder / f"{self._next:016d}{_SUFFIX}"
            fresh = file.with_suffix(_FRESH)
            with fresh.open("wb") as out:
                out.write(json.dumps(head).encode() + b"\n")
                out.write(waiting.block)
                out.flush()
                os.fsync(out.fileno())
            fresh.replace(file)
            _sync(self._folder)
            self._next += 1
            self._files.append(file)
            self._rows += waiting.rows
            self._bytes += file.stat().st_size

    def first(self) -> Waiting | None:
        """The oldest block, None when nothing waits. Raises ``StoreDamaged``."""
        return _content(self._files[0]) if self._files else None

    def take(self, waiting: Waiting) -> None:
        """The oldest block, which ``first`` gave, is where it belongs."""
        with self._lock:
            file = self._files.popleft()
            self._rows -= waiting.rows
            self._bytes -= file.stat().st_size
            file.unlink()
            _sync(self._folder)


def _head(file: Path) -> dict[str, str | int]:
    with file.open("rb") as data:
        line = data.readline()
    try:
        head: dict[str, str | int] = json.loads(line)
    except ValueError as error:
        raise StoreDamaged(file, "has no head: a block that waits for a shard is lost", None) from error
    return head


def _content(file: Path) -> Waiting:
    line, _, block = file.read_bytes().partition(b"\n")
    head = json.loads(line)
    if blake2b(block, digest_size=16).hexdigest() != head["block"]:
        raise StoreDamaged(file, "is not what was written: a block that waits for a shard is lost", None)
    return Waiting(str(head["table"]), str(head["token"]), int(head["rows"]), block, bool(head["doubt"]))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
