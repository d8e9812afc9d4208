"""Water of S23: wells fill its tanks, the sites and the cooling towers draw on them (domain reference §15, §16).

The sites book what they draw; cooling stations lose their make-up to the air, S05's of what S23 sends there. Units: t.
"""

from __future__ import annotations

from typing import Final

from didymium.twin.ledger import MASS
from didymium.twin.unit_type import Surroundings

SITE: Final = "S23"
CASTING: Final = "S05"


class WaterSupply:
    """The tanks are filled up to their level again every minute."""

    def __init__(self, around: Surroundings) -> None:
        self._ledger = around.ledger
        self._opening_t, self._usual_t = (
            of(SITE, "raw water") for of in (around.stocks.opening_t, around.stocks.usual_t)
        )
        stream = around.ledger.stream
        self._wells = stream(MASS, "GROUND", SITE, "well water")
        self._evaporated = stream(MASS, SITE, "AIR", "cooling make-up")
        self._sent = stream(MASS, SITE, CASTING, "cooling make-up"), stream(MASS, CASTING, "AIR", "cooling make-up")
        around.ledger.hold(MASS, SITE, self.tank_t)

    def tank_t(self) -> float:
        """Water in the tanks: all that S23 ever got but hydrogen, less all that it gave."""
        streams = [s for s in self._ledger.crossing(MASS, SITE) if not s.goods.startswith("hydrogen")]
        return self._opening_t + sum(s.amount if s.target == SITE else -s.amount for s in streams)

    def cool(self, own_t: float, casting_t: float) -> None:
        """Let cooling stations lose water, those of S23 and those of S05, and fill the tanks up."""
        self._evaporated.add(own_t)
        for stream in self._sent:
            stream.add(casting_t)
        self._wells.add(max(0.0, self._usual_t - self.tank_t()))
