"""One key figure of one scope as pages and reports tell it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from didymium.kpi.definitions import Kpi
from didymium.kpi.verdict import verdict
from didymium.model.plant import Text
from didymium.web.alarm_table import number, said

DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """What a KPI came to in one scope and ``before``, a day earlier; NaN where there is none, and ``why``.

    ``complete`` is the share of its readings that came, ``version`` that of a window that is kept, else 0.
    """

    value: float
    before: float = math.nan
    complete: float = math.nan
    why: Text | None = None
    version: int = 0


def kpi_row(kpi: Kpi, row: int, whole_us: int, over: float, found: Found) -> dict[str, Any]:
    """A KPI in its scope ``row`` over a window of ``whole_us``, of which the share ``over`` has passed, as JSON."""
    plan = float(kpi.plan[row]) * whole_us / DAY_US if kpi.amount else float(kpi.plan[row])
    due = plan * over if kpi.amount else plan
    return {
        "id": kpi.id,
        "name": said(kpi.name),
        "group": kpi.group,
        "unit": kpi.unit,
        "decimals": kpi.decimals,
        "scope": kpi.scopes[row].id,
        "value": number(found.value),
        "why": None if found.why is None else said(found.why),
        "complete": number(found.complete),
        "plan": number(plan),
        "target": None if kpi.low is None and kpi.high is None else {"low": kpi.low, "high": kpi.high},
        "verdict": str(verdict(found.value, kpi.low, kpi.high, due, found.complete)),
        "before": number(found.before),
        "forecast": None,
        "origin": str(kpi.origin),
        "source": kpi.source,
        "revised": found.version > 1,
        "version": found.version,
    }
