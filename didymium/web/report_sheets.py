"""A shift's report as a workbook: numbers are numbers, times are times of the plant's clock."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE as UNPRINTABLE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from didymium.web.report_tables import Cell, Column, Figure, Form, Sheet, Table, Tables

BOLD: Final = Font(bold=True)
TITLE: Final = Font(bold=True, size=14)
TOP: Final = Alignment(vertical="top", wrap_text=True)
COLUMN_WIDTH: Final = 13
"""Letters in a column of width 1."""
MODIFIED: Final = re.compile(rb"<dcterms:modified.*?</dcterms:modified>")
TIME_FORMAT: Final = "yyyy-mm-dd hh:mm:ss"
FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""Of every file in the workbook: the same report has the same bytes."""


def workbook(sheet: Sheet, tables: Tables, at: datetime) -> bytes:
    """The report with a sheet for each group of tables; ``at`` is when it says that it was made."""
    book = Workbook()
    book.properties.created = at.replace(tzinfo=None)
    book.properties.creator = "didymium"
    book.properties.title = sheet.title
    first = book.active
    assert isinstance(first, Worksheet)
    for place, (name, group) in enumerate(sheet.tables.items()):
        page = first if place == 0 else book.create_sheet()
        page.title = name
        _write(page, group, tables, (sheet.title, *sheet.head) if place == 0 else ())
    written = io.BytesIO()
    book.save(written)
    return _without_clock(written.getvalue())


def _write(page: Worksheet, group: Sequence[Table], tables: Tables, head: Sequence[str]) -> None:
    """The tables of a sheet, one under the other. The heading of the first stays where it is."""
    at = 1
    for line in head:
        page.cell(at, 1, line).font = TITLE if at == 1 else Font()
        at += 1
    at += bool(head)
    for place, table in enumerate(group):
        if len(group) > 1:
            page.cell(at, 1, table.title).font = TITLE
            at += 1
        _heading(page, at, table.columns)
        if place == 0:
            page.freeze_panes = page.cell(at + 1, 1)
        at = _rows(page, at + 1, table, tables) + 1
    widest = max((table.columns for table in group), key=len)
    for number, column in enumerate(widest, 1):
        page.column_dimensions[get_column_letter(number)].width = max(10.0, COLUMN_WIDTH * column.width)
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _heading(page: Worksheet, at: int, columns: Sequence[Column]) -> None:
    for number, column in enumerate(columns, 1):
        cell = page.cell(at, number, column.title)
        cell.font, cell.alignment = BOLD, TOP


def _rows(page: Worksheet, at: int, table: Table, tables: Tables) -> int:
    """The rows of a table; where the next may begin."""
    if not table.rows:
        page.cell(at, 1, table.none)
        return at + 1
    for place, row in enumerate(table.rows):
        for number, (column, value) in enumerate(zip(table.columns, row, strict=True), 1):
            cell = page.cell(at + place, number)
            content, form = _content(value, column, tables)
            # A note that begins with = is a note.
            cell.value = content
            if isinstance(content, str):
                cell.data_type = "s"
            if form:
                cell.number_format = form
            cell.alignment = TOP
            if place in table.marks:
                cell.font = BOLD
    return at + len(table.rows)


def _content(value: Cell, column: Column, tables: Tables) -> tuple[str | float | datetime | None, str]:
    """What stands in a cell, and the form of its number."""
    if isinstance(value, Figure):
        places = f".{'0' * value.decimals}" if value.decimals else ""
        return value.value, f"0{places}%" if value.percent else f"#,##0{places}"
    if isinstance(value, int) and column.form is Form.TIME:
        return tables.moment(value).replace(tzinfo=None), TIME_FORMAT
    return (UNPRINTABLE.sub("", value) if isinstance(value, str) else value) or None, ""


def _without_clock(content: bytes) -> bytes:
    """The same workbook with a fixed time on every file in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            part = source.read(name)
            if name == "docProps/core.xml":  # the library writes when it saved
                part = MODIFIED.sub(b"", part)
            target.writestr(zipfile.ZipInfo(name, FIRST_DAY), part, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
