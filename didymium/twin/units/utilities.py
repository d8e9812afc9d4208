"""Cooling water, argon and power (domain reference §7, §15)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.display import Display
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.common import CommonBlocks
from didymium.twin.units.water_supply import CASTING, SITE, WaterSupply

USUAL_SHARE: Final = 0.39 / 0.8
"""Supply pressure in usual running over that of a pump against a closed valve: the pumps' curve is steep. (A)"""
PUMP_STOP_S: Final = 2.0
PUMP_START_S: Final = 20.0
STANDBY_S: Final = 30.0
"""From the end of what tripped the first pump to its start. (A)"""
MADE_UP_S: Final = 60
RUN, FAULT = 2.0, 5.0


def flow_pu(speed: Floats) -> Floats:
    """(n,) flow of a cooling-water circuit over the usual one, its pumps in parallel at ``speed`` (n, k), 1 for full.

    A pump lifts ``p0 s² − a q²`` and the circuit takes ``R Q²``: all at full speed meet at the usual flow and pressure.
    """
    pumps = speed.shape[1]
    carrying = speed.sum(axis=1) / pumps
    curve = (1.0 - USUAL_SHARE) / np.maximum(1e-9, carrying) ** 2
    flow = np.sqrt(np.max(speed, axis=1) ** 2 / (USUAL_SHARE + curve))
    return np.asarray(np.where(carrying > 0.0, flow, 0.0))


class CoolingWater:
    """Three pumps in parallel. The first may trip: the others run out on their curve, flow and pressure fall."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self._tripped = around.faults.sizes(bank, "F09")
        tags = ("PMP[]_A", "PMP[]_HZ", "FLOW", "SUP_P", "SUP_T", "RET_T", "STATE")
        self._usual = {tag: bank.aim(tag).copy() for tag in tags}
        self._speed = np.ones_like(bank.aim("PMP[]_A"))
        self._waiting_s = np.zeros(len(bank))
        self._away = False
        self._make_up = bank.aim("MAKEUP")
        self._own, self._casting = bank.at_site(SITE), bank.at_site(CASTING)
        self._supply = WaterSupply(around) if len(self._own) else None

    def step(self, second: int) -> None:
        """Make up for what evaporates; stop or start the first pump and show what follows."""
        if self._supply is not None and second % MADE_UP_S == 0:
            made_up_t = MADE_UP_S / 3600.0 * self._make_up
            self._supply.cool(float(made_up_t[self._own].sum()), float(made_up_t[self._casting].sum()))
        tripped = self._tripped > 0.0
        if not self._away and not tripped.any():
            return
        self._waiting_s = np.where(tripped, STANDBY_S, np.maximum(0.0, self._waiting_s - 1.0))
        stopped = self._waiting_s > 0.0
        speed = self._speed
        goal, lag_s = np.where(stopped, 0.0, 1.0), np.where(stopped, PUMP_STOP_S, PUMP_START_S)
        speed[:, 0] += (goal - speed[:, 0]) * -np.expm1(-1.0 / lag_s)
        speed[:, 0][stopped & (speed[:, 0] < 0.01)] = 0.0
        speed[:, 0][~stopped & (speed[:, 0] > 0.999)] = 1.0
        self._away = bool((speed < 1.0).any())
        self._show(stopped)

    def _show(self, stopped: NDArray[np.bool_]) -> None:
        bank, usual, speed = self.bank, self._usual, self._speed
        flow = flow_pu(speed)
        each = flow * speed.shape[1] / speed.sum(axis=1)
        bank.aim("FLOW")[:] = usual["FLOW"] * flow
        bank.aim("SUP_P")[:] = usual["SUP_P"] * flow**2
        bank.aim("RET_T")[:] = usual["SUP_T"] + (usual["RET_T"] - usual["SUP_T"]) / np.maximum(0.2, flow)
        bank.aim("PMP[]_A")[:] = usual["PMP[]_A"] * speed * (0.5 + 0.5 * each[:, None])
        bank.aim("PMP[]_HZ")[:] = usual["PMP[]_HZ"] * speed
        bank.aim("STATE")[:] = np.where(stopped, FAULT, usual["STATE"])


COOLING_WATER: Final = UnitType(
    points={
        "PMP[]_A": Point((104.0, 106.0, 102.0), 1.0, 0.3, 2.0),
        "PMP[]_HZ": Point((43.0, 43.0, 42.6), 0.15, 0.05, 0.3),
        "SUP_P": Point(0.39, 0.003, 0.001, 0.004),
        "SUP_T": Point(22.8, 0.35, 0.05, 0.3),
        "RET_T": Point(32.4, 0.5, 0.06, 0.5),
        "FLOW": Point(520.0, 4.0, 1.5, 8.0),
        "COND": Point(176.0, 4.0, 1.0, 6.0),
        "MAKEUP": Point(4.6, 0.2, 0.05, 0.3),
        "EM_TANK": Point(97.0, 0.25, 0.06, 0.5),
        "STATE": RUN,
    },
    model=CoolingWater,
)
ARGON_USUAL_NM3_H: Final = 178.0
"""A third of what 54 heats of 40 Nm³ every 4.76 h take, and of the drum packing."""
PACKING_NM3_H: Final = 27.0
RECOVERED: Final = 0.775
RECOVERY_S: Final = 600.0
TANK_NM3: Final = 13_500.0
"""Gas from a full tank of 20 m³ liquid argon. (A)"""
REFILL_BELOW_PCT: Final = 30.0
REFILLED_PCT: Final = 90.0
REFILL_PCT_S: Final = 1.0 / 60.0


ARGON_SHOWN: Final = ("FLOW", "REC_FLOW", "LAR_LVL[2]", "HDR_P[2]", "VAP_T[2]", "CMP_A")


class Usual(NamedTuple):
    """(n, 2) pressures of headers and temperatures of vaporisers, (n,) share that is recovered, in usual running."""

    header_mpa: Floats
    vaporiser_c: Floats
    recovered_pct: Floats


class ArgonStations:
    """Argon for the furnaces, each station for its share of them, and what comes back from them.

    Headers sag and vaporisers cool as more is drawn; the two tanks of a station are drawn in turn and filled by road
    when they are low.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        n = len(bank)
        furnaces = around.bank("T_SC")
        self._demand = np.zeros(0) if furnaces is None else furnaces.now("AR_F")
        count = n if furnaces is None else len(furnaces)
        self._station = np.arange(count) * n // count
        self._usual = Usual(*(bank.aim(name).copy() for name in ("HDR_P[]", "VAP_T[]", "REC_PCT")))
        self.recovered_nm3_h = np.full(n, RECOVERED * ARGON_USUAL_NM3_H)
        self.tank_pct = np.random.default_rng([around.seed, 0xA4]).uniform(REFILL_BELOW_PCT, REFILLED_PCT, (n, 2))
        self._filling = np.zeros((n, 2))
        self._display = Display(bank, ARGON_SHOWN)
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Supply, recover, fill up."""
        step_argon(
            self._demand, self._station, self._usual, self.recovered_nm3_h, self.tank_pct, self._filling,
            self._display.tags,
        )  # fmt: skip
        self._display.show()


@njit(cache=True)
def step_argon(
    demand_nm3_h: Floats, station: NDArray[np.intp], usual: Usual, recovered_nm3_h: Floats, tank_pct: Floats,
    filling: Floats, tags: NDArray[Any],
) -> None:  # fmt: skip
    """Advance the stations by a second and fill the records of ``ARGON_SHOWN``."""
    for i in range(len(tags)):
        shown = tags[i]
        flow_nm3_h = PACKING_NM3_H if len(demand_nm3_h) > 0 else ARGON_USUAL_NM3_H
        for j in range(len(demand_nm3_h)):
            if station[j] == i:
                flow_nm3_h += demand_nm3_h[j]
        recovered_nm3_h[i] += (0.01 * usual.recovered_pct[i] * flow_nm3_h - recovered_nm3_h[i]) / RECOVERY_S
        fresh_nm3_h = max(0.0, flow_nm3_h - recovered_nm3_h[i])
        above = flow_nm3_h - ARGON_USUAL_NM3_H
        for k in range(2):
            tank_pct[i, k] -= fresh_nm3_h / (2.0 * 3600.0 * TANK_NM3) * 100.0
            if tank_pct[i, k] < REFILL_BELOW_PCT:
                filling[i, k] = 1.0
            elif tank_pct[i, k] > REFILLED_PCT:
                filling[i, k] = 0.0
            tank_pct[i, k] += REFILL_PCT_S * filling[i, k]
            shown.LAR_LVL[k] = tank_pct[i, k]
            shown.HDR_P[k] = usual.header_mpa[i, k] - 1.0e-4 * above
            shown.VAP_T[k] = usual.vaporiser_c[i, k] - 0.02 * above
        shown.FLOW, shown.REC_FLOW = flow_nm3_h, recovered_nm3_h[i]
        shown.CMP_A = 20.0 + 46.0 * recovered_nm3_h[i] / (RECOVERED * ARGON_USUAL_NM3_H)


ARGON: Final = UnitType(
    points={
        "LAR_LVL[]": Point((64.0, 71.0), 0.05, 0.05, 0.0),
        "VAP_T[]": Point(-6.0, 1.5, 0.2, 1.5),
        "FLOW": Point(ARGON_USUAL_NM3_H, 0.0, 1.5, 0.0, 3.0),
        "PUR_O2": Point(0.7, 0.06, 0.03, 0.06),
        "PUR_H2O": Point(1.1, 0.08, 0.04, 0.08),
        "REC_FLOW": Point(RECOVERED * ARGON_USUAL_NM3_H, 0.0, 1.0, 0.0),
        "REC_PCT": Point(100.0 * RECOVERED, 0.6, 0.15, 0.8),
        "CMP_A": Point(66.0, 0.8, 0.25, 0.0),
        "CMP_T": Point(96.0, 1.2, 0.15, 2.0),
        "O2_ROOM[]": Point(20.8, 0.03, 0.04, 0.03),
        "STATE": 2.0,
    },
    model=ArgonStations,
)

LINE_KV: Final = 10.3
POWER_FACTOR: Final = 0.962
DEFAULT_MW: Final = 63.0
"""The complex's mean load, §15, where the twin has no common blocks to add up."""


class Bays:
    """The bays share the complex's load; currents and reactive power follow from it."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        common = around.models.get("COM")
        self._common = common if isinstance(common, CommonBlocks) else None
        share = np.random.default_rng([around.seed, 0x5B]).uniform(0.9, 1.1, len(bank))
        self._share = share / share.sum()
        self._mwh, self._mvarh = bank.aim("KWH_IMP"), bank.aim("KVARH")
        self._reactive = float(np.sqrt(1.0 / POWER_FACTOR**2 - 1.0))
        self.step(around.second)
        power = bank.aim("P").copy()
        self._mwh[:] = power * around.totalised_s / 3600.0
        self._mvarh[:] = self._reactive * self._mwh
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Carry the load and meter it."""
        bank = self.bank
        total_mw = self._common.total_kw / 1000.0 if self._common else DEFAULT_MW
        power = self._share * total_mw
        bank.aim("P")[:] = power
        bank.aim("Q")[:] = self._reactive * power
        bank.aim("I[]")[:] = (1000.0 * power / (np.sqrt(3.0) * LINE_KV * POWER_FACTOR))[:, None]
        metered = bank.now("P")
        self._mwh += metered / 3600.0
        self._mvarh += self._reactive * metered / 3600.0


SUBSTATION: Final = UnitType(
    points={
        "U[]": Point(LINE_KV, 0.03, 0.01, 0.01),
        "I[]": Point(600.0, 0.0, 0.6, 0.0, 2.0),
        "P": Point(10.5, 0.0, 0.006, 0.0, 2.0),
        "Q": Point(3.0, 0.0, 0.004, 0.0, 2.0),
        "PF": Point(POWER_FACTOR, 0.002, 0.001, 0.002),
        "F": Point(50.0, 0.012, 0.004, 0.0),
        "THD_U[]": Point(1.6, 0.05, 0.02, 0.08),
        "T_OIL": Point(56.0, 0.8, 0.08, 1.5),
        "T_WIND": Point(74.0, 1.0, 0.1, 1.8),
        "TAP": 2.0,
        "CB[]": 1.0,
        "UPS": Point(99.2, 0.1, 0.05, 0.1),
    },
    model=Bays,
)
