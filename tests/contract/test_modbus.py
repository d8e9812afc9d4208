"""Modbus TCP on pymodbus's server, and on devices that break the rules."""

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
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from trial import complex_of

from didymium.acquire import modbus
from didymium.acquire.causes import Cause
from didymium.acquire.errors import BadConnection, ConnectionClosed, DeviceSilent, ProtocolBroken
from didymium.acquire.sink import Connector
from didymium.model.plant import Protocol
from didymium.model.status import (
    BAD_COMMUNICATION_ERROR,
    BAD_CONFIGURATION_ERROR,
    BAD_NO_COMMUNICATION,
    GOOD,
)

FAST = {"period_s": 0.05, "timeout_s": 0.15}


def connector(port: int, addresses: list[str], **options: object) -> Connector:
    complex_, ids = complex_of(Protocol.MODBUS, f"modbus://127.0.0.1:{port}", FAST | options, addresses)
    (made,) = modbus.build(complex_, ids, complex_.sites, Path())
    return made


Answer = Callable[[bytes], bytes]


@asynccontextmanager
async def device(answer: Answer) -> AsyncIterator[int]:
    """A device whose whole mind is ``answer``, from request to reply; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while len(request := await reader.read(12)) == 12:
            writer.write(answer(request))

    async with listening(serve) as port:
        yield port


def registers(request: bytes, words: list[int]) -> bytes:
    """A right reply with these registers."""
    return (
        request[:4]
        + struct.pack(">HBBB", 3 + 2 * len(words), request[6], request[7], 2 * len(words))
        + struct.pack(f">{len(words)}H", *words)
    )


def float_registers(request: bytes) -> bytes:
    """A right reply in which every 32-bit float is 12.5."""
    count = int.from_bytes(request[10:12], "big")
    return registers(request, [0x4148, 0x0000] * (count // 2))


@asynccontextmanager
async def pymodbus_server(*devices: SimDevice) -> AsyncIterator[int]:
    port = free_port()
    server = ModbusTcpServer(list(devices), address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        yield port
    finally:
        await server.shutdown()


@asynccontextmanager
async def reading(
    served: AbstractAsyncContextManager[int], addresses: list[str], **options: object
) -> AsyncIterator[tuple[Ear, asyncio.Task[None]]]:
    """Serve a device and read it."""
    async with served as port, hearing(connector(port, addresses, **options)) as heard:
        yield heard


async def test_every_type_over_two_units_of_pymodbus() -> None:
    words = [
        *struct.unpack(">2H", struct.pack(">f", 12.3)),
        *struct.unpack(">4H", struct.pack(">d", 0.125)),
        0xFFFE,
        0xFFFE,
        *struct.unpack(">2H", struct.pack(">i", -70_000)),
        *struct.unpack(">2H", struct.pack(">I", 4_000_000_000)),
    ]
    units = [SimDevice(unit, [SimData(100, values=words, datatype=DataType.REGISTERS)]) for unit in (1, 9)]
    addresses = ["1:hr:100", "1:hr:102:float64", "1:hr:106:int16", "1:hr:107:uint16", "1:hr:108:int32"]
    async with reading(pymodbus_server(*units), [*addresses, "9:ir:110:uint32", "9:hr:100:float32"]) as (ear, task):
        await until(lambda: len(ear.parts) >= 2, task)
    assert ear.newest() == ([12.3, 0.125, -2.0, 65534.0, -70_000.0, 4e9, 12.3], [GOOD] * 7)
    assert not ear.counted


async def test_low_word_first() -> None:
    high, low = struct.unpack(">2H", struct.pack(">f", 12.3))
    async with reading(
        pymodbus_server(SimDevice(1, [SimData(0, values=[low, high], datatype=DataType.REGISTERS)])),
        ["1:hr:0"],
        word_order="little",
    ) as (ear, task):
        await until(lambda: bool(ear.parts), task)
    assert ear.newest() == ([12.3], [GOOD])


async def test_more_registers_than_one_reply_holds() -> None:
    words = [word for i in range(300) for word in struct.unpack(">2H", struct.pack(">f", i))]
    async with reading(
        pymodbus_server(SimDevice(1, [SimData(0, values=words, datatype=DataType.REGISTERS)])),
        [f"1:hr:{2 * i}" for i in range(300)],
    ) as (ear, task):
        await until(lambda: bool(ear.parts), task)
    assert ear.newest() == ([float(i) for i in range(300)], [GOOD] * 300)


async def test_missing_register_costs_only_its_own_tag() -> None:
    hole = 40

    async def answer(
        function: int, start: int, address: int, count: int, words: list[int], written: object
    ) -> ExcCodes | None:
        return ExcCodes.ILLEGAL_ADDRESS if address <= 2 * hole < address + count else None

    unit = SimDevice(1, [SimData(0, values=0, count=200, datatype=DataType.REGISTERS)], action=answer)
    async with reading(pymodbus_server(unit), [f"1:hr:{2 * i}" for i in range(100)]) as (ear, task):
        await until(lambda: len(ear.parts) >= 3, task)
    values, statuses = ear.newest()
    assert [i for i, status in enumerate(statuses) if status != GOOD] == [hole]
    assert statuses[hole] == BAD_CONFIGURATION_ERROR and math.isnan(values[hole])
    assert all(part.status[hole] != GOOD and (part.status != GOOD).sum() == 1 for part in ear.parts)
    assert ear.counted == {Cause.REFUSED: len(ear.parts)}
    assert ear.example[Cause.REFUSED] == ("S01.A1.U1.T40: unit 1 registers 80 to 81: exception 2, illegal data address")


def exception(code: int) -> Answer:
    return lambda request: request[:4] + bytes((0, 3, request[6], request[7] | 0x80, code))


@pytest.mark.parametrize(
    ("broken", "cause", "status", "example"),
    [
        (exception(6), Cause.REFUSED, BAD_NO_COMMUNICATION, "server device busy"),
        (exception(99), Cause.REFUSED, BAD_COMMUNICATION_ERROR, "exception 99"),
        (lambda request: registers(request, [1]), Cause.GARBLED, BAD_COMMUNICATION_ERROR, "expected 4 bytes"),
        (lambda r: r[:4] + bytes((0, 3, 2, 16, 4)), Cause.GARBLED, BAD_COMMUNICATION_ERROR, "expected 4 bytes"),
        (
            lambda r: float_registers(r)[:7] + b"\x04" + float_registers(r)[8:],
            Cause.GARBLED,
            BAD_COMMUNICATION_ERROR,
            "02 04",
        ),
        (
            lambda r: float_registers(r)[:6] + b"\x05" + float_registers(r)[7:],
            Cause.GARBLED,
            BAD_COMMUNICATION_ERROR,
            "05 03",
        ),
        (lambda request: b"", Cause.SILENT, BAD_NO_COMMUNICATION, "no reply in time"),
    ],
    ids=["busy", "unknown-exception", "short", "long", "other-function", "other-unit", "silent"],
)
async def test_trouble_with_one_unit_leaves_the_others_good(
    broken: Answer, cause: Cause, status: int, example: str
) -> None:
    async with reading(
        device(lambda request: broken(request) if request[6] == 2 else float_registers(request)),
        ["1:hr:0", "2:hr:0", "3:hr:0"],
    ) as (ear, task):
        await until(lambda: len(ear.parts) >= 3, task)
    for part in ear.parts:
        assert sorted(part.tag.tolist()) == [11, 12, 13]
        assert dict(zip(part.tag.tolist(), part.status.tolist(), strict=True)) == {11: GOOD, 12: status, 13: GOOD}
    assert ear.newest()[0][0] == 12.5
    assert ear.counted == {cause: len(ear.parts)} and example in ear.example[cause]


async def test_silent_unit_is_asked_twice_and_then_left_to_rest() -> None:
    asked = 0

    def answer(request: bytes) -> bytes:
        nonlocal asked
        asked += request[6] == 2
        return b"" if request[6] == 2 else float_registers(request)

    addresses = ["1:hr:0", "2:hr:0", "2:hr:1000", "2:hr:2000", "3:hr:0"]
    async with reading(device(answer), addresses) as (ear, task):
        await until(lambda: len(ear.parts) >= 5, task)
    assert asked == 2  # and each time for the first of its three blocks only
    assert ear.newest()[1] == [GOOD, *[BAD_NO_COMMUNICATION] * 3, GOOD]
    assert ear.counted == {Cause.SILENT: 3 * len(ear.parts)}


async def test_one_slow_reply_costs_one_sample() -> None:
    asked = 0

    def answer(request: bytes) -> bytes:
        nonlocal asked
        asked += request[6] == 2
        return b"" if request[6] == 2 and asked == 2 else float_registers(request)

    async with reading(device(answer), ["1:hr:0", "2:hr:0"]) as (ear, task):
        await until(lambda: len(ear.parts) >= 5, task)
    assert [int((part.status != GOOD).sum()) for part in ear.parts[:5]] == [0, 1, 0, 0, 0]


async def test_silent_unit_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didymium.acquire.polling.FIRST_REST_US", 10_000)
    silent = True
    async with reading(
        device(lambda request: b"" if request[6] == 2 and silent else float_registers(request)), ["1:hr:0", "2:hr:0"]
    ) as (ear, task):
        await until(lambda: ear.counted[Cause.SILENT] > 0, task)
        silent = False
        await until(lambda: ear.newest()[1] == [GOOD, GOOD], task)


async def test_reply_after_its_time_is_not_taken_for_another() -> None:
    late: list[bytes] = []

    def answer(request: bytes) -> bytes:
        if request[6] == 2:
            late.append(registers(request, [0x7F7F, 0xFFFF]))
            return b""
        return b"".join(late.pop() for _ in list(late)) + float_registers(request)

    async with reading(device(answer), ["1:hr:0", "2:hr:0"]) as (ear, task):
        await until(lambda: len(ear.parts) >= 3, task)
    assert ear.newest()[0][0] == 12.5


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda request: b"", DeviceSilent),
        (lambda request: b"\xff\xff" + float_registers(request)[2:], ProtocolBroken),
        (lambda request: b"HTTP/1.1 400 Bad Request\r\n\r\n", ProtocolBroken),
        (lambda request: request[:4] + b"\xff\xff" + request[6:], ProtocolBroken),
    ],
    ids=["silent", "wrong-transaction", "other-protocol", "length"],
)
async def test_broken_stream_ends_the_connection(answer: Answer, error: type[Exception]) -> None:
    async with device(answer) as port, hearing(connector(port, ["1:hr:0"])) as (ear, task):
        with pytest.raises(error):
            await asyncio.wait_for(task, 5)
    assert not any((part.status == GOOD).any() for part in ear.parts)


async def test_device_that_hangs_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(float_registers(await reader.read(12))[:9])  # half a reply

    async with reading(listening(serve), ["1:hr:0"]) as (_, task):
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(task, 5)


async def test_requests_are_sent_together_where_the_device_allows_it() -> None:
    waiting: list[bytes] = []
    most = 0

    def answer(request: bytes) -> bytes:
        nonlocal most
        waiting.append(request)
        most = max(most, len(waiting))
        if len(waiting) < 3:
            return b""
        replies = b"".join(float_registers(r) for r in reversed(waiting))  # and answers in any order
        waiting.clear()
        return replies

    async with reading(device(answer), [f"{u}:hr:0" for u in (1, 2, 3)], in_flight=3) as (ear, task):
        await until(lambda: len(ear.parts) >= 2, task)
    assert most == 3 and ear.newest() == ([12.5] * 3, [GOOD] * 3)


@pytest.mark.parametrize(
    ("address", "options", "what"),
    [
        ("1:hr:0:float16", {}, "S01.A1.U1.T0"),
        ("256:hr:0", {}, "S01.A1.U1.T0"),
        ("1:hr:70000", {}, "S01.A1.U1.T0"),
        ("DB1.0:REAL", {}, "S01.A1.U1.T0"),
        ("1:hr:0", {"word_order": "ABCD"}, "word_order"),
        ("1:hr:0", {"wordorder": "big"}, "option"),
        ("1:hr:0", {"period_s": 0}, "period_s"),
    ],
)
def test_wrong_address_or_option_is_named(address: str, options: dict[str, object], what: str) -> None:
    with pytest.raises(BadConnection) as caught:
        connector(502, [address], **options)
    assert caught.value.site == "S01" and caught.value.what == what


@pytest.mark.parametrize("endpoint", ["127.0.0.1:502", "http://127.0.0.1", "modbus://", "modbus://host:99999"])
def test_wrong_endpoint_is_named(endpoint: str) -> None:
    complex_, ids = complex_of(Protocol.MODBUS, endpoint, {}, ["1:hr:0"])
    with pytest.raises(BadConnection, match="endpoint"):
        modbus.build(complex_, ids, complex_.sites, Path())
