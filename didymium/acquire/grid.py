"""Brings values that travelled as 32-bit floats back to the decimal that the device meant.

A device that says 12.3 over a 32-bit float is heard as 12.300000190734863. Where a tag's resolution is known, the
multiple of it that has the very same 32-bit float is what was meant; it also stores four times smaller. A value that
is no multiple of its resolution is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.model.plant import Complex

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Per row of the tag table: ``scale`` is 1/resolution, or 0 where ``significant`` digits apply instead."""

    scale: Floats
    significant: NDArray[np.int8]

    @classmethod
    def of(cls, complex_: Complex) -> Grid:
        """The grid of every tag of a complex."""
        tags = complex_.tags
        return cls(tags.scale, np.array([t.significant for t in tags.template_tag], np.int8))

    def at(self, rows: NDArray[np.int64]) -> Grid:
        """The grid of some rows, for a connector whose values always come in that order."""
        return Grid(self.scale[rows], self.significant[rows])

    def snap(self, value: Floats) -> Floats:
        """(n,) values heard as 32-bit floats, one per row of this grid, in order -> (n,) the decimals meant."""
        return _snap(value, np.arange(len(value)), self.scale, self.significant)

    def snap_rows(self, value: Floats, rows: NDArray[np.int64]) -> Floats:
        """(n,) values heard as 32-bit floats, of any ``rows`` of this grid -> (n,) the decimals meant."""
        return _snap(value, rows, self.scale, self.significant)


@njit(cache=True)
def _snap(value: Floats, rows: NDArray[np.int64], scale: Floats, significant: NDArray[np.int8]) -> Floats:
    snapped = np.empty_like(value)
    for i in range(len(value)):
        v = value[i]
        snapped[i] = v
        if not np.isfinite(v) or v == 0.0:
            continue
        row = rows[i]
        if scale[row] > 0.0:
            meant = np.rint(v * scale[row]) / scale[row]
        elif significant[row] > 0:
            decimals = significant[row] - 1 - int(np.floor(np.log10(abs(v))))
            power = 10.0 ** abs(decimals)
            meant = np.rint(v * power) / power if decimals >= 0 else np.rint(v / power) * power
        else:
            continue
        if np.float32(meant) == np.float32(v):
            snapped[i] = meant
    return snapped
