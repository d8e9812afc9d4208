"""Minutes and hours summed by hand."""

import numpy as np
import pytest

from didymium.historian.sums import Sums, hour_sums, minute_sums
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA

HOUR_S = 480_000 * 3600
T0 = HOUR_S * 1_000_000


def rows(sums: Sums) -> list[tuple[float, ...]]:
    return list(zip(*(column.tolist() for column in sums.columns()), strict=True))


def readings(*listed: tuple[int, float, float, int]) -> Readings:
    tag, at_s, value, status = zip(*listed, strict=True)
    time_us = T0 + (np.array(at_s) * 1e6).astype(np.int64)
    return Readings.of(np.array(tag, np.uint32), time_us, np.array(value, np.float64), np.array(status, np.uint32))


def test_minute_counts_all_and_sums_what_is_good_and_finite() -> None:
    found = rows(
        minute_sums(
            readings(
                (7, 0, 4.0, 0),
                (7, 10.5, np.inf, 0),
                (7, 20, 9.0, BAD_NO_DATA),
                (7, 59, -1.0, 0),
                (7, 60, 5.0, BAD_NO_DATA),
                (8, 61, 6.0, 0),
            )
        )
    )
    nan = pytest.approx(np.nan, nan_ok=True)
    assert found == [
        (7, HOUR_S, 4, 2, -1.0, 4.0, 3.0, 4.0, -1.0, 0, 59_000_000, 0),
        (7, HOUR_S + 60, 1, 0, nan, nan, 0.0, 5.0, 5.0, 0, 0, BAD_NO_DATA),
        (8, HOUR_S + 60, 1, 1, 6.0, 6.0, 6.0, 6.0, 6.0, 1_000_000, 1_000_000, 0),
    ]


def test_hour_is_made_of_its_minutes_and_passes_over_empty_ones() -> None:
    given = minute_sums(readings((7, 61, 4.0, 0), (7, 70, 2.0, 0), (7, 3599, 3.0, BAD_NO_DATA), (7, 3600, 1.0, 0)))
    gone = Sums.nothing(np.array([7, 9], np.uint32), np.array([HOUR_S + 7200, HOUR_S], np.uint32))
    assert rows(hour_sums(Sums.concat([given, gone]))) == [
        (7, HOUR_S, 3, 2, 2.0, 4.0, 6.0, 4.0, 3.0, 61_000_000, 3_599_000_000, BAD_NO_DATA),
        (7, HOUR_S + 3600, 1, 1, 1.0, 1.0, 1.0, 1.0, 1.0, 0, 0, 0),
    ]


def test_sums_are_in_the_order_of_time() -> None:
    """0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1; an hour adds minutes, not readings."""
    values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    minutes = minute_sums(readings(*((1, at * 20, value, 0) for at, value in enumerate(values))))
    assert minutes.total.tolist() == [0.1 + 0.2 + 0.3, 0.4 + 0.5 + 0.6]
    assert hour_sums(minutes).total.tolist() == [(0.1 + 0.2 + 0.3) + (0.4 + 0.5 + 0.6)]


def test_no_readings_come_to_no_rows() -> None:
    assert len(minute_sums(Readings.empty())) == 0
    assert len(hour_sums(minute_sums(Readings.empty()))) == 0
