"""The oxidising kiln of S20: scrap from the trade's stock, oxides for the leach behind it (domain reference §13)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats, Rows
from didymium.twin.display import records
from didymium.twin.ledger import MASS, REO
from didymium.twin.unit_type import Surroundings
from didymium.twin.units import scrap_bed
from didymium.twin.units.concentrate import STEP_S
from didymium.twin.units.kiln_panel import BED_CELLS, Panel

T_PER_KG: Final = 1e-3
LEAST_KG_S: Final = 1e-3
TAGS: Final = ("BED_T[6]", "OUT_TPH", "DEC_EST")


class ScrapLine:
    """Kilns ``rows`` of a bank: ``made_t`` and ``made_reo_t`` are what they gave since the start."""

    def __init__(self, bank: Bank, rows: Rows, around: Surroundings) -> None:
        self.rows = rows
        self.site = bank.units[rows[0]].site
        self.made_t = self.made_reo_t = 0.0
        self.beds = scrap_bed.running_beds(len(rows), float(STEP_S))
        self.inputs = scrap_bed.usual_inputs(len(rows))
        stream, hold = around.ledger.stream, around.ledger.hold
        sites = around.sites
        source = "S09" if "S09" in sites else "MARKET"
        self._scrap = around.ledger.streams((MASS, REO), source, self.site, "scrap")
        self._oxygen = stream(MASS, "AIR", self.site, "oxygen")
        self._steam = stream(MASS, self.site, "AIR", "water vapour")
        hold(MASS, self.site, lambda: T_PER_KG * float(self.beds.mass_kg.sum()))
        hold(REO, self.site, lambda: T_PER_KG * float(self.beds.reo_kg.sum()))
        self._true = records(TAGS, len(rows))
        self._read()
        self._panel = Panel(bank, rows, TAGS, self._true, exact=("OUT_TPH",))
        self._panel.show()

    def step(self, feeds: Floats, fires: Floats) -> None:
        """Oxidise for ``STEP_S`` with (n,) shares of the usual feed and fire."""
        beds, inputs = self.beds, self.inputs
        inputs.scrap_kg_s[:] = scrap_bed.SCRAP_KG_S * feeds
        inputs.fire[:] = fires
        scrap_bed.step(beds, inputs, float(STEP_S))
        fed_kg, out_kg = beds.fed_kg.sum(axis=0), beds.out_kg.sum(axis=0)
        self._scrap.add(T_PER_KG * float(fed_kg[scrap_bed.FED]), T_PER_KG * float(fed_kg[scrap_bed.REO]))
        self._oxygen.add(T_PER_KG * float(beds.oxygen_kg.sum()))
        self._steam.add(T_PER_KG * float(beds.steam_kg.sum()))
        self.made_t += T_PER_KG * float(out_kg[: scrap_bed.WEIGHED].sum())
        self.made_reo_t += T_PER_KG * float(out_kg[scrap_bed.REO])
        self._read()
        self._panel.show()

    def _read(self) -> None:
        beds, true = self.beds, self._true
        true["BED_T"] = beds.bed_c[:, BED_CELLS]
        left_kg = beds.out_kg[:, : scrap_bed.WEIGHED].sum(axis=1)
        true["OUT_TPH"] = left_kg * 3.6 / STEP_S
        true["DEC_EST"] = np.where(left_kg > LEAST_KG_S * STEP_S, 100.0 * beds.oxidised, true["DEC_EST"])
