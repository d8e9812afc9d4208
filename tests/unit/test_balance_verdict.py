"""Verdicts by hand: each way a leg can stand, the three verdicts, and the leak that could not be seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

from didymium.balance.building import check, read_sheets
from didymium.balance.closing import Closing, closing
from didymium.balance.legs import Leg, Rule
from didymium.balance.sheets import DAY_US, Sheet, Sheets
from didymium.balance.verdict import (
    Judged,
    Standing,
    State,
    blind_spot,
    missing_percent,
    of_closing,
    of_days,
    verdict,
    without_tags,
)
from didymium.model import starter
from didymium.model.folder import read_complex

NAME = 'name = { en = "Name", zh = "名称" }\n'
METER = 'formula = "growth(S01.PR1.PRECIP001.TOT_FEED)"\npercent = 5\nleast = 1\n'


def node(id_: str) -> str:
    return f'[[sheets.nodes]]\nid = "{id_}"\n{NAME}'


def stream(id_: str, more: str) -> str:
    return f'[[sheets.streams]]\nid = "{id_}"\n{NAME}{more}{METER}'


def sheet(id_: str, more: str) -> str:
    return f'[[sheets]]\nid = "{id_}"\n{NAME}quantity = "water"\nunit = "m³"\nsource = "a trial"\n{more}'


TANK = sheet("tank", node("a") + stream("came", 'to = "a"\n') + stream("went", 'from = "a"\n'))
CHAIN = sheet(
    "chain",
    node("a") + node("b") + node("c") + stream("one", 'to = "a"\n') + stream("two", 'from = "a"\nto = "b"\n')
    + stream("three", 'from = "b"\nto = "c"\n') + stream("four", 'from = "c"\n'),
)  # fmt: skip
HELD = (
    '[[sheets.constants]]\nname = "tank"\nvalue = 20\nunit = "m³"\n[[sheets.nodes]]\nid = "a"\n' + NAME
    + 'formula = "tank * (last(S01.PR1.PRECIP001.LEVEL) - first(S01.PR1.PRECIP001.LEVEL))"\ngauging = 2\n'
)  # fmt: skip
GAUGED = sheet("gauged", HELD + stream("came", 'to = "a"\n') + stream("went", 'from = "a"\n'))
FIGURE = '[{ name = { en = "Level", zh = "液位" }, formula = "mean(S01.PR1.PRECIP001.LEVEL)" }]'
VERDICT = f'[[verdicts]]\nid = "sealed"\n{NAME}source = "a trial"\nsheet = "tank"\nbias_percent = 0.5\n'


def of_leg(id_: str, more: str) -> str:
    return f'[[verdicts.legs]]\nid = "{id_}"\n{NAME}{more}'


CLOSES = of_leg("closes", 'sheet = "tank"\nlow = -3\nhigh = 3\ndays = 30\n')
DAILY = of_leg("daily", f'figures = {FIGURE}\ncompared = "every_day"\nunit = "%"\nlow = 0\nhigh = 2\ndays = 30\n')
FLAT = of_leg("flat", f'figures = {FIGURE}\ncompared = "change"\nunit = "%"\nlow = -10\nhigh = 10\ndays = 30\n')
LACKS = of_leg("weighed", 'missing = { en = "no scale", zh = "没有秤" }\n')
GOOD = TANK + CHAIN + GAUGED + VERDICT + CLOSES + DAILY + FLAT + LACKS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("verdicts") / "c"
    starter.write(made)
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> Sheets:
    (folder / "balances.toml").write_text(GOOD, encoding="utf-8")
    return read_sheets(folder, read_complex(folder))


def leg(found: Sheets, id_: str) -> Leg:
    return next(each for each in found.rules[0].legs if each.id == id_)


def over(of: Sheet, days: int, *a_day: float, percent: float = 5.0) -> Closing:
    """A sheet with meters of so many per cent that read the same every day."""
    streams = tuple(replace(each, percent=percent) for each in of.streams)
    reading = days * np.array(a_day)
    return closing(replace(of, streams=streams), reading, np.ones(len(reading)), (0, days * DAY_US))


def test_what_is_missing_is_told_in_per_cent_of_what_came_with_its_uncertainty(found: Sheets) -> None:
    value, sigma = missing_percent(over(found.of["tank"], 1, 100.0, 98.0))
    assert [value, sigma] == pytest.approx([2.0, np.hypot(5.0, 4.9)])
    nobody = over(found.of["chain"], 1, 100.0, float("nan"), 98.0, 98.0)
    assert missing_percent(nobody)[0] == pytest.approx(2.0), "what no meter sees within a sheet does not count"
    _, of_month = missing_percent(over(found.of["tank"], 30, 100.0, 98.0))
    assert of_month == pytest.approx(sigma / 30**0.5)


@pytest.mark.parametrize(
    ("days", "went", "standing", "value", "words"),
    [
        (30, 98.5, Standing.HOLDS, 1.5, "1.5 % over 30 d, within -3…3 %"),
        (5, 98.5, Standing.SHORT, 1.5, "1.5 %, within -3…3 %, but 5 d of 30 d are there"),
        (30, 95.0, Standing.CONTRADICTS, 5.0, "5 % over 30 d, outside -3…3 % by 2 %"),
        (30, 104.0, Standing.CONTRADICTS, -4.0, "-4 % over 30 d, outside -3…3 % by 1 %"),
        # One day of such meters is uncertain by 2.576 times 6.897 %, the root of 5² and 4.75².
        (1, 95.0, Standing.SHORT, 5.0, "5 % over 1 d is outside -3…3 %, but so few days are uncertain by 17.8 %"),
        (1, 70.0, Standing.CONTRADICTS, 30.0, "30 % over 1 d, outside -3…3 % by 27 %"),
    ],
)
def test_a_closing_is_held_against_its_band_as_surely_as_its_days_allow(
    found: Sheets, days: int, went: float, standing: Standing, value: float, words: str
) -> None:
    judged = of_closing(leg(found, "closes"), over(found.of["tank"], days, 100.0, went))
    assert (judged.standing, judged.days, judged.why.en) == (standing, days, words)
    assert judged.value == pytest.approx(value)
    assert judged.why.zh


def test_no_day_at_all_is_short(found: Sheets) -> None:
    for judged in (of_closing(leg(found, "closes"), None), of_days(leg(found, "daily"), np.empty((1, 0)), np.empty(0))):
        assert (judged.standing, judged.days, judged.why.en) == (Standing.SHORT, 0, "no whole day of 30 is kept yet")
        assert np.isnan(judged.value)


def test_where_nothing_came_nothing_holds_and_what_went_is_still_seen(found: Sheets) -> None:
    closes = leg(found, "closes")
    judged = of_closing(closes, over(found.of["tank"], 30, 0.0, 0.0))
    assert (judged.standing, judged.days, judged.why.en) == (Standing.SHORT, 30, "nothing came in over 30 d")
    assert np.isnan(judged.value)
    went = of_closing(closes, over(found.of["tank"], 30, 0.0, 100.0))
    assert went.standing is Standing.SHORT and went.why.en.startswith("the meters contradict each other")


def test_a_meter_that_reads_wrong_holds_nothing_though_it_lies_in_the_band(found: Sheets) -> None:
    """The second of four meters in a row reads 1 % more than the others: nothing else would look like that."""
    wrong = over(found.of["chain"], 30, 100.0, 101.0, 100.0, 100.0, percent=0.1)
    judged = of_closing(replace(leg(found, "closes"), sheet="chain"), wrong)
    assert (judged.standing, judged.value) == (Standing.SHORT, 0.0)
    assert judged.why.en.startswith("the meters contradict each other (χ² ")
    assert judged.why.en.endswith(": Name: the meter reads wrong")


def test_what_is_lost_between_meters_contradicts_however_small_it_is(found: Sheets) -> None:
    """Two meters before it and two behind: what is lost between them is no meter's error."""
    closes = replace(leg(found, "closes"), sheet="chain")
    judged = of_closing(closes, over(found.of["chain"], 30, 100.0, 100.0, 99.0, 99.0, percent=0.1))
    assert judged.standing is Standing.CONTRADICTS
    assert judged.value == pytest.approx(1.0)
    assert judged.why.en.startswith("Name: something is lost or gained unseen: 1 ± ")
    assert judged.why.en.endswith("m³/d over 30 d")
    gained = of_closing(closes, over(found.of["chain"], 30, 99.0, 99.0, 100.0, 100.0, percent=0.1))
    assert gained.standing is Standing.SHORT, "what comes in unseen is no leak, but something is wrong"


def test_a_leak_that_a_meter_would_explain_as_well_contradicts_with_both_told(found: Sheets) -> None:
    """1 of 100 m³ a day by meters of 1 m³ a day: 30 days know it to (2 / 30)½ = 0.258."""
    judged = of_closing(leg(found, "closes"), over(found.of["tank"], 30, 100.0, 99.0, percent=0.1))
    assert judged.standing is Standing.CONTRADICTS
    lost, *others = judged.why.en.split("; or ")
    assert lost == "Name: something is lost or gained unseen: 1 ± 0.26 m³/d over 30 d"
    assert others == ["Name: the meter reads wrong"] * 2
    gained = of_closing(leg(found, "closes"), over(found.of["tank"], 30, 99.0, 100.0, percent=0.1))
    assert gained.standing is Standing.SHORT


def test_every_day_counts_and_one_bad_day_contradicts(found: Sheets) -> None:
    daily = leg(found, "daily")
    quiet = np.full((1, 30), 0.5)
    assert of_days(daily, quiet, np.arange(30.0)).standing is Standing.HOLDS
    assert of_days(daily, quiet[:, :7], np.arange(7.0)).standing is Standing.SHORT
    quiet[0, 11] = 2.5
    judged = of_days(daily, quiet, np.arange(30.0))
    assert (judged.standing, judged.value) == (Standing.CONTRADICTS, 2.5)
    assert judged.why.en == "Level: 2.5 % on the worst of 30 d, outside 0…2 % by 0.5 %"


def test_a_change_is_that_of_the_line_through_the_days(found: Sheets) -> None:
    flat, day = leg(found, "flat"), np.arange(30.0)
    rising = of_days(flat, 40.0 + day[None], day)
    assert rising.standing is Standing.CONTRADICTS
    assert rising.value == pytest.approx(29.0)
    assert rising.why.en == "Level: changed by 29 % over 30 d, outside -10…10 % by 19 %"
    assert of_days(flat, 40.0 + (-1.0) ** day[None], day).standing is Standing.HOLDS
    assert of_days(flat, 40.0 + day[None, :2], day[:2]).why.en.startswith("a change takes 3 d at least")
    gone = np.delete(day, slice(10, 20))
    assert of_days(flat, 40.0 + gone[None], gone).value == pytest.approx(29.0), "a gap is no standstill"


def test_a_change_of_few_days_contradicts_only_beyond_their_scatter(found: Sheets) -> None:
    """Slope 3 a day, so 12; residuals -5, 12, -11, 6, -2, so ±13.3, and 2.576 times that is 34."""
    flat, day = leg(found, "flat"), np.arange(5.0)
    scattered = of_days(flat, np.array([[0.0, 20.0, 0.0, 20.0, 15.0]]), day)
    assert scattered.standing is Standing.SHORT
    assert scattered.value == pytest.approx(12.0)
    assert scattered.why.en == "12 % over 5 d is outside -10…10 %, but so few days are uncertain by 34.2 %"
    assert of_days(flat, 3.0 * day[None], day).standing is Standing.CONTRADICTS


@pytest.mark.parametrize(
    ("standings", "state"),
    [
        ("holds holds holds", State.PROVEN),
        ("holds short holds", State.NOT_DISPROVEN),
        ("holds holds missing", State.NOT_DISPROVEN),
        ("missing contradicts short", State.INCONSISTENT),
        ("holds holds contradicts", State.INCONSISTENT),
    ],
)
def test_one_contradiction_is_enough_and_nothing_less_than_all_legs_proves(
    found: Sheets, standings: str, state: State
) -> None:
    rule = found.rules[0]
    days = iter((30, 12, 20))
    legs = [
        without_tags(leg(found, "weighed"))
        if word == "missing"
        else Judged(leg(found, "closes"), Standing(word), 0.0, next(days), leg(found, "closes").name)
        for word in standings.split()
    ]
    judged = verdict(rule, legs, None)
    assert (judged.state, judged.blind_spot) == (state, None)
    assert judged.days == min(each.days for each in legs if each.standing is not Standing.MISSING)


def test_the_blind_spot_shrinks_with_days_but_not_below_the_bias(found: Sheets) -> None:
    """Two meters of 1 m³ a day; all that may be wrong leaves one trace, so that it is one test at the level of 1 %."""
    sigmas = float(-ndtri(0.005) + ndtri(0.9))
    for days in (1, 30):
        blind = blind_spot(over(found.of["tank"], days, 100.0, 100.0, percent=1.0), 0.5)
        assert (blind.days, blind.unit) == (days, "m³")
        assert blind.leak == pytest.approx(sigmas * (2 / days) ** 0.5)
        assert blind.with_bias == pytest.approx(sigmas * (2 / days + 2 * 0.25) ** 0.5)


def test_what_is_gauged_at_both_ends_blurs_a_leak_a_day_the_less_the_longer_it_is(found: Sheets) -> None:
    """A gauging of 2 m³ is 2/30 of a day's over 30 days, and has no bias: the tanks are the same at both ends."""
    sigmas = float(-ndtri(0.005) + ndtri(0.9))
    blind = blind_spot(over(found.of["gauged"], 30, 100.0, 100.0, 0.0, percent=1.0), 0.5)
    assert blind.leak == pytest.approx(sigmas * (2 / 30 + (2 / 30) ** 2) ** 0.5)
    assert blind.with_bias == pytest.approx(sigmas * (2 / 30 + (2 / 30) ** 2 + 2 * 0.25) ** 0.5)


def test_days_that_are_left_out_count_for_nothing_and_part_the_gaugings(found: Sheets) -> None:
    """Of ten days three are left out: seven days, by a tank that is gauged at both ends of two stretches."""
    sheet = found.of["gauged"]
    whole = closing(sheet, np.array([700.0, 700.0, 0.0]), np.ones(3), (0, 7 * DAY_US))
    parted = closing(sheet, np.array([700.0, 700.0, 0.0]), np.ones(3), (0, 2 * DAY_US), (5 * DAY_US, 10 * DAY_US))
    assert (parted.from_us, parted.to_us, parted.length_us) == (0, 10 * DAY_US, 7 * DAY_US)
    assert whole.sigma == pytest.approx([35.0 / 7**0.5, 35.0 / 7**0.5, 2.0])
    assert parted.sigma == pytest.approx([35.0 / 7**0.5, 35.0 / 7**0.5, 2.0 * 2**0.5])
    of_both = [blind_spot(each, 0.5) for each in (whole, parted)]
    assert [blind.days for blind in of_both] == [7, 7]
    sigmas = float(-ndtri(0.005) + ndtri(0.9))
    assert of_both[1].leak == pytest.approx(sigmas * (2 * 25 / 7 + 2 * 4 / 49) ** 0.5)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('\nsheet = "tank"\nbias', '\nsheet = "tnk"\nbias', "verdicts[1].sheet", "'tank'"),
        ('sheet = "tank"\nlow', 'sheet = "tak"\nlow', "verdicts[1].legs[1].sheet", "'tank'"),
        ("low = -3\nhigh = 3", "low = 3\nhigh = -3", "verdicts[1].legs[1].low", "the wrong way round"),
        ("days = 30", "days = 0", "verdicts[1].legs[1].days", "a whole number above 0"),
        ("low = -3\n", "", "verdicts[1].legs[1]", "the key 'low' is missing"),
        ('unit = "%"\n', "", "verdicts[1].legs[2]", "the key 'unit' is missing"),
        ('unit = "%"', 'unit = "kg"', "verdicts[1].legs[2].figures[1].formula", "not in kg"),
        ("mean(S01.PR1.PRECIP001.LEVEL)", "mean(S01.PR1.PRECIP001.LEVL)", "legs[2].figures[1].formula", "LEVEL"),
        ('missing = {', 'sheet = "tank"\nmissing = {', "verdicts[1].legs[4]", "one of the three"),
        ('missing = {', 'low = 3\nmissing = {', "verdicts[1].legs[4].low", "a leg with 'missing' has no 'low'"),
        ("bias_percent = 0.5", "bias_percent = 0", "verdicts[1].bias_percent", "no meter is without a bias"),
        (CLOSES + DAILY + FLAT, "", "verdicts[1].legs", "no leg can be judged by tags"),
        (CLOSES + DAILY + FLAT + LACKS, "", "verdicts[1]", "the key 'legs' is missing"),
        ('id = "daily"', 'id = "closes"', "verdicts[1].legs[2].id", "a leg of this id already"),
        (VERDICT, VERDICT + CLOSES + VERDICT, "verdicts[2].id", "a verdict of this id already"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_verdict_says_where_and_what_would_be_right(
    folder: Path, found: Sheets, old: str, new: str, key: str, words: str
) -> None:
    assert old in GOOD
    (folder / "balances.toml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    mistakes = [str(mistake) for mistake in check(folder, read_complex(folder))]
    assert any(key in mistake and words in mistake for mistake in mistakes), mistakes
    assert all(mistake.startswith("balances.toml:") for mistake in mistakes)


def test_a_mistake_in_a_sheet_is_not_told_again_by_its_verdict(folder: Path, found: Sheets) -> None:
    (folder / "balances.toml").write_text(GOOD.replace("percent = 5", "percent = 0", 1), encoding="utf-8")
    (mistake,) = check(folder, read_complex(folder))
    assert "[sheets[1].streams[1].percent] read '0.0': no meter is without uncertainty" in str(mistake)


def test_a_closing_needs_a_meter_wherever_the_border_is_crossed(folder: Path, found: Sheets) -> None:
    open_chain = CHAIN.replace(METER, "", 1)
    text = GOOD.replace(CHAIN, open_chain).replace('sheet = "tank"\nlow', 'sheet = "chain"\nlow')
    (folder / "balances.toml").write_text(text, encoding="utf-8")
    (mistake,) = check(folder, read_complex(folder))
    assert "[verdicts[1].legs[1].sheet] read 'chain'" in str(mistake)
    assert "one crosses its border without a meter" in str(mistake)


def test_rules_are_read_with_their_figures(found: Sheets) -> None:
    rule: Rule = found.rules[0]
    assert [(each.id, each.unit, [kpi.id for kpi in each.kpis]) for each in rule.legs] == [
        ("closes", "%", []),
        ("daily", "%", ["sealed_daily_1"]),
        ("flat", "%", ["sealed_flat_1"]),
        ("weighed", "", []),
    ]
    assert all(kpi.amount and kpi.helper for each in rule.legs for kpi in each.kpis), "so that its days are kept"
