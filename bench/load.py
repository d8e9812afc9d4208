"""A load for the pipeline: the twin's own protocol servers, shown recorded values or swings at any rate.

``python -m bench.load --data FOLDER --complex FOLDER --port-offset N --rate-hz R`` serves until told to stop. It reads
commands, one JSON object a line, and answers each with one: ``{"do": "mark"}`` gives the time of the next moment that
will be shown, in µs; everything from there on is sent exactly once a period. With ``--swing-s S`` every tag goes from
one end of its range to the other every S seconds, all good.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.instance import moved, read_instance
from didymium.twin.plant import TwinPlant
from didymium.twin.servers.moment import Moment
from didymium.twin.servers.serving import site_server

RECORDED_S = 20
Shown = tuple[NDArray[np.float64], NDArray[np.uint32]]
"""Values and status codes of all tags at one moment."""


def main() -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--complex", type=Path, required=True)
    parser.add_argument("--port-offset", type=int, required=True)
    parser.add_argument("--rate-hz", type=int, required=True)
    parser.add_argument("--swing-s", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(_serve(options.data, options.complex, options.port_offset, options.rate_hz, options.swing_s))
    return 0


async def _serve(data: Path, complex_folder: Path, port_offset: int, rate_hz: int, swing_s: int) -> None:
    instance = read_instance(data, complex_folder=complex_folder, port_offset=port_offset)
    plant = moved(read_complex(complex_folder), port_offset)
    instance.twin_folder.mkdir(parents=True, exist_ok=True)
    recorded = _swings(plant, swing_s * rate_hz) if swing_s else _record(plant)
    servers = [site_server(plant, site, instance.twin_folder) for site in plant.sites]
    period_us = 1_000_000 // rate_hz
    shown = [time.time_ns() // 1_000 // period_us]
    async with AsyncExitStack() as running:
        for server in servers:
            running.push_async_callback(server.stop)
            await server.start()
        asking = asyncio.create_task(_answer(shown, period_us))
        while not asking.done():
            while shown[0] < time.time_ns() // 1_000 // period_us:
                shown[0] += 1
                value, status = recorded[shown[0] % len(recorded)]
                moment = Moment(shown[0] * period_us, value, status)
                for server in servers:
                    server.take(moment)
                await asyncio.sleep(0)
            await asyncio.sleep(max(0.0, (shown[0] + 1) * period_us / 1e6 - time.time()))
        await asking


def _record(plant: Complex) -> list[Shown]:
    twin = TwinPlant(plant, 1, int(time.time()) * 1_000_000)
    recorded = []
    for _ in range(RECORDED_S):
        twin.advance(twin.second + 1)
        recorded.append((twin.values.copy(), twin.status.copy()))
    return recorded


def _swings(plant: Complex, moments: int) -> list[Shown]:
    good = np.zeros(len(plant.tags), np.uint32)
    return [(plant.tags.low, good)] * moments + [(plant.tags.high, good)] * moments


async def _answer(shown: list[int], period_us: int) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps({"at_us": (shown[0] + 1) * period_us}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
