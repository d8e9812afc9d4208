"""The tables of ``balances.toml``, each checked by itself: keys, shapes, words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didymium.balance.sheets import Quantity
from didymium.balance.verdict_entries import VerdictEntry, check_id, verdict_entries
from didymium.kpi.entries import CONSTANT_KEYS, Entry, Per, Source
from didymium.model.mistakes import Mistakes
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

FILE: Final = "balances.toml"
NUMBER, TEXT, TABLES = (Key(shape, required=False) for shape in (Shape.NUMBER, Shape.TEXT, Shape.TABLES))
SHEET_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "quantity": Key(Shape.TEXT, words=tuple(Quantity)),
    "unit": Key(Shape.TEXT),
    "decimals": NUMBER,
    "source": Key(Shape.TEXT),
    "nodes": Key(Shape.TABLES),
    "streams": Key(Shape.TABLES),
    "constants": TABLES,
}
NODE_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "site": TEXT,
    "unit": TEXT,
    "formula": TEXT,
    "gauging": NUMBER,
}
STREAM_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "from": TEXT,
    "to": TEXT,
    "formula": TEXT,
    "percent": NUMBER,
    "least": NUMBER,
}
HELD: Final = "held"
"""Behind a node's id, names the gain of what it holds."""


@dataclass(frozen=True, slots=True)
class Item:
    """A node or stream, where it stands, and the figure that measures it or its gain, if any."""

    said: Mapping[str, Any]
    path: KeyPath
    figure: Entry | None


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One ``[[sheets]]`` with its place in the file."""

    said: Mapping[str, Any]
    toml: TomlFile
    path: KeyPath
    nodes: tuple[Item, ...]
    streams: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class BalanceEntries:
    """The flow sheets and verdicts of a folder; ``named`` are the ids of all its sheets, those with mistakes too."""

    sheets: tuple[SheetEntry, ...] = ()
    verdicts: tuple[VerdictEntry, ...] = ()
    named: tuple[str, ...] = ()


def read_balance_entries(folder: Path, mistakes: Mistakes) -> BalanceEntries:
    """Return what a folder has; one without ``balances.toml`` has nothing."""
    toml = read_toml(folder / FILE, FILE, mistakes) if (folder / FILE).is_file() else None
    if toml is None:
        return BalanceEntries()
    said = table(toml, (), toml.data, {"sheets": Key(Shape.TABLES), "verdicts": TABLES})
    tables = said.get("sheets", ())
    read = [_sheet(toml, ("sheets", i), data) for i, data in enumerate(tables)]
    entries: dict[str, SheetEntry] = {}
    for entry in read:
        if entry is None:
            continue
        if entry.said["id"] in entries:
            toml.mistake((*entry.path, "id"), entry.said["id"], "there is a sheet of this id already")
        entries.setdefault(entry.said["id"], entry)
    named = tuple(data["id"] for data in tables if isinstance(data, Mapping) and isinstance(data.get("id"), str))
    return BalanceEntries(tuple(entries.values()), verdict_entries(toml, said.get("verdicts", [])), named)


def _sheet(toml: TomlFile, path: KeyPath, data: Any) -> SheetEntry | None:
    before = len(toml.mistakes.found)
    said = table(toml, path, data, SHEET_KEYS)
    said["constants"] = [
        table(toml, (*path, "constants", i), each, CONSTANT_KEYS) for i, each in enumerate(said.get("constants", ()))
    ]
    decimals = said.get("decimals", 1.0)
    if not (decimals.is_integer() and 0 <= decimals <= 6):
        toml.mistake((*path, "decimals"), decimals, "decimals are a whole number from 0 to 6")
    found = {
        "nodes": [table(toml, (*path, "nodes", i), each, NODE_KEYS) for i, each in enumerate(said.get("nodes", ()))],
        "streams": [
            table(toml, (*path, "streams", i), each, STREAM_KEYS) for i, each in enumerate(said.get("streams", ()))
        ],
    }
    if len(toml.mistakes.found) > before:
        return None
    check_id(toml, (*path, "id"), said["id"])
    ids: set[str] = set()
    for kind, items in found.items():
        for i, item in enumerate(items):
            place = (*path, kind, i)
            check_id(toml, (*place, "id"), item["id"])
            if item["id"] in ids:
                toml.mistake((*place, "id"), item["id"], "this sheet has a node or stream of this id already")
            ids.add(item["id"])
    for i, item in enumerate(found["nodes"]):
        _check_held(toml, (*path, "nodes", i), item)
    for i, item in enumerate(found["streams"]):
        _check_meter(toml, (*path, "streams", i), item)
    nodes = [_item(toml, said, (*path, "nodes", i), each, f"_{HELD}") for i, each in enumerate(found["nodes"])]
    streams = [_item(toml, said, (*path, "streams", i), each) for i, each in enumerate(found["streams"])]
    return SheetEntry(said, toml, path, tuple(nodes), tuple(streams)) if len(toml.mistakes.found) == before else None


def _check_held(toml: TomlFile, path: KeyPath, said: Mapping[str, Any]) -> None:
    if ("formula" in said) != ("gauging" in said):
        hint = "'formula' and 'gauging' stand together: what the node has gained, and how well that is known"
        toml.mistake(path, said["id"], hint)
    if said.get("gauging", 1.0) <= 0.0:
        toml.mistake((*path, "gauging"), said["gauging"], "no gauging is without uncertainty: this is above 0")


def _check_meter(toml: TomlFile, path: KeyPath, said: Mapping[str, Any]) -> None:
    if "formula" not in said:
        for key in ("percent", "least"):
            if key in said:
                toml.mistake((*path, key), said[key], "a stream without 'formula' has no meter that could be uncertain")
        return
    percent, least = said.get("percent", 0.0), said.get("least", 0.0)
    for key in ("percent", "least"):
        if said.get(key, 0.0) < 0.0:
            toml.mistake((*path, key), said[key], "an uncertainty is not below 0")
    if percent <= 0.0 or least <= 0.0:
        hint = (
            "no meter is without uncertainty: give 'percent' of the reading and 'least' over a day, both above 0; "
            f"now they are {percent:g} and {least:g}"
        )
        key = "percent" if percent <= 0.0 else "least"
        if key in said:
            toml.mistake((*path, key), said[key], hint)
        else:
            toml.mistake(path, said["id"], hint)


def _item(toml: TomlFile, sheet: Mapping[str, Any], path: KeyPath, said: Mapping[str, Any], behind: str = "") -> Item:
    if "formula" not in said:
        return Item(said, path, None)
    figure = {
        "id": f"{sheet['id']}_{said['id']}{behind}",
        "name": said["name"],
        "description": sheet["name"],
        "group": "energy" if sheet["quantity"] == Quantity.ENERGY else "production",
        "per": Per.COMPLEX.value,
        "formula": said["formula"],
        "unit": sheet["unit"],
        "decimals": sheet.get("decimals", 1.0),
        "origin": Source.MEASURED.value,
        "source": sheet["source"],
        "helper": True,
        "amount": True,
        "constants": sheet["constants"],
    }
    return Item(said, path, Entry(figure, toml, path))
