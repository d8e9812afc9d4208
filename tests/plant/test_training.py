"""Faults from outside: lines cut and mended under real clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import snap7
from asyncua import Client, ua
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from snap7.error import S7Error

from didymium.model.plant import Complex
from didymium.model.sparkplug import MessageType
from didymium.service.drill import TwinDesk
from didymium.twin.faults import Faults
from didymium.twin.orders import Clear, Inject, Look, NoTwin, OrderRefused
from didymium.twin.servers import serve
from didymium.twin.servers.desk import ControlDesk
from didymium.twin.training import Training
from tests.plant.test_twin_servers_sparkplug import host, readings, seconds
from tests.plant.twin_servers_stand_in import PASSWORD, USER, StandIn, broker, free_port, small_complex

WAIT_S = 40.0


@contextlib.asynccontextmanager
async def instructed(plant: Complex, folder: Path) -> AsyncIterator[TwinDesk]:
    """The site's server with an instructor's desk beside it."""
    twin = StandIn(plant)
    faults = Faults([site.id for site in plant.sites])
    port = free_port()
    training = Training(faults, [], seed=1, second=twin.second, folder=folder)
    task = asyncio.create_task(serve(plant, twin, folder, ControlDesk(training, port)))
    try:
        while not twin.seconds:
            if task.done():
                await task
            await asyncio.sleep(0.02)
        yield TwinDesk(port)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def become(true: Any, what: str) -> None:
    """Wait until ``await true()``."""
    deadline = time.monotonic() + WAIT_S
    while not await true():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.1)


async def cut_and_mend(desk: TwinDesk, site: str, reads: Any) -> None:
    """Cut the line while a client reads, see that it does not any more, mend it, and see it read again."""
    await become(reads, "it reads before the cut")
    await asyncio.to_thread(desk.ask, Inject("F20", site, "test"))

    async def silent() -> bool:
        return not await reads()

    await become(silent, "nobody answers after the cut")
    await asyncio.sleep(1.5)
    assert await silent()
    await asyncio.to_thread(desk.ask, Clear("F20", site, "test"))
    await become(reads, "it reads again after the mending")


async def test_modbus_answers_nobody_while_its_line_is_down(tmp_path: Path) -> None:
    plant = small_complex(port := free_port(), "S08")

    async def reads() -> bool:
        try:
            async with AsyncModbusTcpClient("127.0.0.1", port=port, timeout=1, retries=0) as client:
                return not (await client.read_holding_registers(0, count=2, device_id=1)).isError()
        except (ModbusException, OSError):
            return False

    async with instructed(plant, tmp_path) as desk:
        await cut_and_mend(desk, "S08", reads)


async def test_a_modbus_client_that_was_connected_is_cut_off(tmp_path: Path) -> None:
    plant = small_complex(port := free_port(), "S08")
    async with instructed(plant, tmp_path) as desk:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.to_thread(desk.ask, Inject("F20", "S08", "test"))
        assert await asyncio.wait_for(reader.read(), WAIT_S) == b""
        writer.close()


async def test_s7_answers_nobody_while_its_line_is_down(tmp_path: Path) -> None:
    plant = small_complex(port := free_port(), "S02")

    def read() -> bool:
        client = snap7.client.Client()
        try:
            client.connect("127.0.0.1", 0, 1, port)
            return len(client.db_read(1, 0, 4)) == 4
        except (S7Error, OSError):
            return False
        finally:
            with contextlib.suppress(S7Error, OSError):
                client.disconnect()

    async with instructed(plant, tmp_path) as desk:
        await cut_and_mend(desk, "S02", lambda: asyncio.to_thread(read))


async def test_both_doors_of_opc_ua_are_shut_while_the_line_is_down(tmp_path: Path) -> None:
    plant = small_complex(port := free_port(), "S10", user=USER, password=PASSWORD)
    doors = [f"opc.tcp://127.0.0.1:{port}", f"opc.tcp://127.0.0.1:{port + 1}"]

    async def reads() -> bool:
        try:
            async with Client(doors[1], timeout=2) as client:
                return await client.get_node("ns=2;s=PL1.CELL001.VOLT_PV").read_value() is not None
        except (ua.UaError, OSError):
            return False

    async with instructed(plant, tmp_path) as desk:
        await cut_and_mend(desk, "S10", reads)
        await asyncio.to_thread(desk.ask, Inject("F20", "S10", "test"))

        async def shut() -> bool:
            return not any(_listens(int(door.rpartition(":")[2])) for door in doors)

        await become(shut, "no door is open")


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


async def test_a_sparkplug_node_dies_by_its_will_and_delivers_afterwards_what_it_kept(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        plant = small_complex(bus.port, "S03")
        async with host(bus) as heard, instructed(plant, tmp_path) as desk:
            heard.say(True)
            await heard.until(lambda: len(heard.of(MessageType.DDATA)) >= 3)
            await asyncio.to_thread(desk.ask, Inject("F20", "S03", "test"))
            await heard.until(lambda: bool(heard.of(MessageType.NDEATH)))
            silent_from = len(heard.messages)
            await asyncio.sleep(3.5)
            assert len(heard.messages) == silent_from
            await asyncio.to_thread(desk.ask, Clear("F20", "S03", "test"))
            await heard.until(lambda: len(heard.of(MessageType.DBIRTH)) >= 2)
            births = len(heard.messages)
            await heard.until(lambda: len(heard.messages) >= births + 4)
            told = sorted(set(seconds(heard, "CELL001/VOLT_PV")))
            assert told == list(range(told[0], told[-1] + 1))
            assert any(historical for *_, historical in readings(heard))


async def test_orders_are_answered_line_by_line_and_nonsense_ends_the_connection(tmp_path: Path) -> None:
    plant = small_complex(free_port(), "S08")
    async with instructed(plant, tmp_path) as desk:
        reader, writer = await asyncio.open_connection("127.0.0.1", desk._port)
        writer.write(b'{"is":"look"}\n{"is":"clear","code":"F20","place":"S08","who":"test"}\n')
        first, second = [json.loads(await reader.readline()) for _ in range(2)]
        assert first["is"] == "state"
        assert (second["is"], second["kind"]) == ("refused", "contrary")
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert json.loads(await reader.readline())["kind"] == "bad"
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(OrderRefused, match="the nearest is S08"):
            await asyncio.to_thread(desk.ask, Inject("F20", "S80", "test"))


async def test_no_twin_is_said_with_its_address() -> None:
    port = free_port()
    with pytest.raises(NoTwin, match=f"no twin answers at 127.0.0.1:{port}"):
        await asyncio.to_thread(TwinDesk(port).ask, Look())
