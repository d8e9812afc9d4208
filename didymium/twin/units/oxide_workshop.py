"""S01 as a whole: what its reactors take in and give off, its tanks, and the oxide that leaves in bags (§3)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.ledger import MASS, REO
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.oxide_line import SUMP_T, TANK_T, feed_slurry, running, step_line
from didymium.twin.units.reactor_physics import CRYSTAL_KG_KMOL, OXIDE_KG_KMOL, Moved, Reactors

SITE: Final = "S01"
OXIDE_T_D: Final = 38.0
STOCK_T: Final = 30.0
"""Oxide in the bins, less than a day's. (A)"""
LINE_S: Final = 10
"""The tanks and the calciner are slow: they are stepped so seldom."""
T_REO_KMOL: Final = 0.001 * OXIDE_KG_KMOL


class OxideWorkshop:
    """Books the workshop's goods. Water works draw mother liquor and send water back as they themselves book it.

    What they leave in the sump goes to the evaporators of S19, and what water is missing comes from S23.
    """

    def __init__(self, reactors: Reactors, of: NDArray[np.intp], house: int, around: Surroundings) -> None:
        self.line = running(OXIDE_T_D, STOCK_T)
        self._reactors, self._of, self._house = reactors, of, house
        stream, hold = around.ledger.stream, around.ledger.hold
        self._chloride = stream(MASS, "S15", SITE, "PrNd chloride"), stream(REO, "S15", SITE, "PrNd chloride")
        self._reagent = stream(MASS, "S18", SITE, "ammonium bicarbonate")
        self._gas = (
            stream(MASS, SITE, "AIR", "carbon dioxide of precipitation"),
            stream(MASS, SITE, "AIR", "calciner gas"),
        )
        self._oxide = stream(MASS, SITE, "S03", "PrNd oxide"), stream(REO, SITE, "S03", "PrNd oxide")
        self._to_s08 = stream(MASS, SITE, "S08", "waste water"), stream(REO, SITE, "S08", "waste water")
        self._to_s19 = stream(MASS, SITE, "S19", "mother liquor"), stream(REO, SITE, "S19", "mother liquor")
        self._reuse = stream(MASS, "S08", SITE, "reuse water")
        self._make_up = stream(MASS, "S23", SITE, "water")
        self._used_t, self._collected_t = 0.0, 0.0
        self._sump_reo_t, self._drawn_t = 0.0, 0.0
        hold(MASS, SITE, self.mass_t)
        hold(REO, SITE, self.reo_t)
        packing = around.bank("T_PACK")
        self._lines = packing.at_site(SITE) if packing else np.empty(0, np.intp)
        self._bags = packing.aim("BAG_CNT") if packing else np.zeros(0)
        self._net_kg = packing.aim("NET_WT") if packing else np.zeros(0)
        self._counted: NDArray[np.float64] | None = None

    @property
    def sump_t(self) -> float:
        """Mother liquor that waits to be drawn."""
        return SUMP_T + self._collected_t - self._to_s08[0].amount - self._to_s19[0].amount

    @property
    def tank_t(self) -> float:
        """Water for rinsing and washing."""
        return TANK_T + self._reuse.amount + self._make_up.amount - self._used_t

    def mass_t(self) -> float:
        """All that the workshop holds."""
        r, of = self._reactors, self._of
        vessels_t = float(r.liquor_t[of].sum() + 0.001 * CRYSTAL_KG_KMOL * r.solid_kmol[of].sum())
        return vessels_t + self.line.mass_t + self.sump_t + self.tank_t

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        r, of = self._reactors, self._of
        kmol = float(r.solid_kmol[of].sum() + r.dissolved_kmol[of].sum())
        return T_REO_KMOL * kmol + self.line.reo_t + self._sump_reo_t

    def step(self, moved: Moved, second: int) -> None:
        """Book what the reactors moved in this second and, every tenth, what the tanks and the calciner did."""
        at, line = self._house, self.line
        chloride_t = float(moved.chloride_t[at])
        if chloride_t > 0.0:
            self._chloride[0].add(chloride_t)
            self._chloride[1].add(T_REO_KMOL * float(moved.chloride_kmol[at]))
            self._gas[0].add(float(moved.co2_t[at]))
        self._reagent.add(float(moved.reagent_t[at]))
        self._used_t += float(moved.water_t[at])
        self._collected_t += float(moved.liquor_t[at])
        self._sump_reo_t += T_REO_KMOL * float(moved.liquor_kmol[at])
        feed_slurry(
            line,
            float(moved.slurry_liquor_t[at]),
            float(moved.slurry_dissolved_kmol[at]),
            float(moved.slurry_solid_kmol[at]),
            float(moved.slurry_um_kmol[at]),
        )
        if second % LINE_S == 0:
            self._run_line()
        self._bag()

    def _run_line(self) -> None:
        passed = step_line(self.line, OXIDE_T_D, float(LINE_S))
        self._used_t += passed.wash_t
        self._collected_t += passed.filtrate_t
        self._sump_reo_t += T_REO_KMOL * passed.filtrate_kmol
        self._gas[1].add(passed.gas_t)
        self._make_up.add(max(0.0, TANK_T - self.tank_t))
        out_t = self._to_s08[0].amount - self._drawn_t, max(0.0, self.sump_t - SUMP_T)
        reo_t_t = self._sump_reo_t / max(1e-9, self.sump_t + out_t[0])
        self._to_s19[0].add(out_t[1])
        for stream, drawn_t in ((self._to_s08[1], out_t[0]), (self._to_s19[1], out_t[1])):
            stream.add(reo_t_t * drawn_t)
            self._sump_reo_t -= reo_t_t * drawn_t
        self._drawn_t = self._to_s08[0].amount

    def _bag(self) -> None:
        """A bag counted on a packing line is on its way to the cells of S03."""
        counted = self._bags[self._lines]
        if self._counted is not None and (counted != self._counted).any():
            net_t = 0.001 * float(self._net_kg[self._lines[counted != self._counted]].sum())
            net_t = min(net_t, self.line.oxide_t)
            self.line.oxide_t -= net_t
            for stream in self._oxide:
                stream.add(net_t)
        self._counted = counted
