"""The tables of ``kpis.toml``, each checked by itself: keys, shapes, words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from didymium.model.mistakes import Mistakes
from didymium.model.plant import Text
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

FILE: Final = "kpis.toml"
ID: Final = re.compile(r"[a-z][a-z0-9_]*")
GROUPS: Final = ("production", "quality", "energy", "water", "availability", "data")


class Per(StrEnum):
    """What there is one value of a KPI of."""

    UNIT = "unit"
    SITE = "site"
    COMPLEX = "complex"


class Source(StrEnum):
    """How the target or plan of a KPI is known."""

    PUBLISHED = "published"
    ASSUMED = "assumed"
    CALCULATED = "calculated"
    MEASURED = "measured"


OPTIONAL_NUMBER, OPTIONAL_TEXT, OPTIONAL_TEXTS, OPTIONAL_FLAG = (
    Key(shape, required=False) for shape in (Shape.NUMBER, Shape.TEXT, Shape.TEXTS, Shape.FLAG)
)
KPI_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "description": Key(Shape.TRANSLATED),
    "group": Key(Shape.TEXT, words=GROUPS),
    "per": Key(Shape.TEXT, words=tuple(Per)),
    "templates": OPTIONAL_TEXTS,
    "sites": OPTIONAL_TEXTS,
    "units": OPTIONAL_TEXTS,
    "formula": Key(Shape.TEXT),
    "unit": Key(Shape.TEXT),
    "decimals": OPTIONAL_NUMBER,
    "plan": OPTIONAL_NUMBER,
    "plans": Key(Shape.TABLES, required=False),
    "low": OPTIONAL_NUMBER,
    "high": OPTIONAL_NUMBER,
    "origin": Key(Shape.TEXT, words=tuple(Source)),
    "source": Key(Shape.TEXT),
    "minimum_h": OPTIONAL_NUMBER,
    "between": OPTIONAL_TEXT,
    "while": OPTIONAL_TEXT,
    "error": OPTIONAL_TEXT,
    "needs": OPTIONAL_TEXT,
    "at_least": OPTIONAL_NUMBER,
    "why": Key(Shape.TRANSLATED, required=False),
    "amount": OPTIONAL_FLAG,
    "helper": OPTIONAL_FLAG,
    "constants": Key(Shape.TABLES, required=False),
}
CONSTANT_KEYS: Final = {
    "name": Key(Shape.TEXT),
    "value": Key(Shape.NUMBER),
    "unit": Key(Shape.TEXT),
    "sites": OPTIONAL_TEXTS,
    "units": OPTIONAL_TEXTS,
}
PLAN_KEYS: Final = {"site": Key(Shape.TEXT), "plan": Key(Shape.NUMBER)}
NO_UNIT: Final = "1"
"""How a plain number's unit is written, since a text cannot be empty."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``[[kpis]]``, or what another file says in its way, with its place in that file."""

    said: Mapping[str, Any]
    toml: TomlFile
    path: KeyPath

    @property
    def id(self) -> str:
        return str(self.said["id"])

    @property
    def per(self) -> Per:
        return Per(self.said["per"])

    @property
    def unit(self) -> str:
        unit = str(self.said["unit"])
        return "" if unit == NO_UNIT else unit

    @property
    def text(self) -> str:
        """All that it says, always in the same words: what a version of a definition is told by."""
        return json.dumps(self.said, default=_plain, ensure_ascii=False, sort_keys=True)


def read_entries(folder: Path, mistakes: Mistakes) -> tuple[Entry, ...]:
    """Return the KPIs of a folder; one without ``kpis.toml`` has none."""
    toml = read_toml(folder / FILE, FILE, mistakes) if (folder / FILE).is_file() else None
    if toml is None:
        return ()
    said = table(toml, (), toml.data, {"kpis": Key(Shape.TABLES)})
    entries = [_entry(toml, ("kpis", i), data) for i, data in enumerate(said.get("kpis", ()))]
    return tuple(entry for entry in entries if entry is not None)


def _entry(toml: TomlFile, path: KeyPath, data: Any) -> Entry | None:
    before = len(toml.mistakes.found)
    said = table(toml, path, data, KPI_KEYS)
    for key, keys in (("constants", CONSTANT_KEYS), ("plans", PLAN_KEYS)):
        if key in said:
            said[key] = [table(toml, (*path, key, i), each, keys) for i, each in enumerate(said[key])]
    if len(toml.mistakes.found) > before:
        return None
    if not ID.fullmatch(said["id"]):
        toml.mistake((*path, "id"), said["id"], "an id has lower-case letters, digits and _, a letter first")
    for i, constant in enumerate(said.get("constants", ())):
        if not ID.fullmatch(constant["name"]):
            toml.mistake(
                (*path, "constants", i, "name"), constant["name"], "a name has lower-case letters, digits and _"
            )
    if (said["per"] == Per.UNIT) != ("templates" in said):
        hint = (
            "a KPI per unit names the templates of its units"
            if said["per"] == Per.UNIT
            else "only a KPI per unit has templates"
        )
        toml.mistake((*path, "templates") if "templates" in said else (*path, "per"), said["per"], hint)
    if "units" in said and said["per"] != Per.UNIT:
        toml.mistake((*path, "units"), said["per"], "only a KPI per unit is of some units alone")
    if "sites" in said and said["per"] == Per.COMPLEX:
        toml.mistake((*path, "sites"), said["per"], "a KPI of the complex is of all sites")
    decimals = said.get("decimals", 1.0)
    if not (decimals.is_integer() and 0 <= decimals <= 6):
        toml.mistake((*path, "decimals"), decimals, "decimals are a whole number from 0 to 6")
    if said.get("low", float("-inf")) > said.get("high", float("inf")):
        toml.mistake((*path, "low"), said["low"], f"the target's low end is above its high end {said['high']:g}")
    if said.get("minimum_h", 1.0) <= 0.0 or said.get("minimum_h", 1.0) > 24.0:
        toml.mistake((*path, "minimum_h"), said["minimum_h"], "the shortest window is above 0 and at most 24 h")
    if said.get("amount") and "minimum_h" in said:
        hint = "an amount adds up from the beginning of each window, so it has no shortest one"
        toml.mistake((*path, "minimum_h"), said["minimum_h"], hint)
    if "between" in said and "while" in said:
        toml.mistake((*path, "while"), said["while"], "a window is narrowed by 'between' or by 'while', not by both")
    if "while" in said and said["per"] != Per.UNIT:
        toml.mistake((*path, "while"), said["while"], "only the window of a KPI per unit is narrowed by 'while'")
    if ("needs" in said) != ("at_least" in said):
        toml.mistake(path, "", "'needs' and 'at_least' stand together: a formula, and the least that it must come to")
    if "why" in said and "needs" not in said:
        toml.mistake((*path, "why"), said["why"].en, "'why' is said where 'needs' is not met, so it stands with it")
    if "error" in said and "between" not in said and "minimum_h" not in said:
        toml.mistake(
            (*path, "error"), said["error"], "an error is stated of a KPI with a shortest window: give minimum_h"
        )
    return Entry(said, toml, path) if len(toml.mistakes.found) == before else None


def _plain(value: object) -> object:
    if isinstance(value, Text):
        return {"en": value.en, "zh": value.zh}
    raise TypeError(f"{value!r} is no value of a TOML file")
