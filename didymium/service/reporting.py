"""The reports of shifts in the centre: where they ask, and how they go out when a shift is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from didymium.alarms.notice_rules import MINUTE_US, ReportRule
from didymium.historian.errors import HistorianError
from didymium.historian.store import Historian
from didymium.model.shifts import SHORTEST_MIN, NoSuchShift, Shift
from didymium.model.status import is_good
from didymium.records.errors import RecordsError
from didymium.records.journal import Question
from didymium.records.outbox import Notification
from didymium.service.message import Attachment, Message, Unsent
from didymium.service.report_kpis import ShiftKpis
from didymium.web.kpi_desk import KpiDesk
from didymium.web.report import write
from didymium.web.report_facts import Reporter, ReportSources
from didymium.web.report_print import NoFont
from didymium.web.report_words import Words

LOG: Final = logging.getLogger(__name__)
SETTLE_US: Final = 5 * MINUTE_US
"""A report is sent so long after its shift: until then the last readings have come."""
CATCH_UP_US: Final = 1_440 * MINUTE_US
"""The report of a shift that ended longer ago is not sent any more."""
LOOK_S: Final = 20.0
BYPASS_US: Final = 10 * MINUTE_US
"""How old the last word of a bypass may be."""


def points_of(historian: Historian, from_us: int, to_us: int) -> dict[str, tuple[int, int]]:
    """By site how many readings were expected and how many came, as far as minutes are closed."""
    found: dict[str, tuple[int, int]] = {}
    for row in historian.load_ledger(from_us, to_us) if to_us > from_us else ():
        expected, received = found.get(row.site, (0, 0))
        found[row.site] = (expected + row.expected, received + row.received)
    return found


def report_sources(historian: Historian, figures: KpiDesk) -> ReportSources:
    """Where reports ask."""
    points = partial(points_of, historian)
    kpis = ShiftKpis(figures.kpis, figures.shifts, figures.records, figures.page, points)

    def is_on(tags: Sequence[int], at_us: int) -> list[bool]:
        asked = historian.ids.ids[list(tags)].tolist()
        readings = historian.span(asked, at_us - BYPASS_US, at_us)
        good = readings.take(is_good(readings.status) & np.isfinite(readings.value))
        last = dict(zip(good.tag.tolist(), good.value.tolist(), strict=True))  # each tag's readings are in order
        return [last.get(tag, 0.0) != 0.0 for tag in asked]

    return ReportSources(kpis, points, is_on)


class Reporting:
    """Puts the report of each shift into the outbox, once whatever restarts, and makes it when it is sent."""

    def __init__(self, reporter: Reporter, rules: Sequence[ReportRule], screens: Path, workers: Executor) -> None:
        self._reporter, self._rules, self._screens, self._workers = reporter, rules, screens, workers
        self._done: set[str] = set()

    async def run(self) -> None:
        """Look for shifts that are over until cancelled."""
        loop = asyncio.get_running_loop()
        while self._rules:
            try:
                await loop.run_in_executor(self._workers, self.look)
            except RecordsError as error:
                LOG.warning("reports wait: %s", error)
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Put what is over into the outbox; what was put once is not put again. Blocks."""
        now_us = self._reporter.now_us()
        for shift in self._over(now_us):
            if shift.id not in self._done:
                self._reporter.records.outbox.put(self._notifications(shift, now_us))
                self._done.add(shift.id)

    def message(self, facts: Mapping[str, Any], key: str, files: bool) -> Message:
        """The message of a report: the PDF for people, the report itself for programs. Blocks; raises ``Unsent``."""
        reporter, language, site = self._reporter, facts["language"], facts["site"]
        try:
            shift = reporter.shifts.shift_of(facts["shift"])
            report = reporter.report(shift, site)
            if not files:
                return Message(key, *self._words(report, language), {**facts, "report": report})
            written = write(reporter, report, "pdf", language, self._screens)
        except NoSuchShift as error:
            raise Unsent(str(error), lasting=True) from error
        except (NoFont, HistorianError, RecordsError) as error:
            raise Unsent(str(error)) from error
        attached = (Attachment(written.name, written.media_type, written.content),)
        return Message(key, *self._words(report, language), facts, attached)

    def _over(self, now_us: int) -> list[Shift]:
        """The shifts that ended lately, since there is a journal."""
        first = self._reporter.records.journal.after(Question(), limit=1)
        if not len(first.seq):
            return []
        begin_us = max(now_us - CATCH_UP_US, int(first.rows.at_us[0]))
        return [
            shift
            for shift in self._reporter.shifts.shifts_before(now_us, 1 + CATCH_UP_US // (SHORTEST_MIN * MINUTE_US))
            if shift.to_us > begin_us and shift.to_us + SETTLE_US <= now_us
        ]

    def _notifications(self, shift: Shift, now_us: int) -> list[Notification]:
        return [
            Notification(
                f"report/{target}/{shift.id}/{rule.site}/{rule.language}",
                target,
                msgspec.json.encode(
                    {"kind": "report", "shift": shift.id, "site": rule.site, "language": rule.language}
                ).decode(),
                now_us,
            )
            for rule in self._rules
            for target in rule.to
        ]

    def _words(self, report: Mapping[str, Any], language: str) -> tuple[str, str]:
        """Subject and text."""
        say, alarms, data = Words(language), report["alarms"], report["data"]
        shift = report["shift"]
        subject = (
            f"{say('title')} {shift['id'].partition('/')[0]} {say.of(shift['name'])} {report['site'] or ''}".strip()
        )
        outside = sum(kpi["verdict"] == "bad" for kpi in report["kpis"])
        counts = {"outside": outside, "told": alarms["told"], "open_count": len(alarms["open"])}
        counts |= {"tripped_count": len(report["interlocks"]["tripped"])}
        lines = [subject, "", *(f"{say(word)}: {count:,}" for word, count in counts.items())]
        if data["completeness"] is not None:
            lines.append(f"{say('completeness')}: {data['completeness']:.3%}")
        if report["handover"]:
            lines += ["", say("handover")]
            lines += [f"{note['who']}: {note['text']}" for note in report["handover"]]
        return subject, "\n".join(lines) + "\n"
