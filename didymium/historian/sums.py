"""What a minute or an hour of a tag comes to, summed in the order of time so that it is the same to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.historian.engine import Columns, column
from didymium.historian.native import Column, encode
from didymium.historian.schema import MINUTE_US, ROLLUP_TYPES
from didymium.historian.windows import HOUR_US
from didymium.model.readings import Readings
from didymium.model.status import SEVERITY_SHIFT


@dataclass(frozen=True, slots=True)
class Sums:
    """Columns of equal length, one row per tag and minute, or tag and hour, by tag and time.

    ``start_s`` is the unix second of the start; ``n`` counts the readings, ``n_good`` the good finite ones, of which
    are ``low``, ``high`` (NaN without any) and ``total``; ``first_us`` and ``last_us`` count from the start. A row with
    ``n`` 0 says that nothing is there any more.
    """

    tag: NDArray[np.uint32]
    start_s: NDArray[np.uint32]
    n: NDArray[np.uint32]
    n_good: NDArray[np.uint32]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    total: NDArray[np.float64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    first_us: NDArray[np.uint32]
    last_us: NDArray[np.uint32]
    last_status: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.tag)

    def columns(self) -> list[NDArray[Any]]:
        """The columns in their order."""
        return [getattr(self, each.name) for each in fields(self)]

    def take(self, rows: NDArray[Any] | slice) -> Sums:
        """The chosen rows, in the order given."""
        return Sums(*(each[rows] for each in self.columns()))

    @staticmethod
    def concat(parts: Sequence[Sums]) -> Sums:
        """All rows of all parts, in order."""
        if len(parts) == 1:
            return parts[0]
        return Sums(*(np.concatenate(each) for each in zip(*(part.columns() for part in parts), strict=True)))

    @staticmethod
    def nothing(tag: NDArray[np.uint32], start_s: NDArray[np.uint32]) -> Sums:
        """Rows that say that nothing is there."""
        none, nan = np.zeros(len(tag), np.uint32), np.full(len(tag), np.nan)
        return Sums(tag, start_s, none, none, nan, nan, np.zeros(len(tag)), nan, nan, none, none, none)


def sums_block(sums: Sums, start: str, version: int) -> bytes:
    """The rows as a Native block of ``points_1m`` (``start`` is "minute") or ``points_1h`` ("hour")."""
    types = {start if name == "minute" else name: kind for name, kind in ROLLUP_TYPES.items()}
    columns: list[Column] = [*sums.columns(), np.full(len(sums), version, np.uint64)]
    return encode(types, columns)


def sums_of(found: Columns, start: str) -> Sums:
    """An answer with the columns of ``points_1m`` or ``points_1h`` as sums."""
    names = [start if each.name == "start_s" else each.name for each in fields(Sums)]
    floats = ("low", "high", "total", "first", "last")
    return Sums(*(column(found, name, np.float64 if name in floats else np.uint32) for name in names))


def minute_sums(readings: Readings) -> Sums:
    """One row per tag and minute of readings that are sorted by tag and time, each once."""
    columns = _minutes(flat(readings.tag), flat(readings.time_us), flat(readings.value), flat(readings.status))
    return Sums(*columns)


def hour_sums(minutes: Sums) -> Sums:
    """One row per tag and hour of minutes that are sorted by tag and time; those with ``n`` 0 are passed over."""
    return Sums(*_hours(*(flat(each) for each in minutes.columns())))


@njit(cache=True)
def _space(rows: int) -> Any:  # pragma: no cover - compiled
    """Empty columns of ``Sums``."""
    return (
        np.zeros(rows, np.uint32),
        np.zeros(rows, np.uint32),
        np.zeros(rows, np.uint32),
        np.zeros(rows, np.uint32),
        np.full(rows, np.nan),
        np.full(rows, np.nan),
        np.zeros(rows, np.float64),
        np.zeros(rows, np.float64),
        np.zeros(rows, np.float64),
        np.zeros(rows, np.uint32),
        np.zeros(rows, np.uint32),
        np.zeros(rows, np.uint32),
    )


@njit(cache=True, nogil=True)
def _minutes(
    tag: NDArray[np.uint32], time_us: NDArray[np.int64], value: NDArray[np.float64], status: NDArray[np.uint32]
) -> Any:  # pragma: no cover - compiled
    """The columns of ``Sums`` from readings by tag and time."""
    rows = 0
    end_us = np.int64(0)
    for i in range(len(tag)):
        if i == 0 or tag[i] != tag[i - 1] or time_us[i] >= end_us:
            end_us = (time_us[i] // MINUTE_US + 1) * MINUTE_US
            rows += 1
    out = _space(rows)
    o_tag, o_start, o_n, o_good, o_low, o_high, o_total, o_first, o_last, o_first_us, o_last_us, o_status = out
    k = -1
    i = 0
    while i < len(tag):
        k += 1
        one, first = tag[i], i
        start_us = time_us[i] // MINUTE_US * MINUTE_US
        end_us = start_us + MINUTE_US
        low = high = np.nan
        total = 0.0
        good = 0
        while i < len(tag) and time_us[i] < end_us and tag[i] == one:
            v = value[i]
            if status[i] >> SEVERITY_SHIFT == 0 and np.isfinite(v):
                if good == 0:
                    low = high = v
                elif v < low:
                    low = v
                elif v > high:
                    high = v
                total += v
                good += 1
            i += 1
        last = i - 1
        o_tag[k], o_start[k] = one, start_us // 1_000_000
        o_n[k], o_good[k] = i - first, good
        o_low[k], o_high[k], o_total[k] = low, high, total
        o_first[k], o_last[k] = value[first], value[last]
        o_first_us[k], o_last_us[k] = time_us[first] - start_us, time_us[last] - start_us
        o_status[k] = status[last]
    return out


@njit(cache=True, nogil=True)
def _hours(
    tag: NDArray[np.uint32],
    start_s: NDArray[np.uint32],
    n: NDArray[np.uint32],
    n_good: NDArray[np.uint32],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    total: NDArray[np.float64],
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    first_us: NDArray[np.uint32],
    last_us: NDArray[np.uint32],
    last_status: NDArray[np.uint32],
) -> Any:  # pragma: no cover - compiled
    """The columns of ``Sums`` from minutes by tag and time."""
    hour_s = HOUR_US // 1_000_000
    rows = 0
    before = -1
    for i in range(len(tag)):
        if n[i]:
            if before < 0 or tag[i] != tag[before] or start_s[i] // hour_s != start_s[before] // hour_s:
                rows += 1
            before = i
    out = _space(rows)
    o_tag, o_start, o_n, o_good, o_low, o_high, o_total, o_first, o_last, o_first_us, o_last_us, o_status = out
    k = before = -1
    for i in range(len(tag)):
        if n[i] == 0:
            continue
        hour = start_s[i] // hour_s * hour_s
        offset_us = np.int64(start_s[i] - hour) * 1_000_000
        if before < 0 or tag[i] != tag[before] or hour != o_start[k]:
            k += 1
            o_tag[k] = tag[i]
            o_start[k] = hour
            o_first[k] = first[i]
            o_first_us[k] = offset_us + first_us[i]
        before = i
        o_n[k] += n[i]
        o_last[k] = last[i]
        o_last_us[k] = offset_us + last_us[i]
        o_status[k] = last_status[i]
        if n_good[i]:
            if o_good[k] == 0 or low[i] < o_low[k]:
                o_low[k] = low[i]
            if o_good[k] == 0 or high[i] > o_high[k]:
                o_high[k] = high[i]
            o_total[k] += total[i]
            o_good[k] += n_good[i]
    return out
