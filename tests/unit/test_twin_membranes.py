"""Reverse osmosis and ultrafiltration run as domain reference §10 states."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.twin.units.osmosis_physics import CLEANING, RUN, TRIPPED, Trains, normal_flow_pct, step_trains, trains
from didymium.twin.units.pretreatment import MIXED
from didymium.twin.units.ultrafiltration import FILTERED_T_H, skids, step_skids

DAY_S = 86_400.0


def run_trains(columns: Trains, seconds: float, dt_s: float = 1.0) -> np.ndarray:
    """Run trains from a vessel of mixed waste water that never empties; return (2, 5) permeate and brine."""
    feed = MIXED * 1e6
    split = np.zeros((2, 5))
    for _ in range(round(seconds / dt_s)):
        step_trains(columns, feed, split[0], split[1], dt_s)
    return split


def test_reverse_osmosis_takes_55_percent_of_water_with_50_g_per_l_at_7_mpa():
    columns = trains(4)
    permeate, brine = run_trains(columns, 600.0)
    hours = 600 / 3600
    assert permeate.sum() / hours * 24 == pytest.approx(286.0, rel=0.005)
    assert brine.sum() / hours * 24 == pytest.approx(234.0, rel=0.005)
    assert permeate[1:].sum() / hours * 24 == pytest.approx(0.30, abs=0.005)
    assert brine[1:].sum() / brine.sum() == pytest.approx(0.11, abs=0.001)
    assert columns.pressure_mpa == pytest.approx(7.0, abs=0.1)
    assert 550.0 * brine[1:].sum() / brine.sum() == pytest.approx(60.0, abs=1.0)  # bar, against 70 applied
    assert 550.0 * MIXED[1:].sum() == pytest.approx(27.5, abs=0.1)


def test_stuck_concentrate_valve_trips_the_pump_in_about_20_s_and_the_train_starts_again():
    columns = trains(4)
    run_trains(columns, 60.0)
    shown = columns.shown_pct[1]
    columns.stuck[1] = 1.0
    seconds = 0
    before = columns.pressure_mpa[1]
    while columns.state[1] == RUN:
        run_trains(columns, 1.0)
        seconds += 1
        assert columns.shown_pct[1] == shown
        assert columns.pressure_mpa[1] > before or columns.state[1] == TRIPPED
        before = columns.pressure_mpa[1]
    assert 15 <= seconds <= 25
    assert columns.opening_pct[1] < shown - 10.0
    assert columns.state.tolist() == [RUN, TRIPPED, RUN, RUN]
    run_trains(columns, 30.0)
    assert columns.feed_t_h[1] == 0.0 and columns.pressure_mpa[1] < 0.1
    columns.stuck[1] = 0.0
    run_trains(columns, 59.0)
    assert columns.state[1] == TRIPPED
    for _ in range(600):
        run_trains(columns, 1.0)
        assert columns.pressure_mpa[1] < 7.5
    assert columns.state[1] == RUN and columns.pressure_mpa[1] == pytest.approx(7.0, abs=0.1)


def test_a_tripped_pump_runs_out_with_two_seconds():
    columns = trains(1)
    before = columns.feed_t_h[0]
    columns.pump_off[0] = 1.0
    run_trains(columns, 2.0)
    assert columns.feed_t_h[0] / before == pytest.approx(math.exp(-1.0), abs=0.04)
    run_trains(columns, 600.0)
    assert columns.feed_t_h[0] == columns.permeate_t_h[0] == 0.0 and columns.state[0] == TRIPPED


@pytest.mark.parametrize("days", [45.0, 6.0])
def test_permeability_decays_with_its_time_constant(days: float):
    columns = trains(1)
    columns.fouling_d[0] = days
    before = columns.fouling[0]
    run_trains(columns, 6 * 3600.0, 10.0)
    assert columns.fouling[0] / before == pytest.approx(math.exp(-0.25 / days), rel=1e-9)


def test_scaling_membranes_fall_below_88_percent_within_a_day_and_pressure_makes_up_for_it():
    columns = trains(4)
    columns.fouling_d[:] = 6.0
    seconds, before_kpa = 0, columns.across_kpa.copy()
    run_trains(columns, 60.0)
    before_kpa = columns.across_kpa.copy()
    while normal_flow_pct(columns)[0] >= 88.0:
        run_trains(columns, 600.0, 10.0)
        seconds += 600
        assert columns.pressure_mpa.max() < 7.5
    assert seconds / DAY_S == pytest.approx(6.0 * math.log(0.97 / 0.88), rel=0.05)
    assert columns.pressure_mpa[0] > 7.15
    assert columns.permeate_t_h[0] / columns.feed_t_h[0] == pytest.approx(0.55, abs=0.002)
    assert columns.across_kpa[0] > 1.08 * before_kpa[0]


def test_cleaning_restores_97_percent_of_the_permeability_before():
    columns = trains(1)
    columns.fouling[0] = 0.9
    run_trains(columns, 1.0)
    assert columns.state[0] == CLEANING  # 97 % of 0.9 is below 87.5 %
    run_trains(columns, 7200.0, 5.0)
    run_trains(columns, 5.0)
    assert columns.state[0] == RUN
    assert columns.clean[0] == pytest.approx(0.97)
    assert normal_flow_pct(columns)[0] == pytest.approx(97.0, abs=0.01)
    assert columns.cleaned_s[0] < 10.0


def test_water_that_is_not_there_is_not_split():
    columns = trains(2)
    feed, split = MIXED * 1e-4, np.zeros((2, 5))
    step_trains(columns, feed, split[0], split[1], 1.0)
    assert feed == pytest.approx(0.0, abs=1e-18)
    assert split.sum() == pytest.approx(1e-4)


def test_ultrafiltration_cake_grows_for_29_minutes_and_a_backwash_takes_it_off():
    columns, flow, filtering = skids(1), np.array([FILTERED_T_H]), np.array([False])
    pressures = []
    for second in range(1740):
        step_skids(columns, flow, filtering, 1.0)
        pressures.append(columns.across_kpa[0])
        assert second == 0 or pressures[-1] > pressures[-2]
    assert pressures[0] == pytest.approx(1e-6 * 58.0 / 3.6e6 * 2.5e12, rel=0.01)  # μ J Rm, kPa
    assert pressures[-1] == pytest.approx(pressures[0] + 10.5, abs=0.3)
    cake = columns.cake_1_m[0]
    for _ in range(60):
        step_skids(columns, np.zeros(1), ~filtering, 1.0)
    assert columns.cake_1_m[0] == pytest.approx(0.018 * cake, rel=0.05)
    step_skids(columns, flow, filtering, 1.0)
    assert columns.across_kpa[0] < pressures[0] + 0.5


share = st.floats(0.0, 1.0)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 20.0), st.floats(0.3, 1.0), st.floats(0.0, 9.0), st.floats(5.0, 100.0), share, st.booleans())
def test_membranes_neither_make_nor_lose_water_or_ions(
    there_t: float, fouling: float, mpa: float, opening: float, salt: float, stuck: bool
):
    columns = trains(3)
    columns.fouling[:], columns.pressure_mpa[:], columns.opening_pct[:] = fouling, mpa, opening
    columns.stuck[:] = float(stuck)
    feed = there_t * np.array([1.0 - 0.2 * salt, *np.full(4, 0.05 * salt)])
    split = np.zeros((2, 5))
    before = feed.copy()
    for _ in range(20):
        step_trains(columns, feed, split[0], split[1], 10.0)
    assert (feed >= 0.0).all() and (split >= 0.0).all()
    assert feed + split.sum(axis=0) == pytest.approx(before, abs=1e-12 * max(1.0, there_t))
    assert np.isfinite(columns.pressure_mpa).all() and (columns.pressure_mpa < 30.0).all()
