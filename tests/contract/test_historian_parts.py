"""The engine's files read directly: exactly the rows of SQL, whatever lies there, changes, breaks or goes away."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from didymium.historian import Historian, Position, schema
from didymium.historian.engine import Columns, Engine
from didymium.historian.errors import EngineError
from didymium.historian.exact import DOUBLE_BITS, SINGLE_BITS, Forms
from didymium.historian.parts import table as parts_table
from didymium.historian.parts.checksums import Checksums
from didymium.historian.parts.errors import BetterAsked, Unreadable
from didymium.historian.parts.names import active
from didymium.historian.parts.part import Part
from didymium.historian.parts.table import Table
from didymium.historian.points import END_US, FIRST_US
from didymium.historian.scan import TIME_COLUMN, Scan
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.store import open_engine
from didymium.historian.windows import HOUR_US
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA
from tests.stored import T0

POINTS = ("low", "high", "form", "status", "flags", "known_s")
MINUTES = tuple(name for name in schema.ROLLUP_TYPES if name not in ("tag", "minute"))
TAGS = 60
EVERY = tuple(range(1, TAGS + 1))
EVER = (FIRST_US, END_US)
ODD = np.array([np.nan, np.inf, -np.inf, -0.0, np.pi, np.float32(np.pi), 5e-324, 1e300])
SIDE_BY_SIDE = {"HELD_ROWS": 0, "ROWS_SIDE_BY_SIDE": 1000}
IN_HALVES = {"HELD_ROWS": 1000, "ROWS_AT_ONCE": 20_000}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(f"chdb://{tmp_path / 'store'}")
    schema.create(made, schema.TABLES)
    yield made
    made.close()


def put(engine: Engine, readings: Readings, known_s: NDArray[np.uint32] | None = None) -> None:
    """Store readings of one day, in any order, as one part."""
    order = np.lexsort((readings.time_us, readings.tag))
    known = np.zeros(len(order), np.uint32) if known_s is None else known_s[order]
    block = schema.points_block(readings.take(order), known, Forms(np.zeros(TAGS + 1, np.uint8)))
    engine.store(block, None, replay=False)


def steady(rows: int, at_us: int = T0, status: int = 0) -> Readings:
    """So many rows of each of the tags, one a second."""
    tag = np.repeat(np.array(EVERY, np.uint32), rows)
    time_us = at_us + np.tile(np.arange(rows, dtype=np.int64) * 1_000_000, TAGS)
    return Readings.of(tag, time_us, np.round(np.sin(np.arange(len(tag))), 3), np.full(len(tag), status, np.uint32))


def by_sql(engine: Engine, table: str, columns: Sequence[str], tags: Sequence[int], first: int, end: int) -> Columns:
    """The same question as ``Scan`` has, put so that the engine can take no short cut of ours."""
    name = TIME_COLUMN[table]
    at = "toUnixTimestamp64Micro(ts)" if name == "ts" else f"toInt64(toUnixTimestamp({name}))"
    wanted = ", ".join(map(str, tags))
    return engine.read(
        f"SELECT tag, {', '.join([name, *columns])} FROM didymium.{table}"
        f" WHERE has([{wanted}], tag) AND {at} >= {first} AND {at} < {end}"
    )


def digests(found: Columns) -> NDArray[np.uint64]:
    """One number for each row, of all its bits; sorted, because rows of one moment come in any order."""
    digest = np.zeros(len(found["tag"]) if found else 0, np.uint64)
    for _, column in sorted(found.items()):
        digest = (digest ^ column.view(f"u{column.itemsize}")) * np.uint64(0x9E37_79B9_7F4A_7C15)
        digest ^= digest >> np.uint64(29)
    return np.sort(digest)


def in_order(found: Columns, table: str) -> bool:
    """Whether the rows go by tag and time."""
    if not found:
        return True
    tag, at = found["tag"].astype(np.int64), found[TIME_COLUMN[table]].astype(np.int64)
    return bool(((np.diff(tag) > 0) | ((np.diff(tag) == 0) & (np.diff(at) >= 0))).all())


def same_as_sql(
    engine: Engine,
    scan: Scan,
    tags: Sequence[int] = EVERY,
    first: int = FIRST_US,
    end: int = END_US,
    table: str = "points",
) -> int:
    """Ask both ways for every column, and how many rows there were."""
    columns = POINTS if table == "points" else MINUTES
    found, expected = scan.rows(table, columns, tags, first, end), by_sql(engine, table, columns, tags, first, end)
    assert in_order(found, table)
    assert np.array_equal(digests(found), digests(expected)), (tags, first, end)
    if found and expected:
        assert {name: column.dtype for name, column in found.items()} == {
            name: column.dtype for name, column in expected.items()
        }
    return len(found["tag"]) if found else 0


def opened(engine: Engine, table: str = "points") -> Scan:
    """A ``Scan`` that knows where its table lies."""
    scan = Scan(engine)
    scan.rows(table, (), [1], 0, 1)
    return scan


def unasked(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    """Let every question to the engine fail."""

    def refuse(sql: str, tags: Sequence[int] | None = None) -> Columns:
        raise AssertionError(f"the engine was asked: {sql}")

    monkeypatch.setattr(engine, "read", refuse)


def asked(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> list[str]:
    """What is asked of the engine from now on."""
    questions: list[str] = []
    read = engine.read

    def noted(sql: str, tags: Sequence[int] | None = None) -> Columns:
        questions.append(sql)
        return read(sql, tags)

    monkeypatch.setattr(engine, "read", noted)
    return questions


def part_folders(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.name[:1] == "2" and each.is_dir())


def active_parts(engine: Engine, table: str = "points") -> set[str]:
    found = engine.read(f"SELECT name FROM system.parts WHERE active AND table = '{table}' AND rows > 0")
    return {str(name) for name in found.get("name", ())}


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


def home(engine: Engine, table: str = "points") -> Path:
    folder = engine.folder(table)
    assert folder is not None
    return folder


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


# Damage


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table's folder with a wide part on one day and a compact one on the next, each with full and sparse columns."""
    engine = open_engine(f"chdb://{tmp_path_factory.mktemp('made') / 'store'}")
    schema.create(engine, schema.TABLES)
    rng = np.random.default_rng(1)
    engine.command("ALTER TABLE didymium.points MODIFY SETTING min_compress_block_size = 1024")  # many frames
    for day, wide in ((0, 1), (1, 10**9)):
        engine.command(f"ALTER TABLE didymium.points MODIFY SETTING min_bytes_for_wide_part = {wide}")
        given = steady(500, T0 + day * DAY_US)
        known_s = np.where(rng.random(len(given)) < 0.01, 1_760_000_000, 0).astype(np.uint32)
        given.status[rng.random(len(given)) < 0.001] = BAD_NO_DATA
        given.flags[:] = rng.integers(0, 3, len(given))
        given.value[::7] = rng.normal(size=len(given.value[::7]))
        put(engine, given, known_s)
    folder = home(engine)
    engine.close()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it to be damaged."""
    subprocess.run(["cp", "-a", str(made), str(tmp_path / "table")], check=True)
    return tmp_path / "table"


WIDE = [
    "primary.cidx",
    "minmax_ts.idx",
    *(f"{name}{end}" for name in ("tag", "ts", *POINTS) for end in (".bin", ".cmrk2")),
    *(f"{name}.sparse.idx{end}" for name in ("status", "known_s") for end in (".bin", ".cmrk2")),
]
COMPACT = ["primary.cidx", "minmax_ts.idx", "data.bin", "data.cmrk4"]
TEXTS = ["count.txt", "columns.txt", "serialization.json", "checksums.txt"]
FILES = [
    *((0, name) for name in [*WIDE, *TEXTS]),
    *((1, name) for name in [*COMPACT, *TEXTS, "columns_substreams.txt"]),
]
FRAMED = [(part, name) for part, name in FILES if name.endswith((".bin", ".cidx", ".cmrk2", ".cmrk4"))]
LISTED = ("minmax_ts.idx", "count.txt", "serialization.json", "checksums.txt")
CHECKED = [*FRAMED, *((part, name) for part in (0, 1) for name in LISTED)]


def everything(folder: Path) -> Columns:
    return Table(folder, "ts").rows(POINTS, np.array(EVERY, np.uint32), *EVER)


def test_made_table_has_a_file_of_each_kind(made: Path) -> None:
    for part, name in FILES:
        assert (part_folders(made)[part] / name).stat().st_size > 0
    assert {each.name for each in part_folders(made)[0].glob("*.bin")} == {n for n in WIDE if n.endswith(".bin")}
    assert len(everything(made)["tag"]) == 2 * 500 * TAGS


@pytest.mark.parametrize(("part", "name"), CHECKED)
def test_damaged_byte_is_noticed_wherever_it_lies(
    folder: Path, monkeypatch: pytest.MonkeyPatch, part: int, name: str
) -> None:
    file = part_folders(folder)[part] / name
    content = file.read_bytes()
    rng = np.random.default_rng(len(name))
    places = {0, 15, 16, 17, 20, 21, 24, 25, len(content) - 1, *rng.integers(0, len(content), 4).tolist()}
    for at in sorted(place for place in places if place < len(content)):
        monkeypatch.setattr(parts_table, "HELD_ROWS", 400_000 * (at % 2))
        harmed = bytearray(content)
        harmed[at] ^= 1 << int(rng.integers(0, 8))
        file.write_bytes(harmed)
        with pytest.raises(Unreadable):
            everything(folder)
    file.write_bytes(content)
    assert len(everything(folder)["tag"]) == 2 * 500 * TAGS


def test_question_about_a_damaged_part_is_answered_rightly_or_not_at_all(
    folder: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_table, "HELD_ROWS", 0)
    rng = np.random.default_rng(9)
    whole = Table(made, "ts")
    told = {True: 0, False: 0}
    for _ in range(400):
        part, name = FRAMED[rng.integers(len(FRAMED))]
        file = part_folders(folder)[part] / name
        content = file.read_bytes()
        harmed = bytearray(content)
        harmed[rng.integers(len(content))] ^= int(rng.integers(1, 256))
        file.write_bytes(harmed)
        tags = np.unique(rng.integers(0, TAGS + 2, int(rng.choice([1, 2, 20])))).astype(np.uint32)
        first = T0 + part * DAY_US + int(rng.integers(0, 500)) * 1_000_000
        asked_for = (POINTS, tags, first, first + int(rng.choice([1, 100, 1000])) * 1_000_000)
        try:
            found = Table(folder, "ts").rows(*asked_for)
        except Unreadable:
            told[False] += 1
        else:
            told[True] += 1
            assert np.array_equal(digests(found), digests(whole.rows(*asked_for))), (name, asked_for)
        file.write_bytes(content)
    assert min(told.values()) > 10, told


@pytest.mark.parametrize(("part", "name"), FILES)
def test_file_that_is_cut_short_or_gone_is_noticed(folder: Path, part: int, name: str) -> None:
    file = part_folders(folder)[part] / name
    size = file.stat().st_size
    for left in (0,) if name == "count.txt" else (size // 2, 0) if name.endswith(".txt") else (size - 1, size // 2, 0):
        os.truncate(file, left)
        with pytest.raises(Unreadable):
            everything(folder)
    file.unlink()
    with pytest.raises(Unreadable):
        everything(folder)


def test_folder_that_is_gone_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be listed"):
        everything(tmp_path / "none")


def test_engine_is_asked_where_files_are_damaged_and_a_warning_says_so_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The engine has the index in memory since it wrote it, so it does not see the damage."""
    put(engine, steady(100))
    (part,) = part_folders(home(engine))
    flip(part / "primary.cidx")
    scan = opened(engine)
    questions = asked(monkeypatch, engine)
    for at in range(3):
        found = scan.rows("points", POINTS, EVERY, T0, T0 + MINUTE_US)
        assert len(questions) == at + 1
    assert np.array_equal(digests(found), digests(by_sql(engine, "points", POINTS, EVERY, T0, T0 + MINUTE_US)))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "points is read by SQL" in record.getMessage()
    assert "checksum is wrong" in record.getMessage()


def test_rows_that_nobody_can_read_end_in_the_engines_error(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    put(engine, steady(100))
    (part,) = part_folders(home(engine))
    flip(part / "data.bin")
    with pytest.raises(EngineError):
        opened(engine).rows("points", POINTS, EVERY, *EVER)
    assert "is read by SQL" in caplog.text


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


# What goes away


def remove_outdated(engine: Engine) -> int:
    """Remove the folders of parts that others took the place of, as the engine does some minutes later."""
    found = engine.read("SELECT name FROM system.parts WHERE NOT active AND table = 'points'")
    outdated = [home(engine) / str(name) for name in found.get("name", ())]
    here = [each for each in outdated if each.exists()]
    for each in here:
        shutil.rmtree(each)
    return len(here)


def overlapping(engine: Engine, batches: int = 4) -> None:
    """Parts of the same minutes."""
    engine.command("SYSTEM STOP MERGES didymium.points")
    for at in range(batches):
        put(engine, steady(200, T0 + at * 1000, at))
    engine.command("SYSTEM START MERGES didymium.points")


def merge(engine: Engine) -> None:
    engine.command("OPTIMIZE TABLE didymium.points FINAL")


def test_merged_parts_answer_after_their_sources_are_gone(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    overlapping(engine)
    scan = opened(engine)
    rows = same_as_sql(engine, scan)
    merge(engine)
    assert same_as_sql(engine, scan) == rows
    assert remove_outdated(engine) >= 4
    assert same_as_sql(engine, scan) == rows == 4 * 200 * TAGS
    unasked(monkeypatch, engine)
    assert len(scan.rows("points", POINTS, EVERY, *EVER)["tag"]) == rows
    assert not caplog.records


@pytest.mark.parametrize("held", [0, 400_000])
@pytest.mark.parametrize("step", ["_part", "_of_part", "column"])
def test_parts_that_go_away_during_a_question_are_looked_for_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: str, held: int
) -> None:
    """They go before one is opened, after all were opened, and between two columns."""
    monkeypatch.setattr(parts_table, "HELD_ROWS", held)
    overlapping(engine)
    scan = opened(engine)
    expected = by_sql(engine, "points", POINTS, EVERY, *EVER)
    owner: type[Any] = Part if step == "column" else Table
    real = getattr(owner, step)
    calls = []

    def gone_at_the_second(self: object, *arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            merge(engine)
            assert remove_outdated(engine) >= 4
        return real(self, *arguments)

    monkeypatch.setattr(owner, step, gone_at_the_second)
    found = scan.rows("points", POINTS, EVERY, *EVER)
    assert len(calls) > 2
    assert np.array_equal(digests(found), digests(expected))
    assert not caplog.records, "the merged part was found by itself"


def test_dropped_day_has_no_rows_left(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where the dropped parts still lie there; the empty one in their place has no time at all."""
    for day in (0, 1):
        for at in range(2):
            put(engine, steady(30, T0 + day * DAY_US + at * 500))
    engine.command("ALTER TABLE didymium.points MODIFY SETTING min_bytes_for_wide_part = 1")
    put(engine, steady(30, T0 + DAY_US + 700))
    scan = opened(engine)
    assert same_as_sql(engine, scan) == 5 * 30 * TAGS
    engine.command(f"ALTER TABLE didymium.points DROP PARTITION '{day_name(0)}'")
    assert len(part_folders(home(engine))) >= 5, "what was dropped is still there"
    for range_us in ((T0, T0 + DAY_US), (0, 1), (0, 2), (-1, 1), (-5, 2**62), EVER):
        assert same_as_sql(engine, scan, EVERY, *range_us) == (0 if range_us[1] <= T0 + DAY_US else 3 * 30 * TAGS)
    put(engine, steady(7))
    assert same_as_sql(engine, scan) == (7 + 3 * 30) * TAGS
    engine.command("TRUNCATE TABLE didymium.points")
    assert same_as_sql(engine, scan) == 0
    remove_outdated(engine)
    assert same_as_sql(engine, scan) == 0
    unasked(monkeypatch, engine)
    assert scan.rows("points", POINTS, EVERY, *EVER) == {}
    assert not caplog.records


def day_name(day: int) -> str:
    return time.strftime("%Y%m%d", time.gmtime((T0 + day * DAY_US) // 1_000_000))


def test_part_that_was_dropped_and_came_back_answers(engine: Engine) -> None:
    put(engine, steady(30))
    put(engine, steady(40, T0 + DAY_US))
    scan = opened(engine)
    engine.command(f"ALTER TABLE didymium.points DETACH PARTITION '{day_name(0)}'")
    assert same_as_sql(engine, scan) == 40 * TAGS
    engine.command(f"ALTER TABLE didymium.points ATTACH PARTITION '{day_name(0)}'")
    assert same_as_sql(engine, scan) == 70 * TAGS


def test_part_that_came_within_the_tick_of_the_folders_time_is_seen(engine: Engine) -> None:
    """Its coming did not change the time, and the listing before was too young to be trusted."""
    put(engine, steady(30))
    young_ns = time.time_ns() + 3_600_000_000_000
    os.utime(home(engine), ns=(young_ns, young_ns))
    scan = opened(engine)
    assert same_as_sql(engine, scan) == 30 * TAGS
    put(engine, steady(40, T0 + DAY_US))
    os.utime(home(engine), ns=(young_ns, young_ns))
    assert same_as_sql(engine, scan) == 70 * TAGS


def test_folder_that_did_not_change_is_listed_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    put(engine, steady(30))
    old_ns = time.time_ns() - 3_600_000_000_000
    os.utime(home(engine), ns=(old_ns, old_ns))
    scan = opened(engine)
    listed = []
    monkeypatch.setattr(parts_table, "active", lambda names: listed.append(1) or active(names))
    assert same_as_sql(engine, scan) == 30 * TAGS
    assert not listed
    put(engine, steady(40, T0 + DAY_US))
    assert same_as_sql(engine, scan) == 70 * TAGS
    assert listed


# Deletions and other layouts


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


# Readers beside a writer


@pytest.mark.parametrize("limits", [{}, {"HELD_ROWS": 0, "ROWS_AT_ONCE": 2000, "ROWS_SIDE_BY_SIDE": 500}])
def test_readers_beside_a_writer_see_whole_batches_and_all_that_was_acknowledged(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, limits: dict[str, int]
) -> None:
    """Parts are merged meanwhile, and the sources of a merge are removed at once."""
    for name, value in limits.items():
        monkeypatch.setattr(parts_table, name, value)
    scan = opened(engine)
    stored: list[int] = []
    done = threading.Event()
    wrong: list[str] = []
    answers = [0, 0, 0]

    def read(reader: int, tags: Sequence[int]) -> None:
        while not (done.is_set() and answers[reader]):
            before = len(stored)
            last = done.is_set()
            try:
                found = scan.rows("points", ("status",), tags, T0, T0 + DAY_US)
            except Exception as error:  # noqa: BLE001 - said in the main thread
                wrong.append(repr(error))
                return
            seen, rows = np.unique(found["status"], return_counts=True) if found else (np.empty(0, int), None)
            if rows is not None and (rows != 20 * len(tags)).any():
                wrong.append(f"{tags}: torn, {dict(zip(seen.tolist(), rows.tolist(), strict=True))}")
            if set(range(1, before + 1)) - set(seen.tolist()):
                wrong.append(f"{tags}: {before} were acknowledged, {len(seen)} are seen")
            answers[reader] += 1
            if last:
                return

    threads = [
        threading.Thread(target=read, args=(reader, tags)) for reader, tags in enumerate((EVERY, (1, 7, 31, 60), (9,)))
    ]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 61):
            put(engine, steady(20, T0 + number * 7001, number))
            stored.append(number)
            if number % 12 == 0:
                merge(engine)
                remove_outdated(engine)
    finally:
        done.set()
    for thread in threads:
        thread.join(60)
    assert not wrong, wrong[:3]
    assert min(answers) > 5
    assert same_as_sql(engine, scan) == 60 * 20 * TAGS
    assert not caplog.records, "nothing was left to SQL"
