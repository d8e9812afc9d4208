"""Browsers' stand-in: listens to event streams and notes how old each value is when it arrives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray


class _Frame(msgspec.Struct):
    a: list[int | None]
    full: bool = False


class Listeners:
    """``count`` connections spread over ``groups``; run it as a task, then ask for the ages."""

    def __init__(self, port: int, groups: Sequence[str], count: int) -> None:
        self._port = port
        self._groups = [groups[i % len(groups)] for i in range(count)]
        self._ages: list[NDArray[np.float64]] = []
        self.counting = False
        self.frames = 0

    async def run(self) -> None:
        """Listen until cancelled."""
        await asyncio.gather(*(self._listen(group) for group in self._groups))

    def ages_s(self) -> NDArray[np.float64]:
        """Source time to arrival of every value in the frames since ``counting`` was set, s."""
        return np.concatenate(self._ages) if self._ages else np.empty(0)

    async def _listen(self, group: str) -> None:
        decode = msgspec.json.Decoder(_Frame).decode
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        try:
            writer.write(f"GET /api/events?group={group} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            while line := await reader.readline():
                if not self.counting or not line.startswith(b'data: {"t"'):
                    continue
                now_us = time.time_ns() / 1_000
                frame = decode(line[6:])
                if not frame.full:
                    self.frames += 1
                    self._ages.append((now_us - np.array(frame.a, np.float64)) / 1e6)
        finally:
            writer.close()
