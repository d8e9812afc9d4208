"""One device, its connector, and an edge agent whose stream is a list."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from harness import TAGS, Harness
from trial import complex_of

from didymium.acquire.agent import EdgeAgent
from didymium.acquire.supervisor import Backoff
from didymium.model.device import DeviceState, EdgeState
from didymium.model.plant import Protocol
from didymium.model.readings import Readings

LIMIT_S = 40.0
"""Far longer than anything takes; a test that needs it has failed."""
QUICK = Backoff(first_s=0.05, longest_s=0.2)


class Rig:
    """``readings`` is all that was published; ``states`` are the edge's own words."""

    def __init__(self, device: Harness, folder: Path) -> None:
        self.device = device
        self.states: list[EdgeState] = []
        self._parts: list[Readings] = []
        self._tag_names = complex_of(Protocol.MODBUS, "", {}, [""] * TAGS)
        complex_, ids = self._tag_names
        self.agent = EdgeAgent(
            complex_, ids, self._publish, self._publish_state, folder,
            edge="trial", connectors=[device.connector(folder)], backoff=QUICK,
        )  # fmt: skip
        self._task: asyncio.Task[None] | None = None

    async def _publish(self, site: str, readings: Readings, received_us: int) -> int:
        self._parts.append(readings)
        return len(self._parts)

    async def _publish_state(self, state: EdgeState) -> None:
        self.states.append(state)

    async def start(self) -> None:
        self._task = asyncio.create_task(self.agent.run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.device.stop()

    @property
    def readings(self) -> Readings:
        return Readings.concat(self._parts)

    def of(self, tag: int) -> Readings:
        """The published readings of tag T0.."""
        readings = self.readings
        return readings.take(readings.tag == 11 + tag)

    @property
    def line(self) -> DeviceState:
        """The device's line as of now."""
        (device,) = self.agent.tell(time.time_ns() // 1000).devices
        return device

    def discarded(self, cause: str) -> int:
        return sum(discard.count for discard in self.line.discards if discard.cause == cause)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait; fail with what there is when it takes too long."""
        end_s = time.monotonic() + LIMIT_S
        while not reached():
            if self._task is not None and self._task.done():
                self._task.result()
            if time.monotonic() > end_s:
                raise AssertionError(f"not reached: {self.line}\n{self.readings}")
            await asyncio.sleep(0.01)

    async def heard(self, value: float, tag: int = 0) -> None:
        """Wait until a tag had a value."""
        await self.until(lambda: bool(np.any(self.of(tag).value == value)))
