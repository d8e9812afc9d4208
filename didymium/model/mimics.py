"""Reads ``mimics.toml``: how the units of a template are drawn on the pages of their sites, and by which tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from didymium.model.formula_text import FAMILY, families, members
from didymium.model.mistakes import Mistakes, did_you_mean
from didymium.model.plant import Kind, Mimic, MimicKind, TagTable, Template, Unit
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
        "length_m": SIZE,
    },
    MimicKind.FLOOR: {
        "x": NEEDED, "y": NEEDED, "heading": TEXT, "load": TEXT, "task": TEXT, "charge": TEXT,
        "faults": Key(Shape.TEXTS, required=False), "width_m": SIZE, "depth_m": SIZE,
    },
    MimicKind.LINE: {"state": NEEDED, "good": NEEDED, "bad": TEXT, "cycle": TEXT},
    MimicKind.STORE: {"fill": NEEDED, "weight": TEXT},
    MimicKind.DOCKS: {"state": NEEDED, "since": TEXT, "loaded": TEXT},
}  # fmt: skip
"""The keys that each kind has beside the common ones: tags of the unit by their roles, and sizes."""
KINDS_OF: Final = {"step": (Kind.ENUM,), "state": (Kind.ENUM,), "task": (Kind.ENUM,), "good": (Kind.COUNTER,)}
"""Roles that only such tags can have."""


def read_mimics(
    folder: Path, templates: Mapping[str, Template], units: Sequence[Unit], tags: TagTable, mistakes: Mistakes
) -> tuple[Mimic, ...]:
    """Return the mimics of a folder; one without ``mimics.toml`` has none, so that all units are plain marks."""
    toml = read_toml(folder / FILE, FILE, mistakes) if (folder / FILE).is_file() else None
    if toml is None:
        return ()
    said = table(toml, (), toml.data, {"mimics": Key(Shape.TABLES)})
    one_of = {unit.template: unit for unit in reversed(units)}
    taken: dict[str, MimicKind] = {}
    found = []
    for index, data in enumerate(said.get("mimics", ())):
        mimic = _mimic(toml, ("mimics", index), data)
        if mimic is None:
            continue
        for template in mimic.templates:
            path: KeyPath = ("mimics", index, "templates")
            if template not in templates:
                toml.mistake(path, template, did_you_mean(template, templates, "there is no such template"))
            elif template in taken:
                toml.mistake(path, template, f"this template is drawn as {taken[template]} already")
            elif template in one_of:
                _check_tags(toml, ("mimics", index), mimic, template, one_of[template], tags)
            taken.setdefault(template, mimic.kind)
        found.append(mimic)
    return tuple(found)


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
    if len(toml.mistakes.found) > before:
        return None
    return Mimic(
        kind=MimicKind(kind),
        name=said["name"],
        templates=tuple(said["templates"]),
        tags={role: said[role] for role, key in roles.items() if key.shape is Shape.TEXT and role in said},
        faults=tuple(said.get("faults", ())),
        sizes={role: said[role] for role, key in roles.items() if key.shape is Shape.NUMBER},
    )


def _check_tags(toml: TomlFile, path: KeyPath, mimic: Mimic, template: str, unit: Unit, tags: TagTable) -> None:
    """Say which roles name no tag of a template, or one that cannot play them."""
    names = tags.name[unit.rows]
    for role, name in (*mimic.tags.items(), *(("faults", each) for each in mimic.faults)):
        family = FAMILY.search(name) is not None
        own = members(name, names) if family else tuple(each for each in names if each == name)
        if not own:
            what = f"{template} has no such {'family' if family else 'tag'}"
            toml.mistake((*path, role), name, did_you_mean(name, families(names) if family else names, what))
            continue
        kind = tags.kind[unit.first + names.index(own[0])]
        wanted = KINDS_OF.get(role, ())
        if wanted and kind not in wanted:
            toml.mistake((*path, role), name, f"{name} of {template} is {kind}; here stands one of {', '.join(wanted)}")
