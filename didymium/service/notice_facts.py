"""What a notification keeps in the outbox: facts in JSON, enough to word it later and for programs to go by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import msgspec

from didymium.alarms.definitions import Definitions, Kind, Priority
from didymium.alarms.notices import Digest, Notice
from didymium.alarms.transitions import Transitions
from didymium.model.plant import Complex, Text
from didymium.records.outbox import Notification

NO_TEXT = Text("", "")


@dataclass(frozen=True, slots=True)
class Described:
    """An alarm in words: what it is of, and when it is active."""

    name: Text
    condition: Text
    unit_of_measure: str


Describe = Callable[[int], Described]


class Facts:
    """Makes notifications of notices."""

    def __init__(self, plant: Complex, definitions: Definitions, describe: Describe) -> None:
        self._plant, self._definitions, self._describe = plant, definitions, describe
        self._units = [unit.path for unit in plant.units]

    def of(self, notice: Notice | Digest, transitions: Transitions, now_us: int) -> Notification:
        """The notification of a notice that came of these transitions."""
        if isinstance(notice, Digest):
            return Notification(notice.key, notice.target, _encoded(_digest(notice)), notice.to_us)
        return Notification(notice.key, notice.target, _encoded(self._single(notice, transitions, now_us)), now_us)

    def _single(self, notice: Notice, transitions: Transitions, now_us: int) -> dict[str, Any]:
        d, row = self._definitions, notice.alarm
        described = self._describe(row)
        rationale = d.rationales[d.rationale[row]] if d.rationale[row] >= 0 else None
        facts: dict[str, Any] = {
            "kind": notice.cause.value,
            "rule": notice.rule.id,
            "language": notice.rule.language,
            "alarm": d.id[row],
            "number": notice.number,
            "site": self._plant.sites[d.site[row]].id,
            "unit": self._units[d.unit[row]],
            "position": d.positions[d.position[row]].id if d.position[row] >= 0 else "",
            "priority": Priority(int(d.priority[row])).name.lower(),
            "name": described.name,
            "condition": described.condition,
            "unit_of_measure": described.unit_of_measure,
            "response": rationale.response if rationale else NO_TEXT,
            "told_us": notice.told_us,
            "at_us": now_us,
        }
        if notice.row >= 0:
            at = notice.row
            facts |= {"time_us": int(transitions.time_us[at]), "since_us": int(transitions.since_us[at])}
            facts |= {"value": _number(transitions.value[at]), "limit": _number(transitions.limit[at])}
        return facts


def _digest(digest: Digest) -> dict[str, Any]:
    choice = digest.rule.choice
    return {
        "kind": "digest",
        "rule": digest.rule.id,
        "language": digest.rule.language,
        "because": "quiet" if digest.quiet else "flood",
        "from_us": digest.from_us,
        "to_us": digest.to_us,
        "unacknowledged_us": digest.rule.unacknowledged_us,
        "priorities": sorted(each.name.lower() for each in choice.priorities),
        "positions": sorted(choice.positions),
        "sites": sorted(choice.sites),
    }


def describe(plant: Complex, definitions: Definitions) -> Describe:
    """Words for alarms by their row, from the plant's own."""

    def described(row: int) -> Described:
        kind, tag = Kind(int(definitions.kind[row])), int(definitions.tag[row])
        unit, name = plant.units[definitions.unit[row]].name, definitions.name[row]
        if kind is Kind.OFFLINE:
            site = plant.sites[definitions.site[row]].name
            return Described(site, Text("no data from the site", "全厂无数据"), "")
        if tag < 0:
            return Described(Text(f"{unit.en}: {name}", f"{unit.zh}：{name}"), NO_TEXT, "")
        about, measure = plant.tags.description[tag], plant.tags.template_tag[tag].unit
        words = Text(f"{unit.en}: {about.en}", f"{unit.zh}：{about.zh}")
        sign = {Kind.HIGH: "≥", Kind.LOW: "≤", Kind.EQUAL: "=", Kind.UNEQUAL: "≠"}.get(kind)
        if sign is None:
            silent = Text("bad value", "坏值") if kind is Kind.BAD else Text("no new values", "数据停滞")
            return Described(words, silent, measure)
        if definitions.reference[row] >= 0:
            return Described(words, Text(name, name), measure)
        condition = f"{sign} {definitions.limit[row]:g} {measure}".rstrip()
        return Described(words, Text(condition, condition), measure)

    return described


def _number(value: Any) -> float | None:
    return float(value) if isfinite(value) else None


def _encoded(facts: dict[str, Any]) -> str:
    return msgspec.json.encode(facts).decode()
