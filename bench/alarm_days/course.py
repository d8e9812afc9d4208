"""What happens on the day besides the plant's own life: faults at known times, starts of the centre, late readings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

HOUR_S: Final = 3_600
MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault on the first place of ``site`` that knows it, from ``from_s`` of the day for ``lasts_s``."""

    code: str
    site: str
    from_s: int
    lasts_s: int
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """The alarms stop at ``at_s`` of the day and begin again ``away_s`` later.

    Meanwhile the historian gets the day on; then the last ``again_s`` come once more, as from an edge's stream.
    """

    at_s: int
    away_s: int
    again_s: int


def _at(hours: float) -> int:
    return round(hours * HOUR_S / MINUTE_S) * MINUTE_S


TROUBLES: Final = (
    Trouble("F10", "S08", _at(0.2), _at(23.0), 0.3),
    Trouble("F05", "S03", _at(0.4), _at(0.2)),
    Trouble("F20", "S09", _at(0.5), 4 * MINUTE_S),
    Trouble("F21", "S22", _at(0.7), _at(0.1)),
    Trouble("F01", "S03", _at(1.0), _at(0.7)),
    Trouble("F04", "S01", _at(2.0), _at(0.5)),
    Trouble("F13", "S05", _at(3.0), _at(0.1)),
    Trouble("F08", "S02", _at(4.0), _at(1.0)),
    Trouble("F09", "S23", _at(6.0), _at(0.3)),
    Trouble("F12", "S22", _at(7.5), _at(1.0)),
    Trouble("F19", "S10", _at(8.2), _at(0.7)),
    Trouble("F14", "S03", _at(9.0), _at(0.2)),
    Trouble("F15", "S12", _at(10.0), _at(0.1)),
    Trouble("F20", "S09", _at(12.0), 10 * MINUTE_S),
    Trouble("F21", "S23", _at(13.0), _at(0.2)),
    Trouble("F05", "S06", _at(13.5), _at(0.1)),
    Trouble("F04", "S08", _at(14.2), _at(0.2)),
    Trouble("F23", "S23", _at(15.0), 2 * MINUTE_S),
    Trouble("F07", "S01", _at(16.5), _at(0.7)),
    Trouble("F03", "S03", _at(18.0), _at(1.0), -1440.0),
    Trouble("F22", "S04", _at(19.0), _at(0.5)),
    Trouble("F05", "S03", _at(21.0), _at(0.2)),
)
"""Those of the first hour make a measurement of an hour worth its while."""
RESTARTS: Final = (
    Restart(_at(0.6), 90, 20),
    Restart(_at(5.1), 300, 60),
    Restart(_at(13.1), 30, 5),
    Restart(_at(21.2), 120, 40),
)
LATE_A_SECOND: Final = 2
"""How many readings of the complex come a second late in each second, after the next ones of their tags."""


def troubles(sites: Collection[str], seconds: int) -> tuple[Trouble, ...]:
    """Those of the day's first ``seconds`` at some sites."""
    return tuple(each for each in TROUBLES if each.site in sites and each.from_s < seconds)


def restarts(seconds: int) -> tuple[Restart, ...]:
    """Those that are over well before the end of the day's first ``seconds``."""
    return tuple(each for each in RESTARTS if each.at_s + each.away_s + MINUTE_S < seconds)
