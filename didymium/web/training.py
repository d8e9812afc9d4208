"""Requests of the training page: the twin's faults and scenarios, through the desk that the instructor has there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from litestar import Response, get, post
from litestar.exceptions import ClientException, HTTPException, NotFoundException, ServiceUnavailableException
from litestar.status_codes import HTTP_409_CONFLICT

from didymium.twin.orders import AnyOrder, Browse, Clear, Inject, Look, NoTwin, OrderRefused, Start, Stop
from didymium.web.desk import Desk
from didymium.web.history import json_response


@dataclass(frozen=True, slots=True)
class ToInject:
    """A fault and its place; the usual ``size`` where it is null."""

    code: str
    place: str
    who: str
    size: float | None = None


@dataclass(frozen=True, slots=True)
class ToClear:
    """A fault in force."""

    code: str
    place: str
    who: str


@dataclass(frozen=True, slots=True)
class ToStart:
    """A scenario, by the name of its file."""

    scenario: str
    who: str


@dataclass(frozen=True, slots=True)
class ToStop:
    """Whoever stops the scenario that plays."""

    who: str


@get("/api/training", summary="Faults and scenarios of the twin", tags=["training"])
async def training(desk: Desk) -> Response[bytes]:
    """Faults in force, scenarios, the one that plays, speed, seed and time of the plant, and the instructor's log.

    503 where no twin runs, as at a real plant. The newest entry of the log comes first.
    """
    return await _answer(desk, Look())


@get("/api/training/catalogue", summary="What can go wrong in the twin", tags=["training"])
async def catalogue(desk: Desk) -> Response[bytes]:
    """Every fault: its measure, the tags that move first, the consequence, and the places that it can be put on."""
    return await _answer(desk, Browse())


@post("/api/training/inject", summary="Let something go wrong", tags=["training"], status_code=200)
async def inject(desk: Desk, data: ToInject) -> Response[bytes]:
    """Put a fault on a unit or site; the answer is that of `GET /api/training`, as is that of every order here.

    404 where the fault or the place does not exist, 409 where it is there already.
    """
    return await _answer(desk, Inject(data.code, data.place, data.who, data.size))


@post("/api/training/clear", summary="Take a fault away", tags=["training"], status_code=200)
async def clear(desk: Desk, data: ToClear) -> Response[bytes]:
    """409 where it is not there."""
    return await _answer(desk, Clear(data.code, data.place, data.who))


@post("/api/training/start", summary="Start a scenario", tags=["training"], status_code=200)
async def start(desk: Desk, data: ToStart) -> Response[bytes]:
    """409 while another one plays."""
    return await _answer(desk, Start(data.scenario, data.who))


@post("/api/training/stop", summary="Stop the scenario", tags=["training"], status_code=200)
async def stop(desk: Desk, data: ToStop) -> Response[bytes]:
    """What the scenario injected is cleared. 409 where none plays."""
    return await _answer(desk, Stop(data.who))


async def _answer(desk: Desk, order: AnyOrder) -> Response[bytes]:
    """What the twin answers, its refusals in HTTP's own terms."""
    try:
        answer = await asyncio.get_running_loop().run_in_executor(desk.readers, desk.twin, order)
    except NoTwin as error:
        raise ServiceUnavailableException(str(error)) from error
    except OrderRefused as error:
        match error.kind:
            case "unknown":
                raise NotFoundException(str(error)) from error
            case "contrary":
                raise HTTPException(str(error), status_code=HTTP_409_CONFLICT) from error
            case _:
                raise ClientException(str(error)) from error
    return json_response(answer)
