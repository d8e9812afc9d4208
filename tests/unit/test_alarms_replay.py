"""Whatever happened, an engine goes on from a state, and readings in other batches give the same transitions."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from alarm_desk import CAUSED, REACTOR, SOON, Desk
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from didymium.alarms.frames import Framing
from didymium.alarms.life import ACTS, Event, State
from didymium.alarms.transitions import COLUMNS, joined
from didymium.model.readings import Readings
from didymium.model.status import BAD_SENSOR_FAILURE

STEP = st.tuples(
    st.sampled_from(["TEMP", "AGIT_A", "AGIT_RPM", "STATE", "BAD", "tick", *(event.name for event in ACTS)]),
    st.integers(0, 3),
)
RESTLESS = (
    CAUSED
    + '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["TEMP"]\nalarms = ["H", "HH"]\non_delay_s = 2\noff_delay_s = 1\n'
    "latched = true\nre_alarm_s = 5\nsettle_s = 3\nnot_while = \"STATE == 'IDLE'\"\nfirst_out = 'G'\n"
)
LEVELS = {"TEMP": (40, 59, 61, 75), "AGIT_A": (40, 15, 5, 0), "AGIT_RPM": (70, 30, 5, 0), "STATE": (2, 8, 2, 9)}


def do(desk: Desk, step: tuple[str, int]) -> None:
    """One step of a course: a new value, the clock, or a person, and then a second of the plant."""
    what, size = step
    if what == "BAD":
        desk.status[f"{REACTOR}.TEMP"] = BAD_SENSOR_FAILURE if size % 2 else 0
    elif what == "tick":
        desk.tick(size)
    elif what in LEVELS:
        desk.values[f"{REACTOR}.{what}"] = LEVELS[what][size]
    else:
        name = ("TEMP/H", "TEMP/HH", "AGIT_RPM/LL", "AGIT_A/LL")[size]
        desk.act(Event[what], name, reason="why", until_us=(desk.second + 3) * 1_000_000)
    desk.pass_s(1)


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.of(tmp_path_factory.mktemp("restless"), RESTLESS)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(course=st.lists(STEP, max_size=25))
def test_restart_at_every_step_gives_the_same_continuation(restless: Desk, course: list[tuple[str, int]]) -> None:
    steady = restless.again()
    restarted = restless.again()
    heard = []
    for step in course:
        do(steady, step)
        restarted = restarted.again()
        do(restarted, step)
        heard += restarted.said
    first, second = joined(steady.said), joined(heard)
    for name in (*COLUMNS, "actor", "reason"):
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(course=st.lists(STEP, max_size=40))
def test_every_transition_has_its_time_its_number_and_its_actor(restless: Desk, course: list[tuple[str, int]]) -> None:
    desk = restless.again()
    for step in course:
        do(desk, step)
    journal = joined(desk.said)
    assert (journal["time_us"] > 0).all()
    acts = np.isin(journal["event"], ACTS)
    assert all(journal["actor"][acts] == "A")
    assert all(journal["actor"][~acts] == "")
    shelved = np.isin(journal["after"], (State.SHELVED, State.SUPPRESSED, State.OUT_OF_SERVICE))
    assert not journal["sounds"][shelved].any()
    for row in np.unique(journal["alarm"]).tolist():
        own = journal["alarm"] == row
        assert (np.diff(journal["number"][own]) == 1).all()
        before, after = journal["before"][own][1:], journal["after"][own][:-1]
        quiet = (State.NORMAL, State.SUPPRESSED)
        assert all(b == a or (b in quiet and a in quiet) for b, a in zip(before.tolist(), after.tolist(), strict=True))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(course=st.lists(STEP, max_size=30))
@example(course=[("AGIT_RPM", 2), ("AGIT_RPM", 1), ("AGIT_RPM", 2)])
def test_storing_what_was_touched_stores_the_whole_state(restless: Desk, course: list[tuple[str, int]]) -> None:
    desk = restless.again()
    stored = {name: column.copy() for name, column in desk.engine.state().alarms.items()}
    desk.engine.touched()
    for step in course:
        do(desk, step)
        rows = desk.engine.touched()
        for name, column in desk.engine.state().alarms.items():
            stored[name][rows] = column[rows]
    for name, column in desk.engine.state().alarms.items():
        np.testing.assert_array_equal(stored[name], column, err_msg=name)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=st.lists(st.integers(1, 400), max_size=12), seed=st.integers(0, 99))
def test_a_replay_in_other_batches_gives_the_same_transitions(restless: Desk, cuts: list[int], seed: int) -> None:
    chance = np.random.default_rng(seed)
    seconds, rows = 20, [restless.plant.tags.row_of[f"{REACTOR}.{tag}"] for tag in ("TEMP", "AGIT_A", "AGIT_RPM")]
    at_us = np.repeat(restless.second + 1 + np.arange(seconds), len(rows)) * 1_000_000
    at_us += chance.integers(0, 1_000_000, len(at_us))
    readings = Readings.of(np.tile(rows, seconds).astype(np.uint32), at_us, chance.uniform(0, 80, len(at_us)))

    def journal(bounds: list[int]) -> dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]:
        desk = restless.again()
        framing = Framing(desk.plant, np.arange(len(desk.plant.tags), dtype=np.int32))
        said = []
        for begin, end in pairwise([0, *bounds, len(readings)]):
            said += [desk.engine.take(frame) for frame in framing.take(readings.take(slice(begin, end)))]
        return joined(said)

    whole, cut = journal([]), journal(sorted(c % len(readings) for c in cuts))
    assert len(whole["alarm"]) > 0
    for name in COLUMNS:
        np.testing.assert_array_equal(whole[name], cut[name], err_msg=name)


def test_only_what_changed_is_to_be_stored(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.engine.touched()
    desk.pass_s(3)
    assert desk.engine.touched().tolist() == []
    desk.pass_s(1, {"TEMP": 61})
    assert desk.engine.touched().tolist() == [desk.row("TEMP/H")]
