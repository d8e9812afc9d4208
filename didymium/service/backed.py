"""What the backups hold, so that the edges keep what a restore would need from them."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final

import msgspec

from didymium.historian.frozen import Frozen
from didymium.historian.store import Historian
from didymium.historian.writer import Position
from didymium.spine.reader import Lag

BACKED: Final = "backed.json"


class _Backed(msgspec.Struct, frozen=True):
    """The newest verified backup, and of each edge the last sequence that a restore needs no more."""

    name: str
    seqs: dict[str, int]


def needless(positions: tuple[Position, ...]) -> dict[str, int]:
    """Of each edge the last sequence that a store with these positions needs no more.

    Its last batch is kept at the edge with what comes after: its write may have been cut off.
    """
    return {each.edge: each.first_seq - 1 for each in positions}


def save_backed(folder: Path, name: str, seqs: dict[str, int]) -> None:
    """Note in the installation's folder which backup is the newest, and what it needs no more: see ``needless``."""
    content = msgspec.json.encode(_Backed(name, seqs))
    fresh = folder / f"{BACKED}.new"
    with fresh.open("wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    fresh.replace(folder / BACKED)


def may_forget(durable_seq: int, backed_seq: int, lag: Lag | None, keep_bytes: float) -> int:
    """The last sequence that an edge may forget: what a backup has, or more where it holds over ``keep_bytes``.

    ``lag`` says how much the edge's stream holds, None when it does not answer: then it forgets nothing more.
    """
    backed = min(durable_seq, backed_seq)
    if lag is None or not lag.stream_bytes:
        return backed
    kept = int(keep_bytes * lag.stream_messages / lag.stream_bytes)
    return min(durable_seq, max(backed, durable_seq + lag.messages - kept))


class Backups:
    """The centre's part in a backup: it alone can freeze its store, and it tells the edges what to keep."""

    def __init__(self, historian: Historian, folder: Path, keep_bytes: float) -> None:
        """``folder`` is the installation's; ``keep_bytes`` bounds what an edge keeps after a backup."""
        self._historian = historian
        self._folder = folder
        self._keep_bytes = keep_bytes
        self._freezing = threading.Lock()
        self._frozen: dict[str, _Backed] = {}
        self._told: dict[str, int] = {}
        self._held: dict[str, int] | None = None
        file = folder / BACKED
        self._backed = msgspec.json.decode(file.read_bytes(), type=_Backed) if file.exists() else None

    def freeze(self) -> Frozen:
        """Hold the store as it is now. Raises ``NoFreeze`` for a server's."""
        with self._freezing:
            self._held = dict(self._told)
            try:
                held = self._historian.freeze()
                self._frozen[held.name] = _Backed(held.name, needless(held.positions))
            finally:
                self._held = None
        return held

    def thaw(self, name: str, kept: bool) -> None:
        """Let go of what was frozen; ``kept`` when a verified backup has it now."""
        self._historian.thaw(name)
        held = self._frozen.get(name)
        if kept and held is not None:
            save_backed(self._folder, held.name, held.seqs)
            self._backed = held
        self._frozen.pop(name, None)

    def may_forget(self, edge: str, durable_seq: int, lag: Lag | None) -> int:
        """The last sequence that the edge may forget; all that is durable as long as no backup was made or begun.

        Nothing more while the store is being frozen, and only what a frozen store has while it is copied: the edge
        keeps what comes after it.
        """
        if (held := self._held) is not None:
            return held.get(edge, 0)
        needed_from = [each.seqs.get(edge, 0) for each in (self._backed, *tuple(self._frozen.values())) if each]
        seq = may_forget(durable_seq, min(needed_from), lag, self._keep_bytes) if needed_from else durable_seq
        self._told[edge] = seq
        return seq
