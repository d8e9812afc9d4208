"""Numbers as people write them in the cells of a spreadsheet."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

SIGNIFICANT: Final = re.compile(r"([1-9]) sig")


class NotANumber(ValueError):
    """The cell holds something else; the text says what to write instead."""


def number(cell: str) -> float:
    """Return the finite number in ``cell``, NaN when it is empty. Raises ``NotANumber``."""
    if not cell:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        if re.fullmatch(r"-?\d+,\d+", cell):
            raise NotANumber("not a number; write the decimals after a point") from None
        if "−" in cell:  # the minus sign of a text processor
            raise NotANumber("not a number; write the minus as '-'") from None
        raise NotANumber("not a number") from None
    if not math.isfinite(value):
        raise NotANumber("not a finite number; leave the cell empty where there is no value")
    return value


@dataclass(frozen=True, slots=True)
class Resolution:
    """Either a ``step`` in the tag's unit, or a number of ``significant`` digits with step 0."""

    step: float
    significant: int

    @property
    def scale(self) -> float:
        """1/step as a whole number where the step is a fraction, so that ``round(v * scale) / scale`` is exact."""
        if self.step == 0.0:
            return 0.0
        return float(round(1.0 / self.step)) if self.step < 1.0 else 1.0 / self.step

    @property
    def decimals(self) -> int:
        """Decimals to show; minus the number of significant digits where those apply."""
        if self.step == 0.0:
            return -self.significant
        text = f"{self.step:.9f}".rstrip("0")
        return len(text) - text.index(".") - 1


def resolution(cell: str) -> Resolution:
    """Return the resolution in ``cell``: ``0.05``, ``20`` or ``3 sig``. Raises ``NotANumber``."""
    digits = SIGNIFICANT.fullmatch(cell)
    if digits:
        return Resolution(0.0, int(digits.group(1)))
    step = number(cell)
    if not step > 0.0:
        raise NotANumber("a resolution is a number above 0, or significant digits such as '3 sig'")
    per_one = 1.0 / step if step < 1.0 else step
    if abs(per_one - round(per_one)) > 1e-6 * per_one:
        raise NotANumber("a resolution is a whole number or 1 divided by one, such as 0.5, 0.05, 0.02")
    return Resolution(step, 0)
