"""``kpis.toml``: every mistake is named with file, row, key, what was read and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from kpi_desk import SITE, WHOLE, complex_with, kpi, mistakes_of

from didymium.kpi.building import read_kpis
from didymium.model.folder import read_complex
from didymium.model.mistakes import BadComplex
from didymium.service.cli import check as check_command

FORMULA, KEY = 8, "kpis[1].formula"
"""Row and key of the formula in what ``kpi`` writes."""
CONSTANT = '[[kpis.constants]]\nname = "k"\nvalue = 0\nunit = "kg"\n'


@pytest.mark.parametrize(
    ("formula", "unit", "of", "read", "hint"),
    [
        ("growth(TOT_FED)", "m³", "", "TOT_FED", "the nearest valid word is 'TOT_FEED'"),
        ("growth('PRECP*.TOT_FEED')", "m³", SITE, "PRECP*.TOT_FEED", "PRECIP001"),
        ("growth('PRECIP*.TOT_FED')", "m³", SITE, "PRECIP*.TOT_FED", "TOT_FEED"),
        ("growth('S01.PR1.PRECIP*.TOT_FED')", "m³", WHOLE, "S01.PR1.PRECIP*.TOT_FED", "TOT_FEED"),
        ("growth(TOT_FEED)", "m³", SITE, "TOT_FEED", "'CELL*.TOT_FEED'"),
        ("growth('PRECIP*.TOT_FEED')", "m³", WHOLE, "PRECIP*.TOT_FEED", "whole paths"),
        ("grow(TOT_FEED)", "m³", "", "grow", "the nearest valid word is 'growth'"),
        ("growth(TOT_FEED)", "t", "", "growth(TOT_FEED)", "the result is in m^3, not in t"),
        ("integral(FEED_PV)", "m³/h", "", "integral(FEED_PV)", "the result is in m^3, not in m³/h"),
        ("growth(TOT_FEED) + integral(AGIT_A)", "m³", "", "growth(TOT_FEED) + integral(AGIT_A)", "do not go together"),
        ("growth(TOT_FEED) + 5", "m³", "", "growth(TOT_FEED) + 5", "give it one as a constant"),
        ("growth(TOT_FEED) / 0", "m³", "", "growth(TOT_FEED) / 0", "divides by a constant that is 0"),
        ("growth(TOT_FEED) / (2 - 2)", "m³", "", "growth(TOT_FEED) / (2 - 2)", "divides by a constant that is 0"),
        ("growth(TOT_FEED) / -0", "m³", "", "growth(TOT_FEED) / -0", "divides by a constant that is 0"),
        ("growth(TOT_FEED", "m³", "", "", "cannot be read from here"),
        ("hours()" + " + hours()" * 80, "h", "", "hours() + hours() + ", "has 807 characters, 600 at most"),
        ("growth(TOT_FEED, TOT_PREC)", "m³", "", "growth(TOT_FEED, TOT_PREC)", "growth takes one tag"),
        ("growth(2 * TOT_FEED)", "m³", "", "2 * TOT_FEED", "here stands a tag"),
        ("TOT_FEED", "m³", "", "TOT_FEED", "a tag stands within a function"),
        ("other", "m³", "", "other", "no such constant and no such KPI"),
        ("total(y)", "m³", SITE, "y", "there is no such KPI"),
        ("seconds(STATE == 'FEDE')", "h", "", "FEDE", "the nearest valid word is 'FEED'"),
        ("seconds(TEMP == 'FEED')", "h", "", "'FEED'", "TEMP has no states"),
        ("seconds(STATE)", "h", "", "STATE", "neither true nor false"),
        ("seconds(STATE in 3)", "h", "", "3", "the states in brackets"),
        ("mean(TEMP, LEVEL > 3)", "°C", "", "LEVEL > 3", "on the tag itself"),
        ("mean(PH[], PH[] > 3) + mean(PJ[])", "pH", "", "PJ[]", "the nearest valid word is 'PH[]'"),
        ("__import__('os')", "1", "", "__import__", "there is no such function"),
        ("hours(3)", "h", "", "hours(3)", "takes nothing"),
        ("(lambda: 1)()", "1", "", "(lambda: 1)()", "not part of the language"),
    ],
)
def test_a_mistake_in_a_formula_is_named(
    tmp_path: Path, formula: str, unit: str, of: str, read: str, hint: str
) -> None:
    (mistake,) = mistakes_of(tmp_path / "c", kpi(formula, unit, *([of] if of else [])))
    assert mistake.startswith(f"kpis.toml:{FORMULA} [{KEY}]")
    assert f"read {read!r}" in mistake or not read
    assert hint in mistake


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        (kpi("hours()", "h", more='grup = "x"\n'), "kpis[1].grup", "there is no such key"),
        (kpi("hours()", "h").replace('"production"', '"productoin"'), "kpis[1].group", "'production'"),
        (kpi("hours()", "h").replace("T_PRECIP", "T_PRECIPP"), "kpis[1].templates", "'T_PRECIP'"),
        (kpi("hours()", "h", 'per = "unit"\n'), "kpis[1].per", "names the templates"),
        (kpi("hours()", "h", 'per = "site"\nsites = ["S03"]\n'), "kpis[1].sites", "no such site"),
        (kpi("hours()", "h", id_="X"), "kpis[1].id", "lower-case"),
        (kpi("hours()", "h") + kpi("hours()", "h"), "kpis[2].id", "there is a KPI of this id already"),
        (kpi("hours()", "h", more="low = 5\nhigh = 3\n"), "kpis[1].low", "above its high end 3"),
        (kpi("hours()", "h", more="decimals = 1.5\n"), "kpis[1].decimals", "whole number from 0 to 6"),
        (kpi("hours()", "h", more="minimum_h = 48\n"), "kpis[1].minimum_h", "at most 24 h"),
        (kpi("hours()", "h", more='needs = "hours()"\n'), "kpis[1]", "stand together"),
        (kpi("k", "kg", more=CONSTANT.replace("kg", "t") + CONSTANT), "kpis[1].constants[2]", "in t further up"),
        (kpi("k", "kg", more=CONSTANT + 'units = ["S09*"]\n'), "kpis[1].constants[1]", "for no site or unit"),
        (kpi("hours() / k", "h/kg", more=CONSTANT), "kpis[1].formula", "divides by a constant that is 0"),
        (
            kpi("hours()", "h", SITE, '[[kpis.plans]]\nsite = "S02"\nplan = 3\n'),
            "kpis[1].plans[1]",
            "not of such a site",
        ),
        (kpi("hours()", "h", SITE, 'units = ["*"]\n'), "kpis[1].units", "only a KPI per unit"),
        (kpi("hours()", "h", WHOLE, 'sites = ["S01"]\n'), "kpis[1].sites", "of all sites"),
        (kpi("hours()", "h", more="minimum_h = 8\namount = true\n"), "kpis[1].minimum_h", "no shortest one"),
        (kpi("hours()", "h", more='why = { en = "x", zh = "甲" }\n'), "kpis[1].why", "stands with it"),
        (kpi("k", "kg", more=CONSTANT) + kpi("hours()", "h", id_="k"), "kpis[1].constants[1]", "a KPI of this id"),
        (kpi("mean(TEMP)", "°C", more='between = "LEVLE"\n'), "kpis[1].between", "'LEVEL'"),
        (kpi("mean(TEMP)", "°C", more="while = \"STATE == 'FED'\"\n"), "kpis[1].while", "'FEED'"),
        (kpi("mean(TEMP)", "°C", more="between = 'LEVEL'\nwhile = 'TEMP > 3'\n"), "kpis[1].while", "not by both"),
    ],
)
def test_a_mistake_in_a_key_is_named(tmp_path: Path, text: str, key: str, hint: str) -> None:
    found = mistakes_of(tmp_path / "c", text)
    assert any(f"[{key}]" in mistake and hint in mistake for mistake in found), found


def test_a_constant_that_has_no_value_somewhere_is_named(tmp_path: Path) -> None:
    of = 'per = "unit"\ntemplates = ["T_TANK"]\n'
    (mistake,) = mistakes_of(tmp_path / "c", kpi("k", "kg", of, CONSTANT + 'units = ["*.TANK001"]\n'))
    assert "no value for S02.TANK.TANK002" in mistake


def test_a_cycle_is_named_with_all_that_are_in_it(tmp_path: Path) -> None:
    text = kpi("b", "h", id_="a") + kpi("2 * c", "h", id_="b") + kpi("a + hours()", "h", id_="c")
    (mistake,) = mistakes_of(tmp_path / "c", text)
    assert "a KPI cannot come from itself: a uses b uses c uses a" in mistake


def test_a_kpi_that_uses_itself_is_a_cycle_of_one(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path / "c", kpi("x + hours()", "h"))
    assert "read 'x': a KPI cannot come from itself: x uses x" in mistake


def test_the_place_of_a_mistake_is_counted_in_characters(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path / "c", kpi("mean(PH[]) + mean(PJ)", "pH"))
    assert "read 'PJ': at character 19:" in mistake


def test_every_mistake_is_found_at_once(tmp_path: Path) -> None:
    text = kpi("grow(TEMP)", "°C") + kpi("mean(TEMPP)", "°C", id_="y") + kpi("mean(TEMP)", "kg", id_="z")
    assert len(mistakes_of(tmp_path / "c", text)) == 3


def test_didymium_check_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    complex_with(tmp_path / "c", kpi("mean(TEMPP)", "°C"))
    assert check_command(tmp_path / "c") == 1
    assert "kpis.toml:8 [kpis[1].formula] read 'TEMPP'" in capsys.readouterr().out


def test_reading_raises_all_mistakes(tmp_path: Path) -> None:
    plant = complex_with(tmp_path / "c", kpi("mean(TEMPP)", "°C"))
    with pytest.raises(BadComplex, match="TEMPP"):
        read_kpis(tmp_path / "c", plant)


def test_a_folder_without_the_file_has_no_kpis(tmp_path: Path) -> None:
    plant = complex_with(tmp_path / "c", "")
    (tmp_path / "c" / "kpis.toml").unlink()
    assert read_kpis(tmp_path / "c", plant).kpis == ()


NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"


def test_the_northern_complex_has_its_kpis() -> None:
    plant = read_complex(NORTHERN)
    kpis = read_kpis(NORTHERN, plant)
    assert len(kpis.kpis) > 80
    of_sites = {scope.id for kpi in kpis.kpis if not kpi.helper for scope in kpi.scopes if scope.unit is None}
    assert of_sites == {site.id for site in plant.sites} | {""}
    places = {kpi.id: place for place, kpi in enumerate(kpis.kpis)}
    for one in kpis.kpis:
        assert all(places[link.kpi] < places[one.id] for link in one.value.links), one.id
    gadolinium = kpis.of["cell_faradaic"].constants["k"][0]
    assert sorted(set(gadolinium.tolist())) == pytest.approx([42.8017 / 24, 46.94 / 24 / 0.75], rel=1e-6)
