"""Writes readings to a file as they come, and says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from didymium.web.formats import FORMATS
from didymium.web.slices import ROWS, Wanted

Batches = Iterator[pa.RecordBatch]


def share(batch: pa.RecordBatch, wanted: Wanted) -> float:
    """How much of all is done with this batch, 0 to 1: tags that are behind us, and time of the one that is not."""
    place = int(batch["path"].indices[-1].as_py())
    whole_us = wanted.to_us - wanted.from_us
    done = (int(batch["time"].cast(pa.int64())[-1].as_py()) - wanted.from_us) / whole_us
    return (place + done) / len(wanted.paths)


def write_file(file: Path, batches: Batches, wanted: Wanted, told: Callable[[int, float], None]) -> int:
    """Write all batches in the format that the file's ending names; the number of rows.

    ``told`` gets the rows so far and the share of all that is done. The file appears when it is whole: what was
    written until then lies beside it as ``.partial``, and is taken away when the writing fails.
    """
    partial = file.with_name(file.name + ".partial")
    rows = 0
    try:
        with partial.open("wb") as sink:
            writer = FORMATS[file.suffix[1:].lower()].begin(sink, ROWS)
            try:
                for batch in batches:
                    writer.write_batch(batch)
                    rows += batch.num_rows
                    told(rows, share(batch, wanted))
            finally:
                writer.close()
        partial.replace(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return rows
