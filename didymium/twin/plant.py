"""The whole complex, second by second."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import Complex
from didymium.twin.bank import Bank, MissingFamily, families, group
from didymium.twin.faults import Faults
from didymium.twin.instruments import Amplitudes, Instruments, Truth
from didymium.twin.ledger import Ledger
from didymium.twin.parameters import Parameters, Steps
from didymium.twin.particulars import USUAL, Particulars
from didymium.twin.point import EXACT, behaviour
from didymium.twin.sensors import follow
from didymium.twin.sequence import Clock, Timetable
from didymium.twin.stocks import Stocks
from didymium.twin.unit_type import Model, Surroundings, UnitType
from didymium.twin.units import UNIT_TYPES

Floats = NDArray[np.float64]
log = logging.getLogger(__name__)

STEADY = UnitType()


class TwinPlant:
    """All units of a complex, advanced one second at a time.

    ``values`` and ``status`` are (n_tags,) in the order of the complex's tag table and belong to ``second``;
    they are overwritten by the next step. The same complex, seed and start give the same bits, however the
    steps are grouped into calls.
    """

    def __init__(
        self,
        complex: Complex,  # noqa: A002 - the plant's own noun
        seed: int,
        start_us: int,
        particulars: Particulars = USUAL,
    ) -> None:
        n = len(complex.tags)
        self.complex = complex
        self.second = start_us // 1_000_000
        self._seed = seed
        self._target, self._value, self._slope = (np.zeros(n) for _ in range(3))
        self._memory: list[tuple[Floats, NDArray[np.bool_]]] = []
        self._row = np.zeros(n, np.intp)
        self._gain, self._spread = np.ones(n), np.zeros(n)
        self._amplitudes = Amplitudes(*(np.zeros(n) for _ in Amplitudes._fields))
        self.faults = Faults([site.id for site in complex.sites])
        """What is wrong in the plant; changed between two steps only."""
        self._around = Surroundings(
            seed,
            self.second,
            self._target,
            self._value,
            self.faults,
            stocks=Stocks(particulars.stocks),
            parameters=Parameters({id_: kind.parameters for id_, kind in UNIT_TYPES.items()}, particulars.parameters),
            steps=Steps({id_: kind.step_s for id_, kind in UNIT_TYPES.items()}, particulars.steps),
        )
        self._timetables: dict[int, Timetable] = {}
        banks = self._lay_out()
        self._noisy = np.add.reduce(self._amplitudes) > 0.0
        for bank in banks:
            self._start(bank)
        self._clock = Clock(list(self._timetables.values()), self._target)
        self._models = self._build(banks)
        self._follow()
        self._instruments = Instruments(seed, self._now(), complex.tags, self._row, self._amplitudes)
        self.values, self.status = self._instruments.values, self._instruments.status

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
            self._step()
            self._instruments.read(self._now())

    def record(self, seconds: int) -> Truth:
        """Step by so many seconds and return what was true in them; ``read`` it once, before anything else."""
        value, noisy = self._memory.pop() if self._memory else (np.empty((0, 0)), np.empty((0, 0), np.bool_))
        if len(value) != seconds:
            shape = (seconds, len(self._value))
            value, noisy = np.empty(shape), np.empty(shape, np.bool_)
        truth = Truth(self.second + 1, value, noisy)
        for k in range(seconds):
            self._step()
            value[k], noisy[k] = self._value, self._noisy
        return truth

    def read(self, truth: Truth) -> tuple[Floats, NDArray[np.uint32]]:
        """(seconds, n_tags) values and status of what was recorded, in the order of recording.

        Another thread may do this while the plant records on. The memory of ``truth`` is then recorded into anew.
        """
        shown = self._instruments.read(truth)
        self._memory.append((truth.value, truth.noisy))
        return shown

    def _step(self) -> None:
        self.second += 1
        self._clock.advance(self.second)
        for model in self._models:
            model.step(self.second)
        self._follow()

    def _follow(self) -> None:
        follow(self._target, self._slope, self._value, self._gain)

    def _now(self) -> Truth:
        return Truth(self.second, self._value[None], self._noisy[None])

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
                (self._amplitudes.wander_abs, each.wander_abs),
                (self._amplitudes.wander_rel, each.wander_rel),
                (self._amplitudes.noise_abs, each.noise_abs),
                (self._amplitudes.noise_rel, each.noise_rel),
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
            if kind.model is not None:
                try:
                    model = kind.model(bank, self._timetables.get(bank.first), self._around)
                except MissingFamily as missing:
                    log.warning("the twin runs %s steadily: %s", bank.template, missing)
                    continue
                self._around.models.setdefault(bank.template, model)
                models.append(model)
        return models

    def _start(self, bank: Bank) -> None:
        """Put a bank where it stands in normal running, each unit with its own small differences."""
        kind = UNIT_TYPES.get(bank.template, STEADY)
        stretch = slice(bank.first, bank.first + bank.target.size)
        spread = self._spread[stretch].reshape(bank.target.shape)
        at = bank.target.copy()
        bank.target[:] *= 1.0 + spread
        if kind.steps:
            timetable = Timetable(
                bank,
                kind.steps,
                partial(kind.unit_period_s, parameters=self._around.parameters),
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
