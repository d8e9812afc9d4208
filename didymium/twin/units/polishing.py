"""The goods of S21: cerium carbonate in, polishing powder out; water and CO2 to the air (domain reference §13, §16).

    Ce2(CO3)3·8H2O + ½ O2 -> 2 CeO2 + 3 CO2 + 8 H2O

The calciner is fed as the stock of powder needs it: 15 t/d take 33 to 34 t/d of cake with 45 % TREO. Units: t, kg.
"""

from __future__ import annotations

from typing import Final

from didymium.twin.ledger import MASS, REO
from didymium.twin.unit_type import DAY_S, Surroundings
from didymium.twin.units.store import Store

SITE: Final = "S21"
TREO: Final = 0.45
CO2_PER_OXIDE: Final = 3.0 * 44.009 / (2.0 * 172.115)
OXYGEN_PER_CO2: Final = 15.999 / (3.0 * 44.009)
FEED_T_D: Final = 33.5
FEED_GAIN: Final = 0.3
FEED_MOST: Final = 0.03
"""How far the feed follows the stock of powder: by 3 % at most. (A)"""
DUST_SHARE: Final = 0.006


class PolishingGoods:
    """Oxide before the mills and powder before the drums; the belt's content is the calciner's."""

    def __init__(self, around: Surroundings) -> None:
        opening_t, stream = around.stocks.opening_t, around.ledger.stream
        self.oxide, self.powder = (
            Store(t, t) for t in (opening_t(SITE, goods) for goods in ("cerium oxide", "polishing powder"))
        )
        self._usual_t = self.oxide.t + self.powder.t
        self._cake = around.ledger.streams((MASS, REO), "S17", SITE, "Ce carbonate")
        self._steam, self._co2 = stream(MASS, SITE, "AIR", "water vapour"), stream(MASS, SITE, "AIR", "carbon dioxide")
        self._oxygen = stream(MASS, "AIR", SITE, "oxygen")
        self._dust = around.ledger.streams((MASS, REO), SITE, "RESIDUE", "dust")
        around.ledger.hold(MASS, SITE, lambda: self.oxide.t + self.powder.t)
        around.ledger.hold(REO, SITE, lambda: self.oxide.reo_t + self.powder.reo_t)

    def feed_kg_s(self) -> float:
        """Cake that the calciner is to be fed."""
        low = 1.0 - (self.oxide.t + self.powder.t) / max(1e-9, self._usual_t)
        share = 1.0 + min(FEED_MOST, max(-FEED_MOST, FEED_GAIN * low))
        return 1000.0 * FEED_T_D / DAY_S * share

    def calcine(
        self, fed_kg: float, steam_kg: float, co2_kg: float, oxygen_kg: float, out_kg: float, out_oxide_kg: float
    ) -> None:
        """Book a step of the calciner: cake and oxygen in, gas out, oxide to the mills."""
        self._cake.add(0.001 * fed_kg, 0.001 * TREO * fed_kg)
        for stream, kg in ((self._steam, steam_kg), (self._co2, co2_kg), (self._oxygen, oxygen_kg)):
            stream.add(0.001 * kg)
        self.oxide.put(0.001 * out_kg, 0.001 * out_oxide_kg)

    def grind(self, wanted_t: float, oxygen_pct: float) -> float:
        """Mill what is wanted, at most what there is; what was milled."""
        t, reo_t = self.oxide.take(wanted_t)
        self.powder.put((1.0 - DUST_SHARE) * t, (1.0 - DUST_SHARE) * reo_t)
        self._dust.add(DUST_SHARE * t, DUST_SHARE * reo_t)
        return t
