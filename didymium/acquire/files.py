"""History from files: CSV and Parquet, long (``path,time,value[,status]``) or wide (``time,<path>,<path>,…``).

Times are text of ISO 8601 or Parquet timestamps in a column ``time``, or whole µs since 1970 in ``time_us``. A time
without a zone is of the plant's. Rows that say the same as one before are dropped and counted; rows that say something
else for the same path and time are a mistake, and so is everything else that cannot be understood: a file with a
mistake raises ``BadFile`` before the block that holds it is handed out. ``check_history`` reads a whole file for its
mistakes. No row becomes a Python object.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from didymium.acquire import history_columns as columns
from didymium.acquire.causes import Cause
from didymium.acquire.clock import now_us
from didymium.acquire.errors import AcquireError
from didymium.acquire.screening import CAUSES, Screening
from didymium.model.mistakes import Mistake, did_you_mean
from didymium.model.plant import Complex
from didymium.model.readings import HISTORICAL, LATE, Readings
from didymium.model.registry import TagIds
from didymium.model.status import BAD

BLOCK_BYTES: Final = 16 << 20
BLOCK_ROWS: Final = 500_000
LONG: Final = ("path", "time", "value")
TIMES: Final = ("time", "time_us")
HEADERS: Final = "expected path,time,value[,status] or time,<path>,<path>,…"

Discard = Callable[[str, int, str], None]


class BadFile(AcquireError, ValueError):
    """The file cannot be imported; ``mistakes`` name row, column, what was read and what would be right."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, mistakes)))


@dataclass(frozen=True, slots=True)
class _Block:
    """Some rows of a file; ``line`` (n,) is each row's line (CSV) or number (Parquet) in the file."""

    batch: pa.RecordBatch
    line: NDArray[np.int64]


class _Reader:
    """What the rows of one file mean."""

    def __init__(self, file: Path, complex_: Complex, ids: TagIds, discard: Discard) -> None:
        self.file = file
        self._complex, self._ids = complex_, ids
        self._discard = discard
        self._screening = Screening(complex_.tags, ids)
        self._row_of = complex_.tags.row_of

    def check_header(self, names: Sequence[str]) -> None:
        """Raise ``BadFile`` unless the columns are those of one of the two forms."""
        wrong: list[Mistake] = []
        for place, name in enumerate(names):
            if name in names[:place]:
                wrong.append(self._mistake(1, name, name, "the column stands twice"))
        if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
            hint = f"columns must be separated by commas; {HEADERS}"
            raise BadFile([self._mistake(1, "", names[0], hint)])
        if not any(name in TIMES for name in names):
            near = did_you_mean(names[0] if names else "", TIMES, f"there is no column time; {HEADERS}")
            wrong.append(self._mistake(1, "time", ",".join(names), near))
        if self._is_long(names):
            known = (*LONG, "time_us", "status", "flags")  # flags as exported; imported rows have their own
            wrong += [
                self._mistake(1, name, name, did_you_mean(name, known, f"there is no such column; {HEADERS}"))
                for name in names
                if name not in known
            ]
            if "value" not in names:
                wrong.append(self._mistake(1, "value", ",".join(names), f"there is no column value; {HEADERS}"))
        else:
            wrong += [
                self._mistake(1, name, name, self._path_hint(name))
                for name in names
                if name not in TIMES and name not in self._row_of
            ][: columns.LIMIT]
        if wrong:
            raise BadFile(wrong)

    @staticmethod
    def _is_long(names: Sequence[str]) -> bool:
        return "path" in names or "value" in names

    def readings(self, block: _Block) -> Readings:
        """Return the block's readings. Raises ``BadFile``."""
        batch = block.batch
        names = batch.schema.names
        wrong: list[Mistake] = []

        def note(name: str, bad: list[columns.Bad]) -> None:
            wrong.extend(self._mistake(int(block.line[row]), name, read, hint) for row, read, hint in bad)

        time_name = next(name for name in TIMES if name in names)
        if time_name == "time_us":
            time_us, bad = columns.integers(batch["time_us"], "expected whole µs since 1970 UTC")
        else:
            time_us, bad = columns.times(batch["time"], self._complex.zone)
        note(time_name, bad)
        if self._is_long(names):
            row, bad = columns.paths(batch["path"], lambda path: self._row_of.get(path, -1), self._path_hint)
            note("path", bad)
            status, bad = (
                columns.statuses(batch["status"]) if "status" in names else (np.zeros(len(row), np.uint32), [])
            )
            note("status", bad)
            value, bad = columns.numbers(batch["value"], _number_hint(batch["value"]), empty=True)
            note("value", bad)
            if not wrong:
                missing = np.flatnonzero(np.isnan(value) & (status < BAD) & _empty(batch["value"]))[: columns.LIMIT]
                hint = "a value is missing; leave the row out or give a bad status"
                note("value", [(int(i), "", hint) for i in missing])
            line = block.line
        else:
            row, time_us, value, line = self._wide(block, time_us, note)
            status = np.zeros(len(row), np.uint32)
        if wrong:
            raise BadFile(sorted(wrong)[: columns.LIMIT])
        flags = np.full(len(row), HISTORICAL, np.uint8)
        readings = Readings(self._ids.ids[row], time_us, value, status, flags)
        return self._screened(self._once(readings, line))

    def _wide(
        self, block: _Block, time_us: NDArray[np.int64], note: Callable[[str, list[columns.Bad]], None]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        rows, times, values, lines = [], [], [], []
        for name in block.batch.schema.names:
            if name in TIMES:
                continue
            column = block.batch[name]
            value, bad = columns.numbers(column, _number_hint(column), empty=True)
            note(name, bad)
            said = ~_empty(column)
            rows.append(np.full(int(said.sum()), self._row_of[name], np.int64))
            times.append(time_us[said])
            values.append(value[said])
            lines.append(block.line[said])
        if not rows:
            return np.empty(0, np.int64), time_us[:0], np.empty(0), block.line[:0]
        return np.concatenate(rows), np.concatenate(times), np.concatenate(values), np.concatenate(lines)

    def _once(self, readings: Readings, line: NDArray[np.int64]) -> Readings:
        """Drop rows that repeat one of the block; raise ``BadFile`` for those that contradict one."""
        if _rises(readings.tag, readings.time_us) or _rises(readings.time_us, readings.tag):
            return readings
        order = np.lexsort((np.arange(len(readings)), readings.time_us, readings.tag))
        tag, time_us = readings.tag[order], readings.time_us[order]
        again = np.flatnonzero((tag[1:] == tag[:-1]) & (time_us[1:] == time_us[:-1])) + 1
        if not len(again):
            return readings
        first, second = order[again - 1], order[again]
        bits = readings.value.view(np.int64)
        differs = (bits[first] != bits[second]) | (readings.status[first] != readings.status[second])
        if differs.any():
            wrong = []
            for a, b in zip(first[differs][: columns.LIMIT], second[differs], strict=False):
                hint = f"row {line[a]} says {readings.value[a]:.9g} for the same path and time; keep one of them"
                wrong.append(self._mistake(int(line[b]), "value", f"{readings.value[b]:.9g}", hint))
            raise BadFile(sorted(wrong))
        self._discard(
            Cause.DUPLICATE, len(second), f"{self.file.name}: row {line[second[-1]]} repeats row {line[first[-1]]}"
        )
        keep = np.ones(len(readings), np.bool_)
        keep[second] = False
        return readings.take(keep)

    def _screened(self, readings: Readings) -> Readings:
        screened = self._screening.screen(readings, now_us())
        for number in np.flatnonzero(screened.count):
            if CAUSES[number] != Cause.LATE:  # rows of a file may stand in any order
                i = int(screened.last[number])
                path = self._complex.tags.path[self._ids.row_of_id[readings.tag[i]]]
                example = f"{self.file.name}: {path} = {readings.value[i]:.9g}"
                self._discard(CAUSES[number], int(screened.count[number]), example)
        kept = screened.kept
        return Readings(kept.tag, kept.time_us, kept.value, kept.status, kept.flags & np.uint8(0xFF ^ LATE))

    def _path_hint(self, path: str) -> str:
        stem = path.rpartition(".")[0] + "."
        near = [other for other in self._row_of if other.startswith(stem)] or list(self._row_of)
        return did_you_mean(path, near, "there is no such tag")

    def _mistake(self, line: int, column: str, read: str, hint: str) -> Mistake:
        return Mistake(str(self.file), line, column, read if len(read) <= 80 else read[:77] + "...", hint)


def read_history(
    file: Path, complex_: Complex, ids: TagIds, discard: Discard = lambda cause, count, example: None
) -> Iterator[Readings]:
    """Yield the file's readings in blocks, flagged ``HISTORICAL``. Raises ``BadFile``.

    ``discard`` is told what was dropped or marked bad: cause, count and an example.
    """
    reader = _Reader(file, complex_, ids, discard)
    blocks = _parquet(reader) if file.suffix.lower() in (".parquet", ".pq") else _csv(reader)
    for block in blocks:
        if block.batch.num_rows:
            yield reader.readings(block)


def check_history(file: Path, complex_: Complex, ids: TagIds) -> tuple[Mistake, ...]:
    """Return the mistakes of the first bad block; none when the whole file can be imported."""
    try:
        for _ in read_history(file, complex_, ids):
            pass
    except BadFile as error:
        return error.mistakes
    return ()


def _rises(major: NDArray[np.integer[Any]], minor: NDArray[np.integer[Any]]) -> bool:
    """Whether every row comes after the one before it, by major, then minor: then no two are alike."""
    same = major[1:] == major[:-1]
    return bool(np.all((major[1:] > major[:-1]) | (same & (minor[1:] > minor[:-1]))))


def _number_hint(column: pa.Array) -> str:
    if pa.types.is_string(column.type):
        return "expected a number like 12.5, with a point and without unit or thousands separators"
    return f"expected a column of numbers, not of {column.type}"


def _empty(column: pa.Array) -> NDArray[np.bool_]:
    if pa.types.is_string(column.type):
        blank = pc.equal(pc.utf8_trim_whitespace(column), "").fill_null(True)
    else:
        blank = column.is_null()
    empty: NDArray[np.bool_] = blank.to_numpy(zero_copy_only=False)
    return empty


def _parquet(reader: _Reader) -> Iterator[_Block]:
    try:
        file = pq.ParquetFile(reader.file)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadFile([Mistake(str(reader.file), 0, "", "", f"no Parquet file: {error}")]) from error
    reader.check_header(file.schema_arrow.names)
    begun = 1
    for batch in file.iter_batches(BLOCK_ROWS):
        yield _Block(batch, np.arange(begun, begun + batch.num_rows))
        begun += batch.num_rows


def _csv(reader: _Reader) -> Iterator[_Block]:
    names = _header(reader.file)
    reader.check_header(names)
    skipped: list[int] = []
    broken: list[Mistake] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        skipped.append(row.number)
        if row.text.strip(", \t"):
            hint = f"expected {row.expected_columns} columns, got {row.actual_columns}"
            broken.append(Mistake(str(reader.file), row.number, "", row.text[:80], hint))
        return "skip"

    following = 2
    try:
        stream = pa_csv.open_csv(
            reader.file,
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=1, encoding="utf8"
            ),
            parse_options=pa_csv.ParseOptions(invalid_row_handler=skip, ignore_empty_lines=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
        for batch in stream:
            line = _lines(following, batch.num_rows, skipped)
            if broken:
                raise BadFile(broken[: columns.LIMIT])
            following = int(line[-1]) + 1 if len(line) else following
            said = ~np.logical_and.reduce([_empty(column) for column in batch.columns])
            yield _Block(batch.filter(pa.array(said)) if not said.all() else batch, line[said])
    except pa.ArrowInvalid as error:
        raise BadFile(_encoding(reader.file) or [Mistake(str(reader.file), 0, "", "", str(error))]) from error
    if broken:
        raise BadFile(broken[: columns.LIMIT])


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
        raise BadFile(_encoding(file)) from error
    if not text:
        raise BadFile([Mistake(str(file), 1, "", "", f"the file is empty; {HEADERS}")])
    return [name.strip() for name in next(csv.reader([text]))]


def _encoding(file: Path) -> list[Mistake]:
    """Return where the file is not UTF-8, if anywhere."""
    with file.open("rb") as opened:
        for number, raw in enumerate(opened, 1):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError as error:
                read = raw[max(0, error.start - 20) : error.start + 20].decode("gb18030", "replace").strip()
                hint = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as CSV UTF-8"
                return [Mistake(str(file), number, "", read, hint)]
    return []
