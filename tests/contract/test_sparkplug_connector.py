"""The Sparkplug host against nats-server's MQTT broker: STATE, births on request, deaths, and nonsense of one site."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import gmqtt
import pytest
from gmqtt.mqtt.constants import MQTTv311
from harness import free_port
from trial import complex_of

from didymium.acquire import sparkplug
from didymium.acquire.errors import BadConnection, DeviceLost
from didymium.acquire.sink import Connector
from didymium.model.plant import Protocol
from didymium.model.readings import Readings
from didymium.model.sparkplug import BDSEQ, DataType, HostState, Payload, state_topic
from didymium.spine.config import SpineConfig
from didymium.spine.server import NatsServer

GROUP = "Trial"
STATE = state_topic("didymium")


class Notebook:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.trouble: Counter[str] = Counter()
        self.said: list[str] = []

    def take(self, readings: Readings, received_us: int) -> None:
        self.values += readings.value.tolist()

    def alive(self) -> None: ...

    def discard(self, cause: str, count: int, example: str) -> None:
        self.trouble[str(cause)] += count

    def skew(self, skew_ms: float) -> None: ...

    def up(self) -> None:
        self.said.append("up")

    def down(self, cause: str) -> None:
        self.said.append(cause)


class Client:
    """Anything that speaks MQTT at the broker."""

    def __init__(self, will: gmqtt.Message | None = None) -> None:
        self.client = gmqtt.Client(None, will_message=will)
        self.client.set_config({"reconnect_retries": -2})
        self.heard: list[tuple[str, bytes]] = []
        self.client.on_message = self._hear

    def _hear(self, _client: Any, topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
        self.heard.append((topic, payload))
        return 0

    async def connect(self, port: int, *topics: str) -> Client:
        await self.client.connect("127.0.0.1", port, version=MQTTv311)
        if topics:
            granted = asyncio.Event()
            self.client.on_subscribe = lambda *_: granted.set()
            self.client.subscribe([gmqtt.Subscription(topic, qos=1) for topic in topics])
            await granted.wait()
        return self

    def states(self) -> list[bool]:
        return [HostState.parse(payload).online for topic, payload in self.heard if topic == STATE]

    def say(self, kind: str, node: str, payload: bytes) -> None:
        self.client.publish(f"spBv1.0/{GROUP}/{kind}/{node}", payload, qos=0)


def nbirth(value: float, bd_seq: int = 1) -> bytes:
    payload = Payload(timestamp=1_700_000_000_000, seq=0)
    payload.metrics.add(name=BDSEQ, datatype=DataType.INT64, long_value=bd_seq)
    payload.metrics.add(name="A1/U1/T0", alias=1, datatype=DataType.DOUBLE, double_value=value)
    return payload.SerializeToString()


def ndata(value: float, seq: int) -> bytes:
    payload = Payload(timestamp=1_700_000_000_000 + seq, seq=seq)
    payload.metrics.add(alias=1, double_value=value)
    return payload.SerializeToString()


def ndeath(bd_seq: int = 1) -> bytes:
    payload = Payload()
    payload.metrics.add(name=BDSEQ, datatype=DataType.INT64, long_value=bd_seq)
    return payload.SerializeToString()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[tuple[NatsServer, int]]:
    port = free_port()
    folder = tmp_path / "nats"
    server = NatsServer(SpineConfig("trial", "trial", folder, folder / "log", free_port(), free_port(), mqtt_port=port))
    await server.start()
    await server.wait_ready()
    yield server, port
    await server.stop()


def connector_to(port: int, folder: Path) -> Connector:
    """One host connection with two sites, S01 and S02, of one tag each."""
    complex_, ids = complex_of(Protocol.SPARKPLUG, f"mqtt://127.0.0.1:{port}", {"group": GROUP}, ["A1/U1/T0"])
    sites = [dataclasses.replace(complex_.sites[0], id=name) for name in ("S01", "S02")]
    (connector,) = sparkplug.build(complex_, ids, sites, folder)
    return connector


async def until(reached: Callable[[], bool], task: asyncio.Task[None]) -> None:
    for _ in range(1500):
        if reached() or task.done():
            break
        await asyncio.sleep(0.01)
    assert reached(), task


async def test_host_application(broker: tuple[NatsServer, int], tmp_path: Path) -> None:
    server, port = broker
    commands = [f"spBv1.0/{GROUP}/NCMD/{node}" for node in ("S01", "S02")]
    onlooker = await Client().connect(port, STATE, *commands)
    connector = connector_to(port, tmp_path)
    assert [line.name for line in connector.lines] == ["S01/sparkplug", "S02/sparkplug"]
    one, two = Notebook(), Notebook()
    task = asyncio.create_task(connector.run([one, two]))

    # it says that it is online, and asks every node for its births
    await until(lambda: onlooker.states()[-1:] == [True] and set(commands) <= {t for t, _ in onlooker.heard}, task)
    for topic, payload in onlooker.heard:
        if topic in commands:
            (metric,) = Payload.FromString(payload).metrics
            assert (metric.name, metric.boolean_value) == ("Node Control/Rebirth", True)
    assert one.said == two.said == ["no birth"]

    node = await Client(gmqtt.Message(f"spBv1.0/{GROUP}/NDEATH/S01", ndeath(), qos=1)).connect(port)
    node.say("NBIRTH", "S01", nbirth(1.5))
    node.say("NDATA", "S01", ndata(2.5, 1))
    await until(lambda: one.values == [1.5, 2.5], task)
    assert one.said == ["no birth", "up"]

    # the other site's nonsense stays with the other site
    other = await Client().connect(port)
    for kind in ("NBIRTH", "NDATA", "NDEATH", "NBIRTH/extra", "XDATA"):
        other.say(kind, "S02", b"\xff\x07 nonsense")
    other.say("NDATA", "S02", ndata(9.0, 7))
    other.client.publish("spBv1.0/Foreign/NDATA/S01", ndata(9.0, 2))
    await until(lambda: two.trouble == {"malformed payload": 3, "data without birth": 1}, task)
    node.say("NDATA", "S01", ndata(3.5, 2))
    await until(lambda: one.values == [1.5, 2.5, 3.5], task)
    assert not one.trouble
    assert two.values == []

    # the will of an older session of this host is contradicted
    other.client.publish(STATE, HostState(False, 1).encode(), qos=1, retain=True)
    await until(lambda: onlooker.states()[-2:] == [False, True], task)

    # a node that breaks off dies by its will, and comes back with a birth
    node.client._connection._transport.abort()
    await until(lambda: one.said[-1] == "death", task)
    other.say("NBIRTH", "S01", nbirth(4.5, bd_seq=2))
    await until(lambda: one.values[-1] == 4.5 and one.said[-1] == "up", task)

    # a silent line is asked for a rebirth without disturbing the connection
    asked = len([t for t, _ in onlooker.heard if t == commands[0]])
    assert connector.revive(0)
    await until(lambda: len([t for t, _ in onlooker.heard if t == commands[0]]) > asked, task)

    # a stopped host says that it goes
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for _ in range(500):
        if not onlooker.states()[-1]:
            break
        await asyncio.sleep(0.01)
    assert onlooker.states()[-1] is False
    assert not connector.revive(0)

    # a lost broker is a lost device
    task = asyncio.create_task(connector.run([one, two]))
    await until(lambda: onlooker.states()[-1], task)
    for client in (onlooker, other):
        await client.client.disconnect()
    await server.stop()
    with pytest.raises(DeviceLost, match="broker lost"):
        await asyncio.wait_for(task, 15)
    with pytest.raises(DeviceLost, match="connection refused"):
        await connector.run([one, two])


@pytest.mark.parametrize(
    ("endpoint", "options", "said"),
    [
        ("http://127.0.0.1:1", {"group": "G"}, "mqtt://host:1883"),
        ("mqtt://127.0.0.1:99999", {"group": "G"}, "Port out of range"),
        ("mqtt://127.0.0.1", {}, "topic level"),
        ("mqtt://127.0.0.1", {"group": "a/b"}, "topic level"),
        ("mqtt://127.0.0.1", {"group": "G", "hosts": "x"}, "do you mean host"),
    ],
)
def test_connections_that_cannot_work(endpoint: str, options: dict[str, object], said: str, tmp_path: Path) -> None:
    complex_, ids = complex_of(Protocol.SPARKPLUG, endpoint, options, ["A1/U1/T0"])
    with pytest.raises(BadConnection, match=said):
        sparkplug.build(complex_, ids, complex_.sites, tmp_path)
