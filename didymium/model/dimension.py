"""Units of measure as products of powers, so that a formula can be asked whether its parts fit together.

``dimension`` follows what is measured, not its size: ``kW`` and ``MW`` fit, ``kW`` and ``kWh`` do not (BIPM, SI
Brochure, 9th edition, §2.3.3 and §5.4). ``scale`` follows the size. A word that is not known is a dimension of its own
and of size 1, so ``NTU`` fits ``NTU`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

Dimension = Mapping[str, int]
"""Base to power; empty for a plain number."""

NUMBER: Final[Dimension] = {}
SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
TERM: Final = re.compile(r"([^\d⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*)")
_TOGETHER: Final[tuple[tuple[Dimension, Mapping[str, float]], ...]] = (
    ({"kg": 1}, {"µg": 1e-9, "mg": 1e-6, "g": 1e-3, "kg": 1.0, "t": 1e3, "kt": 1e6}),
    ({"m": 1}, {"µm": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3}),
    ({"m": 3}, {"mL": 1e-6, "L": 1e-3, "Nm³": 1.0, "kNm³": 1e3}),
    ({"s": 1}, {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}),
    ({"A": 1}, {"mA": 1e-3, "A": 1.0, "kA": 1e3}),
    ({"W": 1, "A": -1}, {"mV": 1e-3, "V": 1.0, "kV": 1e3}),
    ({"W": 1, "A": -2}, {"mΩ": 1e-3, "Ω": 1.0, "MΩ": 1e6}),
    ({"W": 1}, {"W": 1.0, "kW": 1e3, "MW": 1e6, "kvar": 1e3, "Mvar": 1e6}),
    ({"W": 1, "s": 1}, {"kWh": 3.6e6, "MWh": 3.6e9, "kvarh": 3.6e6, "Mvarh": 3.6e9, "MJ": 1e6, "GJ": 1e9}),
    ({"Pa": 1}, {"Pa": 1.0, "kPa": 1e3, "MPa": 1e6, "kPa abs": 1e3}),
    ({"s": -1}, {"Hz": 1.0, "rpm": 1.0 / 60.0}),
    ({"K": 1}, {"°C": 1.0, "K": 1.0}),
    ({"S": 1}, {"µS": 1e-6, "mS": 1e-3}),
    ({"yuan": 1}, {"yuan": 1.0, "M yuan": 1e6, "bn yuan": 1e9}),
    (
        NUMBER,
        {"%": 0.01}
        | dict.fromkeys(("pcs", "n", "id", "bits", "enum"), 1.0)
        | dict.fromkeys(("AE", "pieces", "piece", "loads", "load", "heats", "heat", "saggers", "batches"), 1.0)
        | dict.fromkeys(("contracts", "motors", "motor", "trips", "furnace", "cell", "stops"), 1.0),
    ),
)
KNOWN: Final = {unit: found for found, units in _TOGETHER for unit in units}
SIZE: Final = {unit: size for _, units in _TOGETHER for unit, size in units.items()}


def dimension(unit: str) -> Dimension:
    """Return the dimension of a unit as tags write it: ``m³/h``, ``W/m²K``, ``kWh/t``; empty for none."""
    powers: dict[str, int] = {}
    for word, power in _words(unit):
        _add(powers, KNOWN.get(word, {word: 1}), power)
    return {base: power for base, power in powers.items() if power}


@lru_cache(maxsize=4096)
def scale(unit: str) -> float:
    """Return how many of the dimension's own units one ``unit`` is: 1000 for ``t``, 1/3600 for ``m³/h``, 0.01 for %.

    A temperature in °C has the size of one in K; the zero of its scale is not followed.
    """
    size = 1.0
    for word, power in _words(unit):
        size *= SIZE.get(word, 1.0) ** power
    return size


def product(left: Dimension, right: Dimension, sign: int = 1) -> Dimension:
    """Return ``left`` times ``right``, or divided by it where ``sign`` is -1."""
    powers = dict(left)
    _add(powers, right, sign)
    return {base: power for base, power in powers.items() if power}


def named(found: Dimension) -> str:
    """Return a dimension in words: ``kg·s^-1``; ``a plain number`` for none."""
    return "·".join(base if power == 1 else f"{base}^{power}" for base, power in found.items()) or "a plain number"


def _words(unit: str) -> Iterator[tuple[str, int]]:
    """The words of a unit with their powers."""
    for place, part in enumerate(unit.split("/")):
        sign = -1 if place else 1
        for factor in (each.strip() for each in part.split("·")):
            if factor in ("", "1"):
                continue
            terms = [] if factor in KNOWN else list(TERM.finditer(factor))
            if not terms:
                yield factor, sign
            for term in terms:
                yield term.group(1), sign * int(term.group(2).translate(SUPERSCRIPTS) or 1)


def _add(powers: dict[str, int], dimension: Dimension, times: int) -> None:
    for base, power in dimension.items():
        powers[base] = powers.get(base, 0) + times * power
