"""The twin's S7 and Modbus servers, each spoken to by a client library that this project did not write."""

from __future__ import annotations

import asyncio
import struct
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import snap7
from pymodbus.client import AsyncModbusTcpClient

from didymium.model.plant import Complex
from tests.plant.twin_servers_stand_in import BAD_TAG, StandIn, free_port, serving, small_complex, value_of


def assert_real(twin: StandIn, plant: Complex, row: int, value: float) -> None:
    """A protocol without time shows one of the last two seconds; a Bad value is NaN."""
    name = plant.tags.name[row]
    if name == BAD_TAG:
        assert np.isnan(value)
    else:
        assert value in [np.float32(value_of(name, row, second)) for second in twin.seconds[-2:]], plant.tags.path[row]


async def test_s7_blocks_hold_big_endian_reals_of_one_second(tmp_path: Path) -> None:
    plant = small_complex(port := free_port(), "S02")

    def read() -> list[bytearray]:
        client = snap7.client.Client()
        client.connect("127.0.0.1", 0, 1, port)
        try:
            return [client.db_read(1, 0, 32), client.db_read(2, 32, 64)]
        finally:
            client.disconnect()

    async with serving(plant, tmp_path) as twin:
        common, line = await asyncio.to_thread(read)
        values = struct.unpack(">24f", common + line)
        for row, value in enumerate(values):
            assert_real(twin, plant, row, value)
        with pytest.raises(Exception, match=r"does not exist"):
            await asyncio.to_thread(_read_missing_block, port)


def _read_missing_block(port: int) -> None:
    client = snap7.client.Client()
    client.connect("127.0.0.1", 0, 1, port)
    try:
        client.db_read(77, 0, 4)
    finally:
        client.disconnect()


@pytest.mark.parametrize("word_order", ["big", "little"])
async def test_modbus_registers_hold_floats_in_the_order_of_the_model(tmp_path: Path, word_order: str) -> None:
    plant = small_complex(port := free_port(), "S08", word_order=word_order)
    async with serving(plant, tmp_path) as twin:
        async with AsyncModbusTcpClient("127.0.0.1", port=port) as client:
            common = await client.read_holding_registers(0, count=16, device_id=1)
            line = await client.read_holding_registers(16, count=32, device_id=2)
            beyond = await client.read_holding_registers(40, count=32, device_id=2)
            stranger = await client.read_holding_registers(0, count=2, device_id=9)
            refused = await client.write_register(0, 1, device_id=1)
        registers = np.array(common.registers + line.registers, np.uint32).reshape(-1, 2)
        high, low = (0, 1) if word_order == "big" else (1, 0)
        values = (registers[:, high] << 16 | registers[:, low]).astype(np.uint32).view(np.float32)
        for row, value in enumerate(values):
            assert_real(twin, plant, row, float(value))
        assert beyond.isError()
        assert stranger.isError()
        assert refused.isError()


async def test_modbus_requests_in_one_segment_are_all_answered(tmp_path: Path) -> None:
    plant = small_complex(port := free_port(), "S08")
    async with serving(plant, tmp_path):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        requests = [struct.pack(">HHHBBHH", n, 0, 6, 1, 3, 0, 2) for n in (1, 2, 3)]
        writer.write(b"".join(requests)[:-3])
        await asyncio.sleep(0.05)
        writer.write(requests[-1][-3:])
        async with asyncio.timeout(30):
            told = [struct.unpack(">HHHBBB4x", await reader.readexactly(13)) for _ in requests]
            assert told == [(n, 0, 7, 1, 3, 4) for n in (1, 2, 3)]
            writer.write(b"GET / HTTP/1.1\r\n")
            assert await reader.read() == b""
        writer.close()


async def test_late_seconds_are_caught_up_one_by_one(tmp_path: Path) -> None:
    plant = small_complex(free_port(), "S08")
    async with serving(plant, tmp_path) as twin:
        before = twin.seconds[-1]
        time.sleep(2.2)  # noqa: ASYNC251 - the loop is held up on purpose
        await asyncio.sleep(0.2)
        assert twin.seconds[-1] - before >= 2
        assert twin.seconds == list(range(twin.seconds[0], twin.seconds[-1] + 1))
        assert twin.seconds[-1] == int(datetime.now(UTC).timestamp())
