"""Strip-casting furnaces: chamber, crucible and caster together, one array entry each (domain reference §7)."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from didymium.twin.units.casting_chamber import Chamber, chambers, step_chambers
from didymium.twin.units.casting_crucible import Crucible, crucibles, empty, step_crucibles
from didymium.twin.units.casting_inputs import DISCHARGE, IDLE, Floats, Inputs, checked_dt_s
from didymium.twin.units.casting_wheel import Caster, casters, empty_drum, step_casters

FORE_S: Final = 10.0
"""Time step with which a furnace is brought from the start of its heat to where it stands."""


class Furnaces(NamedTuple):
    """The states of n furnaces."""

    chamber: Chamber
    crucible: Crucible
    caster: Caster


def furnaces(n: int, seed: int) -> Furnaces:
    """Furnaces that stand idle and empty after a heat."""
    return Furnaces(chambers(n, seed), crucibles(n), casters(n))


def step_furnaces(these: Furnaces, given: Inputs, seed: int, second: float, dt_s: float) -> None:
    """Advance all by ``dt_s`` to ``second`` and set ``given.held``. Raises ``TimeStepTooLong``.

    The melt is poured by the tundish level of the step before; what is poured reaches the tundish in the same step.
    """
    checked_dt_s(dt_s)
    chamber, crucible, caster = these
    step_chambers(chamber.table, given, crucible.melt_c, second, dt_s)
    step_crucibles(crucible.table, given, chamber.tripped, caster.tripped, caster.level_mm, second, dt_s)
    step_casters(caster.table, given, crucible.pouring_kg, crucible.melt_c, seed, second, dt_s)


def discharge(these: Furnaces, i: int) -> None:
    """Empty one furnace: flakes, fines and skull leave, and the next heat has its rise test before it."""
    empty(these.crucible, i)
    empty_drum(these.caster, i)
    these.chamber.passed[i] = these.chamber.failed[i] = these.chamber.test_s[i] = these.chamber.again_s[i] = 0.0


def bring_forward(these: Furnaces, given: Inputs, starts_s: Floats, seed: int, second: int) -> None:
    """Bring furnaces that stand empty to where the heats that they are in have come by ``second``.

    ``starts_s`` is (n, steps + 1): when each step of the present heat began or is to begin, then the heat's end.
    """
    at_s = second - FORE_S * np.ceil((second - starts_s[:, 0].min()) / FORE_S)
    rows = np.arange(len(starts_s))
    discharged = np.zeros(len(starts_s), np.bool_)
    while at_s < second:
        at_s += FORE_S
        begun = (starts_s[:, :-1] <= at_s).sum(axis=1) - 1
        given.step[:] = np.where(begun < 0, IDLE, begun)
        given.since_s[:] = starts_s[rows, np.maximum(begun, 0)]
        given.until_s[:] = starts_s[rows, np.maximum(begun, 0) + 1]
        for i in np.flatnonzero((begun >= DISCHARGE) & ~discharged):
            discharge(these, int(i))
            discharged[i] = True
        step_furnaces(these, given, seed, at_s, FORE_S)
