"""A site behind a Modbus TCP server: one unit id per area, each value a 32-bit float over two holding registers.

Modbus carries neither time nor quality: a read gives the newest second, and a value whose status is Bad reads as NaN.
The option ``word_order`` says which half comes first: ``big`` the high word, ``little`` the low word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from didymium.model.plant import Complex, Site
from didymium.model.status import is_bad
from didymium.twin.servers.moment import Moment

MODBUS_PORT: Final = 502
WORD_ORDERS: Final = ("big", "little")
_ADDRESS: Final = re.compile(r"(\d+):hr:(\d+)")


class Registers:
    """The holding registers of one unit id. ``first`` (n,) is each value's lower register, ``row`` (n,) its tag."""

    def __init__(self, row: NDArray[np.intp], first: NDArray[np.intp], *, low_word_first: bool) -> None:
        self._row = row
        self._low_word_first = low_word_first
        self.start = int(first.min())
        self.count = int(first.max()) + 2 - self.start
        self._place = first - self.start
        self._words = np.zeros(self.count, np.uint16)

    def take(self, moment: Moment) -> None:
        """Put one second's values into the registers."""
        value = np.where(is_bad(moment.status[self._row]), np.nan, moment.value[self._row])
        bits = value.astype(np.float32).view(np.uint32)
        high, low = (bits >> np.uint32(16)).astype(np.uint16), (bits & np.uint32(0xFFFF)).astype(np.uint16)
        words = self._words.copy()
        words[self._place] = low if self._low_word_first else high
        words[self._place + 1] = high if self._low_word_first else low
        self._words = words

    async def serve(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current_registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Fill the registers that pymodbus is about to send; the twin cannot be written."""
        if set_values is not None:
            return ExcCodes.ILLEGAL_FUNCTION
        at = address - start_address
        current_registers[at : at + count] = self._words[at : at + count].tolist()
        return None


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
        self._units = {
            unit_id: Registers(
                np.array([row for row, _ in pairs], np.intp),
                np.array([register for _, register in pairs], np.intp),
                low_word_first=word_order == "little",
            )
            for unit_id, pairs in rows.items()
        }
        address = urlsplit(site.connection.endpoint)
        self._address = address.hostname or "127.0.0.1", address.port or MODBUS_PORT
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        devices = [
            SimDevice(
                unit_id,
                [SimData(registers.start, values=0, count=registers.count, datatype=DataType.REGISTERS)],
                action=registers.serve,
            )
            for unit_id, registers in self._units.items()
        ]
        self._server = ModbusTcpServer(devices, address=self._address)
        await self._server.serve_forever(background=True)

    def take(self, moment: Moment) -> None:
        for registers in self._units.values():
            registers.take(moment)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
