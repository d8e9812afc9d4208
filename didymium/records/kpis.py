"""Values of KPIs over windows that are closed, each version with the inputs that it came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, and_, func, insert, select

from didymium.records import bulk
from didymium.records.bulk import listed
from didymium.records.engine import Store, Turn
from didymium.records.schema import KPI_VALUE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Values:
    """Columns of one length, a row per value.

    ``scope`` is the site, unit or complex of the value; its window goes from ``start_us`` to ``end_us``, not included.
    ``value`` is NaN where there was nothing to compute from; ``inputs`` is a hash of all that it was computed from, at
    ``computed_us`` (all µs UTC). ``complete`` is the share of the expected readings behind it, NaN where nobody knows.
    """

    kpi: Sequence[str]
    scope: Sequence[str]
    start_us: Ints
    end_us: Ints
    value: Floats
    inputs: Sequence[str]
    computed_us: Ints
    complete: Floats


@dataclass(frozen=True, slots=True)
class Versions:
    """Values as kept; ``version`` counts from 1 within a KPI, scope and window."""

    values: Values
    version: Ints


_KEY: Final = ("kpi", "scope", "start_us", "end_us")
_COLUMNS: Final = (*_KEY, "value", "inputs", "computed_us", "complete")
_DTYPE: Final = {
    "start_us": np.int64, "end_us": np.int64, "value": np.float64, "computed_us": np.int64, "complete": np.float64,
    "version": np.int64,
}  # fmt: skip


class KpiValues:
    """Keeps every version that was ever shown, only ever added to."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, values: Values) -> int:
        """Keep the values whose inputs or result differ from the newest version, as new versions; how many are.

        A KPI, scope and window comes once in ``values``.
        """
        columns = [listed(getattr(values, name)) for name in _COLUMNS]
        rows = [dict(zip(_COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]
        if not rows:
            return 0
        span = and_(KPI_VALUE.c.start_us >= min(columns[2]), KPI_VALUE.c.start_us <= max(columns[2]))
        mine = and_(span, KPI_VALUE.c.kpi.in_(sorted(set(columns[0]))))
        with self._store.writing(Turn.KPIS) as connection:
            newest = {tuple(row[:4]): row for row in connection.execute(_newest(mine))}
            fresh = []
            for row in rows:
                before = newest.get(tuple(row[name] for name in _KEY))
                if before is None or before.inputs != row["inputs"] or not _same(before.value, row["value"]):
                    fresh.append({**row, "version": 1 if before is None else before.version + 1})
            if fresh:
                connection.execute(insert(KPI_VALUE), fresh)
        return len(fresh)

    def newest(self, kpi: str, scope: str, from_us: int, to_us: int) -> Versions:
        """The newest version of each window that begins in a span of time, by window."""
        table = KPI_VALUE.c
        span = and_(table.start_us >= from_us, table.start_us < to_us)
        return self._asked(_newest(and_(table.kpi == kpi, table.scope == scope, span)))

    def of_window(self, start_us: int, end_us: int) -> Versions:
        """The newest version of every KPI and scope of one window."""
        table = KPI_VALUE.c
        return self._asked(_newest(and_(table.start_us == start_us, table.end_us == end_us)))

    def versions(self, kpi: str, scope: str, start_us: int, end_us: int) -> Versions:
        """All versions of one window, oldest first."""
        table = KPI_VALUE.c
        window = and_(table.start_us == start_us, table.end_us == end_us)
        return self._asked(select(KPI_VALUE).where(table.kpi == kpi, table.scope == scope, window))

    def _asked(self, wanted: Select[Any]) -> Versions:
        table = KPI_VALUE.c
        ordered = wanted.order_by(table.start_us, table.end_us, table.version)
        with self._store.reading() as connection:
            found = connection.execute(ordered).all()
        columns = bulk.columns(KPI_VALUE.c.keys(), found)
        columns |= {name: np.array(columns[name], dtype) for name, dtype in _DTYPE.items()}
        return Versions(Values(*(columns[name] for name in _COLUMNS)), columns["version"])


def _same(kept: float | None, value: float | None) -> bool:
    """Whether a kept value is this one; some stores keep nothing in the place of NaN."""
    return kept == value or all(each is None or math.isnan(each) for each in (kept, value))


def _newest(condition: Any) -> Select[Any]:
    """Rows that meet the condition and have no later version."""
    later = KPI_VALUE.alias()
    same = and_(*(later.c[name] == KPI_VALUE.c[name] for name in _KEY))
    last = select(func.max(later.c.version)).where(same).scalar_subquery()
    return select(KPI_VALUE).where(condition, KPI_VALUE.c.version == last)
