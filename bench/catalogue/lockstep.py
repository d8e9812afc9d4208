"""Two plants of the same seed side by side, one of them with faults, second by second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.catalogue.drill import Drill, expected_tags
from bench.catalogue.seen import Moved, Movers, Noise, Seen, smallest_move
from didymium.model.plant import Complex
from didymium.twin.bank import Bank
from didymium.twin.faults import SITE
from didymium.twin.plant import TwinPlant
from didymium.twin.sequence import Timetable

US_PER_S = 1_000_000
QUIET_S = 120
"""How long both run without a fault, to learn how noisy each tag is."""
WAIT_S = 3 * 3600
"""How long a drill waits for a unit in the state that it wants."""
LOOK_S = 86_400
"""For how long tags that move are looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a drill: where and how large, what moved, and the seconds to the consequence.

    ``place`` is empty where no unit came to stand as the drill wants, ``took_s`` None where nothing came of the fault.
    ``expected`` are the catalogue's tags that are to move here.
    """

    drill: Drill
    place: str
    size: float
    moved: tuple[Moved, ...]
    expected: tuple[str, ...]
    took_s: int | None


class Trial:
    """One drill in a pair of plants: waits for its unit, injects, watches and judges."""

    def __init__(self, drill: Drill, usual: TwinPlant, ill: TwinPlant, noise: Noise) -> None:
        self.drill, self._usual, self._ill, self._noise = drill, usual, ill, noise
        self._begun_s = usual.second
        self._seen: Seen | None = None
        self._movers: Movers | None = None
        self._size = 0.0
        self._judge = drill.judge()
        self.took_s: int | None = None
        self.over = False

    @property
    def compares(self) -> bool:
        """Whether the plant without the fault is still needed."""
        if self.over:
            return False
        return self._seen is None or self.drill.against_usual or self._looking

    @property
    def _looking(self) -> bool:
        return self._seen is not None and self._seen.after_s < LOOK_S

    def prepare(self) -> None:
        """Inject as soon as a unit is in the state that the drill wants."""
        if self._seen is not None or self.over:
            return
        place = standing(self.drill, self._usual)
        if place is None:
            self.over = self._usual.second > self._begun_s + WAIT_S
            return
        ill = self._ill
        self._size = ill.faults.inject(self.drill.code, place, self.drill.size, ill.second).size
        self._seen = Seen(ill, self._usual, place)
        tags = ill.complex.tags
        rows = np.array([row for row, path in enumerate(tags.path) if path.startswith(self.drill.watched)], np.intp)
        self._movers = Movers(tags, rows, smallest_move(tags, self._noise, self._usual.values), place)

    def look(self) -> None:
        """Watch and judge the present second."""
        if self._seen is None or self.over:
            return
        assert self._movers is not None
        seen = self._seen
        seen.after_s += 1
        if self._looking:
            self._movers.look(seen.after_s, self._ill.values, self._usual.values)
        if self._judge(seen):
            self.took_s = seen.after_s
        self.over = self.took_s is not None or seen.after_s >= self.drill.limit_s

    def found(self) -> Found:
        """What came of it."""
        if self._seen is None or self._movers is None:
            return Found(self.drill, "", 0.0, (), (), None)
        expected = expected_tags(self.drill, self._ill.complex.templates, self._movers.names)
        return Found(self.drill, self._seen.place, self._size, tuple(self._movers.first()), expected, self.took_s)


def standing(drill: Drill, twin: TwinPlant) -> str | None:
    """The first unit that stands as the drill wants, None where none does."""
    if drill.template == SITE:
        return drill.site
    model = twin.models[drill.template]
    bank: Bank = model.bank  # type: ignore[attr-defined]
    timetable: Timetable | None = getattr(model, "timetable", None)
    row_of, values = twin.complex.tags.row_of, twin.values
    for i, unit in enumerate(bank.units):
        if unit.site != drill.site or (timetable and timetable.until[i] - twin.second > drill.ends_in_s):
            continue
        if all(low <= values[row_of[f"{unit.path}.{tag}"]] <= high for tag, (low, high) in drill.when.items()):
            return unit.path
    return None


def run(plant: Complex, drills: Sequence[Drill], seed: int, start_s: int) -> list[Found]:
    """Try the drills, which do not touch each other, on one pair of plants."""
    usual, ill = (TwinPlant(plant, seed, start_s * US_PER_S) for _ in range(2))
    noise = Noise(usual.values)
    for second in range(start_s + 1, start_s + QUIET_S + 1):
        usual.advance(second)
        noise.hear(usual.values)
    ill.advance(usual.second)
    trials = [Trial(drill, usual, ill, noise) for drill in drills]
    while not all(trial.over for trial in trials):
        for trial in trials:
            trial.prepare()
        ill.advance(ill.second + 1)
        if any(trial.compares for trial in trials):
            usual.advance(ill.second)
        for trial in trials:
            trial.look()
    return [trial.found() for trial in trials]
