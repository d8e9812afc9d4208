"""Crystallisers and centrifuges: cooled slurry gives crystals and mother liquor (domain reference §10.2, §10.3)."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Floats
from didymium.twin.units.brine import PARTS, mass_t, salt_t

COOLED_PU: Final = 0.254
"""Dissolved salt in the mother liquor at 88 °C, t/t. (A)"""
SOLIDS_PU: Final = 0.22
"""Crystals in the slurry in steady running. (A)"""
HOLD_T_PER_T_D: Final = 8.0 / 12.9
"""Slurry in a crystalliser per tonne of crystals a day. (A)"""
WATER_PU: Final = 0.5 / 25.8
"""Water in the crystals that leave, §10.2."""
LIQUOR_PU: Final = WATER_PU / (1.0 - COOLED_PU)
"""Mother liquor that stays on the crystals; the drier takes none of its salt."""
LEVEL_S: Final = 1800.0
LONGEST_DT_S: Final = 60.0


class Crystallisers(NamedTuple):
    """(n,) columns, ``content`` (n, 5); ``purge_pu`` is the share of the site's slurry that is purged ahead of them."""

    site: NDArray[np.int64]
    share: Floats
    purge_pu: Floats
    hold_t: Floats
    removal_h: Floats
    content: Floats
    crystals_t_h: Floats
    purge_t_h: Floats
    liquor_t_h: Floats
    solids_pu: Floats


def crystallisers(
    crystals_t_d: list[float], purge_pu: list[float], ions: list[Floats], site: list[int]
) -> Crystallisers:
    """Crystallisers in steady running: per site, the crystals and purge that its slurry brings and its salt's ions."""
    n = len(site)
    columns = {name: np.zeros(n) for name in Crystallisers._fields}
    columns["content"] = np.zeros((n, PARTS))
    for i, at in enumerate(site):
        share = 1.0 / site.count(at)
        hold_t = HOLD_T_PER_T_D * share * crystals_t_d[at]
        crystals_t_h = share * crystals_t_d[at] / 24.0
        salt = SOLIDS_PU + (1.0 - SOLIDS_PU) * COOLED_PU
        for name, value in (
            ("share", share),
            ("purge_pu", purge_pu[at]),
            ("hold_t", hold_t),
            ("removal_h", SOLIDS_PU * hold_t / ((1.0 - LIQUOR_PU) * crystals_t_h)),
            ("content", hold_t * np.array([1.0 - salt, *(salt * ions[at])])),
        ):
            columns[name][i] = value
    return Crystallisers(**{**columns, "site": np.array(site, np.int64)})  # type: ignore[arg-type]


def step_crystallisers(
    crystallisers: Crystallisers, slurry: Floats, liquor: Floats, crystals: Floats, purge: Floats, dt_s: float
) -> None:
    """Advance all crystallisers; the tables (sites, 5), t, lose ``slurry`` and gain what leaves.

    What is beyond saturation is solid, ``max(0, m − m_sat(T))``; the centrifuge takes it out in proportion to it, with
    the mother liquor that stays on it. Clear liquor leaves as the level asks. Raises ``ValueError`` beyond 60 s.
    """
    if not 0.0 < dt_s <= LONGEST_DT_S:
        raise ValueError(f"crystallisers are stepped by up to {LONGEST_DT_S:g} s, not by {dt_s:g}")
    _step(crystallisers, slurry, liquor, crystals, purge, dt_s)


@njit(cache=True)
def _step(cr: Crystallisers, slurry: Floats, liquor: Floats, crystals: Floats, purge: Floats, dt_s: float) -> None:
    hours = dt_s / 3600.0
    given = slurry.copy()
    slurry[:] = 0.0
    for i in range(len(cr.site)):
        at, content = cr.site[i], cr.content[i]
        before_t = mass_t(content)
        came_t = 0.0
        purged_t = 0.0
        for k in range(len(content)):
            part = cr.share[i] * given[at, k]
            purged = cr.purge_pu[i] * part
            purge[at, k] += purged
            content[k] += part - purged
            purged_t += purged
            came_t += part - purged
        salt, there = salt_t(content), mass_t(content)
        if there <= 0.0:
            continue
        dissolved = min(salt, COOLED_PU / (1.0 - COOLED_PU) * content[0])
        solid = salt - dissolved
        cr.solids_pu[i] = solid / there
        taken = min(1.0, dt_s / 3600.0 / cr.removal_h[i]) * solid
        clinging = min(LIQUOR_PU / (1.0 - LIQUOR_PU) * taken, there - solid)
        asked_t = came_t - taken - clinging + (before_t - cr.hold_t[i]) * dt_s / LEVEL_S
        clear = min(max(0.0, asked_t), 0.5 * (there - solid - clinging))
        strength = dissolved / max(1e-12, there - solid)
        cake_salt = (taken + clinging * strength) / max(1e-12, salt)
        clear_salt = clear * strength / max(1e-12, salt)
        cake_water = clinging * (1.0 - strength) / max(1e-12, content[0])
        clear_water = clear * (1.0 - strength) / max(1e-12, content[0])
        for k in range(len(content)):
            cake = content[k] * (cake_water if k == 0 else cake_salt)
            back = content[k] * (clear_water if k == 0 else clear_salt)
            content[k] -= cake + back
            crystals[at, k] += cake
            liquor[at, k] += back
        cr.crystals_t_h[i] = (taken + clinging) / hours
        cr.liquor_t_h[i] = clear / hours
        cr.purge_t_h[i] = purged_t / hours
