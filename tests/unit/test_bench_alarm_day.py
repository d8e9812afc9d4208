"""The course of the day that alarms live through: faults have their places, people do what the board shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.alarm_days import people
from bench.alarm_days.course import MINUTE_S, RESTARTS, TROUBLES, restarts, troubles
from bench.day import DAY_S
from didymium.alarms.board import Board
from didymium.alarms.life import Event, Life, State, place
from didymium.model.folder import read_complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.faults import CATALOGUE, SITE
from tests.unit.alarm_desk import Desk


def test_every_fault_of_the_day_has_its_place_and_ends_within_it() -> None:
    plant = read_complex(SHIPPED_COMPLEX)
    there = {(unit.site, unit.template) for unit in plant.units} | {(site.id, SITE) for site in plant.sites}
    for each in TROUBLES:
        assert any((each.site, template) in there for template in CATALOGUE[each.code].templates), each
        assert each.from_s % MINUTE_S == each.lasts_s % MINUTE_S == 0, each
        assert each.from_s + each.lasts_s < DAY_S, each
    for one, other in ((a, b) for a in TROUBLES for b in TROUBLES if (a.code, a.site) == (b.code, b.site)):
        assert one is other or one.from_s + one.lasts_s < other.from_s or other.from_s + other.lasts_s < one.from_s


def test_part_of_a_day_has_its_own_faults_and_restarts() -> None:
    hour = 3_600
    assert {each.site for each in troubles(["S09", "S22"], hour)} == {"S09", "S22"}
    assert all(each.from_s < hour for each in troubles(["S09", "S22"], hour))
    assert restarts(hour) == RESTARTS[:1]
    assert restarts(RESTARTS[0].at_s + RESTARTS[0].away_s) == ()


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(Desk.of(tmp_path / "complex").definitions)


def put(board: Board, alarm: int, life: Life, covers: int = 0) -> None:
    board.columns["place"][alarm] = place(life, covers)


def test_people_acknowledge_and_reset_what_the_board_shows(board: Board) -> None:
    put(board, 3, Life.UNACK)
    put(board, 5, Life.LATCHED)
    board.columns["number"][3] = 7
    done = {act.event: act for act in people.acts(board, 0, 1_000)}
    assert done[Event.ACKNOWLEDGE].alarms == (3,)
    assert done[Event.ACKNOWLEDGE].seen == (7,)
    assert done[Event.RESET].alarms == (5,)
    assert set(done) == {Event.ACKNOWLEDGE, Event.RESET}


def test_what_is_shelved_is_what_stands_and_the_shelf_ends(board: Board) -> None:
    put(board, 3, Life.ACKED)
    (act,) = people.acts(board, 9, 1_000)
    assert (act.event, act.alarms) == (Event.SHELVE, (3,))
    low_us, high_us = people.SHELVED_US
    assert low_us <= act.until_us - 1_000 < high_us


def test_a_quiet_minute_asks_nothing_of_people(board: Board) -> None:
    assert not np.any(board.state != State.NORMAL)
    assert list(people.acts(board, 1, 1_000)) == []
    assert people.words(board, 15, 1_000) == ([], [])
