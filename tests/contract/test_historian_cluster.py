"""A cluster whose servers die: whole answers or none, nothing lost, nothing twice, everyone told."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import clickhouse_node
import numpy as np
import pytest

from didymium.historian import EngineError, Historian, Position, ShardDown, StoreBusy, spool
from didymium.historian.cluster import WrongShard
from didymium.historian.errors import DiskFull
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.store import open_engine
from didymium.model.readings import Readings

PATHS = [f"S{1 + i // 10:02d}.A.U.T{i}" for i in range(20)]
"""Ten tags each of S01, whose home is shard 1, and S02, whose home is shard 2."""
T0 = 1_760_000_000_000_000 // DAY_US * DAY_US
EVERYTHING = (0, 2**62)
LIMIT_S = 120.0


@pytest.fixture
def nodes(clickhouse: clickhouse_node.Cluster) -> Iterator[list[clickhouse_node.Node]]:
    """The two servers; whatever a test kills runs again afterwards."""
    yield clickhouse.nodes
    clickhouse.start()


@pytest.fixture
def store(cluster_url: str, nodes: list[clickhouse_node.Node]) -> Iterator[Historian]:
    historian = Historian(open_engine(cluster_url), PATHS)
    yield historian
    historian.close()


def seconds(first: int, count: int, tags: int = 20) -> Readings:
    tag = np.tile(np.arange(1, tags + 1, dtype=np.uint32), count)
    time_us = np.repeat(T0 + np.arange(first, first + count, dtype=np.int64) * 1_000_000, tags)
    return Readings.of(tag, time_us, np.round(np.sin(np.arange(len(tag)) + first) * 100, 2))


def stored(store: Historian) -> int:
    return int(store.count(*EVERYTHING).count.sum())


def wait_well(store: Historian) -> None:
    limit = time.monotonic() + LIMIT_S
    while store.trouble():
        assert time.monotonic() < limit, store.trouble()
        time.sleep(0.02)


def here(store: Historian, node: clickhouse_node.Node, table: str = "points_local") -> int:
    return int(node.ask(f"SELECT count() FROM {store._engine.database}.{table}"))


def test_all_tags_of_a_site_live_on_one_shard(store: Historian, nodes: list[clickhouse_node.Node]) -> None:
    store.write(seconds(0, 10), Position("e1", 1, 1))
    database = store._engine.database
    for node, tags in zip(nodes, ("1,2,3,4,5,6,7,8,9,10", "11,12,13,14,15,16,17,18,19,20"), strict=True):
        found = node.ask(f"SELECT arrayStringConcat(arraySort(groupUniqArray(tag)), ',') FROM {database}.points_local")
        assert found.strip() == tags
        assert here(store, node, "tags FINAL") == 20, "the small tables are on every server"
        assert int(node.ask(f"SELECT count() FROM {database}.points")) == 200, "and every server answers for all"


def test_new_site_goes_to_the_emptier_shard_and_old_ones_stay(cluster_url: str) -> None:
    for paths in (PATHS, [*PATHS, "S03.A.U.T1", "S01.A.U.T99"], [*PATHS, "S04.A.U.T1"]):
        historian = Historian(open_engine(cluster_url), paths)
        answer = historian.query("SELECT site, shard FROM homes FINAL WHERE site != '' ORDER BY site").to_pylist()
        historian.close()
    assert [(row["site"], row["shard"]) for row in answer] == [("S01", 0), ("S02", 1), ("S03", 0), ("S04", 1)]


def test_dead_shard_is_named_and_the_others_tags_are_answered(
    store: Historian, nodes: list[clickhouse_node.Node]
) -> None:
    store.write(seconds(0, 10), Position("e1", 1, 1))
    nodes[1].kill()
    with pytest.raises(ShardDown, match=r"shard 2 \(127\.0\.0\.1:\d+\) does not answer: .*lack S02") as down:
        stored(store)
    assert (down.value.shard, down.value.sites) == (2, ("S02",))
    with pytest.raises(ShardDown):
        store.query("SELECT count() FROM points")
    with pytest.raises(ShardDown):
        store.span([5, 15], T0, T0 + DAY_US)
    assert len(store.span([1, 10], T0, T0 + DAY_US)) == 20
    assert store.query("SELECT count() AS n FROM tags").to_pylist() == [{"n": 20}], "small tables have no shard"
    assert store.load_ledger(0, T0) == []
    assert store.disk().rows == 100, "what is on the disks that answer"


def test_writes_for_a_dead_shard_wait_and_are_caught_up(
    store: Historian, nodes: list[clickhouse_node.Node], tmp_path: Path
) -> None:
    store.write(seconds(0, 10), Position("e1", 1, 1))
    nodes[1].kill()
    for seq in range(2, 5):
        assert store.write(seconds(seq * 10, 10), Position("e1", seq, seq)) == 200
    (told,) = store.trouble()
    assert told.startswith("shard 2 (127.0.0.1:")
    assert "wait for it" in told
    assert here(store, nodes[0]) == 400, "the living shard has its rows at once"
    assert len(list((tmp_path / "spool" / "shard-2").glob("*.block"))) == 3
    nodes[1].start()
    wait_well(store)
    assert stored(store) == 800
    assert [here(store, node) for node in nodes] == [400, 400]
    assert not list((tmp_path / "spool").glob("*/*.block"))
    assert here(store, nodes[1], "positions FINAL") == 1


def test_back_but_not_caught_up_is_not_whole(
    store: Historian, nodes: list[clickhouse_node.Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shard that answers again lacks what waits for it, so it does not count as answering."""
    held = threading.Event()
    first = spool.Queue.first

    def slow(queue: spool.Queue) -> spool.Waiting | None:
        if queue.name == "shard-2":
            held.wait(LIMIT_S)
        return first(queue)

    nodes[1].kill()
    store.write(seconds(0, 10), Position("e1", 1, 1))
    monkeypatch.setattr(spool.Queue, "first", slow)
    nodes[1].start()
    try:
        while not store._engine._members[1].outlet.well:  # type: ignore[attr-defined]
            time.sleep(0.02)
        with pytest.raises(ShardDown, match="is back and catches up; 1 blocks"):
            stored(store)
    finally:
        held.set()
    wait_well(store)
    assert stored(store) == 200


def test_centre_begins_anew_while_a_shard_is_dead(
    cluster_url: str, nodes: list[clickhouse_node.Node], tmp_path: Path
) -> None:
    store = Historian(open_engine(cluster_url), PATHS)
    store.write(seconds(0, 10), Position("e1", 1, 1))
    nodes[0].kill()
    store.write(seconds(10, 10), Position("e1", 2, 2))
    with pytest.raises(StoreBusy):
        open_engine(cluster_url)
    store.close()
    store = Historian(open_engine(cluster_url), PATHS)
    try:
        assert store.positions("e1") == Position("e1", 2, 2)
        store.write(seconds(10, 10), Position("e1", 2, 2))  # the replay after a start
        store.write(seconds(20, 10), Position("e1", 3, 3))
        nodes[1].kill()
        store.write(seconds(30, 10), Position("e1", 4, 4))
        with pytest.raises(ShardDown):
            store.query("SELECT 1 FROM tags")
        store.close()
        with pytest.raises(ShardDown):
            open_engine(cluster_url)
        nodes[0].start()
        store = Historian(open_engine(cluster_url), PATHS)
        assert store.positions("e1") == Position("e1", 4, 4), "what waits is stored before anything is asked"
        nodes[1].start()
        wait_well(store)
        assert stored(store) == 800
    finally:
        store.close()


def test_late_rows_that_waited_are_in_the_rollup(store: Historian, nodes: list[clickhouse_node.Node]) -> None:
    """A new store counts as rolled up to now, so all of these are late."""
    nodes[1].kill()
    store.write(seconds(0, 120), Position("e1", 1, 1))
    with pytest.raises(ShardDown):
        store.roll(time.time_ns() // 1000)
    nodes[1].start()
    wait_well(store)
    while store.roll(time.time_ns() // 1000):
        pass
    rolled = store.query("SELECT sum(n) AS n, count() AS minutes FROM points_1m FINAL").to_pylist()
    assert rolled == [{"n": 2400, "minutes": 40}]
    found = store.count_minutes(T0, T0 + 2 * MINUTE_US)
    assert (found.site, found.count.tolist()) == (("S01", "S02", "S01", "S02"), [600] * 4)


def kill_at_random(
    nodes: list[clickhouse_node.Node], times: int, chosen: random.Random, between_s: float
) -> Callable[[], None]:
    def run() -> None:
        for kill in range(times):
            time.sleep(chosen.uniform(0.0, between_s))
            nodes[kill % 2].kill()
            time.sleep(chosen.uniform(0.0, between_s / 2))
            nodes[kill % 2].start()

    return run


def test_killed_servers_lose_nothing_and_keep_nothing_twice(
    store: Historian, nodes: list[clickhouse_node.Node]
) -> None:
    killer = threading.Thread(target=kill_at_random(nodes, 4, random.Random(5), 0.4))
    killer.start()
    seq = 0
    while killer.is_alive():
        seq += 1
        # Every fifth batch reaches over midnight, every third is written again as after a crash of ours.
        batch = seconds(seq * 50 if seq % 5 else 86_375, 50)
        batch = Readings(batch.tag, batch.time_us + seq, batch.value, batch.status, batch.flags)
        for _ in range(2 if seq % 3 == 0 else 1):
            store.write(batch, Position("e1", seq, seq))
        time.sleep(0.15)
    killer.join()
    wait_well(store)
    table = store.query("SELECT count() AS n, uniqExact(tag, ts) AS distinct FROM points").to_pylist()
    assert table == [{"n": seq * 1000, "distinct": seq * 1000}]
    assert seq > 4


def test_spool_refuses_below_its_reserve(
    store: Historian, nodes: list[clickhouse_node.Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes[1].kill()
    store.write(seconds(0, 1), Position("e1", 1, 1))
    monkeypatch.setattr(spool.Room, "check", full_disk)
    with pytest.raises(DiskFull):
        store.write(seconds(1, 1), Position("e1", 2, 2))
    monkeypatch.undo()
    nodes[1].start()
    wait_well(store)
    store.write(seconds(1, 1), Position("e1", 2, 2))
    assert stored(store) == 40


def test_correction_and_note_that_came_twice_count_once(store: Historian, nodes: list[clickhouse_node.Node]) -> None:
    """A first try that broke off may have stored them, and what waits is then stored again."""
    batch = seconds(0, 1)
    store.write(batch, Position("e1", 1, 1))
    store.correct(batch.take(batch.tag == 15), "replace", "ada", "read off the gauge")
    store.annotate(15, T0, "the valve stuck", "ada")
    for table in ("corrections_local", "annotations_local"):
        nodes[1].ask(f"INSERT INTO {store._engine.database}.{table} SELECT * FROM {store._engine.database}.{table}")
        assert here(store, nodes[1], table) == 2
    assert len(store.corrections([15], T0, T0 + 1)) == 1
    assert len(store.annotations([15], T0, T0 + 1)) == 1
    nodes[1].kill()
    store.annotate(15, T0 + 1, "and again", "bob")
    nodes[1].start()
    wait_well(store)
    assert [note.text for note in store.annotations([15], T0, T0 + DAY_US)] == ["the valve stuck", "and again"]


def full_disk(room: spool.Room) -> None:
    raise DiskFull(str(room.folder), 1, 2)


def test_server_in_another_shards_place_is_refused(cluster_url: str) -> None:
    Historian(open_engine(cluster_url), PATHS).close()
    hosts, slash, rest = cluster_url.removeprefix("clickhouse://").partition("/")
    first, _, second = hosts.partition(",")
    with pytest.raises(EngineError, match="keeps shard 2, the URL lists it as shard 1"):
        open_engine(f"clickhouse://{second},{first}{slash}{rest}")
    with pytest.raises(EngineError, match="2 shards in 'didymium', the URL lists 1"):
        open_engine(f"clickhouse://{first}{slash}{rest}")
    assert issubclass(WrongShard, EngineError)


def test_empty_server_in_the_place_of_a_lost_one_gets_the_tables(
    store: Historian, nodes: list[clickhouse_node.Node]
) -> None:
    """The machine of shard 2 is lost with its disk; what its new one can have of the others it gets."""
    store.write(seconds(0, 10), Position("e1", 1, 1))
    nodes[1].kill()
    store.write(seconds(10, 10), Position("e1", 2, 2))
    engine = store._engine
    engine._drain = lambda: None  # type: ignore[attr-defined] - not before the disk is empty
    nodes[1].start()
    nodes[1].ask(f"DROP DATABASE {engine.database} SYNC")
    del engine._drain  # type: ignore[attr-defined]
    wait_well(store)
    assert here(store, nodes[1]) == 100, "the rows that waited; those before are for the backup"
    assert here(store, nodes[1], "tags FINAL") == 20
    assert store.write(seconds(20, 10), Position("e1", 3, 3)) == 200
    assert stored(store) == 500
