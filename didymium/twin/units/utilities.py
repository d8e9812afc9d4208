"""Cooling water, argon, hydrogen and power (domain reference §7, §15)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.point import Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.common import CommonBlocks

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
        "STATE": 2.0,
    }
)
ARGON: Final = UnitType(
    points={
        "LAR_LVL[]": Point((64.0, 71.0), 1.0, 0.05, 3.0),
        "VAP_T[]": Point(-6.0, 1.5, 0.2, 1.5),
        "FLOW": Point(410.0, 8.0, 3.0, 10.0),
        "PUR_O2": Point(0.7, 0.06, 0.03, 0.06),
        "PUR_H2O": Point(1.1, 0.08, 0.04, 0.08),
        "REC_FLOW": Point(318.0, 6.0, 2.5, 8.0),
        "REC_PCT": Point(77.5, 0.6, 0.15, 0.8),
        "CMP_A": Point(66.0, 0.8, 0.25, 1.2),
        "CMP_T": Point(96.0, 1.2, 0.15, 2.0),
        "O2_ROOM[]": Point(20.8, 0.03, 0.04, 0.03),
        "STATE": 2.0,
    }
)
HYDROGEN_STATION: Final = UnitType(
    points={
        "TRL_P[]": Point((15.6, 9.8, 17.2), 0.05, 0.01, 0.0),
        "FLOW": Point(62.0, 3.0, 0.6, 0.0),
        "LEL[]": Point(0.5, 0.1, 0.2, 0.0),
        "ESV": 1.0,
        "PURITY": Point(99.9985, 0.0002, 0.0001, 0.0),
        "DEW": Point(-68.0, 0.5, 0.1, 0.0),
    }
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
