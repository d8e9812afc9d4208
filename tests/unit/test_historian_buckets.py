"""Buckets against the plainest way to count them, and how a question is answered."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.historian.buckets import ROWS_AT_MOST, Plan, plan, reduced
from didymium.historian.columns import flat
from didymium.historian.minutes import Span
from didymium.historian.newest import Newest
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.summed import open_spans
from didymium.historian.truth import Corrections, Stored, known
from didymium.historian.windows import HOUR_US
from didymium.model.readings import AHEAD, LATE, Readings

VALUES = st.sampled_from([0.0, -0.0, 1.5, -2.25, 1e300, math.nan, math.inf, -math.inf, 0.1])
STATUS = st.sampled_from([0, 0x8000_0000, 0x4000_0000, 0x0000_0408, 0x8031_0000])
ROWS = st.lists(st.tuples(st.integers(1, 3), st.integers(-30, 60), VALUES, STATUS), max_size=60)


def readings_of(rows: list[tuple[int, int, float, int]]) -> Readings:
    """What is known of the rows, some of which stand for one tag and time."""
    rows = sorted(rows, key=lambda row: row[:2])
    tag, time_us, value, status = (list(each) for each in zip(*rows, strict=True)) if rows else ([], [], [], [])
    n = len(rows)
    stored = Stored(
        np.array(tag, np.uint32),
        np.array(time_us, np.int64),
        np.array(value, np.float64),
        np.array(status, np.uint32),
        np.zeros(n, np.uint8),
        np.zeros(n, np.uint32),
    )
    return known(stored, Corrections.none(), None)


def plainly(found: Readings, from_us: int, width_us: int) -> list[tuple[float, ...]]:
    """Tag, bucket, low, high, total, last, its status, count and good count of each bucket."""
    buckets: dict[tuple[int, int], list[tuple[float, int]]] = {}
    columns = (found.tag.tolist(), found.time_us.tolist(), found.value.tolist(), found.status.tolist())
    for tag, time_us, value, status in zip(*columns, strict=True):
        buckets.setdefault((tag, (time_us - from_us) // width_us), []).append((value, status))
    rows = []
    for (tag, bucket), held in sorted(buckets.items()):
        good = [value for value, status in held if status < 0x4000_0000 and math.isfinite(value)]
        total = 0.0
        for value in good:
            total += value
        low, high = (min(good), max(good)) if good else (math.nan, math.nan)
        rows.append((tag, bucket, low, high, total, *held[-1], len(held), len(good)))
    return rows


@settings(deadline=None)
@given(ROWS, st.integers(-50, 40), st.integers(1, 45))
def test_buckets_are_those_of_the_plain_count(
    rows: list[tuple[int, int, float, int]], from_us: int, width_us: int
) -> None:
    found = readings_of(rows)
    columns = (flat(found.tag), flat(found.time_us), flat(found.value), flat(found.status))
    answer = [each.tolist() for each in reduced(*columns, from_us, width_us)]
    expected = plainly(found, from_us, width_us)
    assert len(answer[0]) == len(expected)
    for row, wanted in zip(zip(*answer, strict=True), expected, strict=True):
        np.testing.assert_array_equal(np.array(row, np.float64), np.array(wanted, np.float64))


@settings(deadline=None)
@given(ROWS, st.randoms())
def test_buckets_do_not_depend_on_the_order_of_arrival(rows: list[tuple[int, int, float, int]], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(rows)
    chance.shuffle(shuffled)
    answers = []
    for each in (rows, shuffled):
        found = readings_of(each)
        columns = (flat(found.tag), flat(found.time_us), flat(found.value), flat(found.status))
        answers.append([column.tobytes() for column in reduced(*columns, 0, 7)])
    assert answers[0] == answers[1]


# Which rows answer


def test_short_range_is_read_from_points_with_edges_at_its_start() -> None:
    assert plan(1, 7, 7 + DAY_US, 1000, raw=False) == Plan(7, 7 + DAY_US, 86_400_000, 0)


def test_long_range_moves_out_to_whole_minutes() -> None:
    chosen = plan(1, 7, 10 * DAY_US, 1000, raw=False)
    assert chosen == Plan(0, 10 * DAY_US, 15 * MINUTE_US, MINUTE_US)  # 14.4 minutes, rounded up


def test_wide_buckets_of_a_year_move_out_to_whole_hours() -> None:
    chosen = plan(1, 7 * MINUTE_US, 365 * DAY_US, 1000, raw=False)
    assert chosen == Plan(0, 365 * DAY_US, 9 * HOUR_US, HOUR_US)  # 8.76 hours, rounded up


def test_buckets_shorter_than_a_minute_come_from_points() -> None:
    assert plan(100, 0, DAY_US, 10_000, raw=False).step_us == 0


def test_what_was_known_then_comes_from_points() -> None:
    assert plan(100, 0, 365 * DAY_US, 100, raw=True).step_us == 0


def test_times_that_the_rollup_cannot_hold_come_from_points() -> None:
    assert plan(1, -DAY_US, 10 * DAY_US, 100, raw=False).step_us == 0
    assert plan(1, 0, 2**62, 100, raw=False).step_us == 0


@pytest.mark.parametrize(
    ("from_us", "to_us", "buckets", "word"),
    [(5, 5, 1, "nothing to answer"), (5, 4, 1, "nothing to answer"), (0, 10, 0, "ask for one at least")],
)
def test_empty_question_is_an_error(from_us: int, to_us: int, buckets: int, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        plan(1, from_us, to_us, buckets, raw=False)


def test_more_rows_than_fit_are_refused_with_what_would_fit() -> None:
    assert plan(1, 0, DAY_US, 1_000_000, raw=False).width_us == 86_400
    with pytest.raises(ValueError, match=r"50,000,000 rows; 8,000,000 is the most: ask for at most 160,000 buckets"):
        plan(50, 0, DAY_US, 1_000_000, raw=False)
    assert ROWS_AT_MOST == 8_000_000


def test_nearest_open_stretches_are_joined_until_few_are_left() -> None:
    minutes = [m * MINUTE_US for m in (0, 1, 10, 12, 100, 200, 201)]
    assert open_spans(minutes, 9) == [
        Span(first * MINUTE_US, end * MINUTE_US) for first, end in ((0, 2), (10, 11), (12, 13), (100, 101), (200, 202))
    ]
    assert open_spans(minutes, 3) == [
        Span(first * MINUTE_US, end * MINUTE_US) for first, end in ((0, 13), (100, 101), (200, 202))
    ]
    assert open_spans(minutes, 1) == [Span(0, 202 * MINUTE_US)]
    assert open_spans([], 1) == []


# The newest


def one(tag: int, time_us: int, value: float, status: int = 0, flags: int = 0) -> Readings:
    return Readings.of(
        np.array([tag], np.uint32),
        np.array([time_us]),
        np.array([value]),
        np.array([status], np.uint32),
        np.array([flags], np.uint8),
    )


def test_later_reading_is_the_newest_and_a_wrong_clock_is_not() -> None:
    newest = Newest(one(3, 100, 1.0))
    newest.take(one(3, 90, 2.0), 1000)
    newest.take(one(40, 200, 5.0, flags=LATE), 1000)
    newest.take(one(3, 150, 6.0, flags=AHEAD), 1000)
    newest.take(one(3, 1000 + MINUTE_US, 7.0), 1000)
    found = newest.readings()
    assert (found.tag.tolist(), found.time_us.tolist(), found.value.tolist()) == ([3, 40], [100, 200], [1.0, 5.0])
    assert found.flags.tolist() == [0, LATE]
    newest.take(one(3, 999 + MINUTE_US, 8.0), 1000)
    assert newest.readings().value.tolist() == [8.0, 5.0]


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, STATUS, st.sampled_from([0, LATE])), min_size=2, max_size=6))
def test_of_one_moment_the_same_reading_is_the_newest_whatever_came_first(rows: list[tuple[float, int, int]]) -> None:
    held = []
    for each in (rows, rows[::-1], sorted(rows, key=str)):
        newest = Newest(Readings.empty())
        for value, status, flags in each:
            newest.take(one(1, 50, value, status, flags), 1000)
        found = newest.readings()
        held.append((found.value.tobytes(), found.status.tolist(), found.flags.tolist()))
    assert held[0] == held[1] == held[2]
    assert held[0][1] == [min(status for _, status, _ in rows)]
