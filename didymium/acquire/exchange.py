"""Requests and their replies over one TCP connection, matched by number, some under way at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from didymium.acquire.clock import now_us
from didymium.acquire.errors import ConnectionClosed, DeviceLost, DeviceSilent, ProtocolBroken, lost

KEEP_EXPIRED: Final = 1_000
"""How many numbers of unanswered requests are kept, to know their late replies from garbage."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How a protocol delimits and numbers its frames.

    ``length`` takes at least ``header_bytes`` bytes and returns those of the whole frame, or raises ``DeviceLost``;
    ``number`` takes the frame's bytes and maybe those of the next.
    """

    header_bytes: int
    length: Callable[[bytes], int]
    number: Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class Request:
    """``group`` joins the requests that one silent device behind a gateway would leave unanswered."""

    number: int
    group: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """When the frame came, µs since 1970; ``frame`` is None when it did not come in time."""

    time_us: int
    frame: bytes | None


class _Round:
    """The requests of one ``ask`` and what has come of them so far."""

    def __init__(self, requests: Sequence[Request], in_flight: int, done: asyncio.Future[None]) -> None:
        self.replies: list[Reply] = [Reply(0, None)] * len(requests)
        self.under_way: dict[int, int] = {}
        self.done = done
        self._requests = requests
        self._in_flight = in_flight
        self._following = 0
        self._silent: set[int] = set()

    def frames(self) -> bytes:
        """Whatever may be sent now; ends the round when all is answered or given up."""
        frames: list[bytes] = []
        while self._following < len(self._requests) and len(self.under_way) < self._in_flight:
            request = self._requests[self._following]
            if request.group not in self._silent:
                self.under_way[request.number] = self._following
                frames.append(request.frame)
            self._following += 1
        if not self.under_way and not self.done.done():
            self.done.set_result(None)
        return b"".join(frames)

    def expire(self) -> list[int]:
        """Give up the requests under way and the rest of their groups; return their numbers."""
        numbers = list(self.under_way)
        self._silent.update(self._requests[place].group for place in self.under_way.values())
        self.under_way.clear()
        return numbers


class Exchange(asyncio.Protocol):
    """One connection. Only one ``ask`` runs at a time."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self._lost: DeviceLost | None = None
        self._round: _Round | None = None
        self._heard_s = 0.0
        self._expired: deque[int] = deque(maxlen=KEEP_EXPIRED)

    @classmethod
    async def open(cls, host: str, port: int, framing: Framing, timeout_s: float) -> Exchange:
        """Connect. Raises ``DeviceLost``."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                _, exchange = await loop.create_connection(lambda: cls(framing), host, port)
        except TimeoutError as error:
            raise DeviceSilent(f"{host}:{port} did not accept a connection in {timeout_s} s") from error
        except OSError as error:
            raise lost(error) from error
        return exchange

    def close(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, requests: Sequence[Request], in_flight: int, timeout_s: float) -> list[Reply]:
        """Send all, at most ``in_flight`` at once, and return their replies in the order of ``requests``.

        When nothing comes for ``timeout_s`` the requests under way stay unanswered, the rest of their groups is not
        sent, and the others go on. Raises ``DeviceLost`` when the connection ends or the stream is garbled.
        """
        if self._lost is not None:
            raise self._lost
        loop = asyncio.get_running_loop()
        self._round = round_ = _Round(requests, in_flight, loop.create_future())
        self._heard_s = loop.time()
        watch = asyncio.create_task(self._watch(round_, timeout_s))
        try:
            self._send(round_)
            await round_.done
        finally:
            self._round = None
            watch.cancel()
        return round_.replies

    async def _watch(self, round_: _Round, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        while not round_.done.done():
            left_s = self._heard_s + timeout_s - loop.time()
            if left_s > 0:
                await asyncio.sleep(left_s)
            else:
                self._expired.extend(round_.expire())
                self._heard_s = loop.time()
                self._send(round_)

    def _send(self, round_: _Round) -> None:
        frames = round_.frames()
        if frames and self._transport is not None:
            self._transport.write(frames)

    def _fail(self, error: DeviceLost) -> None:
        if self._lost is None:
            self._lost = error
        if self._round is not None and not self._round.done.done():
            self._round.done.set_exception(self._lost)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(lost(exc) if isinstance(exc, OSError) else ConnectionClosed("by the device"))

    def data_received(self, data: bytes) -> None:
        time_us = now_us()
        rest = self._rest + data if self._rest else data
        header_bytes, length, number = self._framing.header_bytes, self._framing.length, self._framing.number
        round_ = self._round
        try:
            while len(rest) >= header_bytes:
                end = length(rest)
                if len(rest) < end:
                    break
                self._accept(round_, number(rest), Reply(time_us, rest[:end]))
                rest = rest[end:]
        except DeviceLost as error:
            self._fail(error)
            self.close()
            return
        self._rest = rest
        if round_ is not None:
            self._heard_s = asyncio.get_running_loop().time()
            self._send(round_)

    def _accept(self, round_: _Round | None, number: int, reply: Reply) -> None:
        place = None if round_ is None else round_.under_way.pop(number, None)
        if round_ is not None and place is not None:
            round_.replies[place] = reply
        elif number in self._expired:
            self._expired.remove(number)
        else:
            raise ProtocolBroken(f"a reply to request {number}, which is not under way")
