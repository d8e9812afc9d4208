"""What the web room is given of the KPIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from didymium.kpi.amounts import DayAmount
from didymium.kpi.definitions import Kpi, Kpis
from didymium.kpi.forecast import Forecast
from didymium.kpi.values import Value
from didymium.kpi.windows import Asked, Window
from didymium.model.readings import Readings
from didymium.model.shifts import Shifts
from didymium.records.store import Records

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Page:
    """All KPIs in one window, by id; ``before`` in the same window a day earlier.

    ``versions`` has the newest version of KPI and scope where the window is kept.
    """

    t: int
    window: Window
    values: Mapping[str, Value]
    before: Mapping[str, Value]
    forecasts: Mapping[str, Forecast]
    versions: Mapping[tuple[str, str], int]


class KpiDesk(Protocol):
    """What KPIs come to. The calls block: the historian and the records may be asked."""

    kpis: Kpis
    shifts: Shifts
    records: Records

    def page(self, asked: Asked) -> Page:
        """All KPIs in a window; at most a second old."""
        ...

    def amounts(self) -> Mapping[str, DayAmount]:
        """The headlines and flows of the day by their KPIs' ids; at most a second old."""
        ...

    def settled(self, window: Window) -> Window:
        """The window as far as all of it is stored."""
        ...

    def proof(self, kpi: Kpi, window: Window, *, anew: bool = False) -> Mapping[str, Value]:
        """A KPI and all that it uses, in any window, ``anew`` from what is stored alone. Raises ``HistorianError``."""
        ...

    def values(self, ids: frozenset[str], window: Window) -> Mapping[str, Value]:
        """Some KPIs and all that they use, in this very window. Raises ``HistorianError``."""
        ...

    def stepped(self, kpi: Kpi, starts: NDArray[np.int64], step_us: int) -> tuple[Floats, Floats]:
        """(steps, scopes) a KPI in steps of the last two days, and the shares of the expected readings that came."""
        ...

    def touch(self, readings: Readings) -> None:
        """Note that the history of these moments was changed: what comes of it is reckoned anew."""
        ...
