"""The steps of a heat in a strip caster, domain reference §7.2, and what its unit operations are told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Table = NDArray[np.void]
"""One record per furnace: what the kernels run over, a row at a time."""
Row = Any
"""A record of a table within a kernel."""

CHARGE: Final = 0
PUMP: Final = 1
BAKE: Final = 2
MELT: Final = 3
REFINE: Final = 4
POUR: Final = 5
COOL: Final = 6
VENT: Final = 7
DISCHARGE: Final = 8
IDLE: Final = 9
"""Positions of the steps in the sequence; their codes on the tag STEP run from 1 to 9, with 0 for idle."""
LONGEST_STEP_S: Final = 10.0
"""The tundish empties with a time constant of 10 s, the chamber with 13 s: a longer time step would miss them."""
LAST_S: Final = 1.5
"""A furnace that may not leave its step is held when so little of it is left."""
SPEED_M_S: Final = 1.2
"""Usual speed of a wheel's surface."""
WATER_KW_K: Final = 1.163
"""Heat that 1 m³/h of water carries away per kelvin, kW/K."""


class TimeStepTooLong(ValueError):
    """The time step does not resolve the fastest part of a furnace."""


class Inputs(NamedTuple):
    """(n,) columns: where each furnace is in its heat, what is wrong with it, its wheel's speed and its cooling water.

    ``step`` is a position in the sequence, which began at ``since_s`` and is to end at ``until_s``. The unit
    operations set ``held`` where a furnace may not go on. Of the faults ``pyrometer_c_d`` is the drift of the
    pyrometer, ``bearing_d`` the time constant of the bearing's wear, ``leak_pa_min`` the leak beside the usual one;
    ``coil_dry`` and ``wet`` are 1 where the coil's water fails and where water drips into the chamber.
    """

    step: Integers
    since_s: Floats
    until_s: Floats
    held: Flags
    pyrometer_c_d: Floats
    bearing_d: Floats
    leak_pa_min: Floats
    coil_dry: Floats
    wet: Floats
    wheel_m_s: Floats
    coil_m3_h: Floats
    wheel_m3_h: Floats
    water_c: Floats


def inputs(n: int) -> Inputs:
    """Furnaces that stand idle, healthy and cooled."""
    columns = {name: np.zeros(n) for name in Inputs._fields if name not in ("step", "held")}
    columns["wheel_m_s"][:] = SPEED_M_S
    columns["coil_m3_h"][:] = 27.0
    columns["wheel_m3_h"][:] = 27.5
    columns["water_c"][:] = 22.5
    return Inputs(step=np.full(n, IDLE, np.int64), held=np.zeros(n, np.bool_), **columns)


def laid_out(fields: Sequence[str], n: int) -> tuple[Table, dict[str, Floats]]:
    """A table of zeros for the fields after the first, which is to hold it, and the windows on its columns."""
    table = np.zeros(n, np.dtype([(name, np.float64) for name in fields[1:]]))
    return table, {name: table[name] for name in fields[1:]}


def checked_dt_s(dt_s: float) -> float:
    """The time step. Raises ``TimeStepTooLong``."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise TimeStepTooLong(
            f"a strip caster steps by more than 0 and at most {LONGEST_STEP_S:g} s, not by {dt_s:g} s"
        )
    return dt_s
