"""The HTTP application: the API, its reference page, and the built screens."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, MediaType, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.response import File
from litestar.static_files import create_static_files_router
from litestar.types import Scope

from didymium import __version__
from didymium.web.aggregates import aggregate
from didymium.web.alarm_acts import act, assign, note
from didymium.web.alarm_journal import journal
from didymium.web.alarm_measures import measures
from didymium.web.alarms import alarms, card
from didymium.web.balances import balance_sheet, balances
from didymium.web.claims import claims, try_claim
from didymium.web.corrections import annotate, annotated, correct, corrections
from didymium.web.desk import Desk
from didymium.web.energy import energy
from didymium.web.events import events
from didymium.web.export import export, newest, rows
from didymium.web.history import query, raw, series
from didymium.web.imports import import_file
from didymium.web.interlocks import interlocks
from didymium.web.keeping import check, freeze, thaw
from didymium.web.kpis import kpi_proof, kpi_series, kpis
from didymium.web.now import data_health_now, headlines_now, health_now, live, plant, tags
from didymium.web.people import people, put_person
from didymium.web.report import handover, report, shifts
from didymium.web.training import catalogue, clear, inject, start, stop, training
from didymium.web.verdicts import verdicts

LOG: Final = logging.getLogger(__name__)
STREAMED: Final = ("/api/events", "/api/rows", "/api/export", "/api/import")
"""Sent as they come; packing would hold them back."""
UNBUILT = "The screens are not built. Run: make frontend\n"


API: Final = (
    health_now,
    data_health_now,
    headlines_now,
    plant,
    tags,
    live,
    series,
    raw,
    rows,
    newest,
    export,
    aggregate,
    correct,
    corrections,
    annotate,
    annotated,
    query,
    import_file,
    check,
    freeze,
    thaw,
    kpis,
    kpi_proof,
    kpi_series,
    balances,
    balance_sheet,
    verdicts,
    claims,
    try_claim,
    energy,
    events,
    alarms,
    card,
    act,
    assign,
    note,
    journal,
    measures,
    interlocks,
    people,
    put_person,
    shifts,
    report,
    handover,
    training,
    catalogue,
    inject,
    clear,
    start,
    stop,
)
REFERENCE: Final = OpenAPIConfig(
    title="Didymium",
    version=__version__,
    description=(
        "Production dispatch command centre: what is true now, and what happened. Times are µs since 1970 UTC."
    ),
    path="/api/docs",
    use_handler_docstrings=True,
    render_plugins=[
        SwaggerRenderPlugin(
            path="/",
            js_url="/api-docs/swagger-ui-bundle.js",
            css_url="/api-docs/swagger-ui.css",
            standalone_preset_js_url="/api-docs/swagger-ui-standalone-preset.js",
        )
    ],
)


def build(desk: Desk) -> Litestar:
    """The application over one desk."""

    def desk_of() -> Desk:
        return desk

    folders = sorted(folder for folder in desk.screens.glob("*/") if folder.is_dir())
    assets = [create_static_files_router(path=f"/{one.name}", directories=[one], name=one.name) for one in folders]
    return Litestar(
        route_handlers=[*API, _page(desk.screens), *assets],
        dependencies={"desk": Provide(desk_of, sync_to_thread=False)},
        openapi_config=REFERENCE,
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=3, exclude=[*STREAMED]),
        logging_config=None,
        after_exception=[_log_failure],
    )


def _log_failure(error: Exception, scope: Scope) -> None:
    """A refusal is the asker's to read; anything else is ours."""
    if not isinstance(error, HTTPException) or error.status_code >= 500:
        LOG.error("%s %s failed", scope.get("method"), scope["path"], exc_info=error)


def _page(screens: Path) -> Any:
    @get(["/", "/{path:path}"], include_in_schema=False, sync_to_thread=False, name="page")
    def page(request: Request[Any, Any, Any], path: str = "") -> File | Response[str]:
        """A file at the top of the built screens, else the page that routes by itself."""
        if request.url.path.startswith("/api/"):
            raise NotFoundException(f"no such address: {request.url.path}")
        index = screens / "index.html"
        if not index.exists():
            return Response(UNBUILT, status_code=503, media_type=MediaType.TEXT)
        top = screens / path.strip("/")
        chosen = top if path.strip("/") and top.parent == screens and top.is_file() else index
        headers = {"Cache-Control": "no-cache"}
        return File(chosen, filename=chosen.name, content_disposition_type="inline", headers=headers)

    return page
