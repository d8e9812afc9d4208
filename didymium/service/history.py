"""The first history: what the twin writes before it goes live, taken in through the import route."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from didymium.model.plant import Complex
from didymium.service.answers import Centre
from didymium.service.instance import Instance
from didymium.twin.history import generate
from didymium.twin.particulars import Particulars
from didymium.twin.plant import TwinPlant

BLOCK_S: Final = 300
POLL_S: Final = 0.2


def history_folder(instance: Instance) -> Path:
    """Where the twin puts its history and the import finds it."""
    return instance.twin_folder / "history"


def _finished(instance: Instance) -> Path:
    return instance.twin_folder / "history-finished"


def write_history(
    instance: Instance, plant: Complex, particulars: Particulars, seed: int, hours: float, *, await_import: bool
) -> TwinPlant:
    """Write the twin's last ``hours`` up to the present as Parquet files; the twin, ready to go on live from there.

    Each file is sorted by tag and time. With ``await_import`` the files must be taken away before this returns, so
    that the import does not compete with live data; the seconds that this takes are written too. A twin that starts
    again afterwards writes none.
    """
    now_s = int(time.time())
    if _finished(instance).exists():
        return TwinPlant(plant, seed, now_s * 1_000_000, particulars)
    folder = history_folder(instance)
    folder.mkdir(parents=True, exist_ok=True)
    twin = TwinPlant(plant, seed, (now_s - round(hours * 3600)) // 60 * 60 * 1_000_000, particulars)
    paths = pa.array(plant.tags.path)
    while True:
        span_s = min(BLOCK_S, int(time.time()) - twin.second)
        taken = not await_import or not any(folder.glob("history-*.parquet"))
        if span_s == BLOCK_S or (taken and span_s > 1):
            blocks = list(generate(twin, span_s))
            value = np.concatenate([block.values for block in blocks])
            status = np.concatenate([block.status for block in blocks])
            _write(folder / f"history-{blocks[0].start_s}.parquet", paths, blocks[0].start_s, value, status)
        elif taken:
            break
        else:
            time.sleep(POLL_S)
    _finished(instance).touch()
    return twin


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


async def load_first_history(instance: Instance, hours: float, centre: Centre, console: Console) -> None:
    """Import the twin's files as they appear and take them away, until the twin goes live."""
    folder = history_folder(instance)
    rows = 0
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]}"), TimeRemainingColumn(),
        console=console,
    )  # fmt: skip
    try:
        with bar:
            task = bar.add_task("The twin's history", total=hours * 3600, rows="")
            while not _finished(instance).exists():
                for path in sorted(folder.glob("history-*.parquet")):
                    rows += (await asyncio.to_thread(centre.import_file, str(path))).rows
                    path.unlink()
                    loaded_s = rows / centre.tags
                    bar.update(task, completed=min(loaded_s, hours * 3600), rows=f"{rows:,} points")
                await asyncio.sleep(POLL_S)
            bar.update(task, completed=hours * 3600)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
