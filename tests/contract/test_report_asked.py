"""The report of a shift over HTTP: gathered from the journal, the same when made again, in every form."""

from __future__ import annotations

import io
import re
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import openpyxl
import pypdfium2
import pytest

from didymium.service.centre import SCREENS
from tests.alarm_centre import SECOND, AlarmCentre, alarm_centre
from tests.unit.alarm_desk import REACTOR

DAY = "2027-01-15/day"
"""The clock begins on 15 January 2027 at 16:00:00 in Shanghai; the evening's shift begins then."""
EVENING = "2027-01-15/evening"
NIGHT = "2027-01-16/night"
HOURS_8 = 8 * 3600 * SECOND


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlarmCentre]:
    """A centre whose evening shift has an alarm that was acknowledged, one that was shelved, and a trip."""
    folder = tmp_path_factory.mktemp("report")
    with alarm_centre(folder) as one:
        (folder / "report-fonts").symlink_to(SCREENS / "report-fonts")
        one.pass_s({"LEVEL": 90})
        one.pass_s({"TEMP": 96})
        one.act("acknowledge", "LEVEL/H", who="evening")
        one.act("shelve", "TEMP/HH", reason="Gauge is replaced 更换", until_us=one.clock[0] + HOURS_8)
        one.pass_s({"LEVEL": 50})
        one.pass_s({"LEVEL": 91})
        yield one


def report(centre: AlarmCentre, **query: object) -> Any:
    status, answer = centre.asked("/api/report", **{"shift": EVENING} | query)
    assert status == 200, answer
    return answer


def file(centre: AlarmCentre, form: str, language: str = "en", shift: str = EVENING) -> tuple[str, bytes]:
    address = f"{centre.served.address}/api/report?shift={shift}&format={form}&language={language}"
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.headers["Content-Disposition"], answer.read()


def test_the_shifts_that_can_be_reported_are_listed_newest_first(centre: AlarmCentre) -> None:
    _, answer = centre.asked("/api/shifts")
    shifts = answer["shifts"]
    assert len(shifts) == 30
    assert [(each["id"], each["closed"]) for each in shifts[:3]] == [
        (EVENING, False), (DAY, True), ("2027-01-15/night", True)
    ]  # fmt: skip
    assert shifts[0]["name"] == {"en": "Evening shift", "zh": "中班"}
    assert shifts[0]["to_us"] - shifts[0]["from_us"] == HOURS_8


def test_a_report_tells_what_the_journal_knows(centre: AlarmCentre) -> None:
    said = report(centre)
    alarms = said["alarms"]
    assert (said["shift"]["id"], said["site"], said["kpis"]) == (EVENING, None, [])
    assert alarms["told"] == sum(alarms["by_priority"].values())
    top = {each["alarm"]: each["told"] for each in alarms["top"]}
    assert top[f"{REACTOR}.LEVEL/H"] == 2
    assert sum(top.values()) == alarms["told"]
    open_ = {row["alarm"]: row for row in alarms["open"]}
    level = open_[f"{REACTOR}.LEVEL/H"]
    assert (level["state"], level["value"], level["limit"], level["condition"]["en"]) == ("unack", 91, 88, "≥ 88 %")
    (shelved,) = alarms["shelved"]
    assert (shelved["alarm"], shelved["actor"], shelved["reason"]) == (
        f"{REACTOR}.TEMP/HH", "night", "Gauge is replaced 更换"
    )  # fmt: skip
    assert shelved["until_us"] > centre.clock[0]
    (tripped,) = said["interlocks"]["tripped"]
    assert (tripped["id"], tripped["unit"], tripped["name"]["zh"]) == ("I1", REACTOR, "搅拌过载")


def test_a_report_of_one_site_has_its_own_alone(centre: AlarmCentre) -> None:
    one, two = (report(centre, site=site)["alarms"] for site in ("S01", "S02"))
    assert one["told"] + two["told"] == report(centre)["alarms"]["told"]
    for site, alarms in (("S01", one), ("S02", two)):
        assert {row["alarm"][:3] for row in (*alarms["open"], *alarms["top"], *alarms["shelved"])} <= {site}
    assert f"{REACTOR}.LEVEL/H" in {row["alarm"] for row in one["top"]}


def test_what_a_note_says_stands_in_the_report(centre: AlarmCentre) -> None:
    text = "Pump 2 is noisy.\n2 号泵异响"
    status, kept = centre.asked("/api/report/handover", {"shift": EVENING, "who": "evening", "text": text})
    assert (status, kept) == (200, {"at_us": centre.clock[0], "who": "evening", "text": text})
    assert report(centre)["handover"][-1] == kept
    assert report(centre, shift=DAY)["handover"] == []
    assert "evening" in {each["name"] for each in centre.asked("/api/people")[1]["people"]}


@pytest.mark.parametrize(
    ("note", "status", "words"),
    [
        ({"shift": EVENING, "who": "evening", "text": " "}, 400, "is empty"),
        ({"shift": EVENING, "who": "", "text": "x"}, 400, "name"),
        ({"shift": NIGHT, "who": "evening", "text": "x"}, 400, "has not begun"),
        ({"shift": "2027-01-15/late", "who": "evening", "text": "x"}, 404, "night, day, evening"),
    ],
)
def test_a_note_that_cannot_be_kept_is_refused(
    centre: AlarmCentre, note: dict[str, str], status: int, words: str
) -> None:
    found, answer = centre.asked("/api/report/handover", note)
    assert (found, words in answer["detail"]) == (status, True), answer


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"shift": "yesterday"}, 404, "2026-11-28/night"),
        ({"format": "doc"}, 400, "json, html, xlsx, pdf"),
        ({"language": "fr"}, 400, "en or zh"),
        ({"site": "S9"}, 404, "there is no site"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    centre: AlarmCentre, query: dict[str, str], status: int, words: str
) -> None:
    found, answer = centre.asked("/api/report", **{"shift": EVENING} | query)
    assert (found, words in answer["detail"]) == (status, True), answer


def test_a_workbook_has_numbers_as_numbers_and_a_heading_that_stays(centre: AlarmCentre) -> None:
    name, content = file(centre, "xlsx")
    assert 'filename="shift-2027-01-15-evening-en.xlsx"' in name
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["In short", "Handover", "Key figures", "Interlocks", "Alarms"]
    summary = {row[0]: row[1] for row in book["In short"].iter_rows(values_only=True) if row[0]}
    assert summary["Alarms told"] == report(centre)["alarms"]["told"]
    alarms = book["Alarms"]
    (at,) = [cell.row for cell in alarms["F"] if cell.value == f"{REACTOR}.LEVEL/H" and cell.row < 12]
    assert (alarms.cell(at, 7).value, alarms.cell(at, 8).value) == (91, "%")
    assert isinstance(alarms.cell(at, 3).value, datetime)
    assert alarms.freeze_panes == "A3"


def test_a_page_stands_alone_and_says_nothing_that_it_should_not(centre: AlarmCentre) -> None:
    centre.asked("/api/report/handover", {"shift": EVENING, "who": "evening", "text": "<script>alert(1)</script>"})
    _, content = file(centre, "html", "zh")
    text = content.decode()
    assert "<title>班报 2027-01-15</title>" in text
    assert "反应釜液位" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not re.search(r"<(script|link|img)|https?:", text)


@pytest.mark.parametrize(("language", "words"), [("en", "Reactor level"), ("zh", "反应釜液位")])
def test_a_pdf_is_a4_with_its_font_inside(centre: AlarmCentre, language: str, words: str) -> None:
    _, content = file(centre, "pdf", language)
    document = pypdfium2.PdfDocument(content)
    try:
        first = document[0]
        assert [round(side) for side in first.get_size()] == [595, 842]
        text = " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
        assert words in text
        assert "Gauge is replaced 更换" in text
        dark = sum(first.render(scale=1).to_pil().convert("L").histogram()[:128])
        assert dark > 2_000  # glyphs are drawn, not empty boxes of a missing font
    finally:
        document.close()
    assert b"NotoSansSC" in content


def test_a_pdf_without_a_font_says_what_to_run(centre: AlarmCentre) -> None:
    fonts = centre.served.desk.screens / "report-fonts"
    fonts.rename(fonts.with_name("away"))
    try:
        status, answer = centre.asked("/api/report", shift=EVENING, format="pdf")
        assert (status, answer["detail"].endswith("Run: make frontend")) == (503, True)
    finally:
        fonts.with_name("away").rename(fonts)


def test_the_report_of_a_shift_that_is_over_stays_as_it_is(centre: AlarmCentre) -> None:
    """The last test: it lets the clock run on."""
    assert report(centre)["made_us"] == centre.clock[0]
    centre.clock[0] += HOURS_8
    centre.pass_s()  # what the clock brings, of the shift that is over too, is in the journal then
    before = report(centre)
    assert before["shift"]["closed"] is True
    assert before["made_us"] == before["shift"]["to_us"]
    assert before["alarms"]["shelved"][0]["until_us"] == 0
    files = {form: file(centre, form, "zh")[1] for form in ("json", "html", "xlsx", "pdf")}
    centre.pass_s({"LEVEL": 50, "TEMP": 45, "PH2": 14})
    centre.act("acknowledge", "LEVEL/H", who="night")
    assert report(centre, shift=NIGHT)["alarms"]["told"] > 0
    assert report(centre) == before
    assert {form: file(centre, form, "zh")[1] for form in files} == files
