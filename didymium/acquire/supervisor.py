"""Keeps a connector running: tries again after a growing pause, and starts a frozen one anew.

This is the only place that retries.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from didymium.acquire.clock import now_us
from didymium.acquire.errors import DeviceLost
from didymium.acquire.line_state import LineState
from didymium.acquire.sink import Connector, Sink

log = logging.getLogger(__name__)

FROZEN: Final = "frozen"
CONNECT_LIMIT_S: Final = 30.0
"""How long a connector may run without a word from any of its lines."""
CLOSE_LIMIT_S: Final = 10.0
"""How long a cancelled connector may take to close before it is left behind."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between tries: doubling from ``first_s`` to ``longest_s``, cut at random by up to half.

    The chance keeps the connectors of a plant from all coming back in the same instant. After ``settled_s`` of a
    running connection the next failure counts as the first.
    """

    first_s: float = 0.5
    longest_s: float = 5.0
    settled_s: float = 30.0

    def pause_s(self, failures: int, chance: float) -> float:
        """Return the pause after ``failures`` >= 1 in a row; ``chance`` is 0 to 1."""
        return float(min(self.longest_s, self.first_s * 2 ** min(failures - 1, 30)) * (1 - chance / 2))


def frozen(lines: Sequence[LineState], now_us: int) -> list[int]:
    """Return which lines are up, or were found frozen before, and have been silent for longer than they may."""
    return [
        i
        for i, state in enumerate(lines)
        if (state.up or state.cause == FROZEN) and state.silent_s(now_us) > state.line.silence_limit_s
    ]


class Supervisor:
    """One connector with the state of its lines. Run ``run()`` as a task and call ``watch`` every second."""

    def __init__(
        self,
        connector: Connector,
        sinks: Sequence[Sink],
        states: Sequence[LineState],
        backoff: Backoff,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.connector = connector
        self._sinks, self._states = sinks, states
        self._backoff, self._chance = backoff, chance
        self._task: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._begun_us = 0
        self._verdict = ""
        self._condemned_us: int | None = None

    async def run(self) -> None:
        """Run the connector for ever, one connection after the other."""
        failures = 0
        while True:
            self._begun_us = begun_us = now_us()
            cause, detail = await self._connection()
            ended_us = now_us()
            failures = 1 if ended_us - begun_us > self._backoff.settled_s * 1e6 else failures + 1
            pause_s = self._backoff.pause_s(failures, self._chance())
            if failures == 1 or any(state.cause != cause for state in self._states):
                log.warning("%s: %s (%s), next try in %.1f s", self.connector.name, cause, detail, pause_s)
            for state in self._states:
                state.fall(cause, ended_us)
            await asyncio.sleep(pause_s)

    async def _connection(self) -> tuple[str, str]:
        """Run one connection to its end; return cause and detail."""
        self._verdict, self._condemned_us = "", None
        self._ended.clear()
        for state in self._states:
            state.heard(self._begun_us)
        self._task = task = asyncio.create_task(self.connector.run(self._sinks), name=self.connector.name)
        task.add_done_callback(lambda _: self._ended.set())
        try:
            await self._ended.wait()
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task}, timeout=CLOSE_LIMIT_S)
            raise
        finally:
            self._task = None
        if not task.done():
            return self._verdict, "and its connection could not be closed"
        if task.cancelled():
            return self._verdict or "stopped", ""
        error = task.exception()
        if error is None:
            return "connection closed", "the connector ended by itself"
        if isinstance(error, DeviceLost):
            return error.cause, error.detail
        log.error("%s failed", self.connector.name, exc_info=error)
        return "internal error", repr(error)

    def watch(self, now_us: int) -> None:
        """Look for frozen lines; revive them, or end the connection so that it is made anew."""
        task = self._task
        if task is None:
            return
        if self._condemned_us is not None:
            if now_us - self._condemned_us > CLOSE_LIMIT_S * 1e6:
                self._ended.set()
            return
        unheard = all(not state.up and state.heard_us <= self._begun_us for state in self._states)
        if unheard and now_us - self._begun_us > CONNECT_LIMIT_S * 1e6:
            self._condemn("no answer", now_us)
            return
        for line in frozen(self._states, now_us):
            state = self._states[line]
            silent_s = state.silent_s(now_us)
            state.discard(FROZEN, 1, f"silent for {silent_s:.1f} s", now_us)
            if not self.connector.revive(line):
                self._condemn(FROZEN, now_us)
                return
            log.warning("%s: silent for %.1f s, revived", state.line.name, silent_s)
            state.fall(FROZEN, now_us)
            state.heard(now_us)

    def _condemn(self, verdict: str, now_us: int) -> None:
        self._verdict, self._condemned_us = verdict, now_us
        if self._task is not None:
            self._task.cancel()
