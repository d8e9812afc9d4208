"""Moments and lengths of time as people and programs write them, to µs."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from didymium.client.errors import BadMoment

Moment: TypeAlias = datetime | int | str
"""A datetime with its zone; whole µs since 1970 UTC; or text: ``now``, an age like ``-2h`` or ``-90s``, or an ISO 8601
time with its zone."""
Length: TypeAlias = timedelta | int | str
"""A timedelta; whole µs; or text like ``10s``, ``5m``, ``1h``, ``1d``."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
UNIT_US: Final = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}


def moment_us(said: Moment, now_us: int | None = None) -> int:
    """µs since 1970 UTC. Raises ``BadMoment`` for what is no time, and for a time without its zone."""
    if isinstance(said, bool):
        raise BadMoment(said, "is no time")
    if isinstance(said, int):
        return said
    if isinstance(said, str):
        now_us = time.time_ns() // 1_000 if now_us is None else now_us
        if said == "now":
            return now_us
        age = LENGTH.fullmatch(said[1:]) if said.startswith("-") else None
        if age:
            return now_us - round(float(age[1]) * UNIT_US[age[2]])
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            raise BadMoment(said, "is no time; say now, -2h, or 2026-01-31T06:00:00+08:00") from None
        if moment.tzinfo is None:
            raise BadMoment(said, f"has no zone; say {said}+08:00 or {said}Z")
    else:
        moment = said
        if moment.tzinfo is None:
            raise BadMoment(said, "has no zone; give it one with tzinfo=, like datetime.UTC")
    return (moment - EPOCH) // MICROSECOND


def length_us(said: Length) -> int:
    """µs, more than none. Raises ``BadMoment``."""
    if isinstance(said, timedelta):
        found = said // MICROSECOND
    elif isinstance(said, str):
        match = LENGTH.fullmatch(said)
        if match is None:
            raise BadMoment(said, "is no length of time; say 10s, 5m, 1h or 1d")
        found = round(float(match[1]) * UNIT_US[match[2]])
    else:
        found = said
    if found <= 0:
        raise BadMoment(said, "is no length of time; it must be more than none")
    return found


def moment(at_us: int) -> datetime:
    """µs since 1970 as a datetime in UTC."""
    return EPOCH + timedelta(microseconds=at_us)
