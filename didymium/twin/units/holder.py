"""Water-cooled busbar holders of electrolysis cells and the interlock behind them (domain reference §5.7, §17.2 I9).

dF/dt = (F_asked - F)/2 s; dT/dt = 2 °C/s (I/I0)² - 2 °C/s F/F0 (T - T_in)/(T0 - T_in). The interlock cuts the cell's
current when the holder's sensor reads 55 °C, or 15 s after the flow fell below 22 L/min, and gives it back when
both have been well for five minutes. Units: °C, L/min, s.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from didymium.twin.bank import Floats

IN_C: Final = 27.0
HEATING_C_S: Final = 2.0
FLOW_S: Final = 2.0
SENSOR_S: Final = 3.0
TRIP_C: Final = 55.0
TRIP_L_MIN: Final = 22.0
LOW_FLOW_S: Final = 15.0
WELL_C: Final = 48.0
WELL_L_MIN: Final = 28.0
WELL_S: Final = 300.0
HOTTEST_C: Final = 90.0
"""The water left in the holder boils off beyond what the sensor shows."""
LONGEST_STEP_S: Final = 1.0


class Holders(NamedTuple):
    """(n,) columns. ``tripped`` is 1 where the interlock holds the current off."""

    usual_c: Floats
    usual_l_min: Floats
    holder_c: Floats
    shown_c: Floats
    flow_l_min: Floats
    low_s: Floats
    well_s: Floats
    tripped: Floats


class HolderInputs(NamedTuple):
    """(n,) ``water``, the share of the usual flow that is supplied; ``load``, the share of the usual current."""

    water: Floats
    load: Floats


def holders(usual_c: Floats, usual_l_min: Floats) -> Holders:
    """Holders in steady running at their usual temperature and flow."""
    n = len(usual_c)
    c, flow = usual_c.copy(), usual_l_min.copy()
    return Holders(c.copy(), flow.copy(), c.copy(), c.copy(), flow, np.zeros(n), np.full(n, WELL_S), np.zeros(n))


def step(holders: Holders, inputs: HolderInputs, dt_s: float) -> None:
    """Cool and judge for ``dt_s``. Raises ``ValueError`` for a step beyond one second."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"holders: a step of {dt_s:g} s, at most {LONGEST_STEP_S:g} s")
    _step(holders, inputs, dt_s)


@njit(cache=True)
def _step(holders: Holders, inputs: HolderInputs, dt_s: float) -> None:
    for i in range(len(holders.usual_c)):
        usual = holders.usual_l_min[i]
        holders.flow_l_min[i] += (usual * inputs.water[i] - holders.flow_l_min[i]) * dt_s / FLOW_S
        taken = holders.flow_l_min[i] / usual * (holders.holder_c[i] - IN_C) / (holders.usual_c[i] - IN_C)
        rise = HEATING_C_S * (inputs.load[i] ** 2 - taken)
        holders.holder_c[i] = min(HOTTEST_C, holders.holder_c[i] + rise * dt_s)
        holders.shown_c[i] += (holders.holder_c[i] - holders.shown_c[i]) * dt_s / SENSOR_S
        low = holders.flow_l_min[i] < TRIP_L_MIN
        holders.low_s[i] = holders.low_s[i] + dt_s if low else 0.0
        well = holders.flow_l_min[i] > WELL_L_MIN and holders.shown_c[i] < WELL_C
        holders.well_s[i] = holders.well_s[i] + dt_s if well else 0.0
        if holders.shown_c[i] >= TRIP_C or holders.low_s[i] > LOW_FLOW_S:
            holders.tripped[i] = 1.0
        elif holders.well_s[i] >= WELL_S:
            holders.tripped[i] = 0.0
