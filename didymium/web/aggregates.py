"""Requests for OPC UA Part 13 aggregates of the history."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

import numpy as np
import pyarrow as pa
from litestar import Request, Response, get
from litestar.exceptions import ClientException
from litestar.params import Parameter

from didymium.historian.aggregates.asking import question
from didymium.historian.aggregates.calculation import AggregateValues
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import aggregate_of
from didymium.historian.aggregates.errors import AggregateError
from didymium.web.asked import KNOWN_AT, PATTERNS, answered, range_asked, rows_asked
from didymium.web.desk import Desk
from didymium.web.export import arrow_response
from didymium.web.formats import ARROW_STREAM
from didymium.web.history import json_response
from didymium.web.slices import ROWS

VALUES: Final = pa.schema([ROWS.field(name) for name in ("path", "time", "value", "status")])
"""``value`` is NaN where ``status`` is Bad."""


@get("/api/aggregate", summary="OPC UA Part 13 aggregates", tags=["history"])
async def aggregate(
    request: Request[Any, Any, Any],
    desk: Desk,
    name: Annotated[str, Parameter(description="an aggregate's standard name, or its NodeId: TimeAverage, i=2343")],
    tags: Annotated[str, Parameter(description=PATTERNS)],
    from_us: Annotated[int, Parameter(description="where time flows from, µs since 1970 UTC, inclusive")],
    to_us: Annotated[int, Parameter(description="where it flows to, exclusive; earlier than from_us is backward")],
    interval_us: Annotated[int, Parameter(description="processing interval in µs; 0 is one interval")] = 0,
    treat_uncertain_as_bad: Annotated[bool, Parameter(description="the standard's TreatUncertainAsBad")] = True,
    percent_data_bad: Annotated[int, Parameter(description="from this share of bad data on a result is Bad")] = 100,
    percent_data_good: Annotated[int, Parameter(description="from this share of good data on it is Good")] = 100,
    use_sloped_extrapolation: Annotated[
        bool, Parameter(description="after the last reading go on along the line of the last two")
    ] = False,
    stepped: Annotated[
        bool | None, Parameter(description="hold values between readings, or slope; by the tag's kind if left out")
    ] = None,
    known_at_us: Annotated[int | None, Parameter(description=KNOWN_AT)] = None,
) -> Response[bytes]:
    """One aggregate of every tag over every interval, with the standard's StatusCodes and information bits.

    JSON, or an Arrow IPC stream for `Accept: application/vnd.apache.arrow.stream`.
    """
    range_asked(*((from_us, to_us) if from_us <= to_us else (to_us, from_us)))
    rows = rows_asked(desk.plant, tags)
    held = desk.plant.tags.stepped[rows] if stepped is None else np.full(len(rows), stepped)
    ids = desk.ids.ids[rows].tolist()
    try:
        function = aggregate_of(name)
        configuration = AggregateConfiguration(
            treat_uncertain_as_bad, percent_data_bad, percent_data_good, use_sloped_extrapolation
        )
        question(ids, from_us, to_us, interval_us, function, configuration, held, known_at_us)
    except AggregateError as error:
        raise ClientException(str(error)) from error
    asked = partial(desk.historian.aggregate, ids, from_us, to_us, interval_us, function, configuration, held)
    found = await answered(desk, partial(asked, known_at_us=known_at_us))
    paths = [desk.plant.tags.path[row] for row in rows]
    if request.headers.get("accept", "").startswith(ARROW_STREAM):
        return arrow_response(table(paths, found))
    return json_response(
        {
            "name": function.name,
            "node_id": f"i={function.node_id}",
            "result": function.result.value,
            "tags": [_of_tag(path, k, len(found) // len(paths), found) for k, path in enumerate(paths)],
        }
    )


def table(paths: list[str], found: AggregateValues) -> pa.Table:
    """The results as rows of ``VALUES``, tags in the order of ``paths``."""
    place = np.repeat(np.arange(len(paths), dtype=np.int32), len(found) // len(paths))
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(place), pa.array(paths, pa.string())),
        pa.array(found.time_us).cast(VALUES.field("time").type),
        pa.array(found.value),
        pa.array(found.status),
    ]
    return pa.Table.from_arrays(columns, schema=VALUES)


def _of_tag(path: str, place: int, width: int, found: AggregateValues) -> dict[str, object]:
    mine = slice(place * width, (place + 1) * width)
    return {
        "path": path,
        "time_us": found.time_us[mine].tolist(),
        "value": found.value[mine].tolist(),
        "status": found.status[mine].tolist(),
    }
