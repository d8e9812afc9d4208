"""Trains that clean the gas of the roasting kilns, at S12 and, where acids are recovered, at S18 (§13).

Train k of a site has the gas of kiln k: what of it passes is in the stack, in the train's own flow.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Points, Surroundings, UnitType
from didymium.twin.units.acid_plant import SITE, AcidPlant
from didymium.twin.units.acid_recovery import RECOVERED, TAIL_ACID_KG, TAIL_HF_KG, TAIL_SULPHUR_KG, recover
from didymium.twin.units.concentrate import STEP_S
from didymium.twin.units.roasting import RotaryKilns
from didymium.twin.units.roasting_line import RoastingLine

POINTS: Final[Points] = {
    "T[]": Point((285.0, 78.0, 62.0, 51.0, 46.0, 44.0), 1.0, 0.2, 1.5),
    "P[]": Point((-480.0, -1150.0, -1780.0, -2350.0, -2900.0, -150.0), 12.0, 4.0, 15.0),
    "PH[]": Point((1.2, 2.1, 9.4), 0.06, 0.02, 0.06),
    "LIQ_F[]": Point(112.0, 0.8, 0.5, 2.0),
    "ACID_PCT[]": Point((68.0, 17.5), 0.4, 0.1, 0.5),
    "FAN_A[]": Point(228.0, 2.5, 1.0, 4.0),
    "FAN_HZ[]": Point(41.0, 0.3, 0.08, 0.6),
    "ESP_KV": Point(58.0, 0.6, 0.2, 1.0),
    "SO2": Point(92.0, 5.0, 1.2, 6.0),
    "HF": Point(1.4, 0.1, 0.05, 0.12),
    "DUST": Point(5.5, 0.4, 0.12, 0.5),
    "MIST": Point(9.0, 0.6, 0.2, 0.8),
    "FLOW": Point(46.0, 0.5, 0.2, 1.0),
    "TH_U": Point(14.0, 0.8, 0.2, 1.0),
    "STATE": 3.0,
}
ANALYSED: Final = {"MIST": TAIL_ACID_KG, "HF": TAIL_HF_KG, "SO2": TAIL_SULPHUR_KG}


class GasTrains:
    """Hands what the kilns gave off to the acid plant, and shows what is left of it in the stacks."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        kilns = around.models.get("T_RKILN")
        self._line: RoastingLine | None = kilns.roasting if isinstance(kilns, RotaryKilns) else None
        self.acid_plant: AcidPlant | None = None
        if self._line is None:
            return
        self._of_train = np.zeros(len(bank), np.intp)
        for site in {unit.site for unit in bank.units}:
            trains = bank.at_site(site)
            self._of_train[trains] = np.arange(len(trains)) % len(self._line.rows)
        self._usual = {tag: bank.aim(tag).copy() for tag in ANALYSED}
        self._usual_flow = bank.aim("FLOW").copy()
        self._recovered = np.zeros((len(self._line.rows), RECOVERED))
        self._clean(self._line)
        self._usual_kg = self._recovered[self._of_train]
        if len(bank.at_site(SITE)):
            self.acid_plant = AcidPlant(around)
            self._line.strength = self.acid_plant.strength

    def step(self, second: int) -> None:
        """Clean the gas of the last step of the kilns."""
        line = self._line
        if line is None or second % STEP_S:
            return
        self._clean(line)
        self._show(line)
        if self.acid_plant is not None:
            self.acid_plant.step(self._recovered, float(STEP_S))
            line.strength = self.acid_plant.strength

    def _clean(self, line: RoastingLine) -> None:
        recover(line.gas_kg, line.tail_nm3_h / line.usual_tail_nm3_h, self._recovered)

    def _show(self, line: RoastingLine) -> None:
        """Air leaks into a train besides what its kiln gives."""
        more_knm3_h = (line.tail_nm3_h - line.usual_tail_nm3_h)[self._of_train] / 1000.0
        flow = self._usual_flow + more_knm3_h
        share = self._recovered[self._of_train] / self._usual_kg * (self._usual_flow / flow)[:, None]
        self.bank.aim("FLOW")[:] = flow
        for tag, column in ANALYSED.items():
            self.bank.aim(tag)[:] = self._usual[tag] * share[:, column]


OFF_GAS: Final = UnitType(points=POINTS, model=GasTrains)
