"""nats-server as the broker, and behind it an edge node of a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gmqtt
from gmqtt.mqtt.constants import MQTTv311
from harness import TAGS, free_port
from trial import complex_of

from didymium.acquire import sparkplug
from didymium.acquire.sink import Connector
from didymium.model.plant import Protocol
from didymium.model.sparkplug import BDSEQ, DataType, MessageType, Payload, Topic
from didymium.model.status import BAD
from didymium.spine.config import SpineConfig
from didymium.spine.server import NatsServer

GROUP, NODE, DEVICE = "Trial", "S01", "A1"
KINDS = (DataType.DOUBLE, DataType.DOUBLE, DataType.FLOAT, DataType.FLOAT)


class Device:
    """See ``harness.Harness``."""

    name = "sparkplug"
    own_clock = True
    time_step_us = 1000
    bad_status = BAD

    def __init__(self) -> None:
        self._ports = free_port(), free_port(), free_port()
        self._folder = Path()
        self._said: tuple[list[float], int] = ([0.0] * TAGS, 0)
        self._fails = False
        self._broker: NatsServer | None = None
        self._client: gmqtt.Client | None = None
        self._seq = self._bd_seq = 0

    @property
    def endpoint(self) -> str:
        return f"mqtt://127.0.0.1:{self._ports[2]}"

    async def start(self) -> None:
        client_port, monitor_port, mqtt_port = self._ports
        self._broker = NatsServer(
            SpineConfig(
                "trial",
                "trial",
                self._folder / "store",
                self._folder / "nats.log",
                client_port,
                monitor_port,
                mqtt_port,
            )
        )
        await self._broker.start()
        await self._broker.wait_ready()
        self._bd_seq += 1
        self._client = client = gmqtt.Client(
            f"node-{self._bd_seq}",
            will_message=gmqtt.Message(str(Topic(MessageType.NDEATH, GROUP, NODE)), self._birth_certificate(), qos=1),
        )
        client.set_config({"reconnect_retries": -2})
        client.on_message = self._commanded
        await client.connect("127.0.0.1", mqtt_port, version=MQTTv311)
        client.subscribe(str(Topic(MessageType.NCMD, GROUP, NODE)), qos=1)
        self._births()

    async def stop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.disconnect()
        broker, self._broker = self._broker, None
        if broker is not None:
            await broker.stop()

    def connector(self, folder: Path) -> Connector:
        self._folder = folder
        addresses = [f"{DEVICE}/U1/T{i}" for i in range(TAGS)]
        complex_, ids = complex_of(Protocol.SPARKPLUG, self.endpoint, {"group": GROUP}, addresses)
        (connector,) = sparkplug.build(complex_, ids, complex_.sites, folder)
        return connector

    async def say(self, values: Sequence[float], time_us: int) -> None:
        self._said = (list(values), time_us)
        if self._client is not None:
            self._send(MessageType.DDATA, self._metrics(named=False))

    async def fail(self) -> None:
        self._fails = True

    def _commanded(self, _client: Any, _topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
        self._births()
        return 0

    def _births(self) -> None:
        self._seq = 0
        birth = Payload.FromString(self._birth_certificate())
        birth.timestamp = self._said[1] // 1000
        self._send(MessageType.NBIRTH, birth)
        self._send(MessageType.DBIRTH, self._metrics(named=True))

    def _birth_certificate(self) -> bytes:
        payload = Payload()
        payload.metrics.add(name=BDSEQ, datatype=DataType.INT64, long_value=self._bd_seq)
        return payload.SerializeToString()

    def _metrics(self, *, named: bool) -> Any:
        values, time_us = self._said
        payload = Payload(timestamp=time_us // 1000)
        for i in range(TAGS):
            metric = payload.metrics.add(alias=i + 1, timestamp=time_us // 1000)
            if named:
                metric.name, metric.datatype = f"U1/T{i}", KINDS[i]
            if self._fails and i == TAGS - 1:
                metric.is_null = True
                metric.properties.keys.append("Quality")
                metric.properties.values.add(type=DataType.INT32, int_value=0)
            elif KINDS[i] is DataType.FLOAT:
                metric.float_value = values[i]
            else:
                metric.double_value = values[i]
        return payload

    def _send(self, kind: MessageType, payload: Any) -> None:
        assert self._client is not None
        payload.seq = self._seq
        self._seq = (self._seq + 1) % 256
        topic = Topic(kind, GROUP, NODE, DEVICE if kind.startswith("D") else None)
        self._client.publish(str(topic), payload.SerializeToString(), qos=0)
