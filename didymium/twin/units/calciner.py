"""Small calciners: oxide from cake in S01, polishing powder in S21 (domain reference §3, §13)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats
from didymium.twin.ledger import MASS, REO
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.calcination import (
    MOST_GAS_NM3_H,
    ZONE_C,
    Cake,
    calciners,
    held_kg,
    run_in,
    step_calciners,
)
from didymium.twin.units.oxide_line import CALCINER_S, OxideLine
from didymium.twin.units.oxide_workshop import SITE as WORKSHOP
from didymium.twin.units.polishing import CO2_PER_OXIDE, OXYGEN_PER_CO2, SITE, TREO, PolishingGoods
from didymium.twin.units.precipitation import PrecipitationReactors
from didymium.twin.units.reactor_physics import OXIDE_KG_KMOL
from didymium.twin.units.totals import Total, Totals

CO2_KG_KMOL: Final = 1.5 * 44.009
"""Of a sesquicarbonate, per kmol of rare earth."""
USUAL_KG_H: Final = (704.0, 317.0)
"""Cake in and oxide out of each of S01's five, which make 38 t/d."""
STEP_S: Final = 10
RUN_IN_S: Final = 10 * 3600.0


class BeltCalciners:
    """Binds the belts to their tags. S01's are fed what its oxide line burns, S21's what its powder stock needs."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        n = len(bank)
        self._polishing, self._workshop = bank.at_site(SITE), bank.at_site(WORKSHOP)
        reactors = around.models.get("T_PRECIP")
        workshop = reactors.workshop if isinstance(reactors, PrecipitationReactors) else None
        self._line: OxideLine | None = None if workshop is None else workshop.line
        oxide = np.full(n, USUAL_KG_H[1] / 3600.0)
        co2 = CO2_KG_KMOL / OXIDE_KG_KMOL * oxide
        self.cake = Cake(oxide, USUAL_KG_H[0] / 3600.0 - oxide - co2, co2, np.zeros(n))
        self.goods = PolishingGoods(around) if len(self._polishing) else None
        self.cake.oxygen[self._polishing] = OXYGEN_PER_CO2
        self.calciners = calciners(n)
        self._set, self._controls, self._checks = bank.aim("Z[]_SP"), bank.aim("Z[]_T1"), bank.aim("Z[]_T2")
        self._offset_c = self._controls - ZONE_C, self._checks - ZONE_C
        self._gas, self._output = bank.aim("Z[]_GAS"), bank.aim("Z[]_OUT")
        self._feed()
        run_in(self.calciners, self.cake, self._set, RUN_IN_S)
        self._show()
        bank.value[:] = bank.target
        self._totals = Totals(bank, around, [Total("GAS_TOT", "Z[]_GAS")])
        bank.value[:] = bank.target
        if self.goods is not None:
            around.ledger.hold(MASS, SITE, lambda: 0.001 * float(self._held_kg()[self._polishing].sum()))
            oxide_kg = self.calciners.oxide_kg
            around.ledger.hold(REO, SITE, lambda: 0.001 * float(oxide_kg[self._polishing].sum()))

    def _held_kg(self) -> Floats:
        return held_kg(self.calciners, self.cake.oxygen)

    def _feed(self) -> None:
        cake = self.cake
        if self._line is not None and len(self._workshop):
            each = 1000.0 / CALCINER_S / len(self._workshop)
            kmol_s = 0.001 * each * self._line.cake_kmol
            oxide = OXIDE_KG_KMOL * kmol_s
            cake.oxide_kg_s[self._workshop], cake.co2_kg_s[self._workshop] = oxide, CO2_KG_KMOL * kmol_s
            cake.water_kg_s[self._workshop] = max(0.0, each * self._line.cake_t - oxide - CO2_KG_KMOL * kmol_s)
        if self.goods is not None:
            fed = self.goods.feed_kg_s() / len(self._polishing)
            oxide = TREO * fed
            bound = CO2_PER_OXIDE * oxide
            cake.oxide_kg_s[self._polishing], cake.co2_kg_s[self._polishing] = oxide, bound
            cake.water_kg_s[self._polishing] = fed - oxide - (1.0 - OXYGEN_PER_CO2) * bound

    def step(self, second: int) -> None:
        """Totalise; feed and burn every ten seconds."""
        self._totals.step(second)
        if second % STEP_S:
            return
        self._feed()
        step_calciners(self.calciners, self.cake, self._set, STEP_S)
        if self.goods is not None:
            c, of = self.calciners, self._polishing
            self.goods.calcine(
                *(float(kg[of].sum()) for kg in (c.fed_kg, c.steam_kg, c.co2_kg, c.oxygen_kg, c.out_kg, c.out_oxide_kg))
            )
        self._show()

    def _show(self) -> None:
        c, bank = self.calciners, self.bank
        self._controls[:], self._checks[:] = c.zone_c + self._offset_c[0], c.zone_c + self._offset_c[1]
        self._gas[:] = c.gas_nm3_h
        self._output[:] = 100.0 / MOST_GAS_NM3_H * c.gas_nm3_h
        cake = self.cake
        bank.aim("FEED_WT")[:] = 3600.0 * (cake.oxide_kg_s + cake.water_kg_s + (1.0 - cake.oxygen) * cake.co2_kg_s)
        bank.aim("OUT_WT")[:] = 3600.0 / STEP_S * c.out_kg
        bank.aim("LOI_EST")[:] = c.loi_pct
        bank.aim("EXH_T")[:] = c.zone_c[:, 0] + 5.0


CALCINER: Final = UnitType(
    points={
        "Z[]_T1": Point(ZONE_C, 1.5, 0.5, 1.0),
        "Z[]_T2": Point(tuple(t + 2.0 for t in ZONE_C), 1.6, 0.5, 1.5),
        "Z[]_SP": exact(ZONE_C),
        "Z[]_OUT": Point(20.0, 0.4, 0.2, 0.0),
        "Z[]_GAS": Point(6.0, 0.05, 0.08, 0.0),
        "P_FURN": Point(-12.0, 1.2, 0.6, 0.8),
        "EXH_T": Point(165.0, 2.0, 0.3, 0.0),
        "BELT_SPD": Point(118.0, 0.4, 0.2, 1.5),
        "FEED_WT": Point(USUAL_KG_H[0], 3.0, 2.0, 0.0),
        "OUT_WT": Point(USUAL_KG_H[1], 1.5, 1.0, 0.0),
        "CO_AMB": Point(4.0, 0.6, 0.5, 0.6),
        "LEL": Point(0.5, 0.1, 0.2, 0.0),
        "LOI_EST": Point(0.28, 0.02, 0.008, 0.0),
        "STATE": 3.0,
    },
    model=BeltCalciners,
)
