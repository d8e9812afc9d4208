"""Readings as one message: an Arrow IPC stream, lz4, with a checksum beside it."""

from __future__ import annotations

import zlib
from typing import Final

import pyarrow as pa

from didymium.model.readings import SCHEMA, Readings
from didymium.spine.errors import CorruptBatch

_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_READ_OPTIONS: Final = pa.ipc.IpcReadOptions(use_threads=False)


def encode(readings: Readings) -> bytes:
    """Return the readings as an Arrow IPC stream of one record batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA, options=_OPTIONS) as stream:
        stream.write_batch(readings.to_arrow())
    data: bytes = sink.getvalue().to_pybytes()
    return data


def checksum(data: bytes) -> str:
    """CRC-32 (ISO 3309) of the payload, eight hexadecimal digits."""
    return f"{zlib.crc32(data):08x}"


def decode(data: bytes, expected_checksum: str, expected_count: int | None = None) -> Readings:
    """Return the readings of a payload.

    Raises
    ------
    CorruptBatch
        Naming what is wrong: the checksum, a stream cut short, columns that are not readings, or the number of rows.
    """
    found = checksum(data)
    if found != expected_checksum:
        raise CorruptBatch(
            "checksum", f"{len(data)} bytes sum to {found}, published as {expected_checksum or 'nothing'}"
        )
    try:
        with pa.ipc.open_stream(data, options=_READ_OPTIONS) as stream:
            if not stream.schema.equals(SCHEMA):
                raise CorruptBatch("schema", f"columns {stream.schema.names}, readings have {SCHEMA.names}")
            parts = [Readings.from_arrow(batch) for batch in stream]
    except (pa.ArrowInvalid, OSError) as error:
        raise CorruptBatch("truncated", f"{len(data)} bytes are not a whole Arrow stream: {error}") from error
    readings = Readings.concat(parts)
    if expected_count is not None and len(readings) != expected_count:
        raise CorruptBatch("count", f"{len(readings)} readings, published as {expected_count}")
    return readings
