"""Requests for what happened: bucketed series, raw rows of one tag, SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from litestar import Request, Response, get, post
from litestar.exceptions import ClientException
from litestar.params import Parameter

from didymium.historian import Buckets
from didymium.historian.errors import EngineError
from didymium.web.asked import FROM, KNOWN_AT, PATTERNS, TO, answered, range_asked, rows_sought
from didymium.web.desk import Desk
from didymium.web.export import arrow_response
from didymium.web.formats import ARROW_STREAM
from didymium.web.slices import ROWS, Wanted, first_rows

MOST_TAGS: Final = 64
MOST_BUCKETS: Final = 4_000
MOST_ROWS: Final = 100_000

SERIES: Final = pa.schema(
    [
        ROWS.field("path"),
        ROWS.field("time"),
        *(pa.field(name, pa.float64()) for name in ("min", "max", "mean", "last")),
        pa.field("last_status", pa.uint32()),
        pa.field("count", pa.int64()),
        pa.field("good", pa.int64()),
    ]
)
"""``time`` is the bucket's start; its width in µs is in the schema's metadata under ``width_us``."""


@get("/api/series", summary="Bucketed values of tags", tags=["history"])
async def series(
    request: Request[Any, Any, Any],
    desk: Desk,
    tags: Annotated[str, Parameter(description=PATTERNS)],
    from_us: Annotated[int, Parameter(description=FROM)],
    to_us: Annotated[int, Parameter(description=TO)],
    buckets: Annotated[int, Parameter(description="number of equal buckets")] = 800,
    known_at_us: Annotated[int | None, Parameter(description=KNOWN_AT)] = None,
) -> Response[bytes]:
    """Minimum, maximum, mean, last, count and good count of each bucket that holds readings, per tag.

    JSON, or an Arrow IPC stream for `Accept: application/vnd.apache.arrow.stream`.
    """
    range_asked(from_us, to_us)
    if buckets < 1:
        raise ClientException(f"buckets is {buckets}; ask for 1 to {MOST_BUCKETS:,}")
    if buckets > MOST_BUCKETS:
        raise ClientException(
            f"{buckets:,} buckets are more than the {MOST_BUCKETS:,} that are answered: ask for fewer, for parts of the"
            " range, or for every reading with /api/rows"
        )
    rows = await rows_sought(desk, tags)
    if len(rows) > MOST_TAGS:
        raise ClientException(
            f"{len(rows):,} tags are more than the {MOST_TAGS} that are answered at once: ask in parts"
        )
    ids = desk.ids.ids[rows].tolist()
    asked = partial(desk.historian.bucketed, ids, from_us, to_us, buckets, known_at_us=known_at_us)
    found = await answered(desk, asked)
    paths = [desk.plant.tags.path[row] for row in rows]
    if request.headers.get("accept", "").startswith(ARROW_STREAM):
        return arrow_response(_table(paths, ids, found))
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


def _table(paths: Sequence[str], ids: Sequence[int], found: Buckets) -> pa.Table:
    place = np.searchsorted(np.sort(ids), found.tag)
    place = np.argsort(ids)[place].astype(np.int32)
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(place), pa.array(paths, pa.string())),
        pa.array(found.start_us).cast(SERIES.field("time").type),
        *(pa.array(column) for column in (found.min, found.max, found.mean, found.last, found.last_status)),
        *(pa.array(column) for column in (found.count, found.good)),
    ]
    table = pa.Table.from_arrays(columns, schema=SERIES.with_metadata({"width_us": str(found.width_us)}))
    return table.take(pa.array(np.argsort(place, kind="stable")))


@get("/api/raw", summary="Raw readings of one tag", tags=["history"])
async def raw(
    desk: Desk,
    tag: Annotated[str, Parameter(description="tag path")],
    from_us: Annotated[int, Parameter(description=FROM)],
    to_us: Annotated[int, Parameter(description=TO)],
    limit: Annotated[int, Parameter(description="most rows to return")] = 1_000,
    known_at_us: Annotated[int | None, Parameter(description=KNOWN_AT)] = None,
) -> Response[bytes]:
    """The rows as stored, oldest first: time, value, the whole OPC UA status code, and flags (1 late, 2 historical)."""
    range_asked(from_us, to_us)
    if not 0 < limit <= MOST_ROWS:
        raise ClientException(f"limit is 1 to {MOST_ROWS:,}, not {limit:,}; /api/rows has no limit")
    wanted = Wanted.of(desk.plant, desk.ids, await rows_sought(desk, tag), from_us, to_us)
    if len(wanted.paths) > 1:
        raise ClientException(f"{tag!r} means {len(wanted.paths):,} tags; one is answered here, /api/rows has no limit")
    read = partial(desk.historian.span, known_at_us=known_at_us)
    rows = await answered(desk, partial(first_rows, wanted, read, limit))
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

    def ask() -> pa.Table:
        try:
            return desk.historian.query(data.sql)
        except EngineError as error:  # the statement is the asker's
            raise ClientException(str(error)) from error

    return arrow_response(await answered(desk, ask))


def json_response(content: object) -> Response[bytes]:
    """``content`` as JSON; NaN becomes null."""
    return Response(msgspec.json.encode(content), media_type="application/json")
