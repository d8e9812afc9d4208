"""The books that ``alarms.toml`` asks for: what units enter into them, over how long, and what they are to say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from didymium.alarms.books import BUCKETS, Says, Side
from didymium.alarms.entries import AlarmsFile, Entry
from didymium.alarms.wiring import Block, Wiring
from didymium.model.formula_text import BadFormula
from didymium.model.mistakes import did_you_mean
from didymium.model.toml_table import TomlFile

SIDES: Final = {"came": Side.CAME, "went": Side.WENT, "held": Side.HELD}
LONGEST_H: Final = 24.0 * 366
NEEDS: Final = {Says.SHIFT: ("newest_h",), Says.SIGMAS: ("meters_percent", "gauging")}
"""Keys of alarms that only books that say this have, and must have."""
Member = tuple[str, list[tuple[str, Side]], str]
"""Name, terms, and when it counts, of one book of a unit."""


def add_books(block: Block, site: str, file: AlarmsFile, wiring: Wiring) -> set[int]:
    """Let a block's units keep the books that the file gives them; return the entries that fit, by ``id``."""
    used = set()
    for entry in file.books:
        said = entry.said
        if block.template not in said.get("templates", ()) or site not in said.get("sites", (site,)):
            continue
        used.add(id(entry))
        if not {"id", "says", "came", "window_h"} <= said.keys():
            continue
        rule = _rule(file.toml, entry)
        if rule is None:
            continue
        for name, terms, counts in _members(block, entry, file.toml):
            if name in block.tags or name in wiring.books_of(block):
                file.toml.mistake(
                    (*entry.path, "id"), name, f"{block.template} has a tag or books of this name already"
                )
                break
            try:
                if counts and not wiring.formula(block, counts).truth:
                    hint = "this is neither true nor false; compare it with something"
                    file.toml.mistake((*entry.path, "counts_while"), counts, hint)
                    break
                wiring.keep(block, name, terms, counts, rule)
            except BadFormula as broken:
                hint = f"for {block.template}, at character {broken.at}: {broken.hint}"
                file.toml.mistake(entry.path, broken.read, hint)
                break
    return used


def _rule(toml: TomlFile, entry: Entry) -> dict[str, Any] | None:
    """What the kernel has to know; windows in parts. None where a mistake was noted."""
    said = entry.said
    says = Says[said["says"].upper()]
    for other, keys in NEEDS.items():
        for key in keys:
            if (key in said) is not (says is other):
                hint = "is missing" if says is other else f"is for books that say {other.name.lower()}"
                toml.mistake((*entry.path, key), said.get(key, ""), f"the key {key!r} {hint}")
                return None
    window_h, short_h, newest_h = said["window_h"], said.get("short_h", 0.0), said.get("newest_h", 0.0)
    if not 0.0 < window_h <= LONGEST_H:
        toml.mistake((*entry.path, "window_h"), window_h, f"a window has more than 0 and at most {LONGEST_H:g} h")
        return None
    for key, hours in (("short_h", short_h), ("newest_h", newest_h)):
        if key in said and not 2.0 * window_h / BUCKETS <= hours < window_h:
            hint = f"of a window of {window_h:g} h it is {2.0 * window_h / BUCKETS:g} h at least, and shorter than it"
            toml.mistake((*entry.path, key), hours, hint)
            return None
    part_hours = window_h / BUCKETS
    return {
        "says": says,
        "part_hours": part_hours,
        "window": BUCKETS,
        "short": round(short_h / part_hours),
        "newest": round(newest_h / part_hours),
        "meters_pu": said.get("meters_percent", 0.0) / 100.0,
        "gauging": said.get("gauging", 0.0),
    }


def _members(block: Block, entry: Entry, toml: TomlFile) -> Iterator[Member]:
    """Yield the books of an entry: one, or one for each member of the family that its name shows."""
    said = entry.said
    name, counts = said["id"], said.get("counts_while", "")
    terms = [(text, side) for key, side in SIDES.items() for text in said.get(key, ())]
    if "[]" not in name:
        yield name, terms, counts
        return
    families = [found for text, _ in terms for found in re.findall(r"\w*\[\]\w*", text)]
    if not families:
        toml.mistake((*entry.path, "id"), name, "no family stands among what came; write it with [] too")
        return
    like = re.compile(re.escape(families[0]).replace(r"\[\]", r"(\d+)") + r"\Z")
    indexes = [found.group(1) for tag in block.tags if (found := like.match(tag))]
    if not indexes:
        hint = did_you_mean(families[0], block.tags, f"{block.template} has no such tags")
        toml.mistake((*entry.path, "came"), families[0], hint)
    for index in indexes:
        own = [(text.replace("[]", index), side) for text, side in terms]
        yield name.replace("[]", index), own, counts.replace("[]", index)
