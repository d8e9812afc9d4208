"""The forms in which rows leave: Arrow, Parquet, CSV and a spreadsheet, each written as the rows come."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
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


class _Text:
    """CSV: words instead of their places in a dictionary, and times of RFC 3339."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        self._schema = pa.schema([field.with_type(_written(field.type)) for field in schema])
        self._writer = pa_csv.CSVWriter(sink, self._schema, write_options=pa_csv.WriteOptions(quoting_style="needed"))

    def write_batch(self, batch: pa.RecordBatch) -> None:
        columns = [_moments(one) if pa.types.is_timestamp(one.type) else one for one in batch.columns]
        plain = [column.cast(field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(plain, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _written(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_dictionary(kind) or pa.types.is_timestamp(kind) else kind


def _moments(column: pa.Array) -> pa.Array:
    """Arrow writes out a time with its zone twenty times slower than one without."""
    plain = column.cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(plain, " ", "T"), "Z", "")


def _parquet(sink: Any, schema: pa.Schema) -> Writer:
    writer: Writer = pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=["path"])
    return writer


FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format("text/csv; charset=utf-8", _Text),
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
