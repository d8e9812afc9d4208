"""The twin's second hand: steps the plant at each whole second and hands the values to every protocol server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final
from typing import Protocol as Typed

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import Complex, Protocol, Site
from didymium.twin.servers.desk import ControlDesk
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

    async def cut(self) -> None:
        """Break off without a word and answer nobody; seconds are still taken."""

    async def mend(self) -> None:
        """Answer again after a cut."""

    async def stop(self) -> None:
        """Tell clients goodbye and close."""


async def serve(plant: Complex, twin: Plant, folder: Path, desk: ControlDesk | None = None) -> None:
    """Serve every site of ``plant`` over its own protocol until cancelled.

    ``twin`` is stepped to each whole second when it has come; seconds that were missed, since its own second on, are
    caught up one by one, each with its own time. ``folder`` keeps what outlives a run (the OPC UA certificate).
    Sparkplug sites read the connection's options ``group`` and ``host``, the host application that they wait for
    (empty for none). ``desk`` changes the plant's faults between two seconds; the lines that are down are cut here.
    """
    servers = [site_server(plant, site, folder) for site in plant.sites]
    async with AsyncExitStack() as running:
        for server in servers:
            if isinstance(server, POLLED):
                server.take(Moment.of(twin, twin.second))  # a client may read as soon as it can connect
            running.push_async_callback(server.stop)
            await server.start()
        lines = Lines(plant, servers)
        running.push_async_callback(lines.stop)
        if desk is not None:
            running.push_async_callback(desk.stop)
            await desk.start()
        log.info("serving %d sites", len(servers))
        await _tick(twin, servers, lines, desk)


class Lines:
    """Cuts and mends the sites' lines, each in its own task, so that a server slow to close holds up no other."""

    def __init__(self, plant: Complex, servers: Sequence[SiteServer]) -> None:
        self._sites = [site.id for site in plant.sites]
        self._servers = servers
        self._down = [False] * len(servers)
        self._turns = [asyncio.Lock() for _ in servers]
        self._turning: set[asyncio.Task[None]] = set()

    def follow(self, down: NDArray[np.bool_]) -> None:
        """Let each line be as ``down`` (sites,) says."""
        for place, (now, before) in enumerate(zip(down.tolist(), self._down, strict=True)):
            if now != before:
                self._down[place] = now
                turning = asyncio.create_task(self._turn(place, now), name=f"line of {self._sites[place]}")
                self._turning.add(turning)
                turning.add_done_callback(self._turning.discard)

    async def _turn(self, place: int, down: bool) -> None:
        server = self._servers[place]
        async with self._turns[place]:
            try:
                await (server.cut() if down else server.mend())
            except Exception:
                log.exception("%s: the line could not be %s", self._sites[place], "cut" if down else "mended")
            else:
                log.info("%s: the line is %s", self._sites[place], "down" if down else "up again")

    async def stop(self) -> None:
        """Let what was begun come to its end, so that no server opens again after its stop."""
        await asyncio.gather(*self._turning)


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


async def _tick(twin: Plant, servers: list[SiteServer], lines: Lines, desk: ControlDesk | None) -> None:
    shown_s = min(twin.second, int(time.time()) - 1)
    while True:
        now_s = int(time.time())
        if now_s - shown_s > CATCH_UP_S_MAX:
            log.warning("the clock went on by %d s; the seconds between are not simulated", now_s - shown_s)
            shown_s = now_s - 1
        while shown_s < now_s:
            shown_s += 1
            if desk is not None:
                desk.training.before(shown_s)
                lines.follow(desk.training.lines_down)
            twin.advance(shown_s)
            moment = Moment.of(twin, shown_s)
            for server in servers:
                server.take(moment)
            await asyncio.sleep(0)
        await asyncio.sleep(max(0.0, shown_s + 1 - time.time()))
