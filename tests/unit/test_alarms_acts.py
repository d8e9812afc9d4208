"""What people do to alarms, and what the clock does after them."""

from __future__ import annotations

from pathlib import Path

import pytest
from alarm_desk import HOUR_US, SOON, START_S, TEMP_LATER, Desk

from didymium.alarms.acts import BadAct, Why
from didymium.alarms.life import Event, State


def test_an_acknowledgement_carries_who_and_when(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    made = desk.act(Event.ACKNOWLEDGE, "TEMP/H", actor="night shift").transitions
    assert (made.actor, made.after[0], made.time_us[0]) == ("night shift", State.ACKED, desk.second * 1_000_000)
    assert desk.pass_s(1, {"TEMP": 40}) == ["TEMP/H CLEAR NORMAL"]


def test_of_two_who_acknowledge_at_once_the_second_is_refused(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    seen = (int(desk.engine.number[desk.row("TEMP/H")]),)
    assert not desk.act(Event.ACKNOWLEDGE, "TEMP/H", actor="night shift", seen=seen).refused
    (refused,) = desk.act(Event.ACKNOWLEDGE, "TEMP/H", actor="A", seen=seen).refused
    assert refused.why is Why.OVERTAKEN
    (refused,) = desk.act(Event.ACKNOWLEDGE, "TEMP/H", actor="A").refused
    assert refused.why is Why.NOT_NOW


def test_a_shelved_alarm_is_silent_until_its_time_is_over(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    desk.act(Event.SHELVE, "TEMP/H", reason="probe is being changed", until_us=(desk.second + 60) * 1_000_000)
    assert desk.pass_s(1, {"TEMP": 40}) == ["TEMP/H CLEAR SHELVED"]
    assert desk.pass_s(1, {"TEMP": 61}) == ["TEMP/H ACTIVATE SHELVED"]
    assert desk.tick(57, "TEMP") == []
    assert desk.tick(58, "TEMP") == ["TEMP/H EXPIRE* UNACK"]
    assert desk.tick(59, "TEMP") == []


def test_an_alarm_taken_off_the_shelf_by_hand_is_acknowledged(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    desk.act(Event.SHELVE, "TEMP/H", reason="drill", until_us=(desk.second + 60) * 1_000_000)
    desk.act(Event.UNSHELVE, "TEMP/H")
    assert desk.state("TEMP/H") is State.ACKED
    assert desk.tick(61, "TEMP") == [], "its time was over with the hand"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"until_us": START_S * 1_000_000 + 366 * 24 * HOUR_US, "reason": "noise"}, "at most 8 h"),
        ({"until_us": START_S * 1_000_000 - 1, "reason": "noise"}, "more than 0"),
        ({"until_us": START_S * 1_000_000 + HOUR_US, "reason": " "}, "needs a reason"),
        ({"until_us": START_S * 1_000_000 + HOUR_US, "reason": "noise", "actor": ""}, "name of the person"),
        ({"until_us": START_S * 1_000_000 + HOUR_US, "reason": "noise", "seen": (1, 2)}, "2 numbers"),
    ],
)
def test_a_shelving_that_cannot_be_is_refused_in_words(tmp_path: Path, more: dict[str, object], words: str) -> None:
    desk = Desk.of(tmp_path, SOON)
    with pytest.raises(BadAct, match=words):
        desk.act(Event.SHELVE, "TEMP/H", at_s=START_S, **more)  # type: ignore[arg-type]
    with pytest.raises(BadAct, match="what the plant does"):
        desk.act(Event.CLEAR, "TEMP/H")


def test_an_alarm_is_told_again_when_nobody_mends_it(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "re_alarm_s = 600\n")
    desk.pass_s(1, {"TEMP": 61})
    desk.act(Event.ACKNOWLEDGE, "TEMP/H")
    assert desk.tick(599, "TEMP") == []
    assert desk.tick(601, "TEMP") == ["TEMP/H RE_ALARM* UNACK"]
    assert desk.tick(602, "TEMP") == []


def test_a_latched_alarm_waits_for_its_reset(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, TEMP_LATER + "latched = true\n")
    desk.pass_s(1, {"TEMP": 61})
    desk.act(Event.ACKNOWLEDGE, "TEMP/H")
    assert desk.pass_s(1, {"TEMP": 40}) == ["TEMP/H CLEAR LATCHED"]
    desk.act(Event.RESET, "TEMP/H")
    assert desk.state("TEMP/H") is State.NORMAL
