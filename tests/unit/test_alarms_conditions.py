"""Conditions second by second: limits, delays, quality, and what else activates an alarm."""

from __future__ import annotations

from pathlib import Path

import pytest
from alarm_desk import REACTOR, SOON, TEMP_LATER, Desk

from didymium.alarms.life import State
from didymium.model.status import BAD_SENSOR_FAILURE, UNCERTAIN_LAST_USABLE_VALUE


def alarm(text: str, **more: object) -> str:
    """An alarm ``X`` of the reactor with the expression ``text``."""
    keys = "".join(f"{key} = {value!r}\n".replace("True", "true") for key, value in more.items())
    return SOON + f'[[alarms]]\nid = "X"\ntemplates = ["T_PRECIP"]\nkind = "expression"\nwhen = "{text}"\n' + keys


def test_a_limit_is_reached_and_left_by_its_deadband(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "deadband = 2\n")
    assert desk.pass_s(1, {"TEMP": 59.9}) == []
    assert desk.pass_s(1, {"TEMP": 60.0}) == ["TEMP/H ACTIVATE* UNACK"]
    assert desk.pass_s(1, {"TEMP": 58.1}) == []
    assert desk.pass_s(1, {"TEMP": 57.9}) == ["TEMP/H CLEAR RTN_UNACK"]


def test_delays_count_source_time_from_the_reading_that_began_it(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "on_delay_s = 3\noff_delay_s = 2\n")
    assert desk.pass_s(3, {"TEMP": 61}) == []
    assert desk.pass_s(1) == ["TEMP/H ACTIVATE* UNACK"]
    made = desk.said[-1]
    assert made.time_us[0] - made.since_us[0] == 3_000_000
    assert made.time_us[0] == desk.second * 1_000_000 + 250_000
    assert (made.value[0], made.limit[0]) == (61, 60)
    assert desk.pass_s(2, {"TEMP": 50}) == []
    assert desk.pass_s(1) == ["TEMP/H CLEAR RTN_UNACK"]


def test_a_delay_that_is_interrupted_begins_anew(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "on_delay_s = 3\n")
    desk.pass_s(3, {"TEMP": 61})
    desk.pass_s(1, {"TEMP": 50})
    assert desk.pass_s(3, {"TEMP": 61}) == []


def test_bad_quality_activates_only_the_alarm_of_bad_quality(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.status[f"{REACTOR}.TEMP"] = BAD_SENSOR_FAILURE
    assert desk.pass_s(1, {"TEMP": 99}) == ["TEMP/BAD ACTIVATE* UNACK"]
    desk.status[f"{REACTOR}.TEMP"] = UNCERTAIN_LAST_USABLE_VALUE
    assert set(desk.pass_s(1)) == {"TEMP/BAD CLEAR RTN_UNACK", "TEMP/HH ACTIVATE* UNACK", "TEMP/H ACTIVATE SUPPRESSED"}
    desk.status[f"{REACTOR}.TEMP"] = BAD_SENSOR_FAILURE
    assert desk.pass_s(1, {"TEMP": 40}) == ["TEMP/BAD ACTIVATE* UNACK"]
    assert desk.state("TEMP/HH") is State.UNACK, "an active alarm stays so while nothing is known"


def test_bad_quality_interrupts_a_delay(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "on_delay_s = 3\n")
    desk.pass_s(2, {"TEMP": 61})
    desk.status[f"{REACTOR}.TEMP"] = BAD_SENSOR_FAILURE
    desk.pass_s(1)
    desk.status.clear()
    assert desk.pass_s(3) == ["TEMP/BAD CLEAR RTN_UNACK"]


def test_nan_changes_nothing(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    assert desk.pass_s(2, {"TEMP": float("nan")}) == []


def test_a_value_holds_until_the_next_reading(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "on_delay_s = 2\n")
    desk.pass_s(1, {"TEMP": 61})
    rows = desk.plant.sites[0].rows
    temp = desk.plant.tags.row_of[f"{REACTOR}.TEMP"] - rows.start
    words = []
    for _ in range(2):
        desk.second += 1
        frame = desk.frame(0)
        frame.fresh[temp] = False
        frame.value[temp] = 0.0
        words += desk.heard(desk.engine.take(frame))
    assert words == []
    assert desk.pass_s(1) == ["TEMP/H ACTIVATE* UNACK"]


def test_a_limit_that_follows_another_tag(tmp_path: Path) -> None:
    more = '[[alarms]]\nid = "OFF_SP"\ntemplates = ["T_PRECIP"]\nkind = "deviation"\n'
    more += 'tag = "FEED_PV"\nlimit_tag = "FEED_SP"\nhigh = 10\npercent = true\n'
    desk = Desk.of(tmp_path, SOON + more)
    assert desk.pass_s(1, {"FEED_SP": 0, "FEED_PV": 1}) == [], "a share of nothing is no limit"
    assert desk.pass_s(1, {"FEED_SP": 5, "FEED_PV": 5.4}) == []
    assert desk.pass_s(1, {"FEED_PV": 5.6}) == ["FEED_PV/OFF_SP ACTIVATE* UNACK"]
    assert desk.said[-1].limit[0] == pytest.approx(5.5)
    assert desk.pass_s(1, {"FEED_SP": 6}) == ["FEED_PV/OFF_SP CLEAR RTN_UNACK"]


def test_a_rate_of_change_over_its_window(tmp_path: Path) -> None:
    more = '[[alarms]]\nid = "RISING"\ntemplates = ["T_PRECIP"]\nkind = "rate"\n'
    more += 'tag = "TEMP"\nwindow_s = 5\nhigh = 12\n'
    desk = Desk.of(tmp_path, SOON + more)
    desk.pass_s(8)
    assert desk.pass_s(1, {"TEMP": 45.9}) == []
    assert desk.pass_s(1, {"TEMP": 46.1}) == ["TEMP/RISING ACTIVATE* UNACK"]
    assert desk.said[-1].value[0] == pytest.approx(1.1 * 60 / 5)


def test_states_and_bits_of_a_discrete_alarm(tmp_path: Path) -> None:
    more = '[[alarms]]\nid = "STUCK"\ntemplates = ["T_PRECIP"]\nkind = "discrete"\ntag = "STATE"\n'
    desk = Desk.of(tmp_path, SOON + more + 'states = ["FAULT", "WASH"]\n')
    assert desk.pass_s(1, {"STATE": 9}) == ["STATE/STUCK ACTIVATE* UNACK"]
    assert desk.pass_s(1, {"STATE": 7}) == []
    assert desk.pass_s(1, {"STATE": 8}) == ["STATE/STUCK CLEAR RTN_UNACK"]


def test_an_expression_that_divides_by_zero_is_never_active_and_counted(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, alarm("FEED_PV / FEED_SP > 2"))
    assert desk.pass_s(3, {"FEED_PV": 5, "FEED_SP": 0}) == []
    assert desk.engine.conditions.undefined[desk.row("X")] >= 3
    assert desk.pass_s(1, {"FEED_SP": 1}) == ["X ACTIVATE* UNACK"]
