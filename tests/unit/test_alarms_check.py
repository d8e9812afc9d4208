"""``alarms.toml``: every mistake is named with file, row, key, what was read and what would be right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from alarm_desk import complex_of

from didymium.alarms.building import check, read_definitions
from didymium.alarms.definitions import Kind, Priority
from didymium.alarms.limit_text import Worded, set_point, worded
from didymium.model.mistakes import BadComplex
from didymium.service.cli import check as check_command

EXPRESSION = '[[alarms]]\nid = "X"\ntemplates = ["T_PRECIP"]\nkind = "expression"\n'
LIMIT = '[[alarms]]\nid = "X"\ntemplates = ["T_PRECIP"]\nkind = "limit"\n'
CHANGED = '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["TEMP"]\nalarms = ["H"]\n'
CLASS = '[[classes]]\nunits = ["°C"]\noff_delay_s = 0\ndeadband_percent = 0\n'
INTERLOCK = (
    '[[interlocks]]\nid = "I9"\nname = { en = "a", zh = "b" }\ntemplates = ["T_PRECIP"]\nwhen = "TEMP > 9"\n'
    'reset = { en = "a", zh = "b" }\n'
)


def mistakes_of(folder: Path, text: str) -> list[str]:
    plant = complex_of(folder, text)
    return [str(mistake) for mistake in check(folder, plant)]


@pytest.mark.parametrize(
    ("text", "row", "key", "words"),
    [
        (EXPRESSION + 'when = "TEMPP > 5"\n', 5, "alarms[1].when", "read 'TEMPP': for T_PRECIP, at character 1"),
        (EXPRESSION + 'when = "TEMPP > 5"\n', 5, "alarms[1].when", "'TEMP'"),
        (EXPRESSION + 'when = "TEMP"\n', 5, "alarms[1].when", "neither true nor false"),
        (EXPRESSION + "when = \"STATE == 'FEEDD'\"\n", 5, "alarms[1].when", "read 'FEEDD'"),
        (
            EXPRESSION + 'when = "LEVEL / 0 > 5"\n',
            5,
            "alarms[1].when",
            "read 'LEVEL / 0': for T_PRECIP, at character 1",
        ),
        (EXPRESSION + 'when = "LEVEL % 0.0 > 5"\n', 5, "alarms[1].when", "divides by a constant that is 0"),
        (EXPRESSION + 'when = "LEVEL / (2 - 2) > 5"\n', 5, "alarms[1].when", "divides by a constant that is 0"),
        (EXPRESSION + 'when = "LEVEL / -0 > 5"\n', 5, "alarms[1].when", "divides by a constant that is 0"),
        (EXPRESSION, 1, "alarms[1]", "the key 'when' is missing"),
        (EXPRESSION.replace("T_PRECIP", "T_PRECIPP") + 'when = "1 > 2"\n', 3, "alarms[1].templates", "'T_PRECIP'"),
        (LIMIT + 'tag = "TEMP"\nhigh = 50\nlow = 3\n', 1, "alarms[1]", "either 'high' or 'low'"),
        (LIMIT + 'tag = "TMP"\nhigh = 50\n', 5, "alarms[1].tag", "'TEMP'"),
        (LIMIT + 'tag = "TEMP"\nhigh = 500\n', 6, "alarms[1].high", "outside the range 0 to 100"),
        (LIMIT + 'tag = "TEMP"\nhigh = 50\npriority = "urgent"\n', 7, "alarms[1].priority", "valid are low, medium"),
        (LIMIT + 'tag = "TEMP"\nhigh = 50\nsites = ["S03"]\n', 7, "alarms[1].sites", "there is no such site"),
        (LIMIT + 'tag = "TEMP"\nhigh = 50\non_delay_s = -1\n', 7, "alarms[1].on_delay_s", "0 or above"),
        (LIMIT + 'tag = "TEMP"\nhigh = 50\ncause = { en = "hot" }\n', 7, "alarms[1].cause.zh", "'zh' is missing"),
        (LIMIT.replace("X", "H") + 'tag = "TEMP"\nhigh = 50\n', 2, "alarms[1].id", "of this name already on TEMP"),
        (
            LIMIT.replace('"limit"', '"deviation"') + 'tag = "PH[]"\nhigh = 1\nlimit_tag = "FED_SP"\n',
            7,
            "limit_tag",
            "FEED_SP",
        ),
        (
            LIMIT.replace('"limit"', '"rate"') + 'tag = "TEMP"\nhigh = 1\nwindow_s = 0.5\n',
            7,
            "window_s",
            "whole seconds",
        ),
        (LIMIT.replace('"limit"', '"discrete"') + 'tag = "STATE"\nstates = ["FALT"]\n', 6, "states", "'FAULT'"),
        (CHANGED + "limit = 71\n", 5, "limits[1].limit", "of TEMP H is 71 and HH is 70"),
        (CHANGED + "limit = 101\n", 5, "limits[1].limit", "outside the range"),
        (CHANGED.replace("TEMP", "TMP"), 3, "limits[1].tags", "'TEMP'"),
        (CHANGED + 'caused_by = ["AGIT_A/LLL"]\n', 5, "limits[1].caused_by", "'AGIT_A/LL'"),
        (CHANGED + 'not_while = "STATE == 3 +"\n', 5, "limits[1].not_while", "cannot be read"),
        (INTERLOCK + 'actions = [{ en = "stop" }]\n', 7, "interlocks[1].actions[1].zh", "'zh' is missing"),
        (INTERLOCK + "actions = []\n", 7, "interlocks[1].actions", "a list of tables"),
        (
            INTERLOCK + 'actions = [{ en = "a", zh = "b" }]\nbypass = "BYPAS"\n',
            8,
            "interlocks[1].bypass",
            "no such tag",
        ),
        ("[defaults]\nshelve_h = 8760\n", 2, "defaults.shelve_h", "at most 24 h"),
        (CLASS + "on_delay_s = -1\n", 5, "classes[1].on_delay_s", "0 or above"),
        ('[defaults]\npriority = { HHH = "high" }\n', 2, "defaults.priority.HHH", "'HH'"),
        ("[targets]\nper_10_min = 0\n", 2, "targets.per_10_min", "this is above 0"),
        (f"[targets]\nper_10_min = 1{400 * '0'}\n", 2, "targets.per_10_min", "must be a number"),
        ("[targets]\nfleeting_s = 3601\n", 2, "targets.fleeting_s", "at most 3,600"),
        ("[targets]\nstale_h = 1e200\n", 2, "targets.stale_h", "at most 8,784"),
        ("[targets]\ntop = 1001\n", 2, "targets.top", "at most 1,000"),
        ("[targets]\nflood_from = 4\n", 2, "targets.flood_from", "flood_until (5) ≤ flood_from (4)"),
        ("[targets]\nflood_until = 1\n", 2, "targets.flood_until", "2 ≤ flood_until (1)"),
        ("[targets]\nsplit = { low = 1.1 }\n", 2, "targets.split.low", "a number from 0 to 1"),
        ("[targets]\nsplit = { lo = 0.8 }\n", 2, "targets.split.lo", "'low'"),
        ("[targets]\nstale_d = 1\n", 2, "targets.stale_d", "'stale_h'"),
        (LIMIT + 'tag = "TEMP"\nhigh = 50\nfirst_out = "T_TAN[n]/cold"\n', 7, "alarms[1].first_out", "'T_TANK'"),
        (LIMIT + 'tag = "TEMP"\nhigh = 50\nfirst_out = "T_TANK/cold"\n', 7, "alarms[1].first_out", "TEMPLATE[n]/name"),
        ("[alarm]\nid = 3\n", 1, "alarm", "'alarms'"),
        ("[[alarms]]\nid = \n", 2, "", "not TOML"),
    ],
)
def test_a_mistake_says_where_and_what_would_be_right(
    tmp_path: Path, text: str, row: int, key: str, words: str
) -> None:
    found = mistakes_of(tmp_path, text)
    assert any(f"alarms.toml:{row} " in one and key in one and words in one for one in found), "\n".join(found)


def test_a_cycle_of_causes_is_said_whole(tmp_path: Path) -> None:
    text = CHANGED + 'caused_by = ["LEVEL/H"]\n' + CHANGED.replace("TEMP", "LEVEL") + 'caused_by = ["TEMP/H"]\n'
    (found,) = mistakes_of(tmp_path, text)
    assert "a cycle of causes: S01.PR1.PRECIP001.LEVEL/H by S01.PR1.PRECIP001.TEMP/H by" in found


def test_an_alarm_does_not_cause_itself(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path, CHANGED + 'caused_by = ["TEMP/H", "TEMP/HH"]\n') == []


def test_all_mistakes_of_a_file_come_at_once_in_its_order(tmp_path: Path) -> None:
    found = mistakes_of(tmp_path, EXPRESSION + 'when = "A > 1"\n' + CHANGED + "limit = 71\n")
    assert [one.split(" ")[0] for one in found] == ["alarms.toml:5", "alarms.toml:10"]


def test_the_command_checks_alarms_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    complex_of(tmp_path, CHANGED + "limit = 71\n")
    assert check_command(tmp_path) == 1
    assert "alarms.toml:5" in capsys.readouterr().out


def test_reading_raises_all_mistakes(tmp_path: Path) -> None:
    plant = complex_of(tmp_path, CHANGED + "limit = 71\n")
    with pytest.raises(BadComplex, match="LL to HH"):
        read_definitions(tmp_path, plant)


def test_limits_of_the_templates_are_alarms_by_themselves(tmp_path: Path) -> None:
    plant = complex_of(tmp_path)
    (tmp_path / "alarms.toml").unlink()
    d = read_definitions(tmp_path, plant)
    rows = [row for row, id_ in enumerate(d.id) if id_.startswith("S01.PR1.PRECIP001.TEMP/")]
    assert [(d.name[r], Kind(d.kind[r]).name, d.limit[r]) for r in rows] == [
        ("LL", "LOW", 20), ("L", "LOW", 25), ("H", "HIGH", 60), ("HH", "HIGH", 70), ("BAD", "BAD", 1),
    ]  # fmt: skip
    assert d.priority[d.row_of["S02/OFFLINE"]] == Priority.HIGH
    assert d.rows(1) == slice(int(d.site_first[1]), len(d))
    assert (np.diff(d.site) >= 0).all()


def test_an_alarm_that_is_off_is_not_there(tmp_path: Path) -> None:
    plant = complex_of(tmp_path, CHANGED + 'off = "the probe is not built in yet"\n')
    assert "S01.PR1.PRECIP001.TEMP/H" not in read_definitions(tmp_path, plant).row_of


def test_limits_in_words() -> None:
    zones = ("Z1_TT", "Z1_TB", "Z1_SP", "T_ZONE2", "T_SP2", "Z1_T1", "Z1_T2", "FEED_PV", "FEED_SP")
    assert worded("≠ 0", "FAULT", zones) == (Worded("FAULT", 0),)
    assert worded("SP -50/-30/+30/+50", "Z1_TB", zones) == (
        Worded("LL", -50, 1, "Z1_SP"),
        Worded("L", -30, 1, "Z1_SP"),
        Worded("H", 30, 1, "Z1_SP"),
        Worded("HH", 50, 1, "Z1_SP"),
    )
    assert worded("SP ±8/±15 %", "T_ZONE2", zones)[-1] == Worded("HH", 0, 1.15, "T_SP2")
    assert worded("T1-T2 ±15/±30", "Z1_T2", zones)[0] == Worded("LL", -30, 1, "Z1_T1")
    assert worded("imbalance 3 %/6 %", "AC_A2", zones)[2] == Worded("H", 0, 1.03, "avg(AC_A[])")
    assert worded("spray 3: 7/8/11/12", "PH3", zones)[1] == Worded("L", 8)
    assert worded("spray 3: 7/8/11/12", "PH1", zones) == ()
    assert worded("spec", "EFF", zones) == worded("SP ±1/±3 %", "F_ORG", zones) == ()
    assert set_point("FEED_PV", zones) == "FEED_SP"
