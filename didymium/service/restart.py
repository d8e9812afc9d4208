"""When a process that died is started again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIRST_DELAY_S: Final = 0.2
LONGEST_DELAY_S: Final = 15.0
CALM_AFTER_S: Final = 60.0
"""A process that lived this long starts with the first delay again."""


@dataclass(frozen=True, slots=True)
class RestartState:
    """How often a process died in a row, and how often at all."""

    in_a_row: int = 0
    restarts: int = 0


def after_death(state: RestartState, lived_s: float) -> tuple[RestartState, float]:
    """Return the new state and the delay in seconds before the next start."""
    in_a_row = 1 if lived_s >= CALM_AFTER_S else state.in_a_row + 1
    delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(in_a_row - 1, 20))
    return RestartState(in_a_row, state.restarts + 1), delay_s
