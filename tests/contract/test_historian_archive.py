"""Old days move to Parquet and stay in every answer, bit for bit, whatever is cut off on the way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from didymium.historian import Historian, Position
from didymium.historian.archive import Archive
from didymium.historian.errors import BadArchive
from didymium.historian.retention import Retention, TagClass
from didymium.historian.schema import DAY_US
from didymium.historian.store import open_engine
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA
from didymium.service.present import present

PATHS = [f"S01.A.U.T{i}" for i in range(8)]
TODAY = 20_400
NOW_US = TODAY * DAY_US + 3_600_000_000
AIR = TagClass("air", np.array([7, 8], np.uint32), archive_days=5, minutes_days=None)
REST = TagClass("default", None, archive_days=None, minutes_days=None)
KEPT = Retention(store_days=2, classes=(AIR, REST))
ALL = Retention(store_days=2, classes=(REST,))
LONGER = Retention(store_days=3, classes=(REST,))
ADDRESS = "DIDYMIUM_TEST_S3"
"""An S3-style URL with its options, to run the same against a bucket: s3://bucket/prefix?endpoint_override=…"""

Opened = Callable[..., Historian]


class Killed(BaseException):
    """Stands for the end of the process between two steps."""


def never(_seconds: float) -> None:
    """No pause."""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens the test's store with its archive again and again; the one before is closed first."""
    last: list[Historian] = []

    def again(url: str = str(tmp_path / "archive")) -> Historian:
        if last:
            last.pop().close()
        engine = open_engine(f"chdb://{tmp_path / 'store'}")
        try:
            last.append(Historian(engine, PATHS, reserve_bytes=0, archive=Archive(url, tmp_path / "archive-copy.json")))
        except BaseException:
            engine.close()
            raise
        return last[-1]

    yield again
    for historian in last:
        historian.close()


def day_of(day: int, seq: int, rows: int = 4000) -> Readings:
    """Readings of a day in random order, with everything that a float64 and a status can be, and repeated times."""
    chosen = np.random.default_rng(seq)
    value = np.round(chosen.normal(20, 5, rows), 2)
    value[::50] = chosen.normal(size=len(value[::50]))
    value[:8] = [np.nan, np.inf, -np.inf, -0.0, 5e-324, 1e300, 2.0**60, 0.1]
    value.view(np.uint64)[0] = 0x7FF8_0000_0000_BEEF
    status = np.where(chosen.random(rows) < 0.05, BAD_NO_DATA, 0).astype(np.uint32)
    flags = chosen.integers(0, 4, rows).astype(np.uint8)
    time_us = day * DAY_US + DAY_US // 2 + chosen.integers(0, 3000, rows) * 400_001
    return Readings(chosen.integers(1, 9, rows).astype(np.uint32), time_us, value, status, flags)


def fill(store: Historian, days: range) -> None:
    for seq, day in enumerate(days, 1):
        store.write(day_of(day, seq), Position("e1", seq, seq))


def answers(store: Historian, from_day: int = TODAY - 30, to_day: int = TODAY + 1) -> list[object]:
    """What a person can ask of the past, bit by bit."""
    span = store.span(range(1, 9), from_day * DAY_US, to_day * DAY_US)
    then = store.span([1, 8], from_day * DAY_US, to_day * DAY_US, known_at_us=NOW_US)
    raw = store.raw(3, from_day * DAY_US + 1, to_day * DAY_US - 1, 100_000)
    return [
        getattr(readings, name).view(np.uint8).tolist()
        for readings in (span, then, raw)
        for name in ("tag", "time_us", "value", "status", "flags")
    ]


def move_all(store: Historian, retention: Retention = ALL) -> list[int]:
    moved = []
    while (one := store.move_day(retention, NOW_US, never)) is not None:
        moved.append(one.day)
    return moved


def in_store(store: Historian) -> dict[str, int]:
    table = store.query("SELECT toString(toDate(ts)) AS d, count() AS n FROM points GROUP BY d ORDER BY d")
    return dict(zip(table["d"].to_pylist(), table["n"].to_pylist(), strict=True))


def test_archived_days_give_the_same_answers_bit_for_bit(opened: Opened, tmp_path: Path) -> None:
    store = opened()
    fill(store, range(TODAY - 6, TODAY + 1))
    before = answers(store)
    one_day = answers(store, TODAY - 4, TODAY - 3)
    rows = sum(in_store(store).values())
    assert move_all(store, KEPT) == [TODAY - 6, TODAY - 5, TODAY - 4, TODAY - 3]
    assert len(in_store(store)) == 3
    # Age 5 has come for the oldest day of air: its readings are forgotten, not archived.
    assert store.span([7, 8], (TODAY - 6) * DAY_US, (TODAY - 5) * DAY_US).tag.tolist() == []
    files = sorted((tmp_path / "archive").glob("*/*.parquet"))
    assert len(files) == 7
    archived = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    assert answers(store, TODAY - 4, TODAY - 3) == one_day
    without = opened()
    assert archived + sum(in_store(without).values()) < rows
    assert answers(without, TODAY - 5)[:5] != answers(without, TODAY - 4)[:5]
    assert before != answers(without), "the forgotten readings are gone"


def test_trends_over_archived_days_are_the_same(opened: Opened) -> None:
    def trends(store: Historian) -> list[object]:
        week = ((TODAY - 6) * DAY_US, (TODAY + 1) * DAY_US)
        found = [store.bucketed([1, 8], *week, buckets) for buckets in (7, 500)]
        found.append(store.bucketed([3], (TODAY - 4) * DAY_US, (TODAY - 3) * DAY_US, 1_000))
        names = ("tag", "start_us", "min", "max", "mean", "last", "last_status", "count", "good")
        return [getattr(one, name).view(np.uint8).tolist() for one in found for name in names]

    store = opened()
    fill(store, range(TODAY - 6, TODAY + 1))
    before = trends(store)
    assert any(before)
    assert move_all(store)
    assert trends(store) == before


def test_an_import_finds_what_was_archived(opened: Opened) -> None:
    store = opened()
    fill(store, range(TODAY - 6, TODAY + 1))
    assert move_all(store)
    day = TODAY - 5
    assert str(np.datetime64(day, "D")) not in in_store(store)
    given = store.span(range(1, 9), day * DAY_US, (day + 1) * DAY_US)
    assert len(given) > 1_000
    assert present(store, given).all()
    others = Readings(given.tag, given.time_us, given.value + 1.5, given.status, given.flags)
    new = np.isfinite(given.value) & (given.value + 1.5 != given.value)
    assert not present(store, others)[new].any()
    assert store.rows_around(np.array([3], np.uint32), day * DAY_US, (day + 1) * DAY_US) > 0
    assert store.rows_around(np.array([99], np.uint32), day * DAY_US, (day + 1) * DAY_US) == 0


def test_without_classes_nothing_is_lost_by_moving(opened: Opened) -> None:
    store = opened()
    fill(store, range(TODAY - 6, TODAY + 1))
    before = answers(store)
    assert len(move_all(store)) == 4
    assert answers(store) == before
    assert answers(opened()) == before, "also when nothing moves any more, and after a start"


def test_late_rows_of_an_archived_day_are_taken_and_moved_too(opened: Opened) -> None:
    store = opened()
    fill(store, range(TODAY - 4, TODAY))
    move_all(store)
    late = day_of(TODAY - 4, 99, 500)
    assert store.write(late, Position("e1", 10, 10)) == 500
    assert len(in_store(store)) == 3
    with_late = answers(store)
    assert move_all(store) == [TODAY - 4]
    assert len(in_store(store)) == 2
    assert answers(store) == with_late
    assert answers(opened()) == with_late


@pytest.mark.parametrize("step", range(5))
def test_move_that_is_cut_off_between_any_two_steps_loses_and_doubles_nothing(
    opened: Opened, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    fill(store, range(TODAY - 4, TODAY))
    before, rows = answers(store), in_store(store)
    steps = iter(range(10))

    def cut(method: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **named: object) -> object:
            if next(steps) == step:
                raise Killed
            return method(*arguments, **named)

        return counted

    mover = store._mover
    assert mover is not None
    # In their order: the tags, the file, the manifest that says moving, the drop, the manifest that says moved.
    monkeypatch.setattr(mover._archive.place, "write", cut(mover._archive.place.write))
    monkeypatch.setattr(mover, "_drop", cut(mover._drop))
    with pytest.raises(Killed):
        store.move_day(LONGER, NOW_US, never)
    monkeypatch.undo()
    assert answers(store) == before, "before anybody tidies up"
    again = opened()
    assert answers(again) == before
    moved = move_all(again, LONGER)
    assert moved == ([TODAY - 4] if step < 3 else [])
    assert answers(again) == before
    assert len(in_store(again)) == len(rows) - 1


def test_rows_that_come_while_a_day_is_moved_are_not_dropped(opened: Opened) -> None:
    store = opened()
    fill(store, range(TODAY - 4, TODAY))
    came: list[object] = []

    def meanwhile(_seconds: float) -> None:
        if not came:
            came.append(store.write(day_of(TODAY - 4, 98, 300), Position("e1", 9, 9)))

    assert store.move_day(LONGER, NOW_US, meanwhile) is None
    assert came == [300]
    assert len(in_store(store)) == 4
    assert Archive(store._mover._archive.place.url).days == {}  # type: ignore[union-attr]
    now = answers(store)
    assert move_all(store, LONGER) == [TODAY - 4]
    assert answers(store) == now


def test_archive_forgets_by_class_and_age(opened: Opened, tmp_path: Path) -> None:
    store = opened()
    fill(store, range(TODAY - 4, TODAY))
    assert move_all(store, KEPT) == [TODAY - 4, TODAY - 3]
    assert store.expire(KEPT, NOW_US) == 0
    assert store.expire(KEPT, NOW_US + 2 * DAY_US) == 1
    assert [file.name.split("-")[0] for file in sorted((tmp_path / "archive").glob("*/*.parquet"))].count("air") == 1
    assert store.span([7, 8], (TODAY - 4) * DAY_US, (TODAY - 3) * DAY_US).tag.tolist() == []
    assert len(store.span([7, 8], (TODAY - 3) * DAY_US, (TODAY - 2) * DAY_US)) > 0
    assert len(store.span([1], (TODAY - 4) * DAY_US, (TODAY - 3) * DAY_US)) > 0


def test_damaged_archive_is_named_and_never_half_an_answer(opened: Opened, tmp_path: Path) -> None:
    store = opened()
    fill(store, range(TODAY - 5, TODAY))
    move_all(store)
    gone, flipped, whole = sorted((tmp_path / "archive").glob("*/*.parquet"))
    gone.unlink()
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    archive = Archive(str(tmp_path / "archive"))
    found = archive.check(lambda done, total: None)
    assert len(found) == 2
    assert f"{gone} is missing" in found[0].what
    assert str(flipped) in found[1].what
    with pytest.raises(BadArchive, match=gone.name):
        store.span([1], (TODAY - 5) * DAY_US, (TODAY - 4) * DAY_US)
    assert len(store.span([1], (TODAY - 3) * DAY_US, TODAY * DAY_US)) > 0, str(whole)
    os.truncate(tmp_path / "archive" / "archive.json", 20)
    with pytest.raises(BadArchive, match="damaged"):
        Archive(str(tmp_path / "archive"))


def test_archive_that_is_away_stops_nothing_else(opened: Opened, tmp_path: Path) -> None:
    store = opened()
    fill(store, range(TODAY - 5, TODAY))
    move_all(store, LONGER)
    recent = answers(store, TODAY - 2)
    away = tmp_path / "archive"
    away.rename(tmp_path / "away")
    store = opened()
    assert store.trouble() == [f"{away} has no archive.json, though 2 days were moved there: is it mounted?"]
    assert answers(store, TODAY - 2) == recent
    with pytest.raises(BadArchive, match="cannot be read"):
        store.span([1], (TODAY - 5) * DAY_US, (TODAY - 4) * DAY_US)
    with pytest.raises(BadArchive, match="is it mounted"):
        store.move_day(ALL, NOW_US, never)
    shutil.rmtree(away, ignore_errors=True)
    (tmp_path / "away").rename(away)
    before = answers(store)
    assert move_all(store) == [TODAY - 3]
    assert store.trouble() == []
    assert answers(store) == before


def test_archive_of_another_store_is_refused(opened: Opened, tmp_path: Path) -> None:
    store = opened()
    fill(store, range(TODAY - 4, TODAY))
    move_all(store)
    store.close()
    engine = open_engine(f"chdb://{tmp_path / 'other'}")
    with pytest.raises(BadArchive, match=r"another store's: its tag 1 is S01\.A\.U\.T0, here it is S09\.X"):
        Historian(engine, ["S09.X"], archive=Archive(str(tmp_path / "archive")))
    engine.close()


def test_archive_that_cannot_be_written_leaves_the_day_in_the_store(opened: Opened, tmp_path: Path) -> None:
    store = opened()
    fill(store, range(TODAY - 4, TODAY))
    before = answers(store)
    (tmp_path / "archive").write_text("a file where the folder should be")
    with pytest.raises(BadArchive, match="cannot be written"):
        store.move_day(ALL, NOW_US, never)
    assert answers(store) == before


@pytest.mark.skipif(ADDRESS not in os.environ, reason=f"set {ADDRESS} to an S3-style URL that may be written to")
def test_bucket_gives_the_same_answers(opened: Opened) -> None:
    store = opened(os.environ[ADDRESS])
    fill(store, range(TODAY - 4, TODAY))
    before = answers(store)
    assert len(move_all(store)) == 2
    assert answers(store) == before
    again = opened(os.environ[ADDRESS])
    assert answers(again) == before
    assert Archive(os.environ[ADDRESS]).check(lambda done, total: None) == []
