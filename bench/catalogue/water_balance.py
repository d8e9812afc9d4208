"""Whether the water plant's books close, from its meters alone (domain reference §10.4).

Water: what the custody meters saw come in, less permeate, distillate, salt and purge, less what the tanks gained. Salt:
the same, with conductivities. After n days the mean that is missing a day may be off by chance as the day's meters are,
over √n, and by two gaugings of the tanks, over n.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.catalogue.seen import Seen
from didymium.model.plant import TagTable
from didymium.twin.units.brine import MS_CM_G_L
from didymium.twin.units.crystalliser_physics import WATER_PU
from didymium.twin.units.evaporator_physics import CARRY_OVER_PU, SLURRY_SALT_PU
from didymium.twin.units.osmosis import PERMEATE as PERMEATE_T
from didymium.twin.units.pretreatment import TANK_T
from didymium.twin.units.tank_pair import PAIR_T

Floats = NDArray[np.float64]

DAY_S: Final = 86_400
METER_PU: Final = np.array([0.005, 0.005 * math.sqrt(2.0)])
"""Standard deviation of a day's total, §10.4: 2.6 t of 520; salt has the probes' 0.5 % beside the meters'."""
GAUGING_T: Final = np.array([2.0, 0.15])
"""Standard deviation of one gauging of all tanks, t of water and of salt: levels and probes wander. (A)"""
CERTAIN: Final = 3.0
LOST: Final = 1.64
"""Standard deviations that 5 % exceed by chance on the one side to which a leak takes."""
MINUTE_S: Final = 60
GAUGED_S: Final = 6 * 3600
"""Tanks are gauged over so long, because their levels wander."""
BLOCK: Final = "S08.PRE.PRE001"
IN: Final = tuple(f"{BLOCK}.IN{i}_F" for i in (1, 2, 3))
IN_COND: Final = tuple(f"{BLOCK}.IN{i}_COND" for i in (1, 2, 3))
PERMEATE: Final = tuple(f"S08.MEM.RO00{i}.F_PERM" for i in (1, 2, 3, 4))
DISTILLATE: Final = tuple(f"S08.EVAP.MVR00{i}.F_COND" for i in (1, 2))
SALT: Final = tuple(f"S08.EVAP.CRYS00{i}.SALT_WT" for i in (1, 2))
PURGE: Final = tuple(f"S08.EVAP.CRYS00{i}.PURGE_F" for i in (1, 2))
LEVELS: Final = (*(f"{BLOCK}.EQ{i}_LVL" for i in (1, 2, 3, 4)), f"{BLOCK}.UFT_LVL")
LEVEL_CONDS: Final = (*(f"{BLOCK}.EQ{i}_COND" for i in (1, 2, 3, 4)), f"{BLOCK}.EQ4_COND")
"""The feed tank of the ultrafiltration holds what the last equalisation tank gives it."""
PAIRS: Final = tuple(f"S08.TANK.TANK00{i}.LVL" for i in (1, 2, 5, 6))
PAIR_CONDS: Final = tuple(f"S08.TANK.TANK00{i}.COND" for i in (1, 2, 5, 6))
"""Two tanks before the osmosis trains, two before the evaporators; the others stand behind meters."""
PERMEATE_SALT_PU: Final = 1.0 - float(PERMEATE_T[0])
"""By analysis, §10.2: 0.3 t of salt in 286 t."""
VOLUMES_T: Final = np.array([*TANK_T, *([PAIR_T / 2.0] * 4)])
GROUPS: Final = (IN, IN_COND, PERMEATE, DISTILLATE, SALT, PURGE, LEVELS, PAIRS, LEVEL_CONDS, PAIR_CONDS)


def salt_g_l(ms_cm: Floats) -> Floats:
    """Salt of a water from its conductivity, the inverse of what the twin's probes show."""
    linear, bend = MS_CM_G_L * 1.025, -0.0005 * MS_CM_G_L
    return np.asarray((np.sqrt(linear**2 + 4.0 * bend * ms_cm) - linear) / (2.0 * bend))


class Books:
    """Water and salt that have come, less what has gone, less what is in the tanks, t: (2,) that stays where it is."""

    def __init__(self, tags: TagTable) -> None:
        rows = [[tags.row_of[path] for path in group] for group in GROUPS]
        self._rows = np.array([row for group in rows for row in group], np.intp)
        ends = np.cumsum([len(group) for group in rows])
        self._slices = [slice(int(end) - len(group), int(end)) for end, group in zip(ends, rows, strict=True)]
        self._sums = np.zeros(len(self._rows))
        self._seconds = 0
        self._net_t: Floats = np.zeros(2)
        self._gauged: list[Floats] = []
        self.came_t: Floats = np.zeros(2)
        self.missing_t_d: Floats = np.zeros(2)
        """(2,) water and salt that are missing a day, as of the end of the last day."""
        self.days = 0

    def enter(self, values: Floats) -> bool:
        """Take the next second's readings; True at the end of a day."""
        self._sums += values[self._rows]
        self._seconds += 1
        if self._seconds % MINUTE_S:
            return False
        self._minute(self._sums / MINUTE_S)
        self._sums[:] = 0.0
        if self._seconds % DAY_S:
            return False
        self.days = self._seconds // DAY_S
        window = GAUGED_S // MINUTE_S
        first, last = np.mean(self._gauged[:window], axis=0), np.mean(self._gauged[-window:], axis=0)
        self.missing_t_d = (last - first) / (self.days - GAUGED_S / DAY_S)
        del self._gauged[window:-window]
        return True

    def sigmas(self) -> Floats:
        """(2,) what is missing over what may be missing by chance."""
        meters = METER_PU * self.came_t / self.days / math.sqrt(self.days)
        gaugings = math.sqrt(2.0) * GAUGING_T / (self.days - GAUGED_S / DAY_S)
        return np.asarray(self.missing_t_d / np.hypot(meters, gaugings))

    def _minute(self, mean: Floats) -> None:
        (in_, in_cond, permeate, distillate, salt, purge, level, pair, level_cond, pair_cond) = (
            mean[each] for each in self._slices
        )
        hours = MINUTE_S / 3600.0
        came = np.array([in_.sum(), 0.001 * (in_ * in_cond).sum() / MS_CM_G_L]) * hours
        gone = np.array(
            [
                permeate.sum() + distillate.sum() + salt.sum() + purge.sum(),
                PERMEATE_SALT_PU * permeate.sum()
                + CARRY_OVER_PU * distillate.sum()
                + (1.0 - WATER_PU) * salt.sum()
                + SLURRY_SALT_PU * purge.sum(),
            ]
        )
        self.came_t = self.came_t + came
        self._net_t = self._net_t + came - gone * hours
        held = 0.01 * np.concatenate([level, pair]) * VOLUMES_T
        salts = 0.001 * salt_g_l(np.concatenate([level_cond, pair_cond])) * held
        self._gauged.append(self._net_t - [held.sum(), salts.sum()])


class Closures:
    """The water balance is open by three standard deviations, and with ``salt`` some salt is lost as well, while the
    outfall reads nothing. Where the plant without the fault goes on beside it, that one has to close.
    """

    def __init__(self, *, salt: bool) -> None:
        self._salt = salt
        self._ill: Books | None = None
        self._usual: Books | None = None

    def __call__(self, seen: Seen) -> bool:
        if self._ill is None or self._usual is None:
            self._ill, self._usual = (Books(seen.ill.complex.tags) for _ in range(2))
        if seen.usual.second == seen.ill.second:
            self._usual.enter(seen.usual.values)
        if not self._ill.enter(seen.ill.values):
            return False
        water, salt = self._ill.sigmas()
        if self._usual.days == self._ill.days and abs(self._usual.sigmas()[0]) > CERTAIN:
            return False
        return abs(water) > CERTAIN and (not self._salt or salt > LOST) and seen[f"{BLOCK}.OUTFALL"] == 0.0
