"""A shift at the desk: a flood, its first-out, acknowledging, shelving, handing over, the report; in both languages."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walking import walked
from tests.installation import Installation

FAULTS = (
    ("F09", "S23.WATER.CWSTN001"),
    ("F05", "S03.PL3.CELL025"),
    ("F08", "S02.ROBOT.ROBOT001"),
    ("F14", "S18.FUME.SCRUB001"),
    ("F21", "S23.H2.H2STN001"),
)
FIRST = {
    "S23.WATER.CWSTN001/PUMP_LOST",
    "S03.PL3.CELL025/I9",
    "S02.ROBOT.ROBOT001/I17",
    "S18.FUME.SCRUB001/I11",
}
SOON_MS = 30_000
OPEN = "unack,acked,rtn_unack,latched"
PAGES = {
    "/alarms": "alarm-row",
    "/alarms/measures": "load",
    "/kpi": "kpi-complex",
    "/kpi/S03": "kpi-matrix-T_CELL",
    "/report": "report",
}
"""Pages that a flood fills, and what they show then."""


def told(installation: Installation, path: str, what: object) -> Any:
    request = urllib.request.Request(
        installation.wall + path, json.dumps(what).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def open_alarms(installation: Installation) -> dict[str, Any]:
    return {row["alarm"]: row for row in installation.ask(f"/api/alarms?states={OPEN}&limit=1000")["rows"]}


@pytest.fixture(scope="module")
def flood(installation: Installation) -> Iterator[Installation]:
    """Five things go wrong at once, at four sites."""
    for code, place in FAULTS:
        told(installation, "/api/training/inject", {"code": code, "place": place, "who": "drill"})
    installation.wait_for("the first alarms", lambda _: open_alarms(installation).keys() >= FIRST)
    yield installation
    for code, place in FAULTS:
        told(installation, "/api/training/clear", {"code": code, "place": place, "who": "drill"})


@pytest.fixture
def desk(page: Page, flood: Installation) -> Page:
    """The list, with who works at it."""
    page.goto("/alarms")
    expect(page.get_by_test_id("alarm-row").first).to_be_visible()
    page.get_by_test_id("who").fill("night shift")
    page.get_by_test_id("alarm-list").focus()
    return page


def search(page: Page, words: str) -> None:
    page.keyboard.press("/")
    page.get_by_test_id("alarm-search").fill(words)
    expect(page).to_have_url(re.compile("q="))
    page.keyboard.press("Enter")


def line(page: Page, alarm: str) -> Any:
    return page.locator(f"[data-testid=alarm-row][data-alarm='{alarm}']")


def chosen(page: Page, alarm: str) -> Any:
    """The line of an alarm, searched for and under the cursor."""
    search(page, alarm)
    row = line(page, alarm)
    expect(row).to_be_visible(timeout=SOON_MS)
    row.locator(".state").click()
    return row


def test_the_flood_shows_its_first_outs_and_what_is_under_them(desk: Page, flood: Installation) -> None:
    desk.goto("/alarms")
    for alarm in sorted(FIRST):
        expect(line(desk, alarm)).to_be_visible(timeout=SOON_MS)
    group = "/api/alarms?group=S23.WATER.CWSTN001/PUMP_LOST&limit=1000"
    flood.wait_for("what follows the pump", lambda _: len(flood.ask(group)["rows"]) > 1)
    under = flood.ask(group)["rows"]
    row = line(desk, "S23.WATER.CWSTN001/PUMP_LOST")
    row.locator(".fold").click()
    children = desk.locator("[data-testid=alarm-row][aria-level='2']")
    expect(children.first).to_be_visible()
    assert under[0]["group"] == "S23.WATER.CWSTN001/PUMP_LOST"
    expect(desk.locator(".hid").first).to_contain_text("PUMP_LOST")


def test_a_key_acknowledges_and_the_second_person_learns_who_did(desk: Page, flood: Installation) -> None:
    alarm = "S02.ROBOT.ROBOT001/I17"
    row = chosen(desk, alarm)
    expect(row).to_have_attribute("data-state", "unack")
    seen = open_alarms(flood)[alarm]["number"]
    desk.keyboard.press("a")
    expect(row).to_have_attribute("data-state", "acked")
    who = {"event": "acknowledge", "alarms": [{"alarm": alarm, "number": seen}], "who": "day shift"}
    (refused,) = told(flood, "/api/alarms/act", who)["refused"]
    assert (refused["why"], refused["by"], refused["event"]) == ("overtaken", "night shift", "acknowledge")
    desk.goto(f"/alarm/{alarm}")
    expect(desk.get_by_test_id("history")).to_contain_text("night shift")
    expect(desk.get_by_test_id("rationale")).to_be_visible()


def test_shelving_needs_a_reason_ends_in_hours_and_lies_on_the_shelf(desk: Page, flood: Installation) -> None:
    alarm = "S18.FUME.SCRUB001/I11"
    chosen(desk, alarm)
    desk.keyboard.press("s")
    form = desk.get_by_test_id("act-form")
    expect(form).to_be_visible()
    desk.get_by_test_id("reason").fill("standby fan is being mounted")
    desk.get_by_test_id("shelve-until").fill("2035-01-01T00:00")
    desk.get_by_test_id("act-save").click()
    expect(desk.get_by_test_id("form-trouble")).to_contain_text("at most 8 h")
    desk.get_by_label(re.compile("15 min")).check()
    desk.get_by_test_id("act-save").click()
    expect(form).to_be_hidden()
    desk.goto("/alarms/covered")
    shelf = desk.get_by_test_id("covered-shelved")
    expect(shelf).to_contain_text("standby fan is being mounted")
    assert alarm not in open_alarms(flood)
    (row,) = flood.ask("/api/alarms?states=shelved")["rows"]
    told(
        flood, "/api/alarms/act",
        {"event": "unshelve", "alarms": [{"alarm": alarm, "number": row["number"]}], "who": "night shift"},
    )  # fmt: skip
    assert open_alarms(flood)[alarm]["state"] == "acked"


def test_an_alarm_is_handed_over_with_a_note(desk: Page, flood: Installation) -> None:
    alarm = "S23.WATER.CWSTN001/PUMP_LOST"
    row = chosen(desk, alarm)
    desk.keyboard.press("i")
    desk.get_by_test_id("assignee").fill("day shift")
    desk.get_by_test_id("reason").fill("end of shift")
    desk.get_by_test_id("act-save").click()
    expect(row.locator(".assignee")).to_have_text("day shift")
    desk.keyboard.press("n")
    desk.get_by_test_id("reason").fill("second pump runs by hand")
    desk.get_by_test_id("act-save").click()
    expect(row.locator(".notes")).to_contain_text("1")
    desk.goto(f"/alarm/{alarm}")
    expect(desk.get_by_test_id("notes")).to_contain_text("second pump runs by hand")
    expect(desk.get_by_test_id("assignments")).to_contain_text("day shift")


def test_the_journal_finds_who_did_what(desk: Page, flood: Installation) -> None:
    alarm = "S03.PL3.CELL025/I9"
    act = {"alarms": [{"alarm": alarm, "number": open_alarms(flood)[alarm]["number"]}], "who": "night shift"}
    until_us = time.time_ns() // 1000 + 600_000_000
    told(flood, "/api/alarms/act", {"event": "shelve", "reason": "gauge is being flushed", "until_us": until_us, **act})
    (row,) = flood.ask("/api/alarms?states=shelved&words=CELL025")["rows"]
    act["alarms"][0]["number"] = row["number"]
    told(flood, "/api/alarms/act", {"event": "unshelve", **act})
    desk.goto("/alarms/journal")
    desk.get_by_test_id("journal-search").fill("gauge is being")
    rows = desk.get_by_test_id("journal-row")
    expect(rows).to_have_count(1)
    expect(rows.first).to_have_attribute("data-event", "shelve")
    expect(rows.first).to_contain_text("night shift")


def test_what_is_loud_is_silenced_by_a_key(desk: Page) -> None:
    desk.get_by_test_id("alarm-list").focus()
    desk.keyboard.press("m")
    expect(desk.get_by_test_id("speaker").first).to_be_visible()
    expect(desk.get_by_test_id("alarm-mark")).to_be_visible()


def test_interlocks_are_shown_and_the_centre_says_that_it_only_advises(desk: Page) -> None:
    desk.goto("/alarms/interlocks")
    expect(desk.get_by_test_id("advisory")).to_be_visible()
    expect(desk.get_by_test_id("tripped")).to_contain_text("I9")


def test_a_key_figure_opens_to_its_formula_and_its_readings(page: Page, flood: Installation) -> None:
    page.goto("/kpi")
    figure = page.locator("[data-testid^='kpi-'][data-testid*='@']").first
    expect(figure).to_be_visible(timeout=SOON_MS)
    figure.click()
    proof = page.get_by_test_id("kpi-proof")
    expect(proof.get_by_test_id("formula")).to_be_visible()
    expect(proof.locator("[data-testid^=kpi-input-]").first).to_be_visible()


def test_the_shift_is_reported_and_handed_over(page: Page, flood: Installation, tmp_path: Path) -> None:
    page.goto("/report")
    expect(page.get_by_test_id("report")).to_be_visible(timeout=SOON_MS)
    form = page.get_by_test_id("handover-form")
    form.locator("input").first.fill("night shift")
    form.locator("textarea").fill("pump 2 of the cooling water by hand")
    form.locator("button").last.click()
    expect(page.get_by_test_id("handover-notes")).to_contain_text("pump 2 of the cooling water by hand")
    for kind, begins in (("pdf", b"%PDF-"), ("xlsx", b"PK")):
        with page.expect_download(timeout=SOON_MS) as download:
            page.get_by_test_id(f"report-{kind}").click()
        download.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(begins)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_a_flood_pages_fit_every_screen_and_can_be_used(page: Page, flood: Installation, language: str) -> None:
    """Each page is looked at closely in one of the languages: what differs is words."""
    own = ("en", "zh").index(language)
    wrong = []
    for i, (address, there) in enumerate(PAGES.items()):
        wrong += walked(page, address, language, there, closely=i % 2 == own)
    assert not wrong, "\n".join(wrong)
