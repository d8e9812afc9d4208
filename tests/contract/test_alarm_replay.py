"""A recorded stretch judged again gives the same rows of the journal, acts of people among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import alarm_plant
import numpy as np
import pytest
from alarm_plant import BEGIN_S, SECOND_US, AlarmPlant
from test_alarming import hurry, running, until

from bench.alarm_days.measured import measures, written
from didymium.alarms.acts import Act
from didymium.alarms.definitions import Kind
from didymium.alarms.life import Event, State
from didymium.model.readings import LATE, Readings
from didymium.service.alarm_replay import NoCheckpoint, Replayed, as_they_came, replay
from tests.unit.alarm_desk import REACTOR


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch.setattr)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[AlarmPlant]:
    made = AlarmPlant(tmp_path, f"sqlite:///{tmp_path / 'records.sqlite'}")
    yield made
    made.close()


def again(plant: AlarmPlant, from_s: int = 0) -> Replayed:
    """The course from a second on, judged again."""
    checkpoint = plant.records.checkpoints.before((BEGIN_S + from_s) * SECOND_US) or plant.records.checkpoints.first()
    assert checkpoint is not None
    to_us = (BEGIN_S + plant.second) * SECOND_US
    return replay(
        plant.plant, plant.historian.ids, plant.definitions, plant.historian, plant.records.journal, checkpoint, to_us,
        told=lambda at_us: None,
    )  # fmt: skip


async def lived(plant: AlarmPlant) -> None:
    """Forty seconds with a person who acknowledges, shelves and lets the shelf end, and a restart between."""
    async with running(plant.alarming):
        plant.come(10)
        await until(lambda: bool((plant.alarming.board.state == State.UNACK).any()))
        rows = np.flatnonzero(plant.alarming.board.state == State.UNACK).tolist()
        at_us = plant.clock()
        await plant.alarming.act(Act(Event.ACKNOWLEDGE, tuple(rows[:3]), "night", at_us))
        ends_us = at_us + 8 * SECOND_US
        await plant.alarming.act(Act(Event.SHELVE, tuple(rows[3:5]), "night", at_us, "works", ends_us))
        plant.come(10)
        plant.keep()
        await until(lambda: not plant.alarming._frames)
    plant.restart()
    async with running(plant.alarming):
        plant.come(20)
        plant.keep()


async def test_a_recorded_stretch_gives_the_same_rows(plant: AlarmPlant) -> None:
    await lived(plant)
    events = plant.journal()["event"].tolist()
    assert {"ACKNOWLEDGE", "SHELVE", "EXPIRE"} <= set(events)
    replayed = again(plant)
    assert (replayed.differing, replayed.different) == (0, ())
    assert replayed.same + replayed.silent == len(events)
    assert replayed.same > 100


async def test_measures_of_what_was_judged_again_are_those_of_the_journal(plant: AlarmPlant, tmp_path: Path) -> None:
    await lived(plant)
    records = written(
        f"sqlite:///{tmp_path / 'again.sqlite'}", plant.records, plant.plant, plant.definitions, again(plant).made
    )
    counted = plant.definitions.kind < Kind.STALE
    journals = (plant.records.journal, records.journal)
    span_us = BEGIN_S * SECOND_US, (BEGIN_S + plant.second) * SECOND_US
    live, replayed = measures(journals, plant.definitions, counted, *span_us)
    records.close()
    assert live == replayed
    assert live["rows"] > 100
    assert len(live["top"]) == 10


async def test_a_line_that_comes_back_does_not_turn_the_clock_back(
    plant: AlarmPlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_plant, "SILENT_S", range(20, 75))
    async with running(plant.alarming):
        for _ in range(90):
            plant.come(1)
            await until(lambda: not plant.alarming._frames)
        plant.keep()
    made = again(plant).made
    offline = f"{plant.plant.sites[1].id}/OFFLINE"
    events = [event for alarm, event in zip(made.alarm, made.event, strict=True) if alarm == offline]
    assert events == ["ACTIVATE", "CLEAR"]


async def test_it_begins_at_a_later_checkpoint_too(plant: AlarmPlant) -> None:
    await lived(plant)
    whole, later = again(plant), again(plant, plant.second)
    assert later.differing == 0
    assert 0 < later.same < whole.same


async def test_a_changed_record_is_found_out(plant: AlarmPlant) -> None:
    await lived(plant)
    tag = f"{REACTOR}.TEMP"
    tag_id = int(plant.historian.ids.ids[plant.plant.tags.row_of[tag]])
    old = plant.historian.span([tag_id], BEGIN_S * SECOND_US, (BEGIN_S + plant.second) * SECOND_US)
    changed = Readings.of(old.tag, old.time_us, np.full(len(old), 45.0))
    plant.historian.correct(changed, "replace", "x", "it never was hot")
    replayed = again(plant)
    assert replayed.differing > 0
    assert any(found.startswith(tag) for found, _, _ in replayed.different)


async def test_other_definitions_are_no_proof(plant: AlarmPlant) -> None:
    await lived(plant)
    plant.definitions = replace(plant.definitions, on_us=plant.definitions.on_us + 1)
    with pytest.raises(NoCheckpoint, match="defined otherwise"):
        again(plant)


def test_late_readings_follow_the_one_that_they_came_after() -> None:
    tag, second = np.array([1, 1, 1, 1, 2, 2], np.uint32), np.array([1, 2, 3, 4, 1, 5])
    flags = np.array([0, LATE, 0, LATE, 0, 0], np.uint8)
    readings = Readings(tag, second * SECOND_US, np.zeros(6), np.zeros(6, np.uint32), flags)
    came, waiting = as_they_came(readings)
    places = list(zip(came.tag.tolist(), (came.time_us // SECOND_US).tolist(), strict=True))
    assert places == [(1, 1), (2, 1), (1, 3), (1, 2), (2, 5)]
    assert (waiting.time_us // SECOND_US).tolist() == [4]  # what it came after is not there yet
