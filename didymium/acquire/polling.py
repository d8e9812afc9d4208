"""Reads a device's memory on a fixed schedule and turns it into readings; what Modbus TCP and S7 share.

Neither protocol tells time: a reading's source time is the arrival of the reply that brought it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from didymium.acquire.blocks import Block, Plan
from didymium.acquire.causes import Cause
from didymium.acquire.clock import now_us
from didymium.acquire.errors import BadConnection, DeviceSilent
from didymium.acquire.grid import Grid
from didymium.acquire.image import Form
from didymium.acquire.options import Options
from didymium.acquire.schedule import Schedule
from didymium.acquire.sink import Line, Sink
from didymium.model.plant import Site
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_COMMUNICATION, GOOD

log = logging.getLogger(__name__)

PERIOD_S: Final = 1.0
PHASE_S: Final = 0.5
"""In the middle of the second, away from devices and clocks that change on the full one."""
TIMEOUT_S: Final = 2.0
FIRST_REST_US: Final = 1_000_000
LONGEST_REST_US: Final = 16_000_000
"""A block that the device refused for good or left unanswered is asked for again at once, then after growing rests."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a block's bytes did not come.

    ``divide``: some points in the block may be fine, so it is asked for again in halves. ``rest``: asking again soon
    would not help.
    """

    cause: Cause
    status: int
    detail: str
    divide: bool = False
    rest: bool = False


TIMEOUT: Final = Refusal(Cause.SILENT, BAD_NO_COMMUNICATION, "no reply in time", rest=True)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came for one block, and when, µs since 1970."""

    time_us: int
    body: bytes | Refusal


class Device(Protocol):
    """An open connection to a device with memory. Its ``plan`` suits what the device can send at once."""

    plan: Plan

    async def read(self, blocks: Sequence[Block]) -> list[Heard]:
        """Return what came for each block: as many bytes as asked for, or why not. Raises ``DeviceLost``."""

    def close(self) -> None:
        """Close the connection at once."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Why and until when a block is not asked for, after how many failures in a row."""

    until_us: int
    refusal: Refusal
    failures: int

    def longer(self, refusal: Refusal, now_us: int) -> Rest:
        """The rest after one more failure."""
        pause_us = min(LONGEST_REST_US, FIRST_REST_US << min(self.failures, 8) - 1) if self.failures else 0
        return Rest(now_us + pause_us, refusal, self.failures + 1)


NO_REST: Final = Rest(0, TIMEOUT, 0)


class Poll:
    """One device's blocks and what came of them; lives as long as the connection."""

    def __init__(
        self, device: Device, ids: NDArray[np.uint32], grid: Grid, paths: Sequence[str], low_word_first: bool
    ) -> None:
        plan = device.plan
        rows = plan.rows
        n = len(rows)
        self._device = device
        self._blocks = list(plan.blocks)
        self._resting: dict[Block, Rest] = {}
        self._tag = ids[rows]
        own = grid.at(rows)
        as_float = plan.fields.form == Form.F32
        self._grid = Grid(np.where(as_float, own.scale, 0.0), np.where(as_float, own.significant, 0).astype(np.int8))
        self._path = [paths[row] for row in rows]
        self._low_word_first = low_word_first
        self._image = np.zeros(plan.image_bytes, np.uint8)
        self._time_us = np.zeros(n, np.int64)
        self._status = np.zeros(n, np.uint32)

    async def take(self, sink: Sink) -> None:
        """Read all blocks once and hand the readings to the sink. Raises ``DeviceLost``."""
        begun_us = now_us()
        asked: list[Block] = []
        for block in self._blocks:
            rest = self._resting.get(block, NO_REST)
            if begun_us < rest.until_us:
                self._refuse(block, begun_us, rest.refusal, sink)
            else:
                asked.append(block)
        silent = bool(asked)
        while asked:
            again: list[Block] = []
            for block, heard in zip(asked, await self._device.read(asked), strict=True):
                body = heard.body
                silent = silent and body is TIMEOUT
                if isinstance(body, bytes):
                    self._fill(block, heard.time_us, body)
                elif body.divide and block.last - block.first > 1:
                    again += self._divide(block, body)
                else:
                    if body.rest:
                        self._resting[block] = self._resting.get(block, NO_REST).longer(body, heard.time_us)
                    self._refuse(block, heard.time_us, body, sink)
            asked = again
        if silent:
            raise DeviceSilent("no reply to any request")
        value = self._grid.snap(self._device.plan.fields.decode(self._image, self._low_word_first))
        status = self._status.copy()
        value[status != GOOD] = np.nan
        sink.take(Readings.of(self._tag, self._time_us.copy(), value, status), now_us())

    def _fill(self, block: Block, time_us: int, body: bytes) -> None:
        self._image[block.at : block.at + block.size] = np.frombuffer(body, np.uint8)
        self._time_us[block.first : block.last] = time_us
        self._status[block.first : block.last] = GOOD
        self._resting.pop(block, None)

    def _divide(self, block: Block, refusal: Refusal) -> tuple[Block, Block]:
        place = self._blocks.index(block)
        halves = self._device.plan.halves(block)
        log.info(
            "%s (%s to %s): asked again in halves", refusal.detail, self._path[block.first], self._path[block.last - 1]
        )
        self._blocks[place : place + 1] = halves
        return halves

    def _refuse(self, block: Block, time_us: int, refusal: Refusal, sink: Sink) -> None:
        self._time_us[block.first : block.last] = time_us
        self._status[block.first : block.last] = refusal.status
        first, last = self._path[block.first], self._path[block.last - 1]
        tags = first if first == last else f"{first} to {last}"
        sink.discard(refusal.cause, block.last - block.first, f"{tags}: {refusal.detail}")


@dataclass(frozen=True, slots=True)
class Polling:
    """The options that every polled site may set: how often, how far into the period, and how long to wait."""

    period_s: float
    phase_s: float
    timeout_s: float

    @classmethod
    def read(cls, options: Options) -> Polling:
        """Take ``period_s``, ``phase_s`` and ``timeout_s``. Raises ``BadConnection``."""
        period_s = options.number("period_s", PERIOD_S, 0.05, 3600)
        return cls(
            period_s,
            options.number("phase_s", PHASE_S * period_s, 0, period_s),
            options.number("timeout_s", TIMEOUT_S, 0.05, 60),
        )

    @property
    def schedule(self) -> Schedule:
        return Schedule(round(self.period_s * 1e6), round(self.phase_s * 1e6))

    @property
    def silence_limit_s(self) -> float:
        """Longer than any poll may take."""
        return 10.0 + 5 * (self.period_s + self.timeout_s)


def host_and_port(site: Site, scheme: str, default_port: int) -> tuple[str, int]:
    """Return where ``modbus://10.0.0.7:502`` points. Raises ``BadConnection``."""
    endpoint = site.connection.endpoint
    parts = urlsplit(endpoint)
    try:
        port = parts.port or default_port
    except ValueError as error:
        raise BadConnection(site.id, "endpoint", endpoint, str(error)) from error
    if parts.scheme != scheme or not parts.hostname:
        raise BadConnection(site.id, "endpoint", endpoint, f"it should look like {scheme}://host:{default_port}")
    return parts.hostname, port


class PollingConnector:
    """A connector to one device with memory; ``open_device`` connects to it."""

    def __init__(
        self,
        line: Line,
        open_device: Callable[[], Awaitable[Device]],
        schedule: Schedule,
        ids: NDArray[np.uint32],
        grid: Grid,
        paths: Sequence[str],
        low_word_first: bool = False,
    ) -> None:
        self.name = line.name
        self.lines = (line,)
        self._open_device = open_device
        self._schedule = schedule
        self._ids, self._grid, self._paths = ids, grid, paths
        self._low_word_first = low_word_first

    async def run(self, sinks: Sequence[Sink]) -> None:
        """See ``Connector.run``."""
        (sink,) = sinks
        device = await self._open_device()
        try:
            sink.up()
            poll = Poll(device, self._ids, self._grid, self._paths, self._low_word_first)
            tick = self._schedule.first(now_us())
            while True:
                tick, missed = self._schedule.next(tick, now_us())
                if missed:
                    sink.discard(Cause.MISSED_POLL, missed, f"{missed} readings of {len(device.plan.points)} tags")
                await asyncio.sleep(max(0, self._schedule.time_us(tick) - now_us()) / 1e6)
                await poll.take(sink)
                tick += 1
        finally:
            device.close()

    def revive(self, line: int) -> bool:
        """A device that is asked has no other way than a new connection."""
        return False
