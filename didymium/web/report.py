"""Requests for the reports of shifts, as figures and as files, and for the notes that one shift leaves the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException, ServiceUnavailableException
from litestar.params import Parameter

from didymium.model.mistakes import did_you_mean
from didymium.model.shifts import NoSuchShift, Shift
from didymium.records.errors import BadText
from didymium.web.alarm_table import said
from didymium.web.asked import answered
from didymium.web.desk import Desk
from didymium.web.history import json_response
from didymium.web.report_facts import Reporter
from didymium.web.report_page import page
from didymium.web.report_print import NoFont, pdf
from didymium.web.report_sheets import workbook
from didymium.web.report_tables import Tables
from didymium.web.report_words import LANGUAGES, Words

FORMATS: Final = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
FONTS: Final = "report-fonts"
"""The folder of the built screens with the font of the PDF."""
SHIFT: Final = "id of a shift, like 2026-11-28/night"


@dataclass(frozen=True, slots=True)
class ToHandOver:
    """A note for the next shift."""

    shift: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A report as a file."""

    name: str
    media_type: str
    content: bytes


def write(reporter: Reporter, report: Mapping[str, Any], form: str, language: str, screens: Path) -> Written:
    """A report in a form of ``FORMATS``. Raises ``NoFont`` for a PDF where the screens are not built."""
    name = "-".join(filter(None, ("shift", report["shift"]["id"].replace("/", "-"), report["site"], language)))
    if form == "json":
        return Written(f"{name}.json", FORMATS[form], msgspec.json.encode(report))
    say, plant = Words(language), reporter.plant
    names = {site.id: said(site.name) for site in plant.sites}
    names |= {position.id: said(position.name) for position in reporter.definitions.positions}
    tables = Tables(say, plant.zone, names)
    sheet = tables.sheet(report)
    match form:
        case "html":
            content = page(sheet, tables, say).encode()
        case "xlsx":
            content = workbook(sheet, tables, tables.moment(report["made_us"]))
        case _:
            content = pdf(sheet, tables, say, screens / FONTS)
    return Written(f"{name}.{form}", FORMATS[form], content)


@get("/api/shifts", summary="The shifts that can be reported", tags=["report"])
async def shifts(desk: Desk) -> Response[bytes]:
    """The one that runs and those before it, newest first."""
    return json_response({"shifts": desk.reporter.listed()})


@get("/api/report", summary="The report of a shift", tags=["report"])
async def report(
    desk: Desk,
    shift: Annotated[str, Parameter(description=SHIFT)],
    format: Annotated[str, Parameter(description=", ".join(FORMATS))] = "json",  # noqa: A002 - the query's word
    language: Annotated[str, Parameter(description="of a file: " + " or ".join(LANGUAGES))] = "en",
    site: Annotated[str, Parameter(description="id of a site; all if left out")] = "",
) -> Response[bytes]:
    """Key figures, alarms, interlocks, notes for the next shift and how complete the data are.

    A shift that is over is told as it stood at its end, from the journal and the history: asked again, the answer is
    the same, but for late data and late notes. One that runs is told as of now (`made_us`). 404 where there is no such
    shift or site, 503 for a PDF while the font is not built.
    """
    if format not in FORMATS:
        raise ClientException(f"format is {format!r}; write one of {', '.join(FORMATS)}")
    if language not in LANGUAGES:
        raise ClientException(f"language is {language!r}; write {' or '.join(LANGUAGES)}")
    asked = _shift(desk, shift)
    known = [each.id for each in desk.plant.sites]
    if site and site not in known:
        raise NotFoundException(did_you_mean(site, known, f"there is no site {site!r}"))

    def made() -> Written:
        return write(desk.reporter, desk.reporter.report(asked, site), format, language, desk.screens)

    try:
        written = await answered(desk, made)
    except NoFont as error:
        raise ServiceUnavailableException(str(error)) from error
    shows = "inline" if format in ("html", "json") else "attachment"
    headers = {"Content-Disposition": f'{shows}; filename="{written.name}"'}
    return Response(written.content, media_type=written.media_type, headers=headers)


@post("/api/report/handover", summary="Leave a note for the next shift", tags=["report"], status_code=200)
async def handover(desk: Desk, data: ToHandOver) -> Response[bytes]:
    """The note as it is kept, with its time. Whoever writes without being on the list is put there as dispatcher."""
    asked = _shift(desk, data.shift)
    if asked.from_us > desk.now_us():
        raise ClientException(f"the shift {asked.id} has not begun")
    return json_response(await answered(desk, partial(_handed_over, desk, asked, data)))


def _handed_over(desk: Desk, shift: Shift, data: ToHandOver) -> dict[str, Any]:
    """The note as it is kept. Raises ``ClientException``."""
    try:
        return desk.reporter.hand_over(shift, data.who, data.text)
    except BadText as error:
        raise ClientException(str(error)) from error


def _shift(desk: Desk, id_: str) -> Shift:
    """The shift of an id. Raises ``NotFoundException``."""
    try:
        found = desk.reporter.shifts.shift_of(id_)
    except NoSuchShift as error:
        raise NotFoundException(f"there is no shift {error}") from error
    return found
