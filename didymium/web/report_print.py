"""A shift's report as a PDF on A4, set by Typst in a font that has Latin and Chinese and is embedded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import typst

from didymium.web.report_tables import Form, Sheet, Table, Tables
from didymium.web.report_words import Words

TEMPLATE: Final = Path(__file__).with_name("report.typ")
FONTS: Final = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
PATH_BREAK: Final = re.compile(r"(?<=[A-Z0-9][._/])(?=[A-Z])")
"""Where a path may be broken at the end of a line."""


class NoFont(Exception):
    """There is no font to set a report in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"no font for the report in {folder}. Run: make frontend")
        self.folder = folder


def pdf(sheet: Sheet, tables: Tables, say: Words, fonts: Path) -> bytes:
    """The report; the same sheet has the same bytes. Long tables say how many rows follow. Raises ``NoFont``."""
    if not all((fonts / name).exists() for name in FONTS):
        raise NoFont(fonts)
    data = {
        "title": sheet.title,
        "lang": say.language,
        "head": list(sheet.head),
        "foot": f"didymium · {sheet.title} · {sheet.head[0]}",
        "page": say("page", at="{at}", of="{of}"),
        "tables": [_table(table, tables) for group in sheet.tables.values() for table in group],
    }
    made = typst.compile(
        TEMPLATE,
        format="pdf",
        font_paths=[fonts],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    assert isinstance(made, bytes)
    return made


def _table(table: Table, tables: Tables) -> dict[str, Any]:
    printed, more = tables.printed(table)
    return {
        "title": table.title,
        "columns": [{"title": each.title, "form": each.form.value, "width": each.width} for each in table.columns],
        "rows": [
            [_breakable(text, column.form) for column, text in zip(table.columns, row, strict=True)] for row in printed
        ],
        "none": table.none,
        "marks": sorted(table.marks),
        "share": table.share,
        "more": more,
    }


def _breakable(text: str, form: Form) -> str:
    """A text with places where a long path may be broken (U+200B); numbers and times stay on one line (U+00A0)."""
    return PATH_BREAK.sub("\u200b", text) if form is Form.TEXT else text.replace(" ", "\u00a0")
