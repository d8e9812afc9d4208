"""Asks the twin's instructor desk, for the centre's training page and for ``didymium fault`` and ``scenario``."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table

from didymium.model.folder import read_complex
from didymium.service.instance import Instance
from didymium.twin.orders import (
    AnyAnswer,
    AnyOrder,
    Browse,
    Catalogue,
    Clear,
    Inject,
    Look,
    NoTwin,
    OrderRefused,
    Refused,
    Start,
    State,
    Stop,
)
from didymium.twin.scenario import clock

HOST: Final = "127.0.0.1"
ANSWER_S: Final = 5.0
"""A twin that catches up answers between two of its seconds; one that says nothing for longer is not there."""
HOUR_S: Final = 3600.0
LENGTHS: Final = ((86_400.0, "d"), (HOUR_S, "h"), (60.0, "min"), (1.0, "s"))

console = Console(highlight=False)


class TwinDesk:
    """The desk of this machine's twin; every call is one connection that blocks."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, order: AnyOrder) -> State | Catalogue:
        """The twin's answer. Raises ``OrderRefused``, and ``NoTwin`` where none answers."""
        try:
            with socket.create_connection((HOST, self._port), ANSWER_S) as line, line.makefile("rb") as answers:
                line.sendall(msgspec.json.encode(order) + b"\n")
                answer = msgspec.json.decode(answers.readline(), type=AnyAnswer)
        except (OSError, msgspec.DecodeError) as error:
            raise NoTwin(f"{HOST}:{self._port}") from error
        if isinstance(answer, Refused):
            raise OrderRefused(answer)
        return answer

    def obey(self, order: AnyOrder) -> State:
        """The twin as it is after an order."""
        answer = self.ask(order)
        assert isinstance(answer, State)
        return answer


def faults(instance: Instance, *, all_: bool) -> int:
    """Print the faults in force, or the whole catalogue."""
    desk = TwinDesk(instance.desk_port)
    if all_:
        catalogue = desk.ask(Browse())
        assert isinstance(catalogue, Catalogue)
        console.print(_catalogue(catalogue))
        return 0
    state = desk.obey(Look())
    if not state.in_force:
        console.print("no fault is in force")
        return 0
    zone = ZoneInfo(read_complex(instance.complex_folder).zone)
    shown = Table("code", "fault", "place", "size", "since", "for")
    for each in state.in_force:
        size = f"{each.size:g} {each.unit}" if each.unit else ""
        since = datetime.fromtimestamp(each.since_s, zone).isoformat(sep=" ")
        shown.add_row(each.code, each.name, each.place, size, since, _length(state.second - each.since_s))
    console.print(shown)
    return 0


def inject(instance: Instance, code: str, place: str, size: float | None, who: str) -> int:
    """Put a fault on a place."""
    state = TwinDesk(instance.desk_port).obey(Inject(code, place, who, size))
    made = next(each for each in state.in_force if (each.code, each.place) == (code, place))
    console.print(f"{code} {made.name} on {place}" + (f": {made.size:g} {made.unit}" if made.unit else ""))
    return 0


def clear(instance: Instance, code: str, place: str, who: str) -> int:
    """Take a fault away."""
    TwinDesk(instance.desk_port).obey(Clear(code, place, who))
    console.print(f"{code} cleared on {place}")
    return 0


def scenarios(instance: Instance) -> int:
    """Print the scenarios of the twin's complex, and which one plays."""
    state = TwinDesk(instance.desk_port).obey(Look())
    if not state.scenarios:
        console.print(f"there is no file in {instance.complex_folder / 'scenarios'}")
        return 0
    shown = Table("scenario", "name", "events", "length", "")
    for each in state.scenarios:
        length_s = max((event.at_s + (event.for_s or 0) for event in each.events), default=0)
        plays = state.running is not None and state.running.id == each.id
        shown.add_row(each.id, each.name.en, str(len(each.events)), clock(length_s), "on its way" if plays else "")
    console.print(shown)
    return 0


def start(instance: Instance, name: str, who: str) -> int:
    """Start a scenario."""
    TwinDesk(instance.desk_port).obey(Start(name, who))
    console.print(f"{name} started")
    return 0


def stop(instance: Instance, who: str) -> int:
    """Stop the scenario that plays."""
    state = TwinDesk(instance.desk_port).obey(Stop(who))
    left = len(state.in_force)
    console.print("stopped, and what it injected is cleared" + (f"; {left} others are in force" if left else ""))
    return 0


def _catalogue(catalogue: Catalogue) -> Table:
    shown = Table("code", "fault", "what happens", "moves first", "consequence", "within", "size", "places")
    for each in catalogue.faults:
        size = each.size
        measure = f"{size.usual:g} {size.unit}, {size.least:g} to {size.most:g}" if size else ""
        within = " to ".join(_length(seconds) for seconds in each.within_s)
        example = f"{len(each.places)}, {each.places[0]}" if each.places else "none here"
        shown.add_row(
            each.code, each.name, each.words, ", ".join(each.tags), each.consequence, within, measure, example
        )
    return shown


def _length(seconds: float) -> str:
    """A length of time in the largest unit that it fills."""
    size, unit = next(((size, unit) for size, unit in LENGTHS if seconds >= size), LENGTHS[-1])
    return f"{seconds / size:.3g} {unit}"
