"""The rollup's bookkeeping: a row is rolled up or its minute is known to be open."""

import numpy as np
import pytest

from didymium.historian.minutes import LAST_US, Minutes, Span, spans
from didymium.historian.schema import MINUTE_US


def at(*minutes: float) -> np.ndarray:
    return np.array([int(m * MINUTE_US) for m in minutes], np.int64)


def test_neighbours_are_joined_up_to_the_longest_run() -> None:
    starts = [m * MINUTE_US for m in (1, 2, 3, 5)]
    assert spans(starts, 2 * MINUTE_US) == [
        Span(MINUTE_US, 3 * MINUTE_US),
        Span(3 * MINUTE_US, 4 * MINUTE_US),
        Span(5 * MINUTE_US, 6 * MINUTE_US),
    ]


def test_late_rows_dirty_their_minutes_once() -> None:
    minutes = Minutes(10 * MINUTE_US, [])
    with minutes.filling(at(3.5, 3.7, 8.0, 12.0)) as fresh:
        assert fresh == [3 * MINUTE_US, 8 * MINUTE_US]
    with minutes.filling(at(3.1)) as fresh:
        assert fresh == []
    assert minutes.open_minutes(0, 20 * MINUTE_US) == [3 * MINUTE_US, 8 * MINUTE_US]
    assert minutes.open_minutes(3 * MINUTE_US + 1, 8 * MINUTE_US) == [3 * MINUTE_US]


def test_mark_does_not_pass_a_minute_that_is_being_filled() -> None:
    minutes = Minutes(10 * MINUTE_US, [])
    with minutes.filling(at(12.5, 14.0)):
        assert minutes.closed(20 * MINUTE_US) == Span(10 * MINUTE_US, 12 * MINUTE_US)
    assert minutes.closed(20 * MINUTE_US) == Span(10 * MINUTE_US, 20 * MINUTE_US)


def test_row_for_a_minute_that_is_being_rolled_is_late() -> None:
    minutes = Minutes(10 * MINUTE_US, [])
    minutes.closed(12 * MINUTE_US)
    with minutes.filling(at(11.5)) as fresh:
        assert fresh == [11 * MINUTE_US]
    minutes.rolled(12 * MINUTE_US)
    with minutes.redoing(10) as taken:
        assert taken == [11 * MINUTE_US]


def test_minute_that_is_being_filled_is_not_redone() -> None:
    minutes = Minutes(10 * MINUTE_US, [])
    with minutes.filling(at(3)), minutes.redoing(10) as taken:
        assert taken == []
    with minutes.redoing(10) as taken:
        assert taken == [3 * MINUTE_US]
    assert minutes.open_minutes(0, LAST_US) == []


def test_minute_dirtied_while_it_is_redone_stays_dirty() -> None:
    minutes = Minutes(10 * MINUTE_US, [3 * MINUTE_US])
    with minutes.redoing(10), minutes.filling(at(3.5)) as fresh:
        assert fresh == [3 * MINUTE_US]
    assert minutes.open_minutes(0, LAST_US) == [3 * MINUTE_US]


def test_minutes_stay_dirty_when_redoing_fails() -> None:
    minutes = Minutes(10 * MINUTE_US, [3 * MINUTE_US])
    with pytest.raises(OSError, match="full"), minutes.redoing(10):
        raise OSError("full")
    assert minutes.open_minutes(0, LAST_US) == [3 * MINUTE_US]


def test_newest_dirty_minutes_come_first() -> None:
    minutes = Minutes(10 * MINUTE_US, [m * MINUTE_US for m in range(5)])
    with minutes.redoing(2) as taken:
        assert taken == [3 * MINUTE_US, 4 * MINUTE_US]


def test_times_beyond_the_rollups_range_are_left_to_the_points() -> None:
    minutes = Minutes(10 * MINUTE_US, [])
    with minutes.filling(np.array([-1, LAST_US, 2**62], np.int64)) as fresh:
        assert fresh == []
        assert minutes.closed(20 * MINUTE_US) == Span(10 * MINUTE_US, 20 * MINUTE_US)
