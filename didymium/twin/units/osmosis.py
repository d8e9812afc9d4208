"""Reverse osmosis of S08: the tags of the trains and the waters that they part (domain reference §10.2, §10.3)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.display import Display
from didymium.twin.parameters import Parameter
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.brine import SLOW_S, Border, Onward, conductivity_ms_cm, hold, room, waste_water
from didymium.twin.units.osmosis_physics import (
    FEED_MPA,
    NORMAL_FOULING_D,
    PERMEATE_KPA,
    RECOVERY,
    RUN,
    TRAIN_T_H,
    normal_flow_pct,
    step_trains,
    trains,
)
from didymium.twin.units.pretreatment import FEED_T_H, MIXED
from didymium.twin.units.tank_pair import SET_SHARE, Pair
from didymium.twin.units.ultrafiltration import Ultrafiltration

KWH_T: Final = 6.0
"""Electricity per tonne of feed at 7.0 MPa, §10.2."""
USUAL_A: Final = 82.0
USUAL_HZ: Final = 46.2
TAGS: Final = (
    "F_FEED", "F_PERM", "F_CONC", "P_FEED", "P_CONC", "V_CONC", "STATE", "HPP_HZ", "HPP_A", "KWH",
)  # fmt: skip
PERMEATE: Final = waste_water(0.3 / 286.0 * 1000.0, 2.815 / 50.0 * 0.3 / 286.0 * 1000.0)
"""(5,) a tonne of permeate: 0.3 t of salt in 286 t, in the feed's proportions."""
SETTLED_S: Final = 1800.0
"""After so long valves and pressures have found another recovery."""


class OsmosisTrains:
    """Splits what the ultrafiltration gives. ``trains`` may be reached into.

    A train that trips starts again a minute after what tripped it is gone; the end of scaling brings a cleaning.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        site = bank.units[0].site
        source = around.models.get("T_UF")
        self._source = source if isinstance(source, Ultrafiltration) else None
        self.trains = trains(len(bank))
        self.feed, self.permeate = Pair(MIXED), Pair(PERMEATE)
        self.brine = Onward(around, site, "T_MVR", "S01", "brine")
        self.brine_room = 1.0
        """Share of the usual brine that the evaporators' feed tank takes; they set it."""
        self.stored = {site: [self.feed, self.permeate]}
        self._came = Border(around.ledger, "S01", site, "waste water")
        self._reused = Border(around.ledger, site, "S01", "reuse water")
        hold(around.ledger, site, self.feed.content)
        hold(around.ledger, site, self.permeate.content)
        hold(around.ledger, site, self.brine.content)
        self._faults = faults = around.faults
        self._was_wrong = False
        self._stuck, self._off, self._fouling_d = (faults.sizes(bank, code) for code in ("F04", "F09", "F10"))
        self._was_fouling = np.zeros(len(bank), np.bool_)
        self._dose = bank.aim("AS_DOSE").copy()
        self._display = Display(bank, TAGS)
        self._usual = self._display.tags.copy()
        self._display.tags["KWH"] = KWH_T * TRAIN_T_H * around.totalised_s / 3600.0
        waters = np.array([self.feed.content, self.permeate.content, self.feed.content])
        recovery = around.parameters.of(bank, "recovery")
        if (recovery != RECOVERY).any():
            self.trains.recovery[:] = recovery
            for _ in range(round(SETTLED_S)):
                step_trains(self.trains, MIXED.copy(), waters[1], waters[2], 1.0)
        step_trains(self.trains, waters[0], waters[1], waters[2], 1.0)
        self._permeate_t_h = float(recovery[0]) * FEED_T_H
        self.feed.leaving_t_h = FEED_T_H
        self.permeate.leaving_t_h = self._permeate_t_h
        self._show()
        self._show_quality()
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Take the filtrate, split it, and give permeate to the workshop."""
        if self._source is not None:
            self.feed.content += self._source.given.content
            self._source.given.content[:] = 0.0
            self._source.taken = float(room(self.feed.level))
        else:
            water = MIXED * (FEED_T_H / 3600.0 * float(room(self.feed.level)))
            self._came.add(water)
            self.feed.content += water
        self._split()
        self.brine.settle()
        if second % SLOW_S == 0:
            self._reused.add(self.permeate.let_out(self._permeate_t_h, SLOW_S))
            self._show_quality()
        self._show()

    def _split(self) -> None:
        trains = self.trains
        level = self.feed.level
        pace = min(1.12, max(0.85, 1.0 + 0.5 * (level / SET_SHARE - 1.0)))
        pace *= min(1.0, 10.0 * level) * self.brine_room
        trains.wanted_t_h[:] = pace * TRAIN_T_H
        wrong = bool(self._faults.in_force)
        if wrong or self._was_wrong:
            trains.stuck[:], trains.pump_off[:] = self._stuck, self._off
            fouling = self._fouling_d > 0.0
            trains.fouling_d[:] = np.where(fouling, self._fouling_d, NORMAL_FOULING_D)
            trains.wash[self._was_fouling & ~fouling] = 1.0
            self._was_fouling = fouling
        self._was_wrong = wrong
        step_trains(trains, self.feed.content, self.permeate.content, self.brine.content, 1.0)
        self.feed.leaving_t_h = float(trains.feed_t_h.sum())

    def _show(self) -> None:
        trains = self.trains
        _tell(
            self._display.tags, self._usual, trains.feed_t_h, trains.permeate_t_h, trains.pressure_mpa,
            trains.across_kpa, trains.shown_pct, trains.state,
        )  # fmt: skip
        self._display.show()

    def _show_quality(self) -> None:
        """What changes slowly; what only a running train can tell keeps its last value while it stands."""
        bank, trains = self.bank, self.trains
        feed_t_h, permeate_t_h = trains.feed_t_h, trains.permeate_t_h
        concentrate_t_h = feed_t_h - permeate_t_h
        bank.aim("P_PERM")[:] = PERMEATE_KPA * np.minimum(2.0, permeate_t_h / (RECOVERY * TRAIN_T_H))
        bank.aim("DP")[:] = trains.across_kpa
        bank.aim("AS_DOSE")[:] = self._dose * feed_t_h / TRAIN_T_H
        bank.aim("CIP_T")[:] = trains.cleaned_s / 3600.0
        running = trains.state == RUN
        feed_g_l = self._feed_g_l()
        np.copyto(bank.aim("NPF"), normal_flow_pct(trains), where=running)
        np.copyto(bank.aim("SR"), 100.0 * (1.0 - trains.permeate_g_l / feed_g_l), where=running)
        np.copyto(bank.aim("REC"), 100.0 * permeate_t_h / np.maximum(0.1, feed_t_h), where=running)
        bank.aim("C_FEED")[:] = conductivity_ms_cm(feed_g_l)
        np.copyto(bank.aim("C_PERM"), conductivity_ms_cm(trains.permeate_g_l), where=running)
        salt_kg_h = feed_t_h * feed_g_l - 1000.0 * trains.salt_t_h
        concentrate_g_l = salt_kg_h / np.maximum(0.1, concentrate_t_h)
        np.copyto(bank.aim("C_CONC"), conductivity_ms_cm(concentrate_g_l), where=running)

    def _feed_g_l(self) -> Floats:
        content = self.feed.content
        return np.full(len(self.bank), 1000.0 * (1.0 - content[0] / max(1e-9, content.sum())))


@njit(cache=True)
def _tell(
    tags: NDArray[Any],
    usual: NDArray[Any],
    feed_t_h: Floats,
    permeate_t_h: Floats,
    pressure_mpa: Floats,
    across_kpa: Floats,
    shown_pct: Floats,
    state: Floats,
) -> None:
    for i in range(len(tags)):
        tag, pressure, relative = tags[i], pressure_mpa[i], feed_t_h[i] / TRAIN_T_H
        tag.F_FEED, tag.F_PERM, tag.F_CONC = feed_t_h[i], permeate_t_h[i], feed_t_h[i] - permeate_t_h[i]
        tag.P_FEED, tag.P_CONC = pressure, max(0.0, pressure - 0.001 * across_kpa[i])
        tag.V_CONC, tag.STATE = shown_pct[i], state[i]
        tag.HPP_HZ = USUAL_HZ * relative
        tag.HPP_A = usual[i].HPP_A * relative * (0.3 + 0.7 * pressure / FEED_MPA)
        tag.KWH += KWH_T / 3600.0 / FEED_MPA * feed_t_h[i] * pressure


OSMOSIS: Final = UnitType(
    points={
        "F_FEED": Point(TRAIN_T_H, 0.0, 0.012, 0.0, 1.0),
        "F_PERM": Point(RECOVERY * TRAIN_T_H, 0.0, 0.008, 0.0, 1.0),
        "F_CONC": Point((1.0 - RECOVERY) * TRAIN_T_H, 0.0, 0.008, 0.0, 1.0),
        "P_FEED": Point(FEED_MPA, 0.02, 0.008, 0.0, 0.0),
        "P_PERM": Point(PERMEATE_KPA, 1.5, 0.3, 0.0),
        "P_CONC": Point(6.84, 0.02, 0.008, 0.0, 1.0),
        "DP": Point(164.0, 3.0, 0.6, 0.0),
        "T_FEED": Point(26.5, 0.4, 0.05, 0.3),
        "C_FEED": Point(64.0, 0.5, 0.08, 0.0),
        "C_PERM": Point(0.57, 0.012, 0.003, 0.0),
        "C_CONC": Point(137.0, 0.9, 0.15, 0.0),
        "PH": Point(6.9, 0.05, 0.015, 0.05),
        "ORP": Point(112.0, 6.0, 1.5, 5.0),
        "NPF": Point(97.0, 0.15, 0.1, 0.0),
        "SR": Point(99.1, 0.04, 0.015, 0.0),
        "REC": Point(55.0, 0.0, 0.1, 0.0),
        "HPP_A": Point(USUAL_A, 0.8, 0.2, 1.2, 1.0),
        "HPP_HZ": Point(USUAL_HZ, 0.1, 0.03, 0.0, 1.0),
        "AS_DOSE": Point(310.0, 2.0, 1.0, 5.0),
        "V_CONC": Point(41.0, 0.0, 0.05, 0.0, 0.0),
        "CIP_T": EXACT,
        "STATE": RUN,
    },
    model=OsmosisTrains,
    parameters={
        "recovery": Parameter(
            "t/t",
            RECOVERY,
            0.40,
            0.60,
            "permeate from the feed, which the concentrate valve keeps: brine, pressure, power",
        ),
    },
)
