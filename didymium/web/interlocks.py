"""Requests for interlocks: what the plant's own safety systems do. The centre shows them and never acts on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Final

import numpy as np
from litestar import Response, get
from litestar.params import Parameter
from numpy.typing import NDArray

from didymium.model.plant import Kind
from didymium.model.status import is_good
from didymium.web.alarm_places import Place
from didymium.web.alarm_table import number, said
from didymium.web.alarm_words import measure
from didymium.web.desk import Desk
from didymium.web.history import json_response

Flags = NDArray[np.bool_]

OFF: Final = 0.0
COMPARED: Final = re.compile(
    r"(?:(?P<all>\ball\()|\bany\(|\b)(?P<name>[A-Z]\w*(?:\[\])?) (?P<sign><=|>=|<|>) (?P<limit>-?\d+(?:\.\d+)?)"
)
"""A tag or family against a number, as the formulas of interlocks say it."""


@get("/api/interlocks", summary="Interlocks with their bypasses", tags=["alarms"])
async def interlocks(
    desk: Desk, site: Annotated[str, Parameter(description="id of a site; all if left out")] = ""
) -> Response[bytes]:
    """Each interlock of each unit: its alarm and state, its bypass, its actions in order, and how it is reset.

    `bypass` is `none` where the plant has no point that tells it, `unknown` where the point has no Good value now.
    """
    there = desk.alarm_table.of(Place(site=site)) & (desk.alarms.definitions.interlock >= 0)
    return json_response({"interlocks": interlocks_of(desk, np.flatnonzero(there).tolist())})


def interlocks_of(desk: Desk, rows: list[int]) -> list[dict[str, object]]:
    """The interlocks that alarms are of."""
    stale = desk.live.stale(desk.now_us())
    good = is_good(desk.live.status) & ~stale & np.isfinite(desk.live.value)
    return [_interlock(desk, row, alarm, good) for row, alarm in zip(rows, desk.alarm_table.rows(rows), strict=True)]


def _interlock(desk: Desk, row: int, alarm: Mapping[str, object], good: Flags) -> dict[str, object]:
    definitions, table = desk.alarms.definitions, desk.alarm_table
    about = definitions.interlocks[definitions.interlock[row]]
    bypass_tag = f"{table.unit(row)}.{about.bypass}" if about.bypass else ""
    value, limit, unit = _watched(desk, row, good)
    return {
        "id": about.alarm,
        "name": said(about.name),
        **{key: alarm[key] for key in ("site", "unit", "alarm", "state", "active", "since_us")},
        "value": number(value),
        "limit": number(limit),
        "unit_of_measure": unit,
        "bypass": _bypass(desk, bypass_tag, good),
        "bypass_tag": bypass_tag,
        "actions": [said(action) for action in about.actions],
        "reset": said(about.reset),
    }


def _bypass(desk: Desk, tag: str, good: Flags) -> str:
    if not tag:
        return "none"
    row = desk.plant.tags.row_of[tag]
    if not good[row]:
        return "unknown"
    return "off" if desk.live.value[row] == OFF else "on"


def _watched(desk: Desk, row: int, good: Flags) -> tuple[float, float, str]:
    """The present value, the limit and the unit of the measurement nearest to a trip or furthest in it; NaN for none.

    Near is a share of the measurement's range. Of a family one counts, or all where all must be beyond the limit.
    """
    definitions, tags = desk.alarms.definitions, desk.plant.tags
    unit = desk.plant.units[int(definitions.unit[row])]
    names = tags.name[unit.rows]
    nearest, found = np.inf, (np.nan, np.nan, "")
    for name, highest, limit in trip_limits(definitions.wordings[definitions.wording[row]].signal):
        rows = [unit.first + at for at in _members(name, names)]
        if not rows or tags.kind[rows[0]] is not Kind.ANALOG or not good[rows].any():
            continue
        known = desk.live.value[rows][good[rows]]
        value = float(known.max() if highest else known.min())
        margin = (limit - value if highest else value - limit) / (tags.high[rows[0]] - tags.low[rows[0]])
        if margin < nearest:
            nearest, found = margin, (value, limit, measure(tags.template_tag[rows[0]].unit))
    return found


@lru_cache(maxsize=1_024)
def _members(name: str, names: tuple[str, ...]) -> tuple[int, ...]:
    """Places of a tag, or of a family's members, among the names of a unit's tags."""
    like = re.compile(re.escape(name).replace(r"\[\]", r"\d+"))
    return tuple(at for at, each in enumerate(names) if like.fullmatch(each))


@lru_cache(maxsize=256)
def trip_limits(formula: str) -> tuple[tuple[str, bool, float], ...]:
    """Tag or family, whether its highest value counts, and the limit; measurements that trip only together left out."""
    found = []
    for hit in COMPARED.finditer(formula):
        around = _around(formula, hit.start("name"))
        if "and" in around.split() and len(COMPARED.findall(around)) > 1:
            continue
        highest = (hit["sign"][0] == ">") != (hit["all"] is not None)
        found.append((hit["name"], highest, float(hit["limit"])))
    return tuple(found)


def _around(formula: str, at: int) -> str:
    """What stands between the innermost brackets around a place; brackets of a function are none."""
    depth, first = 0, at
    while first > 0 and depth <= 0:
        first -= 1
        depth += {"(": 1, ")": -1}.get(formula[first], 0)
        if depth == 1 and re.search(r"\w\Z", formula[:first]):
            depth = 0
    depth, end = 0, at
    while end < len(formula) and depth <= 0:
        depth += {")": 1, "(": -1}.get(formula[end], 0)
        end += 1
    return formula[first:end]
