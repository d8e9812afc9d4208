"""Scenarios: every mistake is named with file, row, key and the nearest right word; playing depends on time alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.model.mistakes import BadComplex
from didymium.model.plant import Complex, Text
from didymium.service.cli import check as check_command
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.scenario import (
    CLEAR,
    INJECT,
    Deed,
    Event,
    Playing,
    Scenario,
    check,
    clock,
    play,
    read_scenarios,
)

NAME = 'name = { en = "Trial", zh = "试" }\n'
FURNACE = 'at = "03:10"\nfault = "F05"\nplace = "S05.H2.SC017"\n'


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(SHIPPED_COMPLEX)


def folder_with(tmp_path: Path, *events: str, head: str = NAME) -> Path:
    """A folder with one scenario, ``scenarios/trial.toml``; the first event's keys begin in row 3."""
    (tmp_path / "scenarios").mkdir(exist_ok=True)
    text = head + "".join(f"[[events]]\n{event}" for event in events)
    (tmp_path / "scenarios" / "trial.toml").write_text(text, encoding="utf-8")
    return tmp_path


def mistakes_of(tmp_path: Path, plant: Complex, *events: str, head: str = NAME) -> list[str]:
    return [str(mistake) for mistake in check(folder_with(tmp_path, *events, head=head), plant)]


def test_the_cooling_water_of_furnace_17_fails_at_ten_past_three(tmp_path: Path, northern: Complex) -> None:
    folder = folder_with(tmp_path, FURNACE + 'for = "20 min"\n')
    (scenario,) = read_scenarios(folder, northern)
    assert scenario.id == "trial"
    assert scenario.name == Text("Trial", "试")
    assert scenario.events == (Event(11_400, INJECT, "F05", "S05.H2.SC017", None, 1200),)
    assert scenario.deeds == (
        Deed(11_400, INJECT, "F05", "S05.H2.SC017", None),
        Deed(12_600, CLEAR, "F05", "S05.H2.SC017"),
    )


def test_shipped_scenarios_have_no_mistake(northern: Complex) -> None:
    scenarios = read_scenarios(SHIPPED_COMPLEX, northern)
    assert {"first-drill", "furnace-17"} <= {scenario.id for scenario in scenarios}


def test_a_folder_without_scenarios_has_none(tmp_path: Path, northern: Complex) -> None:
    assert read_scenarios(tmp_path, northern) == ()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ('at = "03:10"\nfault = "CW_LOSS"\nplace = "S05.H2.SC017"\n', "[events[1].fault] read 'CW_LOSS': a fault is"),
        ('at = "03:10"\nfault = "CW_LOS"\nplace = "S05.H2.SC017"\n', "the nearest is 'F05' (CW_LOSS)"),
        ('at = "03:10"\nfault = "FO5"\nplace = "S05.H2.SC017"\n', "no such fault; the nearest valid word is 'F05'"),
        ('at = "03:10"\nfault = "F05"\nplace = "S05.H2.SC071"\n', "the nearest valid word is 'S05.H2.SC017'"),
        (
            'at = "03:10"\nfault = "F20"\nplace = "S31"\n',
            "there is no such place; F20 LINK_LOSS is put on a site; the nearest valid word is 'S13'",
        ),
        ('at = "03:10"\nfault = "F08"\nplace = "S05.H2.SC017"\n', "this is a unit of T_SC; F08 ROBOT_ESTOP is put on"),
        (FURNACE + "size = 2\n", "[events[1].size] read '2': F05 CW_LOSS of 2: from 1 to 1, and not 0"),
        ('at = "03:10"\nfault = "F12"\nplace = "S05.H2.SC017"\nsize = 40\n', "from 0.5 to 20 Pa/min, and not 0"),
        ('at = "3h10"\nfault = "F05"\nplace = "S05.H2.SC017"\n', "[events[1].at] read '3h10': a time after the start"),
        ('at = "03:61"\nfault = "F05"\nplace = "S05.H2.SC017"\n', "[events[1].at] read '03:61'"),
        ('at = 03:10:00\nfault = "F05"\nplace = "S05.H2.SC017"\n', "read '03:10:00': must be a text in quotes"),
        (FURNACE + 'for = "twenty"\n', "[events[1].for] read 'twenty': a length of time is a number above 0"),
        (FURNACE + 'for = "0 min"\n', "[events[1].for] read '0 min'"),
        (FURNACE + 'till = "04:00"\n', "[events[1].till] read 'till': there is no such key"),
        (FURNACE + 'act = "heal"\n', "[events[1].act] read 'heal'"),
        ('fault = "F05"\nplace = "S05.H2.SC017"\n', "the key 'at' is missing"),
        (FURNACE + 'act = "clear"\n', "there is no F05 on S05.H2.SC017 then to be cleared"),
    ],
)  # fmt: skip
def test_a_wrong_event_is_named_with_the_nearest_right_word(
    tmp_path: Path, northern: Complex, event: str, said: str
) -> None:
    (mistake,) = mistakes_of(tmp_path, northern, event)
    assert mistake.startswith("scenarios/trial.toml:")
    assert said in mistake


def test_a_mistake_names_its_row(tmp_path: Path, northern: Complex) -> None:
    wrong = 'at = "03:20"\nfault = "F05"\nplace = "nowhere"\n'
    (mistake,) = mistakes_of(tmp_path, northern, FURNACE, wrong)
    assert mistake.startswith("scenarios/trial.toml:9 [events[2].place] read 'nowhere': there is no such place")


def test_every_mistake_is_found_in_one_reading(tmp_path: Path, northern: Complex) -> None:
    found = mistakes_of(tmp_path, northern, 'at = "x"\nfault = "F99"\nplace = "y"\nsize = "z"\n', head="")
    assert [mistake.split("[")[-1].split("]")[0] for mistake in found if "[events" in mistake]
    assert len(found) == 4  # name, at, fault, size
    with pytest.raises(BadComplex, match="4 mistakes"):
        read_scenarios(tmp_path, northern)


def test_a_fault_is_not_injected_twice(tmp_path: Path, northern: Complex) -> None:
    again = FURNACE.replace("03:10", "03:20")
    (mistake,) = mistakes_of(tmp_path, northern, FURNACE, again)
    assert "[events[2].at] read '03:20': F05 is on S05.H2.SC017 already, since 03:10" in mistake
    assert mistakes_of(tmp_path, northern, FURNACE + 'for = "10 min"\n', again) == []
    assert mistakes_of(tmp_path, northern, again, FURNACE + 'for = "11 min"\n') != []  # rows need not be in order


def test_a_fault_that_ends_by_itself_is_not_cleared_as_well(tmp_path: Path, northern: Complex) -> None:
    cleared = FURNACE.replace("03:10", "03:20") + 'act = "clear"\n'
    assert mistakes_of(tmp_path, northern, FURNACE, cleared) == []
    (mistake,) = mistakes_of(tmp_path, northern, FURNACE + 'for = "20 min"\n', cleared)
    assert "it ends by itself at 03:30" in mistake


def test_what_is_cleared_has_no_size_and_no_length(tmp_path: Path, northern: Complex) -> None:
    cleared = FURNACE.replace("03:10", "03:20") + 'act = "clear"\nsize = 1\nfor = "1 min"\n'
    assert len(mistakes_of(tmp_path, northern, FURNACE, cleared)) == 2


def test_a_file_that_is_no_toml_is_named_with_its_row(tmp_path: Path, northern: Complex) -> None:
    (mistake,) = mistakes_of(tmp_path, northern, "at = \n")
    assert mistake.startswith("scenarios/trial.toml:3 ")


def test_check_reports_scenarios_beside_the_other_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "northern"
    shutil.copytree(SHIPPED_COMPLEX, folder)
    folder_with(folder, FURNACE.replace("SC017", "SC077"))
    assert check_command(folder) == 1
    assert "scenarios/trial.toml:5 [events[1].place] read 'S05.H2.SC077'" in capsys.readouterr().out
    (folder / "complex.toml").write_text("id = 1\n", encoding="utf-8")
    folder_with(folder, FURNACE.replace("F05", "F99"))
    assert check_command(folder) == 1
    said = capsys.readouterr().out
    assert "complex.toml:1" in said
    assert "scenarios/trial.toml:4 [events[1].fault] read 'F99'" in said


def drill(*events: Event) -> Scenario:
    return Scenario("drill", Text("", ""), events)


def test_what_ends_in_a_second_comes_before_what_begins() -> None:
    scenario = drill(Event(60, INJECT, "F05", "b"), Event(0, INJECT, "F05", "a", None, 60))
    assert [(deed.at_s, deed.act, deed.place) for deed in scenario.deeds] == [
        (0, INJECT, "a"),
        (60, CLEAR, "a"),
        (60, INJECT, "b"),
    ]


def test_a_deed_is_due_at_its_second_and_once() -> None:
    playing = Playing(drill(Event(5, INJECT, "F05", "a", None, 3)), since_s=1000)
    playing, due = play(playing, 1004)
    assert due == ()
    playing, due = play(playing, 1005)
    assert [deed.act for deed in due] == [INJECT]
    assert not playing.ended
    playing, due = play(playing, 1005)
    assert due == ()
    playing, due = play(playing, 2000)
    assert [deed.act for deed in due] == [CLEAR]
    assert playing.ended


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 300) | st.none()), max_size=6),
    st.lists(st.integers(0, 900), max_size=12),
)
def test_steps_of_any_length_do_the_same_in_the_same_order(
    times: list[tuple[int, int | None]], looks: list[int]
) -> None:
    events = [Event(at_s, INJECT, "F05", str(i), None, for_s) for i, (at_s, for_s) in enumerate(times)]
    playing = Playing(drill(*events), since_s=0)
    done: list[Deed] = []
    for now_s in [*sorted(looks), 1000]:
        playing, due = play(playing, now_s)
        done += due
    assert tuple(done) == playing.scenario.deeds
    assert playing.ended


def test_times_are_written_as_they_are_read() -> None:
    assert [clock(seconds) for seconds in (0, 11_400, 61, 90_000)] == ["00:00", "03:10", "00:01:01", "25:00"]
