"""Screening: what is dropped, what is kept and how it is marked."""

import math

import numpy as np
import pytest
from trial import complex_of

from didymium.acquire.causes import Cause
from didymium.acquire.grid import Grid
from didymium.acquire.screening import AHEAD_LIMIT_US, CAUSES, WINDOW, Screened, Screening
from didymium.model.plant import Protocol
from didymium.model.readings import AHEAD, LATE, Readings
from didymium.model.status import BAD_OUT_OF_RANGE, BAD_SENSOR_FAILURE, GOOD

S = 1_000_000
NOW = 100 * S


@pytest.fixture
def screening() -> Screening:
    complex_, ids = complex_of(Protocol.MODBUS, "", {}, ["a", "b", "c", "d"])
    return Screening(complex_.tags, ids)


def rows(*readings: tuple[int, int, float], status: int = GOOD) -> Readings:
    tag, time_us, value = zip(*readings, strict=True)
    return Readings.of(
        np.array(tag, np.uint32), np.array(time_us, np.int64), np.array(value, np.float64),
        np.full(len(tag), status, np.uint32),
    )  # fmt: skip


def counted(screened: Screened) -> dict[Cause, int]:
    return {cause: int(n) for cause, n in zip(CAUSES, screened.count, strict=True) if n}


def test_good_rows_pass_untouched(screening: Screening) -> None:
    screened = screening.screen(rows((11, S, 1.0), (12, S, 2.0), (11, 2 * S, 1.0)), NOW)
    assert screened.kept.tag.tolist() == [11, 12, 11]
    assert screened.kept.value.tolist() == [1.0, 2.0, 1.0]
    assert not screened.kept.flags.any() and not screened.kept.status.any()
    assert counted(screened) == {}


def test_same_point_again_is_dropped_and_counted(screening: Screening) -> None:
    screening.screen(rows((11, S, 1.0)), NOW)
    screened = screening.screen(rows((11, S, 1.0), (11, 2 * S, 1.0)), NOW)
    assert screened.kept.time_us.tolist() == [2 * S]
    assert counted(screened) == {Cause.DUPLICATE: 1}
    assert screened.last[CAUSES.index(Cause.DUPLICATE)] == 0


def test_same_time_with_another_value_or_status_is_kept(screening: Screening) -> None:
    screening.screen(rows((11, S, 1.0)), NOW)
    other = screening.screen(rows((11, S, 1.5)), NOW)
    bad = screening.screen(rows((11, S, 1.0), status=BAD_SENSOR_FAILURE), NOW)
    assert len(other.kept) == len(bad.kept) == 1
    assert counted(other) == counted(bad) == {}


def test_older_reading_is_late_and_kept_once(screening: Screening) -> None:
    screening.screen(rows((11, 5 * S, 1.0)), NOW)
    late = screening.screen(rows((11, 3 * S, 2.0), (12, 3 * S, 2.0)), NOW)
    assert late.kept.flags.tolist() == [LATE, 0]
    assert counted(late) == {Cause.LATE: 1}
    again = screening.screen(rows((11, 3 * S, 2.0)), NOW)
    assert len(again.kept) == 0 and counted(again) == {Cause.DUPLICATE: 1}
    assert screening.memory.newest_us[0] == 5 * S


def test_resent_history_within_the_window_is_dropped(screening: Screening) -> None:
    history = rows(*((11, k * S, float(k)) for k in range(WINDOW)))
    screening.screen(history, NOW)
    assert counted(screening.screen(history, NOW)) == {Cause.DUPLICATE: WINDOW}


@pytest.mark.parametrize(("value", "cause"), [
    (1000.1, Cause.OUT_OF_RANGE), (-0.1, Cause.OUT_OF_RANGE),
    (math.nan, Cause.NOT_FINITE), (math.inf, Cause.NOT_FINITE), (-math.inf, Cause.NOT_FINITE),
])  # fmt: skip
def test_impossible_value_is_kept_as_bad(screening: Screening, value: float, cause: Cause) -> None:
    screened = screening.screen(rows((11, S, value)), NOW)
    assert screened.kept.status.tolist() == [BAD_OUT_OF_RANGE]
    assert screened.kept.value.tolist() == [value] or math.isnan(screened.kept.value[0])
    assert counted(screened) == {cause: 1}


def test_limits_themselves_are_in_range_and_bad_stays_what_it_was(screening: Screening) -> None:
    assert counted(screening.screen(rows((11, S, 0.0), (11, 2 * S, 1000.0)), NOW)) == {}
    bad = screening.screen(rows((11, 3 * S, math.nan), status=BAD_SENSOR_FAILURE), NOW)
    assert bad.kept.status.tolist() == [BAD_SENSOR_FAILURE] and counted(bad) == {}


def test_clock_a_day_ahead_is_kept_and_does_not_make_later_points_late(screening: Screening) -> None:
    ahead_us = NOW + 86_400 * S
    ahead = screening.screen(rows((11, ahead_us, 1.0)), NOW)
    assert ahead.kept.time_us.tolist() == [ahead_us] and ahead.kept.flags.tolist() == [AHEAD]
    assert counted(ahead) == {Cause.CLOCK_AHEAD: 1}
    assert counted(screening.screen(rows((11, ahead_us, 1.0)), NOW)) == {Cause.DUPLICATE: 1}
    good = screening.screen(rows((11, NOW, 1.0)), NOW)
    assert good.kept.flags.tolist() == [0]
    assert counted(screening.screen(rows((11, NOW + AHEAD_LIMIT_US, 1.0)), NOW)) == {}


def test_unknown_id_is_dropped_and_counted(screening: Screening) -> None:
    screened = screening.screen(rows((0, S, 1.0), (11, S, 1.0), (99, S, 1.0)), NOW)
    assert screened.kept.tag.tolist() == [11]
    assert counted(screened) == {Cause.UNKNOWN_TAG: 2}


def test_memory_read_back_makes_resent_points_duplicates(screening: Screening) -> None:
    screening.memory.remember(rows((11, S, 1.0), (11, 2 * S, 2.0), (99, S, 0.0)))
    screened = screening.screen(rows((11, S, 1.0), (11, 2 * S, 2.0), (11, 3 * S, 2.0)), NOW)
    assert screened.kept.time_us.tolist() == [3 * S]
    assert counted(screened) == {Cause.DUPLICATE: 2}


def test_checkpoint_restores_the_newest_point(screening: Screening) -> None:
    screening.screen(rows((11, S, 1.0), (11, 2 * S, 2.0), (11, S // 2, 0.0)), NOW)
    complex_, ids = complex_of(Protocol.MODBUS, "", {}, ["a", "b", "c", "d"])
    fresh = Screening(complex_.tags, ids)
    first = np.array([0])
    fresh.memory.restore(first, screening.memory.newest_us[first], screening.memory.newest[first])
    assert counted(fresh.screen(rows((11, 2 * S, 2.0), (11, S, 1.0)), NOW)) == {Cause.DUPLICATE: 1, Cause.LATE: 1}


def test_float32_value_returns_to_its_decimal() -> None:
    grid = Grid(np.array([10.0, 200.0, 0.0, 10.0, 0.0]), np.array([0, 0, 3, 0, 3], np.int8))
    heard = np.array([12.3, 0.005, 1.23e-5, 12.34, 4560000.0], np.float32).astype(np.float64)
    assert heard[0] != 12.3
    snapped = grid.snap(heard)
    assert snapped.tolist() == [12.3, 0.005, 1.23e-5, heard[3], 4560000.0]  # 12.34 is no multiple of 0.1


def test_float32_specials_stay() -> None:
    grid = Grid(np.array([10.0, 10.0, 10.0]), np.zeros(3, np.int8))
    snapped = grid.snap_rows(np.array([np.inf, np.nan, 0.0]), np.array([0, 1, 2]))
    assert snapped[0] == np.inf and np.isnan(snapped[1]) and snapped[2] == 0.0
