"""A complex of four small sites, and a plant whose value at any second can be worked out by the reader of a test."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np

from didymium.model.plant import (
    Area,
    Complex,
    Connection,
    Kind,
    Origin,
    Protocol,
    Site,
    TagTable,
    TemplateTag,
    Text,
    Unit,
)
from didymium.model.status import BAD_SENSOR_FAILURE, GOOD, UNCERTAIN_LAST_USABLE_VALUE
from didymium.twin.servers import serve

NAN = float("nan")
TAGS = (
    ("VOLT_PV", Kind.ANALOG, "V", 0.0, 1000.0, ()),
    ("KWH", Kind.COUNTER, "kWh", 0.0, NAN, ()),
    ("RUN", Kind.BOOL, "", 0.0, 1.0, ()),
    ("STATE", Kind.ENUM, "", 0.0, 3.0, ("IDLE", "RUN", "HOLD", "FAULT")),
    ("BATCH_NO", Kind.ID, "", NAN, NAN, ()),
    ("DELTA", Kind.INT, "", -10.0, 10.0, ()),
    ("TEMP_PV", Kind.ANALOG, "°C", 0.0, 1000.0, ()),
    ("LEVEL_PV", Kind.ANALOG, "%", 0.0, 100.0, ()),
)
BAD_TAG, UNCERTAIN_TAG, STILL_TAG = "TEMP_PV", "LEVEL_PV", "BATCH_NO"
USER, PASSWORD = "reader", "only a trial"
SITE_OF = {
    "S03": Protocol.SPARKPLUG,
    "S10": Protocol.OPCUA,
    "S02": Protocol.S7,
    "S08": Protocol.MODBUS,
}


def value_of(name: str, row: int, second: int) -> float:
    """What the plant shows at a second: everything but ``BATCH_NO`` moves every second."""
    match name:
        case "VOLT_PV" | "TEMP_PV" | "LEVEL_PV":
            return (second % 100) + row / 8
        case "KWH":
            return second % 100_000 + 0.25
        case "RUN":
            return float((second + row) % 2)
        case "STATE":
            return float(second % 4)
        case "BATCH_NO":
            return 10_000_000_000.0 + row
        case _:
            return float(second % 7 - 3)


def status_of(name: str) -> int:
    return {BAD_TAG: BAD_SENSOR_FAILURE, UNCERTAIN_TAG: UNCERTAIN_LAST_USABLE_VALUE}.get(name, GOOD)


class StandIn:
    """A plant by ``value_of``; it knows which seconds it was stepped to."""

    def __init__(self, plant: Complex) -> None:
        self._names = plant.tags.name
        self.values = np.zeros(len(plant.tags))
        self.status = np.array([status_of(name) for name in self._names], np.uint32)
        self.second = int(time.time())
        self.seconds: list[int] = []

    def advance(self, second: int) -> None:
        self.second = second
        self.seconds.append(second)
        self.values[:] = [value_of(name, row, second) for row, name in enumerate(self._names)]


def small_complex(port: int, site: str, **options: object) -> Complex:
    """One site, two units in area PL1 and a common block, behind its protocol on ``port``."""
    protocol = SITE_OF[site]
    nowhere = Text("", "")
    template_tags, paths, addresses, areas, units = [], [], [], [], []
    for area_id, unit_ids in (("COM", ("COM",)), ("PL1", ("CELL001", "CELL002"))):
        made = []
        for unit_id in unit_ids:
            unit = Unit(unit_id, site, area_id, "T_CELL", 1, nowhere, len(paths), len(TAGS))
            for name, kind, engineering_unit, low, high, labels in TAGS:
                row = len(paths)
                template_tags.append(
                    TemplateTag(
                        name,
                        kind,
                        engineering_unit,
                        low,
                        high,
                        0.001,
                        0,
                        NAN,
                        NAN,
                        NAN,
                        NAN,
                        "",
                        0.0,
                        labels,
                        Text(name, ""),
                    )
                )
                paths.append(f"{site}.{area_id}.{unit_id}.{name}")
                addresses.append(_address(protocol, area_id, unit_id, name, row))
            made.append(unit)
        units += made
        areas.append(Area(area_id, nowhere, tuple(made)))
    n = len(paths)
    column = np.full(n, NAN)
    tags = TagTable(
        path=tuple(paths),
        address=tuple(addresses),
        site=np.zeros(n, np.int16),
        unit=np.repeat(np.arange(len(units), dtype=np.int32), len(TAGS)),
        template_tag=tuple(template_tags),
        name=tuple(tag.name for tag in template_tags),
        kind=tuple(tag.kind for tag in template_tags),
        low=np.array([tag.low for tag in template_tags]),
        high=np.array([tag.high for tag in template_tags]),
        scale=np.full(n, 1000.0),
        ll=column,
        l=column,
        h=column,
        hh=column,
        period_s=np.ones(n),
    )
    scheme = {Protocol.SPARKPLUG: "mqtt", Protocol.OPCUA: "opc.tcp", Protocol.S7: "s7", Protocol.MODBUS: "modbus"}[
        protocol
    ]
    connection = Connection(protocol, f"{scheme}://127.0.0.1:{port}", options)
    place = Site(site, nowhere, Origin.ASSUMED, "", nowhere, nowhere, 0, 0, tuple(areas), connection, 0, n)
    return Complex("small", nowhere, "UTC", (place,), tuple(units), {}, (), (), tags)


def _address(protocol: Protocol, area: str, unit: str, name: str, row: int) -> str:
    match protocol:
        case Protocol.OPCUA:
            return f"ns=2;s={area}.{unit}.{name}"
        case Protocol.S7:
            return f"DB{1 if area == 'COM' else 2}.{row * 4}:REAL"
        case Protocol.MODBUS:
            return f"{1 if area == 'COM' else 2}:hr:{row * 2}"
        case Protocol.SPARKPLUG:
            return f"{unit}/{name}" if area == "COM" else f"{area}/{unit}/{name}"


def free_port() -> int:
    """A port that is free now, and so is the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port


@contextlib.asynccontextmanager
async def serving(plant: Complex, folder: Path) -> AsyncIterator[StandIn]:
    """The plant's servers, running until the block ends."""
    twin = StandIn(plant)
    task = asyncio.create_task(serve(plant, twin, folder))
    try:
        while not twin.seconds:
            if task.done():
                await task
            await asyncio.sleep(0.02)
        yield twin
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Broker:
    """A nats-server with its MQTT listener on ``port``; it may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        config = folder / "broker.conf"
        folder.mkdir(parents=True, exist_ok=True)
        config.write_text(
            f'server_name: broker\nhost: "127.0.0.1"\nport: {self.port + 1}\n'
            f'jetstream {{ store_dir: "{folder}" }}\nmqtt {{ host: "127.0.0.1", port: {self.port} }}\n'
        )
        self._config = config

    def start(self) -> None:
        program = Path(sysconfig.get_path("scripts")) / "nats-server"
        self._process = subprocess.Popen(
            [program, "-c", self._config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise TimeoutError("nats-server does not listen")

    def freeze(self) -> None:
        """Stop it where it stands: it keeps its connections and reads nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    made = Broker(folder)
    made.start()
    try:
        yield made
    finally:
        made.kill()
