"""The report of a shift, sent to real servers when the shift is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from notified import MINUTE, SECOND, T0, Plant, bodies, mailbox, sent
from receivers import MailServer, WebServer

from didymium.alarms.notice_rules import NoticeRules, ReportRule
from didymium.records.store import Records

SHIFT = "2026-09-21/evening"
"""16:00 to 24:00 in Shanghai; ``T0`` is 22:13:20."""
OVER_US = T0 - (6 * 60 + 13) * MINUTE - 20 * SECOND + 8 * 60 * MINUTE
TO_ALL = NoticeRules((), (ReportRule(("duty", "mail"), "", "zh"),))


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    yield opened
    opened.close()


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
