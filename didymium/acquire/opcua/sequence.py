"""Keeps count of a subscription's notification messages, so that none is lost unnoticed (Part 4, §5.14.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LAST: Final = 0xFFFF_FFFF
"""Sequence numbers run 1 to this and begin again at 1."""
RETRANSMIT_LIMIT: Final = 100
"""A server keeps few unacknowledged messages; asking for more than these is asking in vain."""


def following(number: int) -> int:
    """Return the sequence number after ``number``."""
    return 1 if number >= LAST else number + 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a message's number means: ``missing`` ones to ask for again, ``lost`` ones that are too long ago.

    ``fresh`` is False for a message that was already there.
    """

    fresh: bool
    missing: tuple[int, ...] = ()
    lost: int = 0


def arrive(expected: int, number: int, keep_alive: bool) -> tuple[int, Arrival]:
    """Return the number expected after this message, and what its own says.

    A keep-alive carries the number of the message that will come next, and uses none itself.
    """
    ahead = (number - expected) % LAST
    if ahead > LAST // 2:
        return expected, Arrival(fresh=False)
    after = number if keep_alive else following(number)
    if ahead == 0:
        return after, Arrival(fresh=not keep_alive)
    asked = min(ahead, RETRANSMIT_LIMIT)
    missing = tuple((number - back - 1) % LAST + 1 for back in range(asked, 0, -1))
    return after, Arrival(fresh=not keep_alive, missing=missing, lost=ahead - asked)
