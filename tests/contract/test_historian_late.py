"""Late, twice, corrected and shuffled ends as in order: every answer is the same to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench import replay
from bench.replay import BATCH_S, START_US, shuffled, stamped, taken
from didymium.historian import Historian, buckets
from didymium.historian.store import open_engine
from didymium.historian.windows import HOUR_US
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA

TAGS, SECONDS = 200, 600
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
    monkeypatch.setattr(buckets, "ROLLUP_FROM_TAG_DAYS", 1.0)
    ordered = taken(f"chdb://{tmp_path}/ordered", PATHS, batches(), SECONDS, in_order=True)
    other = taken(f"chdb://{tmp_path}/other", PATHS, shuffled(batches(), 1), SECONDS, in_order=False)
    assert other.rows > ordered.rows
    assert other.corrected == ordered.corrected > 50
    assert other.digests == ordered.digests


def test_note_that_names_no_tag_has_each_tag_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a migration; the minute is not the hour's first, and one tag has lost its rows since."""
    monkeypatch.setattr("didymium.historian.store._now_us", lambda: START_US)

    def opened() -> Historian:
        return Historian(open_engine(f"chdb://{tmp_path}/store"), PATHS[:3])

    def rolled(store: Historian) -> list[tuple[int, int]]:
        found = store.query("SELECT tag, sum(n) AS n FROM points_1m FINAL GROUP BY tag HAVING n > 0 ORDER BY tag")
        return [(row["tag"], row["n"]) for row in found.to_pylist()]

    store = opened()
    readings = Readings.concat(list(batches())).take(slice(None, None, 7))
    few = readings.take((readings.tag <= 3) & (readings.time_us >= START_US))
    store.import_history(few, "all")
    while store.roll(START_US + 2 * HOUR_US):
        pass
    counted = rolled(store)
    assert [tag for tag, _ in counted] == [1, 2, 3]
    store._engine.command("ALTER TABLE didymium.points DELETE WHERE tag = 2 SETTINGS mutations_sync = 2")
    note = f"SELECT fromUnixTimestamp({START_US // 1_000_000 + 180}), 0, 0, {2**63}"
    store._engine.command(f"INSERT INTO didymium.dirty (minute, tag, done, version) {note}")
    store.close()
    store = opened()
    try:
        assert len(store._roller.minutes.open_minutes(0, 2**62, [3])) == 60, "a note without a tag is about all"
        while store.roll(START_US + 2 * HOUR_US):
            pass
        assert rolled(store) == [counted[0], counted[2]]
        assert store._roller.minutes.open_minutes(0, 2**62) == []
    finally:
        store.close()
    store = opened()
    try:
        assert store.roll(START_US + 2 * HOUR_US) == 0
        hours = store.query("SELECT tag, n FROM points_1h FINAL WHERE n > 0 ORDER BY tag").to_pylist()
        assert [(row["tag"], row["n"]) for row in hours] == rolled(store)
    finally:
        store.close()
