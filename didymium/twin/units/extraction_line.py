"""S14, S15 and S16 as a whole: what the cascades get, hold and give, with acid, alkali and salt water (§13, §16).

S14 parts leach and scrap liquor into LaCe chloride for S17, LaCe and PrNd liquor for S15 and SEG liquor for S16; S15
makes La and Ce chloride for S17 and PrNd chloride for S01, and S09 sells what is left of both; S16 makes Gd oxide for
S10 and keeps the other heavy oxides. 297.5 t/d of rare earth come to S14 with the scrap and 292 t/d are planned to
leave: the difference stays in S14's tanks. The evaporators have no room for the salt water of saponification, which
goes back to where acid and caustic are made. (A)
"""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Floats
from didymium.twin.ledger import MASS, REO, Streams
from didymium.twin.unit_type import DAY_S, Surroundings
from didymium.twin.units.carbonate_workshop import CarbonateWorkshop
from didymium.twin.units.cascade_goods import (
    GROUPS,
    LIGHT,
    ORE,
    PRND,
    SCRAP,
    SEG,
    CascadeGoods,
    draw,
    running,
    solution_t,
    step_goods,
)
from didymium.twin.units.leach import LeachHouse
from didymium.twin.units.store import Store
from didymium.twin.units.tally import GOODS_S, Tally

LAG_D: Final = {"S14": 6.0, "S15": 8.0, "S16": 4.0}
"""Rare earth in the stages over the feed, 2 to 10 d. (A)"""
FEED_T_D: Final = {"S14": 292.0, "S15": 220.0, "S16": 7.0}
SCRAP_T_D: Final = 5.5
STRONG, THIN = 0.25, 0.05
STRENGTH: Final = {"S14": STRONG, "S15": STRONG, "S16": THIN}
"""Strength of the feeds, t REO a m³; S16 gets a thin liquor. (A)"""
ACID_T_T: Final = {"S14": 4.0, "S15": 5.0, "S16": 9.0}
ALKALI_T_T: Final = {"S14": 3.0, "S15": 3.75, "S16": 7.0}
"""Acid and caustic of 30 %, t per t of feed: 8 and 6 t per t of rare earth through all of them, §13."""
LACE_S17_T_D: Final = 135.0
PRND_S01_T_D: Final = 38.0
"""What S15 gives to S17's second hall and to S01; the rest is sold."""
SETTLE_S: Final = 12.0 * 3600.0
"""How long S14's PrNd stays in its tank, and time constant with which the other tanks come back to their level. (A)"""
GD_PU: Final = 0.65
"""Gd oxide of what S16 is fed, as S10's cells use of it. (A)"""
FULL_S: Final = 2.0 * 3600.0
"""A feed pump gives less where less than so much of its feed is left. (A)"""
LEAST_T: Final = 1e-12


class Site:
    """One site's goods and books. Others draw on its tanks and book that themselves."""

    def __init__(
        self, name: str, goods: CascadeGoods, surplus_t_d: Floats, around: Surroundings, water: CarbonateWorkshop | None
    ) -> None:
        self._ledger = ledger = around.ledger
        self.name, self.goods, self._water_from = name, goods, water
        self.level = goods.tanks - surplus_t_d * SETTLE_S / DAY_S
        self._acid = ledger.stream(MASS, "S18", name, "hydrochloric acid")
        self._alkali = ledger.stream(MASS, "S18", name, "caustic soda")
        self._salt_water = ledger.stream(MASS, name, "MARKET", "salt water")
        self._make_up = ledger.stream(MASS, "S23", name, "water")
        self._drawn: list[tuple[Tally, slice, Streams]] = []
        ledger.hold(MASS, name, lambda: self.goods.solution_t - self._waiting(0))
        ledger.hold(REO, name, lambda: self.goods.reo_t - self._waiting(1))

    def drawn_by(self, site: str, goods: str, which: slice) -> None:
        """Let another site draw on the tanks of some groups."""
        tally = Tally(self._ledger, self.name, site, goods, (MASS, REO))
        self._drawn.append((tally, which, self._ledger.streams((MASS, REO), "MARKET", self.name, goods)))

    def _waiting(self, kind: int) -> float:
        return sum(tally.waiting()[kind] for tally, _, _ in self._drawn)

    def enter(self) -> None:
        """Enter what others drew; buy what was not there."""
        for tally, which, bought in self._drawn:
            drawn_t, drawn_reo_t = tally.enter()
            self.goods.solution_t -= drawn_t
            short_t = drawn_reo_t - float(draw(self.goods, which, drawn_reo_t).sum())
            if short_t > LEAST_T:
                bought_t = drawn_t * short_t / drawn_reo_t
                self.goods.solution_t += bought_t
                bought.add(bought_t, short_t)

    def send(self, streams: Streams, out: Floats, t_reo_m3: float) -> float:
        """Let (4,) drawn rare earth go as a solution of some strength, t."""
        reo_t = float(out.sum())
        mass_t = solution_t(reo_t, t_reo_m3)
        self.goods.solution_t -= mass_t
        streams.add(mass_t, reo_t)
        return mass_t

    def surplus(self, which: slice) -> Floats:
        """(4,) what to draw from some tanks in a step to bring them back to their level."""
        above_t = max(0.0, float((self.goods.tanks - self.level)[which].sum()))
        return draw(self.goods, which, above_t * GOODS_S / SETTLE_S)

    def use(self, fed_reo_t: float) -> None:
        """Use acid and alkali, whose salt water goes, and keep the solution at its strength."""
        acid_t, alkali_t = ACID_T_T[self.name] * fed_reo_t, ALKALI_T_T[self.name] * fed_reo_t
        added_t = self.goods.top_up()
        self._acid.add(acid_t)
        self._alkali.add(alkali_t)
        self._salt_water.add(acid_t + alkali_t + max(0.0, -added_t))
        if added_t > 0.0:
            reused_t = 0.0 if self._water_from is None else self._water_from.lend(self.name, added_t)
            self._make_up.add(added_t - reused_t)


class Oxides:
    """S16's oxides: that of gadolinium, which S10 draws, and the others, which stay."""

    def __init__(self, site: Site, around: Surroundings) -> None:
        ledger, opening_t = around.ledger, around.stocks.opening_t
        gd_t, others_t = opening_t(site.name, "Gd oxide"), opening_t(site.name, "SEG oxide")
        self.gadolinium, self.others = Store(gd_t, gd_t), Store(others_t, others_t)
        self._drawn = Tally(ledger, site.name, "S10", "Gd oxide", (MASS, REO))
        self._bought = ledger.streams((MASS, REO), "MARKET", site.name, "Gd oxide")
        ledger.hold(MASS, site.name, lambda: self.gadolinium.t + self.others.t - self._drawn.waiting()[0])
        ledger.hold(REO, site.name, lambda: self.gadolinium.reo_t + self.others.reo_t - self._drawn.waiting()[1])

    def put(self, oxide_t: float) -> None:
        """Put what was made into both stores and enter what S10 drew."""
        gd_t = GD_PU * oxide_t
        self.gadolinium.put(gd_t, gd_t)
        self.others.put(oxide_t - gd_t, oxide_t - gd_t)
        drawn_t, drawn_reo_t = self._drawn.enter()
        short_t = max(0.0, drawn_t - self.gadolinium.t, drawn_reo_t - self.gadolinium.reo_t)
        self.gadolinium.put(short_t - drawn_t, short_t - drawn_reo_t)
        self._bought.add(short_t, short_t)


class ExtractionLine:
    """The three sites, as far as a complex has them. ``supply`` is the share of its feed that each site can get."""

    def __init__(
        self, sites: set[str], leach: LeachHouse | None, water: CarbonateWorkshop | None, around: Surroundings
    ) -> None:
        opening_t = around.stocks.opening_t
        self.sites: dict[str, Site] = {}
        self.supply: dict[str, float] = {}
        self._leach = leach
        s14 = FEED_T_D["S14"] * ORE + SCRAP_T_D * SCRAP
        s15 = s14 * (1.0, 1.0, 1.0, 0.0)
        s15[LIGHT] *= (FEED_T_D["S15"] - s15[PRND]) / s15[LIGHT].sum()
        light = ORE[LIGHT] / ORE[LIGHT].sum()
        tanks = {
            "S14": (
                *(opening_t("S14", "LaCe chloride") * light),
                s14[PRND] * SETTLE_S / DAY_S,
                opening_t("S14", "SEG liquor"),
            ),
            "S15": (*(opening_t("S15", "chloride") * light), opening_t("S15", "PrNd chloride"), 0.0),
            "S16": (0.0, 0.0, 0.0, 7.0),
        }
        s16 = FEED_T_D["S16"] * np.eye(GROUPS)[SEG]
        left = s15 - (*(LACE_S17_T_D * light), PRND_S01_T_D, 0.0)
        for name, feed, surplus in (("S14", s14, np.zeros(GROUPS)), ("S15", s15, left), ("S16", s16, s16)):
            if name in sites:
                goods = running(feed, LAG_D[name] * DAY_S, STRENGTH[name], np.array(tanks[name]))
                self.sites[name] = Site(name, goods, surplus, around, water)
                self.supply[name] = 1.0
        ledger = around.ledger
        self._scrap = Tally(ledger, "S20", "S14", "scrap liquor", (MASS, REO))
        first, second, third = (self.sites.get(name) for name in ("S14", "S15", "S16"))
        if first is not None:
            first.drawn_by("S17", "LaCe chloride", LIGHT)
            ledger.hold(MASS, "S14", lambda: self._scrap.waiting()[0])
            ledger.hold(REO, "S14", lambda: self._scrap.waiting()[1])
            self._from_s13 = ledger.streams((MASS, REO), "S13", "S14", "leach liquor")
            self._to_s15 = ledger.streams((MASS, REO), "S14", "S15", "LaCe and PrNd liquor")
            self._to_s16 = ledger.streams((MASS, REO), "S14", "S16", "SEG liquor")
        if second is not None:
            second.drawn_by("S17", "chloride", LIGHT)
            second.drawn_by("S01", "PrNd chloride", slice(PRND, PRND + 1))
            self._sold = ledger.streams((MASS, REO), "S15", "S09", "chloride")
        self.oxides = None if third is None else Oxides(third, around)

    def step(self, feed_m3_h: dict[str, float]) -> None:
        """Move on by ``GOODS_S`` with so much feed to each site."""
        wanted_t = {name: STRENGTH[name] * m3_h * GOODS_S / 3600.0 for name, m3_h in feed_m3_h.items()}
        first = self.sites.get("S14")
        came = {name: (np.zeros(GROUPS), 0.0) for name in ("S15", "S16")}
        if first is not None:
            first.enter()
            fed_reo_t = self._feed_first(first, wanted_t["S14"])
            if "S15" in self.sites:
                came["S15"] = self._send_on(first, wanted_t["S15"])
            if "S16" in self.sites:
                out = draw(first.goods, slice(SEG, SEG + 1), wanted_t["S16"])
                came["S16"] = out, first.send(self._to_s16, out, THIN)
            first.use(fed_reo_t)
        for name, (fed, fed_t) in came.items():
            site = self.sites.get(name)
            if site is not None:
                site.enter()
                step_goods(site.goods, fed, fed_t, float(GOODS_S))
                self._let_out(site)
                site.use(float(fed.sum()))
        self._judge()

    def _feed_first(self, site: Site, wanted_t: float) -> float:
        """Feed S14 from the leach and with scrap liquor; the rare earth that came."""
        if self._leach is None:
            liquor_t, reo_t = solution_t(wanted_t, STRONG), wanted_t
        else:
            liquor_t, reo_t = self._leach.liquor.take(solution_t(wanted_t, STRONG))
        self._from_s13.add(liquor_t, reo_t)
        scrap_t, scrap_reo_t = self._scrap.enter()
        step_goods(site.goods, reo_t * ORE + scrap_reo_t * SCRAP, liquor_t + scrap_t, float(GOODS_S))
        return reo_t + scrap_reo_t

    def _send_on(self, site: Site, wanted_t: float) -> tuple[Floats, float]:
        """All PrNd that is made, and as much LaCe as the feed of S15 has room for."""
        prnd_t = min(wanted_t, float(site.goods.tanks[PRND]) * GOODS_S / SETTLE_S)
        out = draw(site.goods, slice(PRND, PRND + 1), prnd_t)
        out = out + draw(site.goods, LIGHT, wanted_t - prnd_t)
        return out, site.send(self._to_s15, out, STRONG)

    def _let_out(self, site: Site) -> None:
        if site.name == "S15":
            for which in (LIGHT, slice(PRND, PRND + 1)):
                site.send(self._sold, site.surplus(which), STRONG)
        elif self.oxides is not None:
            oxide_t = float(site.surplus(slice(SEG, SEG + 1)).sum())
            site.goods.solution_t -= oxide_t
            self.oxides.put(oxide_t)

    def _judge(self) -> None:
        """See how far what stands before each feed pump suffices."""
        first = self.sites.get("S14")
        there = {}
        if self._leach is not None:
            there["S14"] = self._leach.liquor.reo_t
        if first is not None:
            there["S15"], there["S16"] = float(first.goods.tanks[LIGHT].sum()), float(first.goods.tanks[SEG])
        for name, reo_t in there.items():
            if name in self.supply:
                self.supply[name] = min(1.0, reo_t / (FEED_T_D[name] * FULL_S / DAY_S))
