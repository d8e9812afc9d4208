"""Electrolysis cells behave as domain reference §5.3 and §5.4 state."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from didymium.twin.units.cell_physics import (
    GD_FE_8,
    PRND_3,
    PRND_8,
    PRND_14,
    CellClass,
    Cells,
    Feed,
    cells,
    step_cells,
)

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
