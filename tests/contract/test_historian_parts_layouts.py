"""The engine's files read directly: deletions, changes and layouts that are the engine's to read."""

from __future__ import annotations

import pytest
from part_files import EVER, EVERY, TAGS, everything, home, merge, opened, put, same_as_sql, steady, unasked

from didymium.historian.engine import Engine
from didymium.historian.parts.errors import Unreadable
from tests.stored import T0


def test_deleted_rows_are_not_answered(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Marked ones are the engine's to leave out; once they are merged away, or rewritten, the files do."""
    for at in range(3):
        put(engine, steady(50, T0 + at * 1000))
    scan = opened(engine)
    assert same_as_sql(engine, scan) == 3 * 50 * TAGS
    engine.command("ALTER TABLE didymium.points DELETE WHERE tag = 3 SETTINGS mutations_sync = 2")
    assert same_as_sql(engine, scan) == 3 * 50 * (TAGS - 1)
    assert not caplog.records
    engine.command("DELETE FROM didymium.points WHERE tag = 4")
    assert same_as_sql(engine, scan) == 3 * 50 * (TAGS - 2)
    assert "some of its rows are deleted" in caplog.text
    caplog.clear()
    merge(engine)
    assert same_as_sql(engine, scan) == 3 * 50 * (TAGS - 2)
    assert not caplog.records
    engine.command("ALTER TABLE didymium.points UPDATE status = 9 WHERE tag = 5 SETTINGS mutations_sync = 2")
    assert same_as_sql(engine, scan, [5]) == 3 * 50
    unasked(monkeypatch, engine)
    assert (scan.rows("points", ("status",), [5], *EVER)["status"] == 9).all()


def test_changes_that_lie_beside_the_rows_are_left_to_the_engine(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.command(
        "ALTER TABLE didymium.points MODIFY SETTING enable_block_number_column = 1, enable_block_offset_column = 1"
    )
    put(engine, steady(50))
    scan = opened(engine)
    engine.command("UPDATE didymium.points SET status = 9 WHERE tag = 5")
    assert set(scan.rows("points", ("status",), [5], *EVER)["status"].tolist()) == {9}
    engine.command("DELETE FROM didymium.points WHERE tag = 6 SETTINGS lightweight_delete_mode = 'lightweight_update'")
    assert same_as_sql(engine, scan) == 50 * (TAGS - 1)
    assert "changes rows of other parts" in caplog.text


@pytest.mark.parametrize("wide", [1, 10**9])
@pytest.mark.parametrize(
    "change", ["low UInt8 CODEC(LZ4)", "high Int64 CODEC(T64, LZ4)", "ts CODEC(DoubleDelta, ZSTD(1))"]
)
def test_table_of_other_codecs_is_left_to_the_engine(
    engine: Engine, caplog: pytest.LogCaptureFixture, change: str, wide: int
) -> None:
    engine.command(f"ALTER TABLE didymium.points MODIFY SETTING min_bytes_for_wide_part = {wide}")
    engine.command(f"ALTER TABLE didymium.points MODIFY COLUMN {change}")
    put(engine, steady(50))
    with pytest.raises(Unreadable, match="codec"):
        everything(home(engine))
    assert same_as_sql(engine, opened(engine)) == 50 * TAGS
    assert "codec is not known here" in caplog.text


def test_column_that_came_later_is_left_to_the_engine(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    put(engine, steady(50))
    engine.command("ALTER TABLE didymium.points ADD COLUMN more UInt8 DEFAULT 7")
    found = opened(engine).rows("points", ("more",), EVERY, *EVER)
    assert found["more"].tolist() == [7] * 50 * TAGS
    assert "has no column more" in caplog.text
