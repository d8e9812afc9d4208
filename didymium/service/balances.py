"""Joins the flow sheets to the key figures that measure them: one window, or many days of what is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from didymium.balance.amounts import closed, figures
from didymium.balance.closing import COMPLETE, Closing, closing
from didymium.balance.network import Floats, Ints
from didymium.balance.sheets import DAY_US, Sheet, Sheets
from didymium.kpi.windows import Window
from didymium.service.kpis import KeyFigures

KEPT: Final = 64
"""Closings that are remembered: pages ask for the same ones, and those of closed windows cost a reading of the past."""
KEPT_S: Final = 30.0
"""For so long: what comes late or is corrected changes windows that are over too."""


class Balances:
    """Answers from any thread."""

    def __init__(self, sheets: Sheets, key_figures: KeyFigures) -> None:
        self.sheets = sheets
        self._figures = key_figures
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, int, int], tuple[float, Closing]] = {}

    def prepare(self) -> None:
        """Compile what the answers need: in a new installation that takes longer than a page waits."""
        for sheet in self.sheets.sheets:
            ones = np.ones(len(sheet.streams))
            closing(sheet, ones, ones, (0, DAY_US))

    def closing(self, sheet: Sheet, window: Window, anew: bool = False) -> Closing:
        """How a sheet closes in at most 49 h, ``anew`` whatever is remembered of it. Raises ``HistorianError``."""
        key = (sheet.id, window.from_us, window.to_us)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and not anew and time.monotonic() - kept[0] < KEPT_S:
            return kept[1]
        found = closed(sheet, self._figures.values(figures(sheet), window, anew=anew), window.from_us, window.to_us)
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (time.monotonic(), found)
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return found

    def over_days(self, sheet: Sheet, from_us: int, to_us: int) -> Closing | None:
        """How a sheet closes over the whole days of a span that are kept of all its meters, None where none is.

        A day on which a meter was silent for long is not whole: what it said then is less than what passed it.
        """
        days = self._whole_days(sorted(figures(sheet)), from_us, to_us)
        if not days:
            return None
        stretches: list[tuple[int, int]] = []
        for start_us, end_us in sorted(days):
            if stretches and stretches[-1][1] == start_us:
                start_us = stretches.pop()[0]
            stretches.append((start_us, end_us))
        own = [None if stream.kpi is None else stream.kpi.id for stream in sheet.streams]
        reading = np.array([np.nan if id_ is None else sum(days[day][id_] for day in sorted(days)) for id_ in own])
        return closing(sheet, reading, np.ones(len(own)), *stretches)

    def days_of(self, ids: Sequence[str], from_us: int, to_us: int) -> tuple[Floats, Ints]:
        """(figures, days) values of the whole days of a span that are kept of all of them, and (days,) their starts."""
        days = self._whole_days(ids, from_us, to_us)
        starts = sorted(days)
        values = np.array([[days[day][id_] for day in starts] for id_ in ids], np.float64).reshape(len(ids), -1)
        return values, np.array([start_us for start_us, _ in starts], np.int64)

    def _whole_days(self, ids: Sequence[str], from_us: int, to_us: int) -> dict[tuple[int, int], dict[str, float]]:
        """Start and end of a day to its values by figure."""
        days: dict[tuple[int, int], dict[str, float]] = {}
        for id_ in ids:
            kept = self._figures.records.kpis.newest(id_, "", from_us, to_us)
            there = np.isfinite(kept.values.value) & (kept.values.complete >= COMPLETE) & (kept.values.end_us <= to_us)
            rows = (column[there].tolist() for column in (kept.values.start_us, kept.values.end_us, kept.values.value))
            for start_us, end_us, value in zip(*rows, strict=True):
                if self._is_day(start_us, end_us):
                    days.setdefault((start_us, end_us), {})[id_] = value
        return {day: values for day, values in days.items() if len(values) == len(ids)}

    def _is_day(self, start_us: int, end_us: int) -> bool:
        day = self._figures.shifts.day_at(start_us)
        return (day.from_us, day.to_us) == (start_us, end_us)
