"""The rows of a history file, block by block: CSV and Parquet, with the line of each row and how far the file is."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from didymium.acquire import history_columns as columns
from didymium.acquire.errors import AcquireError
from didymium.acquire.refusals import Refusal, Refused, cut
from didymium.model.mistakes import Mistake

BLOCK_BYTES: Final = 32 << 20
BLOCK_ROWS: Final = 500_000
BLOCK_CELLS: Final = 2_000_000
"""Rows times columns of a Parquet block: a wide file may have a column for every tag."""

MOST_BROKEN: Final = 100_000
"""Rows with the wrong number of columns in one file; each takes 15 µs of Python. After them the reading ends."""

Refuse = Callable[[Refused], None]


class BadFile(AcquireError, ValueError):
    """Nothing of the file can be imported; ``mistakes`` name row, column, what was read and what would be right."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, mistakes)))


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file; ``line`` (n,) is each row's line (CSV) or number (Parquet) in the file."""

    batch: pa.RecordBatch
    line: NDArray[np.int64]
    read_bytes: int


@dataclass(frozen=True, slots=True)
class Table:
    """A file that could be opened: its columns, and its rows as often as they are asked for."""

    names: tuple[str, ...]
    types: tuple[pa.DataType, ...]
    blocks: Callable[[Refuse], Iterator[Block]]
    times: Callable[[], Iterator[pa.Array]]
    """The column ``time`` alone, as text."""


def open_table(file: Path) -> Table:
    """Look at a file's header. Raises ``BadFile``."""
    return _parquet(file) if file.suffix.lower() in (".parquet", ".pq") else _csv(file)


def _parquet(file: Path) -> Table:
    try:
        opened = pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadFile([Mistake(str(file), 0, "", "", f"no Parquet file: {error}")]) from error
    size = file.stat().st_size
    rows = max(1, opened.metadata.num_rows)
    schema = opened.schema_arrow

    def blocks(refuse: Refuse) -> Iterator[Block]:
        begun = 1
        try:
            for batch in opened.iter_batches(max(1, min(BLOCK_ROWS, BLOCK_CELLS // len(schema)))):
                line = np.arange(begun, begun + batch.num_rows)
                begun += batch.num_rows
                yield Block(_trimmed(batch), line, size * (begun - 1) // rows)
        except (pa.ArrowInvalid, OSError) as error:
            refuse(_unreadable(begun, str(error)))

    def times() -> Iterator[pa.Array]:
        for batch in pq.ParquetFile(file).iter_batches(BLOCK_ROWS, columns=["time"]):
            yield _trimmed(batch)["time"]

    return Table(tuple(schema.names), tuple(schema.types), blocks, times)


def _trimmed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Words without blanks around them; what a dictionary holds is looked at by whoever reads it."""
    for place, kind in enumerate(batch.schema.types):
        if columns.is_text(kind):
            text, _ = columns.texts(batch[place])
            batch = batch.set_column(place, batch.schema.names[place], text)
    return batch


def _unreadable(line: int, why: str) -> Refused:
    hint = f"{why}; this row and all behind it were not read"
    return Refused.of(Refusal.UNREADABLE, "", np.array([line]), "", hint)


def _csv(file: Path) -> Table:
    names = _header(file)

    def blocks(refuse: Refuse) -> Iterator[Block]:
        return _csv_blocks(file, names, refuse)

    def times() -> Iterator[pa.Array]:
        with file.open("rb") as opened:
            try:
                for batch in _stream(opened, names, lambda row: "skip", ["time"]):
                    yield columns.texts(batch["time"])[0]
            except pa.ArrowInvalid:  # the reading of the rows says it
                return

    return Table(tuple(names), (pa.string(),) * len(names), blocks, times)


def _stream(
    opened: BinaryIO, names: Sequence[str], skip: Callable[[pa_csv.InvalidRow], str], wanted: Sequence[str]
) -> pa_csv.CSVStreamingReader:
    return pa_csv.open_csv(
        opened,
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=1),
        parse_options=pa_csv.ParseOptions(invalid_row_handler=skip, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()), strings_can_be_null=False, include_columns=wanted
        ),
    )


def _csv_blocks(file: Path, names: Sequence[str], refuse: Refuse) -> Iterator[Block]:
    left = MOST_BROKEN
    skipped: list[int] = []
    broken: list[tuple[int, str, str]] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        nonlocal left
        left -= 1
        if left < 0:
            return "error"
        skipped.append(row.number)
        if row.text.strip(", \t"):
            hint = f"expected {row.expected_columns} columns, got {row.actual_columns}"
            broken.append((row.number, cut(row.text), hint))
        return "skip"

    def tell_broken() -> None:
        if broken:
            line, read, hint = (list(column) for column in zip(*broken, strict=True))
            refuse(Refused.of(Refusal.BROKEN_ROW, "", np.array(line), pa.array(read), pa.array(hint)))
            broken.clear()

    following, behind, size = 2, 0, file.stat().st_size
    with file.open("rb") as opened:
        try:
            for batch in _stream(opened, names, skip, names):
                line = _lines(following, batch.num_rows, skipped)
                following = int(line[-1]) + 1 if len(line) else following
                skipped[:] = [number for number in skipped if number >= following]
                tell_broken()
                behind += _length(batch)
                yield _said(batch, line, min(behind, size), refuse)
        except pa.ArrowInvalid as error:
            refuse(_unreadable(following, str(error)))
    tell_broken()


def _length(batch: pa.RecordBatch) -> int:
    """Bytes that the rows took in the file, quotes aside; the file itself is read far ahead."""
    cells = sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in batch.columns)
    return cells + batch.num_rows * batch.num_columns


def _said(batch: pa.RecordBatch, line: NDArray[np.int64], read_bytes: int, refuse: Refuse) -> Block:
    """The block as text, without empty rows and without those that are not UTF-8."""
    texts: list[pa.Array] = []
    keep = np.ones(len(line), np.bool_)
    for name in batch.schema.names:
        text, wrong = columns.texts(batch[name])
        texts.append(text)
        for bad in wrong:
            fresh = keep[bad.row]
            refuse(Refused.of(bad.cause, name, line[bad.row[fresh]], bad.read.filter(pa.array(fresh)), bad.hint))
            keep[bad.row] = False
    keep &= ~np.logical_and.reduce([columns.empty(text) for text in texts])
    block = pa.RecordBatch.from_arrays(texts, names=batch.schema.names)
    return Block(block if keep.all() else block.filter(pa.array(keep)), line[keep], read_bytes)


def _lines(following: int, count: int, skipped: Sequence[int]) -> NDArray[np.int64]:
    """Return the next ``count`` line numbers from ``following`` on that are not ``skipped``."""
    line = np.arange(following, following + count + len(skipped))
    return line[~np.isin(line, skipped)][:count]


def _header(file: Path) -> list[str]:
    with file.open("rb") as opened:
        raw = opened.readline(1 << 20)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadFile([Mistake(str(file), 1, "", "UTF-16", "save the file as CSV UTF-8")])
    try:
        text = raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        read = raw.decode("gb18030", "replace").strip()
        hint = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as CSV UTF-8"
        raise BadFile([Mistake(str(file), 1, "", cut(read), hint)]) from error
    if not text:
        raise BadFile([Mistake(str(file), 1, "", "", "the file is empty")])
    return [name.strip() for name in next(csv.reader([text]))]
