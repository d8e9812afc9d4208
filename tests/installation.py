"""A whole installation for tests: the real command, real sockets, a folder and ports of its own."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PORTS = (8600, 8610, 8611, 8612, 8613, 8620, 8621, 8630, 8640, 8641, 8650)
START_S = 120.0
WORKERS = 4


@dataclass(frozen=True)
class Installation:
    """One running ``didymium up``."""

    folder: Path
    port_offset: int
    process: subprocess.Popen[bytes]

    @property
    def wall(self) -> str:
        return f"http://127.0.0.1:{8600 + self.port_offset}"

    def ask(self, path: str) -> Any:
        """The JSON answer to a GET."""
        with urllib.request.urlopen(self.wall + path, timeout=60) as answer:
            return json.load(answer)

    def wait_for(self, what: str, true: Any, limit_s: float = START_S) -> Any:
        """The first health answer for which ``true(health)``; fails saying ``what`` was waited for."""
        deadline = time.monotonic() + limit_s
        health: Any = None
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"didymium up ended: {self.words()}"
            with contextlib.suppress(OSError):
                health = self.ask("/api/health")
                if true(health):
                    return health
            time.sleep(0.25)
        raise AssertionError(f"waited {limit_s:g} s for {what}; last health: {health}; {self.words()}")

    def didymium(self, *arguments: str, limit_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a command against this installation."""
        where = ["--data", str(self.folder), "--port-offset", str(self.port_offset)]
        return subprocess.run(
            [sys.executable, "-m", "didymium", *arguments, *where],
            capture_output=True, text=True, timeout=limit_s, check=False, cwd=PROJECT,
        )  # fmt: skip

    def words(self) -> str:
        """The last lines of every log."""
        logs = sorted((self.folder / "logs").glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)


def within(installation: Installation, true: Any, what: str, limit_s: float = 40.0) -> None:
    """Wait until ``true()``; fails saying ``what`` was waited for."""
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, f"{what}; {installation.words()}"
        time.sleep(0.25)


def free_offset() -> int:
    """A port offset at which every port of an installation is free; no two test processes draw the same."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for _ in range(200):
        offset = random.randrange(1_000, 20_000, 50 * WORKERS) + 50 * (worker % WORKERS)
        with contextlib.ExitStack() as held:
            try:
                for port in PORTS:
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port + offset))
            except OSError:
                continue
            return offset
    raise AssertionError("no free ports")


@contextlib.contextmanager
def running(folder: Path, *options: str, port_offset: int | None = None) -> Iterator[Installation]:
    """Start ``didymium up`` in ``folder``; stop it as Ctrl-C would."""
    offset = free_offset() if port_offset is None else port_offset
    command = [sys.executable, "-m", "didymium", "up", "--data", str(folder), "--port-offset", str(offset), *options]
    folder.mkdir(parents=True, exist_ok=True)
    environment = {"NUMBA_CACHE_DIR": str(PROJECT / ".cache" / "numba")} | os.environ
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=PROJECT, env=environment)
    installation = Installation(folder, offset, process)
    try:
        yield installation
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
