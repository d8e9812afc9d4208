"""Precipitation and leach reactors, and the filters behind them (domain reference §3.1)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats
from didymium.twin.parameters import Parameter
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import DAY_S, Points, Surroundings, UnitType
from didymium.twin.units.carbonate_workshop import HALLS, CarbonateWorkshop
from didymium.twin.units.carbonate_workshop import SITE as FIRST_WORKSHOP
from didymium.twin.units.leach import LeachHouse
from didymium.twin.units.mother_liquor import Vessels
from didymium.twin.units.oxide_line import moisture
from didymium.twin.units.oxide_workshop import SITE, OxideWorkshop
from didymium.twin.units.reactor_physics import BATCH_SHARE, Moved, Phase, reactors, step_reactors
from didymium.twin.units.scrap_leach import ScrapLeach
from didymium.twin.units.tally import GOODS_S
from didymium.twin.units.totals import Total, Totals

FEED_M3: Final = 7.3
REAGENT_M3: Final = 13.6
BATCH_T_REO: Final = FEED_M3 * 0.220
FEED_S: Final = 90 * 60.0
WORKSHOP_PERIOD_S: Final = 26 * DAY_S * BATCH_T_REO / 38.0
"""S01's 26 reactors make 38 t REO a day, about one batch each."""
LARGE_FEED_M3: Final = 17.85
LARGE_REAGENT_M3: Final = 23.2
"""Per batch in S17's two halls of seven reactors, which make 65 and 135 t REO a day. (A)"""
LARGE_T_REO: Final = LARGE_FEED_M3 * 0.220
HALL_PERIOD_S: Final = tuple(7 * DAY_S * LARGE_T_REO / t_d for t_d in (65.0, 135.0))
REAGENT_KMOL_M3: Final = 2.2
LARGE_REAGENT_KMOL_M3: Final = 3.16
"""S17 works with a warm bicarbonate solution of 250 g/L; both are 5 % more than is needed. (A)"""
FEED_VALVE_PCT: Final = 52.0
REAGENT_VALVE_PCT: Final = 61.0
COND_PER_MOLAR: Final = 96.0
"""Conductivity of an ammonium chloride liquor, mS/cm for 1 kmol/m³. (A)"""
GROWN_UM: Final = 23.5
RUN_IN_S: Final = 10.0

POINTS: Final[Points] = {
    "LEVEL": Point(21.0, 0.15, 0.25, 0.12, 20.0),
    "TEMP": Point(32.0, 0.4, 0.15, 0.8, 300.0),
    "PH[]": Point(6.5, 0.05, 0.02, 0.0, 15.0),
    "AGIT_A": Point(24.0, 0.3, 0.2, 0.5, 20.0),
    "AGIT_RPM": Point(48.0, 0.1, 0.1, 0.3, 10.0),
    "FEED_PV": Point(0.0, 0.0, 0.024, 0.0, 3.0),
    "FEED_SP": EXACT,
    "PREC_PV": Point(0.0, 0.0, 0.045, 0.0, 3.0),
    "PREC_SP": EXACT,
    "V_FEED": Point(0.0, 0.0, 0.15, 0.0, 4.0),
    "V_PREC": Point(0.0, 0.0, 0.15, 0.0, 4.0),
    "V_OUT": Point(0.0, 0.0, 0.15, 0.0, 4.0),
    "TURB": Point(60.0, 1.0, 1.0, 3.0, 120.0),
    "COND": Point(60.0, 0.3, 0.1, 0.0, 60.0),
    "NH3_AMB": Point(5.0, 0.6, 0.15, 0.6),
    "RE_RES": Point(0.02, 0.002, 0.001, 0.0, 60.0),
}
STEPS: Final = (
    Step("FILL", 0, 20 * 60.0, {"AGIT_RPM": 60.0, "AGIT_A": 29.0, "TEMP": 36.0}),
    Step("SEED", 1, 15 * 60.0, {"AGIT_RPM": 68.0, "AGIT_A": 32.0, "TEMP": 42.0, "TURB": 420.0}),
    Step(
        "FEED",
        2,
        FEED_S,
        {
            "AGIT_RPM": 78.0,
            "AGIT_A": 44.0,
            "TEMP": 48.0,
            "TURB": 1900.0,
        },
    ),
    Step(
        "AGE",
        3,
        60 * 60.0,
        {"AGIT_RPM": 62.0, "AGIT_A": 46.0, "TEMP": 51.0, "TURB": 2300.0},
    ),
    Step("SETTLE", 4, 30 * 60.0, {"AGIT_RPM": 44.0, "TEMP": 47.0, "TURB": 380.0}),
    Step(
        "DECANT",
        5,
        10 * 60.0,
        {"AGIT_RPM": 44.0, "TURB": 120.0, "V_OUT": 70.0, "TEMP": 44.0},
    ),
    Step("DISCHARGE", 6, 25 * 60.0, {"AGIT_RPM": 66.0, "AGIT_A": 38.0, "V_OUT": 85.0}),
    Step("WASH", 7, 40 * 60.0, {"AGIT_RPM": 70.0, "V_OUT": 20.0}),
    Step("IDLE", 8, 0.0),
)


class PrecipitationReactors:
    """Binds the reactors' state to their tags, and to the books of their sites: S01, S13, S17 and S20.

    ``reactors`` may be reached into. A reactor that waits for reagent stays in its step.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        large = bank.at_site("S17")
        feed_m3, reagent_m3 = np.full(len(bank), FEED_M3), np.full(len(bank), REAGENT_M3)
        feed_m3[large], reagent_m3[large] = LARGE_FEED_M3, LARGE_REAGENT_M3
        strength = np.full(len(bank), REAGENT_KMOL_M3)
        strength[large] = LARGE_REAGENT_KMOL_M3
        places = [f"{unit.site}.{unit.area}" if unit.site == FIRST_WORKSHOP else unit.site for unit in bank.units]
        houses = sorted(set(places))
        house = np.array([houses.index(place) for place in places])
        vessel_m3 = (feed_m3 + reagent_m3) / BATCH_SHARE
        chosen_m3 = around.parameters.of(bank, "feed_m3")
        reagent_m3 *= around.parameters.of(bank, "reagent") * (chosen_m3 / feed_m3)
        feed_m3 = chosen_m3
        self.reactors = reactors(feed_m3, reagent_m3, strength, FEED_S, house, vessel_m3)
        self.table: Floats = np.zeros((len(Moved._fields), len(houses)))
        self.moved = Moved(*self.table)
        self._stuck = around.faults.sizes(bank, "F04")
        self._run_in(around.second)
        mine = bank.at_site(SITE)
        self._since: Floats = np.zeros_like(self.table)
        at_home = [houses.index(SITE)] if len(mine) else []
        self.workshop = OxideWorkshop(Vessels(self.reactors, mine, self._since, at_home), around) if at_home else None
        halls = {
            hall: houses.index(f"{FIRST_WORKSHOP}.{hall}") for hall in HALLS if f"{FIRST_WORKSHOP}.{hall}" in houses
        }
        self.carbonate = None
        if halls:
            vessels = Vessels(self.reactors, large, self._since, list(halls.values()))
            self.carbonate = CarbonateWorkshop(vessels, halls, around)
        self.leach = LeachHouse(around, self.carbonate) if len(bank.at_site("S13")) else None
        self._scrap_house = houses.index("S20") if "S20" in houses else None
        self.scrap_leach = ScrapLeach(around, self.carbonate) if self._scrap_house is not None else None
        self._probes = bank.aim("PH[]") if bank.has("PH[]") else np.zeros((len(bank), 2))
        self._probe_error = np.random.default_rng([around.seed, 0x9D]).normal(0.0, 0.02, self._probes.shape)
        self._show()
        bank.value[:] = bank.target
        self._totals = Totals(bank, around, [Total("TOT_FEED", "FEED_PV"), Total("TOT_PREC", "PREC_PV")])
        batches = around.totalised_s / timetable.period_s
        bank.aim("TOT_FEED")[:] = batches * feed_m3
        bank.aim("TOT_PREC")[:] = batches * reagent_m3
        self._base = timetable.first_cycle(around.month_s)
        self._numbers = np.array([unit.number for unit in bank.units]) * 1_000.0
        self._count()
        bank.value[:] = bank.target

    def _run_in(self, second: int) -> None:
        """Bring every reactor through its present batch to where it stands at ``second``."""
        table = self.timetable
        bounds = np.array([table.boundaries_s(i, int(table.cycle[i])) for i in range(len(self.bank))])
        idle = int(Phase.IDLE)
        started = np.minimum(bounds[:, 0], second)
        oldest_s = float(np.where(table.step < idle, second - started, bounds[:, idle] - started).max())
        ago_s = np.where(table.step < idle, 0.0, second - bounds[:, idle])
        for back in range(int(oldest_s // RUN_IN_S), 0, -1):
            now = second - ago_s - back * RUN_IN_S
            phase = (now[:, None] >= bounds[:, :-1]).sum(axis=1) - 1
            phase[phase < 0] = idle
            into_s = now - bounds[np.arange(len(bounds)), phase]
            step_reactors(self.reactors, phase, into_s, RUN_IN_S, self.moved)

    def grown_um(self, site: str) -> float:
        """Size of the crystals that a site's filters get."""
        if self.workshop is not None and site == SITE:
            return self.workshop.line.d50_um
        at = self.bank.at_site(site)
        return float(self.reactors.d50_um[at].mean()) if len(at) else GROWN_UM

    def _show(self) -> None:
        r, aim = self.reactors, self.bank.aim
        aim("LEVEL")[:] = 100.0 * r.volume_m3 / r.vessel_m3
        self._probes[:] = r.ph[:, None] + self._probe_error
        feed_share = r.feed_m3_h / (3600.0 * r.feed_m3_s)
        aim("FEED_SP")[:] = aim("FEED_PV")[:] = r.feed_m3_h
        aim("V_FEED")[:] = FEED_VALVE_PCT * feed_share
        aim("PREC_SP")[:] = r.asked_m3_h
        aim("PREC_PV")[:] = r.reagent_m3_h
        aim("V_PREC")[:] = REAGENT_VALVE_PCT * r.reagent_valve
        aim("COND")[:] = COND_PER_MOLAR * r.salt_kmol / r.volume_m3
        aim("RE_RES")[:] = r.residual_g_l

    def _count(self) -> None:
        self.bank.aim("BATCH_NO")[:] = self._numbers + self.timetable.cycle - self._base

    def step(self, second: int) -> None:
        """Feed, react, draw off, book, totalise and number."""
        r, table = self.reactors, self.timetable
        np.not_equal(self._stuck, 0.0, out=r.stuck)
        step_reactors(r, table.step, second - table.since, 1.0, self.moved)
        np.greater(r.waiting, 0.0, out=table.held)
        self._since += self.table
        if self.workshop is not None:
            self.workshop.step(second)
        if second % GOODS_S == 0:
            self._settle()
        self._show()
        self._totals.step(second)
        if table.entered:
            self._count()

    def _settle(self) -> None:
        """Let the other sites book what their reactors moved since the last time."""
        if self.carbonate is not None:
            self.carbonate.step()
        if self.leach is not None:
            self.leach.step()
        if self.scrap_leach is not None:
            self.scrap_leach.step(float(self._since[0, self._scrap_house]))
            self._since[:, self._scrap_house] = 0.0


REACTOR: Final = UnitType(
    points=POINTS,
    steps=STEPS,
    period_s={
        "S01": WORKSHOP_PERIOD_S,
        "S17.PR1": HALL_PERIOD_S[0],
        "S17.PR2": HALL_PERIOD_S[1],
        "S20": 5 * DAY_S * FEED_M3 / 55.0,
        "": 19_200.0,
    },
    model=PrecipitationReactors,
    parameters={
        "feed_m3": Parameter(
            "m³",
            {"S17": LARGE_FEED_M3, "": FEED_M3},
            {"S17": 9.0, "": 3.6},
            {"S17": 18.6, "": 7.6},
            "chloride solution of a batch, with reagent in proportion: what a day precipitates",
        ),
        "reagent": Parameter("of the usual", 1.0, 0.9, 1.1, "reagent for the feed: pH, and what stays in the liquor"),
    },
)

CAKE_KG_H: Final = 84_000.0 / 24.0 / 8.0
"""S01's 38 t REO are 84 t of cake a day over eight filters."""
BIN_KG: Final = 1000.0


class Filters:
    """The cake bin under each filter fills and is taken away; the cake is as wet as its crystals are fine."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self._cake, self._moist = bank.aim("CAKE_WT"), bank.aim("MOIST")
        self._phase = np.arange(len(bank)) / len(bank) * BIN_KG
        self._at = {site: bank.at_site(site) for site in {unit.site for unit in bank.units}}
        self._offset = self._moist - 100.0 * moisture(GROWN_UM)
        self._reactors = around.models.get("T_PRECIP")
        self._wet()
        self.step(around.second)
        bank.value[:] = bank.target

    def _wet(self) -> None:
        if isinstance(self._reactors, PrecipitationReactors):
            for site, filters in self._at.items():
                self._moist[filters] = self._offset[filters] + 100.0 * moisture(self._reactors.grown_um(site))

    def step(self, second: int) -> None:
        """Weigh the bin and, once a minute, look at the crystals."""
        self._cake[:] = (CAKE_KG_H / 3600.0 * second + self._phase) % BIN_KG
        if second % 60 == 0:
            self._wet()


FILTER: Final = UnitType(
    points={
        "P_FEED": Point(0.42, 0.012, 0.005, 0.015),
        "DP": Point(46.0, 2.0, 0.3, 3.0),
        "CAKE_THK": Point(24.0, 0.8, 0.2, 1.0),
        "WASH_FLOW": Point(5.4, 0.08, 0.03, 0.15),
        "WASH_COND": Point(0.9, 0.05, 0.012, 0.05),
        "WASH_RATIO": Point(4.6, 0.1, 0.03, 0.15),
        "VAC": Point(-58.0, 0.8, 0.2, 1.2),
        "MOIST": Point(18.6, 0.3, 0.1, 0.3),
        "BELT_SPD": Point(2.6, 0.02, 0.01, 0.05),
        "MOT_A": Point(26.0, 0.4, 0.15, 0.8),
        "FILT_FLOW": Point(8.8, 0.15, 0.05, 0.2),
        "FILT_TURB": Point(7.5, 0.6, 0.15, 0.8),
        "CAKE_WT": Point(500.0, 0.0, 0.4, 0.0, 0.0),
        "STATE": 3.0,
    },
    model=Filters,
)
