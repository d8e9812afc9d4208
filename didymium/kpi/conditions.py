"""Conditions on the value of one tag, as numbers that a kernel can test."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Test(IntEnum):
    """How a value is held against ``limit``, or against the bits of ``states``."""

    ALWAYS = 0
    BELOW = 1
    AT_MOST = 2
    ABOVE = 3
    AT_LEAST = 4
    EQUAL = 5
    UNEQUAL = 6
    AMONG = 7
    NOT_AMONG = 8


MOST_STATES: Final = 63


@dataclass(frozen=True, slots=True)
class Condition:
    """``states`` has bit n set for the value n; it says nothing where the test is against ``limit``."""

    test: Test = Test.ALWAYS
    limit: float = 0.0
    states: int = 0


ALWAYS: Final = Condition()
