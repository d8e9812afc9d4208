"""The tables ``[[verdicts]]`` of ``balances.toml``, each checked by itself: keys, shapes, bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from didymium.balance.legs import Compared
from didymium.kpi.entries import CONSTANT_KEYS, ID, NO_UNIT, Entry, Per, Source
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, table

NUMBER, TEXT, TABLES = (Key(shape, required=False) for shape in (Shape.NUMBER, Shape.TEXT, Shape.TABLES))
VERDICT_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "source": Key(Shape.TEXT),
    "sheet": Key(Shape.TEXT),
    "bias_percent": Key(Shape.NUMBER),
    "legs": Key(Shape.TABLES),
    "constants": TABLES,
}
LEG_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "sheet": TEXT,
    "figures": TABLES,
    "compared": Key(Shape.TEXT, required=False, words=(Compared.EVERY_DAY, Compared.CHANGE)),
    "unit": TEXT,
    "low": NUMBER,
    "high": NUMBER,
    "days": Key(Shape.COUNT, required=False),
    "missing": Key(Shape.TRANSLATED, required=False),
}
FIGURE_KEYS: Final = {"name": Key(Shape.TRANSLATED), "formula": Key(Shape.TEXT)}
BAND: Final = ("low", "high", "days")


@dataclass(frozen=True, slots=True)
class LegEntry:
    """A leg, where it stands, and its figures."""

    said: Mapping[str, Any]
    path: KeyPath
    figures: tuple[Entry, ...]

    @property
    def compared(self) -> Compared:
        if "missing" in self.said:
            return Compared.NOTHING
        return Compared.CLOSING if "sheet" in self.said else Compared(self.said["compared"])


@dataclass(frozen=True, slots=True)
class VerdictEntry:
    """One ``[[verdicts]]`` with its place in the file."""

    said: Mapping[str, Any]
    toml: TomlFile
    path: KeyPath
    legs: tuple[LegEntry, ...]


def verdict_entries(toml: TomlFile, tables: list[Any]) -> tuple[VerdictEntry, ...]:
    """The verdicts that a file asks for; of those of one id the first."""
    found: dict[str, VerdictEntry] = {}
    for i, data in enumerate(tables):
        entry = _verdict(toml, ("verdicts", i), data)
        if entry is None:
            continue
        if entry.said["id"] in found:
            toml.mistake((*entry.path, "id"), entry.said["id"], "there is a verdict of this id already")
        found.setdefault(entry.said["id"], entry)
    return tuple(found.values())


def _verdict(toml: TomlFile, path: KeyPath, data: Any) -> VerdictEntry | None:
    before = len(toml.mistakes.found)
    said = table(toml, path, data, VERDICT_KEYS)
    said["constants"] = [
        table(toml, (*path, "constants", i), each, CONSTANT_KEYS) for i, each in enumerate(said.get("constants", ()))
    ]
    places = [(*path, "legs", i) for i in range(len(said.get("legs", ())))]
    legs = [table(toml, place, each, LEG_KEYS) for place, each in zip(places, said.get("legs", ()), strict=True)]
    for place, leg in zip(places, legs, strict=True):
        leg["figures"] = [
            table(toml, (*place, "figures", i), each, FIGURE_KEYS) for i, each in enumerate(leg.get("figures", ()))
        ]
    if len(toml.mistakes.found) > before:
        return None
    check_id(toml, (*path, "id"), said["id"])
    if said["bias_percent"] <= 0.0:
        hint = "no meter is without a bias: this is above 0, or the blind spot would be told too small"
        toml.mistake((*path, "bias_percent"), said["bias_percent"], hint)
    if not any("missing" not in leg for leg in legs):
        hint = "no leg can be judged by tags, so that nothing could ever be said: give one a 'sheet' or 'figures'"
        toml.mistake((*path, "legs"), said["id"], hint)
    ids: set[str] = set()
    for place, leg in zip(places, legs, strict=True):
        check_id(toml, (*place, "id"), leg["id"])
        if leg["id"] in ids:
            toml.mistake((*place, "id"), leg["id"], "this verdict has a leg of this id already")
        ids.add(leg["id"])
        _check_leg(toml, place, leg)
    if len(toml.mistakes.found) > before:
        return None
    entries = [LegEntry(leg, place, _figures(toml, said, place, leg)) for place, leg in zip(places, legs, strict=True)]
    return VerdictEntry(said, toml, path, tuple(entries))


def check_id(toml: TomlFile, path: KeyPath, id_: str) -> None:
    """Say where an id is no id."""
    if not ID.fullmatch(id_):
        toml.mistake(path, id_, "an id has lower-case letters, digits and _, a letter first")


def _check_leg(toml: TomlFile, path: KeyPath, said: Mapping[str, Any]) -> None:
    told = [key for key in ("sheet", "figures", "missing") if said.get(key)]
    if len(told) != 1:
        hint = "a leg goes by a 'sheet', by 'figures', or says what is 'missing': one of the three"
        toml.mistake(path, ", ".join(told), hint)
        return
    wanted = () if told == ["missing"] else BAND if told == ["sheet"] else (*BAND, "unit", "compared")
    for key in (*BAND, "unit", "compared"):
        if key in wanted and key not in said:
            toml.mistake(path, said["id"], f"the key {key!r} is missing: it says what the leg's {told[0]} are held to")
        elif key not in wanted and key in said:
            toml.mistake((*path, key), said[key], f"a leg with {told[0]!r} has no {key!r}")
    if said.get("low", float("-inf")) >= said.get("high", float("inf")):
        hint = f"the band is the wrong way round: its low end is not below its high end {said['high']:g}"
        toml.mistake((*path, "low"), said["low"], hint)


def _figures(toml: TomlFile, verdict: Mapping[str, Any], path: KeyPath, leg: Mapping[str, Any]) -> tuple[Entry, ...]:
    found = []
    for i, said in enumerate(leg["figures"]):
        figure = {
            "id": f"{verdict['id']}_{leg['id']}_{i + 1}",
            "name": said["name"],
            "description": leg["name"],
            "group": "production",
            "per": Per.COMPLEX.value,
            "formula": said["formula"],
            "unit": leg["unit"] or NO_UNIT,
            "origin": Source.MEASURED.value,
            "source": verdict["source"],
            "helper": True,
            "amount": True,
            "constants": verdict["constants"],
        }
        found.append(Entry(figure, toml, (*path, "figures", i)))
    return tuple(found)
