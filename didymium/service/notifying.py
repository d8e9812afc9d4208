"""Joins notifications to the centre: what the alarms bring into the outbox, and what is in it to the targets."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np

from didymium.alarms.definitions import Definitions, Priority
from didymium.alarms.notice_rules import NoticeRules, read_notice_rules
from didymium.alarms.notices import UNACKNOWLEDGED, Notices
from didymium.alarms.transitions import NOTHING, Transitions
from didymium.model.plant import Complex
from didymium.records.journal import Question
from didymium.records.outbox import Notification, Standing
from didymium.records.store import Records
from didymium.service.instance import Instance
from didymium.service.mail import Mailbox
from didymium.service.message import Message, Outlet
from didymium.service.notice_facts import Describe, Facts
from didymium.service.notice_words import Told, Words
from didymium.service.sending import Sender
from didymium.service.targets import SmtpTarget, Target, check_targets, secret
from didymium.service.webhook import Webhook

LOG: Final = logging.getLogger(__name__)
HOUR_US: Final = 3_600_000_000
PAGE: Final = 20_000
WAITING: Final = tuple(state.name for state in UNACKNOWLEDGED)

Report = Callable[[Mapping[str, Any], str, bool], Message]
"""Makes the message of a shift's report, by the facts of its notification, its key, and whether files arrive; blocks.

Raises ``Unsent``."""


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
        plant: Complex,
        definitions: Definitions,
        records: Records,
        rules: NoticeRules,
        ways: Mapping[str, Outlet],
        *,
        describe: Describe,
        report: Report,
        workers: Executor,
        now_us: Callable[[], int],
    ) -> None:
        self.rules = rules
        self._plant, self._definitions, self._records = plant, definitions, records
        self._describe, self._report, self._workers, self._now_us = describe, report, workers, now_us
        self._facts = Facts(plant, definitions, describe)
        self._words = Words(plant.zone)
        sends = rules.rules if ways else ()
        self._notices = Notices(definitions, [site.id for site in plant.sites], sends, plant.zone)
        self._sender = Sender(records.outbox, ways, self._message, now_us)

    @classmethod
    def of(
        cls,
        instance: Instance,
        plant: Complex,
        definitions: Definitions,
        records: Records,
        *,
        describe: Describe,
        report: Report,
        workers: Executor,
        now_us: Callable[[], int],
    ) -> Notifying:
        """As the complex and the installation say. Raises ``BadComplex`` and ``BadInstance``."""
        rules = read_notice_rules(instance.complex_folder, plant)
        ways = outlets(instance, rules.targets, os.environ)
        return cls(
            plant, definitions, records, rules, ways,
            describe=describe, report=report, workers=workers, now_us=now_us,
        )  # fmt: skip

    @property
    def standings(self) -> list[Standing]:
        """How it stands with each target."""
        return self._sender.standings

    def resume(self) -> None:
        """Know from the records which alarms wait for an acknowledgement. Blocks."""
        states, row_of = self._records.states.load().states, self._definitions.row_of
        waiting = [
            at
            for at, (alarm, state) in enumerate(zip(states.alarm, states.state, strict=True))
            if state in WAITING and alarm in row_of
        ]
        rows = np.array([row_of[states.alarm[at]] for at in waiting], np.int64)
        page = self._records.journal.before(Question(), limit=1)
        last_us = int(page.rows.at_us[-1]) if len(page.seq) else 0
        self._notices.resume(rows, states.transition[waiting], states.told_us[waiting], last_us)

    def decide(self, parts: Sequence[Transitions], now_us: int) -> list[Notification]:
        """What is to be sent of transitions that became known at ``now_us``, and of what nobody acknowledged."""
        return [
            self._facts.of(notice, part, now_us)
            for part in (parts or (NOTHING,))
            for notice in self._notices.decide(part, now_us)
        ]

    async def run(self) -> None:
        """Send until cancelled."""
        await self._sender.run()

    async def _message(self, notification: Notification, takes_files: bool) -> Message | None:
        facts = msgspec.json.decode(notification.payload, type=dict[str, Any])
        loop = asyncio.get_running_loop()
        match facts["kind"]:
            case "report":
                return await loop.run_in_executor(
                    self._workers, partial(self._report, facts, notification.key, takes_files)
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
        journal, found, seq = self._records.journal, [], 0
        question = Question(from_us=from_us - HOUR_US, to_us=to_us + HOUR_US)
        while len((page := journal.after(question, limit=PAGE, seq=seq)).seq):
            seq = int(page.seq[-1])
            rows = page.rows
            within = rows.sounds & (rows.at_us >= from_us) & (rows.at_us < to_us)
            found += [
                self._worded(rows.alarm[at], rows.priority[at].lower(), int(rows.at_us[at]))
                for at in np.flatnonzero(within).tolist()
                if _meant(facts, rows.priority[at], rows.position[at], page.site[at])
            ]
        return found

    def _not_acknowledged(self, facts: Mapping[str, Any]) -> list[Told]:
        """What waits for longer than the rule says."""
        d, found = self._definitions, []
        states = self._records.states.load().states
        overdue = states.told_us + facts["unacknowledged_us"] <= self._now_us()
        for at in np.flatnonzero(overdue).tolist():
            row = d.row_of.get(states.alarm[at])
            if row is None or states.state[at] not in WAITING:
                continue
            priority = Priority(int(d.priority[row])).name
            position = d.positions[d.position[row]].id if d.position[row] >= 0 else ""
            if _meant(facts, priority, position, self._plant.sites[d.site[row]].id):
                found.append(self._worded(d.id[row], priority.lower(), int(states.told_us[at])))
        return sorted(found, key=lambda each: each.told_us)

    def _worded(self, alarm: str, priority: str, told_us: int) -> Told:
        row = self._definitions.row_of.get(alarm)
        if row is None:
            return Told(alarm, priority, told_us, {"en": alarm, "zh": alarm}, {"en": "", "zh": ""})
        described = self._describe(row)
        name, condition = ({"en": text.en, "zh": text.zh} for text in (described.name, described.condition))
        return Told(alarm, priority, told_us, name, condition)


def _meant(facts: Mapping[str, Any], priority: str, position: str, site: str) -> bool:
    """Whether a digest's rule means an alarm."""
    of = {"priorities": priority.lower(), "positions": position, "sites": site}
    return all(not facts[name] or value in facts[name] for name, value in of.items())
