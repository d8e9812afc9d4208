"""Makes the claims of a complex from its ``claims.toml``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from didymium.evidence.definitions import Claim, Claims, Input, Kind, Live, Source, Step
from didymium.evidence.entries import ClaimsFile, Entry, inputs_of, lost_of, read_entries, steps_of, unit_of
from didymium.evidence.formula import Condition, Formula, constant, read_condition, read_formula
from didymium.evidence.live import LiveSources, amounts
from didymium.evidence.testing import HIGH, LOW, VALUE
from didymium.model.dimension import dimension, scale
from didymium.model.formula_text import BadFormula
from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean
from didymium.model.plant import Complex
from didymium.model.toml_table import TomlFile

STEPS_OF_A_SLIDER: Final = 50
FINEST: Final = 6
"""How often the step of a slider is made ten times finer, so that it meets the value."""


def read_claims(folder: Path, plant: Complex, kpis: LiveSources) -> Claims:
    """Return the claims of a complex; ``kpis`` are its KPIs. Raises ``BadComplex`` with all mistakes when there is any.

    A folder without ``claims.toml`` has none.
    """
    mistakes = Mistakes()
    claims = _Builder(read_entries(folder, mistakes), amounts(plant) | dict(kpis)).claims()
    if mistakes.found:
        raise BadComplex(tuple(mistakes.sorted()))
    return claims


def check(folder: Path, plant: Complex | None, kpis: LiveSources | None) -> list[Mistake]:
    """Return everything that is wrong with ``claims.toml``.

    Without a complex only what can be seen of the file alone; without ``kpis`` all but what names one of them.
    """
    mistakes = Mistakes()
    file = read_entries(folder, mistakes)
    known = None if plant is None or kpis is None else amounts(plant) | dict(kpis)
    _Builder(file, known).claims()
    return mistakes.sorted()


class _Builder:
    """One making of the claims."""

    def __init__(self, file: ClaimsFile, known: LiveSources | None) -> None:
        self._file, self._known = file, known

    def claims(self) -> Claims:
        toml = self._file.toml
        if toml is None:
            return Claims(())
        shared = _named(toml, self._file.inputs, {})
        made: dict[str, Claim] = {}
        for entry in self._file.claims:
            id_ = str(entry.said["id"])
            if id_ in made:
                toml.mistake((*entry.path, "id"), id_, "there is a claim of this id already")
            made.setdefault(id_, _Making(toml, entry, shared, self._file.lost, self._known).claim())
        if not toml.mistakes.found:
            used = {each.name for claim in made.values() for each in claim.inputs}
            for name, (_, entry) in shared.items():
                if name not in used:
                    toml.mistake((*entry.path, "name"), name, "no formula of any claim names this input")
        return Claims(tuple(made.values()))


class _Making:
    """The making of one claim; what is wrong is noted and left out."""

    def __init__(
        self,
        toml: TomlFile,
        entry: Entry,
        shared: Mapping[str, tuple[Input, Entry]],
        lost: frozenset[str],
        known: LiveSources | None,
    ) -> None:
        self._before = len(toml.mistakes.found)
        self._toml, self._entry, self._known = toml, entry, known
        self._said = entry.said
        inputs = inputs_of(toml, entry.path, entry.said)
        self._own = _named(toml, inputs, shared)
        self._steps = steps_of(toml, entry.path, entry.said)
        self._lost = lost | lost_of(entry.said, "inputs", inputs) | lost_of(entry.said, "steps", self._steps)
        self._inputs = {name: each for name, (each, _) in (*self._own.items(), *shared.items())}
        self._units = {name: each.unit for name, each in self._inputs.items()}
        self._names: dict[str, None] = {}

    def claim(self) -> Claim:
        said, unit = self._said, unit_of(self._said)
        steps = [each for entry in self._steps if (each := self._step(entry))]
        formula = self._formula("formula", unit)
        low, high = self._end("low", unit), self._end("high", unit)
        self._units |= {VALUE: unit} | {name: unit for name, end in ((LOW, low), (HIGH, high)) if end is not None}
        untestable_when, tension_when, condition_when = (
            self._condition(f"{word}_when") for word in ("untestable", "tension", "condition")
        )
        live = self._live(said["live"]) if "live" in said and self._known is not None else None
        for name, (_, entry) in self._own.items():
            if name not in self._names and len(self._toml.mistakes.found) == self._before:
                self._toml.mistake((*entry.path, "name"), name, "no formula of the claim names this input")
        return Claim(
            id=said["id"],
            name=said["name"],
            published=said["published"],
            source=said["source"],
            inputs=tuple(self._inputs[name] for name in self._names if name in self._inputs),
            steps=tuple(steps),
            unit=unit,
            decimals=int(said.get("decimals", 1)),
            formula=formula,
            low=low,
            high=high,
            untestable=said.get("untestable"),
            untestable_when=untestable_when,
            tension=said.get("tension"),
            tension_when=tension_when,
            condition=said.get("condition"),
            condition_when=condition_when,
            live=live,
            expects=said.get("expects", ""),
        )

    def _step(self, entry: Entry) -> Step | None:
        said, unit, name = entry.said, unit_of(entry.said), str(entry.said["name"])
        if name in self._units:
            self._toml.mistake((*entry.path, "name"), name, "there is an input or a step of this name already")
            return None
        try:
            formula = read_formula(said["formula"], self._units, unit)
        except BadFormula as broken:
            self._broken((*entry.path, "formula"), said["formula"], broken)
            formula = constant("", math.nan, unit)
        self._note(formula.names)
        self._units[name] = unit
        return Step(name, said["label"], unit, int(said.get("decimals", 1)), formula)

    def _formula(self, key: str, unit: str) -> Formula:
        try:
            formula = read_formula(self._said[key], self._units, unit)
        except BadFormula as broken:
            self._broken((*self._entry.path, key), self._said[key], broken)
            return constant("", math.nan, unit)
        self._note(formula.names)
        return formula

    def _end(self, key: str, unit: str) -> Formula | None:
        end = self._said.get(key)
        if isinstance(end, float):
            return constant(repr(end), end, unit)
        return None if end is None else self._formula(key, unit)

    def _condition(self, key: str) -> Condition | None:
        if key not in self._said:
            return None
        try:
            condition = read_condition(self._said[key], self._units)
        except BadFormula as broken:
            self._broken((*self._entry.path, key), self._said[key], broken)
            return None
        self._note(condition.names)
        return condition

    def _live(self, said: Mapping[str, Any]) -> Live | None:
        assert self._known is not None
        path, kind, id_ = (*self._entry.path, "live"), Kind(said["kind"]), str(said["id"])
        source = self._known.get((kind, id_))
        if source is None:
            ids = [known for of, known in self._known if of is kind]
            self._toml.mistake((*path, "id"), id_, did_you_mean(id_, ids, f"there is no {kind} of this id"))
            return None
        scope = str(said.get("scope", ""))
        if scope not in source.scopes:
            hint = did_you_mean(scope, sorted(source.scopes), f"the {kind} {id_} is not of {scope or 'the complex'}")
            self._toml.mistake((*path, "scope") if scope else path, scope, hint)
            return None
        of = str(said.get("of", VALUE))
        if of not in self._units or of in (LOW, HIGH):
            known = [name for name in self._units if name not in (LOW, HIGH)]
            self._toml.mistake((*path, "of"), of, did_you_mean(of, known, "there is no such input or step"))
            return None
        self._note((of,))
        unit = self._units[of]
        if dimension(unit) != dimension(source.unit):
            hint = (
                f"{kind} {id_} is in {source.unit or 'a plain number'}, which does not fit {unit or 'a plain number'}"
            )
            self._toml.mistake((*path, "of") if "of" in said else path, of, hint)
            return None
        return Live(kind, id_, scope, of, unit, scale(source.unit) / scale(unit))

    def _note(self, names: Sequence[str]) -> None:
        self._names |= dict.fromkeys(names)

    def _broken(self, path: tuple[str | int, ...], text: str, broken: BadFormula) -> None:
        if broken.read not in self._lost:
            self._toml.mistake(path, broken.read or text, f"at character {broken.at}: {broken.hint}")


def _named(
    toml: TomlFile, entries: Sequence[Entry], before: Mapping[str, tuple[Input, Entry]]
) -> dict[str, tuple[Input, Entry]]:
    """The inputs by name, each once."""
    found: dict[str, tuple[Input, Entry]] = {}
    for entry in entries:
        name = str(entry.said["name"])
        if name in found or name in before:
            toml.mistake((*entry.path, "name"), name, "there is an input of this name already")
        found.setdefault(name, (_input(entry.said), entry))
    return found


def _input(said: Mapping[str, Any]) -> Input:
    value = float(said["value"])
    low, high = float(said.get("low", value)), float(said.get("high", value))
    return Input(
        name=said["name"],
        label=said["label"],
        unit=unit_of(said),
        value=value,
        low=low,
        high=high,
        step=slider_step(value, low, high),
        origin=Source(said["origin"]),
        source=said["source"],
    )


def slider_step(value: float, low: float, high: float) -> float:
    """A power of ten, 50 or more to a band, so fine that steps from ``low`` meet the value; 0 without a band."""
    if low >= high:
        return 0.0
    power = math.floor(math.log10((high - low) / STEPS_OF_A_SLIDER))
    for finer in range(FINEST):
        steps = (value - low) * 10.0 ** (finer - power)
        if abs(steps - round(steps)) < 1e-6:
            return float(f"1e{power - finer}")
    return float(f"1e{power - FINEST}")
