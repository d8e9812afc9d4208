"""S17, the first workshop: lanthanum and cerium carbonate of two halls of reactors, and its mother liquor (§13).

Like S01 without a calciner. The mother liquor is acidified and its water taken out by membranes, as far as a brine that
the evaporators of S19 can take; the water goes back into use, with the condensate that S19 returns. The halls and S01
leave more salt than S19's 150 t/d: what is left over stays in the brine store.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Floats
from didymium.twin.ledger import CHLORIDE, MASS, REO, SALT, SULPHATE, WATER, Streams
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.brine import CATIONS, CHLORIDE_AT, PARTS, SULPHATE_AT, WATER_AT, Border, mass_t, salt_t
from didymium.twin.units.mother_liquor import (
    DRY_CARBONATE,
    RARE_EARTH,
    T_KG,
    Dissolved,
    Vessels,
    acidified,
    chloride_t,
    crystal_water_t,
    of_acid,
    of_bicarbonate,
    of_chloride,
    water_t,
)
from didymium.twin.units.mother_liquor import salt_t as dissolved_salt_t
from didymium.twin.units.oxide_line import OxideLine, filter_cake, slurry_share, take_slurry
from didymium.twin.units.reactor_physics import CRYSTAL_KG_KMOL, OXIDE_KG_KMOL, Amounts
from didymium.twin.units.tally import GOODS_S, Tally

SITE: Final = "S17"
CARBONATE_T_D: Final = 200.0
"""As oxide, of both halls."""
SLURRY_T_REO: Final = 63.0
"""Rare earth in the slurry tanks at their level, eight hours' worth. (A)"""
WASH_T_T: Final = 1.2
"""Wash water, t per t of cake: with it 3,000 t/d come before the membranes. (A)"""
THIN_T: Final = 500.0
WATER_T: Final = 2000.0
"""Mother liquor before the membranes and water for use that the tanks are kept at. (A)"""
LOW_WATER_T: Final = 1500.0
"""Below which water comes from S23. (A)"""
THIN_H: Final = 4.0
CONCENTRATE_PU: Final = 0.176
"""Salt in the brine behind the membranes, t/t: with S01's thin liquor S19 gets its 12 %. (A)"""
CAKE_PU: Final = 0.45
"""REO in the cake, §4.1."""
T_REO_KMOL: Final = 0.001 * OXIDE_KG_KMOL
HALLS: Final = {"PR1": ("S14", "LaCe chloride"), "PR2": ("S15", "chloride")}
"""Where each hall's chloride comes from."""
CAKE_TO: Final = (("S02", "carbonate"), ("S21", "Ce carbonate"))
KINDS: Final = (MASS, REO, WATER, SALT, CHLORIDE, SULPHATE)
WATER_KINDS: Final = (MASS, WATER, SALT, CHLORIDE, SULPHATE)


def concentrated(liquor: Floats, strength_pu: float) -> tuple[Floats, float]:
    """Split (5,) a liquor into brine of so much salt and the water that is taken out of it, t."""
    needed_t = salt_t(liquor) * (1.0 - strength_pu) / strength_pu
    out_t = max(0.0, float(liquor[WATER_AT]) - needed_t)
    brine = liquor.copy()
    brine[WATER_AT] -= out_t
    return brine, out_t


class CarbonateWorkshop:
    """Books the workshop's goods. The kiln of S02 and the calciner of S21 draw cake, the evaporators of S19 brine.

    ``brine``, ``thin`` and ``water`` (5,) are what stands in the tanks, t. ``houses`` are the columns in
    which each hall's reactors are booked.
    """

    def __init__(self, vessels: Vessels, houses: dict[str, int], around: Surroundings) -> None:
        ledger, opening_t = around.ledger, around.stocks.opening_t
        self._vessels = vessels

        self._chloride = [
            (house, ledger.streams(KINDS, HALLS[hall][0], SITE, HALLS[hall][1])) for hall, house in houses.items()
        ]
        self._reagent = ledger.streams(KINDS, "S18", SITE, "ammonium bicarbonate")
        self._acid = ledger.streams(KINDS, "S18", SITE, "sulphuric acid")
        self._gas = ledger.stream(MASS, SITE, "AIR", "carbon dioxide of precipitation")
        self._make_up = ledger.streams(KINDS, "S23", SITE, "water")
        self._sold = ledger.streams(KINDS, SITE, "S09", "carbonate")
        self._bought = ledger.streams(KINDS, "MARKET", SITE, "carbonate")
        self._drawn = [(Tally(ledger, SITE, *to, (MASS, REO)), ledger.stream(WATER, SITE, *to)) for to in CAKE_TO]
        self._returned = Tally(ledger, "S19", SITE, "reuse water", WATER_KINDS)
        self._to_s19 = ledger.stream(REO, SITE, "S19", "mother liquor"), ledger.stream(MASS, SITE, "S19", CATIONS)
        kmol = SLURRY_T_REO / T_REO_KMOL
        liquor_t = 8.0 * SLURRY_T_REO
        self._cake_t = opening_t(SITE, "carbonate")
        self.line = OxideLine(
            slurry_liquor_t=liquor_t,
            slurry_dissolved_kmol=0.0001 * kmol,
            slurry_solid_kmol=kmol,
            d50_um=23.5,
            cake_t=self._cake_t,
            cake_kmol=CAKE_PU * self._cake_t / T_REO_KMOL,
            oxide_t=0.0,
            slurry_salt_kmol=1.3 * liquor_t,
            slurry_free_kmol=0.06 * liquor_t,
        )
        usual = acidified(1.0, Dissolved(0.0, 1.18, 0.06)).water
        self.thin: Floats = THIN_T * usual / usual.sum()
        brine, _ = concentrated(usual, CONCENTRATE_PU)
        self.brine: Floats = opening_t(SITE, "ammonium chloride brine") * brine / brine.sum()
        self.water: Floats = np.zeros(PARTS)
        self.water[WATER_AT] = WATER_T
        self._thin_kmol = self._brine_kmol = 0.0
        self._lent: dict[str, Border] = {}
        self._ledger = ledger
        for kind, held in (
            (MASS, self.mass_t),
            (REO, self.reo_t),
            (WATER, self.water_t),
            (SALT, self.salt_t),
            (CHLORIDE, self.chloride_t),
            (SULPHATE, self.sulphate_t),
        ):
            ledger.hold(kind, SITE, held)

    def give(self, tonnes: float) -> Floats:
        """Let S19 have (5,) so much brine, at most what there is; S19 books it, but for the rare earth in it."""
        there = float(mass_t(self.brine))
        share = min(1.0, tonnes / there) if there > 0.0 else 0.0
        given = share * self.brine
        self.brine -= given
        kmol = share * self._brine_kmol
        self._brine_kmol -= kmol
        self._to_s19[0].add(T_REO_KMOL * kmol)
        self._to_s19[1].add(T_KG * RARE_EARTH * kmol)
        return given

    def lend(self, site: str, tonnes: float) -> float:
        """Let another site have water, as far as there is more than is kept; what it gets, t."""
        there = float(mass_t(self.water))
        given_t = min(tonnes, max(0.0, there - WATER_T))
        if given_t > 0.0:
            if site not in self._lent:
                self._lent[site] = Border(self._ledger, SITE, site, "reuse water")
            given = given_t / there * self.water
            self._lent[site].add(given)
            self.water -= given
        return given_t

    def mass_t(self) -> float:
        """All that the workshop holds."""
        cations_t = T_KG * RARE_EARTH * (self._thin_kmol + self._brine_kmol)
        tanks_t = float(self.brine.sum() + self.thin.sum() + self.water.sum())
        drawn_t = sum(tally.waiting()[0] for tally, _ in self._drawn)
        vessels_t = self._vessels.booked().mass_t
        return vessels_t + self.line.mass_t + cations_t + tanks_t + self._returned.waiting()[0] - drawn_t

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        kmol = self._vessels.booked().rare_earth_kmol + self._thin_kmol + self._brine_kmol
        return T_REO_KMOL * kmol + self.line.reo_t - sum(tally.waiting()[1] for tally, _ in self._drawn)

    def water_t(self) -> float:
        """The water in it, bound or free."""
        line = self.line
        solids_t = 0.001 * CRYSTAL_KG_KMOL * line.slurry_solid_kmol + line.cake_t
        return (
            self._vessels.booked().water_t
            + water_t(line.slurry_liquor_t, line.slurry)
            + crystal_water_t(solids_t, line.slurry_solid_kmol + line.cake_kmol)
            + self._in_tanks(slice(WATER_AT, WATER_AT + 1), 1)
        )

    def salt_t(self) -> float:
        """The salt in it."""
        dissolved_t = dissolved_salt_t(self.line.slurry) + self._vessels.booked().salt_t
        return dissolved_t + self._in_tanks(slice(WATER_AT + 1, PARTS), 2)

    def chloride_t(self) -> float:
        """The chloride in it."""
        dissolved_t = chloride_t(self.line.slurry) + self._vessels.booked().chloride_t
        return dissolved_t + self._in_tanks(slice(CHLORIDE_AT, CHLORIDE_AT + 1), 3)

    def sulphate_t(self) -> float:
        """The sulphate in it."""
        return self._in_tanks(slice(SULPHATE_AT, SULPHATE_AT + 1), 4)

    def _in_tanks(self, parts: slice, kind: int) -> float:
        tanks_t = float(self.brine[parts].sum() + self.thin[parts].sum() + self.water[parts].sum())
        return tanks_t + self._returned.waiting()[kind]

    def step(self) -> None:
        """Book what the halls moved in ``GOODS_S``, and what tanks, filters and membranes did."""
        self._enter()
        self._take_up(self._vessels.moved())
        self._vessels.close()
        self._run_line()

    def _take_up(self, moved: Amounts) -> None:
        """Book what came into the reactors, and let what left them into the tanks."""
        table = self._vessels.table
        for house, streams in self._chloride:
            fed_t = float(table[0, house])
            streams.add(fed_t, T_REO_KMOL * float(table[1, house]), *of_chloride(fed_t))
        brought = of_bicarbonate(moved.reagent_t, self._vessels.bicarbonate_kmol_m3)
        self._reagent.add(moved.reagent_t, 0.0, *brought)
        self._gas.add(moved.co2_t)
        self.water[WATER_AT] -= moved.water_t
        of = Dissolved(moved.liquor_kmol, moved.liquor_salt_kmol, moved.liquor_free_kmol)
        self._collect(moved.liquor_t, of)
        take_slurry(self.line, moved)

    def _collect(self, liquor_t: float, of: Dissolved) -> None:
        """Break the bicarbonate of a liquor on its way to the membranes."""
        clear = acidified(liquor_t, of)
        self.thin += clear.water
        self._thin_kmol += clear.rare_earth_kmol
        self._acid.add(clear.acid_t, 0.0, *of_acid(of.free))
        self._gas.add(clear.gas_t)

    def _run_line(self) -> None:
        share = slurry_share(self.line, CARBONATE_T_D, SLURRY_T_REO, float(GOODS_S))
        passed = filter_cake(self.line, share, WASH_T_T)
        self.water[WATER_AT] -= passed.wash_t
        of = Dissolved(passed.filtrate_kmol, passed.filtrate_salt_kmol, passed.filtrate_free_kmol)
        self._collect(passed.filtrate_t, of)
        self._sell()
        share = GOODS_S / (3600.0 * THIN_H) * min(1.0, float(mass_t(self.thin)) / THIN_T)
        brine, out_t = concentrated(share * self.thin, CONCENTRATE_PU)
        self.thin *= 1.0 - share
        self.brine += brine
        self._brine_kmol += share * self._thin_kmol
        self._thin_kmol *= 1.0 - share
        self.water[WATER_AT] += out_t
        missing_t = max(0.0, LOW_WATER_T - float(mass_t(self.water)))
        self.water[WATER_AT] += missing_t
        self._make_up.add(missing_t, 0.0, missing_t, 0.0, 0.0, 0.0)

    def _enter(self) -> None:
        """Enter what kilns drew from the cake, and what water came back; buy cake that they drew and was not there."""
        line = self.line
        for tally, water in self._drawn:
            drawn_t, drawn_reo_t = tally.enter()
            kmol = drawn_reo_t / T_REO_KMOL
            line.cake_t -= drawn_t
            line.cake_kmol -= kmol
            water.add(crystal_water_t(drawn_t, kmol))
        short_t = max(0.0, -line.cake_t, -line.cake_kmol * T_REO_KMOL / CAKE_PU)
        if short_t > 0.0:
            self._move_cake(self._bought, -short_t, -CAKE_PU * short_t / T_REO_KMOL)
        _, water_t, salt_t, chloride_t, sulphate_t = self._returned.enter()
        self.water += (water_t, 0.0, salt_t - chloride_t - sulphate_t, chloride_t, sulphate_t)

    def _sell(self) -> None:
        """Send what the yard has above its level to S09."""
        line = self.line
        surplus_t = line.cake_t - self._cake_t
        if surplus_t > 0.0:
            self._move_cake(self._sold, surplus_t, line.cake_kmol * surplus_t / line.cake_t)

    def _move_cake(self, streams: Streams, out_t: float, kmol: float) -> None:
        self.line.cake_t -= out_t
        self.line.cake_kmol -= kmol
        water = out_t - T_KG * DRY_CARBONATE * kmol
        streams.add(abs(out_t), abs(T_REO_KMOL * kmol), abs(water), 0.0, 0.0, 0.0)
