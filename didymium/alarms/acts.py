"""What people do to alarms, and why it may be refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from didymium.alarms.life import ACTS, Event
from didymium.alarms.transitions import Transitions


class BadAct(ValueError):
    """An act that says too little or too much; the text says what would be right."""


class Why(StrEnum):
    """Why an act on an alarm is refused."""

    OVERTAKEN = "overtaken"
    """The alarm has moved on since the person looked."""
    NOT_NOW = "not_now"
    """The alarm's state does not allow it."""


@dataclass(frozen=True, slots=True)
class Act:
    """One person does one thing to some alarms.

    ``seen`` are the numbers of the alarms' last transitions that the person saw, in the order of ``alarms``; empty
    where that does not matter. ``until_us`` is for shelving; shelving and taking out of service need a ``reason``.
    """

    event: Event
    alarms: tuple[int, ...]
    actor: str
    at_us: int
    reason: str = ""
    until_us: int = 0
    seen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An alarm that was left as it is."""

    alarm: int
    why: Why


@dataclass(frozen=True, slots=True)
class Done:
    """What an act brought about, and what it did not."""

    transitions: Transitions
    refused: tuple[Refused, ...]


def check_act(act: Act, alarms: int, shelve_most_us: int) -> None:
    """Raises ``BadAct`` where the act could be right for no alarm."""
    if act.event not in ACTS:
        raise BadAct(
            f"{act.event.name.lower()} is what the plant does; people {', '.join(e.name.lower() for e in ACTS)}"
        )
    if not act.actor.strip():
        raise BadAct("an act needs the name of the person who does it")
    if act.event in (Event.SHELVE, Event.REMOVE_FROM_SERVICE) and not act.reason.strip():
        raise BadAct(f"{act.event.name.lower()} needs a reason")
    if act.event is Event.SHELVE and not act.at_us < act.until_us <= act.at_us + shelve_most_us:
        hours = (act.until_us - act.at_us) / 3.6e9
        raise BadAct(f"shelving for {hours:.4g} h: it lasts more than 0 and at most {shelve_most_us / 3.6e9:g} h")
    if act.seen and len(act.seen) != len(act.alarms):
        raise BadAct(f"{len(act.seen)} numbers of transitions for {len(act.alarms)} alarms")
    unknown = [alarm for alarm in act.alarms if not 0 <= alarm < alarms]
    if unknown:
        raise BadAct(f"there is no alarm {unknown[0]}; they are numbered 0 to {alarms - 1}")
    if len(set(act.alarms)) < len(act.alarms):
        raise BadAct("an alarm stands twice in the act")
