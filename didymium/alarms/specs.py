"""What alarms the units of a block have: from the tags' own limits, and from the entries of ``alarms.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any, Final

import numpy as np

from didymium.alarms.definitions import Kind, Priority, Rationale
from didymium.alarms.entries import LIMITS, AlarmsFile, Delays, Entry
from didymium.alarms.limit_text import worded
from didymium.alarms.wiring import Block, Wiring
from didymium.model.formula_text import BadFormula
from didymium.model.mistakes import did_you_mean
from didymium.model.plant import Kind as TagKind
from didymium.model.plant import TemplateTag, Text

DISCRETE: Final = Delays(0.0, 0.0, 0.0)
CLEARED_S: Final = 2.0
"""What hides an alarm hides it so much longer than its off-delay at least: what goes with its reason is not told."""
UNIT: Final = ""
"""In the place of a tag's name: the alarm is of the whole unit."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One alarm of every unit of a block. ``source`` is a tag or formula; ``column`` the tag table's limit to take."""

    tag: str
    name: str
    kind: Kind
    source: str
    limit: float
    priority: Priority
    delays: Delays
    deadband: float = 0.0
    column: str = ""
    reference: str = ""
    factor: float = 0.0
    silence_s: float = 0.0
    settle_s: float = 0.0
    latched: bool = False
    re_alarm_s: float = 0.0
    not_while: str = ""
    caused_by: tuple[str, ...] = ()
    first_out: str = ""
    rationale: Rationale | None = None
    title: Text | None = None
    entry: Entry | None = None
    off: bool = False


class Specs:
    """Makes the specs of blocks; what is wrong with an entry is noted where it stands."""

    def __init__(self, file: AlarmsFile, wiring: Wiring) -> None:
        self._file = file
        self._toml = file.toml
        self._wiring = wiring
        self.used: set[int] = set()
        """Entries, by ``id``, that fit a block."""

    def of(self, block: Block, site: str) -> list[Spec]:
        """Return the alarms that each unit of a block has."""
        made = [spec for tag, about in block.tags.items() for spec in self._from_tag(block, tag, about)]
        made.append(self._stale(UNIT, self._file.silence_s))
        for entry in (*self._file.alarms, *self._file.interlocks):
            if block.template in entry.said.get("templates", ()) and _here(entry, site):
                self.used.add(id(entry))
                made += self._from_entry(block, entry)
        for entry in self._file.limits:
            if entry.said.get("template") == block.template and _here(entry, site):
                self.used.add(id(entry))
                made = self._changed(block, entry, made)
        return [spec for spec in made if not spec.off]

    def _delays(self, about: TemplateTag) -> Delays:
        if about.kind not in (TagKind.ANALOG, TagKind.COUNTER):
            return DISCRETE
        return self._file.delays.get(about.unit, self._file.usual)

    def _from_tag(self, block: Block, tag: str, about: TemplateTag) -> Iterator[Spec]:
        delays = self._delays(about)
        deadband = deadband_of(about, delays)
        for name in LIMITS:
            kind = Kind.HIGH if name in ("H", "HH") else Kind.LOW
            yield self._spec(
                tag, name, kind, tag, np.nan, delays,
                deadband=deadband, column=name.lower(), caused_by=_beyond(tag, name),
            )  # fmt: skip
        words = worded(about.limit_text, tag, block.offsets)
        gap = min((abs(b.offset - a.offset) for a, b in pairwise(words) if a.offset != b.offset), default=0.0)
        for each in words:
            kind = {"FAULT": Kind.UNEQUAL, "H": Kind.HIGH, "HH": Kind.HIGH}.get(each.name, Kind.LOW)
            yield self._spec(
                tag, each.name, kind, tag, each.offset, delays,
                deadband=min(deadband, gap / 4.0), reference=each.reference, factor=each.factor,
                caused_by=_beyond(tag, each.name),
            )  # fmt: skip
        yield self._spec(tag, "BAD", Kind.BAD, tag, 1.0, self._file.usual)

    def _spec(self, tag: str, name: str, kind: Kind, source: str, limit: float, delays: Delays, **more: Any) -> Spec:
        settle_s = self._file.settle_s
        return Spec(tag, name, kind, source, limit, self._file.priority[name], delays, settle_s=settle_s, **more)

    def _stale(self, tag: str, silence_s: float) -> Spec:
        return self._spec(
            tag, "STALE", Kind.STALE, "", 0.0, DISCRETE, silence_s=silence_s, caused_by=("OFFLINE",)
        )  # fmt: skip

    def _from_entry(self, block: Block, entry: Entry) -> list[Spec]:
        said = entry.said
        if "id" not in said or ("kind" not in said and entry.path[0] != "interlocks"):
            return []
        if entry.path[0] == "interlocks":
            made = self._expression(block, entry)
        else:
            make = {
                "limit": self._limit,
                "deviation": self._deviation,
                "rate": self._rate,
                "discrete": self._discrete,
                "stale": self._silent,
                "expression": self._expression,
            }[said["kind"]]
            made = make(block, entry)
        return [self._with_common(block, entry, spec) for spec in made]

    def _members(self, block: Block, entry: Entry, key: str) -> list[str]:
        """Return the tags that ``key`` names: one, or a family's members in their order."""
        read = entry.said.get(key)
        if read is None:
            self._toml.mistake(entry.path, "", f"the key {key!r} is missing; an alarm of this kind needs it")
            return []
        like = re.compile(re.escape(read).replace(r"\[\]", r"\d+") + r"\Z")
        members = [tag for tag in (*block.tags, *self._wiring.books_of(block)) if like.match(tag)]
        if not members:
            hint = did_you_mean(read, block.tags, f"{block.template} has no such tag")
            self._toml.mistake((*entry.path, key), read, hint)
        return members

    def _bound(self, entry: Entry) -> tuple[Kind, float] | None:
        given = [key for key in ("high", "low") if key in entry.said]
        if len(given) != 1:
            self._toml.mistake(entry.path, ", ".join(given), "an alarm of this kind has either 'high' or 'low'")
            return None
        return (Kind.HIGH if given == ["high"] else Kind.LOW), entry.said[given[0]]

    def _limit(self, block: Block, entry: Entry) -> list[Spec]:
        bound = self._bound(entry)
        tags = self._members(block, entry, "tag")
        if bound is None:
            return []
        return [self._plain(block, entry, tag, tag, *bound) for tag in tags]

    def _plain(self, block: Block, entry: Entry, tag: str, source: str, kind: Kind, limit: float) -> Spec:
        if tag not in block.tags:  # books are of the whole unit
            return Spec(UNIT, entry.said["id"], kind, source, limit, Priority.LOW, DISCRETE)
        about = block.tags[tag]
        if source == tag and not about.low <= limit <= about.high:
            hint = f"the limit is outside the range {about.low:g} to {about.high:g} of {tag}"
            self._toml.mistake((*entry.path, "high" if kind is Kind.HIGH else "low"), limit, hint)
        delays = self._delays(about)
        return Spec(
            tag, entry.said["id"], kind, source, limit, Priority.LOW, delays,
            deadband=deadband_of(about, delays) if source == tag else 0.0, settle_s=self._file.settle_s,
        )  # fmt: skip

    def _deviation(self, block: Block, entry: Entry) -> list[Spec]:
        bound = self._bound(entry)
        tags, others = self._members(block, entry, "tag"), self._members(block, entry, "limit_tag")
        if bound is None or not tags or not others:
            return []
        if len(others) not in (1, len(tags)):
            hint = f"{len(others)} tags for the {len(tags)} of {entry.said['tag']}; name one, or as many"
            self._toml.mistake((*entry.path, "limit_tag"), entry.said["limit_tag"], hint)
            return []
        kind, by = bound
        made = []
        for place, tag in enumerate(tags):
            offset, factor = (0.0, 1.0 + by / 100.0) if entry.said.get("percent") else (by, 1.0)
            delays = self._delays(block.tags[tag])
            made.append(
                Spec(
                    tag, entry.said["id"], kind, tag, offset, Priority.LOW, delays,
                    deadband=deadband_of(block.tags[tag], delays), reference=others[place % len(others)],
                    factor=factor, settle_s=self._file.settle_s,
                )
            )  # fmt: skip
        return made

    def _rate(self, block: Block, entry: Entry) -> list[Spec]:
        bound = self._bound(entry)
        window_s = entry.said.get("window_s", 60.0)
        if window_s != int(window_s) or not 1 <= window_s <= 3600:
            self._toml.mistake((*entry.path, "window_s"), window_s, "a window has 1 to 3600 whole seconds")
            return []
        tags = self._members(block, entry, "tag")
        if bound is None:
            return []
        return [self._plain(block, entry, tag, f"rate({tag}, {int(window_s)})", *bound) for tag in tags]

    def _discrete(self, block: Block, entry: Entry) -> list[Spec]:
        states = entry.said.get("states", ())
        if not states:
            self._toml.mistake(entry.path, "", "the key 'states' is missing; it lists the states that are alarms")
        made = []
        for tag in self._members(block, entry, "tag") if states else ():
            labels = block.tags[tag].labels
            wrong = [state for state in states if state not in labels]
            if wrong:
                hint = did_you_mean(wrong[0], labels, f"{tag} has no such state")
                self._toml.mistake((*entry.path, "states"), wrong[0], hint)
                continue
            if len(states) == 1:
                number = block.tags[tag].low + labels.index(states[0])
                made.append(self._plain(block, entry, tag, tag, Kind.EQUAL, number))
            else:
                among = ", ".join(f"'{state}'" for state in states)
                made.append(self._plain(block, entry, tag, f"{tag} in ({among},)", Kind.HIGH, 1.0))
        return made

    def _silent(self, block: Block, entry: Entry) -> list[Spec]:
        silence_s = entry.said.get("silence_s", self._file.silence_s)
        return [
            replace(self._stale(tag, silence_s), name=entry.said["id"]) for tag in self._members(block, entry, "tag")
        ]

    def _expression(self, block: Block, entry: Entry) -> list[Spec]:
        text = entry.said.get("when")
        if text is None:
            self._toml.mistake(entry.path, "", "the key 'when' is missing; it says the expression")
            return []
        if not self._holds(block, entry, "when", text):
            return []
        interlock = entry.path[0] == "interlocks"
        bypass = entry.said.get("bypass")
        if interlock and bypass is not None and bypass not in block.tags:
            hint = did_you_mean(bypass, block.tags, f"{block.template} has no such tag")
            self._toml.mistake((*entry.path, "bypass"), bypass, hint)
        priority = Priority.CRITICAL if interlock else Priority.LOW
        spec = Spec(UNIT, entry.said["id"], Kind.HIGH, text, 1.0, priority, DISCRETE, settle_s=self._file.settle_s)
        return [spec]

    def _holds(self, block: Block, entry: Entry, key: str, text: str) -> bool:
        """Whether ``text`` is a condition; what is wrong with it is noted at its character."""
        try:
            formula = self._wiring.formula(block, text)
        except BadFormula as broken:
            hint = f"for {block.template}, at character {broken.at}: {broken.hint}"
            self._toml.mistake((*entry.path, key), broken.read or text, hint)
            return False
        if not formula.truth:
            self._toml.mistake((*entry.path, key), text, "this is neither true nor false; compare it with something")
        return formula.truth

    def _with_common(self, block: Block, entry: Entry, spec: Spec) -> Spec:
        """Return the spec with what an entry says beside its condition."""
        said = entry.said
        named: dict[str, Any] = {
            key: said[key] for key in ("settle_s", "latched", "re_alarm_s", "first_out") if key in said
        }
        if "priority" in said:
            named["priority"] = Priority[said["priority"].upper()]
        if "on_delay_s" in said or "off_delay_s" in said:
            usual = spec.delays
            on_s, off_s = said.get("on_delay_s", usual.on_s), said.get("off_delay_s", usual.off_s)
            named["delays"] = replace(usual, on_s=on_s, off_s=off_s)
        if "deadband" in said:
            named["deadband"] = said["deadband"]
        if "not_while" in said and self._holds(block, entry, "not_while", said["not_while"]):
            named["not_while"] = said["not_while"]
        if "caused_by" in said:
            named["caused_by"] = (*spec.caused_by, *said["caused_by"])
        if entry.rationale is not None:
            named["rationale"] = entry.rationale
        if "name" in said:
            named["title"] = said["name"]
        made = replace(spec, **named, entry=entry)
        hidden = bool(made.not_while or made.caused_by)
        return replace(made, settle_s=max(made.settle_s, made.delays.off_s + CLEARED_S)) if hidden else made

    def _changed(self, block: Block, entry: Entry, made: list[Spec]) -> list[Spec]:
        """Return the specs with those that a ``limits`` entry names changed as it says."""
        patterns, names = entry.said.get("tags", ()), entry.said.get("alarms", ())
        for pattern in patterns:
            if not any(_fits(pattern, tag, about) for tag, about in block.tags.items()):
                families = dict.fromkeys((*block.tags, *(about.name for about in block.tags.values())))
                hint = did_you_mean(pattern, families, f"no tag of {block.template} fits")
                self._toml.mistake((*entry.path, "tags"), pattern, hint)
        after = []
        for spec in made:
            about = block.tags.get(spec.tag)
            if about is None or spec.name not in names or not any(_fits(p, spec.tag, about) for p in patterns):
                after.append(spec)
                continue
            changed = self._with_common(block, entry, spec)
            if "limit" in entry.said and not spec.reference:
                changed = replace(changed, limit=entry.said["limit"], column="")
            after.append(replace(changed, off="off" in entry.said))
        return after


def _beyond(tag: str, name: str) -> tuple[str, ...]:
    """The alarm of the outer limit, which says all that the inner one's would."""
    return (f"{tag}/{name * 2}",) if name in ("L", "H") else ()


def _here(entry: Entry, site: str) -> bool:
    sites = entry.said.get("sites")
    return sites is None or site in sites


def _fits(pattern: str, tag: str, about: TemplateTag) -> bool:
    return pattern in (tag, about.name) or fnmatchcase(tag, pattern)


def deadband_of(about: TemplateTag, delays: Delays) -> float:
    """Return a tag's deadband: a share of its range, but no more than a quarter of the gap between its limits.

    Over a logarithmic range, with significant digits, it is a share of the lowest limit, ten times the per cent.
    """
    limits = [limit for limit in (about.ll, about.l, about.h, about.hh) if not np.isnan(limit)]
    if about.significant:
        return min((abs(limit) for limit in limits), default=0.0) * delays.deadband_percent / 10.0
    gaps = np.diff(limits)
    most = float(gaps.min()) / 4.0 if len(gaps) else np.inf
    return float(min((about.high - about.low) * delays.deadband_percent / 100.0, most))


def unused(file: AlarmsFile, used: set[int], templates: Mapping[str, object]) -> Iterator[tuple[Entry, str, str, str]]:
    """Yield entry, key, what was read and a hint for each entry that fits no unit."""
    for entry in file.entries:
        named = entry.said.get("templates", [entry.said["template"]] if "template" in entry.said else [])
        key = "template" if entry.path[0] == "limits" else "templates"
        unknown = [template for template in named if template not in templates]
        for template in unknown:
            yield entry, key, template, did_you_mean(template, templates, "there is no such template")
        if id(entry) not in used and named and not unknown:
            yield entry, key, ", ".join(named), "no site that this entry is for has a unit of this template"
