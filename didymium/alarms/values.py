"""What every signal says now, second by second: values as held, and rates, formulas and books of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.alarms.books import keep, new_books
from didymium.alarms.frames import Frame
from didymium.alarms.signals import Signals, calculate, follow_rates
from didymium.model.status import BAD

Floats = NDArray[np.float64]
NO_READING: Final = np.iinfo(np.int64).min
BAD_FROM: Final = np.uint32(BAD)


class Values:
    """``signal`` (count,), NaN where it is missing; of tags (tags,) ``bad``, and ``last_us``, when it was read last.

    ``unit_us`` (units,) is that of each unit, 0 for none.
    """

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self.signal = np.full(signals.count, np.nan)
        self.bad = np.zeros(signals.tags, np.uint8)
        self.last_us = np.full(signals.tags, NO_READING, np.int64)
        self.unit_us = np.zeros(int(signals.unit.max(initial=0)) + 1, np.int64)
        ring, ring_second = np.full(signals.ring, np.nan), np.full(signals.ring, -1, np.int64)
        book, book_ring = new_books(signals.book_count)
        self.columns: Final[Mapping[str, NDArray[np.generic]]] = {
            "signal": self.signal, "bad": self.bad, "last_us": self.last_us, "unit_us": self.unit_us, "ring": ring,
            "ring_second": ring_second, "book": book, "book_ring": book_ring,
        }  # fmt: skip
        """All that is known, to be stored and put back."""
        self._ring, self._ring_second, self._book, self._book_ring = ring, ring_second, book, book_ring

    def hold(self, frame: Frame) -> None:
        """Put a frame's values in place, as far as they are news."""
        hold(
            int(self._signals.site_first[frame.site]), frame.value, frame.status, frame.time_us, frame.fresh,
            self._signals.unit, self.signal, self.bad, self.last_us, self.unit_us,
        )  # fmt: skip

    def follow_rates(self, frame: Frame) -> None:
        """Work out a site's rates; a second that comes again changes nothing."""
        rates = self._signals.rates[frame.site]
        follow_rates(
            frame.second, rates.source, rates.out, rates.window_s, rates.first, self._ring, self._ring_second,
            self.signal,
        )  # fmt: skip

    def work_out(self, frame: Frame) -> None:
        """Work out a site's formulas, and enter a second into its books that is not in them yet."""
        calculate(self._signals.calculations[frame.site], self.signal)
        books = self._signals.books[frame.site]
        keep(
            frame.second, books.rule, books.first, books.row, books.side, books.number, self.signal, self._book,
            self._book_ring,
        )  # fmt: skip

    def restore(self, columns: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on from ``columns`` of the same signals."""
        for name, column in self.columns.items():
            column[:] = columns[name]

    def restore_books(self, columns: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on with the books alone, and with what they said."""
        self._book[:] = columns["book"]
        self._book_ring[:] = columns["book_ring"]
        for site in self._signals.books:
            out = site.rule["out"]
            self.signal[out] = columns["signal"][out]


@njit(cache=True)
def hold(
    first: int,
    value: Floats,
    status: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    fresh: NDArray[np.bool_],
    unit: NDArray[np.int32],
    signal: Floats,
    bad: NDArray[np.uint8],
    last_us: NDArray[np.int64],
    unit_us: NDArray[np.int64],
) -> None:
    """Put a frame's news in place; tags begin at row ``first``. ``unit_us`` is each unit's newest reading."""
    for k in range(len(value)):
        row = first + k
        if fresh[k] and time_us[k] > last_us[row]:
            missing = status[k] >= BAD_FROM or not np.isfinite(value[k])
            signal[row] = np.nan if missing else value[k]
            bad[row] = status[k] >= BAD_FROM
            last_us[row] = time_us[k]
            unit_us[unit[row]] = max(unit_us[unit[row]], time_us[k])
