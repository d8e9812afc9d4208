"""The instructor's orders: obeyed or refused with a reason, played by time, and written down for the next twin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from didymium.model.plant import Text, Unit
from didymium.twin.bank import Bank
from didymium.twin.faults import Faults
from didymium.twin.orders import Browse, Catalogue, Clear, Inject, Look, Refused, Start, State, Stop
from didymium.twin.scenario import INJECT, Event, Scenario
from didymium.twin.training import LOG, Training

T0 = 1_800_000_000
FURNACE = "S05.H1.SC001"
DRILL = Scenario(
    "drill",
    Text("Drill", "演练"),
    (Event(10, INJECT, "F05", FURNACE, None, 20), Event(15, INJECT, "F20", "S05")),
)


def training(folder: Path, second: int = T0) -> Training:
    text = Text("", "")
    units = (Unit("SC001", "S05", "H1", "T_SC", 1, text, 0, 1),)
    faults = Faults(["S03", "S05"])
    faults.add(Bank("T_SC", units, {}, np.zeros((1, 1)), np.zeros((1, 1)), 0, np.zeros((1, 1), np.intp)))
    return Training(faults, [DRILL], seed=7, second=second, folder=folder)


def obeyed(answer: object) -> State:
    assert isinstance(answer, State), answer
    return answer


def refused(answer: object) -> tuple[str, str]:
    assert isinstance(answer, Refused), answer
    return answer.kind, answer.words


def acts(state: State, *fields: str) -> list[tuple[Any, ...]]:
    """The log, oldest first."""
    return [tuple(getattr(entry, name) for name in fields) for entry in reversed(state.log)]


def test_a_fault_is_in_force_from_its_second_until_it_is_cleared(tmp_path: Path) -> None:
    desk = training(tmp_path)
    desk.before(T0 + 5)
    (standing,) = obeyed(desk.obey(Inject("F12", FURNACE, "A", 4.0))).in_force
    assert (standing.code, standing.name, standing.size, standing.unit, standing.since_s) == (
        "F12", "VAC_LEAK", 4.0, "Pa/min", T0 + 5,
    )  # fmt: skip
    assert obeyed(desk.obey(Clear("F12", FURNACE, "B"))).in_force == []
    assert acts(desk.state(), "at_s", "who", "act", "size") == [
        (T0 + 5, "A", "inject", 4.0),
        (T0 + 5, "B", "clear", None),
    ]


def test_refusals_say_what_kind_they_are(tmp_path: Path) -> None:
    desk = training(tmp_path)
    assert refused(desk.obey(Inject("F77", FURNACE, "A")))[0] == "unknown"
    assert refused(desk.obey(Inject("F05", "S05.H1.SC002", "A")))[0] == "unknown"
    assert refused(desk.obey(Inject("F12", FURNACE, "A", 99.0)))[0] == "bad"
    assert refused(desk.obey(Inject("F12", FURNACE, "  ")))[0] == "bad"
    assert refused(desk.obey(Clear("F05", FURNACE, "A")))[0] == "contrary"
    assert refused(desk.obey(Start("dril", "A"))) == (
        "unknown", "there is no scenario 'dril'; the nearest valid word is 'drill'",
    )  # fmt: skip
    assert refused(desk.obey(Stop("A"))) == ("contrary", "no scenario is on its way")
    assert desk.state().log == []


def test_the_catalogue_lists_what_this_complex_has_room_for(tmp_path: Path) -> None:
    answer = training(tmp_path).obey(Browse())
    assert isinstance(answer, Catalogue)
    by_code = {fault.code: fault for fault in answer.faults}
    assert by_code["F05"].places == [FURNACE]
    assert by_code["F05"].size is None
    assert by_code["F12"].size is not None
    assert by_code["F12"].size.unit == "Pa/min"
    assert by_code["F20"].places == ["S03", "S05"]
    assert by_code["F10"].places == []


def test_a_scenario_plays_by_the_plants_seconds(tmp_path: Path) -> None:
    desk = training(tmp_path)
    running = obeyed(desk.obey(Start("drill", "A"))).running
    assert running is not None
    assert (running.id, running.since_s, running.next_s) == ("drill", T0, T0 + 10)
    in_force = {}
    for second in range(T0 + 1, T0 + 40):
        desk.before(second)
        in_force[second - T0] = [each.code for each in desk.state().in_force]
    assert [in_force[s] for s in (9, 10, 14, 15, 29, 30, 39)] == [
        [], ["F05"], ["F05"], ["F05", "F20"], ["F05", "F20"], ["F20"], ["F20"],
    ]  # fmt: skip
    assert desk.lines_down.tolist() == [False, True]
    assert desk.state().running is None
    assert acts(desk.state(), "at_s", "who", "act", "code") == [
        (T0, "A", "start", ""),
        (T0 + 10, "twin", "inject", "F05"),
        (T0 + 15, "twin", "inject", "F20"),
        (T0 + 30, "twin", "clear", "F05"),
        (T0 + 30, "twin", "end", ""),
    ]


def test_one_scenario_plays_at_a_time(tmp_path: Path) -> None:
    desk = training(tmp_path)
    desk.obey(Start("drill", "A"))
    assert refused(desk.obey(Start("drill", "A")))[0] == "contrary"


def test_stopping_clears_what_the_scenario_injected_and_nothing_else(tmp_path: Path) -> None:
    desk = training(tmp_path)
    desk.obey(Inject("F12", FURNACE, "A"))
    desk.obey(Start("drill", "A"))
    desk.before(T0 + 15)
    assert len(desk.state().in_force) == 3
    stopped = obeyed(desk.obey(Stop("A")))
    assert [each.code for each in stopped.in_force] == ["F12"]
    assert stopped.running is None
    desk.before(T0 + 100)
    assert [each.code for each in desk.state().in_force] == ["F12"]


def test_what_the_instructor_did_before_the_scenario_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    desk = training(tmp_path)
    desk.obey(Inject("F05", FURNACE, "A"))
    desk.obey(Start("drill", "A"))
    desk.before(T0 + 10)
    entry = desk.state().log[0]
    assert (entry.act, entry.code, entry.scenario) == ("skip", "F05", "drill")
    assert "already" in entry.why
    assert [each.code for each in obeyed(desk.obey(Stop("A"))).in_force] == ["F05"]


def test_the_log_outlives_the_twin_and_says_that_a_restart_cleared_everything(tmp_path: Path) -> None:
    desk = training(tmp_path)
    desk.obey(Inject("F05", FURNACE, "A"))
    again = training(tmp_path, T0 + 60).state()
    assert again.in_force == []
    assert acts(again, "at_s", "who", "act") == [(T0, "A", "inject"), (T0 + 60, "twin", "restart")]
    assert len(training(tmp_path, T0 + 120).state().log) == 2  # nothing stood that a second restart could clear


def test_a_line_that_broke_off_is_passed_over_and_the_next_one_stands_alone(tmp_path: Path) -> None:
    desk = training(tmp_path)
    desk.obey(Inject("F05", FURNACE, "A"))
    desk.obey(Clear("F05", FURNACE, "A"))
    file = tmp_path / LOG
    file.write_bytes(file.read_bytes() + b'{"at_s": 18000')
    again = training(tmp_path)
    again.obey(Inject("F05", FURNACE, "B"))
    assert acts(training(tmp_path).state(), "who", "act")[:3] == [
        ("A", "inject"),
        ("A", "clear"),
        ("B", "inject"),
    ]


@pytest.mark.parametrize("order", [Look(), Browse()])
def test_looking_leaves_no_trace(tmp_path: Path, order: Look | Browse) -> None:
    training(tmp_path).obey(order)
    assert not (tmp_path / LOG).exists()
