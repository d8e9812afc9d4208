"""Crystallisers of S08 and S19: their tags, and the salt and purge that leave the site (domain reference §10)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.brine import AMMONIUM_AT, CHLORIDE_AT, N_PER_NH4, PARTS, SLOW_S, Border, hold
from didymium.twin.units.crystalliser_physics import COOLED_PU, WATER_PU, crystallisers, step_crystallisers
from didymium.twin.units.evaporator import LINES, WATER_SITE, EvaporationLines
from didymium.twin.units.evaporator_physics import SLURRY_SALT_PU, WORKSHOP, SaltLine, slurry_t_h
from didymium.twin.units.totals import Total, Totals

BAG_T: Final = 1.0
LIQUOR_T_M3: Final = 1.19
INCLUDED_PCT: Final = 1.22
"""Water enclosed in the crystals, which the moisture meter over the belt does not see. (A)"""
RUN: Final = 3.0


class Crystallisers:
    """Salt to the belt scale and into bags of a tonne; mother liquor back to the evaporators of the site."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        source = around.models.get("T_MVR")
        self._source = source if isinstance(source, EvaporationLines) else None
        own = sorted({unit.site for unit in bank.units})
        self.sites = self._source.sites if self._source and set(own) <= set(self._source.sites) else own
        if self.sites is own:
            self._source = None
        lines = [LINES.get(site, WORKSHOP) for site in self.sites]
        slurry = [slurry_t_h(line, COOLED_PU) for line in lines]
        at = [self.sites.index(unit.site) for unit in bank.units]
        self.crystallisers = crystallisers(
            [line.crystals_t_d for line in lines],
            [line.purge_t_d / 24.0 / flow_t_h for line, flow_t_h in zip(lines, slurry, strict=True)],
            [line.feed[1:] / line.feed[1:].sum() for line in lines],
            at,
        )
        self._waters: Floats = np.zeros((2, len(self.sites), PARTS))
        given = [_slurry(line) * flow_t_h for line, flow_t_h in zip(lines, slurry, strict=True)]
        self.step_s = SLOW_S if self._source is None else self._source.step_s
        self._fed = np.array(given) * (self.step_s / 3600.0)
        if self._source is None:
            self._slurry, self._liquor = np.zeros((2, len(self.sites), PARTS))
        else:
            self._slurry, self._liquor = self._source.slurry, self._source.liquor
        ledger = around.ledger
        self._borders: list[tuple[int, Border, Border, Border | None, Border | None]] = []
        for site in own:
            i = self.sites.index(site)
            partner = WATER_SITE.get(site, "S01")
            self._borders.append(
                (
                    i,
                    Border(ledger, site, "S09", "salt crystals"),
                    Border(ledger, site, "RESIDUE", "purge"),
                    Border(ledger, partner, site, "salt slurry") if self._source is None else None,
                    Border(ledger, site, partner, "mother liquor") if self._source is None else None,
                )
            )
            hold(ledger, site, self.crystallisers.content, [unit for unit, of in enumerate(at) if of == i])
        trial = self.crystallisers._replace(content=self.crystallisers.content.copy())
        liquor, crystals, purge = np.zeros((3, len(self.sites), PARTS))
        step_crystallisers(trial, self._fed.copy(), liquor, crystals, purge, self.step_s)
        self._show()
        bank.value[:] = bank.target
        self._salt = Totals(bank, around, [Total("SALT_TOT", "SALT_WT")])
        self._lots = np.array([unit.number for unit in bank.units]) * 10_000.0
        self._bag(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Crystallise what the evaporators gave; totalise and bag."""
        self._salt.step(second)
        self._bag(second)
        if second % self.step_s != 0:
            return
        if self._source is None:
            self._slurry += self._fed
        crystals, purge = self._waters
        step_crystallisers(self.crystallisers, self._slurry, self._liquor, crystals, purge, self.step_s)
        for i, sold, purged, came, back in self._borders:
            sold.add(crystals[i])
            purged.add(purge[i])
            if came is not None and back is not None:
                came.add(self._fed[i])
                back.add(self._liquor[i])
        self._waters[:] = 0.0
        if self._source is None:
            self._liquor[:] = 0.0
        self._show()

    def _bag(self, second: int) -> None:
        bank = self.bank
        np.floor(bank.aim("SALT_TOT") / BAG_T, out=bank.aim("BAG_CNT"))
        bank.aim("LOT_ID")[:] = self._lots + second // 28_800 % 9_000

    def _show(self) -> None:
        bank, cr = self.bank, self.crystallisers
        content = cr.content
        mass = content.sum(axis=1)
        bank.aim("SALT_WT")[:] = cr.crystals_t_h
        bank.aim("PURGE_F")[:] = cr.purge_t_h
        bank.aim("ML_F")[:] = cr.liquor_t_h / LIQUOR_T_M3
        bank.aim("SOLIDS")[:] = 100.0 * cr.solids_pu
        bank.aim("LVL")[:] = 55.0 * mass / cr.hold_t
        salt_pct = 100.0 * (1.0 - WATER_PU) / (mass - content[:, 0])
        bank.aim("N_PCT")[:] = salt_pct * content[:, AMMONIUM_AT] * N_PER_NH4
        bank.aim("CL_PCT")[:] = salt_pct * content[:, CHLORIDE_AT]


def _slurry(line: SaltLine) -> Floats:
    """(5,) one tonne of the evaporators' slurry."""
    ions: Floats = SLURRY_SALT_PU * line.feed[1:] / line.feed[1:].sum()
    return np.array([1.0 - SLURRY_SALT_PU, *ions])


CRYSTALLISER: Final = UnitType(
    points={
        "T_CR": Point(88.0, 0.3, 0.08, 0.4),
        "LVL": Point(55.0, 0.5, 0.1, 0.0),
        "DENS": Point(1262.0, 1.5, 0.3, 2.0),
        "SOLIDS": Point(22.0, 0.3, 0.1, 0.0),
        "CF_RPM": Point(1480.0, 2.0, 1.0, 10.0),
        "CF_VIB[]": Point(2.8, 0.12, 0.06, 0.15),
        "ML_F": Point(2.8, 0.04, 0.015, 0.0),
        "PURGE_F": Point(0.023, 0.001, 0.0005, 0.0),
        "DRY_TI": Point(138.0, 1.2, 0.2, 1.5),
        "DRY_FAN_A": Point(46.0, 0.4, 0.15, 0.8),
        "SALT_WT": Point(0.5375, 0.003, 0.003, 0.0),
        "MOIST": Point(100.0 * WATER_PU - INCLUDED_PCT, 0.04, 0.012, 0.03),
        "N_PCT": Point(5.6, 0.06, 0.02, 0.0),
        "CL_PCT": Point(48.0, 0.15, 0.04, 0.0),
        "STATE": RUN,
    },
    model=Crystallisers,
)
