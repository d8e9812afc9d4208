"""Small decisions of the historian: room on disk, versions, what counts as a question, which source answers."""

import time

import pytest

from didymium.historian.disk import RESERVE_BYTES, DiskGuard
from didymium.historian.errors import DiskFull, EngineError, QueryTooLong, RefusedQuery, translated
from didymium.historian.question import checked
from didymium.historian.versions import Versions


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
