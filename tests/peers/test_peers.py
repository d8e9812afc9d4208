"""The peers do what the contract tests ask of them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import gmqtt
from asyncua import Client, ua
from gmqtt.mqtt.constants import MQTTv311

from didymium.model.sparkplug import MessageType, Payload, Topic
from tests.peers.peers import peer
from tests.plant.twin_servers_stand_in import broker


async def test_the_opcua_server_shows_every_type_and_misbehaves_on_command(tmp_path: Path) -> None:
    def started() -> Any:
        return peer("opcua_server.mjs", "--port", "0", "--folder", str(tmp_path))

    with started() as server:
        async with Client(server.ready["endpoint"]) as client:

            async def read(name: str) -> Any:
                node = client.get_node(f"ns=1;s=PL1.TEST.{name}")
                return await node.read_data_value(raise_on_bad_status=False)

            kinds = {
                name: (await read(name.upper())).Value for name in ("Boolean", "SByte", "UInt64", "Float", "String")
            }
            assert {name: value.VariantType.name for name, value in kinds.items()} == {name: name for name in kinds}
            assert (kinds["SByte"].Value, kinds["UInt64"].Value) == (-8, 64)
            assert (await read("BAD")).StatusCode.name == "BadSensorFailure"
            server.ask(do="set", name="DOUBLE", value="words", type="String", time_ms=1000)
            changed = await read("DOUBLE")
            assert (changed.Value.Value, changed.SourceTimestamp.second) == ("words", 1)
            server.ask(do="tick", period_ms=50)
            await asyncio.sleep(0.5)
            assert (await read("COUNT")).Value.Value > 2
            server.ask(do="remove", name="FLOAT")
            assert (await read("FLOAT")).StatusCode.value == ua.StatusCodes.BadNodeIdUnknown
        server.kill()


async def test_the_edge_node_speaks_sparkplug_and_breaks_its_rules_on_command(tmp_path: Path) -> None:
    heard: defaultdict[MessageType, list[Any]] = defaultdict(list)
    with broker(tmp_path / "broker") as bus:
        client = gmqtt.Client("listener")

        def message(_client: object, topic: str, payload: bytes, _qos: int, _properties: object) -> int:
            heard[Topic.parse(topic).kind].append(payload)
            return 0

        client.on_message = message
        await client.connect("127.0.0.1", bus.port, version=MQTTv311)
        client.subscribe("spBv1.0/#")
        await asyncio.sleep(0.2)
        with peer("sparkplug_node.mjs", "--url", f"mqtt://127.0.0.1:{bus.port}", "--node", "S03") as node:
            node.ask(do="data", device="PL1", metrics=[{"alias": 1, "type": "Double", "value": 2.5}])
            node.ask(do="seq_jump", by=3)
            node.ask(do="data", metrics=[{"alias": 5, "type": "Float", "value": "NaN"}])
            node.ask(do="data_without_birth", device="PL9")
            node.ask(do="garbage")
            await asyncio.sleep(0.5)
            node.kill()
            await asyncio.sleep(0.5)
        await client.disconnect()
    assert Payload.FromString(heard[MessageType.NBIRTH][0]).seq == 0
    born = {metric.name: metric for metric in Payload.FromString(heard[MessageType.DBIRTH][0]).metrics}
    assert born["CELL001/STATE"].int_value == 2**32 - 2
    first, stranger, _garbage = heard[MessageType.DDATA]
    assert Payload.FromString(first).metrics[0].double_value == 2.5
    assert Payload.FromString(heard[MessageType.NDATA][0]).seq == Payload.FromString(first).seq + 4
    assert Payload.FromString(stranger).seq == Payload.FromString(first).seq + 5
    assert len(heard[MessageType.NDEATH]) == 1
