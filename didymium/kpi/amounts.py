"""The amounts of the day that ``headlines.toml`` and ``flows.toml`` name, as KPIs like any other.

So the number of a headline is kept, proven and reckoned again as that of a KPI: minute by minute, in whole windows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.kpi.definitions import Kpi
from didymium.kpi.entries import Entry, Per, Source
from didymium.kpi.formula import shown_in
from didymium.kpi.parts import MINUTE_US, Parts
from didymium.kpi.values import Value
from didymium.kpi.windows import Window
from didymium.model.dimension import scale
from didymium.model.plant import Complex, Flow, Headline, Method, Origin, Text
from didymium.model.search import matching_rows
from didymium.model.toml_table import TomlFile

HEADLINE: Final = "headline"
FLOW: Final = "flow"
HOUR_S: Final = 3600.0
DAY_US: Final = 1_440 * MINUTE_US
RATE_US: Final = 60 * MINUTE_US
FORECAST_US: Final = 360 * MINUTE_US
"""Long enough that a truck more or less does not swing the day."""
FUNCTION: Final = {
    Method.COUNTER: "growth",
    Method.SUM_OF_CHANGES: "changes",
    Method.INTEGRAL_PER_HOUR: "integral",
    Method.COUNT_OF_CHANGES: "count",
}
SAID: Final = {
    Method.COUNTER: Text("What counters grew by, times a factor", "计数器的增量乘以系数"),
    Method.SUM_OF_CHANGES: Text("The sum of all new values, times a factor", "所有新数值之和乘以系数"),
    Method.INTEGRAL_PER_HOUR: Text(
        "A rate over time, held between readings, times a factor", "速率对时间的积分（读数之间保持不变）乘以系数"
    ),
    Method.COUNT_OF_CHANGES: Text("How many new values came, times a factor", "新数值的个数乘以系数"),
}


@dataclass(frozen=True, slots=True)
class DayAmount:
    """An amount between ``since_us``, midnight or the first minute with a reading after it, and now.

    ``rate_per_day`` is the pace of the last hour on record. ``forecast`` is the whole day's amount if the pace of the
    last six hours holds to midnight; a day that is on record only in part is scaled to 24 h. ``since_us`` is None
    without a reading, the others where less than a minute is on record.
    """

    id: str
    amount: float
    since_us: int | None
    rate_per_day: float | None
    forecast: float | None


def headline_id(headline: str) -> str:
    """The KPI that a headline is; no id of ``kpis.toml`` has a point."""
    return f"{HEADLINE}.{headline}"


def flow_id(flow: str) -> str:
    """The KPI that a flow is."""
    return f"{FLOW}.{flow}"


def is_of_day(kpi: Kpi) -> bool:
    """Whether a KPI is a headline or a flow."""
    return kpi.id.startswith((f"{HEADLINE}.", f"{FLOW}."))


def amount_entries(plant: Complex, read: Callable[[str], TomlFile | None]) -> list[Entry]:
    """Return the headlines and flows of a complex as entries, each with its place in the file that ``read`` gives."""
    said = {
        f"{HEADLINE}s": [_headline(plant, each) for each in plant.headlines],
        f"{FLOW}s": [_flow(plant, each) for each in plant.flows],
    }
    tomls = {name: read(f"{name}.toml") for name, each in said.items() if each}
    return [
        Entry(each, toml, (name, i))
        for name, toml in tomls.items()
        if toml is not None
        for i, each in enumerate(said[name])
    ]


def counter_entry(plant: Complex, id_: str, tags: str, factor: float, toml: TomlFile) -> Entry:
    """Return the growth of some counters times a factor, a plain number, of the complex."""
    whole = {"per": Per.COMPLEX.value, "name": Text(id_, id_), "origin": Source.MEASURED.value, "source": ""}
    return Entry(_amount(plant, id_, (tags,), Method.COUNTER, factor, "") | whole, toml, ())


def _headline(plant: Complex, headline: Headline) -> dict[str, Any]:
    said = {"per": Per.SITE.value, "sites": [headline.site], "plan": headline.plan, "source": headline.source}
    found = _amount(plant, headline_id(headline.id), headline.tags, headline.method, headline.factor, headline.unit)
    return found | said | _called(headline)


def _flow(plant: Complex, flow: Flow) -> dict[str, Any]:
    said = {"per": Per.COMPLEX.value, "plan": flow.plan_t_d, "source": f"{flow.source} → {flow.target}"}
    return _amount(plant, flow_id(flow.id), flow.tags, flow.method, flow.factor, "t") | said | _called(flow)


def _called(of: Headline | Flow) -> dict[str, Any]:
    return {"name": of.name, "origin": (Source.ASSUMED if of.origin is Origin.ASSUMED else Source.PUBLISHED).value}


def _amount(plant: Complex, id_: str, tags: Sequence[str], method: Method, times: float, unit: str) -> dict[str, Any]:
    """What an entry says; tags in different units of measure have a factor each, of the same number."""
    function = FUNCTION[method]
    alike: dict[tuple[str, str], list[str]] = {}
    for pattern in tags:
        for row in matching_rows(pattern, plant.tags, plant.sites)[:1]:
            tag = plant.tags.template_tag[row]
            alike.setdefault((tag.unit, shown_in(function, tag)), []).append(pattern)
    factors = [f"factor_{place}" if place else "factor" for place in range(len(alike))]
    parts = [f"{factor} * {function}('{' '.join(each)}')" for factor, each in zip(factors, alike.values(), strict=True)]
    return {
        "id": id_,
        "description": SAID[method],
        "group": "production",
        "formula": " + ".join(parts),
        "unit": unit or "1",
        "decimals": 2.0,
        "helper": True,
        "amount": True,
        "constants": [
            {"name": name, "value": times * _hours(method, own, shown), "unit": _quotient(unit, shown)}
            for name, (own, shown) in zip(factors, alike, strict=True)
        ],
    }


def _hours(method: Method, unit: str, shown: str) -> float:
    """A factor of a rate is for the rate's own ``unit`` times hours; this makes it one for the unit that is ``shown``.

    So 1/60 for g/min, whose integral is shown in g; 1 for what is no rate.
    """
    return scale(shown) / (HOUR_S * scale(unit)) if method is Method.INTEGRAL_PER_HOUR else 1.0


def _quotient(unit: str, by: str) -> str:
    """The unit of one thing divided by another: ``t/kg``, ``t·h/m³``."""
    above, *below = by.split("/") if by else ("",)
    return "/".join(("·".join(filter(None, (unit, *below))) or "1", *filter(None, (above,))))


def day_amounts(
    kpis: Sequence[Kpi], parts: Parts, day: Window, values: Mapping[Window, Mapping[str, Value]]
) -> dict[str, DayAmount]:
    """Return what these KPIs, of one scope each, have come to this day, and where that leads, by id.

    ``values`` are those of the windows of ``windows(day)``.
    """
    lately, of_late = (values[window] for window in windows(day)[1:])
    return {
        kpi.id: _day_amount(
            kpi.id,
            _begun(kpi, parts, windows(day)),
            day,
            [float(np.nan_to_num(each[kpi.id].value[0])) for each in (values[day], lately, of_late)],
        )
        for kpi in kpis
    }


def windows(day: Window) -> tuple[Window, Window, Window]:
    """The day until now, and the windows that its pace and its forecast come from."""
    starts = [(day.to_us - length_us) // MINUTE_US * MINUTE_US for length_us in (RATE_US, FORECAST_US)]
    rate, forecast = (Window(from_us, day.to_us, day.to_us - from_us) for from_us in starts)
    return day, rate, forecast


def _begun(kpi: Kpi, parts: Parts, within: Sequence[Window]) -> list[int | None]:
    """Since when there are readings in each window."""
    tags: NDArray[np.intp] = np.unique(np.concatenate([wire.tags for wire in kpi.value.wires]))
    first = max(parts.first_minute, min(window.from_us for window in within) // MINUTE_US)
    minutes = np.arange(first, min(parts.end_minute, within[0].to_us // MINUTE_US + 1))
    came = minutes[(parts.counts[tags[:, None], minutes % parts.size] > 0).any(axis=0)] * MINUTE_US
    found: list[int | None] = []
    for window in within:
        at = int(np.searchsorted(came, window.from_us))
        found.append(int(came[at]) if at < len(came) else None)
    return found


def _day_amount(id_: str, begun_us: Sequence[int | None], day: Window, came: Sequence[float]) -> DayAmount:
    """``begun_us`` and ``came`` are of the day, of its last hour and of its last six hours."""
    since_us = begun_us[0]
    rate, pace = (
        None if at_us is None or day.to_us - at_us < MINUTE_US else amount / (day.to_us - at_us) * DAY_US
        for at_us, amount in zip(begun_us[1:], came[1:], strict=True)
    )
    if since_us is None or day.to_us - since_us < MINUTE_US or pace is None:
        return DayAmount(id_, came[0], since_us, rate, None)
    left = max(0.0, 1.0 - (day.to_us - day.from_us) / DAY_US)
    recorded = (day.to_us - since_us) / DAY_US
    return DayAmount(id_, came[0], since_us, rate, (came[0] + pace * left) / (recorded + left))
