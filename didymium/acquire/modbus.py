"""Modbus TCP (MODBUS Messaging on TCP/IP V1.0b): holding and input registers of several units over one connection.

A tag's address is ``<unit>:<hr|ir>:<register>[:<type>]``, registers counted from 0 as on the wire; the type is
``float32`` where it is left out.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from didymium.acquire.blocks import Block, Plan, Point, plan
from didymium.acquire.causes import Cause
from didymium.acquire.clock import now_us
from didymium.acquire.errors import BadConnection, ProtocolBroken
from didymium.acquire.exchange import Exchange, Framing, Reply, Request
from didymium.acquire.grid import Grid
from didymium.acquire.image import Form
from didymium.acquire.options import Options
from didymium.acquire.polling import TIMEOUT, Heard, Polling, PollingConnector, Refusal, host_and_port
from didymium.acquire.sink import Connector, Line
from didymium.model.plant import Complex, Protocol, Site
from didymium.model.registry import TagIds
from didymium.model.status import (
    BAD_COMMUNICATION_ERROR,
    BAD_CONFIGURATION_ERROR,
    BAD_DEVICE_FAILURE,
    BAD_NO_COMMUNICATION,
)

MAX_REGISTERS: Final = 125  # one reply's limit, Modbus Application Protocol V1.1b3, 6.3
MAX_GAP_REGISTERS: Final = 16  # reading over a gap of this size costs less than another request
READ: Final = {"hr": 3, "ir": 4}
FORMS: Final = {
    "float32": Form.F32,
    "float64": Form.F64,
    "int16": Form.I16,
    "uint16": Form.U16,
    "int32": Form.I32,
    "uint32": Form.U32,
}
ADDRESS: Final = re.compile(rf"(\d{{1,3}}):({'|'.join(READ)}):(\d{{1,5}})(?::({'|'.join(FORMS)}))?")
ADDRESS_HINT: Final = f"expected unit:hr:register or unit:ir:register, then maybe one of :{' :'.join(FORMS)}"

ILLEGAL_DATA_ADDRESS: Final = 2
EXCEPTIONS: Final = {  # Application Protocol V1.1b3, 7
    1: ("illegal function", BAD_CONFIGURATION_ERROR),
    ILLEGAL_DATA_ADDRESS: ("illegal data address", BAD_CONFIGURATION_ERROR),
    3: ("illegal data value", BAD_CONFIGURATION_ERROR),
    4: ("server device failure", BAD_DEVICE_FAILURE),
    5: ("acknowledge", BAD_NO_COMMUNICATION),
    6: ("server device busy", BAD_NO_COMMUNICATION),
    8: ("memory parity error", BAD_DEVICE_FAILURE),
    10: ("gateway path unavailable", BAD_NO_COMMUNICATION),
    11: ("gateway target device failed to respond", BAD_NO_COMMUNICATION),
}


def point(site: str, path: str, address: str, row: int) -> Point:
    """Return where an address points. Raises ``BadConnection``."""
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise BadConnection(site, path, address, ADDRESS_HINT)
    unit, table, register, kind = match.groups()
    if int(unit) > 255 or int(register) > 65535:
        raise BadConnection(site, path, address, "units go to 255 and registers to 65535")
    return Point((int(unit), READ[table]), 2 * int(register), 0, FORMS[kind or "float32"], row)


def _frame_bytes(head: bytes) -> int:
    protocol, length = struct.unpack_from(">HH", head, 2)
    if protocol != 0 or not 3 <= length <= 254:
        raise ProtocolBroken(f"no Modbus TCP header: {head[:7].hex(' ')}")
    return 6 + int(length)


FRAMING: Final = Framing(7, _frame_bytes, lambda frame: int.from_bytes(frame[:2], "big"))


def heard(block: Block, reply: Reply) -> Heard:
    """Return the registers of a reply, or why there are none."""
    frame = reply.frame
    if frame is None:
        return Heard(now_us(), TIMEOUT)
    unit, function = block.space
    where = f"unit {unit} registers {block.start // 2} to {block.end // 2 - 1}"
    if len(frame) >= 9 and frame[6] == unit and frame[7] == function | 0x80:
        code = frame[8]
        name, status = EXCEPTIONS.get(code, ("unknown", BAD_COMMUNICATION_ERROR))
        address = code == ILLEGAL_DATA_ADDRESS
        detail = f"{where}: exception {code}, {name}"
        return Heard(reply.time_us, Refusal(Cause.REFUSED, status, detail, divide=address, rest=address or code == 1))
    if len(frame) != 9 + block.size or frame[6:9] != bytes((unit, function, block.size)):
        detail = f"{where}: expected {block.size} bytes of data, got {frame[6:22].hex(' ')} ({len(frame) - 6} bytes)"
        return Heard(reply.time_us, Refusal(Cause.GARBLED, BAD_COMMUNICATION_ERROR, detail))
    return Heard(reply.time_us, frame[9:])


class ModbusDevice:
    """An open connection."""

    def __init__(self, exchange: Exchange, plan_: Plan, in_flight: int, timeout_s: float) -> None:
        self.plan = plan_
        self._exchange = exchange
        self._in_flight = in_flight
        self._timeout_s = timeout_s
        self._transaction = 0

    async def read(self, blocks: Sequence[Block]) -> list[Heard]:
        """See ``polling.Device``."""
        requests = []
        for block in blocks:
            self._transaction = (self._transaction + 1) & 0xFFFF
            unit, function = block.space
            frame = struct.pack(">HHHBBHH", self._transaction, 0, 6, unit, function, block.start // 2, block.size // 2)
            requests.append(Request(self._transaction, unit, frame))
        replies = await self._exchange.ask(requests, self._in_flight, self._timeout_s)
        return [heard(block, reply) for block, reply in zip(blocks, replies, strict=True)]

    def close(self) -> None:
        """See ``polling.Device``."""
        self._exchange.close()


def build(complex_: Complex, ids: TagIds, sites: Sequence[Site], folder: Path) -> tuple[Connector, ...]:
    """Return one connector per site. Raises ``BadConnection``.

    Options: ``word_order`` of numbers over several registers, ``big`` ("ABCD", default) or ``little`` ("CDAB");
    ``period_s`` (1), ``phase_s`` (half the period), ``timeout_s`` (2); ``in_flight`` (1), how many requests the device
    takes before it has answered the first (its NumberMaxOfServerTransaction, 1 to 16).
    """
    return tuple(_connector(complex_, ids, site, folder) for site in sites)


def _connector(complex_: Complex, ids: TagIds, site: Site, folder: Path) -> Connector:
    host, port = host_and_port(site, "modbus", 502)
    options = Options(site, folder)
    low_word_first = options.text("word_order", "big", ("big", "little")) == "little"
    polling = Polling.read(options)
    in_flight = int(options.number("in_flight", 1, 1, 16))
    options.finish()
    tags = complex_.tags
    points = [point(site.id, tags.path[r], tags.address[r], r) for r in range(site.first, site.first + site.count)]
    plan_ = plan(points, 2 * MAX_REGISTERS, 2 * MAX_GAP_REGISTERS)

    async def open_device() -> ModbusDevice:
        exchange = await Exchange.open(host, port, FRAMING, polling.timeout_s)
        return ModbusDevice(exchange, plan_, in_flight, polling.timeout_s)

    name = f"{site.id}/modbus"
    line = Line(name, site.id, Protocol.MODBUS, site.connection.endpoint, polling.silence_limit_s, own_clock=False)
    return PollingConnector(
        line, open_device, polling.schedule, ids.ids, Grid.of(complex_), tags.path, low_word_first=low_word_first
    )
