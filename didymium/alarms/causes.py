"""Finds the alarms that ``caused_by`` names, and refuses those that cause themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.entries import Entry
from didymium.alarms.twins import TWIN_MARK, Twins
from didymium.model.mistakes import did_you_mean
from didymium.model.plant import Complex
from didymium.model.toml_table import TomlFile


@dataclass(frozen=True, slots=True)
class Wish:
    """Alarms ``rows`` of a block's units, (units,), want to be hidden by what ``refs`` name."""

    rows: NDArray[np.int64]
    units: tuple[str, ...]
    site: str
    refs: tuple[str, ...]
    entry: Entry | None


class Causes:
    """Looks references up: ``CW_F/LL`` of the same unit, ``FAN_TRIP`` of the unit or ``OFFLINE`` of its site,
    ``T_FEED[n]/BRIDGE`` of the unit of that template with the same number in the same area,
    ``T_SCRUB/FAN_TRIP`` or ``T_RECT.STATE/TRIPPED`` of every unit of a template in the site, and
    ``S23.POWER.SUBST001/DIP`` of a named unit, which may be of another site; its last second counts then."""

    def __init__(
        self, plant: Complex, ids: Sequence[str], row_of: Mapping[str, int], twins: Twins, toml: TomlFile
    ) -> None:
        self._plant, self._ids, self._row_of, self._toml = plant, ids, row_of, toml
        self._of_same_number = twins
        self._units: dict[tuple[str, str], list[str]] = {}
        for unit in plant.units:
            self._units.setdefault((unit.site, unit.template), []).append(unit.path)
        self._said: set[tuple[str, object]] = set()

    def edges(self, wishes: Sequence[Wish]) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Entry | None]]:
        """Return (k,) hidden alarms, (k,) what hides each, and the entry that said so."""
        hidden: list[int] = []
        by: list[int] = []
        entries: list[Entry | None] = []
        for wish in wishes:
            for ref in wish.refs:
                found_any = False
                for row, unit in zip(wish.rows.tolist(), wish.units, strict=True):
                    for cause in self._found(ref, unit, wish.site):
                        found_any = True
                        if cause != row:
                            hidden.append(row)
                            by.append(cause)
                            entries.append(wish.entry)
                if not found_any:
                    self._unknown(wish, ref)
        return np.array(hidden, np.int64), np.array(by, np.int64), entries

    def _found(self, ref: str, unit: str, site: str) -> list[int]:
        head, _, name = ref.rpartition("/")
        template, _, tag = head.partition(".")
        if template.endswith(TWIN_MARK):
            return self._twins(template.removesuffix(TWIN_MARK), tag, name, unit)
        if template in self._plant.templates and tag:
            ids = [f"{path}.{tag}/{name}" for path in self._units.get((site, template), ())]
        elif "." in head:
            ids = [ref]
        elif (site, head) in self._units:
            ids = [f"{path}/{name}" for path in self._units[site, head]]
        elif head in self._plant.templates:
            return []
        elif head:
            ids = self._members(f"{unit}.{head}", name) if "[]" in head else [f"{unit}.{head}/{name}"]
        else:
            ids = [f"{unit}/{name}", f"{site}/{name}"]
        return [self._row_of[id_] for id_ in ids if id_ in self._row_of]

    def _twins(self, template: str, tag: str, name: str, unit: str) -> list[int]:
        """The alarm of the unit of ``template`` that stands in the same area under the same number."""
        ids = [f"{path}{f'.{tag}' if tag else ''}/{name}" for path in self._of_same_number.of(template, unit)]
        return [self._row_of[id_] for id_ in ids if id_ in self._row_of]

    def _members(self, family: str, name: str) -> list[str]:
        """Every alarm of a family's tags; their indexes run without a gap."""
        head, tail = family.split("[]", 1)
        found = []
        for index in range(1, 100):
            id_ = f"{head}{index}{tail}/{name}"
            if id_ in self._row_of:
                found.append(id_)
        return found

    def _unknown(self, wish: Wish, ref: str) -> None:
        if wish.entry is None or (ref, wish.entry.path) in self._said:
            return
        head = ref.rpartition("/")[0]
        template = head.partition(".")[0]
        if template in self._plant.templates and (wish.site, template) not in self._units:
            return  # a template that other sites have
        self._said.add((ref, wish.entry.path))
        stem = f"{wish.site}." if "." in head else f"{wish.units[0]}"
        near = [id_ for id_ in self._ids if id_.startswith(stem)]
        own = [re.sub(rf"^{re.escape(wish.units[0])}[./]", "", id_) for id_ in near]
        words = near if "." in head else own
        hint = did_you_mean(ref, words[:4000], "there is no such alarm here")
        self._toml.mistake((*wish.entry.path, "caused_by"), ref, hint)


def cycle(hidden: NDArray[np.int64], by: NDArray[np.int64], alarms: int) -> list[int]:
    """Return the edges of one cycle, in order; none where there is no cycle.

    Alarms that hide nothing more are taken away until none is left, or only those on cycles and what leads to them.
    """
    left = np.ones(len(hidden), np.bool_)
    while True:
        causes = np.zeros(alarms, np.bool_)
        causes[hidden[left]] = True
        keep = left & causes[by]
        if keep.sum() == left.sum():
            break
        left = keep
    edges = np.flatnonzero(left)
    if not len(edges):
        return []
    next_edge = {int(hidden[edge]): int(edge) for edge in edges.tolist()}
    walked: list[int] = []
    at = int(hidden[edges[0]])
    seen: dict[int, int] = {}
    while at not in seen:
        seen[at] = len(walked)
        walked.append(next_edge[at])
        at = int(by[next_edge[at]])
    return walked[seen[at] :]
