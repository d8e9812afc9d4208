"""S01 as a whole: what its reactors take in and give off, its tanks, and the oxide that leaves in bags (§3)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Floats
from didymium.twin.ledger import MASS, REO, SALT, WATER
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.brine import AMMONIUM_AT, CATIONS, PARTS, SLOW_S, WATER_AT
from didymium.twin.units.mother_liquor import (
    RARE_EARTH,
    T_KG,
    Dissolved,
    Vessels,
    acidified,
    crystal_water_t,
    of_acid,
    of_bicarbonate,
    of_chloride,
    salt_t,
    water_t,
)
from didymium.twin.units.oxide_line import CALCINER_S, SUMP_T, TANK_T, running, step_line, take_slurry
from didymium.twin.units.reactor_physics import CRYSTAL_KG_KMOL, OXIDE_KG_KMOL, Amounts

SITE: Final = "S01"
OXIDE_T_D: Final = 38.0
LINE_S: Final = SLOW_S
"""The tanks and the calciner are slow: they are stepped so seldom."""
T_REO_KMOL: Final = 0.001 * OXIDE_KG_KMOL
SUMP_SALT_PU: Final = 0.0263
"""Salt in the sump in steady running: what the sewers to S08, which are stronger, leave. (A)"""
LIQUOR_T_D: Final = 462.0
SUMP_S: Final = 12.0 * 3600.0
"""What S19 usually gets, and time constant with which the sump comes back to its level. (A)"""
LOW_SUMP_T: Final = (100.0, 3.0)
"""Water and salt in the sump below which S08's sewers bring less than they usually do. (A)"""
KINDS: Final = (MASS, REO, WATER, SALT)
_IONS: Final = acidified(0.0, Dissolved(0.0, 1.0, 0.05)).water[AMMONIUM_AT:]
SALT_IONS: Final = _IONS / _IONS.sum()
"""Ammonium, chloride and sulphate in the salt, after reagent that is 5 % more than is needed."""


class OxideWorkshop:
    """Books the workshop's goods: mass, rare earth, water and salt. Water works draw waste water and send water back.

    S08's sewers bring what they usually do as long as the sump has it; what they leave goes to the evaporators of S19,
    and what water is missing comes from S23. ``liquor`` (5,) is a tonne of what goes to S19.
    """

    def __init__(self, vessels: Vessels, around: Surroundings) -> None:
        self.line = running(OXIDE_T_D, around.stocks.opening_t(SITE, "PrNd oxide"))
        self._vessels = vessels
        ledger = around.ledger

        self._chloride = ledger.streams(KINDS, "S15", SITE, "PrNd chloride")
        self._reagent = ledger.streams(KINDS, "S18", SITE, "ammonium bicarbonate")
        self._acid = ledger.streams(KINDS, "S18", SITE, "sulphuric acid")
        self._gas = ledger.stream(MASS, SITE, "AIR", "carbon dioxide of precipitation")
        self._calciner_gas = ledger.streams(KINDS, SITE, "AIR", "calciner gas")
        self._oxide = ledger.streams(KINDS, SITE, "S03", "PrNd oxide")
        self._drawn = [
            ledger.streams(KINDS, SITE, "S08", "waste water"),
            ledger.streams(KINDS, SITE, "S19", "mother liquor"),
        ]
        self._cations = [ledger.stream(MASS, SITE, water_works, CATIONS) for water_works in ("S08", "S19")]
        self._reuse = ledger.streams(KINDS, "S08", SITE, "reuse water")
        self._make_up = ledger.streams(KINDS, "S23", SITE, "water")
        evaporators = around.bank("T_MVR")
        self._composes = evaporators is None or not len(evaporators.at_site("S19"))
        self.liquor: Floats = np.zeros(PARTS)
        self._collected_t, self._collected_salt_t = SUMP_T, SUMP_SALT_PU * SUMP_T
        self._used_t, self._used_salt_t = -TANK_T, 0.0
        self._sump_kmol, self._drawn_t = 0.0, [0.0, 0.0]
        self._compose()
        for kind, held in ((MASS, self.mass_t), (REO, self.reo_t), (WATER, self.water_t), (SALT, self.salt_t)):
            ledger.hold(kind, SITE, held)
        packing = around.bank("T_PACK")
        self._lines = packing.at_site(SITE) if packing else np.empty(0, np.intp)
        self._bags = packing.aim("BAG_CNT") if packing else np.zeros(0)
        self._net_kg = packing.aim("NET_WT") if packing else np.zeros(0)
        self._counted: NDArray[np.float64] | None = None

    @property
    def sump_t(self) -> float:
        """Mother liquor that waits to be drawn."""
        return self._collected_t - self._drawn[0][0].amount - self._drawn[1][0].amount

    @property
    def sump_salt_t(self) -> float:
        """The salt in it."""
        return self._collected_salt_t - self._drawn[0][3].amount - self._drawn[1][3].amount

    @property
    def tank_t(self) -> float:
        """Water for rinsing and washing."""
        return self._reuse[0].amount + self._make_up[0].amount - self._used_t

    @property
    def tank_salt_t(self) -> float:
        """The little salt in it."""
        return self._reuse[3].amount - self._used_salt_t

    @property
    def sewer_share(self) -> float:
        """Share of what S08's sewers usually bring that the sump can give."""
        salt = self.sump_salt_t
        return max(0.0, min(1.0, (self.sump_t - salt) / LOW_SUMP_T[0], salt / LOW_SUMP_T[1]))

    def mass_t(self) -> float:
        """All that the workshop holds."""
        sump_t = self.sump_t + T_KG * RARE_EARTH * self._sump_kmol
        return self._vessels.booked().mass_t + self.line.mass_t + sump_t + self.tank_t

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        kmol = self._vessels.booked().rare_earth_kmol + self._sump_kmol
        return T_REO_KMOL * kmol + self.line.reo_t

    def water_t(self) -> float:
        """The water in it, bound or free."""
        vessels_t = self._vessels.booked().water_t
        tanks_t = self.sump_t - self.sump_salt_t + self.tank_t - self.tank_salt_t
        line = self.line
        crystals_t = 0.001 * CRYSTAL_KG_KMOL * line.slurry_solid_kmol
        solids_t = crystal_water_t(crystals_t + line.cake_t, line.slurry_solid_kmol + line.cake_kmol)
        return vessels_t + water_t(line.slurry_liquor_t, line.slurry) + solids_t + tanks_t

    def salt_t(self) -> float:
        """The salt in it."""
        vessels_t = self._vessels.booked().salt_t
        return vessels_t + salt_t(self.line.slurry) + self.sump_salt_t + self.tank_salt_t

    def step(self, second: int) -> None:
        """Every tenth second book what the reactors moved and what tanks and calciner did; bags as they are counted."""
        if second % LINE_S == 0:
            self._take_up(self._vessels.moved())
            self._vessels.close()
            self._run_line()
        self._bag()

    def _take_up(self, moved: Amounts) -> None:
        """Book what came into the reactors, and let what left them into sump and slurry tank."""
        brought = of_chloride(moved.chloride_t)
        reo_t = T_REO_KMOL * moved.chloride_kmol
        self._chloride.add(moved.chloride_t, reo_t, brought.water_t, brought.salt_t)
        brought = of_bicarbonate(moved.reagent_t, self._vessels.bicarbonate_kmol_m3)
        self._reagent.add(moved.reagent_t, 0.0, brought.water_t, brought.salt_t)
        self._gas.add(moved.co2_t)
        self._use(moved.water_t)
        of = Dissolved(moved.liquor_kmol, moved.liquor_salt_kmol, moved.liquor_free_kmol)
        self._collect(moved.liquor_t, of)
        take_slurry(self.line, moved)

    def _use(self, water_t: float) -> None:
        """Take water from the tank; what salt it has is found in the liquor in the end."""
        if water_t > 0.0:
            salt_t = water_t * self.tank_salt_t / max(1e-9, self.tank_t)
            self._used_t += water_t
            self._used_salt_t += salt_t
            self._collected_salt_t += salt_t

    def _collect(self, liquor_t: float, of: Dissolved) -> None:
        """Break the bicarbonate of a liquor that runs into the sump."""
        clear = acidified(liquor_t, of)
        water, *ions = clear.water.tolist()
        self._collected_t += water + sum(ions)
        self._collected_salt_t += sum(ions)
        self._sump_kmol += clear.rare_earth_kmol
        acid = of_acid(of.free)
        self._acid.add(clear.acid_t, 0.0, acid.water_t, acid.salt_t)
        self._gas.add(clear.gas_t)

    def _run_line(self) -> None:
        line = self.line
        cake = crystal_water_t(line.cake_t, line.cake_kmol)
        passed = step_line(line, OXIDE_T_D, float(LINE_S))
        self._calciner_gas.add(passed.gas_t, 0.0, LINE_S / CALCINER_S * cake, 0.0)
        self._use(passed.wash_t)
        of = Dissolved(passed.filtrate_kmol, passed.filtrate_salt_kmol, passed.filtrate_free_kmol)
        self._collect(passed.filtrate_t, of)
        missing_t = max(0.0, TANK_T - self.tank_t)
        self._make_up.add(missing_t, 0.0, missing_t, 0.0)
        self._let_out()

    def _let_out(self) -> None:
        """Give S19 what it usually gets, and more or less as the sump stands; the rare earth goes with the water."""
        self._compose()
        sump_t = self.sump_t
        left_t = max(0.0, LINE_S * (LIQUOR_T_D / 86_400.0 + (sump_t - SUMP_T) / SUMP_S))
        left_t = min(left_t, max(0.0, sump_t - LOW_SUMP_T[0]))
        self._drawn[1][0].add(left_t)
        if self._composes:
            self._drawn[1][2].add(left_t * float(self.liquor[WATER_AT]))
            self._drawn[1][3].add(left_t * float(1.0 - self.liquor[WATER_AT]))
        out_t = [streams[0].amount - seen for streams, seen in zip(self._drawn, self._drawn_t, strict=True)]
        kmol_t = self._sump_kmol / max(1e-9, self.sump_t + sum(out_t))
        for streams, cations, drawn_t in zip(self._drawn, self._cations, out_t, strict=True):
            kmol = kmol_t * drawn_t
            streams[1].add(T_REO_KMOL * kmol)
            cations.add(T_KG * RARE_EARTH * kmol)
            self._sump_kmol -= kmol
        self._drawn_t = [streams[0].amount for streams in self._drawn]

    def _compose(self) -> None:
        salt = self.sump_salt_t / max(1e-9, self.sump_t)
        self.liquor[WATER_AT] = 1.0 - salt
        self.liquor[AMMONIUM_AT:] = salt * SALT_IONS

    def _bag(self) -> None:
        """A bag counted on a packing line is on its way to the cells of S03."""
        counted = self._bags[self._lines]
        if self._counted is not None and (counted != self._counted).any():
            net_t = 0.001 * float(self._net_kg[self._lines[counted != self._counted]].sum())
            net_t = min(net_t, self.line.oxide_t)
            self.line.oxide_t -= net_t
            self._oxide.add(net_t, net_t, 0.0, 0.0)
        self._counted = counted
