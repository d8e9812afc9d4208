"""Graphite anodes of electrolysis cells: they burn away, are changed one by one, start cold (domain reference §5.3).

dm/dt of an anode = its share of the current times the cell's electrolytic carbon, and a sixth of what burns in air.
A new one is lowered in over ten minutes and carries less than its share for half an hour; meanwhile the cell's
resistance is up by 8 %. Units: kg, s, kA, mΩ.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from didymium.twin.bank import Floats
from didymium.twin.units.cell_class import CellClass

PER_CELL: Final = 6
LIFE_S: Final = 50 * 3600.0
"""An anode is changed every 40 to 60 h, §5.3."""
CARBON_KG_KG: Final = 0.20
"""Carbon that goes into a cell per kg of metal, §5.3."""
BUTT: Final = 0.15
"""Share of an anode that is taken out again. (A)"""
LAST: Final = 0.03
"""What must be left of an anode: then it is changed whether work is allowed or not. (A)"""
WARM_S: Final = 1800.0
LOWERING_S: Final = 600.0
COLD_SHARE: Final = 0.15
"""What a cold anode lacks of its share of the current. (A)"""
CONTACT: Final = 0.08
"""Share of the pseudo-resistance that a cold anode adds, §5.3."""
CHANGE_DIP_C: Final = 20.0
APART_S: Final = 3600.0
LONGEST_STEP_S: Final = 60.0


class Anodes(NamedTuple):
    """(n,) or (n, 6) columns. ``new_kg`` is an anode as it comes; ``changed`` is 1 in the step of a change.

    ``mass_kg``, ``age_s`` and ``share`` stand by anode; ``put_in_kg`` and ``taken_out_kg`` sum up all changes.
    """

    new_kg: Floats
    balance: Floats
    r_nominal_mohm: Floats
    mass_kg: Floats
    age_s: Floats
    share: Floats
    contact_mohm: Floats
    lowering: Floats
    put_in_kg: Floats
    taken_out_kg: Floats


class Burning(NamedTuple):
    """(n,) inputs: carbon that the current and the air take, kg/s, and whether anodes may be changed."""

    electrolytic_kg_s: Floats
    air_kg_s: Floats
    allowed: Floats


def anodes(classes: list[CellClass], seed: int) -> Anodes:
    """Anodes of cells in steady running, their ages spread evenly over a life."""
    n = len(classes)
    rng = np.random.default_rng([seed, 0xA40D])
    metal_kg_s = np.array([kind.set_ka * kind.metal_kg_ka_d / 86_400.0 * kind.efficiency for kind in classes])
    new_kg = metal_kg_s * CARBON_KG_KG * LIFE_S / PER_CELL
    balance = 1.0 + rng.normal(0.0, 0.025, (n, PER_CELL)).clip(-0.05, 0.05)
    balance /= balance.mean(axis=1, keepdims=True)
    spent = (
        rng.uniform(0.0, 1.0, (n, 1)) + rng.permuted(np.tile(np.arange(PER_CELL), (n, 1)), axis=1) / PER_CELL
    ) % 1.0
    return Anodes(
        new_kg,
        balance,
        np.array([(kind.volt_v - 1.6) / kind.current_ka for kind in classes]),
        new_kg[:, None] * (1.0 - (1.0 - BUTT) * spent),
        spent * LIFE_S,
        balance / PER_CELL,
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
    )


def step(anodes: Anodes, burning: Burning, dt_s: float) -> None:
    """Burn for ``dt_s`` and change what is burnt down. Raises ``ValueError`` for a step beyond a minute."""
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"anodes: a step of {dt_s:g} s, at most {LONGEST_STEP_S:g} s")
    _step(anodes, burning, dt_s)


@njit(cache=True)
def _step(anodes: Anodes, burning: Burning, dt_s: float) -> None:
    for i in range(len(anodes.new_kg)):
        worst, youngest_s, total = -1, 1e9, 0.0
        for k in range(PER_CELL):
            lost = anodes.share[i, k] * burning.electrolytic_kg_s[i] + burning.air_kg_s[i] / PER_CELL
            anodes.mass_kg[i, k] -= lost * dt_s
            anodes.age_s[i, k] += dt_s
            if worst < 0 or anodes.mass_kg[i, k] < anodes.mass_kg[i, worst]:
                worst = k
            youngest_s = min(youngest_s, anodes.age_s[i, k])
        due = anodes.mass_kg[i, worst] < BUTT * anodes.new_kg[i] and youngest_s > APART_S
        if due and (burning.allowed[i] > 0.0 or anodes.mass_kg[i, worst] < LAST * anodes.new_kg[i]):
            anodes.taken_out_kg[i] += anodes.mass_kg[i, worst]
            anodes.put_in_kg[i] += anodes.new_kg[i]
            anodes.mass_kg[i, worst] = anodes.new_kg[i]
            anodes.age_s[i, worst] = youngest_s = 0.0
        for k in range(PER_CELL):
            warm = min(1.0, anodes.age_s[i, k] / WARM_S)
            anodes.share[i, k] = anodes.balance[i, k] * (1.0 - COLD_SHARE * (1.0 - warm))
            total += anodes.share[i, k]
        for k in range(PER_CELL):
            anodes.share[i, k] /= total
        cold = max(0.0, 1.0 - (youngest_s / WARM_S) ** 2)
        anodes.contact_mohm[i] = CONTACT * anodes.r_nominal_mohm[i] * cold
        anodes.lowering[i] = 1.0 if youngest_s < LOWERING_S else 0.0
