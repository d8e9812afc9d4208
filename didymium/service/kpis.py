"""Joins the KPIs to the centre: readings in, windows that close into the records, what late data changed anew."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian.errors import HistorianError
from didymium.historian.store import Historian
from didymium.kpi.amounts import DayAmount, is_of_day
from didymium.kpi.board import SETTLE_MINUTES, Board, Mended
from didymium.kpi.definitions import Kpi, Kpis
from didymium.kpi.forecast import Forecast
from didymium.kpi.parts import MINUTE_US, NEVER, Parts
from didymium.kpi.values import Value, digests
from didymium.kpi.windows import Asked, Every, Window, a_day_before, asked, closed, is_kept, long_enough
from didymium.live.ledger import Ledger
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from didymium.model.shifts import Shifts
from didymium.records.definitions import Definition
from didymium.records.errors import RecordsError
from didymium.records.kpis import Values
from didymium.records.store import Records
from didymium.web.kpi_desk import Page

LOG: Final = logging.getLogger(__name__)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EVERY_S: Final = 10.0
"""How often it is looked what has closed and what came late."""
CLOSE_US: Final = 2 * MINUTE_US
"""A window is closed this long after its end."""
FRESH_S: Final = 1.0
"""A page is this old at most ..."""
SLOW_S: Final = 60.0
"""... but what is compared with and the forecast."""
OLDEST_DAYS: Final = 40
"""Days of the past that late data make us reckon anew, at most, each time."""
KIND: Final = "kpi"


class KeyFigures:
    """``prepare`` first, then ``run``. ``take`` and ``touch`` come from any thread, the rest blocks."""

    def __init__(
        self,
        plant: Complex,
        ids: TagIds,
        kpis: Kpis,
        records: Records,
        historian: Historian,
        ledger: Ledger,
        *,
        now_us: Callable[[], int],
    ) -> None:
        self.kpis, self.records = kpis, records
        self.shifts = Shifts(plant.shifts, plant.zone)
        self._sites = {site.id: place for place, site in enumerate(plant.sites)}
        self._historian, self._ledger, self._now_us = historian, ledger, now_us
        self._board = Board(kpis, ids, self.shifts, now_us=now_us())
        self._thread = ThreadPoolExecutor(1, "kpis")
        self._due_us = dict.fromkeys(Every, self._board.parts.first_minute * MINUTE_US)
        self._old_days: dict[Window, frozenset[int]] = {}
        self._pages: dict[Asked, tuple[float, Page]] = {}
        self._slow: dict[Asked, tuple[float, Mapping[str, Value], Mapping[str, Forecast]]] = {}
        self._of_day = [kpi for kpi in kpis.kpis if is_of_day(kpi)]
        self._amounts: tuple[float, Mapping[str, DayAmount]] = (-FRESH_S, {})
        self._counting = threading.Lock()
        self._turns = {name: threading.Lock() for name in Asked}

    def prepare(self) -> None:
        """Keep the definitions where they changed, and compile what the loop will run."""
        now_us = self._now_us()
        texts = [Definition(KIND, kpi.id, kpi.text) for kpi in self.kpis.kpis]
        self.records.definitions.keep(texts, since_us=now_us, actor="")
        self._board.parts.take(Readings.empty(), np.empty(0, np.int32))
        self._board.values(self.kpis.kpis, Window(now_us - MINUTE_US, now_us, MINUTE_US), self._delivered, now_us)
        self._counted()

    def take(self, readings: Readings) -> None:
        """Fold readings as they come."""
        self._board.take(readings, self._now_us())

    def touch(self, readings: Readings) -> None:
        """Note that what the historian knows of these moments has changed."""
        self._board.touch(readings)

    async def run(self) -> None:
        """Fill up from the historian, then close windows and mend what came late, until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            filled = False
            while True:
                filled = filled or await loop.run_in_executor(self._thread, self.fill)
                if filled:
                    await loop.run_in_executor(self._thread, self.look)
                await asyncio.sleep(EVERY_S)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def page(self, name: Asked) -> Page:
        """All KPIs in a window; at most a second old."""
        with self._turns[name]:
            kept = self._pages.get(name)
            if kept is not None and time.monotonic() - kept[0] < FRESH_S:
                return kept[1]
            page = self._page(name)
            self._pages[name] = (time.monotonic(), page)
            return page

    def amounts(self) -> Mapping[str, DayAmount]:
        """The headlines and flows of the day by their KPIs' ids; at most a second old."""
        with self._counting:
            if time.monotonic() - self._amounts[0] >= FRESH_S:
                self._amounts = (time.monotonic(), self._counted())
            return self._amounts[1]

    def _counted(self) -> Mapping[str, DayAmount]:
        day = asked(Asked.DAY, self.shifts, self._now_us())
        return self._board.amounts(self._of_day, day, self._delivered)

    def settled(self, window: Window) -> Window:
        """The window as far as all of it is stored: what is recomputed ends a few whole minutes ago."""
        to_us = min(window.to_us // MINUTE_US, self._now_us() // MINUTE_US - SETTLE_MINUTES) * MINUTE_US
        return Window(min(window.from_us, to_us - MINUTE_US), to_us, window.whole_us)

    def proof(self, kpi: Kpi, window: Window, *, anew: bool = False) -> Mapping[str, Value]:
        """A KPI and all that it uses in a window that is long enough for it. Raises ``HistorianError``."""
        return self.values(frozenset({kpi.id}), long_enough(window, kpi), anew=anew)

    def values(self, ids: frozenset[str], window: Window, *, anew: bool = False) -> Mapping[str, Value]:
        """Some KPIs and all that they use, in this very window, ``anew`` from what is stored alone.

        Raises ``HistorianError``.
        """
        now_us = self._now_us()
        with_used = self.kpis.with_used(ids)
        parts = self._board.past(with_used, window, self._historian.span) if anew else self._parts(with_used, window)
        delivered = self._stored if anew else self._delivered
        return self._board.exactly(with_used, window, delivered, now_us, parts)

    def stepped(self, kpi: Kpi, starts: Ints, step_us: int) -> tuple[Floats, Floats]:
        """(steps, scopes) a KPI in steps of the last two days, and the shares of the expected readings that came."""
        return self._board.stepped(kpi, starts, step_us, self._delivered, self._now_us())

    def _page(self, name: Asked) -> Page:
        now_us = self._now_us()
        window = asked(name, self.shifts, now_us)
        shown = [kpi for kpi in self.kpis.kpis if not kpi.helper]
        values = self._board.values(shown, window, self._delivered, now_us)
        slow = self._slow.get(name)
        if slow is None or time.monotonic() - slow[0] > SLOW_S:
            earlier = a_day_before(name, self.shifts, window)
            before: Mapping[str, Value] = {}
            if earlier.from_us // MINUTE_US >= self._board.parts.first_minute:
                before = self._board.values(shown, earlier, self._delivered, now_us)
            forecasts = {} if name is Asked.YESTERDAY else self._board.forecasts(shown, self._delivered, now_us)
            slow = self._slow[name] = (time.monotonic(), before, forecasts)
        versions: dict[tuple[str, str], int] = {}
        if name is Asked.YESTERDAY:
            kept = self.records.kpis.of_window(window.from_us, window.to_us)
            keys = zip(kept.values.kpi, kept.values.scope, strict=True)
            versions = dict(zip(keys, kept.version.tolist(), strict=True))
        return Page(now_us, window, values, slow[1], slow[2], versions)

    def _parts(self, kpis: Iterable[Kpi], window: Window) -> Parts | None:
        """The parts of a window: those kept here (None), or else folded from the historian."""
        if window.from_us // MINUTE_US >= self._board.parts.first_minute:
            return None
        return self._board.past(list(kpis), window, self._historian.span)

    def _delivered(self, from_us: int, to_us: int) -> tuple[Floats, Floats]:
        midnight_us = self._ledger.midnight_us(self._now_us())
        if from_us >= self.shifts.day_at(midnight_us - 1).from_us:
            return self._ledger.delivered(from_us, to_us)
        return self._stored(from_us, to_us)

    def _stored(self, from_us: int, to_us: int) -> tuple[Floats, Floats]:
        """What was expected and received by the minutes that are kept."""
        expected, received = np.zeros(len(self._sites)), np.zeros(len(self._sites))
        for row in self._historian.load_ledger(from_us, to_us):
            place = self._sites.get(row[0])
            if place is not None:
                expected[place] += row[2]
                received[place] += row[3]
        return expected, received

    def fill(self) -> bool:
        """Fold what the historian has of the last two days; false where it cannot be had now."""
        try:
            for _ in self._board.fill(self._historian.span):
                pass
        except HistorianError as error:
            LOG.warning("KPIs are not filled up yet: %s", error)
            return False
        return True

    def look(self) -> None:
        """Mend what came late, then keep what closed or changed. What fails is tried again the next time."""
        now_us = self._now_us()
        try:
            for mended in self._board.mend(self._historian.span, now_us):
                self._note(mended)
            tags, first = self._board.reopened()
            if first != NEVER:
                self._note(Mended(tags, first, self._board.parts.end_minute))
            self._close(now_us)
            self._revise(now_us)
        except (HistorianError, RecordsError) as error:
            LOG.warning("KPIs: %s", error)

    def _note(self, mended: Mended) -> None:
        """Let the windows that a change lies in be reckoned anew."""
        first_us = self._board.parts.first_minute * MINUTE_US
        from_us = mended.first * MINUTE_US
        for every in Every:
            self._due_us[every] = min(self._due_us[every], max(from_us, first_us))
        oldest = self.shifts.day_at(self._now_us()).from_us - OLDEST_DAYS * 1_440 * MINUTE_US
        at_us = max(from_us, oldest)
        while at_us < first_us:
            day = self.shifts.day_at(at_us)
            whole = Window(day.from_us, day.to_us, day.to_us - day.from_us)
            self._old_days[whole] = self._old_days.get(whole, frozenset()) | mended.tags
            at_us = day.to_us

    def _close(self, now_us: int) -> None:
        """Keep the windows that have ended, as far as all of their minutes are here."""
        upto_us = now_us - CLOSE_US
        for every in Every:
            for window in closed(every, self.shifts, self._due_us[every], upto_us):
                if window.from_us // MINUTE_US >= self._board.parts.first_minute:
                    self._keep(every, window, self.kpis.kpis, None, now_us)
                self._due_us[every] = window.to_us
        self._board.close(min(self._due_us.values()) // MINUTE_US)

    def _revise(self, now_us: int) -> None:
        """Reckon one day anew that is older than what is kept here, if late data lie in one."""
        if not self._old_days:
            return
        day, tags = next(iter(self._old_days.items()))
        some = [
            kpi for kpi in self.kpis.kpis if tags & set(self.kpis.tags_of(self.kpis.with_used(frozenset({kpi.id}))))
        ]
        parts = self._board.past(some, day, self._historian.span)
        for every in Every:
            for window in closed(every, self.shifts, day.from_us, day.to_us):
                if window.from_us >= day.from_us:
                    self._keep(every, window, some, parts, now_us)
        del self._old_days[day]

    def _keep(self, every: Every, window: Window, kpis: Iterable[Kpi], parts: Parts | None, now_us: int) -> None:
        some = [kpi for kpi in kpis if is_kept(every, window, kpi)]
        with_used = self.kpis.with_used(frozenset(kpi.id for kpi in some))
        values = self._board.exactly(with_used, window, self._delivered, now_us, parts)
        rows: dict[str, list[str]] = {"kpi": [], "scope": [], "inputs": []}
        kept: list[float] = []
        complete: list[float] = []
        names = digests(values)
        for kpi in some:
            value = values[kpi.id]
            for row in np.flatnonzero(value.readings > 0).tolist():
                rows["kpi"].append(kpi.id)
                rows["scope"].append(kpi.scopes[row].id)
                rows["inputs"].append(names[kpi.id][row])
                kept.append(float(value.value[row]))
                complete.append(float(value.complete[row]))
        n = len(kept)
        self.records.kpis.keep(
            Values(
                **rows,
                start_us=np.full(n, window.from_us),
                end_us=np.full(n, window.to_us),
                value=np.array(kept, np.float64),
                computed_us=np.full(n, now_us),
                complete=np.array(complete, np.float64),
            )
        )
