"""Makes the columns of all alarms of a complex from its tags' limits and its ``alarms.toml``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.book_entries import add_books
from didymium.alarms.causes import Causes, Wish, cycle
from didymium.alarms.definitions import NONE, Definitions, Interlock, Kind, Rationale, Wording
from didymium.alarms.entries import LIMITS, AlarmsFile, Entry, read_entries
from didymium.alarms.specs import Spec, Specs, unused
from didymium.alarms.twins import TWIN_MARK, Twins
from didymium.alarms.wiring import Block, Wiring, blocks
from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean
from didymium.model.plant import Complex, Text
from didymium.model.toml_rows import KeyPath

S_US: Final = 1_000_000
HOUR_US: Final = 3_600 * S_US
NUMBERS: Final = (
    "site", "unit", "tag", "kind", "source", "limit", "reference", "factor", "deadband", "on_us", "off_us",
    "silence_us", "priority", "latches", "re_alarm_us", "design", "settle_us", "first_out", "rationale",
    "wording", "interlock", "silent_first", "silent_end",
)  # fmt: skip
PER_UNIT: Final = (
    "unit", "tag", "source", "limit", "reference", "design", "first_out", "silent_first", "silent_end",
)  # fmt: skip
TYPES: Final = {
    "site": np.int16, "unit": np.int32, "tag": np.int32, "kind": np.int8, "source": np.int32, "limit": np.float64,
    "reference": np.int32, "factor": np.float64, "deadband": np.float64, "priority": np.int8, "latches": np.bool_,
    "design": np.int32, "first_out": np.int32, "rationale": np.int32, "wording": np.int32, "interlock": np.int32,
    "silent_first": np.int32, "silent_end": np.int32,
}  # fmt: skip


def read_definitions(folder: Path, plant: Complex) -> Definitions:
    """Return the alarms of a complex. Raises ``BadComplex`` with all mistakes when there is any."""
    mistakes = Mistakes()
    definitions = _Builder(read_entries(folder, mistakes), plant).definitions()
    if mistakes.found:
        raise BadComplex(tuple(mistakes.sorted()))
    return definitions


def check(folder: Path, plant: Complex | None) -> list[Mistake]:
    """Return everything that is wrong with ``alarms.toml``; without a complex only what can be seen of it alone."""
    mistakes = Mistakes()
    file = read_entries(folder, mistakes)
    if plant is not None:
        _Builder(file, plant).definitions()
    return mistakes.sorted()


class _Builder:
    """One making of the columns."""

    def __init__(self, file: AlarmsFile, plant: Complex) -> None:
        self._file, self._toml, self._plant = file, file.toml, plant
        self._wiring = Wiring(plant)
        self._twins = Twins(plant)
        self._columns: dict[str, list[Any]] = {name: [] for name in NUMBERS}
        self._counts: list[int] = []
        """Of each value of a column that is one for several alarms, of how many."""
        self._ids: list[str] = []
        self._names: list[str] = []
        self._rationales: dict[Rationale, int] = {}
        self._wordings: dict[Wording, int] = {}
        self._groups: dict[tuple[str, str], int] = {}
        self._wishes: list[Wish] = []
        self._taken: set[tuple[int, str, str, str, int]] = set()

    def definitions(self) -> Definitions:
        specs = Specs(self._file, self._wiring)
        self._check_sites()
        for block in blocks(self._plant):
            specs.used |= add_books(block, self._plant.sites[block.site].id, self._file, self._wiring)
            own = specs.of(block, self._plant.sites[block.site].id)
            self._check_order(block, own)
            for spec in own:
                self._add(block, spec)
        for entry, key, read, hint in unused(self._file, specs.used, self._plant.templates):
            self._toml.mistake((*entry.path, key), read, hint)
        for site in range(len(self._plant.sites)):
            self._add_offline(site)
        return self._sorted()

    def _add(self, block: Block, spec: Spec) -> None:
        plant, n = self._plant, len(block.units)
        first = block.first
        offset = block.offsets.get(spec.tag)
        limit = np.full(n, spec.limit)
        if spec.column:
            limit = getattr(plant.tags, spec.column)[first + block.offsets[spec.tag]]
        there = ~np.isnan(limit)
        if not there.any():
            return
        ends = np.array([unit.rows.stop for unit in block.units], np.int32)
        one = first + offset if spec.kind is Kind.STALE and offset is not None else None
        reference = self._wiring.signals(block, spec.reference) if spec.reference else np.full(n, NONE)
        group = self._group(block, spec) if spec.first_out else np.full(n, NONE)
        values: dict[str, object] = {
            "site": block.site,
            "unit": plant.tags.unit[first],
            "tag": np.full(n, NONE) if offset is None else first + offset,
            "kind": spec.kind,
            "source": self._wiring.signals(block, spec.source) if spec.source else np.full(n, NONE),
            "limit": limit,
            "reference": reference,
            "factor": spec.factor,
            "deadband": spec.deadband,
            "on_us": round(spec.delays.on_s * S_US),
            "off_us": round(spec.delays.off_s * S_US),
            "silence_us": round(spec.silence_s * S_US),
            "priority": spec.priority,
            "latches": spec.latched,
            "re_alarm_us": round(spec.re_alarm_s * S_US),
            "design": self._wiring.signals(block, spec.not_while) if spec.not_while else np.full(n, NONE),
            "settle_us": round(spec.settle_s * S_US),
            "first_out": group,
            "rationale": self._rationale(spec),
            "wording": self._wording(spec.title, spec.source, spec.reference, spec.not_while),
            "interlock": _interlock_of(spec),
            "silent_first": first if one is None else one,
            "silent_end": ends if one is None else one + 1,
        }
        row = len(self._ids)
        if (block.site, block.template, spec.tag, spec.name, n) in self._taken:
            if spec.entry is not None:
                hint = f"{block.template} has an alarm of this name already{f' on {spec.tag}' if spec.tag else ''}"
                self._toml.mistake((*spec.entry.path, "id"), spec.name, hint)
            return
        self._taken.add((block.site, block.template, spec.tag, spec.name, n))
        paths = [unit.path if offset is None else f"{unit.path}.{spec.tag}" for unit in block.units]
        self._ids += [f"{path}/{spec.name}" for path, is_there in zip(paths, there.tolist(), strict=True) if is_there]
        self._names += [spec.name] * int(there.sum())
        self._counts.append(int(there.sum()))
        for name, value in values.items():
            self._columns[name].append(value[there] if isinstance(value, np.ndarray) else value)
        if spec.caused_by:
            units = tuple(unit.path for unit, is_there in zip(block.units, there.tolist(), strict=True) if is_there)
            rows = np.arange(row, len(self._ids))
            self._wishes.append(Wish(rows, units, self._plant.sites[block.site].id, spec.caused_by, spec.entry))

    def _group(self, block: Block, spec: Spec) -> NDArray[np.int64]:
        """(units,) first-out groups: of the unit itself, or as ``T_CELL[n]/oxide`` of the one that it belongs to."""
        template, _, name = spec.first_out.rpartition("/")
        units = [[unit.path] for unit in block.units]
        if template:
            other = template.removesuffix(TWIN_MARK)
            units = [self._twins.of(other, unit.path) for unit in block.units]
            assert spec.entry is not None
            if other == template or other not in self._plant.templates:
                hint = did_you_mean(other, self._plant.templates, f"a group is a name, or TEMPLATE{TWIN_MARK}/name")
                self._toml.mistake((*spec.entry.path, "first_out"), spec.first_out, hint)
        keys = [(found[0], name) if found else None for found in units]
        places = [NONE if key is None else self._groups.setdefault(key, len(self._groups)) for key in keys]
        return np.array(places, np.int64)

    def _add_offline(self, site: int) -> None:
        rows = self._plant.sites[site].rows
        unit = int(self._plant.tags.unit[rows.start])
        values = dict.fromkeys(NUMBERS, 0) | {
            "site": site, "unit": unit, "tag": NONE, "kind": Kind.OFFLINE, "source": NONE, "reference": NONE,
            "silence_us": round(self._file.offline_s * S_US), "priority": self._file.priority["OFFLINE"],
            "design": NONE, "first_out": NONE, "rationale": NONE, "wording": self._wording(), "interlock": NONE,
            "silent_first": rows.start, "silent_end": rows.stop,
        }  # fmt: skip
        self._ids.append(f"{self._plant.sites[site].id}/OFFLINE")
        self._names.append("OFFLINE")
        for name, value in values.items():
            self._columns[name].append(value if name not in PER_UNIT else np.array([value]))
        self._counts.append(1)

    def _rationale(self, spec: Spec) -> int:
        if spec.rationale is None:
            return NONE
        return self._rationales.setdefault(spec.rationale, len(self._rationales))

    def _wording(self, name: Text | None = None, signal: str = "", follows: str = "", not_while: str = "") -> int:
        return self._wordings.setdefault(Wording(name, signal, follows, not_while), len(self._wordings))

    def _sorted(self) -> Definitions:
        plant, file = self._plant, self._file
        columns = {name: self._column(name) for name in NUMBERS}
        order = np.lexsort((columns["tag"], columns["unit"], columns["site"]))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        ids = [self._ids[row] for row in order.tolist()]
        names = [self._names[row] for row in order.tolist()]
        columns = {name: np.ascontiguousarray(column[order]) for name, column in columns.items()}
        row_of = {id_: row for row, id_ in enumerate(ids)}
        wishes = [Wish(place[w.rows], w.units, w.site, w.refs, w.entry) for w in self._wishes]
        hidden, by, entries = Causes(plant, ids, row_of, self._twins, self._toml).edges(wishes)
        self._check_cycle(hidden, by, entries, ids)
        by_hidden = np.argsort(hidden, kind="stable")
        cause_first = np.concatenate([[0], np.cumsum(np.bincount(hidden, minlength=len(ids)))]).astype(np.int32)
        silent = np.stack([columns.pop("silent_first"), columns.pop("silent_end")], axis=1)
        silent = silent[columns["kind"] >= Kind.STALE]
        return Definitions(
            id=tuple(ids),
            name=tuple(names),
            **columns,
            cause_first=cause_first,
            causes=by[by_hidden].astype(np.int32),
            position=self._position()[columns["site"]],
            site_first=np.searchsorted(columns["site"], np.arange(len(plant.sites) + 1)).astype(np.int32),
            shelve_most_us=round(file.shelve_h * HOUR_US),
            rationales=tuple(self._rationales),
            wordings=tuple(self._wordings),
            interlocks=tuple(map(interlock, file.interlocks)),
            positions=file.positions,
            targets=file.targets,
            signals=self._wiring.done(silent),
        )

    def _column(self, name: str) -> NDArray[Any]:
        parts, type_ = self._columns[name], TYPES.get(name, np.int64)
        if name in PER_UNIT:
            return np.concatenate(parts).astype(type_)
        return np.repeat(np.array(parts, type_), self._counts)

    def _position(self) -> NDArray[np.int16]:
        """(sites,) the desk that looks after each site, -1 for none."""
        of = {site: place for place, position in enumerate(self._file.positions) for site in position.sites}
        return np.array([of.get(site.id, NONE) for site in self._plant.sites], np.int16)

    def _check_sites(self) -> None:
        known = [site.id for site in self._plant.sites]
        places: list[tuple[KeyPath, tuple[str, ...]]] = [
            (("positions", i, "sites"), position.sites) for i, position in enumerate(self._file.positions)
        ]
        places += [((*entry.path, "sites"), tuple(entry.said.get("sites", ()))) for entry in self._file.entries]
        for path, sites in places:
            for site in sites:
                if site not in known:
                    self._toml.mistake(path, site, did_you_mean(site, known, "there is no such site"))

    def _check_order(self, block: Block, specs: Sequence[Spec]) -> None:
        """Say which limits of a tag that an entry changed do not rise from LL to HH, or cannot be reached."""
        changed = {spec.tag for spec in specs if spec.entry is not None and "limit" in spec.entry.said}
        for tag in changed:
            own = {spec.name: spec for spec in specs if spec.tag == tag and spec.name in LIMITS and not spec.reference}
            row = int(block.first[0]) + block.offsets[tag]
            rising = [
                (
                    name,
                    float(getattr(self._plant.tags, own[name].column)[row]) if own[name].column else own[name].limit,
                    own[name],
                )
                for name in LIMITS
                if name in own
            ]
            rising = [each for each in rising if not np.isnan(each[1])]
            about = block.tags[tag]
            for name, value, spec in rising:
                if spec.entry is not None and not spec.column and not about.low <= value <= about.high:
                    hint = f"the limit {name} is outside the range {about.low:g} to {about.high:g} of {tag}"
                    self._toml.mistake((*spec.entry.path, "limit"), value, hint)
            for (name, value, spec), (above, higher, other) in pairwise(rising):
                entry = next((e.entry for e in (spec, other) if e.entry is not None and "limit" in e.entry.said), None)
                if value >= higher and entry is not None:
                    hint = f"limits rise from LL to HH, but of {tag} {name} is {value:g} and {above} is {higher:g}"
                    self._toml.mistake((*entry.path, "limit"), entry.said["limit"], hint)

    def _check_cycle(
        self, hidden: NDArray[np.int64], by: NDArray[np.int64], entries: Sequence[Entry | None], ids: Sequence[str]
    ) -> None:
        edges = cycle(hidden, by, len(ids))
        if not edges:
            return
        entry = next(entries[edge] for edge in edges if entries[edge] is not None)
        assert entry is not None
        words = " by ".join([ids[hidden[edge]] for edge in edges] + [ids[hidden[edges[0]]]])
        self._toml.mistake(
            (*entry.path, "caused_by"), ", ".join(entry.said["caused_by"]), f"a cycle of causes: {words}"
        )


def _interlock_of(spec: Spec) -> int:
    """The place of the interlock that a spec is the alarm of, -1 for none."""
    path = spec.entry.path if spec.entry is not None else ()
    return int(path[1]) if path[:1] == ("interlocks",) else NONE


def interlock(entry: Entry) -> Interlock:
    """The interlock that an entry describes."""
    said, nothing = entry.said, Text("", "")
    return Interlock(
        said.get("id", ""),
        said.get("name", nothing),
        said["actions"],
        said.get("reset", nothing),
        said.get("bypass", ""),
    )
