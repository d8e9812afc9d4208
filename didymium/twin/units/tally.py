"""Goods that others book into or out of a store, and that the store enters when its own turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from didymium.twin.ledger import Ledger

GOODS_S: Final = 60
"""Lines in which goods stay for hours to days move on so often."""


class Tally:
    """What has been booked of some goods and not yet been entered; kinds keep their order throughout."""

    def __init__(self, ledger: Ledger, source: str, target: str, goods: str, kinds: Sequence[str]) -> None:
        self._ledger = ledger
        self._keys = [(kind, source, target, goods) for kind in kinds]
        self._seen = self._now()

    def waiting(self) -> list[float]:
        """What has been booked since it was last entered."""
        return [now - seen for now, seen in zip(self._now(), self._seen, strict=True)]

    def enter(self) -> list[float]:
        """What has been booked since the last time; it is now entered."""
        now = self._now()
        came = [amount - seen for amount, seen in zip(now, self._seen, strict=True)]
        self._seen = now
        return came

    def _now(self) -> list[float]:
        return [self._ledger.amount(*key) for key in self._keys]
