"""Makes the energy of a complex from its ``energy.toml``; says which meters would be counted twice or not at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

from didymium.energy.definitions import Contract, Energy, Process, Step
from didymium.energy.entries import FILE, EnergyFile, Item, read_entries
from didymium.kpi.definitions import Kpi, Kpis, used_by
from didymium.kpi.entries import Per
from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean
from didymium.model.plant import Complex
from didymium.model.toml_rows import KeyPath

MW: Final = "MW"
MWH: Final = "MWh"
FIGURES: Final = {
    "drawn": (Per.COMPLEX, MW),
    "factor": (Per.COMPLEX, ""),
    "bought": (Per.COMPLEX, MWH),
    "used": (Per.SITE, MWH),
    "power": (Per.SITE, MW),
    "rest": (Per.COMPLEX, MWH),
}
"""What each of ``[figures]`` is of, and in which unit."""


def read_energy(folder: Path, plant: Complex, kpis: Kpis, sheets: Collection[str]) -> Energy | None:
    """Return the energy of a complex, None for one without ``energy.toml``; ``sheets`` are the ids of its flow sheets.

    Raises ``BadComplex`` with all mistakes when there is any.
    """
    mistakes = Mistakes()
    file = read_entries(folder, mistakes)
    energy = None if file is None else _Builder(file, plant, kpis, sheets).energy()
    if mistakes.found:
        raise BadComplex(tuple(mistakes.sorted()))
    return energy


def check(folder: Path, plant: Complex | None, kpis: Kpis | None, sheets: Collection[str]) -> list[Mistake]:
    """Return everything that is wrong with ``energy.toml``; without a complex or its KPIs only what it says alone."""
    mistakes = Mistakes()
    file = read_entries(folder, mistakes)
    if file is not None and plant is not None and kpis is not None:
        _Builder(file, plant, kpis, sheets).energy()
    return [mistake for mistake in mistakes.sorted() if mistake.file == FILE]


class _Builder:
    """One making of the energy."""

    def __init__(self, file: EnergyFile, plant: Complex, kpis: Kpis, sheets: Collection[str]) -> None:
        self._file, self._plant, self._kpis, self._sheets = file, plant, kpis, sheets
        self._toml = file.toml

    def energy(self) -> Energy | None:
        """The energy; None where a mistake was noted."""
        before = len(self._toml.mistakes.found)
        said = self._file.figures
        figures = {name: self._kpi(("figures", name), said, *wanted) for name, wanted in FIGURES.items()}
        if said.get("sheet") is not None and said["sheet"] not in self._sheets:
            hint = did_you_mean(said["sheet"], self._sheets, "there is no such flow sheet in balances.toml")
            self._toml.mistake(("figures", "sheet"), said["sheet"], hint)
        specific = self._kpis_of(("figures", "specific"), said.get("specific", ()), Per.SITE, None)
        processes = [self._process(item) for item in self._file.processes]
        steps = [self._step(item) for item in self._file.steps]
        used = figures["used"]
        if used is not None and all(process is not None for process in processes):
            self._check_once(used, [process for process in processes if process is not None])
        if not self._file.sound or len(self._toml.mistakes.found) > before:
            return None
        return Energy(
            contract=Contract(**self._file.contract),
            **{name: figure for name, figure in figures.items() if figure is not None},
            sheet=said.get("sheet", ""),
            specific=tuple(specific),
            processes=tuple(process for process in processes if process is not None),
            steps=tuple(step for step in steps if step is not None),
        )

    def _process(self, item: Item) -> Process | None:
        said = item.said
        energy = self._kpi((*item.path, "energy"), said, Per.COMPLEX, MWH)
        parts = self._kpis_of((*item.path, "parts"), said.get("parts", ()), Per.COMPLEX, MWH)
        left = self._kpi((*item.path, "left"), said, Per.COMPLEX, MWH)
        if energy is None or not {"id", "name", "rest"} <= set(said):
            return None
        if left is not None and set(used_by(left)) != {energy.id, *(part.id for part in parts)}:
            hint = (
                f"what is left is {' - '.join([energy.id, *(part.id for part in parts)])}; {left.id} is something else"
            )
            self._toml.mistake((*item.path, "left"), left.id, hint)
        sites = {self._plant.sites[self._plant.tags.site[row]].id: None for row in _rows(energy)}
        return Process(said["id"], said["name"], energy, tuple(sites), tuple(parts), left, said["rest"])

    def _step(self, item: Item) -> Step | None:
        said = item.said
        power, within = (self._kpi((*item.path, key), said, Per.COMPLEX, MW) for key in ("power", "within"))
        running = self._kpi((*item.path, "running"), said, Per.COMPLEX, "")
        if not {"id", "name", "note"} <= set(said):
            return None
        return Step(said["id"], said["name"], said["note"], power, within, running)

    def _kpis_of(self, path: KeyPath, ids: Sequence[str], per: Per, unit: str | None) -> list[Kpi]:
        found = [self._named((*path, place), id_, per, unit) for place, id_ in enumerate(ids)]
        return [kpi for kpi in found if kpi is not None]

    def _kpi(self, path: KeyPath, said: Any, per: Per, unit: str) -> Kpi | None:
        id_ = said.get(path[-1])
        return None if id_ is None else self._named(path, id_, per, unit)

    def _named(self, path: KeyPath, id_: str, per: Per, unit: str | None) -> Kpi | None:
        """The KPI of an id, of what and in the unit that is wanted; None with a mistake noted."""
        kpi = self._kpis.of.get(id_)
        if kpi is None:
            fitting = [each.id for each in self._kpis.kpis if each.per is per and unit in (None, each.unit)]
            self._toml.mistake(path, id_, did_you_mean(id_, fitting, "there is no such KPI in kpis.toml"))
            return None
        if kpi.per is not per:
            hint = f"here stands a KPI per {per}; {id_} is one per {kpi.per}"
            self._toml.mistake(path, id_, hint)
            return None
        if unit is not None and kpi.unit != unit:
            wanted = f"a KPI in {unit}" if unit else "a plain number"
            self._toml.mistake(
                path, id_, f"here stands {wanted}; {id_} is {f'in {kpi.unit}' if kpi.unit else 'a number'}"
            )
            return None
        return kpi

    def _check_once(self, used: Kpi, processes: Sequence[Process]) -> None:
        """Say which meters of sites stand in two processes, in none, or are no meters of sites at all."""
        paths = self._plant.tags.path
        left = dict.fromkeys(_rows(used))
        counted: dict[int, str] = {}
        for item, process in zip(self._file.processes, processes, strict=True):
            for row in _rows(process.energy):
                if row in counted:
                    hint = f"{paths[row]} is counted by the process {counted[row]} already"
                    self._toml.mistake((*item.path, "energy"), process.energy.id, hint)
                elif row not in left:
                    hint = f"{paths[row]} is not among the meters of sites, those of {used.id}; make it one of 'parts'"
                    self._toml.mistake((*item.path, "energy"), process.energy.id, hint)
                counted[row] = process.id
        missing = [paths[row] for row in left if row not in counted]
        if missing:
            named = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            self._toml.mistake(("figures", "used"), used.id, f"no process counts {named}")


def _rows(kpi: Kpi) -> list[int]:
    """The table rows of a KPI's own tags, each as often as its formula names it."""
    return [int(row) for each in kpi.value.formula.inputs for row in each.tags.rows]
