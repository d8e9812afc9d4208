"""Requests of people who do something to alarms: acknowledge, shelve, assign, note. What is answered is durable."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from litestar import Response, post
from litestar.exceptions import ClientException, ServiceUnavailableException

from didymium.alarms.acts import Act, BadAct, Why
from didymium.alarms.life import ACTS, State
from didymium.records.errors import BadText, Earlier, RecordsError, UnknownPerson
from didymium.records.notes import Assignment, Note
from didymium.web.alarm_desk import RecordsAway
from didymium.web.asked import answered, moment_asked
from didymium.web.desk import Desk
from didymium.web.history import json_response

EVENTS: Final = {event.name.lower(): event for event in ACTS}
MOST_ALARMS: Final = 10_000
"""Alarms of one act."""
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Seen:
    """An alarm, and the number of its last transition that the person saw."""

    alarm: str
    number: int


@dataclass(frozen=True, slots=True)
class ToAct:
    """What is done to which alarms, and by whom; ``until_us`` is for shelving, which needs a reason as well."""

    event: str
    alarms: list[Seen]
    who: str
    reason: str = ""
    until_us: int = 0


@dataclass(frozen=True, slots=True)
class Had:
    """An alarm, and who has it as far as the person saw; "" is nobody."""

    alarm: str
    before: str


@dataclass(frozen=True, slots=True)
class ToAssign:
    """Alarms for a person to look after; ``assignee`` "" is nobody."""

    alarms: list[Had]
    who: str
    assignee: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ToNote:
    """Words to leave with an alarm."""

    alarm: str
    who: str
    text: str


@post("/api/alarms/act", summary="Do something to alarms", tags=["alarms"], status_code=200)
async def act(desk: Desk, data: ToAct) -> Response[bytes]:
    """Acknowledge, reset, shelve, unshelve, take out of service or return alarms; what is `done` is durable.

    An alarm is `refused` as `overtaken` when it has moved on since the person looked, with what happened last, by whom
    (empty: the plant) and when, and as `not_now` when its state does not allow the act. 400 for an act that could be
    right for no alarm, 404 for an alarm that does not exist. 503 while the records do not answer; nothing is done then.
    """
    if data.event not in EVENTS:
        raise ClientException(f"event is {data.event!r}; people {', '.join(EVENTS)}")
    moment_asked("until_us", data.until_us)
    rows = _rows(desk, [each.alarm for each in data.alarms])
    seen = tuple(each.number for each in data.alarms)
    wanted = Act(EVENTS[data.event], rows, data.who.strip(), desk.now_us(), data.reason, data.until_us, seen)
    done = await _kept(desk.alarms.act(wanted))
    ids, made = desk.alarms.definitions.id, done.transitions
    refused = await _refused(desk, [(each.alarm, each.why) for each in done.refused])
    return json_response(
        {
            "done": [
                {"alarm": ids[alarm], "number": number, "state": State(after).name.lower()}
                for alarm, number, after in zip(
                    made.alarm.tolist(), made.number.tolist(), made.after.tolist(), strict=True
                )
            ],
            "refused": refused,
        }
    )


@post("/api/alarms/assign", summary="Give alarms to a person", tags=["alarms"], status_code=200)
async def assign(desk: Desk, data: ToAssign) -> Response[bytes]:
    """Give alarms to a person, all or none: a shift hands over all of its own at once.

    If somebody else than `before` has one of them by now, nothing is done, and `refused` names the alarms that were
    given away meanwhile, by whom and when.
    """
    _rows(desk, [each.alarm for each in data.alarms])
    at_us, who, assignee = desk.now_us(), data.who.strip(), data.assignee.strip()
    wanted = [Assignment(each.alarm, at_us, who, each.before, assignee, data.reason) for each in data.alarms]
    if not who:
        raise ClientException("an assignment needs the name of the person who makes it")
    overtaken = await _kept(desk.alarms.assign(wanted))
    if overtaken is not None:
        refused = [_told(desk, each, Why.OVERTAKEN) for each in overtaken.earlier]
        return json_response({"done": [], "refused": refused})
    done = [_standing(desk, each.alarm) for each in data.alarms]
    return json_response({"done": done, "refused": []})


@post("/api/alarms/note", summary="Leave a note with an alarm", tags=["alarms"], status_code=200)
async def note(desk: Desk, data: ToNote) -> Response[bytes]:
    """Keep words with an alarm for whoever opens its card; the answer says how many notes it has."""
    row = desk.alarm_table.row_asked(data.alarm)
    if not data.who.strip():
        raise ClientException("a note needs the name of the person who writes it")
    await _kept(desk.alarms.note(Note(data.alarm, desk.now_us(), data.who.strip(), data.text)))
    return json_response({"notes": desk.alarms.board.notes.get(row, 0)})


def _rows(desk: Desk, alarms: Sequence[str]) -> tuple[int, ...]:
    if not 0 < len(alarms) <= MOST_ALARMS:
        raise ClientException(f"{len(alarms)} alarms are named; an act is on 1 to {MOST_ALARMS:,}")
    return tuple(desk.alarm_table.row_asked(alarm) for alarm in alarms)


async def _kept(work: Awaitable[Answer]) -> Answer:
    """What an act answers; its refusals in HTTP's own terms."""
    try:
        return await work
    except (BadAct, BadText, UnknownPerson) as error:
        raise ClientException(str(error)) from error
    except (RecordsAway, RecordsError) as error:
        raise ServiceUnavailableException(str(error)) from error


async def _refused(desk: Desk, refused: Sequence[tuple[int, Why]]) -> list[dict[str, object]]:
    """Alarms that were left as they are, each with what happened to it last."""
    ids = desk.alarms.definitions.id
    names = [ids[alarm] for alarm, _ in refused]
    newest = {each.alarm: each for each in await answered(desk, partial(desk.alarms.records.states.newest, names))}
    return [
        _told(desk, newest.get(ids[alarm], Earlier(ids[alarm], 0, "", "", 0)), why) for alarm, why in refused
    ]  # fmt: skip


def _told(desk: Desk, last: Earlier, why: Why) -> dict[str, object]:
    told = {"why": str(why), "by": last.actor, "event": last.event.lower(), "at_us": last.at_us}
    return _standing(desk, last.alarm) | told


def _standing(desk: Desk, alarm: str) -> dict[str, object]:
    row = desk.alarms.definitions.row_of[alarm]
    state = State(int(desk.alarms.board.state[row]))
    return {
        "alarm": alarm,
        "number": int(desk.alarms.board.columns["number"][row]),
        "state": state.name.lower(),
    }
