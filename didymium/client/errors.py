"""What can go wrong between a program and the centre.

ClientError
├── CentreNotReached  nobody answers at the address, or the connection broke on the way
├── RefusedByCentre   the centre answered, and will not or cannot: its own words
└── BadMoment         a time or an interval that says nothing, or names no zone (also a ValueError)
"""

from __future__ import annotations


class ClientError(Exception):
    """The root of this package's errors."""


class CentreNotReached(ClientError):
    """Nobody answers at ``address``, or the connection broke; ``cause`` is what the network said."""

    def __init__(self, address: str, cause: str) -> None:
        super().__init__(f"the centre at {address} cannot be reached: {cause}")
        self.address = address
        self.cause = cause


class RefusedByCentre(ClientError):
    """The centre's answer is a refusal: ``status`` is that of HTTP, ``words`` are the centre's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class BadMoment(ClientError, ValueError):
    """``said`` is no moment, or no length of time."""

    def __init__(self, said: object, right: str) -> None:
        super().__init__(f"{said!r} {right}")
        self.said = said
