"""The whole complex, second by second."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import Complex, Kind
from didymium.model.status import GOOD, is_bad
from didymium.twin.bank import Bank, MissingFamily, families, group
from didymium.twin.faults import Faults
from didymium.twin.ledger import Ledger
from didymium.twin.point import EXACT, behaviour
from didymium.twin.quality import Quality
from didymium.twin.sensors import sense, start_drift
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Model, Surroundings, UnitType
from didymium.twin.units import UNIT_TYPES

Floats = NDArray[np.float64]
log = logging.getLogger(__name__)

WANDER_S = 900.0
"""Time constant of the slow wander that every analog tag has."""
KEEP = float(np.exp(-1.0 / WANDER_S))
STEADY = UnitType()


class TwinPlant:
    """All units of a complex, advanced one second at a time.

    ``values`` and ``status`` are (n_tags,) in the order of the complex's tag table and belong to ``second``;
    they are overwritten by the next step. The same complex, seed and start give the same bits, however the
    steps are grouped into calls.
    """

    def __init__(self, complex: Complex, seed: int, start_us: int) -> None:  # noqa: A002 - the plant's own noun
        n = len(complex.tags)
        self.complex = complex
        self.second = start_us // 1_000_000
        self.values = np.zeros(n)
        self.status = np.zeros(n, np.uint32)
        self._seed = seed
        self._target, self._value, self._slope, self._drift = (np.zeros(n) for _ in range(4))
        self._row = np.zeros(n, np.intp)
        self._gain, self._spread = np.ones(n), np.zeros(n)
        self._wander = (np.zeros(n), np.zeros(n))
        self._noise = (np.zeros(n), np.zeros(n))
        self.faults = Faults([site.id for site in complex.sites])
        """What is wrong in the plant; changed between two steps only."""
        self._around = Surroundings(seed, self.second, self._target, self._value, self.faults)
        self._timetables: dict[int, Timetable] = {}
        banks = self._lay_out()
        self._scale = complex.tags.scale[self._row]
        self._low = np.nan_to_num(complex.tags.low[self._row], nan=-np.inf)
        self._high = np.nan_to_num(complex.tags.high[self._row], nan=np.inf)
        amplitude = self._wander[0] + self._wander[1] + self._noise[0] + self._noise[1]
        self._noisy = amplitude > 0.0
        self._wraps = np.array([complex.tags.kind[row] is Kind.COUNTER for row in self._row]) & np.isfinite(self._high)
        analog = [row for row, kind in enumerate(complex.tags.kind) if kind is Kind.ANALOG]
        self._quality = Quality(seed, np.array(analog, np.intp))
        self._passing: tuple[int, int] | None = (-1, -1)
        self._held = np.empty(0, np.intp)
        self._fresh = True
        self._models = self._build(banks)
        start_drift(seed, self.second, self._drift)
        self._judge()
        self._sense()

    @property
    def models(self) -> Mapping[str, Model]:
        """The models by template id, to be looked into and, in tests and trials, tampered with."""
        return self._around.models

    @property
    def ledger(self) -> Ledger:
        """What the sites moved and hold."""
        return self._around.ledger

    def advance(self, second: int) -> None:
        """Step to ``second``, unix seconds; a second already reached leaves the plant as it is."""
        while self.second < second:
            self.second += 1
            for timetable in self._timetables.values():
                timetable.advance(self.second)
            for model in self._models:
                model.step(self.second)
            self._judge()
            self._sense()

    def _lay_out(self) -> list[Bank]:
        """Give every bank its stretch of the arrays, unit by unit, and its tags their behaviour."""
        tags = self.complex.tags
        order = {template: place for place, template in enumerate(UNIT_TYPES)}
        groups = group(self.complex.units, tags)
        groups.sort(key=lambda entry: order.get(entry[0], -1))
        banks = []
        first = 0
        for template, units in groups:
            width = units[0].count
            rows = np.concatenate([np.arange(unit.first, unit.first + width, dtype=np.intp) for unit in units])
            stretch = slice(first, first + len(rows))
            shape = (len(units), width)
            bank = Bank(
                template,
                units,
                families(tags, units[0]),
                self._target[stretch].reshape(shape),
                self._value[stretch].reshape(shape),
                first,
                rows.reshape(shape),
            )
            self._row[stretch] = rows
            each = behaviour(tags, rows[:width], {"STEP_T": EXACT, **UNIT_TYPES.get(template, STEADY).points})
            draws = np.random.default_rng([self._seed, first]).normal(size=shape).clip(-2.5, 2.5)
            self._spread[stretch] = (draws * each.spread).ravel()
            bank.target[:] = each.at
            for column, value in (
                (self._gain, each.gain),
                (self._wander[0], each.wander_abs),
                (self._wander[1], each.wander_rel),
                (self._noise[0], each.noise_abs),
                (self._noise[1], each.noise_rel),
            ):
                column[stretch] = np.tile(value, len(units))
            banks.append(bank)
            self._around.banks.setdefault(template, []).append(bank)
            self.faults.add(bank)
            first += len(rows)
        return banks

    def _build(self, banks: list[Bank]) -> list[Model]:
        models = []
        for bank in banks:
            kind = UNIT_TYPES.get(bank.template, STEADY)
            stretch = slice(bank.first, bank.first + bank.target.size)
            spread = self._spread[stretch].reshape(bank.target.shape)
            at = bank.target.copy()
            bank.target[:] *= 1.0 + spread
            timetable = None
            if kind.steps:
                timetable = Timetable(
                    bank,
                    kind.steps,
                    kind.unit_period_s,
                    seed=self._seed + bank.first,
                    at=at,
                    spread=spread,
                    slope=self._slope[stretch].reshape(bank.target.shape),
                    noisy=self._noisy[stretch].reshape(bank.target.shape),
                    state_tag=kind.state_tag,
                )
                timetable.start(self.second)
                self._timetables[bank.first] = timetable
            bank.value[:] = bank.target
            if kind.model is not None:
                try:
                    model = kind.model(bank, timetable, self._around)
                except MissingFamily as missing:
                    log.warning("the twin runs %s steadily: %s", bank.template, missing)
                    continue
                self._around.models.setdefault(bank.template, model)
                models.append(model)
        return models

    def _sense(self) -> None:
        held = self.values[self._held]
        sense(
            self._seed,
            self.second,
            self._target,
            self._slope,
            self._value,
            self._drift,
            self._gain,
            KEEP,
            *self._wander,
            *self._noise,
            self._noisy,
            self._wraps,
            self._scale,
            self._low,
            self._high,
            self._row,
            self.values,
        )
        if len(held) and not self._fresh:
            self.values[self._held] = held
        self._fresh = False

    def _judge(self) -> None:
        """Set the status of the few sensors that are not to be trusted; a bad one keeps its last value."""
        passing = self._quality.passing(self.second)
        if passing == self._passing:
            return
        self._passing = passing
        self.status[:] = GOOD
        for row, code in (*self._quality.standing.items(), *([passing] if passing else ())):
            self.status[row] = code
        self._held = np.flatnonzero(is_bad(self.status))
