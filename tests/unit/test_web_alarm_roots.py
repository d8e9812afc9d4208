"""Which alarms of a group the list shows when it is asked for causes alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from didymium.alarms.board import OPEN, Board
from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions, Priority
from didymium.alarms.life import Life, place
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.web.alarm_table import AlarmTable, Choice


@dataclass
class Desk:
    """What the table looks at."""

    plant: Complex
    definitions: Definitions
    board: Board


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "complex"
    starter.write(folder)
    plant = read_complex(folder)
    definitions = read_definitions(folder, plant)
    return Desk(plant, definitions, Board(definitions))


def of_priority(desk: Desk, priority: Priority) -> int:
    return int((desk.definitions.priority == priority).argmax())


def shown(desk: Desk, root: int, root_life: Life, child: int, child_life: Life) -> list[int]:
    columns = desk.board.columns
    columns["place"][[root, child]] = place(root_life), place(child_life)
    columns["group"][child] = root
    desk.board.changes += 1
    table = AlarmTable(desk)  # type: ignore[arg-type]
    return [int(row) for row in table.chosen(Choice(states=OPEN, roots=True), "urgency", descending=True)]


def test_what_follows_from_a_cause_is_folded_under_it(desk: Desk) -> None:
    root = of_priority(desk, Priority.MEDIUM)
    child = of_priority(desk, Priority.LOW)
    assert shown(desk, root, Life.UNACK, child, Life.UNACK) == [root]
    assert shown(desk, root, Life.ACKED, child, Life.ACKED) == [root]


def test_what_is_unacknowledged_is_not_folded_under_what_is_acknowledged(desk: Desk) -> None:
    root = of_priority(desk, Priority.MEDIUM)
    child = of_priority(desk, Priority.LOW)
    assert shown(desk, root, Life.ACKED, child, Life.UNACK) == [child, root]


def test_what_is_of_a_higher_priority_is_not_folded_under_a_lower_one(desk: Desk) -> None:
    root = of_priority(desk, Priority.LOW)
    child = of_priority(desk, Priority.MEDIUM)
    assert shown(desk, root, Life.UNACK, child, Life.UNACK) == [child, root]
    assert shown(desk, root, Life.UNACK, child, Life.ACKED) == [root]
