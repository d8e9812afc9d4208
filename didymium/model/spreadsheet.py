"""Reads the CSV files of a complex folder, as spreadsheets and text editors save them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from didymium.model.mistakes import Mistakes, did_you_mean


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


def read_csv(path: Path, file: str, columns: Sequence[str], mistakes: Mistakes) -> list[Row]:
    """Return the rows of a CSV that must have exactly ``columns``, in any order.

    Rows are left out where their cells cannot be told apart; nothing is returned when the header is wrong.
    """
    text = read_text(path, file, mistakes)
    if "\0" in text:
        mistakes.add(file, 0, "", "NUL characters", "this is not a text file; save it as CSV UTF-8")
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    start = 1
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not fitting_header(header, file, columns, mistakes):
            return []
        start = reader.line_num + 1
        for cells in reader:
            row, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                hint = f"the row has {len(cells)} cells, the header {len(header)}; quote a cell that holds a comma"
                mistakes.add(file, row, "", ",".join(cells), hint)
                continue
            rows.append(Row(row, {column: cell.strip() for column, cell in zip(header, cells, strict=True)}))
    except csv.Error as broken:
        mistakes.add(file, start, "", "", f"the row is not CSV: {broken}")
    return rows


def fitting_header(header: list[str], file: str, columns: Sequence[str], mistakes: Mistakes) -> bool:
    """Say what is wrong with a header; false when the rows below it cannot be read by it."""
    if len(header) == 1 and any(sign in header[0] for sign in ";\t"):
        mistakes.add(file, 1, "", header[0], "the cells are not parted by commas; save the file as CSV with commas")
        return False
    fits = True
    absent = [column for column in columns if column not in header]
    for column in header:
        if column not in columns:
            hint = did_you_mean(column, absent or columns, "there is no such column")
            mistakes.add(file, 1, column, column, hint)
            fits = False
        elif header.count(column) > 1:
            mistakes.add(file, 1, column, column, "the column stands twice in the header")
            fits = False
    for column in absent:
        mistakes.add(file, 1, column, ",".join(header), f"the column {column!r} is missing")
        fits = False
    return fits
