"""The engine's files read directly: what is damaged is noticed, and the engine is asked instead."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from part_files import EVER, EVERY, POINTS, TAGS, by_sql, digests, everything, home, opened, part_folders, put, steady

from didymium.historian import schema
from didymium.historian.engine import Columns, Engine
from didymium.historian.errors import EngineError
from didymium.historian.parts import table as parts_table
from didymium.historian.parts.errors import Unreadable
from didymium.historian.parts.table import Table
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.store import open_engine
from didymium.model.status import BAD_NO_DATA
from tests.stored import T0


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


def asked(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> list[str]:
    """What is asked of the engine from now on."""
    questions: list[str] = []
    read = engine.read

    def noted(sql: str, tags: Sequence[int] | None = None) -> Columns:
        questions.append(sql)
        return read(sql, tags)

    monkeypatch.setattr(engine, "read", noted)
    return questions


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


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
