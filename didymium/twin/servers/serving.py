"""The twin's second hand: steps the plant at each whole second and hands the values to every protocol server."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final
from typing import Protocol as Typed

from didymium.model.plant import Complex, Protocol, Site
from didymium.twin.servers.modbus import ModbusServer
from didymium.twin.servers.moment import Moment, Plant
from didymium.twin.servers.opcua import OpcUaServer
from didymium.twin.servers.s7 import S7Server
from didymium.twin.servers.sparkplug_node import EdgeNode

log = logging.getLogger(__name__)

CATCH_UP_S_MAX: Final = 300
"""A clock further behind than this (a suspended machine) is brought to the present in one step."""
GROUP: Final = "Northern"
PRIMARY_HOST: Final = "didymium"
POLLED: Final = (S7Server, ModbusServer)


class SiteServer(Typed):
    """What stands in front of one site."""

    async def start(self) -> None:
        """Listen."""

    def take(self, moment: Moment) -> None:
        """Show one second; quick, on the loop."""

    async def stop(self) -> None:
        """Tell clients goodbye and close."""


async def serve(plant: Complex, twin: Plant, folder: Path) -> None:
    """Serve every site of ``plant`` over its own protocol until cancelled.

    ``twin`` is stepped to each whole second when it has come; seconds that were missed, since its own second on, are
    caught up one by one, each with its own time. ``folder`` keeps what outlives a run (the OPC UA certificate).
    Sparkplug sites read the connection's options ``group`` and ``host``, the host application that they wait for
    (empty for none).
    """
    servers = [site_server(plant, site, folder) for site in plant.sites]
    async with AsyncExitStack() as running:
        for server in servers:
            if isinstance(server, POLLED):
                server.take(Moment.of(twin, twin.second))  # a client may read as soon as it can connect
            running.push_async_callback(server.stop)
            await server.start()
        log.info("serving %d sites", len(servers))
        await _tick(twin, servers)


def site_server(plant: Complex, site: Site, folder: Path) -> SiteServer:
    """Return the protocol server of one site, not yet started."""
    options = site.connection.options
    match site.connection.protocol:
        case Protocol.OPCUA:
            return OpcUaServer(plant, site, folder)
        case Protocol.S7:
            return S7Server(plant, site)
        case Protocol.MODBUS:
            return ModbusServer(plant, site)
        case Protocol.SPARKPLUG:
            host = str(options.get("host", PRIMARY_HOST)) or None
            return EdgeNode(plant, site, group=str(options.get("group", GROUP)), primary_host=host)


async def _tick(twin: Plant, servers: list[SiteServer]) -> None:
    shown_s = min(twin.second, int(time.time()) - 1)
    while True:
        now_s = int(time.time())
        if now_s - shown_s > CATCH_UP_S_MAX:
            log.warning("the clock went on by %d s; the seconds between are not simulated", now_s - shown_s)
            shown_s = now_s - 1
        while shown_s < now_s:
            shown_s += 1
            twin.advance(shown_s)
            moment = Moment.of(twin, shown_s)
            for server in servers:
                server.take(moment)
            await asyncio.sleep(0)
        await asyncio.sleep(max(0.0, shown_s + 1 - time.time()))
