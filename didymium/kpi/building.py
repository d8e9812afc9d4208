"""Makes the KPIs of a complex from its ``kpis.toml``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.kpi.amounts import amount_entries
from didymium.kpi.conditions import ALWAYS, Condition
from didymium.kpi.definitions import Kpi, Kpis, Link, Reckoned, Wire, used_by
from didymium.kpi.entries import Entry, Per, Source, read_entries
from didymium.kpi.formula import Names, read_condition, read_formula
from didymium.kpi.functions import EMPTY_IS_NOTHING, FUNCTIONS, Part
from didymium.kpi.parts import Slots
from didymium.kpi.scopes import COMPLEX, Namespace, Scope
from didymium.model.formula_text import BadFormula
from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean
from didymium.model.plant import Complex
from didymium.model.toml_table import read_toml

HOUR_US: Final = 3_600_000_000
NONE: Final = -1
FINER: Final = {Per.UNIT: (), Per.SITE: (Per.UNIT,), Per.COMPLEX: (Per.UNIT, Per.SITE)}


def read_kpis(folder: Path, plant: Complex) -> Kpis:
    """Return the KPIs that ``kpis.toml`` describes. Raises ``BadComplex`` with all mistakes when there is any."""
    mistakes = Mistakes()
    kpis = built(read_entries(folder, mistakes), plant)
    if mistakes.found:
        raise BadComplex(tuple(mistakes.sorted()))
    return kpis


def check(folder: Path, plant: Complex | None) -> list[Mistake]:
    """Return everything that is wrong with ``kpis.toml``; without a complex only what can be seen of it alone."""
    mistakes = Mistakes()
    if plant is None:
        read_entries(folder, mistakes)
    else:
        built(all_entries(folder, plant, mistakes), plant)
    return mistakes.sorted()


def all_entries(folder: Path, plant: Complex, mistakes: Mistakes) -> tuple[Entry, ...]:
    """Return the entries of ``kpis.toml``, and those that the amounts of the day are."""
    own = amount_entries(plant, lambda file: read_toml(folder / file, file, mistakes))
    return (*read_entries(folder, mistakes), *own)


def built(entries: Sequence[Entry], plant: Complex) -> Kpis:
    """Return the KPIs that entries describe; what is wrong with one is noted in its own file."""
    return _Builder(entries, plant).kpis()


class _Builder:
    """One making of the KPIs."""

    def __init__(self, entries: Sequence[Entry], plant: Complex) -> None:
        self._entries, self._plant = entries, plant
        self._kept = _Kept(plant)

    def kpis(self) -> Kpis:
        entries = self._known()
        scopes = {entry.id: self._scopes(entry) for entry in entries}
        unit = {entry.id: entry.unit for entry in entries}
        per = {entry.id: entry.per for entry in entries}
        made: list[Kpi] = []
        for entry in entries:
            if scopes[entry.id]:
                names = Names(
                    self._constants(entry, scopes[entry.id]),
                    unit,
                    frozenset(id_ for id_ in per if per[id_] in FINER[entry.per]),
                )
                kpi = self._kpi(entry, scopes, names)
                if kpi is not None:
                    made.append(kpi)
        return self._kept.done(self._behind_those_used(made))

    def _mistake(self, entry: Entry, key: str, read: object, hint: str, place: int | None = None) -> None:
        """Note a mistake at a key, or at the table at some ``place`` of a list of tables."""
        entry.toml.mistake((*entry.path, key, *([] if place is None else [place])), read, hint)

    def _known(self) -> list[Entry]:
        known: dict[str, Entry] = {}
        for entry in self._entries:
            if entry.id in known:
                self._mistake(entry, "id", entry.id, "there is a KPI of this id already")
            known.setdefault(entry.id, entry)
        return list(known.values())

    def _behind_those_used(self, made: list[Kpi]) -> list[Kpi]:
        """The KPIs, each behind those that it uses; those that use themselves in the end are named and left out."""
        of = {kpi.id: kpi for kpi in made}
        ordered: dict[str, Kpi] = {}
        bad: set[str] = set()

        def visit(id_: str, under: tuple[str, ...]) -> None:
            if id_ in under:
                cycle = under[under.index(id_) :]
                if not bad & set(cycle):
                    entry = next(entry for entry in self._entries if entry.id == cycle[-1])
                    words = " uses ".join((*cycle, id_))
                    self._mistake(entry, "formula", id_, f"a KPI cannot come from itself: {words}")
                bad.update(cycle)
                return
            if id_ in ordered or id_ not in of:
                return
            for used in used_by(of[id_]):
                visit(used, (*under, id_))
            ordered.setdefault(id_, of[id_])

        for kpi in made:
            visit(kpi.id, ())
        return [kpi for kpi in ordered.values() if kpi.id not in bad]

    def _scopes(self, entry: Entry) -> tuple[Scope, ...]:
        plant, said = self._plant, entry.said
        known = [site.id for site in plant.sites]
        for site in said.get("sites", ()):
            if site not in known:
                self._mistake(entry, "sites", site, did_you_mean(site, known, "there is no such site"))
        for template in said.get("templates", ()):
            if template not in plant.templates:
                hint = did_you_mean(template, plant.templates, "there is no such template")
                self._mistake(entry, "templates", template, hint)
        sites = [site for site in plant.sites if site.id in said.get("sites", known)]
        if entry.per is Per.COMPLEX:
            return (Scope(COMPLEX, None, None),)
        if entry.per is Per.SITE:
            return tuple(Scope(site.id, site, None) for site in sites)
        patterns = said.get("units", ("*",))
        found = tuple(
            Scope(unit.path, site, unit)
            for site in sites
            for area in site.areas
            for unit in area.units
            if unit.template in said["templates"] and any(fnmatchcase(unit.path, pattern) for pattern in patterns)
        )
        if not found and all(template in plant.templates for template in said["templates"]):
            self._mistake(
                entry, "templates", ", ".join(said["templates"]), "no unit of these sites is of such a template"
            )
        return found

    def _constants(self, entry: Entry, scopes: Sequence[Scope]) -> dict[str, tuple[NDArray[np.float64], str]]:
        """Each constant's value in each scope; what stands further down in the file and fits holds."""
        found: dict[str, tuple[NDArray[np.float64], str]] = {}
        for place, constant in enumerate(entry.said.get("constants", ())):
            name, unit = constant["name"], "" if constant["unit"] == "1" else constant["unit"]
            values, before = found.get(name, (np.full(len(scopes), np.nan), unit))
            if any(name == other.id for other in self._entries):
                self._mistake(entry, "constants", name, "there is a KPI of this id; name the constant otherwise", place)
            if unit != before:
                hint = f"the constant is in {before or 'no unit'} further up"
                self._mistake(entry, "constants", unit, hint, place)
            fits = [_fits(scope, constant) for scope in scopes]
            if not any(fits):
                self._mistake(entry, "constants", name, "this constant is for no site or unit of the KPI", place)
            found[name] = (np.where(fits, constant["value"], values), before)
        for name, (values, _) in found.items():
            if np.isnan(values).any():
                missing = scopes[int(np.argmax(np.isnan(values)))].id
                self._mistake(entry, "constants", name, f"this constant has no value for {missing or 'the complex'}")
        return found

    def _kpi(self, entry: Entry, scopes: dict[str, tuple[Scope, ...]], names: Names) -> Kpi | None:
        said, own = entry.said, scopes[entry.id]
        namespace = Namespace(self._plant, own)
        value = self._reckoned(entry, "formula", namespace, names, entry.unit, scopes)
        error = self._reckoned(entry, "error", namespace, names, entry.unit, scopes) if "error" in said else None
        needs = self._reckoned(entry, "needs", namespace, names, None, scopes) if "needs" in said else None
        if value is None:
            return None
        plan = np.full(len(own), said.get("plan", np.nan))
        for place, each in enumerate(said.get("plans", ())):
            at = [row for row, scope in enumerate(own) if scope.site is not None and scope.site.id == each["site"]]
            if not at:
                self._mistake(entry, "plans", each["site"], "this KPI is not of such a site", place)
            plan[at] = each["plan"]
        return Kpi(
            id=entry.id,
            name=said["name"],
            description=said["description"],
            group=said["group"],
            per=entry.per,
            unit=entry.unit,
            decimals=int(said.get("decimals", 1)),
            scopes=own,
            sites=tuple(self._places(scope) for scope in own),
            constants=names.constants,
            value=value,
            error=error,
            needs=needs,
            at_least=said.get("at_least", 0.0),
            why=said.get("why"),
            plan=plan,
            low=said.get("low"),
            high=said.get("high"),
            origin=Source(said["origin"]),
            source=said["source"],
            minimum_us=round(said.get("minimum_h", 0.0) * HOUR_US),
            amount=said.get("amount", False),
            helper=said.get("helper", False),
            text=entry.text,
        )

    def _places(self, scope: Scope) -> NDArray[np.intp]:
        sites = self._plant.sites
        return np.array([i for i, site in enumerate(sites) if scope.site in (None, site)], np.intp)

    def _reckoned(
        self,
        entry: Entry,
        key: str,
        namespace: Namespace,
        names: Names,
        unit: str | None,
        scopes: dict[str, tuple[Scope, ...]],
    ) -> Reckoned | None:
        try:
            formula = read_formula(entry.said[key], namespace, names, unit)
        except BadFormula as broken:
            self._mistake(entry, key, broken.read or entry.said[key], f"at character {broken.at}: {broken.hint}")
            return None
        wires = []
        for each in formula.inputs:
            rows = each.tags.rows
            wires.append(self._kept.wire(each.function, each.condition, rows, self._narrow(entry, namespace, rows)))
        links = [self._link(entry, key, use.kpi, namespace.scopes, scopes.get(use.kpi, ())) for use in formula.uses]
        return Reckoned(formula, tuple(wires), tuple(links))

    def _narrow(self, entry: Entry, namespace: Namespace, rows: NDArray[np.int32]) -> Narrow | None:
        """What narrows the window of each tag, a row of its unit; None if nothing does."""
        said, tags = entry.said, self._plant.tags
        part, condition, name = Part.CHANGED, ALWAYS, said.get("between", "")
        if "while" in said:
            try:
                found, condition = read_condition(said["while"], namespace)
            except BadFormula as broken:
                self._mistake(entry, "while", broken.read, f"at character {broken.at}: {broken.hint}")
                return None
            part, name = Part.TRUE, tags.name[int(found.rows[0])]
        if not name:
            return None
        narrow = np.full(len(rows), NONE, np.int32)
        for place, row in enumerate(rows.tolist()):
            unit = self._plant.units[int(tags.unit[row])]
            own = tags.name[unit.rows]
            if name not in own:
                hint = did_you_mean(name, own, f"{unit.path} has no such tag")
                self._mistake(entry, "while" if "while" in said else "between", name, hint)
                return None
            narrow[place] = unit.first + own.index(name)
        return Narrow(narrow, part, condition)

    def _link(self, entry: Entry, key: str, used: str, own: Sequence[Scope], scopes: Sequence[Scope]) -> Link:
        rows = [_within(scope, scopes) for scope in own]
        for scope, found in zip(own, rows, strict=True):
            if not found:
                self._mistake(entry, key, used, f"{used} has nothing for {scope.id or 'the complex'}")
                break
        starts = np.cumsum([0, *map(len, rows)]).astype(np.intp)[:-1]
        return Link(used, np.array([row for found in rows for row in found], np.intp), starts)


def _fits(scope: Scope, constant: Any) -> bool:
    if "sites" in constant and (scope.site is None or scope.site.id not in constant["sites"]):
        return False
    return "units" not in constant or any(fnmatchcase(scope.id, pattern) for pattern in constant["units"])


def _within(scope: Scope, others: Sequence[Scope]) -> list[int]:
    """Which scopes are the same as this one, or else lie within it."""
    same = [row for row, other in enumerate(others) if other.id == scope.id]
    if same or scope.unit is not None:
        return same
    if scope.site is None:
        return list(range(len(others)))
    return [row for row, other in enumerate(others) if other.site is not None and other.site.id == scope.site.id]


@dataclass(frozen=True, slots=True)
class Narrow:
    """For each tag, the row of what narrows its window, and which part of it tells."""

    rows: NDArray[np.int32]
    part: Part
    condition: Condition


class _Kept:
    """Gathers the slots that all formulas need, each once; tags are numbered in the order of asking."""

    def __init__(self, plant: Complex) -> None:
        self._plant = plant
        self._tag: dict[int, int] = {}
        self._slot: dict[tuple[int, Part, Condition], int] = {}
        self._asked: dict[tuple[int, int], int] = {}
        self._narrow: dict[int, int] = {}

    def wire(self, function: str, condition: Condition, rows: NDArray[np.int32], narrow: Narrow | None) -> Wire:
        """Ask for what a function needs of some tags."""
        narrows = np.full(len(rows), NONE, np.int32)
        if narrow is not None:
            slots = [self._at(row, narrow.part, narrow.condition) for row in narrow.rows.tolist()]
            narrows = np.array([self._narrow.setdefault(slot, len(self._narrow)) for slot in slots], np.int32)
        parts = FUNCTIONS[function].parts
        asked = np.empty((len(parts), len(rows)), np.int32)
        for i, part in enumerate(parts):
            for j, row in enumerate(rows.tolist()):
                key = (self._at(row, part, condition), int(narrows[j]))
                asked[i, j] = self._asked.setdefault(key, len(self._asked))
        return Wire(asked, np.array([self._tag[row] for row in rows.tolist()], np.int32), narrows)

    def _at(self, row: int, part: Part, condition: Condition) -> int:
        tag = self._tag.setdefault(row, len(self._tag))
        return self._slot.setdefault((tag, part, condition), len(self._slot))

    def done(self, kpis: Sequence[Kpi]) -> Kpis:
        """Bring the slots of each tag together and return all."""
        keys = list(self._slot)
        order = sorted(range(len(keys)), key=lambda slot: (keys[slot][0], slot))
        place = np.empty(len(keys), np.int32)
        place[order] = np.arange(len(keys), dtype=np.int32)
        ordered = [keys[slot] for slot in order]
        rows = np.array(list(self._tag), np.int32)
        tags = self._plant.tags
        per_tag = np.bincount(np.array([tag for tag, _, _ in ordered], np.int64), minlength=len(rows))
        slots = Slots(
            rows=rows,
            first=np.concatenate([[0], np.cumsum(per_tag)]).astype(np.int32),
            high=tags.high[rows],
            centre=(tags.low[rows] + tags.high[rows]) / 2.0,
            part=np.array([part for _, part, _ in ordered], np.int8),
            test=np.array([condition.test for _, _, condition in ordered], np.int8),
            limit=np.array([condition.limit for _, _, condition in ordered], np.float64),
            states=np.array([condition.states for _, _, condition in ordered], np.int64),
            empty=np.array([np.nan if part in EMPTY_IS_NOTHING else 0.0 for _, part, _ in ordered], np.float64),
        )
        return Kpis(
            kpis=tuple(kpis),
            slots=slots,
            asked=place[np.array([slot for slot, _ in self._asked], np.intp)],
            asked_narrow=np.array([narrow for _, narrow in self._asked], np.int32),
            narrow=place[np.array(list(self._narrow), np.intp)],
            narrow_while=np.array([keys[slot][1] is Part.TRUE for slot in self._narrow], np.bool_),
            expected_per_minute=60.0 / tags.period_s[rows],
        )
