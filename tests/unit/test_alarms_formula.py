"""Formulas: what they mean for many units at a time, what is missing, and how mistakes are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.model.dimension import dimension, named
from didymium.model.folder import read_complex
from didymium.model.formula import Input, Scope, read_formula
from didymium.model.formula_text import BadFormula
from didymium.service.instance import SHIPPED_COMPLEX

NAN = float("nan")


@pytest.fixture(scope="module")
def furnace() -> Scope:
    plant = read_complex(Path(SHIPPED_COMPLEX))
    unit = plant.unit_of["S05.H1.SC001"]
    names = plant.tags.name[unit.rows]
    return Scope(
        dict(zip(names, plant.tags.template_tag[unit.rows], strict=True)),
        dict(zip(plant.tags.path, plant.tags.template_tag, strict=True)),
    )


def value(scope: Scope, text: str, **given_: list[float] | list[list[float]]) -> list[float]:
    """The results of a formula; a tag or, by its first member, a family that is not given is 1 for two units."""
    formula = read_formula(text, scope)
    inputs = []
    for each in formula.inputs:
        usual = np.ones((len(each.names), 2)) if each.family else np.ones(2)
        inputs.append(np.array(given_.get(each.names[0], usual), np.float64))
    return np.broadcast_to(formula(inputs), 2).tolist()


@pytest.mark.parametrize(
    ("text", "given_", "expected"),
    [
        ("T_MELT + 2 * T_MELT > 6", {"T_MELT": [2, 3]}, [0, 1]),
        ("abs(WH_BT1 - WH_BT2)", {"WH_BT1": [1, 9], "WH_BT2": [4, 5]}, [3, 4]),
        ("avg(WH_BT[])", {"WH_BT1": [[10, NAN], [20, 30]]}, [15, 30]),
        ("max(WH_BT[]) - min(WH_BT[])", {"WH_BT1": [[10, 1], [20, 9]]}, [10, 8]),
        ("any(WH_BT[] > 15)", {"WH_BT1": [[10, 1], [20, 9]]}, [1, 0]),
        ("all(WH_BT[] > 5)", {"WH_BT1": [[10, 1], [20, 9]]}, [1, 0]),
        ("max(WH_BT1, WH_BT2)", {"WH_BT1": [1, 9], "WH_BT2": [4, 5]}, [4, 9]),
        ("STEP == 'POUR'", {"STEP": [6, 5]}, [1, 0]),
        ("STEP in ('MELT', 'POUR')", {"STEP": [4, 5]}, [1, 0]),
        ("STEP not in ('MELT', 'POUR')", {"STEP": [4, 5]}, [0, 1]),
        ("1 < T_TUN <= 3", {"T_TUN": [1, 3]}, [0, 1]),
        ("DOOR or CW_LEAK", {"DOOR": [0, 1], "CW_LEAK": [0, 0]}, [0, 1]),
        ("HEAT_NO % 100 == 7", {"HEAT_NO": [100207, 100208]}, [1, 0]),
        ("-T_TUN < 0", {"T_TUN": [1, -1]}, [1, 0]),
    ],
)
def test_a_formula_is_worked_out_for_every_unit(
    furnace: Scope, text: str, given_: dict[str, list[float]], expected: list[float]
) -> None:
    assert value(furnace, text, **given_) == expected


def test_what_is_missing_is_neither_true_nor_false(furnace: Scope) -> None:
    for text in ("T_MELT > 5", "not (T_MELT > 5)", "T_MELT == T_MELT", "T_MELT / CO_CWF > 5"):
        assert np.isnan(value(furnace, text, T_MELT=[NAN, NAN])).all(), text


def test_a_missing_part_does_not_hide_what_the_rest_decides(furnace: Scope) -> None:
    assert value(furnace, "T_MELT > 5 and DOOR", T_MELT=[NAN, NAN], DOOR=[0, 0]) == [0, 0]
    assert value(furnace, "T_MELT > 5 or DOOR", T_MELT=[NAN, NAN], DOOR=[1, 1]) == [1, 1]
    assert np.isnan(value(furnace, "T_MELT > 5 or DOOR", T_MELT=[NAN, NAN], DOOR=[0, 0])).all()
    assert value(furnace, "any(WH_BT[] > 15)", WH_BT1=[[NAN, NAN], [20, 20]]) == [1, 1]


def test_what_is_left_of_a_division_by_zero_is_unknown(furnace: Scope) -> None:
    assert np.isnan(value(furnace, "T_MELT % T_TUN > 1", T_MELT=[5, 5], T_TUN=[0, 3])).tolist() == [True, False]


def test_division_by_zero_is_unknown(furnace: Scope) -> None:
    for text in ("T_MELT / CO_CWF > 0", "T_MELT / CO_CWF < 0", "T_MELT / CO_CWF", "T_MELT / (CO_CWF - CO_CWF) > 1"):
        assert np.isnan(value(furnace, text, CO_CWF=[0, 0])).all(), text


def test_a_rate_is_an_input_of_its_own(furnace: Scope) -> None:
    formula = read_formula("rate(CH_P, 60) > 1 and CH_P > 2", furnace)
    assert formula.inputs == (Input(("CH_P",), False, 60), Input(("CH_P",), False, 0))


@pytest.mark.parametrize(
    ("text", "at", "read", "hint"),
    [
        ("T_MELTT > 5", 1, "T_MELTT", "'T_MELT'"),
        ("DOOR and T_MLT > 5", 10, "T_MLT", "'T_MELT'"),
        ("STEP == 'MELTT'", 9, "MELTT", "'MELT'"),
        ("STEP == MELT", 9, "MELT", "in quotes: 'MELT'"),
        ("WHBT[] > 3", 1, "WHBT[]", "'WH_BT[]'"),
        ("WH_BT[] > 3", 1, "WH_BT[] > 3", "family of 2"),
        ("T_MELT > CO_CWF", 1, "T_MELT > CO_CWF", "do not go together"),
        ("maxx(T_MELT, 3)", 1, "maxx", "'max'"),
        ("min(T_MELT)", 1, "min(T_MELT)", "takes a family"),
        ("S05.H1.SC1.T_MELT > 4", 1, "S05.H1.SC1.T_MELT", "'S05.H1.SC001.T_MELT'"),
        ("T_MELT and DOOR", 1, "T_MELT", "compare it"),
        ("T_MELT ** 2", 1, "T_MELT ** 2", "not part of the language"),
        ("T_MELT if DOOR else 4", 1, "T_MELT if DOOR else 4", "not part of the language"),
        ("[T_MELT for x in y]", 1, "[T_MELT for x in y]", "not part of the language"),
        ("__import__('os')", 1, "__import__", "no such function"),
        ("T_MELT.__class__ == 1", 1, "T_MELT.__class__", "no such tag"),
        ("(3", 1, "(3", "cannot be read"),
        ("rate(T_MELT, 0) > 1", 1, "rate(T_MELT, 0)", "1 to 3600 s"),
        ("", 1, "", "empty"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_right_word(
    furnace: Scope, text: str, at: int, read: str, hint: str
) -> None:
    with pytest.raises(BadFormula) as wrong:
        read_formula(text, furnace)
    assert (wrong.value.at, wrong.value.read) == (at, read)
    assert hint in wrong.value.hint


def test_the_unit_of_the_result_is_checked(furnace: Scope) -> None:
    assert read_formula("E_HEAT / CHG_WT", furnace, "kWh/t").dimension == dimension("kWh/kg")
    with pytest.raises(BadFormula, match="not in t/h"):
        read_formula("MF_KW * 2", furnace, "t/h")


def test_dimensions_of_units_as_tags_write_them() -> None:
    assert dimension("m³/h") == dimension("Nm³/h") == {"m": 3, "s": -1}
    assert dimension("W/m²K") == {"W": 1, "m": -2, "K": -1}
    assert dimension("") == {}
    assert dimension("kW") != dimension("kWh")
    assert named(dimension("kg/h")) == "kg·s^-1"


@given(st.text(max_size=80))
def test_any_text_is_a_formula_or_a_named_mistake(text: str) -> None:
    try:
        read_formula(text, Scope({}, {}))
    except BadFormula as wrong:
        assert wrong.hint


def test_deep_and_long_texts_are_refused(furnace: Scope) -> None:
    for text in ("(" * 300 + "1" + ")" * 300, "-" * 200 + "1", "1 + " * 400 + "1", "not " * 100 + "DOOR"):
        with pytest.raises(BadFormula):
            read_formula(text, furnace)
