"""What the twin knows of one type of unit: operating points, batch sequence, model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from didymium.model.plant import Unit
from didymium.twin.bank import Bank, Floats
from didymium.twin.faults import Faults
from didymium.twin.ledger import Ledger
from didymium.twin.parameters import Parameter, Parameters, Steps
from didymium.twin.point import Point
from didymium.twin.sequence import Step, Timetable
from didymium.twin.stocks import Stocks

Points = Mapping[str, float | tuple[float, ...] | Point]
DAY_S = 86_400.0


class Model(Protocol):
    """The logic of all units of one bank; it reads the bank's values and writes its targets."""

    def step(self, second: int) -> None:
        """Move on to ``second``, one after the last."""


@dataclass
class Surroundings:
    """What a model may look at beside its own bank: seed, time, the plant's arrays, the banks and models before it.

    ``faults`` says what is wrong where; into ``ledger`` go the goods that cross a site's borders. What the complex
    folder may vary: ``stocks`` at the start, ``parameters`` of units, and in ``steps`` how often slow ones are stepped.
    """

    seed: int
    second: int
    target: Floats
    value: Floats
    faults: Faults
    ledger: Ledger = field(default_factory=Ledger)
    stocks: Stocks = field(default_factory=Stocks)
    parameters: Parameters = field(default_factory=Parameters)
    steps: Steps = field(default_factory=Steps)
    banks: dict[str, list[Bank]] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)

    def bank(self, template: str) -> Bank | None:
        """The first bank of a template, None where the complex has no such unit."""
        return next(iter(self.banks.get(template, [])), None)

    @property
    def sites(self) -> frozenset[str]:
        """The sites that the complex has."""
        return frozenset(unit.site for banks in self.banks.values() for bank in banks for unit in bank.units)

    @property
    def month_s(self) -> float:
        """Second at which the totalisers were zeroed: the start of the present month, UTC."""
        now = datetime.fromtimestamp(self.second, UTC)
        return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()

    @property
    def totalised_s(self) -> float:
        """Seconds since the totalisers were zeroed."""
        return self.second - self.month_s


ModelOf = Callable[[Bank, Timetable | None, Surroundings], Model]


@dataclass(frozen=True, slots=True)
class UnitType:
    """A type of unit. Points and steps name tags as ``STATE`` or, for families, ``Z[]_T``.

    ``period_s`` is the length of the sequence's cycle; where it differs, by area (``S17.PR1``), by site, and ""
    for all others; it is the shorter the greater the parameter ``paced_by``, template and name, is chosen.

    ``parameters`` are what a complex folder may vary. A model that asks ``Surroundings.steps`` is stepped every
    ``step_s`` seconds unless the folder says otherwise, up to ``longest_step_s``, which its physics bear.
    """

    points: Points = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    period_s: float | Mapping[str, float] = 0.0
    state_tag: str = "STATE"
    model: ModelOf | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    paced_by: tuple[str, str] | None = None
    step_s: int = 1
    longest_step_s: int = 1

    def unit_period_s(self, unit: Unit, parameters: Parameters) -> float:
        """The cycle's length of one unit, s."""
        pace = 1.0 if self.paced_by is None else parameters.share(*self.paced_by, unit.site)
        if not isinstance(self.period_s, Mapping):
            return self.period_s / pace
        places = (f"{unit.site}.{unit.area}", unit.site, "")
        return next(self.period_s[place] for place in places if place in self.period_s) / pace
