"""One trial: a plant with the fault, what its alarms said, and what they say without it, where that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.catalogue.lockstep import standing
from bench.catalogue.seen import Seen
from bench.first_alarms.expected import FIRST, fits, linked, within_s
from bench.first_alarms.heard import Heard
from bench.first_alarms.trials import Trial
from didymium.alarms.definitions import Definitions, Priority
from didymium.alarms.frames import SECOND_US
from didymium.alarms.life import Event, State
from didymium.alarms.transitions import Transitions
from didymium.model.plant import Complex
from didymium.twin.faults import SITE
from didymium.twin.plant import TwinPlant

WAIT_S = 3 * 3600
"""How long a trial waits for a unit in the state that it wants."""
SAME_S = 900
"""An alarm that the plant without the fault tells as well, so near in time, is not of the fault."""
STILL_S = 120
"""How long all alarms of the fault have to be gone for it to be healed."""
AFTER_S = 20
"""How long it goes on after the consequence, so that what is told of that can come."""
HEAL_EVERY_S = 10
"""How often alarms hear after the fault is cleared; a line that was down is heard each second."""
SHOWN = 20
"""Alarms told that a row keeps."""
WATCH_S = 60
"""How long it goes on after the first alarm at least, so that its children can come."""


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm that sounded, or came under another, ``after_s`` seconds after the fault."""

    alarm: int
    group: int
    after_s: int
    sounded: bool


@dataclass(slots=True)
class Result:
    """What came of a trial; times in seconds as measured, None for what did not come."""

    code: str
    template: str
    site: str
    place: str = ""
    first: str = ""
    priority: str = ""
    right: bool = False
    first_s: int | None = None
    right_s: int | None = None
    right_alarm: str = ""
    told: list[tuple[int, str]] = field(default_factory=list)
    consequence_s: int | None = None
    within_s: float = 0.0
    in_time: bool = False
    stretch: float = 1.0
    lag_s: int = 0
    under: list[str] = field(default_factory=list)
    hidden: int = 0
    elsewhere: list[str] = field(default_factory=list)
    cleared_s: int = 0
    healed_s: int | None = None
    left: list[str] = field(default_factory=list)
    law: str = ""
    how: str = "in process"

    def usual_s(self, after_s: float) -> float:
        """When it would have come at the fault's usual size."""
        return (after_s - self.lag_s) * self.stretch + self.lag_s


class Ear:
    """What a plant's alarms told since the fault."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def hear(self, said: Sequence[Transitions], after_s: int) -> list[Told]:
        """Keep what sounded and what came under a cause; return what sounded."""
        fresh = []
        for each in said:
            chosen = each.sounds | ((each.event == Event.ACTIVATE) & (each.after == State.SUPPRESSED))
            for row in np.flatnonzero(chosen).tolist():
                told = Told(int(each.alarm[row]), int(each.group[row]), after_s, bool(each.sounds[row]))
                if told.sounded or told.group != told.alarm:
                    fresh.append(told)
        self.told += fresh
        return [each for each in fresh if each.sounded]


def beyond(told: Sequence[Told], usual: Sequence[Told]) -> list[Told]:
    """What the other plant did not tell at about that time."""
    times: dict[int, list[int]] = {}
    for each in usual:
        times.setdefault(each.alarm, []).append(each.after_s)
    return [
        each for each in told if not any(abs(each.after_s - other) <= SAME_S for other in times.get(each.alarm, ()))
    ]


def tried(trial: Trial, whole: Complex, definitions: Definitions, seed: int, start_s: int) -> Result:
    """Run a trial to its end."""
    drill = trial.drill
    expected = FIRST[drill.code, drill.template]
    result = Result(drill.code, drill.template, drill.site, stretch=drill.stretch, law=drill.note, lag_s=trial.lag_s)
    result.within_s = within_s(drill, whole)
    ill = Heard(whole, definitions, trial.sites, seed, start_s)
    beside = TwinPlant(ill.twin.complex, seed, start_s * SECOND_US) if drill.against_usual and trial.judged else None
    place = None
    while place is None and ill.twin.second < start_s + trial.settle_s + WAIT_S:
        ill.second(trial.every_s)
        if beside is not None:
            beside.advance(ill.twin.second)
        if ill.twin.second >= start_s + trial.settle_s:
            place = standing(drill, ill.twin)
    if place is None:
        return result
    result.place = place
    injected_s = ill.twin.second
    ill.twin.faults.inject(drill.code, place, drill.size, injected_s)
    seen, judge, ear, right_s = Seen(ill.twin, beside or ill.twin, place), drill.judge(), Ear(), None
    while seen.after_s < drill.limit_s + AFTER_S:
        seen.after_s += 1
        fresh = ear.hear(ill.second(trial.every_s), seen.after_s)
        if beside is not None and result.consequence_s is None:
            beside.advance(ill.twin.second)
        if right_s is None and any(fits(expected.first, definitions.id[each.alarm], place) for each in fresh):
            right_s = seen.after_s
        if trial.judged and result.consequence_s is None and judge(seen):
            result.consequence_s = seen.after_s
        come_s = result.consequence_s if trial.judged else 0
        if come_s is not None and right_s is not None and seen.after_s >= max(right_s + WATCH_S, come_s + AFTER_S):
            break
    result.cleared_s = seen.after_s
    groups = ill.engine.groups.copy()
    ill.twin.faults.clear(drill.code, place)
    _heal(trial, result, ill, ear)
    told = [each for each in ear.told if each.after_s <= result.cleared_s]
    _judge(result, expected.first, definitions, told, groups)
    if result.elsewhere or not result.right:
        usual = _usual(trial, whole, definitions, seed, start_s, injected_s, result.cleared_s)
        _judge(result, expected.first, definitions, beyond(told, usual), groups)
    return result


def _usual(
    trial: Trial, whole: Complex, definitions: Definitions, seed: int, start_s: int, injected_s: int, seconds: int
) -> list[Told]:
    """What the same plant tells without the fault in the same seconds."""
    heard, ear = Heard(whole, definitions, trial.sites, seed, start_s), Ear()
    while heard.twin.second < injected_s:
        heard.second(trial.every_s)
    for after_s in range(1, seconds + SAME_S):
        ear.hear(heard.second(trial.every_s), after_s)
    return ear.told


def _heal(trial: Trial, result: Result, ill: Heard, ear: Ear) -> None:
    """Wait until the fault's alarms are gone and stay gone, acknowledged and reset by a person."""
    ids = ill.engine.definitions.id
    every_s = 1 if trial.drill.template == SITE else max(trial.every_s, HEAL_EVERY_S)
    own = np.array(sorted({each.alarm for each in ear.told}), np.intp)
    last_s = after_s = 0
    while after_s < trial.heal_s:
        after_s += 1
        ill.second(every_s)
        if after_s % every_s:
            continue
        active = ill.engine.conditions.active[own] == 1
        if active.any():
            last_s = after_s
        ill.settle(own[~active])
        if after_s - last_s >= max(STILL_S, 2 * every_s):
            result.healed_s = last_s
            return
    result.left = [ids[row] for row in own[active].tolist()]


def _judge(
    result: Result, patterns: tuple[str, ...], definitions: Definitions, told: Sequence[Told], groups: NDArray[np.int32]
) -> None:
    ids = definitions.id
    sounded = [each for each in told if each.sounded]
    if not sounded:
        return
    first = sounded[0]
    right = [each for each in sounded if fits(patterns, ids[each.alarm], result.place)]
    if right:
        result.right_alarm, result.right_s = ids[right[0].alarm], right[0].after_s
        result.right = right[0].after_s == first.after_s
        result.in_time = result.usual_s(right[0].after_s) <= result.within_s
        first = right[0] if result.right else first
    result.first, result.first_s = ids[first.alarm], first.after_s
    result.priority = Priority(int(definitions.priority[first.alarm])).name.lower()
    result.told = [(each.after_s, ids[each.alarm]) for each in sounded[:SHOWN]]
    grouped = together((right or [first])[0].alarm, told, groups)
    result.under = sorted(ids[row] for row in grouped)
    result.hidden = len(grouped - {each.alarm for each in sounded})
    result.elsewhere = sorted(
        {ids[each.alarm] for each in sounded} - {result.right_alarm or result.first, *result.under}
    )


def together(root: int, told: Sequence[Told], groups: Sequence[int] | NDArray[np.int32]) -> set[int]:
    """The alarms that are in a group with ``root``, by what groups were when they were told or are at the end."""
    links = {(each.alarm, each.group) for each in told} | {(each.alarm, int(groups[each.alarm])) for each in told}
    return (linked(root, links) & {each.alarm for each in told}) - {root}
