"""Reverse osmosis of S08: the tags of the trains and the waters that they part (domain reference §10.2, §10.3)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats
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
PERMEATE_T_H: Final = RECOVERY * FEED_T_H
PERMEATE: Final = waste_water(0.3 / 286.0 * 1000.0, 2.815 / 50.0 * 0.3 / 286.0 * 1000.0)
"""(5,) a tonne of permeate: 0.3 t of salt in 286 t, in the feed's proportions."""


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
        faults = around.faults
        self._stuck, self._off, self._fouling_d = (faults.sizes(bank, code) for code in ("F04", "F09", "F10"))
        self._was_fouling = np.zeros(len(bank), np.bool_)
        self._amps, self._dose = bank.aim("HPP_A").copy(), bank.aim("AS_DOSE").copy()
        self._kwh = bank.aim("KWH")
        self._kwh[:] = KWH_T * TRAIN_T_H * around.totalised_s / 3600.0
        waters = np.array([self.feed.content, self.permeate.content, self.feed.content])
        step_trains(self.trains, waters[0], waters[1], waters[2], 1.0)
        self.feed.leaving_t_h = FEED_T_H
        self.permeate.leaving_t_h = PERMEATE_T_H
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
            self._reused.add(self.permeate.let_out(PERMEATE_T_H, SLOW_S))
            self._show_quality()
        self._show()

    def _split(self) -> None:
        trains = self.trains
        level = self.feed.level
        pace = min(1.12, max(0.85, 1.0 + 0.5 * (level / SET_SHARE - 1.0)))
        pace *= min(1.0, 10.0 * level) * self.brine_room
        trains.wanted_t_h[:] = pace * TRAIN_T_H
        trains.stuck[:], trains.pump_off[:] = self._stuck, self._off
        fouling = self._fouling_d > 0.0
        if fouling.any() or self._was_fouling.any():
            trains.fouling_d[:] = np.where(fouling, self._fouling_d, NORMAL_FOULING_D)
            trains.wash[self._was_fouling & ~fouling] = 1.0
            self._was_fouling = fouling
        step_trains(trains, self.feed.content, self.permeate.content, self.brine.content, 1.0)
        self.feed.leaving_t_h = float(trains.feed_t_h.sum())

    def _show(self) -> None:
        bank, trains = self.bank, self.trains
        feed_t_h, permeate_t_h, pressure = trains.feed_t_h, trains.permeate_t_h, trains.pressure_mpa
        concentrate_t_h = feed_t_h - permeate_t_h
        relative = feed_t_h / TRAIN_T_H
        bank.aim("F_FEED")[:] = feed_t_h
        bank.aim("F_PERM")[:] = permeate_t_h
        bank.aim("F_CONC")[:] = concentrate_t_h
        bank.aim("P_FEED")[:] = pressure
        bank.aim("P_CONC")[:] = np.maximum(0.0, pressure - 0.001 * trains.across_kpa)
        bank.aim("V_CONC")[:] = trains.shown_pct
        bank.aim("HPP_HZ")[:] = USUAL_HZ * relative
        bank.aim("HPP_A")[:] = self._amps * relative * (0.3 + 0.7 * pressure / FEED_MPA)
        bank.aim("STATE")[:] = trains.state
        self._kwh += KWH_T / 3600.0 / FEED_MPA * feed_t_h * pressure

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
)
