"""From one edge's stream into live state and historian: each message once, in order, whatever dies in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from didymium.historian.errors import DiskFull
from didymium.historian.store import Historian
from didymium.historian.writer import Position
from didymium.live.rates import Rate
from didymium.model.device import EdgeState
from didymium.model.readings import Readings
from didymium.spine.errors import RangeLost
from didymium.spine.reader import Corrupt, Delivery, Lost, Reader

LOG: Final = logging.getLogger(__name__)

FLUSH_S: Final = 3.0
PULL_MESSAGES: Final = 256
MOST_PENDING_ROWS: Final = 4_000_000
"""Rows held in memory while the historian cannot write; beyond it the stream waits at the edge, on its disk."""
FULL_RETRY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Corruption:
    """Messages passed over because they are not what was published."""

    count: int = 0
    example: str = ""


class Ingest:
    """One per edge. ``seen`` hears every set of readings and ``told`` every state of the edge, as they come."""

    def __init__(
        self,
        reader: Reader,
        historian: Historian,
        writer: Executor,
        *,
        seen: Callable[[Readings, int], None],
        told: Callable[[EdgeState], None],
        write_rate: Rate,
    ) -> None:
        self.durable_seq = 0
        self.corruption = Corruption()
        self._reader = reader
        self._historian = historian
        self._writer = writer
        self._seen = seen
        self._told = told
        self._write_rate = write_rate
        self._pending: list[Readings] = []
        self._rows = 0
        self._first_seq = 0
        self._last_seq = 0
        self._stopping = False
        self._given_up = False
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()
        self._room.set()

    async def run(self) -> None:
        """Follow the stream until cancelled; what was pulled by then is written before this returns."""
        await self._repeat_last_write()
        flushing = asyncio.create_task(self._flush_for_ever(), name=f"flush {self._reader.edge}")
        try:
            while True:
                await self._room.wait()
                for delivery in await self._reader.pull(PULL_MESSAGES, FLUSH_S):
                    await self._take(delivery)
        finally:
            self._stopping = True
            flushing.cancel()
            await asyncio.gather(flushing, return_exceptions=True)
            await self._flush()

    async def _repeat_last_write(self) -> None:
        """Write the last batch that was begun once more: the engine stores it only if it is not there yet."""
        position = self._historian.positions(self._reader.edge)
        if position is None:
            return
        try:
            again = await self._reader.pull_exact(position.first_seq, position.last_seq)
        except RangeLost as error:
            # The edge forgets only what it was told is durable, so this batch had been written.
            LOG.info("%s: already durable", error)
        else:
            sets = [(d.content, d.received_us) for d in again if isinstance(d.content, Readings)]
            new = await self._write(Readings.concat([readings for readings, _ in sets]), position)
            for readings, received_us in sets if new else ():  # what was stored has been counted from the store
                self._seen(readings, received_us)
            for delivery in again:
                if isinstance(delivery.content, EdgeState):
                    self._told(delivery.content)
        self.durable_seq = position.last_seq

    async def _take(self, delivery: Delivery) -> None:
        content = delivery.content
        if isinstance(content, Lost):
            await self._flush()
            LOG.error("edge %s: sequences %d-%d are lost", self._reader.edge, content.first, content.last)
            return
        if not self._first_seq:
            self._first_seq = delivery.seq
        self._last_seq = delivery.seq
        if isinstance(content, Readings):
            self._pending.append(content)
            self._rows += len(content)
            if self._rows > MOST_PENDING_ROWS:
                self._room.clear()
            self._seen(content, delivery.received_us)
        elif isinstance(content, Corrupt):
            where = f"sequence {delivery.seq} of {self._reader.edge}"
            self.corruption = Corruption(self.corruption.count + 1, f"{where}: {content.fault}: {content.detail}")
        else:
            self._told(content)

    async def _flush_for_ever(self) -> None:
        while True:
            began = time.monotonic()
            await self._flush()
            await asyncio.sleep(max(0.05, FLUSH_S - (time.monotonic() - began)))

    async def _flush(self) -> None:
        if not self._first_seq:
            return
        readings = Readings.concat(self._pending)
        position = Position(self._reader.edge, self._first_seq, self._last_seq)
        self._pending, self._rows, self._first_seq = [], 0, 0
        await asyncio.shield(self._write(readings, position))
        self._room.set()

    async def _write(self, readings: Readings, position: Position) -> int:
        """Write one batch after the other: with a later position stored first, the earlier batch could be lost."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            while not self._given_up:
                try:
                    new = await loop.run_in_executor(self._writer, self._historian.write, readings, position)
                except DiskFull as error:
                    LOG.warning("%s", error)
                    if self._stopping:  # this batch and those behind it stay in the edge's stream
                        self._given_up = True
                        break
                    await asyncio.sleep(FULL_RETRY_S)
                else:
                    self._write_rate.add(len(readings), time.time_ns() // 1_000)
                    self.durable_seq = position.last_seq
                    return new
        return 0
