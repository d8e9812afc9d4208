"""The goods of S22: flakes and hydrogen in, powder, magnets, dust and swarf (domain reference §14, §16).

Flakes come from S05 into a store, from which the decrepitation furnaces are charged. Their powder is jet-milled and
sintered; hydrogen leaves when the furnaces are heated, the rest of it when the powder is sintered. Magnets go to S07 as
its store needs them and to the warehouse, dust and swarf to the warehouse as scrap. Units: t; Nm³ of hydrogen.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from didymium.twin.bank import Floats
from didymium.twin.ledger import MASS, REO
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.motor_goods import MotorGoods
from didymium.twin.units.motors import Stations
from didymium.twin.units.store import Store
from didymium.twin.units.tally import Tally

SITE: Final = "S22"
FLAKES: Final = ("S05", SITE, "NdFeB flakes")
FLAKE_REO: Final = 0.347
"""Rare earth as oxide in flakes of 29.5 % metal."""
T_NM3: Final = 8.988e-5
REST_SHARE: Final = 0.2
"""Hydrogen that the powder keeps until it is sintered. (A)"""
DEHYDRATED_S: Final = 900.0
DUST_SHARE: Final = 0.01
SWARF_SHARE: Final = 0.052
SINTERED_T: Final = 0.88
SINTERED_MOST_T: Final = 1.2
LOT_T: Final = 0.5
"""Magnets that S07 is sent at a time. (A)"""


class MagnetGoods:
    """What the site holds: stores, and what is in each furnace with its hydrogen."""

    def __init__(self, taken_nm3: Floats, around: Surroundings) -> None:
        self._taken_nm3, self._seen_nm3 = taken_nm3, taken_nm3.copy()
        opening_t = around.stocks.opening_t
        stream, streams = around.ledger.stream, around.ledger.streams
        self.flakes, self.coarse, self.powder, self.magnets = (
            Store(t, FLAKE_REO * t)
            for t in (opening_t(SITE, goods) for goods in ("flakes", "coarse powder", "fine powder", "magnets"))
        )
        self._powder_usual_t, self._magnets_usual_t = self.powder.t, self.magnets.t
        self.charged = [Store() for _ in taken_nm3]
        self.hydrogen_t = np.zeros(len(taken_nm3))
        self.powder_hydrogen_t = 0.0
        self.sintering: dict[int, Store] = {}
        self._came = Tally(around.ledger, *FLAKES, (MASS, REO))
        self._opened_nm3 = float(taken_nm3.sum())
        around.ledger.counted(MASS, "S23", SITE, "hydrogen", self._came_t)
        self._gas = stream(MASS, SITE, "AIR", "hydrogen")
        self._leaked = stream(MASS, "S23", SITE, "hydrogen, leaked"), stream(MASS, SITE, "AIR", "hydrogen, leaked")
        self._scrap = streams((MASS, REO), SITE, "S09", "magnet scrap")
        self._sold = streams((MASS, REO), SITE, "S09", "Magnets")
        self._to_s07 = streams((MASS, REO), SITE, "S07", "Magnets")
        stations = around.models.get("T_STN")
        self._motors: MotorGoods | None = stations.goods if isinstance(stations, Stations) else None
        around.ledger.hold(MASS, SITE, self.mass_t)
        around.ledger.hold(REO, SITE, self.reo_t)

    def fill(self, furnace: int, charge_t: float, hydrogen_nm3: float) -> None:
        """Let a furnace have its charge when the plant begins."""
        self.charged[furnace] = Store(charge_t, FLAKE_REO * charge_t)
        self.hydrogen_t[furnace] = T_NM3 * hydrogen_nm3

    def charge(self, furnace: int, wanted_t: float) -> bool:
        """Charge a furnace; False, and nothing is taken, where the flakes do not suffice."""
        self.receive()
        if wanted_t > self.flakes.t:
            return False
        self.charged[furnace].put(*self.flakes.take(wanted_t))
        return True

    def vent(self, furnace: int, nm3: float) -> None:
        """Let the gas over a furnace's charge out."""
        self.receive()
        gone_t = min(T_NM3 * nm3, float(self.hydrogen_t[furnace]))
        self.hydrogen_t[furnace] -= gone_t
        self._gas.add(gone_t)

    def dehydrate(self, furnace: int, dt_s: float) -> None:
        """Let a heated furnace give hydrogen off, down to the rest that stays."""
        self.receive()
        held_t = float(self.hydrogen_t[furnace])
        rest_t = REST_SHARE * 0.0036 * self.charged[furnace].t
        gone_t = max(0.0, held_t - rest_t) * -math.expm1(-dt_s / DEHYDRATED_S)
        self.hydrogen_t[furnace] -= gone_t
        self._gas.add(gone_t)

    def leak(self, nm3: float) -> None:
        """Lose hydrogen before a furnace's valves."""
        for stream in self._leaked:
            stream.add(T_NM3 * nm3)

    def empty(self, furnace: int) -> None:
        """Take the powder out of a furnace, with the hydrogen that is left in it."""
        self.receive()
        charge = self.charged[furnace]
        self.coarse.put(charge.t, charge.reo_t)
        self.charged[furnace] = Store()
        self.powder_hydrogen_t += float(self.hydrogen_t[furnace])
        self.hydrogen_t[furnace] = 0.0

    def grind(self, wanted_t: float, oxygen_pct: float) -> float:
        """Mill what is wanted, at most what there is; what was milled."""
        t, reo_t = self.coarse.take(wanted_t)
        self.powder.put((1.0 - DUST_SHARE) * t, (1.0 - DUST_SHARE) * reo_t)
        self._scrap.add(DUST_SHARE * t, DUST_SHARE * reo_t)
        return t

    def load(self, furnace: int) -> None:
        """Fill a sintering furnace: the more the more powder waits. Its hydrogen leaves with the first heat."""
        before_t = self.coarse.t + self.powder.t
        wanted_t = min(SINTERED_MOST_T, SINTERED_T * self.powder.t / max(1e-9, self._powder_usual_t))
        self.sintering[furnace] = Store(*self.powder.take(wanted_t))
        gone_t = self.powder_hydrogen_t * self.sintering[furnace].t / max(1e-9, before_t)
        self.powder_hydrogen_t -= gone_t
        self._gas.add(gone_t)

    def refill(self) -> None:
        """Fill the store of powder up again after a furnace has got its first charge."""
        missing_t = self._powder_usual_t - self.powder.t
        self.powder.put(missing_t, FLAKE_REO * missing_t)

    def unload(self, furnace: int) -> None:
        """Take magnets out and grind them to size; send S07 what it lacks and the warehouse the rest."""
        lot = self.sintering.pop(furnace, Store())
        self._scrap.add(SWARF_SHARE * lot.t, SWARF_SHARE * lot.reo_t)
        self.magnets.put((1.0 - SWARF_SHARE) * lot.t, (1.0 - SWARF_SHARE) * lot.reo_t)
        if self._motors is not None and self._motors.magnets.t < self._motors.usual_t:
            self._to_s07.add(*self.magnets.take(LOT_T))
        self._sold.add(*self.magnets.take(self.magnets.t - self._magnets_usual_t))

    def receive(self) -> None:
        """Take in the flakes that have come, and the hydrogen taken, since the last time."""
        self.flakes.put(*self._came.enter())
        self.hydrogen_t += T_NM3 * (self._taken_nm3 - self._seen_nm3)
        self._seen_nm3[:] = self._taken_nm3

    def mass_t(self) -> float:
        """Stores, furnaces, and the hydrogen in them."""
        taken_nm3 = float((self._taken_nm3 - self._seen_nm3).sum())
        hydrogen_t = float(self.hydrogen_t.sum()) + T_NM3 * taken_nm3 + self.powder_hydrogen_t
        return sum(s.t for s in self._stores()) + self._came.waiting()[0] + hydrogen_t

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        return sum(s.reo_t for s in self._stores()) + self._came.waiting()[1]

    def _stores(self) -> list[Store]:
        stores = [self.flakes, self.coarse, self.powder, self.magnets]
        return [*stores, *self.charged, *self.sintering.values()]

    def _came_t(self) -> float:
        return T_NM3 * (float(self._taken_nm3.sum()) - self._opened_nm3)
