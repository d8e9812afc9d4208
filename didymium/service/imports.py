"""Takes history files into the historian."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from didymium.acquire.files import read_history
from didymium.historian.store import Historian
from didymium.model.plant import Complex
from didymium.model.readings import Readings


def import_file(
    plant: Complex, historian: Historian, file: Path, seen: Callable[[Readings], None] = lambda readings: None
) -> int:
    """Store every row of a CSV or Parquet file; the number of rows.

    Blocks are known by their content: a file that is imported again, or again after a mistake further down in it was
    mended, stores nothing twice. ``seen`` is told every block once it is stored. Raises ``BadFile``; the blocks before
    the mistake are stored by then.
    """
    rows = 0
    for readings in read_history(file, plant, historian.ids):
        historian.import_history(readings, f"import-{_content(readings)}")
        seen(readings)
        rows += len(readings)
    return rows


def _content(readings: Readings) -> str:
    mark = blake2b(digest_size=16)
    for column in (readings.tag, readings.time_us, readings.value, readings.status):
        mark.update(column.tobytes())
    return mark.hexdigest()
