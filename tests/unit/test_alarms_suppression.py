"""What hides an alarm: the state of its unit, its cause, an outer limit; and which came first."""

from __future__ import annotations

from pathlib import Path

import pytest
from alarm_desk import CAUSED, HOUR_US, REACTOR, SOON, TEMP_LATER, Desk

from didymium.alarms.life import Event, State
from didymium.alarms.transitions import joined


def test_the_state_of_its_unit_suppresses_an_alarm_by_design(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "not_while = \"STATE == 'IDLE'\"\n")
    desk.pass_s(1, {"STATE": 8})
    assert desk.state("TEMP/H") is State.SUPPRESSED
    assert desk.pass_s(1, {"TEMP": 61}) == ["TEMP/H ACTIVATE SUPPRESSED"]
    assert desk.said[-1].by[0] == -1
    assert desk.pass_s(1, {"STATE": 2}) == []
    assert desk.pass_s(2) == ["TEMP/H RELEASE* UNACK"]


def test_what_goes_with_the_state_that_hid_it_is_never_told(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "not_while = \"STATE == 'IDLE'\"\noff_delay_s = 5\n")
    desk.pass_s(2, {"STATE": 8, "TEMP": 61})
    desk.pass_s(1, {"STATE": 2, "TEMP": 40})
    assert not any("*" in word for word in desk.pass_s(12))
    assert desk.state("TEMP/H") is State.NORMAL


def test_a_cause_hides_its_children_and_is_their_root(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, CAUSED)
    words = desk.pass_s(1, {"AGIT_A": 0, "AGIT_RPM": 0, "PH1": 1})
    assert [word for word in words if "*" in word] == ["AGIT_A/LL ACTIVATE* UNACK"]
    journal = joined(desk.said)
    roots = {desk.definitions.id[group] for group in journal["group"].tolist()}
    assert roots == {f"{REACTOR}.AGIT_A/LL"}
    child = journal["alarm"].tolist().index(desk.row("PH1/LL"))
    assert journal["by"][child] == desk.row("AGIT_A/LL")


def test_children_that_were_told_before_their_cause_come_under_it(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, CAUSED)
    assert "AGIT_RPM/LL ACTIVATE* UNACK" in desk.pass_s(1, {"AGIT_RPM": 0})
    words = desk.pass_s(1, {"AGIT_A": 0})
    assert "AGIT_RPM/LL SUPPRESS SUPPRESSED" in words
    assert desk.pass_s(1, {"AGIT_A": 40, "AGIT_RPM": 70}) != []
    desk.pass_s(8)
    assert desk.state("AGIT_RPM/LL") is State.RTN_UNACK, "it was told, so it wants its acknowledgement"


def test_children_have_time_to_recover_when_their_cause_clears(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, CAUSED)
    desk.pass_s(1, {"AGIT_A": 0, "AGIT_RPM": 0})
    assert not any("*" in word for word in desk.pass_s(4, {"AGIT_A": 40}))
    assert "AGIT_RPM/LL RELEASE* UNACK" in desk.pass_s(2)


def test_a_child_waits_while_its_cause_is_in_its_delay(tmp_path: Path) -> None:
    later = '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["AGIT_A"]\nalarms = ["LL"]\non_delay_s = 3\n'
    desk = Desk.of(tmp_path, CAUSED + later)
    words = desk.pass_s(5, {"AGIT_A": 5, "AGIT_RPM": 0})
    assert [word for word in words if "*" in word] == ["AGIT_A/LL ACTIVATE* UNACK"]


@pytest.mark.parametrize("event", [Event.SHELVE, Event.REMOVE_FROM_SERVICE])
def test_a_cause_that_nobody_is_told_of_hides_nothing(tmp_path: Path, event: Event) -> None:
    desk = Desk.of(tmp_path, CAUSED)
    desk.pass_s(1, {"AGIT_A": 0, "AGIT_RPM": 0})
    desk.act(event, "AGIT_A/LL", reason="faulty", until_us=desk.second * 1_000_000 + HOUR_US)
    assert "AGIT_RPM/LL RELEASE* UNACK" in desk.pass_s(6)


def test_an_outer_limit_says_what_the_inner_one_would(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    words = desk.pass_s(1, {"TEMP": 75})
    assert sorted(words) == ["TEMP/H ACTIVATE SUPPRESSED", "TEMP/HH ACTIVATE* UNACK"]


def test_the_first_of_a_group_is_its_root_by_the_source_time(tmp_path: Path) -> None:
    group = '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["TEMP", "NH3_AMB"]\nalarms = ["H"]\nfirst_out = "G"\n'
    desk = Desk.of(tmp_path, SOON + group)
    desk.values |= {f"{REACTOR}.TEMP": 61, f"{REACTOR}.NH3_AMB": 21}
    desk.second += 1
    frame = desk.frame(0)
    frame.time_us[desk.plant.tags.row_of[f"{REACTOR}.NH3_AMB"]] -= 7_000
    assert desk.heard(desk.engine.take(frame)) == ["NH3_AMB/H ACTIVATE* UNACK", "TEMP/H ACTIVATE* UNACK"]
    assert set(desk.said[-1].group.tolist()) == {desk.row("NH3_AMB/H")}
