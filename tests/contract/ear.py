"""A sink that keeps what one connector says, for tests that need no agent."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import numpy as np
from rig import LIMIT_S

from didymium.acquire.sink import Connector
from didymium.model.readings import Readings


class Ear:
    """See ``didymium.acquire.sink.Sink``. ``counted`` is what was discarded up to the last readings."""

    def __init__(self) -> None:
        self.parts: list[Readings] = []
        self.counted: Counter[str] = Counter()
        self._counting: Counter[str] = Counter()
        self.example: dict[str, str] = {}

    def take(self, readings: Readings, received_us: int) -> None:
        self.parts.append(readings)
        self.counted = Counter(self._counting)

    def alive(self) -> None: ...

    def skew(self, skew_ms: float) -> None: ...

    def up(self) -> None: ...

    def down(self, cause: str) -> None: ...

    def discard(self, cause: str, count: int, example: str) -> None:
        self._counting[cause] += count
        self.example[cause] = example

    def newest(self) -> tuple[list[float], list[int]]:
        """Values and statuses of the last poll, in the order of tag ids; none before the first."""
        if not self.parts:
            return [], []
        order = np.argsort(self.parts[-1].tag)
        return self.parts[-1].value[order].tolist(), self.parts[-1].status[order].tolist()


async def until(reached: Callable[[], bool], task: asyncio.Task[None]) -> None:
    """Wait for something to be true while ``task`` runs; raise what it raises."""
    end_s = time.monotonic() + LIMIT_S
    while not reached():
        if task.done():
            task.result()
        assert time.monotonic() < end_s, "not reached"
        await asyncio.sleep(0.01)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """A server that treats each connection with ``serve``; yields its port."""
    tasks: set[asyncio.Task[None] | None] = set()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*filter(None, tasks))


@asynccontextmanager
async def hearing(connector: Connector) -> AsyncIterator[tuple[Ear, asyncio.Task[None]]]:
    """Run a connector of one line into an ear."""
    ear = Ear()
    task = asyncio.create_task(connector.run([ear]))
    try:
        yield ear, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
