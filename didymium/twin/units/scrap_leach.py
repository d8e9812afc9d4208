"""S20 behind its kiln: oxidised magnet scrap is leached with acid, the iron stays (domain reference §13).

    RE2O3 + 6 HCl -> 2 RECl3 + 3 H2O        96 % of the rare earth dissolves, the iron oxide does not

The liquor, 0.1 t/m³ REO, goes to S14 as fast as the reactors are fed. 19 t of scrap of 29 % bring 5.5 t/d of rare
earth into the kiln but only 5.3 into the liquor: the difference to the 5.5 that leave comes from the liquor in stock.
Units: t, rare earth as oxide; s.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol, runtime_checkable

from didymium.twin.ledger import MASS, REO
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.carbonate_workshop import CarbonateWorkshop
from didymium.twin.units.leach import HCL_PU, LONGEST_STEP_S, chloride_t_m3
from didymium.twin.units.mother_liquor import CHLORINE, HYDROGEN
from didymium.twin.units.reactor_physics import FEED_T_M3, OXIDE_KG_KMOL
from didymium.twin.units.store import Store
from didymium.twin.units.tally import GOODS_S

SITE: Final = "S20"
LEACH_S: Final = 6.0 * 3600.0
OXIDISED_T_D: Final = 20.9
OXIDISED_REO_PU: Final = 5.5 / 20.9
LEACHED_PU: Final = 0.96
LIQUOR_T_REO_M3: Final = 0.1
ACID_T_T: Final = 1.2 * 3.0 * (CHLORINE + HYDROGEN) / OXIDE_KG_KMOL / HCL_PU
"""Hydrochloric acid, t per t of rare earth dissolved: a fifth goes with what iron dissolves. (A)"""
IRON_WET_PU: Final = 0.30
"""Water in the iron residue, t/t. (A)"""


@runtime_checkable
class ScrapKiln(Protocol):
    """The kiln before the leach: what it has made since the start, and the rare earth in it."""

    @property
    def made_t(self) -> float: ...

    @property
    def made_reo_t(self) -> float: ...


class ScrapLeached(NamedTuple):
    """What a step used and gave."""

    liquor_t: float
    liquor_reo_t: float
    water_t: float
    acid_t: float
    residue_t: float
    residue_reo_t: float


def step_scrap_leach(solids: Store, dt_s: float) -> ScrapLeached:
    """Leach for ``dt_s`` a share of the oxidised scrap in the mixed tanks.

    Raises ``ValueError`` for a step of more than 600 s, in which too much of the tanks would pass at once.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"leach tanks advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    solids_t, reo_t = solids.take(solids.t * dt_s / LEACH_S)
    dissolved_t = LEACHED_PU * reo_t
    liquor_t = dissolved_t / LIQUOR_T_REO_M3 * chloride_t_m3(LIQUOR_T_REO_M3)
    residue_t = (solids_t - dissolved_t) / (1.0 - IRON_WET_PU)
    acid_t = ACID_T_T * dissolved_t
    water_t = liquor_t + residue_t - solids_t - acid_t
    return ScrapLeached(liquor_t, dissolved_t, water_t, acid_t, residue_t, reo_t - dissolved_t)


class ScrapLeach:
    """Books the leach of S20. ``liquor`` is what waits for the reactors, ``solids`` what they dissolve."""

    def __init__(self, around: Surroundings, water: CarbonateWorkshop | None) -> None:
        ledger = around.ledger
        self._around, self._water_from = around, water
        solids_t = OXIDISED_T_D * LEACH_S / 86_400.0
        self.solids = Store(solids_t, OXIDISED_REO_PU * solids_t)
        liquor_t = around.stocks.opening_t(SITE, "scrap liquor")
        self.liquor = Store(liquor_t, liquor_t * LIQUOR_T_REO_M3 / chloride_t_m3(LIQUOR_T_REO_M3))
        self._taken = (0.0, 0.0)
        self._make_up = ledger.stream(MASS, "S23", SITE, "water")
        self._acid = ledger.stream(MASS, "S18", SITE, "hydrochloric acid")
        self._residue = ledger.streams((MASS, REO), SITE, "RESIDUE", "iron residue")
        self._sent = ledger.streams((MASS, REO), SITE, "S14", "scrap liquor")
        ledger.hold(MASS, SITE, lambda: self.solids.t + self.liquor.t + self._waiting()[0])
        ledger.hold(REO, SITE, lambda: self.solids.reo_t + self.liquor.reo_t + self._waiting()[1])

    def _waiting(self) -> tuple[float, float]:
        """What the kiln has made and is not yet in the tanks."""
        kiln: object = self._around.models.get("T_RKILN")
        if not isinstance(kiln, ScrapKiln):
            return 0.0, 0.0
        return kiln.made_t - self._taken[0], kiln.made_reo_t - self._taken[1]

    def step(self, fed_t: float) -> None:
        """Leach for ``GOODS_S``, let the reactors have their feed, and book.

        ``fed_t`` is what their meters counted, in the density of a usual feed.
        """
        came = self._waiting()
        self._taken = self._taken[0] + came[0], self._taken[1] + came[1]
        self.solids.put(*came)
        done = step_scrap_leach(self.solids, float(GOODS_S))
        self.liquor.put(done.liquor_t, done.liquor_reo_t)
        reused_t = 0.0 if self._water_from is None else self._water_from.lend(SITE, done.water_t)
        self._make_up.add(done.water_t - reused_t)
        self._acid.add(done.acid_t)
        self._residue.add(done.residue_t, done.residue_reo_t)
        self._sent.add(*self.liquor.take(fed_t / FEED_T_M3 * chloride_t_m3(LIQUOR_T_REO_M3)))
