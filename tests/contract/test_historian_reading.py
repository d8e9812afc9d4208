"""Reading: the same answer from points, minutes and hours, in bounded pieces, and what cannot be answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from didymium.historian import Historian, Position, QueryTooLong, buckets, reading
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.store import open_engine
from didymium.historian.windows import HOUR_US
from didymium.model.readings import AHEAD, Readings
from didymium.model.status import BAD_NO_DATA

PATHS = [f"S{1 + i % 2:02d}.A.U.T{i}" for i in range(4)]
T0 = 1_760_000_000_000_000 // DAY_US * DAY_US
HOURS = 3


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    now = [T0]
    monkeypatch.setattr("didymium.historian.store._now_us", lambda: now[0])
    return now


@pytest.fixture
def store(tmp_path: Path, clock: list[int]) -> Iterator[Historian]:
    historian = Historian(open_engine(f"chdb://{tmp_path / 'store'}"), PATHS)
    yield historian
    historian.close()


def some_hours() -> Readings:
    """Four tags every 7 s over three hours, by time; values whose sums depend on their order, some bad."""
    time_us = np.repeat(np.arange(T0 + 1, T0 + HOURS * HOUR_US, 7_000_000, dtype=np.int64), 4)
    tag = np.tile(np.arange(1, 5, dtype=np.uint32), len(time_us) // 4)
    step = np.arange(len(tag))
    status = np.where(step % 11 == 0, BAD_NO_DATA, 0).astype(np.uint32)
    return Readings.of(tag, time_us, 0.1 * (step % 97) + 1e6 * (step % 3), status)


def bits(found: buckets.Buckets) -> list[bytes]:
    columns = (found.tag, found.start_us, found.min, found.max, found.mean, found.last, found.last_status)
    return [column.tobytes() for column in (*columns, found.count, found.good)]


def roll(store: Historian, clock: list[int]) -> None:
    while store.roll(clock[0]):
        pass


def test_minutes_and_hours_answer_to_the_bit_whatever_is_rolled_up(
    store: Historian, clock: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "ROLLUP_FROM_TAG_DAYS", 0.0)
    monkeypatch.setattr(buckets, "HOURS_FROM_TAG_DAYS", 0.0)
    given = some_hours()
    half = len(given) // 2 // 4 * 4
    answers: list[list[bytes]] = []
    sites: list[bytes] = []

    def ask() -> None:
        everything = [store.bucketed([4, 1, 2, 3], T0, T0 + HOURS * HOUR_US, n) for n in (3, 36)]
        assert [each.width_us for each in everything] == [HOUR_US, 5 * MINUTE_US]
        answers.append([column for each in everything for column in bits(each)])
        found = store.sites(T0 + 30 * MINUTE_US, T0 + HOURS * HOUR_US)
        sites.append(found.mean.tobytes() + found.n.tobytes() + found.low.tobytes() + found.high.tobytes())

    for part, rows in enumerate((slice(0, half), slice(half, None))):
        store.write(given.take(rows), Position("e1", part + 1, part + 1))
    ask()
    clock[0] = T0 + 100 * MINUTE_US
    roll(store, clock)
    ask()
    clock[0] = T0 + (HOURS + 1) * HOUR_US
    roll(store, clock)
    assert store.query("SELECT count() AS n FROM points_1h").to_pylist()[0]["n"] == 12
    ask()
    again = given.take(slice(400, 480))  # a late batch that says the same opens its minutes
    store.write(again, Position("e2", 1, 1))
    ask()
    assert answers[0] == answers[1] == answers[2] == answers[3]
    assert sites[0] == sites[1] == sites[2] == sites[3]


def test_sites_join_their_tags(store: Historian) -> None:
    given = some_hours()
    store.write(given, Position("e1", 1, 1))
    found = store.sites(T0, T0 + 90 * MINUTE_US)
    assert found.site == ("S01", "S02")
    assert found.tags.tolist() == [2, 2]
    for at, odd in enumerate((1, 0)):
        rows = (given.tag % 2 == odd) & (given.time_us < T0 + 90 * MINUTE_US)
        good = given.value[rows & (given.status == 0)]
        assert (found.n[at], found.n_good[at]) == (rows.sum(), len(good))
        assert (found.low[at], found.high[at]) == (good.min(), good.max())
        assert found.mean[at] == pytest.approx(good.mean(), rel=1e-12)
    assert store.sites(T0 + DAY_US, T0 + 2 * DAY_US).site == ()
    with pytest.raises(ValueError, match="nothing to sum"):
        store.sites(T0, T0)


def test_slices_give_the_same_rows_as_one_read(store: Historian, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(some_hours(), Position("e1", 1, 1))
    asked = ([1, 2, 3], T0 + 500, T0 + HOURS * HOUR_US, 500)
    whole = bits(store.bucketed(*asked))
    first = store.raw(1, T0, T0 + DAY_US, 1000)
    monkeypatch.setattr(buckets, "ROWS_AT_ONCE_TAG_DAYS", 0.02)
    monkeypatch.setattr(reading, "DAY_US", 20 * MINUTE_US)
    monkeypatch.setattr(reading, "_MOST_US", 30 * MINUTE_US)
    assert bits(store.bucketed(*asked)) == whole
    assert store.raw(1, T0, T0 + DAY_US, 1000).time_us.tolist() == first.time_us.tolist()
    wide = store.bucketed([1], T0, T0 + DAY_US, 1, known_at_us=T0 + 2 * DAY_US)
    assert (wide.count.tolist(), wide.good.tolist()) == ([len(store.span([1], T0, T0 + DAY_US))], [1543 - 141])


def test_buckets_can_be_asked_as_known_before(store: Historian, clock: list[int]) -> None:
    clock[0] = T0 + 2 * MINUTE_US
    store.write(Readings.of(np.ones(1, np.uint32), np.array([T0]), np.array([1.0])), Position("e1", 1, 1))
    clock[0] = T0 + HOUR_US
    store.import_history(Readings.of(np.ones(1, np.uint32), np.array([T0 + 5]), np.array([3.0])), "file")
    assert store.bucketed([1], T0, T0 + DAY_US, 1).mean.tolist() == [2.0]
    then = store.bucketed([1], T0, T0 + DAY_US, 1, known_at_us=T0 + 10 * MINUTE_US)
    assert (then.mean.tolist(), then.count.tolist()) == ([1.0], [1])


def test_ten_years_without_data_are_answered_empty(store: Historian) -> None:
    store.write(some_hours(), Position("e1", 1, 1))
    years = (T0 - 3650 * DAY_US, T0 - DAY_US)
    assert len(store.bucketed([1, 2, 3, 4], *years, 1000)) == 0
    assert len(store.raw(1, *years, 10)) == 0
    assert len(store.raw(1, years[0], T0 + DAY_US, 10)) == 10
    assert len(store.span([1], *years)) == 0
    assert store.sites(*years).site == ()


def test_reversed_and_empty_ranges_and_too_many_rows_are_told(store: Historian) -> None:
    for to_us in (T0, T0 - 5):
        with pytest.raises(ValueError, match="not after its start"):
            store.bucketed([1], T0, to_us, 10)
        with pytest.raises(ValueError, match="not after its start"):
            store.count_minutes(T0, to_us)
        assert len(store.raw(1, T0, to_us, 10)) == len(store.span([1], T0, to_us)) == 0
    with pytest.raises(ValueError, match="is the most"):
        store.bucketed(list(range(1, 51)), T0, T0 + DAY_US, 1_000_000)
    assert len(store.bucketed([1], T0, T0 + DAY_US, 1_000_000)) == 0
    assert len(store.bucketed([99_999], T0, T0 + DAY_US, 10)) == 0


def test_long_question_ends_at_its_limit(store: Historian, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "READ_LIMIT_S", -1)
    monkeypatch.setattr(buckets, "READ_LIMIT_S", -1)
    with pytest.raises(QueryTooLong):
        store.raw(1, T0, T0 + DAY_US, 10)
    with pytest.raises(QueryTooLong):
        store.bucketed([1], T0, T0 + DAY_US, 10)


def test_newest_is_found_again_after_a_start_that_kept_none(store: Historian, clock: list[int], tmp_path: Path) -> None:
    clock[0] = T0 + 4 * HOUR_US
    given = some_hours()
    early = given.take((given.tag != 4) | (given.time_us < T0 + HOUR_US))
    store.write(early, Position("e1", 1, 1))
    ahead = Readings.of(
        np.array([2], np.uint32), np.array([clock[0] - 1]), np.zeros(1), None, np.array([AHEAD], np.uint8)
    )
    store.write(ahead, Position("e1", 2, 2))
    roll(store, clock)
    before = store.newest()
    last = [int(early.time_us[early.tag == tag].max()) for tag in (1, 2, 3, 4)]
    assert before.time_us.tolist() == last
    store.close()
    again = Historian(open_engine(f"chdb://{tmp_path / 'store'}"), PATHS)
    found = again.newest()
    again.close()
    assert found.tag.tolist() == before.tag.tolist()
    assert found.time_us.tolist() == before.time_us.tolist()
    assert found.value.tolist() == before.value.tolist()
