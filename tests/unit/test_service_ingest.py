"""From stream to store: order of writes, and what a repeated write does to the live figures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import cast

import numpy as np
import pytest

from didymium.historian.errors import DiskFull
from didymium.historian.store import Historian
from didymium.historian.writer import Position
from didymium.live.rates import Rate
from didymium.model.readings import Readings
from didymium.service import ingest
from didymium.service.ingest import Ingest
from didymium.spine.reader import Corrupt, Delivery, Lost, Reader


def one(seq: int) -> Delivery:
    return Delivery(seq, "S01", seq, Readings.of(np.array([seq], np.uint32), np.array([0]), np.array([0.0])))


class StubReader:
    """Hands out what the test puts into ``deliveries``."""

    edge = "e1"

    def __init__(self, deliveries: list[list[Delivery]]) -> None:
        self.deliveries = deliveries

    async def pull(self, limit: int, wait_s: float) -> list[Delivery]:
        if self.deliveries:
            return self.deliveries.pop(0)
        await asyncio.sleep(wait_s)
        return []

    async def pull_exact(self, first: int, last: int) -> list[Delivery]:
        return [one(seq) for seq in range(first, last + 1)]


class StubHistorian:
    """Refuses the first ``full`` writes; ``stored`` is the order of the others."""

    def __init__(self, position: Position | None = None, *, full: int = 0, new: int | None = None) -> None:
        self._position, self._full, self._new = position, full, new
        self.stored: list[tuple[int, int]] = []
        self.refused = 0

    def positions(self, edge: str) -> Position | None:
        return self._position

    def write(self, readings: Readings, position: Position) -> int:
        if self._full:
            self._full -= 1
            self.refused += 1
            raise DiskFull("/data", 0, 1)
        self.stored.append((position.first_seq, position.last_seq))
        return len(readings) if self._new is None else self._new


def made(
    historian: StubHistorian, deliveries: list[list[Delivery]], seen: list[int], pool: ThreadPoolExecutor
) -> Ingest:
    return Ingest(
        cast("Reader", StubReader(deliveries)),
        cast("Historian", historian),
        pool,
        seen=lambda readings, received_us: seen.append(received_us),
        told=lambda state: None,
        write_rate=Rate(),
    )


@asynccontextmanager
async def running(historian: StubHistorian, deliveries: list[list[Delivery]]) -> AsyncIterator[list[int]]:
    seen: list[int] = []
    pool = ThreadPoolExecutor(1)
    task = asyncio.create_task(made(historian, deliveries, seen, pool).run())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        pool.shutdown()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the stub has no bell
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "FLUSH_S", 0.05)
    monkeypatch.setattr(ingest, "FULL_RETRY_S", 0.2)


async def test_a_corrupt_batch_is_counted_with_its_place_and_costs_no_other() -> None:
    store, seen, pool = StubHistorian(), [], ThreadPoolExecutor(1)
    corrupt = Delivery(2, "S01", 2, Corrupt("checksum", "payload sums to 1, published as 2"))
    work = made(store, [[one(1), corrupt, one(3)]], seen, pool)
    task = asyncio.create_task(work.run())
    await until(lambda: work.durable_seq == 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    pool.shutdown()
    assert seen == [1, 3]
    assert work.corruption.count == 1
    assert work.corruption.example == "sequence 2 of e1: checksum: payload sums to 1, published as 2"


async def test_a_batch_that_the_disk_refuses_is_written_before_the_next_one() -> None:
    store = StubHistorian(full=1)
    async with running(store, [[one(1)], [], [Delivery(2, "", 0, Lost(2, 2))], [one(3)]]):
        await until(lambda: len(store.stored) == 2)
    assert store.stored == [(1, 1), (3, 3)]


@pytest.mark.parametrize(("refusals", "stored"), [(1, [(1, 1), (2, 2)]), (9, [])])
async def test_a_stop_while_the_disk_is_full_never_writes_a_later_batch_first(
    refusals: int, stored: list[tuple[int, int]]
) -> None:
    store = StubHistorian(full=refusals)
    deliveries = [[one(1)]]
    async with running(store, deliveries) as seen:
        await until(lambda: store.refused == 1)
        deliveries.append([one(2)])
        await until(lambda: seen == [1, 2])
    assert store.stored == stored


async def test_a_repeated_write_that_was_stored_is_not_counted_again() -> None:
    store = StubHistorian(Position("e1", 4, 6), new=0)
    async with running(store, [[one(7)]]) as seen:
        await until(lambda: len(store.stored) == 2)
    assert store.stored == [(4, 6), (7, 7)]
    assert seen == [7]


async def test_a_repeated_write_that_was_not_stored_is_counted() -> None:
    store = StubHistorian(Position("e1", 4, 6))
    async with running(store, [[one(7)]]) as seen:
        await until(lambda: len(store.stored) == 2)
    assert seen == [4, 5, 6, 7]
