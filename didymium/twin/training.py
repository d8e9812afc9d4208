"""The instructor's part of the twin: faults in force, the scenario that plays, and a log of who did what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from didymium.model.mistakes import did_you_mean
from didymium.twin.faults import CATALOGUE, WHOLE, BadFault, Fault, Faults, FaultStands, InForce, UnknownFault
from didymium.twin.orders import (
    AnyOrder,
    Browse,
    Catalogue,
    Clear,
    Entry,
    Inject,
    Listed,
    Look,
    Measure,
    Offered,
    Planned,
    Refused,
    Running,
    Standing,
    Start,
    State,
    Stop,
    Words,
)
from didymium.twin.scenario import INJECT, Deed, Playing, Scenario, play

LOG: Final = "instructor.jsonl"
SHOWN: Final = 200
"""Entries of the log that a state carries."""
TWIN: Final = "twin"
"""Who does what no person asked for."""
REAL_TIME: Final = 1.0


class Training:
    """Changes the faults between two seconds of the plant, on its thread."""

    def __init__(self, faults: Faults, scenarios: Sequence[Scenario], *, seed: int, second: int, folder: Path) -> None:
        """``folder`` keeps the log; faults that it leaves open ended with the twin that had them."""
        self._faults = faults
        self._scenarios = {scenario.id: scenario for scenario in scenarios}
        self._seed = seed
        self._second = second
        self._playing: Playing | None = None
        self._played: dict[tuple[str, str], InForce] = {}
        self._file = folder / LOG
        self._log = _read_log(self._file)
        if _left_open(self._log):
            self._note(TWIN, "restart")

    @property
    def lines_down(self) -> NDArray[np.bool_]:
        """(sites,) whether a site's line is down."""
        return self._faults.lines_down

    def before(self, second: int) -> None:
        """Do what the scenario has due before the plant steps to ``second``."""
        self._second = second
        if self._playing is None:
            return
        self._playing, due = play(self._playing, second)
        for deed in due:
            self._do(deed, self._playing.scenario)
        if self._playing.ended:
            self._note(TWIN, "end", scenario=self._playing.scenario.id)
            self._playing = None

    def obey(self, order: AnyOrder) -> State | Catalogue | Refused:
        """Do as asked, or say why not."""
        if isinstance(order, Inject | Clear | Start | Stop) and not order.who.strip():
            return Refused("bad", "who is empty: the log says who did what")
        try:
            match order:
                case Browse():
                    return Catalogue([self._listed(fault) for fault in CATALOGUE.values()])
                case Inject(code, place, who, size):
                    made = self._faults.inject(code, place, size, self._second)
                    self._note(who, "inject", code, place, made.size)
                case Clear(code, place, who):
                    self._faults.clear(code, place)
                    self._note(who, "clear", code, place)
                case Start(name, who):
                    return self._start(name, who)
                case Stop(who):
                    return self._stop(who)
                case Look():
                    pass
        except UnknownFault as unknown:
            return Refused("unknown", str(unknown))
        except FaultStands as contrary:
            return Refused("contrary", str(contrary))
        except BadFault as bad:
            return Refused("bad", str(bad))
        return self.state()

    def state(self) -> State:
        return State(
            second=self._second,
            speed=REAL_TIME,
            seed=self._seed,
            in_force=[_standing(each) for each in self._faults.in_force],
            scenarios=[_offered(scenario) for scenario in self._scenarios.values()],
            running=_running(self._playing),
            log=self._log[: -SHOWN - 1 : -1],
        )

    def _start(self, name: str, who: str) -> State | Refused:
        scenario = self._scenarios.get(name)
        if scenario is None:
            return Refused("unknown", did_you_mean(name, self._scenarios, f"there is no scenario {name!r}"))
        if self._playing is not None:
            return Refused("contrary", f"the scenario {self._playing.scenario.id} is on its way: stop it first")
        self._playing = Playing(scenario, self._second)
        self._played.clear()
        self._note(who, "start", scenario=name)
        return self.state()

    def _stop(self, who: str) -> State | Refused:
        if self._playing is None:
            return Refused("contrary", "no scenario is on its way")
        name = self._playing.scenario.id
        self._playing = None
        self._note(who, "stop", scenario=name)
        for each in self._faults.in_force:
            if self._played.get((each.code, each.place)) is each:
                self._faults.clear(each.code, each.place)
                self._note(who, "clear", each.code, each.place, scenario=name)
        return self.state()

    def _do(self, deed: Deed, scenario: Scenario) -> None:
        try:
            if deed.act == INJECT:
                made = self._faults.inject(deed.fault, deed.place, deed.size, self._second)
                self._played[made.code, made.place] = made
                self._note(TWIN, "inject", deed.fault, deed.place, made.size, scenario=scenario.id)
            else:
                self._faults.clear(deed.fault, deed.place)
                self._note(TWIN, "clear", deed.fault, deed.place, scenario=scenario.id)
        except BadFault as refused:  # the instructor was there before
            self._note(TWIN, "skip", deed.fault, deed.place, scenario=scenario.id, why=str(refused))

    def _listed(self, fault: Fault) -> Listed:
        size = fault.size
        measure = None if size == WHOLE else Measure(size.unit, size.usual, size.least, size.most)
        return Listed(
            fault.code,
            fault.name,
            fault.words,
            list(fault.tags),
            fault.consequence,
            fault.within_s,
            measure,
            self._faults.places(fault.code),
        )

    def _note(
        self,
        who: str,
        act: str,
        code: str = "",
        place: str = "",
        size: float | None = None,
        *,
        scenario: str = "",
        why: str = "",
    ) -> None:
        entry = Entry(self._second, who.strip(), act, code, place, size, scenario, why)
        self._log.append(entry)
        with self._file.open("ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")


def _read_log(file: Path) -> list[Entry]:
    """The entries so far; a line that broke off when its twin was killed is passed over."""
    if not file.exists():
        return []
    entries = []
    content = file.read_bytes()
    for line in content.splitlines():
        try:
            entries.append(msgspec.json.decode(line, type=Entry))
        except msgspec.DecodeError:
            continue
    if content and not content.endswith(b"\n"):
        with file.open("ab") as torn:
            torn.write(b"\n")
    return entries


def _left_open(log: Sequence[Entry]) -> bool:
    """Whether a fault stood or a scenario played when the last twin ended."""
    open_: set[tuple[str, str]] = set()
    for entry in log:
        match entry.act:
            case "inject":
                open_.add((entry.code, entry.place))
            case "clear":
                open_.discard((entry.code, entry.place))
            case "start":
                open_.add(("", entry.scenario))
            case "stop" | "end":
                open_.discard(("", entry.scenario))
            case "restart":
                open_.clear()
    return bool(open_)


def _standing(each: InForce) -> Standing:
    fault = CATALOGUE[each.code]
    return Standing(each.code, fault.name, each.place, each.size, fault.size.unit, each.since_s)


def _offered(scenario: Scenario) -> Offered:
    events = [
        Planned(event.at_s, event.act, event.fault, event.place, event.size, event.for_s) for event in scenario.events
    ]
    return Offered(scenario.id, Words(scenario.name.en, scenario.name.zh), events)


def _running(playing: Playing | None) -> Running | None:
    if playing is None:
        return None
    next_s = playing.since_s + playing.scenario.deeds[playing.done].at_s
    return Running(playing.scenario.id, playing.since_s, next_s)
