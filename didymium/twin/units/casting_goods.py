"""What goes into the heats of S05 and what comes of them: metals, iron, flakes, returns, in the complex's ledger.

Domain reference §7.3 (composition, evaporation) and §16. The metals that the electrolysis sites send go into a store;
what a charge needs beyond them is bought. Rare earth is booked as oxide, 1.1768 kg per kg of PrNd. Skull and fines are
charged again with the next heats, up to 7 % of a charge.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from didymium.twin.bank import Floats
from didymium.twin.ledger import MASS, REO, Ledger
from didymium.twin.units.casting_crucible import Crucible

OXIDE_PER_METAL: Final = 1.1768
METAL_SHARE: Final = 0.295
"""Rare-earth metal in a charge beside what its returns bring."""
CHARGED_T_D: Final = 268.0 / 0.985
METALS: Final = {
    ("S03", "Metal and alloy"): 32.0,
    ("S04", "PrNd pieces"): 9.2,
    ("S10", "Metal and Gd-Fe"): 24.4,
}
"""Sender and goods of the metals, and how many t a day of them come."""
OWN_SHARE: Final = sum(METALS.values()) / CHARGED_T_D
"""Share of a charge that the complex's own metals make."""
STORE_KG: Final = 60_000.0
"""Metal that is kept in store, most of a day's. A heat takes more of it where more is there. (A)"""
OWN_MOST: Final = 1.2
PILOT_SHARE: Final = 3.2 / 268.0
RETURNS_MOST: Final = 0.07
USUAL_RETURNS: Final = 0.0123
"""Share of a charge that skull and fines of a heat make."""


class CastingGoods:
    """What a site's furnaces draw, hold and give, counted in kg since the twin began.

    ``own`` and ``returned`` are the shares of each furnace's charge that come from the store of metals and from the
    stock of returns; they are set aside when a heat begins. ``re`` beside a mass is the rare earth in it, as PrNd.
    """

    def __init__(self, crucible: Crucible, site: str, ledger: Ledger, store_t: float) -> None:
        n = len(crucible.melt_kg)
        self._crucible, self._site, self._ledger = crucible, site, ledger
        self._opening_kg = 1e3 * store_t
        self._own, self._own_re = np.full(n, OWN_SHARE), np.full(n, OWN_SHARE)
        self._returned, self._returned_re = np.full(n, USUAL_RETURNS), np.full(n, USUAL_RETURNS * METAL_SHARE)
        self._taken_kg = self._taken_re_kg = 0.0
        self._returns_kg = self._returns_re_kg = 0.0
        self._bought_kg = self._iron_kg = self._evaporated_kg = 0.0
        self._flakes_kg = self._flakes_re_kg = 0.0
        book = ledger.counted
        book(MASS, "MARKET", site, "PrNd metal, bought", lambda: self._bought_kg / 1e3)
        book(REO, "MARKET", site, "PrNd metal, bought", lambda: OXIDE_PER_METAL * self._bought_kg / 1e3)
        book(MASS, "MARKET", site, "Iron, ferroboron and additions", lambda: self._iron_kg / 1e3)
        book(MASS, site, "RESIDUE", "Condensate", lambda: self._evaporated_kg / 1e3)
        book(REO, site, "RESIDUE", "Condensate", lambda: OXIDE_PER_METAL * self._evaporated_kg / 1e3)
        for target, share in (("S09", 1.0 - PILOT_SHARE), ("S22", PILOT_SHARE)):
            book(MASS, site, target, "NdFeB flakes", partial(self._flakes_t, share))
            book(REO, site, target, "NdFeB flakes", partial(self._flakes_reo_t, share))
        ledger.hold(MASS, site, self.mass_t)
        ledger.hold(REO, site, self.reo_t)

    @property
    def charge_re(self) -> Floats:
        """(n,) share of rare earth in each furnace's charge."""
        return METAL_SHARE - self._own + self._own_re + self._returned_re

    @property
    def store_kg(self) -> tuple[float, float]:
        """The metals in store, and the rare earth in them."""
        came_kg, came_re_kg = self._received_kg()
        return self._opening_kg + came_kg - self._taken_kg, self._opening_kg + came_re_kg - self._taken_re_kg

    def set_aside(self, furnace: int, charge_kg: float) -> None:
        """Take metals and returns for a heat that begins."""
        store_kg, store_re_kg = self.store_kg
        share = OWN_SHARE * min(OWN_MOST, max(0.0, store_kg / STORE_KG))
        own_kg = min(share * charge_kg, max(0.0, store_kg))
        own_re_kg = own_kg * store_re_kg / store_kg if own_kg > 0.0 else 0.0
        self._taken_kg += own_kg
        self._taken_re_kg += own_re_kg
        returned_kg = min(self._returns_kg, RETURNS_MOST * charge_kg)
        returned_re_kg = self._returns_re_kg * returned_kg / self._returns_kg if returned_kg > 0.0 else 0.0
        self._returns_kg -= returned_kg
        self._returns_re_kg -= returned_re_kg
        self._own[furnace], self._own_re[furnace] = own_kg / charge_kg, own_re_kg / charge_kg
        self._returned[furnace], self._returned_re[furnace] = returned_kg / charge_kg, returned_re_kg / charge_kg

    def step(self) -> None:
        """Count what was charged and what evaporated in the present second."""
        charged_kg = self._crucible.charged_kg
        total_kg = float(charged_kg.sum())
        if total_kg > 0.0:
            self._bought_kg += METAL_SHARE * total_kg - float(charged_kg @ self._own)
            self._iron_kg += (1.0 - METAL_SHARE) * total_kg - float(charged_kg @ self._returned)
        self._evaporated_kg += float(self._crucible.evaporated_kg.sum())

    def discharge(self, furnace: int, fines_kg: float) -> float:
        """Count a heat's flakes out and take its fines and skull to the returns; the flakes' weight, kg."""
        c = self._crucible
        poured_kg, poured_re_kg = float(c.poured_kg[furnace]), float(c.poured_re_kg[furnace])
        flakes_kg = max(0.0, poured_kg - fines_kg)
        flakes_re_kg = poured_re_kg * flakes_kg / poured_kg if poured_kg > 0.0 else 0.0
        self._flakes_kg += flakes_kg
        self._flakes_re_kg += flakes_re_kg
        self._returns_kg += poured_kg - flakes_kg + float(c.melt_kg[furnace])
        self._returns_re_kg += poured_re_kg - flakes_re_kg + float(c.melt_re_kg[furnace])
        return flakes_kg

    def mass_t(self) -> float:
        """Store and returns, what is set aside, and what is in the furnaces."""
        c = self._crucible
        inside_kg = c.melt_kg + c.poured_kg + c.to_charge_kg * (self._own + self._returned)
        return (self.store_kg[0] + self._returns_kg + float(inside_kg.sum())) / 1e3

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        c = self._crucible
        inside_kg = c.melt_re_kg + c.poured_re_kg + c.to_charge_kg * (self._own_re + self._returned_re)
        return OXIDE_PER_METAL * (self.store_kg[1] + self._returns_re_kg + float(inside_kg.sum())) / 1e3

    def _received_kg(self) -> tuple[float, float]:
        amount = self._ledger.amount
        came_t = sum(amount(MASS, sender, self._site, goods) for sender, goods in METALS)
        came_reo_t = sum(amount(REO, sender, self._site, goods) for sender, goods in METALS)
        return 1e3 * came_t, 1e3 * came_reo_t / OXIDE_PER_METAL

    def _flakes_t(self, share: float) -> float:
        return share * self._flakes_kg / 1e3

    def _flakes_reo_t(self, share: float) -> float:
        return share * OXIDE_PER_METAL * self._flakes_re_kg / 1e3
