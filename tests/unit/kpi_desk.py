"""KPIs of a small complex, fed by hand: the starter's reactor, tanks and common block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from didymium.kpi.building import check, read_kpis
from didymium.kpi.definitions import Kpis
from didymium.kpi.parts import MINUTE_US, Parts
from didymium.kpi.values import Value, reckoned
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.model.readings import Readings

START_US = 1_800_000_000_000_000  # a whole hour
HOUR_US = 60 * MINUTE_US
REACTOR, TANK = "S01.PR1.PRECIP001", "S02.TANK.TANK00"
BAD = 0x8000_0000
EACH = (
    'name = { en = "X", zh = "甲" }\ndescription = { en = "x", zh = "甲" }\ngroup = "production"\n'
    'origin = "assumed"\nsource = "example"\n'
)
UNIT = 'per = "unit"\ntemplates = ["T_PRECIP"]\n'
SITE = 'per = "site"\nsites = ["S01"]\n'
WHOLE = 'per = "complex"\n'


def kpi(formula: str, unit: str, of: str = UNIT, more: str = "", id_: str = "x") -> str:
    """One ``[[kpis]]``."""
    return f'[[kpis]]\nid = "{id_}"\n{EACH}formula = "{formula}"\nunit = "{unit}"\n{of}{more}'


def complex_with(folder: Path, text: str) -> Complex:
    """The starter's complex in ``folder`` with a ``kpis.toml``."""
    starter.write(folder)
    (folder / "kpis.toml").write_text(text, encoding="utf-8")
    return read_complex(folder)


def mistakes_of(folder: Path, text: str) -> list[str]:
    """What ``didymium check`` says of a ``kpis.toml``."""
    plant = complex_with(folder, text)
    return [str(mistake) for mistake in check(folder, plant)]


class Desk:
    """Folds what is fed and says what KPIs come to."""

    def __init__(self, folder: Path, text: str, minutes: int = 49 * 60) -> None:
        self.plant = complex_with(folder, text)
        self.kpis: Kpis = read_kpis(folder, self.plant)
        self.parts = Parts(self.kpis.slots, START_US // MINUTE_US, minutes)

    def feed(self, path: str, values: Mapping[float, float] | Sequence[float], *, status: int = 0) -> None:
        """Readings of a tag by the second from the start, or one a second from the first second on."""
        at = values if isinstance(values, Mapping) else dict(enumerate(values))
        row = self.plant.tags.row_of[path]
        (tag,) = np.flatnonzero(self.kpis.slots.rows == row)
        n = len(at)
        time_us = np.array([START_US + round(second * 1e6) for second in at], np.int64)
        readings = Readings.of(
            np.zeros(n, np.uint32), time_us, np.array(list(at.values()), np.float64), np.full(n, status, np.uint32)
        )
        self.parts.take(readings, np.full(n, tag, np.int32))

    def value(self, id_: str = "x", hours: float = 1.0, from_hours: float = 0.0) -> Value:
        """A KPI over a window from the start on."""
        wanted = self.kpis.with_used(frozenset({id_}))
        from_us, to_us = (START_US + round(h * HOUR_US) for h in (from_hours, hours))
        return reckoned(self.kpis, wanted, self.parts, from_us, to_us, self.delivered, now_us=to_us + HOUR_US)[id_]

    def worth(self, id_: str = "x", hours: float = 1.0, scope: int = 0) -> float:
        """Its value in one scope."""
        return float(self.value(id_, hours).value[scope])

    def delivered(self, from_us: int, to_us: int) -> tuple[np.ndarray, np.ndarray]:
        """Of S01 all readings came, of S02 every second one."""
        return np.array([1000.0, 400.0]), np.array([1000.0, 200.0])
