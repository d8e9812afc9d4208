"""Packing lines for oxide bags and for inert drums (domain reference §3, §7)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.ledger import MASS, REO, Streams
from didymium.twin.noise import normal
from didymium.twin.pieces import piece_kg
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.store import Store

BAG_KG: Final = 500.0
"""76 loads of 500 kg are S01's 38 t a day."""
DRUM_KG: Final = {"S05": 250.0, "S06": 100.0, "S21": 250.0, "": 250.0}
DRUM_PERIOD_S: Final = {
    "S05": 6 * DAY_S * 250.0 / 268_000.0,
    "S06": 2 * DAY_S * 100.0 / 5_000.0,
    "S21": 2 * DAY_S * 250.0 / 15_000.0,
    "": 1800.0,
}
REJECTS: Final = 400
"""One package in so many is rejected. (A)"""


TRADE: Final = "S09"


class Packing:
    """Weighs each package, counts it and numbers it; the weight of the last one stays on show.

    The lines of a site that was given a store fill their drums from it, send them to the warehouse, and wait where it
    has not a drum's worth.
    """

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 211 + bank.first
        drums = bank.has("DRUM_ID")
        self._count = bank.aim("CNT" if drums else "BAG_CNT")
        self._rejects = bank.aim("REJ" if drums else "REJ_CNT")
        self._label = bank.aim("DRUM_ID" if drums else "LABEL_ID")
        self._lot = bank.aim("HEAT_NO" if drums else "LOT_ID")
        self._aim_kg = np.array([DRUM_KG.get(unit.site, DRUM_KG[""]) if drums else BAG_KG for unit in bank.units])
        self._sigma_kg = 0.0006 * self._aim_kg
        self._count[:] = timetable.begun("IDLE", around.month_s)
        self._rejects[:] = self._count // REJECTS
        self._first = np.array([unit.number for unit in bank.units]) * 100_000.0
        self._number()
        self._ledger = around.ledger
        self._stores: dict[int, tuple[Store, Streams]] = {}
        for line in range(len(bank)):
            self._weigh(line, int(timetable.cycle[line]) - 1)
        bank.value[:] = bank.target

    def supply(self, site: str, store: Store, goods: str) -> None:
        """Let the lines of a site pack what is in a store."""
        sent = self._ledger.streams((MASS, REO), site, TRADE, goods)
        for line in self.bank.at_site(site):
            self._stores[int(line)] = store, sent

    def _number(self) -> None:
        self._label[:] = self._first + self._count
        self._lot[:] = self._first / 10.0 + self._count // 4

    def _weigh(self, line: int, cycle: int) -> None:
        net_kg = piece_kg(self._aim_kg[line] * 1.0002, self._sigma_kg[line], 20.0, self._seed, cycle, line)
        self.bank.aim("NET_WT")[line] = net_kg
        if self.bank.has("CHECK_WT"):
            self.bank.aim("CHECK_WT")[line] = net_kg + 0.1 * normal(self._seed, cycle, line + 1000)

    def step(self, second: int) -> None:
        """Follow the line."""
        entered = self.timetable.entered
        if self._stores:
            self._wait()
        if not entered:
            return
        for line in entered.get("WEIGH", ()):
            self._weigh(line, int(self.timetable.cycle[line]))
            self._send(line)
        for line in entered.get("IDLE", ()):
            self._count[line] += 1.0
            if self._count[line] % REJECTS == 0.0:
                self._rejects[line] += 1.0
            self._number()

    def _wait(self) -> None:
        """A line goes on from purging only with a drum's worth, and a little more, in its store."""
        for line, (store, _) in self._stores.items():
            purging = self.timetable.step[line] == 0
            self.timetable.held[line] = purging and store.t < 0.0011 * self._aim_kg[line]

    def _send(self, line: int) -> None:
        supplied = self._stores.get(line)
        if supplied is not None:
            store, sent = supplied
            sent.add(*store.take(0.001 * float(self.bank.aim("NET_WT")[line])))


BAG_LINE: Final = UnitType(
    points={
        "HOP_LVL": Point(52.0, 4.0, 0.4, 3.0),
        "NET_WT": exact(BAG_KG),
        "TARE": exact(1.85),
        "CHECK_WT": exact(BAG_KG),
        "CYC_T": exact(82.0),
        "SEAL_T": Point(171.0, 0.8, 0.5, 1.5),
        "MAG_G": Point(1080.0, 3.0, 1.0, 15.0),
        "DUST_AMB": Point(0.35, 0.04, 0.015, 0.04),
        "FEED_HZ": Point(0.0, 0.0, 0.1, 0.0, 2.0),
        "MOT_A": Point(0.0, 0.0, 0.1, 0.0, 2.0),
        "PRINT_OK": 1.0,
    },
    steps=(
        Step("FILL", 1, 50.0, {"FEED_HZ": 42.0, "MOT_A": 14.0}),
        Step("WEIGH", 2, 10.0, {"FEED_HZ": 0.0, "MOT_A": 4.0}),
        Step("SEAL", 3, 12.0, {"MOT_A": 6.0}),
        Step("LABEL", 4, 10.0, {"MOT_A": 3.0}),
        Step("IDLE", 0, 0.0),
    ),
    period_s={"S01": 4 * DAY_S / 76.0, "S02": 2 * DAY_S * BAG_KG / 18_000.0, "": 3600.0},
    model=Packing,
)
DRUM_LINE: Final = UnitType(
    points={
        "NET_WT": exact(250.0),
        "O2_DRUM": Point(0.22, 0.02, 0.008, 0.02),
        "AR_F": Point(13.5, 0.2, 0.1, 0.3),
        "SEAL_OK": 1.0,
        "T_PROD": Point(33.0, 0.6, 0.1, 0.8),
        "SIEVE_A": Point(2.0, 0.0, 0.1, 0.0, 3.0),
        "FINES": Point(1.3, 0.08, 0.04, 0.08),
    },
    steps=(
        Step("PURGE", 1, 60.0),
        Step("FILL", 2, 150.0, {"SIEVE_A": 8.5}),
        Step("WEIGH", 3, 20.0),
        Step("SEAL", 4, 40.0),
        Step("IDLE", 0, 0.0),
    ),
    period_s=DRUM_PERIOD_S,
    model=Packing,
)
