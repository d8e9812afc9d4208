"""Radiation points and perimeter air stations of S13 and S24 (domain reference §15)."""

from __future__ import annotations

from typing import Final

from didymium.twin.bank import Bank
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import DAY_S, Surroundings, UnitType
from didymium.twin.units.weather import SHIFT_S, ambient_c


class RadiationPoints:
    """The day's dose at each point, from its dose rate."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Since local midnight."""
        hours = (second + SHIFT_S) % DAY_S / 3600.0
        self.bank.aim("DOSE_D")[:] = hours * self.bank.now("GAMMA")


RADIATION_POINT: Final = UnitType(
    points={
        "GAMMA": Point(0.22, 0.008, 0.012, 0.02),
        "ALPHA": Point(0.021, 0.0015, 0.001, 0.002),
        "TN220": Point(58.0, 4.0, 2.0, 6.0),
        "TH_DUST": Point(0.009, 0.0008, 0.0005, 0.001),
        "FLOW": Point(60.0, 0.3, 0.15, 0.5),
        "DOSE_D": EXACT,
        "DET_OK": 1.0,
        "STATE": 2.0,
    },
    model=RadiationPoints,
)


class AirStations:
    """Temperature and humidity follow the day."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        self.bank = bank
        self.step(around.second)
        bank.value[:] = bank.target

    def step(self, second: int) -> None:
        """Warm afternoons are dry."""
        temperature = ambient_c(second)
        self.bank.aim("TEMP")[:] = temperature
        self.bank.aim("RH")[:] = 52.0 - 1.1 * (temperature - 10.0)


AIR_STATION: Final = UnitType(
    points={
        "HF": Point(2.6, 0.3, 0.1, 0.3),
        "SO2": Point(28.0, 2.5, 0.6, 3.0),
        "NH3": Point(34.0, 3.0, 1.0, 4.0),
        "PM10": Point(52.0, 4.0, 1.0, 4.0),
        "CF4": Point(0.088, 0.004, 0.001, 0.002),
        "WIND_S": Point(3.4, 0.7, 0.35, 0.2),
        "WIND_D": Point(292.0, 14.0, 6.0, 4.0),
        "TEMP": Point(10.0, 0.1, 0.05, 0.0, 0.0),
        "RH": Point(45.0, 0.8, 0.1, 0.0, 0.0),
        "GW_COND": Point(1240.0, 3.0, 1.0, 60.0),
        "GW_LVL": Point(14.2, 0.01, 0.002, 0.6),
        "STATE": 2.0,
    },
    model=AirStations,
)
