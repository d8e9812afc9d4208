"""S13: roasted ore is leached with water, what does not dissolve goes to the licensed store (domain reference §13).

    RE2(SO4)3 + 6 HCl + 3 CaO + 3 H2O -> 2 RECl3 + 3 CaSO4·2H2O

The thin leach of 30 to 40 g/L is neutralised with magnesia, which brings down iron, phosphorus and thorium. Its rare
earth is taken out by extraction and stripped with hydrochloric acid at 250 g/L; the sulphate water that stays is limed
and goes round, its gypsum leaves. So the site needs only what is bound or stays wet, and ore, acid and lime.
Undissolved are what the roast left undecomposed and what the washing loses. Units: t, rare earth as oxide; s.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from didymium.twin.ledger import MASS, REO
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.carbonate_workshop import CarbonateWorkshop
from didymium.twin.units.mother_liquor import CHLORINE, HYDROGEN, RARE_EARTH
from didymium.twin.units.reactor_physics import OXIDE_KG_KMOL
from didymium.twin.units.store import Store
from didymium.twin.units.tally import GOODS_S, Tally

SITE: Final = "S13"
LEACH_S: Final = 4.0 * 3600.0
"""Mean time of the ore in the leach tanks. (A)"""
ORE_T_D: Final = 1010.0
ORE_REO_PU: Final = 314.8 / 1010.0
DECOMPOSED_PU: Final = 0.966
WASHED_PU: Final = 0.960
"""Rare earth that the roast opens, and of it what leach and washing bring into the liquor: 292 of 315 t/d, §13."""
LEACHED_PU: Final = DECOMPOSED_PU * WASHED_PU
LIQUOR_T_REO_M3: Final = 0.25
CATION_PU: Final = RARE_EARTH / OXIDE_KG_KMOL
"""The metal in a tonne of oxide."""
HCL_PU: Final = 0.30
ACID_T_T: Final = 3.0 * (CHLORINE + HYDROGEN) / OXIDE_KG_KMOL / HCL_PU
"""Hydrochloric acid, t per t of rare earth dissolved."""
LIME_T_T: Final = 0.37
MAGNESIA_T_T: Final = 0.01
"""Quicklime and magnesia, t per t of roasted ore; most of the magnesia goes round. (A)"""
RESIDUE_T_T: Final = 0.7 * 542.0 / ORE_T_D
"""Dry thorium residue, t per t of roasted ore: 0.7 t per t of concentrate, §13."""
RESIDUE_WET_PU: Final = 0.30
GYPSUM_WATER_T_T: Final = 1.0
"""Water in the residue, t/t, and in the gypsum, bound and between its crystals, t per t dry. (A)"""
STEAM_T_T: Final = 0.045
"""Water that hot ore boils off, t per t. (A)"""
LONGEST_STEP_S: Final = 600.0


def chloride_t_m3(t_reo_m3: float) -> float:
    """Density of a rare-earth chloride solution: 1.28 t/m³ at 220 g/L. (A)"""
    return 1.0 + 0.28 / 0.22 * t_reo_m3


class Leached(NamedTuple):
    """What a step used and gave; ``residue_reo_t`` is undissolved."""

    liquor_t: float
    liquor_reo_t: float
    water_t: float
    acid_t: float
    lime_t: float
    magnesia_t: float
    residue_t: float
    residue_reo_t: float
    gypsum_t: float
    steam_t: float


def step_leach(ore: Store, dt_s: float) -> Leached:
    """Leach for ``dt_s`` a share of the ore in the mixed tanks.

    Raises ``ValueError`` for a step of more than 600 s, in which too much of the tanks would pass at once.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"leach tanks advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    ore_t, reo_t = ore.take(ore.t * dt_s / LEACH_S)
    dissolved_t = LEACHED_PU * reo_t
    liquor_t = dissolved_t / LIQUOR_T_REO_M3 * chloride_t_m3(LIQUOR_T_REO_M3)
    acid_t, lime_t, magnesia_t = ACID_T_T * dissolved_t, LIME_T_T * ore_t, MAGNESIA_T_T * ore_t
    dry_t = RESIDUE_T_T * ore_t
    gypsum_t = (ore_t - CATION_PU * dissolved_t + lime_t + magnesia_t - dry_t) * (1.0 + GYPSUM_WATER_T_T)
    residue_t, steam_t = dry_t / (1.0 - RESIDUE_WET_PU), STEAM_T_T * ore_t
    water_t = liquor_t + residue_t + gypsum_t + steam_t - ore_t - acid_t - lime_t - magnesia_t
    return Leached(
        liquor_t,
        dissolved_t,
        water_t,
        acid_t,
        lime_t,
        magnesia_t,
        residue_t,
        reo_t - dissolved_t,
        gypsum_t,
        steam_t,
    )


class LeachHouse:
    """Books S13's goods. ``liquor`` is the tank before S14's cascades, which draw from it and book what they draw."""

    def __init__(self, around: Surroundings, water: CarbonateWorkshop | None) -> None:
        ledger, opening_t = around.ledger, around.stocks.opening_t
        ore_t = ORE_T_D * LEACH_S / 86_400.0
        self.ore = Store(ore_t, ORE_REO_PU * ore_t)
        liquor_t = opening_t(SITE, "leach liquor")
        self.liquor = Store(liquor_t, liquor_t * LIQUOR_T_REO_M3 / chloride_t_m3(LIQUOR_T_REO_M3))
        self._water_from = water
        self._came = Tally(ledger, "S12", SITE, "roasted ore", (MASS, REO))
        self._make_up = ledger.stream(MASS, "S23", SITE, "water")
        self._acid = ledger.stream(MASS, "S18", SITE, "hydrochloric acid")
        self._lime = ledger.stream(MASS, "MARKET", SITE, "quicklime")
        self._magnesia = ledger.stream(MASS, "S18", SITE, "magnesia")
        self._residue = ledger.streams((MASS, REO), SITE, "RESIDUE", "thorium residue")
        self._gypsum = ledger.stream(MASS, SITE, "RESIDUE", "gypsum")
        self._steam = ledger.stream(MASS, SITE, "AIR", "steam")
        ledger.hold(MASS, SITE, lambda: self.ore.t + self.liquor.t + self._came.waiting()[0])
        ledger.hold(REO, SITE, lambda: self.ore.reo_t + self.liquor.reo_t + self._came.waiting()[1])

    def step(self) -> None:
        """Take in ore, leach for ``GOODS_S``, book."""
        self.ore.put(*self._came.enter())
        done = step_leach(self.ore, float(GOODS_S))
        self.liquor.put(done.liquor_t, done.liquor_reo_t)
        reused_t = 0.0 if self._water_from is None else self._water_from.lend(SITE, done.water_t)
        self._make_up.add(done.water_t - reused_t)
        self._acid.add(done.acid_t)
        self._lime.add(done.lime_t)
        self._magnesia.add(done.magnesia_t)
        self._residue.add(done.residue_t, done.residue_reo_t)
        self._gypsum.add(done.gypsum_t)
        self._steam.add(done.steam_t)
