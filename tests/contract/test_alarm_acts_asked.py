"""What people do to alarms over HTTP: acts that fit and acts that come too late, the journal, measures, events."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from didymium.web.told import tell_listeners
from tests.alarm_centre import SECOND, WAIT_S, AlarmCentre, alarm_centre, own, whole

HOUR = 3_600 * SECOND


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[AlarmCentre]:
    """A hot reactor."""
    with alarm_centre(tmp_path) as one:
        one.pass_s({"TEMP": 65})
        yield one


def test_of_two_who_acknowledge_at_once_one_is_told_that_the_other_was_first(centre: AlarmCentre) -> None:
    seen = [{"alarm": whole("TEMP/H"), "number": 1}]
    answers: list[Any] = []

    def acknowledge(who: str) -> None:
        told = {"event": "acknowledge", "alarms": seen, "who": who}
        answers.append((who, centre.asked("/api/alarms/act", told)))

    hands = [threading.Thread(target=acknowledge, args=(who,)) for who in ("night", "day")]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    (winner,) = (who for who, (_, answer) in answers if answer["done"])
    assert next(answer["done"] for who, (_, answer) in answers if who == winner) == [
        {"alarm": whole("TEMP/H"), "number": 2, "state": "acked"}
    ]
    (refused,) = (answer["refused"] for who, (_, answer) in answers if who != winner)
    at_us = centre.row("TEMP/H")["act_us"]
    assert refused == [
        {
            "alarm": whole("TEMP/H"), "why": "overtaken", "by": winner, "event": "acknowledge", "at_us": at_us,
            "number": 2, "state": "acked",
        }
    ]  # fmt: skip
    row = centre.row("TEMP/H")
    assert (row["state"], row["actor"], row["act"]) == ("acked", winner, "acknowledge")


def test_an_act_after_the_plant_moved_on_names_what_it_did(centre: AlarmCentre) -> None:
    centre.pass_s({"TEMP": 45})
    told = {"event": "acknowledge", "alarms": [{"alarm": whole("TEMP/H"), "number": 1}], "who": "night"}
    (refused,) = centre.asked("/api/alarms/act", told)[1]["refused"]
    assert (refused["why"], refused["by"], refused["event"], refused["state"]) == (
        "overtaken",
        "",
        "clear",
        "rtn_unack",
    )


def test_an_act_that_the_state_does_not_allow(centre: AlarmCentre) -> None:
    centre.act("acknowledge", "TEMP/H")
    status, answer = centre.act("acknowledge", "TEMP/H")
    assert (status, answer["done"], answer["refused"][0]["why"]) == (200, [], "not_now")


def test_shelving_hides_until_its_time(centre: AlarmCentre) -> None:
    until_us = centre.clock[0] + HOUR
    for wrong_us, words in ((until_us + 366 * 24 * HOUR, "at most 8 h"), (10**400, "until_us is 1000")):
        status, answer = centre.act("shelve", "TEMP/H", reason="noise", until_us=wrong_us)
        assert (status, words in answer["detail"]) == (400, True), answer
    status, answer = centre.act("shelve", "TEMP/H", reason="Probe is being changed 换探头", until_us=until_us)
    assert (status, answer["done"][0]["state"]) == (200, "shelved")
    assert (centre.row("TEMP/H")["until_us"], centre.names(states="unack")) == (until_us, [])
    centre.clock[0] = until_us
    centre.until(lambda: centre.row("TEMP/H")["state"] == "unack")


def test_while_the_records_are_away_nothing_is_done(centre: AlarmCentre) -> None:
    centre.served.desk.alarms.trouble = "the disk is full"
    told = {"event": "acknowledge", "alarms": [{"alarm": whole("TEMP/H"), "number": 1}], "who": "night"}
    status, body = centre.asked("/api/alarms/act", told)
    assert (status, "the disk is full" in body["detail"]) == (503, True)
    assert centre.asked("/api/health")[1]["alarms"]["trouble"] == "the disk is full"


def test_a_shift_hands_over_all_of_its_alarms_or_none(centre: AlarmCentre) -> None:
    centre.pass_s({"LEVEL": 3})
    both = [{"alarm": whole(alarm), "before": ""} for alarm in ("TEMP/H", "LEVEL/LL")]
    told = {"alarms": both, "who": "night", "assignee": "night"}
    assert [row["state"] for row in centre.asked("/api/alarms/assign", told)[1]["done"]] == ["unack", "unack"]
    assert set(centre.names(assignee="night")) == {"TEMP/H", "LEVEL/LL"}
    one = {
        "alarms": [{"alarm": whole("TEMP/H"), "before": "night"}],
        "who": "day",
        "assignee": "day",
        "reason": "06:00",
    }
    assert centre.asked("/api/alarms/assign", one)[1]["refused"] == []
    told = {"alarms": [each | {"before": "night"} for each in both], "who": "night", "assignee": "late"}
    status, answer = centre.asked("/api/alarms/assign", told)
    assert (status, answer["done"]) == (200, [])
    (refused,) = answer["refused"]
    assert (own(refused["alarm"]), refused["by"], refused["event"]) == ("TEMP/H", "day", "assigned to day")
    assert centre.row("LEVEL/LL")["assignee"] == "night"
    card = centre.asked("/api/alarms/card", alarm=whole("TEMP/H"))[1]
    given = [(each["who"], each["before"], each["assignee"], each["reason"]) for each in card["assignments"]]
    assert given == [("day", "night", "day", "06:00"), ("night", "", "night", "")]


def test_the_journal_is_searched_and_turned_over_page_by_page(centre: AlarmCentre) -> None:
    centre.act("acknowledge", "TEMP/H", who="night", reason="Steam valve 蒸汽阀")
    centre.pass_s({"TEMP": 45, "LEVEL": 3})

    def found(**query: object) -> list[tuple[str, str]]:
        status, answer = centre.asked("/api/journal", **query)
        assert status == 200, answer
        return [(own(row["alarm"]), row["event"]) for row in answer["rows"]]

    assert found(alarm=whole("TEMP/H")) == [("TEMP/H", "clear"), ("TEMP/H", "acknowledge"), ("TEMP/H", "activate")]
    assert found(words="蒸汽阀") == found(actor="night") == found(event="acknowledge") == [("TEMP/H", "acknowledge")]
    assert found(words="reactor LEVEL", event="activate", position="reaction")[-1] == ("LEVEL/LL", "activate")
    assert found(site="S02") == found(position="tanks") == found(unit="S02.TANK.TANK001") == []
    assert (
        found(told="true") == found(told="true", event="activate") == [("LEVEL/LL", "activate"), ("TEMP/H", "activate")]
    )
    assert found(told="true", priority="low") == [("TEMP/H", "activate")]
    assert centre.asked("/api/journal", priority="lowest")[0] == 400
    first = centre.asked("/api/journal", limit=2)[1]
    second = centre.asked("/api/journal", limit=9, before=first["rows"][-1]["seq"])[1]
    assert [row["seq"] for row in first["rows"] + second["rows"]] == list(range(5, 0, -1))
    assert (first["more"], second["more"]) == (True, False)
    for wrong in ({"before": 10**30}, {"before": -1}, {"from_us": 10**30}, {"to_us": 1_800_000_000_000_000_000}):
        ((name, number),) = wrong.items()
        status, answer = centre.asked("/api/journal", **wrong)
        assert (status, f"{name} is {number}" in answer["detail"]) == (400, True), answer
    (row,) = centre.asked("/api/journal", event="acknowledge")[1]["rows"]
    assert (row["before"], row["after"], row["actor"], row["reason"]) == (
        "unack",
        "acked",
        "night",
        "Steam valve 蒸汽阀",
    )
    assert (row["value"], row["limit"], row["unit_of_measure"], row["position"]) == (65.0, 60.0, "°C", "reaction")


def test_measures_come_from_the_journal(centre: AlarmCentre) -> None:
    told_us = centre.row("TEMP/H")["told_us"]
    start_us = told_us - told_us % (24 * HOUR)
    centre.clock[0] = told_us + 12 * SECOND
    centre.act("acknowledge", "TEMP/H", who="night")
    status, figures = centre.asked("/api/alarms/measures", from_us=start_us, to_us=start_us + 24 * HOUR)
    assert status == 200, figures
    reaction, tanks = figures["positions"]
    assert (reaction["position"], reaction["told"], reaction["most_per_10_min"]) == ("reaction", 1, 1)
    assert reaction["name"] == {"en": "Reaction", "zh": "反应"}
    at = (told_us - start_us) // (600 * SECOND)
    assert [k for k, told in enumerate(reaction["per_10_min"]) if told] == [at]
    assert (tanks["told"], tanks["per_10_min"]) == (0, [0] * 144)
    assert (figures["acknowledge_median_s"], figures["acknowledge_p95_s"]) == (12.0, 12.0)
    assert [(own(each["alarm"]), each["told"], each["share"]) for each in figures["top"]] == [("TEMP/H", 1, 1.0)]
    assert (figures["split"]["low"], figures["top_share"], figures["missed"]) == (1.0, 1.0, ["top"])
    later = centre.asked("/api/alarms/measures", from_us=start_us + 24 * HOUR, to_us=start_us + 72 * HOUR)[1]
    assert [own(each["alarm"]) for each in later["stale"]] == ["TEMP/H"], "it stands since the day before"


def test_events_tell_counts_and_what_sounded_since_the_last(centre: AlarmCentre) -> None:
    desk = centre.served.desk
    first = centre.asked("/api/live", group="alarms")[1]
    assert (first["loudest"], first["newest"], first["sites"]["S01"]["low"]) == ("low", [], 1)
    assert first["positions"]["reaction"]["unack"]["low"] == first["counts"]["unack"]["low"] == 1
    with urllib.request.urlopen(f"{centre.served.address}/api/events?group=alarms", timeout=WAIT_S) as stream:
        centre.pass_s({"LEVEL": 3})
        centre.clock[0] = first["t"] + SECOND  # the wall's own second
        centre.served._loop.call_soon_threadsafe(tell_listeners, desk)
        frames = []
        while len(frames) < 2:
            line = stream.readline().decode()
            if line.startswith("data: "):
                frames.append(json.loads(line.removeprefix("data: ")))
    assert [own(row["alarm"]) for row in frames[1]["newest"]] == ["LEVEL/LL"]
    assert (frames[1]["loudest"], frames[1]["seq"] > frames[0]["seq"]) == ("medium", True)


def test_the_wall_asks_for_the_most_urgent_alarms(centre: AlarmCentre) -> None:
    centre.pass_s({"AGIT_A": 5, "AGIT_RPM": 10})
    wall = centre.asked("/api/live", group="wall")[1]
    assert wall["alarms"]["unack"] == {"critical": 0, "high": 0, "medium": 1, "low": 1}
    assert [each["link"] for each in wall["attention"]] == [
        "/alarm/S01.PR1.PRECIP001.AGIT_A/LL",
        "/alarm/S01.PR1.PRECIP001.TEMP/H",
    ]
    assert wall["attention"][0]["text"]["en"].endswith("≤ 10 A (+3)")
