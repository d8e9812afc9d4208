"""Ultrafiltration skids: a cake grows on the membranes and is washed off every half hour (domain reference §10.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.display import Display
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.brine import Border, Onward, move
from didymium.twin.units.pretreatment import FEED_T_H, MIXED, PreTreatment

SKIDS: Final = 3
PERIOD_S: Final = 1800.0
FILTER_S: Final = 1740.0
BACKWASH_T_H: Final = 14.0
BACKWASH_MEAN_T_H: Final = BACKWASH_T_H * (1.0 - FILTER_S / PERIOD_S)
FILTERED_T_H: Final = (FEED_T_H / SKIDS + BACKWASH_MEAN_T_H) * PERIOD_S / FILTER_S
"""Permeate of a skid while it filters, so that all of them, less their backwashes, give the plant's feed."""
FLUX_LMH: Final = 58.0
AREA_M2: Final = 1000.0 * FILTERED_T_H / FLUX_LMH
VISCOSITY_PA_S: Final = 1.0e-3
MEMBRANE_1_M: Final = 2.5e12
CAKE_1_M2: Final = 2.32e13
"""Resistance of the cake per metre of filtrate: 0.65e12 1/m at the end of a run. (A)"""
LASTING_1_M2: Final = 3.5e10
"""The same for what only the chemical wash, once in four days, takes off. (A)"""
WASH_S: Final = 15.0
"""Time constant with which a backwash takes the cake off: 2 % is left after a minute. (A)"""
CHEMICAL_WASH_H: Final = 96.0
LONGEST_DT_S: Final = 60.0
SHOWN_S: Final = 10
"""The hours since the chemical wash are shown anew so seldom."""
TAGS: Final = ("F_PERM", "F_FEED", "FLUX", "TMP", "P_IN", "P_OUT", "CEB_T")


@dataclass(frozen=True, slots=True)
class Skids:
    """(n,) columns: resistances of the cake and of lasting fouling, 1/m; flux, L/m²h, and pressure across, kPa."""

    cake_1_m: Floats
    lasting_1_m: Floats
    flux_lmh: Floats
    across_kpa: Floats


def skids(n: int) -> Skids:
    """Skids with clean membranes."""
    return Skids(*np.zeros((4, n)))


def step_skids(skids: Skids, flow_t_h: Floats, washing: NDArray[np.bool_], dt_s: float) -> None:
    """Advance cake and pressure: ``TMP = μ J (Rm + Rc)``, ``dRc/dt = k J``, §10.3. Raises ``ValueError`` over 60 s."""
    if not 0.0 < dt_s <= LONGEST_DT_S:
        raise ValueError(f"skids are stepped by up to {LONGEST_DT_S:g} s, not by {dt_s:g}")
    _step(skids.cake_1_m, skids.lasting_1_m, skids.flux_lmh, skids.across_kpa, flow_t_h, washing, dt_s)


@njit(cache=True)
def _step(
    cake: Floats,
    lasting: Floats,
    flux: Floats,
    across: Floats,
    flow_t_h: Floats,
    washing: NDArray[np.bool_],
    dt_s: float,
) -> None:
    for i in range(len(cake)):
        if washing[i]:
            cake[i] *= math.exp(-dt_s / WASH_S)
            continue
        flux[i] = 1000.0 * flow_t_h[i] / AREA_M2
        speed_m_s = flux[i] / 3.6e6
        cake[i] += CAKE_1_M2 * speed_m_s * dt_s
        lasting[i] += LASTING_1_M2 * speed_m_s * dt_s
        across[i] = 1e-3 * VISCOSITY_PA_S * speed_m_s * (MEMBRANE_1_M + cake[i] + lasting[i])


class Ultrafiltration:
    """Filters what the pre-treatment gives; a skid's backwash is permeate of the others and goes back to the start.

    ``taken`` is set by the osmosis trains: the share of the usual flow that their feed tank has room for.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        site = bank.units[0].site
        source = around.models.get("T_PRE")
        self._source = source if isinstance(source, PreTreatment) else None
        self._came = Border(around.ledger, "S01", site, "waste water")
        self._display, self._started = Display(bank, TAGS), around.second
        self.given = Onward(around, site, "T_RO", "S01", "filtrate")
        self.taken = 1.0
        self._wash_step = [step.name for step in timetable.steps].index("BACKWASH")
        self._wash_h = 24.0 * np.arange(len(bank))
        self.skids = skids(len(bank))
        since_s = around.second - timetable.since
        steady_m_s = FLUX_LMH / 3.6e6
        self.skids.cake_1_m[:] = CAKE_1_M2 * steady_m_s * np.minimum(since_s, FILTER_S)
        self.skids.lasting_1_m[:] = LASTING_1_M2 * steady_m_s * 3600.0 * self._since_wash_h(around.second)
        step_skids(self.skids, np.full(len(bank), FILTERED_T_H), np.zeros(len(bank), np.bool_), 1.0)
        self._flow_t_h = np.zeros(len(bank))
        self._filter()
        self._counted = bank.aim("BW_CNT")
        self._counted[:] = timetable.begun("BACKWASH", around.month_s)
        self._show(around.second)
        bank.value[:] = bank.target

    def _since_wash_h(self, second: int) -> Floats:
        return np.asarray((second / 3600.0 + self._wash_h) % CHEMICAL_WASH_H)

    def step(self, second: int) -> None:
        """Filter, or wash, one second; count the backwashes."""
        for skid in self.timetable.entered.get("BACKWASH", ()):
            self._counted[skid] += 1.0
        self._filter()
        skids = self.skids
        step_skids(skids, self._flow_t_h, self._washing, 1.0)
        if second % 3600 == 0:
            skids.lasting_1_m[self._since_wash_h(second) < 1.0] = 0.0
        self._pass_on()
        self._show(second)

    def _filter(self) -> None:
        """What each skid is to give: more when the tank before it is fuller than usual."""
        self._washing = self.timetable.step == self._wash_step
        level = 1.0 if self._source is None else self._source.level_share
        pace = self.taken * min(1.5, max(0.0, 1.0 + 2.0 * (level - 1.0)))
        np.multiply(~self._washing, pace * FILTERED_T_H, out=self._flow_t_h)

    def _pass_on(self) -> None:
        total_t_h = float(self._flow_t_h.sum())
        filtrate = self.given.content
        if self._source is None:
            water = MIXED * (total_t_h / 3600.0)
            self._came.add(water)
            filtrate += water
        else:
            self._source.take_t_h = total_t_h
            filtrate += self._source.given.content
            self._source.given.content[:] = 0.0
            backwash_t = float(self._washing.sum()) * BACKWASH_T_H / 3600.0
            if backwash_t:
                move(filtrate, self._source.content[0], backwash_t)
        self.given.settle()

    def _show(self, second: int) -> None:
        skids, tags = self.skids, self._display.tags
        _tell(tags, self._flow_t_h, self._washing, skids.flux_lmh, skids.across_kpa)
        if second % SHOWN_S == 0 or second == self._started:
            tags["CEB_T"] = self._since_wash_h(second)
        self._display.show()


@njit(cache=True)
def _tell(
    tags: NDArray[Any], flow_t_h: Floats, washing: NDArray[np.bool_], flux_lmh: Floats, across_kpa: Floats
) -> None:
    for i in range(len(tags)):
        tag = tags[i]
        tag.F_PERM, tag.F_FEED = flow_t_h[i], 1.015 * flow_t_h[i]
        if washing[i]:
            tag.P_IN, tag.P_OUT = 24.0, 190.0
        else:
            tag.FLUX, tag.TMP = flux_lmh[i], across_kpa[i]
            tag.P_IN, tag.P_OUT = across_kpa[i] + 102.0, across_kpa[i] + 50.0


ULTRAFILTRATION: Final = UnitType(
    points={
        "F_FEED": Point(1.015 * FILTERED_T_H, 0.03, 0.03, 0.0),
        "F_PERM": Point(FILTERED_T_H, 0.03, 0.03, 0.0),
        "P_IN": Point(148.0, 2.0, 0.5, 0.0),
        "P_OUT": Point(96.0, 1.5, 0.4, 0.0),
        "TMP": Point(46.0, 0.6, 0.3, 0.0),
        "FLUX": Point(FLUX_LMH, 0.5, 0.2, 0.0),
        "TURB": Point(0.052, 0.004, 0.001, 0.003),
        "PMP_A": Point(21.0, 0.2, 0.08, 0.4),
        "V_POS[]": Point((64.0, 0.0), 0.4, 0.1, 0.0),
        "CEB_T": EXACT,
    },
    steps=(
        Step("FILTER", 1, FILTER_S, {"V_POS[]": (64.0, 0.0)}),
        Step("BACKWASH", 2, 0.0, {"V_POS[]": (0.0, 82.0)}, hold=("FLUX", "TMP", "TURB")),
    ),
    period_s=PERIOD_S,
    model=Ultrafiltration,
)
