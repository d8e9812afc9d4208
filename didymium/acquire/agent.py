"""The edge agent: runs the connectors, screens what they hear, and publishes it site by site.

Order per tag holds from device to stream: one loop takes readings in, each site has one buffer and one task that
publishes from it, one batch after the other. While the stream takes nothing the buffers fill; when they are full the
oldest readings are given up and counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from didymium.acquire.buffer import Part, SiteBuffer
from didymium.acquire.causes import Cause
from didymium.acquire.checkpoint import BadCheckpoint, Checkpoint
from didymium.acquire.clock import now_us
from didymium.acquire.line_state import LineState
from didymium.acquire.screening import CAUSES, NEVER_US, Memory, Screening
from didymium.acquire.sink import Connector
from didymium.acquire.supervisor import Backoff, Supervisor
from didymium.model.device import EdgeState
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds

log = logging.getLogger(__name__)

BATCH_AGE_S: Final = 0.25
BATCH_POINTS: Final = 20_000
BUFFER_POINTS: Final = 4_000_000
"""About 100 MB; at 19,000 points a second more than three minutes without a stream."""
CHECKPOINT_S: Final = 10.0
STOP_LIMIT_S: Final = 5.0
"""How long a stopping edge waits for the stream to take what is buffered."""

Publish = Callable[[str, Readings, int], Awaitable[int]]
PublishState = Callable[[EdgeState], Awaitable[object]]


class LineSink:
    """The agent's end of one line; see ``sink.Sink``."""

    def __init__(self, agent: EdgeAgent, state: LineState) -> None:
        self._agent = agent
        self._state = state

    def take(self, readings: Readings, received_us: int) -> None:
        self._state.rise(received_us)
        self._agent.accept(self._state, readings, received_us)

    def alive(self) -> None:
        self._state.heard(now_us())

    def discard(self, cause: str, count: int, example: str) -> None:
        self._state.discard(str(cause), count, example, now_us())

    def skew(self, skew_ms: float) -> None:
        self._state.skew(skew_ms)

    def up(self) -> None:
        self._state.rise(now_us())

    def down(self, cause: str) -> None:
        time_us = now_us()
        self._state.heard(time_us)
        self._state.fall(cause, time_us)


class _Outlet:
    """One site's buffer and the bell that calls its publishing task."""

    def __init__(self) -> None:
        self.buffer = SiteBuffer()
        self.bell = asyncio.Event()
        self.timer: asyncio.TimerHandle | None = None

    def ring_later(self) -> None:
        """Let the task publish when the oldest reading is ``BATCH_AGE_S`` old."""
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(BATCH_AGE_S, self.ring)

    def ring(self) -> None:
        """Let the task publish now."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.bell.set()


class EdgeAgent:
    """One edge.

    ``publish`` returns the stream's sequence number once the batch is safe there. ``folder`` keeps the checkpoint.
    Before ``run``, feed ``recover`` with what the edge's own stream holds after ``recovered_sequence``.
    """

    def __init__(
        self,
        complex_: Complex,
        ids: TagIds,
        publish: Publish,
        publish_state: PublishState,
        folder: Path,
        *,
        edge: str,
        connectors: Sequence[Connector],
        backoff: Backoff | None = None,
        buffer_points: int = BUFFER_POINTS,
    ) -> None:
        self._edge = edge
        self._publish, self._publish_state = publish, publish_state
        self._path = folder / f"{edge}.checkpoint"
        self._buffer_points = buffer_points
        self._paths, self._ids = complex_.tags.path, ids
        self._screening = Screening(complex_.tags, ids)
        self._safe = Memory(ids)
        self._started_us = now_us()
        self._published_points = 0
        self._buffered_points = 0
        self._sequence = 0
        self.saved_sequence = 0
        """The stream's sequence up to which the checkpoint on disk knows everything: the stream may forget it."""
        self._stopping = False
        self._floor: dict[str, int] = {}
        self.states: list[LineState] = []
        self._supervisors: list[Supervisor] = []
        self._outlets: dict[str, _Outlet] = {}
        for connector in connectors:
            states = [LineState(line, self._started_us) for line in connector.lines]
            sinks = [LineSink(self, state) for state in states]
            self._supervisors.append(Supervisor(connector, sinks, states, backoff or Backoff()))
            self.states += states
            for line in connector.lines:
                self._outlets.setdefault(line.site, _Outlet())
        self._load()

    @property
    def recovered_sequence(self) -> int:
        """The stream's sequence up to which the checkpoint, or what was fed since, knows everything."""
        return self._sequence

    def recover(self, readings: Readings, sequence: int) -> None:
        """Learn a batch of the edge's own stream, so that none of it is published again."""
        self._screening.memory.remember(readings)
        self._safe.remember(readings)
        self._sequence = max(self._sequence, sequence)

    def _load(self) -> None:
        try:
            found = Checkpoint.load(self._path)
        except BadCheckpoint:
            log.exception("the checkpoint is unreadable; the stream must be read back from its start")
            return
        if found is None:
            return
        table = self._ids.row_of_id
        row = np.where(found.tag < len(table), table[np.minimum(found.tag, len(table) - 1)], -1)
        known = row >= 0
        for memory in (self._screening.memory, self._safe):
            memory.restore(row[known].astype(np.int64), found.newest_us[known], found.newest[known])
        self._sequence = self.saved_sequence = found.sequence

    # -- taking in -------------------------------------------------------------------------------------------------

    def accept(self, state: LineState, readings: Readings, received_us: int) -> None:
        """Put what a line brought into its site's buffer."""
        if not len(readings):
            return
        outlet = self._outlets[state.line.site]
        outlet.buffer.put(Part(state, readings, received_us))
        self._buffered_points += len(readings)
        if self._buffered_points > self._buffer_points:
            self._make_room(received_us)
        if outlet.buffer.points >= BATCH_POINTS:
            outlet.ring()
        else:
            outlet.ring_later()

    def _screened(self, part: Part) -> Readings:
        """Screen what a line brought since the last batch: one pass costs as much for a row as for hundreds."""
        line, readings, received_us = part.line, part.readings, part.received_us
        screened = self._screening.screen(readings, received_us)
        for number in np.flatnonzero(screened.count):
            example = self._example(readings, int(screened.last[number]))
            line.discard(CAUSES[number].value, int(screened.count[number]), example, received_us)
        kept = screened.kept
        if len(kept):
            line.accept(len(kept), int(kept.time_us.max()), received_us)
        return kept

    def _example(self, readings: Readings, i: int) -> str:
        tag = int(readings.tag[i])
        row = self._ids.row_of_id[tag] if tag < len(self._ids.row_of_id) else -1
        name = self._paths[row] if row >= 0 else f"tag id {tag}"
        time_us = int(readings.time_us[i])
        try:
            at = datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(timespec="milliseconds")
        except (ValueError, OverflowError, OSError):
            at = f"{time_us} µs"
        return f"{name} = {readings.value[i]:.9g} at {at}, status 0x{int(readings.status[i]):08X}"

    def _make_room(self, now_us: int) -> None:
        """Give up the oldest readings of all that wait; those under way to the stream are not ours to give up."""
        while self._buffered_points > self._buffer_points:
            waiting = [o.buffer for o in self._outlets.values() if o.buffer.points]
            if not waiting:
                return
            part = min(waiting, key=lambda buffer: buffer.oldest_us or 0).drop_oldest()
            self._buffered_points -= len(part.readings)
            example = self._example(part.readings, len(part.readings) - 1)
            part.line.discard(Cause.BUFFER_FULL.value, len(part.readings), example, now_us)

    # -- running ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run until cancelled; then close the connections, publish what is buffered and keep the checkpoint.

        Raises whatever ``publish`` raises: a stream that refuses a batch for good is no device's trouble.
        """
        publishing = [asyncio.create_task(self._serve(site), name=f"publish {site}") for site in self._outlets]
        connecting = [asyncio.create_task(s.run(), name=f"supervise {s.connector.name}") for s in self._supervisors]
        upkeep = [asyncio.create_task(self._watch()), asyncio.create_task(self._keep_checkpoint())]
        try:
            done, _ = await asyncio.wait([*publishing, *connecting, *upkeep], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            await _end([*connecting, *upkeep])
            await self._drain(publishing)
            await _end(publishing)
            await self._save()

    async def _serve(self, site: str) -> None:
        outlet = self._outlets[site]
        while True:
            await outlet.bell.wait()
            outlet.bell.clear()
            while outlet.buffer.points:
                parts, received_us = outlet.buffer.pop(BATCH_POINTS)
                readings = Readings.concat([self._screened(part) for part in parts])
                if len(readings):
                    self._floor[site] = self._sequence
                    sequence = await self._publish(site, readings, received_us)
                    del self._floor[site]
                    self._published_points += len(readings)
                    self._safe.remember(readings)
                    self._sequence = max(self._sequence, sequence)
                self._buffered_points -= sum(len(part.readings) for part in parts)
                if outlet.buffer.points < BATCH_POINTS and not self._stopping:
                    break
            if self._stopping and not outlet.buffer.points:
                return
            if outlet.buffer.points:
                outlet.ring_later()

    async def _drain(self, publishing: Sequence[asyncio.Task[None]]) -> None:
        self._stopping = True
        for outlet in self._outlets.values():
            outlet.ring()
        if publishing:
            await asyncio.wait(publishing, timeout=STOP_LIMIT_S)
        if self._buffered_points:
            log.error("stopped with %d points that the stream did not take", self._buffered_points)

    async def _watch(self) -> None:
        telling: asyncio.Future[object] | None = None
        try:
            while True:
                await asyncio.sleep(1 - now_us() % 1_000_000 / 1e6)
                time_us = now_us()
                for supervisor in self._supervisors:
                    supervisor.watch(time_us)
                state = self.tell(time_us)
                if telling is None or telling.done():  # else the stream is stuck, and will get a newer state
                    if telling is not None:
                        telling.result()
                    telling = asyncio.ensure_future(self._publish_state(state))
        finally:
            if telling is not None:
                telling.cancel()

    def tell(self, now_us: int) -> EdgeState:
        """Return the edge and all its lines as of now."""
        return EdgeState(
            edge=self._edge,
            time_us=now_us,
            started_us=self._started_us,
            buffered_points=self._buffered_points,
            unacked_batches=len(self._floor),
            published_points=self._published_points,
            devices=tuple(state.tell(now_us) for state in self.states),
        )

    async def _keep_checkpoint(self) -> None:
        while True:
            await asyncio.sleep(CHECKPOINT_S)
            await self._save()

    async def _save(self) -> None:
        heard = np.flatnonzero(self._safe.newest_us != NEVER_US)
        # a batch under way may get any sequence after the one that was the last when it was sent
        sequence = min(self._floor.values(), default=self._sequence)
        checkpoint = Checkpoint(sequence, self._ids.ids[heard], self._safe.newest_us[heard], self._safe.newest[heard])
        with ThreadPoolExecutor(1, thread_name_prefix="checkpoint") as worker:
            await asyncio.get_running_loop().run_in_executor(worker, checkpoint.save, self._path)
        self.saved_sequence = sequence


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
