"""The hydrogen station of S23: trailers, headers, and its shut-off valve (domain reference §15, §17.2 I8)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats
from didymium.twin.ledger import MASS
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.hydrogen_hall import halls, judge_halls, step_halls
from didymium.twin.units.magnet_goods import T_NM3
from didymium.twin.units.magnets import DecrepitationFurnaces

SITE: Final = "S23"
DRAWN_S: Final = 10
FULL_MPA: Final = 19.0
EXCHANGED_MPA: Final = 3.3
NM3_MPA: Final = 200.0
"""A trailer holds 200 Nm³ a MPa and is exchanged for a full one before it stands on its low limit. (A)"""
USUAL_MPA: Final = (15.6, 9.8, 17.2)
ESV_OPEN, ESV_TRIPPED = 1.0, 2.0
EXCESS_NM3_H: Final = 380.0
HEADER_S: Final = 60.0
"""Time constant of a header's pressure when consumers and the leak empty it. (A)"""
DETECTOR_SHARE: Final = np.array([1.0, 0.6, 0.35, 0.15])
"""How much of the plume each detector stands in. (A)"""


class Trailers:
    """Hydrogen in three tube trailers, drawn one after the other, and bought a trailer at a time.

    The furnaces' meters say what S22 took; what leaks there before the meters is booked by S22.
    """

    def __init__(self, counters_nm3: Floats, around: Surroundings) -> None:
        self._counters, self._ledger = counters_nm3, around.ledger
        share = around.stocks.opening_t(SITE, "hydrogen") / (T_NM3 * NM3_MPA * sum(USUAL_MPA))
        self.mpa = share * np.array(USUAL_MPA)
        self._seen_nm3 = self._taken_nm3()
        self._bought = around.ledger.stream(MASS, "MARKET", SITE, "hydrogen")
        self._leaked = around.ledger.stream(MASS, SITE, "AIR", "hydrogen, leaked")
        self._in_use = int(np.argmin(self.mpa))
        around.ledger.hold(MASS, SITE, self.held_t)

    def held_t(self) -> float:
        """Hydrogen in the trailers, less what was drawn since they were last looked at."""
        return T_NM3 * (NM3_MPA * float(self.mpa.sum()) - (self._taken_nm3() - self._seen_nm3))

    def leak(self, nm3: float) -> None:
        """Lose hydrogen at the station."""
        self._leaked.add(T_NM3 * nm3)
        self.mpa[self._in_use] -= nm3 / NM3_MPA

    def draw(self) -> None:
        """Take what has been drawn since the last time out of the trailer in use; exchange it where it is low."""
        taken_nm3 = self._taken_nm3()
        self.mpa[self._in_use] -= (taken_nm3 - self._seen_nm3) / NM3_MPA
        self._seen_nm3 = taken_nm3

    def exchange(self) -> None:
        """Have a full trailer in the place of one that is low, and draw the next."""
        if self.mpa[self._in_use] < EXCHANGED_MPA:
            self._bought.add(T_NM3 * NM3_MPA * (FULL_MPA - float(self.mpa[self._in_use])))
            self.mpa[self._in_use] = FULL_MPA
            self._in_use = int(np.argmin(self.mpa))

    def _taken_nm3(self) -> float:
        leaked_t = self._ledger.amount(MASS, SITE, "S22", "hydrogen, leaked")
        return float(self._counters.sum()) + leaked_t / T_NM3


class HydrogenStations:
    """A leak after the flow meter, and the emergency shut-off valve that 25 % LEL or excess flow closes, I8.

    Shut, the furnaces of S22 get no hydrogen. It opens again when the leak is mended and the air has been safe for a
    while.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self._leak = around.faults.sizes(bank, "F21")
        self.halls = halls(len(bank))
        self._clear = True
        self._detectors, self._detected = bank.aim("LEL[]"), bank.now("LEL[]")
        self._headers = bank.aim("HDR_P[]")
        self._clean_pct, self._full_mpa = self._detectors.copy(), self._headers.copy()
        self._flow = bank.aim("FLOW")
        furnaces = around.bank("T_HD")
        self._drawing = np.zeros(0) if furnaces is None else furnaces.aim("H2_F")
        counters = np.zeros(0) if furnaces is None else furnaces.aim("H2_TOT")
        consumer = around.models.get("T_HD")
        self._furnaces = consumer if isinstance(consumer, DecrepitationFurnaces) else None
        self.trailers = Trailers(counters, around) if bank.units[0].site == SITE else None
        self._pressures = bank.aim("TRL_P[]")
        self._show()
        bank.value[:] = bank.target

    def _show(self) -> None:
        self._flow[:] = np.where(self.halls.tripped, 0.0, self._drawing.sum())
        if self.trailers is not None:
            self.trailers.draw()
            self.trailers.exchange()
            self._pressures[:] = self.trailers.mpa

    def step(self, second: int) -> None:
        """Leak, mix, judge, shut; every ten seconds look at what the furnaces draw."""
        if second % DRAWN_S == 0:
            self._show()
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
        self._flow[:] = np.where(h.tripped, 0.0, self._drawing.sum() + leak_nm3_h)
        if self.trailers is not None:
            self.trailers.leak(float(np.where(h.tripped, 0.0, leak_nm3_h).sum()) / 3600.0)
        if self._furnaces is not None:
            self._furnaces.supplied = not h.tripped.any()
        self.bank.aim("ESV")[:] = np.where(h.tripped, ESV_TRIPPED, ESV_OPEN)
        self._clear = h.clear


HYDROGEN_STATION: Final = UnitType(
    points={
        "TRL_P[]": Point(USUAL_MPA, 0.05, 0.01, 0.0),
        "FLOW": Point(6.0, 0.0, 0.3, 0.0),
        "LEL[]": Point(0.5, 0.1, 0.2, 0.0),
        "ESV": ESV_OPEN,
        "PURITY": Point(99.9985, 0.0002, 0.0001, 0.0),
        "DEW": Point(-68.0, 0.5, 0.1, 0.0),
    },
    model=HydrogenStations,
)
