"""Requests for how well the alarms serve the people, of any span, worked out from the journal."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.exceptions import ClientException
from litestar.params import Parameter

from didymium.alarms.definitions import Targets
from didymium.alarms.measures import Figures, Load, measured, missed
from didymium.model.plant import Text
from didymium.web.alarm_days import DAY_US
from didymium.web.alarm_table import number, said
from didymium.web.asked import FROM, TO, answered, range_asked
from didymium.web.desk import Desk
from didymium.web.history import json_response

HOUR_US: Final = 3_600_000_000
LONGEST_DAYS: Final = 31
MOST_NAMED: Final = 1_000
NO_POSITION: Final = Text("No position", "无岗位")
BEFORE_US: Final = 7 * DAY_US
"""So much before a span is read too: what stands at its beginning began there."""


@get("/api/alarms/measures", summary="How well the alarms serve the people", tags=["alarms"])
async def measures(
    desk: Desk,
    from_us: Annotated[int, Parameter(description=FROM)],
    to_us: Annotated[int, Parameter(description=TO)],
) -> Response[bytes]:
    """Measures of EEMUA 191 and ISA-18.2 for each position, with their targets and which are `missed`.

    What people were told per ten minutes, floods (more than ten in ten minutes until fewer than five), chattering
    (three times in a minute), fleeting (gone within a minute), stale (active before people for more than a day; what
    began more than a week before the span is not among them), the alarms told most, the split of priorities, and
    seconds to acknowledge. At most 31 days; of each list the 1,000 first.
    """
    range_asked(from_us, to_us)
    if to_us - from_us > LONGEST_DAYS * DAY_US:
        raise ClientException(f"the span has {(to_us - from_us) / DAY_US:.1f} days; ask for at most {LONGEST_DAYS}")
    return json_response(await answered(desk, partial(_answer, desk, from_us, to_us)))


def _answer(desk: Desk, from_us: int, to_us: int) -> dict[str, object]:
    journal = desk.alarm_days.read(from_us - BEFORE_US, to_us, desk.now_us())
    positions, targets = desk.alarms.definitions.positions, desk.alarms.definitions.targets
    found = measured(journal, from_us, to_us, targets, range(len(positions)))
    return {
        "from_us": from_us,
        "to_us": to_us,
        "targets": _targets(targets),
        "positions": [_load(desk, load) for load in found.loads],
        "floods": [
            {
                "position": _position(desk, flood.position),
                "start_us": flood.start_us,
                "end_us": flood.end_us,
                "alarms": flood.alarms,
            }
            for flood in found.floods
        ],
        "chattering": [_named(desk, alarm) | {"times": times} for alarm, times in _most_first(found.chattering)],
        "fleeting": [_named(desk, alarm) | {"times": times} for alarm, times in _most_first(found.fleeting)],
        "stale": [_named(desk, alarm) for alarm in found.stale[:MOST_NAMED]],
        "top": [_named(desk, alarm) | {"told": told, "share": told / _told(found)} for alarm, told in found.top],
        "top_share": found.top_share,
        "split": {priority.name.lower(): share for priority, share in found.split.items()},
        "acknowledge_median_s": number(found.acknowledge_median_s),
        "acknowledge_p95_s": number(found.acknowledge_p95_s),
        "missed": missed(found, targets),
    }


def _targets(targets: Targets) -> dict[str, object]:
    return {
        "per_10_min": targets.per_10_min,
        "flood_from": targets.flood_from,
        "flood_until": targets.flood_until,
        "chattering_per_min": targets.chattering_per_min,
        "fleeting_s": targets.fleeting_us / 1e6,
        "stale_h": targets.stale_us / HOUR_US,
        "top": targets.top,
        "top_share": targets.top_share,
        "split": {priority.name.lower(): share for priority, share in targets.split.items()},
    }


def _load(desk: Desk, load: Load) -> dict[str, object]:
    """What a position bore, or what no position looks after did."""
    name = desk.alarms.definitions.positions[load.position].name if load.position >= 0 else NO_POSITION
    return {
        "position": _position(desk, load.position),
        "name": said(name),
        "told": load.told,
        "per_10_min": load.per_10_min.tolist(),
        "mean_per_10_min": load.mean_per_10_min,
        "most_per_10_min": load.most_per_10_min,
        "share_of_time_in_flood": load.share_of_time_in_flood,
        "within_target": load.within_target,
    }


def _position(desk: Desk, place: int) -> str:
    return desk.alarms.definitions.positions[place].id if place >= 0 else ""


def _named(desk: Desk, alarm: int) -> dict[str, object]:
    return {"alarm": desk.alarms.definitions.id[alarm], "name": said(desk.alarm_table.words.name(alarm))}


def _told(found: Figures) -> int:
    return sum(load.told for load in found.loads)


def _most_first(times: Any) -> list[tuple[int, int]]:
    return sorted(times.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMED]
