"""A claim put to the test: verdicts by rule, band, sensitivity, digest; figures worked by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from claim_desk import FURNACES, MADE, claim, claim_of, given, step

from didymium.evidence import testing
from didymium.evidence.definitions import Claim, Verdict
from didymium.evidence.testing import BadTry, Result, shown

BAND = "low = 4\nhigh = 6\n"
UNTESTABLE = 'untestable = { en = "Nobody says.", zh = "无人说明。" }\n'
TENSION = 'tension = { en = "A peak day.", zh = "峰值日。" }\ntension_when = "value > high and made < limit"\n'
CONDITION = 'condition = { en = "If heats are large.", zh = "须大炉。" }\n'
LIMIT = given("limit", 400, "t/d", "low = 200, high = 500")


def put_to_the_test(one: Claim, inputs: Mapping[str, float]) -> Result:
    return testing.tested(one, inputs)


INPUTS = given("made", 268, "t/d", "low = 100, high = 500") + given("furnaces", 54, "1")


@pytest.mark.parametrize(
    ("more", "inputs", "verdict"),
    [
        ("", {}, Verdict.OK),
        (BAND, {}, Verdict.OK),  # 268 / 54 = 4.963
        (BAND, {"made": 216.0}, Verdict.OK),  # 4, the band's end
        (BAND, {"made": 215.9}, Verdict.BROKEN),
        (BAND, {"made": 325.0}, Verdict.BROKEN),
        ('low = "made / furnaces - made / furnaces / 4"\n', {}, Verdict.OK),
        (BAND + CONDITION, {}, Verdict.OK_IF),
        (BAND + CONDITION, {"made": 200.0}, Verdict.BROKEN),
        (BAND + CONDITION + 'condition_when = "value > 0 and made > made / 2 + made / 3"\n', {}, Verdict.OK_IF),
        (BAND + CONDITION + 'condition_when = "value <= 0"\n', {}, Verdict.OK),
        (BAND + UNTESTABLE, {}, Verdict.LOOSE),
        (BAND + UNTESTABLE, {"made": 200.0}, Verdict.LOOSE),
        (BAND + UNTESTABLE + 'untestable_when = "value < low"\n', {}, Verdict.OK),
        (BAND + UNTESTABLE + 'untestable_when = "value < low"\n', {"made": 200.0}, Verdict.LOOSE),
    ],
)
def test_the_verdict_is_the_first_rule_that_fits(
    tmp_path: Path, more: str, inputs: dict[str, float], verdict: Verdict
) -> None:
    one = claim_of(tmp_path / "c", claim(more, inputs=INPUTS))
    assert put_to_the_test(one, inputs).verdict is verdict


@pytest.mark.parametrize(
    ("inputs", "verdict"),
    [
        ({}, Verdict.OK_IF),
        ({"made": 350.0}, Verdict.TENSION),
        ({"made": 450.0}, Verdict.BROKEN),  # more than can be reconciled
        ({"made": 350.0, "limit": 300.0}, Verdict.BROKEN),
    ],
)
def test_tension_is_where_others_reconcile_it_and_no_further(
    tmp_path: Path, inputs: dict[str, float], verdict: Verdict
) -> None:
    one = claim_of(tmp_path / "c", claim(BAND + CONDITION + TENSION, inputs=INPUTS + LIMIT))
    assert put_to_the_test(one, inputs).verdict is verdict


def test_why_says_where_the_value_lies_and_the_words_of_its_verdict(tmp_path: Path) -> None:
    one = claim_of(tmp_path / "c", claim("decimals = 2\n" + BAND + CONDITION + TENSION, inputs=INPUTS + LIMIT))
    ok, tension, broken = (put_to_the_test(one, {"made": made}).why for made in (268.0, 350.0, 200.0))
    assert ok.en == "4.96 t/d lies between 4.00 and 6.00 t/d. If heats are large."
    assert ok.zh == "4.96 t/d 在 4.00 至 6.00 t/d 之间。须大炉。"
    assert tension.en == "6.48 t/d is above 6.00 t/d. A peak day."
    assert (broken.en, broken.zh) == ("3.70 t/d is below 4.00 t/d.", "3.70 t/d 低于 4.00 t/d。")


def test_what_cannot_be_reckoned_is_broken_whatever_else_is_said(tmp_path: Path) -> None:
    inputs = given("a", 1, "1", "low = 0, high = 2")
    one = claim_of(tmp_path / "c", claim('formula = "1 / (a - 1)"\n' + UNTESTABLE, inputs=inputs, unit="1"))
    result = put_to_the_test(one, {})
    assert (result.verdict, math.isnan(result.value)) == (Verdict.BROKEN, True)
    assert "cannot be reckoned" in result.why.en
    assert put_to_the_test(one, {"a": 2.0}).value == 1.0
    beside = claim('formula = "a"\n', inputs=inputs, unit="1", steps=step("b", "1 / (a - 1)", "1"))
    assert "cannot be reckoned" in put_to_the_test(claim_of(tmp_path / "d", beside), {}).why.en


def test_steps_follow_from_inputs_and_from_each_other(tmp_path: Path) -> None:
    steps = step("each", "made / furnaces", "kg/h") + step("day", "each * furnaces", "t/d")
    one = claim_of(tmp_path / "c", claim(steps=steps))
    result = put_to_the_test(one, {"made": 270.0})
    assert dict(result.steps) == {"each": pytest.approx(5000 / 24), "day": pytest.approx(270.0)}
    assert result.inputs == {"made": 270.0, "furnaces": 54.0}


def test_sensitivity_is_the_slope_in_shown_units_and_its_share(tmp_path: Path) -> None:
    one = claim_of(tmp_path / "c", claim(unit="kg/h"))
    made, furnaces = put_to_the_test(one, {}).sensitivity
    value = 268_000 / 24 / 54
    assert (made.input, made.per_unit, made.elasticity) == ("made", pytest.approx(value / 268), pytest.approx(1.0))
    assert (furnaces.per_unit, furnaces.elasticity) == (pytest.approx(-value / 54), pytest.approx(-1.0))


def test_the_same_inputs_give_the_same_digest_and_others_another(tmp_path: Path) -> None:
    one = claim_of(tmp_path / "c", claim(BAND))
    again = claim_of(tmp_path / "d", claim(BAND))
    other = claim_of(tmp_path / "e", claim("low = 4\nhigh = 7\n"))
    smaller = claim_of(tmp_path / "f", claim(BAND, inputs=MADE.replace("t/d", "kg/d") + FURNACES))
    digest = put_to_the_test(one, {}).digest
    assert digest == put_to_the_test(again, {"made": 268.0}).digest
    others = (put_to_the_test(one, {"made": 268.1}), put_to_the_test(other, {}), put_to_the_test(smaller, {}))
    assert len({digest, *(each.digest for each in others)}) == 4


def test_marks_are_those_of_the_inputs_each_once(tmp_path: Path) -> None:
    inputs = given("made", 268, "t/d").replace('"A"', '"S:3, stored text"') + given("furnaces", 54, "1")
    assert put_to_the_test(claim_of(tmp_path / "c", claim(inputs=inputs)), {}).marks == ("S:3", "A")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"maid": 1.0}, "the nearest valid word is 'made'"),
        ({"made": 301.0}, "made is given as 301; it can be tried from 100 to 300 t/d"),
        ({"made": math.nan}, "it can be tried from 100 to 300"),
        ({"furnaces": 55.0}, "furnaces is given as 55; it is 54"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_words(tmp_path: Path, inputs: dict[str, float], words: str) -> None:
    with pytest.raises(BadTry) as bad:
        put_to_the_test(claim_of(tmp_path / "c", claim()), inputs)
    assert words in str(bad.value)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (25.549999999999997, 1, "25.6"),
        (1_637_020_800.0, 0, "1,637,020,800"),
        (None, 1, "–"),
        (-0.25, 2, "-0.25"),
        (1e29, 1, "100" + ",000" * 9 + ".0"),
    ],
)
def test_a_figure_is_shown_with_halves_rounded_up(value: float | None, decimals: int, text: str) -> None:
    assert shown(value, decimals) == text
