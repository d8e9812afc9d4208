"""Acts that cannot be right, notes, and the list of people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.alarm_centre import SECOND, AlarmCentre, alarm_centre, whole


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlarmCentre]:
    """A hot reactor whose alarm nobody changes."""
    with alarm_centre(tmp_path_factory.mktemp("hot")) as one:
        one.pass_s({"TEMP": 65})
        yield one


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"event": "shelve", "reason": "x", "until_us": 1_900_000_000 * SECOND}, "at most 8 h"),
        ({"event": "shelve", "until_us": 0}, "shelve needs a reason"),
        ({"event": "activate"}, "people acknowledge, reset, shelve"),
        ({"event": "acknowledge", "who": " "}, "name '': is empty"),
        ({"event": "acknowledge", "alarms": []}, "0 alarms are named"),
        ({"event": "acknowledge", "reason": "x" * 4_001}, "4,001 letters"),
    ],
)
def test_an_act_that_can_be_right_for_no_alarm(centre: AlarmCentre, told: dict[str, Any], words: str) -> None:
    whole_act = {"alarms": [{"alarm": whole("TEMP/H"), "number": 1}], "who": "night", **told}
    status, body = centre.asked("/api/alarms/act", whole_act)
    assert (status, words in body["detail"]) == (400, True), body
    assert centre.row("TEMP/H")["state"] == "unack"


def test_an_unknown_alarm_is_answered_with_the_nearest(centre: AlarmCentre) -> None:
    told = {"event": "acknowledge", "alarms": [{"alarm": whole("TEMP/X"), "number": 1}], "who": "night"}
    for path, body in (
        ("act", told),
        ("note", {"alarm": whole("TEMP/X"), "who": "night", "text": "x"}),
        ("assign", {"alarms": [{"alarm": whole("TEMP/X"), "before": ""}], "who": "night", "assignee": "day"}),
    ):
        status, answer = centre.asked(f"/api/alarms/{path}", body)
        assert status == 404 and f"the nearest is {whole('TEMP/')}" in answer["detail"]


def test_a_note_stands_on_the_card(centre: AlarmCentre) -> None:
    at_us = centre.clock[0]
    told = {"alarm": whole("TEMP/H"), "who": "night", "text": " Steam valve passes 蒸汽阀内漏 "}
    assert centre.asked("/api/alarms/note", told) == (200, {"notes": 1})
    card = centre.asked("/api/alarms/card", alarm=whole("TEMP/H"))[1]
    assert card["notes"] == [{"at_us": at_us, "who": "night", "text": "Steam valve passes 蒸汽阀内漏"}]
    assert card["row"]["notes"] == 1
    assert centre.asked("/api/alarms/note", told | {"text": " "})[0] == 400


def test_people_who_act_are_on_the_list_and_the_list_is_changed_by_hand(centre: AlarmCentre) -> None:
    centre.act("reset", "TEMP/H", who="night")
    people = centre.asked("/api/people")[1]["people"]
    assert {"name": "night", "display": "night", "role": "dispatcher"} in people
    status, answer = centre.asked("/api/people", {"name": "night", "display": "Night shift 夜班", "role": "engineer"})
    assert status == 200
    assert {"name": "night", "display": "Night shift 夜班", "role": "engineer"} in answer["people"]
    (act,) = centre.served.desk.alarms.records.people.acts(limit=9)
    assert (act.act.what, act.act.subject, act.act.reason) == ("put person", "night", "Night shift 夜班, engineer")
    status, body = centre.asked("/api/people", {"name": "x", "display": "x", "role": "boss"})
    assert (status, "valid are dispatcher" in body["detail"]) == (400, True)
