"""Vacuum sintering of S22: three furnaces, 3 t of magnets a day (domain reference §14)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats
from didymium.twin.display import Display
from didymium.twin.point import EXACT, Point, exact
from didymium.twin.sequence import Ramp, Step, Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.magnets import DecrepitationFurnaces

ZONES: Final = 6
SINTER_C: Final = 1065.0
AGE_C: Final = 500.0


UNLOADING: Final = 7
SHOWN: Final = ("Z[6]_T", "Z[6]_OUT", "KWH", "LOT_ID")


class SinteringFurnaces:
    """Zones follow their set-points; energy follows their heaters."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable = bank, timetable
        decrepitating = around.models.get("T_HD")
        self._goods = decrepitating.goods if isinstance(decrepitating, DecrepitationFurnaces) else None
        if self._goods is not None:
            for furnace in np.flatnonzero(timetable.step < UNLOADING):
                self._goods.load(int(furnace))
                self._goods.refill()
        self._offset = np.random.default_rng([around.seed, 0x517]).normal(0.0, 0.5, (len(bank), 6))
        self._set, self._zones, self._output = bank.aim("Z[]_SP"), bank.now("Z[]_T"), bank.now("Z[]_OUT")
        self._numbers = np.array([unit.number for unit in bank.units]) * 10_000.0
        self._display = Display(bank, SHOWN)
        self._display.tags["KWH"] = 68.0 * around.totalised_s / 3600.0
        self._number()
        self._show()
        bank.value[:] = bank.target
        bank.now("Z[]_T")[:] = self._set + self._offset

    def step(self, second: int) -> None:
        """Charge and discharge; heat, cool, count."""
        entered = self.timetable.entered
        if entered:
            self._number()
            if self._goods is not None:
                for furnace in entered.get("LOAD", ()):
                    self._goods.load(furnace)
                for furnace in entered.get("UNLOAD", ()):
                    self._goods.unload(furnace)
        self._show()

    def _number(self) -> None:
        self._display.tags["LOT_ID"] = self._numbers + self.timetable.cycle % 9_000

    def _show(self) -> None:
        show_sintering(self._set, self._zones, self._output, self._offset, self._display.tags)
        self._display.show()


@njit(cache=True)
def show_sintering(set_c: Floats, zone_c: Floats, output_pct: Floats, offset_c: Floats, tags: NDArray[Any]) -> None:
    """Fill the records of ``SHOWN``."""
    for i in range(len(set_c)):
        shown = tags[i]
        power_kw = 6.0
        for z in range(ZONES):
            shown.Z_T[z] = set_c[i, z] + offset_c[i, z]
            shown.Z_OUT[z] = min(86.0, max(0.0, 0.05 * zone_c[i, z] + 1.2 * (set_c[i, z] - zone_c[i, z])))
            power_kw += 0.3 * output_pct[i, z]
        shown.KWH += power_kw / 3600.0


SINTERING_FURNACE: Final = UnitType(
    points={
        "Z[]_T": Point(25.0, 0.25, 0.12, 0.0, 90.0),
        "Z[]_SP": exact(25.0),
        "Z[]_OUT": Point(0.0, 0.0, 0.2, 0.0, 5.0),
        "VAC[]": Point((0.014, 0.02), 0.001, 0.0002, 0.001),
        "LEAK": Point(0.03, 0.003, 0.001, 0.003),
        "AR_P": Point(0.1, 0.001, 0.0005, 0.0, 60.0),
        "FAN_A": Point(0.0, 0.0, 0.6, 0.0, 10.0),
        "CW_F[]": Point(31.0, 0.3, 0.3, 0.6),
        "CW_T[]": Point(30.0, 0.4, 0.08, 0.6, 90.0),
        "PMP_A[]": Point(24.0, 0.4, 0.15, 0.8),
        "LOT_ID": EXACT,
    },
    steps=(
        Step("LOAD", 1, 40 * 60.0, {"Z[]_SP": 30.0, "DOOR": 1.0}),
        Step("PUMP", 2, 60 * 60.0, {"Z[]_SP": 30.0, "AR_P": 0.0, "PMP_A[]": 44.0}),
        Step("DEGAS", 3, 180 * 60.0, {"Z[]_SP": Ramp(620.0, 30.0), "AR_P": 0.0, "PMP_A[]": 36.0}),
        Step("HEAT_UP", 4, 150 * 60.0, {"Z[]_SP": Ramp(SINTER_C, 620.0), "AR_P": 0.0, "CW_T[]": 35.0}),
        Step("SINTER", 5, 240 * 60.0, {"Z[]_SP": SINTER_C, "AR_P": 0.0, "CW_T[]": 37.0}),
        Step("QUENCH", 6, 60 * 60.0, {"Z[]_SP": Ramp(120.0, SINTER_C), "AR_P": 0.18, "FAN_A": 215.0, "CW_T[]": 40.0}),
        Step("AGE", 7, 330 * 60.0, {"Z[]_SP": AGE_C, "AR_P": 0.0, "CW_T[]": 33.0}),
        Step("UNLOAD", 8, 45 * 60.0, {"Z[]_SP": 40.0, "DOOR": 1.0}),
        Step("IDLE", 0, 0.0, {"Z[]_SP": 30.0}),
    ),
    period_s=20 * 3600.0,
    state_tag="STEP",
    model=SinteringFurnaces,
)
