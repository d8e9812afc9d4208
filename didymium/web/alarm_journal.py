"""Requests for the alarm journal: what happened to alarms, newest first."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

from litestar import Response, get
from litestar.exceptions import ClientException
from litestar.params import Parameter

from didymium.alarms.definitions import Priority
from didymium.alarms.life import Event
from didymium.model.plant import Text
from didymium.records.journal import Page, Question
from didymium.web.alarm_table import number, said
from didymium.web.asked import FROM, TO, answered, moment_asked
from didymium.web.desk import Desk
from didymium.web.history import json_response

MOST_ROWS: Final = 1_000
PRIORITIES: Final = tuple(priority.name.lower() for priority in Priority)
EVENTS: Final = tuple(event.name.lower() for event in Event)


@get("/api/journal", summary="What happened to alarms", tags=["alarms"])
async def journal(
    desk: Desk,
    words: Annotated[str, Parameter(description="words in a row, in path, title or reason, in any case")] = "",
    site: str = "",
    unit: Annotated[str, Parameter(description="path of a unit")] = "",
    alarm: Annotated[str, Parameter(description="name of an alarm")] = "",
    event: Annotated[str, Parameter(description=", ".join(EVENTS))] = "",
    actor: Annotated[str, Parameter(description="who did it")] = "",
    position: Annotated[str, Parameter(description="id of an operator's position")] = "",
    priority: Annotated[str, Parameter(description=", ".join(PRIORITIES))] = "",
    told: Annotated[bool, Parameter(description="only what told a person, as the measures count it")] = False,
    from_us: Annotated[int | None, Parameter(description=FROM)] = None,
    to_us: Annotated[int | None, Parameter(description=TO)] = None,
    before: Annotated[int | None, Parameter(description="rows before this `seq`: the next page")] = None,
    limit: Annotated[int, Parameter(description=f"1 to {MOST_ROWS:,}")] = 200,
) -> Response[bytes]:
    """Rows newest first, and in `more` whether there are others before them; all that is asked for must hold.

    `time_us` is the plant's time, `at_us` when the centre knew it, `since_us` when the condition began.
    """
    if event and event not in EVENTS:
        raise ClientException(f"event is {event!r}; valid are {', '.join(EVENTS)}")
    if priority and priority not in PRIORITIES:
        raise ClientException(f"priority is {priority!r}; valid are {', '.join(PRIORITIES)}")
    if not 1 <= limit <= MOST_ROWS:
        raise ClientException(f"limit is {limit}; ask for 1 to {MOST_ROWS:,}")
    if before is not None and not 0 <= before < 2**63:
        raise ClientException(f"before is {before}, which is no row's `seq`")
    for name, at_us in (("from_us", from_us), ("to_us", to_us)):
        if at_us is not None:
            moment_asked(name, at_us)
    question = Question(
        from_us=from_us,
        to_us=to_us,
        site=site or None,
        unit=unit or None,
        alarm=alarm or None,
        event=event.upper() or None,
        actor=actor or None,
        position=position or None,
        priority=priority.upper() or None,
        told=told,
        text=words.strip() or None,
    )
    read = partial(desk.alarms.records.journal.before, question, limit=limit + 1, seq=before)
    page = await answered(desk, read)
    more = len(page.seq) > limit
    return json_response(
        {"rows": [journal_row(desk, page, at) for at in reversed(range(int(more), len(page.seq)))], "more": more}
    )


def journal_row(desk: Desk, page: Page, at: int) -> dict[str, object]:
    """One row of a page as the API tells it."""
    rows, table = page.rows, desk.alarm_table
    alarm = rows.alarm[at]
    row = desk.alarms.definitions.row_of.get(alarm)
    measured = row is not None and table.words.measured(row)
    return {
        "seq": int(page.seq[at]),
        "alarm": alarm,
        "number": int(rows.transition[at]),
        "name": said(table.words.name(row) if row is not None else Text(alarm, alarm)),
        "site": page.site[at],
        "unit": page.unit[at] if row is None else table.unit(row),
        "before": rows.from_state[at].lower(),
        "after": rows.to_state[at].lower(),
        "event": rows.event[at].lower(),
        "time_us": int(rows.time_us[at]),
        "since_us": int(rows.since_us[at]),
        "at_us": int(rows.at_us[at]),
        "sounds": bool(rows.sounds[at]),
        "priority": rows.priority[at].lower(),
        "actor": rows.actor[at],
        "reason": rows.reason[at],
        "value": number(float(rows.value[at])) if measured else None,
        "limit": number(float(rows.limit_value[at])) if measured else None,
        "unit_of_measure": table.words.unit_of_measure(row) if row is not None else "",
        "hidden_by": rows.hidden_by[at],
        "group": rows.first_out[at],
        "position": rows.position[at],
    }
