"""Amounts of the day from counters, pieces and flow meters."""

import numpy as np

from didymium.live.tally import Amount, Tally
from didymium.model.plant import Method
from didymium.model.readings import AHEAD, Readings

SECOND = 1_000_000
HOUR = 3_600 * SECOND
MIDNIGHT = 20_000 * 24 * HOUR
ROW_OF_ID = np.arange(4, dtype=np.int32) - 1


def readings(tag: int, times_us: list[int], values: list[float]) -> Readings:
    n = len(times_us)
    return Readings.of(np.full(n, tag, np.uint32), np.array(times_us, np.int64), np.array(values))


def tally(method: Method, factor: float = 1.0) -> Tally:
    return Tally([Amount("x", np.array([0, 1], np.int32), method, factor)], ROW_OF_ID, np.full(3, 1000.0))


def test_counter_growth_is_summed_over_tags_and_a_reset_adds_nothing():
    one = tally(Method.COUNTER, 0.5)
    one.take(readings(1, [MIDNIGHT + k * SECOND for k in range(4)], [10, 12, 0, 3]))
    one.take(readings(2, [MIDNIGHT + k * SECOND for k in range(2)], [5, 6]))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR)
    assert day.amount == (2 + 3 + 1) * 0.5


def test_a_counter_that_rolls_over_goes_on_from_the_end_of_its_range():
    one = tally(Method.COUNTER)
    one.take(readings(1, [MIDNIGHT + k * SECOND for k in range(3)], [996, 999, 4]))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR)
    assert day.amount == 3 + 5


def test_a_counter_that_reads_zero_for_a_moment_does_not_count_twice():
    one = tally(Method.COUNTER)
    one.take(readings(1, [MIDNIGHT + k * SECOND for k in range(6)], [400, 401, 0, 0, 403, 404]))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR)
    assert day.amount == 4


def test_each_new_number_is_one_piece():
    one = tally(Method.COUNT_OF_CHANGES)
    one.take(readings(1, [MIDNIGHT + k * SECOND for k in range(6)], [7, 7, 8, 8, 0, 9]))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR)
    assert day.amount == 2


def test_a_reading_of_a_clock_that_is_far_ahead_does_not_stop_the_count():
    one = tally(Method.COUNTER)
    times_us = np.array([MIDNIGHT, MIDNIGHT + 9 * HOUR, MIDNIGHT + SECOND], np.int64)
    flags = np.array([0, AHEAD, 0], np.uint8)
    one.take(Readings.of(np.ones(3, np.uint32), times_us, np.array([1.0, 1.0, 5.0]), None, flags))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR)
    assert day.amount == 4


def test_growth_before_midnight_belongs_to_yesterday():
    one = tally(Method.COUNTER)
    one.take(readings(1, [MIDNIGHT - 120 * SECOND, MIDNIGHT - 60 * SECOND, MIDNIGHT + 60 * SECOND], [0, 7, 9]))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR)
    assert day.amount == 2
    assert day.since_us == MIDNIGHT


def test_each_new_piece_weight_adds_a_piece():
    one = tally(Method.SUM_OF_CHANGES)
    one.take(readings(1, [MIDNIGHT + k * SECOND for k in range(1, 6)], [10.7, 10.7, 10.9, 10.9, 10.6]))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR)
    assert np.isclose(day.amount, 10.9 + 10.6)


def test_flow_is_held_between_readings():
    one = tally(Method.INTEGRAL_PER_HOUR)
    one.take(readings(1, [MIDNIGHT + k * 60 * SECOND for k in range(31)], [20.0] * 31))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR // 2)
    assert np.isclose(day.amount, 10.0)
    assert day.rate_per_day is not None and np.isclose(day.rate_per_day, 480.0)
    assert day.forecast is not None and np.isclose(day.forecast, 480.0)


def test_late_and_bad_readings_add_nothing():
    one = tally(Method.COUNTER)
    one.take(readings(1, [MIDNIGHT + 10 * SECOND, MIDNIGHT + 20 * SECOND], [1, 2]))
    one.take(readings(1, [MIDNIGHT + 15 * SECOND], [9]))
    bad = readings(1, [MIDNIGHT + 30 * SECOND], [50.0])
    one.take(Readings(bad.tag, bad.time_us, bad.value, np.array([0x80000000], np.uint32), bad.flags))
    (day,) = one.day(MIDNIGHT, MIDNIGHT + HOUR)
    assert day.amount == 1


def test_partly_recorded_day_is_forecast_for_24_hours():
    one = tally(Method.COUNTER)
    start = MIDNIGHT + 12 * HOUR
    one.take(readings(1, [start + k * 60 * SECOND for k in range(121)], [float(k) for k in range(121)]))
    (day,) = one.day(MIDNIGHT, start + 2 * HOUR)
    assert day.since_us == start
    assert day.forecast is not None and abs(day.forecast - 1440) < 25
