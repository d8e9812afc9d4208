"""Pressure in a vessel that is pumped down and then shut for its rise test (domain reference §14, §17.2 I6).

    pumped: dp/dt = L - (p - p0) / tau        shut: dp/dt = L

``L`` is the leak rate. What leaks in is air: the oxygen in what is left of the gas follows it. Units: Pa, Pa/min, s.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OPEN: Final = 0.0
PUMPED: Final = 1.0
SHUT: Final = 2.0
ATMOSPHERE_PA: Final = 100_000.0
PUMP_S: Final = 140.0
PUMP_END_PA: Final = 3.2
TEST_S: Final = 180.0
"""Time over which the rise is measured. (A)"""
OXYGEN_PPM_PER_PA_MIN: Final = 40.0
OXYGEN_S: Final = 120.0
ABORT_PA: Final = 20.0
ABOVE_END_PA: Final = 10.0
"""A rise test ends here, or so far above what the pump reaches against the leak. (A)"""
LONGEST_STEP_S: Final = 30.0


class Vessels(NamedTuple):
    """(n,) columns. ``line`` is one of ``OPEN``, ``PUMPED``, ``SHUT``; ``pumping`` 1 while the pump is on.

    ``measured_pa_min`` is the last rise test's result, ``oxygen_ppm`` what the leak adds.
    """

    own_leak_pa_min: Floats
    line: Floats
    pumping: Floats
    pressure_pa: Floats
    measured_pa_min: Floats
    oxygen_ppm: Floats


def vessels(own_leak_pa_min: Floats) -> Vessels:
    """Vessels that are open, and tight but for their seals."""
    n = len(own_leak_pa_min)
    zero = np.zeros(n)
    return Vessels(own_leak_pa_min, zero, zero.copy(), np.full(n, ATMOSPHERE_PA), own_leak_pa_min.copy(), zero.copy())


def step_vessels(v: Vessels, leak_pa_min: Floats, dt_s: float) -> None:
    """Advance every vessel by ``dt_s``, in place, with (n,) leaks beside its own.

    A vessel whose rise test has gone too high is pumped down again, and the test repeated. Raises ``ValueError`` for
    a step of more than 30 s, a fifth of the pump's time constant.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"vessels advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(v, leak_pa_min, dt_s)


@njit(cache=True)
def _step(v: Vessels, leak_pa_min: Floats, dt_s: float) -> None:
    for i in range(len(v.line)):
        if v.line[i] == OPEN:
            v.pressure_pa[i], v.pumping[i] = ATMOSPHERE_PA, 0.0
            v.oxygen_ppm[i] -= dt_s * v.oxygen_ppm[i] / OXYGEN_S
            continue
        leak = v.own_leak_pa_min[i] + leak_pa_min[i]
        end_pa = PUMP_END_PA + leak / 60.0 * PUMP_S
        if v.line[i] == PUMPED or v.pressure_pa[i] > max(ABORT_PA, end_pa + ABOVE_END_PA):
            v.pumping[i] = 1.0
        elif v.pressure_pa[i] < end_pa + 0.5:
            v.pumping[i] = 0.0
        if v.pumping[i] == 1.0:
            v.pressure_pa[i] += (end_pa - v.pressure_pa[i]) * (1.0 - np.exp(-dt_s / PUMP_S))
        else:
            v.pressure_pa[i] += dt_s * leak / 60.0
            v.measured_pa_min[i] += (leak - v.measured_pa_min[i]) * (1.0 - np.exp(-dt_s / TEST_S))
        v.oxygen_ppm[i] += dt_s * (OXYGEN_PPM_PER_PA_MIN * leak_pa_min[i] - v.oxygen_ppm[i]) / OXYGEN_S
