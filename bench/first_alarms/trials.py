"""The trials: each fault at each kind of unit, at every site that has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bench.catalogue.drill import Drill
from bench.catalogue.drills import DRILLS
from didymium.twin.faults import DAY_S, HOUR_S


@dataclass(frozen=True, slots=True)
class Trial:
    """A drill of the twin with alarms. ``sites`` are simulated and heard.

    ``every_s``: alarms hear every so many seconds. ``settle_s``: for how long it runs before. ``heal_s``: how long to
    wait after clearing. ``judged``: the fault stands until its consequence has come, else for a minute after its alarm.
    ``lag_s``: by so much the alarm's mean lags, which counts as it is where the drill is faster than life.
    """

    drill: Drill
    sites: tuple[str, ...]
    every_s: int = 1
    settle_s: int = 600
    heal_s: float = HOUR_S
    judged: bool = True
    lag_s: int = 0


ELSEWHERE: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("F01", "T_CELL"): ("S04", "S10"),
    ("F02", "T_CELL"): ("S03", "S04"),
    ("F03", "T_CELL"): ("S04", "S10"),
    ("F04", "T_PRECIP"): ("S17",),
    ("F05", "T_CELL"): ("S04", "S10"),
    ("F09", "T_CWSTN"): ("S05",),
    ("F11", "T_MVR"): ("S19",),
    ("F14", "T_SCRUB"): ("S04", "S10", "S18"),
    ("F15", "T_RKILN"): ("S20",),
    ("F16", "T_SXCIR"): ("S15", "S16"),
    ("F20", "SITE"): ("S05",),
}
"""Other sites with units of the same kind."""
SITES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("F08", "S02"): ("S02",),
    ("F23", "S23"): ("S03", "S04", "S10", "S23"),
    ("F21", "S23"): ("S22", "S23"),
}
"""Where more than the fault's own site is touched."""
EVERY_S: Final = {"F02": 10, "F10": 10, "F11": 10, "F16": 10, "F17": 60, "F18": 60}
SETTLE_S: Final = {"F17": 86_400, "F18": 86_400}
HEAL_S: Final = {
    "F02": 16 * HOUR_S, "F03": 4 * HOUR_S, "F04": 30 * HOUR_S, "F06": 3 * HOUR_S, "F08": 2 * HOUR_S, "F10": 4 * DAY_S,
    "F11": 2 * HOUR_S, "F12": 4 * HOUR_S, "F13": 8 * HOUR_S, "F16": 2 * HOUR_S, "F17": 10 * DAY_S, "F18": 10 * DAY_S,
    "F23": 3 * HOUR_S,
}  # fmt: skip
LAG_S: Final = {("F03", "T_SC"): 180}
UNJUDGED: Final = (
    ("F02", "S03"), ("F02", "S04"), ("F14", "S04"), ("F14", "S10"), ("F14", "S18"), ("F17", "S08"), ("F18", "S08"),
)  # fmt: skip
"""The drill's judge looks at tags that these have not, or at what the alarm looks at."""


def _trials() -> tuple[Trial, ...]:
    made = []
    for drill in DRILLS:
        others = ELSEWHERE.get((drill.code, drill.template), ())
        made += [_trial(each) for each in (drill, *(replace(drill, site=site, part=(), touches=()) for site in others))]
    return tuple(made)


def _trial(drill: Drill) -> Trial:
    if (drill.code, drill.template) == ("F03", "T_KILN70"):  # its alarm takes the means of days: as slow as in life
        slow = replace(drill, size=None, stretch=1.0, note="", limit_s=9 * DAY_S)
        return Trial(slow, (drill.site,), every_s=10, settle_s=3 * 86_400, heal_s=3 * DAY_S)
    lag_s = LAG_S.get((drill.code, drill.template), 0)
    if lag_s:
        drill = replace(drill, note=f"{drill.note}; the alarm's mean lags by {lag_s} s, at any size")
    return Trial(
        drill,
        SITES.get((drill.code, drill.site), (drill.site,)),
        EVERY_S.get(drill.code, 1),
        SETTLE_S.get(drill.code, 600),
        HEAL_S.get(drill.code, HOUR_S),
        (drill.code, drill.site) not in UNJUDGED,
        lag_s,
    )


TRIALS: Final = _trials()
"""In the order of the catalogue."""
