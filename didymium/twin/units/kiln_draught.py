"""Draught of a roasting kiln, what leaves its head without it, and the interlock (domain reference §13, §17.2 I13).

The fan holds the head below the hall's pressure. Where the draught is lost, the gas that the kiln makes presses out:

    tau dP/dt = P_end - P        P_end = -42 Pa, or 12 Pa times the gas made over the usual
    dc/dt = s (P / 12)^0.5 m - c / tau_h     for P > 0

``c`` is fluoride in the hall by the kiln head and ``m`` what fluoride the bed still gives off. Units: Pa, ppm, s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DRAUGHT_PA: Final = -42.0
PRESSED_OUT_PA: Final = 12.0
PRESSURE_S: Final = 3.0
LOW_FIRE: Final = 0.25
SOURCE_PPM_S: Final = 0.25
HALL_S: Final = 60.0
BED_S: Final = 300.0
"""The bed goes on giving off fluoride after its feeds stop, and takes as long to start again. (A)"""
OUTFLOW_PA, OUTFLOW_S = 0.0, 5.0
FLUORIDE_PPM: Final = 3.0
RESET_PA, RESET_PPM, RESET_S = -10.0, 1.5, 60.0
LONGEST_STEP_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Draughts:
    """(n,) columns. ``fluoride`` is 1 for kilns whose bed gives it off; ``feeds`` is the share of the usual feed,
    ``making`` that of the gas, ``positive_s`` and ``safe_s`` for how long the head has been above and below."""

    fluoride: Floats
    head_pa: Floats
    hall_ppm: Floats
    feeds: Floats
    making: Floats
    tripped: Flags
    positive_s: Floats
    safe_s: Floats

    @property
    def calm(self) -> bool:
        """Whether all run as usual."""
        usual = (self.feeds == 1.0) & (self.hall_ppm < 1e-6) & (self.making > 0.999_999)
        return bool((usual & (self.head_pa < DRAUGHT_PA + 0.01)).all())


def draughts(fluoride: Floats) -> Draughts:
    """Kilns in steady running."""
    n = len(fluoride)
    zero, one = np.zeros(n), np.ones(n)
    return Draughts(
        fluoride,
        np.full(n, DRAUGHT_PA),
        zero,
        one,
        one.copy(),
        np.zeros(n, np.bool_),
        zero.copy(),
        zero.copy(),
    )


def step_draughts(d: Draughts, lost: Flags, dt_s: float) -> None:
    """Advance pressures and fluoride by ``dt_s``. Raises ``ValueError`` beyond 1 s, a third of the head's time."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"draughts advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    d.feeds[:] = np.where(d.tripped, 0.0, 1.0)
    wanted = np.where(d.tripped, LOW_FIRE, 1.0)
    d.making[:] += (wanted - d.making) * dt_s / BED_S
    end_pa = np.where(lost, PRESSED_OUT_PA * d.making, DRAUGHT_PA)
    d.head_pa[:] += (end_pa - d.head_pa) * dt_s / PRESSURE_S
    out = SOURCE_PPM_S * d.fluoride * d.making * np.sqrt(np.maximum(d.head_pa, 0.0) / PRESSED_OUT_PA)
    d.hall_ppm[:] += dt_s * (out - d.hall_ppm / HALL_S)


def judge_draughts(d: Draughts, shown_pa: Floats, shown_ppm: Floats, dt_s: float) -> None:
    """Trip at a head above 0 Pa for 5 s or 3 ppm; release when head and hall have been safe for a minute."""
    d.positive_s[:] = np.where(shown_pa > OUTFLOW_PA, d.positive_s + dt_s, 0.0)
    d.tripped[:] |= (d.positive_s >= OUTFLOW_S) | (shown_ppm >= FLUORIDE_PPM)
    safe = d.tripped & (shown_pa < RESET_PA) & (shown_ppm < RESET_PPM)
    d.safe_s[:] = np.where(safe, d.safe_s + dt_s, 0.0)
    d.tripped[:] &= d.safe_s < RESET_S
