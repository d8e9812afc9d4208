"""The tables of ``claims.toml``, each checked by itself: keys, shapes, words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didymium.evidence.definitions import Kind, Source
from didymium.evidence.formula import CALLED
from didymium.evidence.testing import HIGH, LOW, VALUE
from didymium.model.mistakes import Mistakes
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table

FILE: Final = "claims.toml"
ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
RESERVED: Final = (VALUE, LOW, HIGH, *CALLED)
"""What no input and no step is called: conditions and formulas mean something else by these."""
MARKED: Final = re.compile(r"(A1|A2|S:\w+|C|K|A)(,.*)?")
EXPECTED: Final = ("OK", "OK*", "LOOSE", "TENSION")
NO_UNIT: Final = "1"
"""How a plain number's unit is written, since a text cannot be empty."""

OPTIONAL_NUMBER, OPTIONAL_TEXT, OPTIONAL_TABLES, OPTIONAL_TRANSLATED = (
    Key(shape, required=False) for shape in (Shape.NUMBER, Shape.TEXT, Shape.TABLES, Shape.TRANSLATED)
)
FILE_KEYS: Final = {"inputs": OPTIONAL_TABLES, "claims": Key(Shape.TABLES)}
CLAIM_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "published": Key(Shape.TRANSLATED),
    "source": Key(Shape.TEXT),
    "inputs": OPTIONAL_TABLES,
    "steps": OPTIONAL_TABLES,
    "formula": Key(Shape.TEXT),
    "unit": Key(Shape.TEXT),
    "decimals": OPTIONAL_NUMBER,
    "low": OPTIONAL_TEXT,
    "high": OPTIONAL_TEXT,
    "untestable": OPTIONAL_TRANSLATED,
    "untestable_when": OPTIONAL_TEXT,
    "tension": OPTIONAL_TRANSLATED,
    "tension_when": OPTIONAL_TEXT,
    "condition": OPTIONAL_TRANSLATED,
    "condition_when": OPTIONAL_TEXT,
    "live": Key(Shape.NAMED_TEXTS, required=False),
    "expects": Key(Shape.TEXT, required=False, words=EXPECTED),
}
INPUT_KEYS: Final = {
    "name": Key(Shape.TEXT),
    "label": Key(Shape.TRANSLATED),
    "value": Key(Shape.NUMBER),
    "unit": Key(Shape.TEXT),
    "low": OPTIONAL_NUMBER,
    "high": OPTIONAL_NUMBER,
    "origin": Key(Shape.TEXT, words=tuple(Source)),
    "source": Key(Shape.TEXT),
}
STEP_KEYS: Final = {
    "name": Key(Shape.TEXT),
    "label": Key(Shape.TRANSLATED),
    "formula": Key(Shape.TEXT),
    "unit": Key(Shape.TEXT),
    "decimals": OPTIONAL_NUMBER,
}
LIVE_KEYS: Final = {
    "kind": Key(Shape.TEXT, words=tuple(Kind)),
    "id": Key(Shape.TEXT),
    "scope": OPTIONAL_TEXT,
    "of": OPTIONAL_TEXT,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of the file, with its place."""

    said: Mapping[str, Any]
    path: KeyPath


@dataclass(frozen=True, slots=True)
class ClaimsFile:
    """``claims.toml`` as read; ``inputs`` are those that any claim may name. ``toml`` is None where there is none.

    ``lost`` are the names of inputs that are wrong, so that what names them is not a mistake of its own.
    """

    toml: TomlFile | None
    inputs: tuple[Entry, ...]
    claims: tuple[Entry, ...]
    lost: frozenset[str] = frozenset()


def read_entries(folder: Path, mistakes: Mistakes) -> ClaimsFile:
    """Return the claims of a folder; one without ``claims.toml`` has none."""
    toml = read_toml(folder / FILE, FILE, mistakes) if (folder / FILE).is_file() else None
    if toml is None:
        return ClaimsFile(None, (), ())
    said = table(toml, (), toml.data, FILE_KEYS)
    claims = [_claim(toml, ("claims", i), data) for i, data in enumerate(said.get("claims", ()))]
    inputs = inputs_of(toml, (), said)
    return ClaimsFile(toml, inputs, tuple(each for each in claims if each is not None), lost_of(said, "inputs", inputs))


def unit_of(said: Mapping[str, Any]) -> str:
    """The unit of an input, a step or a claim; empty for a plain number."""
    unit = str(said["unit"])
    return "" if unit == NO_UNIT else unit


def inputs_of(toml: TomlFile, path: KeyPath, said: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The inputs in a table, without those that are wrong."""
    found = [_input(toml, (*path, "inputs", i), data) for i, data in enumerate(said.get("inputs", ()))]
    return tuple(each for each in found if each is not None)


def steps_of(toml: TomlFile, path: KeyPath, said: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The steps of a claim, without those that are wrong."""
    found = []
    for i, data in enumerate(said.get("steps", ())):
        place: KeyPath = (*path, "steps", i)
        before = len(toml.mistakes.found)
        step = table(toml, place, data, STEP_KEYS)
        if len(toml.mistakes.found) == before:
            _check_name(toml, place, step["name"])
            _check_decimals(toml, place, step)
            found.append(Entry(step, place))
    return tuple(found)


def lost_of(said: Mapping[str, Any], key: str, kept: Sequence[Entry]) -> frozenset[str]:
    """The names in a list of tables that are not among those ``kept``, because something is wrong with them."""
    return frozenset(str(each.get("name")) for each in said.get(key, ())) - {each.said["name"] for each in kept}


def _claim(toml: TomlFile, path: KeyPath, data: Any) -> Entry | None:
    keys = dict(CLAIM_KEYS)
    for end in ("low", "high"):
        if not isinstance(data.get(end), str):
            keys[end] = OPTIONAL_NUMBER  # a number in the claim's unit instead of a formula
    before = len(toml.mistakes.found)
    said = table(toml, path, data, keys)
    if len(toml.mistakes.found) > before:
        return None
    if not ID.fullmatch(said["id"]):
        toml.mistake((*path, "id"), said["id"], "an id has letters, digits and _, a letter first")
    if not MARKED.fullmatch(said["source"]):
        _unmarked(toml, path, said["source"])
    _check_decimals(toml, path, said)
    for word in ("untestable", "tension", "condition"):
        if f"{word}_when" in said and word not in said:
            hint = f"'{word}' in both languages says why, and stands with it"
            toml.mistake((*path, f"{word}_when"), said[f"{word}_when"], hint)
    if "live" in said:
        said["live"] = table(toml, (*path, "live"), said["live"], LIVE_KEYS)
    return Entry(said, path) if len(toml.mistakes.found) == before else None


def _input(toml: TomlFile, path: KeyPath, data: Any) -> Entry | None:
    before = len(toml.mistakes.found)
    said = table(toml, path, data, INPUT_KEYS)
    if len(toml.mistakes.found) > before:
        return None
    _check_name(toml, path, said["name"])
    if not MARKED.fullmatch(said["source"]):
        _unmarked(toml, path, said["source"])
    if ("low" in said) != ("high" in said):
        toml.mistake(path, "", "'low' and 'high' stand together: from where to where the input can be tried")
    elif "low" in said and not said["low"] <= said["value"] <= said["high"]:
        hint = f"the value {said['value']:.12g} lies outside its band, from {said['low']:.12g} to {said['high']:.12g}"
        toml.mistake((*path, "value"), said["value"], hint)
    elif "low" in said and said["low"] == said["high"]:
        toml.mistake((*path, "low"), said["low"], "a band of one value; leave 'low' and 'high' out of a constant")
    return Entry(said, path)


def _check_name(toml: TomlFile, path: KeyPath, name: str) -> None:
    if not NAME.fullmatch(name):
        toml.mistake((*path, "name"), name, "a name has lower-case letters, digits and _, a letter first")
    if name in RESERVED:
        toml.mistake((*path, "name"), name, f"formulas mean something else by {', '.join(RESERVED)}; name it otherwise")


def _check_decimals(toml: TomlFile, path: KeyPath, said: Mapping[str, Any]) -> None:
    decimals = said.get("decimals", 1.0)
    if not (decimals.is_integer() and 0 <= decimals <= 6):
        toml.mistake((*path, "decimals"), decimals, "decimals are a whole number from 0 to 6")


def _unmarked(toml: TomlFile, path: KeyPath, source: str) -> None:
    hint = (
        "a source begins with its mark: A1 or A2 (the articles), S:n (looked up), C (computed), K (general knowledge), "
        "A (assumed); what follows stands behind a comma"
    )
    toml.mistake((*path, "source"), source, hint)
