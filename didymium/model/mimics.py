"""Reads ``mimics.toml``: how the units of a template are drawn on the pages of their sites, and by which tags."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didymium.model.drawings import Beside, Mimic, MimicKind, Partner
from didymium.model.formula_text import FAMILY, families, members
from didymium.model.mistakes import Mistakes, did_you_mean
from didymium.model.plant import Kind, TagTable, Template, Unit
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

FILE: Final = "mimics.toml"
TEXT, NEEDED = Key(Shape.TEXT, required=False), Key(Shape.TEXT)
SIZE: Final = Key(Shape.NUMBER)
COMMON: Final = {
    "kind": Key(Shape.TEXT, words=tuple(MimicKind)),
    "name": Key(Shape.TRANSLATED),
    "templates": Key(Shape.TEXTS),
}
ROLES: Final[Mapping[MimicKind, Mapping[str, Key]]] = {
    MimicKind.RINGS: {"step": NEEDED, "since": TEXT},
    MimicKind.PROFILE: {
        "top": NEEDED, "bottom": NEEDED, "aim": NEEDED, "came": TEXT, "went": TEXT, "speed": TEXT, "stay": TEXT,
        "length_m": SIZE, "beside": Key(Shape.TABLES, required=False),
    },
    MimicKind.FLOOR: {
        "x": NEEDED, "y": NEEDED, "heading": TEXT, "load": TEXT, "task": TEXT, "charge": TEXT,
        "faults": Key(Shape.TEXTS, required=False), "width_m": SIZE, "depth_m": SIZE,
    },
    MimicKind.LINE: {"state": NEEDED, "good": NEEDED, "bad": TEXT, "cycle": TEXT},
    MimicKind.STORE: {"fill": NEEDED, "weight": TEXT},
    MimicKind.DOCKS: {"state": NEEDED, "since": TEXT, "loaded": TEXT},
    MimicKind.TILES: {
        "state": TEXT, "since": TEXT, "level": TEXT, "values": Key(Shape.TEXTS),
        "partner": Key(Shape.TABLE, required=False),
    },
}  # fmt: skip
"""The keys that each kind has beside the common ones: tags of the unit by their roles, and sizes."""
BESIDE: Final[Mapping[str, Key]] = {
    "templates": Key(Shape.TEXTS), "at_m": Key(Shape.NUMBERS), "state": TEXT, "task": TEXT, "step": TEXT,
    "cycle": TEXT, "count": TEXT, "joints": TEXT, "faults": Key(Shape.TEXTS, required=False),
}  # fmt: skip
"""The keys of what stands beside the units of a drawing."""
PARTNER: Final[Mapping[str, Key]] = {"template": NEEDED, "state": TEXT, "values": Key(Shape.TEXTS)}
"""The keys of the unit that goes with each machine."""
KINDS_OF: Final = {"step": (Kind.ENUM,), "state": (Kind.ENUM,), "task": (Kind.ENUM,), "good": (Kind.COUNTER,)}
"""Roles that only such tags can have."""
KINDS_BESIDE: Final = {
    "state": (Kind.ENUM, Kind.BOOL), "task": (Kind.ENUM,), "step": (Kind.ENUM,), "count": (Kind.COUNTER,),
}  # fmt: skip


def read_mimics(
    folder: Path, templates: Mapping[str, Template], units: Sequence[Unit], tags: TagTable, mistakes: Mistakes
) -> tuple[Mimic, ...]:
    """Return the mimics of a folder; one without ``mimics.toml`` has none, so that all units are plain marks."""
    toml = read_toml(folder / FILE, FILE, mistakes) if (folder / FILE).is_file() else None
    if toml is None:
        return ()
    said = table(toml, (), toml.data, {"mimics": Key(Shape.TABLES)})
    drawn = _Drawn(toml, templates, {unit.template: unit for unit in reversed(units)}, tags, {})
    found = []
    for index, data in enumerate(said.get("mimics", ())):
        path: KeyPath = ("mimics", index)
        mimic = _mimic(toml, path, data)
        if mimic is None:
            continue
        drawn.take(path, mimic, mimic.kind, KINDS_OF)
        for i, beside in enumerate(mimic.beside):
            drawn.take((*path, "beside", i), beside, mimic.kind, KINDS_BESIDE)
        if mimic.partner is not None:
            drawn.take((*path, "partner"), mimic.partner, mimic.kind, KINDS_OF)
        found.append(mimic)
    return tuple(found)


Drawn = Mimic | Beside | Partner
"""What has tags of a template."""


@dataclass(frozen=True)
class _Drawn:
    """Which templates are drawn already, and what can be said of their tags."""

    toml: TomlFile
    templates: Mapping[str, Template]
    one_of: Mapping[str, Unit]
    tags: TagTable
    taken: dict[str, MimicKind]

    def take(self, path: KeyPath, what: Drawn, kind: MimicKind, kinds: Mapping[str, Sequence[Kind]]) -> None:
        """Check the templates of a drawing, or of what goes with it, and take them."""
        key, names = ("template", (what.template,)) if isinstance(what, Partner) else ("templates", what.templates)
        for template in names:
            if template not in self.templates:
                hint = did_you_mean(template, self.templates, "there is no such template")
                self.toml.mistake((*path, key), template, hint)
            elif template in self.taken:
                hint = f"this template is drawn as {self.taken[template]} already"
                self.toml.mistake((*path, key), template, hint)
            elif template in self.one_of:
                _check_tags(self.toml, path, what, template, self.one_of[template], self.tags, kinds)
            self.taken.setdefault(template, kind)


def _mimic(toml: TomlFile, path: KeyPath, data: Any) -> Mimic | None:
    kind = data.get("kind")
    if kind not in tuple(MimicKind):
        table(toml, path, {key: data[key] for key in COMMON if key in data}, COMMON)
        return None
    roles = ROLES[MimicKind(kind)]
    before = len(toml.mistakes.found)
    said = table(toml, path, data, {**COMMON, **roles})
    for key in ("length_m", "width_m", "depth_m"):
        if said.get(key, 1.0) <= 0.0:
            toml.mistake((*path, key), said[key], "a size is a number of metres above 0")
    beside = [
        _beside(toml, (*path, "beside", i), each, said.get("length_m", math.inf))
        for i, each in enumerate(said.get("beside", ()))
    ]
    partner = _partner(toml, (*path, "partner"), said["partner"]) if "partner" in said else None
    if len(toml.mistakes.found) > before:
        return None
    return Mimic(
        kind=MimicKind(kind),
        name=said["name"],
        templates=tuple(said["templates"]),
        tags={role: said[role] for role, key in roles.items() if key.shape is Shape.TEXT and role in said},
        faults=tuple(said.get("faults", ())),
        sizes={role: said[role] for role, key in roles.items() if key.shape is Shape.NUMBER},
        beside=tuple(each for each in beside if each is not None),
        values=tuple(said.get("values", ())),
        partner=partner,
    )


def _partner(toml: TomlFile, path: KeyPath, data: Any) -> Partner | None:
    said = table(toml, path, data, PARTNER)
    if "template" not in said or "values" not in said:
        return None
    tags = {"state": said["state"]} if "state" in said else {}
    return Partner(said["template"], tags, tuple(said["values"]))


def _beside(toml: TomlFile, path: KeyPath, data: Any, length_m: float) -> Beside | None:
    """Return what stands beside a unit of a length; a place that is not along it is a mistake."""
    said = table(toml, path, data, BESIDE)
    for at_m in said.get("at_m", ()):
        if not 0.0 <= at_m <= length_m:
            toml.mistake((*path, "at_m"), at_m, f"a place along it is from 0 to its length of {length_m:g} m")
    if "templates" not in said or "at_m" not in said:
        return None
    return Beside(
        templates=tuple(said["templates"]),
        at_m=tuple(float(at_m) for at_m in said["at_m"]),
        tags={role: said[role] for role, key in BESIDE.items() if key.shape is Shape.TEXT and role in said},
        faults=tuple(said.get("faults", ())),
    )


def _check_tags(
    toml: TomlFile,
    path: KeyPath,
    drawn: Drawn,
    template: str,
    unit: Unit,
    tags: TagTable,
    kinds: Mapping[str, Sequence[Kind]],
) -> None:
    """Say which roles name no tag of a template, or one that cannot play them."""
    names = tags.name[unit.rows]
    faults = () if isinstance(drawn, Partner) else drawn.faults
    values = () if isinstance(drawn, Beside) else drawn.values
    for role, name in (
        *drawn.tags.items(),
        *(("faults", each) for each in faults),
        *(("values", each) for each in values),
    ):
        family = FAMILY.search(name) is not None
        own = members(name, names) if family else tuple(each for each in names if each == name)
        if not own:
            what = f"{template} has no such {'family' if family else 'tag'}"
            toml.mistake((*path, role), name, did_you_mean(name, families(names) if family else names, what))
            continue
        kind = tags.kind[unit.first + names.index(own[0])]
        wanted = kinds.get(role, ())
        if wanted and kind not in wanted:
            toml.mistake((*path, role), name, f"{name} of {template} is {kind}; here stands one of {', '.join(wanted)}")
