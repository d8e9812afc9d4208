"""Requests for interlocks: what the plant's own safety systems do. The centre shows them and never acts on them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Final

import numpy as np
from litestar import Response, get
from litestar.params import Parameter

from didymium.model.plant import Kind
from didymium.model.status import is_good
from didymium.web.alarm_table import Place, number, said
from didymium.web.alarm_words import measure
from didymium.web.desk import Desk
from didymium.web.history import json_response

OFF: Final = 0.0
COMPARED: Final = re.compile(r"(?<![\w(])(?:any\(|all\(|\()?(\w+(?:\[\])?) (<=|>=|<|>) (-?\d+(?:\.\d+)?)")
"""A tag or family against a number, as the formulas of interlocks say it."""


@get("/api/interlocks", summary="Interlocks with their bypasses", tags=["alarms"])
async def interlocks(
    desk: Desk, site: Annotated[str, Parameter(description="id of a site; all if left out")] = ""
) -> Response[bytes]:
    """Each interlock of each unit: its alarm and state, its bypass, its actions in order, and how it is reset.

    `bypass` is `none` where the plant has no point that tells it, `unknown` where the point has no Good value now.
    """
    there = desk.alarm_table.of(Place(site=site)) & (desk.alarms.definitions.interlock >= 0)
    return json_response({"interlocks": [interlock(desk, row) for row in np.flatnonzero(there).tolist()]})


def interlock(desk: Desk, row: int) -> dict[str, object]:
    """The interlock that an alarm is of."""
    definitions, table = desk.alarms.definitions, desk.alarm_table
    about = definitions.interlocks[definitions.interlock[row]]
    alarm = table.row(row)
    bypass_tag = f"{table.unit(row)}.{about.bypass}" if about.bypass else ""
    value, limit, unit = _watched(desk, row)
    return {
        "id": about.alarm,
        "name": said(about.name),
        **{key: alarm[key] for key in ("site", "unit", "alarm", "state", "active", "since_us")},
        "value": number(value),
        "limit": number(limit),
        "unit_of_measure": unit,
        "bypass": _bypass(desk, bypass_tag),
        "bypass_tag": bypass_tag,
        "actions": [said(action) for action in about.actions],
        "reset": said(about.reset),
    }


def _bypass(desk: Desk, tag: str) -> str:
    if not tag:
        return "none"
    row, live = desk.plant.tags.row_of[tag], desk.live
    if not is_good(live.status[row]) or live.stale(desk.now_us())[row] or not np.isfinite(live.value[row]):
        return "unknown"
    return "off" if live.value[row] == OFF else "on"


def _watched(desk: Desk, row: int) -> tuple[float, float, str]:
    """The present value, the limit and the unit of the first measurement in an interlock's formula; NaN for none.

    Of a family it is the member that is nearest to the limit or furthest beyond it.
    """
    definitions, plant = desk.alarms.definitions, desk.plant
    unit = plant.units[int(definitions.unit[row])]
    for name, above, limit in _comparisons(definitions.wordings[definitions.wording[row]].signal):
        like = re.compile(re.escape(name).replace(r"\[\]", r"\d+"))
        rows = [tag for tag in range(*unit.rows.indices(len(plant.tags))) if like.fullmatch(plant.tags.name[tag])]
        if rows and plant.tags.kind[rows[0]] is Kind.ANALOG:
            known = desk.live.value[rows][is_good(desk.live.status[rows]) & np.isfinite(desk.live.value[rows])]
            worst = np.nan if not len(known) else float(known.max() if above else known.min())
            return worst, limit, measure(plant.tags.template_tag[rows[0]].unit)
    return np.nan, np.nan, ""


@lru_cache(maxsize=256)
def _comparisons(formula: str) -> tuple[tuple[str, bool, float], ...]:
    """Tag or family, whether it trips above, and the limit, in the order of a formula."""
    return tuple((name, sign[0] == ">", float(limit)) for name, sign, limit in COMPARED.findall(formula))
