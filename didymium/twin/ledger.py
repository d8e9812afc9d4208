"""What moves across a site's borders, and what it holds: masses, water, power, each booked where it leaves and arrives.

The units of a site book their own inputs and outputs, and what they hold is read from their states. So a site's
balance closes only where its units neither make nor lose what they should not: it is a test of the physics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

MASS: Final = "mass"
"""Everything that is weighed, t; water with it."""
WATER: Final = "water"
"""Water, free or bound, t."""
REO: Final = "REO"
"""Rare earth as oxide, t."""
SALT: Final = "salt"
"""Dissolved and crystallised salt, t."""
CHLORIDE: Final = "chloride"
SULPHATE: Final = "sulphate"
POWER: Final = "power"
"""Electricity, MWh."""

Key = tuple[str, str, str, str]
"""Kind, source, target, goods."""
TOLERANCE: Final = 1e-9
"""Share of a balance's throughput that adding up so many small numbers may leave."""


class Stream:
    """What has moved from one place to another since the start; ``amount`` is in the kind's unit."""

    __slots__ = ("amount", "goods", "kind", "source", "target")

    def __init__(self, kind: str, source: str, target: str, goods: str) -> None:
        self.kind, self.source, self.target, self.goods = kind, source, target, goods
        self.amount = 0.0

    def add(self, amount: float) -> None:
        """Move so much more."""
        self.amount += amount


class Streams(tuple[Stream, ...]):
    """Goods that move as several kinds at once, mass and rare earth for instance: a stream for each."""

    __slots__ = ()

    def add(self, *amounts: float) -> None:
        """Move so much more of each kind."""
        for stream, amount in zip(self, amounts, strict=True):
            stream.add(amount)


class Counted:
    """A stream that a counter knows: ``total`` answers what has moved since some moment, in the kind's unit."""

    __slots__ = ("_total", "goods", "kind", "source", "target")

    def __init__(self, kind: str, source: str, target: str, goods: str, total: Callable[[], float]) -> None:
        self.kind, self.source, self.target, self.goods = kind, source, target, goods
        self._total = total

    @property
    def amount(self) -> float:
        return self._total()


@dataclass(frozen=True, slots=True)
class Balance:
    """A site's sum of one kind: what came in, less what went out, less what it holds more than at the start."""

    site: str
    kind: str
    came: float
    went: float
    kept: float
    tolerance: float

    @property
    def id(self) -> str:
        return f"{self.site}.{self.kind}"

    @property
    def residual(self) -> float:
        return self.came - self.went - self.kept

    @property
    def ok(self) -> bool:
        """Whether what is missing is within the tolerance."""
        return abs(self.residual) <= self.tolerance


class Ledger:
    """The streams and holds of a plant. The models of units ask for theirs once and book into them every second.

    Places that are no sites are where goods come from and go to for good: AIR, GRID, MARKET, MINE, RESIDUE, GROUND,
    and USE, where electricity ends.
    """

    def __init__(self) -> None:
        self._streams: dict[Key, Stream | Counted] = {}
        self._holds: dict[tuple[str, str], list[Callable[[], float]]] = {}
        self._before: dict[tuple[str, str], float] = {}
        self._since: dict[Key, float] = {}

    def stream(self, kind: str, source: str, target: str, goods: str) -> Stream:
        """The stream of these goods, the same one to whoever asks."""
        key = (kind, source, target, goods)
        found = self._streams.get(key)
        if not isinstance(found, Stream):
            found = self._streams[key] = Stream(*key)
        return found

    def streams(self, kinds: Sequence[str], source: str, target: str, goods: str) -> Streams:
        """The streams of these goods, one for each kind, in their order."""
        return Streams(self.stream(kind, source, target, goods) for kind in kinds)

    def counted(self, kind: str, source: str, target: str, goods: str, total: Callable[[], float]) -> None:
        """Book by a counter instead of every second."""
        key = (kind, source, target, goods)
        self._streams[key] = Counted(*key, total)

    def amount(self, kind: str, source: str, target: str, goods: str) -> float:
        """What has moved since the start, by whomever it is booked; 0 where nobody does."""
        found = self._streams.get((kind, source, target, goods))
        return 0.0 if found is None else found.amount

    def crossing(self, kind: str, site: str) -> list[Stream | Counted]:
        """Every stream of a kind into or out of a site that is there by now, by source, target and goods."""
        return [self._streams[key] for key in sorted(self._streams) if key[0] == kind and site in key[1:3]]

    def hold(self, kind: str, site: str, held: Callable[[], float]) -> None:
        """``held`` answers how much of the kind a unit of the site has now."""
        self._holds.setdefault((site, kind), []).append(held)

    def open(self) -> None:
        """Begin the balances anew from here."""
        self._before = {key: self._held(key) for key in self._holds}
        self._since = {key: stream.amount for key, stream in self._streams.items()}

    def moved(self) -> list[tuple[Stream | Counted, float]]:
        """Every stream with what moved since ``open``, by kind, source, target and goods."""
        return [(self._streams[key], self._amount(key)) for key in sorted(self._streams)]

    def balances(self) -> list[Balance]:
        """The balance of every site and kind of which somebody says what the site holds, by site and kind."""
        return [self._balance(site, kind) for site, kind in sorted(self._holds)]

    def _balance(self, site: str, kind: str) -> Balance:
        mine = [key for key in self._streams if key[0] == kind and site in key[1:3]]
        came = math.fsum(self._amount(key) for key in mine if key[2] == site)
        went = math.fsum(self._amount(key) for key in mine if key[1] == site)
        held = self._held((site, kind))
        kept = held - self._before.get((site, kind), held)
        return Balance(site, kind, came, went, kept, TOLERANCE * max(came, went, abs(held), 1.0))

    def _amount(self, key: Key) -> float:
        return self._streams[key].amount - self._since.get(key, 0.0)

    def _held(self, key: tuple[str, str]) -> float:
        return math.fsum(held() for held in self._holds.get(key, ()))
