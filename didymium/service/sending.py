"""Sends what the outbox holds: each target for itself, again and again, for a day."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from didymium.records.errors import LeaseLost, RecordsError
from didymium.records.outbox import Notification, Outbox, Standing, Taken
from didymium.service.message import Message, Outlet, Unsent

LOG: Final = logging.getLogger(__name__)
S_US: Final = 1_000_000
POLL_S: Final = 1.0
LIMIT_S: Final = 15.0
"""How long one message may take."""
AT_ONCE: Final = 4
"""Messages that are leased together; one after the other is sent."""
LEASE_US: Final = round((AT_ONCE * LIMIT_S + 30.0) * S_US)
FIRST_WAIT_US: Final = 5 * S_US
LONGEST_WAIT_US: Final = 600 * S_US
GIVE_UP_US: Final = 24 * 3_600 * S_US
SHOWN_US: Final = 24 * 3_600 * S_US
"""Since how long ago people see what was sent and what was given up."""
GONE: Final = "instance.toml has no such target any more"
Answer = TypeVar("Answer")

Compose = Callable[[Notification, bool], Awaitable[Message | None]]
"""Makes the message of a notification, with files where the outlet takes them; None when there is nothing left to say.

Raises ``Unsent``."""


def next_try_us(tries: int, made_us: int, now_us: int) -> int | None:
    """When to try again after ``tries`` failures, 5 s, 10 s, 20 s, up to 10 min; None when a day is over."""
    due_us = now_us + min(FIRST_WAIT_US << min(tries - 1, 20), LONGEST_WAIT_US)
    return due_us if due_us < made_us + GIVE_UP_US else None


class Sender:
    """A target that hangs or refuses holds up its own messages alone.

    ``standings`` is how it stands with each target, as of the last look.
    """

    def __init__(
        self, outbox: Outbox, outlets: Mapping[str, Outlet], compose: Compose, now_us: Callable[[], int]
    ) -> None:
        self._outbox, self._outlets, self._compose, self._now_us = outbox, outlets, compose, now_us
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
        self._store = ThreadPoolExecutor(2, "outbox")
        self._busy: dict[str, asyncio.Task[None]] = {}
        self.standings = _idle(outlets)

    async def run(self) -> None:
        """Send until cancelled; what is on its way then is sent again after its lease."""
        try:
            while True:
                try:
                    await self.look()
                except RecordsError as error:
                    LOG.warning("notifications wait: %s", error)
                await asyncio.sleep(POLL_S)
        finally:
            tasks = list(self._busy.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._store.shutdown(cancel_futures=True)

    async def look(self) -> None:
        """Begin with what is due, for each target that nothing is on its way to."""
        self._busy = {target: task for target, task in self._busy.items() if not task.done()}
        for target in await self._asked(self._outbox.due, self._now_us()):
            if target not in self._busy:
                self._busy[target] = asyncio.create_task(self._send_all(target), name=f"notify {target}")
        found = await self._asked(self._outbox.standings, self._now_us() - SHOWN_US)
        self.standings = found + _idle(self._outlets.keys() - {each.target for each in found})

    async def settled(self) -> None:
        """Return when all that was begun has come to an end."""
        await asyncio.gather(*self._busy.values())

    async def _send_all(self, target: str) -> None:
        try:
            while taken := await self._take(target):
                for each in taken:
                    await self._send(target, each)
        except RecordsError as error:
            LOG.warning("notifications to %s wait: %s", target, error)

    async def _take(self, target: str) -> list[Taken]:
        take = partial(self._outbox.take, lease_us=LEASE_US, limit=AT_ONCE)
        return await self._asked(take, self._owner, target, self._now_us())

    async def _send(self, target: str, taken: Taken) -> None:
        outlet, notification = self._outlets.get(target), taken.notification
        if outlet is None:
            await self._failed(taken, Unsent(GONE, lasting=True))
            return
        try:
            async with asyncio.timeout(LIMIT_S):
                message = await self._compose(notification, outlet.takes_files)
                if message is not None:
                    await outlet.send(message, self._now_us())
        except TimeoutError:
            await self._failed(taken, Unsent(f"no answer within {LIMIT_S:g} s"))
        except Unsent as unsent:
            await self._failed(taken, unsent)
        except RecordsError:
            raise
        except Exception as error:
            LOG.exception("notification %s cannot be made or sent", notification.key)
            await self._failed(taken, Unsent(f"{type(error).__name__}: {error}"))
        else:
            await self._settle(taken, self._outbox.done)

    async def _failed(self, taken: Taken, unsent: Unsent) -> None:
        now_us, made_us = self._now_us(), taken.notification.made_us
        next_us = None if unsent.lasting else next_try_us(taken.tries + 1, made_us, now_us)
        words = "given up" if next_us is None else f"again in {(next_us - now_us) / S_US:g} s"
        LOG.warning("notification %s: %s; %s", taken.notification.key, unsent.cause, words)
        await self._settle(taken, partial(self._outbox.failed, error=unsent.cause, next_us=next_us))

    async def _settle(self, taken: Taken, how: Callable[[str, int, int], None]) -> None:
        try:
            await self._asked(how, self._owner, taken.number, self._now_us())
        except LeaseLost as error:
            LOG.warning("%s", error)

    async def _asked(self, work: Callable[..., Answer], *given: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._store, partial(work, *given))


def _idle(targets: Iterable[str]) -> list[Standing]:
    """Targets that nothing is known of."""
    return [Standing(name, 0, 0, 0, 0, 0, "") for name in sorted(targets)]
