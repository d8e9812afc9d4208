"""Merges wait while rows come fast, and go on when they do not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from didymium.historian import merging
from didymium.historian.disk import DiskGuard
from didymium.historian.merging import Merging

STOP, START = "SYSTEM STOP MERGES didymium.points", "SYSTEM START MERGES didymium.points"


class Listening:
    """Notes what it is told; has ``parts`` parts."""

    database = "didymium"

    def __init__(self) -> None:
        self.told: list[str] = []
        self.parts = 1

    def command(self, sql: str) -> None:
        self.told.append(sql)

    def read(self, sql: str) -> dict[str, object]:
        return {"n": np.array([self.parts])}


@pytest.fixture
def engine() -> Listening:
    return Listening()


@pytest.fixture
def watched(engine: Listening, monkeypatch: pytest.MonkeyPatch) -> Iterator[Merging]:
    monkeypatch.setattr(merging, "BUSY_LOOK_S", 0.05)
    free = DiskGuard("here", lambda: (10**12, 10**12), None)
    one = Merging(engine, free)  # type: ignore[arg-type]
    yield one
    one.close()


def soon(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def test_ten_times_the_demonstrations_pace_holds_no_merge_up(engine: Listening, watched: Merging) -> None:
    for step in range(200):
        watched.wrote(1_900, step * 0.01)
    assert engine.told == []


def test_merges_wait_until_the_writer_rests(engine: Listening, watched: Merging) -> None:
    now_s = time.monotonic()
    watched.wrote(30_000, now_s)
    assert engine.told == []
    watched.wrote(30_000, now_s)
    assert engine.told == [STOP]
    assert soon(lambda: engine.told == [STOP, START])


def test_merges_go_on_before_there_are_too_many_parts(engine: Listening, watched: Merging) -> None:
    watched.wrote(10**9, time.monotonic() + 1000)  # rows keep coming
    engine.parts = merging.MOST_PARTS
    assert soon(lambda: engine.told == [STOP, START])


def test_a_plants_pace_after_a_history_does_not_keep_merges_waiting(engine: Listening, watched: Merging) -> None:
    watched.wrote(10**6, time.monotonic())
    assert engine.told == [STOP]

    def live() -> bool:
        watched.wrote(10, time.monotonic())
        return len(engine.told) > 1

    assert soon(live)
    assert engine.told == [STOP, START]


def test_merges_that_had_to_go_on_are_left_alone_until_parts_are_few(engine: Listening, watched: Merging) -> None:
    engine.parts = merging.MOST_PARTS
    for second in range(20):
        watched.wrote(10**6, 1000.0 + second)
    assert engine.told == []
    engine.parts = merging.MOST_PARTS // 2 - 1
    watched.wrote(10**6, 2000.0)
    assert engine.told == [STOP]


def test_closed_store_is_not_looked_at(engine: Listening, watched: Merging) -> None:
    watched.wrote(10**9, time.monotonic())
    watched.close()
    time.sleep(0.2)
    assert engine.told == [STOP]
