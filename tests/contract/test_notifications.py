"""Notifications to real servers: signed, with one key however often they are sent, none held up by another."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme
from notified import MINUTE, SECOND, SECRET, T0, Clock, Plant, bodies, mailbox, sent, webhook
from receivers import MailServer, WebServer
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from didymium.alarms.life import Event
from didymium.alarms.notice_rules import Choice, NoticeRules, Quiet, Rule
from didymium.records.outbox import Notification, Standing
from didymium.records.store import Records
from didymium.service import sending
from didymium.service.cli import main
from didymium.service.message import Message, Outlet, Unsent
from didymium.service.sending import Sender
from didymium.service.targets import WebhookTarget
from didymium.service.webhook import Webhook

FOUND = {"PYTHONPATH": str(Path(__file__).parents[1])}
MESSAGE = Message("told/duty/S01.A1.U1.T/HH/1", "High: level 液位", "The tank is full 满罐\n", {"alarm": "泵"})


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    yield opened
    opened.close()


async def plain(notification: Notification, _: bool) -> Message:
    return Message(notification.key, "subject", "text", json.loads(notification.payload))


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


LEVEL = "S01.PR1.PRECIP001.LEVEL/H"
TEMP = "S01.PR1.PRECIP001.TEMP/H"


def rule(language: str, **more: Any) -> Rule:
    nothing = frozenset[str]()
    said = {"unacknowledged_us": 0, "quiet": None, "most": 6} | more
    return Rule("urgent", ("duty",), Choice(frozenset(), nothing, nothing), **said, language=language)


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
