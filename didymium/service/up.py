"""``didymium up``: the whole installation on one machine."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from rich.console import Console

from didymium.alarms.notice_rules import read_notice_rules
from didymium.model.folder import read_complex
from didymium.model.plant import Complex, Protocol
from didymium.service.answers import Centre
from didymium.service.errors import AlreadyRunning, PortTaken, ServiceError
from didymium.service.history import load_first_history
from didymium.service.instance import Instance, moved
from didymium.service.lifeline import PARENT
from didymium.service.notifying import outlets
from didymium.service.supervisor import ProcessState, Program, Supervisor
from didymium.spine.server import check_ports, command
from didymium.twin.particulars import read_particulars
from didymium.twin.scenario import read_scenarios

READY_S: Final = 60.0
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

console = Console(highlight=False)


def run(instance: Instance, *, twin: bool, history_hours: float) -> int:
    """Start, supervise, and stop on SIGINT or SIGTERM; the exit code."""
    plant = moved(read_complex(instance.complex_folder), instance.port_offset)
    outlets(instance, read_notice_rules(instance.complex_folder, plant).targets, os.environ)
    with _held(instance.folder / "up.lock"):
        if twin:
            read_scenarios(instance.complex_folder, plant)
            read_particulars(instance.complex_folder, plant)
        _refuse_taken_ports(instance, plant if twin else None)
        fresh = instance.store_folder is not None and not instance.store_folder.exists()
        hours = history_hours if fresh and twin else 0.0
        console.print(f"[bold]{plant.name.en}[/bold]: {len(plant.sites)} sites, {len(plant.tags):,} tags")
        asyncio.run(_run(instance, _programs(instance, twin, hours), hours))
    return 0


def _programs(instance: Instance, twin: bool, history_hours: float) -> list[Program]:
    where = ["--data", str(instance.folder), "--complex", str(instance.complex_folder)]
    where += ["--port-offset", str(instance.port_offset)]
    didymium = (sys.executable, "-m", "didymium")
    programs = [
        Program("spine", tuple(command(instance.spine_config())), instance.spine),
        Program("centre", (*didymium, "centre", *where), instance.wall),
        Program("edge", (*didymium, "edge", *where), "every connector"),
    ]
    if twin:
        more = ["--history-hours", str(history_hours), "--await-import"] if history_hours else []
        programs.append(Program("twin", (*didymium, "twin", *where, *more), "OPC UA, S7, Modbus TCP, Sparkplug B"))
    return programs


async def _run(instance: Instance, programs: list[Program], history_hours: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serves = {program.name: program.serves for program in programs}
    seen: dict[str, int] = {}

    def told(name: str, state: ProcessState) -> None:
        if state.state == "running":
            again = f"  [yellow]started again, {state.restarts} so far[/yellow]" if name in seen else ""
            console.print(f"  {name:<7} pid {state.pid:<8} {serves[name]}{again}")
            seen[name] = state.restarts
        elif state.state == "waiting":
            console.print(f"  {name:<7} [red]died[/red]; its words are in {instance.log_folder / name}.log")
        elif stop.is_set():
            console.print(f"  {name:<7} stopped")

    environment = {
        PARENT: str(os.getpid()),
        "NUMBA_CACHE_DIR": str(instance.numba_folder),
        "PYTHONUNBUFFERED": "1",
    }
    supervisor = Supervisor(
        programs,
        log_folder=instance.log_folder,
        states_file=instance.processes_file,
        environment=environment,
        told=told,
    )
    running = asyncio.create_task(supervisor.run(stop), name="supervisor")
    greeting = asyncio.create_task(_greet(instance, history_hours), name="greeting")
    await asyncio.wait({running, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        console.print("Stopping: the edge hands over what it holds, the centre writes it down")
    greeting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await greeting
    await running


async def _greet(instance: Instance, history_hours: float) -> None:
    centre = Centre(instance.wall)
    await _answering(instance, centre)
    console.print(f"\nThe wall: [bold]{instance.wall}[/bold]   (Ctrl-C stops everything)\n")
    if history_hours:
        try:
            await load_first_history(instance, history_hours, centre, console)
        except ServiceError as error:
            console.print(f"[red]No history loaded:[/red] {error}")


async def _answering(instance: Instance, centre: Centre) -> None:
    """Wait until the centre answers, and say when that takes long: the twin's history waits for it too."""
    begun, said = time.monotonic(), False
    while True:
        try:
            await asyncio.to_thread(centre.health)
        except ServiceError:
            await asyncio.sleep(0.25)
        else:
            return
        if not said and time.monotonic() - begun > READY_S:
            said = True
            words = (
                f"[red]The centre does not answer yet at {instance.wall}[/red]; see {instance.log_folder}/centre.log"
            )
            console.print(words)


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold the folder for this process alone."""
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(path.parent, int(lock.read() or 0)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _refuse_taken_ports(instance: Instance, simulated: Complex | None) -> None:
    check_ports(instance.spine_config())
    served = {instance.web_port: "wall and API"}
    if simulated is not None:
        served[instance.desk_port] = "the twin's instructor desk"
    for site in simulated.sites if simulated else ():
        address = urlsplit(site.connection.endpoint)
        if site.connection.protocol is not Protocol.SPARKPLUG and address.hostname in LOOPBACK and address.port:
            served[address.port] = f"the twin's {site.id}"
    for port, purpose in served.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((instance.host if port == instance.web_port else "127.0.0.1", port))
            except OSError:
                raise PortTaken(port, purpose) from None
