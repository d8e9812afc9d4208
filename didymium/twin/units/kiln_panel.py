"""What instruments show of the beds of rotary kilns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Rows
from didymium.twin.display import Display, flat
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
ROASTER_TAGS: Final = (
    "BED_T[6]", "GAS_T[4]", "BRN[2]_GAS", "BRN[2]_AIR", "OUT_TPH", "OUT_T", "HF_TAIL", "SO2_TAIL", "O2_TAIL", "DRV_A",
    "DRV_KW", "RATIO", "DEC_EST", "FREE_ACID",
)  # fmt: skip
"""What ``read_roasters`` writes; drives are shares of the usual."""


@njit(cache=True)
def tail_nm3_h(beds: Beds, inputs: BedInputs, dt_s: float, out: Floats) -> None:
    """Write (n,) burner gas, air and what the beds gave off in the last ``dt_s``."""
    for i in range(len(out)):
        kmol = 0.0
        for gas in range(GASES):
            kmol += beds.gas_kg[i, gas] / MOLAR_KG[gas]
        out[i] = inputs.fuel_nm3_h[i] + inputs.air_nm3_h[i] + FALSE_AIR_NM3_H + MOLAR_NM3 * kmol * 3600.0 / dt_s


@njit(cache=True)
def read_roasters(beds: Beds, inputs: BedInputs, flow_nm3_h: Floats, dt_s: float, true: NDArray[Any]) -> None:
    """Fill records of ``ROASTER_TAGS`` after a step of ``dt_s``."""
    for i in range(len(true)):
        tag, left, fed, gas = true[i], beds.out_kg[i], beds.fed_kg[i], beds.gas_kg[i]
        for k in range(len(BED_CELLS)):
            tag.BED_T[k] = beds.bed_c[i, BED_CELLS[k]]
        for k in range(len(GAS_CELLS)):
            tag.GAS_T[k] = beds.gas_c[i, GAS_CELLS[k]]
        for k in range(BURNERS):
            tag.BRN_GAS[k] = inputs.fuel_nm3_h[i] / BURNERS
            tag.BRN_AIR[k] = inputs.air_nm3_h[i] / BURNERS
        left_kg, kg_h, held_kg = left[:WEIGHED].sum(), 3600.0 / dt_s, 0.0
        for cell in range(CELLS):
            for kind in range(WEIGHED):
                held_kg += beds.content[i, cell, kind]
        tag.OUT_TPH = left_kg * kg_h / 1000.0
        tag.OUT_T = COOLED * beds.bed_c[i, CELLS - 1]
        tag.HF_TAIL = 1000.0 * gas[HF] * kg_h / flow_nm3_h[i]
        tag.SO2_TAIL = 1000.0 * gas[SULPHUR_DIOXIDE] * kg_h / flow_nm3_h[i]
        spare = inputs.air_nm3_h[i] - AIR_PER_FUEL * inputs.fuel_nm3_h[i] + FALSE_AIR_NM3_H
        oxygen = OXYGEN_IN_AIR * spare + MOLAR_NM3 / MOLAR_KG[OXYGEN] * gas[OXYGEN] * kg_h
        tag.O2_TAIL = 100.0 * oxygen / flow_nm3_h[i]
        tag.DRV_A = tag.DRV_KW = EMPTY_DRIVE + (1.0 - EMPTY_DRIVE) * held_kg / USUAL_KG
        if fed[FED] > LEAST_KG_S * dt_s:
            tag.RATIO = fed[ACID_FED] / fed[FED]
        if left_kg > LEAST_KG_S * dt_s:
            raw_kmol = left[BASTNAESITE] / REFCO3 + left[MONAZITE] / REPO4
            tag.DEC_EST = 100.0 * (1.0 - REO_KMOL * raw_kmol / left[REO])
            tag.FREE_ACID = 100.0 * left[ACID] / left_kg


class Panel:
    """Shows the kilns ``rows`` of a bank with the errors of their instruments: ``true`` are records of ``names``.

    An instrument errs by what its tag stands off the true value at the start: the fields ``scaled`` by that factor,
    the ``exact`` ones not at all, the others by that much.
    """

    def __init__(
        self,
        bank: Bank,
        rows: Rows,
        names: Sequence[str],
        true: NDArray[Any],
        *,
        scaled: Collection[str] = (),
        exact: Collection[str] = (),
    ) -> None:
        self._display = Display(bank, names, rows)
        self._true, shown = flat(true), self._display.tags
        factor, offset = np.zeros_like(shown), np.zeros_like(shown)
        for name in shown.dtype.names or ():
            factor[name] = 1.0
            if name in scaled:
                factor[name] = shown[name] / np.where(true[name] == 0.0, 1.0, true[name])
            elif name not in exact:
                offset[name] = shown[name] - true[name]
        self._factor, self._offset, self._shown = flat(factor), flat(offset), flat(shown)

    def show(self) -> None:
        """Let the tags head for what they should show."""
        self._shown[:] = self._factor * self._true + self._offset
        self._display.show()
