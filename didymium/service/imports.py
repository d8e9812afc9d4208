"""Takes history files into the historian, and says what was not taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Final

import pyarrow as pa
import pyarrow.csv as pa_csv

from didymium.acquire.files import Taken, read_history
from didymium.acquire.refusals import ImportReport, Progress, Refusals, Refused
from didymium.historian.store import Historian
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.service.present import present

REFUSED_SCHEMA: Final = pa.schema(
    [("row", pa.int64()), ("column", pa.string()), ("cause", pa.string()), ("read", pa.string()), ("hint", pa.string())]
)


class RefusedFile:
    """The complete list of what was refused, beside the file that it came from; there is none without a refusal."""

    def __init__(self, file: Path) -> None:
        """Takes away the list of an earlier import."""
        self.path = file.with_name(file.name + ".refused.csv")
        self.trouble = ""
        self._writer: pa_csv.CSVWriter | None = None
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            self.trouble = str(error)

    def add(self, refused: Refused) -> None:
        """Write some rows, unless the folder cannot be written: then ``trouble`` says why."""
        if self.trouble:
            return
        n = len(refused)
        words = pa.array([refused.column, str(refused.cause)])
        column, cause = (words.take(pa.array([place] * n, pa.int8())) for place in (0, 1))
        batch = pa.RecordBatch.from_arrays(
            [pa.array(refused.line, pa.int64()), column, cause, refused.read, refused.hint], schema=REFUSED_SCHEMA
        )
        try:
            if self._writer is None:
                self._writer = pa_csv.CSVWriter(str(self.path), REFUSED_SCHEMA)
            self._writer.write_batch(batch)
        except OSError as error:
            self.trouble = str(error)

    @property
    def words(self) -> str:
        """Where the list is, or why there is none."""
        if self.trouble:
            return f"the list could not be written: {self.trouble}"
        return str(self.path) if self._writer is not None else ""

    def __enter__(self) -> RefusedFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._writer is not None:
            self._writer.close()


def import_file(
    plant: Complex,
    historian: Historian,
    file: Path,
    progress: Callable[[Progress], None] = lambda progress: None,
    *,
    seen: Callable[[Readings], None] = lambda readings: None,
) -> ImportReport:
    """Store every row of a CSV or Parquet file that can be understood and is not stored yet.

    What is there already, row for row, is counted and not stored again, so a file that is imported twice, or once more
    after a mistake in it was mended, stores nothing twice. ``seen`` is told the new readings of every block once they
    are stored. Raises ``BadFile`` for a wrong header, and ``DiskFull`` on the way; what came before is stored by then.
    """
    refusals = Refusals(file.name)
    noticed: dict[str, tuple[int, str]] = {}
    stored = known = 0
    of_bytes = file.stat().st_size
    with RefusedFile(file) as listed:

        def refuse(refused: Refused) -> None:
            refusals.add(refused)
            listed.add(refused)

        def discard(cause: str, count: int, example: str) -> None:
            noticed[cause] = (noticed.get(cause, (0, ""))[0] + count, example)

        for taken in _ahead(read_history(file, plant, historian.ids, refuse, discard)):
            there = present(historian, taken.readings)
            fresh = taken.readings.take(~there) if there.any() else taken.readings
            if len(fresh):
                historian.import_history(fresh, f"import-{_content(fresh)}")
                seen(fresh)
            stored += len(fresh)
            known += int(there.sum())
            progress(Progress(taken.read_bytes, of_bytes, stored + known))
    return ImportReport(
        file=str(file),
        stored=stored,
        present=known,
        noticed=noticed,
        refused={str(cause): count for cause, count in refusals.count.items()},
        examples={str(cause): tuple(map(str, kept)) for cause, kept in refusals.examples.items()},
        refused_file=listed.words if refusals.total else "",
    )


def _ahead(blocks: Iterator[Taken]) -> Iterator[Taken]:
    """The same blocks, each read while the one before it is being stored."""
    with ThreadPoolExecutor(1, "import") as reader:
        coming = reader.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = reader.submit(next, blocks, None)
            yield block


def _content(readings: Readings) -> str:
    mark = blake2b(digest_size=16)
    for column in (readings.tag, readings.time_us, readings.value, readings.status):
        mark.update(column.tobytes())
    return mark.hexdigest()
