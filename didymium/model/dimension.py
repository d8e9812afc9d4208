"""Units of measure as products of powers, so that a formula can be asked whether its parts fit together.

Only the dimension is followed, not the size: ``kW`` and ``MW`` fit, ``kW`` and ``kWh`` do not (BIPM, SI Brochure, 9th
edition, §2.3.3 and §5.4). A word that is not known is a dimension of its own, so ``NTU`` fits ``NTU`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

Dimension = Mapping[str, int]
"""Base to power; empty for a plain number."""

NUMBER: Final[Dimension] = {}
SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
TERM: Final = re.compile(r"([^\d⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*)")
_TOGETHER: Final[Mapping[tuple[str, ...], Dimension]] = {
    ("mg", "g", "kg", "t", "µg"): {"kg": 1},
    ("mm", "m", "km", "cm", "µm"): {"m": 1},
    ("L", "mL", "Nm³", "kNm³"): {"m": 3},
    ("s", "min", "h", "d"): {"s": 1},
    ("mA", "A", "kA"): {"A": 1},
    ("mV", "V", "kV"): {"W": 1, "A": -1},
    ("mΩ", "Ω", "MΩ"): {"W": 1, "A": -2},
    ("W", "kW", "MW", "kvar", "Mvar"): {"W": 1},
    ("kWh", "MWh", "kvarh", "Mvarh"): {"W": 1, "s": 1},
    ("Pa", "kPa", "MPa", "kPa abs"): {"Pa": 1},
    ("Hz", "rpm"): {"s": -1},
    ("°C", "K"): {"K": 1},
    ("mS", "µS"): {"S": 1},
    ("pcs", "n", "id", "bits", "enum"): NUMBER,
}
KNOWN: Final = {unit: found for units, found in _TOGETHER.items() for unit in units}


def dimension(unit: str) -> Dimension:
    """Return the dimension of a unit as tags write it: ``m³/h``, ``W/m²K``, ``kWh/t``; empty for none."""
    powers: dict[str, int] = {}
    for place, part in enumerate(unit.split("/")):
        for factor in part.split("·"):
            _multiply(powers, factor.strip(), -1 if place else 1)
    return {base: power for base, power in powers.items() if power}


def product(left: Dimension, right: Dimension, sign: int = 1) -> Dimension:
    """Return ``left`` times ``right``, or divided by it where ``sign`` is -1."""
    powers = dict(left)
    _add(powers, right, sign)
    return {base: power for base, power in powers.items() if power}


def named(found: Dimension) -> str:
    """Return a dimension in words: ``kg·s^-1``; ``a plain number`` for none."""
    return "·".join(base if power == 1 else f"{base}^{power}" for base, power in found.items()) or "a plain number"


def _multiply(powers: dict[str, int], factor: str, sign: int) -> None:
    if factor in ("", "1"):
        return
    if factor in KNOWN:
        _add(powers, KNOWN[factor], sign)
        return
    at = 0
    for term in TERM.finditer(factor):
        at = term.end()
        _add(
            powers, KNOWN.get(term.group(1), {term.group(1): 1}), sign * int(term.group(2).translate(SUPERSCRIPTS) or 1)
        )
    if not at:
        _add(powers, {factor: 1}, sign)


def _add(powers: dict[str, int], dimension: Dimension, times: int) -> None:
    for base, power in dimension.items():
        powers[base] = powers.get(base, 0) + times * power
