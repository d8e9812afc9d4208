"""The Sparkplug host against Eclipse Tahu's sparkplug-client, an edge node that this project did not write."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from harness import free_port
from peers.peers import peer
from trial import complex_of

from didymium.acquire import sparkplug
from didymium.model.plant import Protocol
from didymium.model.readings import HISTORICAL, Readings
from didymium.model.status import BAD_NO_DATA
from didymium.spine.config import SpineConfig
from didymium.spine.server import NatsServer

ADDRESSES = ("PL1/CELL001/VOLT_PV", "PL1/CELL001/RUN", "PL1/CELL001/STATE", "PL1/CELL001/COUNT", "COM/KW")
VOLT, RUN, STATE, COUNT, KW = range(11, 16)


class Notebook:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, float, int, int]] = []
        self.trouble: Counter[str] = Counter()
        self.said: list[str] = []

    def take(self, readings: Readings, received_us: int) -> None:
        columns = (readings.tag, readings.value, readings.status, readings.flags)
        self.rows += zip(*(c.tolist() for c in columns), strict=True)

    def values(self, tag: int) -> list[float]:
        return [row[1] for row in self.rows if row[0] == tag]

    def alive(self) -> None: ...

    def discard(self, cause: str, count: int, example: str) -> None:
        self.trouble[str(cause)] += count

    def skew(self, skew_ms: float) -> None: ...

    def up(self) -> None:
        self.said.append("up")

    def down(self, cause: str) -> None:
        self.said.append(cause)


async def until(reached: Callable[[], bool], task: asyncio.Task[None]) -> None:
    for _ in range(2000):
        if reached() or task.done():
            break
        await asyncio.sleep(0.01)
    assert reached(), task


async def test_tahu_edge_node(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "nats"
    broker = NatsServer(SpineConfig("trial", "trial", folder, folder / "log", free_port(), free_port(), mqtt_port=port))
    await broker.start()
    await broker.wait_ready()
    url = f"mqtt://127.0.0.1:{port}"
    complex_, ids = complex_of(
        Protocol.SPARKPLUG, url, {"group": "Northern", "node": "S03", "reorder_s": 0.3}, ADDRESSES
    )
    (connector,) = sparkplug.build(complex_, ids, complex_.sites, tmp_path)
    seen = Notebook()
    task = asyncio.create_task(connector.run([seen]))
    await until(lambda: seen.said == ["no birth"], task)
    try:
        with peer("sparkplug_node.mjs", "--url", url, "--node", "S03") as node:

            async def say(**command: object) -> None:
                await asyncio.to_thread(lambda: node.ask(**command))

            await until(lambda: len(seen.rows) >= 5, task)
            assert {tag: seen.values(tag)[0] for tag in (VOLT, RUN, STATE, COUNT, KW)} == {
                VOLT: 1.5, RUN: 1.0, STATE: -2.0, COUNT: 5.0, KW: 7.5,
            }  # fmt: skip

            # by alias and by name, history, null and not a number
            metrics = [
                {"alias": 1, "type": "Double", "value": 2.5},
                {"alias": 3, "type": "Int32", "value": -7},
                {"name": "CELL001/COUNT", "type": "Int64", "value": 6, "isHistorical": True},
                {"alias": 2, "type": "Boolean", "value": None, "isNull": True},
            ]
            await say(do="data", device="PL1", metrics=metrics)
            await until(lambda: seen.values(VOLT)[-1] == 2.5, task)
            assert seen.values(STATE)[-1] == -7.0
            assert [row for row in seen.rows if row[0] == COUNT][-1][1:] == (6.0, 0, HISTORICAL)
            null = [row for row in seen.rows if row[0] == RUN][-1]
            assert np.isnan(null[1]) and null[2] == BAD_NO_DATA
            await say(do="data", metrics=[{"alias": 5, "type": "Float", "value": "NaN"}])
            await until(lambda: np.isnan(seen.values(KW)[-1]), task)

            # a jump of seq costs no data and brings new births; so do an unknown alias and an unborn device
            births = len(seen.values(VOLT))
            await say(do="seq_jump", by=3)
            await say(do="data", device="PL1", metrics=[{"alias": 1, "type": "Double", "value": 3.5}])
            await until(lambda: 3.5 in seen.values(VOLT) and len(seen.values(VOLT)) > births + 1, task)
            assert seen.trouble["sequence jump"] == 1
            await say(do="unknown_alias")
            await say(do="data_without_birth", device="PL9")
            await say(do="garbage")
            await until(
                lambda: {"unknown address", "data without birth", "malformed payload"} <= set(seen.trouble), task
            )
            await say(do="data", device="PL1", metrics=[{"alias": 1, "type": "Double", "value": 4.5}])
            await until(lambda: 4.5 in seen.values(VOLT), task)
            assert seen.said.count("death") == 0

            await asyncio.to_thread(node.kill)
            await until(lambda: seen.said[-1] == "death", task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await broker.stop()
