"""Heats of a strip caster go as domain reference §7.3 states, and its interlocks as §17.2 has them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.twin.units import casting_inputs as at
from didymium.twin.units.casting_chamber import dew_point_c
from didymium.twin.units.casting_crucible import COLD_C, COUPLING, HEAT_KWH_KG_K, LINING_KG, begin_heat
from didymium.twin.units.casting_goods import METAL_SHARE
from didymium.twin.units.casting_inputs import TimeStepTooLong, inputs
from didymium.twin.units.casting_physics import furnaces, step_furnaces
from didymium.twin.units.strip_caster import MEAN_MF_KW, PERIOD_S, STEPS

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
