"""Pre-treatment of waste water: three custody meters, four equalisation tanks, the ultrafiltration feed tank (§10.2).

Each inlet fills a tank of its own, these run into the fourth, from there the water is neutralised, clarified and
softened on its way to the ultrafiltration feed tank. Reagents and sludge are left out of the balance, as there. (A)
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from didymium.twin.bank import Bank, Floats
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.brine import (
    MS_CM_G_L,
    PARTS,
    SLOW_S,
    Border,
    Onward,
    Sludge,
    conductivity_ms_cm,
    hold,
    mass_t,
    move,
    room,
    waste_water,
)
from didymium.twin.units.precipitation import PrecipitationReactors

FEED_T_H: Final = 520.0 / 24.0
INLET_T_H: Final = (9.2, 7.4, FEED_T_H - 16.6)
INLET_MS_CM: Final = (58.0, 71.0, 66.0)
INLET_N_MG_L: Final = (2850.0, 3400.0, 1900.0)
INLETS: Final = np.array(
    [waste_water(ms_cm / MS_CM_G_L, n_mg_l / 1000.0) for ms_cm, n_mg_l in zip(INLET_MS_CM, INLET_N_MG_L, strict=True)]
)
"""(3, 5) a tonne from each of the workshop's sewers: acid, ammonia and wash water. (A)"""
MIXED: Final = np.array(INLET_T_H) @ INLETS / FEED_T_H
"""(5,) a tonne of them all together: 5.0 % salt."""
TANK_T: Final = np.array([300.0, 300.0, 300.0, 300.0, 120.0])
"""Volumes of the equalisation tanks and of the ultrafiltration feed tank. (A)"""
SET_SHARE: Final = np.array([0.48, 0.55, 0.61, 0.52, 0.55])
SET_T: Final = SET_SHARE * TANK_T
LAST: Final = 3
FEED_TANK: Final = 4
SETTLE_S: Final = 4.0 * 3600.0
"""Time constant with which a tank's level is brought back. (A)"""
LONGEST_DT_S: Final = 600.0


class Passed(NamedTuple):
    """(5,) waters of one step, t: into the workshop, and lost to the ground."""

    came: Floats
    leaked: Floats


def settled() -> Floats:
    """(5, 5) the tanks' contents in steady running."""
    entering = [*INLETS, MIXED, MIXED]
    return np.array([share * tank * water for share, tank, water in zip(SET_SHARE, TANK_T, entering, strict=True)])


def step_pretreatment(
    content: Floats, inlet_t_h: Floats, leak_t_h: float, take_t_h: float, given: Floats, dt_s: float
) -> Passed:
    """Advance the tanks, ``d(V c_i)/dt = in − out`` for the water and each ion, §10.3.

    ``content`` (5, 5) is changed in place; ``inlet_t_h`` (3, 5) enters, ``leak_t_h`` leaves the first tank unseen and
    ``take_t_h`` is what the ultrafiltration draws, put into ``given`` (5,). Every tank gives on what it gets and a
    share of what it has above its set-point; before one overflows, what runs into it is held back.
    Raises ``ValueError`` for steps beyond 600 s.
    """
    if not 0.0 < dt_s <= LONGEST_DT_S:
        raise ValueError(f"the tanks are stepped by up to {LONGEST_DT_S:g} s, not by {dt_s:g}")
    came, leaked = np.zeros((2, PARTS))
    _step(content, inlet_t_h, TANK_T, SET_T, leak_t_h, take_t_h, dt_s, came, given, leaked)
    return Passed(came, leaked)


@njit(cache=True)
def _step(
    content: Floats,
    inlet_t_h: Floats,
    tank_t: Floats,
    set_t: Floats,
    leak_t_h: float,
    take_t_h: float,
    dt_s: float,
    came: Floats,
    given: Floats,
    leaked: Floats,
) -> None:
    hours = dt_s / 3600.0
    move(content[0], leaked, leak_t_h * hours)
    through_t = 0.0
    last_excess_t = mass_t(content[LAST]) - set_t[LAST]
    for j in range(3):
        inlet_t = 0.0
        excess_t = mass_t(content[j]) - set_t[j]
        taken = room(mass_t(content[j]) / tank_t[j])
        for k in range(5):
            amount = taken * inlet_t_h[j, k] * hours
            content[j, k] += amount
            came[k] += amount
            inlet_t += amount
        taken = room(mass_t(content[LAST]) / tank_t[LAST])
        through_t += move(content[j], content[LAST], taken * (inlet_t + excess_t * dt_s / SETTLE_S))
    taken = room(mass_t(content[FEED_TANK]) / tank_t[FEED_TANK])
    move(content[LAST], content[FEED_TANK], taken * (through_t + last_excess_t * dt_s / SETTLE_S))
    move(content[FEED_TANK], given, take_t_h * hours)


class PreTreatment:
    """The pre-treatment block. ``content`` is the water in its tanks; the ultrafiltration puts its backwash there.

    Two faults: a custody meter that reads too much of an unchanged flow, and a leak that nothing measures.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        site = bank.units[0].site
        self.content = settled()
        self.take_t_h = FEED_T_H
        self.given = Onward(around, site, "T_UF", "S01", "treated water")
        self._inlet_t_h = INLETS * np.array(INLET_T_H)[:, None]
        self._bias_pct = around.faults.sizes(bank, "F17")
        self._leak_t_d = around.faults.sizes(bank, "F18")
        self._came = Border(around.ledger, "S01", site, "waste water")
        self._leaked = Border(around.ledger, site, "GROUND", "leak")
        self._sludge = Sludge(around.ledger, "S01", site, "waste water")
        reactors = around.models.get("T_PRECIP")
        self._workshop = reactors.workshop if isinstance(reactors, PrecipitationReactors) else None
        hold(around.ledger, site, self.content)
        self._inlet_f = bank.aim("IN[]_F")
        self._usual_t_h, self._shown_t_h = self._inlet_f.copy(), self._inlet_f.copy()
        self._share = 1.0
        self._show()
        bank.value[:] = bank.target

    @property
    def level_share(self) -> float:
        """Level of the ultrafiltration feed tank over its set-point."""
        return float(self.content[FEED_TANK].sum() / SET_T[FEED_TANK])

    def step(self, second: int) -> None:
        """Take in what the sewers bring, give the ultrafiltration what it asks for."""
        leak_t_h = float(self._leak_t_d.sum()) / 24.0
        inlet_t_h = self._inlet_t_h
        if self._workshop is not None:
            share = self._workshop.sewer_share
            if share != self._share:
                self._share = share
                self._shown_t_h[:] = share * self._usual_t_h
            if share < 1.0:
                inlet_t_h = share * inlet_t_h
        passed = step_pretreatment(self.content, inlet_t_h, leak_t_h, self.take_t_h, self.given.content, 1.0)
        self.given.settle()
        self._came.add(passed.came)
        self._sludge.settle()
        if leak_t_h > 0.0:
            self._leaked.add(passed.leaked)
        if second % SLOW_S == 0:
            self._show()

    def _show(self) -> None:
        bank = self.bank
        mass = self.content.sum(axis=1)
        share = 100.0 * mass / TANK_T
        bank.aim("EQ[]_LVL")[:] = share[:FEED_TANK]
        bank.aim("UFT_LVL")[:] = share[FEED_TANK]
        salt_g_l = 1000.0 * (1.0 - self.content[:FEED_TANK, 0] / mass[:FEED_TANK])
        bank.aim("EQ[]_COND")[:] = conductivity_ms_cm(salt_g_l)
        self._inlet_f[:] = self._shown_t_h
        self._inlet_f[:, 0] *= 1.0 + 0.01 * self._bias_pct


PRE_TREATMENT: Final = UnitType(
    points={
        "EQ[]_LVL": Point(55.0, 0.4, 0.15, 0.0),
        "EQ[]_PH": Point((6.2, 6.8, 7.1, 6.9), 0.12, 0.02, 0.0),
        "EQ[]_COND": Point(64.0, 1.2, 0.3, 0.0),
        "IN[]_F": Point(INLET_T_H, 0.02, 0.03, 0.0),
        "IN[]_COND": Point(INLET_MS_CM, 1.5, 0.3, 0.0),
        "IN[]_NH3": Point(INLET_N_MG_L, 60.0, 12.0, 0.0),
        "DOSE[]": Point((210.0, 145.0, 62.0, 18.0, 95.0, 40.0), 1.5, 0.6, 0.0),
        "CLAR[]_TURB": Point(3.4, 0.25, 0.1, 0.3),
        "CLAR[]_TRQ": Point(31.0, 0.8, 0.3, 1.5),
        "F_ION[]": Point((4.6, 4.1), 0.25, 0.08, 0.0),
        "CA_MG[]": Point((1.9, 2.2), 0.12, 0.05, 0.0),
        "OIL": Point(0.8, 0.05, 0.03, 0.0),
        "COD": Point(34.0, 1.5, 0.5, 0.0),
        "TH_U": Point(9.0, 0.5, 0.15, 0.0),
        "STRIP_NH3": Point(5.2, 0.3, 0.1, 0.0),
        "PMP[]_A": Point(42.0, 0.6, 0.2, 2.0),
        "SUMP": Point(22.0, 2.0, 0.15, 0.0),
        "UFT_LVL": Point(55.0, 0.4, 0.15, 0.0),
        "OUTFALL": exact(0.0),
    },
    model=PreTreatment,
)
"""Three custody meters bring 520 t/d; the sealed outfall reads exactly zero."""
