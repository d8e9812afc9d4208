"""The KPIs as they stand: minutes of two days from readings as they come, mended from the historian where need be."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymium.kpi.amounts import DayAmount, day_amounts, windows
from didymium.kpi.definitions import Kpi, Kpis
from didymium.kpi.forecast import MOST, Forecast, forecast
from didymium.kpi.parts import MINUTE_US, NEVER, Parts
from didymium.kpi.past import Span, folded
from didymium.kpi.values import SETTLE_US, Delivered, Value, reckoned
from didymium.kpi.windows import HOUR_US, Window, long_enough
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from didymium.model.shifts import Shifts

RING_MINUTES: Final = 49 * 60
AHEAD_US: Final = 10 * MINUTE_US
"""Readings that are stamped later than this after now are left out, as those that an edge flags ``AHEAD``."""
SETTLE_MINUTES: Final = 3
"""What is younger may not be durable yet, so it is not read from the historian."""
AT_ONCE_MINUTES: Final = 120
"""Of the past that is folded in one go."""
MOST_STEPS: Final = 1_000
"""Of KPIs that are remembered: two days of quarters of an hour are 192."""
TRIES: Final = 5
"""How often the historian may lack a reading that we have seen, before it is believed: it may have been deleted."""


class Mended(NamedTuple):
    """Tags whose parts of the minutes from ``first`` to ``end`` may have changed."""

    tags: frozenset[int]
    first: int
    end: int


class Board:
    """Keeps the parts of the last 49 hours, and says what KPIs come to.

    ``take`` and ``touch`` may be called from any thread, ``fill`` and ``mend`` from one at a time.
    """

    def __init__(self, kpis: Kpis, ids: TagIds, shifts: Shifts, *, now_us: int) -> None:
        self.kpis, self.shifts = kpis, shifts
        self.tag_ids: NDArray[np.uint32] = ids.ids[kpis.slots.rows]
        self._tag_of_id = np.full(len(ids.row_of_id), -1, np.int32)
        self._tag_of_id[self.tag_ids] = np.arange(len(self.tag_ids), dtype=np.int32)
        self._start_minute = now_us // MINUTE_US
        self.parts = Parts(kpis.slots, self._start_minute - RING_MINUTES + 1, RING_MINUTES)
        self.parts.closed = self._start_minute
        self._tries = np.zeros(kpis.slots.tags, np.int64)
        self._lock = threading.Lock()
        self._steps: dict[tuple[str, int, int, int], tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def take(self, readings: Readings, now_us: int) -> None:
        """Fold readings as they come; those older than their tag's newest are left to ``mend``."""
        tag = self._tags(readings)
        mine = (tag >= 0) & readings.sound & (readings.time_us <= now_us + AHEAD_US)
        if not mine.any():
            return
        readings, tag = readings.take(mine), tag[mine]
        with self._lock:
            self.parts.move_on(int(readings.time_us.max()) // MINUTE_US)
            self.parts.take(readings, tag)
            if len(self._steps) > MOST_STEPS:
                self._steps.clear()

    def touch(self, readings: Readings) -> None:
        """Note that what the historian knows of these moments has changed: corrections."""
        tag = self._tags(readings)
        mine = tag >= 0
        minute = readings.time_us[mine] // MINUTE_US
        with self._lock:
            self._touch(tag[mine], minute, minute)

    def fill(self, span: Span) -> Iterator[Mended]:
        """Fold what the historian had before this board began, newest first; to be called once, before ``mend``."""
        everything = np.arange(self.kpis.slots.tags)
        yield from self._fold_back(span, everything, self.parts.first_minute, self._start_minute)
        with self._lock:  # the first readings that came did not know what came before them
            came = np.minimum(self.parts.reopened, self._start_minute - 1)
            self._touch(everything, came, np.full(len(came), self._start_minute))

    def mend(self, span: Span, now_us: int) -> Iterator[Mended]:
        """Fold anew what was touched, newest first, a stretch at a time.

        What is older than the ring is only told of. Raises what ``span`` raises; what is not mended stays touched.
        """
        end = now_us // MINUTE_US - SETTLE_MINUTES + 1
        with self._lock:
            p = self.parts
            due = np.flatnonzero((p.touched != NEVER) & (p.touched_to < end) & (p.touched < end))
            since = p.touched[due].copy()
            p.touched[due], p.touched_to[due] = NEVER, 0
        try:
            recent = since >= self.parts.first_minute
            first = max(self.parts.first_minute, int(since.min(initial=end)))
            yield from self._fold_back(span, due, first, end)
        except BaseException:
            with self._lock:
                self._touch(due, since, np.full(len(due), end - 1))
            raise
        if not recent.all():
            old = due[~recent]
            yield Mended(frozenset(old.tolist()), int(since[~recent].min()), self.parts.first_minute)

    def _fold_back(self, span: Span, tags: NDArray[np.intp], first: int, end: int) -> Iterator[Mended]:
        """Fold the minutes from ``first`` to ``end`` of some tags, newest first."""
        while len(tags) and end > max(first, self.parts.first_minute):
            begin = max(first, end - AT_ONCE_MINUTES, self.parts.first_minute)
            yield Mended(self._fold(span, tags, begin, end), begin, end)
            end = begin

    def _fold(self, span: Span, tags: NDArray[np.intp], begin: int, end: int) -> frozenset[int]:
        """Fold a stretch; the tags that changed. One that misses a reading we have seen is left for another time."""
        some, _ = self.kpis.slots.of_tags(tags)
        found = folded(some, self.tag_ids[tags], span, begin, end)
        with self._lock:
            minutes = np.arange(max(begin, self.parts.first_minute), end)
            ours = self.parts.counts[tags[:, None], minutes % self.parts.size]
            misses = (found.counts[:, minutes % found.size] < ours).any(axis=1) & (self._tries[tags] < TRIES)
            self._tries[tags] = np.where(misses, self._tries[tags] + 1, 0)
            late = tags[misses]
            self._touch(late, np.full(len(late), begin), np.full(len(late), end - 1))
            self.parts.put(found, np.flatnonzero(~misses), tags[~misses], begin, end)
            self._steps.clear()
        return frozenset(tags[~misses].tolist())

    def _touch(self, tags: NDArray[Any], first: NDArray[np.int64], last: NDArray[np.int64]) -> None:
        np.minimum.at(self.parts.touched, tags, first)
        np.maximum.at(self.parts.touched_to, tags, last)

    def reopened(self) -> tuple[frozenset[int], int]:
        """Tags that got readings of closed minutes, and the earliest of those; it is told once."""
        with self._lock:
            tags = np.flatnonzero(self.parts.reopened != NEVER)
            first = int(self.parts.reopened[tags].min()) if len(tags) else NEVER
            self.parts.reopened[tags] = NEVER
        return frozenset(tags.tolist()), first

    def close(self, minute: int) -> None:
        """From now on, note readings of minutes before this one."""
        self.parts.closed = minute

    def values(self, wanted: Sequence[Kpi], window: Window, delivered: Delivered, now_us: int) -> dict[str, Value]:
        """What KPIs come to in a window, each in one that is long enough for it."""
        found: dict[str, Value] = {}
        for minimum_us in sorted({kpi.minimum_us for kpi in wanted}):
            some = [kpi for kpi in wanted if kpi.minimum_us == minimum_us]
            with_used = self.kpis.with_used(frozenset(kpi.id for kpi in some))
            mine = self.exactly(with_used, long_enough(window, some[0]), delivered, now_us)
            found |= {kpi.id: mine[kpi.id] for kpi in some}
        return found

    def exactly(
        self,
        with_used: Sequence[Kpi],
        window: Window,
        delivered: Delivered,
        now_us: int,
        parts: Parts | None = None,
    ) -> dict[str, Value]:
        """What KPIs with all that they use come to in this window; from ``parts``, or those kept here."""
        within = self.parts if parts is None else parts
        return reckoned(self.kpis, with_used, within, window.from_us, window.to_us, delivered, now_us=now_us)

    def amounts(self, of_day: Sequence[Kpi], day: Window, delivered: Delivered) -> dict[str, DayAmount]:
        """What the amounts of the day have come to until now, the end of ``day``, and where that leads."""
        values = {each: self.exactly(of_day, each, delivered, day.to_us) for each in windows(day)}
        return day_amounts(of_day, self.parts, day, values)

    def stepped(
        self, kpi: Kpi, starts: NDArray[np.int64], step_us: int, delivered: Delivered, now_us: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(steps, scopes) a KPI in steps of whole minutes, and shares of readings that came; NaN before the ring.

        A step that is over is remembered as long as no reading of it comes, and nothing is folded anew.
        """
        with_used = self.kpis.with_used(frozenset({kpi.id}))
        counts = self.parts.counts[self.kpis.tags_of(with_used)].sum(axis=0)
        value, complete = (np.full((len(starts), len(kpi.scopes)), np.nan) for _ in range(2))
        for place, from_us in enumerate(starts.tolist()):
            window = Window(from_us, from_us + step_us, step_us)
            minutes = np.arange(from_us // MINUTE_US, window.to_us // MINUTE_US)
            if minutes[0] < self.parts.first_minute:
                continue
            key = (kpi.id, from_us, step_us, int(counts[minutes % self.parts.size].sum()))
            kept = self._steps.get(key)
            if kept is None:
                found = self.exactly(with_used, window, delivered, now_us)[kpi.id]
                kept = found.value, found.complete
                if window.to_us <= now_us - SETTLE_US:
                    self._steps[key] = kept
            value[place], complete[place] = kept
        return value, complete

    def forecasts(self, wanted: Sequence[Kpi], delivered: Delivered, now_us: int) -> dict[str, Forecast]:
        """Where the day's amounts will end, from those so far and from the last whole hours."""
        day = self.shifts.day_at(now_us)
        end_us = now_us // MINUTE_US * MINUTE_US
        amounts = [kpi for kpi in wanted if kpi.amount]
        so_far = self.values(amounts, Window(day.from_us, now_us, day.to_us - day.from_us), delivered, now_us)
        hours: dict[str, list[NDArray[np.float64]]] = {kpi.id: [] for kpi in amounts}
        for back in range(MOST):
            to_us = end_us - back * HOUR_US
            for id_, value in self.values(amounts, Window(to_us - HOUR_US, to_us, HOUR_US), delivered, now_us).items():
                hours[id_].append(np.where(value.complete > 0.5, value.value, np.nan))
        left = (day.to_us - now_us) / HOUR_US
        return {id_: forecast(np.nan_to_num(so_far[id_].value), np.array(each), left) for id_, each in hours.items()}

    def past(self, wanted: Sequence[Kpi], window: Window, span: Span) -> Parts:
        """The parts of a window of the past, folded from the historian as far as these KPIs need them."""
        tags = self.kpis.tags_of(self.kpis.with_used(frozenset(kpi.id for kpi in wanted)))
        some, _ = self.kpis.slots.of_tags(tags)
        first, end = window.from_us // MINUTE_US, -(-window.to_us // MINUTE_US)
        parts = Parts(self.kpis.slots, first, end - first)
        parts.put(folded(some, self.tag_ids[tags], span, first, end), np.arange(len(tags)), tags, first, end)
        return parts

    def _tags(self, readings: Readings) -> NDArray[np.int32]:
        known = readings.tag < len(self._tag_of_id)
        return np.where(known, self._tag_of_id[np.where(known, readings.tag, 0)], np.int32(-1))
