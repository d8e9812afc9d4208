"""One trial: a plant with the fault and the same plant without it side by side, and what alarms said of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.catalogue.lockstep import standing
from bench.catalogue.seen import Seen
from bench.first_alarms.expected import FIRST, fits
from bench.first_alarms.heard import Heard
from bench.first_alarms.trials import Trial
from didymium.alarms.definitions import Definitions, Priority
from didymium.alarms.life import Event, State
from didymium.alarms.transitions import Transitions
from didymium.model.plant import Complex

WAIT_S = 3 * 3600
"""How long a trial waits for a unit in the state that it wants."""
SAME_S = 120
"""An alarm that the plant without the fault tells as well, so near in time, is not of the fault."""
STILL_S = 120
"""How long all alarms of the fault have to be gone for it to be healed."""
AFTER_S = 20
"""How long it goes on after the consequence, so that what is told of that can come."""
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
    under: list[str] = field(default_factory=list)
    hidden: int = 0
    elsewhere: list[str] = field(default_factory=list)
    cleared_s: int = 0
    healed_s: int | None = None
    left: list[str] = field(default_factory=list)
    law: str = ""
    how: str = "in process"


class Ear:
    """What one plant's alarms told since the fault."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def hear(self, said: Sequence[Transitions], after_s: int) -> None:
        """Keep what sounded and what came under a cause."""
        for each in said:
            chosen = each.sounds | ((each.event == Event.ACTIVATE) & (each.after == State.SUPPRESSED))
            for row in np.flatnonzero(chosen).tolist():
                told = Told(int(each.alarm[row]), int(each.group[row]), after_s, bool(each.sounds[row]))
                if told.sounded or told.group != told.alarm:
                    self.told.append(told)

    def beyond(self, usual: Ear) -> list[Told]:
        """What the other plant did not tell at about that time."""
        times: dict[int, list[int]] = {}
        for each in usual.told:
            times.setdefault(each.alarm, []).append(each.after_s)
        return [
            each
            for each in self.told
            if not any(abs(each.after_s - other) <= SAME_S for other in times.get(each.alarm, ()))
        ]


def tried(trial: Trial, whole: Complex, definitions: Definitions, seed: int, start_s: int) -> Result:
    """Run a trial to its end."""
    drill = trial.drill
    usual, ill = (Heard(whole, definitions, trial.sites, seed, start_s) for _ in range(2))
    expected = FIRST[drill.code, drill.template]
    result = Result(drill.code, drill.template, drill.site, stretch=drill.stretch, law=drill.note)
    result.within_s = expected.within_s
    if drill.code == "F20":
        result.within_s /= next(site.count for site in whole.sites if site.id == drill.site)
    place = None
    for waited in range(trial.settle_s + WAIT_S):
        if waited >= trial.settle_s:
            place = standing(drill, usual.twin)
            if place is not None:
                break
        usual.second(trial.every_s)
        ill.second(trial.every_s)
    if place is None:
        return result
    result.place = place
    ill.twin.faults.inject(drill.code, place, drill.size, ill.twin.second)
    seen, judge = Seen(ill.twin, usual.twin, place), drill.judge()
    ears = Ear(), Ear()

    def go_on(after_s: int) -> None:
        for heard, ear in ((usual, ears[0]), (ill, ears[1])):
            ear.hear(heard.second(trial.every_s), after_s)

    right_s = None
    while seen.after_s < drill.limit_s + AFTER_S:
        before = len(ears[1].told)
        go_on(seen.after_s + 1)
        seen.after_s += 1
        fresh = ears[1].told[before:]
        if right_s is None and any(
            each.sounded and fits(expected.first, definitions.id[each.alarm], place) for each in fresh
        ):
            right_s = seen.after_s
        if trial.judged and result.consequence_s is None and judge(seen):
            result.consequence_s = seen.after_s
        come_s = result.consequence_s if trial.judged else 0
        if come_s is not None and right_s is not None and seen.after_s >= max(right_s + WATCH_S, come_s + AFTER_S):
            break
    result.cleared_s = seen.after_s
    groups = ill.engine.groups.copy()
    ill.twin.faults.clear(drill.code, place)
    _heal(trial, result, usual, ill, ears, go_on_from=seen.after_s)
    _judge(result, expected.first, definitions, ears, groups)
    return result


def _heal(trial: Trial, result: Result, usual: Heard, ill: Heard, ears: tuple[Ear, Ear], *, go_on_from: int) -> None:
    """Wait until the fault's alarms are gone and stay gone, acknowledged and reset by a person."""
    after_s, last_s = go_on_from, go_on_from
    ids = ill.engine.definitions.id
    while after_s < go_on_from + trial.heal_s:
        after_s += 1
        for heard, ear in ((usual, ears[0]), (ill, ears[1])):
            ear.hear(heard.second(trial.every_s), after_s)
        if (after_s - go_on_from) % 10:
            continue
        own = np.array(sorted({each.alarm for each in ears[1].beyond(ears[0])}), np.intp)
        active = (ill.engine.conditions.active[own] == 1) & (usual.engine.conditions.active[own] == 0)
        if active.any():
            last_s = after_s
        ill.settle(own[~active])
        if after_s - last_s >= max(STILL_S, 2 * trial.every_s):
            result.healed_s = last_s - go_on_from
            return
    result.left = [ids[row] for row in own[active].tolist()]


def _judge(
    result: Result,
    patterns: tuple[str, ...],
    definitions: Definitions,
    ears: tuple[Ear, Ear],
    groups: NDArray[np.int32],
) -> None:
    ids = definitions.id
    told = [each for each in ears[1].beyond(ears[0]) if each.after_s <= result.cleared_s]
    sounded = [each for each in told if each.sounded]
    if not sounded:
        return
    first = sounded[0]
    right = [each for each in sounded if fits(patterns, ids[each.alarm], result.place)]
    if right:
        result.right_alarm, result.right_s = ids[right[0].alarm], right[0].after_s
        result.right = right[0].after_s == first.after_s
        result.in_time = right[0].after_s * result.stretch <= result.within_s
        first = right[0] if result.right else first
    result.first, result.first_s = ids[first.alarm], first.after_s
    result.priority = Priority(int(definitions.priority[first.alarm])).name.lower()
    result.told = [(each.after_s, ids[each.alarm]) for each in sounded[:SHOWN]]
    together = _together((right or [first])[0].alarm, told, groups)
    result.under = sorted(ids[row] for row in together)
    result.hidden = len(together - {each.alarm for each in sounded})
    result.elsewhere = sorted(
        {ids[each.alarm] for each in sounded} - {result.right_alarm or result.first, *result.under}
    )


def _together(root: int, told: Sequence[Told], groups: NDArray[np.int32]) -> set[int]:
    """The alarms that are in a group with ``root``, by what groups were when they were told or are at the end."""
    links = {(each.alarm, each.group) for each in told} | {(each.alarm, int(groups[each.alarm])) for each in told}
    found: set[int] = set()
    fresh = {root}
    while fresh:
        found |= fresh
        fresh = {b for a, b in links if a in fresh} | {a for a, b in links if b in fresh}
        fresh -= found
    return (found & {each.alarm for each in told}) - {root}
