"""Starts the Node.js peers: servers and clients that this project did not write.

with peer("opcua_server.mjs", "--port", "0", "--folder", str(tmp_path)) as server:
    endpoint = server.ready["endpoint"]
    server.ask(do="set", name="DOUBLE", value=3.5)
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
WITH_NODE = FOLDER.parents[1] / "tools" / "with-node"
INSTALL_LIMIT_S = 300
ANSWER_LIMIT_S = 60


class PeersMissing(RuntimeError):
    """The packages of ``package-lock.json`` could not be installed."""


class PeerFailed(RuntimeError):
    """A peer ended, was silent, or could not do what it was asked."""


def install() -> None:
    """Run ``npm ci`` once per lock file; a second process waits for the first. Raises ``PeersMissing``."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock).hexdigest()
    mark = FOLDER / "node_modules" / ".installed"
    with (FOLDER / ".install.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == wanted:
            return
        command = [WITH_NODE, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            made = subprocess.run(
                command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PeersMissing(
                f"{error}: `npm ci` in {FOLDER} needs Node.js 20 and, the first time, a network"
            ) from error
        if made.returncode:
            raise PeersMissing(f"`npm ci` in {FOLDER} needs Node.js 20 and, the first time, a network: {made.stderr}")
        mark.write_text(wanted)


class Peer:
    """A running script. ``ready`` is the first message it said; later ones are answers, or wait in ``said``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.ready = self._until("ready")

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command, ``ask(do="tick", period_ms=100)``, and return its answer. Raises ``PeerFailed``."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = self._until("done")
        if "error" in answer:
            raise PeerFailed(f"{command}: {answer['error']}")
        return answer

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(10)

    def _until(self, key: str) -> dict[str, Any]:
        while True:
            try:
                line = self._lines.get(timeout=ANSWER_LIMIT_S)
            except queue.Empty:
                raise PeerFailed(f"no {key!r} within {ANSWER_LIMIT_S} s; it said {self.said[-12:]}") from None
            if line is None:
                raise PeerFailed(f"it ended with code {self.process.wait(10)}; it said {self.said[-12:]}")
            try:
                message = json.loads(line)
            except ValueError:
                message = {"text": line}
            if isinstance(message, dict) and key in message:
                return message
            self.said.append(message if isinstance(message, dict) else {"text": line})

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


@contextlib.contextmanager
def peer(script: str, *arguments: str) -> Iterator[Peer]:
    """Install what is missing, start a script of this folder and end it with the block."""
    install()
    process = subprocess.Popen(
        [WITH_NODE, "node", FOLDER / script, *arguments],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    try:
        yield Peer(process)
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
