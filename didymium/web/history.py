"""Requests for what happened: bucketed series and raw rows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa
from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import Parameter

from didymium.historian.errors import HistorianError
from didymium.historian.reading import Buckets
from didymium.web.desk import Desk

MOST_TAGS = 64
MOST_BUCKETS = 4_000
MOST_ROWS = 100_000


def _row(desk: Desk, path: str) -> int:
    row = desk.plant.tags.row_of.get(path)
    if row is None:
        raise NotFoundException(f"no tag has the path {path!r}")
    return row


def _span(from_us: int, to_us: int) -> None:
    if to_us <= from_us:
        raise ClientException(f"to_us {to_us} must be after from_us {from_us}")


@get("/api/series", summary="Bucketed values of tags", tags=["history"])
async def series(
    desk: Desk,
    tags: Annotated[str, Parameter(description="tag paths, separated by commas")],
    from_us: Annotated[int, Parameter(description="start, µs since 1970 UTC, inclusive")],
    to_us: Annotated[int, Parameter(description="end, µs since 1970 UTC, exclusive")],
    buckets: Annotated[int, Parameter(description="number of equal buckets")] = 800,
) -> Response[bytes]:
    """Minimum, maximum, mean, last, count and good count of each bucket that holds readings, per tag."""
    paths = [path for path in tags.split(",") if path]
    _span(from_us, to_us)
    if not 0 < len(paths) <= MOST_TAGS or not 0 < buckets <= MOST_BUCKETS:
        raise ClientException(f"ask for 1 to {MOST_TAGS} tags and 1 to {MOST_BUCKETS} buckets")
    ids = desk.ids.ids[[_row(desk, path) for path in paths]].tolist()
    found = await asyncio.get_running_loop().run_in_executor(
        desk.readers, desk.historian.bucketed, ids, from_us, to_us, buckets
    )
    return json_response({"tags": [_of_tag(path, tag, found) for path, tag in zip(paths, ids, strict=True)]})


def _of_tag(path: str, tag: int, found: Buckets) -> dict[str, object]:
    mine = np.flatnonzero(found.tag == tag)
    return {
        "path": path,
        "time_us": found.start_us[mine].tolist(),
        "min": found.min[mine].tolist(),
        "max": found.max[mine].tolist(),
        "mean": found.mean[mine].tolist(),
        "last": found.last[mine].tolist(),
        "count": found.count[mine].tolist(),
        "good": found.good[mine].tolist(),
    }


@get("/api/raw", summary="Raw readings of one tag", tags=["history"])
async def raw(
    desk: Desk,
    tag: Annotated[str, Parameter(description="tag path")],
    from_us: Annotated[int, Parameter(description="start, µs since 1970 UTC, inclusive")],
    to_us: Annotated[int, Parameter(description="end, µs since 1970 UTC, exclusive")],
    limit: Annotated[int, Parameter(description="most rows to return")] = 1_000,
) -> Response[bytes]:
    """The rows as stored, oldest first: time, value, the whole OPC UA status code, and flags (1 late, 2 historical)."""
    _span(from_us, to_us)
    if not 0 < limit <= MOST_ROWS:
        raise ClientException(f"limit is 1 to {MOST_ROWS}, not {limit}")
    one = int(desk.ids.ids[_row(desk, tag)])
    rows = await asyncio.get_running_loop().run_in_executor(
        desk.readers, desk.historian.raw, one, from_us, to_us, limit
    )
    return json_response(
        {
            "path": tag,
            "time_us": rows.time_us.tolist(),
            "value": rows.value.tolist(),
            "status": rows.status.tolist(),
            "flags": rows.flags.tolist(),
        }
    )


@dataclass(frozen=True, slots=True)
class Question:
    """One read-only statement."""

    sql: str


@post("/api/query", summary="Read-only SQL", tags=["history"], status_code=200)
async def query(desk: Desk, data: Question) -> Response[bytes]:
    """The answer of the historian as an Arrow IPC stream; anything that would change something is refused."""
    loop = asyncio.get_running_loop()
    try:
        table = await loop.run_in_executor(desk.readers, desk.historian.query, data.sql)
    except HistorianError as error:
        raise ClientException(str(error)) from error
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return Response(sink.getvalue().to_pybytes(), media_type="application/vnd.apache.arrow.stream")


@post("/api/import", summary="Load a history file", tags=["history"], status_code=200)
async def import_file(
    desk: Desk, path: Annotated[str, Parameter(description="CSV or Parquet file on the centre's machine")]
) -> Response[bytes]:
    """Store every row of the file; the same file again stores nothing."""
    file = Path(path)
    if not await asyncio.to_thread(file.is_file):
        raise ClientException(f"no such file: {path}")
    loop = asyncio.get_running_loop()
    try:
        rows = await loop.run_in_executor(desk.readers, desk.import_file, file)
    except (HistorianError, ValueError) as error:
        raise ClientException(str(error)) from error
    return json_response({"rows": rows})


def json_response(content: object) -> Response[bytes]:
    """``content`` as JSON; NaN becomes null."""
    return Response(msgspec.json.encode(content), media_type="application/json")
