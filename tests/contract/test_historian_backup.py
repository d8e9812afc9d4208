"""Backup under load, restore elsewhere, go on: the same rows, the same position; and no trust in a damaged backup."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from didymium.historian import Historian, Position, manifest
from didymium.historian.backup import Copied, Tree, copy, keep_newest
from didymium.historian.errors import BadBackup, BadTarget
from didymium.historian.frozen import Frozen
from didymium.historian.manifest import content_file, manifest_file, names, read_manifest
from didymium.historian.restore import check, restore
from didymium.historian.schema import DAY_US
from didymium.historian.store import open_engine
from didymium.model.readings import Readings
from didymium.service.backed import Backups
from didymium.spine.reader import Lag

PATHS = [f"S01.A.U.T{i}" for i in range(50)]
T0 = 1_760_000_000_000_000 // DAY_US * DAY_US
ROWS = 1000
Opened = Callable[[Path], Historian]


def message(seq: int) -> Readings:
    """Message ``seq`` of a stream that can be read again; every third reaches over midnight."""
    step = np.arange(ROWS, dtype=np.int64)
    time_us = T0 + seq * 1_000_000 + step + (step % 2) * (seq % 3 == 0) * DAY_US
    return Readings.of((step % 50 + 1).astype(np.uint32), time_us, np.full(ROWS, float(seq)))


def nothing(done: int, total: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens stores one after the other; the engine knows one folder at a time."""
    last: list[Historian] = []

    def open_one(folder: Path) -> Historian:
        if last:
            last.pop().close()
        last.append(Historian(open_engine(f"chdb://{folder}"), PATHS, reserve_bytes=0))
        return last[-1]

    yield open_one
    for historian in last:
        historian.close()


def back_up(store: Historian, destination: Path) -> tuple[Copied, Frozen]:
    frozen = store.freeze()
    try:
        return copy([Tree("historian", frozen.folder)], frozen, destination, program="test", told=nothing), frozen
    finally:
        store.thaw(frozen.name)


def rows_by_message(store: Historian) -> dict[int, int]:
    table = store.query("SELECT toUInt32(value) AS seq, count() AS n FROM didymium.readings GROUP BY seq ORDER BY seq")
    return dict(zip(table["seq"].to_pylist(), table["n"].to_pylist(), strict=True))


def test_backup_under_load_restored_elsewhere_goes_on_with_the_same_rows(tmp_path: Path, opened: Opened) -> None:
    store = opened(tmp_path / "store")
    stop = threading.Event()
    written: list[int] = []

    def load() -> None:
        while not stop.is_set():
            seq = len(written) + 1
            store.write(message(seq), Position("e1", seq, seq))
            written.append(seq)
            store.roll(time.time_ns() // 1_000)

    writer = threading.Thread(target=load)
    writer.start()
    backups: list[tuple[Copied, Frozen]] = []
    while len(backups) < 3:
        before = len(written)
        while len(written) < before + 8:
            time.sleep(0.01)
        backups.append(back_up(store, tmp_path / "backup"))
    before = len(written)
    while len(written) < before + 3:
        time.sleep(0.01)
    stop.set()
    writer.join(60)
    last = len(written)
    store.close()
    shutil.rmtree(tmp_path / "store")

    for copied, frozen in backups:
        (position,) = frozen.positions
        assert copied.manifest.rows["points"] == position.last_seq * ROWS, "a batch and its position go together"
    assert backups[-1][0].new_files < len(backups[-1][0].manifest.files), "parts are not copied twice"

    found = restore(tmp_path / "backup", tmp_path / "other", at=None, told=nothing)
    store = opened(tmp_path / "other" / "historian")
    position = store.positions("e1")
    assert position is not None
    assert position == backups[-1][1].positions[0]
    assert position.last_seq < last, "the load went on after the backup"
    assert rows_by_message(store) == dict.fromkeys(range(1, position.last_seq + 1), ROWS)
    assert store.write(message(position.last_seq), position) == 0, "the batch of the position is not stored twice"
    for seq in range(position.last_seq + 1, last + 1):
        store.write(message(seq), Position("e1", seq, seq))
    assert rows_by_message(store) == dict.fromkeys(range(1, last + 1), ROWS)
    assert store.trouble() == []
    assert found.rows["points"] == position.last_seq * ROWS


def test_import_that_was_backed_up_is_not_stored_twice(tmp_path: Path, opened: Opened) -> None:
    store = opened(tmp_path / "store")
    store.import_history(message(1), "import-a")
    back_up(store, tmp_path / "backup")
    opened(tmp_path / "unused").close()
    restore(tmp_path / "backup", tmp_path / "other", at=None, told=nothing)
    store = opened(tmp_path / "other" / "historian")
    store.import_history(message(1), "import-a")
    assert rows_by_message(store) == {1: ROWS}


def test_edge_keeps_what_comes_after_a_freeze_while_it_is_copied(tmp_path: Path, opened: Opened) -> None:
    store = opened(tmp_path / "store")
    backups = Backups(store, tmp_path, keep_bytes=2.0**30)
    lag = Lag(0, 10, 1000)
    write = iter(range(1, 10))

    def durable() -> int:
        seq = next(write)
        store.write(message(seq), Position("e1", seq, seq))
        return seq

    assert backups.may_forget("e1", durable(), lag) == 1
    assert backups.may_forget("e1", durable(), lag) == 2, "no backup needs anything"
    frozen = backups.freeze()
    assert backups.may_forget("e1", durable(), lag) == frozen.positions[0].first_seq - 1 == 1
    backups.thaw(frozen.name, kept=True)
    assert backups.may_forget("e1", durable(), lag) == 1
    later = backups.freeze()
    assert backups.may_forget("e1", durable(), lag) == 1, "the older one is the newest that is whole"
    backups.thaw(later.name, kept=False)
    assert backups.may_forget("e1", durable(), lag) == 1
    last = backups.freeze()
    backups.thaw(last.name, kept=True)
    assert backups.may_forget("e1", durable(), lag) == 5
    assert Backups(store, tmp_path, keep_bytes=2.0**30).may_forget("e1", 9, lag) == 5, "noted on disk"


def test_edge_forgets_nothing_more_while_the_store_is_being_frozen(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path / "store")
    backups = Backups(store, tmp_path, keep_bytes=2.0**30)
    assert backups.may_forget("e1", 3, None) == 3
    meanwhile: list[int] = []
    freeze = store.freeze

    def slow() -> Frozen:
        meanwhile.append(backups.may_forget("e1", 7, None))
        return freeze()

    monkeypatch.setattr(store, "freeze", slow)
    frozen = backups.freeze()
    assert meanwhile == [3]
    backups.thaw(frozen.name, kept=False)
    assert backups.may_forget("e1", 7, None) == 7


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("made")
    store = Historian(open_engine(f"chdb://{folder / 'store'}"), PATHS, reserve_bytes=0)
    made = []
    for seq in (1, 2):
        store.write(message(seq), Position("e1", seq, seq))
        made.append(back_up(store, folder / "backup")[1].name)
    store.close()
    return folder / "backup", made


@pytest.fixture
def backed_up(tmp_path: Path, made_once: tuple[Path, list[str]]) -> tuple[Path, list[str]]:
    """A backup folder with two backups, of one message and of two, to be damaged."""
    shutil.copytree(made_once[0], tmp_path / "backup")
    return tmp_path / "backup", made_once[1]


def new_content(backup: Path, made: list[str]) -> Path:
    """The values' file that only the second backup needs."""
    first = {entry.digest for entry in read_manifest(backup, made[0]).files}
    entries = [entry for entry in read_manifest(backup, made[1]).files if entry.digest not in first]
    return content_file(backup, next(entry.digest for entry in entries if entry.path.endswith("data.bin")))


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "said"),
    [(flip, "other bytes"), (Path.unlink, "is missing"), (lambda file: os.truncate(file, 5), "has 5 bytes")],
    ids=["a flipped bit", "a missing file", "a cut file"],
)
def test_damaged_backup_restores_nothing_and_names_the_file_and_a_whole_one(
    backed_up: tuple[Path, list[str]], tmp_path: Path, harm: Callable[[Path], None], said: str
) -> None:
    backup, made = backed_up
    harmed = new_content(backup, made)
    harm(harmed)
    with pytest.raises(BadBackup) as damaged:
        restore(backup, tmp_path / "other", at=None, told=nothing)
    assert damaged.value.files == (harmed,)
    assert said in str(damaged.value)
    assert f"--at {made[0]}" in str(damaged.value), "the first backup does not need the file"
    assert list((tmp_path / "other").iterdir()) == []
    with pytest.raises(BadBackup, match="Nothing was restored"):
        check(backup, made[1], nothing)
    assert restore(backup, tmp_path / "other", at=made[0], told=nothing).rows["points"] == ROWS


def test_cut_manifest_is_not_a_backup(backed_up: tuple[Path, list[str]], tmp_path: Path) -> None:
    backup, made = backed_up
    file = manifest_file(backup, made[1])
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(BadBackup, match=f"damaged.*--at {made[0]}"):
        restore(backup, tmp_path / "other", at=None, told=nothing)
    assert not (tmp_path / "other").exists()


def test_manifest_of_a_later_program_is_refused(backed_up: tuple[Path, list[str]], tmp_path: Path) -> None:
    backup, made = backed_up
    later = read_manifest(backup, made[1])
    manifest.write_manifest(backup, msgspec.structs.replace(later, format=99))
    with pytest.raises(BadBackup, match=r"format 99.*use a later program"):
        restore(backup, tmp_path / "other", at=None, told=nothing)


def test_backup_that_does_not_hold_what_it_says_is_found_out(backed_up: tuple[Path, list[str]], tmp_path: Path) -> None:
    """Every checksum is right, but a part was never in it."""
    backup, made = backed_up
    whole = read_manifest(backup, made[1])
    parts = {str(Path(e.path).parent) for e in whole.files if e.path.endswith("checksums.txt") and e.bytes > 200}
    lost = sorted(parts)[0]
    files = [entry for entry in whole.files if str(Path(entry.path).parent) != lost]
    manifest.write_manifest(backup, msgspec.structs.replace(whole, files=files))
    with pytest.raises(BadBackup, match="rows"):
        restore(backup, tmp_path / "other", at=None, told=nothing)
    assert list((tmp_path / "other").iterdir()) == []


def test_restore_fills_no_folder_that_holds_something(backed_up: tuple[Path, list[str]], tmp_path: Path) -> None:
    backup, made = backed_up
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with pytest.raises(BadTarget, match=r"not empty \(it holds letter.txt\)"):
        restore(backup, tmp_path / "other", at=None, told=nothing)
    with pytest.raises(BadBackup, match=f"no backup '2001'; it has: {made[0]}, {made[1]}"):
        restore(backup, tmp_path / "new", at="2001", told=nothing)
    with pytest.raises(BadBackup, match="holds no backup"):
        restore(tmp_path / "nowhere", tmp_path / "new", at=None, told=nothing)


def test_only_the_newest_backups_are_kept_and_stay_whole(backed_up: tuple[Path, list[str]], tmp_path: Path) -> None:
    backup, made = backed_up
    files = set((backup / "files").glob("*/*"))
    assert keep_newest(backup, 2) == 0
    assert keep_newest(backup, 1) == 1
    assert names(backup) == [made[1]]
    assert set((backup / "files").glob("*/*")) < files
    assert check(backup, None, nothing).name == made[1]


def test_backup_goes_into_no_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("mine")
    held = Frozen("x", tmp_path / "letters", 1, (), {}, 0.0)
    with pytest.raises(BadBackup, match="holds something else"):
        copy([], held, tmp_path / "letters", program="test", told=nothing)
