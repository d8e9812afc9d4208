"""What formulas reckon with: arithmetic that knows what is missing, and three-valued logic."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def divided(left: Floats, right: Floats) -> Floats:
    """The quotient, NaN where the divisor is 0."""
    return left / np.where(right == 0.0, np.nan, right)


def no(value: Floats) -> Floats:
    """1 where false, 0 where true, NaN where unknown."""
    return np.where(np.isnan(value), np.nan, value == 0.0)


def both(left: Floats, right: Floats) -> Floats:
    """Kleene's and: false where one is known to be false, unknown where that depends on what is missing."""
    unknown = np.isnan(left) | np.isnan(right)
    return np.where((left == 0.0) | (right == 0.0), 0.0, np.where(unknown, np.nan, 1.0))


def either(left: Floats, right: Floats) -> Floats:
    """Kleene's or: true where one is known to be true, unknown where that depends on what is missing."""
    a, b = np.minimum(np.abs(left), 1.0), np.minimum(np.abs(right), 1.0)
    return np.where(np.fmax(a, b) > 0.0, 1.0, a + b)  # a sum of falses is 0, of what is missing NaN


def least(family: Floats) -> Floats:
    """(k, units) -> (units,) the smallest that is there."""
    return np.fmin.reduce(family, axis=0)


def greatest(family: Floats) -> Floats:
    """(k, units) -> (units,) the largest that is there."""
    return np.fmax.reduce(family, axis=0)


def total(family: Floats) -> Floats:
    """(k, units) -> (units,) their sum, NaN where one is missing: a sum of some is not the sum."""
    return np.add.reduce(family, axis=0)


def remainder(left: Floats, right: Floats) -> Floats:
    """What division leaves over, with the sign of ``right``; NaN where that is 0."""
    return np.where(right == 0.0, np.nan, np.mod(left, right))


def mean(family: Floats) -> Floats:
    """(k, units) -> (units,) the mean of those that are there."""
    there = ~np.isnan(family)
    return divided(np.where(there, family, 0.0).sum(axis=0), there.sum(axis=0).astype(np.float64))


def any_of(family: Floats) -> Floats:
    """(k, units) -> (units,) true where one is, false where all are."""
    return np.where(
        ((family != 0.0) & ~np.isnan(family)).any(axis=0), 1.0, np.where(np.isnan(family).any(axis=0), np.nan, 0.0)
    )


def all_of(family: Floats) -> Floats:
    """(k, units) -> (units,) true where all are, false where one is not."""
    return np.where((family == 0.0).any(axis=0), 0.0, np.where(np.isnan(family).any(axis=0), np.nan, 1.0))


ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Floats, Floats], Floats]]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: divided,
    ast.Mod: remainder,
}
COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Floats, Floats], NDArray[np.bool_]]]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
FUNCTIONS: Final[
    Mapping[str, tuple[Callable[[Floats], Floats] | None, Callable[[Floats, Floats], Floats] | None, bool]]
] = {
    "abs": (None, None, False),
    "min": (least, np.fmin, False),
    "max": (greatest, np.fmax, False),
    "sum": (total, np.add, False),
    "avg": (mean, None, False),
    "any": (any_of, either, True),
    "all": (all_of, both, True),
}
"""Over a family, over several values, and whether it takes what is true or false."""
OVER_FAMILIES: Final = ("min", "max", "avg", "any", "all")
