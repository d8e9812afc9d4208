"""An instructor lets things go wrong in the running twin, and sees it in the readings."""

from __future__ import annotations

from tests.installation import Installation, within

PUMP, ROBOT = "S08.MEM.RO001", "S02.ROBOT.ROBOT001"


def value(installation: Installation, path: str) -> float | None:
    """A tag's present value as the centre has it, through edge and spine."""
    frame = installation.ask(f"/api/live?group=tags:{path}")
    return None if not frame["v"] else frame["v"][0]


def test_a_pump_that_trips_shows_in_the_readings(installation: Installation) -> None:
    current = value(installation, f"{PUMP}.HPP_A")
    assert current is not None
    assert current > 5.0
    said = installation.didymium("fault", "inject", "F09", PUMP, "--by", "instructor")
    assert (said.returncode, said.stdout.strip()) == (0, f"F09 PUMP_TRIP on {PUMP}"), said.stderr
    within(installation, lambda: (value(installation, f"{PUMP}.HPP_A") or 0.0) < 1.0, "the pump's current is gone")
    listed = installation.didymium("fault", "list").stdout
    assert "PUMP_TRIP" in listed
    assert PUMP in listed
    assert installation.didymium("fault", "clear", "F09", PUMP, "--by", "instructor").returncode == 0
    assert PUMP not in installation.didymium("fault", "list").stdout


def test_an_emergency_stop_is_seen_over_s7(installation: Installation) -> None:
    assert value(installation, f"{ROBOT}.ESTOP") == 0.0
    assert installation.didymium("fault", "inject", "F08", ROBOT).returncode == 0
    within(installation, lambda: value(installation, f"{ROBOT}.ESTOP") == 1.0, "the stop is pressed")
    assert installation.didymium("fault", "clear", "F08", ROBOT).returncode == 0
    within(installation, lambda: value(installation, f"{ROBOT}.ESTOP") == 0.0, "the stop is released")


def test_a_scenario_is_listed_started_and_stopped(installation: Installation) -> None:
    assert "furnace-17" in installation.didymium("scenario", "list").stdout
    assert installation.didymium("scenario", "start", "dirty-water").returncode == 0
    within(
        installation,
        lambda: [each["code"] for each in installation.ask("/api/training")["in_force"]] == ["F17"],
        "what is due at once is in force",
    )
    assert "on its way" in installation.didymium("scenario", "list").stdout
    assert installation.didymium("scenario", "stop").returncode == 0
    assert installation.ask("/api/training")["in_force"] == []


def test_refusals_name_the_nearest_word_and_leave_with_1(installation: Installation) -> None:
    for command, words in (
        (("fault", "inject", "F09", "S08.MEM.RO01"), f"nearest is {PUMP}"),
        (("fault", "inject", "PUMP_TRIP", PUMP), "nearest is F09"),
        (("fault", "clear", "F09", PUMP), "there is no F09"),
        (("scenario", "start", "dirty-watr"), "'dirty-water'"),
        (("scenario", "stop"), "no scenario is on its way"),
    ):
        said = installation.didymium(*command)
        assert said.returncode == 1, command
        assert words in said.stderr, (command, said.stderr)
