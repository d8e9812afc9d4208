"""The alarms of the centre over real stores: durable before they are shown, and the same whatever dies in between.

Run as a program, this file is a centre that lives through the course and may be killed at any moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest
from alarm_plant import BEGIN_S, EDGE, SECOND_US, AlarmPlant, assert_same
from numpy.typing import NDArray

from didymium.alarms.acts import Act, Why
from didymium.alarms.life import Event, State
from didymium.historian.writer import Position
from didymium.model.readings import Readings
from didymium.records import engine
from didymium.records.address import address
from didymium.records.journal import Question
from didymium.records.notes import Assignment, Note
from didymium.service import alarming
from didymium.service.alarming import Alarming
from didymium.web.alarm_desk import RecordsAway

LIMIT_S = 60.0
"""Far longer than anything takes; a test that needs it has failed."""
COURSE_S = 90
FLUSH_S = 4
KILLS = 3
FOUND = {"PYTHONPATH": str(Path(__file__).parents[1])}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch.setattr)


def hurry(put: Callable[[object, str, float], None]) -> None:
    """Let steps follow each other at once, and little be read again at a start."""
    put(alarming, "STEP_S", 0.01)
    put(alarming, "RETRY_S", 0.05)
    put(alarming, "KNOWN_US", 2 * SECOND_US)
    put(engine, "BUSY_S", 0.1)


@pytest.fixture
def plant(tmp_path: Path, records_url: str) -> Iterator[AlarmPlant]:
    made = AlarmPlant(tmp_path, records_url)
    yield made
    made.close()


@contextlib.asynccontextmanager
async def running(judged: Alarming) -> AsyncIterator[None]:
    """Let it run; what has come is stored when the block ends."""
    task = asyncio.create_task(judged.run())
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(LIMIT_S):
        while not true():  # noqa: ASYNC110 - another thread makes it true
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_restart_anywhere_gives_the_same_journal(plant: AlarmPlant, seed: int) -> None:
    chance = random.Random(seed)
    async with running(plant.alarming):
        plant.come(4)
    while plant.second < COURSE_S:
        async with running(plant.alarming):
            plant.come(chance.randint(1, 7))
            if chance.random() < 0.6:
                plant.keep()
            plant.come(chance.randint(0, 2))
        plant.restart()
    async with running(plant.alarming):
        pass
    expected = plant.expected()
    assert len(expected["alarm"]) > 500
    assert_same(plant.journal(), expected)


async def test_what_a_tag_said_long_ago_is_known_after_a_restart(plant: AlarmPlant) -> None:
    row = plant.plant.tags.row_of["S01.PR1.PRECIP001.TEMP"]
    tag = plant.historian.ids.ids[row]
    others = np.setdiff1d(plant.historian.ids.ids, [tag]).astype(np.uint32)

    def said(second: int, ids: NDArray[np.uint32]) -> Readings:
        return Readings.of(ids, np.full(len(ids), (BEGIN_S + second) * SECOND_US), np.full(len(ids), 50.0))

    came = [said(0, np.array([tag], np.uint32)), *(said(second, others) for second in range(200))]
    async with running(plant.alarming):
        for readings in came:
            plant.alarming.take(readings)
        plant.clock.now_us = (BEGIN_S + 200) * SECOND_US
    whole = Readings.concat(came)
    plant.historian.write(whole, Position(EDGE, 1, 1))
    again = Alarming(
        plant.plant, plant.historian.ids, plant.definitions, plant.records, plant.historian,
        decide=lambda parts, now_us: (), now_us=plant.clock,
    )  # fmt: skip
    again.prepare()
    assert again._engine.state().signals["signal"][row] == 50.0


async def test_what_is_shown_is_durable_and_of_two_people_the_second_learns_who_was_first(plant: AlarmPlant) -> None:
    judged = plant.alarming
    async with running(judged):
        plant.come(8)
        await until(lambda: bool((judged.board.state == State.UNACK).any()))
        assert judged.board.seq == plant.records.journal.last_seq()
        row = int(np.flatnonzero(judged.board.state == State.UNACK)[0])
        seen, at_us = (int(judged.board.columns["number"][row]),), plant.clock()
        acts = [Act(Event.ACKNOWLEDGE, (row,), name, at_us, seen=seen) for name in ("first", "second")]
        first, second = await asyncio.gather(*map(judged.act, acts))
        assert (len(first.transitions), first.refused) == (1, ())
        (refused,) = second.refused
        assert refused.why is Why.OVERTAKEN
        newest = plant.records.journal.before(Question(alarm=judged.definitions.id[row]), limit=1).rows
        assert (list(newest.actor), list(newest.event)) == (["first"], ["ACKNOWLEDGE"])
        assert judged.board.state[row] == State.ACKED
        assert {person.name for person in plant.records.people.all()} == {"desk", "first", "second"}
    state, touch = judged.board.state.copy(), judged.board.touches[row]
    plant.restart()
    np.testing.assert_array_equal(plant.alarming.board.state, state)
    assert plant.alarming.board.touches[row] == touch


async def test_what_is_done_at_once_is_shown_in_the_order_in_which_it_was_written(plant: AlarmPlant) -> None:
    judged = plant.alarming
    async with running(judged):
        plant.come(8)
        await until(lambda: bool((judged.board.state == State.UNACK).any()))
        rows = np.flatnonzero(judged.board.state == State.UNACK).tolist()
        plant.come(8)
        step = asyncio.create_task(judged._turn())
        act = asyncio.create_task(judged.act(Act(Event.ACKNOWLEDGE, tuple(rows), "first", plant.clock())))
        await asyncio.sleep(0)
        judged._thread.submit(bool).result()  # both are on disk before the loop hears of either
        await asyncio.gather(step, act)
        assert judged.board.seq == plant.records.journal.last_seq()
        for name, column in judged._engine.columns(np.arange(len(judged.definitions))).items():
            np.testing.assert_array_equal(judged.board.columns[name], column, err_msg=name)


async def test_assignments_and_notes_are_shown_and_are_there_after_a_restart(plant: AlarmPlant) -> None:
    alarm = plant.definitions.id[5]
    async with running(plant.alarming):
        given = Assignment(alarm, plant.clock(), "leader", "", "night shift")
        assert await plant.alarming.assign([given]) is None
        overtaken = await plant.alarming.assign([given])
        assert overtaken is not None
        assert overtaken.earlier[0].actor == "leader"
        await plant.alarming.note(Note(alarm, plant.clock(), "night shift", "Rings when the door opens 门"))
        assert (plant.alarming.board.assignee, plant.alarming.board.notes) == ({5: "night shift"}, {5: 1})
    plant.restart()
    assert (plant.alarming.board.assignee, plant.alarming.board.notes) == ({5: "night shift"}, {5: 1})


@contextlib.contextmanager
def away(url: str) -> Iterator[None]:
    """Keep whoever writes away from the records: another has the file, or the server lets nobody in."""
    file = address(url).file
    if file is not None:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    name = url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    with psycopg.connect(url.replace(name, "postgres"), autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")


@pytest.mark.parametrize("most_frames", [alarming.MOST_FRAMES, 12])
async def test_alarms_wait_while_the_records_are_away_and_then_all_is_there(
    plant: AlarmPlant, records_url: str, most_frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = plant.alarming
    async with running(judged):
        plant.come(10)
        await until(lambda: judged.board.seq > 0)
        monkeypatch.setattr(alarming, "MOST_FRAMES", most_frames)  # 12: what came first is dropped and read again
        with away(records_url):
            plant.come(5)
            await until(lambda: bool(judged.trouble))
            shown = judged.board.seq
            with pytest.raises(RecordsAway, match="nothing could be kept"):
                await judged.act(Act(Event.ACKNOWLEDGE, (0,), "desk", plant.clock()))
            with pytest.raises(RecordsAway):
                await judged.note(Note(judged.definitions.id[0], plant.clock(), "desk", "A note"))
            plant.come(20)
            plant.keep()
            assert judged.board.seq == shown
        await until(lambda: set(plant.records.steps.positions().values()) == {(BEGIN_S + 33) * SECOND_US})
        plant.come(5)
    assert_same(plant.journal(), plant.expected())
    assert judged.board.seq == plant.records.journal.last_seq()


def test_every_transition_is_there_once_after_kill_9(tmp_path: Path) -> None:
    chance, kills, records_url = random.Random(7), 0, f"sqlite:///{tmp_path / 'records.sqlite'}"
    command = [sys.executable, __file__, str(tmp_path), records_url]
    while True:
        with subprocess.Popen(command, env=os.environ | FOUND, stdout=subprocess.PIPE, text=True) as centre:
            assert centre.stdout is not None
            lives = chance.randint(8, 35)
            for came, _ in enumerate(centre.stdout):
                if came == lives and kills < KILLS:
                    centre.kill()
                    kills += 1
                    break
        if centre.returncode == 0:
            break
        assert centre.returncode < 0, "the centre failed by itself"
    plant = AlarmPlant(tmp_path, records_url)
    assert (plant.second, kills) == (COURSE_S, KILLS)
    expected = plant.expected()
    assert len(expected["alarm"]) > 500
    assert_same(plant.journal(), expected)
    plant.close()


async def live(folder: Path, records_url: str) -> None:
    """Let the course come, a line for each second; every few seconds go into the historian."""
    chance = random.Random()
    plant = AlarmPlant(folder, records_url)
    async with running(plant.alarming):
        while plant.second < COURSE_S:
            plant.come(1)
            print(plant.second, flush=True)
            await asyncio.sleep(chance.random() * 0.05)
            if plant.second % FLUSH_S == 0:
                await asyncio.to_thread(plant.keep)
        plant.keep()
    plant.close()


if __name__ == "__main__":
    hurry(setattr)
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2]))
