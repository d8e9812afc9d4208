"""S18: acids recovered from the roasting gas, acid and reagents bought, and the tanks that hold them (§13).

What roasting takes is mixed of bought acid and of what was recovered. Every other reagent that the sites book from
here is bought, and dissolved where it goes out as a solution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from didymium.twin.bank import Bank, Floats
from didymium.twin.ledger import MASS, Ledger, Stream
from didymium.twin.stocks import STOCKS
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.acid_recovery import STRONG
from didymium.twin.units.reagent_store import Store

SITE: Final = "S18"
BOUGHT_STRENGTH: Final = 0.98
RECOVERED_SHARE: Final = 0.1654
"""Of the mixed acid, where the store of recovered acid is as full as usual."""
MOST_RECOVERED: Final = 0.5
FRESH, STRONG_ACID, MIXED, WEAK_ACID, LIME = (
    "fresh sulphuric acid",
    "recovered sulphuric acid",
    "sulphuric acid",
    "hydrofluoric acid",
    "slaked lime",
)
SOLD_T_H: Final = 30.0
T_PER_KG: Final = 1e-3
OTHER_T: Final = 200.0
"""Of a reagent without a stock of its own."""
SOLUTIONS: Final[Mapping[str, float]] = {"ammonium bicarbonate": 0.22}
"""Reagents that are bought dry and leave dissolved, kg a kg: the mean of S01's 2.2 and S17's 3.2 kmol/m³. (A)"""
MADE: Final = (STRONG_ACID, MIXED, WEAK_ACID)
WASTE: Final = ("tail gas", "sulphite cake", WEAK_ACID)


class Tank(NamedTuple):
    """Tanks of one good: how many, t/m³, what is usually taken out of all, t/h, pH and conductivity, mS/cm."""

    goods: str
    number: int
    t_m3: float
    out_t_h: float
    ph: float
    cond_ms_cm: float


TANK_M3: Final = 1000.0
"""Of each tank. (A)"""
TANKS: Final = (
    Tank(FRESH, 1, 1.84, 26.4, 0.4, 110.0),
    Tank(STRONG_ACID, 1, 1.58, 5.2, 0.2, 190.0),
    Tank(MIXED, 2, 1.82, 32.2, 0.3, 140.0),
    Tank(WEAK_ACID, 1, 1.06, 8.4, 0.6, 230.0),
    Tank("hydrochloric acid", 3, 1.15, 125.6, 0.1, 285.0),
    Tank("caustic soda", 2, 1.33, 74.1, 13.6, 240.0),
    Tank("ammonium bicarbonate", 2, 1.05, 69.3, 8.1, 118.0),
)


class AcidPlant:
    """The absorption trains hand it what they took out; ``strength`` is that of the mixed acid, kg/kg."""

    def __init__(self, around: Surroundings) -> None:
        self._ledger, self._stocks = around.ledger, around.stocks
        stream = self._ledger.stream
        self._water = stream(MASS, "S23", SITE, "water")
        self._tail, self._cake = stream(MASS, SITE, "AIR", "tail gas"), stream(MASS, SITE, "RESIDUE", "sulphite cake")
        self._sale = stream(MASS, SITE, "MARKET", WEAK_ACID)
        self._found: dict[str, Store] | None = None
        self._selling = False
        self.strength = BOUGHT_STRENGTH - RECOVERED_SHARE * (BOUGHT_STRENGTH - STRONG)
        tanks = around.bank("T_TANK")
        self._shown: list[tuple[Bank, slice, Tank]] = []
        if tanks is not None:
            places = tanks.at_site(SITE).tolist()
            for tank in TANKS:
                mine, places = places[: tank.number], places[tank.number :]
                if mine:
                    self._shown.append((tanks, slice(mine[0], mine[-1] + 1), tank))
            self._stand(tanks)
        self._ledger.hold(MASS, SITE, lambda: sum(store.content_t for store in self.stores.values()))

    def _stand(self, bank: Bank) -> None:
        """Let the tanks start where their stores are, with what they hold."""
        for _, places, tank in self._shown:
            known = STOCKS.get((SITE, tank.goods))
            opening_t = self._stocks.opening_t(SITE, tank.goods) if known else 0.0
            bank.aim("LVL")[places] = 100.0 * opening_t / (tank.t_m3 * tank.number * TANK_M3)
            bank.aim("F_OUT")[places] = tank.out_t_h / (tank.t_m3 * tank.number)
            bank.aim("PH")[places], bank.aim("COND")[places] = tank.ph, tank.cond_ms_cm
        bank.value[:] = bank.target

    @property
    def stores(self) -> dict[str, Store]:
        """By goods; found when all units have said what they take."""
        if self._found is None:
            self._found = self._find()
        return self._found

    def step(self, recovered_kg: Floats, dt_s: float) -> None:
        """Take in (n, 9) what was recovered in the last ``dt_s``, settle what was taken, mix and buy."""
        stores = self.stores
        strong_t, weak_t, water_t, lime_t, cake_t, tail_t = (T_PER_KG * recovered_kg.sum(axis=0)).tolist()[:6]
        stores[STRONG_ACID].put(strong_t)
        stores[WEAK_ACID].put(weak_t)
        stores[LIME].use(lime_t)
        self._water.add(water_t)
        self._cake.add(cake_t)
        self._tail.add(tail_t)
        taken = {goods: store.settle(dt_s) for goods, store in stores.items()}
        self._mix(taken[MIXED], dt_s)
        self._sell(dt_s)
        for goods, store in stores.items():
            if goods not in MADE:
                store.buy(taken[goods], dt_s)
        self._show()

    def _mix(self, taken_t: float, dt_s: float) -> None:
        """Fill up the mixed acid of the bought and of what was recovered."""
        mixed, strong, fresh = (self.stores[goods] for goods in (MIXED, STRONG_ACID, FRESH))
        wanted_t = mixed.wanted(taken_t, dt_s)
        share = min(MOST_RECOVERED, RECOVERED_SHARE * strong.content_t / strong.usual_t)
        strong_t = min(share * wanted_t, max(0.0, strong.content_t))
        fresh_t = wanted_t - strong_t
        before_t = mixed.content_t
        acid_t = self.strength * before_t + STRONG * strong_t + BOUGHT_STRENGTH * fresh_t
        mixed.put(wanted_t)
        strong.use(strong_t)
        fresh.use(fresh_t)
        self.strength = acid_t / max(1e-9, before_t + wanted_t)

    def _sell(self, dt_s: float) -> None:
        """Hydrofluoric acid leaves in tank cars that are filled here."""
        store = self.stores[WEAK_ACID]
        above_t = store.content_t - store.usual_t
        self._selling = above_t > 15.0 or (self._selling and above_t > -15.0)
        if self._selling:
            self._sale.add(SOLD_T_H * dt_s / 3600.0)

    def _find(self) -> dict[str, Store]:
        drains: dict[str, list[Stream]] = {goods: [] for goods in (FRESH, STRONG_ACID, MIXED, LIME)}
        drains[WEAK_ACID] = [self._sale]
        for stream, _ in self._ledger.moved():
            if stream.kind == MASS and stream.source == SITE and stream.goods not in WASTE:
                if not isinstance(stream, Stream):
                    raise TypeError(f"{stream.goods} of {SITE} is booked by a counter: its store would not see it")
                drains.setdefault(stream.goods, []).append(stream)
        return {goods: self._store(goods, taken) for goods, taken in drains.items()}

    def _store(self, goods: str, drains: list[Stream]) -> Store:
        known = STOCKS.get((SITE, goods))
        usual_t = known.usual_t if known else OTHER_T
        opening_t = self._stocks.opening_t(SITE, goods) if known else OTHER_T
        out_t_h = next((tank.out_t_h for tank in TANKS if tank.goods == goods), 0.0)
        sources = () if goods in MADE else _sources(self._ledger, goods)
        return Store(opening_t, usual_t, out_t_h, drains, sources)

    def _show(self) -> None:
        for bank, places, tank in self._shown:
            store = self.stores.get(tank.goods)
            if store is not None:
                tonnes = tank.t_m3 * tank.number
                bank.aim("LVL")[places] = 100.0 * store.content_t / (tonnes * TANK_M3)
                bank.aim("F_OUT")[places] = store.out_t_h / tonnes


def _sources(ledger: Ledger, goods: str) -> Sequence[tuple[Stream, float]]:
    """What a store is bought as, and the water that it is dissolved in."""
    bought = ledger.stream(MASS, "MARKET", SITE, goods)
    solid = SOLUTIONS.get(goods)
    if solid is None:
        return [(bought, 1.0)]
    return [(bought, solid), (ledger.stream(MASS, "S23", SITE, "water"), 1.0 - solid)]
