"""Requests for many rows: raw readings and newest values as Arrow, and exports as files. All stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Final

import numpy as np
import pyarrow as pa
from litestar import Response, get
from litestar.exceptions import ClientException
from litestar.params import Parameter
from litestar.response import Stream

from didymium.live.state import NEVER_US
from didymium.model.readings import Readings
from didymium.web.asked import FROM, KNOWN_AT, PATTERNS, TO, answered, range_asked, rows_sought
from didymium.web.desk import Desk
from didymium.web.formats import ARROW_STREAM, FORMATS, STREAM, Format, Outbox
from didymium.web.slices import ROWS, Wanted, batches

NEWEST: Final = pa.schema([ROWS.field("path"), pa.field("time", ROWS.field("time").type), *list(ROWS)[2:4]])
"""``time`` is null where nothing has come yet; the value is NaN then."""


class _Sending:
    """One export on its way: each step reads a slice and gives its bytes."""

    def __init__(self, rows: Iterator[pa.RecordBatch], form: Format) -> None:
        self._rows = rows
        self._outbox = Outbox()
        self._writer = form.begin(self._outbox, ROWS)
        self.ended = False

    def step(self) -> bytes:
        """The next bytes; blocks."""
        batch = next(self._rows, None)
        if batch is None:
            self.end()
        else:
            self._writer.write_batch(batch)
        return self._outbox.take()

    def end(self) -> None:
        """Close the writer, once."""
        if not self.ended:
            self.ended = True
            self._writer.close()


async def _sent(desk: Desk, sending: _Sending, first: bytes) -> AsyncIterator[bytes]:
    try:
        yield first
        while not sending.ended:
            yield await answered(desk, sending.step)
    finally:
        sending.end()


async def _streamed(
    desk: Desk, tags: str, span: tuple[int, int], known_at_us: int | None, form: Format, headers: dict[str, str]
) -> Stream:
    """The first slice is read before the answer begins, so that a refusal can still be one."""
    range_asked(*span)
    wanted = Wanted.of(desk.plant, desk.ids, await rows_sought(desk, tags), *span)

    def read(ids: Sequence[int], from_us: int, to_us: int) -> Readings:
        return desk.historian.span(ids, from_us, to_us, known_at_us=known_at_us)

    sending = _Sending(batches(wanted, read), form)
    first = await answered(desk, sending.step)
    return Stream(_sent(desk, sending, first), media_type=form.media_type, headers=headers)


@get("/api/rows", summary="Raw readings of many tags", tags=["history"])
async def rows(
    desk: Desk,
    tags: Annotated[str, Parameter(description=PATTERNS)],
    from_us: Annotated[int, Parameter(description=FROM)],
    to_us: Annotated[int, Parameter(description=TO)],
    known_at_us: Annotated[int | None, Parameter(description=KNOWN_AT)] = None,
) -> Stream:
    """An Arrow IPC stream of path, time (µs, UTC), value, status and flags: tag after tag, each by time."""
    return await _streamed(desk, tags, (from_us, to_us), known_at_us, STREAM, {})


@get("/api/export", summary="Raw readings as a file", tags=["history"])
async def export(
    desk: Desk,
    tags: Annotated[str, Parameter(description=PATTERNS)],
    from_us: Annotated[int, Parameter(description=FROM)],
    to_us: Annotated[int, Parameter(description=TO)],
    format: Annotated[str, Parameter(description=", ".join(FORMATS))],  # noqa: A002 - the query's word
    known_at_us: Annotated[int | None, Parameter(description=KNOWN_AT)] = None,
) -> Stream:
    """The rows of `/api/rows` as a file to keep. A spreadsheet begins a new sheet after 1,048,575 rows."""
    form = FORMATS.get(format)
    if form is None:
        raise ClientException(f"format is {format!r}; write one of {', '.join(FORMATS)}")
    headers = {"Content-Disposition": f'attachment; filename="readings.{format}"'}
    return await _streamed(desk, tags, (from_us, to_us), known_at_us, form, headers)


@get("/api/newest", summary="Newest readings of many tags", tags=["now"])
async def newest(desk: Desk, tags: Annotated[str, Parameter(description=PATTERNS)]) -> Response[bytes]:
    """An Arrow IPC stream of path, time (µs, UTC; null before the first), value and status."""
    asked = await rows_sought(desk, tags)
    live = desk.live
    time_us = live.time_us[asked]
    paths = pa.array([desk.plant.tags.path[row] for row in asked])
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(np.arange(len(asked), dtype=np.int32)), paths),
        pa.array(time_us, mask=time_us == NEVER_US).cast(NEWEST.field("time").type),
        pa.array(live.value[asked]),
        pa.array(live.status[asked]),
    ]
    return arrow_response(pa.Table.from_arrays(columns, schema=NEWEST))


def arrow_response(table: pa.Table) -> Response[bytes]:
    """A whole table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return Response(sink.getvalue().to_pybytes(), media_type=ARROW_STREAM)
