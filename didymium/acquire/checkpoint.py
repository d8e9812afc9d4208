"""The newest reading of each tag that is safe on the stream, kept in a file over a crash.

A device sends its present values again when we reconnect. With the checkpoint and the stream's tail after it, the edge
knows after ``kill -9`` which of them it has published already.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from didymium.acquire.errors import AcquireError

SCHEMA: Final = pa.schema([("tag", pa.uint32()), ("newest_us", pa.int64()), ("newest", pa.int64())])
SEQUENCE: Final = b"sequence"


class BadCheckpoint(AcquireError):
    """The file is there and cannot be read; the edge starts without it."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Columns of equal length; everything up to ``sequence`` of the edge's stream is in them.

    ``newest_us`` is the tag's newest source time, ``newest`` that reading's fingerprint.
    """

    sequence: int
    tag: NDArray[np.uint32]
    newest_us: NDArray[np.int64]
    newest: NDArray[np.int64]

    def save(self, path: Path) -> None:
        """Replace the file at once: a crash leaves the old one or the new one."""
        schema = SCHEMA.with_metadata({SEQUENCE: str(self.sequence).encode()})
        batch = pa.RecordBatch.from_arrays(
            [pa.array(c) for c in (self.tag, self.newest_us, self.newest)], schema=schema
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            with pa.ipc.new_file(file, schema) as writer:
                writer.write_batch(batch)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @classmethod
    def load(cls, path: Path) -> Checkpoint | None:
        """Return what the file says, None when there is none. Raises ``BadCheckpoint``."""
        if not path.exists():
            return None
        try:
            table = pa.ipc.open_file(pa.BufferReader(path.read_bytes())).read_all()
            sequence = int((table.schema.metadata or {})[SEQUENCE])
            columns = [table.column(name).to_numpy() for name in SCHEMA.names]
        except (pa.ArrowInvalid, KeyError, ValueError, OSError) as error:
            raise BadCheckpoint(path, str(error)) from error
        return cls(sequence, *columns)
