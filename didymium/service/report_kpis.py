"""The key figures of a shift, for its report: as they stand while it runs, as they were kept once it is over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from didymium.kpi.definitions import Kpi, Kpis
from didymium.kpi.entries import Per
from didymium.kpi.scopes import COMPLEX
from didymium.kpi.values import NOT_YET, why_none
from didymium.kpi.windows import Asked
from didymium.model.shifts import Shift, Shifts
from didymium.records.store import Records
from didymium.web.kpi_desk import Page
from didymium.web.kpi_row import Found, kpi_row


class ShiftKpis:
    """``page`` gives the KPIs of the shift that runs; ``points`` by site how many readings were expected and came."""

    def __init__(
        self,
        kpis: Kpis,
        shifts: Shifts,
        records: Records,
        page: Callable[[Asked], Page],
        points: Callable[[int, int], Mapping[str, tuple[int, int]]],
    ) -> None:
        self._kpis, self._shifts, self._records, self._page, self._points = kpis, shifts, records, page, points

    def __call__(self, site: str, shift: Shift, at_us: int) -> list[dict[str, Any]]:
        """Those of a site, or of all ("") with the complex's own, as ``/api/kpis`` tells them; units are left out."""
        found = self._kept(shift) if at_us >= shift.to_us else self._running()
        whole_us = shift.to_us - shift.from_us
        over = (at_us - shift.from_us) / whole_us
        return [
            kpi_row(kpi, row, whole_us, over, found[kpi.id, row])
            for kpi, row in self._wanted(site)
            if (kpi.id, row) in found
        ]

    def _wanted(self, site: str) -> Iterator[tuple[Kpi, int]]:
        for kpi in self._kpis.kpis:
            if kpi.helper or kpi.per is Per.UNIT:
                continue
            for row, scope in enumerate(kpi.scopes):
                if not site or (scope.site is not None and scope.site.id == site):
                    yield kpi, row

    def _running(self) -> dict[tuple[str, int], Found]:
        page = self._page(Asked.SHIFT)
        return {
            (id_, row): Found(
                float(value.value[row]),
                float(page.before[id_].value[row]) if id_ in page.before else math.nan,
                float(value.complete[row]),
                value.why(row),
            )
            for id_, value in page.values.items()
            for row in range(len(value.kpi.scopes))
        }

    def _kept(self, shift: Shift) -> dict[tuple[str, int], Found]:
        """The newest version of each; how complete it is, is that of its site, which is kept as long."""
        now, before = (self._newest(each) for each in (shift, self._shifts.same_shift_yesterday(shift)))
        points = self._points(shift.from_us, shift.to_us)
        shares = {site: _share(*each) for site, each in points.items()}
        shares[COMPLEX] = _share(*map(sum, zip((0, 0), *points.values(), strict=True)))
        whole_us = shift.to_us - shift.from_us
        found = {}
        for kpi, row in self._wanted(""):
            scope = kpi.scopes[row]
            share = shares.get(scope.site.id if scope.site is not None else COMPLEX, math.nan)
            came = (kpi.id, scope.id) in now  # what came to nothing is kept too, but not where no reading came
            value, version = now.get((kpi.id, scope.id), (math.nan, 0))
            why = None
            if math.isnan(value):
                why = why_none(kpi, whole_us, came, kpi.needs is not None) if now else NOT_YET
            earlier, _ = before.get((kpi.id, scope.id), (math.nan, 0))
            found[kpi.id, row] = Found(value, earlier, share, why, version)
        return found

    def _newest(self, shift: Shift) -> Mapping[tuple[str, str], tuple[float, int]]:
        kept = self._records.kpis.of_window(shift.from_us, shift.to_us)
        rows = zip(kept.values.kpi, kept.values.scope, kept.values.value.tolist(), kept.version.tolist(), strict=True)
        return {(kpi, scope): (value, version) for kpi, scope, value, version in rows}


def _share(expected: int, received: int) -> float:
    return received / expected if expected else math.nan
