"""Notifications to real servers: signed, with one key however often they are sent, none held up by another."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trustme
from receivers import MailServer, WebServer
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError
from unit.alarm_desk import Desk

from didymium.alarms.life import Event
from didymium.alarms.notice_rules import Choice, NoticeRules, Quiet, ReportRule, Rule
from didymium.alarms.transitions import NOTHING
from didymium.records.outbox import Notification, Standing
from didymium.records.steps import Step
from didymium.records.store import Records
from didymium.service import sending
from didymium.service.alarm_rows import joined, places, rows_of, states_of
from didymium.service.centre import SCREENS
from didymium.service.cli import main
from didymium.service.mail import Mailbox
from didymium.service.message import Message, Outlet, Unsent
from didymium.service.notifying import Notifying
from didymium.service.sending import Sender
from didymium.service.targets import SmtpTarget, WebhookTarget
from didymium.service.webhook import Webhook
from didymium.web.report_facts import Reporter, ReportSources

T0 = 1_790_000_000_000_000
"""21 September 2026, 14:13:20 UTC."""
FOUND = {"PYTHONPATH": str(Path(__file__).parents[1])}
SECOND = 1_000_000
MINUTE = 60 * SECOND
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = Message("told/duty/S01.A1.U1.T/HH/1", "High: level 液位", "The tank is full 满罐\n", {"alarm": "泵"})


class Clock:
    def __init__(self) -> None:
        self.now_us = T0

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    yield opened
    opened.close()


async def plain(notification: Notification, _: bool) -> Message:
    return Message(notification.key, "subject", "text", json.loads(notification.payload))


def webhook(server: WebServer, name: str = "duty", secret: str = SECRET) -> Webhook:
    return Webhook(WebhookTarget(name, server.url, ""), secret)


def mailbox(server: MailServer, tls: str = "none", user: str = "", password: str = "") -> Mailbox:
    to = ("shift@plant.example", "chief@plant.example")
    return Mailbox(SmtpTarget("mail", "localhost", server.port, tls, user, "", "didymium@plant.example", to), password)


async def sent(sender: Sender) -> None:
    await sender.look()
    await sender.settled()
    await sender.look()


async def test_a_webhook_is_signed_so_that_others_can_verify_it() -> None:
    with WebServer().running() as server:
        await webhook(server).send(MESSAGE, now_us())
    ((headers, body),) = server.got
    assert Verifier(SECRET).verify(body, headers)["text"] == "The tank is full 满罐\n"
    assert (headers["webhook-id"], json.loads(body)["alarm"]) == (MESSAGE.key, "泵")
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body.replace(b"full", b"void"), headers)


def now_us() -> int:
    """The verifier's own clock."""
    return time.time_ns() // 1_000


@pytest.mark.parametrize(("status", "lasting"), [(500, False), (429, False), (302, False), (404, True), (410, True)])
async def test_an_answer_that_is_no_yes_is_a_failure(status: int, lasting: bool) -> None:
    with WebServer([status]).running() as server, pytest.raises(Unsent, match=f"answered {status}") as unsent:
        await webhook(server).send(MESSAGE, T0)
    assert unsent.value.lasting is lasting


async def test_a_mail_reaches_everybody_in_both_languages() -> None:
    with MailServer().running() as server:
        await mailbox(server).send(MESSAGE, T0)
        await mailbox(server).send(MESSAGE, T0 + SECOND)
    (to, mail), (_, again) = server.got
    assert to == ["shift@plant.example", "chief@plant.example"]
    assert (mail["Subject"], mail.get_content()) == ("High: level 液位", "The tank is full 满罐\r\n")
    assert mail["Date"] == "Mon, 21 Sep 2026 14:13:20 +0000"
    assert mail["Message-ID"] == again["Message-ID"]
    assert mail["X-Didymium-Key"] == MESSAGE.key


async def test_a_mail_server_that_wants_tls_and_a_login_gets_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    with MailServer().running(authority.issue_cert("localhost")) as server:
        with pytest.raises(Unsent, match="certificate verify failed"):
            await mailbox(server, "starttls", "didymium", "sesame").send(MESSAGE, T0)
        with authority.cert_pem.tempfile() as trusted:
            monkeypatch.setenv("SSL_CERT_FILE", trusted)
            with pytest.raises(Unsent, match="535") as wrong:
                await mailbox(server, "starttls", "didymium", "open").send(MESSAGE, T0)
            await mailbox(server, "starttls", "didymium", "sesame").send(MESSAGE, T0)
    assert not wrong.value.lasting
    assert server.logins[-1] == ("didymium", "sesame")
    assert len(server.got) == 1


async def test_who_does_not_exist_is_not_written_to_again() -> None:
    with MailServer("550 no such user").running() as server, pytest.raises(Unsent, match="550 no such user") as unsent:
        await mailbox(server).send(MESSAGE, T0)
    assert unsent.value.lasting


async def test_who_does_not_exist_keeps_no_mail_from_the_others() -> None:
    with (
        MailServer("450 not now", "chief@").running() as server,
        pytest.raises(Unsent, match="not for chief") as unsent,
    ):
        await mailbox(server).send(MESSAGE, T0)
    assert [to for to, _ in server.got] == [["shift@plant.example"]]
    assert unsent.value.lasting  # once more would come twice to those who have it


async def test_nobody_there_is_a_cause_in_words() -> None:
    with MailServer().running() as gone:
        pass
    with pytest.raises(Unsent, match=f"localhost:{gone.port}"):
        await mailbox(gone).send(MESSAGE, T0)


async def test_a_server_that_fails_is_asked_again_later_with_the_same_key(records: Records) -> None:
    clock = Clock()
    with WebServer([500, 200]).running() as server:
        sender = Sender(records.outbox, {"duty": webhook(server)}, plain, clock)
        records.outbox.put([Notification("k1", "duty", "{}", T0)])
        await sent(sender)
        (standing,) = sender.standings
        assert (standing.waiting, standing.sent, standing.given_up) == (1, 0, 0)
        assert standing.error == f"{server.url} answered 500 out of order"
        clock.now_us += 5 * SECOND - 1
        await sent(sender)
        assert len(server.got) == 1
        clock.now_us += 1
        await sent(sender)
    assert [headers["webhook-id"] for headers, _ in server.got] == ["k1", "k1"]
    assert sender.standings == [Standing("duty", 0, 0, 1, clock.now_us, 0, "")]


async def test_a_target_that_hangs_holds_up_no_other_and_is_given_up_in_the_end(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(sending, "LIMIT_S", 0.3)
    with WebServer([0]).running() as stuck, WebServer().running() as well:
        outlets: Mapping[str, Outlet] = {"a-stuck": webhook(stuck), "duty": webhook(well)}
        sender = Sender(records.outbox, outlets, plain, clock)
        records.outbox.put(Notification(f"s{k}", "a-stuck", "{}", T0) for k in range(3))
        records.outbox.put(Notification(f"d{k}", "duty", "{}", T0) for k in range(9))
        await sender.look()
        await asyncio.to_thread(well.wait, 9)
        assert len(stuck.got) < 3  # the first may be over, the last has not begun
        await sender.settled()
        clock.now_us += 24 * 3600 * SECOND
        await sent(sender)
        hanging, duty = sender.standings
        assert (duty.sent, hanging.given_up, hanging.waiting) == (9, 3, 0)
        assert hanging.error == "no answer within 0.3 s"
        for later_us, given_up in ((24 * 3600 * SECOND, 3), (1, 0)):  # people see it for a day
            clock.now_us += later_us
            await sender.look()
            assert sender.standings[0].given_up == given_up


async def test_a_message_that_cannot_be_made_holds_up_no_other(
    records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()

    async def half(notification: Notification, _: bool) -> Message:
        return Message(notification.key, "subject", json.loads(notification.payload)["text"], {})

    with WebServer().running() as server:
        sender = Sender(records.outbox, {"duty": webhook(server)}, half, clock)
        records.outbox.put([Notification("a", "duty", "{}", T0), Notification("b", "duty", '{"text": "b"}', T0)])
        await sent(sender)
        assert [headers["webhook-id"] for headers, _ in server.got] == ["b"]
        assert sender.standings == [Standing("duty", 1, T0, 1, T0, 0, "KeyError: 'text'")]
        assert records.outbox.due(T0 + 5 * SECOND - 1) == []
        assert records.outbox.due(T0 + 5 * SECOND) == ["duty"]
    assert "notification a cannot be made or sent" in caplog.text


def test_tries_grow_apart_until_a_day_is_over() -> None:
    waits = [(sending.next_try_us(tries, T0, T0) or 0) - T0 for tries in range(1, 10)]
    assert [wait // SECOND for wait in waits] == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert sending.next_try_us(50, T0, T0 + 86_400 * SECOND - 600 * SECOND) is None
    assert sending.next_try_us(50, T0, T0 + 86_400 * SECOND - 601 * SECOND) is not None


async def test_what_goes_to_a_target_that_is_no_more_is_given_up(records: Records) -> None:
    sender = Sender(records.outbox, {}, plain, Clock())
    records.outbox.put([Notification("k", "old", "{}", T0)])
    await sent(sender)
    assert [(each.target, each.given_up, each.error) for each in sender.standings] == [("old", 1, sending.GONE)]


async def test_a_sender_that_is_killed_between_sending_and_noting_it_leaves_it_to_the_next(
    records: Records, tmp_path: Path
) -> None:
    clock = Clock()
    records.outbox.put([Notification("k", "duty", '{"n": 1}', T0)])
    with WebServer([0, 200]).running() as server:
        store = f"sqlite:///{tmp_path / 'records.sqlite'}"
        killed = await asyncio.create_subprocess_exec(
            sys.executable, __file__, store, server.url, env=os.environ | FOUND
        )
        await asyncio.to_thread(server.wait, 1)
        killed.kill()
        await killed.wait()
        sender = Sender(records.outbox, {"duty": webhook(server)}, plain, clock)
        await sent(sender)
        assert len(server.got) == 1  # the lease of the dead still runs
        clock.now_us += sending.LEASE_US
        await sent(sender)
    assert [(headers["webhook-id"], json.loads(body)["n"]) for headers, body in server.got] == [("k", 1), ("k", 1)]
    assert sender.standings == [Standing("duty", 0, 0, 1, clock.now_us, 0, "")]


ALARMS = (
    "[defaults]\non_delay_s = 0\noff_delay_s = 0\nsettle_s = 0\n"
    '[[limits]]\ntemplate = "T_PRECIP"\ntags = ["LEVEL"]\nalarms = ["H"]\n'
    'response = { en = "Stop the feed", zh = "停止进料" }\n'
    'cause = { en = "a", zh = "b" }\nconsequence = { en = "a", zh = "b" }\n'
)
LEVEL = "S01.PR1.PRECIP001.LEVEL/H"
TEMP = "S01.PR1.PRECIP001.TEMP/H"


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


def rule(language: str, **more: Any) -> Rule:
    nothing = frozenset[str]()
    said = {"unacknowledged_us": 0, "quiet": None, "most": 6} | more
    return Rule("urgent", ("duty",), Choice(frozenset(), nothing, nothing), **said, language=language)


def bodies(server: WebServer) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in server.got]


async def test_an_alarm_is_told_with_what_there_is_to_do(tmp_path: Path, records: Records) -> None:
    with WebServer().running() as server:
        plant = Plant(tmp_path / "plant", records, server, rule("zh"))
        plant.desk.pass_s(1, {"LEVEL": 90})
        plant.store()
        await plant.sent()
    (body,) = bodies(server)
    assert body["subject"] == "【低】1号搅拌反应釜：反应釜液位 ≥ 88 %"
    assert body["text"].splitlines()[2:] == [
        "当前值 90 %，限值 88 %",
        "自 1970-01-12 21:46:42 起，2026-09-21 22:13:20 报警（Asia/Shanghai）",
        "处置：停止进料",
        "",
        "didymium，规则 urgent。报警 S01.PR1.PRECIP001.LEVEL/H",
    ]
    assert {name: body[name] for name in ("kind", "alarm", "site", "priority", "value", "limit", "number")} == {
        "kind": "told", "alarm": LEVEL, "site": "S01", "priority": "low", "value": 90, "limit": 88, "number": 1
    }  # fmt: skip


async def test_a_flood_is_one_alarm_and_a_digest_of_all(tmp_path: Path, records: Records) -> None:
    with WebServer().running() as server:
        plant = Plant(tmp_path / "plant", records, server, rule("en", most=1))
        for level, temp in ((90, 65), (50, 40), (90, 40)):
            plant.desk.pass_s(1, {"LEVEL": level, "TEMP": temp})
            plant.store()
            plant.clock.now_us += SECOND
        await plant.sent()
        assert len(server.got) == 1
        plant.clock.now_us = T0 + 10 * MINUTE
        await plant.sent()
    single, digest = bodies(server)
    assert (single["alarm"], digest["kind"], digest["because"]) == (LEVEL, "digest", "flood")
    assert digest["text"].splitlines() == [
        "3 alarms from 2026-09-21 22:10 to 2026-09-21 22:20",
        "",
        "Low: 3",
        "",
        f"2026-09-21 22:13:22  Low  Stirred reactor 1: Reactor level ≥ 88 % (2 times)  {LEVEL}",
        f"2026-09-21 22:13:20  Low  Stirred reactor 1: Slurry temperature ≥ 60 °C  {TEMP}",
        "",
        "didymium, rule urgent, Asia/Shanghai",
    ]


async def test_a_restart_goes_on_waiting_for_an_acknowledgement(tmp_path: Path, records: Records) -> None:
    waits = rule("en", unacknowledged_us=5 * MINUTE)
    with WebServer().running() as server:
        plant = Plant(tmp_path / "plant", records, server, waits)
        plant.desk.pass_s(1, {"LEVEL": 90})
        plant.store()
        again = plant.anew(NoticeRules((waits,)))
        again.resume()
        found = again.decide([], T0 + 5 * MINUTE)
        assert [each.key for each in found] == [f"unacknowledged/duty/{LEVEL}/1"]
        records.outbox.put(found)
        plant.clock.now_us = T0 + 5 * MINUTE
        await plant.sent()
    (body,) = bodies(server)
    assert body["subject"].startswith("Low, not acknowledged for")


async def test_who_was_acknowledged_before_the_digest_is_not_in_it(tmp_path: Path, records: Records) -> None:
    waits = rule("en", unacknowledged_us=5 * MINUTE, quiet=Quiet(22 * 60, 23 * 60))
    with WebServer().running() as server:
        plant = Plant(tmp_path / "plant", records, server, waits)
        plant.desk.pass_s(1, {"LEVEL": 90})
        plant.store()
        plant.clock.now_us = T0 + 5 * MINUTE
        plant.store()  # 22:18 there
        plant.desk.act(Event.ACKNOWLEDGE, "LEVEL/H", actor="desk")
        plant.store()
        plant.clock.now_us = T0 + 60 * MINUTE
        await plant.sent()
    assert server.got == []
    (standing,) = plant.notifying.standings
    assert (standing.waiting, standing.sent) == (0, 1)


SHIFT = "2026-09-21/evening"
"""16:00 to 24:00 in Shanghai; ``T0`` is 22:13:20."""
OVER_US = T0 - (6 * 60 + 13) * MINUTE - 20 * SECOND + 8 * 60 * MINUTE
TO_ALL = NoticeRules((), (ReportRule(("duty", "mail"), "", "zh"),))


async def test_when_a_shift_is_over_its_report_goes_out_once_whatever_restarts(
    tmp_path: Path, records: Records
) -> None:
    with WebServer().running() as server, MailServer().running() as mail:
        plant = Plant(tmp_path / "plant", records, server)
        plant.desk.pass_s(1, {"LEVEL": 90})
        plant.store()
        plant.ways["mail"] = mailbox(mail)
        for now_us in (OVER_US - SECOND, OVER_US + 5 * MINUTE - 1, OVER_US + 5 * MINUTE, OVER_US + 6 * MINUTE):
            plant.clock.now_us = now_us
            centre = plant.anew(TO_ALL)  # it starts again each time
            centre._reporting.look()
            await sent(centre._sender)
            assert len(server.got) == len(mail.got) == int(now_us >= OVER_US + 5 * MINUTE)
    (body,) = bodies(server)
    assert body["report"]["shift"]["id"] == SHIFT
    assert body["subject"] == "班报 2026-09-21 中班"
    ((_, got),) = mail.got
    (attached,) = got.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (
        "shift-2026-09-21-evening-zh.pdf", "application/pdf"
    )  # fmt: skip
    assert attached.get_content().startswith(b"%PDF-")
    assert got.get_body().get_content().splitlines()[:1] == ["班报 2026-09-21 中班"]


async def test_no_report_is_sent_of_a_shift_before_the_first_alarm_or_of_long_ago(
    tmp_path: Path, records: Records
) -> None:
    with WebServer().running() as server:
        plant = Plant(tmp_path / "plant", records, server)
        reporting = plant.anew(NoticeRules((), (ReportRule(("duty",), "", "en"),)))._reporting
        plant.clock.now_us = OVER_US + 10 * MINUTE
        reporting.look()
        assert records.outbox.due(plant.clock.now_us) == []
        plant.clock.now_us = T0
        plant.desk.pass_s(1, {"LEVEL": 90})
        plant.store()
        plant.clock.now_us = OVER_US + 25 * 60 * MINUTE
        reporting.look()
        keys = [each.notification.key for each in records.outbox.take("me", "duty", 2 * T0, lease_us=1, limit=9)]
    # Three shifts ended in the last 24 h; that of T0 an hour earlier.
    assert keys == [f"report/duty/2026-09-22/{shift}//en" for shift in ("evening", "day", "night")]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (404, 1)])
def test_a_target_is_tried_by_hand(
    tmp_path: Path, status: int, code: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUTY_SECRET", SECRET)
    with WebServer([status]).running() as server:
        text = f'[targets.duty]\nkind = "webhook"\nurl = "{server.url}"\nsecret_env = "DUTY_SECRET"\n'
        (tmp_path / "instance.toml").write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["didymium", "notify-test", "duty", "--data", str(tmp_path)])
        with pytest.raises(SystemExit) as ended:
            main()
    ((headers, body),) = server.got
    assert Verifier(SECRET).verify(body, headers)["kind"] == "test"
    said = capfd.readouterr()
    assert (ended.value.code, "404" in said.err) == (code, code == 1), said


async def send_until_killed(url: str, hook: str) -> None:
    records = Records.open(url)
    way = Webhook(WebhookTarget("duty", hook, ""), SECRET)
    await Sender(records.outbox, {"duty": way}, plain, Clock()).run()


if __name__ == "__main__":
    logging.disable()
    asyncio.run(send_until_killed(*sys.argv[1:3]))
