"""A shift's report as tables of titled columns, which every form of it is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from didymium.model.clock import local
from didymium.web.report_words import Words

GROUPS: Final = ("production", "quality", "energy", "water", "availability", "data")
MOST_ROWS: Final = 200
"""Rows of a table on paper."""


class Form(Enum):
    """How a column's cells are set."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with the decimals that it is shown with."""

    value: float
    decimals: int = 0
    percent: bool = False


Cell = str | Figure | int | None
"""A text, a number, a time in µs UTC (in a column of times), or nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """``width`` is the share of the page's width that it gets."""

    title: str
    form: Form = Form.TEXT
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; ``none`` is said where there is no row. ``marks`` are rows that stand out.

    ``share`` is how much of the page's width it takes.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    none: str = ""
    marks: frozenset[int] = field(default_factory=frozenset)
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report to be written: ``tables`` by the sheet of a spreadsheet that they stand on."""

    title: str
    head: Sequence[str]
    tables: Mapping[str, Sequence[Table]]


class Tables:
    """Makes the tables of a report in one language."""

    def __init__(self, words: Words, zone: str, names: Mapping[str, Mapping[str, str]]) -> None:
        """``names`` are those of sites and positions by their ids."""
        self._say, self._zone, self._names = words, zone, names
        self._info = ZoneInfo(zone)

    def sheet(self, report: Mapping[str, Any]) -> Sheet:
        """The whole report."""
        say, shift = self._say, report["shift"]
        begin, end = (self.clock(shift[key], date=True) for key in ("from_us", "to_us"))
        site = report["site"]
        place = f"{site} {say.of(self._names[site])}" if site else say("all")
        head = [f"{say.of(shift['name'])} · {place}", say("span", begin=begin, end=end, zone=self._zone)]
        if not shift["closed"]:
            head.append(say("so_far", time=self.clock(report["made_us"], date=True)))
        alarms = report["alarms"]
        tables = {
            say("summary"): [self._summary(report, place)],
            say("handover"): [self._handover(report["handover"])],
            say("kpis"): [self._kpis(report["kpis"])],
            say("interlocks"): [
                self._interlocks("tripped", report["interlocks"]["tripped"]),
                self._interlocks("bypassed", report["interlocks"]["bypassed"]),
            ],
            say("alarms"): [
                self._open(alarms["open"]),
                self._top(alarms["top"]),
                self._away(alarms["shelved"]),
                self._floods(alarms["floods"]),
            ],
        }
        return Sheet(f"{say('title')} {shift['id'].partition('/')[0]}", head, tables)

    def clock(self, at_us: int, *, date: bool = False) -> str:
        """A time in the plant's zone."""
        return self.moment(at_us).strftime("%Y-%m-%d %H:%M" if date else "%m-%d %H:%M")

    def moment(self, at_us: int) -> datetime:
        """A time in the plant's zone."""
        return local(at_us, self._info)

    def printed(self, table: Table) -> tuple[list[list[str]], str]:
        """A table as a reader sees it on paper: the first ``MOST_ROWS`` rows, and what is said of those that follow."""
        rows = [
            [self._shown(cell, column.form) for column, cell in zip(table.columns, row, strict=True)]
            for row in table.rows[:MOST_ROWS]
        ]
        more = len(table.rows) - MOST_ROWS
        return rows, self._say("more", n=more) if more > 0 else ""

    def _shown(self, cell: Cell, form: Form) -> str:
        if isinstance(cell, Figure):
            scale, sign = (100.0, " %") if cell.percent else (1.0, "")
            return f"{cell.value * scale:,.{cell.decimals}f}{sign}".replace("-", "−")
        if isinstance(cell, int):
            return self.clock(cell) if form is Form.TIME else str(cell)
        return cell or ""

    def _summary(self, report: Mapping[str, Any], place: str) -> Table:
        say, alarms, data = self._say, report["alarms"], report["data"]
        outside = [kpi for kpi in report["kpis"] if kpi["verdict"] == "bad"]
        rows: list[tuple[Cell, ...]] = [
            (say("shift"), f"{report['shift']['id']} {say.of(report['shift']['name'])}"),
            (say("site"), place),
            (say("outside"), Figure(len(outside))),
            (say("told"), Figure(alarms["told"])),
            *((f"– {say(name)}", Figure(count)) for name, count in alarms["by_priority"].items()),
            (say("open_count"), Figure(len(alarms["open"]))),
            (say("shelved_count"), Figure(len(alarms["shelved"]))),
            (say("tripped_count"), Figure(len(report["interlocks"]["tripped"]))),
            (say("bypassed_count"), Figure(len(report["interlocks"]["bypassed"]))),
            (say("expected"), Figure(data["expected"])),
            (say("received"), Figure(data["received"])),
        ]
        if data["completeness"] is not None:
            rows.append((say("completeness"), Figure(data["completeness"], 3, percent=True)))
        columns = [Column(say("item"), width=2), Column(say("value"), Form.NUMBER, 1.4)]
        return Table(say("summary"), columns, rows, share=0.6)

    def _kpis(self, kpis: Sequence[Mapping[str, Any]]) -> Table:
        say = self._say
        order = sorted(kpis, key=lambda kpi: (GROUPS.index(kpi["group"]), kpi["scope"]))
        columns = [
            Column(say("group"), width=1.2),
            Column(say("figure"), width=2.2),
            Column(say("scope"), width=0.8),
            Column(say("value"), Form.NUMBER, 0.9),
            Column(say("unit_of_measure"), width=0.95),
            Column(say("plan"), Form.NUMBER, 0.9),
            Column(say("target"), width=1.25),
            Column(say("before"), Form.NUMBER, 0.9),
            Column(say("complete"), Form.NUMBER, 0.85),
            Column(say("verdict"), width=1.2),
            Column(say("remark"), width=2),
        ]
        rows = [self._kpi(kpi) for kpi in order]
        marks = frozenset(at for at, kpi in enumerate(order) if kpi["verdict"] == "bad")
        return Table(say("kpis"), columns, rows, say("kpis_none"), marks)

    def _kpi(self, kpi: Mapping[str, Any]) -> tuple[Cell, ...]:
        say, decimals = self._say, kpi["decimals"]

        def figure(value: float | None) -> Cell:
            return None if value is None else Figure(value, decimals)

        remarks = [say.of(kpi["why"])] if kpi["why"] else []
        remarks += [say("revised")] if kpi["revised"] else []
        judged = kpi["value"] is not None and (kpi["plan"] is not None or kpi["target"] is not None)
        return (
            say(kpi["group"]),
            say.of(kpi["name"]),
            kpi["scope"] or say("all"),
            figure(kpi["value"]),
            kpi["unit"],
            figure(kpi["plan"]),
            _bounds(kpi["target"], decimals),
            figure(kpi["before"]),
            None if kpi["complete"] is None else Figure(kpi["complete"], 1, percent=True),
            say(kpi["verdict"]) if judged else "",
            "; ".join(remarks),
        )

    def _open(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        say = self._say
        columns = [
            *self._alarm_columns(),
            Column(say("value"), Form.NUMBER, 0.8),
            Column(say("unit_of_measure"), width=0.7),
            Column(say("who"), width=1),
        ]
        found = [
            (*self._alarm(row), measured(row["value"]), row["unit_of_measure"], row["assignee"] or row["actor"])
            for row in rows
        ]
        urgent = frozenset(at for at, row in enumerate(rows) if row["priority"] in ("critical", "high"))
        return Table(say("open"), columns, found, say("open_none"), urgent)

    def _away(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        say = self._say
        columns = [
            *self._alarm_columns(),
            Column(say("until"), Form.TIME, 1),
            Column(say("who"), width=1),
            Column(say("reason"), width=1.5),
        ]
        found = [(*self._alarm(row), row["until_us"] or None, row["actor"], row["reason"]) for row in rows]
        return Table(say("away"), columns, found, say("away_none"))

    def _alarm_columns(self) -> list[Column]:
        say = self._say
        return [
            Column(say("priority"), width=0.8),
            Column(say("state"), width=1.5),
            Column(say("since"), Form.TIME, 1.1),
            Column(say("alarm"), width=1.9),
            Column(say("condition"), width=1.2),
            Column(say("path"), width=2),
        ]

    def _alarm(self, row: Mapping[str, Any]) -> tuple[Cell, ...]:
        say = self._say
        name, condition = say.of(row["name"]), say.of(row["condition"])
        return say(row["priority"]), say(row["state"]), row["since_us"], name, condition, row["alarm"]

    def _top(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        say = self._say
        columns = [
            Column(say("times"), Form.NUMBER, 0.6),
            Column(say("share"), Form.NUMBER, 0.6),
            Column(say("alarm"), width=2.5),
            Column(say("path"), width=2.5),
        ]
        found = [
            (Figure(row["told"]), Figure(row["share"], 1, percent=True), say.of(row["name"]), row["alarm"])
            for row in rows
        ]
        return Table(say("top"), columns, found, say("top_none"))

    def _floods(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        say = self._say
        columns = [
            Column(say("position"), width=2.5),
            Column(say("begin"), Form.TIME, 1),
            Column(say("end"), Form.TIME, 1),
            Column(say("alarms"), Form.NUMBER, 1),
        ]
        found = [(self._named(row["position"]), row["start_us"], row["end_us"], Figure(row["alarms"])) for row in rows]
        return Table(say("floods"), columns, found, say("floods_none"))

    def _interlocks(self, which: str, rows: Sequence[Mapping[str, Any]]) -> Table:
        say = self._say
        columns = [
            Column(say("interlock"), width=0.7),
            Column(say("what"), width=2.5),
            Column(say("place"), width=1.6),
            Column(say("since"), Form.TIME, 1),
        ]
        found = [(row["id"], say.of(row["name"]), row["unit"], row["since_us"] or None) for row in rows]
        return Table(say(which), columns, found, say(f"{which}_none"))

    def _handover(self, notes: Sequence[Mapping[str, Any]]) -> Table:
        say = self._say
        columns = [Column(say("time"), Form.TIME, 0.9), Column(say("who"), width=0.9), Column(say("text"), width=5)]
        found = [(note["at_us"], note["who"], note["text"]) for note in notes]
        return Table(say("handover"), columns, found, say("handover_none"))

    def _named(self, id_: str) -> str:
        return self._say.of(self._names[id_]) if id_ in self._names else id_


def _bounds(target: Mapping[str, float | None] | None, decimals: int) -> str:
    """A target in words, ``≥ 3``, ``≤ 5`` or ``3 – 5``."""
    if target is None:
        return ""
    low, high = (None if target[key] is None else f"{target[key]:,.{decimals}f}" for key in ("low", "high"))
    if low is not None and high is not None:
        return f"{low} – {high}"
    return f"≥ {low}" if low is not None else f"≤ {high}" if high is not None else ""


def measured(value: float | None) -> Cell:
    """A measured value with four significant digits."""
    if value is None:
        return None
    exponent = Decimal(f"{value:.4g}").normalize().as_tuple().exponent
    return Figure(value, max(0, -int(exponent)))
