"""From a server that nobody described to a folder whose connector streams."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from asyncua import Server, ua
from device_sparkplug import DEVICE, GROUP, NODE
from device_sparkplug import Device as SparkplugDevice
from harness import free_port

from didymium.acquire import opcua, sparkplug
from didymium.acquire.browse import browse_opcua, browse_sparkplug, write_folder
from didymium.acquire.opcua.session import Access
from didymium.acquire.sparkplug.build import broker_at
from didymium.model.folder import check, read_complex
from didymium.model.plant import Kind, Protocol
from didymium.model.readings import Readings
from didymium.model.registry import assign

T = ua.VariantType


class Notebook:
    def __init__(self) -> None:
        self.newest: dict[int, float] = {}
        self.trouble: list[str] = []

    def take(self, readings: Readings, received_us: int) -> None:
        self.newest.update(zip(readings.tag.tolist(), readings.value.tolist(), strict=True))

    def alive(self) -> None: ...

    def discard(self, cause: str, count: int, example: str) -> None:
        self.trouble.append(f"{cause}: {example}")

    def skew(self, skew_ms: float) -> None: ...

    def up(self) -> None: ...

    def down(self, cause: str) -> None: ...


async def described_server(endpoint: str) -> Server:
    server = Server()
    await server.init()
    server.set_endpoint(endpoint)
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    await server.register_namespace("urn:trial")
    line = await server.nodes.objects.add_object(2, "Line 1")
    for n in (7, 8):
        cell = await line.add_object(2, f"Cell{n:02d}")
        volt = await cell.add_variable(ua.NodeId(f"volt{n}", 2), "Voltage", 4.0 + n / 10, T.Double)
        span = ua.Range(Low=0.0, High=12.0)
        await volt.add_property(0, "EURange", ua.Variant(span, T.ExtensionObject))
        units = ua.EUInformation(DisplayName=ua.LocalizedText("V"))
        await volt.add_property(0, "EngineeringUnits", ua.Variant(units, T.ExtensionObject))
        mode = await cell.add_variable(ua.NodeId(f"mode{n}", 2), "Mode", 1, T.Int32)
        await mode.add_property(0, "EnumStrings", [ua.LocalizedText("IDLE"), ua.LocalizedText("RUN")])
        await cell.add_variable(ua.NodeId(f"name{n}", 2), "Name", "seven", T.String)
        await cell.add_variable(ua.NodeId(f"curve{n}", 2), "Curve", [1.0, 2.0], T.Double)
        await line.add_reference(cell, ua.ObjectIds.HasComponent)
    await server.nodes.objects.add_variable(ua.NodeId("loose", 2), "Loose", 3, T.Byte)
    await server.start()
    return server


async def streamed(connector: object, wanted: int) -> Notebook:
    notebook = Notebook()
    task = asyncio.create_task(connector.run([notebook]))  # type: ignore[attr-defined]
    for _ in range(1500):
        if len(notebook.newest) >= wanted or task.done():
            break
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return notebook


async def test_opcua_server_to_stream(tmp_path: Path) -> None:
    endpoint = f"opc.tcp://127.0.0.1:{free_port()}"
    server = await described_server(endpoint)
    counts: list[int] = []
    try:
        access = Access(endpoint, "None", "SignAndEncrypt", "", "", None, tmp_path / "pki", tmp_path / "known.der")
        seen = await browse_opcua(access, "S01", counts.append)
        write_folder(seen.found, tmp_path / "browsed", Protocol.OPCUA, endpoint, {})
        assert check(tmp_path / "browsed") == []
        complex_ = read_complex(tmp_path / "browsed")
        ids, _ = assign(complex_.tags.path, {})
        first, second = opcua.build(complex_, ids, complex_.sites, tmp_path)
        values = (await streamed(first, 1)).newest | (await streamed(second, 4)).newest
    finally:
        await server.stop()
    assert counts[-1] == 9
    assert sorted(seen.skipped) == [
        ("ns=2;s=curve7", "an array"),
        ("ns=2;s=curve8", "an array"),
        ("ns=2;s=name7", "a String"),
        ("ns=2;s=name8", "a String"),
    ]
    row = complex_.tags.row_of
    assert set(row) == {
        "S01.MAIN.MAIN001.Loose",
        "S01.LINE1.CELL007.Voltage",
        "S01.LINE1.CELL007.Mode",
        "S01.LINE1.CELL008.Voltage",
        "S01.LINE1.CELL008.Mode",
    }
    voltage = complex_.tags.template_tag[row["S01.LINE1.CELL007.Voltage"]]
    assert (voltage.kind, voltage.unit, voltage.low, voltage.high) == (Kind.ANALOG, "V", 0.0, 12.0)
    mode = complex_.tags.template_tag[row["S01.LINE1.CELL008.Mode"]]
    assert (mode.kind, mode.labels) == (Kind.ENUM, ("IDLE", "RUN"))
    assert values[int(ids.ids[row["S01.LINE1.CELL008.Voltage"]])] == 4.8
    assert values[int(ids.ids[row["S01.MAIN.MAIN001.Loose"]])] == 3.0


async def test_sparkplug_broker_to_stream(tmp_path: Path) -> None:
    device = SparkplugDevice()
    device.connector(tmp_path)
    await device.start()
    try:
        looking = asyncio.create_task(browse_sparkplug(broker_at(device.endpoint, "", "", None), GROUP, wait_s=20.0))
        while not looking.done():
            await device.say([1.5, 2.5, 3.5, 12.3], 1_700_000_000_000_000)
            await asyncio.sleep(0.2)
        seen = looking.result()
        write_folder(seen.found, tmp_path / "browsed", Protocol.SPARKPLUG, device.endpoint, {})
        assert check(tmp_path / "browsed") == []
        complex_ = read_complex(tmp_path / "browsed")
        ids, _ = assign(complex_.tags.path, {})
        (connector,) = sparkplug.build(complex_, ids, complex_.sites, tmp_path)
        notebook = await streamed(connector, 4)
    finally:
        await device.stop()
    assert complex_.tags.path == tuple(f"{NODE}.{DEVICE}.U001.T{i}" for i in range(4))
    heard = np.array([notebook.newest[int(i)] for i in ids.ids])
    assert heard.tolist() == [1.5, 2.5, 3.5, 12.3]
    assert notebook.trouble == []
