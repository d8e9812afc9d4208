"""Evaporators of S08 and S19: tags, tanks, faults and what leaves the site as distillate (domain reference §10)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats
from didymium.twin.ledger import MASS, Ledger
from didymium.twin.parameters import Parameter
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.brine import PARTS, SLOW_S, Border, Onward, Sludge, hold, room
from didymium.twin.units.crystalliser_physics import COOLED_PU
from didymium.twin.units.evaporator_physics import (
    CARRY_OVER_PU,
    EFFICIENCY,
    LONGEST_DT_S,
    MAIN,
    NORMAL_SCALE_D,
    SUCTION_KPA,
    WASH_S,
    WORKSHOP,
    evaporators,
    saturated_c,
    slurry_t_h,
    step_evaporators,
)
from didymium.twin.units.osmosis import OsmosisTrains
from didymium.twin.units.precipitation import PrecipitationReactors
from didymium.twin.units.tank_pair import SET_SHARE, Pair
from didymium.twin.units.totals import Total, Totals

RUN, WASH = 4.0, 5.0
LINES: Final = {"S19": MAIN}
"""Salt lines by site; a site that is not here has the workshop's."""
WATER_SITE: Final = {"S19": "S17"}
"""Where a site's water comes from and goes back to; S01 for those not here."""
EV_OFFSET_K: Final = (-0.6, -0.2, 0.2, 0.6)
"""The four temperature points' differences from the boiling point. (A)"""
USUAL_HZ: Final = 57.0
VAPOUR_PU: Final = 3.1 / 207.1
"""Share of the distillate that leaves with the vented gases, §10.2."""


class MotherLiquor:
    """What S01 sends to a site of its own accord, as a share of what the site is fed: S17 gives the rest.

    ``a_tonne`` (5,) is what S01 sends, as it is at the time.
    """

    def __init__(self, ledger: Ledger, site: str, a_tonne: Floats) -> None:
        self._stream = ledger.stream(MASS, "S01", site, "mother liquor")
        self._seen_t = self._stream.amount
        self._came = Border(ledger, "S01", site, "mother liquor")
        self._sludge = Sludge(ledger, "S01", site, "mother liquor")
        self._a_tonne = a_tonne
        self._due_t = 0.0

    def take(self, brine: Floats, usual_t: float) -> float:
        """Take in what has come; answer what of ``usual_t`` is left for others to give."""
        amount = self._stream.amount
        came_t = amount - self._seen_t
        self._seen_t = amount
        if came_t > 0.0:
            water = came_t * self._a_tonne
            self._came.compose(water)
            brine += water
        self._sludge.settle()
        self._due_t += usual_t - came_t
        left_t = max(0.0, self._due_t)
        self._due_t -= left_t
        return left_t


class EvaporationLines:
    """The evaporators of all sites. ``evaporators`` may be reached into; ``slurry`` and ``liquor`` pass to and from the
    crystallisers of the same site, one row each.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self.sites = sorted({unit.site for unit in bank.units})
        self.lines = [LINES.get(site, WORKSHOP) for site in self.sites]
        osmosis = around.models.get("T_RO")
        self._osmosis = osmosis if isinstance(osmosis, OsmosisTrains) else None
        at = [self.sites.index(unit.site) for unit in bank.units]
        self.step_s = around.steps.of(bank)
        self.evaporators = evaporators(self.lines, at, COOLED_PU)
        self.evaporators.area_m2[:] *= around.parameters.of(bank, "surface")
        self.evaporators.efficiency[:] = around.parameters.of(bank, "efficiency")
        self._brine, self._distillate, self.slurry, self.liquor = np.zeros((4, len(self.sites), PARTS))
        self.stored: dict[str, list[Pair]] = {}
        self._fed: list[MotherLiquor | None] = []
        self._came: list[Border] = []
        self._reused: list[Border] = []
        self._vented: list[Border] = []
        self._slurry_out: list[Onward] = []
        self._sludge: list[Sludge | None] = []
        ledger = around.ledger
        reactors = around.models.get("T_PRECIP")
        reactors = reactors if isinstance(reactors, PrecipitationReactors) else None
        self._source = None if reactors is None else reactors.carbonate
        for i, (site, line) in enumerate(zip(self.sites, self.lines, strict=True)):
            water = np.zeros(PARTS)
            water[0] = 1.0 - CARRY_OVER_PU
            water[1:] = CARRY_OVER_PU * line.feed[1:] / line.feed[1:].sum()
            pairs = [Pair(line.feed), Pair(water)]
            for pair, table in zip(pairs, (self._brine, self._distillate), strict=True):
                table[i] = pair.content
                pair.content = table[i]
            self.stored[site] = pairs
            from_osmosis = self._osmosis is not None and self._osmosis.bank.units[0].site == site
            workshop = None if reactors is None else reactors.workshop
            liquor = line.feed if workshop is None else workshop.liquor
            self._fed.append(None if from_osmosis else MotherLiquor(ledger, site, liquor))
            partner = WATER_SITE.get(site, "S01")
            self._came.append(Border(ledger, partner, site, "mother liquor" if site in LINES else "waste water"))
            self._sludge.append(Sludge(ledger, partner, site, "mother liquor") if site in LINES else None)
            self._reused.append(Border(ledger, site, partner, "reuse water"))
            self._vented.append(Border(ledger, site, "AIR", "vapour"))
            self._slurry_out.append(Onward(around, site, "T_CRYS", "RESIDUE", "salt slurry"))
            for table in (self._brine, self._distillate, self.liquor):
                hold(ledger, site, table[i])
            hold(ledger, site, self.evaporators.content, [unit for unit, of in enumerate(at) if of == i])
            mother_t_h = slurry_t_h(line, COOLED_PU) - (line.purge_t_d + line.crystals_t_d) / 24.0
            ions = COOLED_PU * line.feed[1:] / line.feed[1:].sum()
            self.liquor[i] = mother_t_h * self.step_s / 3600.0 * np.array([1.0 - COOLED_PU, *ions])
            pairs[0].leaving_t_h, pairs[1].leaving_t_h = line.feed_t_d / 24.0, line.distillate_t_d / 24.0
        self._pace = np.ones(len(self.sites))
        self._usual_t_h = [line.distillate_t_d / 24.0 for line in self.lines]
        self._scale_d = around.faults.sizes(bank, "F11")
        self._was_scaling = np.zeros(len(bank), np.bool_)
        self._suction_c = float(saturated_c(SUCTION_KPA))
        trial = self.evaporators._replace(content=self.evaporators.content.copy())
        step_evaporators(
            trial,
            self._pace,
            self._brine.copy(),
            self.liquor.copy(),
            self._distillate.copy(),
            self.slurry.copy(),
            self.step_s,
        )
        self._show()
        bank.value[:] = bank.target
        self._energy = Totals(bank, around, [Total("KWH", "CMP_KW")])

    def step(self, second: int) -> None:
        """Boil, compress, condense; let distillate and vapour go."""
        self._energy.step(second)
        if second % self.step_s != 0:
            return
        for i, site in enumerate(self.sites):
            fed = self._fed[i]
            brine = self.stored[site][0]
            if fed is None:
                assert self._osmosis is not None
                brine.content += self._osmosis.brine.content
                self._osmosis.brine.content[:] = 0.0
                self._osmosis.brine_room = float(room(brine.level))
            else:
                left_t = fed.take(brine.content, self.lines[i].feed_t_d / DAY_S * self.step_s)
                wanted_t = left_t * float(room(brine.level))
                if self._source is not None and site in LINES:
                    taken = self._source.give(wanted_t)
                else:
                    taken = wanted_t * self.lines[i].feed
                self._came[i].add(taken)
                brine.content += taken
            sludge = self._sludge[i]
            if sludge is not None:
                sludge.settle()
        self._advance()
        for i, site in enumerate(self.sites):
            out = self.stored[site][1].let_out(self._usual_t_h[i], self.step_s)
            vapour = np.zeros(PARTS)
            vapour[0] = VAPOUR_PU * out.sum()
            self._vented[i].add(vapour)
            self._reused[i].add(out - vapour)
        self._show()

    def _advance(self) -> None:
        ev = self.evaporators
        for i, site in enumerate(self.sites):
            level = self.stored[site][0].level
            pace = min(1.2, max(0.6, 1.0 + 0.8 * (level / SET_SHARE - 1.0)))
            self._pace[i] = pace * min(1.0, 10.0 * level)
        scaling = self._scale_d > 0.0
        if scaling.any() or self._was_scaling.any():
            ev.scale_d[:] = np.where(scaling, self._scale_d, NORMAL_SCALE_D)
            ev.wash_s[self._was_scaling & ~scaling] = WASH_S
            self._was_scaling = scaling
        step_evaporators(ev, self._pace, self._brine, self.liquor, self._distillate, self.slurry, self.step_s)
        for i, site in enumerate(self.sites):
            self.stored[site][0].leaving_t_h = self._pace[i] * self.lines[i].feed_t_d / 24.0
            onward = self._slurry_out[i]
            if onward.leaves:
                onward.content += self.slurry[i]
                self.slurry[i] = 0.0
                onward.settle()

    def _show(self) -> None:
        bank, ev = self.bank, self.evaporators
        ratio = ev.discharge_kpa / SUCTION_KPA
        bank.aim("F_FEED")[:] = ev.feed_t_h
        bank.aim("F_COND")[:] = ev.distillate_t_h
        bank.aim("BPE")[:] = ev.bpe_k
        bank.aim("T_EV[]")[:] = (self._suction_c + ev.bpe_k)[:, None] + EV_OFFSET_K
        bank.aim("CMP_KW")[:] = ev.shaft_kw
        bank.aim("CMP_A")[:] = 0.96 * ev.shaft_kw
        bank.aim("CMP_PR")[:] = ratio
        bank.aim("CMP_HZ")[:] = USUAL_HZ * np.sqrt(np.maximum(0.0, ratio - 1.0) / 0.65)
        bank.aim("P_DIS")[:] = ev.discharge_kpa
        bank.aim("CMP_TO")[:] = self._suction_c + ev.bpe_k + ev.net_k + 1.5
        bank.aim("DT_HX")[:] = ev.net_k
        bank.aim("U_HX")[:] = ev.u_w_m2k
        bank.aim("SOLIDS")[:] = 100.0 * ev.solids_pu
        bank.aim("SEC")[:] = bank.now("CMP_KW") / np.maximum(0.1, bank.now("F_COND"))
        bank.aim("V_DISCH")[:] = 34.0 * ev.slurry_t_h / ev.usual_slurry_t_h
        levels = bank.aim("LVL[]")
        levels[:, 0] = 52.0 * ev.content.sum(axis=1) / ev.hold_t
        levels[:, 1] = [100.0 * self.stored[self.sites[at]][0].level for at in ev.site]
        bank.aim("STATE")[:] = np.where(ev.wash_s > 0.0, WASH, RUN)


EVAPORATOR: Final = UnitType(
    points={
        "F_FEED": Point(4.88, 0.01, 0.015, 0.0),
        "F_COND": Point(4.31, 0.01, 0.012, 0.0),
        "F_STM": Point(0.12, 0.008, 0.002, 0.008),
        "LVL[]": Point((52.0, 53.0), 0.5, 0.3, 0.0),
        "T_EV[]": Point(104.7, 0.25, 0.06, 0.0),
        "P_EV": Point(SUCTION_KPA, 0.5, 0.1, 0.0),
        "T_SAT": Point(96.7, 0.15, 0.05, 0.0),
        "BPE": Point(8.0, 0.12, 0.04, 0.0),
        "CMP_HZ": Point(USUAL_HZ, 0.1, 0.03, 0.0),
        "CMP_A": Point(160.0, 0.0, 0.6, 0.0, 2.0),
        "CMP_KW": Point(166.0, 0.0, 0.5, 0.0, 4.0),
        "CMP_PR": Point(1.65, 0.0, 0.002, 0.0, 0.0),
        "CMP_TO": Point(112.5, 0.4, 0.08, 0.0),
        "CMP_BT[]": Point(61.0, 0.7, 0.08, 1.2),
        "CMP_OILP": Point(0.24, 0.002, 0.001, 0.004),
        "SURGE": Point(28.0, 0.8, 0.3, 1.0),
        "P_SUC": Point(SUCTION_KPA, 0.3, 0.08, 0.0),
        "P_DIS": Point(148.5, 0.5, 0.12, 0.0),
        "DT_HX": Point(6.4, 0.08, 0.015, 0.0),
        "U_HX": Point(1410.0, 8.0, 3.0, 0.0),
        "C_COND": Point(58.0, 4.0, 1.0, 5.0),
        "NH3_COND": Point(4.6, 0.3, 0.1, 0.3),
        "DENS": Point(1198.0, 1.5, 0.3, 2.0),
        "SOLIDS": Point(12.8, 0.4, 0.1, 0.0),
        "FOAM": Point(12.0, 1.5, 0.8, 1.0),
        "VACP_A": Point(22.0, 0.2, 0.08, 0.4),
        "SEAL_F": Point(11.0, 0.2, 0.08, 0.3),
        "V_STEAM": Point(18.0, 0.5, 0.1, 0.8),
        "V_DISCH": Point(34.0, 0.6, 0.1, 0.0),
        "SEC": Point(39.0, 0.0, 0.1, 0.0, 0.0),
        "STATE": RUN,
    },
    model=EvaporationLines,
    parameters={
        "surface": Parameter(
            "of the usual",
            1.0,
            0.7,
            2.0,
            "heating surface: what a given flow needs of temperature difference and so of power",
        ),
        "efficiency": Parameter(
            "", EFFICIENCY, 0.5, 0.85, "isentropic efficiency of the compressor with its drive: power"
        ),
    },
    step_s=SLOW_S,
    longest_step_s=round(LONGEST_DT_S),
)
