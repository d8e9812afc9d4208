"""History from files: CSV and Parquet, long (``path,time,value[,status]``) or wide (``time,<path>,<path>,…``).

Times are text of ISO 8601 or Parquet timestamps in a column ``time``, or whole µs since 1970 in ``time_us``. In a file
where no time names a zone, all are of the plant's. A mistake in the header refuses the whole file with ``BadFile``. A
row that cannot be understood is refused with its line, what was read and what would be right, and the others are
taken. Rows that say the same as one before are dropped and counted. No row becomes a Python object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from didymium.acquire import history_columns as columns
from didymium.acquire.causes import Cause
from didymium.acquire.clock import now_us
from didymium.acquire.history_blocks import BadFile, Block, Refuse, Table, open_table
from didymium.acquire.refusals import Refusal, Refused, cut
from didymium.acquire.screening import CAUSES, Screening
from didymium.model.mistakes import Mistake, did_you_mean
from didymium.model.plant import Complex
from didymium.model.readings import HISTORICAL, LATE, Readings
from didymium.model.registry import TagIds
from didymium.model.search import unknown_path_hint
from didymium.model.status import BAD

LONG: Final = ("path", "time", "value")
TIMES: Final = ("time", "time_us")
HEADERS: Final = "expected path,time,value[,status] or time,<path>,<path>,…"
MOST_MISTAKES: Final = 20
EARLIEST_US: Final = 315_532_800_000_000
"""1980-01-01: earlier ones are seconds or milliseconds that were taken for µs."""
LATEST_US: Final = 4_102_444_800_000_000
"""2100-01-01: later ones are nanoseconds."""
FAR_HINT: Final = "expected a time between 1980 and 2100; time_us is in µs, not in s, ms or ns"

Discard = Callable[[str, int, str], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """The readings of one block, flagged ``HISTORICAL``, and how many bytes of the file are behind us."""

    readings: Readings
    read_bytes: int


def read_history(
    file: Path,
    complex_: Complex,
    ids: TagIds,
    refuse: Refuse = lambda refused: None,
    discard: Discard = lambda cause, count, example: None,
) -> Iterator[Taken]:
    """Yield the file's readings in blocks. Raises ``BadFile`` before the first.

    ``refuse`` is told the rows that are not taken, ``discard`` what was dropped or marked bad: cause, count, example.
    """
    table = open_table(file)
    _check_header(file, table, complex_)
    meaning = _Meaning(file, table, complex_, ids, refuse, discard)
    for block in table.blocks(refuse):
        yield Taken(meaning.readings(block), block.read_bytes)


def _is_long(names: Sequence[str]) -> bool:
    return "path" in names or "value" in names


def _check_header(file: Path, table: Table, complex_: Complex) -> None:
    """Raise ``BadFile`` unless the columns are those of one of the two forms."""
    names = table.names
    wrong: list[Mistake] = []

    def note(column: str, read: str, hint: str) -> None:
        wrong.append(Mistake(str(file), 1, column, cut(read), hint))

    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        note("", names[0], f"columns must be separated by commas; {HEADERS}")
        raise BadFile(wrong)
    for place, name in enumerate(names):
        if name in names[:place]:
            note(name, name, "the column stands twice")
    if not any(name in TIMES for name in names):
        note("time", ",".join(names), did_you_mean(names[0], TIMES, f"there is no column time; {HEADERS}"))
    if _is_long(names):
        known = (*LONG, "time_us", "status", "flags")  # flags as exported; imported rows have their own
        for name in names:
            if name not in known:
                note(name, name, did_you_mean(name, known, f"there is no such column; {HEADERS}"))
        for name in ("path", "value"):
            if name not in names:
                note(name, ",".join(names), f"there is no column {name}; {HEADERS}")
    else:
        unknown = [name for name in names if name not in TIMES and name not in complex_.tags.row_of]
        for name in unknown[:MOST_MISTAKES]:
            note(name, name, unknown_path_hint(name, complex_.tags.path))
    for name, kind in zip(names, table.types, strict=True):
        expected = _expected(name, kind)
        if expected:
            note(name, str(kind), f"expected a column of {expected}")
    if wrong:
        raise BadFile(wrong)


def _expected(name: str, kind: pa.DataType) -> str:
    """What a column should hold, "" when it does."""
    types = pa.types
    plain = kind.value_type if types.is_dictionary(kind) else kind
    text = columns.is_text(plain)
    if name == "time":
        return "" if types.is_timestamp(kind) or columns.is_text(kind) else "times"
    if name == "path":
        return "" if text else "tag paths"
    if name == "time_us":
        return "" if types.is_integer(kind) or columns.is_text(kind) else "whole numbers"
    if name == "status":
        return "" if types.is_integer(plain) or text else "status codes"
    if name == "flags":
        return ""
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind)
    return "" if number or columns.is_text(kind) else "numbers"


class _Meaning:
    """What the rows of one file mean."""

    def __init__(
        self, file: Path, table: Table, complex_: Complex, ids: TagIds, refuse: Refuse, discard: Discard
    ) -> None:
        self._file, self._table = file, table
        self._complex, self._ids = complex_, ids
        self._refuse, self._discard = refuse, discard
        self._screening = Screening(complex_.tags, ids)
        self._row_of = complex_.tags.row_of
        self._need_zone: bool | None = None

    def readings(self, block: Block) -> Readings:
        """Return the readings of the rows that can be understood."""
        time_us, timed = self._times(block)
        names = block.batch.schema.names
        if _is_long(names):
            row, time_us, value, status, line = self._long(block, time_us, timed)
        else:
            row, time_us, value, line = self._wide(block, time_us, timed)
            status = np.zeros(len(row), np.uint32)
        flags = np.full(len(row), HISTORICAL, np.uint8)
        readings = Readings(self._ids.ids[row], time_us, value, status, flags)
        return self._screened(self._once(readings, line))

    def _note(self, block: Block, name: str, bad: Sequence[columns.Bad], keep: NDArray[np.bool_]) -> None:
        """Refuse the cells' rows, each row once."""
        for one in bad:
            fresh = keep[one.row]
            if not fresh.any():
                continue
            mask = pa.array(fresh)
            hint = one.hint if isinstance(one.hint, str) else one.hint.filter(mask)
            self._refuse(Refused.of(one.cause, name, block.line[one.row[fresh]], one.read.filter(mask), hint))
            keep[one.row] = False

    def _times(self, block: Block) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(n,) µs, and where they are known."""
        keep = np.ones(block.batch.num_rows, np.bool_)
        name = next(name for name in TIMES if name in block.batch.schema.names)
        column = block.batch[name]
        if name == "time_us":
            time_us, bad = columns.integers(column)
        else:
            time_us, bad = columns.times(column, self._complex.zone, need_zone=self._zones(column))
        self._note(block, name, bad, keep)
        far = np.flatnonzero(keep & ((time_us < EARLIEST_US) | (time_us >= LATEST_US)))
        if len(far):
            read = pa.array([str(cell) for cell in column.take(pa.array(far)).to_pylist()], pa.string())
            self._note(block, name, [columns.Bad(Refusal.FAR_TIME, far, read, FAR_HINT)], keep)
        return time_us, keep

    def _zones(self, column: pa.Array) -> bool:
        """Whether any time of the whole file names its zone: then each must."""
        if not columns.is_text(column.type):
            return False
        if self._need_zone is None:
            self._need_zone = bool(columns.zoned(column).any()) or any(
                bool(columns.zoned(one).any()) for one in self._table.times()
            )
        return self._need_zone

    def _long(
        self, block: Block, time_us: NDArray[np.int64], keep: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.uint32], NDArray[np.int64]]:
        batch = block.batch
        row, bad = columns.paths(
            batch["path"],
            lambda path: self._row_of.get(path, -1),
            lambda path: unknown_path_hint(path, self._complex.tags.path),
        )
        self._note(block, "path", bad, keep)
        status = np.zeros(len(row), np.uint32)
        if "status" in batch.schema.names:
            status, bad = columns.statuses(batch["status"])
            self._note(block, "status", bad, keep)
        value, bad = columns.numbers(batch["value"])
        self._note(block, "value", bad, keep)
        missing = np.flatnonzero(keep & np.isnan(value) & (status < BAD))
        if len(missing):
            missing = missing[columns.empty(batch["value"].take(pa.array(missing)))]
            hint = "a value is missing; leave the row out or give a bad status"
            none = columns.Bad(Refusal.NO_VALUE, missing, pa.array([""] * len(missing)), hint)
            self._note(block, "value", [none], keep)
        if keep.all():
            return row, time_us, value, status, block.line
        return row[keep], time_us[keep], value[keep], status[keep], block.line[keep]

    def _wide(
        self, block: Block, time_us: NDArray[np.int64], timed: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        rows, times, values = [np.empty(0, np.int64)], [time_us[:0]], [np.empty(0)]
        lines = [block.line[:0]]
        for name in block.batch.schema.names:
            if name in TIMES:
                continue
            column = block.batch[name]
            said = timed & ~columns.empty(column)
            value, bad = columns.numbers(column)
            self._note(block, name, bad, said)
            rows.append(np.full(int(said.sum()), self._row_of[name], np.int64))
            times.append(time_us[said])
            values.append(value[said])
            lines.append(block.line[said])
        return np.concatenate(rows), np.concatenate(times), np.concatenate(values), np.concatenate(lines)

    def _once(self, readings: Readings, line: NDArray[np.int64]) -> Readings:
        """Drop rows that repeat one of the block; refuse those that contradict one."""
        if _rises(readings.tag, readings.time_us) or _rises(readings.time_us, readings.tag):
            return readings
        order = np.lexsort((np.arange(len(readings)), readings.time_us, readings.tag))
        tag, time_us = readings.tag[order], readings.time_us[order]
        same = (tag[1:] == tag[:-1]) & (time_us[1:] == time_us[:-1])
        if not same.any():
            return readings
        # The first row of each run of equal (tag, time) is the one that stays.
        begins = np.flatnonzero(np.concatenate([[True], ~same]))
        run = np.cumsum(np.concatenate([[True], ~same])) - 1
        again = np.flatnonzero(same) + 1
        first, second = order[begins[run[again]]], order[again]
        bits = readings.value.view(np.int64)
        differs = (bits[first] != bits[second]) | (readings.status[first] != readings.status[second])
        if differs.any():
            self._contradict(readings, line, first[differs], second[differs])
        if not differs.all():
            a, b = first[~differs][-1], second[~differs][-1]
            example = f"{self._file.name}: row {line[b]} repeats row {line[a]}"
            self._discard(Cause.DUPLICATE, int((~differs).sum()), example)
        keep = np.ones(len(readings), np.bool_)
        keep[second] = False
        return readings.take(keep)

    def _contradict(
        self, readings: Readings, line: NDArray[np.int64], first: NDArray[np.intp], second: NDArray[np.intp]
    ) -> None:
        by_line = np.argsort(line[second], kind="stable")
        first, second = first[by_line], second[by_line]
        said = pa.array(readings.value[first]).cast(pa.string()).to_pylist()
        hints = [
            f"row {at} says {value} for the same path and time and was taken; keep one of them"
            for at, value in zip(line[first].tolist(), said, strict=True)
        ]
        read = pa.array(readings.value[second]).cast(pa.string())
        self._refuse(Refused.of(Refusal.CONTRADICTION, "value", line[second], read, pa.array(hints)))

    def _screened(self, readings: Readings) -> Readings:
        screened = self._screening.screen(readings, now_us())
        for number in np.flatnonzero(screened.count):
            if CAUSES[number] != Cause.LATE:  # rows of a file may stand in any order
                i = int(screened.last[number])
                path = self._complex.tags.path[self._ids.row_of_id[readings.tag[i]]]
                example = f"{self._file.name}: {path} = {readings.value[i]:.9g}"
                self._discard(CAUSES[number], int(screened.count[number]), example)
        kept = screened.kept
        return Readings(kept.tag, kept.time_us, kept.value, kept.status, kept.flags & np.uint8(0xFF ^ LATE))


def _rises(major: NDArray[np.integer[Any]], minor: NDArray[np.integer[Any]]) -> bool:
    """Whether every row comes after the one before it, by major, then minor: then no two are alike."""
    same = major[1:] == major[:-1]
    return bool(np.all((major[1:] > major[:-1]) | (same & (minor[1:] > minor[:-1]))))
