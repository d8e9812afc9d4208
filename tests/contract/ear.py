"""A sink that keeps what one connector says, for tests that need no agent."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
from rig import LIMIT_S

from didymium.acquire.sink import Connector
from didymium.model.readings import Readings


class Ear:
    """See ``didymium.acquire.sink.Sink``."""

    def __init__(self) -> None:
        self.parts: list[Readings] = []
        self.counted: Counter[str] = Counter()
        self.example: dict[str, str] = {}

    def take(self, readings: Readings, received_us: int) -> None:
        self.parts.append(readings)

    def alive(self) -> None: ...

    def skew(self, skew_ms: float) -> None: ...

    def up(self) -> None: ...

    def down(self, cause: str) -> None: ...

    def discard(self, cause: str, count: int, example: str) -> None:
        self.counted[cause] += count
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
