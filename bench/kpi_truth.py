"""What the twin itself knows of a stretch of time: its books and the states of its cells, beside what its tags show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.ledger import MASS, POWER, REO
from didymium.twin.plant import TwinPlant

Floats = NDArray[np.float64]

DAY_S: Final = 86_400.0
DISCHARGE: Final = 9
MOTOR_KG: Final = 10.0
FLAKES_OF_CHARGE: Final = 0.985
"""As the twin's furnaces are set."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The books, t and MWh since the twin began, and the (cells,) counters at a moment."""

    books: Mapping[tuple[str, str, str, str], float]
    cells: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a KPI of a scope should come to, within ``tolerance``: a share of it, or of 1 where ``absolute``."""

    kpi: str
    scope: str
    value: float
    tolerance: float
    absolute: bool = False

    def deviation(self, found: float) -> float:
        """How far off a value is, as a share of the truth, or of 1."""
        return abs(found - self.value) / (1.0 if self.absolute else abs(self.value))


class Watch:
    """Follows a twin: call ``look`` after every minute."""

    def __init__(self, twin: TwinPlant) -> None:
        self._twin = twin
        models: Mapping[str, Any] = twin.models
        self._cells, self._casters = models["T_CELL"], models["T_SC"]
        self._charge_ka_s = np.zeros(len(self._cells.cells))
        self._step = self._casters.timetable.step.copy()
        self.discharges = 0

    def look(self, seconds: float) -> None:
        """Add up what no counter of the twin keeps."""
        self._charge_ka_s += self._cells.cells.current_ka * seconds
        step = self._casters.timetable.step.copy()
        self.discharges += int(((step == DISCHARGE) & (self._step != DISCHARGE)).sum())
        self._step = step

    def moment(self) -> Moment:
        """The books as they are now."""
        c, stores = self._cells.cells, self._cells.stores
        books = {(s.kind, s.source, s.target, s.goods): amount for s, amount in self._twin.ledger.moved()}
        books["heats", "S05", "", ""] = float(self.discharges)
        return Moment(
            books,
            {
                "tapped": c.tapped_kg.copy(),
                "made": (c.tapped_re_kg + c.pool_kg) / c.re_share,
                "recovered": c.tapped_re_kg * c.oxide_kg_kg,
                "theory": self._charge_ka_s * c.metal_kg_ka_s / c.re_share,
                "energy": c.energy_kwh.copy(),
                "fed": stores.refilled_kg - stores.hopper_kg,
                "effects": c.effects.copy(),
            },
        )

    def truths(self, begin: Moment, end: Moment, seconds: float) -> list[Truth]:
        """What the KPIs of the whole stretch between two moments should come to."""
        return [*self._of_cells(begin, end, seconds), *_of_books(_Between(begin, end))]

    def _of_cells(self, begin: Moment, end: Moment, seconds: float) -> Iterator[Truth]:
        bank, came = self._cells.bank, _Between(begin, end)
        for site in ("S03", "S04", "S10"):
            of = bank.at_site(site)
            kg = {name: float((end.cells[name] - begin.cells[name])[of].sum()) for name in end.cells}
            days = len(of) * seconds / DAY_S
            yield Truth("metal", site, kg["tapped"] / 1e3, 0.005)
            yield Truth("current_efficiency", site, 100.0 * kg["made"] / kg["theory"], 0.01)
            yield Truth("dc_energy", site, kg["energy"] / kg["tapped"], 0.01)
            yield Truth("oxide_use", site, kg["fed"] / kg["tapped"], 0.02)
            yield Truth("direct_recovery", site, 100.0 * kg["recovered"] / kg["fed"], 0.02)
            yield Truth("anode_effects", site, kg["effects"] / days, 0.02, absolute=True)
            yield Truth("ac_energy", site, 1e3 * came.power(site) / kg["tapped"], 0.01)


class _Between:
    """What was booked between two moments."""

    def __init__(self, begin: Moment, end: Moment) -> None:
        self._moved = {key: amount - begin.books.get(key, 0.0) for key, amount in end.books.items()}

    def sum(self, kind: str, source: str, target: str, goods: str) -> float:
        """All streams of which the words are given; "" is any, and goods may begin with them."""
        return sum(
            amount
            for (k, s, t, g), amount in self._moved.items()
            if k == kind and source in ("", s) and target in ("", t) and g.startswith(goods)
        )

    def trucks(self, site: str) -> float:
        """What a site sent to the market by road, t."""
        sent = {key: amount for key, amount in self._moved.items() if key[:3] == (MASS, site, "MARKET")}
        return sum(amount for (*_, goods), amount in sent.items() if not goods.endswith("by rail"))

    def power(self, site: str) -> float:
        """Electricity to a site, MWh."""
        return self.sum(POWER, "S23", site, "electricity")


def _of_books(came: _Between) -> Iterator[Truth]:
    flakes_t = came.sum(MASS, "S05", "", "NdFeB flakes")
    water_t = came.sum(MASS, "S01", "S08", "waste water")
    reused_t = came.sum(MASS, "S08", "", "reuse water")
    yield Truth("flakes", "S05", flakes_t, 0.005)
    yield Truth("site_heats", "S05", came.sum("heats", "S05", "", ""), 2.0, absolute=True)
    yield Truth("casting_yield", "S05", 100.0 * FLAKES_OF_CHARGE, 0.005)
    yield Truth("casting_energy", "S05", came.power("S05") / flakes_t, 0.01)
    yield Truth("carbonate", "S02", came.sum(MASS, "", "S02", "carbonate"), 0.01)
    yield Truth("kiln_oxide", "S02", came.sum(MASS, "S02", "", "oxide"), 0.01)
    yield Truth(
        "treo_yield", "S02", 100.0 * came.sum(REO, "S02", "", "oxide") / came.sum(REO, "", "S02", "carbonate"), 0.015
    )
    yield Truth("water_treated", "S08", water_t, 0.01)
    yield Truth("water_reused", "S08", reused_t, 0.02)
    yield Truth("recycle_rate", "S08", 100.0 * reused_t / water_t, 0.02)
    yield Truth("water_energy", "S08", 1e3 * came.power("S08") / water_t, 0.02)
    yield Truth("salt", "S08", came.sum(MASS, "S08", "", "salt crystals"), 0.03)
    yield Truth("outfall", "S08", came.sum(MASS, "S08", "GROUND", ""), 0.02, absolute=True)
    yield Truth("motors", "S07", 1e3 * came.sum(MASS, "S07", "", "Motors") / MOTOR_KG, 0.01)
    yield Truth("ab5", "S06", came.sum(MASS, "S06", "S09", "AB5 alloy"), 0.05)
    yield Truth("powder", "S21", came.sum(MASS, "S21", "S09", "Polishing powder"), 0.05)
    yield Truth("shipped", "S09", came.trucks("S09"), 0.04)
    yield Truth("energy_bought", "", came.sum(POWER, "GRID", "S23", ""), 0.005)
    for site in ("S01", "S02", "S03", "S04", "S05", "S06", "S08", "S10"):
        yield Truth("energy", site, came.power(site), 0.01)
