"""Headlines and flows as key figures: what they come to this day, at what pace, and where that leads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from didymium.kpi.amounts import DayAmount, is_of_day
from didymium.kpi.board import Board
from didymium.kpi.building import all_entries, built
from didymium.kpi.definitions import Kpis
from didymium.kpi.parts import MINUTE_US
from didymium.kpi.windows import Asked, asked
from didymium.model.folder import read_complex
from didymium.model.mistakes import Mistakes
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from didymium.model.shifts import Shifts
from didymium.service.instance import SHIPPED_COMPLEX
from tests.unit.kpi_desk import HOUR_US, REACTOR, complex_with, kpi

FED = f"{REACTOR}.TOT_FEED"
"""What the starter's headline counts, m³."""


def kpis_of(folder: Path, plant: Complex) -> Kpis:
    mistakes = Mistakes()
    kpis = built(all_entries(folder, plant, mistakes), plant)
    assert mistakes.sorted() == []
    return kpis


class Fed:
    """The starter's complex whose reactor was fed 12 m³ an hour, a reading each ten seconds."""

    def __init__(self, folder: Path) -> None:
        self.plant = complex_with(folder, kpi("mean(LEVEL)", "%"))
        self.kpis = kpis_of(folder, self.plant)
        self.shifts = Shifts(self.plant.shifts, self.plant.zone)
        self.midnight_us = self.shifts.day_at(1_800_000_000_000_000).from_us
        self.ids = TagIds(np.arange(len(self.plant.tags), dtype=np.uint32))
        self.board = Board(self.kpis, self.ids, self.shifts, now_us=self.midnight_us)

    def feed(self, from_h: float, to_h: float) -> None:
        time_us = np.arange(
            self.midnight_us + int(from_h * HOUR_US), self.midnight_us + int(to_h * HOUR_US), MINUTE_US // 6
        )
        tag = np.full(len(time_us), self.plant.tags.row_of[FED], np.uint32)
        self.board.take(Readings.of(tag, time_us, 12.0 * (time_us - self.midnight_us) / HOUR_US), int(time_us[-1]))

    def headline(self, at_h: float) -> DayAmount:
        day = asked(Asked.DAY, self.shifts, self.midnight_us + int(at_h * HOUR_US))
        of_day = [each for each in self.kpis.kpis if is_of_day(each)]
        none = np.zeros(2)
        return self.board.amounts(of_day, day, lambda *_: (none, none))["headline.solution"]


@pytest.fixture
def fed(tmp_path: Path) -> Fed:
    return Fed(tmp_path / "c")


def test_a_headline_is_what_its_counters_grew_by_since_midnight(fed: Fed) -> None:
    fed.feed(-1.0, 6.0)
    found = fed.headline(6.0)
    assert found.amount == pytest.approx(72.0, rel=1e-3), "what came before midnight is yesterday's"
    assert found.since_us == fed.midnight_us
    assert found.rate_per_day == pytest.approx(288.0, rel=2e-3)
    assert found.forecast == pytest.approx(288.0, rel=2e-3)


def test_a_day_that_is_on_record_only_in_part_is_scaled_to_all_of_it(fed: Fed) -> None:
    fed.feed(12.0, 14.0)
    found = fed.headline(14.0)
    assert found.since_us == fed.midnight_us + 12 * HOUR_US
    assert found.amount == pytest.approx(24.0, rel=1e-2)
    assert found.forecast == pytest.approx(288.0, rel=1e-2)


def test_without_a_reading_there_is_no_pace_and_no_forecast(fed: Fed) -> None:
    assert fed.headline(3.0) == DayAmount("headline.solution", 0.0, None, None, None)


def test_what_stopped_hours_ago_has_no_pace_and_its_day_ends_as_it_is(fed: Fed) -> None:
    fed.feed(0.0, 2.0)
    found = fed.headline(12.0)
    assert (found.rate_per_day, found.forecast) == (None, None)
    assert found.amount == pytest.approx(24.0, rel=1e-2)


def test_a_factor_is_for_the_unit_that_the_sum_is_shown_in() -> None:
    plant = read_complex(SHIPPED_COMPLEX)
    kpis = kpis_of(SHIPPED_COMPLEX, plant)
    powder = kpis.of["flow.bought_oxide_s04"]
    # 0.00006 t for each g/min over an hour, which are 60 g.
    assert powder.constants["factor"][0].tolist() == pytest.approx([1e-6])
    assert (powder.constants["factor"][1], powder.value.formula.inputs[0].unit) == ("t/g", "g")
    water = kpis.of["flow.reuse_water"]
    assert water.value.formula.text == (
        "factor * integral('S08.MEM.RO*.F_PERM') + factor_1 * integral('S08.EVAP.MVR*.F_COND')"
    )
    assert [unit for _, unit in water.constants.values()] == ["t/m³", "t/t"]
