"""A small plant whose alarms run as in the centre: real records, a real historian, readings second by second.

The same course of readings each time: values that stand for a few seconds and then jump to an end of their range or to
its middle, now and then a bad one, now and then one that comes a second late; and one of the sites is silent for a
while, not as long as it takes to be an alarm.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions
from didymium.alarms.engine import Engine
from didymium.alarms.frames import Framing
from didymium.historian.store import Historian
from didymium.historian.writer import Position
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.status import BAD_SENSOR_FAILURE
from didymium.records.journal import Question
from didymium.records.store import Records
from didymium.service.alarm_rows import joined as rows_joined
from didymium.service.alarm_rows import rows_of
from didymium.service.alarming import Alarming

BEGIN_S = 1_790_000_000
SECOND_US = 1_000_000
"""The course begins at this second."""
SILENT_S = range(40, 45)
"""When the second site says nothing."""
EDGE = "edge1"
RESTLESS = """
[defaults]
on_delay_s = 0
off_delay_s = 0
settle_s = 2
[[limits]]
template = "T_PRECIP"
tags = ["TEMP", "LEVEL"]
alarms = ["H", "HH", "L", "LL"]
on_delay_s = 2
off_delay_s = 1
first_out = "reactor"
latched = true
[[limits]]
template = "T_PRECIP"
tags = ["AGIT_RPM", "PH[1..2]"]
alarms = ["L", "LL"]
caused_by = ["AGIT_A/LL"]
settle_s = 4
not_while = "STATE == 'IDLE'"
[[alarms]]
kind = "expression"
id = "HEATS"
name = { en = "Heats too fast", zh = "升温过快" }
templates = ["T_PRECIP"]
when = "rate(TEMP, 7) > 1 or rate(LEVEL, 12) < -2"
priority = "high"
"""
COLUMNS = (
    "alarm", "transition", "from_state", "to_state", "event", "time_us", "since_us", "sounds", "priority", "value",
    "limit_value", "hidden_by", "first_out", "position",
)  # fmt: skip
"""Of the journal's rows, all but when we knew them."""


def plant_of(folder: Path) -> tuple[Complex, Definitions]:
    """The starter's complex in ``folder`` with restless alarms."""
    if not folder.exists():
        starter.write(folder)
        (folder / "alarms.toml").write_text(RESTLESS, encoding="utf-8")
    plant = read_complex(folder)
    return plant, read_definitions(folder, plant)


def course(plant: Complex, ids: np.ndarray[Any, Any], second: int) -> Readings:
    """What comes in the ``second`` of the course, counted from 0."""
    n = len(plant.tags)
    holds_s = 1 + np.arange(n) % 7
    levels = [plant.tags.low, (plant.tags.low + plant.tags.high) / 2, plant.tags.high]
    chosen = [np.random.default_rng([row, second // holds_s[row]]).integers(0, 3) for row in range(n)]
    value = np.choose(chosen, levels)
    chance = np.random.default_rng([n, second])
    status = np.where(chance.random(n) < 0.01, BAD_SENSOR_FAILURE, 0).astype(np.uint32)
    late = chance.random(n) < 0.02
    time_us = (BEGIN_S + second - late) * SECOND_US + chance.integers(0, SECOND_US, n)
    order = np.argsort(time_us + late * SECOND_US, kind="stable")
    if second in SILENT_S:
        order = order[plant.tags.site[order] == 0]
    return Readings.of(ids.astype(np.uint32), time_us, value, status).take(order)


class Clock:
    """The time of the plant, a little later whenever it is asked."""

    now_us = BEGIN_S * SECOND_US

    def __call__(self) -> int:
        self.now_us += 1
        return self.now_us


class AlarmPlant:
    """The alarms of the plant over its stores in ``folder``; ``second`` is the next of the course that comes.

    ``restart`` and the first use begin anew from what the stores have, and then what the historian does not have comes
    once more, as from an edge's stream.
    """

    def __init__(self, folder: Path, records_url: str) -> None:
        self.plant, self.definitions = plant_of(folder / "complex")
        self.records = Records.open(records_url)
        self.historian = Historian.open(f"chdb://{folder / 'store'}", complex=self.plant)
        self.clock = Clock()
        self.second = 0
        self._first_held = 0
        self.alarming = self._begin()

    def close(self) -> None:
        """Close the stores."""
        self.historian.close()
        self.records.close()

    def restart(self) -> None:
        """Forget the alarms as they stand, and begin from the stores."""
        self.alarming = self._begin()

    def come(self, seconds: int) -> None:
        """Let seconds come; they are in the historian only after ``keep``."""
        for _ in range(seconds):
            self.clock.now_us = max(self.clock.now_us, (BEGIN_S + self.second + 1) * SECOND_US)
            self.alarming.take(self._of(self.second, 1))
            self.second += 1

    def keep(self) -> None:
        """Put what has come into the historian."""
        if self.second > self._first_held:
            held = self.second - self._first_held
            self.historian.write(self._of(self._first_held, held), Position(EDGE, self._first_held + 1, self.second))
            self._first_held = self.second

    def journal(self) -> dict[str, Any]:
        """``COLUMNS`` of the journal, by alarm and number."""
        rows = self.records.journal.after(Question(), limit=1_000_000).rows
        return _in_order({name: getattr(rows, name) for name in COLUMNS})

    def expected(self) -> dict[str, Any]:
        """What the journal should be: one engine that has had all that has come."""
        framing = Framing(self.plant, self.historian.ids.row_of_id)
        frames = framing.take(self._of(0, self.second))
        frames.sort(key=lambda frame: (frame.second, frame.site))
        engine = Engine(self.definitions, tuple(site.id for site in self.plant.sites), BEGIN_S * SECOND_US)
        rows = rows_joined([rows_of(engine.take(frame), self.definitions, 0) for frame in frames])
        return _in_order({name: getattr(rows, name) for name in COLUMNS})

    def _begin(self) -> Alarming:
        last = self.historian.positions(EDGE)
        stood = self.second
        self.second = self._first_held = 0 if last is None else last.last_seq
        self.clock.now_us = max(self.clock.now_us, (BEGIN_S + self.second + 1) * SECOND_US)
        alarming = Alarming(
            self.plant, self.historian.ids, self.definitions, self.records, self.historian,
            decide=lambda parts, now_us: (), now_us=self.clock,
        )  # fmt: skip
        alarming.prepare()
        self.alarming = alarming
        if last is not None:
            first, held = last.first_seq - 1, last.last_seq - last.first_seq + 1
            if self.historian.write(self._of(first, held), last):  # it had been begun, and was not there yet
                alarming.take(self._of(first, held))
        self.come(stood - self.second)
        return alarming

    def _of(self, first: int, seconds: int) -> Readings:
        ids = self.historian.ids.ids
        return Readings.concat([course(self.plant, ids, first + k) for k in range(seconds)])


def _in_order(columns: dict[str, Any]) -> dict[str, Any]:
    order = np.lexsort((columns["transition"], np.array(columns["alarm"])))
    return {name: np.array(column)[order] for name, column in columns.items()}


def assert_same(journal: dict[str, Any], expected: dict[str, Any]) -> None:
    """Both journals have the same rows."""
    for name in COLUMNS:
        np.testing.assert_array_equal(journal[name], expected[name], err_msg=name)
