"""All units of one template side by side: one array column per tag, one row per unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import TagTable, Unit
from didymium.twin.point import family

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class MissingFamily(LookupError):
    """The template has not the family of tags that a model of its type feeds."""


@dataclass(frozen=True)
class Bank:
    """Units that share a template. ``target`` and ``value`` are (units, tags) windows on the plant's arrays.

    Models write where a tag is heading into ``target``; ``value`` is where it stands now, before the sensor. A tag
    that the template does not have gets a window on memory of its own, so that a plant may leave tags out.
    """

    template: str
    units: tuple[Unit, ...]
    columns: dict[str, slice]
    target: Floats
    value: Floats
    first: int
    rows: Rows
    _aims: dict[str, Floats] = field(default_factory=dict, repr=False)
    _nows: dict[str, Floats] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.units)

    def has(self, name: str) -> bool:
        """Whether the template has this tag or, written ``Z[]_T``, this family."""
        return name in self.columns

    def aim(self, name: str) -> Floats:
        """(units,) window on the targets of one tag, or (units, k) of a family ``Z[]_T``."""
        window = self._aims.get(name)
        if window is None:
            window = self._aims[name] = self._window(self.target, name)
        return window

    def now(self, name: str) -> Floats:
        """(units,) or (units, k) window on the present values."""
        window = self._nows.get(name)
        if window is None:
            window = self._nows[name] = self._window(self.value, name)
        return window

    def places(self, name: str) -> Rows:
        """(units,) positions of one tag in the plant's arrays."""
        return self.first + np.arange(len(self.units)) * self.target.shape[1] + self.columns[name].start

    def _window(self, table: Floats, name: str) -> Floats:
        columns = self.columns.get(name)
        if "[]" in name:
            if columns is None:
                raise MissingFamily(f"{self.template} has no {name}")
            return table[:, columns]
        return np.zeros(len(self.units)) if columns is None else table[:, columns.start]

    def at_site(self, site: str) -> Rows:
        """Indices of the units that stand at a site."""
        return np.array([i for i, unit in enumerate(self.units) if unit.site == site], np.intp)


def families(tags: TagTable, unit: Unit) -> dict[str, slice]:
    """Where each tag and each family of a unit stands within its rows.

    Raises ``ValueError`` when a family's members are not side by side.
    """
    columns: dict[str, slice] = {}
    for column, row in enumerate(range(unit.first, unit.first + unit.count)):
        name = family(tags.template_tag[row].name)
        if "[]" not in name:
            columns[tags.name[row]] = slice(column, column + 1)
        elif name not in columns:
            columns[name] = slice(column, column + 1)
        elif columns[name].stop == column:
            columns[name] = slice(columns[name].start, column + 1)
        else:
            raise ValueError(f"{unit.path}: the members of {name} are not side by side")
    return columns


def group(units: Sequence[Unit], tags: TagTable) -> list[tuple[str, tuple[Unit, ...]]]:
    """Units by template and number of tags, in the order in which the templates first appear."""
    banks: dict[tuple[str, int], list[Unit]] = {}
    for unit in units:
        banks.setdefault((unit.template, unit.count), []).append(unit)
    return [(template, tuple(members)) for (template, _), members in banks.items()]
