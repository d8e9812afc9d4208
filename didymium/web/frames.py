"""The wall's frame: the whole complex in one glance, once a second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from didymium.kpi.amounts import DayAmount, flow_id, headline_id
from didymium.live.rates import SiteTags, site_tags
from didymium.model.device import EdgeState
from didymium.model.plant import Complex, Site
from didymium.model.status import is_good
from didymium.web.alarm_places import EVERYWHERE
from didymium.web.attention import Attention, beyond_limits, down_devices, most_urgent, open_alarms, store_trouble
from didymium.web.desk import Desk
from didymium.web.figures import expected_by_midnight, headlines

MOSTLY_STALE: Final = 0.5
"""A site with more than this share of its tags stale is drawn as stale."""


def wall(desk: Desk) -> bytes:
    """The event ``wall`` as JSON."""
    now_us = desk.now_us()
    today = desk.ledger.today(now_us)
    amounts = desk.kpis.amounts()
    counts = site_tags(desk.live, now_us)
    good = is_good(desk.live.status) & ~desk.live.stale(now_us)
    warning, urgent = beyond_limits(desk.plant.tags, desk.live.value, good)
    beyond = _by_site(desk.plant, urgent), _by_site(desk.plant, warning)
    edges = desk.edges()
    attention = most_urgent(
        [
            *store_trouble(desk.store(), desk.trouble()),
            *down_devices(edges, desk.plant),
            *open_alarms(desk.alarm_table),
        ]
    )
    return msgspec.json.encode(
        {
            "t": now_us,
            "points_today": today.received,
            "expected_today": today.expected,
            "completeness": today.completeness,
            "points_per_s": desk.rate.per_s(now_us),
            "forecast_points": expected_by_midnight(desk, today, now_us),
            "sites": [
                _site(desk, index, site, counts, beyond, edges, amounts) for index, site in enumerate(desk.plant.sites)
            ],
            "headlines": headlines(desk),
            "flows": [{"id": flow.id, "now_t_d": amounts[flow_id(flow.id)].rate_per_day} for flow in desk.plant.flows],
            "alarms": desk.alarm_table.counts(desk.alarm_table.of(EVERYWHERE)),
            "attention": [_attention(item) for item in attention],
        }
    )


def _by_site(plant: Complex, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    found: list[int] = np.bincount(plant.tags.site[rows], minlength=len(plant.sites)).tolist()
    return found


def _site(
    desk: Desk,
    index: int,
    site: Site,
    counts: SiteTags,
    beyond: tuple[list[int], list[int]],
    edges: tuple[EdgeState, ...],
    amounts: Mapping[str, DayAmount],
) -> dict[str, object]:
    devices = [device for edge in edges for device in edge.devices if device.site == site.id]
    up = bool(devices) and all(device.up for device in devices)
    stale = int(counts.stale[index])
    state = "ok"
    if beyond[0][index]:
        state = "alarm"
    if stale > MOSTLY_STALE * site.count:
        state = "stale"
    if not up:
        state = "down"
    return {
        "id": site.id,
        "state": state,
        "up": up,
        "points_per_s": sum(device.points_per_s for device in devices),
        "good": int(counts.good[index]),
        "bad": int(counts.bad[index]),
        "stale": stale,
        "beyond_outer": beyond[0][index],
        "beyond_inner": beyond[1][index],
        "numbers": _numbers(desk, site, amounts),
    }


def _numbers(desk: Desk, site: Site, amounts: Mapping[str, DayAmount]) -> list[dict[str, object]]:
    """At most two: the pace of the site's first headline, and its power."""
    found: list[dict[str, object]] = []
    for headline in desk.plant.headlines:
        amount = amounts[headline_id(headline.id)]
        if headline.site == site.id and amount.rate_per_day is not None:
            found.append({"name": "pace", "value": amount.rate_per_day, "unit": f"{headline.unit}/d"})
            break
    power = desk.plant.tags.row_of.get(f"{site.id}.COM.COM.KW")
    if power is not None and np.isfinite(desk.live.value[power]):
        found.append({"name": "power", "value": float(desk.live.value[power]), "unit": "kW"})
    return found


def _attention(item: Attention) -> dict[str, object]:
    return {
        "severity": item.severity.name.lower(),
        "site": item.site,
        "text": {"en": item.text.en, "zh": item.text.zh},
        "link": item.link,
        "priority": item.priority,
    }
