"""Requests for what is true now."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import Parameter

from didymium.web.asked import answered
from didymium.web.desk import Desk
from didymium.web.events import GROUPS
from didymium.web.figures import data_health, headlines, health
from didymium.web.history import json_response
from didymium.web.plant import complex_json, tags_json
from didymium.web.told import refresh

FOREVER = {"Cache-Control": "no-cache"}


@get("/api/health", summary="One glance at the installation", tags=["now"])
async def health_now(desk: Desk) -> Response[bytes]:
    """Status, points received and expected today, completeness, pace, how the alarms fare, and the processes."""
    return json_response(health(desk))


@get("/api/data-health", summary="Connectors, spine, historian, completeness", tags=["now"])
async def data_health_now(desk: Desk) -> Response[bytes]:
    """Each connector with what it discarded, the spine's lag, the disk, and every gap with its cause."""
    return json_response(data_health(desk))


@get("/api/headlines", summary="The published figures: now, plan, forecast", tags=["now"])
async def headlines_now(desk: Desk) -> Response[bytes]:
    """Each headline figure with its origin, and the tags and factor that it is made of."""
    return await answered(desk, lambda: json_response(headlines(desk)))


@get("/api/complex", summary="The complex as its folder says", tags=["plant"], sync_to_thread=True)
def plant(desk: Desk) -> Response[bytes]:
    """Sites, areas, units, flows, headline figures."""
    return Response(complex_json(desk.plant), media_type="application/json", headers=FOREVER)


@get("/api/tags", summary="All tags, column by column", tags=["plant"], sync_to_thread=True)
def tags(desk: Desk) -> Response[bytes]:
    """Paths, ids, kinds, units, ranges, limits and descriptions, in the order of the tag table."""
    return Response(tags_json(desk.plant, desk.ids), media_type="application/json", headers=FOREVER)


@get("/api/live", summary="The present values of a group", tags=["now"])
async def live(desk: Desk, group: Annotated[str, Parameter(description=GROUPS)]) -> Response[bytes]:
    """One full frame of a group, as its event stream would begin."""
    refresh(desk, group)
    frame = desk.feed.snapshot(group)
    if frame is None:
        raise NotFoundException(f"no group {group!r}: {GROUPS}")
    return Response(frame, media_type="application/json")
