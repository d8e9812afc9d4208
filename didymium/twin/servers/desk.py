"""The instructor's door to the twin: one JSON order a line over TCP, one JSON answer a line; see ``twin.orders``.

It shares its loop with the second hand, so that faults change between two steps of the plant and never within one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

import msgspec

from didymium.twin.orders import AnyOrder, Refused
from didymium.twin.training import Training

log = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"


class ControlDesk:
    """``start``, then orders are obeyed until ``stop``. A line that is no order is refused and ends the connection."""

    def __init__(self, training: Training, port: int) -> None:
        self.training = training
        self._port = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self._port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            understood = True
            while understood and (line := await reader.readline()):
                answer, understood = self._answer(line)
                writer.write(answer + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError) as error:  # ValueError: a line longer than any order
            log.warning("an instructor's connection ended: %s", error)
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def _answer(self, line: bytes) -> tuple[bytes, bool]:
        try:
            order = msgspec.json.decode(line, type=AnyOrder)
        except msgspec.DecodeError as error:
            return msgspec.json.encode(Refused("bad", f"this is no order: {error}")), False
        return msgspec.json.encode(self.training.obey(order)), True
