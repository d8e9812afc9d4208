"""S12: the roasting kilns take concentrate from the silos and acid from the acid plant (domain reference §13).

Their beds say what comes out, what is in the gas, and how well the ore is decomposed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats, Rows
from didymium.twin.display import records
from didymium.twin.ledger import MASS
from didymium.twin.ledger import REO as AS_OXIDE
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.concentrate import STEP_S, Silos
from didymium.twin.units.dryer_drum import REO, SOLIDS, WATER
from didymium.twin.units.kiln_panel import BED_CELLS, ROASTER_TAGS, Panel, read_roasters, tail_nm3_h
from didymium.twin.units.roasting_bed import (
    ACID_FED,
    AIR_NM3_H,
    CONCENTRATE_KG_S,
    FED,
    FUEL_NM3_H,
    MOISTURE,
    RATIO,
    REO_SHARE,
    WEIGHED,
    running_beds,
    step,
    usual_inputs,
)
from didymium.twin.units.roasting_bed import REO as FED_REO

ACID_PLANT: Final = "S18"
LEACH: Final = "S13"
HELD_AT: Final = 4
"""Thermocouple, from 0, by which the burners are held."""
GAIN_K: Final = 0.004
"""Share of the usual fire for each kelvin. (A)"""
LEAST_FIRE, MOST_FIRE = 0.5, 1.2
T_PER_KG: Final = 1e-3
SCALED: Final = ("BRN_GAS", "BRN_AIR", "DRV_A", "DRV_KW", "RATIO")
EXACT: Final = ("OUT_TPH",)


class RoastingLine:
    """Kilns ``rows`` of a bank; ``fire`` (n,) is the share of the usual, ``served`` of the concentrate wanted.

    Acid follows what the concentrate's scales show. The acid plant sets its ``strength`` for the next step.
    """

    def __init__(self, bank: Bank, rows: Rows, around: Surroundings) -> None:
        n = len(rows)
        self.rows = rows
        self.site = bank.units[rows[0]].site
        self.beds = running_beds(n, float(STEP_S))
        self.inputs = usual_inputs(n)
        self.strength = float(self.inputs.strength[0])
        self.fire, self.served = np.ones(n), 1.0
        self._held_c = self.beds.bed_c[:, BED_CELLS[HELD_AT]].copy()
        silos = around.models.get("T_SILO")
        self._silos = silos if isinstance(silos, Silos) and silos.site is not None else None
        self._open_books(around)
        self.tail_nm3_h = np.zeros(n)
        self._true = records(ROASTER_TAGS, n)
        self._read()
        self.usual_tail_nm3_h = self.tail_nm3_h.copy()
        self._panel = Panel(bank, rows, ROASTER_TAGS, self._true, scaled=SCALED, exact=EXACT)
        self._panel.show()

    @property
    def gas_kg(self) -> Floats:
        """(n, 6) what the beds gave off in the last step, in the order of ``roasting_bed``'s gases."""
        return self.beds.gas_kg

    def _open_books(self, around: Surroundings) -> None:
        stream, streams, hold = around.ledger.stream, around.ledger.streams, around.ledger.hold
        sites = around.sites
        source = "MINE" if self._silos is None or self._silos.site is None else self._silos.site
        leach = LEACH if LEACH in sites else "MARKET"
        bought, cleaned = (ACID_PLANT, ACID_PLANT) if ACID_PLANT in sites else ("MARKET", "AIR")
        self._concentrate = streams((MASS, AS_OXIDE), source, self.site, "dried concentrate")
        self._calcine = streams((MASS, AS_OXIDE), self.site, leach, "roasted ore")
        self._acid = stream(MASS, bought, self.site, "sulphuric acid")
        self._gas = stream(MASS, self.site, cleaned, "off-gas")
        hold(MASS, self.site, lambda: T_PER_KG * float(self.beds.mass_kg.sum()))
        hold(AS_OXIDE, self.site, lambda: T_PER_KG * float(self.beds.reo_kg.sum()))

    def step(self, feeds: Floats, fires: Floats) -> None:
        """Roast for ``STEP_S`` with (n,) shares of the usual feeds, and of the fire where that is held below 1."""
        inputs = self.inputs
        self._charge(feeds)
        inputs.acid_kg_s[:] = RATIO * inputs.concentrate_kg_s
        inputs.strength[:] = self.strength
        above_c = self.beds.bed_c[:, BED_CELLS[HELD_AT]] - self._held_c
        self.fire = np.where(fires < 1.0, fires, np.clip(1.0 - GAIN_K * above_c, LEAST_FIRE, MOST_FIRE))
        inputs.fuel_nm3_h[:], inputs.air_nm3_h[:] = FUEL_NM3_H * self.fire, AIR_NM3_H * self.fire
        step(self.beds, inputs, float(STEP_S))
        self._book()
        self._read()
        self._panel.show()

    def _charge(self, feeds: Floats) -> None:
        """Draw on the silos, which give less where they are empty."""
        wanted_kg, inputs = CONCENTRATE_KG_S * feeds * STEP_S, self.inputs
        wanted_t = T_PER_KG * float(wanted_kg.sum())
        if self._silos is None or wanted_t <= 0.0:
            inputs.concentrate_kg_s[:], inputs.moisture[:], inputs.reo[:] = wanted_kg / STEP_S, MOISTURE, REO_SHARE
            return
        got = self._silos.draw(wanted_t)
        got_t = float(got[SOLIDS] + got[WATER])
        self.served = got_t / wanted_t
        inputs.concentrate_kg_s[:] = wanted_kg / STEP_S * self.served
        inputs.moisture[:], inputs.reo[:] = got[[WATER, REO]] / max(1e-12, got_t)

    def _book(self) -> None:
        fed_kg, out_kg = self.beds.fed_kg.sum(axis=0), self.beds.out_kg.sum(axis=0)
        self._concentrate.add(T_PER_KG * float(fed_kg[FED]), T_PER_KG * float(fed_kg[FED_REO]))
        self._acid.add(T_PER_KG * float(fed_kg[ACID_FED]))
        self._calcine.add(T_PER_KG * float(out_kg[:WEIGHED].sum()), T_PER_KG * float(out_kg[FED_REO]))
        self._gas.add(T_PER_KG * float(self.beds.gas_kg.sum()))

    def _read(self) -> None:
        tail_nm3_h(self.beds, self.inputs, float(STEP_S), self.tail_nm3_h)
        read_roasters(self.beds, self.inputs, self.tail_nm3_h, float(STEP_S), self._true)
