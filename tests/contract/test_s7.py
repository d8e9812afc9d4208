"""S7 on snap7's own server, and on controllers that break the rules."""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from ear import Ear, hearing, listening, until
from harness import free_port
from snap7.server import Server
from snap7.type import SrvArea
from trial import complex_of

from didymium.acquire import s7
from didymium.acquire.causes import Cause
from didymium.acquire.errors import AccessRefused, BadConnection, DeviceSilent, ProtocolBroken
from didymium.acquire.sink import Connector
from didymium.model.plant import Protocol
from didymium.model.status import BAD_COMMUNICATION_ERROR, BAD_CONFIGURATION_ERROR, GOOD

FAST = {"period_s": 0.05, "timeout_s": 0.15}


def connector(port: int, addresses: list[str], **options: object) -> Connector:
    complex_, ids = complex_of(Protocol.S7, f"s7://127.0.0.1:{port}", FAST | options, addresses)
    (made,) = s7.build(complex_, ids, complex_.sites, Path())
    return made


@asynccontextmanager
async def snap7_server(blocks: dict[int, bytes]) -> AsyncIterator[int]:
    port = free_port()
    server = Server(log=False)
    for number, memory in blocks.items():
        server.register_area(SrvArea.DB, number, bytearray(memory))
    await asyncio.to_thread(server.start_to, "127.0.0.1", port)
    try:
        yield port
    finally:
        await asyncio.to_thread(server.stop)


Answer = Callable[[bytes], bytes]


def frame(s7_pdu: bytes) -> bytes:
    return struct.pack(">BBH", 3, 0, 7 + len(s7_pdu)) + b"\x02\xf0\x80" + s7_pdu


def confirm(request: bytes) -> bytes:
    return bytes.fromhex("0300000b06d00001000200")


def granted(request: bytes, pdu_bytes: int = 240) -> bytes:
    """The setup of communication, granted with one job."""
    return frame(
        struct.pack(">BBH2sHHBB", 0x32, 3, 0, request[11:13], 8, 0, 0, 0)
        + struct.pack(">BBHHH", 0xF0, 0, 1, 1, pdu_bytes)
    )


def item(request: bytes, code: int = 0xFF, data: bytes = struct.pack(">f", 12.5), error: bytes = b"\0\0") -> bytes:
    """An answer to one read request."""
    body = struct.pack(">BBH", code, 4, 8 * len(data)) + data
    head = struct.pack(">BBH2sHH2s", 0x32, 3, 0, request[11:13], 2, len(body), error)
    return frame(head + b"\x04\x01" + body)


@asynccontextmanager
async def controller(read: Answer, connect: Answer = confirm, setup: Answer = granted) -> AsyncIterator[int]:
    """A controller whose whole mind are these three answers; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = [connect, setup]
        while head := await reader.read(4):
            request = head + await reader.readexactly(int.from_bytes(head[2:4], "big") - 4)
            writer.write((answers.pop(0) if answers else read)(request))

    async with listening(serve) as port:
        yield port


@asynccontextmanager
async def reading(
    served: AbstractAsyncContextManager[int], addresses: list[str], **options: object
) -> AsyncIterator[tuple[Ear, asyncio.Task[None]]]:
    """Serve a controller and read it."""
    async with served as port, hearing(connector(port, addresses, **options)) as heard:
        yield heard


def block_of(request: bytes) -> int:
    """The data block that a read request names."""
    return int.from_bytes(request[25:27], "big")


async def test_every_type_of_snap7_server() -> None:
    first = struct.pack(">fdhHiIbBB", 12.3, 0.125, -2, 65534, -70_000, 4_000_000_000, -3, 200, 0b0010_0000)
    addresses = [
        "DB1.0:REAL", "DB1.4:LREAL", "DB1.12:INT", "DB1.14:WORD", "DB1.16:DINT", "DB1.20:UDINT", "DB1.24:SINT",
        "DB1.25:BYTE", "DB1.26.5:BOOL", "DB1.26.4:BOOL", "DB300.8:REAL",
    ]  # fmt: skip
    served = snap7_server({1: first, 300: bytes(8) + struct.pack(">f", 0.7)})
    async with reading(served, addresses) as (ear, task):
        await until(lambda: len(ear.parts) >= 2, task)
    assert ear.newest() == ([12.3, 0.125, -2, 65534, -70_000, 4e9, -3, 200, 1, 0, 0.7], [GOOD] * 11)
    assert not ear.counted


async def test_block_larger_than_a_pdu() -> None:
    memory = struct.pack(">500f", *range(500))
    async with reading(snap7_server({1: memory}), [f"DB1.{4 * i}:REAL" for i in range(500)]) as (ear, task):
        await until(lambda: bool(ear.parts), task)
    assert ear.newest() == ([float(i) for i in range(500)], [GOOD] * 500)


async def test_missing_block_leaves_the_others_good() -> None:
    async with reading(snap7_server({1: struct.pack(">f", 1.5)}), ["DB1.0:REAL", "DB2.0:REAL"]) as (ear, task):
        await until(lambda: len(ear.parts) >= 3, task)
    values, statuses = ear.newest()
    assert values[0] == 1.5 and math.isnan(values[1])
    assert statuses == [GOOD, BAD_CONFIGURATION_ERROR]
    assert ear.counted == {Cause.REFUSED: len(ear.parts)}
    assert ear.example[Cause.REFUSED] == "S01.A1.U1.T1: DB2 bytes 0 to 3: data block does not exist (0x0a)"


async def test_tags_past_the_end_of_a_block_are_found_one_by_one() -> None:
    memory = struct.pack(">10f", *range(10))
    async with reading(snap7_server({1: memory}), [f"DB1.{4 * i}:REAL" for i in range(12)]) as (ear, task):
        await until(lambda: len(ear.parts) >= 2, task)
    values, statuses = ear.newest()
    assert values[:10] == [float(i) for i in range(10)]
    assert statuses == [GOOD] * 10 + [BAD_CONFIGURATION_ERROR] * 2


@pytest.mark.parametrize(
    ("broken", "cause", "example"),
    [
        (lambda r: item(r, error=b"\x85\x00"), Cause.REFUSED, "PDU refused, error 8500"),
        (lambda r: item(r, code=0x42), Cause.REFUSED, "unknown (0x42)"),
        (lambda r: item(r, data=b"\0\0"), Cause.GARBLED, "expected 4 bytes of data, got 2"),
        (lambda r: frame(struct.pack(">BBH2sHHBB", 0x32, 2, 0, r[11:13], 0, 0, 0x81, 4)), Cause.REFUSED, "error 8104"),
        (lambda r: frame(struct.pack(">BBH2sHHBB", 0x32, 3, 0, r[11:13], 2, 0, 0, 0)), Cause.GARBLED, "got 0"),
    ],
    ids=["refused", "unknown-code", "short", "acknowledgement-with-error", "no-data"],
)  # fmt: skip
async def test_trouble_with_one_request_leaves_the_others_good(broken: Answer, cause: Cause, example: str) -> None:
    served = controller(lambda request: broken(request) if block_of(request) == 2 else item(request))
    async with reading(served, ["DB1.0:REAL", "DB2.0:REAL", "DB3.0:REAL"]) as (ear, task):
        await until(lambda: len(ear.parts) >= 3, task)
    for part in ear.parts:
        assert dict(zip(part.tag.tolist(), part.status.tolist(), strict=True)) == {
            11: GOOD, 12: BAD_COMMUNICATION_ERROR, 13: GOOD,
        }  # fmt: skip
    assert ear.newest()[0][0] == 12.5
    assert ear.counted == {cause: len(ear.parts)} and example in ear.example[cause]


def nothing(request: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    ("served", "error", "detail"),
    [
        (lambda: controller(nothing), DeviceSilent, "no reply"),
        (lambda: controller(nothing, connect=nothing), DeviceSilent, "connection request"),
        (lambda: controller(nothing, setup=nothing), DeviceSilent, "setup of communication"),
        (lambda: controller(nothing, connect=lambda r: bytes.fromhex("0300000b06800001000200")), AccessRefused, "slot"),
        (lambda: controller(nothing, setup=lambda r: item(r, error=b"\x85\x04")), AccessRefused, "setup"),
        (lambda: controller(nothing, setup=lambda r: granted(r, 20)), ProtocolBroken, "20 bytes"),
        (lambda: controller(lambda r: b"HTTP/1.1 400 Bad Request\r\n\r\n"), ProtocolBroken, "no TPKT"),
        (lambda: controller(lambda r: frame(b"\x72" + bytes(20))), ProtocolBroken, "no S7 answer"),
        (lambda: controller(lambda r: frame(b"\x32")), ProtocolBroken, "no S7 answer"),
    ],
)
async def test_broken_stream_ends_the_connection(
    served: Callable[[], AbstractAsyncContextManager[int]], error: type[Exception], detail: str
) -> None:
    async with reading(served(), ["DB1.0:REAL"]) as (ear, task):
        with pytest.raises(error, match=detail):
            await asyncio.wait_for(task, 5)
    assert not any((part.status == GOOD).any() for part in ear.parts)


@pytest.mark.parametrize(
    ("address", "options", "what"),
    [
        ("DB1.0", {}, "S01.A1.U1.T0"),
        ("DB1.0:FLOAT", {}, "S01.A1.U1.T0"),
        ("DB1.0:BOOL", {}, "S01.A1.U1.T0"),
        ("DB1.0.3:REAL", {}, "S01.A1.U1.T0"),
        ("DB1.0.8:BOOL", {}, "S01.A1.U1.T0"),
        ("1:hr:0", {}, "S01.A1.U1.T0"),
        ("DB1.0:REAL", {"slot": 40}, "slot"),
        ("DB1.0:REAL", {"racks": 0}, "option"),
    ],
)
def test_wrong_address_or_option_is_named(address: str, options: dict[str, object], what: str) -> None:
    with pytest.raises(BadConnection) as caught:
        connector(102, [address], **options)
    assert caught.value.site == "S01" and caught.value.what == what
