"""A shift's report as one page of HTML that stands alone and prints well."""

from __future__ import annotations

from html import escape
from typing import Final

from didymium.web.report_tables import Sheet, Table, Tables
from didymium.web.report_words import Words

STYLE: Final = """
  @page { size: A4; margin: 15mm 14mm; }
  body { font: 10pt/1.4 "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", system-ui, sans-serif;
         color: #1a1a1a; max-width: 190mm; margin: 8mm auto; padding: 0 4mm; }
  h1 { font-size: 17pt; margin: 0 0 1mm; }
  h2 { font-size: 12pt; margin: 7mm 0 1.5mm; break-after: avoid; }
  .head { color: #555; margin: 0; }
  table { border-collapse: collapse; width: 100%; font-size: 8.5pt; }
  thead { display: table-header-group; }
  th { text-align: left; font-weight: 600; border-bottom: 0.5pt solid #333; vertical-align: bottom; }
  th, td { padding: 0.8mm 1.6mm 0.8mm 0; overflow-wrap: anywhere; vertical-align: top; }
  td { border-bottom: 0.25pt solid #ccc; }
  tr { break-inside: avoid; }
  .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
  .time { white-space: nowrap; font-variant-numeric: tabular-nums; }
  .mark td { font-weight: 600; }
  .more, .none { color: #555; margin: 1mm 0; }
  td.text { white-space: pre-line; }
"""


def page(sheet: Sheet, tables: Tables, say: Words) -> str:
    """The report; long tables say how many rows follow."""
    head = "".join(f'<p class="head">{escape(line)}</p>\n' for line in sheet.head)
    body = "".join(_table(table, tables) for group in sheet.tables.values() for table in group)
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if say.language == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{escape(sheet.title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{escape(sheet.title)}</h1>\n{head}{body}</body>\n</html>\n"
    )


def _table(table: Table, tables: Tables) -> str:
    title = f"<h2>{escape(table.title)}</h2>\n"
    if not table.rows:
        return f'{title}<p class="none">{escape(table.none)}</p>\n'
    headings = "".join(f'<th class="{column.form.value}">{escape(column.title)}</th>' for column in table.columns)
    printed, more = tables.printed(table)
    rows = []
    for at, row in enumerate(printed):
        cells = "".join(
            f'<td class="{column.form.value}">{escape(text)}</td>'
            for column, text in zip(table.columns, row, strict=True)
        )
        rows.append(f"<tr{' class=mark' if at in table.marks else ''}>{cells}</tr>\n")
    rest = f'<p class="more">{escape(more)}</p>\n' if more else ""
    width = f' style="width: {table.share:.0%}"' if table.share < 1 else ""
    return (
        f"{title}<table{width}>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody>\n</table>\n{rest}"
    )
