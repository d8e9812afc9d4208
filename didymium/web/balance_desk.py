"""What the web room is given of the balances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from didymium.balance.closing import Closing
from didymium.balance.network import Floats, Ints
from didymium.balance.sheets import Sheet, Sheets
from didymium.kpi.windows import Window


class BalanceDesk(Protocol):
    """How flow sheets close. The calls block: the historian and the records may be asked."""

    sheets: Sheets

    def closing(self, sheet: Sheet, window: Window, anew: bool = False) -> Closing:
        """How a sheet closes in at most 49 h, ``anew`` whatever is remembered of it. Raises ``HistorianError``."""
        ...

    def over_days(self, sheet: Sheet, from_us: int, to_us: int) -> Closing | None:
        """How a sheet closes over the whole days of a span that are kept of all its meters, None where none is."""
        ...

    def days_of(self, ids: Sequence[str], from_us: int, to_us: int) -> tuple[Floats, Ints]:
        """(figures, days) values of the whole days of a span that are kept of all of them, and (days,) their starts."""
        ...
