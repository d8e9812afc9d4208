"""The list of alarms and their cards, as the web room tells them from a real engine and real records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.alarm_centre import SECOND, T0, AlarmCentre, alarm_centre, own

TANK = "S02.TANK.TANK002.LVL"
NOTHING = {"critical": 0, "high": 0, "medium": 0, "low": 0}


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlarmCentre]:
    """Six passes: two limits, a lost feed, a tank that was low, ammonia, an agitator that stands."""
    with alarm_centre(tmp_path_factory.mktemp("alarms")) as one:
        one.pass_s({"TEMP": 72, "LEVEL": 3})
        one.pass_s({"FEED_SP": 5, "FEED_PV": 1})
        one.pass_s({TANK: 15})
        one.pass_s({TANK: 50})
        one.pass_s({"NH3_AMB": 22})
        assert one.act("acknowledge", "LEVEL/LL")[0] == 200
        one.pass_s({"AGIT_A": 5, "AGIT_RPM": 10})
        yield one


OPEN = ["FEED_LOST", "AGIT_A/LL", "TEMP/HH", "NH3_AMB/H", f"{TANK}/L", "LEVEL/LL"]
HIDDEN = {"TEMP/H", "LEVEL/L", "AGIT_A/L", "AGIT_RPM/L", "AGIT_RPM/LL"}
QUIET = {"PH1/L", "PH1/LL", "PH2/L", "PH2/LL"}
"""Hidden by the agitator that stands, and not active either."""
TOLD_OPEN = "unack,acked,rtn_unack,latched"


def test_the_most_urgent_is_unacknowledged_then_of_the_highest_priority_then_the_newest(centre: AlarmCentre) -> None:
    assert centre.names(states=TOLD_OPEN) == OPEN
    whole = centre.names()
    assert (whole[:6], set(whole[6:])) == (OPEN, HIDDEN | QUIET)
    assert centre.names(states=TOLD_OPEN, descending="false") == OPEN[::-1]


def test_other_orders(centre: AlarmCentre) -> None:
    by_time = ["AGIT_A/LL", "NH3_AMB/H", f"{TANK}/L", "FEED_LOST"]
    assert centre.names(states=TOLD_OPEN, sort="time")[:4] == by_time
    by_place = ["FEED_LOST", "LEVEL/LL", "TEMP/HH", "AGIT_A/LL", "NH3_AMB/H", f"{TANK}/L"]
    assert centre.names(states=TOLD_OPEN, sort="place", descending="false") == by_place
    by_state = ["AGIT_A/LL", "NH3_AMB/H", "FEED_LOST", "TEMP/HH", "LEVEL/LL", f"{TANK}/L"]
    assert centre.names(states=TOLD_OPEN, sort="state") == by_state


def test_counts_heed_the_place_and_not_the_states(centre: AlarmCentre) -> None:
    answer = centre.list(states="latched", site="S01")
    assert (answer["total"], answer["rows"]) == (0, [])
    assert answer["counts"] == {
        "unack": NOTHING | {"high": 1, "medium": 2, "low": 1},
        "acked": NOTHING | {"medium": 1},
        "rtn_unack": NOTHING,
        "latched": NOTHING,
        "suppressed": NOTHING | {"medium": 3, "low": 6},
        "shelved": NOTHING,
        "out_of_service": NOTHING,
    }
    assert centre.list()["counts"]["rtn_unack"] == NOTHING | {"low": 1}


def test_windows_of_the_list(centre: AlarmCentre) -> None:
    answer = centre.list(states=TOLD_OPEN, offset=1, limit=2)
    assert [own(row["alarm"]) for row in answer["rows"]] == OPEN[1:3]
    assert (answer["total"], answer["offset"]) == (6, 1)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"position": "tanks"}, [f"{TANK}/L"]),
        ({"site": "S02"}, [f"{TANK}/L"]),
        ({"unit": "S02.TANK.TANK002"}, [f"{TANK}/L"]),
        ({"unit": "S02.TANK.TANK001"}, []),
        ({"priority": "critical,high"}, ["FEED_LOST"]),
        ({"words": "PRECIP001 temp"}, ["TEMP/HH"]),
        ({"words": "slurry TEMPERATURE"}, ["TEMP/HH"]),
        ({"words": "料浆 温度"}, ["TEMP/HH"]),
        ({"words": "沉淀车间 feed lost"}, ["FEED_LOST"]),
        ({"words": "tank farm"}, [f"{TANK}/L"]),
        ({"words": "slurry tank"}, []),
        ({"states": "acked"}, ["LEVEL/LL"]),
        ({"assignee": "night"}, []),
    ],
)
def test_what_is_asked_for(centre: AlarmCentre, query: dict[str, Any], names: list[str]) -> None:
    assert centre.names(**{"states": TOLD_OPEN, **query}) == names


def test_of_a_group_only_the_first_is_shown_and_its_members_are_asked_for(centre: AlarmCentre) -> None:
    assert centre.names(roots="true") == OPEN
    (agitator,) = (row for row in centre.list()["rows"] if own(row["alarm"]) == "AGIT_A/LL")
    assert agitator["children"] == 3
    members = centre.list(group=agitator["alarm"])["rows"]
    assert {own(row["alarm"]) for row in members} == {"AGIT_A/LL", "AGIT_A/L", "AGIT_RPM/L", "AGIT_RPM/LL"}
    hidden = next(row for row in members if own(row["alarm"]) == "AGIT_A/L")
    assert (hidden["hidden"], own(hidden["hidden_by"]), hidden["state"]) == ("cause", "AGIT_A/LL", "suppressed")


def test_members_whose_root_is_not_asked_for_show_themselves(centre: AlarmCentre) -> None:
    assert set(centre.names(states="suppressed", roots="true")) == HIDDEN | QUIET


def test_a_row_says_all_that_a_list_shows(centre: AlarmCentre) -> None:
    first = T0 + 3 + 5 + 1  # after the quiet second, the two that close it, and the time that goes by then
    (row,) = centre.list(words="TEMP/HH")["rows"]
    assert row == {
        "alarm": "S01.PR1.PRECIP001.TEMP/HH", "site": "S01", "unit": "S01.PR1.PRECIP001",
        "tag": "S01.PR1.PRECIP001.TEMP", "name": {"en": "Slurry temperature", "zh": "料浆温度"},
        "condition": {"en": "≥ 70 °C", "zh": "≥ 70 °C"}, "kind": "high", "priority": "medium", "position": "reaction",
        "state": "unack", "active": True, "number": 1, "since_us": first * SECOND, "told_us": first * SECOND,
        "value": 72.0, "limit": 70.0, "unit_of_measure": "°C", "until_us": 0, "hidden": "", "hidden_by": "",
        "group": "S01.PR1.PRECIP001.TEMP/HH", "children": 1, "actor": "", "act": "", "act_us": 0, "assignee": "",
        "notes": 0, "time_to_respond_s": 0, "latches": False,
    }  # fmt: skip


def test_the_card_says_why_it_is_an_alarm(centre: AlarmCentre) -> None:
    status, card = centre.asked("/api/alarms/card", alarm="S01.PR1.PRECIP001/FEED_LOST")
    assert status == 200
    assert card["row"]["name"] == {"en": "Feed lost", "zh": "加料中断"}
    assert (card["row"]["value"], card["row"]["limit"], card["row"]["tag"]) == (None, None, None)
    assert card["rationale"] == {
        "cause": {"en": "The feed pump stands", "zh": "进料泵停"},
        "consequence": {"en": "The batch is lost", "zh": "批次报废"},
        "response": {"en": "Start the spare pump", "zh": "启动备用泵"},
        "time_to_respond_s": 600,
    }
    assert card["definition"]["signal"] == "FEED_PV < 0.5 * FEED_SP and FEED_SP > 1"
    assert card["definition"]["suppressed_while"] == "STATE == 'IDLE'"
    assert card["definition"]["latches"] and card["definition"]["shelve_most_h"] == 8
    assert card["interlock"] is None
    assert [(row["event"], row["after"]) for row in card["journal"]] == [("activate", "unack")]


def test_the_card_of_a_limit_names_its_tag_and_its_causes(centre: AlarmCentre) -> None:
    definition = centre.asked("/api/alarms/card", alarm="S01.PR1.PRECIP001.AGIT_RPM/L")[1]["definition"]
    assert (definition["kind"], definition["signal"], definition["limit"]) == (
        "low",
        "S01.PR1.PRECIP001.AGIT_RPM",
        40.0,
    )
    assert {own(cause) for cause in definition["caused_by"]} == {"AGIT_A/LL", "AGIT_RPM/LL"}


def test_an_interlock_is_shown_with_its_bypass(centre: AlarmCentre) -> None:
    status, answer = centre.asked("/api/interlocks", site="S02")
    assert status == 200
    first = answer["interlocks"][0]
    assert (first["id"], first["alarm"], first["state"]) == ("I2", "S02.TANK.TANK001/I2", "normal")
    assert (first["value"], first["limit"], first["unit_of_measure"]) == (50.0, 98.0, "%")
    assert (first["bypass"], first["bypass_tag"]) == ("off", "S02.TANK.TANK001.BUND")
    (other,) = centre.asked("/api/interlocks", site="S01")[1]["interlocks"]
    assert (other["bypass"], [action["en"] for action in other["actions"]]) == ("none", ["Agitator off", "Feed shut"])
    nearest = (other["value"], other["limit"], other["unit_of_measure"])
    assert nearest == (72.0, 95.0, "°C"), "23 of 100 °C are less than 80 of 90 A"
    card = centre.asked("/api/alarms/card", alarm="S01.PR1.PRECIP001/I1")[1]
    assert card["interlock"] == other


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("/api/alarms", {"states": "acked,opened"}, 400, "states has 'opened'; valid are normal, unack"),
        ("/api/alarms", {"sort": "name"}, 400, "valid are urgency, time, place, state"),
        ("/api/alarms", {"limit": 1001}, 400, "ask for 0 to 1,000 rows"),
        ("/api/alarms", {"site": "S03"}, 404, "there is no site 'S03'"),
        ("/api/alarms", {"unit": "S01.PR1.PRECIP01"}, 404, "the nearest valid word is 'S01.PR1.PRECIP001'"),
        ("/api/alarms", {"position": "tank"}, 404, "the nearest valid word is 'tanks'"),
        ("/api/alarms", {"group": "S01.PR1.PRECIP001.TMP/HH"}, 404, "the nearest is S01.PR1.PRECIP001.TEMP/HH"),
        ("/api/alarms/card", {"alarm": "S01.PR1.PRECIP001.TEMP/HHH"}, 404, "the nearest is S01.PR1.PRECIP001.TEMP/HH"),
        ("/api/alarms/card", {"alarm": "x"}, 404, "an alarm looks like S01"),
        ("/api/journal", {"event": "ack"}, 400, "valid are activate, clear"),
        ("/api/alarms/measures", {"from_us": 2, "to_us": 1}, 400, "runs backwards"),
        ("/api/alarms/measures", {"from_us": 0, "to_us": 32 * 86_400 * SECOND}, 400, "at most 31"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(
    centre: AlarmCentre, path: str, query: dict[str, Any], status: int, words: str
) -> None:
    got, body = centre.asked(path, **query)
    assert (got, words in body["detail"]) == (status, True), body
