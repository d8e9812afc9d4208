"""The key figures of a shift, for its report: as they stand while it runs, as they were kept once it is over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from didymium.kpi.definitions import Kpi, Kpis
from didymium.kpi.entries import Per
from didymium.kpi.scopes import COMPLEX
from didymium.kpi.values import NO_READINGS, TOO_SHORT
from didymium.kpi.verdict import verdict
from didymium.kpi.windows import Asked
from didymium.model.plant import Text
from didymium.model.shifts import Shift, Shifts
from didymium.records.store import Records
from didymium.web.alarm_table import number, said
from didymium.web.kpi_desk import Page

DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class _Found:
    """What a KPI came to in one scope; NaN where there is none."""

    value: float
    before: float = math.nan
    complete: float = math.nan
    why: Text | None = None
    version: int = 0


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
        share = (at_us - shift.from_us) / whole_us
        return [
            _row(kpi, row, whole_us, share, found[kpi.id, row])
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

    def _running(self) -> dict[tuple[str, int], _Found]:
        page = self._page(Asked.SHIFT)
        return {
            (id_, row): _Found(
                float(value.value[row]),
                float(page.before[id_].value[row]) if id_ in page.before else math.nan,
                float(value.complete[row]),
                value.why(row),
            )
            for id_, value in page.values.items()
            for row in range(len(value.kpi.scopes))
        }

    def _kept(self, shift: Shift) -> dict[tuple[str, int], _Found]:
        """The newest version of each; how complete it is, is that of its site, which is kept as long."""
        now, before = (self._newest(each) for each in (shift, self._shifts.same_shift_yesterday(shift)))
        points = self._points(shift.from_us, shift.to_us)
        shares = {site: _share(*each) for site, each in points.items()}
        shares[COMPLEX] = _share(*map(sum, zip((0, 0), *points.values(), strict=True)))
        found = {}
        for kpi, row in self._wanted(""):
            scope = kpi.scopes[row]
            share = shares.get(scope.site.id if scope.site is not None else COMPLEX, math.nan)
            value, version = now.get((kpi.id, scope.id), (math.nan, 0))
            short = kpi.minimum_us > shift.to_us - shift.from_us
            why = None if not math.isnan(value) else TOO_SHORT if short else kpi.why or NO_READINGS
            earlier, _ = before.get((kpi.id, scope.id), (math.nan, 0))
            found[kpi.id, row] = _Found(value, earlier, share, why, version)
        return found

    def _newest(self, shift: Shift) -> Mapping[tuple[str, str], tuple[float, int]]:
        kept = self._records.kpis.of_window(shift.from_us, shift.to_us)
        rows = zip(kept.values.kpi, kept.values.scope, kept.values.value.tolist(), kept.version.tolist(), strict=True)
        return {(kpi, scope): (value, version) for kpi, scope, value, version in rows}


def _share(expected: int, received: int) -> float:
    return received / expected if expected else math.nan


def _row(kpi: Kpi, row: int, whole_us: int, share: float, found: _Found) -> dict[str, Any]:
    plan = float(kpi.plan[row]) * whole_us / DAY_US if kpi.amount else float(kpi.plan[row])
    due = plan * share if kpi.amount else plan
    return {
        "id": kpi.id,
        "name": said(kpi.name),
        "group": kpi.group,
        "unit": kpi.unit,
        "decimals": kpi.decimals,
        "scope": kpi.scopes[row].id,
        "value": number(found.value),
        "why": said(found.why) if found.why is not None else None,
        "complete": number(found.complete),
        "plan": number(plan),
        "target": None if kpi.low is None and kpi.high is None else {"low": kpi.low, "high": kpi.high},
        "verdict": str(verdict(found.value, kpi.low, kpi.high, due, found.complete)),
        "before": number(found.before),
        "forecast": None,
        "origin": str(kpi.origin),
        "source": kpi.source,
        "revised": found.version > 1,
        "version": found.version,
    }
