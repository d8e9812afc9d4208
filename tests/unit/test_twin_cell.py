"""Electrolysis cells behave as domain reference §5.3 to §5.6 and §12 state."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from didymium.twin.units import anodes, fume_fan, holder, off_gas
from didymium.twin.units.cell import SITE_CLASS
from didymium.twin.units.cell_class import (
    GD_FE_8,
    OPEN_LOSS,
    PRND_3,
    PRND_8,
    PRND_14,
    CellClass,
    Cells,
    Feed,
    cells,
)
from didymium.twin.units.cell_physics import step_cells

HOUR_S = 3600


def one_cell(oxide_wt: float = 2.6, **columns: float) -> Cells:
    cell = cells([PRND_14], seed=1)
    cell.oxide_wt[:] = oxide_wt
    for name, value in columns.items():
        getattr(cell, name)[:] = value
    return cell


def run(cell: Cells, seconds: int, start: int = 0) -> None:
    for second in range(start, start + seconds):
        step_cells(cell, 1, second)


def seconds_to_effect(cell: Cells, limit_s: int) -> int:
    for second in range(limit_s):
        step_cells(cell, 1, second)
        if cell.in_effect[0]:
            return second
    raise AssertionError(f"no anode effect in {limit_s} s")


def test_stopped_feed_gives_an_anode_effect_in_18_to_20_minutes():
    rich = one_cell(oxide_wt=2.85, controlled=0.0, feed_factor=0.0)
    assert 18 * 60 <= seconds_to_effect(rich, HOUR_S) <= 20 * 60
    assert rich.oxide_wt[0] == pytest.approx(1.47, abs=0.05)


def test_time_to_anode_effect_is_the_oxide_in_the_bath_over_its_use():
    lean = one_cell(oxide_wt=2.6, controlled=0.0, feed_factor=0.0)
    by_hand_s = (2.6 - 1.47) / 100 * 520 / (392 / 60_000)  # 1.13 wt% of 520 kg at 392 g/min
    assert seconds_to_effect(lean, HOUR_S) == pytest.approx(by_hand_s, rel=0.02)


def test_anode_effect_heats_the_bath_by_six_or_seven_degrees_a_minute():
    cell = one_cell(controlled=0.0, feed_factor=0.0)
    start = seconds_to_effect(cell, HOUR_S)
    before = cell.bath_c[0]
    run(cell, 300, start + 1)
    assert (cell.bath_c[0] - before) / 5 == pytest.approx(6.5, abs=1.0)
    assert 19.0 < cell.volt_v[0] <= 24.0


@pytest.mark.parametrize(
    ("oxide_wt", "volt_v"), [(1.6, 8.66), (1.8, 8.51), (2.0, 8.45), (2.5, 8.40), (3.0, 8.40), (3.5, 8.43)]
)
def test_voltage_over_oxide_follows_the_reference_curve(oxide_wt: float, volt_v: float):
    cell = one_cell(oxide_wt, bath_c=1050.0, controlled=0.0)
    run(cell, 1)
    assert cell.volt_v[0] == pytest.approx(volt_v, abs=0.02)


def test_voltage_is_lowest_between_two_and_a_half_and_three_percent_oxide():
    oxide_wt = np.arange(1.6, 4.0, 0.05)
    many = cells([PRND_14] * len(oxide_wt), seed=1)
    many.oxide_wt[:], many.bath_c[:], many.controlled[:] = oxide_wt, 1050.0, 0.0
    run(many, 1)
    assert 2.5 <= oxide_wt[np.argmin(many.volt_v)] <= 3.0


def test_steady_cell_stands_at_eight_point_four_volts_and_within_its_temperature_band():
    cell = one_cell()
    volts, bath_c = [], []
    for second in range(3 * HOUR_S):
        step_cells(cell, 1, second)
        volts.append(cell.volt_v[0])
        bath_c.append(cell.bath_c[0])
    assert np.mean(volts) == pytest.approx(8.42, abs=0.04)
    assert min(bath_c) >= 1043 and max(bath_c) <= 1050


def test_over_feeding_grows_sludge_and_raises_the_voltage_only_after_hours():
    cell = one_cell(controlled=0.0, feed_factor=1.15)
    run(cell, HOUR_S)
    assert cell.sludge_kg[0] < 0.1
    early_v = cell.volt_v[0]
    run(cell, 6 * HOUR_S, HOUR_S)
    assert cell.sludge_kg[0] == pytest.approx(28, abs=3)
    assert cell.volt_v[0] - early_v == pytest.approx(0.6, abs=0.15)


def test_under_feeding_by_a_tenth_gives_an_anode_effect_every_two_hours_or_so():
    cell = one_cell(controlled=0.0, feed_factor=0.9)
    run(cell, 5 * HOUR_S)
    assert cell.effects[0] == 2


def test_controller_quenches_an_anode_effect():
    cell = one_cell(oxide_wt=1.45)
    run(cell, 10)
    assert cell.in_effect[0] and cell.feed_state[0] == Feed.AE_QUENCH
    run(cell, 110, 10)
    assert not cell.in_effect[0]
    assert cell.feed_state[0] == Feed.OVER
    assert cell.oxide_wt[0] > 1.7


def test_controller_keeps_the_oxide_in_its_band_without_an_anode_effect():
    some = cells([PRND_14] * 8, seed=3)
    low, high = 9.0, 0.0
    for second in range(4 * HOUR_S):
        step_cells(some, 3, second)
        low, high = min(low, some.oxide_wt.min()), max(high, some.oxide_wt.max())
    assert low > 1.9 and high < 3.2
    assert some.effects.sum() == 0
    assert {Feed.BASE, Feed.UNDER, Feed.OVER} >= set(some.feed_state.astype(int))


def test_one_starved_cell_does_not_touch_its_neighbour():
    pair = cells([PRND_14, PRND_14], seed=1)
    pair.oxide_wt[:], pair.feed_factor[0] = 2.6, 0.0
    run(pair, HOUR_S // 2)
    assert pair.oxide_wt[0] < 1.7 and pair.oxide_wt[1] > 2.1


@pytest.mark.parametrize(
    ("kind", "kg_d", "kwh_kg"), [(PRND_3, 100, 7.5), (PRND_8, 267, 6.7), (PRND_14, 467, 6.1), (GD_FE_8, 400, 4.5)]
)
def test_each_size_of_cell_makes_its_metal_at_its_energy(kind: CellClass, kg_d: float, kwh_kg: float):
    cell = cells([replace(kind, tap_s=HOUR_S)], seed=1)
    cell.tap_phase_s[:] = 0
    cell.pool_kg[:] = 2.0
    run(cell, 4 * HOUR_S + 1, 1)
    assert cell.tapped_kg[0] * 6 == pytest.approx(kg_d, rel=0.04)
    assert cell.energy_kwh[0] / cell.tapped_kg[0] == pytest.approx(kwh_kg, rel=0.04)


def test_pseudo_resistance_is_what_voltage_and_current_show():
    cell = one_cell()
    run(cell, 5)
    assert cell.r_pseudo_mohm[0] == (cell.shown_v[0] - 1.6) / cell.shown_ka[0]


def test_no_two_taps_in_a_row_weigh_the_same():
    cell = cells([replace(PRND_14, tap_s=60.0)], seed=1)
    weights = []
    for second in range(HOUR_S):
        before = cell.tapped_kg[0]
        step_cells(cell, 1, second)
        if cell.tapped_kg[0] != before:
            weights.append(float(cell.tap_kg[0]))
    assert len(weights) >= 59
    assert all(a != b for a, b in pairwise(weights))


def test_fifty_minutes_of_anode_effect_emit_seven_tenths_of_a_kilogram_of_fluorocarbon():
    cell = one_cell(controlled=0.0, feed_factor=0.0)
    start = seconds_to_effect(cell, HOUR_S)
    before_g, gas, so_far = cell.cf4_g[0], off_gas.none(1), off_gas.none(1)
    recipe = off_gas.recipe([PRND_14])
    making = off_gas.Making(cell.metal_kg_s, cell.feed_kg_s, cell.cf4_g_s, np.ones(1))
    for second in range(start + 1, start + 1 + 595):
        step_cells(cell, 1, second)
        off_gas.step(recipe, making, gas, so_far, 1.0)
    assert cell.in_effect[0]
    fifty_min = 3000 / 595
    assert (cell.cf4_g[0] - before_g) * fifty_min == pytest.approx(575, rel=0.02)  # 14 kA, 6 %, 0.228 mg/C
    assert (so_far.cf4[0] + so_far.c2f6[0]) * fifty_min == pytest.approx(0.7, abs=0.07)


def test_anode_effect_of_more_than_ten_minutes_costs_the_cell_its_current():
    cell = one_cell(controlled=0.0, feed_factor=0.0)
    start = seconds_to_effect(cell, HOUR_S)
    run(cell, 600, start + 1)
    assert cell.in_effect[0] and cell.current_ka[0] == 14.0
    run(cell, 5, start + 601)
    assert not cell.in_effect[0] and cell.current_ka[0] == 0.0


def test_anode_effects_follow_from_how_a_cell_is_fed():
    """0.8 a cell-day by hand, less than 0.15 from a feeder that weighs; the difference is the feeding alone."""
    by_hand = cells([SITE_CLASS["S03"]] * 50, seed=5)
    weighed = cells([replace(SITE_CLASS["S03"], hand_fed=False, dose_sigma=0.005)] * 25, seed=5)
    for second in range(24 * HOUR_S):
        step_cells(by_hand, 5, second)
        step_cells(weighed, 5, second)
    assert by_hand.effects.mean() == pytest.approx(0.8, abs=0.3)
    assert weighed.effects.mean() < 0.15


def test_iron_rod_feeds_the_gd_fe_pool():
    cell = cells([replace(GD_FE_8, tap_s=HOUR_S)], seed=1)
    rod_kg, pool_iron_kg = cell.rod_kg[0] + 100.0, cell.iron_kg[0]
    cell.rod_kg[:] = rod_kg
    run(cell, 4 * HOUR_S + 1, 1)
    iron_kg = rod_kg - cell.rod_kg[0]
    assert iron_kg / (cell.tapped_kg[0]) == pytest.approx(0.25, abs=0.015)
    tapped_iron_kg = cell.tapped_kg[0] - cell.tapped_re_kg[0]
    assert tapped_iron_kg + cell.iron_kg[0] - pool_iron_kg == pytest.approx(iron_kg, rel=1e-9)


KINDS = st.sampled_from([PRND_3, PRND_8, PRND_14, GD_FE_8, SITE_CLASS["S03"], SITE_CLASS["S10"]])


@settings(max_examples=15, deadline=None)
@given(
    kind=KINDS,
    oxide_wt=st.floats(0.2, 4.5),
    sludge_kg=st.floats(0.0, 40.0),
    bath_c=st.floats(900.0, 1150.0),
    feed_factor=st.floats(0.0, 1.5),
    powered=st.floats(0.0, 1.0),
    controlled=st.sampled_from([0.0, 1.0]),
)
@example(kind=PRND_14, oxide_wt=0.2, sludge_kg=0.0, bath_c=1050.0, feed_factor=0.0, powered=1.0, controlled=0.0)
def test_no_mass_is_negative_and_oxide_closes_whatever_is_done_to_a_cell(
    kind: CellClass,
    oxide_wt: float,
    sludge_kg: float,
    bath_c: float,
    feed_factor: float,
    powered: float,
    controlled: float,
):
    cell = cells([kind], seed=4)
    cell.oxide_wt[:], cell.sludge_kg[:], cell.bath_c[:] = oxide_wt, sludge_kg, bath_c
    cell.feed_factor[:], cell.powered[:], cell.controlled[:] = feed_factor, powered, controlled

    def oxide_kg() -> float:
        metal_kg = cell.pool_kg[0] + cell.tapped_re_kg[0]
        return float(cell.oxide_wt[0] / 100.0 * kind.bath_kg + cell.sludge_kg[0] + metal_kg * kind.oxide_kg_kg)

    before_kg, fed_kg = oxide_kg(), 0.0
    for second in range(HOUR_S):
        step_cells(cell, 4, second)
        fed_kg += cell.feed_kg_s[0]
    assert oxide_kg() - before_kg == pytest.approx(fed_kg, abs=1e-9 * (before_kg + fed_kg))
    for name in ("oxide_wt", "sludge_kg", "pool_kg", "iron_kg", "rod_kg", "to_pour_kg", "feed_kg_s", "tapped_kg"):
        assert getattr(cell, name)[0] >= 0.0, name
    assert 0.0 < cell.bath_c[0] < 1400.0 and 0.0 < cell.volt_v[0] <= 24.0


@settings(max_examples=8, deadline=None)
@given(kind=KINDS, away_c=st.floats(-25.0, 25.0))
def test_energy_closes_and_the_bath_comes_back_to_its_temperature(kind: CellClass, away_c: float):
    cell = cells([replace(kind, missed=0.0)], seed=6)
    cell.bath_c[:] += away_c
    before_c, heat_kj = cell.bath_c[0], 0.0
    for second in range(8 * HOUR_S):
        bath_c = cell.bath_c[0]
        step_cells(cell, 6, second)
        current, metal = cell.current_ka[0], cell.metal_kg_s[0]
        efficiency = metal / (current * cell.metal_kg_ka_s[0])
        into_bath = current * (cell.volt_v[0] - 0.42 * current / cell.rated_ka[0] - 2.10 * efficiency)
        hood = 1.0 + OPEN_LOSS if cell.to_pour_kg[0] > 0.0 else 1.0
        heat_kj += into_bath - hood * cell.loss_kw_k[0] * (bath_c - 60.0)
    assert (cell.bath_c[0] - before_c) * cell.heat_kj_k[0] == pytest.approx(heat_kj, abs=1.0)
    assert cell.bath_c[0] == pytest.approx(kind.bath_c, abs=6.0)


@settings(max_examples=30, deadline=None)
@given(
    kind=KINDS,
    metal=st.floats(0.0, 0.02),
    feed=st.floats(0.0, 0.05),
    cf4=st.floats(0.0, 0.3),
    hot=st.sampled_from([0.0, 1.0]),
)
def test_gas_of_a_cell_weighs_what_comes_from_anodes_oxide_air_and_salt(
    kind: CellClass, metal: float, feed: float, cf4: float, hot: float
):
    gas, so_far = off_gas.none(1), off_gas.none(1)
    making = off_gas.Making(*(np.array([value]) for value in (metal, feed, cf4, hot)))
    off_gas.step(off_gas.recipe([kind]), making, gas, so_far, 10.0)
    left = sum(float(getattr(gas, name)[0]) for name in ("co2", "co", "oxygen", "hf", "fluoride", "cf4", "c2f6"))
    came = sum(float(getattr(gas, name)[0]) for name in ("electrolytic", "air_burn", "air", "salt"))
    assert left == pytest.approx(came + metal * (kind.oxide_kg_kg - 1.0), rel=1e-12, abs=1e-15)
    assert all(column[0] >= 0.0 for column in gas)
    assert so_far.co2[0] == 10.0 * gas.co2[0]


def test_carbon_of_a_cell_lies_between_what_was_measured_and_the_anodes_used():
    gas = off_gas.none(1)
    making = off_gas.Making(np.array([0.467 / 86.4]), np.array([0.467 / 86.4 * 1.1768]), np.zeros(1), np.ones(1))
    off_gas.step(off_gas.recipe([PRND_14]), making, gas, off_gas.none(1), 1.0)
    per_t = 1000.0 / making.metal_kg_s[0]
    assert 0.0628 < gas.electrolytic[0] / making.metal_kg_s[0] < 0.1256  # all CO2, all CO
    assert 165 < gas.co2[0] * per_t < 672 and 3 < gas.co[0] * per_t < 8
    assert 46 < (gas.electrolytic[0] + gas.air_burn[0]) * per_t < 187


def test_anodes_last_about_fifty_hours_and_close_on_their_carbon():
    kinds = [PRND_14, PRND_8, GD_FE_8]
    some = anodes.anodes(kinds, 3)
    recipe, gas = off_gas.recipe(kinds), off_gas.none(3)
    metal = np.array([kind.set_ka * kind.metal_kg_ka_d / 86_400.0 * kind.efficiency for kind in kinds])
    off_gas.step(recipe, off_gas.Making(metal, metal, np.zeros(3), np.ones(3)), gas, off_gas.none(3), 1.0)
    burning = anodes.Burning(gas.electrolytic, gas.air_burn, np.ones(3))
    before_kg, hours = some.mass_kg.sum(axis=1), 250
    for _ in range(hours * 60):
        anodes.step(some, burning, 60.0)
        assert (some.mass_kg > 0.0).all() and some.share.sum(axis=1) == pytest.approx(1.0)
    changes = some.put_in_kg / some.new_kg
    assert hours * 6 / changes == pytest.approx(50.0, rel=0.08)
    burnt_kg = (gas.electrolytic + gas.air_burn) * hours * 3600.0
    assert some.mass_kg.sum(axis=1) - before_kg == pytest.approx(
        some.put_in_kg - some.taken_out_kg - burnt_kg, rel=1e-9
    )
    assert (some.put_in_kg / (metal * hours * 3600.0)) == pytest.approx(0.20, rel=0.08)


def test_new_anode_raises_the_resistance_by_eight_percent_and_takes_half_an_hour_to_warm():
    one = anodes.anodes([PRND_14], 3)
    one.mass_kg[0, 2] = 0.0
    one.age_s[:] = 9000.0
    idle = anodes.Burning(np.zeros(1), np.zeros(1), np.ones(1))
    anodes.step(one, idle, 1.0)
    assert one.contact_mohm[0] == pytest.approx(0.08 * (8.4 - 1.6) / 14.0)
    assert one.share[0, 2] < 0.9 / 6 and one.lowering[0] == 1.0
    for _ in range(30):
        anodes.step(one, idle, 60.0)
    assert one.contact_mohm[0] == 0.0 and one.lowering[0] == 0.0


def test_holder_keeps_its_temperature_and_trips_on_low_flow_too():
    some = holder.holders(np.array([39.0, 39.0]), np.array([37.0, 37.0]))
    for _ in range(60):
        holder.step(some, holder.HolderInputs(np.array([1.0, 0.5]), np.array([1.0, 0.2])), 1.0)
    assert some.shown_c[0] == pytest.approx(39.0) and some.tripped.tolist() == [0.0, 1.0]
    assert some.shown_c[1] < 39.0


@pytest.mark.parametrize("dt_s", [0.0, -1.0, 61.0])
def test_time_step_that_a_unit_cannot_take_is_refused(dt_s: float):
    with pytest.raises(ValueError, match="step of"):
        anodes.step(anodes.anodes([PRND_14], 1), anodes.Burning(np.zeros(1), np.zeros(1), np.ones(1)), dt_s)
    with pytest.raises(ValueError, match="step of"):
        holder.step(holder.holders(np.ones(1), np.ones(1)), holder.HolderInputs(np.ones(1), np.ones(1)), dt_s)
    with pytest.raises(ValueError, match="step of"):
        fume_fan.step(fume_fan.fans(1), np.zeros(1), dt_s)


def test_standby_fan_starts_ten_seconds_after_the_trip_is_cleared():
    fan = fume_fan.fans(1)
    for _ in range(60):
        fume_fan.step(fan, np.ones(1), 1.0)
    assert fan.running[0] == 0.0 and fan.speed[0] ** 2 < 0.01 and fan.stop_work[0] == 1.0
    started_s = 0
    while fan.running[0] == 0.0:
        fume_fan.step(fan, np.zeros(1), 1.0)
        started_s += 1
    assert started_s == 10
