"""Reads ``units.toml``: what the page of a unit tells beside its values: its cycle, its lots, its upkeep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didymium.model.drawings import Lots, UnitPage, Upkeep
from didymium.model.mistakes import Mistakes, did_you_mean
from didymium.model.plant import Kind, TagTable, Template, TemplateTag, Unit
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

FILE: Final = "units.toml"
TEXT: Final = Key(Shape.TEXT, required=False)
TABLES: Final = Key(Shape.TABLES, required=False)
UNIT_KEYS: Final = {
    "templates": Key(Shape.TEXTS),
    "step": TEXT,
    "since": TEXT,
    "lasts_min": Key(Shape.TABLE, required=False),
    "lots": TABLES,
    "upkeep": TABLES,
}
LOT_KEYS: Final = {"tag": Key(Shape.TEXT), "values": Key(Shape.TEXTS, required=False)}
UPKEEP_KEYS: Final = {
    "name": Key(Shape.TRANSLATED),
    "tag": Key(Shape.TEXT),
    "due": Key(Shape.NUMBER),
    "fresh": Key(Shape.NUMBER, required=False),
}
NUMBERS: Final = (Kind.ANALOG, Kind.COUNTER, Kind.INT)
TIMES: Final = ("s", "min", "h")


def read_unit_pages(
    folder: Path, templates: Mapping[str, Template], units: Sequence[Unit], tags: TagTable, mistakes: Mistakes
) -> tuple[UnitPage, ...]:
    """Return what ``units.toml`` says; without the file nothing is told beside the values."""
    toml = read_toml(folder / FILE, FILE, mistakes) if (folder / FILE).is_file() else None
    if toml is None:
        return ()
    said = table(toml, (), toml.data, {"units": Key(Shape.TABLES)})
    one_of = {unit.template: unit for unit in reversed(units)}
    taken: set[str] = set()
    found = []
    for index, data in enumerate(said.get("units", ())):
        path: KeyPath = ("units", index)
        entry = table(toml, path, data, UNIT_KEYS)
        named = tuple(entry.get("templates", ()))
        for template in named:
            if template not in templates:
                hint = did_you_mean(template, templates, "there is no such template")
                toml.mistake((*path, "templates"), template, hint)
            elif template in taken:
                toml.mistake((*path, "templates"), template, "what its units tell stands further up already")
            taken.add(template)
        page = _Page(toml, path, {each: _tags_of(one_of[each], tags) for each in named if each in one_of})
        found.append(page.read(entry, named))
    return tuple(found)


def _tags_of(unit: Unit, tags: TagTable) -> dict[str, TemplateTag]:
    return dict(zip(tags.name[unit.rows], tags.template_tag[unit.rows], strict=True))


@dataclass(frozen=True)
class _Page:
    """One entry, with the tags of the templates that have units."""

    toml: TomlFile
    path: KeyPath
    tags: Mapping[str, Mapping[str, TemplateTag]]

    def read(self, entry: Mapping[str, Any], templates: tuple[str, ...]) -> UnitPage:
        step, since = entry.get("step", ""), entry.get("since", "")
        if step:
            self.tag(("step",), step, (Kind.ENUM,))
        if since:
            for tag in self.tag(("since",), since, (Kind.ANALOG, Kind.COUNTER)):
                if tag.unit not in TIMES:
                    self.toml.mistake((*self.path, "since"), since, f"a time is in s, min or h, not in {tag.unit!r}")
        return UnitPage(
            templates=templates,
            step=step,
            since=since,
            lasts_min=self.lasts(entry.get("lasts_min", {}), step),
            lots=tuple(lots for i, data in enumerate(entry.get("lots", ())) if (lots := self.lots(i, data))),
            upkeep=tuple(work for i, data in enumerate(entry.get("upkeep", ())) if (work := self.upkeep(i, data))),
        )

    def tag(self, where: KeyPath, name: str, kinds: Sequence[Kind]) -> list[TemplateTag]:
        """Return the tag in each template; one that is not there, or of another kind, is a mistake."""
        found = []
        for template, tags in self.tags.items():
            tag = tags.get(name)
            if tag is None:
                hint = did_you_mean(name, tags, f"{template} has no such tag")
                self.toml.mistake((*self.path, *where), name, hint)
            elif kinds and tag.kind not in kinds:
                hint = f"{name} of {template} is {tag.kind}; here stands one of {', '.join(kinds)}"
                self.toml.mistake((*self.path, *where), name, hint)
            else:
                found.append(tag)
        return found

    def lasts(self, said: Mapping[str, Any], step: str) -> dict[str, float]:
        """Return the usual times of steps; a step that is no label, or a time that is none, is a mistake."""
        path: KeyPath = (*self.path, "lasts_min")
        if said and not step:
            self.toml.mistake(path, "", "times of steps need the tag of the step: the key 'step' is missing")
        labels = dict.fromkeys(label for tags in self.tags.values() if step in tags for label in tags[step].labels)
        found: dict[str, float] = {}
        for label, minutes in said.items():
            if labels and label not in labels:
                self.toml.mistake((*path, label), label, did_you_mean(label, labels, f"{step} has no such label"))
            elif isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes < 1e6:
                self.toml.mistake((*path, label), minutes, "a time is a number of minutes above 0")
            else:
                found[label] = float(minutes)
        return found

    def lots(self, index: int, data: Any) -> Lots | None:
        entry = table(self.toml, (*self.path, "lots", index), data, LOT_KEYS)
        if "tag" in entry:
            self.tag(("lots", index, "tag"), entry["tag"], (Kind.ID, *NUMBERS))
        for name in entry.get("values", ()):
            self.tag(("lots", index, "values"), name, ())
        return Lots(entry["tag"], tuple(entry.get("values", ()))) if "tag" in entry else None

    def upkeep(self, index: int, data: Any) -> Upkeep | None:
        path: KeyPath = (*self.path, "upkeep", index)
        entry = table(self.toml, path, data, UPKEEP_KEYS)
        if "tag" in entry:
            self.tag(("upkeep", index, "tag"), entry["tag"], NUMBERS)
        due, fresh = entry.get("due", 1.0), entry.get("fresh", 0.0)
        if due == fresh:
            self.toml.mistake((*path, "due"), due, "what is due differs from what is fresh (0 when left out)")
        if {"name", "tag", "due"} - entry.keys():
            return None
        return Upkeep(entry["name"], entry["tag"], due, fresh)
