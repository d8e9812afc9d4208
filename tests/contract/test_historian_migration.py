"""A store of an earlier program opens with every reading in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from didymium.historian import Historian, migration, schema
from didymium.historian.engine import Engine
from didymium.historian.native import encode
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.store import open_engine

T0 = 1_760_000_000_000_000 // DAY_US * DAY_US
PATHS = ["S01.A.U.T1", "S01.A.U.T2"]
ONE = """CREATE TABLE didymium.points (tag UInt32, ts DateTime64(6, 'UTC'), value Float64, status UInt32, flags UInt8)
ENGINE = MergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY (tag, ts)"""
DIRTY = """CREATE TABLE didymium.dirty (minute DateTime('UTC'), done UInt8, version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY minute"""

VALUE = np.array([12.3, np.nan, -0.0, 1e300, np.pi, 7.0])
TIME_US = T0 + np.array([0, 1, 2, DAY_US, DAY_US + 1, DAY_US + 2])


def store_of_schema_1(folder: Path) -> Engine:
    engine = open_engine(f"chdb://{folder}")
    migration.prepare(engine)
    for table in ("points", "dirty", "points_1h", "corrections", "annotations"):
        engine.command(f"DROP TABLE didymium.{table} SYNC")
    engine.command("TRUNCATE TABLE didymium.schema")
    engine.insert("schema", encode({"version": "UInt32"}, [np.array([1])]), {})
    engine.command(ONE)
    engine.command(DIRTY)
    for tag in (1, 2):
        columns = [np.full(6, tag), TIME_US, VALUE, np.arange(6), np.arange(6)]
        engine.insert("points", encode(schema.READING_TYPES, columns), {})
    minute = schema.minute_s(np.array([T0, T0 + MINUTE_US]))
    types = {"minute": "DateTime('UTC')", "done": "UInt8", "version": "UInt64"}
    engine.insert("dirty", encode(types, [minute, np.array([0, 1]), np.array([5, 6])]), {})
    return engine


@pytest.mark.parametrize("cut_off_after", ["", "RENAME TABLE didymium.points", "CREATE TABLE", "INSERT", "DROP TABLE"])
def test_values_become_integers_and_stay_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_off_after: str
) -> None:
    engine = store_of_schema_1(tmp_path / "store")
    if cut_off_after:
        command, insert = engine.command, engine.insert

        def cut(sql: str) -> None:
            command(sql)
            if sql.startswith(cut_off_after):
                raise KeyboardInterrupt

        def cut_insert(table: str, block: bytes, settings: dict[str, str]) -> None:
            insert(table, block, settings)
            if cut_off_after == "INSERT":
                raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(engine, "command", cut)
            patch.setattr(engine, "insert", cut_insert)
            migration.prepare(engine)
    store = Historian(engine, PATHS)
    for tag in (1, 2):
        found = store.span([tag], T0, T0 + 2 * DAY_US)
        assert found.time_us.tolist() == TIME_US.tolist()
        assert found.value.view(np.uint64).tolist() == VALUE.view(np.uint64).tolist()
        assert found.status.tolist() == found.flags.tolist() == list(range(6))
    assert store.query("SELECT minute, tag, done FROM dirty").num_rows == 1
    assert store.query("SELECT name FROM system.tables WHERE name LIKE '%before'").num_rows == 0
    store.close()


def test_the_engine_reads_values_as_we_do(tmp_path: Path) -> None:
    store = Historian(open_engine(f"chdb://{tmp_path / 'store'}"), PATHS, scale=np.array([100.0, 200.0]))
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 2**64, 5000, np.uint64, endpoint=False).view(np.float64)
    decimals = rng.integers(-(2**40), 2**40, 5000) / 10.0 ** rng.integers(0, 12, 5000)
    value = np.concatenate([bits, decimals, decimals.astype(np.float32), rng.normal(0, 1, 99).astype(np.float32)])
    rows = schema.Readings.of(np.ones(len(value), np.uint32), T0 + np.arange(len(value)), value)
    store.import_history(rows, "all kinds")
    asked = store.query("SELECT reinterpretAsUInt64(value) AS bits FROM readings ORDER BY ts")["bits"].to_numpy()
    assert asked.tolist() == value.view(np.uint64).tolist()
    assert store.span([1], T0, T0 + DAY_US).value.view(np.uint64).tolist() == value.view(np.uint64).tolist()
    store.close()


def test_points_of_schema_2_are_packed_closer_from_then_on(tmp_path: Path) -> None:
    engine = open_engine(f"chdb://{tmp_path / 'store'}")
    migration.prepare(engine)
    wanted = codecs(engine)
    for name in schema.PACKED:
        kind = schema.POINT_TYPES[name]
        engine.command(f"ALTER TABLE didymium.points MODIFY COLUMN {name} {kind} CODEC(ZSTD(1))")
        engine.command(f"ALTER TABLE didymium.points MODIFY COLUMN {name} RESET SETTING max_compress_block_size")
    engine.command("TRUNCATE TABLE didymium.schema")
    engine.insert("schema", encode({"version": "UInt32"}, [np.array([2])]), {})
    assert codecs(engine) != wanted
    store = Historian(engine, PATHS)
    try:
        assert codecs(engine) == wanted
        assert "max_compress_block_size = 16384" in made(engine)
    finally:
        store.close()


def codecs(engine: Engine) -> dict[str, str]:
    found = engine.read(
        "SELECT name, compression_codec AS codec FROM system.columns WHERE database = 'didymium' AND table = 'points'"
    )
    return dict(zip(map(str, found["name"]), map(str, found["codec"]), strict=True))


def made(engine: Engine) -> str:
    found = engine.read(
        "SELECT create_table_query AS made FROM system.tables WHERE database = 'didymium' AND name = 'points'"
    )
    return str(found["made"][0])
