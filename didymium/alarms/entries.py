"""The tables of ``alarms.toml``, each checked by itself: keys, shapes, words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didymium.alarms.books import Says
from didymium.alarms.definitions import Position, Priority, Rationale, Targets
from didymium.alarms.targets import read_targets
from didymium.model.mistakes import Mistakes
from didymium.model.plant import Text
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table, translated

FILE: Final = "alarms.toml"
LIMITS: Final = ("LL", "L", "H", "HH")
FROM_TAGS: Final = (*LIMITS, "FAULT", "BAD")
"""Names of alarms that follow from the tags' own tables."""
SAYS: Final = tuple(says.name.lower() for says in Says)
KINDS: Final = ("limit", "discrete", "rate", "deviation", "stale", "expression")
PRIORITIES: Final = tuple(priority.name.lower() for priority in Priority)
LONGEST_SHELVING_H: Final = 24.0
NUMBER, TEXT, TEXTS = (Key(shape, required=False) for shape in (Shape.NUMBER, Shape.TEXT, Shape.TEXTS))
FLAG, TRANSLATED = (Key(shape, required=False) for shape in (Shape.FLAG, Shape.TRANSLATED))
PRIORITY: Final = Key(Shape.TEXT, required=False, words=PRIORITIES)
COMMON: Final = {
    "sites": TEXTS,
    "priority": PRIORITY,
    "on_delay_s": NUMBER,
    "off_delay_s": NUMBER,
    "deadband": NUMBER,
    "settle_s": NUMBER,
    "latched": FLAG,
    "not_while": TEXT,
    "caused_by": TEXTS,
    "first_out": TEXT,
    "re_alarm_s": NUMBER,
    "cause": TRANSLATED,
    "consequence": TRANSLATED,
    "response": TRANSLATED,
    "time_to_respond_s": NUMBER,
    "reason": TEXT,
}
LIMIT_KEYS: Final = {
    "template": Key(Shape.TEXT),
    "tags": Key(Shape.TEXTS),
    "alarms": Key(Shape.TEXTS, words=FROM_TAGS),
    "limit": NUMBER,
    "off": TEXT,
    **COMMON,
}
ALARM_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": TRANSLATED,
    "templates": Key(Shape.TEXTS),
    "kind": Key(Shape.TEXT, words=KINDS),
    "tag": TEXT,
    "high": NUMBER,
    "low": NUMBER,
    "limit_tag": TEXT,
    "percent": FLAG,
    "states": TEXTS,
    "window_s": NUMBER,
    "silence_s": NUMBER,
    "when": TEXT,
    **COMMON,
}
INTERLOCK_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "templates": Key(Shape.TEXTS),
    "when": Key(Shape.TEXT),
    "actions": Key(Shape.TABLES),
    "reset": Key(Shape.TRANSLATED),
    "bypass": TEXT,
    **COMMON,
}
BOOK_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "templates": Key(Shape.TEXTS),
    "sites": TEXTS,
    "says": Key(Shape.TEXT, words=SAYS),
    "came": Key(Shape.TEXTS),
    "went": TEXTS,
    "held": TEXTS,
    "counts_while": TEXT,
    "window_h": Key(Shape.NUMBER),
    "short_h": NUMBER,
    "newest_h": NUMBER,
    "meters_percent": NUMBER,
    "gauging": NUMBER,
    "reason": TEXT,
}
CLASS_KEYS: Final = {
    "units": Key(Shape.TEXTS),
    "on_delay_s": Key(Shape.NUMBER),
    "off_delay_s": Key(Shape.NUMBER),
    "deadband_percent": Key(Shape.NUMBER),
}
POSITION_KEYS: Final = {"id": Key(Shape.TEXT), "name": Key(Shape.TRANSLATED), "sites": Key(Shape.TEXTS)}
DEFAULT_KEYS: Final = {
    "shelve_h": NUMBER,
    "silence_s": NUMBER,
    "offline_s": NUMBER,
    "on_delay_s": NUMBER,
    "off_delay_s": NUMBER,
    "deadband_percent": NUMBER,
    "settle_s": NUMBER,
    "priority": Key(Shape.NAMED_TEXTS, required=False),
}
TABLES: Final = ("classes", "positions", "books", "limits", "alarms", "interlocks")
PRIORITY_OF: Final = (*FROM_TAGS, "STALE", "OFFLINE")


@dataclass(frozen=True, slots=True)
class Delays:
    """How a class of tags behaves; the deadband is a share of the tag's range in per cent."""

    on_s: float
    off_s: float
    deadband_percent: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of ``limits``, ``alarms``, ``interlocks`` or ``books``: where it stands, and what it says by key."""

    path: KeyPath
    said: Mapping[str, Any]

    @property
    def rationale(self) -> Rationale | None:
        """What it says of cause, consequence and response, None where it says nothing."""
        texts = [self.said.get(key) for key in ("cause", "consequence", "response")]
        if not any(texts):
            return None
        nothing = Text("", "")
        cause, consequence, response = (text or nothing for text in texts)
        return Rationale(cause, consequence, response, self.said.get("time_to_respond_s", 0.0))


@dataclass(frozen=True, slots=True)
class AlarmsFile:
    """The file as read. ``delays`` are by unit of measure, ``usual`` for all others."""

    toml: TomlFile
    shelve_h: float
    silence_s: float
    offline_s: float
    settle_s: float
    usual: Delays
    delays: Mapping[str, Delays]
    priority: Mapping[str, Priority]
    positions: tuple[Position, ...]
    targets: Targets
    limits: tuple[Entry, ...]
    alarms: tuple[Entry, ...]
    interlocks: tuple[Entry, ...]
    books: tuple[Entry, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that is for certain templates, and maybe for certain sites only."""
        return (*self.limits, *self.alarms, *self.interlocks, *self.books)


def read_entries(folder: Path, mistakes: Mistakes) -> AlarmsFile:
    """Return what ``alarms.toml`` of a complex folder says; a folder without one has the usual alarms."""
    toml: TomlFile | None = TomlFile(FILE, "", {}, mistakes)
    if (folder / FILE).exists():
        toml = read_toml(folder / FILE, FILE, mistakes)
    if toml is None:
        toml = TomlFile(FILE, "", {}, mistakes)
    data = dict(toml.data)
    defaults = table(toml, ("defaults",), data.pop("defaults", {}), DEFAULT_KEYS)
    targets = read_targets(toml, data.pop("targets", {}))
    said = table(toml, (), data, {name: Key(Shape.TABLES, required=False) for name in TABLES})
    usual = Delays(
        _at_least(toml, ("defaults", "on_delay_s"), defaults.get("on_delay_s", 3.0)),
        _at_least(toml, ("defaults", "off_delay_s"), defaults.get("off_delay_s", 5.0)),
        _at_least(toml, ("defaults", "deadband_percent"), defaults.get("deadband_percent", 0.5)),
    )
    shelve_h = defaults.get("shelve_h", 8.0)
    if not 0.0 < shelve_h <= LONGEST_SHELVING_H:
        toml.mistake(
            ("defaults", "shelve_h"), shelve_h, f"shelving ends after more than 0 and at most {LONGEST_SHELVING_H:g} h"
        )
        shelve_h = 8.0
    return AlarmsFile(
        toml,
        shelve_h,
        _at_least(toml, ("defaults", "silence_s"), defaults.get("silence_s", 15.0)),
        _at_least(toml, ("defaults", "offline_s"), defaults.get("offline_s", 10.0)),
        _at_least(toml, ("defaults", "settle_s"), defaults.get("settle_s", 30.0)),
        usual,
        _classes(toml, said),
        _priorities(toml, defaults.get("priority", {})),
        _positions(toml, said),
        targets,
        _entries(toml, said, "limits", LIMIT_KEYS),
        _entries(toml, said, "alarms", ALARM_KEYS),
        _entries(toml, said, "interlocks", INTERLOCK_KEYS),
        _entries(toml, said, "books", BOOK_KEYS),
    )


def _entries(toml: TomlFile, said: Mapping[str, Any], name: str, keys: Mapping[str, Key]) -> tuple[Entry, ...]:
    entries = []
    for index, data in enumerate(said.get(name, ())):
        path = (name, index)
        values = table(toml, path, data, keys)
        for key in ("on_delay_s", "off_delay_s", "deadband", "settle_s", "re_alarm_s", "time_to_respond_s"):
            if key in values:
                values[key] = _at_least(toml, (*path, key), values[key])
        if name == "interlocks":
            actions = [
                translated(toml, (*path, "actions", i), action) for i, action in enumerate(values.get("actions", ()))
            ]
            values["actions"] = tuple(action for action in actions if action is not None)
        entries.append(Entry(path, values))
    return tuple(entries)


def _classes(toml: TomlFile, said: Mapping[str, Any]) -> dict[str, Delays]:
    delays: dict[str, Delays] = {}
    for index, data in enumerate(said.get("classes", ())):
        path: KeyPath = ("classes", index)
        values = table(toml, path, data, CLASS_KEYS)
        if len(values) == len(CLASS_KEYS):
            keys = ("on_delay_s", "off_delay_s", "deadband_percent")
            each = Delays(*(_at_least(toml, (*path, key), values[key]) for key in keys))
            delays |= dict.fromkeys(values["units"], each)
    return delays


def _priorities(toml: TomlFile, read: Mapping[str, str]) -> dict[str, Priority]:
    named = {name: Key(Shape.TEXT, required=False, words=PRIORITIES) for name in PRIORITY_OF}
    values = table(toml, ("defaults", "priority"), read, named)
    usual = {"LL": "medium", "HH": "medium", "FAULT": "medium", "OFFLINE": "high"}
    said = {name: values.get(name, usual.get(name, "low")) for name in PRIORITY_OF}
    return {name: Priority[word.upper()] for name, word in said.items()}


def _positions(toml: TomlFile, said: Mapping[str, Any]) -> tuple[Position, ...]:
    positions = []
    taken: dict[str, str] = {}
    for index, data in enumerate(said.get("positions", ())):
        values = table(toml, ("positions", index), data, POSITION_KEYS)
        if len(values) < len(POSITION_KEYS):
            continue
        for site in values["sites"]:
            if site in taken:
                toml.mistake(
                    ("positions", index, "sites"), site, f"{site} belongs to the position {taken[site]!r} already"
                )
            taken[site] = values["id"]
        positions.append(Position(values["id"], values["name"], tuple(values["sites"])))
    return tuple(positions)


def _at_least(toml: TomlFile, path: KeyPath, read: float) -> float:
    if read >= 0.0:
        return read
    toml.mistake(path, read, "this is 0 or above")
    return 0.0
