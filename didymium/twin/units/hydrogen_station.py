"""The hydrogen station of S23: trailers, headers, and its shut-off valve (domain reference §15, §17.2 I8)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.hydrogen_hall import halls, judge_halls, step_halls

ESV_OPEN, ESV_TRIPPED = 1.0, 2.0
EXCESS_NM3_H: Final = 380.0
HEADER_S: Final = 60.0
"""Time constant of a header's pressure when consumers and the leak empty it. (A)"""
DETECTOR_SHARE: Final = np.array([1.0, 0.6, 0.35, 0.15])
"""How much of the plume each detector stands in. (A)"""


class HydrogenStations:
    """A leak after the flow meter, and the emergency shut-off valve that 25 % LEL or excess flow closes, I8.

    It opens again when the leak is mended and the air has been safe for a while.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self._leak = around.faults.sizes(bank, "F21")
        self.halls = halls(len(bank))
        self._clear = True
        self._detectors, self._detected = bank.aim("LEL[]"), bank.now("LEL[]")
        self._headers = bank.aim("HDR_P[]")
        self._clean_pct, self._full_mpa = self._detectors.copy(), self._headers.copy()
        self._drawn_nm3_h = bank.aim("FLOW").copy()

    def step(self, second: int) -> None:
        """Leak, mix, judge, shut."""
        if self._clear and not self._leak.any():
            return
        h = self.halls
        leak_nm3_h = self._leak * self._headers[:, 0] / self._full_mpa[:, 0]
        step_halls(h, leak_nm3_h, 1.0)
        judge_halls(h, self._detected.max(axis=1), self._leak == 0.0, 1.0)
        h.tripped[:] |= self.bank.now("FLOW") >= EXCESS_NM3_H
        self._headers[:] = np.where(h.tripped[:, None], self._headers * (1.0 - 1.0 / HEADER_S), self._full_mpa)
        above = np.outer(h.plume_pct - h.hall_pct, DETECTOR_SHARE)
        self._detectors[:] = self._clean_pct + h.hall_pct[:, None] + above
        self.bank.aim("FLOW")[:] = np.where(h.tripped, 0.0, self._drawn_nm3_h + leak_nm3_h)
        self.bank.aim("ESV")[:] = np.where(h.tripped, ESV_TRIPPED, ESV_OPEN)
        self._clear = h.clear


HYDROGEN_STATION: Final = UnitType(
    points={
        "TRL_P[]": Point((15.6, 9.8, 17.2), 0.05, 0.01, 0.0),
        "FLOW": Point(62.0, 3.0, 0.6, 0.0),
        "LEL[]": Point(0.5, 0.1, 0.2, 0.0),
        "ESV": ESV_OPEN,
        "PURITY": Point(99.9985, 0.0002, 0.0001, 0.0),
        "DEW": Point(-68.0, 0.5, 0.1, 0.0),
    },
    model=HydrogenStations,
)
