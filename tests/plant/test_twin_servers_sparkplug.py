"""The twin's edge nodes on a real broker, heard by a plain MQTT client."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gmqtt
import pytest
from gmqtt.mqtt.constants import MQTTv311

from didymium.model.sparkplug import DataType, HostState, MessageType, Payload, Topic, state_topic
from didymium.twin.servers import mqtt_link
from tests.plant.twin_servers_stand_in import (
    BAD_TAG,
    UNCERTAIN_TAG,
    Broker,
    broker,
    serving,
    small_complex,
    status_of,
    value_of,
)

HOST = "didymium"


@dataclass
class Heard:
    """A host application's ears: every message under ``spBv1.0`` in order."""

    client: gmqtt.Client
    messages: list[tuple[Topic, Any]] = field(default_factory=list)

    def of(self, *kinds: MessageType) -> list[tuple[Topic, Any]]:
        return [(topic, payload) for topic, payload in self.messages if topic.kind in kinds]

    async def until(self, enough: Callable[[], bool], limit_s: float = 40) -> None:
        async with asyncio.timeout(limit_s):
            while not enough():  # noqa: ASYNC110 - messages come from a callback
                await asyncio.sleep(0.02)

    def say(self, online: bool) -> None:
        state = HostState(online, time.time_ns() // 1_000_000)
        self.client.publish(state_topic(HOST), state.encode(), qos=1, retain=True)

    def ask_rebirth(self) -> None:
        command = Payload()
        command.metrics.add(name="Node Control/Rebirth", datatype=DataType.BOOLEAN, boolean_value=True)
        self.client.publish("spBv1.0/Northern/NCMD/S03", command.SerializeToString())


@asynccontextmanager
async def host(bus: Broker) -> AsyncIterator[Heard]:
    client = gmqtt.Client(f"host-{time.monotonic_ns()}")
    heard = Heard(client)
    granted: list[int] = []

    def subscribed(_client: object, _mid: int, qos: tuple[int, ...], _properties: object) -> None:
        granted.extend(qos)

    def message(_client: object, topic: str, payload: bytes, _qos: int, _properties: object) -> int:
        if "/STATE/" not in topic:
            heard.messages.append((Topic.parse(topic), Payload.FromString(payload)))
        return 0

    client.on_message, client.on_subscribe = message, subscribed
    client.reconnect_delay = 0
    await client.connect("127.0.0.1", bus.port, version=MQTTv311)
    try:
        # A busy broker may refuse (0x80) as long as its stream is not there; it delivers what is QoS 0 all the same.
        async with asyncio.timeout(40):
            while 1 not in granted:
                client.subscribe("spBv1.0/#", qos=1)
                before = len(granted)
                await heard.until(lambda: len(granted) > before)  # noqa: B023 - awaited before it changes
        yield heard
    finally:
        await client.disconnect()


def number(metric: Any) -> float | None:
    field_name = metric.WhichOneof("value")
    if field_name is None:
        return None
    value = getattr(metric, field_name)
    if field_name == "int_value" and value >= 1 << 31:
        return float(value - (1 << 32))
    return float(value)


def readings(heard: Heard) -> list[tuple[str, int, float | None, bool]]:
    """(tag as ``unit/name``, Unix second, value, historical) in order of arrival, births included."""
    named: dict[int, str] = {}
    found = []
    for topic, payload in heard.messages:
        birth = topic.kind in (MessageType.NBIRTH, MessageType.DBIRTH)
        for metric in payload.metrics:
            if birth and metric.HasField("alias"):
                named[metric.alias] = metric.name
            if metric.HasField("alias"):
                assert metric.timestamp % 1000 == 0
                found.append((named[metric.alias], metric.timestamp // 1000, number(metric), metric.is_historical))
    return found


def row_of(plant: Any, name: str) -> int:
    unit, tag = name.split("/")
    area = "COM" if unit == "COM" else "PL1"
    return int(plant.tags.row_of[f"S03.{area}.{unit}.{tag}"])


def assert_values(plant: Any, heard: Heard) -> None:
    for name, second, value, _ in readings(heard):
        tag = name.split("/")[1]
        assert value == (None if tag == BAD_TAG else value_of(tag, row_of(plant, name), second)), name


def seconds(heard: Heard, name: str) -> list[int]:
    return [second for tag, second, _, _ in readings(heard) if tag == name]


async def test_births_come_first_then_every_second_once_by_alias(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        plant = small_complex(bus.port, "S03")
        async with host(bus) as heard:
            heard.say(True)
            async with serving(plant, tmp_path):
                await heard.until(lambda: len(heard.of(MessageType.DDATA)) >= 4)
            kinds = [topic.kind for topic, _ in heard.messages]
            assert kinds[:4] == [MessageType.NBIRTH, MessageType.DBIRTH, MessageType.NDATA, MessageType.DDATA]
            live = heard.of(MessageType.NBIRTH, MessageType.DBIRTH, MessageType.NDATA, MessageType.DDATA)
            assert [payload.seq for _, payload in live] == [i % 256 for i in range(len(live))]
            assert all(not metric.name for _, payload in heard.of(MessageType.DDATA) for metric in payload.metrics)
            assert_values(plant, heard)
            for path in plant.tags.path:
                _, _, unit, tag = path.split(".")
                told = seconds(heard, f"{unit}/{tag}")
                assert told == list(range(told[0], told[0] + len(told)))


async def test_a_birth_names_types_units_ranges_and_the_session(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        plant = small_complex(bus.port, "S03")
        async with host(bus) as heard:
            heard.say(True)
            async with serving(plant, tmp_path):
                await heard.until(lambda: bool(heard.of(MessageType.DBIRTH)))
            (_, node), (_, device) = heard.of(MessageType.NBIRTH)[0], heard.of(MessageType.DBIRTH)[0]
            named = {metric.name: metric for metric in node.metrics}
            assert named["bdSeq"].datatype == DataType.INT64
            assert named["Node Control/Rebirth"].boolean_value is False
            born = {metric.name: metric for metric in device.metrics}
            assert {name.split("/")[1]: metric.datatype for name, metric in born.items()} == {
                "VOLT_PV": DataType.DOUBLE,
                "KWH": DataType.DOUBLE,
                "RUN": DataType.BOOLEAN,
                "STATE": DataType.INT32,
                "BATCH_NO": DataType.INT64,
                "DELTA": DataType.INT32,
                "TEMP_PV": DataType.DOUBLE,
                "LEVEL_PV": DataType.DOUBLE,
            }
            volt = born["CELL001/VOLT_PV"].properties
            told = dict(zip(volt.keys, volt.values, strict=True))
            assert told["engUnit"].string_value == "V"
            assert (told["engLow"].double_value, told["engHigh"].double_value) == (0.0, 1000.0)
            every = [m.alias for m in (*node.metrics, *device.metrics) if m.HasField("alias")]
            assert len(set(every)) == len(every) == len(plant.tags)


async def test_a_value_that_is_not_good_says_so_twice(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        plant = small_complex(bus.port, "S03")
        async with host(bus) as heard:
            heard.say(True)
            async with serving(plant, tmp_path):
                await heard.until(lambda: bool(heard.of(MessageType.DDATA)))
            (_, device), (_, data) = heard.of(MessageType.DBIRTH)[0], heard.of(MessageType.DDATA)[0]
            name_of = {metric.alias: metric.name.split("/")[1] for metric in device.metrics}
            for told in (device, data):
                for metric in told.metrics:
                    name = name_of[metric.alias]
                    properties = dict(zip(metric.properties.keys, metric.properties.values, strict=True))
                    assert metric.is_null == (name == BAD_TAG)
                    if name in (BAD_TAG, UNCERTAIN_TAG):
                        assert properties["StatusCode"].int_value == status_of(name)
                        assert properties["Quality"].int_value == (0 if name == BAD_TAG else 500)
                    else:
                        assert "Quality" not in properties


async def test_a_rebirth_request_is_answered_with_all_births_in_the_same_session(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        plant = small_complex(bus.port, "S03")
        async with host(bus) as heard:
            heard.say(True)
            async with serving(plant, tmp_path):
                await heard.until(lambda: len(heard.of(MessageType.DDATA)) >= 2)
                heard.ask_rebirth()
                await heard.until(lambda: len(heard.of(MessageType.DBIRTH)) >= 2)
                await heard.until(lambda: heard.messages[-1][0].kind == MessageType.DDATA)
            first, second = (payload for _, payload in heard.of(MessageType.NBIRTH))
            assert second.seq == 0
            assert bd_seq(first) == bd_seq(second)
            told = seconds(heard, "CELL001/VOLT_PV")
            assert told == list(range(told[0], told[0] + len(told)))


def bd_seq(payload: Any) -> int:
    return int(next(metric.long_value for metric in payload.metrics if metric.name == "bdSeq"))


async def test_a_clean_stop_tells_the_deaths(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        async with host(bus) as heard:
            heard.say(True)
            async with serving(small_complex(bus.port, "S03"), tmp_path):
                await heard.until(lambda: bool(heard.of(MessageType.DDATA)))
            await heard.until(lambda: bool(heard.of(MessageType.NDEATH)))
            assert [topic.kind for topic, _ in heard.messages[-2:]] == [MessageType.DDEATH, MessageType.NDEATH]
            assert bd_seq(heard.messages[-1][1]) == bd_seq(heard.of(MessageType.NBIRTH)[0][1])


TWIN_PROCESS = """
import asyncio, sys
from pathlib import Path
from tests.plant.twin_servers_stand_in import StandIn, serve, small_complex
plant = small_complex(int(sys.argv[1]), "S03")
asyncio.run(serve(plant, StandIn(plant), Path(sys.argv[2])))
"""


async def test_a_killed_twin_is_declared_dead_by_its_will(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        async with host(bus) as heard:
            heard.say(True)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", TWIN_PROCESS, str(bus.port), str(tmp_path), cwd=Path(__file__).parents[2]
            )
            try:
                await heard.until(lambda: bool(heard.of(MessageType.DDATA)))
            finally:
                process.kill()
                await process.wait()
            await heard.until(lambda: bool(heard.of(MessageType.NDEATH)))
            assert bd_seq(heard.of(MessageType.NDEATH)[0][1]) == bd_seq(heard.of(MessageType.NBIRTH)[0][1])


@pytest.mark.parametrize("frozen_s", [0.0, 2.5])
async def test_a_broker_outage_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frozen_s: float) -> None:
    monkeypatch.setattr(mqtt_link, "KEEPALIVE_S", 1)
    with broker(tmp_path / "broker") as bus:
        plant = small_complex(bus.port, "S03")
        async with host(bus) as heard:
            heard.say(True)
            async with serving(plant, tmp_path) as twin:
                await heard.until(lambda: len(heard.of(MessageType.DDATA)) >= 2)
                before = bd_seq(heard.of(MessageType.NBIRTH)[0][1])
                await heard.client.disconnect()
                if frozen_s:
                    bus.freeze()
                    await asyncio.sleep(frozen_s)
                bus.kill()
                await asyncio.sleep(1.5)
                bus.start()
                async with host(bus) as again:
                    await again.until(lambda: len(again.of(MessageType.DDATA)) >= 5)
                    again.messages[:0] = heard.messages
                    assert bd_seq(again.of(MessageType.NBIRTH)[-1][1]) == (before + 1) % 256
                    told = readings(again)
                    mine = {second for name, second, _, _ in told if name == "CELL001/VOLT_PV"}
                    last = max(second for _, second, _, historical in told if not historical)
                    assert mine >= {second for second in twin.seconds if second <= last}
                    assert any(historical for _, _, _, historical in told)
                    assert_values(plant, again)


async def test_nothing_is_told_while_the_primary_host_is_offline_and_all_of_it_after(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        plant = small_complex(bus.port, "S03")
        async with host(bus) as heard, serving(plant, tmp_path) as twin:
            await asyncio.sleep(1.5)
            assert not heard.messages
            heard.say(True)
            await heard.until(lambda: len(heard.of(MessageType.DDATA)) >= 2)
            heard.say(False)
            await heard.until(lambda: bool(heard.of(MessageType.NDEATH)))
            told = len(heard.messages)
            await asyncio.sleep(2.0)
            assert len(heard.messages) == told
            heard.say(True)
            await heard.until(lambda: len(heard.of(MessageType.NBIRTH)) == 2 and len(heard.of(MessageType.DDATA)) > 5)
            mine = set(seconds(heard, "COM/KWH"))
            assert mine >= {second for second in twin.seconds if second <= max(mine)}
            assert_values(plant, heard)


async def test_without_a_primary_host_the_node_speaks_at_once(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as bus:
        async with host(bus) as heard, serving(small_complex(bus.port, "S03", host=""), tmp_path):
            await heard.until(lambda: bool(heard.of(MessageType.DDATA)))
