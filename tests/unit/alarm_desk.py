"""A small complex with its alarms, fed by hand: the starter's reactor, tanks and common block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from didymium.alarms.acts import Act, Done
from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions
from didymium.alarms.engine import Engine
from didymium.alarms.frames import Frame
from didymium.alarms.life import Event, State
from didymium.alarms.transitions import Transitions
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.plant import Complex

REACTOR = "S01.PR1.PRECIP001"
START_S = 1_000_000
HOUR_US = 3_600_000_000
GOOD = {
    "LEVEL": 50, "TEMP": 45, "PH1": 6.5, "PH2": 6.5, "AGIT_A": 40, "AGIT_RPM": 70, "NH3_AMB": 1, "STATE": 2,
    "LVL": 50, "AIR_P": 0.6, "N2AR_P": 0.6, "CWS_P": 0.4, "CWS_T": 20, "LINK_Q": 99,
}  # fmt: skip
"""Values without any alarm; every other tag is 0."""
SOON = "[defaults]\non_delay_s = 0\noff_delay_s = 0\nsettle_s = 0\n[[classes]]\nunits = ['°C']\non_delay_s = 0\n"
SOON += "off_delay_s = 0\ndeadband_percent = 0\n"
"""Everything at once, so that a test says its own delays."""
TEMP_LATER = SOON + '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["TEMP"]\nalarms = ["H"]\n'
"""The high limit of the temperature alone, to be given its delays."""
CAUSED = (
    SOON + '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["AGIT_RPM", "PH[1..2]"]\nalarms = ["L", "LL"]\n'
    'caused_by = ["AGIT_A/LL"]\nsettle_s = 4\n'
)
"""A standing agitator is the cause of what follows from it."""


def complex_of(folder: Path, alarms: str = "", changed: Mapping[str, tuple[str, str]] | None = None) -> Complex:
    """The starter's complex in ``folder``, with an ``alarms.toml``; in files ``changed``, one text for another."""
    starter.write(folder)
    (folder / "alarms.toml").write_text(alarms, encoding="utf-8")
    for file, (old, new) in (changed or {}).items():
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, f"{file} does not say {old}"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return read_complex(folder)


@dataclass(repr=False)
class Desk:
    """Feeds an engine second by second and keeps what it said."""

    plant: Complex
    definitions: Definitions
    engine: Engine
    second: int = START_S
    said: list[Transitions] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Desk at second {self.second}"

    @staticmethod
    def of(folder: Path, alarms: str = "", changed: Mapping[str, tuple[str, str]] | None = None) -> Desk:
        """A desk over a new folder, after one quiet second."""
        plant = complex_of(folder, alarms, changed)
        definitions = read_definitions(folder, plant)
        desk = Desk(plant, definitions, new_engine(plant, definitions))
        desk.values = {path: GOOD.get(path.rsplit(".", 1)[1], 0) for path in plant.tags.path}
        desk.pass_s(1)
        return desk

    def again(self) -> Desk:
        """The same plant before a new engine that goes on from the state of this one."""
        other = Desk(self.plant, self.definitions, new_engine(self.plant, self.definitions), self.second)
        other.engine.restore(self.engine.state())
        other.values, other.status = dict(self.values), dict(self.status)
        return other

    def pass_s(
        self, seconds: int, tags: Mapping[str, float] | None = None, *, sites: tuple[int, ...] = (0, 1)
    ) -> list[str]:
        """Let seconds pass, with ``tags`` of the reactor, or any by path, at new values; say what happened."""
        for name, value in (tags or {}).items():
            self.values[name if "." in name else f"{REACTOR}.{name}"] = value
        words: list[str] = []
        for _ in range(seconds):
            self.second += 1
            for site in sites:
                words += self.heard(self.engine.take(self.frame(site)))
        return words

    def frame(self, site: int) -> Frame:
        """This second of a site."""
        rows = self.plant.sites[site].rows
        paths = self.plant.tags.path[rows]
        n = len(paths)
        return Frame(
            site,
            self.second,
            np.array([self.values[path] for path in paths], np.float64),
            np.array([self.status.get(path, 0) for path in paths], np.uint32),
            np.full(n, self.second * 1_000_000 + 250_000, np.int64),
            np.ones(n, np.bool_),
        )

    def tick(self, after_s: float = 0.0, of: str = "") -> list[str]:
        """Let the clock say what it has to, ``after_s`` after the present second, of alarms that begin with ``of``."""
        words = self.heard(self.engine.tick(round((self.second + after_s) * 1e6)))
        return [word for word in words if word.startswith(of)]

    def act(self, event: Event, *names: str, actor: str = "A", at_s: float | None = None, **more: object) -> Done:
        """A person does something to alarms of the reactor."""
        at_us = round((self.second if at_s is None else at_s) * 1e6)
        done = self.engine.act(Act(event, tuple(map(self.row, names)), actor, at_us, **more))  # type: ignore[arg-type]
        self.heard(done.transitions)
        return done

    def row(self, name: str) -> int:
        """The row of an alarm; of the reactor where only its tag and name are given."""
        for id_ in (name, f"{REACTOR}.{name}", f"{REACTOR}/{name}"):
            if id_ in self.definitions.row_of:
                return self.definitions.row_of[id_]
        raise KeyError(name)

    def state(self, name: str) -> State:
        """What people see of an alarm."""
        return State(int(self.engine.states[self.row(name)]))

    def heard(self, transitions: Transitions) -> list[str]:
        """Keep transitions; return each as ``LEVEL/H ACTIVATE UNACK``, with a star where it sounds."""
        if len(transitions):
            self.said.append(transitions)
        words = []
        for k in range(len(transitions)):
            name = self.definitions.id[int(transitions.alarm[k])].removeprefix(REACTOR).lstrip("./")
            star = "*" if transitions.sounds[k] else ""
            event, after = Event(int(transitions.event[k])).name, State(int(transitions.after[k])).name
            words.append(f"{name} {event}{star} {after}")
        return words


def new_engine(plant: Complex, definitions: Definitions) -> Engine:
    """An engine that knows nothing yet."""
    return Engine(definitions, tuple(site.id for site in plant.sites), START_S * 1_000_000)
