"""A real web server over a real embedded historian, with a complex of a few tags and no plant behind it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from litestar.exceptions.base_exceptions import LitestarDeprecationWarning

from didymium.historian.store import Historian
from didymium.live.feed import Feed
from didymium.live.ledger import Ledger
from didymium.live.rates import Rate
from didymium.live.state import LiveState
from didymium.live.tally import Tally
from didymium.model.plant import Complex, Protocol
from didymium.model.readings import Readings
from didymium.service.imports import import_file
from didymium.web.app import build
from didymium.web.desk import Desk, SpineState
from tests.trial import complex_of

TICK_S = 0.02


@dataclass
class Served:
    """The server; ``plant`` has the tags S01.A1.U1.T0 and so on."""

    plant: Complex
    historian: Historian
    desk: Desk
    port: int
    tell: bool = True
    """Whether the feed ticks."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, readings: Readings) -> None:
        """Let live readings come in."""
        self.loop.call_soon_threadsafe(self.desk.live.take, readings, time.time_ns() // 1000)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Answer for as long as this lasts; what is open at its end is cut off."""
        ready = threading.Event()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LitestarDeprecationWarning)  # the next major version wants other marks
            application = build(self.desk)
        server = uvicorn.Server(
            uvicorn.Config(
                application, host="127.0.0.1", port=self.port, log_config=None, lifespan="off",
                timeout_graceful_shutdown=0,
            )
        )  # fmt: skip

        async def run() -> None:
            self.loop = asyncio.get_running_loop()
            serving = asyncio.create_task(server.serve())
            while not serving.done():
                if server.started:
                    ready.set()
                if self.tell:
                    self.desk.feed.tick(time.time_ns() // 1000)
                await asyncio.sleep(TICK_S)
            await serving

        thread = threading.Thread(target=asyncio.run, args=(run(),), name="served")
        thread.start()
        assert ready.wait(20)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(20)


@contextlib.contextmanager
def served(folder: Path, tags: int = 6) -> Iterator[Served]:
    """Open a historian in the folder and serve it."""
    plant, _ = complex_of(Protocol.MODBUS, "modbus://127.0.0.1:1", {}, ["x"] * tags)
    historian = Historian.open(f"chdb://{folder / 'store'}", complex=plant)
    readers = ThreadPoolExecutor(3, "readers")
    try:
        ids = historian.ids
        live = LiveState(plant, ids)
        disk = historian.disk()
        desk = Desk(
            plant=plant,
            ids=ids,
            historian=historian,
            live=live,
            ledger=Ledger(plant, ids, started_us=time.time_ns() // 1000),
            tally=Tally([], ids.row_of_id, plant.tags.high),
            feed=Feed(live),
            rate=Rate(),
            write_rate=Rate(),
            readers=readers,
            screens=folder,
            processes=dict,
            edges=tuple,
            spine=lambda: SpineState(0, 0.0, 0, 0, 0, ""),
            store=lambda: disk,
            trouble=list,
            import_file=partial(import_file, plant, historian),
            freeze=historian.freeze,
            thaw=lambda name, kept: None,
            now_us=lambda: time.time_ns() // 1000,
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        one = Served(plant, historian, desk, port)
        with one.listening():
            yield one
    finally:
        readers.shutdown()
        historian.close()
