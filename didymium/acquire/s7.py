"""S7 (the classic protocol over ISO on TCP, RFC 1006): numbers in data blocks of Siemens controllers.

A tag's address is ``DB<n>.<byte>:<type>``, or ``DB<n>.<byte>.<bit>:BOOL``. We read areas of data blocks as bytes, as
many at once as the controller's PDU carries.
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
from didymium.acquire.errors import AccessRefused, BadConnection, DeviceSilent, ProtocolBroken
from didymium.acquire.exchange import Exchange, Framing, Reply, Request
from didymium.acquire.grid import Grid
from didymium.acquire.image import Form
from didymium.acquire.options import Options
from didymium.acquire.polling import TIMEOUT, Heard, Polling, PollingConnector, Refusal, host_and_port
from didymium.acquire.sink import Connector, Line
from didymium.model.plant import Complex, Protocol, Site
from didymium.model.registry import TagIds
from didymium.model.status import BAD_COMMUNICATION_ERROR, BAD_CONFIGURATION_ERROR, BAD_DEVICE_FAILURE

FORMS: Final = {
    "REAL": Form.F32,
    "LREAL": Form.F64,
    "INT": Form.I16,
    "UINT": Form.U16,
    "WORD": Form.U16,
    "DINT": Form.I32,
    "UDINT": Form.U32,
    "DWORD": Form.U32,
    "SINT": Form.I8,
    "USINT": Form.U8,
    "BYTE": Form.U8,
    "BOOL": Form.BIT,
}
ADDRESS: Final = re.compile(rf"DB(\d{{1,5}})\.(\d{{1,5}})(?:\.([0-7]))?:({'|'.join(FORMS)})")
ADDRESS_HINT: Final = f"expected DB5.12:REAL or DB5.12.3:BOOL; types are {', '.join(FORMS)}"

MAX_GAP_BYTES: Final = 64  # reading over a gap of this size costs less than another request
PDU_BYTES: Final = 960  # what we ask for; the controller may grant less, down to 240
JOBS: Final = 8  # how many requests under way we ask for
REPLY_OVERHEAD_BYTES: Final = 18  # S7 header 12, parameters 2, item header 4

COTP_CONNECT_REQUEST, COTP_CONNECT_CONFIRM, COTP_DISCONNECT, COTP_DATA = 0xE0, 0xD0, 0x80, 0xF0
JOB, ACK, ACK_DATA = 1, 2, 3
SETUP, READ = 0xF0, 0x04
ITEM_GOOD, ITEM_ADDRESS, ITEM_MISSING = 0xFF, 0x05, 0x0A
ITEMS: Final = {  # Siemens' item return codes
    0x01: ("hardware fault", BAD_DEVICE_FAILURE),
    0x03: ("access denied", BAD_CONFIGURATION_ERROR),
    ITEM_ADDRESS: ("address out of range", BAD_CONFIGURATION_ERROR),
    0x06: ("data type not supported", BAD_CONFIGURATION_ERROR),
    0x07: ("data type inconsistent", BAD_CONFIGURATION_ERROR),
    ITEM_MISSING: ("data block does not exist", BAD_CONFIGURATION_ERROR),
}


def point(site: str, path: str, address: str, row: int) -> Point:
    """Return where an address points. Raises ``BadConnection``."""
    match = ADDRESS.fullmatch(address)
    if match is None or (match[3] is not None) != (match[4] == "BOOL"):
        raise BadConnection(site, path, address, ADDRESS_HINT)
    return Point((int(match[1]), READ), int(match[2]), int(match[3] or 0), FORMS[match[4]], row)


def _frame_bytes(head: bytes) -> int:
    length = int.from_bytes(head[2:4], "big")
    if head[0] != 3 or length < 7:
        raise ProtocolBroken(f"no TPKT header: {head[:4].hex(' ')}")
    return length


def _number(frame: bytes) -> int:
    if frame[5] == COTP_CONNECT_CONFIRM:
        return 0
    if frame[5] == COTP_DISCONNECT:
        raise AccessRefused("the controller ended the connection; are rack and slot right?")
    if len(frame) < 19 or frame[5] != COTP_DATA or frame[7] != 0x32 or frame[8] not in (ACK, ACK_DATA):
        raise ProtocolBroken(f"no S7 answer: {frame[:19].hex(' ')}")
    return int.from_bytes(frame[11:13], "big")


FRAMING: Final = Framing(4, _frame_bytes, _number)


def _job(number: int, parameters: bytes) -> bytes:
    tpkt = struct.pack(">BBH", 3, 0, 17 + len(parameters))
    return tpkt + struct.pack(">BBBBBHHHH", 2, COTP_DATA, 0x80, 0x32, JOB, 0, number, len(parameters), 0) + parameters


def heard(block: Block, reply: Reply) -> Heard:
    """Return the bytes of a reply, or why there are none."""
    frame = reply.frame
    if frame is None:
        return Heard(now_us(), TIMEOUT)
    where = f"DB{block.space[0]} bytes {block.start} to {block.end - 1}"
    error = frame[17:19]
    if error != b"\0\0":
        detail = f"{where}: PDU refused, error {error.hex()}"
        return Heard(reply.time_us, Refusal(Cause.REFUSED, BAD_COMMUNICATION_ERROR, detail))
    data = frame[21:]
    if len(data) >= 1 and data[0] != ITEM_GOOD:
        name, status = ITEMS.get(data[0], ("unknown", BAD_COMMUNICATION_ERROR))
        detail = f"{where}: {name} (0x{data[0]:02x})"
        address = data[0] == ITEM_ADDRESS
        rest = address or data[0] == ITEM_MISSING
        return Heard(reply.time_us, Refusal(Cause.REFUSED, status, detail, divide=address, rest=rest))
    body = data[4 : 4 + block.size]
    if len(body) != block.size:
        detail = f"{where}: expected {block.size} bytes of data, got {max(0, len(data) - 4)}"
        return Heard(reply.time_us, Refusal(Cause.GARBLED, BAD_COMMUNICATION_ERROR, detail))
    return Heard(reply.time_us, body)


async def _set_up(exchange: Exchange, rack: int, slot: int, timeout_s: float) -> tuple[int, int]:
    """Return how many jobs and what PDU (bytes) the controller grants. Raises ``DeviceLost``."""
    called = 0x0100 | rack << 5 | slot
    connect = struct.pack(">BBHBBHHB", 3, 0, 22, 17, COTP_CONNECT_REQUEST, 0, 1, 0)
    connect += struct.pack(">BBBBBHBBH", 0xC0, 1, 0x0A, 0xC1, 2, 0x0100, 0xC2, 2, called)
    setup = _job(1, struct.pack(">BBHHH", SETUP, 0, JOBS, JOBS, PDU_BYTES))
    frame: bytes | None = None
    for number, request in enumerate((connect, setup)):
        (reply,) = await exchange.ask([Request(number, 0, request)], 1, timeout_s)
        frame = reply.frame
        if frame is None:
            raise DeviceSilent("no answer to the " + ("setup of communication" if number else "connection request"))
    if frame is None or len(frame) < 27 or frame[17:19] != b"\0\0":
        raise AccessRefused(f"the controller refused the setup of communication: {frame and frame.hex(' ')}")
    jobs, _, pdu_bytes = struct.unpack_from(">HHH", frame, 21)
    if pdu_bytes < 2 * REPLY_OVERHEAD_BYTES:
        raise ProtocolBroken(f"the controller offers a PDU of {pdu_bytes} bytes")
    return max(1, jobs), pdu_bytes


class S7Device:
    """An open connection with its negotiated PDU."""

    def __init__(self, exchange: Exchange, plan_: Plan, jobs: int, timeout_s: float) -> None:
        self.plan = plan_
        self._exchange = exchange
        self._jobs = jobs
        self._timeout_s = timeout_s
        self._reference = 1

    @classmethod
    async def open(
        cls, host: str, port: int, *, rack: int, slot: int, timeout_s: float, points: Sequence[Point]
    ) -> S7Device:
        """Connect to the controller's rack and slot and agree on a PDU. Raises ``DeviceLost``."""
        exchange = await Exchange.open(host, port, FRAMING, timeout_s)
        try:
            jobs, pdu_bytes = await _set_up(exchange, rack, slot, timeout_s)
        except BaseException:
            exchange.close()
            raise
        plan_ = plan(points, pdu_bytes - REPLY_OVERHEAD_BYTES, MAX_GAP_BYTES)
        return cls(exchange, plan_, jobs, timeout_s)

    async def read(self, blocks: Sequence[Block]) -> list[Heard]:
        """See ``polling.Device``."""
        requests = []
        for block in blocks:
            self._reference = self._reference % 0xFFFF + 1
            db, _ = block.space
            item = struct.pack(">BBBBBBHHB", READ, 1, 0x12, 0x0A, 0x10, 0x02, block.size, db, 0x84)
            frame = _job(self._reference, item + (block.start * 8).to_bytes(3, "big"))
            requests.append(Request(self._reference, 0, frame))
        replies = await self._exchange.ask(requests, self._jobs, self._timeout_s)
        return [heard(block, reply) for block, reply in zip(blocks, replies, strict=True)]

    def close(self) -> None:
        """See ``polling.Device``."""
        self._exchange.close()


def build(complex_: Complex, ids: TagIds, sites: Sequence[Site], folder: Path) -> tuple[Connector, ...]:
    """Return one connector per site. Raises ``BadConnection``.

    Options: ``rack`` (0) and ``slot`` (1 on the S7-1200 and 1500, 2 on the 300, as configured on the 400);
    ``period_s`` (1), ``phase_s`` (half the period), ``timeout_s`` (2).
    """
    return tuple(_connector(complex_, ids, site, folder) for site in sites)


def _connector(complex_: Complex, ids: TagIds, site: Site, folder: Path) -> Connector:
    host, port = host_and_port(site, "s7", 102)
    options = Options(site, folder)
    rack = int(options.number("rack", 0, 0, 7))
    slot = int(options.number("slot", 1, 0, 31))
    polling = Polling.read(options)
    options.finish()
    tags = complex_.tags
    points = [point(site.id, tags.path[r], tags.address[r], r) for r in range(site.first, site.first + site.count)]

    async def open_device() -> S7Device:
        return await S7Device.open(host, port, rack=rack, slot=slot, timeout_s=polling.timeout_s, points=points)

    name = f"{site.id}/s7"
    line = Line(name, site.id, Protocol.S7, site.connection.endpoint, polling.silence_limit_s, own_clock=False)
    return PollingConnector(line, open_device, polling.schedule, ids.ids, Grid.of(complex_), tags.path)
