"""The twin's OPC UA server, spoken to by asyncua's client with and without security."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256

from didymium.model.plant import Complex
from didymium.twin.servers.certificate import certificate_files
from tests.plant.twin_servers_stand_in import (
    BAD_TAG,
    PASSWORD,
    STILL_TAG,
    TAGS,
    USER,
    StandIn,
    free_port,
    serving,
    small_complex,
    status_of,
    value_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Running:
    plant: Complex
    port: int
    twin: StandIn


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One server for all tests of the module, because its standard address space takes seconds to build."""
    port = free_port()
    plant = small_complex(port, "S10", user=USER, password=PASSWORD)
    async with serving(plant, tmp_path_factory.mktemp("opcua")) as twin:
        yield Running(plant, port, twin)


@asynccontextmanager
async def secured(port: int, folder: Path, user: str | None, password: str = "") -> AsyncIterator[Client]:
    """A session over Basic256Sha256 Sign & Encrypt with a client certificate of its own."""
    mine = certificate_files(folder / "client", "urn:test:client")
    client = Client(f"opc.tcp://127.0.0.1:{port}")
    client.application_uri = "urn:test:client"
    if user is not None:
        client.set_user(user)
        client.set_password(password)
    await client.set_security(SecurityPolicyBasic256Sha256, str(mine.certificate), str(mine.key))
    async with client:
        yield client


class Changes:
    """Collects (node identifier, DataValue) as asyncua's subscription hands them over."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def datachange_notification(self, node: Any, _value: Any, data: Any) -> None:
        self.told.append((node.nodeid.Identifier, data.monitored_item.Value))

    def of(self, identifier: str) -> list[Any]:
        return [value for name, value in self.told if name == identifier]


def second_of(value: Any) -> int:
    stamp = value.SourceTimestamp.replace(tzinfo=UTC).timestamp()
    assert stamp == int(stamp)
    return int(stamp)


async def test_the_secured_door_wants_certificate_user_and_password(running: Running, tmp_path: Path) -> None:
    async with secured(running.port, tmp_path, USER, PASSWORD) as client:
        node = client.get_node(running.plant.tags.address[8])
        value = await node.read_data_value()
        assert value.Value.Value == value_of(TAGS[0][0], 8, second_of(value))
    for user, password in ((USER, "wrong"), ("nobody", PASSWORD), (None, "")):
        with pytest.raises((ua.UaError, ConnectionError)):
            async with secured(running.port, tmp_path, user, password):
                pass
    open_client = Client(f"opc.tcp://127.0.0.1:{running.port}")
    open_client.set_user(USER)
    open_client.set_password(PASSWORD)
    with pytest.raises((ua.UaError, ConnectionError)):
        async with open_client:
            pass


async def test_each_door_offers_its_own_endpoint(running: Running) -> None:
    for door, mode in (
        (running.port, ua.MessageSecurityMode.SignAndEncrypt),
        (running.port + 1, ua.MessageSecurityMode.None_),
    ):
        offered = await Client(f"opc.tcp://127.0.0.1:{door}").connect_and_get_server_endpoints()
        assert [(e.EndpointUrl, e.SecurityMode) for e in offered] == [(f"opc.tcp://127.0.0.1:{door}", mode)]


async def test_every_tag_can_be_browsed_and_read_by_anyone_at_the_test_door(running: Running) -> None:
    async with Client(f"opc.tcp://127.0.0.1:{running.port + 1}") as client:
        cell = client.get_node("ns=2;s=PL1.CELL001")
        children = await cell.get_variables()
        assert {(await child.read_browse_name()).Name for child in children} == {tag[0] for tag in TAGS}
        unit = client.get_node("ns=2;s=PL1.CELL001.VOLT_PV.EngineeringUnits")
        assert (await unit.read_value()).DisplayName.Text == "V"
        span = await client.get_node("ns=2;s=PL1.CELL001.VOLT_PV.EURange").read_value()
        assert (span.Low, span.High) == (0.0, 1000.0)
        labels = await client.get_node("ns=2;s=PL1.CELL001.STATE.EnumStrings").read_value()
        assert [label.Text for label in labels] == ["IDLE", "RUN", "HOLD", "FAULT"]
        for row, address in enumerate(running.plant.tags.address):
            value = await client.get_node(address).read_data_value(raise_on_bad_status=False)
            name = running.plant.tags.name[row]
            assert value.StatusCode.value == status_of(name)
            expected = None if name == BAD_TAG else value_of(name, row, second_of(value))
            assert (value.Value.Value if value.Value else None) == expected, address


async def test_a_timestamp_trigger_tells_every_second_of_every_tag(running: Running, tmp_path: Path) -> None:
    async with secured(running.port, tmp_path, USER, PASSWORD) as client:
        changes = Changes()
        subscription = await client.create_subscription(250, changes)
        await subscription._subscribe(
            [client.get_node(address) for address in running.plant.tags.address],
            ua.AttributeIds.Value,
            ua.DataChangeFilter(Trigger=ua.DataChangeTrigger.StatusValueTimestamp),
            10,
        )
        await asyncio.sleep(4.2)
        for row, address in enumerate(running.plant.tags.address):
            name = running.plant.tags.name[row]
            told = changes.of(address.partition(";s=")[2])
            stamps = [second_of(value) for value in told]
            assert stamps == list(range(stamps[0], stamps[0] + len(stamps))), address
            assert len(stamps) >= 4, address
            for value, second in zip(told, stamps, strict=True):
                assert value.StatusCode.value == status_of(name)
                if name != BAD_TAG:
                    assert value.Value.Value == value_of(name, row, second)
                assert value.ServerTimestamp == value.SourceTimestamp


async def test_the_default_trigger_is_silent_while_a_value_stands_still(running: Running) -> None:
    async with Client(f"opc.tcp://127.0.0.1:{running.port + 1}") as client:
        changes = Changes()
        subscription = await client.create_subscription(100, changes)
        moving, still = (f"PL1.CELL001.{name}" for name in (TAGS[0][0], STILL_TAG))
        items = await subscription.subscribe_data_change([client.get_node(f"ns=2;s={n}") for n in (moving, still)])
        await asyncio.sleep(2.3)
        assert len(changes.of(moving)) >= 3
        assert len(changes.of(still)) == 1
        await subscription.unsubscribe(items[0])
        told = len(changes.of(moving))
        await asyncio.sleep(1.3)
        assert len(changes.of(moving)) == told


async def test_a_short_queue_keeps_the_newest_while_the_client_sleeps(running: Running) -> None:
    async with Client(f"opc.tcp://127.0.0.1:{running.port + 1}") as client:
        changes = Changes()
        subscription = await client.create_subscription(3000, changes)
        await asyncio.sleep(0.2)
        await subscription.subscribe_data_change(client.get_node("ns=2;s=COM.COM.KWH"), queuesize=1)
        await asyncio.sleep(3.2)
        told = [second_of(value) for value in changes.of("COM.COM.KWH")]
        assert running.twin.seconds[-2] <= told[-1]
        assert len(told) == 2
