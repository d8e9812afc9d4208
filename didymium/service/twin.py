"""``didymium twin``: the simulated complex behind its protocol servers."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.history import DONE_MARK, history_folder
from didymium.service.instance import Instance, moved
from didymium.twin.history import generate
from didymium.twin.plant import TwinPlant
from didymium.twin.servers import serve

BLOCK_S = 300


def run(instance: Instance, *, seed: int, history_hours: float) -> int:
    """Serve until SIGINT or SIGTERM; the exit code."""
    plant = moved(read_complex(instance.complex_folder), instance.port_offset)
    instance.twin_folder.mkdir(parents=True, exist_ok=True)
    start_s = int(time.time() - history_hours * 3600)
    if history_hours:
        start_s -= start_s % 60
    twin = TwinPlant(plant, seed, start_s * 1_000_000)
    if history_hours:
        write_history(plant, twin, start_s, history_folder(instance))
    asyncio.run(_serve(plant, twin, instance.twin_folder))
    return 0


async def _serve(plant: Complex, twin: TwinPlant, folder: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(serve(plant, twin, folder), name="twin servers")
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def write_history(plant: Complex, twin: TwinPlant, start_s: int, folder: Path) -> None:
    """Write the twin's seconds from ``start_s`` to the present as Parquet files, tag by tag in each file.

    The last file ends just before the present, where the live twin goes on; a mark says that all are written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = pa.array(plant.tags.path)
    second = start_s
    while (span_s := min(BLOCK_S, int(time.time()) - second)) > 1:
        blocks = list(generate(twin, span_s))
        value = np.concatenate([block.values for block in blocks])
        status = np.concatenate([block.status for block in blocks])
        _write(folder / f"history-{second}.parquet", paths, blocks[0].start_s, value, status)
        second += span_s
    (folder / DONE_MARK).touch()


def _write(path: Path, paths: pa.Array, second: int, value: NDArray[np.float64], status: NDArray[np.uint32]) -> None:
    seconds, tags = value.shape
    index = np.repeat(np.arange(tags, dtype=np.int32), seconds)
    time_us = np.tile((second + np.arange(seconds, dtype=np.int64)) * 1_000_000, tags)
    table = pa.table(
        {
            "path": pa.DictionaryArray.from_arrays(pa.array(index), paths),
            "time": pa.array(time_us).cast(pa.timestamp("us", "UTC")),
            "value": pa.array(np.ascontiguousarray(value.T).ravel()),
            "status": pa.array(np.ascontiguousarray(status.T).ravel()),
        }
    )
    partial = path.with_suffix(".partial")
    pq.write_table(table, partial, compression="zstd", compression_level=1, use_dictionary=["path"])
    partial.replace(path)
