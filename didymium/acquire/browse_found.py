"""A point that a real server offers, before it has a place in a complex."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from didymium.model.plant import Kind

WIDEST: Final = 1e9
"""Range of a measured value whose server tells none; wide enough for most, and there to be narrowed."""
EXACT: Final = 2.0**53 - 1


@dataclass(frozen=True, slots=True)
class Found:
    """``levels`` are the names above the point and its own, outermost first, two at least.

    ``resolution`` is as in a template's CSV. ``low`` < ``high``, whole numbers for kinds but analog. ``options`` are
    keys of the site's connection, the same for all its points.
    """

    site: str
    levels: tuple[str, ...]
    address: str
    kind: Kind
    unit: str
    low: float
    high: float
    resolution: str
    labels: tuple[str, ...]
    description: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Browsed:
    """All points found, and the addresses that were skipped with the reason."""

    found: tuple[Found, ...]
    skipped: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a number looks like by its wire type alone."""

    kind: Kind
    low: float
    high: float
    resolution: str


def whole_shape(bits: int, signed: bool) -> Shape:
    """The shape of an integer of so many bits, cut to what a double holds exactly."""
    high = min(2.0 ** (bits - signed) - 1, EXACT)
    low = max(-(2.0 ** (bits - 1)), -EXACT) if signed else 0.0
    return Shape(Kind.INT, low, high, "1")


BOOL: Final = Shape(Kind.BOOL, 0.0, 1.0, "1")
FLOAT: Final = Shape(Kind.ANALOG, -WIDEST, WIDEST, "7 sig")
"""Seven digits are what 32 bits carry."""
DOUBLE: Final = Shape(Kind.ANALOG, -WIDEST, WIDEST, "9 sig")


def refined(
    shape: Shape, low: float, high: float, decimals: float | None, labels: Sequence[str]
) -> tuple[Shape, tuple[str, ...]]:
    """The shape with what the server tells about range (NaN for nothing), decimals and the words of its values."""
    words = tuple(" ".join(label.replace("|", "/").split()) for label in labels)
    named = len(words) >= 2 and all(words) and len(set(words)) == len(words)
    if named and shape.kind is Kind.INT:
        return Shape(Kind.ENUM, 0.0, float(len(words) - 1), "1"), words
    if shape.kind is Kind.BOOL:
        return shape, words if named and len(words) == 2 else ()
    spans = math.isfinite(low) and math.isfinite(high) and -EXACT <= low < high <= EXACT
    if spans and (shape.kind is Kind.ANALOG or (low == round(low) and high == round(high))):
        shape = Shape(shape.kind, low, high, shape.resolution)
    if shape.kind is Kind.ANALOG and decimals is not None and 0 <= decimals <= 9:
        step = f"{10.0**-decimals:.9f}".rstrip("0").rstrip(".")
        shape = Shape(shape.kind, shape.low, shape.high, step)
    return shape, ()
