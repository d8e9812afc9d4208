"""The day lived through: seconds into the alarms of the centre and into the historian, people's acts, restarts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.alarm_days import people
from bench.alarm_days.course import HOUR_S, LATE_A_SECOND, MINUTE_S, Restart
from bench.alarm_days.shown import Minute
from bench.day import START_S
from didymium.alarms.definitions import Definitions
from didymium.alarms.frames import SECOND_US
from didymium.historian.store import Historian
from didymium.historian.writer import Position
from didymium.model.plant import Complex
from didymium.model.readings import LATE, Readings
from didymium.records.store import Records
from didymium.service import alarming
from didymium.service.alarming import Alarming

EDGE: Final = "edge1"
ACT_S: Final = 37
"""In this second of each minute people act."""


@dataclass(slots=True)
class Lived:
    """What was put into the day."""

    points: int = 0
    late: int = 0
    acts: int = 0
    refused: int = 0
    assignments: int = 0
    notes: int = 0
    restarts: int = 0
    live_s: float = 0.0


class Clock:
    """The time of the plant as the centre's clock; tells who waits that a turn has begun."""

    def __init__(self) -> None:
        self.now_us = START_S * SECOND_US
        self.turn = asyncio.Event()

    def __call__(self) -> int:
        self.turn.set()
        return self.now_us


class Living:
    """A centre's alarms over real stores, at the twin's pace instead of a second's."""

    def __init__(
        self, plant: Complex, definitions: Definitions, records: Records, historian: Historian, clock: Clock
    ) -> None:
        self._parts = (plant, historian.ids, definitions, records, historian)
        self._historian = historian
        self._clock = clock
        self._writer = ThreadPoolExecutor(1, "writer")
        self._tail: deque[Readings] = deque(maxlen=MINUTE_S)
        self.lived = Lived()

    async def live(self, minutes: Iterator[Minute], rows: NDArray[np.intp], restarts: Sequence[Restart]) -> Lived:
        """Live through ``minutes`` of the tags in ``rows`` of the plant; all is stored when this returns."""
        began_s = time.perf_counter()
        loop = asyncio.get_running_loop()
        alarming.STEP_S = 0.0  # type: ignore[misc]  # the next second is there as soon as one is done
        stops = {START_S + each.at_s: each for each in restarts}
        begins: dict[int, Restart] = {}
        alarms = self._prepared()
        running: asyncio.Task[None] | None = asyncio.create_task(alarms.run())
        for minute in minutes:
            seconds = list(self._seconds(minute, self._historian.ids.ids[rows]))
            stored = loop.run_in_executor(self._writer, self._keep, minute.first_s, seconds)
            for second, readings in enumerate(seconds, minute.first_s):
                self._clock.now_us = max(self._clock.now_us, (second + 1) * SECOND_US)
                self._tail.append(readings)
                if (stop := stops.pop(second, None)) is not None:
                    await _end(running)
                    running = None
                    begins[second + stop.away_s] = stop
                if (begin := begins.pop(second, None)) is not None:
                    await stored  # with the rest of this minute, which then comes once more
                    alarms = await loop.run_in_executor(None, self._prepared)
                    running = asyncio.create_task(alarms.run())
                    self.lived.restarts += 1
                    for each in list(self._tail)[-begin.again_s - 1 : -1]:
                        alarms.take(each)
                if running is None:
                    continue
                self._clock.turn.clear()
                alarms.take(readings)
                await self._turned(running)
                if (second - START_S) % MINUTE_S == ACT_S:
                    await self._act(alarms, (second - START_S) // MINUTE_S)
            await stored
            if (minute.first_s - START_S) % HOUR_S == HOUR_S - MINUTE_S:
                print(f"lived up to {(minute.first_s + MINUTE_S - START_S) // HOUR_S} h", flush=True)
        assert running is not None
        await _end(running)
        self._writer.shutdown()
        self.lived.live_s = time.perf_counter() - began_s
        return self.lived

    def _prepared(self) -> Alarming:
        alarms = Alarming(*self._parts, decide=lambda parts, now_us: (), now_us=self._clock)
        alarms.prepare()
        return alarms

    async def _turned(self, running: asyncio.Task[None]) -> None:
        """Wait until the alarms have begun with what came, so that they are at most a second behind."""
        turn = asyncio.create_task(self._clock.turn.wait())
        await asyncio.wait({turn, running}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            turn.cancel()
            running.result()

    async def _act(self, alarms: Alarming, minute: int) -> None:
        for act in people.acts(alarms.board, minute, self._clock.now_us):
            done = await alarms.act(act)
            self.lived.acts += len(act.alarms) - len(done.refused)
            self.lived.refused += len(done.refused)
        given, notes = people.words(alarms.board, minute, self._clock.now_us)
        if given:
            self.lived.assignments += await alarms.assign(given) is None
        for note in notes:
            await alarms.note(note)
            self.lived.notes += 1

    def _keep(self, first_s: int, seconds: Sequence[Readings]) -> None:
        at = first_s - START_S
        self._historian.write(Readings.concat(list(seconds)), Position(EDGE, at + 1, at + len(seconds)))
        self.lived.points += sum(map(len, seconds))

    def _seconds(self, minute: Minute, ids: NDArray[np.uint32]) -> Iterator[Readings]:
        """What comes in each second of a minute. A few come a second late, but none of its last second."""
        seconds, held = len(minute.value), np.empty(0, np.intp)
        for k in range(seconds):
            second = minute.first_s + k
            comes = minute.heard.copy()
            chance = np.random.default_rng([11, second])
            late = np.setdiff1d(chance.choice(len(ids), LATE_A_SECOND, replace=False), held)
            late = late[comes[late]] if k + 1 < seconds else late[:0]
            comes[late] = False
            stamp = np.full(int(comes.sum()), second * SECOND_US, np.int64)
            parts = [Readings.of(ids[comes], stamp, minute.value[k, comes], minute.status[k, comes])]
            if len(held):
                flags = np.full(len(held), LATE, np.uint8)
                before = np.full(len(held), (second - 1) * SECOND_US, np.int64)
                parts.append(Readings(ids[held], before, minute.value[k - 1, held], minute.status[k - 1, held], flags))
            self.lived.late += len(held)
            held = late
            yield Readings.concat(parts)


async def _end(running: asyncio.Task[None] | None) -> None:
    """A clean stop; what has come is stored."""
    assert running is not None
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
