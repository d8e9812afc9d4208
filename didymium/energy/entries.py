"""The tables of ``energy.toml``, each checked by itself: keys, shapes, words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didymium.model.mistakes import Mistakes
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

FILE: Final = "energy.toml"
ID: Final = re.compile(r"[a-z][a-z0-9_]*")
MINUTES: Final = (5, 10, 15, 20, 30, 60)
"""Lengths that an hour is made of."""
TEXT, OPTIONAL = Key(Shape.TEXT), Key(Shape.TEXT, required=False)
CONTRACT_KEYS: Final = {
    "power_mw": Key(Shape.NUMBER),
    "cap_percent": Key(Shape.NUMBER),
    "window_min": Key(Shape.COUNT),
    "source": TEXT,
}
FIGURE_KEYS: Final = {
    "drawn": TEXT,
    "factor": TEXT,
    "bought": TEXT,
    "used": TEXT,
    "power": TEXT,
    "rest": TEXT,
    "sheet": OPTIONAL,
    "specific": Key(Shape.TEXTS, required=False),
}
PROCESS_KEYS: Final = {
    "id": TEXT,
    "name": Key(Shape.TRANSLATED),
    "energy": TEXT,
    "parts": Key(Shape.TEXTS, required=False),
    "left": OPTIONAL,
    "rest": Key(Shape.TRANSLATED),
}
STEP_KEYS: Final = {
    "id": TEXT,
    "name": Key(Shape.TRANSLATED),
    "note": Key(Shape.TRANSLATED),
    "power": OPTIONAL,
    "within": OPTIONAL,
    "running": OPTIONAL,
}
FILE_KEYS: Final = {
    "contract": Key(Shape.TABLE),
    "figures": Key(Shape.TABLE),
    "processes": Key(Shape.TABLES),
    "steps": Key(Shape.TABLES, required=False),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One table with its place in the file."""

    said: Mapping[str, Any]
    path: KeyPath


@dataclass(frozen=True, slots=True)
class EnergyFile:
    """What ``energy.toml`` says, as far as its tables are whole; ``sound`` says that all of them are."""

    toml: TomlFile
    contract: Mapping[str, Any]
    figures: Mapping[str, Any]
    processes: tuple[Item, ...]
    steps: tuple[Item, ...]
    sound: bool


def read_entries(folder: Path, mistakes: Mistakes) -> EnergyFile | None:
    """Return what a folder says; None for one without ``energy.toml``, or where it is not TOML."""
    toml = read_toml(folder / FILE, FILE, mistakes) if (folder / FILE).is_file() else None
    if toml is None:
        return None
    before = len(mistakes.found)
    said = table(toml, (), toml.data, FILE_KEYS)
    contract = table(toml, ("contract",), said["contract"], CONTRACT_KEYS) if "contract" in said else {}
    _check_contract(toml, contract)
    figures = table(toml, ("figures",), said["figures"], FIGURE_KEYS) if "figures" in said else {}
    processes = _items(toml, "processes", said, PROCESS_KEYS)
    steps = _items(toml, "steps", said, STEP_KEYS)
    for item in processes:
        _check_process(toml, item)
    for item in steps:
        _check_step(toml, item)
    return EnergyFile(toml, contract, figures, processes, steps, len(mistakes.found) == before)


def _check_contract(toml: TomlFile, said: Mapping[str, Any]) -> None:
    if said.get("power_mw", 1.0) <= 0.0:
        toml.mistake(("contract", "power_mw"), said["power_mw"], "the contract is a number of MW above 0")
    if not 0.0 <= said.get("cap_percent", 0.0) < 100.0:
        hint = "how far the cap lies below the contract: a number of per cent from 0, less than 100"
        toml.mistake(("contract", "cap_percent"), said["cap_percent"], hint)
    if said.get("window_min", MINUTES[0]) not in MINUTES:
        hint = f"a demand window is one of {', '.join(map(str, MINUTES))} minutes, so that an hour is made of them"
        toml.mistake(("contract", "window_min"), said["window_min"], hint)


def _items(toml: TomlFile, kind: str, said: Mapping[str, Any], keys: Mapping[str, Key]) -> tuple[Item, ...]:
    found = []
    ids: set[str] = set()
    for index, data in enumerate(said.get(kind, ())):
        path: KeyPath = (kind, index)
        item = table(toml, path, data, keys)
        id_ = item.get("id")
        if id_ is not None and not ID.fullmatch(id_):
            toml.mistake((*path, "id"), id_, "an id has small letters, digits and _ only")
        elif id_ in ids:
            toml.mistake((*path, "id"), id_, f"this id stands twice among the {kind}")
        if id_ is not None:
            ids.add(id_)
        found.append(Item(item, path))
    return tuple(found)


def _check_process(toml: TomlFile, item: Item) -> None:
    if ("parts" in item.said) != ("left" in item.said):
        hint = (
            "'parts' and 'left' stand together: what of the process is metered apart, and the KPI of what is left of it"
        )
        toml.mistake(item.path, item.said.get("id", ""), hint)


def _check_step(toml: TomlFile, item: Item) -> None:
    said = item.said
    if ("power" in said) == ("within" in said):
        hint = (
            "a step has 'power', the KPI of what it frees, or, where no meter tells, 'within': of what it is a part; "
            f"here stand {'both' if 'power' in said else 'neither'}"
        )
        toml.mistake(
            (*item.path, "power") if "power" in said else item.path, said.get("power", said.get("id", "")), hint
        )
