"""The clock on the plant's wall: times in its zone, and as µs since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
US_PER_S: Final = 1_000_000


def local(time_us: int, zone: ZoneInfo) -> datetime:
    """What the clock shows at a time."""
    return (EPOCH + timedelta(microseconds=time_us)).astimezone(zone)


def time_of(day: date, minute: int, zone: ZoneInfo) -> int:
    """When the clock shows a minute of a day, µs: PEP 495's first reading of one that comes twice or not at all."""
    moment = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return int(moment.timestamp()) * US_PER_S


def minute_of(text: str) -> int | None:
    """``HH:MM`` in minutes after midnight, None for anything else."""
    hours, colon, minutes = text.partition(":")
    if not (colon and len(text) == 5 and hours.isdecimal() and minutes.isdecimal()):
        return None
    return int(hours) * 60 + int(minutes) if int(hours) < 24 and int(minutes) < 60 else None
