"""A report on paper and as a workbook: what is cut where, and how numbers look."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import openpyxl
import pytest

from didymium.web.report_page import page
from didymium.web.report_sheets import workbook
from didymium.web.report_tables import Column, Figure, Form, Sheet, Table, Tables, measured
from didymium.web.report_words import Words

SAY = Words("en")
TABLES = Tables(SAY, "Asia/Shanghai", {})


def numbers(rows: int) -> Table:
    return Table("Numbers", [Column("n", Form.NUMBER)], [(Figure(at),) for at in range(rows)], marks=frozenset({0}))


@pytest.mark.parametrize(("rows", "printed", "more"), [(200, 200, ""), (201, 200, "and 1 more"), (1_500, 200, "1300")])
def test_a_long_table_ends_on_paper_and_says_what_follows(rows: int, printed: int, more: str) -> None:
    sheet = Sheet("Report", ("head",), {"Numbers": [numbers(rows)]})
    html = page(sheet, TABLES, SAY)
    assert (html.count("<td"), html.count('class="more"'), more in html) == (printed, int(rows > 200), True)
    book = openpyxl.load_workbook(io.BytesIO(workbook(sheet, TABLES, datetime(2026, 9, 21, tzinfo=UTC))))
    assert book["Numbers"].max_row == 4 + rows  # title, head, an empty row, the heading


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (91.0, "91"), (12.3456, "12.35"), (12_345.6, "12,346"), (-0.5, "−0.5"), (0.01234, "0.01234"),
        (0.000_05, "0.00005"), (0.0, "0"),
    ],
)  # fmt: skip
def test_a_measured_value_has_four_digits(value: float, text: str) -> None:
    table = Table("t", [Column("value", Form.NUMBER)], [(measured(value),)])
    assert TABLES.printed(table) == ([[text]], "")


def test_times_are_those_of_the_plant_and_shares_per_cent() -> None:
    columns = [Column("since", Form.TIME), Column("share", Form.NUMBER), Column("who")]
    row = (1_790_000_000_000_000, Figure(0.985, 1, percent=True), None)
    assert TABLES.printed(Table("t", columns, [row])) == ([["09-21 22:13", "98.5 %", ""]], "")
