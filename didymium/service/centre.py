"""``didymium centre``: writer, live state, API and screens in one process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import uvicorn

from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions
from didymium.balance.building import read_sheets
from didymium.balance.sheets import Sheets
from didymium.energy.building import read_energy
from didymium.energy.definitions import Energy
from didymium.evidence.definitions import Claims
from didymium.historian import merging
from didymium.historian.errors import DiskFull, ShardDown
from didymium.historian.store import Historian
from didymium.live.feed import Feed
from didymium.live.ledger import Ledger
from didymium.live.rates import Rate
from didymium.live.state import LiveState
from didymium.model.device import EdgeState
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.records.store import Records
from didymium.service.alarming import Alarming
from didymium.service.backed import Backups
from didymium.service.balances import Balances
from didymium.service.claims import read_claims
from didymium.service.drill import TwinDesk
from didymium.service.imports import import_file
from didymium.service.ingest import Ingest
from didymium.service.instance import Instance, moved
from didymium.service.kpis import KeyFigures
from didymium.service.logs import write_logs
from didymium.service.notifying import Notifying
from didymium.service.reporting import report_sources
from didymium.service.supervisor import ProcessState, read_states
from didymium.service.tag_classes import retention_of
from didymium.service.upkeep import Upkeep, open_historian
from didymium.spine import batch, registry, watermark
from didymium.spine.reader import Lag, Reader
from didymium.web.app import build
from didymium.web.desk import Desk, SpineState
from didymium.web.report_facts import Reporter
from didymium.web.told import tell_listeners

LOG: Final = logging.getLogger(__name__)

DAY_US: Final = 86_400_000_000
TICK_S: Final = 0.25
WALL_S: Final = 1.0
JOB_S: Final = 5.0
NEWEST_S: Final = 30.0
RECOUNT_US: Final = 10 * 60_000_000
SCREENS: Final = Path(__file__).resolve().parents[2] / "frontend" / "dist"


def run(instance: Instance) -> int:
    """Serve until SIGINT or SIGTERM; the exit code."""
    write_logs()
    plant = moved(read_complex(instance.complex_folder), instance.port_offset)
    definitions = read_definitions(instance.complex_folder, plant)
    sheets = read_sheets(instance.complex_folder, plant)
    claims = read_claims(instance.complex_folder, plant, sheets.kpis)
    energy = read_energy(instance.complex_folder, plant, sheets.kpis, sheets.of)
    records = Records.open(instance.records)
    try:
        historian = open_historian(instance, plant)
        try:
            asyncio.run(Centre(instance, plant, historian, records, definitions, sheets, claims, energy).run())
        finally:
            historian.close()
    finally:
        records.close()
    return 0


def now_us() -> int:
    """Our clock, µs since 1970 UTC."""
    return time.time_ns() // 1_000


class Centre:
    """One loop owns the live state; the historian works in its own threads."""

    def __init__(
        self,
        instance: Instance,
        plant: Complex,
        historian: Historian,
        records: Records,
        definitions: Definitions,
        sheets: Sheets,
        claims: Claims,
        energy: Energy | None,
    ) -> None:
        self._instance = instance
        self._plant = plant
        self._historian = historian
        self._writer = ThreadPoolExecutor(1, "writer")
        self._jobs = ThreadPoolExecutor(1, "jobs")
        self._readers = ThreadPoolExecutor(3, "readers")
        self._wall = ThreadPoolExecutor(1, "wall")
        self._live = LiveState(plant, historian.ids)
        self._ledger = Ledger(plant, historian.ids, started_us=now_us())
        self._kpis = KeyFigures(plant, historian.ids, sheets.kpis, records, historian, self._ledger, now_us=now_us)
        reporter = Reporter(plant, definitions, records, report_sources(historian, self._kpis), now_us)
        self._notifying = Notifying.of(instance, reporter, screens=SCREENS, workers=self._readers)
        self._alarms = Alarming(
            plant, historian.ids, definitions, records, historian, decide=self._notifying.decide, now_us=now_us
        )
        self._feed = Feed(self._live)
        self._rate = Rate()
        self._write_rate = Rate()
        self._edges: dict[str, EdgeState] = {}
        self._lag: dict[str, Lag | None] = {}
        self._store = historian.disk()
        self._trouble = historian.trouble()
        self._started_us = now_us()
        self._backups = Backups(historian, instance.folder, instance.keep_after_backup_gib * 2**30)
        rules = instance.retention
        self._upkeep = None if rules is None else Upkeep(historian, retention_of(rules, plant, historian.ids))
        self._readers_of_edges = {
            edge: Reader(instance.spine, edge, domain, self._start_seq(edge)) for edge, domain in instance.edges.items()
        }
        self._ingests = {
            edge: Ingest(reader, historian, self._writer, seen=self._seen, told=self._told, write_rate=self._write_rate)
            for edge, reader in self._readers_of_edges.items()
        }
        self._balances = Balances(sheets, self._kpis)
        self._desk = Desk(
            plant=plant,
            ids=historian.ids,
            historian=historian,
            live=self._live,
            ledger=self._ledger,
            alarms=self._alarms,
            kpis=self._kpis,
            balances=self._balances,
            claims=claims,
            energy=energy,
            feed=self._feed,
            rate=self._rate,
            write_rate=self._write_rate,
            readers=self._readers,
            screens=SCREENS,
            processes=self._processes,
            edges=lambda: tuple(self._edges.values()),
            spine=self._spine,
            store=lambda: self._store,
            trouble=lambda: [*self._trouble, *(self._upkeep.trouble if self._upkeep is not None else ())],
            freeze=self._backups.freeze,
            thaw=self._backups.thaw,
            twin=TwinDesk(instance.desk_port).ask,
            import_file=partial(import_file, plant, historian, seen=self._imported),
            reporter=reporter,
            notifications=lambda: self._notifying.standings,
            now_us=now_us,
        )

    def _start_seq(self, edge: str) -> int:
        position = self._historian.positions(edge)
        return position.last_seq + 1 if position else 0

    async def run(self) -> None:
        """Take up what is known, then follow the edges and answer until told to stop."""
        for line in self._trouble:
            LOG.error("historian: %s", line)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._jobs, self._restore)
        compiled = loop.run_in_executor(self._readers, self._balances.prepare)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        server = _Server(
            uvicorn.Config(
                build(self._desk),
                host=self._instance.host,
                port=self._instance.web_port,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
                lifespan="off",
            )
        )
        spine = self._instance.spine
        ingests = [_task(ingest.run(), f"ingest {edge}") for edge, ingest in self._ingests.items()]
        tasks = [
            *(_task(reader.run(), f"reader {edge}") for edge, reader in self._readers_of_edges.items()),
            _task(server.serve(), "web"),
            _task(self._tick_for_ever(), "feed"),
            _task(self._alarms.run(), "alarms"),
            _task(self._kpis.run(), "kpis"),
            _task(self._notifying.run(), "notifications"),
            _task(self._wall_for_ever(), "wall"),
            _task(self._jobs_for_ever(), "jobs"),
            _task(self._newest_for_ever(), "newest values"),
            _task(self._watch_disk_for_ever(), "disk"),
            _task(registry.put_ids(spine, self._plant.tags.path, self._historian.ids), "tag ids"),
            *([] if self._upkeep is None else [_task(self._upkeep.run(), "upkeep")]),
            _task(watermark.tell(spine, self._durable), "watermark"),
        ]
        stopped = _task(stop.wait(), "stop")
        await _until_stop_or_failure(stopped, [*ingests, *tasks])
        for ingest in ingests:
            ingest.cancel()
        await asyncio.gather(*ingests, return_exceptions=True)
        server.should_exit = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, compiled, return_exceptions=True)
        await loop.run_in_executor(self._jobs, self._keep, self._live.newest())
        for pool in (self._writer, self._jobs, self._readers, self._wall):
            pool.shutdown(cancel_futures=True)

    def _restore(self) -> None:
        """Newest values and the day's ledger as far as the historian knows them."""
        nothing = batch.encode(Readings.empty())
        self._seen(batch.decode(nothing, batch.checksum(nothing), 0), now_us())  # compiles what the loop will run
        _if_it_can(lambda: self._live.take(self._historian.newest(), now_us()))
        now = now_us()
        midnight_us = self._ledger.midnight_us(now)
        self._ledger.load(self._historian.load_ledger(midnight_us - DAY_US, now))  # who had begun before midnight
        _if_it_can(lambda: self._recount(now))
        self._notifying.resume()
        self._alarms.prepare()
        self._kpis.prepare()

    def _recount(self, now: int) -> None:
        counts = self._historian.count_minutes(now - RECOUNT_US, now)
        self._ledger.recount(zip(counts.site, counts.minute_us.tolist(), counts.count.tolist(), strict=True))

    def _seen(self, readings: Readings, received_us: int) -> None:
        now = now_us()
        self._live.take(readings, now)
        self._ledger.take(readings, received_us)
        self._alarms.take(readings)
        self._kpis.take(readings)
        self._rate.add(len(readings), now)

    def _imported(self, readings: Readings) -> None:
        self._kpis.take(readings)

    def _told(self, state: EdgeState) -> None:
        self._edges[state.edge] = state
        self._ledger.observe(state)

    def _durable(self) -> dict[str, int]:
        """What each edge may forget: it is on disk here, and as far as there are backups, in the newest one."""
        return {
            edge: self._backups.may_forget(edge, ingest.durable_seq, self._lag.get(edge))
            for edge, ingest in self._ingests.items()
            if ingest.durable_seq
        }

    def _processes(self) -> dict[str, ProcessState]:
        alone = {"centre": ProcessState("running", os.getpid(), self._started_us, 0)}
        return read_states(self._instance.processes_file) or alone

    def _spine(self) -> SpineState:
        lags = [lag for lag in self._lag.values() if lag is not None]
        newest_us = min((state.time_us for state in self._edges.values()), default=0)
        corruptions = [ingest.corruption for ingest in self._ingests.values()]
        return SpineState(
            lag_messages=sum(lag.messages for lag in lags),
            lag_s=max(0.0, (now_us() - newest_us) / 1e6) if newest_us else 0.0,
            stream_messages=sum(lag.stream_messages for lag in lags),
            stream_bytes=sum(lag.stream_bytes for lag in lags),
            corrupt_batches=sum(corruption.count for corruption in corruptions),
            corrupt_example=next((corruption.example for corruption in corruptions if corruption.example), ""),
        )

    async def _tick_for_ever(self) -> None:
        while True:
            self._feed.tick(now_us())
            await asyncio.sleep(TICK_S)

    async def _wall_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await loop.run_in_executor(self._wall, self._kpis.amounts)  # what a frame then finds is fresh
            tell_listeners(self._desk)
            await asyncio.sleep(WALL_S)

    async def _jobs_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for edge, reader in self._readers_of_edges.items():
                self._lag[edge] = lag = await reader.lag()
                self._ledger.follow(edge, None if lag is None else lag.messages)
            closed = self._ledger.close_minutes(now_us())
            await loop.run_in_executor(self._jobs, _if_it_can, partial(self._historian.save_ledger, closed))
            await loop.run_in_executor(self._jobs, _if_it_can, partial(self._historian.roll, now_us()))
            self._store = await loop.run_in_executor(self._jobs, self._historian.disk)
            self._trouble = await loop.run_in_executor(self._jobs, self._historian.trouble)
            await asyncio.sleep(JOB_S)

    async def _watch_disk_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "disk") as watcher:
            for look in count():
                await loop.run_in_executor(watcher, self._historian.watch_disk)
                if look % merging.LOOKS_A_MEND == 0:
                    await loop.run_in_executor(watcher, self._historian.mend)
                await asyncio.sleep(merging.LOOK_S)

    async def _newest_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(NEWEST_S)
            await loop.run_in_executor(self._jobs, self._keep, self._live.newest())

    def _keep(self, newest: Readings) -> None:
        _if_it_can(partial(self._historian.store_newest, newest))


class _Server(uvicorn.Server):
    """Leaves signals to the centre, which stops the ingest first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _task(work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
    return asyncio.create_task(work, name=name)


async def _until_stop_or_failure(stopped: asyncio.Task[Any], tasks: list[asyncio.Task[Any]]) -> None:
    """Return when told to stop; raise what ended a task that should not have ended."""
    running = set(tasks)
    while running and not stopped.done():
        done, running = await asyncio.wait({stopped, *running}, return_when=asyncio.FIRST_COMPLETED)
        running.discard(stopped)
        for task in done - {stopped}:
            if task.exception() is not None:
                LOG.error("%s failed", task.get_name(), exc_info=task.exception())
                task.result()


def _if_it_can(work: Callable[[], object]) -> None:
    """Do it, or leave it for the next time when the disk is full or a shard is down: it can be made up for."""
    try:
        work()
    except (DiskFull, ShardDown) as error:
        LOG.warning("%s", error)
