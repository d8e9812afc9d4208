"""What KPIs come to in a window of time, from the parts of its minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.kpi.definitions import Kpi, Kpis, Link, Reckoned, Wire
from didymium.kpi.formula import Given
from didymium.kpi.functions import FUNCTIONS
from didymium.kpi.joining import NONE, counted, joined, narrowed
from didymium.kpi.parts import MINUTE_US, Parts
from didymium.model.dimension import scale
from didymium.model.plant import Text

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Delivered = Callable[[int, int], tuple[Floats, Floats]]
"""Readings expected and received of each site of the complex between two times, (sites,) each."""

DIGEST_BYTES: Final = 32
SETTLE_US: Final = 5_000_000
"""What is younger than this may still be on its way: it is not missed."""
NO_READINGS: Final = Text("no reading in this window", "窗口内没有读数")
NO_QUOTIENT: Final = Text("nothing to divide by in this window", "窗口内除数为零")
TOO_SHORT: Final = Text("this window is too short", "窗口太短")
NOT_YET: Final = Text("this window has not been reckoned", "该窗口尚未计算")
UNMET: Final = Text("too little to tell", "数据不足")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one input of a formula came to, (scopes,) each; ``value`` in the dimension's own units."""

    value: Floats
    readings: NDArray[np.int64]
    expected: Floats


@dataclass(frozen=True, slots=True)
class Value:
    """One KPI in one window, (scopes,) each.

    ``value`` and ``error`` are in the KPI's unit, NaN where there is none; ``unmet`` says that what it needs is not
    there. ``readings`` and ``expected`` count the readings behind it, those of the KPIs that it uses with it.
    ``inputs`` are those of its formula.
    """

    kpi: Kpi
    from_us: int
    to_us: int
    value: Floats
    error: Floats
    unmet: NDArray[np.bool_]
    readings: NDArray[np.int64]
    expected: Floats
    inputs: tuple[Answer, ...]

    @property
    def complete(self) -> Floats:
        """(scopes,) share of the expected readings that came, NaN where none were expected."""
        return np.minimum(1.0, self.readings / np.where(self.expected > 0.0, self.expected, np.nan))

    def why(self, row: int) -> Text | None:
        """Why a scope has no value, None where it has one."""
        if not np.isnan(self.value[row]):
            return None
        return why_none(self.kpi, self.to_us - self.from_us, bool(self.readings[row]), bool(self.unmet[row]))


def why_none(kpi: Kpi, window_us: int, came: bool, unmet: bool) -> Text:
    """Why there is no value in a window so long: too short, nothing ``came``, what it needs is ``unmet``, or x / 0."""
    if kpi.minimum_us > window_us:
        return TOO_SHORT
    if not came:
        return NO_READINGS
    return (kpi.why or UNMET) if unmet else NO_QUOTIENT


def reckoned(
    kpis: Kpis, wanted: Sequence[Kpi], parts: Parts, from_us: int, to_us: int, delivered: Delivered, *, now_us: int
) -> dict[str, Value]:
    """Return what the KPIs come to from ``from_us`` to ``to_us``, by id.

    ``wanted`` has each KPI behind all that it uses, see ``Kpis.with_used``. ``from_us`` is a whole minute. The same
    parts give the same bits: minutes are joined oldest first, tags in their order.
    """
    window = _Window(kpis, wanted, parts, from_us, to_us, delivered, now_us)
    for kpi in wanted:
        window.reckon(kpi)
    return window.done


def digests(values: Mapping[str, Value]) -> dict[str, list[str]]:
    """Return (scopes,) of each KPI the names of all that its values came from: definition, answers, what it uses.

    ``values`` has each KPI behind all that it uses.
    """
    found: dict[str, list[str]] = {}
    for id_, value in values.items():
        text, links = value.kpi.text.encode(), [link for each in _formulas(value.kpi) for link in each.links]
        columns = [value.value, *(column for each in value.inputs for column in (each.value, each.readings))]
        rows = np.array(columns, np.float64).T.copy()
        found[id_] = []
        for row in range(len(rows)):
            mark = blake2b(text, digest_size=DIGEST_BYTES)
            mark.update(rows[row].tobytes())
            for link in links:
                used = found[link.kpi]
                mark.update("".join(used[place] for place in link.of(row)).encode())
            found[id_].append(mark.hexdigest())
    return found


def _formulas(kpi: Kpi) -> list[Reckoned]:
    return [each for each in (kpi.value, kpi.error, kpi.needs) if each is not None]


class _Window:
    """One reckoning of one window."""

    def __init__(
        self,
        kpis: Kpis,
        wanted: Sequence[Kpi],
        parts: Parts,
        from_us: int,
        to_us: int,
        delivered: Delivered,
        now_us: int,
    ) -> None:
        self._kpis, self._parts, self._delivered = kpis, parts, delivered
        self._from_us, self._to_us = from_us, to_us
        self._until_us = max(from_us, min(to_us, now_us))
        self._due_minutes = max(0.0, (min(to_us, now_us - SETTLE_US) - from_us) / MINUTE_US)
        self._first, self._end = from_us // MINUTE_US, -(-to_us // MINUTE_US)
        self._of_sites: tuple[Floats, Floats] | None = None
        self.done: dict[str, Value] = {}
        wires = [wire for kpi in wanted for each in _formulas(kpi) for wire in each.wires]
        asked = np.unique(np.concatenate([wire.asked.ravel() for wire in wires] or [np.empty(0, np.int32)]))
        self._narrow(wires)
        self._joined = np.full(len(kpis.asked), np.nan)
        self._joined[asked] = joined(parts, kpis.asked[asked], *self._minutes(kpis.asked_narrow[asked]))

    def _narrow(self, wires: Sequence[Wire]) -> None:
        """Find the narrowed windows that some wires need."""
        n = len(self._kpis.narrow)
        self._low, self._high = np.zeros(n, np.int64), np.zeros(n, np.int64)
        needed = np.unique(np.concatenate([wire.narrow for wire in wires] or [np.empty(0, np.int32)]))
        needed = needed[needed != NONE]
        found = narrowed(self._parts, self._kpis.narrow[needed], self._first, self._end)
        self._low[needed], self._high[needed] = found

    def reckon(self, kpi: Kpi) -> None:
        """Reckon one, behind all that it uses."""
        size = scale(kpi.unit)
        inputs = self._answers(kpi.value)
        raw = self._result(kpi, kpi.value, inputs) / size
        value = np.where(np.isfinite(raw), raw, np.nan)
        unmet = np.zeros(len(value), np.bool_)
        if kpi.needs is not None:
            unmet = ~(self._result(kpi, kpi.needs, self._answers(kpi.needs)) >= kpi.at_least)
        if kpi.minimum_us > self._to_us - self._from_us:
            unmet[:] = True
        value[unmet] = np.nan
        error = np.full(len(value), np.nan)
        if kpi.error is not None:
            error = self._result(kpi, kpi.error, self._answers(kpi.error)) / size
            error[np.isnan(value)] = np.nan
        readings, expected = self._counts(kpi, inputs)
        self.done[kpi.id] = Value(
            kpi, self._from_us, self._to_us, value, error, unmet, readings, expected, tuple(inputs)
        )

    def _minutes(self, narrow: NDArray[np.int32]) -> tuple[Ints, Ints, NDArray[np.int32]]:
        """First and end minute of windows that are narrowed, or not, and the slots of conditions on their minutes."""
        low, high = np.full(len(narrow), self._first, np.int64), np.full(len(narrow), self._end, np.int64)
        mask = np.full(len(narrow), NONE, np.int32)
        if len(self._kpis.narrow):
            during = (narrow != NONE) & self._kpis.narrow_while[narrow]
            between = (narrow != NONE) & ~during
            mask[during] = self._kpis.narrow[narrow[during]]
            low[between], high[between] = self._low[narrow[between]], self._high[narrow[between]]
        return low, high, mask

    def _answers(self, reckoned: Reckoned) -> list[Answer]:
        found = []
        for each, wire in zip(reckoned.formula.inputs, reckoned.wires, strict=True):
            starts = each.tags.starts
            centre = self._kpis.slots.centre[wire.tags]
            value = FUNCTIONS[each.function].join(self._joined[wire.asked], centre, starts) * each.scale
            counts, kept = counted(self._parts, wire.tags, *self._minutes(wire.narrow))
            readings = np.add.reduceat(counts, starts)
            minutes = np.where(wire.narrow == NONE, self._due_minutes, kept.astype(np.float64))
            expected = np.add.reduceat(minutes * self._kpis.expected_per_minute[wire.tags], starts)
            found.append(Answer(value, readings, expected))
        return found

    def _result(self, kpi: Kpi, reckoned: Reckoned, inputs: Sequence[Answer]) -> Floats:
        formula = reckoned.formula
        uses = [self._used(link, use.total) for link, use in zip(reckoned.links, formula.uses, strict=True)]
        window = {name: self._of_window(kpi, name) for name in formula.window}
        with np.errstate(all="ignore"):
            return formula.value(Given([answer.value for answer in inputs], uses, window))

    def _used(self, link: Link, total: bool) -> Floats:
        """Another KPI's value in own units: the same scope's, or the sum of those within that are known."""
        done = self.done[link.kpi]
        values = done.value[link.rows] * scale(done.kpi.unit)
        if not total:
            return values
        there = ~np.isnan(values)
        summed = np.add.reduceat(np.where(there, values, 0.0), link.starts)
        return np.where(np.add.reduceat(there, link.starts, dtype=np.int64) > 0, summed, np.nan)

    def _of_window(self, kpi: Kpi, name: str) -> Floats:
        if name == "hours":
            return np.full(len(kpi.scopes), (self._until_us - self._from_us) / 1e6)
        return self._of_scopes(kpi, self._sites()[0 if name == "expected" else 1])

    def _of_scopes(self, kpi: Kpi, of_sites: Floats) -> Floats:
        return np.array([of_sites[sites].sum() for sites in kpi.sites])

    def _sites(self) -> tuple[Floats, Floats]:
        if self._of_sites is None:
            self._of_sites = self._delivered(self._from_us, self._to_us)
        return self._of_sites

    def _counts(self, kpi: Kpi, inputs: Sequence[Answer]) -> tuple[NDArray[np.int64], Floats]:
        """(scopes,) readings that came and that should have, of the formula's inputs and of the KPIs that it uses."""
        readings, expected = np.zeros(len(kpi.scopes), np.int64), np.zeros(len(kpi.scopes))
        for answer in inputs:
            readings, expected = readings + answer.readings, expected + answer.expected
        for link in kpi.value.links:
            used = self.done[link.kpi]
            readings = readings + np.add.reduceat(used.readings[link.rows], link.starts)
            expected = expected + np.add.reduceat(used.expected[link.rows], link.starts)
        if "received" in kpi.value.formula.window:
            due, came = self._sites()
            readings = readings + self._of_scopes(kpi, came).astype(np.int64)
            expected = expected + self._of_scopes(kpi, due)
        return readings, expected
