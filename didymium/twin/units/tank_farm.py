"""Storage tanks: those between the units of a water line show what is in them (domain reference §10.3)."""

from __future__ import annotations

from typing import Final

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.brine import SLOW_S, conductivity_ms_cm
from didymium.twin.units.evaporator import EvaporationLines
from didymium.twin.units.osmosis import OsmosisTrains
from didymium.twin.units.tank_pair import PAIR_T, Pair


class Tanks:
    """The first tanks of a site that has a water line show its pairs; those of S18 are the acid plant's to show."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank, self._step_s = bank, around.steps.of(bank)
        self._shown: list[tuple[slice, Pair]] = []
        self._level, self._cond, self._out = bank.aim("LVL"), bank.aim("COND"), bank.aim("F_OUT")
        pairs: dict[str, list[Pair]] = {}
        for template in ("T_RO", "T_MVR"):
            model = around.models.get(template)
            if isinstance(model, OsmosisTrains | EvaporationLines):
                for site, stored in model.stored.items():
                    pairs.setdefault(site, []).extend(stored)
        for site, found in pairs.items():
            tanks = bank.at_site(site)
            for pair, first in zip(found, tanks[: len(tanks) // 2 * 2 : 2], strict=False):
                self._shown.append((slice(first, first + 2), pair))
        self._show()
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Show level, salt and outflow of the pairs."""
        if second % self._step_s == 0:
            self._show()

    def _show(self) -> None:
        for tanks, pair in self._shown:
            mass = pair.mass_t
            self._level[tanks] = 100.0 * mass / PAIR_T
            self._cond[tanks] = conductivity_ms_cm(1000.0 * (mass - pair.content[0]) / max(1e-9, mass))
            self._out[tanks] = 0.5 * pair.leaving_t_h


TANK: Final = UnitType(
    points={
        "LVL": Point(53.0, 0.4, 0.12, 6.0),
        "TEMP": Point(27.0, 0.5, 0.05, 1.5),
        "COND": Point(84.0, 1.5, 0.25, 6.0),
        "PH": Point(6.8, 0.08, 0.012, 0.15),
        "F_OUT": Point(9.5, 0.02, 0.04, 0.8),
    },
    model=Tanks,
    step_s=SLOW_S,
    longest_step_s=600,
)
