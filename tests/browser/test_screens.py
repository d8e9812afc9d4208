"""What a person sees: the wall, a site, a unit's trend, all tags, both languages, and a connection that fails."""

import os
import re
import signal
import time

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.walking import walked
from tests.installation import Installation

CELL = "S03.PL5.CELL041"
GO = "to => { history.pushState(null, '', to); dispatchEvent(new Event('popstate')) }"
"""To another page without loading all anew."""
PAGES = (
    "/", "/site/S01", "/site/S02", "/site/S03", "/site/S05", "/site/S07", "/site/S08", "/site/S09", f"/unit/{CELL}",
    "/energy", "/balances", "/balances/s08_water", "/claims", "/claims/C18",
    "/alarms/covered", "/alarms/journal", "/alarms/interlocks",
    f"/alarm/{CELL}/AE", "/tags", "/health", "/training",
)  # fmt: skip


def number(text: str) -> float:
    return float(re.sub(r"[^0-9.]", "", text))


def test_the_wall_shows_every_site_and_counts_points(page: Page):
    page.goto("/")
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    expect(page.locator("[data-testid^=site-node-]")).to_have_count(24)
    points = page.get_by_test_id("points-today").first
    before = number(points.inner_text())
    page.wait_for_function(
        "before => Number(document.querySelector('[data-testid=points-today]').innerText.replace(/[^0-9.]/g, ''))"
        " > before",
        arg=before,
    )
    expect(page.locator("[data-testid^=headline-]").first).to_be_visible()


def test_language_switches_without_a_reload(page: Page):
    page.goto("/")
    page.evaluate("window.sameDocument = true")
    switch = page.get_by_test_id("lang-switch")
    expect(switch).to_have_text("中文")
    switch.click()
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
    expect(page.get_by_test_id("lang-switch")).to_have_text("EN")
    assert page.evaluate("window.sameDocument")
    page.get_by_test_id("lang-switch").click()
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^en"))


def test_a_site_opens_from_the_wall_and_back_works(page: Page):
    page.goto("/")
    page.get_by_test_id("site-node-S03").click()
    expect(page).to_have_url(re.compile(r"/site/S03$"))
    expect(page.locator(f"[data-testid='unit-mark-{CELL}']")).to_be_visible()
    assert page.locator("[data-testid^='unit-mark-S03.PL']").count() == 70
    page.go_back()
    expect(page.get_by_test_id("site-node-S03")).to_be_visible()


def test_every_site_page_shows_its_units(page: Page, installation: Installation):
    page.goto("/")
    for site in installation.ask("/api/complex")["sites"]:
        page.evaluate(GO, f"/site/{site['id']}")
        expect(page.locator(f"[data-testid^='unit-mark-{site['id']}.']").first).to_be_attached()


def test_a_unit_shows_its_trend_with_history(page: Page):
    with page.expect_response(lambda response: "/api/series" in response.url) as answered:
        page.goto(f"/unit/{CELL}")
    series = answered.value.json()["tags"]
    assert sum(series[0]["count"]) > 60
    trend = page.get_by_test_id("trend")
    expect(trend.locator("canvas").first).to_be_visible()


def test_a_note_written_on_the_trend_is_marked_and_kept(page: Page, installation: Installation):
    page.goto(f"/unit/{CELL}?tags=VOLT_PV")
    trend = page.get_by_test_id("trend")
    expect(trend.locator("canvas").first).to_be_visible()
    page.keyboard.press("n")
    page.get_by_test_id("note-text").fill("Anode changed")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("note-form").get_by_role("alert")).to_contain_text("who is empty")
    page.get_by_test_id("note-who").fill("Shift A")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("note-form")).to_have_count(0)
    expect(page.get_by_test_id("mark-row")).to_contain_text(["Anode changed"])
    page.reload()
    expect(page.get_by_test_id("mark-row")).to_contain_text(["Anode changed"])
    page.get_by_role("button", name="365 d").click()
    expect(page.get_by_test_id("mark-row")).to_contain_text(["Anode changed"])
    page.get_by_test_id("mark-row").click()
    expect(page.get_by_role("button", name="365 d")).to_have_attribute("aria-pressed", "false")
    now_us = int(time.time() * 1e6)
    asked = f"/api/annotations?tags={CELL}.*&from_us={now_us - 3_600_000_000}&to_us={now_us}"
    kept = installation.ask(asked)["annotations"]
    assert [(note["tag"], note["text"], note["who"]) for note in kept] == [
        (f"{CELL}.VOLT_PV", "Anode changed", "Shift A")
    ]


def test_a_note_stays_when_what_was_asked_before_it_is_answered_after_it(page: Page):
    late: list[tuple[Route, APIResponse]] = []
    saved: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            saved.append(route)
        if saved:
            route.continue_()
        else:
            late.append((route, route.fetch()))
            page.evaluate("n => (window.late = n)", len(late))

    page.route("**/api/annotations*", hold)
    page.goto("/unit/S03.PL5.CELL042?tags=VOLT_PV")
    # Once for the last day, and once for the young history that is shown instead.
    page.wait_for_function("window.late === 2")
    trend = page.get_by_test_id("trend")
    expect(trend).not_to_have_attribute("data-points", "0")
    trend.hover()
    page.keyboard.press("n")
    page.get_by_test_id("note-text").fill("Anode changed")
    page.get_by_test_id("note-who").fill("Shift A")
    before = [route.request for route, _ in late]
    with page.expect_response(lambda response: "/api/annotations?" in response.url and response.request not in before):
        page.keyboard.press("Control+Enter")
        expect(page.get_by_test_id("note-form")).to_have_count(0)
        for route, answer in late:
            route.fulfill(response=answer)
    expect(page.get_by_test_id("mark-row")).to_contain_text(["Anode changed"])


def test_balances_open_to_a_flow_sheet_whose_streams_open_to_their_readings(page: Page, installation: Installation):
    page.goto("/balances")
    sheets = installation.ask("/api/balances?window=now")["sheets"]
    expect(page.locator("[data-testid^=balance-sheet-]")).to_have_count(len(sheets))
    page.get_by_test_id("balance-sheet-s08_water").get_by_role("rowheader").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/balances/s08_water$"))
    minute = int(time.time() // 60)
    page.goto(f"/balances/s08_water?from_us={(minute - 4) * 60_000_000}&to_us={(minute - 2) * 60_000_000}")
    diagram = page.get_by_test_id("balance-diagram")
    expect(diagram.locator("[data-testid^=balance-node-]")).to_have_count(13)
    expect(diagram.get_by_test_id("balance-node-ro2")).to_have_attribute("href", "/unit/S08.MEM.RO002")
    page.get_by_test_id("balance-stream-in1").get_by_role("link").press("ArrowDown")
    expect(page.get_by_test_id("balance-stream-in2").get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    proof = page.get_by_test_id("kpi-proof")
    expect(proof.get_by_test_id("reconciled")).to_be_visible()
    expect(proof.get_by_test_id("formula")).to_contain_text("S08.PRE.PRE001.IN2_F")
    page.keyboard.press("Escape")
    expect(proof).to_have_count(0)
    digest = page.get_by_test_id("balance-digest").inner_text()
    page.get_by_test_id("balance-anew").click()
    expect(page.get_by_test_id("balance-anew-said")).to_have_attribute("data-same", "true")
    assert page.get_by_test_id("balance-digest").inner_text() == digest


def test_the_energy_page_tells_power_against_the_contract_and_opens_to_the_feeders(
    page: Page, installation: Installation
):
    told = installation.ask("/api/energy?window=now")
    assert told["contract"]["cap_mw"] == 95.0
    page.goto("/energy?window=now")
    drawn = page.get_by_test_id("energy-drawn")
    expect(drawn).to_have_attribute("data-standing", "within")
    expect(drawn).to_contain_text(re.compile(r"[56]\d\.\d\d MW"))
    expect(page.locator("[data-testid^=energy-site-S]")).to_have_count(24)
    expect(page.locator("[data-testid^=energy-process-]")).to_have_count(9)
    expect(page.locator("[data-testid^=energy-step-] th")).to_contain_text(
        ["Motor line", "Mills", "Strip casting", "Evaporators", "Cells"]
    )
    expect(page.get_by_test_id("energy-step-mills")).to_contain_text("not metered apart, part of")
    expect(page.get_by_test_id("energy-needed")).to_have_attribute("data-needed", "0")
    curve = page.get_by_test_id("energy-curve")
    curve.press("Home")
    expect(page.get_by_test_id("energy-reading")).to_contain_text("00:00–00:15")
    curve.press("End")
    curve.press("Enter")
    proof = page.get_by_test_id("kpi-proof")
    expect(proof.get_by_test_id("formula")).to_contain_text("S23.POWER.SUBST006.P")
    expect(page).to_have_url(re.compile(r"/energy\?window=now&proof=power_drawn@&from_us=\d+&to_us=\d+$"))
    page.keyboard.press("Escape")
    expect(proof).to_have_count(0)
    page.get_by_test_id("energy-rest").get_by_role("link").last.click()
    expect(proof.get_by_test_id("formula")).to_contain_text("energy_bought")


def test_a_site_with_a_flow_sheet_shows_its_closing_balance(page: Page):
    page.goto("/site/S08")
    expect(page.get_by_test_id("closings").get_by_test_id("balance-diagram")).to_be_visible()
    expect(page.get_by_test_id("closings").get_by_test_id("balance-verdict").first).to_be_visible()


def test_units_are_drawn_as_the_complex_says(page: Page):
    page.goto("/site/S07")
    stations = page.get_by_test_id("drawing-line").locator("[data-testid^=unit-mark-]")
    expect(stations).to_have_count(14)
    expect(stations.last).to_have_attribute("data-testid", "unit-mark-S07.LINE.STN014")
    expect(stations.first).to_contain_text(re.compile(r"RUN|STARVED|BLOCKED"))
    expect(page.get_by_test_id("line-slowest")).to_contain_text(re.compile(r"STN0\d\d.* 1\d\d\.\d s"))
    expect(page.locator("[data-testid^=unit-mark-S07]")).to_have_count(16)
    page.goto("/site/S09")
    bays = page.get_by_test_id("drawing-store").locator("[data-testid^=unit-mark-]")
    expect(bays).to_have_count(24)
    expect(bays.first).to_contain_text(re.compile(r"\d\.\d\s*%.*\d\.\d\d\s*t", re.DOTALL))
    docks = page.get_by_test_id("drawing-docks").locator("[data-testid^=unit-mark-]")
    expect(docks).to_have_count(12)
    expect(docks.first).to_contain_text(re.compile(r"(FREE|RESERVED|DOCKED|LOADING|SEALED).*\d min", re.DOTALL))
    page.goto("/site/S02")
    expect(page.get_by_test_id("goods-S02.KILN.KILN70")).to_have_attribute("data-inside", re.compile(r"^1\d{3}$"))
    expect(page.locator("[data-testid^='unit-mark-S02.ROBOT']")).to_have_count(3)
    arm = page.get_by_test_id("served-S02.ROBOT.ROBOT003")
    expect(arm).to_contain_text(re.compile(r"ROBOT003.*TIP.*AUTO.*\d\d\.\d\s*s", re.DOTALL))
    page.goto("/site/S10")
    cells = page.get_by_test_id("drawing-tiles-T_CELL")
    expect(cells.locator("[data-testid^='unit-mark-S10']")).to_have_count(120)
    cells.get_by_text(re.compile(r"^\d\.\d{3}$")).first.click()
    expect(page).to_have_url(re.compile(r"/unit/S10\.PL1\.CELL001\?tags=VOLT_PV&raw=S10\.PL1\.CELL001\.VOLT_PV"))


def test_a_unit_tells_what_comes_next_its_lots_and_its_upkeep(page: Page):
    page.goto("/unit/S05.H1.SC001")
    expect(page.get_by_test_id("unit-next")).to_contain_text("Next: ")
    expect(page.get_by_test_id("unit-lots").locator("tbody tr").first).to_contain_text(
        re.compile(r"\d{4,}.*now.*kg", re.DOTALL)
    )
    expect(page.get_by_test_id("unit-upkeep").locator("li")).to_have_count(2)


def test_a_tag_is_found_among_all(page: Page):
    page.goto("/tags")
    expect(page.get_by_test_id("tag-row").first).to_be_visible()
    assert page.get_by_test_id("tag-row").count() < 200, "the list of 18,947 must be virtualised"
    page.get_by_test_id("tag-search").fill("S10.PL1.CELL003.VOLT")
    expect(page.get_by_test_id("tag-row")).to_have_count(1)
    expect(page.get_by_test_id("tag-row")).to_contain_text("VOLT_PV")


def test_data_health_lists_connectors_and_completeness(page: Page):
    page.goto("/health")
    expect(page.get_by_text("S10/opcua/PL1")).to_be_visible()
    expect(page.get_by_text("S08/modbus").first).to_be_visible()
    expect(page.get_by_test_id("completeness").first).to_contain_text(re.compile(r"\d+\.\d{3}"))
    expect(page.get_by_test_id("gap-list")).to_be_attached()


def test_a_fault_is_put_on_a_unit_and_cleared_from_the_training_page(page: Page, installation: Installation):
    page.goto("/training")
    expect(page.get_by_test_id("all-well")).to_be_visible()
    expect(page.get_by_test_id("speed")).to_have_text("×1")
    page.get_by_test_id("fault-site").select_option("S08")
    page.keyboard.press("/")
    page.keyboard.type("trips")
    page.get_by_test_id("fault-F09").click()
    page.get_by_test_id("place").select_option("S08.MEM.RO001")
    page.get_by_test_id("inject").click()
    expect(page.get_by_test_id("trouble")).to_contain_text("who you are")
    page.get_by_test_id("who").fill("Shift A")
    page.get_by_test_id("inject").click()
    standing = page.get_by_test_id("standing")
    expect(standing).to_contain_text(["F09"])
    expect(standing.get_by_test_id("elapsed")).to_contain_text(re.compile(r"[2-9]"))
    assert [each["place"] for each in installation.ask("/api/training")["in_force"]] == ["S08.MEM.RO001"]
    expect(page.get_by_test_id("inject")).to_be_disabled()
    standing.get_by_role("button").click()
    expect(page.get_by_test_id("all-well")).to_be_visible()
    expect(page.get_by_test_id("log-entry").first).to_contain_text("Shift A")
    page.reload()
    expect(page.get_by_test_id("inject")).to_have_text("Inject F09")


def test_a_size_out_of_its_range_is_said_before_it_is_sent(page: Page):
    page.goto("/training?site=S05&fault=F12&place=S05.H2.SC017")
    page.get_by_test_id("size").fill("40")
    expect(page.get_by_test_id("inject-form")).to_contain_text("from 0.5 to 20 Pa/min")
    expect(page.get_by_test_id("inject")).to_be_disabled()
    page.get_by_test_id("size").fill("4")
    expect(page.get_by_test_id("inject")).to_be_enabled()


def test_a_scenario_is_started_and_stopped_in_chinese(page: Page):
    page.goto("/training?lang=zh")
    page.get_by_test_id("who").fill("李伟")
    drill = page.get_by_test_id("scenario-first-drill")
    drill.get_by_role("button").click()
    expect(drill).to_contain_text("已进行")
    drill.get_by_role("button").click()
    expect(drill.get_by_role("button")).to_have_text("启动")
    expect(page.get_by_test_id("log-entry").first).to_contain_text("停止演练 首次演练")


def test_claims_stand_in_a_list_with_their_verdicts(page: Page):
    page.goto("/claims")
    lines = page.get_by_test_id("claim-line")
    expect(lines).to_have_count(32)
    expect(lines.first).to_contain_text("18,946.76")
    for verdict, count in (("ok", 15), ("ok_if", 8), ("loose", 5), ("tension", 4), ("broken", 0)):
        expect(page.get_by_test_id(f"claims-count-{verdict}")).to_contain_text(str(count))
    page.get_by_test_id("claims-count-tension").click()
    expect(lines).to_have_count(4)
    expect(lines).to_contain_text(["Tension"] * 4)
    page.keyboard.press("/")
    page.keyboard.type("quota")
    expect(lines).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/claims/C18\?verdict=tension&words=quota"))
    expect(page.get_by_test_id("claim-value")).to_have_text("93.8")


def test_a_slider_changes_what_a_claim_comes_to_and_reset_gives_the_same_bits(page: Page, installation: Installation):
    page.goto("/claims")
    names = page.get_by_test_id("claim-open")
    expect(names).to_have_count(32)
    page.keyboard.press("Home")
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    expect(names.nth(8)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/claims/C09$"))
    digest = page.get_by_test_id("claim-digest")
    told = next(each for each in installation.ask("/api/claims")["claims"] if each["id"] == "C09")
    expect(digest).to_have_text(told["digest"])
    expect(page.get_by_test_id("claim-value")).to_have_text("13.7")
    efficiency = page.get_by_test_id("claim-input-efficiency")
    efficiency.get_by_role("slider").press("Home")
    expect(page.get_by_test_id("claim-value")).to_have_text("17.8")
    expect(page.get_by_test_id("claim-verdict")).to_have_text("Broken")
    expect(page.get_by_test_id("claim-was")).to_contain_text("13.7")
    expect(digest).not_to_have_text(told["digest"])
    expect(page).to_have_url(re.compile(r"try=efficiency%3A60"))
    efficiency.get_by_role("textbox").fill("95")
    expect(efficiency.get_by_role("alert")).to_contain_text("60 to 90")
    efficiency.get_by_role("textbox").fill("70")
    expect(page).to_have_url(re.compile(r"try=efficiency%3A70"))
    page.reload()
    expect(page.get_by_test_id("claim-value")).to_have_text("15.3")
    page.get_by_test_id("claim-reset").click()
    expect(digest).to_have_text(told["digest"])
    page.get_by_test_id("claim-recompute").click()
    expect(page.get_by_test_id("claim-again")).to_contain_text("bit for bit")
    page.go_back()
    expect(page.get_by_test_id("claim")).to_have_count(0)
    expect(page.get_by_test_id("claim-line")).to_have_count(32)


def test_a_claim_has_an_address_and_speaks_chinese(page: Page):
    page.goto("/claims/C17?lang=zh")
    claim = page.get_by_test_id("claim")
    expect(claim).to_contain_text("薄片年化产量")
    expect(page.get_by_test_id("claim-verdict")).to_have_text("存疑")
    claim.get_by_test_id("claim-proof").click()
    expect(page).to_have_url(re.compile(r"/\?proof=s05_flakes$"))
    page.go_back()
    expect(claim).to_contain_text("薄片年化产量")
    page.goto("/claims/C99")
    expect(page.get_by_role("alert")).to_contain_text("C99")


def test_an_unknown_page_says_so(page: Page):
    page.goto("/nothing/here")
    expect(page.locator("main, body").first).to_contain_text(re.compile("nothing|no such|not", re.IGNORECASE))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_fits_every_screen_and_can_be_used(page: Page, language: str):
    """Each page is looked at closely in one of the languages: what differs is words."""
    own = ("en", "zh").index(language)
    wrong = [each for i, address in enumerate(PAGES) for each in walked(page, address, language, closely=i % 2 == own)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_hour_stays_on_the_screen_at_both_ends_of_the_day(page: Page, share: float):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    hour = page.locator(".ruler .now")
    expect(hour).to_be_visible()
    left, right = hour.evaluate(
        """(hour, share) => {
            hour.style.setProperty('--share', share)
            const { left, right } = hour.getBoundingClientRect()
            return [left, right]
        }""",
        share,
    )
    assert left >= 0
    assert right <= 390


def test_a_lost_connection_is_shown_and_comes_back(page: Page, installation: Installation):
    page.goto("/")
    state = page.get_by_test_id("connection-state")
    expect(state).to_have_attribute("data-state", "live")
    os.kill(installation.ask("/api/health")["processes"]["centre"]["pid"], signal.SIGKILL)
    expect(state).not_to_have_attribute("data-state", "live", timeout=15_000)
    expect(state).to_have_attribute("data-state", "live", timeout=60_000)
