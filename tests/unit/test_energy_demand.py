"""The running demand window, by hand: a contract of 100 MW in windows of 15 minutes, a cap of 95 MW."""

import math

import numpy as np
import pytest

from didymium.energy.demand import needed, peak, running, window_at, windows

MINUTE_US = 60_000_000
DAY_US = 1_768_406_400_000_000
"""00:00 in Shanghai."""
QUARTER_US = 15 * MINUTE_US


def test_a_window_is_counted_from_the_start_of_the_day() -> None:
    at_us = DAY_US + 200 * MINUTE_US
    assert window_at(DAY_US, at_us, QUARTER_US) == (DAY_US + 195 * MINUTE_US, DAY_US + 210 * MINUTE_US)
    assert window_at(DAY_US, DAY_US + 195 * MINUTE_US, QUARTER_US)[0] == DAY_US + 195 * MINUTE_US


def test_windows_cover_a_day_of_23_hours_too() -> None:
    starts = windows(DAY_US, DAY_US + 23 * 60 * MINUTE_US, QUARTER_US)
    assert len(starts) == 92
    assert starts[-1] == DAY_US + (23 * 60 - 15) * MINUTE_US


def test_a_window_ends_at_what_came_and_what_the_power_adds() -> None:
    """5 min at 60 MW are 5 MWh; 10 min at 90 MW bring 15 MWh: 20 MWh in a quarter of an hour are 80 MW."""
    found = running((DAY_US, DAY_US + QUARTER_US), DAY_US + 5 * MINUTE_US, 60.0, 90.0)
    assert found.so_far_mwh == pytest.approx(5.0)
    assert found.end_mw == pytest.approx(80.0)


def test_what_a_limit_allows_is_what_is_left_of_its_energy() -> None:
    """95 MW are 23.75 MWh in the window; 18.75 of them are left for 10 min: 112.5 MW."""
    found = running((DAY_US, DAY_US + QUARTER_US), DAY_US + 5 * MINUTE_US, 60.0, 90.0)
    assert found.allowed_mw(95.0) == pytest.approx(112.5)
    assert found.allowed_mw(100.0) == pytest.approx(120.0)


def test_a_limit_that_is_passed_already_allows_less_than_nothing() -> None:
    """10 min at 150 MW are 25 MWh, 1.25 more than the cap's 23.75; 5 min are left."""
    found = running((DAY_US, DAY_US + QUARTER_US), DAY_US + 10 * MINUTE_US, 150.0, 150.0)
    assert found.allowed_mw(95.0) == pytest.approx(-15.0)


def test_a_window_that_has_just_begun_ends_at_the_power() -> None:
    found = running((DAY_US, DAY_US + QUARTER_US), DAY_US, math.nan, 62.5)
    assert found.so_far_mwh == 0.0
    assert found.end_mw == pytest.approx(62.5)
    assert found.allowed_mw(95.0) == pytest.approx(95.0)


def test_a_silent_feeder_leaves_nothing_to_say() -> None:
    found = running((DAY_US, DAY_US + QUARTER_US), DAY_US + 5 * MINUTE_US, math.nan, 60.0)
    assert math.isnan(found.end_mw)
    assert math.isnan(found.allowed_mw(95.0))


def test_a_window_at_its_end_allows_nothing_any_more() -> None:
    found = running((DAY_US, DAY_US + QUARTER_US), DAY_US + QUARTER_US, 96.0, math.nan)
    assert found.end_mw == pytest.approx(96.0)
    assert math.isnan(found.allowed_mw(95.0))


def test_the_peak_is_the_first_of_the_highest_known() -> None:
    assert peak(np.array([61.0, math.nan, 64.5, 64.5])) == 2
    assert peak(np.array([math.nan, math.nan])) is None


@pytest.mark.parametrize(
    ("excess_mw", "steps"),
    [(-3.0, 0), (0.0, 0), (0.2, 1), (0.25, 3), (12.0, 3), (12.3, None)],
)
def test_as_many_steps_as_free_the_excess(excess_mw: float, steps: int | None) -> None:
    """0.2 MW of motors, mills without a meter, 12 MW of furnaces."""
    assert needed([0.2, math.nan, 12.0], excess_mw) == steps
