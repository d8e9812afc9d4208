"""Small decisions of the historian: room on disk, versions, what counts as a question, which source answers."""

import time

import numpy as np
import pytest

from didymium.historian.disk import RESERVE_BYTES, DiskGuard
from didymium.historian.errors import DiskFull, EngineError, QueryTooLong, RefusedQuery, translated
from didymium.historian.minutes import Minutes, Span
from didymium.historian.question import checked
from didymium.historian.reading import plan
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.versions import Versions
from didymium.historian.windows import LAST_US, Windows, touched


def test_writing_pauses_below_the_reserve_and_resumes_with_a_margin() -> None:
    free = [100]
    guard = DiskGuard("/data", lambda: (free[0], 1000), 100)
    guard.check()
    free[0] = 99
    with pytest.raises(DiskFull) as refused:
        guard.check()
    assert (refused.value.free_bytes, refused.value.reserve_bytes) == (99, 100)
    free[0] = 105
    with pytest.raises(DiskFull):
        guard.check()
    assert guard.paused
    free[0] = 110
    guard.check()
    assert not guard.paused


def test_reserve_is_a_gibibyte_or_two_percent() -> None:
    guard = DiskGuard("/data", lambda: (0, 0), None)
    assert guard.reserve_bytes(10 * 2**30) == RESERVE_BYTES
    assert guard.reserve_bytes(1000 * 2**30) == 20 * 2**30


def test_versions_rise_even_when_the_clock_is_behind_the_store() -> None:
    future = time.time_ns() + 10**15
    versions = Versions(future)
    assert [versions.next(), versions.next()] == [future + 1, future + 2]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "  SELECT 'a;b' ; ",
        "-- drop table x;\nWITH 1 AS a SELECT a",
        "(select 1)",
        "show tables from didymium",
        "explain select 1",
        "select value from points where path = 'file('",
        "select 1 -- the end;",
    ],
)
def test_questions_are_let_through(sql: str) -> None:
    assert checked(sql).strip().lower()


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "drop table points",
        "insert into points values (1)",
        "select 1; drop table points",
        "select 1 /* ; */; system stop merges",
        "kill query where 1",
        "system stop merges",
        "select file('/etc/passwd')",
        "select * from File ('/etc/passwd')",
        "select 1 into outfile '/tmp/x'",
        "set readonly = 0",
    ],
)
def test_everything_else_is_refused(sql: str) -> None:
    with pytest.raises(RefusedQuery):
        checked(sql)


def test_engine_errors_are_told_apart() -> None:
    assert isinstance(translated("Code: 243. DB::Exception: Cannot reserve 1.00 MiB", "x"), DiskFull)
    assert isinstance(translated("Code: 75. DB::ErrnoException: write: No space left on device", "x"), DiskFull)
    assert isinstance(translated("Code: 159. DB::Exception: Timeout exceeded", "x"), QueryTooLong)
    other = translated("Code: 60. DB::Exception: Unknown table", "x")
    assert isinstance(other, EngineError)
    assert other.code == 60


def dirty(*minutes: int) -> Windows:
    return touched(np.ones(len(minutes), np.uint32), np.array(minutes) * MINUTE_US, LAST_US, LAST_US).windows


def test_short_range_is_read_from_points_with_edges_at_its_start() -> None:
    chosen = plan(1, 7, 7 + DAY_US, 1000, Minutes(100 * DAY_US, Windows.none()))
    assert (chosen.from_us, chosen.width_us, chosen.use_rollup) == (7, 86_400_000, False)


def test_long_range_uses_the_rollup_in_whole_minutes_and_points_for_what_is_open() -> None:
    mark = 9 * DAY_US
    chosen = plan(1, 7, 10 * DAY_US, 1000, Minutes(mark, dirty(5, 6, 50)))
    assert chosen.use_rollup
    assert chosen.from_us == 0
    assert chosen.width_us == 15 * MINUTE_US  # 14.4 minutes, rounded up
    assert chosen.raw == (
        Span(5 * MINUTE_US, 7 * MINUTE_US),
        Span(50 * MINUTE_US, 51 * MINUTE_US),
        Span(mark, 10 * DAY_US),
    )


def test_buckets_shorter_than_a_minute_come_from_points() -> None:
    assert not plan(1000, 0, DAY_US, 10_000, Minutes(10 * DAY_US, Windows.none())).use_rollup


def test_too_many_open_stretches_are_read_from_points() -> None:
    assert not plan(1, 0, 10 * DAY_US, 100, Minutes(20 * DAY_US, dirty(*range(0, 120, 2)))).use_rollup


@pytest.mark.parametrize(("from_us", "to_us", "buckets"), [(5, 5, 1), (5, 4, 1), (0, 10, 0)])
def test_empty_question_is_an_error(from_us: int, to_us: int, buckets: int) -> None:
    with pytest.raises(ValueError, match="nothing to answer"):
        plan(1, from_us, to_us, buckets, Minutes(0, Windows.none()))
