"""What the waste-water plant is given at domain reference §10's balance: its inlets, and its two salt lines."""

import numpy as np

from didymium.twin.units.crystalliser_physics import COOLED_PU, Crystallisers, crystallisers
from didymium.twin.units.evaporator_physics import MAIN, WORKSHOP, Evaporators, evaporators, slurry_t_h
from didymium.twin.units.pretreatment import INLET_T_H, INLETS

INLET_FLOWS = INLETS * np.array(INLET_T_H)[:, None]


def salt_lines() -> tuple[Evaporators, Crystallisers, list[float]]:
    lines = [WORKSHOP, MAIN]
    slurry = [slurry_t_h(line, COOLED_PU) for line in lines]
    purge = [line.purge_t_d / 24.0 / flow for line, flow in zip(lines, slurry, strict=True)]
    ions = [line.feed[1:] / line.feed[1:].sum() for line in lines]
    return (
        evaporators(lines, [0, 0, 1, 1, 1, 1], COOLED_PU),
        crystallisers([line.crystals_t_d for line in lines], purge, ions, [0, 0, 1, 1, 1]),
        slurry,
    )


def started_liquor(slurry: list[float], dt_s: float) -> np.ndarray:
    """(2, 5) the mother liquor that comes back in one step."""
    table = np.zeros((2, 5))
    for i, (line, flow) in enumerate(zip((WORKSHOP, MAIN), slurry, strict=True)):
        back_t = (flow - (line.purge_t_d + line.crystals_t_d) / 24.0) * dt_s / 3600.0
        table[i] = back_t * np.array([1.0 - COOLED_PU, *(COOLED_PU * line.feed[1:] / line.feed[1:].sum())])
    return table
