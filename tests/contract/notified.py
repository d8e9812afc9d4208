"""A plant that notifies real servers on loopback, and what its messages are made and sent by."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from receivers import MailServer, WebServer
from unit.alarm_desk import Desk

from didymium.alarms.notice_rules import NoticeRules, Rule
from didymium.alarms.transitions import NOTHING
from didymium.records.steps import Step
from didymium.records.store import Records
from didymium.service.alarm_rows import joined, places, rows_of, states_of
from didymium.service.centre import SCREENS
from didymium.service.mail import Mailbox
from didymium.service.message import Outlet
from didymium.service.notifying import Notifying
from didymium.service.sending import Sender
from didymium.service.targets import SmtpTarget, WebhookTarget
from didymium.service.webhook import Webhook
from didymium.web.report_facts import Reporter, ReportSources

T0 = 1_790_000_000_000_000
"""21 September 2026, 14:13:20 UTC."""
SECOND = 1_000_000
MINUTE = 60 * SECOND
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALARMS = (
    "[defaults]\non_delay_s = 0\noff_delay_s = 0\nsettle_s = 0\n"
    '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["LEVEL"]\nalarms = ["H"]\n'
    'response = { en = "Stop the feed", zh = "停止进料" }\n'
    'cause = { en = "a", zh = "b" }\nconsequence = { en = "a", zh = "b" }\n'
)


class Clock:
    def __init__(self) -> None:
        self.now_us = T0

    def __call__(self) -> int:
        return self.now_us


def webhook(server: WebServer, name: str = "duty", secret: str = SECRET) -> Webhook:
    return Webhook(WebhookTarget(name, server.url, ""), secret)


def mailbox(server: MailServer, tls: str = "none", user: str = "", password: str = "") -> Mailbox:
    to = ("shift@plant.example", "chief@plant.example")
    return Mailbox(SmtpTarget("mail", "localhost", server.port, tls, user, "", "didymium@plant.example", to), password)


async def sent(sender: Sender) -> None:
    await sender.look()
    await sender.settled()
    await sender.look()


class Plant:
    """The starter's reactor with its alarms in the records, watched by notifications to one web server."""

    def __init__(self, folder: Path, records: Records, server: WebServer, *rules: Rule) -> None:
        self.desk = Desk.of(folder, ALARMS)
        self.records = records
        d = self.desk.definitions
        records.alarms.declare(d.id, *places(self.desk.plant, d))
        self.clock = Clock()
        self.ways: dict[str, Outlet] = {"duty": webhook(server)}
        self.notifying = self.anew(NoticeRules(rules))

    def anew(self, rules: NoticeRules) -> Notifying:
        """The notifications of a centre that starts."""
        plant, d = self.desk.plant, self.desk.definitions
        sources = ReportSources(lambda site, shift, at_us: [], lambda from_us, to_us: {}, lambda tags, at_us: [])
        reporter = Reporter(plant, d, self.records, sources, self.clock)
        return Notifying(reporter, rules, self.ways, screens=SCREENS, workers=ThreadPoolExecutor(1))

    def store(self) -> None:
        """What happened since the last time, with its notifications, in one step."""
        parts, self.desk.said = self.desk.said, []
        engine, rows = self.desk.engine, self.desk.engine.touched()
        states = states_of(engine, rows)
        made = joined([rows_of(part, self.desk.definitions, self.clock.now_us) for part in parts or [NOTHING]])
        counts = Counter(made.alarm)
        numbers = zip(states.alarm, states.transition.tolist(), strict=True)
        expected = np.array([number - counts[alarm] for alarm, number in numbers], np.int64)
        notifications = self.notifying.decide(parts, self.clock.now_us)
        self.records.steps.write(Step(made, states, expected, notifications=notifications))

    async def sent(self) -> None:
        await sent(self.notifying._sender)


def bodies(server: WebServer) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in server.got]
