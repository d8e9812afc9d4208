"""What an alarm is called and when it is active, in words for the two languages of the screens."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from didymium.alarms.definitions import Definitions, Kind
from didymium.model.plant import Complex, Text
from didymium.model.plant import Kind as TagKind

SILENT: Final = Text("Points are silent", "测点无数据")
OFFLINE: Final = Text("Site is off-line", "厂区离线")
BAD: Final = Text("status is Bad", "状态为坏值")
SIGNS: Final = {Kind.HIGH: "≥", Kind.LOW: "≤", Kind.EQUAL: "=", Kind.UNEQUAL: "≠"}
ON_OFF: Final = ("OFF", "ON")
TRUE: Final = 1.0
RATE: Final = re.compile(r"rate\(\w+, \d+\)")
AMONG: Final = re.compile(r"\w+ in \((?P<labels>.*),\)")


def both(words: str) -> Text:
    """Words that are the same in both languages."""
    return Text(words, words)


def measure(unit: str) -> str:
    """A unit of measure; "" where the quantity has none."""
    return "" if unit in ("–", "-") else unit


class AlarmWords:
    """Words of the alarms of a complex, by row."""

    def __init__(self, plant: Complex, definitions: Definitions) -> None:
        self._plant = plant
        self._definitions = definitions

    def name(self, row: int) -> Text:
        """What the alarm is called: by its entry, else as its tag."""
        definitions = self._definitions
        wording = definitions.wordings[definitions.wording[row]]
        if wording.name is not None:
            return wording.name
        tag = int(definitions.tag[row])
        if tag >= 0:
            return self._plant.tags.description[tag]
        kind = definitions.kind[row]
        if kind >= Kind.STALE:
            return SILENT if kind == Kind.STALE else OFFLINE
        return both(definitions.name[row])

    def unit_of_measure(self, row: int) -> str:
        """Of value and limit; "" where the alarm has none."""
        tag = int(self._definitions.tag[row])
        if tag < 0 or not self.measured(row):
            return ""
        unit = measure(self._plant.tags.template_tag[tag].unit)
        return f"{unit}/min" if self._rate(row) else unit

    def measured(self, row: int) -> bool:
        """Whether value and limit say something, which true and false of an expression do not."""
        definitions = self._definitions
        if definitions.kind[row] >= Kind.BAD:
            return False
        of_formula = definitions.source[row] >= len(self._plant.tags) and not self._rate(row)
        return not (of_formula and definitions.kind[row] == Kind.HIGH and definitions.limit[row] == TRUE)

    def _rate(self, row: int) -> bool:
        definitions = self._definitions
        return RATE.fullmatch(definitions.wordings[definitions.wording[row]].signal) is not None

    def signal(self, row: int) -> str:
        """The path of the tag that the alarm looks at, or its formula; "" where it listens for silence."""
        definitions = self._definitions
        source = int(definitions.source[row])
        if 0 <= source < len(self._plant.tags):
            return self._plant.tags.path[source]
        return definitions.wordings[definitions.wording[row]].signal

    def condition(self, row: int) -> Text:
        """When the alarm is active: ``≤ 20 L/min``, ``= ON``, ``rises ≥ 5 kPa/min``, or its formula."""
        definitions = self._definitions
        kind = Kind(int(definitions.kind[row]))
        if kind is Kind.BAD:
            return BAD
        if kind >= Kind.STALE:
            silence_s = f"{definitions.silence_us[row] / 1e6:g}"
            return Text(f"no reading for {silence_s} s", f"{silence_s} s 无数据")
        wording = definitions.wordings[definitions.wording[row]]
        if not self.measured(row):
            among = AMONG.fullmatch(wording.signal)
            if among is not None and definitions.tag[row] >= 0:
                tag = int(definitions.tag[row])
                said = [self._plant.label(tag, part.strip(" '")) for part in among["labels"].split(",")]
                return Text("= " + " / ".join(each.en for each in said), "= " + " / ".join(each.zh for each in said))
            return both(wording.signal)
        limit, unit = float(definitions.limit[row]), self.unit_of_measure(row)
        if self._rate(row):
            return _slope(kind, limit, unit)
        if wording.follows:
            bound = _following(limit, float(definitions.factor[row]), wording.follows, unit)
        else:
            label = self._label(row, limit) if definitions.tag[row] >= 0 else ""
            if label:
                state = self._plant.label(int(definitions.tag[row]), label)
                return Text(f"= {state.en}", f"= {state.zh}")
            bound = f"{limit:.10g} {unit}".rstrip()
        of = "" if definitions.tag[row] >= 0 else f"{wording.signal} "
        return both(f"{of}{SIGNS[kind]} {bound}")

    def _label(self, row: int, limit: float) -> str:
        """The state that a tag of states is in when the alarm is active, "" for what is measured."""
        tag = int(self._definitions.tag[row])
        about = self._plant.tags.template_tag[tag]
        if about.kind not in (TagKind.BOOL, TagKind.ENUM) or self._definitions.kind[row] == Kind.UNEQUAL:
            return ""
        labels = about.labels or (ON_OFF if about.kind is TagKind.BOOL else ())
        at = int(limit - about.low) if np.isfinite(limit - about.low) else -1
        return labels[at] if 0 <= at < len(labels) else ""


def _slope(kind: Kind, limit: float, unit: str) -> Text:
    falls = kind is Kind.LOW and limit < 0
    sign = "≥" if falls else SIGNS[kind]
    bound = f"{sign} {abs(limit) if falls else limit:.10g} {unit}".rstrip()
    return Text(f"falls {bound}", f"下降 {bound}") if falls else Text(f"rises {bound}", f"上升 {bound}")


def _following(offset: float, factor: float, follows: str, unit: str) -> str:
    share = follows if factor == 1.0 else f"{factor:.6g} × {follows}"
    if offset == 0.0:
        return share
    return f"{share} {'+' if offset > 0 else '−'} {abs(offset):.10g} {unit}".rstrip()
