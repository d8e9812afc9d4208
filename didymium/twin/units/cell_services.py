"""What is done to electrolysis cells by those around them: supply, hood, interlocks, anode work, hoppers, iron rods."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Floats
from didymium.twin.units.anodes import CHANGE_DIP_C, LOWERING_S
from didymium.twin.units.cell_class import ROD_CHANGE_KG, ROD_KG
from didymium.twin.units.cell_tags import TAPPED_S

HOPPER_FULL_KG: Final = 240.0
HOPPER_REFILL_KG: Final = 100.0
REFILL_S: Final = 40.0
HOT_C: Final = 700.0


class Stores(NamedTuple):
    """(n,) hoppers, which of them are being filled, and what was filled in and welded on so far."""

    hopper_kg: Floats
    refilling: Floats
    refilled_kg: Floats
    rods_kg: Floats


def stores(n: int, seed: int) -> Stores:
    """Hoppers between one refill and the next."""
    rng = np.random.default_rng([seed, 0xCE12])
    return Stores(rng.uniform(HOPPER_REFILL_KG, HOPPER_FULL_KG, n), np.zeros(n), np.zeros(n), np.zeros(n))


@njit(cache=True)
def attend(
    records: NDArray[Any],
    rectified: Floats,
    hood_share: Floats,
    tripped: Floats,
    hood_stop: Floats,
    contact_mohm: Floats,
    lowering: Floats,
) -> None:
    """Give the cells what rectifiers, hoods and interlocks allow, and let cold anodes do what they do to the bath."""
    for i in range(len(records)):
        cell = records[i]
        cell.powered = rectified[i] * hood_share[i] * (1.0 - tripped[i])
        cell.feed_stop = hood_stop[i]
        cell.contact_mohm = contact_mohm[i]
        cell.dip_c += CHANGE_DIP_C / LOWERING_S * lowering[i]


@njit(cache=True)
def report(records: NDArray[Any], hood_stop: Floats, load: Floats, hot: Floats, allowed: Floats) -> None:
    """Tell the holders their ``load``, which anodes are ``hot``, and where anode work is ``allowed``."""
    for i in range(len(records)):
        cell = records[i]
        load[i] = cell.current_ka / cell.set_point_ka
        hot[i] = 1.0 if cell.bath_c > HOT_C else 0.0
        calm = cell.in_effect == 0.0 and hood_stop[i] == 0.0 and cell.supplied == 1.0
        allowed[i] = 1.0 if calm and cell.since_tap_s > TAPPED_S else 0.0


@njit(cache=True)
def supply(
    records: NDArray[Any], hopper_kg: Floats, refilling: Floats, refilled_kg: Floats, rods_kg: Floats, dt_s: float
) -> None:
    """A hopper that runs low is filled in 40 s; a Gd-Fe cell's iron rod gets the next one welded on."""
    for i in range(len(records)):
        cell = records[i]
        hopper_kg[i] -= cell.feed_kg_s * dt_s
        if hopper_kg[i] < HOPPER_REFILL_KG:
            refilling[i] = 1.0
        comes = refilling[i] * ((HOPPER_FULL_KG - HOPPER_REFILL_KG) / REFILL_S) * dt_s
        hopper_kg[i] += comes
        refilled_kg[i] += comes
        if hopper_kg[i] >= HOPPER_FULL_KG:
            refilling[i] = 0.0
        if cell.re_share < 1.0 and cell.rod_kg < ROD_CHANGE_KG:
            cell.rod_kg += ROD_KG - ROD_CHANGE_KG
            rods_kg[i] += ROD_KG - ROD_CHANGE_KG
