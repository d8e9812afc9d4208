"""The centre's quiet work: moving old days to the archive, and forgetting what no class keeps."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from didymium.historian.archive import Archive
from didymium.historian.errors import HistorianError
from didymium.historian.moving import date_of
from didymium.historian.retention import Retention
from didymium.historian.store import Historian
from didymium.model.plant import Complex
from didymium.service.instance import Instance

LOG: Final = logging.getLogger(__name__)

FIRST_S: Final = 600.0
"""After a start the centre has better things to do."""
EVERY_S: Final = 3_600.0


def open_historian(instance: Instance, plant: Complex) -> Historian:
    """The installation's store with its archive. Raises as ``Historian.open`` and ``Archive``."""
    archive = (
        Archive(instance.archive, instance.folder / "archive-copy.json") if instance.store_folder is not None else None
    )
    return Historian.open(instance.historian, complex=plant, archive=archive)


class _Stopped(Exception):
    """The centre ends while a day is being moved; it stays in the store."""


class Upkeep:
    """Works in a thread of its own, half of the time at most, so that nobody waits for it."""

    def __init__(self, historian: Historian, retention: Retention) -> None:
        self.trouble: list[str] = []
        """Why the last try failed; empty is well."""
        self._historian = historian
        self._retention = retention
        self._stopping = threading.Event()

    async def run(self) -> None:
        """Look every hour, until cancelled."""
        pool = ThreadPoolExecutor(1, "upkeep")
        try:
            await asyncio.sleep(FIRST_S)
            while True:
                await asyncio.get_running_loop().run_in_executor(pool, self.work)
                await asyncio.sleep(EVERY_S)
        finally:
            self._stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def work(self) -> None:
        """Move every day that is due and forget what is old enough; what fails is told and tried again later."""
        try:
            while (moved := self._historian.move_day(self._retention, _now_us(), self._rest)) is not None:
                LOG.info(
                    "%s: %s readings moved to the archive, %s forgotten",
                    date_of(moved.day), f"{moved.rows:,}", f"{moved.forgotten:,}",
                )  # fmt: skip
            self._historian.expire(self._retention, _now_us())
        except HistorianError as error:
            LOG.warning("upkeep: %s", error)
            self.trouble = [f"old days do not move to the archive: {error}"]
        except _Stopped:
            pass
        else:
            self.trouble = []

    def _rest(self, worked_s: float) -> None:
        if self._stopping.wait(worked_s):
            raise _Stopped


def _now_us() -> int:
    return time.time_ns() // 1_000
