"""Joins the flow sheets to the key figures that measure them: one window, or many days of what is kept."""

from __future__ import annotations

import threading
from typing import Final

import numpy as np

from didymium.balance.amounts import closed, figures
from didymium.balance.closing import Closing, closing
from didymium.balance.sheets import Sheet, Sheets
from didymium.kpi.windows import Window
from didymium.service.kpis import KeyFigures

KEPT: Final = 64
"""Closings that are remembered: pages ask for the same ones, and those of closed windows cost a reading of the past."""


class Balances:
    """Answers from any thread."""

    def __init__(self, sheets: Sheets, key_figures: KeyFigures) -> None:
        self.sheets = sheets
        self._figures = key_figures
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, int, int], Closing] = {}

    def closing(self, sheet: Sheet, window: Window, anew: bool = False) -> Closing:
        """How a sheet closes in at most 49 h, ``anew`` whatever is remembered of it. Raises ``HistorianError``."""
        key = (sheet.id, window.from_us, window.to_us)
        with self._lock:
            found = None if anew else self._kept.get(key)
        if found is None:
            found = closed(sheet, self._figures.values(figures(sheet), window), window.from_us, window.to_us)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > KEPT:
                    del self._kept[next(iter(self._kept))]
        return found

    def over_days(self, sheet: Sheet, from_us: int, to_us: int) -> Closing | None:
        """How a sheet closes over the whole days of a span that are kept of all its meters, None where none is."""
        days: dict[tuple[int, int], dict[str, float]] = {}
        wanted = figures(sheet)
        for id_ in sorted(wanted):
            kept = self._figures.records.kpis.newest(id_, "", from_us, to_us)
            for start_us, end_us, value in zip(
                kept.values.start_us.tolist(), kept.values.end_us.tolist(), kept.values.value.tolist(), strict=True
            ):
                if end_us <= to_us and self._is_day(start_us, end_us) and np.isfinite(value):
                    days.setdefault((start_us, end_us), {})[id_] = value
        whole = [day for day, values in days.items() if len(values) == len(wanted)]
        if not whole:
            return None
        own = [None if stream.kpi is None else stream.kpi.id for stream in sheet.streams]
        reading = np.array([np.nan if id_ is None else sum(days[day][id_] for day in sorted(whole)) for id_ in own])
        length_us = sum(end_us - start_us for start_us, end_us in whole)
        last_us = max(end_us for _, end_us in whole)
        return closing(sheet, reading, np.ones(len(own)), last_us - length_us, last_us)

    def _is_day(self, start_us: int, end_us: int) -> bool:
        day = self._figures.shifts.day_at(start_us)
        return (day.from_us, day.to_us) == (start_us, end_us)
