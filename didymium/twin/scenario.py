"""Drills: what goes wrong at what time after the start, from ``scenarios/*.toml`` of a complex folder.

A scenario is read against the catalogue of faults and the complex, so that whatever it says can be done; playing it is
a pure function of the time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean, nearest
from didymium.model.plant import Complex, Text
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table
from didymium.twin.faults import CATALOGUE, SITE, BadFault, Fault, checked

FOLDER: Final = "scenarios"
INJECT, CLEAR = "inject", "clear"
SCENARIO_KEYS: Final = {"name": Key(Shape.TRANSLATED), "events": Key(Shape.TABLES)}
EVENT_KEYS: Final = {
    "at": Key(Shape.TEXT),
    "fault": Key(Shape.TEXT),
    "place": Key(Shape.TEXT),
    "act": Key(Shape.TEXT, required=False, words=(INJECT, CLEAR)),
    "size": Key(Shape.NUMBER, required=False),
    "for": Key(Shape.TEXT, required=False),
}
ID: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
AT: Final = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
FOR: Final = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|h|d)")
SECONDS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Event:
    """A fault put on a place, or taken away, ``at_s`` seconds after the start; ``for_s`` None lasts until cleared."""

    at_s: int
    act: str
    fault: str
    place: str
    size: float | None = None
    for_s: int | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """One change of the faults, ``at_s`` seconds after the start."""

    at_s: int
    act: str
    fault: str
    place: str
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A drill; ``id`` is the name of its file."""

    id: str
    name: Text
    events: tuple[Event, ...]

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """Every change in the order of time; in one second what ends comes before what begins."""
        deeds = [Deed(event.at_s, event.act, event.fault, event.place, event.size) for event in self.events]
        deeds += [
            Deed(event.at_s + event.for_s, CLEAR, event.fault, event.place)
            for event in self.events
            if event.for_s is not None
        ]
        return tuple(sorted(deeds, key=lambda deed: (deed.at_s, deed.act == INJECT)))


@dataclass(frozen=True, slots=True)
class Playing:
    """A scenario on its way since unix second ``since_s``, with ``done`` of its deeds behind it."""

    scenario: Scenario
    since_s: int
    done: int = 0

    @property
    def ended(self) -> bool:
        return self.done == len(self.scenario.deeds)


def play(playing: Playing, now_s: int) -> tuple[Playing, tuple[Deed, ...]]:
    """Return what is due by unix second ``now_s`` and was not before."""
    left = playing.scenario.deeds[playing.done :]
    due = tuple(deed for deed in left if playing.since_s + deed.at_s <= now_s)
    return replace(playing, done=playing.done + len(due)), due


def read_scenarios(folder: Path, plant: Complex) -> tuple[Scenario, ...]:
    """Return the scenarios of a complex folder by name. Raises ``BadComplex`` with all mistakes when there is any."""
    mistakes = Mistakes()
    scenarios = _read(folder, plant, mistakes)
    if mistakes.found:
        raise BadComplex(tuple(mistakes.sorted()))
    return scenarios


def check(folder: Path, plant: Complex | None) -> list[Mistake]:
    """Return everything that is wrong with the scenarios; without a complex places are taken as they are."""
    mistakes = Mistakes()
    _read(folder, plant, mistakes)
    return mistakes.sorted()


def places(fault: Fault, plant: Complex) -> list[str]:
    """Where a fault can be put in the complex."""
    if SITE in fault.templates:
        return [site.id for site in plant.sites]
    return [unit.path for unit in plant.units if unit.template in fault.templates]


def _read(folder: Path, plant: Complex | None, mistakes: Mistakes) -> tuple[Scenario, ...]:
    found: list[Scenario] = []
    for path in sorted((folder / FOLDER).glob("*.toml")):
        file = f"{FOLDER}/{path.name}"
        if not ID.fullmatch(path.stem):
            mistakes.add(file, 0, "", path.name, "a scenario's file is named in small letters, digits and -")
        toml = read_toml(path, file, mistakes)
        if toml is None:
            continue
        said = table(toml, (), toml.data, SCENARIO_KEYS)
        listed = [
            (index, event)
            for index, data in enumerate(said.get("events", ()))
            if (event := _event(toml, ("events", index), data, plant)) is not None
        ]
        _follow(toml, listed)
        found.append(Scenario(path.stem, said.get("name", Text("", "")), tuple(event for _, event in listed)))
    return tuple(found)


def _event(toml: TomlFile, path: KeyPath, data: object, plant: Complex | None) -> Event | None:
    """Return one event, None where it cannot be followed any further."""
    said = table(toml, path, data, EVENT_KEYS)
    at_s = _at_s(toml, (*path, "at"), said.get("at"))
    for_s = _for_s(toml, (*path, "for"), said.get("for"))
    act = said.get("act", INJECT)
    if act == CLEAR:
        for key in ("size", "for"):
            if key in said:
                toml.mistake((*path, key), said[key], f"what is cleared has no {key!r}")
    fault = _fault(toml, (*path, "fault"), said.get("fault"))
    if fault is None:
        return None
    _check_size(toml, (*path, "size"), fault, said.get("size"))
    place = said.get("place")
    if place is None or not _check_place(toml, (*path, "place"), fault, place, plant) or at_s is None:
        return None
    return Event(at_s, act, fault.code, place, said.get("size"), for_s)


def _at_s(toml: TomlFile, path: KeyPath, read: Any) -> int | None:
    if read is None:
        return None
    found = AT.fullmatch(read)
    if found is None:
        toml.mistake(path, read, 'a time after the start is hh:mm or hh:mm:ss, such as "03:10"')
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _for_s(toml: TomlFile, path: KeyPath, read: Any) -> int | None:
    if read is None:
        return None
    found = FOR.fullmatch(read)
    seconds = round(float(found[1]) * SECONDS[found[2]]) if found else 0
    if seconds < 1:
        toml.mistake(path, read, 'a length of time is a number above 0 with s, min, h or d, such as "20 min"')
        return None
    return seconds


def _fault(toml: TomlFile, path: KeyPath, read: Any) -> Fault | None:
    if read is None or read in CATALOGUE:
        return CATALOGUE.get(read or "")
    named = {fault.name: fault for fault in CATALOGUE.values()}
    close = named.get(nearest(read, named) or "")
    if close is not None:
        toml.mistake(path, read, f"a fault is named by its code; the nearest is '{close.code}' ({close.name})")
    else:
        toml.mistake(path, read, did_you_mean(read, CATALOGUE, "there is no such fault"))
    return None


def _check_size(toml: TomlFile, path: KeyPath, fault: Fault, size: float | None) -> None:
    try:
        checked(fault.code, size)
    except BadFault as refused:
        toml.mistake(path, f"{size:g}", str(refused))


def _check_place(toml: TomlFile, path: KeyPath, fault: Fault, place: str, plant: Complex | None) -> bool:
    if plant is None:
        return True
    there = places(fault, plant)
    if place in there:
        return True
    kinds = "a site" if SITE in fault.templates else f"a unit of {', '.join(fault.templates)}"
    unit = plant.unit_of.get(place)
    otherwise = f"this is a unit of {unit.template}" if unit else "there is no such place"
    hint = did_you_mean(place, there, f"{otherwise}; {fault.code} {fault.name} is put on {kinds}")
    toml.mistake(path, place, hint if there else f"{hint}, and this complex has none")
    return False


def _follow(toml: TomlFile, listed: Sequence[tuple[int, Event]]) -> None:
    """Say where a fault is injected that stands, or cleared where it does not."""
    stands: dict[tuple[str, str], Event] = {}
    for index, event in sorted(listed, key=lambda pair: (pair[1].at_s, pair[1].act == INJECT)):
        path, key = ("events", index, "at"), (event.fault, event.place)
        before = stands.get(key)
        if before is not None and before.for_s is not None and before.at_s + before.for_s <= event.at_s:
            before = None
        if event.act == INJECT:
            if before is not None:
                since = f"{event.fault} is on {event.place} already, since {clock(before.at_s)}"
                toml.mistake(path, clock(event.at_s), f"{since}: a fault cannot be injected twice; clear it first")
            stands[key] = event
        elif before is None:
            toml.mistake(path, clock(event.at_s), f"there is no {event.fault} on {event.place} then to be cleared")
        elif before.for_s is not None:
            end = clock(before.at_s + before.for_s)
            toml.mistake(path, clock(event.at_s), f"it ends by itself at {end}: leave out its 'for', or this")
            del stands[key]
        else:
            del stands[key]


def clock(seconds: int) -> str:
    """A time after the start as scenarios write it."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{left:02d}" if left else "")
