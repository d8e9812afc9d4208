"""Newest values: what replaces what, and what is stale."""

from __future__ import annotations

import numpy as np

from didymium.live.rates import Rate, site_tags
from didymium.live.state import LiveState
from didymium.model.status import BAD_NO_DATA, BAD_SENSOR_FAILURE
from tests.two_sites import SECOND_US, at, two_sites

NOW = 1_800_000_000 * SECOND_US


def test_a_newer_reading_replaces_an_older_one_and_its_row_is_told() -> None:
    live = LiveState(*two_sites())
    assert live.take(at([12, 15], NOW, [1.0, 2.0]), NOW).tolist() == [1, 4]
    assert live.take(at([12], NOW + 1, [3.0]), NOW).tolist() == [1]
    assert live.value[1] == 3.0
    assert live.time_us[1] == NOW + 1


def test_a_late_reading_does_not_move_live_state_back() -> None:
    live = LiveState(*two_sites())
    live.take(at([12], NOW, [1.0]), NOW)
    assert live.take(at([12], NOW - SECOND_US, [9.0]), NOW).tolist() == []
    assert live.value[1] == 1.0


def test_the_same_reading_again_changes_nothing() -> None:
    live = LiveState(*two_sites())
    live.take(at([12], NOW), NOW)
    assert live.take(at([12], NOW), NOW).tolist() == []


def test_the_newest_of_several_in_one_batch_wins_whatever_their_order() -> None:
    live = LiveState(*two_sites())
    live.take(at([12, 12, 12], [NOW - 2, NOW, NOW - 1], [1.0, 2.0, 3.0]), NOW)
    assert live.value[1] == 2.0


def test_a_clock_a_day_ahead_does_not_freeze_the_tag() -> None:
    day_us = 86_400 * SECOND_US
    live = LiveState(*two_sites())
    live.take(at([12], NOW + day_us, [1.0]), NOW)
    assert live.value[1] == 1.0
    live.take(at([12], NOW + day_us + SECOND_US, [2.0]), NOW + SECOND_US)
    assert live.value[1] == 2.0
    live.take(at([12], NOW + 2 * SECOND_US, [3.0]), NOW + 2 * SECOND_US)  # the clock was put right
    assert live.value[1] == 3.0
    assert live.time_us[1] == NOW + 2 * SECOND_US


def test_a_tag_is_stale_after_three_periods_but_not_before_five_seconds() -> None:
    live = LiveState(*two_sites((1.0, 10.0, 1.0, 1.0, 1.0)))
    live.take(at([11, 12], NOW), NOW)
    assert live.stale(NOW + 5 * SECOND_US).tolist() == [False, False, True, True, True]
    assert live.stale(NOW + 5 * SECOND_US + 1).tolist() == [True, False, True, True, True]
    assert live.stale(NOW + 30 * SECOND_US + 1).tolist() == [True] * 5


def test_a_stopped_device_whose_clock_is_ahead_goes_stale() -> None:
    live = LiveState(*two_sites())
    live.take(at([11], NOW + 3600 * SECOND_US), NOW)
    assert live.stale(NOW + 6 * SECOND_US)[0]


def test_state_is_restored_from_what_newest_gave() -> None:
    before = LiveState(*two_sites())
    before.take(at([11, 14], [NOW, NOW - 5], [1.5, -2.5]), NOW)
    after = LiveState(*two_sites())
    after.take(before.newest(), NOW)
    assert after.value.tobytes() == before.value.tobytes()
    assert after.time_us.tolist() == before.time_us.tolist()
    assert after.status.tolist() == [0, BAD_NO_DATA, BAD_NO_DATA, 0, BAD_NO_DATA]


def test_an_unknown_id_is_counted_and_harms_nothing() -> None:
    live = LiveState(*two_sites())
    assert live.take(at([3, 11, 4_000_000], NOW), NOW).tolist() == [0]
    assert live.unknown_points == 2


def test_tags_are_counted_by_site_as_good_bad_or_stale() -> None:
    live = LiveState(*two_sites())
    readings = at([11, 12, 14], NOW)
    readings.status[1] = BAD_SENSOR_FAILURE
    live.take(readings, NOW)
    counted = site_tags(live, NOW)
    assert (counted.good.tolist(), counted.bad.tolist(), counted.stale.tolist()) == ([1, 1], [1, 0], [1, 1])


def test_rate_is_the_mean_of_the_whole_seconds_in_the_window() -> None:
    rate = Rate(window_s=3)
    assert rate.per_s(NOW) == 0.0
    for second, points in enumerate((30, 60, 90, 120)):
        rate.add(points, NOW + second * SECOND_US)
        rate.add(points, NOW + second * SECOND_US + 999_999)
    assert rate.per_s(NOW + 2 * SECOND_US) == (60 + 120) / 2  # young: two whole seconds so far
    assert rate.per_s(NOW + 4 * SECOND_US) == (120 + 180 + 240) / 3
    assert rate.per_s(NOW + 60 * SECOND_US) == 0.0


def test_live_state_keeps_nan_as_the_value_it_is() -> None:
    live = LiveState(*two_sites())
    live.take(at([11], NOW, [float("nan")]), NOW)
    assert np.isnan(live.value[0])
    assert live.time_us[0] == NOW
