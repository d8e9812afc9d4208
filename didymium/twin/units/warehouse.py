"""The warehouse of S09: what the sites send and draw, what is bought, what trucks and trains take away (§11, §16).

Every goods has its bays. Trucks, whose loads the weighbridge knows, take of the packed goods that stand highest above
their usual stock, else of the goods in bulk. Trains take what outgrows its bays, for S15, S17 and S19 make more
carbonate, chloride and salt than 500 t of trucks a day can carry. What S04, S10 and S20 draw is bought, and traded
goods to fill the trucks. Rare earth is taken as well mixed within a goods. Units: t.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from didymium.twin.ledger import MASS, REO, Counted, Stream, Streams
from didymium.twin.stocks import STOCKS
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.store import Store

SITE: Final = "S09"
MARKET: Final = "MARKET"
KINDS: Final = (MASS, REO)


@dataclass(frozen=True, slots=True)
class Goods:
    """``reo`` in the opening stock and in what is bought, t/t; ``names`` by which the sites send or draw it."""

    bays: int
    reo: float
    names: tuple[str, ...] = ()
    bulk: bool = False
    bought: bool = False
    sold: bool = True


GOODS: Final = {
    "NdFeB flakes": Goods(5, 0.347),
    "oxide": Goods(2, 1.0),
    "PrNd oxide, bought": Goods(2, 1.0, bought=True, sold=False),
    "AB5 alloy": Goods(1, 0.377),
    "Motors": Goods(1, 0.0208),
    "Magnets": Goods(1, 0.347),
    "Polishing powder": Goods(1, 1.0),
    "salts": Goods(3, 0.0, ("salt crystals", "ammonium salts", "recovered salts"), bulk=True),
    "chloride": Goods(2, 0.19, bulk=True),
    "carbonate": Goods(3, 0.45, bulk=True),
    "scrap": Goods(2, 0.29, ("motor scrap", "magnet scrap", "NdFeB scrap"), bought=True, sold=False),
    "traded goods": Goods(1, 0.0, bought=True),
}
"""Motors have 0.6 kg of magnets in 10 kg; other goods that a site may send lie with the traded ones. (A)"""
BAYS: Final = tuple(name for name, goods in GOODS.items() for _ in range(goods.bays))
"""What each bay is for."""
DELIVERY_T: Final = 28.0
"""Load of a truck that brings bought goods. (A)"""
AT_LEAST_T: Final = 15.0
"""A bought stock that falls so low is filled up at once. (A)"""


@dataclass(slots=True)
class _Way:
    """Goods that move between the warehouse and another place, as another's books have it, and what was seen of it."""

    store: Store
    sign: float
    mass: Stream | Counted
    reo: Stream | Counted | None
    seen_t: float = 0.0
    seen_reo_t: float = 0.0


class Warehouse:
    """Stock by goods. ``receive`` follows the sites' books, the others keep the warehouse's own."""

    def __init__(self, around: Surroundings) -> None:
        self._ledger, streams = around.ledger, around.ledger.streams
        opening_t = {name: around.stocks.opening_t(SITE, name) for name in GOODS}
        self.stock = {name: Store(t, GOODS[name].reo * t) for name, t in opening_t.items()}
        self.usual_t = {name: around.stocks.usual_t(SITE, name) for name in GOODS}
        self._called = {alias: name for name, goods in GOODS.items() for alias in (name, *goods.names)}
        self._bought = {name: streams(KINDS, MARKET, SITE, name) for name, goods in GOODS.items() if goods.bought}
        self._sold = {name: streams(KINDS, SITE, MARKET, name) for name, goods in GOODS.items() if goods.sold}
        self._by_rail = {name: streams(KINDS, SITE, MARKET, f"{name}, by rail") for name in GOODS}
        self._ways: dict[tuple[str, str, str], _Way] = {}
        self._look()
        around.ledger.hold(MASS, SITE, self.mass_t)
        around.ledger.hold(REO, SITE, self.reo_t)

    def step(self) -> None:
        """Follow the books, fill up what runs out, and send trains."""
        self._look()
        self.receive()
        for name, store in self.stock.items():
            if GOODS[name].bought and store.t < AT_LEAST_T:
                self._buy(name, self.usual_t[name] - store.t)
            elif store.t > STOCKS[SITE, name].most_t:
                self._send(name, store.t - self.usual_t[name], self._by_rail[name])

    def ship(self, net_t: float) -> str:
        """Let a truck leave with so much; of which goods. What no goods has enough of is bought for it first."""
        self.receive()
        enough = [name for name, store in self.stock.items() if GOODS[name].sold and store.t >= net_t]
        packed = [name for name in enough if not GOODS[name].bulk and self._above_t(name) >= 0.0]
        chosen = max(packed or enough, key=self._above_t, default="traded goods")
        if self.stock[chosen].t < net_t:
            self._buy(chosen, net_t - self.stock[chosen].t)
        self._send(chosen, net_t, self._sold[chosen])
        return chosen

    def deliver(self) -> float:
        """Let a truck come in with what is lacking most of the bought goods; its load, 0 where nothing is lacking."""
        self.receive()
        lacking = min((name for name, goods in GOODS.items() if goods.bought), key=self._above_t)
        load_t = 0.02 * round(50.0 * min(DELIVERY_T, -self._above_t(lacking)))
        if load_t < 1.0:
            return 0.0
        self._buy(lacking, load_t)
        return load_t

    def receive(self) -> None:
        """Move what the sites have booked since the last time."""
        for way in self._ways.values():
            t = way.mass.amount - way.seen_t
            if t != 0.0:
                reo_t = 0.0 if way.reo is None else way.reo.amount - way.seen_reo_t
                way.store.put(way.sign * t, way.sign * reo_t)
                way.seen_t, way.seen_reo_t = way.seen_t + t, way.seen_reo_t + reo_t

    def mass_t(self) -> float:
        """All that lies there, with what the sites have booked since it was last received."""
        return sum(store.t for store in self.stock.values()) + self._booked_t()[0]

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        return sum(store.reo_t for store in self.stock.values()) + self._booked_t()[1]

    def _booked_t(self) -> tuple[float, float]:
        """Mass and rare earth that were booked and not yet received; whoever asks for a balance changes nothing."""
        ways = {**self._ways, **self._unseen()}.values()
        mass_t = sum(way.sign * (way.mass.amount - way.seen_t) for way in ways)
        return mass_t, sum(way.sign * (way.reo.amount - way.seen_reo_t) for way in ways if way.reo is not None)

    def _above_t(self, name: str) -> float:
        return self.stock[name].t - self.usual_t[name]

    def _buy(self, name: str, t: float) -> None:
        reo_t = GOODS[name].reo * t
        self.stock[name].put(t, reo_t)
        self._bought[name].add(t, reo_t)

    def _send(self, name: str, t: float, streams: Streams) -> None:
        streams.add(*self.stock[name].take(t))

    def _look(self) -> None:
        """Follow the streams between the warehouse and the sites that are new."""
        self._ways |= self._unseen()

    def _unseen(self) -> dict[tuple[str, str, str], _Way]:
        """Streams that are not followed yet."""
        new: dict[tuple[str, str, str], _Way] = {}
        reo = {(s.source, s.target, s.goods): s for s in self._ledger.crossing(REO, SITE)}
        for stream in self._ledger.crossing(MASS, SITE):
            key = (stream.source, stream.target, stream.goods)
            if MARKET in key or key in self._ways:
                continue
            store = self.stock[self._called.get(stream.goods, "traded goods")]
            sign = 1.0 if stream.target == SITE else -1.0
            new[key] = _Way(store, sign, stream, reo.get(key))
        return new
