"""The historian on the embedded engine: its files, its owner, its signals, its disk."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from stored import T0, Open, reopening, seconds, stored

from didymium.historian import (
    BadUrl,
    DiskFull,
    Historian,
    Position,
    StoreBusy,
    StoreDamaged,
    StoreTooNew,
    migration,
    schema,
)
from didymium.historian.schema import DAY_US
from didymium.historian.store import open_engine


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Open]:
    with reopening(f"chdb://{tmp_path / 'store'}") as again:
        yield again


@pytest.fixture
def store(reopen: Open) -> Historian:
    return reopen()


def part_files(store: Historian, pattern: str) -> list[Path]:
    table = store.query("SELECT path FROM system.parts WHERE table = 'points' AND active ORDER BY name")
    return [file for path in table["path"].to_pylist() for file in Path(path).glob(pattern)]


# Owners, damage, versions


def test_store_has_one_owner_at_a_time(store: Historian, tmp_path: Path) -> None:
    with pytest.raises(StoreBusy) as refused:
        open_engine(f"chdb://{tmp_path / 'store'}")
    assert refused.value.pid == os.getpid()
    assert str(os.getpid()) in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite:///x", "chdb://relative/path", "clickhouse:///nohost", "/plain/path"])
def test_unknown_address_is_named(url: str) -> None:
    with pytest.raises(BadUrl, match=url):
        open_engine(url)


def test_signals_stay_the_programs_own(reopen: Open) -> None:
    def caught() -> int:
        line = next(s for s in Path("/proc/self/status").read_text().splitlines() if s.startswith("SigCgt"))
        return int(line.split()[1], 16)

    interrupt = signal.getsignal(signal.SIGINT)
    reopen()
    taken = caught()
    for number in (signal.SIGTERM, signal.SIGTSTP, signal.SIGQUIT, signal.SIGHUP):
        assert not taken >> (number - 1) & 1, number
    assert signal.getsignal(signal.SIGINT) is interrupt


def test_broken_part_is_told_and_the_rest_is_readable(reopen: Open) -> None:
    store = reopen()
    for day in range(3):
        store.write(seconds(0, 10, at_us=T0 + day * DAY_US), Position("e1", day, day))
    assert store.trouble() == []
    data = part_files(store, "*.bin")
    store.close()
    os.truncate(data[0], data[0].stat().st_size // 2)
    store = reopen()
    (told,) = store.trouble()
    assert "broken-on-start" in told
    assert "points" in told
    assert stored(store) == 400


def test_empty_definition_is_named_with_its_copy(reopen: Open, tmp_path: Path) -> None:
    reopen().write(seconds(0, 1), Position("e1", 1, 1))
    reopen().close()
    (definition,) = (tmp_path / "store").glob("store/*/*/points.sql")
    definition.write_bytes(b"")
    with pytest.raises(StoreDamaged) as damaged:
        reopen()
    assert damaged.value.file == definition
    assert str(definition) in str(damaged.value)
    assert damaged.value.copy is not None
    definition.write_bytes(damaged.value.copy.read_bytes())
    assert stored(reopen()) == 20


def test_store_of_a_later_program_is_left_alone(reopen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    reopen()
    now = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", now - 1)
    with pytest.raises(StoreTooNew, match=f"schema {now}"):
        reopen()


def test_older_store_is_migrated_step_by_step(reopen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    reopen()
    steps: list[int] = []
    now = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", now + 2)
    steps_on = {now: lambda _: steps.append(1), now + 1: lambda _: steps.append(2)}
    monkeypatch.setattr(migration, "MIGRATIONS", steps_on)
    reopen()
    reopen()
    assert steps == [1, 2]


# A full disk


def test_writing_pauses_before_the_disk_is_full_and_loses_nothing(reopen: Open) -> None:
    free = [1000]
    store = reopen(reserve_bytes=100, space=lambda: (free[0], 10_000))
    store.write(seconds(0, 1), Position("e1", 1, 1))
    free[0] = 99
    with pytest.raises(DiskFull):
        store.write(seconds(1, 1), Position("e1", 2, 2))
    assert store.disk().paused
    assert store.disk().free_bytes == 99
    assert store.positions("e1") == Position("e1", 1, 1)
    assert stored(store) == 20, "reading goes on"
    free[0] = 1000
    assert store.write(seconds(1, 1), Position("e1", 2, 2)) == 20
    assert not store.disk().paused
    assert stored(store) == 40


def test_disk_state_counts_what_is_there(store: Historian) -> None:
    assert np.isnan(store.disk().bytes_per_point)
    store.write(seconds(0, 100), Position("e1", 1, 1))
    state = store.disk()
    assert state.rows == 2000
    assert 0 < state.bytes_per_point < 20
    assert state.bytes_used > 2000 * state.bytes_per_point
