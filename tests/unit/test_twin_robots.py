"""The three robots that serve the kiln, and their buffers, behave as domain reference §4 states."""

from __future__ import annotations

import numpy as np
import pytest

from didymium.twin.units.robot import BUFFER, LOAD, TIP, UNLOAD, LineInputs, SaggerLines, sagger_lines, step_lines

HOUR_S = 3600
TAKT_S = 17.28


def line() -> SaggerLines:
    return sagger_lines(np.zeros(3), np.array([LOAD, UNLOAD, TIP]))


def stopping(*robots: int) -> LineInputs:
    stopped = np.zeros(3)
    stopped[list(robots)] = 1.0
    return LineInputs(stopped, np.zeros(1), np.zeros(1), np.zeros(1))


def serve(lines: SaggerLines, asked: LineInputs, seconds: int) -> int:
    """Run a line under a kiln that takes and gives a sagger a takt; the second at which it feeds the kiln no more."""
    for second in range(seconds):
        due = float((second + 1) // TAKT_S - second // TAKT_S)
        fed = lines.waiting[0] >= 1.0
        asked.entered[:], asked.left[:], asked.missed[:] = due * fed, due, due * (not fed)
        step_lines(lines, asked, 1, second, 1.0)
        if lines.starved[0] + lines.blocked[0] > 0.0:
            return second + 1
    return seconds


def test_three_robots_keep_up_with_the_kiln():
    lines = line()
    assert serve(lines, stopping(), 4 * HOUR_S) == 4 * HOUR_S
    assert lines.waiting[0] >= BUFFER - 1 and lines.before_robot[0] + lines.tipping[0] <= 1
    assert lines.cycles.tolist() == pytest.approx([4 * HOUR_S / TAKT_S] * 3, abs=3)
    assert lines.last_s.max() < 16.5 and lines.last_s.min() > 15.5


@pytest.mark.parametrize("robot", [0, 1, 2])
def test_each_robot_has_a_buffer_of_thirty_five_minutes(robot: int):
    lines = line()
    serve(lines, stopping(), 600)
    assert serve(lines, stopping(robot), 2 * HOUR_S) / 60 == pytest.approx(35.0, abs=0.8)


def test_a_robot_fills_its_buffer_up_again_by_the_time_that_it_has_to_spare():
    lines = line()
    serve(lines, stopping(0), 1800)
    gone = BUFFER - lines.waiting[0]
    serve(lines, stopping(), 2 * HOUR_S)
    spare = 2 * HOUR_S * (1 / 16.0 - 1 / TAKT_S)
    assert lines.waiting[0] - (BUFFER - gone) == pytest.approx(spare, abs=2)


@pytest.mark.parametrize("dt_s", [0.0, 8.5, float("nan")])
def test_a_step_that_the_robots_cannot_take_is_refused(dt_s: float):
    with pytest.raises(ValueError, match="step"):
        step_lines(line(), stopping(), 1, 0, dt_s)
