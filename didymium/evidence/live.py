"""What of the running plant can stand beside a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from didymium.evidence.definitions import Kind
from didymium.model.plant import Complex

EVERYWHERE: Final = frozenset({""})


@dataclass(frozen=True, slots=True)
class LiveSource:
    """The unit in which a live value is told, and the scopes that there is one of."""

    unit: str
    scopes: frozenset[str] = EVERYWHERE


LiveSources = Mapping[tuple[Kind, str], LiveSource]
"""By kind and id."""


def by_day(unit: str) -> str:
    """The unit of what an amount in ``unit`` comes to in a day."""
    return f"{unit}/d"


def amounts(plant: Complex) -> dict[tuple[Kind, str], LiveSource]:
    """The headlines and flows of a complex, each as what the whole day will come to."""
    found = {(Kind.HEADLINE, each.id): LiveSource(by_day(each.unit)) for each in plant.headlines}
    return found | {(Kind.FLOW, each.id): LiveSource(by_day("t")) for each in plant.flows}
