"""What the historian promises on every engine: once, for good, and honest about what is missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from stored import EVERYTHING, T0, Open, reopening, seconds, stored

from didymium.historian import Historian, Position, QueryTooLong, RefusedQuery, buckets, embedded, server
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.model.readings import LATE, Readings
from didymium.model.status import BAD_NO_DATA


@pytest.fixture
def reopen(engine_url: str) -> Iterator[Open]:
    with reopening(engine_url) as again:
        yield again


@pytest.fixture
def store(reopen: Open) -> Historian:
    return reopen()


# Written once, read back whole


def test_readings_come_back_bit_for_bit_in_time_order(store: Historian) -> None:
    value = np.array([12.3, np.nan, np.inf, -0.0, 5e-324, 1e300])
    value.view(np.uint64)[1] = 0x7FF8_0000_0000_BEEF
    given = Readings(
        np.full(6, 7, np.uint32),
        T0 + np.array([5, 4, 3, 2, 1, 0]),
        value,
        np.array([0, BAD_NO_DATA, 1, 2, 3, 0xFFFF_FFFF], np.uint32),
        np.array([0, LATE, 3, 0, 0, 255], np.uint8),
    )
    assert store.write(given, Position("e1", 1, 1)) == 6
    found = store.raw(7, T0, T0 + 6, 100)
    back = given.take(slice(None, None, -1))
    assert found.value.view(np.uint64).tolist() == back.value.view(np.uint64).tolist()
    for name in ("tag", "time_us", "status", "flags"):
        assert getattr(found, name).tolist() == getattr(back, name).tolist()
    assert len(store.raw(7, T0, T0 + 6, 2)) == 2
    assert store.raw(7, T0 + 1, T0 + 5, 100).time_us.tolist() == [T0 + 1, T0 + 2, T0 + 3, T0 + 4]
    assert len(store.raw(8, T0, T0 + 6, 100)) == 0


@pytest.mark.parametrize(
    "batch",
    [
        seconds(0, 10),
        seconds(86_395, 10),  # over midnight
        Readings.concat([seconds(0, 1, at_us=T0 - day * DAY_US) for day in range(5)]),
    ],
    ids=["plain", "midnight", "five days"],
)
def test_batch_handed_in_again_is_stored_once(reopen: Open, batch: Readings) -> None:
    position = Position("e1", 1, 9)
    assert reopen().write(batch, position) == len(batch)
    assert reopen().positions("e1") == position
    store = reopen()
    assert store.write(batch, position) == 0
    assert store.write(batch, position) == 0
    assert stored(store) == len(batch)
    assert store.write(batch, Position("e1", 10, 10)) == len(batch), "the same rows at the next position are new rows"


def test_more_than_the_engines_block_is_stored_once(store: Historian) -> None:
    n = 1_200_000
    batch = Readings.of(np.ones(n, np.uint32), T0 + np.arange(n, dtype=np.int64) * 1000, np.arange(n, dtype=np.float64))
    assert store.write(batch, Position("e1", 1, 1)) == n
    assert store.write(batch, Position("e1", 1, 1)) == 0
    assert stored(store) == n


def test_half_a_batch_is_completed(store: Historian) -> None:
    """As after a crash between the parts of two days."""
    batch = seconds(86_395, 10)
    store.write(batch, Position("e1", 1, 1))
    store._engine.command(f"ALTER TABLE {store._engine.database}.points DROP PARTITION {schema_day(T0 + DAY_US)}")
    assert store.write(batch, Position("e1", 1, 1)) == 100
    assert stored(store) == len(batch)


def schema_day(at_us: int) -> str:
    return str(np.datetime64(at_us, "us").astype("datetime64[D]")).replace("-", "")


def test_token_that_outlived_its_rows_does_not_lose_them(store: Historian) -> None:
    """The engine notes the token before it has the part; a kill in between leaves one without the other."""
    batch = seconds(0, 10)
    store.write(batch, Position("e1", 1, 1))
    store._engine.command(f"ALTER TABLE {store._engine.database}.points DELETE WHERE 1 SETTINGS mutations_sync = 2")
    assert stored(store) == 0
    assert store.write(batch, Position("e1", 1, 1)) == len(batch)
    assert stored(store) == len(batch)


def test_stream_begun_anew_is_not_taken_for_the_old_one(store: Historian) -> None:
    for seq in (1, 2):
        store.write(seconds(seq, 1), Position("e1", seq, seq))
    for seq in (1, 2):
        assert store.write(seconds(seq + 100, 1), Position("e1", seq, seq)) == 20
    assert stored(store) == 80


def test_edges_have_positions_of_their_own(store: Historian) -> None:
    store.write(seconds(0, 1), Position("e1", 1, 5))
    store.write(seconds(1, 1), Position("e2", 3, 4))
    assert (store.positions("e1"), store.positions("e2")) == (Position("e1", 1, 5), Position("e2", 3, 4))
    assert store.positions("e3") is None


def test_history_is_imported_once_under_its_token(store: Historian) -> None:
    for _ in range(2):
        store.import_history(seconds(0, 100), "twin/0")
    assert stored(store) == 2000
    assert store.positions("twin/0") is None


# Buckets and the rollup


def awkward(first_s: int, count: int) -> Readings:
    """Two tags; some values bad, some not finite, the second tag silent for a while."""
    given = seconds(first_s, count, tags=2)
    step = np.arange(len(given))
    status = np.where(step % 7 == 0, np.uint32(BAD_NO_DATA), np.uint32(0)).astype(np.uint32)
    value = np.where(step % 11 == 0, np.nan, given.value)
    value[step % 13 == 0] = np.inf
    mixed = Readings(given.tag, given.time_us + step % 997, value, status, given.flags)
    return mixed.take((mixed.tag == 1) | (step < count))


def by_hand(given: Readings, from_us: int, width_us: int, to_us: int) -> dict[tuple[int, int], tuple[float, ...]]:
    expected = {}
    bucket = (given.time_us - from_us) // width_us
    for tag in (1, 2):
        for k in range(-(-(to_us - from_us) // width_us)):
            rows = (given.tag == tag) & (bucket == k) & (given.time_us >= from_us) & (given.time_us < to_us)
            if not rows.any():
                continue
            part = given.take(rows)
            part = part.take(np.argsort(part.time_us))
            good = part.value[((part.status >> 30) == 0) & np.isfinite(part.value)]
            summary = (good.min(), good.max(), good.mean()) if len(good) else (np.nan,) * 3
            expected[tag, from_us + k * width_us] = (
                *summary, part.value[-1], float(part.status[-1]), float(len(part)), float(len(good)),
            )  # fmt: skip
    return expected


def as_dict(found: buckets.Buckets) -> dict[tuple[int, int], tuple[float, ...]]:
    columns = (found.min, found.max, found.mean, found.last, found.last_status, found.count, found.good)
    keys = zip(found.tag.tolist(), found.start_us.tolist(), strict=True)
    return dict(zip(keys, zip(*(c.astype(float).tolist() for c in columns), strict=True), strict=True))


def assert_same(found: buckets.Buckets, expected: dict[tuple[int, int], tuple[float, ...]]) -> None:
    answer = as_dict(found)
    assert answer.keys() == expected.keys()
    for key, numbers in expected.items():
        np.testing.assert_allclose(answer[key], numbers, rtol=1e-12, err_msg=str(key))


def test_buckets_from_points_are_the_ones_counted_by_hand(store: Historian) -> None:
    given = awkward(0, 500)
    store.write(given, Position("e1", 1, 1))
    from_us, to_us = T0 + 13_500_001, T0 + 433_000_000
    found = store.bucketed([1, 2], from_us, to_us, 100)
    assert found.width_us == 4_195_000
    assert_same(found, by_hand(given, from_us, found.width_us, to_us))
    assert len(store.bucketed([], from_us, to_us, 100)) == 0
    assert len(store.bucketed([3], from_us, to_us, 100)) == 0


def test_rollup_answers_as_the_points_do_before_and_after_late_rows(
    reopen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "ROLLUP_FROM_TAG_DAYS", 0.0)
    monkeypatch.setattr("didymium.historian.store._now_us", lambda: T0)
    given = awkward(0, 900)
    late = awkward(10_000, 60)
    late = Readings(late.tag, late.time_us - 9_850_000_000 + 333, late.value, late.status, late.flags)
    early, rest = given.take(given.time_us < T0 + 6 * MINUTE_US), given.take(given.time_us >= T0 + 6 * MINUTE_US)
    store = reopen()

    def check(*parts: Readings) -> None:
        found = store.bucketed([1, 2], T0, T0 + 15 * MINUTE_US, 5)
        assert found.width_us == 3 * MINUTE_US
        assert_same(found, by_hand(Readings.concat(parts), T0, 3 * MINUTE_US, T0 + 15 * MINUTE_US))

    store.write(early, Position("e1", 1, 1))
    check(early)
    assert store.roll(T0 + 6 * MINUTE_US) == 5, "the sixth minute is not closed yet"
    check(early)
    store.write(rest, Position("e1", 2, 2))
    assert store.roll(T0 + 11 * MINUTE_US) == 5
    check(early, rest)
    store.write(late, Position("e1", 3, 3))
    check(early, rest, late)
    store = reopen()
    check(early, rest, late)
    assert store.roll(T0 + 11 * MINUTE_US) == 10, "the late rows' hour is done again, also after a new start"
    assert store.roll(T0 + 11 * MINUTE_US) == 0
    check(early, rest, late)
    assert store._roller.minutes.open_minutes(*EVERYTHING) == []
    store = reopen()
    assert store.roll(T0 + 11 * MINUTE_US) == 0
    rolled = store.query("SELECT sum(n) AS n FROM points_1m FINAL").to_pylist()[0]["n"]
    assert rolled == int((Readings.concat([early, rest, late]).time_us < T0 + 10 * MINUTE_US).sum())


def test_rolling_skips_the_months_without_a_row(store: Historian) -> None:
    now_us = store._roller.minutes.mark_us
    later_us = now_us + 200 * DAY_US
    store.write(seconds(0, 60, at_us=later_us), Position("e1", 1, 1))
    assert store.roll(later_us + 2 * MINUTE_US) == 1
    assert store.roll(later_us + 2 * MINUTE_US) == 0


def test_minutes_of_a_site_are_counted_from_rollup_and_points_alike(
    store: Historian, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(seconds(30, 120), Position("e1", 1, 1))
    per_minute = {0: 300, 1: 600, 2: 300}
    expected = [(site, T0 + m * MINUTE_US, n) for m, n in per_minute.items() for site in ("S01", "S02")]

    def counted() -> list[tuple[str, int, int]]:
        found = store.count_minutes(T0, T0 + 3 * MINUTE_US)
        return list(zip(found.site, found.minute_us.tolist(), found.count.tolist(), strict=True))

    assert counted() == expected
    monkeypatch.setattr(buckets, "ROLLUP_FROM_TAG_DAYS", 0.0)
    assert counted() == expected
    while store.roll(T0):
        pass
    assert counted() == expected


# Newest values, tag ids, ledger


def test_late_reading_does_not_become_the_newest(reopen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didymium.historian.store._now_us", lambda: T0 + DAY_US)
    store = reopen()
    assert len(store.newest()) == 0
    store.store_newest(seconds(100, 1))
    store.store_newest(seconds(50, 1))
    store = reopen()
    assert store.newest().time_us.tolist() == [T0 + 100_000_000] * 20
    store.write(seconds(120, 1, tags=2), Position("e1", 1, 1))
    newest = store.newest()
    assert newest.tag.tolist() == list(range(1, 21))
    assert newest.time_us[:3].tolist() == [T0 + 120_000_000, T0 + 120_000_000, T0 + 100_000_000]
    store.write(seconds(2 * 86_400, 1, tags=1), Position("e1", 2, 2))
    assert store.newest().time_us[0] == T0 + 120_000_000, "a clock a day ahead is not the present"


def test_span_of_several_tags_comes_by_tag_and_time(store: Historian) -> None:
    store.write(seconds(0, 10), Position("e1", 1, 1))
    found = store.span([3, 1], T0 + 2_000_000, T0 + 4_000_000)
    assert found.tag.tolist() == [1, 1, 3, 3]
    assert found.time_us.tolist() == [T0 + 2_000_000, T0 + 3_000_000] * 2
    assert len(store.span([], T0, T0 + 4_000_000)) == 0


def test_tag_ids_are_never_given_again(reopen: Open) -> None:
    assert reopen(["a", "b", "c"]).ids.ids.tolist() == [1, 2, 3]
    assert reopen(["c", "a"]).ids.ids.tolist() == [3, 1]
    assert reopen(["d", "a"]).ids.ids.tolist() == [4, 1]
    store = reopen(["b", "d"])
    assert store.ids.ids.tolist() == [2, 4]
    table = store.query("SELECT path, toUnixTimestamp64Micro(retired) > 0 AS r FROM tags FINAL ORDER BY id")
    assert [(row["path"], bool(row["r"])) for row in table.to_pylist()] == [
        ("a", True), ("b", False), ("c", True), ("d", False),
    ]  # fmt: skip


def test_ledger_keeps_the_last_word_on_a_minute(reopen: Open) -> None:
    store = reopen()
    store.save_ledger([("S02", T0, 60, 59, "device silent"), ("S01", T0, 60, 60, "")])
    store.save_ledger([])
    store = reopen()
    store.save_ledger([("S02", T0, 60, 60, "")])
    assert store.load_ledger(T0, T0 + MINUTE_US) == [("S01", T0, 60, 60, ""), ("S02", T0, 60, 60, "")]
    assert store.load_ledger(T0 + MINUTE_US, T0 + 2 * MINUTE_US) == []


# Questions


def test_questions_change_nothing(store: Historian) -> None:
    store.write(seconds(0, 1), Position("e1", 1, 1))
    assert store.query(f"SELECT count() AS n FROM {store._engine.database}.points;").to_pylist() == [{"n": 20}]
    assert store.query("SELECT count() AS n FROM points").to_pylist() == [{"n": 20}]
    assert store.query("SELECT tag FROM points WHERE tag > 1000").num_rows == 0
    with pytest.raises(RefusedQuery):
        store.query("DROP TABLE points")
    for sneaky in ("SELECT * FROM url('http://127.0.0.1:1/', 'CSV')", "EXPLAIN SELECT 1 SETTINGS readonly = 0"):
        with pytest.raises(Exception, match="readonly"):
            store.query(sneaky)


def test_read_is_stopped_at_its_limit(store: Historian, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (embedded, server):
        monkeypatch.setattr(module, "READ_LIMIT_S", 1)
    with pytest.raises(QueryTooLong):
        store._engine.read("SELECT count() FROM numbers(1000000000000)")
    assert stored(store) == 0, "the connection answers again"


def test_every_thread_reads_while_another_writes(store: Historian, engine_url: str) -> None:
    seen_at_once = 100 if "," in engine_url else 200  # the part of a batch that goes to one shard
    failed: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(20):
                n = stored(store)
                assert n % seen_at_once == 0, n
        except BaseException as error:  # noqa: BLE001 - told to the test below
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for seq in range(20):
        store.write(seconds(seq * 10, 10), Position("e1", seq, seq))
    for thread in threads:
        thread.join()
    assert failed == []
    assert stored(store) == 4000
