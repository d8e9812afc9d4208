"""What instruments show of the beds of rotary kilns, all at once: a row for each kiln, a column for each tag."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Rows
from didymium.twin.units.roasting_bed import (
    ACID,
    ACID_FED,
    BASTNAESITE,
    CELLS,
    FALSE_AIR_NM3_H,
    FED,
    GASES,
    HF,
    MONAZITE,
    OXYGEN,
    REFCO3,
    REO,
    REO_KMOL,
    REPO4,
    SULPHUR_DIOXIDE,
    WEIGHED,
    BedInputs,
    Beds,
)

Floats = NDArray[np.float64]

BED_CELLS: Final = np.arange(6) * CELLS // 6 + CELLS // 12
GAS_CELLS: Final = (CELLS - 1 - CELLS // 8) - np.arange(4) * CELLS // 4
"""Where the thermocouples are: of the bed from the feed end, of the gas from the head."""
BURNERS: Final = 2
MOLAR_NM3: Final = 22.414
MOLAR_KG: Final = np.array([20.006, 44.009, 18.015, 98.078, 64.064, 31.998])
"""Of the gases, in their order."""
OXYGEN_IN_AIR: Final = 0.2095
AIR_PER_FUEL: Final = 9.52
"""Nm³ of air that a Nm³ of gas burns with."""
COOLED: Final = 165.0 / 438.0
"""Temperature behind the cooler, of that of the bed at the outlet, °C. (A)"""
USUAL_KG: Final = 32_755.0
EMPTY_DRIVE: Final = 0.6
"""Of the drive's current, without a bed. (A)"""
LEAST_KG_S: Final = 0.01
"""Of what is fed or leaves, below which the ratio and the estimates of quality stand."""
ROASTER_TAGS: Final[Mapping[str, int]] = {
    "BED_T[]": 6,
    "GAS_T[]": 4,
    "BRN[]_GAS": BURNERS,
    "BRN[]_AIR": BURNERS,
    "OUT_TPH": 1,
    "OUT_T": 1,
    "HF_TAIL": 1,
    "SO2_TAIL": 1,
    "O2_TAIL": 1,
    "DRV_A": 1,
    "DRV_KW": 1,
    "RATIO": 1,
    "DEC_EST": 1,
    "FREE_ACID": 1,
}
"""With how many columns each has in what ``read_roasters`` writes; drives are shares of the usual."""


@njit(cache=True)
def tail_nm3_h(beds: Beds, inputs: BedInputs, dt_s: float, out: Floats) -> None:
    """Write (n,) burner gas, air and what the beds gave off in the last ``dt_s``."""
    for i in range(len(out)):
        kmol = 0.0
        for gas in range(GASES):
            kmol += beds.gas_kg[i, gas] / MOLAR_KG[gas]
        out[i] = inputs.fuel_nm3_h[i] + inputs.air_nm3_h[i] + FALSE_AIR_NM3_H + MOLAR_NM3 * kmol * 3600.0 / dt_s


@njit(cache=True)
def read_roasters(beds: Beds, inputs: BedInputs, flow_nm3_h: Floats, dt_s: float, out: Floats) -> None:
    """Write what the tags of roasting kilns are, in their units, after a step of ``dt_s``."""
    for i in range(len(out)):
        row, left, fed, gas = out[i], beds.out_kg[i], beds.fed_kg[i], beds.gas_kg[i]
        for k in range(6):
            row[k] = beds.bed_c[i, BED_CELLS[k]]
        for k in range(4):
            row[6 + k] = beds.gas_c[i, GAS_CELLS[k]]
        row[10] = row[11] = inputs.fuel_nm3_h[i] / BURNERS
        row[12] = row[13] = inputs.air_nm3_h[i] / BURNERS
        left_kg, kg_h, held_kg = left[:WEIGHED].sum(), 3600.0 / dt_s, 0.0
        for cell in range(CELLS):
            for kind in range(WEIGHED):
                held_kg += beds.content[i, cell, kind]
        row[14] = left_kg * kg_h / 1000.0
        row[15] = COOLED * beds.bed_c[i, CELLS - 1]
        row[16] = 1000.0 * gas[HF] * kg_h / flow_nm3_h[i]
        row[17] = 1000.0 * gas[SULPHUR_DIOXIDE] * kg_h / flow_nm3_h[i]
        spare = inputs.air_nm3_h[i] - AIR_PER_FUEL * inputs.fuel_nm3_h[i] + FALSE_AIR_NM3_H
        oxygen = OXYGEN_IN_AIR * spare + MOLAR_NM3 / MOLAR_KG[OXYGEN] * gas[OXYGEN] * kg_h
        row[18] = 100.0 * oxygen / flow_nm3_h[i]
        row[19] = row[20] = EMPTY_DRIVE + (1.0 - EMPTY_DRIVE) * held_kg / USUAL_KG
        if fed[FED] > LEAST_KG_S * dt_s:
            row[21] = fed[ACID_FED] / fed[FED]
        if left_kg > LEAST_KG_S * dt_s:
            raw_kmol = left[BASTNAESITE] / REFCO3 + left[MONAZITE] / REPO4
            row[22] = 100.0 * (1.0 - REO_KMOL * raw_kmol / left[REO])
            row[23] = 100.0 * left[ACID] / left_kg


class Panel:
    """Binds the columns of a table to tags of the kilns ``rows`` of a bank.

    An instrument errs by what its tag stands off the ``true`` value at the start: those of ``scaled`` by that
    factor, the ``exact`` ones not at all, the others by that much.
    """

    def __init__(
        self,
        bank: Bank,
        rows: Rows,
        tags: Mapping[str, int],
        true: Floats,
        *,
        scaled: Collection[str],
        exact: Collection[str],
    ) -> None:
        kept: list[int] = []
        columns: list[int] = []
        factors: list[bool] = []
        place = 0
        for tag, width in tags.items():
            if bank.has(tag):
                span = bank.columns[tag]
                columns += list(range(span.start, span.stop))[:width]
                kept += list(range(place, place + min(width, span.stop - span.start)))
                factors += [tag in scaled] * (len(kept) - len(factors))
            place += width
        self._kept = np.array(kept, np.intp)
        self._target, self._at = bank.target, np.ix_(rows, np.array(columns, np.intp))
        there, shown = true[:, self._kept], bank.target[self._at]
        by_factor = np.array(factors, np.bool_)
        self._factor = np.where(by_factor, shown / np.where(there == 0.0, 1.0, there), 1.0)
        self._offset = np.where(by_factor, 0.0, shown - there)
        for tag in exact:
            if bank.has(tag):
                at = columns.index(bank.columns[tag].start)
                self._offset[:, at] = 0.0

    def show(self, true: Floats) -> None:
        """Let the tags head for what they should show."""
        self._target[self._at] = self._factor * true[:, self._kept] + self._offset
