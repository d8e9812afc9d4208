"""What the historian asks of an engine: the same SQL and the same bytes, embedded or over the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

READ_LIMIT_S: Final = 30
"""A read that takes longer is stopped, so that a careless question cannot hold the writer back for good."""

Columns = dict[str, NDArray[Any]]


class Engine(Protocol):
    """A ClickHouse behind either door. Every method may be called from any thread.

    Raises ``EngineError`` or ``DiskFull`` for whatever the engine refuses.
    """

    @property
    def database(self) -> str:
        """The database that holds our tables."""

    @property
    def where(self) -> str:
        """The store's name in messages: a folder or an address."""

    def command(self, sql: str) -> None:
        """Run a statement that answers nothing."""

    def insert(self, table: str, block: bytes, settings: Mapping[str, str | int]) -> None:
        """Insert one Native block into ``database.table``; on return it is on disk."""

    def store(self, block: bytes, token: str | None, *, replay: bool) -> int:
        """Insert one Native block of ``points``, of one day, once under its token; the number of rows that were new.

        A ``replay`` may be there already: then the block's rows are looked for before and after.
        """

    def read(self, sql: str, tags: Sequence[int] | None = None) -> Columns:
        """The answer's columns by name; strict ``READ_LIMIT_S``. ``sql`` may not end in SETTINGS.

        ``tags`` are the only ones whose rows the answer needs; None means all. Without any, the answer is about what
        is there now. Raises ``ShardDown`` where a shard of
        theirs cannot answer.
        """

    def folder(self, table: str) -> Path | None:
        """Where the parts of ``database.table`` lie, None where they are not this process's to read."""

    def ask(self, sql: str) -> pa.Table:
        """Someone else's question, in a session at ``database`` that can change nothing, as an Arrow table."""

    def space(self) -> tuple[int, int]:
        """Free and total bytes of the disk that holds the data."""

    def writing(self) -> AbstractContextManager[None]:
        """While the block runs, nobody is ``alone``: what is written in it is frozen together. It may nest."""

    def alone(self) -> AbstractContextManager[None]:
        """While the block runs, no other thread writes."""

    def freeze(self, name: str) -> Path:
        """Hold the present parts and definitions of every table in a folder laid out as the store's own.

        Call it ``alone``. Raises ``NoFreeze`` where the store is a server's.
        """

    def thaw(self, name: str) -> None:
        """Remove what was frozen under ``name``; a name that is not there is no mistake."""

    def trouble(self) -> list[str]:
        """What was acknowledged and is not yet where it belongs, and who is missing. Empty is well."""

    def keep_definitions(self) -> None:
        """Copy the table definitions, known to be good now, to where a repair finds them."""

    def close(self) -> None:
        """End every connection; afterwards nothing else may be called."""


def column(columns: Columns, name: str, dtype: type[np.generic]) -> NDArray[Any]:
    """A column of an answer, empty where the engine sent no block at all."""
    found = columns.get(name)
    return np.empty(0, dtype) if found is None else found.astype(dtype, copy=False)
