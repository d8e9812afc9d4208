"""A store's own server process in its own folder, and an HTTP client for it."""

from __future__ import annotations

import http.client
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

START_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 30.0
ANSWER_LIMIT_S: Final = 900.0


class ServerFailed(RuntimeError):
    """The server ended or did not answer; the text carries the end of its log."""


class Server:
    """One child process; whoever starts it stops it."""

    def __init__(
        self, words: list[str], log: Path, *, user: str | None = None, ends_on: signal.Signals = signal.SIGTERM
    ) -> None:
        """``user`` is whom it runs as, None for ourselves; ``ends_on`` is the signal on which it ends at once."""
        self._log, self._ends_on = log, ends_on
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, user=user, cwd=log.parent
            )

    def wait_ready(self, ready: Callable[[], bool]) -> None:
        """Return once ``ready()``; raises ``ServerFailed``."""
        until = time.monotonic() + START_LIMIT_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        self.stop()
        tail = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise ServerFailed(f"{self._process.args!r} is not ready after {START_LIMIT_S:g} s:\n{tail}")

    def stop(self) -> None:
        """End it, by force when it does not go."""
        if self._process.poll() is not None:
            return
        self._process.send_signal(self._ends_on)
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Connections(threading.local):
    connection: http.client.HTTPConnection | None = None


class Http:
    """Requests to a loopback port over one connection per thread. Raises ``ServerFailed`` for a refusal."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = _Connections()

    def get(self, path: str, **arguments: str) -> bytes:
        return self._ask("GET", f"{path}?{urlencode(arguments)}", None, {})

    def post(self, path: str, body: bytes, **headers: str) -> bytes:
        return self._ask("POST", path, body, headers)

    def form(self, path: str, fields: Mapping[str, str], **headers: str) -> bytes:
        """A question too long for an address."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields).encode(), kind | headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        if self._local.connection is None:
            self._local.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_LIMIT_S)
        try:
            self._local.connection.request(method, path, body, dict(headers))
            answer = self._local.connection.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError):
            self._local.connection = None
            raise
        if answer.status >= 300:
            raise ServerFailed(f"{method} {path[:120]}: {answer.status} {content[:500].decode(errors='replace')}")
        return content


def tree_bytes(folder: Path) -> int:
    """Bytes of the files below the folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
