"""What is particular to the twin of one complex, from the ``twin.toml`` of its folder: stocks, parameters, steps.

The file is read against the stores, the types of unit and the complex, so that whatever it says acts somewhere and is
physically possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean
from didymium.model.plant import Complex
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, table
from didymium.twin.parameters import EVERYWHERE, Choice
from didymium.twin.stocks import STOCKS, Place
from didymium.twin.unit_type import UnitType
from didymium.twin.units import UNIT_TYPES

FILE: Final = "twin.toml"
STOCK_KEYS: Final = {"site": Key(Shape.TEXT), "goods": Key(Shape.TEXT), "t": Key(Shape.NUMBER)}
PARAMETER_KEYS: Final = {
    "template": Key(Shape.TEXT),
    "name": Key(Shape.TEXT),
    "value": Key(Shape.NUMBER),
    "site": Key(Shape.TEXT, required=False),
}
STEP_KEYS: Final = {"template": Key(Shape.TEXT), "step_s": Key(Shape.COUNT)}
TABLES: Final = {"stocks": STOCK_KEYS, "parameters": PARAMETER_KEYS, "steps": STEP_KEYS}


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a complex folder chose: opening stocks in t, parameters of units, and every how many seconds to step."""

    stocks: Mapping[Place, float] = field(default_factory=dict)
    parameters: Mapping[Choice, float] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)


USUAL: Final = Particulars()


def read_particulars(folder: Path, plant: Complex) -> Particulars:
    """Return what the folder says, all as usual where it has no such file. Raises ``BadComplex`` with all mistakes."""
    mistakes = Mistakes()
    found = _read(folder, plant, mistakes)
    if mistakes.found:
        raise BadComplex(tuple(mistakes.sorted()))
    return found


def check(folder: Path, plant: Complex | None) -> list[Mistake]:
    """Return everything that is wrong with the file; without a complex sites and units are taken as they are."""
    mistakes = Mistakes()
    _read(folder, plant, mistakes)
    return mistakes.sorted()


def _read(folder: Path, plant: Complex | None, mistakes: Mistakes) -> Particulars:
    if not (folder / FILE).exists():
        return USUAL
    toml = read_toml(folder / FILE, FILE, mistakes)
    if toml is None:
        return USUAL
    reader = _Reader(toml, plant)
    return Particulars(dict(reader.stocks()), dict(reader.parameters()), dict(reader.steps()))


class _Reader:
    """One reading of the file."""

    def __init__(self, toml: TomlFile, plant: Complex | None) -> None:
        self._toml = toml
        self._said = table(toml, (), toml.data, {name: Key(Shape.TABLES, required=False) for name in TABLES})
        self._sites = None if plant is None else [site.id for site in plant.sites]
        self._sites_of: dict[str, list[str]] = {}
        for unit in () if plant is None else plant.units:
            sites = self._sites_of.setdefault(unit.template, [])
            if unit.site not in sites:
                sites.append(unit.site)

    def stocks(self) -> Iterator[tuple[Place, float]]:
        """Every store with its tonnes."""
        for path, said in self._tables("stocks", ("site", "goods")):
            site, goods, tonnes = (said.get(key) for key in STOCK_KEYS)
            if site is None or goods is None or not self._site(path, site):
                continue
            stock = STOCKS.get((site, goods))
            if stock is None:
                self._no_store(path, site, goods)
            elif tonnes is not None and not 0.0 <= tonnes <= stock.most_t:
                negative = "a stock cannot be negative; " if tonnes < 0.0 else ""
                hint = f"{negative}the store holds {_range(0.0, stock.most_t, 't')}"
                self._mistake((*path, "t"), f"{tonnes:g} t", hint)
            elif tonnes is not None:
                yield (site, goods), tonnes

    def parameters(self) -> Iterator[tuple[Choice, float]]:
        """Every parameter with its value."""
        for path, said in self._tables("parameters", ("template", "name", "site")):
            template, name, value, site = (said.get(key) for key in PARAMETER_KEYS)
            kind = self._type(path, template)
            if kind is None or template is None or name is None or not self._stands(path, template, site):
                continue
            parameter = kind.parameters.get(name)
            if parameter is None:
                otherwise = "there is no such parameter" if kind.parameters else f"{template} has no parameters"
                self._mistake((*path, "name"), name, did_you_mean(name, kind.parameters, otherwise))
                continue
            if value is None:
                continue
            for place in [site] if site else self._sites_of.get(template, [EVERYWHERE]):
                least, most = parameter.range_at(place)
                if not least <= value <= most:
                    where = "" if place == EVERYWHERE else f" at {place}"
                    hint = f"what is physically possible{where} is {_range(least, most, parameter.unit)}"
                    self._mistake((*path, "value"), f"{value:g} {parameter.unit}".rstrip(), hint)
                    break
            else:
                yield (template, name, site or EVERYWHERE), value

    def steps(self) -> Iterator[tuple[str, int]]:
        """Every template whose model is to be stepped otherwise."""
        for path, said in self._tables("steps", ("template",)):
            template, step_s = (said.get(key) for key in STEP_KEYS)
            kind = self._type(path, template)
            if kind is None or template is None or step_s is None or not self._stands(path, template, None):
                continue
            if step_s > kind.longest_step_s:
                hint = f"{template} is stepped every {kind.longest_step_s} s at most: its physics bear no longer step"
                if kind.longest_step_s == 1:
                    slow = ", ".join(id_ for id_, each in UNIT_TYPES.items() if each.longest_step_s > 1)
                    hint = f"the step of {template} is its own; those that may be stepped otherwise are {slow}"
                self._mistake((*path, "step_s"), f"{step_s} s", hint)
            else:
                yield template, step_s

    def _tables(self, name: str, key: tuple[str, ...]) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
        """Each table with its path; what stands twice is a mistake."""
        before: dict[tuple[Any, ...], int] = {}
        for index, data in enumerate(self._said.get(name, ())):
            path: KeyPath = (name, index)
            said = table(self._toml, path, data, TABLES[name])
            entry = tuple(said.get(part) for part in key)
            if entry in before and entry[0] is not None:
                read = ", ".join(str(part) for part in entry if part is not None)
                self._mistake(path, read, f"this stands already in row {before[entry]}")
                continue
            before[entry] = self._toml.row(path)
            yield path, said

    def _site(self, path: KeyPath, site: str) -> bool:
        if self._sites is None or site in self._sites:
            return True
        self._mistake((*path, "site"), site, did_you_mean(site, self._sites, "there is no such site"))
        return False

    def _no_store(self, path: KeyPath, site: str, goods: str) -> None:
        here = [known for place, known in STOCKS if place == site]
        if here:
            hint = did_you_mean(goods, here, f"{site} has no store of such goods")
            self._mistake((*path, "goods"), goods, hint)
        else:
            sites = sorted({place for place, _ in STOCKS} & set(self._sites or [place for place, _ in STOCKS]))
            hint = "the site has no store whose stock can be said; those with one are " + ", ".join(sites)
            self._mistake((*path, "site"), site, hint)

    def _type(self, path: KeyPath, template: str | None) -> UnitType | None:
        if template is None or template in UNIT_TYPES:
            return UNIT_TYPES.get(template or "")
        hint = did_you_mean(template, UNIT_TYPES, "the twin knows no such template")
        self._mistake((*path, "template"), template, hint)
        return None

    def _stands(self, path: KeyPath, template: str, site: str | None) -> bool:
        """Whether there are such units, at this site where one is said."""
        if self._sites is None or (site is not None and not self._site(path, site)):
            return self._sites is None
        sites = self._sites_of.get(template, [])
        if not sites:
            self._mistake((*path, "template"), template, "this complex has no unit of this template")
        elif site is not None and site not in sites:
            hint = f"the site has no unit of {template}; those with one are {', '.join(sites)}"
            self._mistake((*path, "site"), site, hint)
        return bool(sites) and (site is None or site in sites)

    def _mistake(self, path: KeyPath, read: object, hint: str) -> None:
        self._toml.mistake(path, read, hint)


def _range(least: float, most: float, unit: str) -> str:
    return f"from {least:g} to {most:g} {unit}".rstrip()
