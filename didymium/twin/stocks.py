"""What lies in the sites' stores when the plant begins: the usual tonnes, unless the complex folder says others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Place = tuple[str, str]
"""Site and goods."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A store: ``usual_t`` lie there at the start, ``most_t`` fit in; ``source`` says where the figures are from."""

    usual_t: float
    most_t: float
    source: str


STOCKS: Final[dict[Place, Stock]] = {
    ("S11", "wet concentrate"): Stock(1_626.0, 6_000.0, "three days of 542 t/d (A)"),
    ("S11", "dry concentrate"): Stock(300.0, 1_000.0, "comes dry, five days (A)"),
    ("S11", "dried concentrate"): Stock(1_296.0, 2_100.0, "six silos of 400 t, 54 % full (A)"),
    ("S18", "fresh sulphuric acid"): Stock(975.0, 1_690.0, "98 %, one tank, a day and a half (A)"),
    ("S18", "recovered sulphuric acid"): Stock(837.0, 1_450.0, "68 %, one tank, a week's (A)"),
    ("S18", "sulphuric acid"): Stock(1_930.0, 3_350.0, "93 %, two tanks, two and a half days of roasting (A)"),
    ("S18", "hydrofluoric acid"): Stock(560.0, 970.0, "17.5 %, one tank, three days (A)"),
    ("S18", "hydrochloric acid"): Stock(1_830.0, 3_170.0, "30 %, three tanks (A)"),
    ("S18", "caustic soda"): Stock(1_410.0, 2_450.0, "30 %, two tanks (A)"),
    ("S18", "ammonium bicarbonate"): Stock(1_110.0, 1_930.0, "dissolved, two tanks (A)"),
    ("S18", "magnesia"): Stock(150.0, 600.0, "in bags (A)"),
    ("S18", "slaked lime"): Stock(120.0, 500.0, "a week's of the third spray (A)"),
    ("S13", "leach liquor"): Stock(1_600.0, 6_000.0, "a day of S14's feed at 250 g/L REO (A)"),
    ("S14", "LaCe chloride"): Stock(150.0, 2_000.0, "as REO, two days of S17's first hall; scrap adds 5 t/d (A)"),
    ("S14", "SEG liquor"): Stock(15.0, 200.0, "as REO, two days of S16's feed (A)"),
    ("S15", "chloride"): Stock(150.0, 600.0, "as REO, a day of S17's second hall (A)"),
    ("S15", "PrNd chloride"): Stock(80.0, 300.0, "as REO, two days of S01's feed (A)"),
    ("S16", "Gd oxide"): Stock(60.0, 400.0, "fourteen days of S10's cells (A)"),
    ("S16", "SEG oxide"): Stock(30.0, 1_000.0, "heavy oxides, not sold by the plan (A)"),
    ("S17", "carbonate"): Stock(500.0, 1_500.0, "wet cake, a day of both halls (A)"),
    ("S17", "ammonium chloride brine"): Stock(3_000.0, 200_000.0, "takes the salt that S19 has no room for (A)"),
    ("S20", "scrap liquor"): Stock(
        450.0, 2_000.0, "40 t REO; what the leach brings short of 5.5 t/d comes from it (A)"
    ),
    ("S09", "PrNd oxide, bought"): Stock(400.0, 700.0, "ten days of what S04 and S10 draw, 37 t/d (A)"),
    ("S09", "oxide"): Stock(280.0, 720.0, "fifteen days of the 18 t/d of S02 (A)"),
    ("S09", "NdFeB flakes"): Stock(1150.0, 1800.0, "four days of 265 t/d (A)"),
    ("S09", "AB5 alloy"): Stock(150.0, 360.0, "thirty days of 5 t/d (A)"),
    ("S09", "Motors"): Stock(120.0, 360.0, "thirty days of 4 t/d (A)"),
    ("S09", "Magnets"): Stock(90.0, 360.0, "a month of 2.8 t/d (A)"),
    ("S09", "Polishing powder"): Stock(230.0, 360.0, "fifteen days of 15 t/d (A)"),
    ("S09", "salts"): Stock(700.0, 1080.0, "four days of 176 t/d (A)"),
    ("S09", "chloride"): Stock(450.0, 720.0, "crystals and concentrate of S15 (A)"),
    ("S09", "carbonate"): Stock(720.0, 1080.0, "two days of the 1st workshop's (A)"),
    ("S09", "scrap"): Stock(420.0, 720.0, "three weeks of the 19 t/d of S20 (A)"),
    ("S09", "traded goods"): Stock(230.0, 360.0, "bought to fill the trucks (A)"),
    ("S23", "raw water"): Stock(3000.0, 6000.0, "a day of what the sites and cooling towers draw (A)"),
    ("S23", "hydrogen"): Stock(0.766, 1.08, "three tube trailers of 200 Nm³ a MPa, at 42.6 MPa together (A)"),
    ("S22", "flakes"): Stock(12.0, 40.0, "four days of 3.2 t/d (A)"),
    ("S22", "coarse powder"): Stock(2.0, 6.0, "half a day before the jet mills (A)"),
    ("S22", "fine powder"): Stock(2.0, 6.0, "two charges of the sintering furnaces (A)"),
    ("S22", "magnets"): Stock(6.0, 20.0, "two days before they are sent (A)"),
    ("S21", "cerium oxide"): Stock(8.0, 30.0, "half a day before the mills (A)"),
    ("S21", "polishing powder"): Stock(15.0, 40.0, "a day's drums (A)"),
    ("S07", "magnets"): Stock(3.0, 10.0, "twelve days of 0.24 t/d (A)"),
    ("S06", "LaCe metal"): Stock(20.0, 60.0, "twelve days of 1.65 t/d (A)"),
    ("S06", "ingots"): Stock(3.0, 12.0, "ten heats before the annealing furnaces (A)"),
    ("S06", "annealed alloy"): Stock(5.0, 20.0, "a day's milling (A)"),
    ("S06", "AB5 powder"): Stock(6.0, 20.0, "a day's drums and what is to be melted again (A)"),
    ("S01", "PrNd oxide"): Stock(30.0, 60.0, "bins behind the calciners, less than a day's of 38 t/d (A)"),
    ("S03", "PrNd oxide"): Stock(40.0, 120.0, "big bags before the hoppers, a day's (A)"),
    ("S05", "metals"): Stock(60.0, 200.0, "most of a day's own metals before the furnaces (A)"),
}


@dataclass(frozen=True, slots=True)
class Stocks:
    """The stores of one plant; ``chosen_t`` are those whose tonnes its folder says."""

    chosen_t: Mapping[Place, float] = field(default_factory=dict)

    def opening_t(self, site: str, goods: str) -> float:
        """What lies there at the start. Raises ``KeyError`` for a store that ``STOCKS`` does not know."""
        return self.chosen_t.get((site, goods), self.usual_t(site, goods))

    def usual_t(self, site: str, goods: str) -> float:
        """What is kept there in normal running, to which a store is filled up again. Raises ``KeyError`` likewise."""
        return STOCKS[site, goods].usual_t
