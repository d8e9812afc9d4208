"""Requests for verdicts: what is proven, not disproven or inconsistent, leg by leg, and what could not be seen."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Response, get

from didymium.balance.legs import Compared, Leg, Rule
from didymium.balance.sheets import DAY_US
from didymium.balance.verdict import BlindSpot, Judged, Verdict, of_closing, of_days, verdict, without_tags
from didymium.web.alarm_table import number, said
from didymium.web.asked import answered
from didymium.web.desk import Desk
from didymium.web.history import json_response


@get("/api/balances/verdicts", summary="What is proven, leg by leg", tags=["balances"])
async def verdicts(desk: Desk) -> Response[bytes]:
    """Every verdict of the complex over the whole days that are kept, today left out.

    `state` is `proven` (every leg holds over all its days), `not_disproven` (nothing contradicts, something is missing
    or too short) or `inconsistent` (a leg contradicts). A leg `holds`, is `short` (within its band for fewer `days`
    than the `wanted_days`, or not certain), `contradicts`, or is `missing` (no tag tells); `why` says which and by how
    much. `blind_spot` is the smallest leak a day that the days at hand would show wherever it is, and `with_bias` the
    same where each meter may beside be off by `bias_percent`; null where no day is kept.
    """
    return await answered(desk, partial(_all, desk))


def _all(desk: Desk) -> Response[bytes]:
    return json_response([_verdict(_judged(desk, rule)) for rule in desk.balances.sheets.rules])


def _judged(desk: Desk, rule: Rule) -> Verdict:
    today_us = desk.kpis.shifts.day_at(desk.now_us()).from_us
    legs = [_leg(desk, leg, today_us) for leg in rule.legs]
    longest = max(leg.days for leg in rule.legs)
    sheet = desk.balances.sheets.of[rule.sheet]
    return verdict(rule, legs, desk.balances.over_days(sheet, today_us - longest * DAY_US, today_us))


def _leg(desk: Desk, leg: Leg, today_us: int) -> Judged:
    from_us = today_us - leg.days * DAY_US
    if leg.compared is Compared.NOTHING:
        return without_tags(leg)
    if leg.compared is Compared.CLOSING:
        return of_closing(leg, desk.balances.over_days(desk.balances.sheets.of[leg.sheet], from_us, today_us))
    values, starts_us = desk.balances.days_of([kpi.id for kpi in leg.kpis], from_us, today_us)
    return of_days(leg, values, starts_us / DAY_US)


def _verdict(found: Verdict) -> dict[str, Any]:
    return {
        "id": found.rule.id,
        "name": said(found.rule.name),
        "source": found.rule.source,
        "state": found.state,
        "days": found.days,
        "legs": [_told(each) for each in found.legs],
        "blind_spot": None if found.blind_spot is None else _blind_spot(found.blind_spot),
    }


def _told(judged: Judged) -> dict[str, Any]:
    leg = judged.leg
    band = leg.compared is not Compared.NOTHING
    return {
        "id": leg.id,
        "name": said(leg.name),
        "state": judged.standing,
        "compared": leg.compared,
        "sheet": leg.sheet,
        "figures": [kpi.id for kpi in leg.kpis],
        "value": number(judged.value),
        "unit": leg.unit,
        "low": leg.low if band else None,
        "high": leg.high if band else None,
        "days": judged.days,
        "wanted_days": leg.days,
        "why": said(judged.why),
    }


def _blind_spot(blind: BlindSpot) -> dict[str, Any]:
    return {
        "leak": blind.leak,
        "unit": f"{blind.unit}/d",
        "days": blind.days,
        "with_bias": blind.with_bias,
        "bias_percent": blind.bias_percent,
    }
