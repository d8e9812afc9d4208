"""Requests for the people of the desk: whoever acts says who they are, and there are no passwords."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from litestar import Response, get, post
from litestar.exceptions import ClientException

from didymium.records.errors import BadText
from didymium.records.people import DESK, Act, Person, Role
from didymium.records.store import Records
from didymium.web.asked import answered
from didymium.web.desk import Desk
from didymium.web.history import json_response


@dataclass(frozen=True, slots=True)
class ToPut:
    """A person: a short ``name`` for life, how it is shown, and a role."""

    name: str
    display: str
    role: str


@get("/api/people", summary="The people of the desk", tags=["alarms"])
async def people(desk: Desk) -> Response[bytes]:
    """Everybody by name, with how they are shown and their role."""
    return await _all(desk)


@post("/api/people", summary="Put a person on the list", tags=["alarms"], status_code=200)
async def put_person(desk: Desk, data: ToPut) -> Response[bytes]:
    """Add a person, or change how they are shown and their role; the answer is that of `GET /api/people`.

    Whoever acts without being on the list is put there as dispatcher.
    """
    if data.role not in list(Role):
        raise ClientException(f"role is {data.role!r}; valid are {', '.join(Role)}")
    person = Person(data.name, data.display, Role(data.role), desk.now_us())
    try:
        await answered(desk, partial(_put, desk.alarms.records, person))
    except BadText as error:
        raise ClientException(str(error)) from error
    return await _all(desk)


def _put(records: Records, person: Person) -> None:
    records.people.put(person)
    told = f"{person.display.strip()}, {person.role}"
    records.people.did([Act(person.since_us, DESK, "put person", person.name.strip(), told)])


async def _all(desk: Desk) -> Response[bytes]:
    found = await answered(desk, desk.alarms.records.people.all)
    return json_response(
        {"people": [{"name": each.name, "display": each.display, "role": str(each.role)} for each in found]}
    )
