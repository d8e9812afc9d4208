"""Writes browsed points as a complex folder that loads: templates, units, and the address of every tag.

Units with the same tags share a template, whose id is the unit's name without its number: CELL001 and CELL002 become
T_CELL. Everything is a proposal to be edited; the addresses keep their tags through every edit but renaming.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from didymium.acquire.browse_found import Found
from didymium.model.plant import Protocol

AREA: Final = "MAIN"
"""Where points go that have too few names above them."""
UNITS_MOST: Final = 999
COLUMNS: Final = (
    "name", "kind", "unit", "low", "high", "resolution", "ll", "l", "h", "hh", "limit_text", "noise_sigma", "labels",
    "description_en", "description_zh",
)  # fmt: skip
NUMBERED: Final = re.compile(r"(.*?)[ _-]?(\d{1,3})")

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    area: str
    name: str
    rows: tuple[Row, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    unit: _Unit
    template: str
    number: int


def write_folder(
    found: Iterable[Found], folder: Path, protocol: Protocol, endpoint: str, options: Mapping[str, str]
) -> list[Path]:
    """Write a complex of one site per ``Found.site`` and return the files. ``options`` go to all
    connections, beside what ``Found.options`` says of one.

    Raises ``FileExistsError`` when the folder has files already, because a person may have edited them.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; browse into a new folder and copy from there")
    by_site: dict[str, list[Found]] = {}
    for point in found:
        by_site.setdefault(point.site, []).append(point)
    site_id = _namer(_capitals, "S")
    templates: dict[str, tuple[Row, ...]] = {}
    texts: dict[str, str] = {}
    connections: list[str] = []
    for index, (name, points) in enumerate(by_site.items()):
        site = site_id(name)
        placed = _place(_units(points), templates)
        texts[f"sites/{site}.toml"] = _site(name, endpoint, placed, (index + 1) / (len(by_site) + 1))
        texts[f"addresses/{site}.csv"] = _csv(("path", "address"), _addresses(site, placed))
        lines = [f"[{site}]", f"protocol = {_quoted(protocol.value)}", f"endpoint = {_quoted(endpoint)}"]
        said = {**options, **dict(points[0].options)}
        if protocol is Protocol.SPARKPLUG and said.setdefault("node", name) == site:
            del said["node"]
        lines += [f"{key} = {_quoted(value)}" for key, value in said.items()]
        connections.append("\n".join(lines) + "\n")
    texts["complex.toml"] = (
        f'id = "browsed"\nname = {_both("Browsed complex")}\n'
        'zone = "UTC"  # the plant\'s own, such as Asia/Shanghai\nperiod_s = 1\n'
    )
    texts["templates.toml"] = "".join(f"{id_} = {_both(id_.removeprefix('T_'))}\n" for id_ in templates)
    texts["connections.toml"] = "\n".join(connections)
    texts["flows.toml"] = texts["headlines.toml"] = ""
    for id_, rows in templates.items():
        texts[f"templates/{id_}.csv"] = _csv(COLUMNS, rows)
    written = []
    for file, text in sorted(texts.items()):
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        written.append(path)
    return written


def _units(points: Sequence[Found]) -> list[_Unit]:
    """Gather points by the names above them: the outermost is the area, the others together the unit."""
    area_id = _namer(_capitals, "A")
    by_unit: dict[tuple[str, str], list[Found]] = {}
    for point in points:
        above = point.levels[:-1]
        area = above[0] if above else AREA
        unit = "_".join(above[1:]) if len(above) > 1 else area
        by_unit.setdefault((area, unit), []).append(point)
    areas: dict[str, str] = {}
    units = []
    for (area, unit), members in by_unit.items():
        if area not in areas:
            areas[area] = area_id(area)
        tag_name = _namer(_word, "X")
        rows = tuple(_row(point, tag_name(point.levels[-1])) for point in members)
        units.append(_Unit(areas[area], unit, rows, tuple(point.address for point in members)))
    return units


def _place(units: Sequence[_Unit], templates: dict[str, tuple[Row, ...]]) -> list[_Placed]:
    """Give each unit a template, shared where the tags are the same, and a number that is free in the site."""
    known = {rows: id_ for id_, rows in templates.items()}
    taken: dict[str, set[int]] = {}
    placed = []
    for unit in units:
        match = NUMBERED.fullmatch(unit.name)
        stem, wished = (match.group(1), int(match.group(2))) if match else (unit.name, 0)
        template = known.get(unit.rows)
        if template is None or len(taken.get(template, ())) >= UNITS_MOST:
            kind = _capitals(stem)
            template = _free(f"T_{kind}" if kind and kind[0].isalpha() else f"T_UNIT{kind}", templates)
            templates[template] = unit.rows
            known[unit.rows] = template
        numbers = taken.setdefault(template, set())
        number = wished if wished and wished not in numbers else next(n for n in range(1, 1000) if n not in numbers)
        numbers.add(number)
        placed.append(_Placed(unit, template, number))
    return placed


def _addresses(site: str, placed: Sequence[_Placed]) -> list[Row]:
    return [
        (f"{site}.{p.unit.area}.{p.template.removeprefix('T_')}{p.number:03d}.{row[0]}", address)
        for p in placed
        for row, address in zip(p.unit.rows, p.unit.addresses, strict=True)
    ]


def _site(name: str, endpoint: str, placed: Sequence[_Placed], x: float) -> str:
    by_area: dict[str, list[_Placed]] = {}
    for p in placed:
        by_area.setdefault(p.unit.area, []).append(p)
    text = (
        f'name = {_both(name)}\norigin = "assumed"\nsource = {_quoted(f"browsed at {endpoint}")}\n'
        f"process = {_both('to be written')}\nrate = {_both('to be written')}\nx = {x:.2f}\ny = 0.5\n"
    )
    for area, members in by_area.items():
        lines = [f"  {{ template = {_quoted(p.template)}, first = {p.number}, count = 1 }}," for p in members]
        text += f"\n[[areas]]\nid = {_quoted(area)}\nname = {_both(area)}\nunits = [\n" + "\n".join(lines) + "\n]\n"
    return text


def _row(point: Found, name: str) -> Row:
    said = _plain(point.description) or name
    # words in braces would be filled in by the reader of templates
    description = said.replace("{", "(").replace("}", ")")
    low, high = (f"{x:.17g}" for x in (point.low, point.high))
    return (
        name, point.kind.value, _plain(point.unit), low, high, point.resolution, "", "", "", "", "", "",
        "|".join(_plain(label) for label in point.labels), description, description,
    )  # fmt: skip


def _namer(form: Callable[[str], str], prefix: str) -> Callable[[str], str]:
    """A function that gives each name in a valid form, and none twice."""
    given: set[str] = set()

    def name(wanted: str) -> str:
        formed = form(wanted)
        if not formed or (form is _capitals and formed[0].isdigit()):
            formed = prefix + formed
        free = _free(formed, given)
        given.add(free)
        return free

    return name


def _free(name: str, taken: Iterable[str]) -> str:
    held = set(taken)
    if name not in held:
        return name
    return next(f"{name}X{n}" for n in range(2, 1_000_000) if f"{name}X{n}" not in held)


def _capitals(name: str) -> str:
    letters = re.sub(r"[^A-Z0-9]", "", name.upper())
    return letters.lstrip("0123456789") or letters


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")


def _plain(text: str) -> str:
    """One line without control characters and halves of surrogate pairs."""
    kept = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or not unicodedata.category(c).startswith("C")
    )
    return " ".join(kept.split())


def _both(text: str) -> str:
    said = _quoted(_plain(text) or "?")
    return f"{{ en = {said}, zh = {said} }}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    lines: list[str] = []
    writer = csv.writer(_Lines(lines), lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return "".join(lines)


class _Lines:
    """Takes what ``csv`` writes."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, text: str) -> None:
        self._lines.append(text)
