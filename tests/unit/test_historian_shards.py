"""Statements on a cluster, homes of sites, and the queue for a dead shard: pure text, numbers and files."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from didymium.historian import dialect, homes
from didymium.historian.address import Server
from didymium.historian.errors import DiskFull, EngineError, HistorianError, ServerGone, StoreDamaged
from didymium.historian.native import decode, encode
from didymium.historian.shard import Member, Shard
from didymium.historian.spool import Queue, Room, Waiting

BIG = frozenset({"points", "points_1m"})


# Statements


def test_statement_about_a_big_table_is_about_the_shards_own_part() -> None:
    assert (
        dialect.local("ALTER TABLE d.points DROP PARTITION 1", "d", BIG)
        == "ALTER TABLE d.points_local DROP PARTITION 1"
    )
    assert dialect.local("SELECT a FROM d.points_1m, d.points_before, e.points", "d", BIG) == (
        "SELECT a FROM d.points_1m_local, d.points_before, e.points"
    )


def test_question_needs_the_shards_only_for_big_tables() -> None:
    assert dialect.touched("SELECT 1 FROM d.points_1m FINAL", "d", BIG)
    assert dialect.touched("SELECT 1 FROM system.detached_parts", "d", BIG)
    assert not dialect.touched("SELECT at FROM d.marks WHERE name = 'points_1m'", "d", BIG)
    assert dialect.mentioned("select count() from points", BIG)
    assert dialect.mentioned("select count() from points_1m_local", BIG)
    assert not dialect.mentioned("select path from tags where path like 'S01.pointsman%'", BIG)


def test_the_engines_own_tables_are_asked_everywhere_under_our_names() -> None:
    asked = dialect.everywhere("SELECT name FROM system.parts WHERE table = 'points'", "plant")
    assert asked == (
        "SELECT name FROM (SELECT * REPLACE (replaceRegexpOne(table, '_local$', '') AS table)"
        " FROM clusterAllReplicas('plant', system.parts)) WHERE table = 'points'"
    )


def test_replicated_table_keeps_its_own_engines_arguments() -> None:
    path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
    assert dialect.replicated("x ENGINE = ReplacingMergeTree(version) ORDER BY a") == (
        f"x ENGINE = ReplicatedReplacingMergeTree({path}, version) ORDER BY a"
    )
    assert dialect.replicated(
        "x ENGINE = MergeTree PARTITION BY b SETTINGS non_replicated_deduplication_window = 7"
    ) == (f"x ENGINE = ReplicatedMergeTree({path}) PARTITION BY b SETTINGS replicated_deduplication_window = 7")


def test_created_table_is_known_by_its_statement() -> None:
    assert dialect.created("CREATE TABLE IF NOT EXISTS d.tags (id UInt32)") == "tags"
    assert dialect.created("ALTER TABLE d.tags ADD COLUMN x UInt8") is None


# Homes


def test_largest_site_goes_first_to_the_emptiest_shard() -> None:
    paths = ["A.1", "B.1", "B.2", "B.3", "C.1", "C.2", "D.1"]
    assert homes.placed({}, paths, 2, {}) == {"B": 0, "C": 1, "A": 1, "D": 0}
    assert homes.placed({"B": 0}, ["B.9", "E.1"], 2, {0: 3, 1: 1}) == {"E": 1}


def test_home_as_sql_is_one_step_a_run() -> None:
    ids = np.array([1, 2, 3, 5, 6], np.uint32)
    found = homes.Homes.of({"a": 0, "b": 1}, ids, ["a.1", "a.2", "b.1", "b.2", "a.3"])
    assert found.of_tags(np.array([6, 5, 1], np.uint32)).tolist() == [0, 1, 0]
    assert found.expression() == "toUInt16(multiIf(tag < 1, 0, tag < 3, 0, tag < 4, 1, tag < 5, 0, tag < 6, 1, 0))"
    for stranger in (4, 7):
        with pytest.raises(LookupError, match=f"tag {stranger} has no home"):
            found.of_tags(np.array([1, stranger], np.uint32))


def test_block_is_cut_by_home_and_keeps_its_order() -> None:
    types = {"tag": "UInt32", "who": "String", "v": "Float64"}
    block = encode(types, [np.array([1, 2, 1, 2], np.uint32), ["p", "q", "r", "s"], np.array([1.0, 2.0, 3.0, 4.0])])
    found = homes.Homes.of({"a": 0, "b": 1}, np.array([1, 2], np.uint32), ["a.1", "b.1"])
    parts = homes.split(block, found)
    assert {shard: decode(part)["v"].tolist() for shard, part in parts.items()} == {0: [1.0, 3.0], 1: [2.0, 4.0]}
    assert decode(parts[1])["who"].tolist() == ["q", "s"]
    alone = encode(types, [np.array([2], np.uint32), ["q"], np.array([2.0])])
    assert homes.split(alone, found) == {1: alone}


# The queue


def waiting(number: int) -> Waiting:
    return Waiting("points", f"e1-{number}", number, bytes([number]) * 100 + b"\n{}", number % 2 == 0)


def test_what_waits_survives_and_comes_in_order(tmp_path: Path) -> None:
    queue = Queue(Room(tmp_path), "shard-1")
    for number in range(1, 13):
        queue.add(waiting(number))
    assert (queue.backlog.blocks, queue.backlog.rows) == (12, 78)
    queue.take(waiting(1))
    (tmp_path / "shard-1" / "0000000000000099.new").write_bytes(b"cut off")
    again = Queue(Room(tmp_path), "shard-1")
    assert (again.backlog.blocks, again.backlog.rows) == (11, 77)
    assert again.backlog.bytes == sum(file.stat().st_size for file in (tmp_path / "shard-1").iterdir())
    again.add(waiting(13))
    found = []
    while (first := again.first()) is not None:
        found.append(first)
        again.take(first)
    assert found == [waiting(number) for number in range(2, 14)]
    assert again.backlog.bytes == 0


def test_damaged_block_is_never_taken_for_another(tmp_path: Path) -> None:
    queue = Queue(Room(tmp_path), "shard-1")
    queue.add(waiting(1))
    (file,) = (tmp_path / "shard-1").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoreDamaged, match=str(file)):
        queue.first()
    file.write_bytes(b"")
    with pytest.raises(StoreDamaged, match=str(file)):
        Queue(Room(tmp_path), "shard-1")


def test_spool_leaves_its_reserve_free(tmp_path: Path) -> None:
    free = [3 << 30]
    queue = Queue(Room(tmp_path, lambda: (free[0], 4 << 30)), "shard-1")
    queue.add(waiting(1))
    free[0] = 1 << 20
    with pytest.raises(DiskFull):
        queue.add(waiting(2))
    assert queue.backlog.blocks == 1


# A shard and its replicas


class Stub:
    """A server that does as it is told and notes what it was given."""

    def __init__(self, name: str) -> None:
        self.server = Server(name, 8123, "u", "p", "d", secure=False, ca=None)
        self.fails: HistorianError | None = None
        self.given: list[tuple[str, bool]] = []

    def store(self, block: bytes, token: str, *, replay: bool) -> int:
        self.given.append((token, replay))
        if self.fails:
            raise self.fails
        return 7


@pytest.fixture
def replicas(tmp_path: Path) -> tuple[Shard, list[Stub]]:
    room = Room(tmp_path)
    stubs = [Stub("a"), Stub("b")]
    members = [Member(stub, 0, Queue(room, stub.server.host), lambda _: None) for stub in stubs]  # type: ignore[arg-type]
    shard = Shard(0, members, Queue(room, "shard-1"))
    for outlet in (*(member.outlet for member in members), shard.outlet):
        outlet.drain(threading.Event())
    return shard, stubs


def points(number: int) -> Waiting:
    return Waiting("points", f"t{number}", 7, b"x")


@pytest.mark.parametrize(
    "error", [ServerGone("a:8123", "connection refused"), EngineError(242, "Code: 242. TABLE_IS_READ_ONLY")]
)
def test_other_replica_takes_what_one_broke_off_and_looks_for_it_first(
    replicas: tuple[Shard, list[Stub]], error: HistorianError
) -> None:
    shard, (a, b) = replicas
    assert shard.whole
    shard.outlet.put(points(1))
    a.fails = error
    assert shard.outlet.put(points(2)) == 7
    assert a.given == [("t1", False), ("t2", False)]
    assert b.given == [("t2", True)], "it may have it from the one that broke off"
    assert shard.whole


def test_what_no_replica_takes_waits_and_is_looked_for_when_it_is_given(replicas: tuple[Shard, list[Stub]]) -> None:
    shard, (a, b) = replicas
    a.fails = b.fails = EngineError(999, "Code: 999. KEEPER_EXCEPTION")
    shard.outlet.put(points(1))
    shard.outlet.put(points(2))
    assert not shard.whole
    assert "2 blocks (14 rows) wait for it" in shard.why
    a.given.clear()
    shard.outlet.drain(threading.Event())
    assert not shard.whole
    a.fails = None
    a.given.clear()
    shard.outlet.drain(threading.Event())
    assert a.given == [("t1", True), ("t2", False)], "only the first was ever tried"
    assert shard.whole


def test_what_the_engine_refuses_is_not_kept_for_later(replicas: tuple[Shard, list[Stub]]) -> None:
    shard, (a, _) = replicas
    a.fails = EngineError(53, "Code: 53. TYPE_MISMATCH")
    with pytest.raises(EngineError, match="TYPE_MISMATCH"):
        shard.outlet.put(points(1))
    assert shard.outlet.backlog.blocks == 0
    assert shard.whole
