"""Takes history files into the historian."""

from __future__ import annotations

from pathlib import Path

from didymium.acquire.files import read_history
from didymium.historian.store import Historian
from didymium.model.plant import Complex


def import_file(plant: Complex, historian: Historian, file: Path) -> int:
    """Store every row of a CSV or Parquet file; the number of rows.

    The same file imported again stores nothing: each block's token is made of the file's name, size and change time.
    """
    stat = file.stat()
    mark = f"{file.name}-{stat.st_size}-{stat.st_mtime_ns}"
    rows = 0
    for number, readings in enumerate(read_history(file, plant, historian.ids)):
        historian.import_history(readings, f"import-{mark}-{number}")
        rows += len(readings)
    return rows
