"""A real web server over a real embedded historian, with a complex of a few tags and no plant behind it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from litestar.exceptions.base_exceptions import LitestarDeprecationWarning

from didymium.alarms.building import read_definitions
from didymium.balance.building import read_sheets
from didymium.energy.building import read_energy
from didymium.historian.store import Historian
from didymium.live.feed import Feed
from didymium.live.ledger import Ledger
from didymium.live.rates import Rate
from didymium.live.state import LiveState
from didymium.model.plant import Complex, Protocol
from didymium.model.readings import Readings
from didymium.records.store import Records
from didymium.service.alarming import Alarming
from didymium.service.balances import Balances
from didymium.service.claims import read_claims
from didymium.service.drill import TwinDesk
from didymium.service.imports import import_file
from didymium.service.kpis import KeyFigures
from didymium.service.reporting import report_sources
from didymium.twin.orders import AnyOrder, Catalogue, State
from didymium.web.app import build
from didymium.web.desk import Desk, SpineState
from didymium.web.report_facts import Reporter
from tests.trial import complex_of

TICK_S = 0.02
NO_TWIN = TwinDesk(1).ask


class Served:
    """The server; ``plant`` has the tags S01.A1.U1.T0 and so on. One thread runs its loop and ticks its feed."""

    def __init__(self, plant: Complex, historian: Historian, desk: Desk, alarming: bool) -> None:
        self._alarming = alarming
        self.plant = plant
        self.historian = historian
        self.desk = desk
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LitestarDeprecationWarning)  # the next major version wants other marks
            self._application = build(desk)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="served")
        self._thread.start()
        self._soon(self._begin())
        self._serve()

    def take(self, readings: Readings) -> None:
        """Let live readings come in; alarms are judged only where that was asked for."""
        self._loop.call_soon_threadsafe(self.desk.live.take, readings, self.desk.now_us())
        if self._alarming:
            self._loop.call_soon_threadsafe(self.desk.alarms.take, readings)  # type: ignore[attr-defined]

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Nobody answers for as long as this lasts, and what was open is cut off; live readings go on."""
        self._cut()
        yield
        self._serve()

    def close(self) -> None:
        """End the server and its loop."""
        self._cut()
        self._loop.call_soon_threadsafe(self._ticking.cancel)
        if self._judging is not None:
            self._loop.call_soon_threadsafe(self._judging.cancel)
            self._soon(asyncio.wait([self._judging]))
        self._soon(asyncio.sleep(0))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _begin(self) -> None:
        self._ticking = asyncio.create_task(self._tick())
        self._judging = asyncio.create_task(self.desk.alarms.run()) if self._alarming else None  # type: ignore[attr-defined]

    async def _tick(self) -> None:
        while True:
            self.desk.feed.tick(time.time_ns() // 1000)
            await asyncio.sleep(TICK_S)

    def _serve(self) -> None:
        port = int(self.address.rpartition(":")[2])
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._application, host="127.0.0.1", port=port, log_config=None, lifespan="off",
                timeout_graceful_shutdown=0,
            )
        )  # fmt: skip
        self._serving = asyncio.run_coroutine_threadsafe(self._server.serve(), self._loop)
        limit = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < limit and not self._serving.done()
            time.sleep(0.005)

    def _cut(self) -> None:
        self._server.should_exit = True
        self._serving.result(20)

    def _soon(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)


@contextlib.contextmanager
def served(
    folder: Path,
    tags: int = 6,
    twin: Callable[[AnyOrder], State | Catalogue] = NO_TWIN,
    plant: Complex | None = None,
    now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
) -> Iterator[Served]:
    """Open a historian and records in the folder and serve them.

    Where a ``plant`` is given, that of the folder, its alarms are judged as readings come.
    """
    alarming = plant is not None
    if plant is None:
        plant, _ = complex_of(Protocol.MODBUS, "modbus://127.0.0.1:1", {}, ["x"] * tags)
    records = Records.open(f"sqlite:///{folder / 'records.sqlite'}")
    historian = Historian.open(f"chdb://{folder / 'store'}", complex=plant)
    readers = ThreadPoolExecutor(3, "readers")
    try:
        ids = historian.ids
        live = LiveState(plant, ids)
        disk = historian.disk()
        definitions = read_definitions(folder, plant)
        alarms = Alarming(
            plant, ids, definitions, records, historian, decide=lambda parts, at_us: (), now_us=now_us
        )  # fmt: skip
        alarms.prepare()
        ledger = Ledger(plant, ids, started_us=time.time_ns() // 1000)
        sheets = read_sheets(folder, plant)
        kpis = KeyFigures(plant, ids, sheets.kpis, records, historian, ledger, now_us=now_us)
        kpis.prepare()
        desk = Desk(
            plant=plant,
            ids=ids,
            historian=historian,
            live=live,
            ledger=ledger,
            alarms=alarms,
            kpis=kpis,
            balances=Balances(sheets, kpis),
            claims=read_claims(folder, plant, sheets.kpis),
            energy=read_energy(folder, plant, sheets.kpis, sheets.of),
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
            twin=twin,
            reporter=Reporter(plant, definitions, records, report_sources(historian, kpis), now_us),
            notifications=list,
            now_us=now_us,
        )
        one = Served(plant, historian, desk, alarming)
        try:
            yield one
        finally:
            one.close()
    finally:
        readers.shutdown()
        historian.close()
        records.close()
