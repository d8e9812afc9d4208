"""Flow sheets of a complex: what moves between which places, by which meters, and how well those know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np

from didymium.balance.legs import Rule
from didymium.balance.network import ENVIRONMENT, Flags, Floats, Network
from didymium.kpi.definitions import Kpi, Kpis
from didymium.model.plant import Text

DAY_US: Final = 86_400_000_000


class Quantity(StrEnum):
    """What a sheet balances."""

    MASS = "mass"
    WATER = "water"
    REO = "reo"
    ELEMENT = "element"
    CHLORIDE = "chloride"
    SULPHATE = "sulphate"
    SALT = "salt"
    ENERGY = "energy"


@dataclass(frozen=True, slots=True)
class Node:
    """A place whose balance must close; ``site`` and ``unit`` are where it stands, "" where it is no single one."""

    id: str
    name: Text
    site: str
    unit: str


@dataclass(frozen=True, slots=True)
class Stream:
    """What moves from one node to another, ``ENVIRONMENT`` for outside.

    ``kpi`` is the figure that measures it, None where nothing does. Its standard deviation over a day is ``percent`` of
    the reading, ``least`` at least, in the sheet's unit. A ``gauging`` is the gain of what a node holds, known to
    ``least`` over any time.
    """

    id: str
    name: Text
    source: int
    target: int
    kpi: Kpi | None
    percent: float
    least: float
    gauging: bool = False

    @property
    def is_outer(self) -> bool:
        """Whether it comes from outside, or leaves."""
        return ENVIRONMENT in (self.source, self.target)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A flow sheet of one quantity in ``unit``; the gains of what its nodes hold are its last streams."""

    id: str
    name: Text
    quantity: Quantity
    unit: str
    decimals: int
    source: str
    nodes: tuple[Node, ...]
    streams: tuple[Stream, ...]

    @property
    def measured(self) -> Flags:
        """(streams,) whether a meter or a gauging is there."""
        return np.array([stream.kpi is not None for stream in self.streams], np.bool_)

    @property
    def network(self) -> Network:
        """Its streams as pairs of nodes."""
        return Network.of([(stream.source, stream.target) for stream in self.streams], len(self.nodes))

    def sigma(self, reading: Floats, length_us: int, stretches: int = 1) -> Floats:
        """(streams,) standard deviations of readings over ``length_us``, in so many unbroken stretches.

        A meter's error keeps its sign for about a day: within one it is its share of the reading, of n days it is that
        of one day times the root of n. Its bias, which no time takes away, is not in this (JCGM 100:2008, 4.2 and F.2).
        What is held is gauged at both ends of each stretch.
        """
        days = length_us / DAY_US
        whole = max(1.0, days)
        share = np.array([stream.percent for stream in self.streams]) / 100.0
        least = np.array([stream.least for stream in self.streams])
        of_meters = np.maximum(share * np.abs(reading) / whole, least * min(1.0, days)) * whole**0.5
        return np.where([stream.gauging for stream in self.streams], least * stretches**0.5, of_meters)

    def place(self, node: int) -> str:
        """A node's id, "" for outside."""
        return "" if node == ENVIRONMENT else self.nodes[node].id


@dataclass(frozen=True)
class Sheets:
    """All flow sheets, the key figures of the complex with those that measure their streams, and what is judged."""

    sheets: tuple[Sheet, ...]
    kpis: Kpis
    rules: tuple[Rule, ...] = ()

    @cached_property
    def of(self) -> Mapping[str, Sheet]:
        """Id to sheet."""
        return {sheet.id: sheet for sheet in self.sheets}
