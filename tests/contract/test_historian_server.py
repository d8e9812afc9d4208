"""The same promises over a ClickHouse server; needs one that may be written to, so it runs only where one is named."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator

import numpy as np
import pytest

from didymium.historian import EngineError, Historian, Position, QueryTooLong, reading, server
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.store import open_engine
from didymium.model.readings import Readings

ADDRESS = "DIDYMIUM_TEST_CLICKHOUSE"
PATHS = ["S01.A.U.T1", "S02.A.U.T2"]
T0 = 1_760_000_000_000_000 // DAY_US * DAY_US

pytestmark = pytest.mark.skipif(ADDRESS not in os.environ, reason=f"set {ADDRESS} to clickhouse://host:port")


@pytest.fixture
def url() -> Iterator[str]:
    database = f"didymium_test_{uuid.uuid4().hex}"
    yield f"{os.environ[ADDRESS].rstrip('/')}/{database}"
    engine = open_engine(f"{os.environ[ADDRESS].rstrip('/')}/{database}")
    engine.command(f"DROP DATABASE {database}")
    engine.close()


@pytest.fixture
def store(url: str) -> Iterator[Historian]:
    historian = Historian(open_engine(url), PATHS)
    yield historian
    historian.close()


def seconds(first: int, count: int) -> Readings:
    time_us = np.repeat(T0 + np.arange(first, first + count, dtype=np.int64) * 1_000_000, 2)
    return Readings.of(np.tile(np.array([1, 2], np.uint32), count), time_us, np.arange(2.0 * count))


def stored(store: Historian) -> int:
    return int(store.count(0, 2**62).count.sum())


def test_batch_over_midnight_is_stored_once_also_in_a_new_session(store: Historian, url: str) -> None:
    batch = seconds(86_395, 10)
    assert store.write(batch, Position("e1", 1, 1)) == 20
    again = Historian(open_engine(url), PATHS)
    assert again.positions("e1") == Position("e1", 1, 1)
    assert again.write(batch, Position("e1", 1, 1)) == 0
    assert again.ids.ids.tolist() == [1, 2]
    again.close()
    assert stored(store) == 20


def test_token_that_outlived_its_rows_does_not_lose_them(store: Historian) -> None:
    batch = seconds(0, 10)
    store.write(batch, Position("e1", 1, 1))
    store._engine.command(f"ALTER TABLE {store._engine.database}.points DELETE WHERE 1 SETTINGS mutations_sync = 2")
    assert store.write(batch, Position("e1", 1, 1)) == 20
    assert stored(store) == 20


def test_rollup_answers_as_the_points_do(store: Historian, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(seconds(0, 600), Position("e1", 1, 1))
    points = store.bucketed([1, 2], T0, T0 + 10 * MINUTE_US, 5)
    while store.roll(time.time_ns() // 1000):
        pass
    monkeypatch.setattr(reading, "ROLLUP_FROM_TAG_DAYS", 0.0)
    rolled = store.bucketed([1, 2], T0, T0 + 10 * MINUTE_US, 5)
    for name in ("tag", "start_us", "min", "max", "mean", "last", "count", "good"):
        assert getattr(rolled, name).tolist() == getattr(points, name).tolist(), name
    assert store.count_minutes(T0, T0 + 10 * MINUTE_US).count.tolist() == [60] * 20


def test_questions_change_nothing_and_end(store: Historian, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.query("SELECT count() AS n FROM points").to_pylist() == [{"n": 0}]
    with pytest.raises(EngineError, match="readonly"):
        store.query("SELECT * FROM url('http://127.0.0.1:1/', 'CSV')")
    monkeypatch.setattr(server, "READ_LIMIT_S", 1)
    with pytest.raises(QueryTooLong):
        store._engine.read("SELECT count() FROM numbers(1000000000000)")


def test_server_that_is_not_there_is_named() -> None:
    with pytest.raises(EngineError, match=r"127\.0\.0\.1"):
        open_engine("clickhouse://127.0.0.1:1/didymium")
