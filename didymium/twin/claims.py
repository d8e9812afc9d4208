"""The figures that were published of the complex, held against a simulated day (domain reference §18).

Each claim says what is reckoned from the day, between which limits the reference lets it lie, and which assumption
carries it. Where the reference finds a published figure at odds with others, the limits are those within which it can
be reconciled, and the assumption says how. C11, C25, C27, C29 and C32 are about a mix, a rate of exchange, a year's
money, a licence and a working day: nothing that a day of goods could show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Amounts = Mapping[str, float]
"""What the day came to, by name: see ``NEEDED``."""

NEEDED: Final = (
    "points", "sites", "agv_t", "agv_loads", "carbonate_t", "kiln_oxide_t", "saggers", "kiln_gas_nm3", "s03_metal_t",
    "s03_mwh", "pieces", "s04_metal_t", "flakes_t", "water_t", "reuse_t", "shipped_t", "contracts", "s10_metal_t",
    "s10_mwh", "bought_oxide_t", "ab5_t", "motors_t", "kiln_co2_t", "kiln_steam_t", "outfall_t",
)  # fmt: skip
"""Of the whole complex where no site is named; t, MWh, Nm³ or a count, over the day."""

PRND_KG_KA_D: Final = 42.8017
"""PrNd metal by 1 kA in a day at 100 % current efficiency, kg (§1.1)."""
OXIDE_KG_KG: Final = 1.1768
EFFICIENCY: Final = 0.78
RECOVERY: Final = 0.975
CELLS_S03: Final = 70
FURNACES_S05: Final = 54
HEAT_T: Final = 0.985
PRND_SHARE: Final = 0.29
REVENUE_M_YUAN: Final = 70.0
"""Published beside the contracts (A1); the twin has no prices."""
OWN_PRND_OXIDE_T: Final = 82.9
"""The most that the complex's own sources yield in a day, t (§16)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``value`` of the day should lie in [``low``, ``high``]; ``assumption`` is what carries it."""

    id: str
    words: str
    unit: str
    value: Callable[[Amounts], float]
    low: float
    high: float
    assumption: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim put to the test."""

    claim: Claim
    value: float

    @property
    def ok(self) -> bool:
        return self.claim.low <= self.value <= self.claim.high


def _per(a: str, b: str, factor: float = 1.0) -> Callable[[Amounts], float]:
    return lambda day: factor * day[a] / max(day[b], 1e-12)


def _of(name: str, factor: float = 1.0) -> Callable[[Amounts], float]:
    return lambda day: factor * day[name]


CLAIMS: Final = (
    Claim("C01", "points a day", "1e9", _of("points", 1e-9), 1.637, 1.638, "18,947 tags, each once a second"),
    Claim("C02", "sites", "", _of("sites"), 21.0, 99.0, "24 sites, 14 of them assumed"),
    Claim(
        "C03", "oxide carried by AGVs", "t", _of("agv_t"), 36.0, 40.0, "precipitation batches of 1.6 t REO, 24 a day"
    ),
    Claim("C03a", "loads by AGVs", "", _of("agv_loads"), 72.0, 80.0, "big bags of 500 kg"),
    Claim("C03b", "load", "t", _per("agv_t", "agv_loads"), 0.25, 1.0, "big bags of 500 kg"),
    Claim(
        "C04", "share of the calcining capacity", "", _of("agv_t", 365.0 / 39_600.0), 0.0, 1.0, "39,600 t REO a year"
    ),
    Claim("C05", "TREO of the carbonate", "", _per("kiln_oxide_t", "carbonate_t"), 0.40, 0.57, "cake of 45 % TREO"),
    Claim("C05a", "carbonate into the kiln", "t", _of("carbonate_t"), 39.0, 41.0, "5,000 saggers of 8 kg"),
    Claim("C05b", "oxide from the kiln", "t", _of("kiln_oxide_t"), 17.5, 18.5, "cake of 45 % TREO, calcined through"),
    Claim(
        "C06", "CO2 of the kiln's carbonate", "t", _of("kiln_co2_t"), 6.5, 7.5, "cake of 45 % TREO, calcined through"
    ),
    Claim("C06a", "steam of the kiln", "t", _of("kiln_steam_t"), 14.5, 16.5, "octahydrate and the cake's moisture"),
    Claim(
        "C07",
        "seconds a sagger",
        "s",
        lambda day: 86_400.0 / max(day["saggers"], 1.0),
        12.0,
        60.0,
        "saggers of 8 kg, two to a grip",
    ),
    Claim("C08", "kiln heat", "GJ", _of("kiln_gas_nm3", 0.0356), 90.0, 130.0, "35.6 MJ/Nm³, 6.2 GJ/t oxide"),
    Claim("C09", "metal and alloy of S03", "t", _of("s03_metal_t"), 31.0, 33.0, "cells of 14 kA at 76 % efficiency"),
    Claim(
        "C10",
        "current that a cell of S03 needs",
        "kA",
        _of("s03_metal_t", 1000.0 / CELLS_S03 / PRND_KG_KA_D / EFFICIENCY),
        12.0,
        16.0,
        "PrNd at 78 % efficiency",
    ),
    Claim("C12", "power of S03", "MW", _of("s03_mwh", 1.0 / 24.0), 5.0, 20.0, "7.6 kWh/kg with its services"),
    Claim("C13", "pieces of S04", "", _of("pieces"), 829.0, 864.0, "a tap an hour on all 36 furnaces; 829 at 96 %"),
    Claim("C14", "weight of a piece", "kg", _per("s04_metal_t", "pieces", 1000.0), 4.0, 20.0, "cells of 8 kA"),
    Claim("C15", "flakes of S05", "t", _of("flakes_t"), 260.0, 276.0, "heats of 1,000 kg, 98.5 % of them flakes"),
    Claim(
        "C15a",
        "hours a heat",
        "h",
        lambda day: 24.0 * FURNACES_S05 * HEAT_T / max(day["flakes_t"], 1e-12),
        3.2,
        8.0,
        "heats of 1,000 kg",
    ),
    Claim(
        "C16",
        "flakes a furnace against another plant's 4.04 t/d",
        "",
        _of("flakes_t", 6 * 330 / 8000.0 / FURNACES_S05),
        0.5,
        1.5,
        "8,000 t a year of six furnaces",
    ),
    Claim(
        "C17",
        "flakes against the record month's mean day",
        "",
        _of("flakes_t", 31 / 6000.0),
        1.2,
        1.5,
        "a peak day: no year of such days is claimed",
    ),
    Claim(
        "C18",
        "PrNd oxide that the flakes need, less what is bought, of the own supply",
        "",
        lambda day: (day["flakes_t"] * PRND_SHARE * OXIDE_KG_KG / RECOVERY - day["bought_oxide_t"]) / OWN_PRND_OXIDE_T,
        0.0,
        1.0,
        "oxide bought for S04 and S10 is an explicit flow",
    ),
    Claim(
        "C19",
        "metal made of what the flakes need",
        "",
        lambda day: (
            (day["s03_metal_t"] + day["s04_metal_t"] + day["s10_metal_t"]) / max(day["flakes_t"] * PRND_SHARE, 1e-12)
        ),
        0.8,
        1.1,
        "S10 beside the published plants; the rest from stock",
    ),
    Claim("C20", "metal from S01's oxide", "t", _of("agv_t", RECOVERY / OXIDE_KG_KG), 30.0, 34.0, "all of it PrNd"),
    Claim("C21", "water treated", "t", _of("water_t"), 510.0, 530.0, "the waste of 51 to 56 t REO a day"),
    Claim("C21a", "water reused of the feed", "", _per("reuse_t", "water_t"), 0.90, 0.97, "RO, MVR and crystalliser"),
    Claim(
        "C22",
        "water that leaves the waste-water plant unused",
        "t",
        _of("outfall_t"),
        0.0,
        2.6,
        "no outfall; meters of 0.5 % could not tell 2.6 t from none, the twin's books can",
    ),
    Claim("C23", "contracts", "", _of("contracts"), 28.0, 32.0, "one truck a contract"),
    Claim(
        "C23a",
        "yuan a contract",
        "1e6",
        lambda day: REVENUE_M_YUAN / max(day["contracts"], 1.0),
        0.05,
        30.0,
        "70 M yuan as published",
    ),
    Claim(
        "C24",
        "yuan per kg shipped",
        "",
        lambda day: REVENUE_M_YUAN * 1000.0 / max(day["shipped_t"], 1e-12),
        40.0,
        300.0,
        "both are maxima, of different days",
    ),
    Claim(
        "C26", "shipped", "t", _of("shipped_t"), 480.0, 520.0, "17 trucks of products and 13 of traded goods and stock"
    ),
    Claim(
        "C28",
        "metal of S10 in a year",
        "kt",
        _of("s10_metal_t", 0.330),
        7.2,
        8.8,
        "48 cells of 14 kA, 12 of Gd-Fe; 330 days",
    ),
    Claim(
        "C30",
        "power a kg of S10 against S03",
        "",
        lambda day: (
            (day["s10_mwh"] / max(day["s10_metal_t"], 1e-12)) / (day["s03_mwh"] / max(day["s03_metal_t"], 1e-12))
        ),
        0.80,
        1.05,
        "feeders that weigh: no sludge, few anode effects, closed hoods",
    ),
    Claim("C31", "hydrogen-storage alloy", "t", _of("ab5_t"), 4.0, 6.0, "named only; 6 furnaces of 300 kg"),
    Claim("C31a", "motors", "t", _of("motors_t"), 3.5, 4.5, "named only; 400 motors of 10 kg"),
)


def verdicts(day: Amounts) -> list[Verdict]:
    """Every claim with its value of the day. Raises ``KeyError`` for an amount of ``NEEDED`` that is missing."""
    return [Verdict(claim, float(claim.value(day))) for claim in CLAIMS]
