"""What the controller of an electrolysis cell shows: its tags, from the state of cell, anodes, holder and hood."""

from __future__ import annotations

from typing import Any, Final

from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Floats
from didymium.twin.units.anodes import PER_CELL

TAGS: Final = (
    "CUR_PV", "CUR_SP", "VOLT_PV", "R_PSEUDO", "ANODE_A[6]", "OX_EST", "T_BATH[2]", "CW_T", "CW_F", "LVL_BATH",
    "LVL_METAL", "FEED_PV", "FEED_SP", "HOPPER", "FEED_ST", "AE_FLAG", "FUME_DP", "FUME_T", "ENERGY", "TAP_WT",
    "TAP_ST", "STATE",
)  # fmt: skip
GRAMS_MIN: Final = 60_000.0
"""g/min for a kg/s."""
BAKE, START, NORMAL, AE, ANODE_CHG, TAP, STOP, FAULT = (float(code) for code in range(8))
GROW, READY, TAPPING, CAST, DEMOULD, MARK = (float(code) for code in range(6))
CAST_FROM_S: Final = 120.0
DEMOULD_FROM_S: Final = 210.0
MARK_FROM_S: Final = 480.0
TAPPED_S: Final = 540.0
"""How long after a tap its piece is cast, knocked out, marked, and the next grows, s. (A)"""
READY_S: Final = 60.0
PYROMETER_C: Final = 1.0
COUPLE_C: Final = -1.0
"""How far the two thermometers stand from the bath."""


@njit(cache=True)
def tell(
    records: NDArray[Any],
    usual: NDArray[Any],
    tags: NDArray[Any],
    anode_share: Floats,
    lowering: Floats,
    holder_c: Floats,
    water_l_min: Floats,
    tripped: Floats,
    suction: Floats,
    bridged: Floats,
    hopper_kg: Floats,
    energy_before_kwh: Floats,
) -> None:
    """Write the tags of all cells; ``usual`` are the same tags as they stand in normal running."""
    for i in range(len(records)):
        cell, tag = records[i], tags[i]
        tag.CUR_PV = cell.shown_ka
        tag.CUR_SP = cell.set_point_ka * cell.supplied
        tag.VOLT_PV = cell.shown_v
        tag.R_PSEUDO = cell.r_pseudo_mohm
        for k in range(PER_CELL):
            tag.ANODE_A[k] = cell.current_ka * anode_share[i, k]
        tag.OX_EST = cell.oxide_wt + cell.estimate_error_wt
        tag.T_BATH[0] = cell.bath_c - cell.dip_c + COUPLE_C + cell.tc_error_c
        tag.T_BATH[1] = cell.bath_c - cell.dip_c + PYROMETER_C
        tag.CW_T = holder_c[i]
        tag.CW_F = water_l_min[i]
        tag.LVL_BATH = usual[i].LVL_BATH - 0.5 * cell.dip_c
        tag.LVL_METAL = 18.0 + 2.2 * (cell.pool_kg + cell.iron_kg)
        tag.FEED_SP = GRAMS_MIN * cell.asked_kg_s
        tag.FEED_PV = tag.FEED_SP if bridged[i] > 0.0 else GRAMS_MIN * cell.feed_kg_s
        tag.HOPPER = hopper_kg[i]
        tag.FEED_ST = cell.feed_state
        tag.AE_FLAG = cell.in_effect
        tag.FUME_DP = usual[i].FUME_DP * suction[i]
        tag.FUME_T = usual[i].FUME_T + 30.0 * cell.in_effect
        tag.ENERGY = energy_before_kwh[i] + cell.energy_kwh
        tag.TAP_WT = cell.tap_kg
        tag.TAP_ST = _tap_state(cell.since_tap_s, cell.tap_s)
        tag.STATE = _state(cell, lowering[i], tripped[i])


@njit(cache=True)
def _tap_state(since_s: float, tap_s: float) -> float:
    if since_s >= tap_s - READY_S:
        return READY
    if since_s >= TAPPED_S:
        return GROW
    if since_s < CAST_FROM_S:
        return TAPPING
    if since_s < DEMOULD_FROM_S:
        return CAST
    return DEMOULD if since_s < MARK_FROM_S else MARK


@njit(cache=True)
def _state(cell: Any, lowering: float, tripped: float) -> float:
    if tripped > 0.0 or cell.locked_s > 0.0:
        return FAULT
    if cell.powered == 0.0:
        return STOP
    if cell.supplied < cell.powered:
        return BAKE if cell.frozen > 0.0 else START
    if cell.in_effect > 0.0:
        return AE
    if lowering > 0.0:
        return ANODE_CHG
    return TAP if cell.since_tap_s < CAST_FROM_S else NORMAL
