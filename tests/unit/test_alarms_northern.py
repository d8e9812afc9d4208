"""The alarms of the shipped complex: the right one first, its children under it, and quiet in between."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest

from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions, Priority
from didymium.alarms.engine import Engine
from didymium.alarms.frames import Frame
from didymium.alarms.life import Event, State
from didymium.alarms.transitions import Transitions, joined
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.plant import TwinPlant

START_S = 1_764_316_800
QUIET_S, FAULTY_S = 30, 75
FIRST = {
    # fault and where, and the alarm that must come first, within so many seconds (domain reference §19.1)
    ("F01", "S10.PL1.CELL003"): ("FEED_LOST", 70),
    ("F04", "S08.MEM.RO001"): ("V_STUCK", 25),
    ("F05", "S03.PL3.CELL025"): ("I9", 15),
    ("F07", "S01.AGV.AGV001"): ("OBST_FLAG/BLOCKED", 30),
    ("F08", "S02.ROBOT.ROBOT001"): ("I17", 5),
    ("F09", "S08.MEM.RO002"): ("PUMP_LOST", 10),
    ("F09", "S23.WATER.CWSTN001"): ("PUMP_LOST", 10),
    ("F14", "S18.FUME.SCRUB001"): ("I11", 10),
    ("F14", "S03.FUME.SCRUB001"): ("I11", 10),
    ("F15", "S12.ROAST.RKILN001"): ("P_HEAD/H", 15),
    ("F19", "S10.PL1.FEED001"): ("BRIDGE", 30),
    ("F21", "S22.HD.HD002"): ("H2_AMB1/H", 15),
    ("F21", "S23.H2.H2STN001"): ("LEL1/H", 15),
}


@dataclass
class Trial:
    """What the engine said before and after the faults of ``FIRST`` came at once."""

    plant: Complex
    definitions: Definitions
    quiet: list[Transitions]
    faulty: list[Transitions]


@pytest.fixture(scope="module")
def trial() -> Trial:
    plant = read_complex(SHIPPED_COMPLEX)
    definitions = read_definitions(SHIPPED_COMPLEX, plant)
    twin = TwinPlant(plant, 1, START_S * 1_000_000)
    engine = Engine(definitions, tuple(site.id for site in plant.sites), START_S * 1_000_000)

    def heard(seconds: int) -> list[Transitions]:
        said = []
        for _ in range(seconds):
            twin.advance(twin.second + 1)
            for place, site in enumerate(plant.sites):
                n, rows = site.count, site.rows
                at_us = np.full(n, twin.second * 1_000_000)
                fresh = np.ones(n, np.bool_)
                said.append(engine.take(Frame(place, twin.second, twin.values[rows], twin.status[rows], at_us, fresh)))
            said.append(engine.tick(twin.second * 1_000_000))
        return said

    quiet = heard(QUIET_S)
    for code, place in FIRST:
        twin.faults.inject(code, place, None, twin.second)
    return Trial(plant, definitions, quiet, heard(FAULTY_S))


def test_a_quiet_plant_has_next_to_no_alarms(trial: Trial) -> None:
    told = joined(trial.quiet)
    names = [trial.definitions.id[row] for row in told["alarm"][told["sounds"]].tolist()]
    assert len([name for name in names if not name.endswith("/BAD")]) <= 1, names


@pytest.mark.parametrize(("fault", "first"), list(FIRST.items()))
def test_the_right_alarm_comes_first_and_in_time(trial: Trial, fault: tuple[str, str], first: tuple[str, int]) -> None:
    journal = joined(trial.faulty)
    unit = trial.plant.unit_of[fault[1]]
    own = np.isin(trial.definitions.unit[journal["alarm"]], trial.plant.units.index(unit))
    told = np.flatnonzero(own & journal["sounds"])
    names = [
        re.split(r"[./]", trial.definitions.id[row].removeprefix(unit.path), maxsplit=1)[1]
        for row in journal["alarm"][told]
    ]
    assert names[0] == first[0], names
    assert journal["time_us"][told[0]] / 1e6 - (START_S + QUIET_S) <= first[1]


def test_the_children_are_under_their_root(trial: Trial) -> None:
    journal = joined(trial.faulty)
    root = trial.definitions.row_of["S03.PL3.CELL025/I9"]
    children = (journal["group"] == root) & (journal["alarm"] != root) & (journal["event"] == Event.ACTIVATE)
    assert children.sum() >= 10, "a cell without water loses its current and much else"
    assert set(journal["after"][children].tolist()) == {State.SUPPRESSED}
    assert not journal["sounds"][children].any()


def test_every_interlock_of_the_reference_is_shown(trial: Trial) -> None:
    shown = {interlock.alarm for interlock in trial.definitions.interlocks}
    assert shown == {f"I{number}" for number in range(1, 21)}
    for interlock in trial.definitions.interlocks:
        assert interlock.actions
        assert all(text.en and text.zh for text in (*interlock.actions, interlock.name, interlock.reset))
        assert interlock.alarm in trial.definitions.name


def test_few_alarms_are_critical_and_every_desk_has_its_sites(trial: Trial) -> None:
    share = np.bincount(trial.definitions.priority, minlength=4) / len(trial.definitions)
    assert share[Priority.CRITICAL] < 0.02
    assert share[Priority.HIGH] < 0.06
    assert share[Priority.LOW] > 0.6
    assert (trial.definitions.position >= 0).all()
