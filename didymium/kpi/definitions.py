"""KPIs of a complex, ready to be reckoned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from didymium.kpi.entries import Per, Source
from didymium.kpi.formula import Formula
from didymium.kpi.parts import Slots
from didymium.kpi.scopes import Scope, part_of
from didymium.model.plant import Text

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wire:
    """Where the answers to a formula's input lie among all that is asked for in a window.

    ``asked`` is (parts, tags) places in ``Kpis.asked``, ``tags`` (tags,) in ``Kpis.slots``, ``narrow`` (tags,) places
    in ``Kpis.narrow``, -1 where a tag's window is the whole one.
    """

    asked: NDArray[np.int32]
    tags: NDArray[np.int32]
    narrow: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Link:
    """A KPI that a formula uses, and for each scope which of its values: ``rows[starts[i]:starts[i + 1]]``."""

    kpi: str
    rows: NDArray[np.intp]
    starts: NDArray[np.intp]

    def of(self, scope: int) -> list[int]:
        """The places of the used KPI's values for one scope."""
        return part_of(self.rows, self.starts, scope)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A formula with its wires and links, as many and in the order of its inputs and uses."""

    formula: Formula
    wires: tuple[Wire, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, eq=False)
class Kpi:
    """One KPI.

    ``sites`` are (scopes,) the places of the sites that each scope has, ``plan`` (scopes,) that of a day, NaN where
    there is none, ``constants`` what its formulas name, each with its value in each scope, and its unit.
    ``minimum_us`` is the shortest window that it makes sense in; ``error`` states what it may be off by there.
    ``needs`` must come to ``at_least``, else there is no value, and ``why`` says so. An ``amount`` adds up over a day,
    so that it has a pace and a forecast. A ``helper`` is shown nowhere. ``text`` tells one version of the definition
    from another.
    """

    id: str
    name: Text
    description: Text
    group: str
    per: Per
    unit: str
    decimals: int
    scopes: tuple[Scope, ...]
    sites: tuple[NDArray[np.intp], ...]
    constants: Mapping[str, tuple[Floats, str]]
    value: Reckoned
    error: Reckoned | None
    needs: Reckoned | None
    at_least: float
    why: Text | None
    plan: Floats
    low: float | None
    high: float | None
    origin: Source
    source: str
    minimum_us: int
    amount: bool
    helper: bool
    text: str

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Scope id to its place."""
        return {scope.id: row for row, scope in enumerate(self.scopes)}


@dataclass(frozen=True)
class Kpis:
    """All KPIs, each behind those that it uses, and what of the readings they need.

    ``asked`` are slots, ``asked_narrow`` for each the place in ``narrow`` of what narrows its window, -1 for nothing.
    ``narrow`` are slots: the window goes from their first to their last change, or where ``narrow_while``, is of the
    minutes throughout which a condition held. ``expected_per_minute`` is (tags,).
    """

    kpis: tuple[Kpi, ...]
    slots: Slots
    asked: NDArray[np.int32]
    asked_narrow: NDArray[np.int32]
    narrow: NDArray[np.int32]
    narrow_while: NDArray[np.bool_]
    expected_per_minute: Floats

    @cached_property
    def of(self) -> Mapping[str, Kpi]:
        """Id to KPI."""
        return {kpi.id: kpi for kpi in self.kpis}

    def with_used(self, ids: frozenset[str]) -> tuple[Kpi, ...]:
        """The KPIs of these ids with all that they use, each behind those."""
        wanted = set(ids)
        for kpi in reversed(self.kpis):
            if kpi.id in wanted:
                wanted |= set(used_by(kpi))
        return tuple(kpi for kpi in self.kpis if kpi.id in wanted)

    def tags_of(self, kpis: Sequence[Kpi]) -> NDArray[np.intp]:
        """The tags in ``slots`` that the formulas of these KPIs read, with those that narrow their windows."""
        reckoned = [each for kpi in kpis for each in (kpi.value, kpi.error, kpi.needs) if each is not None]
        wires = [wire for each in reckoned for wire in each.wires]
        narrows = np.concatenate([*(wire.narrow for wire in wires), np.empty(0, np.int32)]).astype(np.intp)
        narrow = self.narrow[np.unique(narrows[narrows >= 0])]
        tags = np.searchsorted(self.slots.first, narrow, side="right") - 1
        return np.unique(np.concatenate([tags, *(wire.tags for wire in wires)])).astype(np.intp)


def used_by(kpi: Kpi) -> tuple[str, ...]:
    """The KPIs that a KPI's formulas name."""
    reckoned = (kpi.value, kpi.error, kpi.needs)
    return tuple(dict.fromkeys(link.kpi for each in reckoned if each is not None for link in each.links))
