"""Late, twice, corrected and shuffled ends as in order: every answer is the same to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench import replay
from bench.replay import BATCH_S, START_US, shuffled, stamped, taken
from didymium.historian import reading
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA

TAGS, SECONDS = 200, 600
SAME = ("points_1m", "points_1h", "raw")
PATHS = [f"S{1 + i % 24:02d}.A.U.T{i}" for i in range(TAGS)]


def batches() -> Iterator[Readings]:
    """Noise with full mantissas, so that a sum in another order would show."""
    rng = np.random.default_rng(7)
    for at in range(0, SECONDS, BATCH_S):
        value = rng.normal(50.0, 10.0, (BATCH_S, TAGS))
        value[rng.random(value.shape) < 0.001] = np.nan
        status = np.where(rng.random(value.shape) < 0.01, np.uint32(BAD_NO_DATA), np.uint32(0))
        yield stamped(value, status.astype(np.uint32), START_US // 1_000_000 + at)


def rows_of(readings: Readings) -> set[tuple[int, int, int, int]]:
    columns = (readings.tag, readings.time_us, readings.value.view(np.uint64), readings.status)
    return set(zip(*(column.tolist() for column in columns), strict=True))


def test_shuffled_readings_are_the_same_and_some_twice() -> None:
    given, come = Readings.concat(list(batches())), Readings.concat(list(shuffled(batches(), 1)))
    assert rows_of(come) == rows_of(given)
    twice = (len(come) - len(given)) / len(given)
    assert twice == pytest.approx(replay.TWICE, rel=0.2)
    late = np.maximum.accumulate(come.time_us) - come.time_us > 60_000_000
    assert 0.02 < late.mean() < replay.LATE + replay.TWICE
    assert len(given) > TAGS * SECONDS, "some moments have two different readings"


def test_shuffled_replay_answers_as_the_ordered_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROLLUP_FROM_TAG_DAYS", 1.0)
    ordered = taken(f"chdb://{tmp_path}/ordered", PATHS, batches(), SECONDS, in_order=True)
    other = taken(f"chdb://{tmp_path}/other", PATHS, shuffled(batches(), 1), SECONDS, in_order=False)
    assert other.rows > ordered.rows
    assert other.corrected == ordered.corrected > 50
    assert {name: other.digests[name] for name in SAME} == {name: ordered.digests[name] for name in SAME}
