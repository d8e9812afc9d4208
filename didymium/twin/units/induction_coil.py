"""The water of an induction furnace's coil: loss, gravity tank and proof of flow (domain reference §17.2 I2, F05).

Where the flow falls short the furnace trips, and after a moment water runs from a tank above it. The power stays off
until the flow has been back for five minutes. Units: °C, kW, m³, s.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from numba import njit

from didymium.twin.units.casting_inputs import WATER_KW_K, Row

COUPLING: Final = 0.78
"""Share of the power that reaches the melt; the rest heats the coil."""
LOSS_SHARE: Final = 0.5
"""Of what the crucible loses, as far as the coil's water takes it. (A)"""
RECOVER_S: Final = 10.0
TRIP_M3_H: Final = 15.0
OK_M3_H: Final = 20.0
PROOF_S: Final = 300.0
GRAVITY_AFTER_S: Final = 3.0
REFILL_S: Final = 1200.0
BOILING_C: Final = 100.0


class Coil(NamedTuple):
    """What differs from one kind of furnace to another: where the supply fails the flow falls with ``fail_s``.

    ``heat_kj_k`` is the coil's with its water; the full tank has ``tank_m3`` and gives ``gravity_m3_h``.
    """

    fail_s: float
    heat_kj_k: float
    tank_m3: float
    gravity_m3_h: float


@njit(cache=True, inline="always")
def kept(dry: bool, fail_s: float, dt_s: float) -> float:
    """Share of its difference from where it is heading that the flow keeps over a step."""
    return math.exp(-dt_s / (fail_s if dry else RECOVER_S))


@njit(cache=True, inline="always")
def cool_coil(furnace: Row, coil: Coil, dry: bool, keep: float, usual_m3_h: float, water_c: float, dt_s: float) -> None:
    """Advance the coil's columns of a furnace's record; ``keep`` is what ``kept`` says, ``water_c`` what comes in."""
    share = 0.0 if dry else 1.0
    furnace.coil_share = share + (furnace.coil_share - share) * keep
    flow_m3_h = usual_m3_h * furnace.coil_share
    if flow_m3_h < TRIP_M3_H:
        furnace.tripped, furnace.flowing_s = 1.0, 0.0
        furnace.dry_s += dt_s
    elif flow_m3_h > OK_M3_H:
        furnace.dry_s = 0.0
        furnace.flowing_s += dt_s
        if furnace.flowing_s >= PROOF_S:
            furnace.tripped = 0.0
    furnace.gravity_m3_h = 0.0
    if furnace.dry_s >= GRAVITY_AFTER_S:
        drawn_m3 = min(furnace.tank_m3, coil.gravity_m3_h / 3600.0 * dt_s)
        furnace.tank_m3 -= drawn_m3
        furnace.gravity_m3_h = drawn_m3 / dt_s * 3600.0
    elif flow_m3_h > OK_M3_H:
        furnace.tank_m3 = min(coil.tank_m3, furnace.tank_m3 + coil.tank_m3 / REFILL_S * dt_s)
    heat_kw = (1.0 - COUPLING) * furnace.power_kw + LOSS_SHARE * max(0.0, furnace.loss_kw)
    water_kw_k = max(WATER_KW_K * (flow_m3_h + furnace.gravity_m3_h), 1e-3)
    end_c = water_c + heat_kw / water_kw_k
    coil_c = end_c + (furnace.coil_c - end_c) * math.exp(-water_kw_k / coil.heat_kj_k * dt_s)
    furnace.coil_c = min(BOILING_C, coil_c)
