"""Solvent-extraction stages and circuit heads of S14 to S16 (domain reference §13)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.brine import SLOW_S
from didymium.twin.units.cascade_purity import cascades, step_cascades
from didymium.twin.units.extraction_line import FEED_T_D, LAG_D, STRENGTH, ExtractionLine
from didymium.twin.units.precipitation import PrecipitationReactors
from didymium.twin.units.tally import GOODS_S

STAGE: Final = UnitType(
    points={
        "MIX_RPM": Point(186.0, 0.4, 0.5, 2.0),
        "IFACE": Point(295.0, 3.0, 1.0, 5.0),
        "TEMP": Point(25.5, 0.4, 0.05, 0.6),
        "ORG_LVL": Point(640.0, 4.0, 1.0, 6.0),
    }
)
NOMINAL_M3_H: Final = 14.2
CASCADES_FED: Final = {"S14": 4, "S15": 4, "S16": 1}
"""Cascades of a site that are fed from outside; of S16's only the first, the others are as large."""
FEED_M3_H: Final = {site: t_d / 24.0 / CASCADES_FED[site] / STRENGTH[site] for site, t_d in FEED_T_D.items()}
SPEC_EXT_PCT: Final = 99.68
"""What the extract is sold as. (A)"""


class Circuits:
    """Each site's flows in proportion to its feed, and the purities that the ratio of flows brings."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        for i, unit in enumerate(bank.units):
            share = FEED_M3_H.get(unit.site, NOMINAL_M3_H) / NOMINAL_M3_H
            for tag in ("F_ORG", "F_FEED", "F_SCRUB", "F_STRIP"):
                bank.aim(tag)[i] *= share
        for site, feed_m3_h in FEED_M3_H.items():
            bank.aim("F_FEED")[bank.at_site(site)] = feed_m3_h
        self._organic, self._ratio = bank.aim("F_ORG"), bank.aim("OA")
        self._extract, self._raffinate = bank.aim("PUR_EXT"), bank.aim("PUR_RAF")
        self._right = self._organic.copy(), self._ratio.copy()
        lag_s = DAY_S * np.array([LAG_D.get(unit.site, 6.0) for unit in bank.units])
        self.cascades = cascades(self._extract.copy(), self._raffinate.copy(), lag_s)
        self._open_books(around)
        self._drift = around.faults.sizes(bank, "F16")
        self._drifted = np.zeros(len(bank))
        bank.value[:] = bank.target

    def _open_books(self, around: Surroundings) -> None:
        reactors = around.models.get("T_PRECIP")
        leach, water = None, None
        if isinstance(reactors, PrecipitationReactors):
            leach, water = reactors.leach, reactors.carbonate
        sites = {unit.site for unit in self.bank.units} & set(FEED_T_D)
        self.line = ExtractionLine(sites, leach, water, around)
        self._fed = {site: self.bank.at_site(site)[: CASCADES_FED[site]] for site in sites}
        self._feed, self._now = self.bank.aim("F_FEED"), self.bank.now("F_FEED")
        self._supply = dict(self.line.supply)

    def _move_goods(self) -> None:
        line = self.line
        line.step({site: float(self._now[fed].sum()) for site, fed in self._fed.items()})
        if line.supply != self._supply:
            self._supply = dict(line.supply)
            for site, fed in self._fed.items():
                self._feed[fed] = line.supply[site] * FEED_M3_H[site]

    def step(self, second: int) -> None:
        """A drift of the organic pump shows in the ratio at once and in the purities after hours."""
        drift = self._drift
        if (drift != self._drifted).any():
            self._drifted = drift.copy()
            self._organic[:] = self._right[0] * (1.0 + 0.01 * drift)
            self._ratio[:] = self._right[1] * (1.0 + 0.01 * drift)
        if second % GOODS_S == 0:
            self._move_goods()
        if second % SLOW_S == 0:
            step_cascades(self.cascades, drift, float(SLOW_S))
            self._extract[:], self._raffinate[:] = self.cascades.extract_pct, self.cascades.raffinate_pct


CIRCUIT: Final = UnitType(
    points={
        "F_ORG": Point(62.0, 0.08, 0.06, 1.5),
        "F_FEED": Point(14.2, 0.02, 0.02, 0.4),
        "F_SCRUB": Point(6.1, 0.01, 0.01, 0.2),
        "F_STRIP": Point(7.4, 0.01, 0.01, 0.2),
        "OA": Point(3.05, 0.004, 0.002, 0.01),
        "SAP": Point(36.0, 0.12, 0.05, 0.1),
        "PH_RAF": Point(2.5, 0.03, 0.01, 0.03),
        "RE_RAF": Point(148.0, 0.8, 0.2, 4.0),
        "RE_ORG": Point(28.6, 0.12, 0.03, 0.2),
        "PUR_EXT": Point(99.72, 0.006, 0.002, 0.004),
        "PUR_RAF": Point(98.94, 0.015, 0.004, 0.05),
        "LEL": Point(0.5, 0.15, 0.25, 0.0),
        "STATE": 3.0,
    },
    model=Circuits,
)
