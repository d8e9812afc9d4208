"""Lines that are down, and a twin that is killed, in the running installation."""

from __future__ import annotations

import contextlib
import os
import signal
import urllib.error

import pytest

from tests.installation import Installation, within
from tests.plant.shared.test_drill import PUMP


def lines_up(installation: Installation, site: str) -> set[bool]:
    devices = [device for edge in installation.ask("/api/data-health")["edges"] for device in edge["devices"]]
    return {device["up"] for device in devices if device["site"] == site}


@pytest.mark.parametrize("site", ["S02", "S08", "S09", "S10"])
def test_a_line_that_is_down_is_missed_and_found_again(installation: Installation, site: str) -> None:
    assert lines_up(installation, site) == {True}
    assert installation.didymium("fault", "inject", "F20", site).returncode == 0
    within(installation, lambda: lines_up(installation, site) == {False}, f"{site} is down")
    assert installation.didymium("fault", "clear", "F20", site).returncode == 0
    within(installation, lambda: lines_up(installation, site) == {True}, f"{site} is up again", 90)


def test_the_log_outlives_the_twin(installation: Installation) -> None:
    assert installation.didymium("fault", "inject", "F09", PUMP, "--by", "instructor").returncode == 0
    os.kill(installation.ask("/api/health")["processes"]["twin"]["pid"], signal.SIGKILL)

    def back() -> bool:
        with contextlib.suppress(urllib.error.HTTPError):
            return bool(installation.ask("/api/training")["in_force"] == [])
        return False

    within(installation, back, "a new twin answers")
    restart, injected = installation.ask("/api/training")["log"][:2]
    assert (restart["act"], injected["act"], injected["who"], injected["place"]) == (
        "restart", "inject", "instructor", PUMP,
    )  # fmt: skip
