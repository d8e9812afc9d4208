"""A key figure in steps of a day: what is over is remembered, and no longer than it is true."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from didymium.kpi.board import RING_MINUTES, Board
from didymium.kpi.building import read_kpis
from didymium.kpi.parts import MINUTE_US
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from didymium.model.shifts import Shifts
from tests.unit.kpi_desk import START_US, WHOLE, complex_with, kpi

POWER = "S01.COM.COM.KW"
QUARTER_US = 15 * MINUTE_US
NOW_US = START_US + 60 * MINUTE_US


class Metered:
    """The starter's complex; its meter is read each second."""

    def __init__(self, folder: Path) -> None:
        plant = complex_with(folder, kpi(f"mean({POWER})", "kW", WHOLE))
        self.kpis = read_kpis(folder, plant)
        self.row = plant.tags.row_of[POWER]
        ids = TagIds(np.arange(len(plant.tags), dtype=np.uint32))
        self.board = Board(self.kpis, ids, Shifts(plant.shifts, plant.zone), now_us=START_US)

    def reads(self, from_min: float, to_min: float, kw: float) -> Readings:
        time_us = np.arange(START_US + int(from_min * MINUTE_US), START_US + int(to_min * MINUTE_US), 1_000_000)
        return Readings.of(np.full(len(time_us), self.row, np.uint32), time_us, np.full(len(time_us), kw))

    def quarters(self, n: int, from_us: int = START_US) -> tuple[list[float], list[float]]:
        starts = from_us + QUARTER_US * np.arange(n)
        none = np.zeros(2)
        found = self.board.stepped(self.kpis.of["x"], starts, QUARTER_US, lambda *_: (none, none), NOW_US)
        return found[0][:, 0].tolist(), found[1][:, 0].tolist()


@pytest.fixture
def metered(tmp_path: Path) -> Metered:
    return Metered(tmp_path / "c")


def test_each_step_is_the_figure_of_its_own_minutes(metered: Metered) -> None:
    metered.board.take(metered.reads(0, 15, 100.0), NOW_US)
    metered.board.take(metered.reads(15, 22.5, 160.0), NOW_US)
    value, complete = metered.quarters(3)
    assert value == pytest.approx([100.0, 160.0, np.nan], nan_ok=True)
    assert complete == pytest.approx([1.0, 0.5, 0.0])


def test_what_comes_late_into_a_step_that_was_asked_for_changes_it(metered: Metered) -> None:
    metered.board.take(metered.reads(0, 5, 100.0), NOW_US)
    assert metered.quarters(1)[0] == pytest.approx([100.0])
    metered.board.take(metered.reads(5, 15, 130.0), NOW_US)
    value, complete = metered.quarters(1)
    assert value == pytest.approx([120.0])
    assert complete == pytest.approx([1.0])


def test_a_correction_changes_a_step_with_as_many_readings(metered: Metered) -> None:
    metered.board.take(metered.reads(0, 15, 100.0), NOW_US)
    assert metered.quarters(1)[0] == pytest.approx([100.0])
    corrected = metered.reads(0, 15, 90.0)

    def span(ids: Sequence[int], from_us: int, to_us: int) -> Readings:
        return corrected.take((corrected.time_us >= from_us) & (corrected.time_us < to_us))

    metered.board.touch(corrected)
    list(metered.board.mend(span, NOW_US))
    assert metered.quarters(1)[0] == pytest.approx([90.0])


def test_what_is_older_than_what_is_kept_is_not_known(metered: Metered) -> None:
    value, complete = metered.quarters(1, START_US - (RING_MINUTES + 15) * MINUTE_US)
    assert np.isnan([*value, *complete]).all()
