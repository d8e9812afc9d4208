"""Small calciners: oxide from cake in S01, polishing powder in S21 (domain reference §3)."""

from __future__ import annotations

from typing import Final

from didymium.twin.bank import Bank
from didymium.twin.point import Point, exact
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.totals import Total, Totals

CALCINER_C: Final = (160.0, 340.0, 560.0, 740.0, 860.0, 900.0, 780.0, 320.0)
POLISHING_KG_H: Final = (33_000.0 / 24.0, 15_000.0 / 24.0)
"""Cake in and oxide out of S21's one calciner; S01's five give 38 t/d at 317 kg/h each."""


class Calciners:
    """Gas by the meter; S21's calciner is the larger one."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        polishing = bank.at_site("S21")
        bank.aim("FEED_WT")[polishing], bank.aim("OUT_WT")[polishing] = POLISHING_KG_H
        bank.value[:] = bank.target
        self._gas = Totals(bank, around, [Total("GAS_TOT", "Z[]_GAS")])
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Totalise."""
        self._gas.step(second)


CALCINER: Final = UnitType(
    points={
        "Z[]_T1": Point(CALCINER_C, 1.5, 0.5, 1.0),
        "Z[]_T2": Point(tuple(t + 2.0 for t in CALCINER_C), 1.6, 0.5, 1.5),
        "Z[]_SP": exact(CALCINER_C),
        "Z[]_OUT": Point((18.0, 34.0, 46.0, 58.0, 66.0, 70.0, 52.0, 20.0), 0.8, 0.2, 1.0),
        "Z[]_GAS": Point((2.1, 5.0, 7.2, 9.0, 10.5, 11.2, 8.2, 3.6), 0.05, 0.08, 0.1),
        "P_FURN": Point(-12.0, 1.2, 0.6, 0.8),
        "EXH_T": Point(165.0, 2.0, 0.3, 3.0),
        "BELT_SPD": Point(118.0, 0.4, 0.2, 1.5),
        "FEED_WT": Point(704.0, 3.0, 2.0, 0.0),
        "OUT_WT": Point(317.0, 1.5, 1.0, 0.0),
        "CO_AMB": Point(4.0, 0.6, 0.5, 0.6),
        "LEL": Point(0.5, 0.1, 0.2, 0.0),
        "LOI_EST": Point(0.31, 0.02, 0.008, 0.03),
        "STATE": 3.0,
    },
    model=Calciners,
)
