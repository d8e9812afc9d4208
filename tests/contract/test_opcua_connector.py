"""The OPC UA connector against asyncua's server with Basic256Sha256 and a user name."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager
from harness import free_port
from trial import complex_of

from didymium.acquire import opcua
from didymium.acquire.errors import AccessRefused, DeviceLost
from didymium.acquire.opcua import trust
from didymium.model.plant import Protocol
from didymium.model.readings import Readings

ADDRESSES = ("ns=2;s=T0", "ns=2;s=nowhere", "ns=2;s=T2", "this is no node id")


class Notebook:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.newest: dict[int, tuple[int, float, int]] = {}
        self.trouble: Counter[str] = Counter()
        self.examples: list[str] = []
        self.is_up = False

    def take(self, readings: Readings, received_us: int) -> None:
        for row in zip(readings.tag, readings.time_us, readings.value, readings.status, strict=True):
            self.newest[int(row[0])] = int(row[1]), float(row[2]), int(row[3])

    def alive(self) -> None: ...

    def discard(self, cause: str, count: int, example: str) -> None:
        self.trouble[str(cause)] += count
        self.examples.append(example)

    def skew(self, skew_ms: float) -> None: ...

    def up(self) -> None:
        self.is_up = True

    def down(self, cause: str) -> None:
        self.is_up = False


class OneUser(UserManager):
    def get_user(
        self, iserver: object, username: str | None = None, password: object = None, certificate: object = None
    ) -> User | None:
        said = password.decode() if isinstance(password, bytes) else password
        return User(role=UserRole.User, name=username) if (username, said) == ("operator", "molten") else None


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    made = trust.identity(tmp_path / "server")
    server = Server(user_manager=OneUser())
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{free_port()}/")
    await server.set_application_uri(trust.APPLICATION_URI)
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    server.set_identity_tokens([ua.UserNameIdentityToken])
    await server.load_certificate(made.certificate)
    await server.load_private_key(made.key)
    await server.register_namespace("urn:trial")
    for name in ("T0", "T2"):
        await server.nodes.objects.add_variable(ua.NodeId(name, 2), name, 0.0, ua.VariantType.Float)
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def connected(server: Server, folder: Path, password: str) -> AsyncIterator[tuple[Notebook, asyncio.Task[None]]]:
    options = {
        "security": "Basic256Sha256",
        "user": "operator",
        "password": password,
        "publishing_ms": 50,
        "sampling_ms": 0,
    }
    complex_, ids = complex_of(Protocol.OPCUA, server.endpoint.geturl(), options, ADDRESSES)
    (connector,) = opcua.build(complex_, ids, complex_.sites, folder)
    notebook = Notebook()
    task = asyncio.create_task(connector.run([notebook]))
    try:
        yield notebook, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(reached: Callable[[], bool], task: asyncio.Task[None]) -> None:
    for _ in range(1500):
        if reached() or task.done():
            break
        await asyncio.sleep(0.01)
    assert reached(), task


async def test_secured_sessions(server: Server, tmp_path: Path) -> None:
    # One server for all of this: asyncua takes seconds to fill its address space.
    folder = tmp_path / "edge"
    at = dt.datetime(2024, 5, 1, 12, 0, 0, 250_000, tzinfo=dt.UTC)
    uncertain = ua.StatusCode(ua.UInt32(0x4093_0480))  # with the overflow bit
    await server.write_attribute_value(
        ua.NodeId("T0", 2), ua.DataValue(ua.Variant(12.3, ua.VariantType.Float), uncertain, SourceTimestamp=at)
    )

    async with connected(server, folder, "molten") as (seen, task):
        await until(lambda: {11, 13} <= set(seen.newest), task)
        assert seen.is_up
        assert seen.newest[11] == (int(at.timestamp() * 1e6), 12.3, 0x4093_0480)
        assert seen.trouble == {"unknown address": 2}
        assert sorted(seen.examples) == [
            "S01.A1.U1.T1: 'ns=2;s=nowhere' BadNodeIdUnknown",
            "S01.A1.U1.T3: 'this is no node id' not a node id",
        ]
    held = folder / "pki" / "trusted" / "S01-A1.der"
    assert held.read_bytes() == (tmp_path / "server" / "didymium.der").read_bytes()

    async with connected(server, folder, "wrong") as (seen, task):
        with pytest.raises(AccessRefused):
            await asyncio.wait_for(task, 15)
        assert not seen.is_up

    held.write_bytes(trust.identity(tmp_path / "other").certificate.read_bytes())
    async with connected(server, folder, "molten") as (seen, task):
        with pytest.raises(AccessRefused, match="remove that file"):
            await asyncio.wait_for(task, 15)
    held.unlink()

    async with connected(server, folder, "molten") as (seen, task):
        await until(lambda: 11 in seen.newest, task)
        before = seen.newest[11]
        for value in np.arange(1, 30) / 10:
            await server.get_node(ua.NodeId("T0", 2)).write_value(float(value), ua.VariantType.Float)
        await until(lambda: seen.newest[11] != before and seen.newest[11][1] == 2.9, task)
        await server.stop()
        with pytest.raises(DeviceLost):
            await asyncio.wait_for(task, 15)


async def test_nobody_there(tmp_path: Path) -> None:
    complex_, ids = complex_of(Protocol.OPCUA, f"opc.tcp://127.0.0.1:{free_port()}", {}, ADDRESSES)
    (connector,) = opcua.build(complex_, ids, complex_.sites, tmp_path)
    with pytest.raises(DeviceLost, match="connection refused"):
        await connector.run([Notebook()])
    assert {t.get_name() for t in asyncio.all_tasks()} == {asyncio.current_task().get_name()}
