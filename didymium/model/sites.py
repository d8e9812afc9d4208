"""Reads ``sites/*.toml``: each site with its areas and the units in them, before tags are expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didymium.model.mistakes import Mistakes, did_you_mean, nearest
from didymium.model.plant import Origin, Text
from didymium.model.ranges import MOST_INDICES
from didymium.model.templates import Templates, counts_wanted
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

SITE_KEYS: Final = {
    "name": Key(Shape.TRANSLATED),
    "origin": Key(Shape.TEXT, words=tuple(Origin)),
    "source": Key(Shape.TEXT),
    "process": Key(Shape.TRANSLATED),
    "rate": Key(Shape.TRANSLATED),
    "x": Key(Shape.SHARE),
    "y": Key(Shape.SHARE),
    "areas": Key(Shape.TABLES),
}
AREA_KEYS: Final = {"id": Key(Shape.TEXT), "name": Key(Shape.TRANSLATED), "units": Key(Shape.TABLES)}
UNIT_KEYS: Final = {
    "template": Key(Shape.TEXT),
    "first": Key(Shape.COUNT, required=False),
    "count": Key(Shape.COUNT, required=False),
}
ID: Final = re.compile(r"[A-Z][A-Z0-9]*")
MOST_UNITS: Final = 999


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """One unit to be built: its id, template and number (0 where the site has only one), and its range ends."""

    id: str
    template: str
    number: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AreaPlan:
    id: str
    name: Text
    units: tuple[UnitPlan, ...]


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site as its file says it; ``whole`` is false when units or tags are missing for a mistake already noted."""

    id: str
    name: Text
    origin: Origin
    source: str
    process: Text
    rate: Text
    x: float
    y: float
    areas: tuple[AreaPlan, ...]
    whole: bool


def read_sites(folder: Path, templates: Templates, mistakes: Mistakes) -> list[SitePlan]:
    """Return the sites in the order of their files."""
    files = sorted((folder / "sites").glob("*.toml"))
    if not files:
        mistakes.add("sites", 0, "", "", "there is no site file in the folder")
    plans: list[SitePlan] = []
    for path in files:
        file = f"sites/{path.name}"
        if not ID.fullmatch(path.stem):
            mistakes.add(file, 0, "", path.stem, "a site's file is named by its id: capitals and digits, S01.toml")
        toml = read_toml(path, file, mistakes)
        if toml is None:
            unnamed = Text(path.stem, path.stem)
            plans.append(SitePlan(path.stem, unnamed, Origin.ASSUMED, "", unnamed, unnamed, 0.5, 0.5, (), whole=False))
        else:
            plans.append(_SiteFile(toml, path.stem, templates).plan())
    return plans


class _SiteFile:
    """One site file being turned into a plan."""

    def __init__(self, toml: TomlFile, site: str, templates: Templates) -> None:
        self.toml, self.site, self.templates = toml, site, templates.by_id
        self.broken = templates.broken
        self.whole = True
        self.taken: dict[str, KeyPath] = {}

    def plan(self) -> SitePlan:
        said = table(self.toml, (), self.toml.data, SITE_KEYS)
        areas: list[AreaPlan] = []
        for index, data in enumerate(said.get("areas", ())):
            area = self.area(("areas", index), data)
            if area.id in {other.id for other in areas}:
                self.toml.mistake(("areas", index, "id"), area.id, "another area of the site has this id")
            areas.append(area)
        unnamed = Text(self.site, self.site)
        return SitePlan(
            id=self.site,
            name=said.get("name", unnamed),
            origin=Origin(said.get("origin", Origin.ASSUMED)),
            source=said.get("source", ""),
            process=said.get("process", unnamed),
            rate=said.get("rate", unnamed),
            x=said.get("x", 0.5),
            y=said.get("y", 0.5),
            areas=tuple(areas),
            whole=self.whole and bool(areas),
        )

    def area(self, path: KeyPath, data: Mapping[str, Any]) -> AreaPlan:
        said = table(self.toml, path, data, AREA_KEYS)
        id_ = said.get("id", "")
        if "id" in said and not ID.fullmatch(id_):
            self.toml.mistake((*path, "id"), id_, "an area's id has capitals and digits only")
        units: list[UnitPlan] = []
        for index, group in enumerate(said.get("units", ())):
            units += self.group((*path, "units", index), group)
        return AreaPlan(id_, said.get("name", Text(id_, id_)), tuple(units))

    def group(self, path: KeyPath, data: Mapping[str, Any]) -> list[UnitPlan]:
        """Return the units of one line: ``count`` numbered from ``first``, or one without a number."""
        units = self.group_units(path, data)
        if not units or any(unit.template in self.broken for unit in units):
            self.whole = False
        return self.free(path, units)

    def group_units(self, path: KeyPath, data: Mapping[str, Any]) -> list[UnitPlan]:
        """Return the units of one line, none where a mistake leaves them open."""
        id_ = str(data.get("template", ""))
        meant = id_ if id_ in self.templates else nearest(id_, self.templates)
        template = self.templates[meant] if meant else None
        ends = counts_wanted(template) if template else {key for key in data if len(key) == 1}
        said = table(self.toml, path, data, {**UNIT_KEYS, **{end: Key(Shape.COUNT) for end in sorted(ends)}})
        if "template" in said and id_ not in self.templates:
            hint = did_you_mean(id_, self.templates, "there is no such template")
            self.toml.mistake((*path, "template"), id_, hint)
        if template is None:
            return []
        if ("first" in data) != ("count" in data):
            self.toml.mistake(path, data, "first and count stand together, or neither for a unit without a number")
            return []
        counts = {end: said[end] for end in ends if end in said}
        for end, count in counts.items():
            if count > MOST_INDICES:
                self.toml.mistake((*path, end), count, f"a range has {MOST_INDICES} indices at most")
        if counts.keys() != ends or max(counts.values(), default=0) > MOST_INDICES:
            return []
        stem = template.id.removeprefix("T_")
        if "first" not in data:
            return [UnitPlan(stem, template.id, 0, counts)]
        if "first" not in said or "count" not in said:
            return []
        last = said["first"] + said["count"] - 1
        if last > MOST_UNITS:
            self.toml.mistake((*path, "count"), said["count"], f"unit numbers have three digits; this ends at {last}")
            return []
        numbers = range(said["first"], last + 1)
        return [UnitPlan(f"{stem}{number:03d}", template.id, number, counts) for number in numbers]

    def free(self, path: KeyPath, units: list[UnitPlan]) -> list[UnitPlan]:
        """Return the units whose ids no other line of the site has taken; taken ones are one mistake."""
        taken = [unit.id for unit in units if unit.id in self.taken]
        if taken:
            row = self.toml.row(self.taken[taken[0]])
            several = f"{taken[0]} to {taken[-1]}" if len(taken) > 1 else taken[0]
            self.toml.mistake(path, several, f"unit numbers overlap with row {row}; a number stands once in a site")
        free = [unit for unit in units if unit.id not in self.taken]
        self.taken.update((unit.id, path) for unit in free)
        return free
