"""The goods of S07: steel, copper and magnets in, motors and spoilt ones out (domain reference §9, §16).

A motor weighs 10 kg, 0.6 kg of them magnets from S22. Each station adds its parts when it starts a motor; a motor that
is scrapped goes to the warehouse as scrap with what it has got by then. The rare earth of the magnets on the line is
taken as well mixed. Units: t, kg a motor.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Floats
from didymium.twin.ledger import MASS, REO
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.motor_line import ENDLESS, Integers, Line, Plan, inside
from didymium.twin.units.store import Store
from didymium.twin.units.tally import Tally

SITE: Final = "S07"
MAGNETS_FROM: Final = ("S22", SITE, "Magnets")
MAGNET_KG: Final = 0.6
MAGNET_REO: Final = 0.347
"""Rare earth as oxide in a magnet of 29.5 % metal."""
MAGNET_PLACE: Final = 6
PARTS_KG: Final = (
    ("steel", (3.2, 0.0, 0.0, 0.0, 0.0, 1.6, 0.0, 0.0, 0.0, 0.0, 0.9, 2.0, 0.0, 0.0, 0.0)),
    ("copper wire", (0.0, 1.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    ("varnish, glue and parts", (0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0)),
)
"""What each place adds to a motor, kg. (A)"""


class MotorGoods:
    """Follows the counters of a line; ``magnets`` are those in store, ``glued`` those in motors on the line."""

    def __init__(self, it: Line, plan: Plan, around: Surroundings) -> None:
        self._line, self._plan, ledger = it, plan, around.ledger
        added = np.array([kg for _, kg in PARTS_KG]).sum(axis=0)
        added[MAGNET_PLACE] += MAGNET_KG
        self._had_kg: Floats = np.cumsum(added)
        self.motor_kg = float(self._had_kg[-1])
        stock_t = around.stocks.opening_t(SITE, "magnets")
        self.usual_t = stock_t
        self.magnets = Store(stock_t, MAGNET_REO * stock_t)
        glued_t = 0.001 * MAGNET_KG * float(inside(it, plan)[MAGNET_PLACE:].sum())
        self.glued = Store(glued_t, MAGNET_REO * glued_t)
        self._came = Tally(ledger, *MAGNETS_FROM, (MASS, REO))
        self._bought = [
            (ledger.stream(MASS, "MARKET", SITE, goods), np.array(kg), np.flatnonzero(kg)) for goods, kg in PARTS_KG
        ]
        self._motors = ledger.streams((MASS, REO), SITE, "S09", "Motors")
        self._scrap = ledger.streams((MASS, REO), SITE, "S09", "motor scrap")
        self._seen = self._counts()
        ledger.hold(MASS, SITE, self.mass_t)
        ledger.hold(REO, SITE, self.reo_t)
        self._allow()

    def book(self) -> None:
        """Book what the line has started, finished and scrapped since the last time."""
        counts = self._counts()
        before, self._seen = self._seen, counts
        started, scrapped, finished = counts[0] - before[0], counts[1] - before[1], counts[2] - before[2]
        for stream, kg, places in self._bought:
            stream.add(0.001 * float(started[places] @ kg[places]))
        if started[MAGNET_PLACE]:
            self.receive()
            self.glued.put(*self.magnets.take(0.001 * MAGNET_KG * int(started[MAGNET_PLACE])))
        with_magnets = scrapped[MAGNET_PLACE:]
        for streams, weight_kg, motors in (
            (self._motors, self.motor_kg * finished, finished),
            (self._scrap, float(scrapped @ self._had_kg), with_magnets.sum()),
        ):
            streams.add(0.001 * float(weight_kg), self.glued.take(0.001 * MAGNET_KG * int(motors))[1])
        self._allow()

    def receive(self) -> None:
        """Take in the magnets that have come since the last time."""
        self.magnets.put(*self._came.enter())

    def mass_t(self) -> float:
        """Magnets in store, and what the motors on the line have got so far."""
        return self.magnets.t + self._came.waiting()[0] + 0.001 * float(inside(self._line, self._plan) @ self._had_kg)

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        return self.magnets.reo_t + self._came.waiting()[1] + self.glued.reo_t

    def _allow(self) -> None:
        """Without magnets for a motor their station starts none."""
        self._line.parts[MAGNET_PLACE] = ENDLESS if self.magnets.t >= 0.001 * MAGNET_KG else 0

    def _counts(self) -> tuple[Integers, Integers, int]:
        it = self._line
        last = it.started[-1] - (1 if it.serial[-1] > 0 else 0) - it.scrapped[-1]
        return it.started.copy(), it.scrapped.copy(), int(last)
