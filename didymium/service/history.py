"""The first history: what the twin wrote before it went live, taken in through the import route."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from didymium.service.answers import Centre
from didymium.service.instance import Instance

DONE_MARK: Final = "written"
POLL_S: Final = 0.5


def history_folder(instance: Instance) -> Path:
    """Where the twin puts its history and the import finds it."""
    return instance.twin_folder / "history"


async def load_first_history(instance: Instance, centre: Centre, console: Console) -> None:
    """Import the twin's history files as they appear, until it says that all are written; then drop the files."""
    folder = history_folder(instance)
    loaded: set[Path] = set()
    rows = 0
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]}"), TimeRemainingColumn(),
        console=console,
    )  # fmt: skip
    with bar:
        task = bar.add_task("The twin's history", total=None, rows="waiting for the twin")
        while True:
            written = (folder / DONE_MARK).exists()
            waiting = sorted(set(folder.glob("history-*.parquet")) - loaded)
            for path in waiting:
                rows += await asyncio.to_thread(centre.import_file, str(path))
                loaded.add(path)
                total = len(list(folder.glob("history-*.parquet"))) if written else None
                bar.update(task, total=total, completed=len(loaded), rows=f"{rows:,} points")
            if written and not waiting:
                break
            await asyncio.sleep(POLL_S)
    await asyncio.to_thread(shutil.rmtree, folder)
    console.print(f"Loaded {rows:,} points of the twin's history")
