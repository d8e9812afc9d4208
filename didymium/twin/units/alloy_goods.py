"""The goods of S06: rare-earth metal and nickel in, ingots, powder and drums, what is lost (domain reference §8, §16).

A heat is 32 % rare-earth metal from the site's store and 68 % of nickel, cobalt, manganese and aluminium, which are
bought for it. Powder beyond what the drums take, coarse and off grade, is melted again. Units: t.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Floats
from didymium.twin.ledger import MASS, REO
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.induction_furnace import Melts
from didymium.twin.units.store import Store
from didymium.twin.units.tally import Tally

SITE: Final = "S06"
RE_SHARE: Final = 0.32
OXIDE_PER_METAL: Final = 1.1768
"""As S10 books the metal that it sends."""
METAL: Final = ("S10", SITE, "LaCe metal")
RETURNED_MOST: Final = 0.10
"""Share of a charge that returned powder may make. (A)"""
ANNEALED_T: Final = 0.88
"""Three heats, a furnace's charge where as much is cast as is usual. (A)"""
ANNEALED_MOST_T: Final = 1.2
DUST_SHARE: Final = 0.008


class AlloyGoods:
    """What the site holds and gives. The furnaces hold their own kilograms; ``reo_t`` of a heat goes with them.

    ``segregation`` and ``oxygen_pct`` are those of the lot that was milled last.
    """

    def __init__(self, melts: Melts, around: Surroundings) -> None:
        n = len(melts.melt_kg)
        self._melts = melts
        opening_t = around.stocks.opening_t
        metal_t = opening_t(SITE, "LaCe metal")
        self.metal = Store(metal_t, OXIDE_PER_METAL * metal_t)
        self._alloy_reo = RE_SHARE * OXIDE_PER_METAL
        self.cast, self.annealed, self.powder = (
            Store(t, self._alloy_reo * t)
            for t in (opening_t(SITE, goods) for goods in ("ingots", "annealed alloy", "AB5 powder"))
        )
        self._powder_usual_t, self._cast_usual_t = self.powder.t, self.cast.t
        self.soaking: dict[int, Store] = {}
        self.heat_reo_t = np.zeros(n)
        self._came = Tally(around.ledger, *METAL, (MASS, REO))
        self._bought = around.ledger.stream(MASS, "MARKET", SITE, "nickel, cobalt, manganese, aluminium")
        self._skull, self._dust = (
            around.ledger.streams((MASS, REO), SITE, "RESIDUE", goods) for goods in ("skull", "dust")
        )
        self.segregation, self.oxygen_pct = 0.07, 0.001
        around.ledger.hold(MASS, SITE, self.mass_t)
        around.ledger.hold(REO, SITE, self.reo_t)

    def fill(self, furnace: int, inside_kg: float) -> None:
        """Let a furnace have its heat when the plant begins."""
        self.heat_reo_t[furnace] = self._alloy_reo * 0.001 * inside_kg

    def set_aside(self, furnace: int, charge_kg: float) -> bool:
        """Take what a heat needs; False, and nothing is taken, where the metal does not suffice."""
        self.receive()
        charge_t = 0.001 * charge_kg
        spare_t = max(0.0, self.powder.t - self._powder_usual_t)
        returned_t = min(spare_t, RETURNED_MOST * charge_t)
        metal_t = RE_SHARE * (charge_t - returned_t)
        if metal_t > self.metal.t:
            return False
        reo_t = self.powder.take(returned_t)[1] + self.metal.take(metal_t)[1]
        self._bought.add(charge_t - returned_t - metal_t)
        self.heat_reo_t[furnace] = reo_t
        return True

    def discharge(self, furnace: int, ingot_kg: float, skull_kg: float) -> None:
        """Take an ingot to the store and its skull away."""
        whole_kg = ingot_kg + skull_kg
        reo_t = float(self.heat_reo_t[furnace])
        ingot_reo_t = reo_t * ingot_kg / whole_kg if whole_kg > 0.0 else 0.0
        self.cast.put(0.001 * ingot_kg, ingot_reo_t)
        self._skull.add(0.001 * skull_kg, reo_t - ingot_reo_t)
        self.heat_reo_t[furnace] = 0.0

    def load(self, furnace: int) -> None:
        """Fill an annealing furnace: the more the more ingots wait."""
        wanted_t = min(ANNEALED_MOST_T, ANNEALED_T * self.cast.t / max(1e-9, self._cast_usual_t))
        self.soaking[furnace] = Store(*self.cast.take(wanted_t))

    def refill(self) -> None:
        """Fill the store of ingots up again after a furnace has got its first charge."""
        self.cast.put(self._cast_usual_t - self.cast.t, self._alloy_reo * (self._cast_usual_t - self.cast.t))

    def unload(self, furnace: int, segregation: float) -> None:
        """Empty an annealing furnace."""
        lot = self.soaking.pop(furnace, Store())
        self.annealed.put(lot.t, lot.reo_t)
        self.segregation = segregation

    def grind(self, wanted_t: float, oxygen_pct: float) -> float:
        """Mill what is wanted, at most what there is; what was milled."""
        t, reo_t = self.annealed.take(wanted_t)
        self.powder.put((1.0 - DUST_SHARE) * t, (1.0 - DUST_SHARE) * reo_t)
        self._dust.add(DUST_SHARE * t, DUST_SHARE * reo_t)
        self.oxygen_pct = oxygen_pct
        return t

    def receive(self) -> None:
        """Take in the metal that has come since the last time."""
        self.metal.put(*self._came.enter())

    def mass_t(self) -> float:
        """Stores, furnaces and what is in them."""
        m = self._melts
        inside_kg: Floats = m.to_charge_kg + m.melt_kg + m.ingot_kg
        return sum(store.t for store in self._stores()) + self._came.waiting()[0] + 0.001 * float(inside_kg.sum())

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        return sum(store.reo_t for store in self._stores()) + self._came.waiting()[1] + float(self.heat_reo_t.sum())

    def _stores(self) -> list[Store]:
        return [self.metal, self.cast, self.annealed, self.powder, *self.soaking.values()]
