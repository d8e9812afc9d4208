"""Joins notifications to the centre: what the alarms bring into the outbox, and what is in it to the targets."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from didymium.alarms.definitions import Priority
from didymium.alarms.life import UNACKNOWLEDGED
from didymium.alarms.notice_rules import MINUTE_US, NoticeRules, read_notice_rules
from didymium.alarms.notices import Notices
from didymium.alarms.transitions import NOTHING, Transitions
from didymium.records.journal import Question
from didymium.records.outbox import Notification, Standing
from didymium.service.instance import Instance
from didymium.service.mail import Mailbox
from didymium.service.message import Message, Outlet
from didymium.service.notice_facts import Facts
from didymium.service.notice_words import Told, Words
from didymium.service.reporting import Reporting
from didymium.service.sending import Sender
from didymium.service.targets import SmtpTarget, Target, check_targets, secret
from didymium.service.webhook import Webhook
from didymium.web.report_facts import Reporter

LOG: Final = logging.getLogger(__name__)
PAGE: Final = 20_000
WAITING: Final = tuple(state.name for state in UNACKNOWLEDGED)


def outlets(instance: Instance, named: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, Outlet]:
    """The ways to the installation's targets. Raises ``BadInstance`` where a secret or a target is missing."""
    check_targets(instance.file, instance.targets, named)
    return {target.name: outlet(target, secret(instance.file, target, environ)) for target in instance.targets}


def outlet(target: Target, secret_: str) -> Outlet:
    """The way to one target."""
    return Mailbox(target, secret_) if isinstance(target, SmtpTarget) else Webhook(target, secret_)


class Notifying:
    """``resume`` once the alarms are restored; ``decide`` then belongs to the thread that writes steps."""

    def __init__(
        self,
        reporter: Reporter,
        rules: NoticeRules,
        ways: Mapping[str, Outlet],
        *,
        screens: Path,
        workers: Executor,
    ) -> None:
        self._plant, self._definitions, self._records = reporter.plant, reporter.definitions, reporter.records
        self._workers, self._now_us = workers, reporter.now_us
        self._facts = Facts(self._plant, self._definitions)
        self._words = Words(self._plant.zone)
        told, reports = (rules.rules, rules.reports) if ways else ((), ())
        sites = [site.id for site in self._plant.sites]
        self._notices = Notices(self._definitions, sites, told, self._plant.zone)
        self._reporting = Reporting(reporter, reports, screens, workers)
        self._sender = Sender(self._records.outbox, ways, self._message, self._now_us)

    @classmethod
    def of(cls, instance: Instance, reporter: Reporter, *, screens: Path, workers: Executor) -> Notifying:
        """As the complex and the installation say. Raises ``BadComplex`` and ``BadInstance``."""
        rules = read_notice_rules(instance.complex_folder, reporter.plant)
        return cls(reporter, rules, outlets(instance, rules.targets, os.environ), screens=screens, workers=workers)

    @property
    def standings(self) -> list[Standing]:
        """How it stands with each target."""
        return self._sender.standings

    def resume(self) -> None:
        """Know from the records which alarms wait for an acknowledgement. Blocks."""
        states, row_of = self._records.states.load().states, self._definitions.row_of
        waiting = [
            alarm
            for alarm, state in zip(states.alarm, states.state, strict=True)
            if state in WAITING and alarm in row_of
        ]
        since = self._records.journal.only_in(WAITING, waiting)
        rows = np.array([row_of[alarm] for alarm in since], np.int64)
        number, told_us = np.array([*since.values()], np.int64).reshape(-1, 2).T
        page = self._records.journal.before(Question(), limit=1)
        self._notices.resume(rows, number, told_us, int(page.rows.at_us[-1]) if len(page.seq) else 0)

    def decide(self, parts: Sequence[Transitions], now_us: int) -> list[Notification]:
        """What is to be sent of transitions that became known at ``now_us``, and of what nobody acknowledged."""
        return [
            self._facts.of(notice, part, now_us)
            for part in (parts or (NOTHING,))
            for notice in self._notices.decide(part, now_us)
        ]

    async def run(self) -> None:
        """Send until cancelled, the reports of shifts too when they are over."""
        await asyncio.gather(self._sender.run(), self._reporting.run())

    async def _message(self, notification: Notification, takes_files: bool) -> Message | None:
        facts = msgspec.json.decode(notification.payload, type=dict[str, Any])
        loop = asyncio.get_running_loop()
        match facts["kind"]:
            case "report":
                return await loop.run_in_executor(
                    self._workers, partial(self._reporting.message, facts, notification.key, takes_files)
                )
            case "digest":
                told = await loop.run_in_executor(self._workers, self._told, facts)
                if not told:
                    return None
                subject, text = self._words.digest(facts, told)
                listed = [{"alarm": each.alarm, "priority": each.priority, "told_us": each.told_us} for each in told]
                return Message(notification.key, subject, text, {**facts, "alarms": listed})
            case _:
                subject, text = self._words.single(facts)
                return Message(notification.key, subject, text, facts)

    def _told(self, facts: Mapping[str, Any]) -> list[Told]:
        """What a digest holds, oldest first."""
        return self._not_acknowledged(facts) if facts["unacknowledged_us"] else self._in_journal(facts)

    def _in_journal(self, facts: Mapping[str, Any]) -> list[Told]:
        """What was told in its span by our clock."""
        from_us, to_us = facts["from_us"], facts["to_us"]
        found: list[Told] = []
        seq: int | None = None
        while len((page := self._records.journal.before(Question(), limit=PAGE, seq=seq)).seq):
            rows, seq = page.rows, int(page.seq[0])
            within = rows.sounds & (rows.at_us >= from_us) & (rows.at_us < to_us)
            found[:0] = [
                self._worded(rows.alarm[at], rows.priority[at].lower(), int(rows.at_us[at]))
                for at in np.flatnonzero(within).tolist()
                if _meant(facts, rows.priority[at], rows.position[at], page.site[at])
            ]
            if rows.at_us[0] < from_us - MINUTE_US:  # the time of an act may be a little before that of its step
                break
        return found

    def _not_acknowledged(self, facts: Mapping[str, Any]) -> list[Told]:
        """What waits for longer than the rule says."""
        d, found = self._definitions, []
        states = self._records.states.load().states
        waiting = [alarm for alarm, state in zip(states.alarm, states.state, strict=True) if state in WAITING]
        for alarm, (_, told_us) in self._records.journal.only_in(WAITING, waiting).items():
            row = d.row_of.get(alarm)
            if row is None or told_us + facts["unacknowledged_us"] > self._now_us():
                continue
            priority = Priority(int(d.priority[row])).name
            position = d.positions[d.position[row]].id if d.position[row] >= 0 else ""
            if _meant(facts, priority, position, self._plant.sites[d.site[row]].id):
                found.append(self._worded(alarm, priority.lower(), told_us))
        return sorted(found, key=lambda each: each.told_us)

    def _worded(self, alarm: str, priority: str, told_us: int) -> Told:
        row = self._definitions.row_of.get(alarm)
        if row is None:
            return Told(alarm, priority, told_us, {"en": alarm, "zh": alarm}, {"en": "", "zh": ""})
        texts = (self._facts.name(row), self._facts.condition(row))
        name, condition = ({"en": text.en, "zh": text.zh} for text in texts)
        return Told(alarm, priority, told_us, name, condition)


def _meant(facts: Mapping[str, Any], priority: str, position: str, site: str) -> bool:
    """Whether a digest's rule means an alarm."""
    of = {"priorities": priority.lower(), "positions": position, "sites": site}
    return all(not facts[name] or value in facts[name] for name, value in of.items())
