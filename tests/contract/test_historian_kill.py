"""A writer that is killed again and again, and a disk that is really full: nothing missing, nothing twice.

Run as a program, this file is the writer: it takes the batches of a stream that can be read again from any number,
as the centre does with the spine, and says each number once its batch is durable.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from didymium.historian import DiskFull, EngineError, Historian, Position, merging
from didymium.historian.schema import DAY_US
from didymium.historian.store import open_engine
from didymium.model.readings import Readings

PATHS = [f"S01.A.U.T{i}" for i in range(100)]
T0 = 1_760_000_000_000_000 // DAY_US * DAY_US
BIG = 25
"""The one batch that is longer than the engine's block."""
LAST = 250


def batch(seq: int) -> Readings:
    """Message ``seq`` of the stream, the same each time; no two messages share a tag and time.

    Every fifth reaches over midnight and every seventh holds late rows of four days.
    """
    rows = 1_100_000 if seq == BIG else 2000
    step = np.arange(rows, dtype=np.int64)
    time_us = T0 + seq * 2_000_000 + step
    if seq % 5 == 0:
        time_us = time_us + (step % 2) * DAY_US
    if seq % 7 == 0:
        time_us = time_us - (step % 4) * 3 * DAY_US
    return Readings.of((step % 100 + 1).astype(np.uint32), time_us, np.full(rows, float(seq)))


def write_stream(folder: Path) -> None:
    """The centre's part: replay what the stored position says, then go on, one or more messages a batch."""
    store = Historian(open_engine(f"chdb://{folder}"), PATHS, reserve_bytes=0)
    at = store.positions("e1")
    if at is not None:
        store.write(Readings.concat([batch(seq) for seq in range(at.first_seq, at.last_seq + 1)]), at)
        print(at.last_seq, flush=True)
    seq = at.last_seq + 1 if at else 1
    chosen = random.Random()
    print("ready", flush=True)
    while seq <= LAST:
        last = min(LAST, seq + chosen.randrange(3))
        store.write(Readings.concat([batch(s) for s in range(seq, last + 1)]), Position("e1", seq, last))
        print(last, flush=True)
        store.roll(time.time_ns() // 1000)
        seq = last + 1
    store.close()


def run_writer(folder: Path, kill_after_s: float | None) -> int:
    """Start a writer, kill it that long after it is ready; the last number that it acknowledged, 0 without any."""
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = []
        for line in writer.stdout:
            said.append(line.strip())
            if said[-1] == "ready":
                break
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            writer.kill()
        said += [line.strip() for line in writer.stdout]
        writer.wait(60)
        assert kill_after_s is not None or writer.returncode == 0
    numbers = [int(word) for word in said if word.isdigit()]
    return numbers[-1] if numbers else 0


def test_killed_writer_loses_nothing_and_stores_nothing_twice(tmp_path: Path) -> None:
    chosen = random.Random(11)
    acknowledged = 0
    for _ in range(10):
        acknowledged = max(acknowledged, run_writer(tmp_path, chosen.uniform(0.0, 0.3)))
    assert 0 < acknowledged < LAST, "the kills came while it wrote"
    assert run_writer(tmp_path, None) == LAST

    store = Historian(open_engine(f"chdb://{tmp_path}"), PATHS)
    try:
        while store.roll(time.time_ns() // 1000):
            pass
        table = store.query(
            "SELECT toUInt32(value) AS seq, count() AS n, uniqExact(tag, ts) AS distinct"
            " FROM didymium.readings GROUP BY seq ORDER BY seq"
        )
        found = {row["seq"]: (row["n"], row["distinct"]) for row in table.to_pylist()}
        rolled = store.query("SELECT sum(n) AS n FROM didymium.points_1m FINAL").to_pylist()[0]["n"]
    finally:
        store.close()
    expected = {seq: (len(batch(seq)),) * 2 for seq in range(1, LAST + 1)}
    assert found == expected
    assert rolled == sum(n for n, _ in expected.values()), "late minutes survived the kills too"


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A real file system of 48 MiB, or as many as the parameter says."""
    size_mib = getattr(request, "param", 48)
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "none", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mount.returncode:
        pytest.skip(f"this machine lets us mount nothing: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def noise(seq: int) -> Readings:
    """200,000 values that do not compress: about 1.5 MB."""
    n = 200_000
    return Readings.of(
        (np.arange(n) % 100 + 1).astype(np.uint32),
        T0 + seq * 10_000_000 + np.arange(n, dtype=np.int64),
        np.random.default_rng(seq).normal(size=n),
    )


def test_really_full_disk_pauses_and_resumes_without_loss(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(24 << 20))
    store = Historian(open_engine(f"chdb://{small_disk / 'store'}"), PATHS, reserve_bytes=0)
    try:
        seq = 1
        with pytest.raises(DiskFull) as full:
            while seq < 100:
                store.write(noise(seq), Position("e1", seq, seq))
                seq += 1
        assert full.value.free_bytes < 8 << 20
        assert store.disk().paused
        assert 1 < seq < 40
        with pytest.raises(DiskFull):
            store.write(noise(seq), Position("e1", seq, seq))
        ballast.unlink()
        for again in range(seq, seq + 2):
            store.write(noise(again), Position("e1", again, again))
        assert not store.disk().paused
        assert int(store.count(0, 2**62).count.sum()) == (seq + 1) * 200_000
        assert store.trouble() == []
    finally:
        store.close()


def big_noise(seq: int) -> Readings:
    """400,000 values that do not compress: 3 MB, so that merging ten of them takes a while."""
    n = 400_000
    values = np.random.default_rng(seq).normal(size=n)
    step = np.arange(n, dtype=np.int64)
    return Readings.of((step % 100 + 1).astype(np.uint32), T0 + seq * 10_000_000 + step, values)


class Filler:
    """Takes the room of a small disk and gives it back."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "filler"

    def take(self, leave_bytes: int) -> None:
        with self._file.open("wb") as file, contextlib.suppress(OSError):
            size = 0
            while os.statvfs(self._file).f_bavail * 4096 > leave_bytes:
                os.posix_fallocate(file.fileno(), size, 1 << 16)
                size += 1 << 16

    def give_back(self) -> None:
        self._file.unlink()


def merge_while(store: Historian, work: Callable[[], None], columns: int = 0) -> str:
    """Merge all parts, do the work as soon as so many columns are written; what the engine said to the merge."""
    said = []

    def merge() -> None:
        try:
            store._engine.command("OPTIMIZE TABLE didymium.points FINAL")
        except EngineError as error:
            said.append(str(error))
        else:
            said.append("done")

    merging = threading.Thread(target=merge)
    merging.start()
    begun = f"SELECT count() AS n FROM system.merges WHERE columns_written >= {columns}"
    while not said and not int(store._engine.read(begun)["n"][0]):
        time.sleep(0.001)
    work()
    merging.join(60)
    return said[0]


@pytest.mark.parametrize("small_disk", [120], indirect=True)
def test_disk_that_fills_during_a_merge_costs_no_row(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "BUSY_ROWS_PER_S", 10**9)  # merges wait for no writer here
    filler = Filler(small_disk)
    store = Historian(open_engine(f"chdb://{small_disk / 'store'}"), PATHS, reserve_bytes=0)
    try:
        store._engine.command("SYSTEM STOP MERGES")
        for seq in range(1, 11):
            store.write(big_noise(seq), Position("e1", seq, seq))
        store._engine.command("SYSTEM START MERGES")

        # Nobody watches: the engine takes the short part for whole.
        assert merge_while(store, lambda: filler.take(0), columns=1) == "done"
        with pytest.raises(EngineError):
            store.span([1], 0, 2**62)
        store.mend()
        assert int(store.count(0, 2**62).count.sum()) == 4_000_000
        assert store.trouble() == []
        with pytest.raises(DiskFull):
            store.write(big_noise(11), Position("e1", 11, 11))
        filler.give_back()

        # Watched: the merge is given up while there is room.
        store._guard._reserve = 30 << 20

        def fill() -> None:
            filler.take(28 << 20)
            store.watch_disk()

        assert "Cancelled merging" in merge_while(store, fill)
        assert "merging is stopped" in store.trouble()[0]
        assert store.disk().paused
        filler.give_back()
        store.watch_disk()
        assert store.trouble() == []
        store.write(big_noise(11), Position("e1", 11, 11))
        assert merge_while(store, lambda: None) == "done"
        store.mend()
        assert int(store.count(0, 2**62).count.sum()) == 4_400_000
        table = store.query("SELECT count() AS n FROM system.parts WHERE table = 'points' AND active")
        assert table.to_pylist() == [{"n": 1}]
    finally:
        store.close()


if __name__ == "__main__":
    write_stream(Path(sys.argv[1]))
