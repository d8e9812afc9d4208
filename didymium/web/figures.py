"""The figures that pages and commands ask for, each made in one place."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from didymium.alarms.board import OPEN
from didymium.kpi.amounts import headline_id
from didymium.live.ledger import Today
from didymium.web.desk import Desk

MOST_GAPS: Final = 200
DAY_US: Final = 86_400_000_000


def status(desk: Desk, today: Today, now_us: int) -> str:
    """``starting`` before the first points, ``ok``, or ``degraded``: a device down, no pace, something not kept."""
    if not today.points and desk.rate.per_s(now_us) == 0:
        return "starting"
    devices = [device for edge in desk.edges() for device in edge.devices]
    seen = {device.site for device in devices if device.up}
    whole = len(seen) == len(desk.plant.sites) and all(device.up for device in devices)
    kept = not desk.store().paused and not desk.alarms.trouble
    return "ok" if whole and kept and desk.rate.per_s(now_us) > 0 else "degraded"


def health(desk: Desk) -> dict[str, object]:
    """The answer of ``/api/health``."""
    now_us = desk.now_us()
    today = desk.ledger.today(now_us)
    return {
        "status": status(desk, today, now_us),
        "sites": len(desk.plant.sites),
        "tags": len(desk.plant.tags),
        "points_today": today.received,
        "expected_today": today.expected,
        "completeness": today.completeness,
        "points_per_s": round(desk.rate.per_s(now_us), 1),
        "alarms": alarms_health(desk),
        "notifications": msgspec.to_builtins(desk.notifications()),
        "processes": desk.processes(),
    }


def alarms_health(desk: Desk) -> dict[str, object]:
    """How the alarms fare: why they wait (``trouble``), how many are open, how far the journal is.

    ``late_readings`` came after their second was judged and changed nothing, ``late_taken`` were news all the same.
    """
    late, taken = desk.alarms.late
    open_ = int(np.isin(desk.alarm_table.state, OPEN).sum())
    return {
        "trouble": desk.alarms.trouble,
        "open": open_,
        "seq": desk.alarms.board.seq,
        "late_readings": late,
        "late_taken": taken,
    }


def data_health(desk: Desk) -> dict[str, object]:
    """The answer of ``/api/data-health`` and the event ``health``."""
    now_us = desk.now_us()
    today = desk.ledger.today(now_us)
    store, spine = desk.store(), desk.spine()
    return {
        "t": now_us,
        "edges": msgspec.to_builtins(desk.edges()),
        "spine": msgspec.to_builtins(spine),
        "historian": {
            "rows": store.rows,
            "bytes": store.bytes_used,
            "bytes_per_point": store.bytes_per_point,
            "write_points_per_s": round(desk.write_rate.per_s(now_us), 1),
            "free_bytes": store.free_bytes,
            "paused": store.paused,
            "trouble": desk.trouble(),
        },
        "notifications": msgspec.to_builtins(desk.notifications()),
        "processes": desk.processes(),
        "live": {"unknown_points": desk.live.unknown_points, "listeners_dropped": desk.feed.dropped},
        "completeness": {
            "today": {
                "since_us": today.since_us,
                "expected": today.expected,
                "received": today.received,
                "completeness": today.completeness,
                "surplus": today.surplus,
                "outside": desk.ledger.outside,
            },
            "sites": [site._asdict() for site in today.sites],
            "gaps": [gap._asdict() for gap in desk.ledger.gaps(today.since_us, MOST_GAPS)],
        },
    }


def headlines(desk: Desk) -> list[dict[str, object]]:
    """The answer of ``/api/headlines``."""
    amounts = desk.kpis.amounts()
    found = []
    for headline in desk.plant.headlines:
        amount = amounts[headline_id(headline.id)]
        found.append(
            {
                "id": headline.id,
                "figure": headline_id(headline.id),
                "site": headline.site,
                "name": {"en": headline.name.en, "zh": headline.name.zh},
                "unit": headline.unit,
                "plan": headline.plan,
                "origin": headline.origin,
                "source": headline.source,
                "method": headline.method,
                "factor": headline.factor,
                "tags": headline.tags,
                "now": amount.amount if amount.since_us is not None else None,
                "rate_per_day": amount.rate_per_day,
                "forecast": amount.forecast,
                "since_us": amount.since_us,
            }
        )
    return found


def expected_by_midnight(desk: Desk, today: Today, now_us: int) -> int:
    """Points that the day will have brought at its end if the present pace holds."""
    rest_s = max(0, today.since_us + DAY_US - now_us) / 1_000_000
    whole_pace = float((1.0 / desk.plant.tags.period_s).sum())  # catching up is no pace to hold
    return today.received + round(min(desk.rate.per_s(now_us), whole_pace) * rest_s)
