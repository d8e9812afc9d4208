"""Requests that correct and annotate history, and that ask what was corrected and annotated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from litestar import Response, get, post
from litestar.exceptions import ClientException
from litestar.params import Parameter

from didymium.historian.errors import RefusedAnnotation, RefusedCorrection
from didymium.model.readings import Readings
from didymium.web.asked import FROM, KNOWN_AT, PATTERNS, TO, answered, range_asked, rows_asked
from didymium.web.desk import Desk
from didymium.web.history import json_response

MOST_VALUES: Final = 10_000
"""Values that one request corrects at most."""


@dataclass(frozen=True, slots=True)
class Value:
    """One moment of a tag; ``value`` null where the status says that there is none, or where it is deleted."""

    tag: str
    time_us: int
    value: float | None = None
    status: int = 0


@dataclass(frozen=True, slots=True)
class Corrected:
    """What to correct; ``kind`` is insert, replace or delete."""

    kind: str
    who: str
    why: str
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Noted:
    """Words for a moment of a tag; with ``id`` a new version of that annotation, empty ``text`` takes it away."""

    tag: str
    time_us: int
    text: str
    who: str
    id: str | None = None


@post("/api/corrections", summary="Correct history", tags=["history"], status_code=200)
async def correct(desk: Desk, data: Corrected) -> Response[bytes]:
    """Store new versions of values, all of them or none; the rows as they came stay.

    `insert` gives values where none are known, `replace` and `delete` change those that are.
    """
    if len(data.values) > MOST_VALUES:
        raise ClientException(f"{len(data.values):,} values are too many at once: send at most {MOST_VALUES:,}")
    readings, path_of = _readings(desk, data.values)

    def make() -> int:
        try:
            made = desk.historian.correct(readings, data.kind, data.who, data.why)
        except RefusedCorrection as error:
            raise ClientException(error.told(path_of.get(error.tag or 0, ""))) from error
        desk.kpis.touch(readings)
        return made

    return json_response({"corrected": await answered(desk, make)})


def _readings(desk: Desk, values: list[Value]) -> tuple[Readings, dict[int, str]]:
    """The values as readings, and each tag's path by its id."""
    for each in values:
        if not 0 <= each.status < 2**32:
            raise ClientException(f"{each.status} is no OPC UA status code: it has 32 bits, 0 is Good")
        if not -(2**63) <= each.time_us < 2**63:
            raise ClientException(f"time_us is {each.time_us}: write µs since 1970 UTC")
    paths = [each.tag for each in values]
    row_of = {path: rows_asked(desk.plant, path)[0] for path in dict.fromkeys(paths)}
    ids = [int(desk.ids.ids[row_of[path]]) for path in paths]
    readings = Readings.of(
        np.array(ids, np.uint32),
        np.array([each.time_us for each in values], np.int64),
        np.array([np.nan if each.value is None else each.value for each in values], np.float64),
        np.array([each.status for each in values], np.uint32),
    )
    return readings, dict(zip(ids, paths, strict=True))


@get("/api/corrections", summary="What was corrected", tags=["history"])
async def corrections(
    desk: Desk,
    tags: Annotated[str, Parameter(description=PATTERNS)],
    from_us: Annotated[int, Parameter(description=FROM)],
    to_us: Annotated[int, Parameter(description=TO)],
) -> Response[bytes]:
    """Every correction of values in the range, with who, when and why, and what held before; by tag and time."""
    range_asked(from_us, to_us)
    path_of = _paths(desk, tags)
    made = await answered(desk, lambda: desk.historian.corrections(list(path_of), from_us, to_us))
    names = ("time_us", "kind", "old_value", "old_status", "value", "status", "at_us", "who", "why")
    rows = [{"tag": path_of[each.tag], **{name: getattr(each, name) for name in names}} for each in made]
    return json_response({"corrections": rows})


@post("/api/annotations", summary="Annotate history", tags=["history"], status_code=200)
async def annotate(desk: Desk, data: Noted) -> Response[bytes]:
    """Pin words to a moment of a tag, or change or take away those that are there; every version is kept."""
    row = rows_asked(desk.plant, data.tag)[0]
    if data.id is not None and not data.id.isdecimal():
        raise ClientException(f"{data.id!r} is no annotation's id")

    def write() -> int:
        try:
            noted = None if data.id is None else int(data.id)
            return desk.historian.annotate(int(desk.ids.ids[row]), data.time_us, data.text, data.who, noted)
        except RefusedAnnotation as error:
            raise ClientException(str(error)) from error

    return json_response({"id": str(await answered(desk, write))})


@get("/api/annotations", summary="What was annotated", tags=["history"])
async def annotated(
    desk: Desk,
    tags: Annotated[str, Parameter(description=PATTERNS)],
    from_us: Annotated[int, Parameter(description=FROM)],
    to_us: Annotated[int, Parameter(description=TO)],
    known_at_us: Annotated[int | None, Parameter(description=KNOWN_AT)] = None,
    every_version: Annotated[bool, Parameter(description="also what was changed and taken away")] = False,
) -> Response[bytes]:
    """The annotations of the range by tag and time. An id is a string, because it is longer than a JSON number."""
    range_asked(from_us, to_us)
    path_of = _paths(desk, tags)
    found = await answered(
        desk,
        lambda: desk.historian.annotations(
            list(path_of), from_us, to_us, known_at_us=known_at_us, every_version=every_version
        ),
    )
    rows = [
        {"tag": path_of[each.tag], **{name: getattr(each, name) for name in ("time_us", "text", "who", "at_us")}}
        | {"id": str(each.id)}
        for each in found
    ]
    return json_response({"annotations": rows})


def _paths(desk: Desk, tags: str) -> dict[int, str]:
    """The paths that are asked for, by tag id."""
    return {int(desk.ids.ids[row]): desk.plant.tags.path[row] for row in rows_asked(desk.plant, tags)}
