"""What the day has brought so far: amounts that grow with counters, pieces and flow meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.model.counters import fallen, grown
from didymium.model.plant import Method
from didymium.model.readings import Readings

MINUTE_US: Final = 60_000_000
DAY_MINUTES: Final = 1_440
RING_MINUTES: Final = 2 * DAY_MINUTES
RATE_MINUTES: Final = 60
FORECAST_MINUTES: Final = 360
"""Long enough that a truck more or less does not swing the day."""
LONGEST_GAP_US: Final = 5 * MINUTE_US
"""A flow meter that was silent longer than this adds nothing for the silence."""
CODE: Final = {Method.COUNTER: 0, Method.SUM_OF_CHANGES: 1, Method.INTEGRAL_PER_HOUR: 2, Method.COUNT_OF_CHANGES: 3}


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount to follow: table rows of its tags, and the factor from their unit to the amount's."""

    id: str
    rows: NDArray[np.int32]
    method: Method
    factor: float


@dataclass(frozen=True, slots=True)
class DayAmount:
    """An amount between ``since_us``, midnight or the first reading after it, and now.

    ``rate_per_day`` is the pace of the last hour on record. ``forecast`` is the whole day's amount if the pace of the
    last six hours holds to midnight; a day that is on record only in part is scaled to 24 h. Both are None without a
    reading.
    """

    id: str
    amount: float
    since_us: int | None
    rate_per_day: float | None
    forecast: float | None


@njit(cache=True)
def _add(
    slot_of_row: NDArray[np.int32],
    row: NDArray[np.int32],
    time_us: NDArray[np.int64],
    value: NDArray[np.float64],
    sound: NDArray[np.bool_],
    last_us: NDArray[np.int64],
    last_value: NDArray[np.float64],
    fell_from: NDArray[np.float64],
    high: NDArray[np.float64],
    starts: NDArray[np.int64],
    members: NDArray[np.int32],
    method: NDArray[np.int8],
    factor: NDArray[np.float64],
    ring: NDArray[np.float64],
    ring_minute: NDArray[np.int64],
    first_us: NDArray[np.int64],
) -> None:
    for i in range(len(row)):
        if row[i] < 0 or not sound[i]:
            continue
        slot = slot_of_row[row[i]]
        if slot < 0 or time_us[i] <= last_us[slot]:
            continue
        now = time_us[i]
        before = last_us[slot]
        change = value[i] - last_value[slot]
        minute = now // MINUTE_US
        place = minute % RING_MINUTES
        for m in range(starts[slot], starts[slot + 1]):
            group = members[m]
            if ring_minute[group, place] != minute:
                ring_minute[group, place] = minute
                ring[group, place] = 0.0
            if first_us[group] == 0:
                first_us[group] = now
            if before == 0:
                continue
            came = 0.0
            if method[group] == 0:
                came = grown(last_value[slot], value[i], high[slot], fell_from[slot])
            elif method[group] == 1:
                came = value[i] if change != 0.0 else 0.0
            elif method[group] == 3:
                came = 1.0 if change != 0.0 and value[i] != 0.0 else 0.0
            elif now - before <= LONGEST_GAP_US:
                came = last_value[slot] * (now - before) / 3.6e9
            ring[group, place] += came * factor[group]
        if before != 0:
            fell_from[slot] = fallen(last_value[slot], value[i], high[slot], fell_from[slot])
        last_us[slot] = now
        last_value[slot] = value[i]


class Tally:
    """Amounts by minute over the last two days, from readings in the order of their tags' time."""

    def __init__(self, amounts: Sequence[Amount], row_of_id: NDArray[np.int32], high: NDArray[np.float64]) -> None:
        """``high`` is the upper end of each table row's range, where a counter rolls over."""
        self._amounts = tuple(amounts)
        self._row_of_id = row_of_id
        followed = np.unique(np.concatenate([a.rows for a in amounts] or [np.empty(0, np.int32)]))
        self._slot_of_row = np.full(len(high), -1, np.int32)
        self._slot_of_row[followed] = np.arange(len(followed), dtype=np.int32)
        members: list[list[int]] = [[] for _ in followed]
        for group, amount in enumerate(amounts):
            for slot in self._slot_of_row[amount.rows]:
                members[slot].append(group)
        self._starts = np.cumsum([0, *(len(groups) for groups in members)]).astype(np.int64)
        self._members = np.array([group for groups in members for group in groups], np.int32)
        self._method = np.array([CODE[a.method] for a in amounts], np.int8)
        self._factor = np.array([a.factor for a in amounts], np.float64)
        self._last_us = np.zeros(len(followed), np.int64)
        self._fell_from = np.full(len(followed), np.inf)  # where a counter stood that fell and has not come back
        self._high = high[followed]
        self._last_value = np.zeros(len(followed), np.float64)
        self._ring = np.zeros((len(amounts), RING_MINUTES), np.float64)
        self._ring_minute = np.full((len(amounts), RING_MINUTES), -1, np.int64)
        self._first_us = np.zeros(len(amounts), np.int64)
        self.rows = followed.astype(np.int32)
        """Table rows of all tags that matter here."""
        held = [a.rows for a in amounts if a.method is Method.INTEGRAL_PER_HOUR]
        self.rows_held = np.unique(np.concatenate(held or [np.empty(0, np.int32)])).astype(np.int32)
        """Those of them whose values are rates."""

    def take(self, readings: Readings) -> None:
        """Add what the readings brought; a reading not newer than its tag's last one adds nothing."""
        known = readings.tag < len(self._row_of_id)
        row = np.where(known, self._row_of_id[np.where(known, readings.tag, 0)], -1).astype(np.int32)
        _add(
            self._slot_of_row,
            row,
            readings.time_us,
            readings.value,
            readings.sound,
            self._last_us,
            self._last_value,
            self._fell_from,
            self._high,
            self._starts,
            self._members,
            self._method,
            self._factor,
            self._ring,
            self._ring_minute,
            self._first_us,
        )

    def day(self, midnight_us: int, now_us: int) -> tuple[DayAmount, ...]:
        """Every amount from ``midnight_us`` to ``now_us``, in the order they were given."""
        first_minute, this_minute = midnight_us // MINUTE_US, now_us // MINUTE_US
        today = (self._ring_minute >= first_minute) & (self._ring_minute <= this_minute)
        amounts = np.where(today, self._ring, 0.0).sum(axis=1)
        return tuple(
            self._day_amount(group, float(amounts[group]), midnight_us, now_us) for group in range(len(self._amounts))
        )

    def _day_amount(self, group: int, amount: float, midnight_us: int, now_us: int) -> DayAmount:
        name = self._amounts[group].id
        since_us = max(int(self._first_us[group]), midnight_us)
        if self._first_us[group] == 0 or now_us - since_us < MINUTE_US:
            return DayAmount(name, amount, since_us if self._first_us[group] else None, None, None)
        rate_per_day = self._pace_per_day(group, RATE_MINUTES, now_us)
        remaining_days = max(0.0, 1.0 - (now_us - midnight_us) / (DAY_MINUTES * MINUTE_US))
        recorded_days = (now_us - since_us) / (DAY_MINUTES * MINUTE_US)
        to_come = self._pace_per_day(group, FORECAST_MINUTES, now_us) * remaining_days
        forecast = (amount + to_come) / (recorded_days + remaining_days)
        return DayAmount(name, amount, since_us, rate_per_day, forecast)

    def _pace_per_day(self, group: int, minutes: int, now_us: int) -> float:
        """The amount of the last ``minutes``, or of fewer when no more are on record, scaled to a day."""
        first_us = int(self._first_us[group])
        from_minute = max(now_us // MINUTE_US - minutes, first_us // MINUTE_US)
        minute = self._ring_minute[group]
        lately = (minute >= from_minute) & (minute <= now_us // MINUTE_US)
        span_minutes = (now_us - max(from_minute * MINUTE_US, first_us)) / MINUTE_US
        return float(self._ring[group][lately].sum()) / span_minutes * DAY_MINUTES
