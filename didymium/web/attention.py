"""The few things that need a person, most urgent first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.board import OPEN
from didymium.historian.disk import DiskState
from didymium.model.device import EdgeState
from didymium.model.plant import Complex, TagTable, Text
from didymium.web.alarm_table import AlarmTable, Choice

SHOWN = 3


class Severity(IntEnum):
    """How soon a person must act."""

    NOTE = 1
    WARNING = 2
    CRITICAL = 3


ALARM_SEVERITY: Final = {
    "critical": Severity.CRITICAL,
    "high": Severity.WARNING,
    "medium": Severity.NOTE,
    "low": Severity.NOTE,
}


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to look at, with the page that shows it; ``priority`` is an alarm's, "" for anything else."""

    severity: Severity
    site: str
    text: Text
    link: str
    priority: str = ""


def beyond_limits(
    tags: TagTable, value: NDArray[np.float64], good: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(n,) values -> rows beyond L or H, and rows beyond LL or HH; only Good values count."""
    with np.errstate(invalid="ignore"):
        urgent = good & ((value <= tags.ll) | (value >= tags.hh))
        warning = good & ~urgent & ((value <= tags.l) | (value >= tags.h))
    return warning, urgent


def down_devices(edges: Sequence[EdgeState], plant: Complex) -> list[Attention]:
    """One entry per device that does not answer."""
    found = []
    for device in (device for edge in edges for device in edge.devices if not device.up):
        name = plant.site_of[device.site].name if device.site in plant.site_of else Text(device.site, device.site)
        found.append(
            Attention(
                Severity.CRITICAL,
                device.site,
                Text(
                    f"{device.site} {name.en}: {device.connector} is down, {device.cause or 'not connected yet'}",
                    f"{device.site} {name.zh}：{device.connector} 中断，{device.cause or '尚未连接'}",
                ),
                "/health",
            )
        )
    return found


def store_trouble(store: DiskState, trouble: Sequence[str]) -> list[Attention]:
    """One entry when writing waits for disk space, and one when the engine set parts aside."""
    found = []
    if store.paused:
        free = f"{store.free_bytes / 1e9:.1f} GB"
        text = Text(
            f"The disk is full ({free} free): writing waits, readings stay at the edges",
            f"磁盘已满（剩余 {free}）：暂停写入，数据保存在边缘侧",
        )
        found.append(Attention(Severity.CRITICAL, "", text, "/health"))
    if trouble:
        text = Text(
            f"The historian set {len(trouble)} damaged part(s) aside: their rows are missing",
            f"历史库隔离了 {len(trouble)} 个损坏的数据块：其中的数据缺失",
        )
        found.append(Attention(Severity.CRITICAL, "", text, "/health"))
    return found


def open_alarms(table: AlarmTable) -> list[Attention]:
    """The open alarms that are most urgent, the first of each group, with how many came of it."""
    chosen = table.chosen(Choice(states=OPEN, roots=True), "urgency", descending=True)
    return [_alarm(table.row(row)) for row in chosen[:SHOWN].tolist()]


def _alarm(row: Mapping[str, Any]) -> Attention:
    place = row["tag"] or row["unit"] or row["site"]
    more = f" (+{row['children']})" if row["children"] else ""
    name, condition = row["name"], row["condition"]
    return Attention(
        ALARM_SEVERITY[row["priority"]],
        row["site"],
        Text(
            f"{place}: {name['en']}, {condition['en']}{more}",
            f"{place}：{name['zh']}，{condition['zh']}{more}",
        ),
        f"/alarm/{row['alarm']}",
        row["priority"],
    )


def most_urgent(found: Sequence[Attention]) -> tuple[Attention, ...]:
    """The three that need a person first; equal ones in the order given."""
    return tuple(sorted(found, key=lambda item: -item.severity)[:SHOWN])
