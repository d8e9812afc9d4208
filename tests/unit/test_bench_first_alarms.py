"""The bench of first alarms: what it expects exists, and what it counts as one group is one."""

from __future__ import annotations

import pytest

from bench.first_alarms.expected import FIRST, fits
from bench.first_alarms.running import BATCHES
from bench.first_alarms.trial import Result, Told, beyond, together
from bench.first_alarms.trials import TRIALS
from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.faults import CATALOGUE, SITE


@pytest.fixture(scope="module")
def complex_and_alarms() -> tuple[Complex, Definitions]:
    plant = read_complex(SHIPPED_COMPLEX)
    return plant, read_definitions(SHIPPED_COMPLEX, plant)


def test_every_fault_is_tried_on_every_kind_of_unit() -> None:
    tried = {(trial.drill.code, trial.drill.template) for trial in TRIALS}
    assert tried == {(code, template) for code, fault in CATALOGUE.items() for template in fault.templates}
    assert tried == set(FIRST)


def test_every_alarm_that_may_be_first_exists(complex_and_alarms: tuple[Complex, Definitions]) -> None:
    plant, alarms = complex_and_alarms
    for trial in TRIALS:
        drill = trial.drill
        units = [unit.path for unit in plant.units if (unit.site, unit.template) == (drill.site, drill.template)]
        place = drill.site if drill.template == SITE else units[0]
        patterns = FIRST[drill.code, drill.template].first
        own = [alarm for alarm in alarms.id if alarm.startswith(drill.site)]
        assert any(fits(patterns, alarm, place) for alarm in own), (drill.code, place)


def test_one_fault_is_tried_at_a_site_at_a_time_in_the_running_system() -> None:
    known = {f"{trial.drill.code}@{trial.drill.site}" for trial in TRIALS}
    for batch in BATCHES:
        assert set(batch.names) <= known
        sites = [name.split("@")[1] for name in batch.names]
        assert len(sites) == len(set(sites)), batch


def test_groups_that_hang_together_are_one() -> None:
    # 7 was told, then 8 became its root, and 9 came under 8; 3 stands alone
    told = [Told(7, 7, 1, True), Told(8, 8, 3, True), Told(9, 8, 4, False), Told(3, 3, 4, True)]
    groups = [0, 1, 2, 3, 4, 5, 6, 8, 8, 8]
    assert together(7, told, groups) == {8, 9}
    assert together(3, told, groups) == set()


def test_what_the_plant_tells_without_the_fault_is_not_of_the_fault() -> None:
    told = [Told(1, 1, 100, True), Told(1, 1, 5000, True), Told(2, 2, 100, True)]
    assert beyond(told, [Told(1, 1, 150, True)]) == [told[1], told[2]]


def test_the_lag_of_a_mean_is_no_part_of_the_law() -> None:
    faster = Result("F03", "T_SC", "S05", stretch=960.0, lag_s=180)
    assert faster.usual_s(780) == 600 * 960 + 180
