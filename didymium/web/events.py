"""Event streams: one frame per group and tick, encoded once, sent to all who listen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import Parameter
from litestar.response import Stream

from didymium.live.feed import Listener
from didymium.web.desk import Desk
from didymium.web.told import refresh

RETRY_MS: Final = 1_000
HEARTBEAT_S: Final = 5.0
GROUPS: Final = "wall, health, alarms, site:S03, unit:S03.PL5.CELL041 or tags:path,path"


async def _stream(desk: Desk, listener: Listener) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    try:
        while True:
            frame = await listener.next(HEARTBEAT_S)
            yield b": still here\n\n" if frame is None else frame
    finally:
        desk.feed.leave(listener)


@get("/api/events", summary="Server-sent events of a group", tags=["now"])
async def events(desk: Desk, group: Annotated[str, Parameter(description=GROUPS)]) -> Stream:
    """Events `frame` (values of a site, unit or tag list), `wall`, `health` or `alarms`, starting with a full one."""
    refresh(desk, group)
    listener = desk.feed.join(group)
    if listener is None:
        raise NotFoundException(f"no group {group!r}: {GROUPS}")
    return Stream(
        _stream(desk, listener),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
