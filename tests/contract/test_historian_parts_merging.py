"""The engine's files read directly: parts that come, go away and are merged meanwhile."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from part_files import (
    EVER,
    EVERY,
    POINTS,
    TAGS,
    by_sql,
    digests,
    home,
    merge,
    opened,
    part_folders,
    put,
    same_as_sql,
    steady,
    unasked,
)

from didymium.historian.engine import Engine
from didymium.historian.parts import table as parts_table
from didymium.historian.parts.names import active
from didymium.historian.parts.part import Part
from didymium.historian.parts.table import Table
from didymium.historian.schema import DAY_US
from tests.stored import T0

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
