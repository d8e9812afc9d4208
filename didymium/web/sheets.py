"""Writes a spreadsheet as it comes, never the whole in memory: Office Open XML (ECMA-376 part 1, SpreadsheetML).

Cells are joined by Arrow and packed by zlib, both outside Python's lock: while a big sheet is written, the centre goes
on taking in readings.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SHEET_ROWS: Final = 1_048_576
"""Rows of one sheet, the heading included; more go on in the next."""
DAY_US: Final = 86_400_000_000
EPOCH_DAY: Final = 25_569
"""1970-01-01 in the days of the 1900 date system."""
PIECE_ROWS: Final = 65_536
_TIME_STYLE: Final = 1

_NAMESPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_NAMESPACE}"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class SheetWriter:
    """An ``.xlsx`` of as many sheets as it takes, written to a stream that need not seek.

    Times become spreadsheet times in UTC, whole to the millisecond; numbers that a cell cannot hold (NaN) are left
    empty, infinities are text.
    """

    def __init__(self, sink: IO[bytes], schema: pa.Schema) -> None:
        self._schema = schema
        self._zip = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._sheets = 0
        self._left = 0
        self._open: IO[bytes] | None = None
        self._next_sheet()

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add rows, on a new sheet where one is full."""
        at = 0
        while at < batch.num_rows:
            if self._left == 0:
                self._next_sheet()
            some = min(self._left, batch.num_rows - at, PIECE_ROWS)
            self._sheet.write(_rows(batch.slice(at, some)))
            self._left -= some
            at += some

    def close(self) -> None:
        """Finish the last sheet and write what names them all."""
        self._end_sheet()
        for name, text in _package(self._sheets).items():
            self._zip.writestr(name, text)
        self._zip.close()

    @property
    def _sheet(self) -> IO[bytes]:
        assert self._open is not None
        return self._open

    def _next_sheet(self) -> None:
        self._end_sheet()
        self._sheets += 1
        self._open = self._zip.open(f"xl/worksheets/sheet{self._sheets}.xml", "w", force_zip64=True)
        freeze = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        widths = "".join(
            f'<col min="{place}" max="{place}" width="24" customWidth="1"/>'
            for place in range(1, 1 + len(self._schema))
        )
        heading = "".join(f'<c t="inlineStr"><is><t>{_title(field)}</t></is></c>' for field in self._schema)
        self._sheet.write(
            f'{_HEAD}<worksheet xmlns="{_NAMESPACE}"><sheetViews><sheetView workbookViewId="0">{freeze}</sheetView>'
            f"</sheetViews><cols>{widths}</cols><sheetData><row>{heading}</row>".encode()
        )
        self._left = SHEET_ROWS - 1

    def _end_sheet(self) -> None:
        if self._open is not None:
            self._open.write(b"</sheetData></worksheet>")
            self._open.close()
            self._open = None


def _title(field: pa.Field) -> str:
    return f"{field.name}_utc" if pa.types.is_timestamp(field.type) else str(field.name)


def _rows(batch: pa.RecordBatch) -> memoryview:
    """The rows' XML."""
    cells = [_cells(column) for column in batch.columns]
    cells[0] = pc.binary_join_element_wise("<row>", cells[0], "")
    cells[-1] = pc.binary_join_element_wise(cells[-1], "</row>", "")
    joined = pc.binary_join_element_wise(*cells, "")
    _, offsets, data = joined.buffers()
    ends = np.frombuffer(offsets, np.int32)[joined.offset : joined.offset + len(joined) + 1]
    return memoryview(data)[int(ends[0]) : int(ends[-1])]


def _cells(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _words(column.dictionary).take(column.indices)
    if pa.types.is_string(kind):
        return _words(column)
    if pa.types.is_timestamp(kind):
        ms = (column.cast(pa.int64()).to_numpy(zero_copy_only=False) + 500) // 1000
        days = pa.array(ms / (DAY_US // 1000) + EPOCH_DAY).cast(pa.string())
        return pc.binary_join_element_wise(f'<c s="{_TIME_STYLE}"><v>', days, "</v></c>", "")
    text = column.cast(pa.string())
    cells = pc.binary_join_element_wise("<c><v>", text, "</v></c>", "")
    if pa.types.is_floating(kind) and not pc.all(pc.is_finite(column), min_count=0).as_py():
        infinite = pc.binary_join_element_wise('<c t="inlineStr"><is><t>', text, "</t></is></c>", "")
        cells = pc.if_else(pc.is_inf(column), infinite, cells)
        cells = pc.if_else(pc.is_nan(column), pa.scalar("<c/>"), cells)
    return cells


def _words(column: pa.Array) -> pa.Array:
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        column = pc.replace_substring(column, sign, written)
    return pc.binary_join_element_wise('<c t="inlineStr"><is><t>', column, "</t></is></c>", "")


def _package(sheets: int) -> dict[str, str]:
    """The parts that hold the sheets together (ECMA-376 part 2)."""
    numbers = range(1, sheets + 1)

    def each(text: Callable[[int], str]) -> str:
        return "".join(text(number) for number in numbers)

    def sheet_part(number: int) -> str:
        return f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPES}.worksheet+xml"/>'

    def sheet_name(number: int) -> str:
        return f'<sheet name="Readings {number}" sheetId="{number}" r:id="rId{number}"/>'

    def sheet_relation(number: int) -> str:
        return f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'

    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return {
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_NAMESPACE}" xmlns:r="{_OFFICE}"><sheets>'
        f"{each(sheet_name)}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_RELATIONS}">{each(sheet_relation)}{styles}'
        "</Relationships>",
        "xl/styles.xml": _STYLES,
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>{each(sheet_part)}</Types>',
    }
