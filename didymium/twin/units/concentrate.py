"""S11: heaps of concentrate as it comes, the dryer, and the silos from which the kilns are fed (domain reference §13).

Wet concentrate comes in wagons and is dried; some comes dry. Both go to one silo after the other while all of them
are drawn from alike, which blends the loads. A fuller house dries less: the feeds follow what the silos hold.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from didymium.twin.bank import Bank, Floats
from didymium.twin.ledger import MASS
from didymium.twin.ledger import REO as AS_OXIDE
from didymium.twin.noise import normal
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units import dryer_drum, roasting_bed
from didymium.twin.units.dryer_drum import REO, SOLIDS, WATER, ZONE_C

WET_T_D: Final = 542.0
CONCENTRATE_T_H: Final = 542.0 / 24.0
WET_PCT, DRY_PCT = 10.4, 100.0 * roasting_bed.MOISTURE
DRY_T_D: Final = 53.682
"""Comes with at most 5 % of water, as much as the dryer takes off the rest: the kilns are fed 542 t/d, §13. (A)"""
GRADE: Final = roasting_bed.REO_SHARE / (1.0 - roasting_bed.MOISTURE)
"""REO in the solids, kg/kg."""
MOISTURE_SIGMA: Final = 0.004
GRADE_SIGMA: Final = 0.003
"""How loads differ, kg/kg. (A)"""
WAGON_T, TRUCK_T = 60.0, 30.0
GAS_NM3_H: Final = 516.39
STEP_S: Final = 10
"""Heaps, drum and silos are slow, and so are the beds of the kilns behind them: all are stepped so seldom, in turn."""
RUN: Final = 4.0

SILO_T: Final = 400.0
SILOS_T: Final = 1296.0
"""In six silos, two and a half days' feed. (A)"""
BAND_T: Final = 260.0
"""So much more than usual stops the feeds. (A)"""
MOST_SHARE: Final = 1.1
FILLING_S: Final = 4 * 3600
FULL: Final = 0.88
FILL, DISCHARGE = 1.0, 3.0


class Heap:
    """Concentrate of one kind as it is delivered: (3,) t of solids, water and REO, topped up by the load."""

    def __init__(self, around: Surroundings, site: str, goods: str, load_t: float, moisture: float) -> None:
        self._seed, self._load_t, self._moisture = around.seed, load_t, moisture
        self._key = sum(goods.encode())
        self.usual_t = around.stocks.usual_t(site, goods)
        self.content = self._load(around.stocks.opening_t(site, goods), moisture, GRADE)
        self._came = around.ledger.streams((MASS, AS_OXIDE), "MINE", site, goods)

    @property
    def mass_t(self) -> float:
        return float(self.content[:REO].sum())

    @property
    def moisture(self) -> float:
        return float(self.content[WATER]) / max(1e-9, self.mass_t)

    def take(self, wanted_t: float, second: int) -> Floats:
        """Take (3,) t, at most what is there; where a load fits then, it is tipped."""
        taken: Floats = self.content * min(1.0, wanted_t / max(1e-9, self.mass_t))
        self.content = self.content - taken
        if self.mass_t < self.usual_t - self._load_t:
            wetter = MOISTURE_SIGMA * normal(self._seed, second, self._key) * min(1.0, self._moisture / 0.02)
            richer = GRADE_SIGMA * normal(self._seed, second, self._key + 1)
            load = self._load(self._load_t, self._moisture + wetter, GRADE + richer)
            self.content = self.content + load
            self._came.add(self._load_t, float(load[REO]))
        return taken

    @staticmethod
    def _load(mass_t: float, moisture: float, grade: float) -> Floats:
        solids_t = mass_t * (1.0 - moisture)
        return np.array([solids_t, mass_t - solids_t, grade * solids_t])


class Dryers:
    """The dryers of the site share the wet feed; silos say in ``share`` how much of it is wanted and take ``dried``."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self.site = bank.units[0].site
        self.served = around.bank("T_SILO") is not None and around.bank("T_RKILN") is not None
        self.share = 1.0
        self.dried = np.zeros(dryer_drum.KINDS)
        self._fed_t = WET_T_D / DAY_S * STEP_S / len(bank)
        self._zone_c = np.array(ZONE_C)
        tags = ("FEED_H2O", "OUT_H2O", "GAS_F", "REO", "F_PCT", "Z[]_OUT")
        self._usual = {tag: bank.aim(tag).copy() for tag in tags if bank.has(tag)}
        if not self.served:
            return
        self._heap = Heap(around, self.site, "wet concentrate", WAGON_T, 0.01 * WET_PCT)
        fed = self._heap.content * self._fed_t / max(1e-9, self._heap.mass_t)
        self.drums = dryer_drum.running_drums(np.tile(fed, (len(bank), 1)), float(STEP_S))
        self._vapour = around.ledger.stream(MASS, self.site, "AIR", "water vapour")
        around.ledger.hold(MASS, self.site, self._mass_t)
        around.ledger.hold(AS_OXIDE, self.site, self._reo_t)

    def step(self, second: int) -> None:
        """Dry, and show it."""
        if not self.served or second % STEP_S:
            return
        n = len(self.bank)
        taken = self._heap.take(self.share * self._fed_t * n, second)
        dryer_drum.step(self.drums, np.tile(taken / n, (n, 1)), self._zone_c, float(STEP_S))
        self.dried += self.drums.out_t.sum(axis=0)
        self._vapour.add(float(self.drums.vapour_t.sum()))
        self._show(float(taken[:REO].sum()) / n)

    def take_dried(self) -> Floats:
        """(3,) t that lie at the outlets."""
        taken, self.dried = self.dried, np.zeros(dryer_drum.KINDS)
        return taken

    def _show(self, fed_t: float) -> None:
        bank, usual, drums = self.bank, self._usual, self.drums
        grade = drums.out_t[:, REO] / np.maximum(1e-12, drums.out_t[:, SOLIDS])
        burning = drums.gas_nm3_h / GAS_NM3_H
        bank.aim("FEED_TPH")[:] = fed_t * 3600.0 / STEP_S
        shown = {
            "FEED_H2O": usual["FEED_H2O"] + 100.0 * self._heap.moisture - WET_PCT,
            "OUT_H2O": usual["OUT_H2O"] + 100.0 * drums.moisture - DRY_PCT,
            "GAS_F": usual["GAS_F"] * burning,
            "REO": usual["REO"] + 100.0 * (grade - GRADE) * (1.0 - roasting_bed.MOISTURE),
            "F_PCT": usual["F_PCT"] * grade / GRADE,
        }
        for tag, value in shown.items():
            bank.aim(tag)[:] = value
        if "Z[]_OUT" in usual:
            bank.aim("Z[]_OUT")[:] = np.minimum(100.0, usual["Z[]_OUT"] * burning[:, None])

    def _mass_t(self) -> float:
        return self._heap.mass_t + float(self.drums.mass_t.sum() + self.dried[:REO].sum())

    def _reo_t(self) -> float:
        return float(self._heap.content[REO] + self.drums.content[:, :, REO].sum() + self.dried[REO])


@njit(cache=True)
def _draw(content: Floats, wanted_t: float, taken: Floats, drawn_t: Floats) -> None:
    """Take from (n, 3) t, alike from each; what those that are nearly empty lack, the others give."""
    n = len(content)
    short_t, left_t = 0.0, 0.0
    for i in range(n):
        mass_t = content[i, SOLIDS] + content[i, WATER]
        short_t += max(0.0, wanted_t / n - mass_t)
        left_t += max(0.0, mass_t - wanted_t / n)
    more = min(1.0, short_t / left_t) if left_t > 0.0 else 0.0
    for i in range(n):
        mass_t = content[i, SOLIDS] + content[i, WATER]
        out_t = min(mass_t, wanted_t / n)
        out_t += more * (mass_t - out_t)
        share = out_t / mass_t if mass_t > 0.0 else 0.0
        drawn_t[i] += out_t
        for kind in range(len(taken)):
            taken[kind] += share * content[i, kind]
            content[i, kind] -= share * content[i, kind]


class Silos:
    """Filled one after the other, drawn from all alike; kilns ``draw`` on them."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        dryers = around.models.get("T_DRY")
        self._dryers = dryers if isinstance(dryers, Dryers) and dryers.served else None
        self._drawn_t = np.zeros(len(bank))
        self._hz = bank.aim("FEEDER_HZ").copy()
        if self._dryers is None:
            return
        site = self._dryers.site
        opening_t = around.stocks.opening_t(site, "dried concentrate")
        dried_t = opening_t * (1.0 - roasting_bed.MOISTURE)
        alike = np.array([dried_t, opening_t - dried_t, GRADE * dried_t]) / max(1e-9, opening_t)
        self.content = np.outer(self._begun(around.second, opening_t), alike)
        self._heap = Heap(around, site, "dry concentrate", TRUCK_T, roasting_bed.MOISTURE)
        around.ledger.hold(MASS, site, lambda: float(self.content[:, :REO].sum()) + self._heap.mass_t)
        around.ledger.hold(AS_OXIDE, site, lambda: float(self.content[:, REO].sum() + self._heap.content[REO]))
        self._drawn_t[:] = CONCENTRATE_T_H / 3600.0 * STEP_S / len(bank)
        self._show(around.second)
        bank.value[:] = bank.target

    @property
    def site(self) -> str | None:
        """Where the silos stand; None where nobody fills them."""
        return None if self._dryers is None else self._dryers.site

    def _begun(self, second: int, opening_t: float) -> Floats:
        """(n,) what is in each silo of a house that is running."""
        n = len(self.bank)
        filled_s = np.mod(second - FILLING_S * np.arange(n), n * FILLING_S)
        t_s = CONCENTRATE_T_H / 3600.0
        above_t = t_s * np.minimum(filled_s, FILLING_S) - t_s / n * filled_s
        mass_t: Floats = np.clip(opening_t / n + above_t - above_t.mean(), 0.0, SILO_T)
        return mass_t * opening_t / max(1e-9, mass_t.sum())

    def step(self, second: int) -> None:
        """Take in what was dried and what came dry, and say how much is wanted."""
        if self._dryers is None or second % STEP_S:
            return
        dry_t = self._dryers.share * DRY_T_D / DAY_S * STEP_S
        self.content[self._filled(second)] += self._dryers.take_dried() + self._heap.take(dry_t, second)
        above_t = float(self.content[:, :REO].sum()) - SILOS_T
        self._dryers.share = min(MOST_SHARE, max(0.0, 1.0 - above_t / BAND_T))
        self._show(second)
        self._drawn_t[:] = 0.0

    def draw(self, wanted_t: float) -> Floats:
        """Take (3,) t, from each silo alike where it has enough, at most what is there."""
        taken = np.zeros(dryer_drum.KINDS)
        _draw(self.content, wanted_t, taken, self._drawn_t)
        return taken

    def _filled(self, second: int) -> int:
        """The silo whose turn it is, or the next one that is not full; the emptiest where all are."""
        mass_t = self.content[:, :REO].sum(axis=1)
        turn = second // FILLING_S
        turns = ((turn + k) % len(mass_t) for k in range(len(mass_t)))
        return next((silo for silo in turns if mass_t[silo] < FULL * SILO_T), int(mass_t.argmin()))

    def _show(self, second: int) -> None:
        bank = self.bank
        mass_t = self.content[:, :REO].sum(axis=1)
        rate_t_h = self._drawn_t * 3600.0 / STEP_S
        bank.aim("WT")[:] = mass_t
        bank.aim("LVL")[:] = 100.0 * mass_t / SILO_T
        bank.aim("FEEDER_TPH")[:] = rate_t_h
        bank.aim("FEEDER_HZ")[:] = self._hz * rate_t_h * len(bank) / CONCENTRATE_T_H
        bank.aim("STATE")[:] = DISCHARGE
        bank.aim("STATE")[self._filled(second)] = FILL


DRYER: Final = UnitType(
    points={
        "Z[]_T": Point(ZONE_C, 2.5, 0.4, 2.0),
        "Z[]_OUT": Point((48.0, 62.0, 68.0, 60.0, 45.0, 30.0), 0.8, 0.2, 1.0),
        "GAS_F": Point(GAS_NM3_H, 4.0, 2.0, 0.0),
        "FEED_TPH": Point(WET_T_D / 24.0, 0.1, 0.06, 0.0),
        "FEED_H2O": Point(WET_PCT, 0.15, 0.06, 0.1),
        "OUT_H2O": Point(DRY_PCT, 0.03, 0.012, 0.02),
        "REO": Point(100.0 * roasting_bed.REO_SHARE, 0.12, 0.05, 0.0),
        "F_PCT": Point(100.0 * roasting_bed.FLUORINE_SHARE, 0.06, 0.02, 0.0),
        "TH": Point(0.172, 0.003, 0.001, 0.0),
        "GAMMA[]": Point(0.62, 0.02, 0.02, 0.04),
        "DUST[]": Point(2.4, 0.2, 0.08, 0.2),
        "RPM": Point(3.1, 0.01, 0.01, 0.0),
        "STATE": RUN,
    },
    model=Dryers,
)
SILO: Final = UnitType(
    points={
        "LVL": Point(54.0, 0.2, 0.15, 0.0),
        "WT": Point(216.0, 0.8, 0.4, 0.0),
        "T": Point(29.0, 0.6, 0.06, 1.0),
        "DP_VENT": Point(620.0, 20.0, 5.0, 30.0),
        "FEEDER_HZ": Point(33.0, 0.3, 0.1, 0.8),
        "FEEDER_TPH": Point(CONCENTRATE_T_H / 6.0, 0.03, 0.02, 0.0),
        "STATE": DISCHARGE,
    },
    model=Silos,
)
