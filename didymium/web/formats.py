"""The forms in which rows leave: Arrow, Parquet, CSV and a spreadsheet, each written as the rows come."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from didymium.web.sheets import SheetWriter

ARROW_STREAM: Final = "application/vnd.apache.arrow.stream"


class Writer(Protocol):
    """Takes batches of one schema; the last bytes are written by ``close``."""

    def write_batch(self, batch: pa.RecordBatch, /) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write the end."""


@dataclass(frozen=True, slots=True)
class Format:
    """``begin`` opens a writer onto a sink that need not seek."""

    media_type: str
    begin: Callable[[Any, pa.Schema], Writer]


class _Plain:
    """A writer whose format knows no dictionary: its words are written out."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        fields = [
            field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema
        ]
        self._schema = pa.schema(fields)
        self._writer = pa_csv.CSVWriter(sink, self._schema, write_options=pa_csv.WriteOptions(quoting_style="needed"))

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch.cast(self._schema))

    def close(self) -> None:
        self._writer.close()


def _parquet(sink: Any, schema: pa.Schema) -> Writer:
    writer: Writer = pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=["path"])
    return writer


FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format("text/csv; charset=utf-8", _Plain),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", SheetWriter),
    "parquet": Format("application/vnd.apache.parquet", _parquet),
    "arrow": Format("application/vnd.apache.arrow.file", pa.ipc.new_file),
}
"""By the ending of a file's name. ``arrow`` is the file format, which begins and ends with ``ARROW1``."""

STREAM: Final = Format(ARROW_STREAM, pa.ipc.new_stream)


class Outbox(io.RawIOBase):
    """A sink that hands over what was written since it was last emptied."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._length += len(part)
        return len(part)

    def tell(self) -> int:
        return self._length

    def take(self) -> bytes:
        """All bytes since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
