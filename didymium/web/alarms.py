"""Requests for alarms: the list in any order, and the card of one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, TypeVar

from litestar import Response, get
from litestar.exceptions import ClientException
from litestar.params import Parameter

from didymium.alarms.definitions import Rationale
from didymium.records.journal import Question
from didymium.web.alarm_journal import journal_row
from didymium.web.alarm_places import Place
from didymium.web.alarm_table import PRIORITIES, SORTS, STATES, Choice, said
from didymium.web.asked import answered
from didymium.web.desk import Desk
from didymium.web.history import json_response
from didymium.web.interlocks import interlocks_of

MOST_ROWS: Final = 1_000
CARD_ROWS: Final = 50
HOUR_US: Final = 3_600_000_000
ALARM: Final = "name of an alarm, like S03.PL1.CELL001.CW_F/LL"
POSITION: Final = "id of an operator's position"
WORDS: Final = "words that must all be in the alarm's path, its name, or the name of its unit or site; any case"
Word = TypeVar("Word")


def listed(what: str, read: str, known: Mapping[str, Word]) -> tuple[Word, ...]:
    """Words separated by commas. Raises ``ClientException`` for one that is not known."""
    words = [word.strip() for word in read.split(",") if word.strip()]
    for word in words:
        if word not in known:
            raise ClientException(f"{what} has {word!r}; valid are {', '.join(known)}")
    return tuple(known[word] for word in words)


@get("/api/alarms", summary="Alarms as they stand", tags=["alarms"])
async def alarms(
    desk: Desk,
    states: Annotated[str, Parameter(description="states, separated by commas; all but normal if left out")] = "",
    position: Annotated[str, Parameter(description=POSITION)] = "",
    site: str = "",
    unit: Annotated[str, Parameter(description="path of a unit, like S03.PL1.CELL001")] = "",
    priority: Annotated[str, Parameter(description="critical, high, medium, low, separated by commas")] = "",
    assignee: Annotated[str, Parameter(description="who looks after them")] = "",
    words: Annotated[str, Parameter(description=WORDS)] = "",
    group: Annotated[str, Parameter(description="the alarm that came first: all of its group")] = "",
    roots: Annotated[
        bool, Parameter(description="of alarms that belong together only the one that came first")
    ] = False,
    sort: Annotated[str, Parameter(description="urgency, time (when people were told), place or state")] = "urgency",
    descending: Annotated[bool, Parameter(description="most urgent, newest or last of the complex first")] = True,
    offset: int = 0,
    limit: Annotated[int, Parameter(description=f"at most {MOST_ROWS:,}")] = 200,
) -> Response[bytes]:
    """A window of the list, how many rows there are in `total`, and `counts` by state and priority.

    `counts` are of the position, site, unit and words that are asked for, whatever the states. `seq` is the number of
    the journal's newest row; `changes` grows with assignments and notes too. The most urgent are the unacknowledged,
    then by priority, then what was told last. Where the first-out of a group is not in the answer, `roots` shows the
    others by themselves. 404 where position, site, unit or group do not exist.
    """
    if sort not in SORTS:
        raise ClientException(f"sort is {sort!r}; valid are {', '.join(SORTS)}")
    if not 0 <= limit <= MOST_ROWS or offset < 0:
        raise ClientException(f"offset is {offset} and limit {limit}; ask for 0 to {MOST_ROWS:,} rows from 0 on")
    table = desk.alarm_table
    place = Place(position, site, unit, words)
    choice = Choice(
        place,
        listed("states", states, STATES),
        listed("priority", priority, PRIORITIES),
        assignee,
        table.row_asked(group) if group else -1,
        roots,
    )
    chosen = table.chosen(choice, sort, descending)
    board = desk.alarms.board
    return json_response(
        {
            "t": desk.now_us(),
            "seq": board.seq,
            "changes": board.changes,
            "counts": table.counts(table.of(place)),
            "total": len(chosen),
            "offset": offset,
            "rows": table.rows(chosen[offset : offset + limit]),
        }
    )


@get("/api/alarms/card", summary="All about one alarm", tags=["alarms"])
async def card(desk: Desk, alarm: Annotated[str, Parameter(description=ALARM)]) -> Response[bytes]:
    """Its row, why it is an alarm, its definition, its interlock, notes, who had it, and its newest journal rows.

    404 where there is no such alarm, with the nearest name.
    """
    row = desk.alarm_table.row_asked(alarm)
    definitions, records = desk.alarms.definitions, desk.alarms.records
    notes = await answered(desk, partial(records.notes.of, alarm))
    assignments = await answered(desk, partial(records.notes.assignments, alarm))
    page = await answered(desk, partial(records.journal.before, Question(alarm=alarm), limit=CARD_ROWS))
    rationale = int(definitions.rationale[row])
    return json_response(
        {
            "row": desk.alarm_table.row(row),
            "rationale": _rationale(definitions.rationales[rationale]) if rationale >= 0 else None,
            "definition": _definition(desk, row),
            "interlock": interlocks_of(desk, [row])[0] if definitions.interlock[row] >= 0 else None,
            "notes": [{"at_us": note.at_us, "who": note.actor, "text": note.text} for note in reversed(notes)],
            "assignments": [
                {
                    "at_us": each.at_us,
                    "who": each.actor,
                    "before": each.before,
                    "assignee": each.assignee,
                    "reason": each.reason,
                }
                for each in reversed(assignments)
            ],
            "journal": [journal_row(desk, page, at) for at in reversed(range(len(page.seq)))],
        }
    )


def _rationale(why: Rationale) -> dict[str, object]:
    return {
        "cause": said(why.cause),
        "consequence": said(why.consequence),
        "response": said(why.response),
        "time_to_respond_s": why.time_to_respond_s,
    }


def _definition(desk: Desk, row: int) -> dict[str, Any]:
    definitions, words = desk.alarms.definitions, desk.alarm_table.words
    wording = definitions.wordings[definitions.wording[row]]
    causes = definitions.causes[definitions.cause_first[row] : definitions.cause_first[row + 1]]
    return {
        "kind": desk.alarm_table.kind(row),
        "signal": words.signal(row),
        "limit": float(definitions.limit[row]) if words.measured(row) else None,
        "follows": wording.follows,
        "deadband": float(definitions.deadband[row]),
        "on_delay_s": int(definitions.on_us[row]) / 1e6,
        "off_delay_s": int(definitions.off_us[row]) / 1e6,
        "latches": bool(definitions.latches[row]),
        "re_alarm_s": int(definitions.re_alarm_us[row]) / 1e6,
        "suppressed_while": wording.not_while,
        "caused_by": [definitions.id[cause] for cause in causes.tolist()],
        "first_out": bool(definitions.first_out[row] >= 0),
        "shelve_most_h": definitions.shelve_most_us / HOUR_US,
    }
