"""What a notification keeps in the outbox: facts in JSON, enough to word it later and for programs to go by."""

from __future__ import annotations

from typing import Any

import msgspec

from didymium.alarms.definitions import Definitions, Kind, Priority
from didymium.alarms.notices import Digest, Notice
from didymium.alarms.transitions import Transitions
from didymium.model.plant import Complex, Text
from didymium.records.outbox import Notification
from didymium.web.alarm_table import number
from didymium.web.alarm_words import AlarmWords

NO_TEXT = Text("", "")


class Facts:
    """Makes notifications of notices."""

    def __init__(self, plant: Complex, definitions: Definitions) -> None:
        self._plant, self._definitions = plant, definitions
        self._words = AlarmWords(plant, definitions)

    def of(self, notice: Notice | Digest, transitions: Transitions, now_us: int) -> Notification:
        """The notification of a notice that came of these transitions."""
        if isinstance(notice, Digest):
            return Notification(notice.key, notice.target, _encoded(_digest(notice)), notice.to_us)
        return Notification(notice.key, notice.target, _encoded(self._single(notice, transitions, now_us)), now_us)

    def name(self, row: int) -> Text:
        """What an alarm is called, with the machine or site that it is of."""
        d, plant, name = self._definitions, self._plant, self._words.name(row)
        of = plant.sites[d.site[row]].name if d.kind[row] == Kind.OFFLINE else plant.units[d.unit[row]].name
        return Text(f"{of.en}: {name.en}", f"{of.zh}：{name.zh}")

    def condition(self, row: int) -> Text:
        """When an alarm is active."""
        return self._words.condition(row)

    def _single(self, notice: Notice, transitions: Transitions, now_us: int) -> dict[str, Any]:
        d, row = self._definitions, notice.alarm
        rationale = d.rationales[d.rationale[row]] if d.rationale[row] >= 0 else None
        facts: dict[str, Any] = {
            "kind": notice.cause.value,
            "rule": notice.rule.id,
            "language": notice.rule.language,
            "alarm": d.id[row],
            "number": notice.number,
            "site": self._plant.sites[d.site[row]].id,
            "unit": self._plant.units[d.unit[row]].path,
            "position": d.positions[d.position[row]].id if d.position[row] >= 0 else "",
            "priority": Priority(int(d.priority[row])).name.lower(),
            "name": self.name(row),
            "condition": self.condition(row),
            "unit_of_measure": self._words.unit_of_measure(row),
            "response": rationale.response if rationale else NO_TEXT,
            "told_us": notice.told_us,
            "at_us": now_us,
        }
        if notice.row >= 0:
            at = notice.row
            facts |= {"time_us": int(transitions.time_us[at]), "since_us": int(transitions.since_us[at])}
            if self._words.measured(row):
                facts |= {"value": number(float(transitions.value[at])), "limit": number(float(transitions.limit[at]))}
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


def _encoded(facts: dict[str, Any]) -> str:
    return msgspec.json.encode(facts).decode()
