"""What follows from one cause is one group under it: over units and sites, along chains, and without hiding too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from alarm_desk import SOON, Desk

from didymium.alarms.life import State

ONE = '{ template = "T_PRECIP", first = 1, count = 1 },'
FORTY = {"sites/S01.toml": (ONE, ONE + ' { template = "T_TANK", first = 1, count = 40 },')}
LOW_FLOW = """
[[alarms]]
id = "LOW_FLOW"
templates = ["T_TANK"]
kind = "limit"
tag = "F_OUT"
low = 2
on_delay_s = 2
caused_by = ["{by}"]
sites = ["S01"]
settle_s = 5
"""
PUMP = """
[[alarms]]
id = "PUMP_LOST"
templates = ["T_PRECIP"]
kind = "expression"
when = "V_OUT > 90"
{by}
"""
TANKS = [f"S01.PR1.TANK{number:03}" for number in range(1, 41)]


def forty(folder: Path, pump_by: str = "") -> Desk:
    """Forty tanks whose flow comes from the reactor's pump."""
    desk = Desk.of(folder, SOON + LOW_FLOW.format(by="T_PRECIP/PUMP_LOST") + PUMP.format(by=pump_by), FORTY)
    desk.pass_s(1, {f"{tank}.F_OUT": 10.0 for tank in TANKS})
    return desk


def test_a_pump_trip_hides_its_forty_low_flows(tmp_path: Path) -> None:
    desk = forty(tmp_path)
    words = desk.pass_s(1, {"V_OUT": 95})
    words += desk.pass_s(5, {f"{tank}.F_OUT": 0.0 for tank in TANKS})
    assert [word for word in words if "*" in word] == ["PUMP_LOST ACTIVATE* UNACK"]
    root = desk.row("PUMP_LOST")
    low = [desk.row(f"{tank}.F_OUT/LOW_FLOW") for tank in TANKS]
    assert (desk.engine.groups == root).sum() == 41
    assert set(desk.engine.groups[low].tolist()) == {root}
    assert {State(int(each)) for each in desk.engine.states[low]} == {State.SUPPRESSED}


def test_when_the_pump_is_back_what_stays_low_is_told_and_stands_alone(tmp_path: Path) -> None:
    desk = forty(tmp_path)
    desk.pass_s(4, {"V_OUT": 95} | {f"{tank}.F_OUT": 0.0 for tank in TANKS})
    back = {f"{tank}.F_OUT": 10.0 for tank in TANKS[1:]}
    words = desk.pass_s(1, {"V_OUT": 0} | back) + desk.pass_s(10)
    assert [word for word in words if "*" in word] == [f"{TANKS[0]}.F_OUT/LOW_FLOW RELEASE* UNACK"]


def test_along_a_chain_the_first_cause_is_the_root(tmp_path: Path) -> None:
    desk = forty(tmp_path, pump_by='caused_by = ["TEMP/HH"]')
    desk.pass_s(6, {"TEMP": 75, "V_OUT": 95} | {f"{tank}.F_OUT": 0.0 for tank in TANKS})
    root = desk.row("TEMP/HH")
    assert desk.state("PUMP_LOST") is State.SUPPRESSED
    rows = [desk.row("PUMP_LOST"), *(desk.row(f"{tank}.F_OUT/LOW_FLOW") for tank in TANKS)]
    assert set(desk.engine.groups[rows].tolist()) == {root}


def test_the_unit_of_the_same_number_is_the_cause_and_no_other(tmp_path: Path) -> None:
    hot = '[[alarms]]\nid = "HOT"\ntemplates = ["T_TANK"]\nkind = "limit"\ntag = "TEMP"\nhigh = 90\n'
    text = SOON + hot + LOW_FLOW.format(by="T_TANK[n].TEMP/HOT")
    desk = Desk.of(tmp_path, text, FORTY)
    desk.pass_s(1, {f"{tank}.F_OUT": 10.0 for tank in TANKS})
    words = desk.pass_s(5, {f"{TANKS[6]}.TEMP": 95.0, f"{TANKS[6]}.F_OUT": 0.0, f"{TANKS[7]}.F_OUT": 0.0})
    told = sorted(word.split()[0] for word in words if "*" in word)
    assert told == [f"{TANKS[6]}.TEMP/HOT", f"{TANKS[7]}.F_OUT/LOW_FLOW"]
    assert desk.engine.groups[desk.row(f"{TANKS[6]}.F_OUT/LOW_FLOW")] == desk.row(f"{TANKS[6]}.TEMP/HOT")


def test_a_consequence_that_must_sound_is_grouped_under_the_first_all_the_same(tmp_path: Path) -> None:
    group = '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["TEMP", "NH3_AMB"]\nalarms = ["H"]\nfirst_out = "G"\n'
    desk = Desk.of(tmp_path, SOON + group)
    words = desk.pass_s(3, {"TEMP": 61}) + desk.pass_s(3, {"NH3_AMB": 21})
    assert [word for word in words if "*" in word] == ["TEMP/H ACTIVATE* UNACK", "NH3_AMB/H ACTIVATE* UNACK"]
    assert desk.engine.groups[desk.row("NH3_AMB/H")] == desk.row("TEMP/H")
    desk.pass_s(3, {"TEMP": 45})
    desk.pass_s(2, {"NH3_AMB": 1})
    desk.pass_s(1, {"NH3_AMB": 21})
    assert desk.engine.groups[desk.row("NH3_AMB/H")] == desk.row("NH3_AMB/H"), "the first of a new group"
    assert np.array_equal(desk.again().engine.groups, desk.engine.groups)


def test_first_out_over_two_units_groups_and_hides_nothing(tmp_path: Path) -> None:
    hot = '[[alarms]]\nid = "HOT"\ntemplates = ["T_TANK"]\nkind = "limit"\ntag = "TEMP"\nhigh = 90\n'
    text = SOON + hot + 'first_out = "T_PRECIP[n]/reactor"\n' + PUMP.format(by='first_out = "reactor"')
    desk = Desk.of(tmp_path, text, FORTY)
    words = desk.pass_s(1, {f"{TANKS[0]}.TEMP": 95.0, f"{TANKS[1]}.TEMP": 95.0})
    words += desk.pass_s(1, {"V_OUT": 95})
    told = [word for word in words if "*" in word]
    assert told[-1] == "PUMP_LOST ACTIVATE* UNACK" and len(told) == 3
    first, other = desk.row(f"{TANKS[0]}.TEMP/HOT"), desk.row(f"{TANKS[1]}.TEMP/HOT")
    assert desk.engine.groups[desk.row("PUMP_LOST")] == first, "the tank of the reactor's number came first"
    assert desk.engine.groups[other] == other, "no reactor has its number"
