"""What is to be stored of alarms that change without a transition: who hides them, until when, and their root."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from alarm_desk import SOON, Desk


def expression(name: str, when: str, **more: object) -> str:
    """An alarm of the reactor."""
    keys = "".join(f"{key} = {value!r}\n" for key, value in more.items())
    return f'[[alarms]]\nid = "{name}"\ntemplates = ["T_PRECIP"]\nkind = "expression"\nwhen = "{when}"\n{keys}'


ALARMS = (
    SOON
    + expression("FIRST", "AGIT_A < 10")
    + expression("SECOND", "NH3_AMB > 20")
    + expression("MIDDLE", "PH1 < 3", caused_by=["FIRST", "SECOND"])
    + expression("CHILD", "TEMP > 59", caused_by=["MIDDLE", "FIRST"], settle_s=4)
    + "not_while = \"STATE == 'IDLE'\"\n"
)


@pytest.mark.parametrize(
    ("course", "changed"),
    [
        ([{"AGIT_A": 0, "TEMP": 61}, {"STATE": 8}], {"design_us"}),
        ([{"STATE": 8}, {"STATE": 2}], {"design_us"}),
        ([{"AGIT_A": 0, "TEMP": 61}, {"PH1": 1}], {"by"}),
        ([{"AGIT_A": 0, "PH1": 1, "TEMP": 61}, {"AGIT_A": 40, "NH3_AMB": 30}], {"group"}),
    ],
    ids=["its state hides it too", "its state hides it no more", "another cause", "another root of its cause"],
)
def test_an_alarm_that_changes_without_a_transition_is_to_be_stored(
    tmp_path: Path, course: list[dict[str, float]], changed: set[str]
) -> None:
    desk = Desk.of(tmp_path, ALARMS)
    *before, last = course
    for tags in before:
        desk.pass_s(1, tags)
    desk.engine.touched()
    row, old = desk.row("CHILD"), desk.engine.state().alarms
    desk.pass_s(1, last)
    new = desk.engine.state().alarms
    assert {name for name in new if not np.array_equal(new[name][row], old[name][row], equal_nan=True)} == changed
    assert row in desk.engine.touched()
