"""Grinding: the size that a mill's power makes of its feed, and what oxygen does to the powder (domain reference §8).

    Bond: w = 10 Wi (1/√d80 − 1/√f80)          w in kWh/t, d and f in µm
    oxygen in the powder: 0.02 % an hour at 1,000 ppm O2

The mill holds an hour of its feed, mixed; what leaves has the mean of what is in it. Units: kg, kg/h, kW, µm, s.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.calciner import BeltCalciners
from didymium.twin.units.hydrogen_alloy import InductionFurnaces
from didymium.twin.units.packing import Packing

Floats = NDArray[np.float64]

D80_D50: Final = 1.6
D90_D50: Final = 2.1
"""Of the powder's usual width. (A)"""
HELD_S: Final = 3600.0
OXIDATION_PCT_H_PPM: Final = 0.02 / 1000.0
LONGEST_STEP_S: Final = 300.0


class Mills(NamedTuple):
    """(n,) columns: each mill's work index, power and idle power, feed size; the powder's size and oxygen."""

    work_kwh_t: Floats
    power_kw: Floats
    idle_kw: Floats
    feed_um: Floats
    d50_um: Floats
    oxygen_pct: Floats


def ground_um(net_kwh_t: Floats, work_kwh_t: Floats, feed_um: Floats) -> Floats:
    """(n,) median size that a specific energy makes of a feed of that size (80 % finer)."""
    root = 1.0 / np.sqrt(feed_um) + net_kwh_t / (10.0 * work_kwh_t)
    return np.asarray(root**-2 / D80_D50)


def work_index_kwh_t(net_kwh_t: Floats, d50_um: Floats, feed_um: Floats) -> Floats:
    """(n,) work index of a material that this energy grinds to that size."""
    return np.asarray(net_kwh_t / (10.0 * (1.0 / np.sqrt(D80_D50 * d50_um) - 1.0 / np.sqrt(feed_um))))


def step_mills(m: Mills, feed_kg_h: Floats, oxygen_ppm: Floats, dt_s: float) -> None:
    """Advance by ``dt_s``, in place. A mill that is fed nothing keeps what it has.

    Raises ``ValueError`` beyond 300 s, a twelfth of the time that powder stays.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"mills advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    fed = feed_kg_h > 0.0
    net_kwh_t = 1000.0 * (m.power_kw - m.idle_kw) / np.where(fed, feed_kg_h, 1.0)
    share = np.where(fed, -np.expm1(-dt_s / HELD_S), 0.0)
    m.d50_um[:] += share * (ground_um(net_kwh_t, m.work_kwh_t, m.feed_um) - m.d50_um)
    m.oxygen_pct[:] += share * (OXIDATION_PCT_H_PPM * oxygen_ppm * HELD_S / 3600.0 - m.oxygen_pct)


STEP_S: Final = 60
MOTOR_KW_A: Final = 0.589
"""Motors of 400 V at a power factor of 0.85."""
IDLE_KW: Final = 12.0
OFF, RUN = 0.0, 3.0
DAY_KG: Final = {"S06": 5_280.0, "S21": 15_130.0, "S22": 3_200.0}
"""What the mills of a site grind together in a usual day."""
D50_UM: Final = {"S06": 34.0, "S21": 1.2, "S22": 3.1}
FEED_UM: Final = {"S06": 5_000.0, "S21": 80.0, "S22": 300.0}
"""Crushed ingots, calcined agglomerates, decrepitated flakes: what 80 % of the feed is finer than. (A)"""


class Grinding(Protocol):
    """A site's goods before and behind its mills."""

    def grind(self, wanted_t: float, oxygen_pct: float) -> float:
        """Mill what is wanted, at most what there is; what was milled, t."""


class MillHouse:
    """Binds the mills of all sites; a site's goods say how much there is to grind and stop the mills when it is out."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        n = len(bank)
        at = {site: bank.at_site(site) for site in {unit.site for unit in bank.units}}
        self._sites = sorted(at.items())
        self._goods: dict[str, Grinding] = {}
        usual_kg_h, d50_um, feed_um = np.full(n, 156.0), np.full(n, 34.0), np.full(n, 5_000.0)
        for site, units in self._sites:
            usual_kg_h[units] = DAY_KG.get(site, 156.0 * 24.0 * len(units)) / 24.0 / len(units)
            d50_um[units], feed_um[units] = D50_UM.get(site, 34.0), FEED_UM.get(site, 5_000.0)
        self._usual_kg_h = usual_kg_h
        self._feed, self._oxygen_ppm = bank.aim("FEED_RATE"), bank.now("O2")
        self._feed[:] = usual_kg_h
        power_kw = MOTOR_KW_A * bank.aim("MOT_A")
        net_kwh_t = 1000.0 * (power_kw - IDLE_KW) / usual_kg_h
        work = work_index_kwh_t(net_kwh_t, d50_um, feed_um)
        oxygen_pct = OXIDATION_PCT_H_PPM * bank.aim("O2")
        self.mills = Mills(work, power_kw, np.full(n, IDLE_KW), feed_um, d50_um, oxygen_pct)
        self._amps = bank.aim("MOT_A").copy()
        melting = around.models.get("T_VIM")
        if isinstance(melting, InductionFurnaces) and melting.goods is not None:
            self.supply("S06", melting.goods)
        calcining, packing = around.models.get("T_CALC"), around.models.get("T_PKG")
        if isinstance(calcining, BeltCalciners) and calcining.goods is not None:
            self.supply("S21", calcining.goods)
            if isinstance(packing, Packing):
                packing.supply("S21", calcining.goods.powder, "Polishing powder")
        self._show()
        bank.value[:] = bank.target

    def supply(self, site: str, goods: Grinding) -> None:
        """Let the mills of a site grind its goods."""
        self._goods[site] = goods

    def step(self, second: int) -> None:
        """Grind every minute."""
        if second % STEP_S:
            return
        self._feed[:] = self._usual_kg_h
        for site, units in self._sites:
            goods = self._goods.get(site)
            if goods is None:
                continue
            wanted_t = 0.001 * STEP_S / 3600.0 * float(self._usual_kg_h[units].sum())
            share = goods.grind(wanted_t, float(self.mills.oxygen_pct[units].mean())) / wanted_t
            self._feed[units] = 0.0 if share < 0.5 else self._usual_kg_h[units]
        step_mills(self.mills, self._feed, self._oxygen_ppm, STEP_S)
        self._show()

    def _show(self) -> None:
        bank = self.bank
        running = self._feed > 0.0
        bank.aim("D50")[:] = self.mills.d50_um
        bank.aim("D90")[:] = D90_D50 * self.mills.d50_um
        bank.aim("MOT_A")[:] = np.where(running, self._amps, IDLE_KW / MOTOR_KW_A)
        bank.aim("STATE")[:] = np.where(running, RUN, OFF)


MILL: Final = UnitType(
    points={
        "FEED_RATE": Point(156.0, 1.5, 0.8, 0.0),
        "CLS_RPM": Point(4200.0, 4.0, 3.0, 60.0),
        "O2": Point(38.0, 3.0, 1.5, 4.0),
        "T_GAS": Point(29.0, 0.6, 0.06, 1.0),
        "T_BRG[]": Point(54.0, 0.8, 0.08, 1.5),
        "D50": Point(34.0, 0.0, 0.01, 0.0),
        "D90": Point(72.0, 0.0, 0.02, 0.0),
        "YIELD": Point(98.4, 0.1, 0.05, 0.15),
        "STATE": RUN,
    },
    model=MillHouse,
)
