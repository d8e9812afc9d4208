"""Starts the processes of an installation, restarts what dies, stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from didymium.service.restart import RestartState, after_death

STOP_S: Final = 20.0
LOG_LIMIT_BYTES: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class Program:
    """One process: its command, and the addresses that it serves, for the person who starts it."""

    name: str
    command: tuple[str, ...]
    serves: str


@dataclass(frozen=True, slots=True)
class ProcessState:
    """``state`` is one of starting, running, waiting, stopped."""

    state: str
    pid: int | None
    since_us: int
    restarts: int


class Supervisor:
    """Runs programs until told to stop; ``told`` hears each change of a process."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        log_folder: Path,
        states_file: Path,
        environment: dict[str, str],
        told: Callable[[str, ProcessState], None],
    ) -> None:
        self._programs = tuple(programs)
        self._log_folder = log_folder
        self._states_file = states_file
        self._environment = environment
        self._told = told
        self._states: dict[str, ProcessState] = {}
        self._stopping = {program.name: asyncio.Event() for program in programs}

    async def run(self, stop: asyncio.Event) -> None:
        """Start all, keep them running, and when ``stop`` is set stop the last started first."""
        self._log_folder.mkdir(parents=True, exist_ok=True)
        keepers = {}
        for program in self._programs:
            keepers[program.name] = asyncio.create_task(self._keep(program), name=f"keep {program.name}")
        await stop.wait()
        for program in reversed(self._programs):
            self._stopping[program.name].set()
            await keepers[program.name]
        self._states_file.unlink(missing_ok=True)

    async def _keep(self, program: Program) -> None:
        stopping = self._stopping[program.name]
        restart = RestartState()
        while not stopping.is_set():
            started = time.monotonic()
            process = await self._start(program, restart.restarts)
            ended = asyncio.create_task(process.wait())
            asked = asyncio.create_task(stopping.wait())
            await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            if not ended.done():
                await _stop(process, ended)
                break
            if stopping.is_set():
                break
            restart, delay_s = after_death(restart, time.monotonic() - started)
            self._say(program.name, ProcessState("waiting", None, _now_us(), restart.restarts))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), delay_s)
        self._say(program.name, ProcessState("stopped", None, _now_us(), restart.restarts))

    async def _start(self, program: Program, restarts: int) -> asyncio.subprocess.Process:
        path = self._log_folder / f"{program.name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self._environment,
                start_new_session=True,
            )
        self._say(program.name, ProcessState("running", process.pid, _now_us(), restarts))
        return process

    def _say(self, name: str, state: ProcessState) -> None:
        self._states[name] = state
        partial = self._states_file.with_suffix(".partial")
        partial.write_bytes(msgspec.json.encode(self._states))
        partial.replace(self._states_file)
        self._told(name, state)


async def _stop(process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(asyncio.shield(ended), STOP_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await ended


def _now_us() -> int:
    return time.time_ns() // 1_000


def read_states(path: Path) -> dict[str, ProcessState]:
    """The processes as their supervisor last wrote them; empty where none runs."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, ProcessState])
    except FileNotFoundError:
        return {}
