"""What the instructor's desk of the twin is asked and answers: one JSON object a line, told apart by their ``is``.

Times are whole seconds since 1970 UTC of the plant.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Order(msgspec.Struct, frozen=True, tag_field="is"):
    """What the desk is asked."""


class Look(Order, frozen=True, tag="look"):
    """How the twin is now."""


class Browse(Order, frozen=True, tag="browse"):
    """The catalogue of faults."""


class Inject(Order, frozen=True, tag="inject"):
    """Put a fault on a unit or site; the usual size where none is said."""

    code: str
    place: str
    who: str
    size: float | None = None


class Clear(Order, frozen=True, tag="clear"):
    """Take a fault away."""

    code: str
    place: str
    who: str


class Start(Order, frozen=True, tag="start"):
    """Start a scenario."""

    scenario: str
    who: str


class Stop(Order, frozen=True, tag="stop"):
    """Stop the scenario that plays, and clear what it injected."""

    who: str


AnyOrder: TypeAlias = Look | Browse | Inject | Clear | Start | Stop


class Words(msgspec.Struct, frozen=True):
    """A name in the two languages of the screens."""

    en: str
    zh: str


class Standing(msgspec.Struct, frozen=True):
    """A fault in force."""

    code: str
    name: str
    place: str
    size: float
    unit: str
    since_s: int


class Planned(msgspec.Struct, frozen=True):
    """One event of a scenario, ``at_s`` after its start; ``for_s`` None lasts until it is cleared."""

    at_s: int
    act: str
    code: str
    place: str
    size: float | None
    for_s: int | None


class Offered(msgspec.Struct, frozen=True):
    """A scenario that can be started."""

    id: str
    name: Words
    events: list[Planned]


class Running(msgspec.Struct, frozen=True):
    """The scenario that plays; ``next_s`` is the second of what it does next."""

    id: str
    since_s: int
    next_s: int


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the instructor's log.

    ``act`` is inject, clear, start, stop, end (of a scenario), skip (of an event, ``why`` it could not be) or restart
    (of the twin, which clears everything).
    """

    at_s: int
    who: str
    act: str
    code: str = ""
    place: str = ""
    size: float | None = None
    scenario: str = ""
    why: str = ""


class State(msgspec.Struct, frozen=True, tag_field="is", tag="state"):
    """How the twin is; ``log`` has the newest entry first."""

    second: int
    speed: float
    seed: int
    in_force: list[Standing]
    scenarios: list[Offered]
    running: Running | None
    log: list[Entry]


class Measure(msgspec.Struct, frozen=True):
    """How much of a fault: ``usual`` unless said, from ``least`` to ``most`` of ``unit``; never 0."""

    unit: str
    usual: float
    least: float
    most: float


class Listed(msgspec.Struct, frozen=True):
    """A fault of the catalogue; ``size`` is null for one that is there or not. ``tags`` move first."""

    code: str
    name: str
    words: str
    tags: list[str]
    consequence: str
    within_s: tuple[float, float]
    size: Measure | None
    places: list[str]


class Catalogue(msgspec.Struct, frozen=True, tag_field="is", tag="catalogue"):
    """Every fault, with the places of this complex that it can be put on."""

    faults: list[Listed]


class Refused(msgspec.Struct, frozen=True, tag_field="is", tag="refused"):
    """Nothing was done. ``kind`` is unknown (no such name), contrary (already so) or bad (cannot be)."""

    kind: str
    words: str


AnyAnswer: TypeAlias = State | Catalogue | Refused


class DeskError(Exception):
    """The instructor's desk did not do what it was asked."""


class NoTwin(DeskError):
    """No twin listens at the desk's address."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"no twin answers at {address}: there is none in this installation, or it is still loading its history"
        )
        self.address = address


class OrderRefused(DeskError):
    """The twin refused, in words for a person; ``kind`` as in ``Refused``."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.words)
        self.kind = refused.kind
