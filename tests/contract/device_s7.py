"""snap7's server with T0 to T2 in one data block and T3 in another."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from pathlib import Path

from harness import TAGS, free_port
from snap7.server import Server
from snap7.type import SrvArea
from trial import complex_of

from didymium.acquire import s7
from didymium.acquire.sink import Connector
from didymium.model.plant import Protocol
from didymium.model.status import BAD_CONFIGURATION_ERROR

FIRST_DB, LAST_DB = 4, 7


class Device:
    """See ``harness.Harness``."""

    name = "s7"
    own_clock = False
    time_step_us = 1
    bad_status = BAD_CONFIGURATION_ERROR

    def __init__(self) -> None:
        self._port = free_port()
        self._first, self._last = bytearray(4 * (TAGS - 1)), bytearray(4)
        self._server: Server | None = None

    async def start(self) -> None:
        server = Server(log=False)
        server.register_area(SrvArea.DB, FIRST_DB, self._first)
        server.register_area(SrvArea.DB, LAST_DB, self._last)
        await asyncio.to_thread(server.start_to, "127.0.0.1", self._port)
        self._server = server

    async def stop(self) -> None:
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)
            self._server = None

    def connector(self, folder: Path) -> Connector:
        addresses = [f"DB{FIRST_DB}.{4 * i}:REAL" for i in range(TAGS - 1)] + [f"DB{LAST_DB}.0:REAL"]
        complex_, ids = complex_of(Protocol.S7, f"s7://127.0.0.1:{self._port}", {"period_s": 0.1}, addresses)
        (connector,) = s7.build(complex_, ids, complex_.sites, folder)
        return connector

    async def say(self, values: Sequence[float], time_us: int) -> None:
        self._first[:] = struct.pack(f">{TAGS - 1}f", *values[:-1])
        self._last[:] = struct.pack(">f", values[-1])

    async def fail(self) -> None:
        assert self._server is not None
        self._server.unregister_area(SrvArea.DB, LAST_DB)
