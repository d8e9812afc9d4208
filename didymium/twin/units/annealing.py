"""Annealing of AB5 ingots in S06: five heated zones, and how a soak makes the alloy even (domain reference §8).

    C dT/dt = P − U (T − 25)          ds/dt = −s exp(−E/R (1/T − 1/T0)) / 3 h, T0 = 1,000 °C, E = 250 kJ/mol

``s`` is the segregation, 1 as cast; slope = 0.25 + 1.2 s and capacity = 1.40 − 0.25 s − 2 O%, wt% hydrogen. Units: °C,
kW, kJ/K, s.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Ramp, Step, Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.hydrogen_alloy import InductionFurnaces

Floats = NDArray[np.float64]

ZONES: Final = 5
ZONE_KJ_K: Final = 150.0
ZONE_KW_K: Final = 0.02
COOLED_KW_K: Final = 0.16
"""A zone with its share of the charge, in vacuum and at most, with argon blown round at full speed. (A)"""
FULL_KW: Final = 48.0
GRIP_S: Final = 60.0
ROOM_C: Final = 25.0
KELVIN: Final = 273.15
GAS_CONSTANT: Final = 8.314
SOAK_C: Final = 1000.0
EVEN_S: Final = 3.0 * 3600.0
EA_J_MOL: Final = 250e3
LONGEST_STEP_S: Final = 30.0


class Soaks(NamedTuple):
    """(n, 5) over zones: temperature, heater output and segregation."""

    zone_c: Floats
    output_pct: Floats
    segregation: Floats


def soaks(zone_c: Floats) -> Soaks:
    """Furnaces at (n, 5) temperatures with a charge as cast."""
    return Soaks(zone_c.copy(), np.zeros_like(zone_c), np.ones_like(zone_c))


def slope(segregation: float) -> float:
    """ln(P75/P25) of the plateau."""
    return 0.25 + 1.2 * segregation


def capacity_wt(segregation: float, oxygen_pct: float) -> float:
    """Hydrogen that the alloy takes, wt%."""
    return 1.40 - 0.25 * segregation - 2.0 * oxygen_pct


def evened(zone_c: float, seconds: float) -> float:
    """Share of its segregation that an alloy keeps after some time at a temperature."""
    per_k = 1.0 / (zone_c + KELVIN) - 1.0 / (SOAK_C + KELVIN)
    return float(np.exp(-seconds / EVEN_S * np.exp(-EA_J_MOL / GAS_CONSTANT * per_k)))


def step_soaks(s: Soaks, set_c: Floats, cooled: NDArray[np.bool_], dt_s: float) -> None:
    """Advance by ``dt_s`` in place towards (n, 5) set-points; ``cooled`` (n,) where argon is blown round.

    Raises ``ValueError`` beyond 30 s, half of the time in which the controllers close a difference.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"annealing furnaces advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(s, set_c, cooled, dt_s)


@njit(cache=True)
def _step(s: Soaks, set_c: Floats, cooled: NDArray[np.bool_], dt_s: float) -> None:
    for i in range(s.zone_c.shape[0]):
        for z in range(ZONES):
            zone_c = s.zone_c[i, z]
            loss_kw = ZONE_KW_K * (zone_c - ROOM_C)
            asked_kw = loss_kw + ZONE_KJ_K * (set_c[i, z] - zone_c) / GRIP_S
            if cooled[i] and asked_kw < 0.0:
                loss_kw = min(COOLED_KW_K * (zone_c - ROOM_C), loss_kw - asked_kw)
            power_kw = min(FULL_KW, max(0.0, asked_kw))
            s.output_pct[i, z] = 100.0 * power_kw / FULL_KW
            s.zone_c[i, z] = zone_c + dt_s * (power_kw - loss_kw) / ZONE_KJ_K
            per_k = 1.0 / (s.zone_c[i, z] + KELVIN) - 1.0 / (SOAK_C + KELVIN)
            s.segregation[i, z] *= np.exp(-dt_s / EVEN_S * np.exp(-EA_J_MOL / GAS_CONSTANT * per_k))


SOAK_S: Final = 8 * 3600.0
SOAKING, COOLING = 3, 4
STEP_S: Final = 10
"""The furnaces are slow: they are stepped so seldom."""


class AnnealingFurnaces:
    """Binds zones to their set-points, and charges to the site's goods; a charge is as even as its coldest zone."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        self._offset = np.random.default_rng([around.seed, 0xA99]).normal(0.0, 0.6, (len(bank), ZONES))
        self._numbers = np.array([unit.number for unit in bank.units]) * 10_000.0
        self._set, self._zones, self._output = bank.aim("Z[]_SP"), bank.aim("Z[]_T"), bank.aim("Z[]_OUT")
        self.soaks = soaks(self._set)
        soaked_s = np.where(timetable.step == SOAKING, around.second - timetable.since, 0.0)
        soaked_s[timetable.step > SOAKING] = SOAK_S
        self.soaks.segregation[:] = np.array([[evened(SOAK_C, s)] * ZONES for s in soaked_s])
        melting = around.models.get("T_VIM")
        self._goods = melting.goods if isinstance(melting, InductionFurnaces) else None
        if self._goods is not None:
            for furnace in np.flatnonzero(timetable.step < len(timetable.steps) - 1):
                self._goods.load(int(furnace))
                self._goods.refill()
        self._advance(STEP_S)
        self._show(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Charge, soak, empty; the zones move every ten seconds."""
        for furnace in self.timetable.entered.get("LOAD", ()):
            self.soaks.segregation[furnace] = 1.0
            if self._goods is not None:
                self._goods.load(furnace)
        for furnace in self.timetable.entered.get("IDLE", ()):
            if self._goods is not None:
                self._goods.unload(furnace, float(self.soaks.segregation[furnace].max()))
        if second % STEP_S == 0:
            self._advance(STEP_S)
            self._show(second)

    def _advance(self, dt_s: float) -> None:
        step_soaks(self.soaks, self._set, self.timetable.step == COOLING, dt_s)

    def _show(self, second: int) -> None:
        bank, table = self.bank, self.timetable
        self._zones[:] = self.soaks.zone_c + self._offset
        self._output[:] = self.soaks.output_pct
        bank.aim("SOAK_T")[:] = np.where(table.step == SOAKING, np.floor((second - table.since) / 60.0), 0.0)
        bank.aim("LOT_ID")[:] = self._numbers + table.cycle % 9_000


ANNEALING_FURNACE: Final = UnitType(
    points={
        "Z[]_T": Point(ROOM_C, 0.4, 0.15, 0.0, 5.0),
        "Z[]_SP": exact(ROOM_C),
        "Z[]_OUT": Point(0.0, 0.0, 0.2, 0.0, 5.0),
        "VAC": Point(2.2, 0.12, 0.02, 0.15),
        "AR_P": Point(101.0, 0.3, 0.1, 0.0, 120.0),
        "SOAK_T": EXACT,
        "LOT_ID": EXACT,
    },
    steps=(
        Step("LOAD", 1, 30 * 60.0, {"Z[]_SP": 30.0}),
        Step("PUMP", 2, 40 * 60.0, {"Z[]_SP": 30.0, "AR_P": 0.0}),
        Step("HEAT_UP", 3, 150 * 60.0, {"Z[]_SP": Ramp(SOAK_C, 30.0), "AR_P": 55.0}),
        Step("SOAK", 4, SOAK_S, {"Z[]_SP": SOAK_C, "AR_P": 60.0}),
        Step("COOL", 5, 150 * 60.0, {"Z[]_SP": Ramp(60.0, SOAK_C), "AR_P": 80.0}),
        Step("UNLOAD", 6, 30 * 60.0, {"Z[]_SP": 40.0}),
        Step("IDLE", 0, 0.0, {"Z[]_SP": 30.0}),
    ),
    period_s=16 * 3600.0,
    model=AnnealingFurnaces,
)
"""Four furnaces, six charges a day."""
