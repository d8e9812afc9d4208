"""The 70 m travelling kiln of S02: its tags and its books from ``kiln_physics`` (domain reference §4)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats, MissingFamily
from didymium.twin.ledger import MASS, REO, Stream
from didymium.twin.parameters import Parameter
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Points, Surroundings, UnitType
from didymium.twin.units.kiln_physics import (
    FIRST_COOLING,
    GAS_NM3_H,
    LENGTH_M,
    LIT,
    MOST_GAS_NM3_H,
    ROWS,
    SAGGERS_A_ROW,
    TAKING,
    ZONES,
    KilnInputs,
    carried_shares,
    exhaust_pct,
    held_kg,
    kilns,
    step,
)
from didymium.twin.units.sagger import USUAL_KG, USUAL_TREO_PCT, content_kg, filling
from didymium.twin.units.totals import Total, Totals

SAGGERS_PER_DAY: Final = 5000.0
"""40 t of cake in saggers of 8 kg, §4.2: 208 an hour, one every 17.28 s."""
SAGGER_TAKT_S: Final = DAY_S / SAGGERS_PER_DAY
SAGGERS_INSIDE: Final = (ROWS + 1.0) * SAGGERS_A_ROW
"""200 rows in the kiln; what is set before it and taken off behind it is one row more."""
RESIDENCE_H: Final = ROWS * SAGGERS_A_ROW * SAGGER_TAKT_S / 3600.0
SPEED_MM_MIN: Final = LENGTH_M / (0.06 * RESIDENCE_H)
CREEP_MM_MIN: Final = 0.5 * SPEED_MM_MIN
"""Speed of a kiln that is fed no more; what comes out at that pace is taken off by hand. (A)"""
PROFILE_C: Final = (110.0, 200.0, 320.0, 450.0, 580.0, 700.0, 800.0, 910.0, 950.0, 950.0, 830.0, 550.0, 280.0, 90.0)
DRIFTING: Final = 8
"""Zone, from 0, whose controlling thermocouple drifts: the hottest, zone 9."""
RECALIBRATED_S: Final = 300.0
"""Time constant with which a thermocouple's error goes once it is cared for. (A)"""
LEAST_ERROR_C: Final = 0.01
BOTTOM_K: Final = -4.0
AIR_NM3: Final = 11.5
"""Air per Nm³ of gas."""
COOLING_AIR_NM3_H: Final = 22.0
LIT_FLAGS: Final = tuple(float(lit) for lit in LIT)
RUN, HOLD = 4.0, 5.0
ZONE_ROWS: Final = np.arange(ZONES) * ROWS // ZONES
"""First row of each zone, from 0."""
ZONE_SAGGERS: Final = np.diff(np.append(ZONE_ROWS, ROWS)) * float(SAGGERS_A_ROW)
AIR_NM3_H: Final = tuple(AIR_NM3 * gas + COOLING_AIR_NM3_H for gas in GAS_NM3_H)
SHOWN_S: Final = 10
"""Analysers and estimates are worked out so often."""
T_PER_KG: Final = 1e-3

KILN70_POINTS: Final[Points] = {
    "Z[]_TT": Point(PROFILE_C, 1.5, 0.8, 1.0, 60.0),
    "Z[]_TB": Point(tuple(t + BOTTOM_K for t in PROFILE_C), 1.6, 0.8, 1.5, 60.0),
    "Z[]_SP": exact(PROFILE_C),
    "Z[]_OUT": Point(tuple(4.0 * gas for gas in GAS_NM3_H), 0.8, 0.2, 0.0),
    "Z[]_GAS": Point(GAS_NM3_H, 0.0, 0.05, 0.0, 3.0),
    "Z[]_AIR": Point(AIR_NM3_H, 1.0, 0.6, 1.0),
    "Z[]_P": Point((-9.0, -8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, -1.0, -2.0, -3.0, -4.0, -5.0), 0.7, 0.4, 0.2),
    "Z[]_FLM": exact(LIT_FLAGS),
    "Z[]_RA": Point(4.2, 0.08, 0.06, 0.15),
    "Z[]_O2": Point(9.6, 0.3, 0.08, 0.5),
    "DRV[]_HZ": Point(31.5, 0.0, 0.02, 0.2),
    "EXF[]_HZ": Point(38.0, 0.3, 0.08, 0.5),
    "CO2_EXH": Point(7.9, 0.12, 0.03, 0.0),
    "H2O_EXH": Point(30.3, 0.5, 0.15, 0.0),
    "O2_EXH": Point(9.75, 0.12, 0.08, 0.0),
    "SPEED": Point(SPEED_MM_MIN, 0.4, 0.15, 0.0),
    "RES_T": Point(RESIDENCE_H, 0.0, 0.0, 0.0),
    "LOI_EST": Point(0.14, 0.015, 0.006, 0.0),
    "LEL": Point(0.5, 0.1, 0.2, 0.0),
    "STATE": RUN,
}

PARAMETERS: Final = {
    "sagger_kg": Parameter("kg", USUAL_KG, 5.0, 11.0, "carbonate cake in a sagger: cake a day, gas"),
    "treo_pct": Parameter(
        "%", USUAL_TREO_PCT, 38.0, 54.0, "oxide in the cake, whose moisture is the less the more it is: oxide, gas, CO2"
    ),
}


class TravellingKilns:
    """Binds the kilns' state to their tags.

    Robots that serve a kiln set ``inputs.waiting``, ``inputs.speed_mm_min`` and ``served``, look at ``state`` for what
    went in and came out, and ``take_off`` what they tip; a kiln without robots is always fed and emptied.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        if bank.aim("Z[]_TT").shape[1] != ZONES:
            raise MissingFamily(f"{bank.template} has no {ZONES} zones Z[]_TT")
        self.bank = bank
        n = len(bank)
        profile_c = np.tile(PROFILE_C, (n, 1))
        takts = around.totalised_s / SAGGER_TAKT_S
        carried = carried_shares(profile_c[0], RESIDENCE_H)
        cake_kg, treo_pct = (around.parameters.of(bank, name).tolist() for name in PARAMETERS)
        self.fillings = [filling(*each) for each in zip(cake_kg, treo_pct, strict=True)]
        self.state = kilns(profile_c, RESIDENCE_H, carried, np.full(n, takts), self.fillings)
        self.inputs = KilnInputs(profile_c, np.zeros((n, ZONES)), np.full(n, SPEED_MM_MIN), np.full(n, np.inf))
        self.served = np.zeros(n, np.bool_)
        self.table, self._table_kg = np.zeros(n), np.zeros(n)
        bank.aim("SAG_IN")[:] = SAGGERS_INSIDE + np.floor(takts)
        bank.aim("SAG_OUT")[:] = np.floor(takts)
        self._erring = False
        self._drift_c_d = around.faults.sizes(bank, "F03")
        self._offset_c = bank.aim("Z[]_TT") - PROFILE_C
        self._bottom_offset_c = bank.aim("Z[]_TB") - PROFILE_C
        self._air = bank.aim("Z[]_AIR") / AIR_NM3_H
        self._cooling_pct = self.state.output_pct[:, FIRST_COOLING:].copy()
        self._drive_hz = bank.aim("DRV[]_HZ").copy()
        self._drive_a = bank.aim("DRV[]_A").copy()
        self._roller_a = bank.aim("Z[]_RA").copy()
        self._books = [_Books(self, kiln, around) for kiln in range(n)]
        self._show()
        self._show_slowly()
        bank.value[:] = bank.target
        self._gas = Totals(bank, around, [Total("GAS_TOT", "Z[]_GAS")])
        bank.value[:] = bank.target

    def put_on_table(self, kiln: int, saggers: float) -> None:
        """Let so many saggers with what comes out now stand behind the kiln: a line that is running at the start."""
        self.table[kiln] += saggers
        self._table_kg[kiln] += saggers * content_kg(self.fillings[kiln], *self.state.alpha[kiln, :, TAKING])

    def take_off(self, kiln: int, saggers: float) -> None:
        """Empty saggers that stand behind the kiln."""
        if saggers <= 0.0:
            return
        share = saggers / self.table[kiln]
        kg = self._table_kg[kiln] if share >= 1.0 else share * self._table_kg[kiln]
        self.table[kiln] -= saggers
        self._table_kg[kiln] -= kg
        self._books[kiln].send(kg, saggers)

    def held_kg(self, kiln: int) -> float:
        """What stands in and behind a kiln, kg."""
        return held_kg(self.state, kiln) + float(self._table_kg[kiln])

    def saggers(self, kiln: int) -> float:
        """Full saggers in and behind a kiln."""
        return float(self.state.saggers[kiln].sum() + self.table[kiln])

    def step(self, second: int) -> None:
        """Advance the physics, show it and book it."""
        state, bank = self.state, self.bank
        self._drift()
        step(state, self.inputs, 1.0)
        self._gas.step(second)
        bank.aim("SAG_IN")[:] += state.entered
        bank.aim("SAG_OUT")[:] += state.left
        self.table += state.left
        self._table_kg += state.left_kg
        for kiln, books in enumerate(self._books):
            books.book()
            if not self.served[kiln]:
                self.take_off(kiln, float(self.table[kiln]))
        self._show()
        if second % SHOWN_S == 0:
            self._show_slowly()

    def _drift(self) -> None:
        if self._erring or self._drift_c_d.any():
            error_c = self.inputs.tc_error_c[:, DRIFTING]
            cared_for = self._drift_c_d == 0.0
            error_c += self._drift_c_d / DAY_S - cared_for * error_c / RECALIBRATED_S
            error_c[cared_for & (np.abs(error_c) < LEAST_ERROR_C)] = 0.0
            self._erring = bool(error_c.any())

    def _show(self) -> None:
        state, bank = self.state, self.bank
        pace = state.speed_mm_min / SPEED_MM_MIN
        bank.aim("Z[]_TT")[:] = state.zone_c + self.inputs.tc_error_c + self._offset_c
        bank.aim("Z[]_TB")[:] = state.zone_c + self._bottom_offset_c
        bank.aim("Z[]_OUT")[:] = state.burner_pct
        bank.aim("Z[]_GAS")[:] = MOST_GAS_NM3_H / 100.0 * state.burner_pct
        bank.aim("DRV[]_HZ")[:] = self._drive_hz * pace[:, None]
        bank.aim("SPEED")[:] = state.speed_mm_min
        bank.aim("RES_T")[:] = LENGTH_M / (0.06 * bank.now("SPEED"))
        bank.aim("STATE")[:] = np.where(self.inputs.speed_mm_min < SPEED_MM_MIN, HOLD, RUN)

    def _show_slowly(self) -> None:
        state, bank = self.state, self.bank
        air = AIR_NM3 * bank.aim("Z[]_GAS") + COOLING_AIR_NM3_H
        air[:, FIRST_COOLING:] *= np.maximum(0.0, state.output_pct[:, FIRST_COOLING:] / self._cooling_pct)
        bank.aim("Z[]_AIR")[:] = air * self._air
        bank.aim("DRV[]_A")[:] = self._drive_a * (0.6 + 0.4 * state.speed_mm_min / SPEED_MM_MIN)[:, None]
        filled = np.add.reduceat(state.saggers[:, 1:TAKING], ZONE_ROWS, axis=1) / ZONE_SAGGERS
        bank.aim("Z[]_RA")[:] = self._roller_a * (0.7 + 0.3 * filled)
        bank.aim("LOI_EST")[:] = state.loi_pct
        gas = bank.aim("Z[]_GAS").sum(axis=1)
        for i in range(len(bank)):
            gases = exhaust_pct(gas[i], air[i].sum(), state.water_kg_s[i], state.co2_kg_s[i], state.oxygen_kg_s[i])
            bank.aim("CO2_EXH")[i], bank.aim("H2O_EXH")[i], bank.aim("O2_EXH")[i] = gases


class _Books:
    """Mass and REO of one kiln; cake is the workshop's until the kiln takes it, fuel and its air are left out."""

    def __init__(self, kilns_: TravellingKilns, kiln: int, around: Surroundings) -> None:
        self._state, self._kiln = kilns_.state, kiln
        self._filled = filled = kilns_.fillings[kiln]
        site = kilns_.bank.units[kiln].site
        sites = around.sites
        workshop = "S17" if "S17" in sites else "MARKET"
        trade = "S09" if "S09" in sites else "MARKET"
        ledger = around.ledger
        self._cake = ledger.streams((MASS, REO), workshop, site, "carbonate")
        self._oxide = ledger.streams((MASS, REO), site, trade, "oxide")
        self._gases: list[tuple[Stream, Floats]] = [
            (ledger.stream(MASS, "AIR", site, "oxygen"), self._state.oxygen_kg),
            (ledger.stream(MASS, site, "AIR", "water vapour"), self._state.water_kg),
            (ledger.stream(MASS, site, "AIR", "carbon dioxide"), self._state.co2_kg),
        ]
        ledger.hold(MASS, site, lambda: T_PER_KG * kilns_.held_kg(kiln))
        ledger.hold(REO, site, lambda: T_PER_KG * filled.oxide_kg * kilns_.saggers(kiln))

    def book(self) -> None:
        """Book what went in, and what came as gas, in the present second."""
        saggers = float(self._state.entered[self._kiln])
        if saggers > 0.0:
            self._cake.add(T_PER_KG * self._filled.cake_kg * saggers, T_PER_KG * self._filled.oxide_kg * saggers)
        for stream, kg in self._gases:
            stream.add(T_PER_KG * float(kg[self._kiln]))

    def send(self, kg: float, saggers: float) -> None:
        """Book oxide out."""
        self._oxide.add(T_PER_KG * kg, T_PER_KG * self._filled.oxide_kg * saggers)


KILN70: Final = UnitType(points=KILN70_POINTS, model=TravellingKilns, parameters=PARAMETERS)
