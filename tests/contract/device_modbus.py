"""pymodbus's server with one unit of four 32-bit floats."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from harness import TAGS, free_port
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from trial import complex_of

from didymium.acquire import modbus
from didymium.acquire.sink import Connector
from didymium.model.plant import Protocol
from didymium.model.status import BAD_CONFIGURATION_ERROR

LAST = 2 * (TAGS - 1)
"""The first register of T3."""


class Device:
    """See ``harness.Harness``."""

    name = "modbus"
    own_clock = False
    time_step_us = 1
    bad_status = BAD_CONFIGURATION_ERROR

    def __init__(self) -> None:
        self._port = free_port()
        self._registers = [0] * (2 * TAGS)
        self._fails = False
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        unit = SimDevice(1, [SimData(0, values=0, count=2 * TAGS, datatype=DataType.REGISTERS)], action=self._answer)
        self._server = ModbusTcpServer([unit], address=("127.0.0.1", self._port))
        await self._server.serve_forever(background=True)

    async def _answer(
        self, function: int, start: int, address: int, count: int, registers: list[int], written: object
    ) -> ExcCodes | None:
        if self._fails and address + count > LAST:
            return ExcCodes.ILLEGAL_ADDRESS
        registers[address - start : address - start + count] = self._registers[address : address + count]
        return None

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
            self._server = None

    def connector(self, folder: Path) -> Connector:
        addresses = [f"1:hr:{2 * i}" for i in range(TAGS)]
        complex_, ids = complex_of(Protocol.MODBUS, f"modbus://127.0.0.1:{self._port}", {"period_s": 0.1}, addresses)
        (connector,) = modbus.build(complex_, ids, complex_.sites, folder)
        return connector

    async def say(self, values: Sequence[float], time_us: int) -> None:
        self._registers = list(struct.unpack(f">{2 * TAGS}H", struct.pack(f">{TAGS}f", *values)))

    async def fail(self) -> None:
        self._fails = True
