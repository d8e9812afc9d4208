"""The engine's files read directly: exactly the rows of SQL, whatever was stored and by whichever way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from part_files import (
    EVER,
    EVERY,
    POINTS,
    TAGS,
    by_sql,
    digests,
    home,
    opened,
    part_folders,
    put,
    same_as_sql,
    steady,
    unasked,
)

from didymium.historian import Historian, Position
from didymium.historian.engine import Engine
from didymium.historian.exact import DOUBLE_BITS, SINGLE_BITS
from didymium.historian.parts import table as parts_table
from didymium.historian.parts.checksums import Checksums
from didymium.historian.parts.errors import BetterAsked
from didymium.historian.parts.table import Table
from didymium.historian.scan import Scan
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.store import open_engine
from didymium.historian.windows import HOUR_US
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA
from tests.stored import T0

ODD = np.array([np.nan, np.inf, -np.inf, -0.0, np.pi, np.float32(np.pi), 5e-324, 1e300])
SIDE_BY_SIDE = {"HELD_ROWS": 0, "ROWS_SIDE_BY_SIDE": 1000}
IN_HALVES = {"HELD_ROWS": 1000, "ROWS_AT_ONCE": 20_000}


# Random stores


def batch(rng: np.random.Generator, rows: int, day: int) -> tuple[Readings, NDArray[np.uint32]]:
    """Readings of some tags within one day: some twice, some odd; other columns nearly empty, empty or full."""
    some = rng.permutation(EVERY)[: rng.integers(1, TAGS + 1)].astype(np.uint32)
    first_us = T0 + day * DAY_US + int(rng.integers(0, 20 * HOUR_US))
    step_us = int(rng.choice([1, 1000, 1_000_000]))
    time_us = first_us + rng.integers(0, max(2, min(rows, 4 * HOUR_US // step_us)), rows) * step_us
    value = rng.normal(20.0, 5.0, rows)
    short = rng.random(rows) < rng.choice([0.0, 0.9, 1.0])
    value[short] = np.round(value[short], int(rng.integers(0, 4)))
    odd = rng.random(rows) < rng.choice([0.0, 0.01, 0.5])
    value[odd] = rng.choice(ODD, int(odd.sum()))

    def few(most: int) -> NDArray[np.int64]:
        return rng.integers(1, most, rows) * (rng.random(rows) < rng.choice([0.0, 0.0005, 0.05, 1.0]))

    status, flags = (few(2**32).astype(np.uint32), few(256).astype(np.uint8))
    return Readings.of(rng.choice(some, rows), time_us, value, status, flags), few(2**32).astype(np.uint32)


def question(rng: np.random.Generator) -> tuple[list[int], int, int]:
    count = int(rng.choice([1, 1, 2, 50, TAGS]))
    tags = sorted(rng.choice(TAGS + 3, count, replace=False).tolist())
    if rng.random() < 0.2:
        return tags, *EVER
    first = T0 - HOUR_US + int(rng.integers(0, 50 * HOUR_US))
    return tags, first, first + int(rng.choice([1, MINUTE_US, HOUR_US, 30 * HOUR_US]))


@pytest.mark.parametrize(("seed", "most"), [(0, 600_000), (1, 40_000), (2, 40_000), (3, 40_000)])
def test_files_answer_as_sql_whatever_was_stored(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seed: int, most: int
) -> None:
    rng = np.random.default_rng(seed)
    if most < 100_000:
        engine.command("ALTER TABLE didymium.points MODIFY SETTING min_bytes_for_wide_part = 500000")
    kinds: set[tuple[str, bool]] = set()
    rows = 0
    put(engine, steady(3, T0 - 100 * 365 * DAY_US))
    for sizes in ([1, 50, 9000, most], [3, 2000, 2000, 9000, 20_000]):
        for size in rng.permutation(sizes).tolist():
            put(engine, *batch(rng, size, int(rng.integers(0, 2))))
        put(engine, *batch(np.random.default_rng(seed), 2000, 0))  # the second time the same once more
        for limits in ({}, SIDE_BY_SIDE, IN_HALVES):
            with monkeypatch.context() as small:
                for name, value in limits.items():
                    small.setattr(parts_table, name, value)
                scan = opened(engine)
                rows += same_as_sql(engine, scan)
                rows += sum(same_as_sql(engine, scan, *question(rng)) for _ in range(8))
        folders = [each for each in part_folders(home(engine)) if each.name in active_parts(engine)]
        kinds |= {(kind, (each / "data.bin").exists()) for each in folders for kind in kinds_in(each)}
        engine.command("OPTIMIZE TABLE didymium.points FINAL")
    same_as_sql(engine, opened(engine))
    assert rows > 200_000
    forms = opened(engine).rows("points", ("form",), EVERY, *EVER)["form"]
    assert {0, 2, SINGLE_BITS, DOUBLE_BITS} <= set(forms.tolist())
    assert kinds >= {("Sparse", True), ("Default", True), ("Default", False)}
    assert not caplog.records, "nothing was left to SQL"


def active_parts(engine: Engine, table: str = "points") -> set[str]:
    found = engine.read(f"SELECT name FROM system.parts WHERE active AND table = '{table}' AND rows > 0")
    return {str(name) for name in found.get("name", ())}


def kinds_in(part: Path) -> list[str]:
    text = (part / "serialization.json").read_text()
    return [kind for kind in ("Sparse", "Default") if f'"kind":"{kind}"' in text]


@pytest.fixture
def rolled(tmp_path: Path) -> Iterator[Engine]:
    """Three hours of minutes, rolled hour by hour, and the first minute of each again because of late rows."""
    now = [T0]
    engine = open_engine(f"chdb://{tmp_path / 'store'}")
    store = Historian(engine, [f"S01.A.U.T{i}" for i in range(TAGS)], reserve_bytes=0, now_us=lambda: now[0])
    engine.command("SYSTEM STOP MERGES didymium.points_1m")  # one would take away outdated versions between two looks
    rng = np.random.default_rng(3)
    for seq in range(1, 4):
        given = steady(400, T0 + (seq - 1) * HOUR_US)
        given.status[rng.random(len(given)) < 0.01] = BAD_NO_DATA
        given.value[rng.random(len(given)) < 0.01] = np.nan
        given.value[:200] = -0.0
        given = given.take(np.argsort(given.time_us, kind="stable"))
        now[0] = T0 + seq * HOUR_US
        for edge, readings in (("e1", given), ("e2", given.take(slice(0, 2 * TAGS)))):
            store.write(readings, Position(edge, seq, seq))
            while store.roll(now[0]):
                pass
    yield engine
    store.close()


def test_minutes_from_files_are_those_of_sql(
    rolled: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first_s = T0 // 1_000_000
    scan = opened(rolled, "points_1m")
    for limits in ({}, {"HELD_ROWS": 0, "ROWS_AT_ONCE": 300}):
        with monkeypatch.context() as small:
            for name, value in limits.items():
                small.setattr(parts_table, name, value)
            assert same_as_sql(rolled, scan, EVERY, 0, 2**32, "points_1m") == 3 * (7 + 1) * TAGS
            assert same_as_sql(rolled, scan, [7], first_s, first_s + 180, "points_1m") == 2 + 1 + 1
            assert same_as_sql(rolled, scan, [1, 9], first_s + 3660, first_s + 3661, "points_1m") == 2
            assert same_as_sql(rolled, scan, [1, 9], first_s + 3661, first_s + 3700, "points_1m") == 0
    rolled.command("SYSTEM START MERGES didymium.points_1m")
    rolled.command("OPTIMIZE TABLE didymium.points_1m FINAL")
    assert same_as_sql(rolled, scan, EVERY, 0, 2**32, "points_1m") == 3 * 7 * TAGS
    assert not caplog.records


# By which way


def test_files_are_read_without_the_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    put(engine, steady(200))
    put(engine, steady(3, T0 + 50_500_000))
    expected = by_sql(engine, "points", POINTS, (2, 5), T0, T0 + MINUTE_US)
    scan = opened(engine)
    unasked(monkeypatch, engine)
    found = scan.rows("points", POINTS, (5, 2), T0, T0 + MINUTE_US)
    assert len(found["tag"]) == 2 * 63
    assert np.array_equal(digests(found), digests(expected))


def test_question_for_nothing_is_answered_without_looking(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = Scan(engine)
    unasked(monkeypatch, engine)
    assert scan.rows("points", POINTS, (), *EVER) == {}
    assert scan.rows("points", POINTS, EVERY, T0, T0) == {}


@pytest.mark.parametrize("limit", ["MOST_PARTS", "MOST_RUNS"])
def test_engine_is_asked_without_a_warning_where_it_is_quicker(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, limit: str
) -> None:
    for second in range(3):
        put(engine, steady(1000, T0 + second))
    monkeypatch.setattr(parts_table, limit, 2)
    monkeypatch.setattr(parts_table, "HELD_ROWS", 0)
    engine.command("SYSTEM STOP MERGES didymium.points")
    tags, scan = (1, 30, 60), opened(engine)
    with pytest.raises(BetterAsked):
        Table(home(engine), "ts").rows(POINTS, np.array(tags, np.uint32), *EVER)
    assert same_as_sql(engine, scan, tags, T0, T0 + MINUTE_US) == 3 * 3 * 60
    assert not caplog.records


def test_column_that_the_engine_only_guessed_to_be_empty_is_read(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older ClickHouse looked at one row in ten to count the zeros, and does not say that its number is exact."""
    given = steady(100)
    given.status[7] = 5
    put(engine, given)
    shutil.copytree(home(engine), tmp_path / "older")
    (part,) = part_folders(tmp_path / "older")
    said = (part / "serialization.json").read_text()
    # An older engine would have written the hash that goes with it.
    monkeypatch.setattr(Checksums, "file", lambda self, name: (self._folder / name).read_bytes())
    for exact in (',"exact_num_defaults":true', ',"exact_num_defaults":false'):
        older = said.replace('"num_defaults":5999', '"num_defaults":6000')
        older = older.replace(',"exact_num_defaults":true', "" if exact.endswith("true") else exact)
        assert older != said
        (part / "serialization.json").write_text(older)
        found = Table(tmp_path / "older", "ts").rows(("status", "flags"), np.array(EVERY, np.uint32), *EVER)
        assert np.flatnonzero(found["status"]).tolist() == [7]
        assert not found["flags"].any()
