"""One ``didymium`` process that may be killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path


class Child:
    """``didymium WORDS...`` with its words in ``log_path``; it ends with this process."""

    def __init__(self, words: list[str], log_path: Path) -> None:
        self._words = words
        self._log_path = log_path
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    async def start(self) -> None:
        """Start it (again)."""
        environment = {**os.environ, "DIDYMIUM_PARENT": str(os.getpid()), "PYTHONUNBUFFERED": "1"}
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with self._log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "didymium", *self._words, stdout=log, stderr=log, env=environment
            )

    async def wait(self) -> int:
        """Return the exit code when it has ended."""
        assert self._process is not None, "it was never started"
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end, and end it by force after 30 s."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), 30.0)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
