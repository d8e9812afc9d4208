"""Where a tag stands in normal running, how far it wanders and how noisy its sensor is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import Kind, TagTable

Floats = NDArray[np.float64]

DIRECT = frozenset({Kind.COUNTER, Kind.ENUM, Kind.BOOL, Kind.ID, Kind.BITS, Kind.INT})
"""Kinds that a PLC computes rather than measures: no lag, no wander, no noise."""

_INDEX_RANGE = re.compile(r"\[\d+\.\.\w+\]")
_ALARM_SHARE = {"%LEL": 0.06, "ppm": 0.3, "ppmv": 0.2, "mm/s": 0.38, "mg/m³": 0.4, "µSv/h": 0.12, "°C": 0.78}
"""Share of the H limit at which a tag with no L limit stands, by unit of measure; others stand at 0.65."""
_LAG_S = {"°C": 45.0, "%": 8.0, "Pa": 6.0, "kPa": 5.0, "MPa": 5.0, "kW": 4.0, "A": 3.0, "Hz": 4.0, "m³/h": 4.0}
_PROPORTIONAL = frozenset({"A", "kW", "kA", "m³/h", "Nm³/h", "kNm³/h", "t/h", "L/min", "L/h", "mL/h", "g/min", "kg/h"})
"""Units whose noise is a share of the reading, so that a stopped machine reads a clean zero."""


@dataclass(frozen=True, slots=True)
class Point:
    """A tag's operating point in its own unit; what is None follows from the template's limits and range.

    ``at`` gives one value, or one per index of a family. ``wander`` and ``noise`` are standard deviations of
    the slow and the fast part, ``spread`` of the fixed difference between units, ``lag_s`` the time constant
    with which the reading follows a new target.
    """

    at: float | tuple[float, ...] | None = None
    wander: float | None = None
    noise: float | None = None
    spread: float | None = None
    lag_s: float | None = None


EXACT = Point(wander=0.0, noise=0.0, spread=0.0, lag_s=0.0)
"""A value that the PLC holds or computes: its model writes it and nothing is added."""


def exact(at: float | tuple[float, ...] = 0.0) -> Point:
    """A held or computed value that starts at ``at``."""
    return Point(at, 0.0, 0.0, 0.0, 0.0)


def family(name: str) -> str:
    """A template tag's name with its index range left out: ``Z[1..8]_T1`` -> ``Z[]_T1``."""
    return _INDEX_RANGE.sub("[]", name)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Columns over the n tags of a table slice; amplitudes are ``absolute + relative * |value|``."""

    at: Floats
    gain: Floats
    wander_abs: Floats
    wander_rel: Floats
    noise_abs: Floats
    noise_rel: Floats
    spread: Floats


def behaviour(
    tags: TagTable, rows: NDArray[np.intp], points: Mapping[str, float | tuple[float, ...] | Point]
) -> Behaviour:
    """How each tag in ``rows`` behaves, from its unit type's points and, where they are silent, its template.

    Amplitudes are capped so that a tag at its operating point keeps clear of its own L and H limits.
    """
    n = len(rows)
    columns = {name: np.zeros(n) for name in Behaviour.__dataclass_fields__}
    seen: dict[str, int] = {}
    for i, row in enumerate(rows):
        name = family(tags.template_tag[row].name)
        index = seen.get(name, 0)
        seen[name] = index + 1
        given = points.get(name, Point())
        point = given if isinstance(given, Point) else Point(given)
        at = point.at[index % len(point.at)] if isinstance(point.at, tuple) else point.at
        for column, value in zip(columns.values(), _one(tags, int(row), point, at), strict=True):
            column[i] = value
    return Behaviour(**columns)


def _one(tags: TagTable, row: int, point: Point, at: float | None) -> tuple[float, ...]:
    kind = tags.kind[row]
    low, high = float(tags.low[row]), float(tags.high[row])
    if kind in DIRECT:
        return (_direct_at(tags, row) if at is None else at, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    unit = tags.template_tag[row].unit
    limit_low = float(tags.l[row]) if np.isfinite(tags.l[row]) else low
    limit_high = float(tags.h[row]) if np.isfinite(tags.h[row]) else high
    if at is None:
        at = _analog_at(tags, row, unit)
    resolution = 1.0 / tags.scale[row] if tags.scale[row] > 0 else 0.005 * abs(at)
    clear = max(0.0, min(at - limit_low, limit_high - at))
    if at == low and point.wander is None:
        clear = 0.0
    size = max(abs(at), 0.02 * (high - low) if np.isfinite(high - low) else 0.0)
    wander = min(0.012 * size, clear / 9) if point.wander is None else point.wander
    sigma = tags.template_tag[row].noise_sigma
    noise = point.noise
    if noise is None:
        noise = sigma if np.isfinite(sigma) and sigma > 0 else max(0.7 * resolution, 0.0015 * size)
        noise = min(noise, clear / 12)
    spread = min(0.015 * size, clear / 12) if point.spread is None else point.spread
    lag_s = _LAG_S.get(unit, 5.0) if point.lag_s is None else point.lag_s
    gain = 1.0 if lag_s <= 0 else -np.expm1(-1.0 / lag_s)
    if unit in _PROPORTIONAL and at > 0:
        return at, gain, 0.0, wander / at, 0.0, noise / at, spread / at
    return at, gain, wander, 0.0, noise, 0.0, spread / abs(at) if at else 0.0


def _direct_at(tags: TagTable, row: int) -> float:
    """A condition that alarms when false stands true, one that alarms when true stands false."""
    if tags.kind[row] is Kind.BOOL:
        return 1.0 if tags.ll[row] == 0 else 0.0
    return 0.0 if tags.kind[row] is not Kind.ID else 1.0


def _analog_at(tags: TagTable, row: int, unit: str) -> float:
    low, high, limit_low, limit_high = (float(c[row]) for c in (tags.low, tags.high, tags.l, tags.h))
    if np.isfinite(limit_low) and np.isfinite(limit_high):
        return 0.5 * (limit_low + limit_high)
    if np.isfinite(limit_high):
        return low + _ALARM_SHARE.get(unit, 0.65) * (limit_high - low)
    if np.isfinite(limit_low):
        return min(limit_low + 0.4 * (high - limit_low), limit_low + 0.3 * (limit_low - low) + 0.05 * (high - low))
    return low + 0.45 * (high - low) if np.isfinite(high - low) else max(low, 0.0)
