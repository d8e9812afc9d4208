"""Formulas of claims: values, units and slopes worked by hand, and what they refuse."""

from __future__ import annotations

import math

import pytest

from didymium.evidence.formula import read_condition, read_formula
from didymium.model.dimension import scale
from didymium.model.formula_text import BadFormula

UNITS = {"metal": "t/d", "cells": "", "k": "kg/kA·d", "share": "%", "size": "kg", "money": "M yuan", "hours": "h/d"}
VALUES = {"metal": 32.0, "cells": 70.0, "k": 42.8017, "share": 78.0, "size": 1000.0, "money": 70.0, "hours": 16.0}


def worth(text: str, unit: str, moved: str = "") -> tuple[float, float]:
    """Value in ``unit``, and the slope by one unit of ``moved``."""
    formula = read_formula(text, UNITS, unit)
    given = {name: (VALUES[name] * scale(UNITS[name]), float(name == moved)) for name in UNITS}
    value, slope = formula.of(given)
    return value / scale(unit), slope * scale(UNITS[moved]) / scale(unit) if moved else math.nan


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("metal / cells", "kg/d", 457.142857),
        ("metal / cells / (k * share)", "kA", 13.692928),  # 457.14 kg/d by 33.385 kg/kA·d
        ("metal / size", "/d", 32.0),
        ("size / metal", "min", 45.0),  # 1 t of 32 t a day: 1,440 min / 32
        ("money / size", "yuan/kg", 70_000.0),
        ("1 - share", "%", 22.0),
        ("hours", "", 2 / 3),
        ("min(share, 1) - max(0, -share)", "", 0.78),
        ("abs(share - 1)", "%", 22.0),
        ("ceil(metal / size * hours * 1.001 / (metal / size))", "1", 1.0),
        ("42", "kg", 42.0),
        ("4 * 10.5", "kA", 42.0),
    ],
)
def test_a_formula_is_worth_what_the_hand_finds(text: str, unit: str, value: float) -> None:
    assert worth(text, unit)[0] == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "unit", "moved", "slope"),
    [
        ("metal / cells", "kg/d", "metal", 1000 / 70),
        ("metal / cells", "kg/d", "cells", -32_000 / 70**2),
        ("metal / cells / (k * share)", "kA", "share", -13.692928 / 78.0),  # a point of a per cent
        ("share * share", "%", "share", 2 * 0.78),
        ("abs(share - 1)", "%", "share", -1.0),
        ("min(share, 1)", "%", "share", 1.0),
        ("max(share, 1)", "%", "share", 0.0),
        ("ceil(cells)", "1", "cells", 0.0),
        ("-cells + cells * 3", "1", "cells", 2.0),
    ],
)
def test_a_slope_is_that_of_the_hand(text: str, unit: str, moved: str, slope: float) -> None:
    assert worth(text, unit, moved)[1] == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("text", ["metal / (cells - cells)", "metal / (cells - 70) * 0", "ceil(1 / (cells - cells))"])
def test_what_divides_by_nothing_is_nothing(text: str) -> None:
    assert math.isnan(worth(text, "1" if "ceil" in text else "t/d")[0])


@pytest.mark.parametrize(
    ("text", "unit", "at", "hint"),
    [
        ("metal / cels", "kg/d", 9, "the nearest valid word is 'cells'"),
        ("metal / cells", "kA", 1, "the result is in kg·s^-1, not in kA"),
        ("metal + size", "t", 1, "kg·s^-1 and kg do not go together"),
        ("metal + 5", "t/d", 1, "a number beside kg·s^-1 has no unit; make it an input"),
        ("min(metal, 5)", "t/d", 1, "a number beside kg·s^-1 has no unit"),
        ("ceil(metal)", "t/d", 1, "ceil is of a plain number"),
        ("cell(metal)", "t/d", 1, "the nearest valid word is 'ceil'"),
        ("abs(metal, size)", "t/d", 1, "abs takes one value"),
        ("min(metal)", "t/d", 1, "min takes two values"),
        ("metal / 0", "t/d", 1, "this divides by 0"),
        ("metal ** 2", "t/d", 1, "not part of the language"),
        ("metal > 5", "t/d", 1, "not part of the language"),
        ("metal /", "t/d", 1, "cannot be read from here"),
        ("__import__('os')", "t/d", 12, "not part of the language"),
        ("metal.real", "t/d", 1, "not part of the language"),
        ("True", "1", 1, "not part of the language"),
        ("metal / 1e16", "t/d", 9, "a number is at most"),
    ],
)
def test_a_formula_that_cannot_be_says_where_and_why(text: str, unit: str, at: int, hint: str) -> None:
    with pytest.raises(BadFormula) as broken:
        read_formula(text, UNITS, unit)
    assert (broken.value.at, hint in broken.value.hint) == (at, True), broken.value


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("metal > size / hours * hours * 0 or cells >= 70", None),
        ("cells >= 70", True),
        ("cells > 70", False),
        ("cells * 1.0000000001 > 70", False),  # the same but for the last digits
        ("cells <= 69.9", False),
        ("not cells < 70 and share > 0.5", True),
        ("metal - metal > 0 or money > 0", True),
        ("cells / (cells - cells) > 1", False),
        ("cells / (cells - cells) <= 1", False),
    ],
)
def test_a_condition_holds_or_not(text: str, holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(BadFormula):
            read_condition(text, UNITS)
        return
    given = {name: (VALUES[name] * scale(UNITS[name]), 0.0) for name in UNITS}
    assert read_condition(text, UNITS).holds(given) is holds


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("cells", "a condition is comparisons"),
        ("cells == 70", "a condition is comparisons"),
        ("1 < cells < 70", "a condition is comparisons"),
        ("metal > 5", "has no unit"),
        ("metal > size", "do not go together"),
    ],
)
def test_a_condition_that_cannot_be_says_why(text: str, hint: str) -> None:
    with pytest.raises(BadFormula, match=hint):
        read_condition(text, UNITS)
