"""A served centre with the starter's complex whose alarms are judged, second by second at a clock of the test's own."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from didymium.model.readings import Readings
from didymium.service import alarming
from didymium.service.alarming import POSITION_US
from tests.served import Served, served
from tests.unit.alarm_desk import GOOD, REACTOR, SOON, complex_of

T0 = 1_800_000_000
"""The first second."""
SECOND = 1_000_000
WAIT_S = 60.0
ALARMS = (
    SOON.replace("[defaults]\n", "[defaults]\noffline_s = 86400\n")  # the tests' clock runs ahead of what they feed
    + """
[[positions]]
id = "reaction"
name = { en = "Reaction", zh = "反应" }
sites = ["S01"]

[[positions]]
id = "tanks"
name = { en = "Tanks", zh = "储罐" }
sites = ["S02"]

[[limits]]
template = "T_PRECIP"
tags = ["AGIT_RPM", "PH[1..2]"]
alarms = ["L", "LL"]
caused_by = ["AGIT_A/LL"]

[[alarms]]
id = "FEED_LOST"
name = { en = "Feed lost", zh = "加料中断" }
templates = ["T_PRECIP"]
kind = "expression"
when = "FEED_PV < 0.5 * FEED_SP and FEED_SP > 1"
priority = "high"
latched = true
not_while = "STATE == 'IDLE'"
cause = { en = "The feed pump stands", zh = "进料泵停" }
consequence = { en = "The batch is lost", zh = "批次报废" }
response = { en = "Start the spare pump", zh = "启动备用泵" }
time_to_respond_s = 600

[[alarms]]
id = "FAST"
templates = ["T_PRECIP"]
kind = "rate"
tag = "TEMP"
window_s = 2
high = 60

[[interlocks]]
id = "I1"
name = { en = "Agitator overload", zh = "搅拌过载" }
templates = ["T_PRECIP"]
when = "AGIT_A >= 85 or TEMP >= 95"
actions = [{ en = "Agitator off", zh = "停搅拌" }, { en = "Feed shut", zh = "关进料" }]
reset = { en = "By hand", zh = "手动复位" }

[[interlocks]]
id = "I2"
name = { en = "Tank overfull", zh = "储罐满溢" }
templates = ["T_TANK"]
when = "LVL >= 98"
actions = [{ en = "Inlet shut", zh = "关进口" }]
reset = { en = "Level below 90 %", zh = "液位低于 90 %" }
bypass = "BUND"
"""
)


class AlarmCentre:
    """``pass_s`` feeds the plant; ``asked`` asks the server."""

    def __init__(self, served: Served, clock: list[int]) -> None:
        self.served = served
        self.clock = clock
        self.values = {path: float(GOOD.get(path.rsplit(".", 1)[1], 0)) for path in served.plant.tags.path}

    def pass_s(self, tags: Mapping[str, float] | None = None, seconds: int = 1) -> None:
        """Let seconds pass, with ``tags`` of the reactor, or any by path, at new values; all are judged then."""
        for name, value in (tags or {}).items():
            self.values[name if "." in name else f"{REACTOR}.{name}"] = value
        paths = self.served.plant.tags.path
        ids = self.served.desk.ids.ids.astype(np.uint32)
        values = np.array([self.values[path] for path in paths])
        # A second is judged when its site tells of the one after the next.
        for _ in range(seconds + 2):
            self.clock[0] += SECOND
            self.served.take(Readings.of(ids, np.full(len(ids), self.clock[0], np.int64), values))
        done_us = self.clock[0] - SECOND
        self.clock[0] += POSITION_US  # how far sites are done is written then at the latest
        alarms = self.served.desk.alarms
        self.until(lambda: min(alarms.records.steps.positions().values(), default=0) >= done_us)
        self.until(lambda: alarms.board.seq >= alarms.records.journal.last_seq())

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        limit = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < limit
            time.sleep(0.02)

    def asked(self, path: str, told: object = None, /, **query: object) -> tuple[int, Any]:
        """Status and JSON body of a GET, or of a POST of ``told``."""
        content = None if told is None else json.dumps(told).encode()
        address = f"{self.served.address}{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(address, content, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def list(self, **query: object) -> Any:
        """The answer of the list."""
        status, answer = self.asked("/api/alarms", **query)
        assert status == 200, answer
        return answer

    def names(self, **query: object) -> list[str]:
        """The alarms of the list, those of the reactor without its path."""
        return [own(row["alarm"]) for row in self.list(**query)["rows"]]

    def row(self, alarm: str) -> Any:
        """An alarm as its card shows it."""
        status, card = self.asked("/api/alarms/card", alarm=whole(alarm))
        assert status == 200, card
        return card["row"]

    def act(self, event: str, *alarms: str, who: str = "night", **more: object) -> tuple[int, Any]:
        """Do something to alarms as they stand now."""
        seen = [{"alarm": whole(alarm), "number": self.row(alarm)["number"]} for alarm in alarms]
        return self.asked("/api/alarms/act", {"event": event, "alarms": seen, "who": who, **more})


def own(alarm: str) -> str:
    """An alarm's name without the path of the reactor."""
    return alarm.removeprefix(REACTOR).lstrip("./")


def whole(alarm: str) -> str:
    """The whole name of an alarm of the reactor."""
    if alarm.startswith("S0"):
        return alarm
    return f"{REACTOR}.{alarm}" if "/" in alarm else f"{REACTOR}/{alarm}"


@contextlib.contextmanager
def alarm_centre(folder: Path) -> Iterator[AlarmCentre]:
    """A centre over a new folder, after one quiet second."""
    plant = complex_of(folder, ALARMS)
    clock = [T0 * SECOND]
    before = alarming.STEP_S
    alarming.STEP_S = 0.01  # type: ignore[misc]
    try:
        with served(folder, plant=plant, now_us=lambda: clock[0]) as one:
            centre = AlarmCentre(one, clock)
            centre.pass_s()
            yield centre
    finally:
        alarming.STEP_S = before  # type: ignore[misc]
