"""asyncua's own server with one folder of four variables, two of them 32-bit floats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from asyncua import Server, ua
from harness import TAGS, free_port
from trial import complex_of

from didymium.acquire import opcua
from didymium.acquire.sink import Connector
from didymium.model.plant import Protocol
from didymium.model.status import BAD_SENSOR_FAILURE

KINDS = (ua.VariantType.Double, ua.VariantType.Double, ua.VariantType.Float, ua.VariantType.Float)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Device:
    """See ``harness.Harness``."""

    name = "opcua"
    own_clock = True
    time_step_us = 1
    bad_status = BAD_SENSOR_FAILURE

    _made: Server | None = None
    """Its address space takes seconds to fill, so one is started and stopped for all tests in turn."""
    endpoint = ""

    def __init__(self) -> None:
        self._said: tuple[list[float], int] = ([0.0] * TAGS, 0)
        self._fails = False
        self._server: Server | None = None

    @classmethod
    async def _filled(cls) -> Server:
        if cls._made is not None:
            return cls._made
        server = Server()
        await server.init()
        server.set_endpoint(cls.endpoint)
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        await server.register_namespace("urn:trial")
        for i in range(TAGS):
            node = ua.NodeId(f"A1.U1.T{i}", 2)
            await server.nodes.objects.add_variable(node, f"T{i}", 0.0, KINDS[i])
        cls._made = server
        return server

    async def start(self) -> None:
        server = await self._filled()
        await self._tell(server)
        await server.start()
        self._server = server

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None

    def connector(self, folder: Path) -> Connector:
        Device.endpoint = Device.endpoint or f"opc.tcp://127.0.0.1:{free_port()}/"
        addresses = [f"ns=2;s=A1.U1.T{i}" for i in range(TAGS)]
        options = {"publishing_ms": 50, "sampling_ms": 0}
        complex_, ids = complex_of(Protocol.OPCUA, self.endpoint, options, addresses)
        (connector,) = opcua.build(complex_, ids, complex_.sites, folder)
        return connector

    async def say(self, values: Sequence[float], time_us: int) -> None:
        self._said = (list(values), time_us)
        if self._server is not None:
            await self._tell(self._server)

    async def fail(self) -> None:
        self._fails = True

    async def _tell(self, server: Server) -> None:
        values, time_us = self._said
        at = EPOCH + dt.timedelta(microseconds=time_us)
        for i in range(TAGS):
            bad = self._fails and i == TAGS - 1
            value = ua.DataValue(
                ua.Variant(values[i], KINDS[i]),
                ua.StatusCode(ua.UInt32(BAD_SENSOR_FAILURE if bad else 0)),
                SourceTimestamp=at,
                ServerTimestamp=at,
            )
            await server.write_attribute_value(ua.NodeId(f"A1.U1.T{i}", 2), value)
