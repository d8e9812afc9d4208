"""The OPC UA connector against node-opcua, a server that this project did not write."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from peers.peers import peer
from trial import complex_of

from didymium.acquire import opcua
from didymium.acquire.errors import DeviceLost
from didymium.model.plant import Protocol
from didymium.model.readings import Readings
from didymium.model.status import BAD_SENSOR_FAILURE, BAD_TYPE_MISMATCH

NAMES = (
    "BOOLEAN", "SBYTE", "BYTE", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "FLOAT", "DOUBLE",
    "STRING", "DATETIME", "BAD", "COUNT", "NOWHERE",
)  # fmt: skip
FIRST = {
    "BOOLEAN": 1.0, "SBYTE": -8.0, "BYTE": 8.0, "INT16": -16.0, "UINT16": 16.0, "INT32": -32.0, "UINT32": 32.0,
    "INT64": 64.0, "UINT64": 64.0, "FLOAT": 1.5, "DOUBLE": 2.5,
}  # fmt: skip


class Notebook:
    """A sink that remembers; names instead of tag ids."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[int, float, int]]] = {name: [] for name in NAMES}
        self.trouble: Counter[str] = Counter()
        self.skew_ms = 0.0

    def take(self, readings: Readings, received_us: int) -> None:
        columns = (readings.tag, readings.time_us, readings.value, readings.status)
        for tag, time_us, value, status in zip(*(c.tolist() for c in columns), strict=True):
            self.rows[NAMES[tag - 11]].append((time_us, value, status))

    def alive(self) -> None: ...

    def discard(self, cause: str, count: int, example: str) -> None:
        self.trouble[str(cause)] += count

    def skew(self, skew_ms: float) -> None:
        self.skew_ms = skew_ms

    def up(self) -> None: ...

    def down(self, cause: str) -> None: ...


async def until(reached: Callable[[], bool], task: asyncio.Task[None]) -> None:
    for _ in range(2000):
        if reached() or task.done():
            break
        await asyncio.sleep(0.01)
    assert reached(), task


async def test_node_opcua(tmp_path: Path) -> None:
    options = ("--port", "0", "--folder", str(tmp_path / "server"), "--user", "operator", "--password", "molten")
    with peer("opcua_server.mjs", *options) as server:
        connection = {
            "security": "Basic256Sha256",
            "user": "operator",
            "password": "molten",
            "publishing_ms": 100,
            "sampling_ms": 50,
        }
        addresses = [f"ns=1;s=PL1.TEST.{name}" for name in NAMES]
        complex_, ids = complex_of(Protocol.OPCUA, server.ready["endpoint"], connection, addresses)
        (connector,) = opcua.build(complex_, ids, complex_.sites, tmp_path)
        seen = Notebook()
        task = asyncio.create_task(connector.run([seen]))

        def ask(**command: object) -> asyncio.Future[object]:
            return asyncio.ensure_future(asyncio.to_thread(lambda: server.ask(**command)))

        # every scalar type; what is no number or bad is kept as such; a node that is not there is counted
        await until(lambda: all(seen.rows[name] for name in NAMES[:-1]), task)
        assert {name: seen.rows[name][0][1] for name in FIRST} == FIRST
        assert all(seen.rows[name][0][2] == 0 for name in FIRST)
        assert [seen.rows[name][0][2] for name in ("STRING", "DATETIME")] == [BAD_TYPE_MISMATCH] * 2
        assert seen.rows["BAD"][0][2] == BAD_SENSOR_FAILURE
        assert seen.trouble == {"unknown address": 1, "wrong type": 2}

        # the source's own time, also in the past; floats as decimals
        at_us = time.time_ns() // 1_000_000 * 1000 - 3_600_000_000
        await ask(do="set", name="FLOAT", value=12.3, time_ms=at_us // 1000)
        await until(lambda: len(seen.rows["FLOAT"]) == 2, task)
        assert seen.rows["FLOAT"][1] == (at_us, 12.3, 0)

        # a string where a number was, and the number again
        await ask(do="set", name="DOUBLE", value="words", type="String")
        await until(lambda: seen.rows["DOUBLE"][-1][2] == BAD_TYPE_MISMATCH, task)
        await ask(do="set", name="DOUBLE", value=3.5, type="Double")
        await until(lambda: seen.rows["DOUBLE"][-1][1:] == (3.5, 0), task)
        assert seen.trouble["type change"] == 2

        # what the server samples arrives once and in order, faster than it is published
        await ask(do="tick", period_ms=60)
        await until(lambda: len(seen.rows["COUNT"]) > 40, task)
        await ask(do="tick", period_ms=0)
        times_us, counted, _ = zip(*seen.rows["COUNT"], strict=True)
        assert all(np.diff(counted) > 0) and all(np.diff(times_us) > 0)
        assert abs(seen.skew_ms) < 2000

        # the server cuts the line
        await ask(do="drop")
        with pytest.raises(DeviceLost):
            await asyncio.wait_for(task, 30)
