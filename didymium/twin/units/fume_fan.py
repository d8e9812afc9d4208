"""Fan of a fume train with its standby, and the interlock of the hoods it draws on (domain reference §17.2 I11).

Running, the speed n follows dn/dt = (1 - n)/8 s; tripped it coasts, dn/dt = -n/12 s. Suction at the hoods goes with n²,
flow with n. The standby starts ten seconds after the trip is cleared. While the hoods have no suction nothing is
fed and no anode changed; after two minutes of it the cells get half their current. Units: s, shares of the usual.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from didymium.twin.bank import Floats

START_S: Final = 8.0
COAST_S: Final = 12.0
STANDBY_S: Final = 10.0
GRACE_S: Final = 120.0
REDUCED: Final = 0.5
LEAST_SUCTION: Final = 0.3
LONGEST_STEP_S: Final = 1.5


class Fans(NamedTuple):
    """(n,) columns. ``running`` is 1 where a fan has power, ``current_share`` what the interlock leaves the cells."""

    speed: Floats
    running: Floats
    waited_s: Floats
    without_s: Floats
    stop_work: Floats
    current_share: Floats


def fans(n: int) -> Fans:
    """Fans that run."""
    return Fans(np.ones(n), np.ones(n), np.full(n, STANDBY_S), np.zeros(n), np.zeros(n), np.ones(n))


def step(fans: Fans, tripped: Floats, dt_s: float) -> None:
    """Run or coast for ``dt_s``; ``tripped`` is not 0 where no fan may run. Raises ``ValueError`` beyond 1.5 s."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"fume fans: a step of {dt_s:g} s, at most {LONGEST_STEP_S:g} s")
    down = tripped != 0.0
    fans.waited_s[:] = np.where(down, 0.0, np.minimum(STANDBY_S, fans.waited_s + dt_s))
    fans.running[:] = fans.waited_s >= STANDBY_S
    fans.speed[:] += dt_s * np.where(fans.running > 0.0, (1.0 - fans.speed) / START_S, -fans.speed / COAST_S)
    fans.stop_work[:] = fans.speed**2 < LEAST_SUCTION
    fans.without_s[:] = np.where(fans.stop_work > 0.0, fans.without_s + dt_s, 0.0)
    fans.current_share[:] = np.where(fans.without_s > GRACE_S, REDUCED, 1.0)
