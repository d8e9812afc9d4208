"""How one fault of the catalogue is tried: where, when, how large, and what a dispatcher would see come of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from bench.catalogue.seen import Seen
from didymium.model.plant import Template
from didymium.model.ranges import RANGE
from didymium.twin.faults import CATALOGUE, Fault

Judge = Callable[[Seen], bool]
"""Asked once a second: whether the consequence is there. It may remember what it saw."""


@dataclass(frozen=True, slots=True)
class Drill:
    """A fault on the first unit of ``template`` at ``site`` that stands as ``when`` says, from low to high by tag.

    ``ends_in_s``: the unit's step ends within so many seconds. ``words`` say what a judge that ``judge`` makes waits
    for, ``limit_s`` how long. ``stretch`` is how much longer it takes at the usual size. ``note`` says by which law, or
    what else must be known. ``touches`` are prefixes of tags where effects are looked for, the site's unless said;
    drills that touch different ones share a pair of plants. ``part`` are the sites that are simulated, all unless said.
    ``band_s`` is narrower than the catalogue's, where the reference gives one for this kind of unit. ``against_usual``:
    the judge looks at the plant without the fault as well.
    """

    code: str
    template: str
    site: str
    words: str
    judge: Callable[[], Judge]
    limit_s: float
    when: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    ends_in_s: float = math.inf
    size: float | None = None
    stretch: float = 1.0
    note: str = ""
    touches: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    band_s: tuple[float, float] | None = None
    against_usual: bool = False

    @property
    def fault(self) -> Fault:
        """Its line of the catalogue."""
        return CATALOGUE[self.code]

    @property
    def watched(self) -> tuple[str, ...]:
        """Prefixes of the tags that are watched."""
        return self.touches or (f"{self.site}.",)

    @property
    def within_s(self) -> tuple[float, float]:
        """When the consequence is to come, at the usual size."""
        return self.band_s or self.fault.within_s


def expected_tags(drill: Drill, templates: Mapping[str, Template], watched: Collection[str]) -> tuple[str, ...]:
    """The catalogue's tags that this kind of unit has, and those of the watched that no kind with this fault has."""
    named = {
        template: {RANGE.sub("", tag.name) for tag in templates[template].tags}
        for template in drill.fault.templates
        if template in templates
    }
    own, all_of_them = named.get(drill.template, set()), set[str]().union(*named.values())
    return tuple(tag for tag in drill.fault.tags if tag in own or (tag in watched and tag not in all_of_them))


def shared(drills: list[Drill]) -> list[list[Drill]]:
    """The drills in as few runs as they need: those of a run simulate the same sites and touch different tags."""
    runs: list[list[Drill]] = []
    for drill in sorted(drills, key=lambda each: -each.limit_s):
        for run in runs:
            if run[0].part == drill.part and not any(_meet(drill, other) for other in run):
                run.append(drill)
                break
        else:
            runs.append([drill])
    return runs


def _meet(one: Drill, other: Drill) -> bool:
    return any(a.startswith(b) or b.startswith(a) for a in one.watched for b in other.watched)
