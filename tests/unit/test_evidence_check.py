"""``claims.toml``: every mistake is named with file, row, key, what was read and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from claim_desk import FORMULA, FURNACES, KPIS, MADE, WORDS, claim, complex_with, given, mistakes_of, step

from didymium.evidence.building import check, read_claims, slider_step
from didymium.model.folder import read_complex
from didymium.model.mistakes import BadComplex
from didymium.service.cli import check as check_command

INPUTS = MADE + FURNACES
SHARED = "\n".join(("[[inputs]]", *given("spare", 1, "1").strip("{ },\n").replace(", ", "\n").split("\n"))) + "\n"
SHARED = SHARED.replace('{ en = "x"\nzh = "甲" }', '{ en = "x", zh = "甲" }')


def live(kind: str, id_: str, more: str = "") -> str:
    return f'live = {{ kind = "{kind}", id = "{id_}"{more} }}\n'


@pytest.mark.parametrize(
    ("text", "place", "read", "hint"),
    [
        (claim(unit="t/dd"), "claims.toml:6 [claims[1].formula]", "made / furnaces", "not in t/dd"),
        (claim('formula = "made / furnace"\n'), "[claims[1].formula]", "furnace", "nearest valid word is 'furnaces'"),
        (claim('formula = "furnaces / 54"\n', inputs=FURNACES), "[claims[1].formula]", "", "not in t/d"),
        (claim().replace('formula = "made / furnaces"\n', ""), "claims.toml:1 [claims[1]]", "", "'formula' is missing"),
        (claim('low = "made * 3 +"\n'), "[claims[1].low]", "", "cannot be read from here"),
        (claim("low = true\n"), "[claims[1].low]", "True", "must be a number"),
        (claim('high = "furnaces"\n'), "[claims[1].high]", "furnaces", "not in t/d"),
        (claim('tension_when = "value > made"\n'), "[claims[1].tension_when]", "value > made", "'tension' in both"),
        (claim("decimals = 7\n"), "[claims[1].decimals]", "7.0", "a whole number from 0 to 6"),
        (claim(id_="1C"), "[claims[1].id]", "1C", "a letter first"),
        (claim() + claim(), "[claims[2].id]", "C1", "there is a claim of this id already"),
        (claim().replace('source = "A1"', 'source = "article"'), "[claims[1].source]", "article", "begins with"),
        (claim().replace('published = { en = "x", zh = "甲" }', 'published = { en = "x" }'), "[claims[1].published.zh]",
         "x", "the translation 'zh' is missing"),
        (claim('condition = { en = "If." }\n'), "[claims[1].condition.zh]", "If.", "the translation 'zh' is missing"),
        (claim('expects = "YES"\n'), "[claims[1].expects]", "YES", "OK, OK*, LOOSE, TENSION"),
        (claim('formulla = "x"\n'), "[claims[1].formulla]", "formulla", "there is no such key"),
        (claim(inputs=INPUTS + given("more", 1, "1")), "claims.toml:11 [claims[1].inputs[3].name]", "more",
         "no formula of the claim names this input"),
        (claim(inputs=INPUTS + MADE), "[claims[1].inputs[3].name]", "made", "there is an input of this name already"),
        (claim(inputs=MADE.replace("100", "270") + FURNACES), "claims.toml:9 [claims[1].inputs[1].value]", "268.0",
         "outside its band, from 270 to 300"),
        (claim(inputs=MADE.replace(", high = 300", "") + FURNACES), "[claims[1].inputs[1]]", "", "stand together"),
        (claim(inputs=MADE.replace("low = 100, high = 300", "low = 268, high = 268") + FURNACES),
         "[claims[1].inputs[1].low]", "268.0", "a band of one value"),
        (claim(inputs=MADE.replace(', zh = "甲"', "") + FURNACES),
         "[claims[1].inputs[1].label.zh]", "x", "translation 'zh'"),
        (claim('formula = "value / furnaces"\n', inputs=MADE.replace("made", "value") + FURNACES),
         "[claims[1].inputs[1].name]", "value", "name it"),
        (claim('formula = "Made / furnaces"\n', inputs=MADE.replace("made", "Made") + FURNACES),
         "[claims[1].inputs[1].name]", "Made", "lower-case"),
        (claim(inputs=MADE.replace('"assumed"', '"guessed"') + FURNACES), "[claims[1].inputs[1].origin]", "guessed",
         "'assumed'"),
        (claim(inputs=MADE.replace('"A"', '"S3"') + FURNACES), "[claims[1].inputs[1].source]", "S3", "S:n (looked up)"),
        (claim(steps=step("made", "made", "t/d")), "[claims[1].steps[1].name]", "made", "of this name already"),
        (claim(steps=step("a", "b", "t/d") + step("b", "made", "t/d")), "[claims[1].steps[1].formula]", "b",
         "no input and no step further up"),
        (claim(steps=step("a", "made", "kW")), "[claims[1].steps[1].formula]", "made", "not in kW"),
        (claim(live("headline", "solutoin", ', of = "made"')), "[claims[1].live.id]", "solutoin", "'solution'"),
        (claim(live("flow", "chlorid")), "[claims[1].live.id]", "chlorid", "'chloride'"),
        (claim(live("kpi", "yeild_")), "[claims[1].live.id]", "yeild_", "'yield_'"),
        (claim(live("tag", "x")), "[claims[1].live.kind]", "tag", "kpi, headline, flow"),
        (claim(live("flow", "chloride", ', of = "mad"')), "[claims[1].live.of]", "mad", "'made'"),
        (claim(live("flow", "chloride", ', of = "furnaces"')), "[claims[1].live.of]", "furnaces", "is in t/d, which"),
        (claim(live("headline", "solution")), "[claims[1].live]", "value", "headline solution is in m³/d"),
        (claim(live("kpi", "yield_", ', scope = "S02"')), "[claims[1].live.scope]", "S02", "'S01'"),
        (claim(live("kpi", "yield_")), "[claims[1].live]", "", "is not of the complex"),
        (SHARED + claim(), "claims.toml:2 [inputs[1].name]", "spare", "no formula of any claim names this input"),
        (SHARED + claim().replace(FORMULA, ""), "[claims[1]]", "", "the key 'formula' is missing"),
        ("[[claims]\n", "claims.toml:1", "[[claims]", "not TOML"),
        ("[claims]\n", "claims.toml:1 [claims]", "{}", "a list of tables"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, text: str, place: str, read: str, hint: str) -> None:
    (mistake,) = mistakes_of(tmp_path / "c", text)
    assert mistake.startswith("claims.toml:")
    assert place in mistake
    assert f"read {read!r}" in mistake or not read
    assert hint in mistake, mistake


def test_a_shared_input_is_of_the_claims_that_name_it(tmp_path: Path) -> None:
    text = SHARED + claim('formula = "made / furnaces * spare"\n') + claim(id_="C2")
    first, second = read_claims(tmp_path / "c", complex_with(tmp_path / "c", text), KPIS).claims
    assert [each.name for each in first.inputs] == ["made", "furnaces", "spare"]
    assert [each.name for each in second.inputs] == ["made", "furnaces"]
    own = claim(inputs=INPUTS + given("spare", 1, "1"))
    assert "of this name already" in mistakes_of(tmp_path / "d", SHARED + own)[0]


def test_a_live_value_is_brought_into_the_unit_of_what_it_stands_beside(tmp_path: Path) -> None:
    text = claim(live("flow", "chloride"), unit="kg/h")
    (found,) = read_claims(tmp_path / "c", complex_with(tmp_path / "c", text), KPIS).claims
    assert found.live is not None
    assert (found.live.of, found.live.unit, found.live.factor) == ("value", "kg/h", pytest.approx(1000 / 24))


def test_a_folder_without_the_file_has_no_claims(tmp_path: Path) -> None:
    complex_with(tmp_path / "c", "")
    (tmp_path / "c" / "claims.toml").unlink()
    assert read_claims(tmp_path / "c", read_complex(tmp_path / "c"), KPIS).claims == ()
    assert check(tmp_path / "c", None, None) == []


def test_all_mistakes_are_told_at_once_and_make_the_file_useless(tmp_path: Path) -> None:
    text = claim('formula = "maid"\n') + claim(live("kpi", "x"), id_="C2") + "[[claims]]\n" + WORDS
    plant = complex_with(tmp_path / "c", text)
    found = check(tmp_path / "c", plant, KPIS)
    assert len({each.column.split(".")[0] for each in found}) == 3
    with pytest.raises(BadComplex):
        read_claims(tmp_path / "c", plant, KPIS)


def test_without_a_complex_only_the_file_is_looked_at(tmp_path: Path) -> None:
    complex_with(tmp_path / "c", claim(live("kpi", "x"), unit="kA"))
    (mistake,) = check(tmp_path / "c", None, None)
    assert mistake.column == "claims[1].formula"


def test_the_command_checks_claims_with_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    complex_with(tmp_path / "c", claim(live("kpi", "yield_", ', scope = "S01"'), unit="%"))
    assert check_command(tmp_path / "c") == 1
    said = capsys.readouterr().out
    assert "claims.toml:6 [claims[1].formula] read 'made / furnaces'" in said
    assert "there is no kpi of this id" in said


@pytest.mark.parametrize(
    ("value", "low", "high", "step"),
    [(78, 60, 90, 0.1), (268, 150, 320, 1), (1637e6, 1000e6, 2000e6, 1e7), (0.04648, 0, 0.1, 1e-5), (5, 5, 5, 0)],
)
def test_the_step_of_a_slider_meets_the_value(value: float, low: float, high: float, step: float) -> None:
    found = slider_step(value, low, high)
    assert found == pytest.approx(step, rel=1e-12) or (value, found) == (1637e6, 1e6)
    if found:
        assert (value - low) / found == pytest.approx(round((value - low) / found), abs=1e-6)
