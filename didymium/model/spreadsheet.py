"""Reads the CSV files of a complex folder, as spreadsheets and text editors save them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from didymium.model.mistakes import Mistakes, did_you_mean, nearest


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a CSV: its row in the file and its cells by column, stripped."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def read_text(path: Path, file: str, mistakes: Mistakes) -> str:
    """Return the file's text; an encoding other than UTF-8 is a mistake, but its text is still read where it can be."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        row = data[: broken.start].count(b"\n") + 1
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        mistakes.add(file, row, "", "UTF-16", "the file is saved as UTF-16; save it as UTF-8")
        return data.decode("utf-16", errors="replace")
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        byte = f"byte 0x{data[broken_at(data)]:02x}"
        mistakes.add(file, row, "", byte, "the file is not UTF-8; save it as UTF-8")
        return data.decode("utf-8", errors="replace")
    mistakes.add(
        file, row, "", "GBK", "the file is saved as GBK (GB18030); save it as UTF-8 ('CSV UTF-8' in a spreadsheet)"
    )
    return text


def broken_at(data: bytes) -> int:
    """Return the position of the first byte that is not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as broken:
        return broken.start
    return 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a CSV; ``whole`` is false when the header or a row could not be read."""

    rows: tuple[Row, ...]
    whole: bool


def read_csv(path: Path, file: str, columns: Sequence[str], mistakes: Mistakes) -> Sheet:
    """Return the rows of a CSV that must have exactly ``columns``, in any order.

    A misspelt column is read as the one it most likely is, so that the rows are checked too.
    """
    text = read_text(path, file, mistakes)
    if "\0" in text:
        mistakes.add(file, 0, "", "NUL characters", "this is not a text file; save it as CSV UTF-8")
        return Sheet((), whole=False)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    whole = True
    start = 1
    try:
        header = known_header([cell.strip() for cell in next(reader, [])], file, columns, mistakes)
        if header is None:
            return Sheet((), whole=False)
        start = reader.line_num + 1
        for cells in reader:
            row, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                hint = f"the row has {len(cells)} cells, the header {len(header)}; quote a cell that holds a comma"
                mistakes.add(file, row, "", ",".join(cells), hint)
                whole = False
                continue
            rows.append(Row(row, {column: cell.strip() for column, cell in zip(header, cells, strict=True)}))
    except csv.Error as broken:
        mistakes.add(file, start, "", "", f"the row is not CSV: {broken}")
        whole = False
    return Sheet(tuple(rows), whole)


def known_header(header: list[str], file: str, columns: Sequence[str], mistakes: Mistakes) -> list[str] | None:
    """Return the columns that a header means, each mistake in it said; None when the rows cannot be read by it."""
    if len(header) == 1 and any(sign in header[0] for sign in ";\t"):
        mistakes.add(file, 1, "", header[0], "the cells are not parted by commas; save the file as CSV with commas")
        return None
    meant: list[str] = []
    absent = [column for column in columns if column not in header]
    for column in header:
        if column in columns:
            if column in meant:
                mistakes.add(file, 1, column, column, "the column stands twice in the header")
            meant.append(column)
            continue
        mistakes.add(file, 1, column, column, did_you_mean(column, absent or columns, "there is no such column"))
        close = nearest(column, absent)
        if close:
            absent.remove(close)
        meant.append(close or column)
    for column in absent:
        mistakes.add(file, 1, column, ",".join(header), f"the column {column!r} is missing")
    return None if absent else meant
