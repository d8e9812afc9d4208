"""What the running plant says beside a claim."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from didymium.evidence.definitions import Claim, Kind, Live
from didymium.kpi.amounts import DayAmount
from didymium.web.alarm_table import number
from didymium.web.desk import Desk
from didymium.web.kpi_desk import Page


@dataclass(frozen=True, slots=True)
class Present:
    """The plant as it is: the day's amounts by their KPIs' ids, and the KPIs of now where a claim asks for one."""

    at_us: int
    amounts: Mapping[str, DayAmount]
    page: Page | None


@dataclass(frozen=True, slots=True)
class _Found:
    value: float
    plan: float
    at_us: int


def needs_kpis(claims: tuple[Claim, ...]) -> bool:
    """Whether a KPI stands beside one of the claims."""
    return any(claim.live is not None and claim.live.kind is Kind.KPI for claim in claims)


def live_of(desk: Desk, live: Live, present: Present) -> dict[str, Any]:
    """The live value as JSON, in the unit of the figure ``of`` that it stands beside; null where there is none.

    An amount is what the whole day will come to.
    """
    found = _of_kpi(live, present) if live.kind is Kind.KPI else _of_amount(desk, live, present)
    return {
        "kind": str(live.kind),
        "id": live.id,
        "scope": live.scope,
        "of": live.of,
        "value": number(found.value * live.factor),
        "unit": live.unit,
        "at_us": found.at_us,
        "plan": number(found.plan * live.factor),
    }


def _of_kpi(live: Live, present: Present) -> _Found:
    value = None if present.page is None else present.page.values.get(live.id)
    if present.page is None or value is None:
        return _Found(math.nan, math.nan, present.at_us)
    row = value.kpi.row_of[live.scope]
    now = float(value.value[row])
    if value.kpi.amount:
        forecast = present.page.forecasts.get(live.id)
        now = math.nan if forecast is None else float(forecast.value[row])
    return _Found(now, float(value.kpi.plan[row]), value.to_us)


def _of_amount(desk: Desk, live: Live, present: Present) -> _Found:
    forecast = present.amounts[f"{live.kind}.{live.id}"].forecast
    headlines = {each.id: each.plan for each in desk.plant.headlines}
    flows = {each.id: each.plan_t_d for each in desk.plant.flows}
    plan = (headlines if live.kind is Kind.HEADLINE else flows)[live.id]
    return _Found(math.nan if forecast is None else forecast, plan, present.at_us)
