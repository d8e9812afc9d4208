"""Gives rates and formulas their signals, so that every alarm of a unit finds what it looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.books import COLUMNS, PLACES, RULE, Books, Side
from didymium.alarms.signals import Calculation, Rates, Signals
from didymium.model.formula import Formula, Input, Scope, read_formula
from didymium.model.plant import Complex, Kind, TemplateTag, Text, Unit

Rows = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Block:
    """The units of one template in one site that have the same tags. ``names`` to their place in the unit."""

    site: int
    template: str
    units: tuple[Unit, ...]
    offsets: Mapping[str, int]
    tags: Mapping[str, TemplateTag]

    @cached_property
    def first(self) -> Rows:
        """(units,) the first tag of each unit."""
        return np.array([unit.first for unit in self.units], np.int32)


def blocks(plant: Complex) -> list[Block]:
    """Return the blocks of a complex in the order of sites and of their first units."""
    site_of = {site.id: place for place, site in enumerate(plant.sites)}
    together: dict[tuple[int, str, int], list[Unit]] = {}
    for unit in plant.units:
        together.setdefault((site_of[unit.site], unit.template, unit.count), []).append(unit)
    found = []
    for (site, template, _), units in together.items():
        rows = range(units[0].first, units[0].first + units[0].count)
        offsets = {plant.tags.name[row]: place for place, row in enumerate(rows)}
        tags = {plant.tags.name[row]: plant.tags.template_tag[row] for row in rows}
        found.append(Block(site, template, tuple(units), offsets, tags))
    return found


@dataclass
class _Rate:
    source: list[int] = field(default_factory=list)
    out: list[int] = field(default_factory=list)
    window_s: list[int] = field(default_factory=list)


@dataclass
class _Kept:
    """Books of one site as they are asked for: rules, and their terms, each with a signal and a side."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    terms: list[list[tuple[int, Side]]] = field(default_factory=list)


class Wiring:
    """Signals as they are asked for; the same question gets the same signal."""

    def __init__(self, plant: Complex) -> None:
        self._plant = plant
        self._count = len(plant.tags)
        self._paths = dict(zip(plant.tags.path, plant.tags.template_tag, strict=True))
        self._rates: dict[tuple[int, int], int] = {}
        self._by_site = [_Rate() for _ in plant.sites]
        self._calculations: list[list[Calculation]] = [[] for _ in plant.sites]
        self._books = [_Kept() for _ in plant.sites]
        self._book_count = 0
        self._book_rows: dict[tuple[int, str, int], dict[str, Rows]] = {}
        self._read: dict[tuple[str, str, int, str | None, tuple[str, ...]], Formula] = {}
        self._placed: dict[tuple[int, str, int, str], Rows] = {}

    def formula(self, block: Block, text: str, unit: str | None = None) -> Formula:
        """Return the formula as read for the block's units. Raises ``BadFormula``."""
        books = self.books_of(block)
        key = (block.template, text, len(block.offsets), unit, tuple(books))
        if key not in self._read:
            tags = {**block.tags, **{name: book_tag(name) for name in books}}
            self._read[key] = read_formula(text, Scope(tags, self._paths), unit)
        return self._read[key]

    def books_of(self, block: Block) -> Mapping[str, Rows]:
        """Return the books that the block's units keep, by name, with (units,) their signals."""
        return self._book_rows.get((block.site, block.template, len(block.offsets)), {})

    def keep(
        self, block: Block, name: str, terms: Sequence[tuple[str, Side]], counts: str, rule: Mapping[str, Any]
    ) -> None:
        """Let every unit of the block keep books; ``terms`` and ``counts`` are formulas. Raises ``BadFormula``."""
        sides = [side for _, side in terms]
        signals = [self.signals(block, text) for text, _ in terms]
        when = self.signals(block, counts) if counts else np.full(len(block.units), -1, np.int32)
        out = np.arange(self._count, self._count + len(block.units), dtype=np.int32)
        self._count += len(out)
        kept = self._books[block.site]
        for place, row in enumerate(out.tolist()):
            kept.terms.append([(int(signal[place]), side) for signal, side in zip(signals, sides, strict=True)])
            kept.rules.append({**rule, "counts": int(when[place]), "out": row, "holds": Side.HELD in sides})
        self._book_rows.setdefault((block.site, block.template, len(block.offsets)), {})[name] = out

    def signals(self, block: Block, text: str) -> Rows:
        """Return (units,) the signals of a formula, or of the tag where it names one. Raises ``BadFormula``."""
        if text in block.offsets:
            return block.first + np.int32(block.offsets[text])
        if text in self.books_of(block):
            return self.books_of(block)[text]
        key = (block.site, block.template, len(block.offsets), text)
        if key not in self._placed:
            formula = self.formula(block, text)
            inputs = tuple(self._input(block, each) for each in formula.inputs)
            out = np.arange(self._count, self._count + len(block.units), dtype=np.int32)
            self._count += len(out)
            self._calculations[block.site].append(Calculation(formula, inputs, slice(int(out[0]), int(out[-1]) + 1)))
            self._placed[key] = out
        return self._placed[key]

    def done(self, silent: NDArray[np.int32]) -> Signals:
        """Return all signals; ``silent`` (k, 2) are the first tag and the end of each alarm that the clock decides."""
        rates = []
        ring = 0
        for site in self._by_site:
            window_s = np.array(site.window_s, np.int64)
            first = ring + np.concatenate([[0], np.cumsum(window_s + 1)]).astype(np.int64)
            ring = int(first[-1])
            rates.append(Rates(np.array(site.source, np.int32), np.array(site.out, np.int32), window_s, first[:-1]))
        return Signals(
            tags=len(self._plant.tags),
            count=self._count,
            ring=ring,
            unit=self._plant.tags.unit,
            site_first=np.array([site.first for site in self._plant.sites], np.int64),
            silent_first=np.ascontiguousarray(silent[:, 0]),
            silent_end=np.ascontiguousarray(silent[:, 1]),
            rates=tuple(rates),
            calculations=tuple(tuple(site) for site in self._calculations),
            books=tuple(self._kept(site) for site in self._books),
            book_count=self._book_count,
        )

    def _kept(self, site: _Kept) -> Books:
        n = len(site.rules)
        rule = np.zeros(n, RULE)
        number = np.arange(self._book_count, self._book_count + n, dtype=np.int64)
        self._book_count += n
        for i, said in enumerate(site.rules):
            for name, value in said.items():
                rule[name][i] = value
        rule["place"] = number * PLACES * COLUMNS
        first = np.concatenate([[0], np.cumsum([len(each) for each in site.terms])]).astype(np.int64)
        terms = [term for each in site.terms for term in each]
        row = np.array([row for row, _ in terms], np.int32)
        return Books(rule, first, row, np.array([side for _, side in terms], np.int8), number)

    def _input(self, block: Block, read: Input) -> Rows:
        rows = []
        for name in read.names:
            if "." in name:
                rows.append(np.full(len(block.units), self._plant.tags.row_of[name], np.int32))
            elif name in block.offsets:
                rows.append(block.first + np.int32(block.offsets[name]))
            else:
                rows.append(self.books_of(block)[name])
        if read.rate_s:
            rows = [self._rates_of(block.site, each, read.rate_s) for each in rows]
        return np.stack(rows) if read.family else rows[0]

    def _rates_of(self, site: int, rows: Rows, window_s: int) -> Rows:
        out = []
        for row in rows.tolist():
            key = (row, window_s)
            if key not in self._rates:
                self._rates[key] = self._count
                own = self._by_site[site]
                own.source.append(row)
                own.out.append(self._count)
                own.window_s.append(window_s)
                self._count += 1
            out.append(self._rates[key])
        return np.array(out, np.int32)


UNKNOWN: Final = float("nan")


def book_tag(name: str) -> TemplateTag:
    """Books as formulas see them: a tag without limits, a plain number."""
    nothing = Text("", "")
    low, high = -float("inf"), float("inf")
    return TemplateTag(
        name, Kind.ANALOG, "", low, high, 0.0, 0, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, "", UNKNOWN, (), nothing
    )
