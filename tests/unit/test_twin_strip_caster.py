"""Strip casters behave as domain reference §7.3 states, and their interlocks as §17.2 has them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.ledger import MASS, REO
from didymium.twin.plant import TwinPlant
from didymium.twin.units import casting_inputs as at
from didymium.twin.units.casting_chamber import dew_point_c
from didymium.twin.units.casting_crucible import COLD_C, COUPLING, HEAT_KWH_KG_K, LINING_KG, begin_heat
from didymium.twin.units.casting_goods import METAL_SHARE, STORE_KG
from didymium.twin.units.casting_inputs import TimeStepTooLong, inputs
from didymium.twin.units.casting_physics import Furnaces, furnaces, step_furnaces
from didymium.twin.units.casting_wheel import alpha_fe_pct, free_side_k_s, step_casters, thickness_mm
from didymium.twin.units.charge import RECIPE_KG
from didymium.twin.units.strip_caster import MEAN_MF_KW, PERIOD_S, STEPS, StripCasters
from didymium.twin.units.utilities import ArgonStations

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
FLOW_KG_S = 0.667
STARTS_S = np.concatenate([[0.0], np.cumsum([step.seconds for step in STEPS[:-1]]), [PERIOD_S]])


class Heat:
    """Furnaces that go through the steps together; held ones stay where they are."""

    def __init__(self, n: int = 1, dt_s: float = 1.0) -> None:
        self.these, self.given, self.dt_s = furnaces(n, 1), inputs(n), dt_s
        self.second = self.delay_s = 0.0
        for i in range(n):
            begin_heat(self.these.crucible, i, 1000.0, METAL_SHARE, 988.0)

    def run(self, seconds: float, each: Callable[[], None] | None = None) -> None:
        end_s = self.second + seconds
        while self.second < end_s - 0.5 * self.dt_s:
            self.second += self.dt_s
            if self.given.held[0]:
                self.delay_s += self.dt_s
            starts_s = STARTS_S + self.delay_s
            step = int(np.searchsorted(starts_s, self.second, side="right")) - 1
            self.given.step[:], self.given.since_s[:], self.given.until_s[:] = step, starts_s[step], starts_s[step + 1]
            step_furnaces(self.these, self.given, 1, self.second, self.dt_s)
            if each is not None:
                each()

    def until(self, step: int, share: float = 0.0) -> None:
        """Run to a step, or some share into it."""
        there_s = STARTS_S[step] + share * (STARTS_S[step + 1] - STARTS_S[step])
        self.run(there_s + self.delay_s - self.second)

    def seconds_until(self, happened: Callable[[], bool], most_s: float = 3600.0) -> float:
        begun_s = self.second
        while not happened():
            assert self.second - begun_s < most_s, "it did not happen"
            self.run(self.dt_s)
        return self.second - begun_s


def casting(flow_kg_s: float, water_m3_h: float = 27.5, seconds: int = 300) -> Furnaces:
    """A wheel over which so much has run for a while."""
    these, told = furnaces(1, 1), inputs(1)
    told.step[:], told.until_s[:], told.wheel_m3_h[:] = at.POUR, 1e9, water_m3_h
    pouring_kg, melt_c = np.array([flow_kg_s]), np.array([1462.0])
    for second in range(seconds):
        step_casters(these.caster.table, told, pouring_kg, melt_c, 1, float(second), 1.0)
    return these


def test_strip_is_three_tenths_of_a_millimetre_at_the_reference_point():
    assert thickness_mm(0.667, 0.247, 1.2) == pytest.approx(0.300, abs=0.0005)
    assert casting(FLOW_KG_S).caster.cast_kg_s[0] == pytest.approx(FLOW_KG_S)
    assert casting(FLOW_KG_S).caster.thick_mm[0] == pytest.approx(0.300, abs=0.02)


@pytest.mark.parametrize(("thick_mm", "alpha_pct"), [(0.30, 0.0), (0.419, 0.0), (0.46, 2.0), (0.50, 4.0)])
def test_iron_separates_in_strip_thicker_than_four_tenths(thick_mm: float, alpha_pct: float):
    assert alpha_fe_pct(thick_mm) == pytest.approx(alpha_pct)


def test_thicker_strip_cools_more_slowly_on_its_free_side():
    assert free_side_k_s(0.30) == pytest.approx(6000.0)
    assert free_side_k_s(0.60) == pytest.approx(6000.0 * 0.5**1.6)


@pytest.mark.parametrize(("water_m3_h", "rise_k"), [(24.0, 18.0), (27.5, 15.7), (30.0, 14.4)])
def test_wheel_water_takes_five_hundred_kilowatts(water_m3_h: float, rise_k: float):
    caster = casting(FLOW_KG_S, water_m3_h).caster
    assert caster.water_out_c[0] - 22.5 == pytest.approx(rise_k, abs=0.1)
    assert 130 < caster.surface_c[0] < 180


def test_cold_tundish_casts_a_thick_strip():
    these, told = furnaces(2, 1), inputs(2)
    told.step[:], told.until_s[:] = at.POUR, 1e9
    for second in range(60):
        these.caster.tundish_c[0] = 1080.0
        step_casters(these.caster.table, told, np.full(2, FLOW_KG_S), np.full(2, 1462.0), 1, float(second), 1.0)
    assert these.caster.alpha_fe_pct.tolist()[0] > 1.0 and these.caster.alpha_fe_pct[1] == 0.0


@pytest.fixture(scope="module")
def heat() -> tuple[Heat, dict[str, np.ndarray]]:
    """One heat from charging to discharge, and what it showed every second."""
    run = Heat()
    rows: list[tuple[float, ...]] = []
    chamber, crucible, caster = run.these

    def see() -> None:
        rows.append(
            (
                float(run.given.step[0]),
                chamber.pressure_pa[0],
                chamber.oxygen_ppm[0],
                crucible.melt_kg[0],
                crucible.melt_re_kg[0],
                crucible.evaporated_kg[0],
                crucible.melt_c[0],
                crucible.power_kw[0],
                caster.thick_mm[0],
                caster.level_mm[0],
                caster.drum_c[0],
                float(run.given.held[0]),
            )
        )

    run.run(STARTS_S[at.DISCHARGE] - 1.0, see)
    names = "step pressure_pa oxygen_ppm melt_kg re_kg evaporated_kg melt_c power_kw thick_mm level_mm drum_c held"
    return run, dict(zip(names.split(), np.array(rows).T, strict=True))


def test_heat_of_a_tonne_takes_530_kilowatt_hours(heat: tuple[Heat, dict[str, np.ndarray]]):
    assert heat[0].these.crucible.energy_kwh[0] == pytest.approx(530.0, abs=3.0)
    assert heat[1]["power_kw"].max() == pytest.approx(650.0, abs=1.0)


def test_what_the_coil_gives_is_stored_lost_or_carried_away(heat: tuple[Heat, dict[str, np.ndarray]]):
    c = heat[0].these.crucible
    stored_kwh = HEAT_KWH_KG_K * (c.melt_kg[0] + LINING_KG) * (c.melt_c[0] - COLD_C)
    at_first_kwh = HEAT_KWH_KG_K * LINING_KG * (45.0 - COLD_C)
    given_kwh = COUPLING * c.energy_kwh[0]
    assert c.lost_kwh[0] + c.carried_kwh[0] + stored_kwh - at_first_kwh == pytest.approx(given_kwh, rel=1e-9)


def test_heat_pumps_below_three_pascals_melts_pours_and_cools_in_its_time(heat: tuple[Heat, dict[str, np.ndarray]]):
    run, seen = heat
    step = seen["step"]
    assert seen["pressure_pa"][step == at.PUMP][-1] < 3.0 and seen["pressure_pa"][step == at.BAKE].max() < 3.0
    assert 0.1 < run.these.chamber.rise_pa_min[0] < 0.25
    assert seen["pressure_pa"][step == at.REFINE] == pytest.approx(5.0e4, rel=0.001)
    assert seen["oxygen_ppm"].max() < 30.0
    assert seen["melt_c"][step == at.REFINE] == pytest.approx(1462.0, abs=3.0)
    pouring = (step == at.POUR) & (seen["level_mm"] > 22.0)
    assert seen["thick_mm"][pouring].mean() == pytest.approx(0.305, abs=0.01)
    assert 0.003 < seen["thick_mm"][pouring].std() < 0.010
    assert 55.0 <= seen["drum_c"][-1] <= 60.0
    assert not seen["held"].any()


def test_tonne_charged_gives_985_kg_of_flakes_and_a_skull(heat: tuple[Heat, dict[str, np.ndarray]]):
    run, seen = heat
    c = run.these.crucible
    evaporated_kg = seen["evaporated_kg"].sum()
    assert c.poured_kg[0] == pytest.approx(988.0) and run.these.caster.flakes_kg[0] == pytest.approx(988.0)
    assert c.poured_kg[0] + c.melt_kg[0] + evaporated_kg == pytest.approx(1000.0, abs=1e-9)
    assert c.poured_re_kg[0] + c.melt_re_kg[0] + evaporated_kg == pytest.approx(1000.0 * METAL_SHARE, abs=1e-9)
    assert 0.006 < evaporated_kg / (1000.0 * METAL_SHARE) < 0.012
    assert 5.0 < c.melt_kg[0] < 15.0


def test_long_time_steps_give_the_same_heat(heat: tuple[Heat, dict[str, np.ndarray]]):
    coarse = Heat(dt_s=10.0)
    coarse.run(STARTS_S[at.DISCHARGE] - 10.0)
    fine = heat[0].these
    assert coarse.these.crucible.energy_kwh[0] == pytest.approx(fine.crucible.energy_kwh[0], rel=0.01)
    assert coarse.these.caster.drum_c[0] == pytest.approx(fine.caster.drum_c[0], abs=1.0)
    assert coarse.these.chamber.rise_pa_min[0] == pytest.approx(fine.chamber.rise_pa_min[0], abs=0.01)


@pytest.mark.parametrize("dt_s", [0.0, -1.0, 10.1, float("nan")])
def test_time_step_that_misses_the_tundish_is_refused(dt_s: float):
    these, told = furnaces(1, 1), inputs(1)
    with pytest.raises(TimeStepTooLong, match="at most 10 s"):
        step_furnaces(these, told, 1, 0.0, dt_s)


def test_coil_without_water_trips_the_power_in_three_to_fifteen_seconds_and_drains_the_gravity_tank():
    run = Heat()
    run.until(at.MELT, 0.4)
    c, power_kw = run.these.crucible, run.these.crucible.power_kw[0]
    run.given.coil_dry[:] = 1.0
    tripped_s = run.seconds_until(lambda: c.tripped[0] == 1.0)
    assert 3 <= tripped_s <= 15 and power_kw > 500.0
    run.run(60)
    assert c.power_kw[0] == 0.0 and c.tank_m3[0] < 3.95 and c.coil_c[0] < 50.0
    assert run.given.held[0] and run.given.step[0] == at.MELT
    run.given.coil_dry[:] = 0.0
    assert run.seconds_until(lambda: c.tripped[0] == 0.0) >= 300
    run.until(at.DISCHARGE)
    assert c.poured_kg[0] == pytest.approx(988.0)
    assert c.tank_m3[0] == pytest.approx(4.0)


def test_empty_gravity_tank_lets_the_coil_get_hot():
    run = Heat()
    run.until(at.REFINE, 0.5)
    run.given.coil_dry[:] = 1.0
    run.run(28 * 60)
    assert run.these.crucible.tank_m3[0] > 0.0 and run.these.crucible.coil_c[0] < 45.0
    run.run(15 * 60)
    assert run.these.crucible.tank_m3[0] == 0.0 and run.these.crucible.coil_c[0] > 80.0


def bearing_days(level_mm_s: float, days: float) -> float:
    these, told = furnaces(1, 1), inputs(1)
    told.bearing_d[:] = days
    second = 0.0
    while these.caster.vibration_mm_s[0] < level_mm_s:
        second += 10.0
        step_furnaces(these, told, 1, second, 10.0)
    return second / 86_400.0


def test_worn_bearing_alarms_and_trips_after_its_time_constant():
    """v = 1.7 exp(t/4 d): 4.5 mm/s after 3.9 d and 7.1 mm/s after 5.7 d; here a hundred times faster."""
    assert 100.0 * bearing_days(4.5, 0.04) == pytest.approx(4.0 * np.log(4.5 / 1.7), rel=0.01)
    assert 100.0 * bearing_days(7.1, 0.04) == pytest.approx(5.72, rel=0.01)


def test_worn_bearing_triples_the_scatter_of_the_thickness():
    these, told = furnaces(400, 1), inputs(400)
    told.step[:], told.until_s[:], told.bearing_d[200:] = at.POUR, 1e9, 10.0
    these.caster.wear[200:] = np.log(4.6 / 1.7)
    for second in range(120):
        step_casters(these.caster.table, told, np.full(400, FLOW_KG_S), np.full(400, 1462.0), 1, float(second), 1.0)
    worn, sound = these.caster.thick_mm[200:].std(), these.caster.thick_mm[:200].std()
    assert worn / sound == pytest.approx(3.0, rel=0.2)


def test_shaking_wheel_stops_the_pour_until_the_bearing_is_swapped():
    run = Heat()
    run.until(at.POUR, 0.5)
    crucible, caster = run.these.crucible, run.these.caster
    run.given.bearing_d[:] = 10.0
    caster.wear[:] = np.log(7.2 / 1.7)
    run.run(40)
    poured_kg = crucible.poured_kg[0]
    run.run(600)
    assert crucible.poured_kg[0] == poured_kg < 988.0 and crucible.tilt_deg[0] == 0.0
    assert caster.speed_share[0] < 0.01 and caster.tundish_kg[0] < 0.01
    assert crucible.melt_c[0] == pytest.approx(1462.0, abs=5.0) and crucible.power_kw[0] < 325.0
    assert run.given.held[0]
    run.given.bearing_d[:] = 0.0
    run.until(at.DISCHARGE)
    assert crucible.poured_kg[0] == pytest.approx(988.0)


def test_leaking_chamber_fails_its_rise_test_and_is_not_melted_in():
    run = Heat()
    run.until(at.PUMP, 0.5)
    chamber, crucible = run.these.chamber, run.these.crucible
    before_pa = chamber.pressure_pa[0]
    run.given.leak_pa_min[:] = 2.0
    assert run.seconds_until(lambda: chamber.pressure_pa[0] > before_pa + 0.5) < 60
    assert run.seconds_until(lambda: chamber.failed[0] == 1.0, 1800) < 30 * 60
    assert chamber.rise_pa_min[0] == pytest.approx(2.16, abs=0.1)
    run.run(3600)
    assert run.given.step[0] == at.PUMP and run.given.held[0] and crucible.energy_kwh[0] == 0.0
    run.given.leak_pa_min[:] = 0.0
    assert run.seconds_until(lambda: chamber.passed[0] == 1.0) < 1000
    run.until(at.DISCHARGE)
    assert crucible.poured_kg[0] == pytest.approx(988.0)


def test_leak_in_argon_brings_oxygen_over_its_limit_in_minutes():
    run = Heat()
    run.until(at.MELT, 0.3)
    run.given.leak_pa_min[:] = 2.0
    assert 3 * 60 < run.seconds_until(lambda: run.these.chamber.oxygen_ppm[0] > 80.0) < 30 * 60


def test_water_in_a_hot_chamber_stops_power_and_pour_within_a_minute():
    run = Heat()
    run.until(at.POUR, 0.3)
    chamber, crucible, _ = run.these
    before_pa = chamber.pressure_pa[0]
    run.given.wet[:] = 1.0
    dew_s = run.seconds_until(lambda: dew_point_c(chamber.vapour_pa[0]) > -40.0)
    tripped_s = dew_s + run.seconds_until(lambda: chamber.tripped[0] == 1.0)
    assert dew_s <= 5 and tripped_s <= 30 and chamber.leaking[0] == 0.0
    assert chamber.pressure_pa[0] > before_pa + 100.0
    poured_kg = crucible.poured_kg[0]
    assert tripped_s + run.seconds_until(lambda: chamber.leaking[0] == 1.0) < 90
    run.run(1800)
    assert crucible.power_kw[0] == 0.0 and crucible.poured_kg[0] == poured_kg and run.given.held[0]
    run.given.wet[:] = 0.0
    run.run(3600)
    assert chamber.leaking[0] == 0.0
    assert run.given.held[0], "the melt is still hot"
    crucible.melt_c[:] = 190.0
    run.run(700)
    assert not chamber.tripped[0]
    run.until(at.DISCHARGE)
    assert crucible.poured_kg[0] == pytest.approx(988.0)


def test_pyrometer_that_reads_low_overheats_the_melt_by_its_error():
    run = Heat(2)
    run.given.pyrometer_c_d[1] = -400.0
    run.until(at.REFINE, 0.9)
    c = run.these.crucible
    error_c = 400.0 * run.second / 86_400.0
    assert c.pyrometer_error_c.tolist() == [0.0, pytest.approx(-error_c)]
    assert c.melt_c[1] - c.melt_c[0] == pytest.approx(error_c, abs=2.0)
    assert c.melt_c[1] + c.pyrometer_error_c[1] == pytest.approx(1462.0, abs=3.0)
    assert c.energy_kwh[1] > c.energy_kwh[0] + 5.0
    assert c.evaporated_kg[1] > 1.5 * c.evaporated_kg[0]


def test_power_of_54_furnaces_stays_within_three_megawatts_of_its_mean():
    these, told = furnaces(54, 1), inputs(54)
    for i in range(54):
        begin_heat(these.crucible, i, 1000.0, METAL_SHARE, 988.0)
    phase_s = (np.arange(54) + 0.5) / 54 * PERIOD_S
    total_mw = []
    cycles = np.zeros(54)
    for second in np.arange(0.0, 2.0 * PERIOD_S, 10.0):
        into_s = (second + phase_s) % PERIOD_S
        for i in np.flatnonzero((second + phase_s) // PERIOD_S > cycles):
            cycles[i] += 1
            these.crucible.melt_kg[i] = these.crucible.melt_re_kg[i] = 0.0
            these.crucible.poured_kg[i] = these.crucible.poured_re_kg[i] = 0.0
            these.chamber.passed[i] = 0.0
            begin_heat(these.crucible, int(i), 1000.0, METAL_SHARE, 988.0)
        told.step[:] = np.searchsorted(STARTS_S, into_s, side="right") - 1
        told.since_s[:] = second - into_s + STARTS_S[told.step]
        told.until_s[:] = second - into_s + STARTS_S[told.step + 1]
        step_furnaces(these, told, 1, second, 10.0)
        total_mw.append(these.crucible.power_kw.sum() / 1000.0)
    whole = np.array(total_mw[len(total_mw) // 2 :])
    assert whole.mean() == pytest.approx(54 * MEAN_MF_KW / 1000.0, rel=0.01)
    assert np.abs(whole - whole.mean()).max() < 3.0 and whole.max() - whole.min() > 0.3


@settings(max_examples=12, deadline=None)
@given(
    turns=st.lists(
        st.tuples(st.sampled_from(("coil_dry", "wet", "leak_pa_min", "bearing_d", "none")), st.integers(1, 90)),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_fails_mass_and_energy_close_and_nothing_is_negative(turns: list[tuple[str, int]]):
    run = Heat(dt_s=10.0)
    c = run.these.crucible
    gone_kg, at_first_kwh = 0.0, HEAT_KWH_KG_K * LINING_KG * (45.0 - COLD_C)

    def see() -> None:
        nonlocal gone_kg
        gone_kg += c.evaporated_kg[0]
        assert min(c.melt_kg[0], c.melt_re_kg[0], c.poured_kg[0], run.these.caster.tundish_kg[0]) >= 0.0
        assert min(run.these.chamber.pressure_pa[0], c.tank_m3[0], c.power_kw[0]) >= 0.0

    for fault, minutes in turns:
        for name in ("coil_dry", "wet", "leak_pa_min", "bearing_d"):
            getattr(run.given, name)[:] = 1.0 if name == fault else 0.0
        if STARTS_S[at.DISCHARGE] + run.delay_s - run.second > 60.0 * minutes:
            run.run(60.0 * minutes, see)
    inside_kg = c.to_charge_kg[0] + c.melt_kg[0] + c.poured_kg[0]
    assert inside_kg + gone_kg == pytest.approx(1000.0, abs=1e-8)
    assert run.these.caster.flakes_kg[0] + run.these.caster.tundish_kg[0] == pytest.approx(c.poured_kg[0], abs=1e-8)
    stored_kwh = HEAT_KWH_KG_K * (c.melt_kg[0] + LINING_KG) * (c.melt_c[0] - COLD_C)
    spent_kwh = c.lost_kwh[0] + c.carried_kwh[0] + stored_kwh - at_first_kwh
    assert spent_kwh == pytest.approx(COUPLING * c.energy_kwh[0], abs=1e-7)


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


@pytest.fixture
def plant(northern: Complex) -> TwinPlant:
    return TwinPlant(northern, 7, START_S * 1_000_000)


def casters_of(plant: TwinPlant) -> StripCasters:
    model = plant.models["T_SC"]
    assert isinstance(model, StripCasters)
    return model


def run_alone(model: StripCasters, first: int, seconds: int, each: Callable[[], None] | None = None) -> None:
    """Advance the furnaces and their timetable, and no other unit of the plant."""
    for second in range(first + 1, first + seconds + 1):
        model.timetable.advance(second)
        model.step(second)
        if each is not None:
            each()


def one_in(model: StripCasters, step: int, left_s: float = 300.0, most_s: float = 1e9) -> int:
    """A furnace that is in the step and stays in it for at least so long, and at most."""
    stays = (model.timetable.until - START_S > left_s) & (model.timetable.until - START_S < most_s)
    return int(np.flatnonzero((model.timetable.step == step) & stays)[0])


def test_half_a_period_books_the_days_flakes_and_closes_mass_and_rare_earth(plant: TwinPlant):
    model = casters_of(plant)
    plant.ledger.open()
    unheld = True

    def see() -> None:
        nonlocal unheld
        unheld = unheld and not model.timetable.held.any()

    run_alone(model, START_S, int(PERIOD_S / 2.0), see)
    days = PERIOD_S / 2.0 / 86_400.0
    assert unheld
    moved = {(s.kind, s.source, s.target, s.goods): amount for s, amount in plant.ledger.moved()}
    assert moved[MASS, "S05", "S09", "NdFeB flakes"] == pytest.approx(264.8 * days, rel=0.04)
    assert moved[MASS, "S05", "S22", "NdFeB flakes"] == pytest.approx(3.2 * days, rel=0.04)
    drawn_t = (STORE_KG - model.goods.store_kg[0]) / 1e3
    metal_t = moved[MASS, "MARKET", "S05", "PrNd metal, bought"] + drawn_t
    assert metal_t == pytest.approx(80.3 * days, rel=0.06)
    assert moved[MASS, "MARKET", "S05", "Iron, ferroboron and additions"] == pytest.approx(188.5 * days, rel=0.05)
    for balance in plant.ledger.balances():
        if balance.site == "S05" and balance.kind in (MASS, REO):
            assert balance.ok, f"{balance.id}: {balance.residual}"
            assert balance.went > 8.0
    assert RECIPE_KG[0] / RECIPE_KG.sum() == METAL_SHARE


def test_where_a_furnace_stands_does_not_depend_on_when_the_twin_started(northern: Complex, plant: TwinPlant):
    run_alone(casters_of(plant), START_S, 1800)
    later = casters_of(TwinPlant(northern, 7, (START_S + 1800) * 1_000_000)).furnaces
    ran = casters_of(plant).furnaces
    assert later.crucible.melt_kg == pytest.approx(ran.crucible.melt_kg, abs=8.0)
    assert later.crucible.melt_c == pytest.approx(ran.crucible.melt_c, abs=20.0)
    assert later.crucible.energy_kwh == pytest.approx(ran.crucible.energy_kwh, abs=4.0)
    assert later.caster.drum_c == pytest.approx(ran.caster.drum_c, abs=4.0)


def test_faults_show_first_in_the_tags_that_the_catalogue_names(plant: TwinPlant):
    model = casters_of(plant)
    bank = model.bank
    dry, wet, leaky = one_in(model, at.MELT), one_in(model, at.COOL), one_in(model, at.PUMP, 300.0, 1000.0)
    worn, low = one_in(model, at.CHARGE), one_in(model, at.REFINE, 95.0)
    for code, unit, size in (
        ("F05", dry, None),
        ("F13", wet, None),
        ("F12", leaky, 2.0),
        ("F06", worn, 0.01),
        ("F03", low, -2000.0),
    ):
        plant.faults.inject(code, bank.units[unit].path, size, START_S)
    before = {name: bank.aim(name).copy() for name in ("VAC_HI", "WH_VDE", "DEW", "CH_P", "EM_LVL", "T_TC")}
    plant.advance(START_S + 15)
    shown = {path: plant.values[row] for path, row in plant.complex.tags.row_of.items() if path.startswith("S05.H")}
    assert shown[f"{bank.units[dry].path}.CO_CWF"] < 15.0 and shown[f"{bank.units[dry].path}.MF_KW"] < 3.0
    assert shown[f"{bank.units[dry].path}.ALM_W"] == 16 + 4096
    assert shown[f"{bank.units[dry].path}.VLV"] == 72 + 128
    plant.advance(START_S + 90)
    assert bank.aim("EM_LVL")[dry] < before["EM_LVL"][dry] - 2.0
    assert bank.aim("DEW")[wet] > -40.0 and bank.aim("CH_P")[wet] > before["CH_P"][wet] + 1.0
    assert bank.aim("CW_LEAK")[wet] == 1.0 and bank.aim("CW_LEAK").sum() == 1.0
    assert bank.aim("WH_VDE")[worn] > before["WH_VDE"][worn] + 0.15
    assert bank.aim("T_MELT")[low] < bank.aim("T_TC")[low] - 1.5
    assert model.timetable.held[[dry, wet]].all() and not model.timetable.held[[worn, low]].any()
    assert bank.aim("VAC_HI")[leaky] > before["VAC_HI"][leaky] + 0.5


def test_held_furnace_goes_on_when_its_water_is_back(plant: TwinPlant):
    model = casters_of(plant)
    unit = one_in(model, at.MELT, 900.0)
    path = model.bank.units[unit].path
    plant.faults.inject("F05", path, None, START_S)
    until_s = model.timetable.until[unit]
    run_alone(model, START_S, 100)
    assert model.timetable.held[unit]
    plant.faults.clear("F05", path)
    run_alone(model, START_S + 100, 400)
    assert not model.timetable.held[unit] and model.furnaces.crucible.power_kw[unit] > 100.0
    assert 390 <= model.timetable.until[unit] - until_s <= 420


def test_argon_stations_give_what_the_furnaces_take(plant: TwinPlant):
    stations = plant.models["T_ARREC"]
    assert isinstance(stations, ArgonStations)
    plant.advance(START_S + 5)
    taken = casters_of(plant).bank.now("AR_F").sum()
    assert stations.bank.aim("FLOW").sum() == pytest.approx(taken + 3 * 27.0, rel=0.15)
    assert (stations.tank_pct > 25.0).all() and (stations.tank_pct <= 90.1).all()
