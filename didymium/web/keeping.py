"""Routes for ``didymium backup`` and ``didymium historian check``: only the centre can ask its store."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated

from litestar import Response, post
from litestar.exceptions import ClientException
from litestar.params import Parameter

from didymium.historian.errors import HistorianError
from didymium.web.desk import Desk
from didymium.web.history import json_response


@post("/api/freeze", summary="Hold the store for a backup", tags=["keeping"], status_code=200)
async def freeze(desk: Desk) -> Response[bytes]:
    """Hard links of every table at one instant, in a folder on the centre's machine, until it is thawed.

    The answer names that folder, the edges' positions and rows by table in it, and how long writing waited.
    """
    try:
        held = await asyncio.get_running_loop().run_in_executor(desk.readers, desk.freeze)
    except (HistorianError, OSError) as error:
        raise ClientException(str(error)) from error
    return json_response(
        {
            "name": held.name,
            "folder": str(held.folder),
            "schema": held.schema,
            "positions": [[each.edge, each.first_seq, each.last_seq] for each in held.positions],
            "rows": held.rows,
            "held_s": held.held_s,
        }
    )


@post("/api/thaw", summary="Let go of what was held for a backup", tags=["keeping"], status_code=200)
async def thaw(
    desk: Desk,
    name: Annotated[str, Parameter(description="as the freeze answered")],
    kept: Annotated[bool, Parameter(description="whether a verified backup has it now")] = False,
) -> Response[bytes]:
    """Remove the hard links. Once it is kept, edges may forget what it holds."""
    if not re.fullmatch(r"\w+", name):
        raise ClientException(f"{name!r} is no name of a freeze")
    await asyncio.get_running_loop().run_in_executor(desk.readers, desk.thaw, name, kept)
    return json_response({})


@post("/api/check", summary="Look for damage in the historian", tags=["keeping"], status_code=200)
async def check(
    desk: Desk,
    table: Annotated[str, Parameter(description="table of the part to be checked")] = "",
    part: Annotated[str, Parameter(description="name of the part; none asks what shows without reading parts")] = "",
) -> Response[bytes]:
    """Each finding says what is wrong and what to do. Without a part, the answer lists the parts to ask for."""
    if not all(re.fullmatch(r"[\w-]*", name) for name in (table, part)):
        raise ClientException(f"{table!r}, {part!r}: no table and part have these names")
    loop = asyncio.get_running_loop()
    historian = desk.historian
    try:
        if part:
            found = await loop.run_in_executor(desk.readers, historian.check_part, table, part)
            return json_response({"findings": found, "parts": []})
        found = await loop.run_in_executor(desk.readers, historian.examine)
        return json_response({"findings": found, "parts": await loop.run_in_executor(desk.readers, historian.parts)})
    except HistorianError as error:
        raise ClientException(str(error)) from error
