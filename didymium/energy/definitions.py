"""The electric energy of a complex: its contract, by which key figures it is told, and what is shed in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from didymium.kpi.definitions import Kpi
from didymium.model.plant import Text

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Contract:
    """``power_mw`` is what the mean of a demand window may be; the cap that people keep to lies below it."""

    power_mw: float
    cap_percent: float
    window_min: int
    source: str

    @property
    def cap_mw(self) -> float:
        return self.power_mw * (1.0 - self.cap_percent / 100.0)

    @property
    def window_us(self) -> int:
        return self.window_min * MINUTE_US


@dataclass(frozen=True, slots=True)
class Process:
    """What some sites take together, MWh; ``parts`` of it are metered apart, what is ``left`` is not.

    ``rest`` says in words what that is. Without parts it is all, and ``left`` is None.
    """

    id: str
    name: Text
    energy: Kpi
    sites: tuple[str, ...]
    parts: tuple[Kpi, ...]
    left: Kpi | None
    rest: Text


@dataclass(frozen=True, slots=True)
class Step:
    """What is shed next: ``power`` is what that frees, MW, or else, where no meter tells, lies ``within`` this.

    ``running`` counts what is in the midst of something that has to be finished first.
    """

    id: str
    name: Text
    note: Text
    power: Kpi | None
    within: Kpi | None
    running: Kpi | None


@dataclass(frozen=True, slots=True)
class Energy:
    """``drawn`` is the power of all feeders, MW, ``factor`` its power factor, ``bought`` their energy, MWh.

    ``used`` and ``power`` are energy and power of each site, ``rest`` what is bought and no site counts; ``sheet`` is
    the flow sheet that compares the meters, "" for none. ``specific`` are energies per product, of sites.
    """

    contract: Contract
    drawn: Kpi
    factor: Kpi
    bought: Kpi
    used: Kpi
    power: Kpi
    rest: Kpi
    sheet: str
    specific: tuple[Kpi, ...]
    processes: tuple[Process, ...]
    steps: tuple[Step, ...]

    @property
    def powers(self) -> Iterator[Kpi]:
        """What is told of the present minute."""
        yield from (self.drawn, self.factor, self.power)
        for step in self.steps:
            yield from (each for each in (step.power, step.within, step.running) if each is not None)

    @property
    def energies(self) -> Iterator[Kpi]:
        """What is told of a window."""
        yield from (self.bought, self.used, self.rest)
        for process in self.processes:
            yield from (process.energy, *process.parts)
            if process.left is not None:
                yield process.left
