"""A site behind a Modbus TCP server: one unit id per area, each value a 32-bit float over two holding registers.

Modbus carries neither time nor quality: a read gives the newest second, and a value whose status is Bad reads as NaN.
The option ``word_order`` says which half comes first: ``big`` the high word, ``little`` the low word.

The server is our own because pymodbus's answers only the first of several requests that arrive in one segment and
stays one behind from then on; a client that once waited too long would never catch up.
"""

from __future__ import annotations

import asyncio
import re
import struct
from collections import defaultdict
from enum import IntEnum
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import Complex, Site
from didymium.model.status import is_bad
from didymium.twin.servers.moment import Moment

MODBUS_PORT: Final = 502
WORD_ORDERS: Final = ("big", "little")
READ_HOLDING_REGISTERS: Final = 3
REGISTERS_MAX: Final = 125
HEADER: Final = struct.Struct(">HHHB")
"""MBAP: transaction, protocol (0), length of what follows, unit id."""
_LENGTH_MAX: Final = 254
_ADDRESS: Final = re.compile(r"(\d+):hr:(\d+)")


class Refused(IntEnum):
    """Exception codes (Modbus Application Protocol V1.1b3, §7)."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    NO_SUCH_UNIT = 11


class Registers:
    """One unit id's holding registers, from 0. ``first`` (n,) is each value's lower register, ``row`` (n,) its tag."""

    def __init__(self, row: NDArray[np.intp], first: NDArray[np.intp], *, low_word_first: bool) -> None:
        self._row = row
        self._first = first
        self._low_word_first = low_word_first
        self._words = np.zeros(int(first.max()) + 2, ">u2")

    def take(self, moment: Moment) -> None:
        """Put one second's values into the registers."""
        value = np.where(is_bad(moment.status[self._row]), np.nan, moment.value[self._row])
        bits = value.astype(np.float32).view(np.uint32)
        high, low = bits >> np.uint32(16), bits & np.uint32(0xFFFF)
        self._words[self._first] = low if self._low_word_first else high
        self._words[self._first + 1] = high if self._low_word_first else low

    def read(self, first: int, count: int) -> bytes | Refused:
        if not 1 <= count <= REGISTERS_MAX:
            return Refused.ILLEGAL_VALUE
        if first + count > len(self._words):
            return Refused.ILLEGAL_ADDRESS
        return self._words[first : first + count].tobytes()


def answer(units: dict[int, Registers], unit: int, request: bytes) -> bytes:
    """Return the reply to one request, both from the function code on."""
    function = request[0]
    if function != READ_HOLDING_REGISTERS:
        found: bytes | Refused = Refused.ILLEGAL_FUNCTION
    elif len(request) != 5:
        found = Refused.ILLEGAL_VALUE
    elif unit not in units:
        found = Refused.NO_SUCH_UNIT
    else:
        found = units[unit].read(*struct.unpack(">HH", request[1:]))
    if isinstance(found, Refused):
        return bytes((function | 0x80, found))
    return bytes((function, len(found))) + found


class _Connection(asyncio.Protocol):
    """One client. A frame that is no Modbus closes the connection, because what follows cannot be told apart."""

    def __init__(self, server: ModbusServer) -> None:
        self._server = server
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._server.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._waiting += data
        while len(self._waiting) >= HEADER.size:
            transaction, protocol, length, unit = HEADER.unpack_from(self._waiting)
            if protocol != 0 or not 2 <= length <= _LENGTH_MAX:
                self._transport.close()
                return
            end = HEADER.size + length - 1
            if len(self._waiting) < end:
                return
            reply = answer(self._server.units, unit, self._waiting[HEADER.size : end])
            self._waiting = self._waiting[end:]
            self._transport.write(HEADER.pack(transaction, 0, len(reply) + 1, unit) + reply)


class ModbusServer:
    """The server of one site. ``start``, then ``take`` each second."""

    def __init__(self, plant: Complex, site: Site) -> None:
        word_order = site.connection.options.get("word_order", "big")
        if word_order not in WORD_ORDERS:
            raise ValueError(f"{site.id}: word_order is {word_order!r}, not one of {', '.join(WORD_ORDERS)}")
        rows: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for row in range(site.first, site.first + site.count):
            match = _ADDRESS.fullmatch(plant.tags.address[row])
            if match is None:
                raise ValueError(f"{plant.tags.path[row]}: {plant.tags.address[row]!r} is no Modbus address")
            rows[int(match[1])].append((row, int(match[2])))
        self.units = {
            unit: Registers(
                np.array([row for row, _ in pairs], np.intp),
                np.array([register for _, register in pairs], np.intp),
                low_word_first=word_order == "little",
            )
            for unit, pairs in rows.items()
        }
        self.connections: set[asyncio.Transport] = set()
        address = urlsplit(site.connection.endpoint)
        self._address = address.hostname or "127.0.0.1", address.port or MODBUS_PORT
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), *self._address)

    async def cut(self) -> None:
        await self.stop()

    async def mend(self) -> None:
        await self.start()

    def take(self, moment: Moment) -> None:
        for registers in self.units.values():
            registers.take(moment)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for transport in list(self.connections):
                transport.close()
            await self._server.wait_closed()
