"""What is damaged is found, named, and comes with what to do; a whole store is said to be whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from didymium.historian import Historian, Position, StoreTooNew, examine
from didymium.historian.archive import Archive
from didymium.historian.embedded import EmbeddedEngine
from didymium.historian.engine import Columns
from didymium.historian.native import encode
from didymium.historian.retention import Retention, TagClass
from didymium.historian.schema import DAY_US, VERSION
from didymium.historian.store import open_engine
from didymium.model.readings import Readings
from tests.installation import PROJECT

PATHS = [f"S01.A.U.T{i}" for i in range(5)]
DAY = 20_300
EVERY = Retention(1, (TagClass("default", None, None, None),))


def day_of(day: int, rows: int = 5000) -> Readings:
    step = np.arange(rows, dtype=np.int64)
    values = np.random.default_rng(day).normal(size=rows)
    return Readings.of((step % 5 + 1).astype(np.uint32), day * DAY_US + step * 1_000_000, values)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation's folder whose store has three days, the first of them archived, and a ledger of five."""
    folder = tmp_path_factory.mktemp("made")
    engine = open_engine(f"chdb://{folder / 'historian'}")
    store = Historian(engine, PATHS, reserve_bytes=0, archive=Archive(str(folder / "archive")))
    for seq, day in enumerate((DAY, DAY + 2, DAY + 4), 1):
        store.write(day_of(day), Position("e1", seq, seq))
    store.save_ledger(
        ("S01", day * DAY_US + hour * 3_600_000_000, 300, 0 if day == DAY + 3 else 300, "edge down")
        for day in range(DAY, DAY + 4)
        for hour in range(4)
    )
    assert store.move_day(EVERY, (DAY + 2) * DAY_US, lambda _: None) is not None
    engine.keep_definitions()
    store.close()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it to be damaged."""
    subprocess.run(["cp", "-a", str(made), str(tmp_path / "data")], check=True)
    return tmp_path / "data"


def checked(folder: Path) -> list[str]:
    """Everything that a check finds, each with its advice."""
    store = folder / "historian"
    findings = examine.definitions(store)
    archive = Archive(str(folder / "archive"))
    if not findings:
        engine = EmbeddedEngine(store)
        try:
            findings += examine.state(engine, archive.days)
            for part in examine.parts(engine):
                findings += examine.part(engine, part.table, part.name)
        finally:
            engine.close()
    findings += examine.leftovers(store)
    findings += archive.check(lambda done, total: None)
    assert all(finding.advice for finding in findings)
    return [f"{finding.what} | {finding.advice}" for finding in findings]


def values_file(folder: Path) -> Path:
    """The largest file of a day that is in the store."""
    return max((folder / "historian" / "store").glob("*/*/2025*/*.bin"), key=lambda file: file.stat().st_size)


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def torn(folder: Path) -> None:
    os.truncate(values_file(folder), 100)


def bit_rot(folder: Path) -> None:
    flip(values_file(folder))


def empty_definition(folder: Path) -> None:
    (definition,) = (folder / "historian" / "store").glob("*/*/points.sql")
    definition.write_bytes(b"")


def missing_definition(folder: Path) -> None:
    (definition,) = (folder / "historian" / "store").glob("*/*/points.sql")
    definition.unlink()


def abandoned_backup(folder: Path) -> None:
    (folder / "historian" / "shadow" / "20260101T000000_000000Z").mkdir(parents=True)


def archive_file_gone(folder: Path) -> None:
    next((folder / "archive").glob("*/*.parquet")).unlink()


def archive_file_unnamed(folder: Path) -> None:
    (folder / "archive" / "2025-01-01" / "x.parquet").parent.mkdir()
    (folder / "archive" / "2025-01-01" / "x.parquet").write_bytes(b"PAR1")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (torn, ["part broken-on-start_2025", "set aside as broken-on-start", "restore"]),
        (bit_rot, ["part 2025", "is damaged", "Checksum", "restore"]),
        (empty_definition, ["points.sql is empty", "put its copy back: cp"]),
        (missing_definition, ["points.sql is missing", "put its copy back: cp"]),
        (abandoned_backup, ["20260101T000000_000000Z is left of a backup", "rm -r"]),
        (archive_file_gone, ["archive file", "is missing", "copy the file"]),
        (archive_file_unnamed, ["belong to no day", "remove"]),
    ],
)
def test_damage_is_found_and_named_with_what_to_do(folder: Path, harm: Callable[[Path], None], said: list[str]) -> None:
    before = set(checked(folder))
    harm(folder)
    found = [each for each in checked(folder) if each not in before]
    assert len(found) >= 1
    assert all(words in found[0] for words in said), found


def test_days_that_are_missing_are_told_apart(folder: Path) -> None:
    lost, quiet = checked(folder)
    assert lost.startswith("2025-08-01: 1,200 readings were received, and neither store nor archive has any | restore")
    assert quiet.startswith("2025-08-03: none of 1,200 readings came (edge down) | nothing is damaged; import")


def test_store_of_a_later_program_is_told_from_damage(folder: Path) -> None:
    engine = EmbeddedEngine(folder / "historian")
    columns: Columns = {"version": np.array([VERSION + 1], np.uint32)}
    engine.insert("schema", encode({"version": "UInt32"}, list(columns.values())), {})
    with pytest.raises(StoreTooNew, match="use a later program"):
        Historian(engine, PATHS)
    engine.close()
    (told,) = [each for each in checked(folder) if "later program" in each]
    assert f"schema {VERSION + 1}, this one knows {VERSION}" in told
    rows = EmbeddedEngine(folder / "historian")
    assert int(rows.read("SELECT count() AS n FROM didymium.points")["n"][0]) == 10_000, "nothing was touched"
    rows.close()


def test_command_ends_with_1_for_findings_and_0_for_none(folder: Path) -> None:
    def check() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "didymium", "historian", "check", "--data", str(folder), "--port-offset", "43"]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=PROJECT)

    ran = check()
    assert ran.returncode == 1, ran.stderr
    assert "2 findings" in ran.stdout
    engine = EmbeddedEngine(folder / "historian")
    engine.command("TRUNCATE TABLE didymium.ledger")
    engine.close()
    ran = check()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "every checksum right, no day missing" in ran.stdout.replace("\n", " ")
