"""Reads what is wanted of the alarms of a position, ``[targets]`` of ``alarms.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from didymium.alarms.definitions import SPLIT, Priority, Targets
from didymium.model.toml_table import Key, Shape, TomlFile, table

HOUR_US: Final = 3_600_000_000
NUMBER, COUNT, SHARE = (Key(shape, required=False) for shape in (Shape.NUMBER, Shape.COUNT, Shape.SHARE))
KEYS: Final = {
    "per_10_min": NUMBER,
    "flood_from": COUNT,
    "flood_until": COUNT,
    "chattering_per_min": COUNT,
    "fleeting_s": NUMBER,
    "stale_h": NUMBER,
    "top": COUNT,
    "top_share": SHARE,
    "split": Key(Shape.TABLE, required=False),
}
MOST: Final = {"per_10_min": 100_000, "fleeting_s": 3_600, "stale_h": 8_784, "top": 1_000}
SPLIT_KEYS: Final = {priority.name.lower(): SHARE for priority in SPLIT}


def read_targets(toml: TomlFile, data: object) -> Targets:
    """Return the targets that a table says; those that it does not say, or says wrongly, are the usual ones."""
    said = table(toml, ("targets",), data, KEYS)
    usual = Targets()
    times = {"fleeting_s": ("fleeting_us", 1e6), "stale_h": ("stale_us", HOUR_US)}
    for key in ("per_10_min", *times):
        if key in said and said[key] <= 0.0:
            toml.mistake(("targets", key), said.pop(key), "this is above 0")
    for key, most in MOST.items():
        if key in said and said[key] > most:
            toml.mistake(("targets", key), said.pop(key), f"this is at most {most:,}")
    from_, until = (int(said.get(key, getattr(usual, key))) for key in ("flood_from", "flood_until"))
    if not 2 <= until <= from_:
        key = "flood_until" if "flood_until" in said else "flood_from"
        hint = f"a flood ends with fewer alarms than it begins with: 2 ≤ flood_until ({until}) ≤ flood_from ({from_})"
        toml.mistake(("targets", key), said[key], hint)
        said = {name: value for name, value in said.items() if name not in ("flood_from", "flood_until")}
    split = _split(toml, said.pop("split", None))
    for key, (name, unit_us) in times.items():
        if key in said:
            said[name] = round(said.pop(key) * unit_us)
    return replace(usual, split=split, **said)


def _split(toml: TomlFile, data: object) -> Mapping[Priority, float]:
    if data is None:
        return SPLIT
    shares = table(toml, ("targets", "split"), data, SPLIT_KEYS)
    return SPLIT | {Priority[name.upper()]: share for name, share in shares.items()}
