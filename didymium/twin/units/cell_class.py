"""Sizes of electrolysis cell, what each makes, the records in which all cells stand (domain reference §5.2, §6, §12).

Units: kA, V, mΩ, wt%, kg, °C, kW, s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Floats

ANODE_A_CM2: Final = 0.85
"""Anode current density at nominal current, A/cm²."""
BUS_MOHM: Final = 0.085
DROP_OUTSIDE_V: Final = 0.42
"""Share of the cell voltage that heats the bus and rods instead of the bath, V at nominal current."""
THERMONEUTRAL_V: Final = 2.10
AMBIENT_C: Final = 60.0
REFERENCE_BATH_KG: Final = 520.0
PREFERRED_WT: Final = 2.6
"""Oxide content around which the cell runs, wt%; the voltage is lowest at 2.5 to 3.0."""
TAP_DIP_C: Final = 12.0
"""What a tap takes off the bath of 300 kg, °C, §6; a bigger bath gives less."""
DIP_S: Final = 900.0
"""Time constant with which the bath comes back from a tap or a new anode."""
VISIT_S: Final = 900.0
"""Mean time between two doses by hand; they come after 10 to 20 min, §12."""
POURING: Final = 3.6
"""A dose by hand is poured in at so many times what the cell uses, over some four minutes. (A)"""
ARRIVES_S: Final = 120.0
"""How long somebody who feeds by hand takes to a cell in anode effect. (A)"""
OPEN_LOSS: Final = 0.12
"""How much more heat a bath loses while somebody pours oxide in through the open hood. (A)"""
MIXING_S: Final = 130.0
"""Time in which the bath carries away the oxide that falls in at one place. (A)"""
FELT_KG: Final = 4.0
"""Sludge that somebody feels with a rod at the bottom of a bath of 520 kg; then he gives less. (A)"""
ROD_KG_M: Final = 89.0
"""Iron rod of 120 mm. (A)"""
ROD_KG: Final = 50.0
ROD_CHANGE_KG: Final = 14.0


class Feed(IntEnum):
    """States of the feed controller, §5.4, as the tag FEED_ST shows them."""

    BASE = 0
    UNDER = 1
    OVER = 2
    AE_QUENCH = 3
    STOP = 4


@dataclass(frozen=True, slots=True)
class CellClass:
    """A size of cell with what it makes. ``volt_v`` and ``bath_c`` hold at ``current_ka`` and 2.6 wt% oxide.

    ``metal_kg_ka_d`` is the Faradaic yield at 100 % current efficiency, ``oxide_kg_kg`` the oxide per kg of metal,
    ``re_share`` the rare earth in the product; the rest is iron from the cathode. A feeder errs by ``dose_sigma`` a
    dose, one a minute; a cell that is ``hand_fed`` gets one every 10 to 20 min, of which the share ``missed`` never
    comes, by the eye of somebody who misjudges the bath by ``judgement_wt``. ``run_ka`` is what the cell is run at,
    where not at its rating.
    """

    current_ka: float
    volt_v: float
    bath_kg: float
    bath_c: float = 1046.0
    efficiency: float = 0.78
    metal_kg_ka_d: float = 42.8017
    oxide_kg_kg: float = 1.1768
    re_share: float = 1.0
    tap_s: float = 3600.0
    dose_sigma: float = 0.005
    hand_fed: bool = False
    missed: float = 0.0
    judgement_wt: float = 0.0
    run_ka: float | None = None

    @property
    def set_ka(self) -> float:
        """The current that the cell is run at."""
        return self.run_ka or self.current_ka

    @property
    def metal_kg_h(self) -> float:
        """Metal, or alloy with its iron, at this current and efficiency."""
        return self.set_ka * self.metal_kg_ka_d / 24.0 * self.efficiency / self.re_share


PRND_14: Final = CellClass(14.0, 8.40, 520.0, tap_s=4500.0)
PRND_8: Final = CellClass(8.0, 9.20, 300.0, bath_c=1048.0)
PRND_3: Final = CellClass(3.0, 10.25, 115.0, bath_c=1048.0)
GD_FE_8: Final = CellClass(
    8.0, 9.20, 300.0, 1050.0, 0.80, metal_kg_ka_d=46.94, oxide_kg_kg=1.1526, re_share=0.75, tap_s=4500.0
)


class Cells:
    """Cells side by side: what each is, what is done to it, its state, and what it shows.

    ``records`` is a structured array with one record per cell, and each attribute an (n,) window on one of its fields:
    a kernel that goes through one array of records counts no references, where one that goes through eighty arrays
    does little else.

    Inputs, to be set from outside: ``set_point_ka``; ``powered``, the share of it that the supply and the interlocks
    allow; ``feed_factor``, a feeder that gives so much of what it is asked for; ``feed_stop``, 1 where feeding is
    forbidden; ``controlled``, 1 where feed and temperature are controlled; ``contact_mohm`` of anodes that are still
    cold; ``tc_error_c`` of the thermocouple that the temperature controller follows.
    """

    rated_ka: Floats
    metal_kg_ka_s: Floats
    efficiency: Floats
    oxide_kg_kg: Floats
    re_share: Floats
    bath_kg: Floats
    bath_mohm: Floats
    bus_mohm: Floats
    loss_kw_k: Floats
    heat_kj_k: Floats
    tap_s: Floats
    tap_phase_s: Floats
    dose_sigma: Floats
    hand_fed: Floats
    missed: Floats
    judgement_wt: Floats
    aim_c: Floats

    set_point_ka: Floats
    powered: Floats
    feed_factor: Floats
    feed_stop: Floats
    controlled: Floats
    contact_mohm: Floats
    tc_error_c: Floats

    oxide_wt: Floats
    sludge_kg: Floats
    bath_c: Floats
    dip_c: Floats
    seen_c: Floats
    gap: Floats
    gap_trim: Floats
    pool_kg: Floats
    iron_kg: Floats
    rod_kg: Floats
    to_pour_kg: Floats
    visit_in_s: Floats
    supplied: Floats
    frozen: Floats
    locked_s: Floats
    in_effect: Floats
    effect_s: Floats
    feed_state: Floats
    feed_state_s: Floats
    dose: Floats
    r_fast_mohm: Floats
    r_slow_mohm: Floats
    estimate_error_wt: Floats
    since_tap_s: Floats

    current_ka: Floats
    volt_v: Floats
    shown_ka: Floats
    shown_v: Floats
    r_pseudo_mohm: Floats
    loading: Floats
    asked_kg_s: Floats
    feed_kg_s: Floats
    metal_kg_s: Floats
    iron_kg_s: Floats
    cf4_g_s: Floats
    tap_kg: Floats
    tapped_kg: Floats
    tapped_re_kg: Floats
    energy_kwh: Floats
    cf4_g: Floats
    effects: Floats
    oxide_deviation_kg: Floats

    def __init__(self, records: NDArray[Any]) -> None:
        self.records = records
        for name in CELL_FIELDS:
            setattr(self, name, records[name])

    def __len__(self) -> int:
        return len(self.records)

    def only(self, cell: int) -> Cells:
        """One of the cells as it stands now, on its own from here."""
        return Cells(self.records[cell : cell + 1].copy())


CELL_FIELDS: Final = tuple(Cells.__annotations__)


def critical_a_cm2(oxide_wt: float, bath_c: float = 1050.0) -> float:
    """Anode current density at which the anode effect starts, A/cm²."""
    return float(0.62 * max(oxide_wt, 0.05) ** 0.8 * (1.0 + 0.0012 * (bath_c - 1050.0)))


def cells(classes: Sequence[CellClass], seed: int, second: int = 0) -> Cells:
    """Cells in steady running at ``second``, spread over their oxide band and their tap cycle, none tapped yet.

    Until its first tap a cell's ``tap_kg`` is zero, so that nobody takes the start for a piece.
    """
    n = len(classes)
    rng = np.random.default_rng([seed, 0xCE11])
    records = np.zeros(n, [(name, np.float64) for name in CELL_FIELDS])
    columns = {name: records[name] for name in CELL_FIELDS}
    for i, kind in enumerate(classes):
        electrode_v = _electrode_v(ANODE_A_CM2, PREFERRED_WT, 1050.0)
        ohmic_mohm = (kind.volt_v - electrode_v) / kind.current_ka
        for name, value in (
            ("rated_ka", kind.current_ka),
            ("metal_kg_ka_s", kind.metal_kg_ka_d / 86_400.0),
            ("efficiency", kind.efficiency),
            ("oxide_kg_kg", kind.oxide_kg_kg),
            ("re_share", kind.re_share),
            ("bath_kg", kind.bath_kg),
            ("bath_mohm", ohmic_mohm - BUS_MOHM),
            ("bus_mohm", BUS_MOHM),
            ("loss_kw_k", _bath_heat_kw(kind, ohmic_mohm) / (kind.bath_c - AMBIENT_C)),
            ("heat_kj_k", (520.0 * 1.05 + 1200.0) * kind.bath_kg / REFERENCE_BATH_KG),
            ("tap_s", kind.tap_s),
            ("dose_sigma", kind.dose_sigma),
            ("hand_fed", float(kind.hand_fed)),
            ("missed", kind.missed),
            ("judgement_wt", kind.judgement_wt),
            ("aim_c", kind.bath_c - TAP_DIP_C * 300.0 / kind.bath_kg * DIP_S / kind.tap_s),
            ("set_point_ka", kind.set_ka),
            ("bath_c", kind.bath_c),
        ):
            columns[name][i] = value
    order = (np.arange(n) * 0.6180339887498949) % 1.0
    columns["tap_phase_s"][:] = np.floor(order * columns["tap_s"])
    for name in ("powered", "supplied", "feed_factor", "controlled", "dose", "gap"):
        columns[name][:] = 1.0
    columns["seen_c"][:] = columns["aim_c"]
    columns["oxide_wt"][:] = rng.uniform(2.4, 2.9, n)
    columns["bath_c"] += rng.normal(0.0, 1.0, n)
    columns["feed_state_s"][:] = rng.uniform(0.0, 1800.0, n)
    columns["since_tap_s"][:] = (second + columns["tap_phase_s"]) % columns["tap_s"]
    metal_kg_s = columns["set_point_ka"] * columns["metal_kg_ka_s"] * columns["efficiency"]
    columns["pool_kg"][:] = 2.0 + metal_kg_s * columns["since_tap_s"]
    columns["iron_kg"][:] = columns["pool_kg"] * (1.0 / columns["re_share"] - 1.0)
    columns["rod_kg"][:] = np.where(columns["re_share"] < 1.0, rng.uniform(ROD_CHANGE_KG, ROD_KG, n), 0.0)
    columns["visit_in_s"][:] = rng.uniform(0.0, VISIT_S, n)
    need_kg_s = metal_kg_s * columns["oxide_kg_kg"]
    left_s = VISIT_S / POURING - (VISIT_S - columns["visit_in_s"])
    columns["to_pour_kg"][:] = columns["hand_fed"] * POURING * need_kg_s * np.maximum(0.0, left_s)
    sludge_kg = columns["hand_fed"] * rng.uniform(0.5, 1.1, n) * FELT_KG
    columns["sludge_kg"][:] = sludge_kg * columns["bath_kg"] / REFERENCE_BATH_KG
    columns["gap_trim"][:] = [_settled_trim(kind, kg) for kind, kg in zip(classes, sludge_kg, strict=True)]
    columns["gap"] += columns["gap_trim"]
    return Cells(records)


def _electrode_v(density_a_cm2: float, oxide_wt: float, bath_c: float) -> float:
    """Decomposition voltage and overvoltages, V."""
    loading = density_a_cm2 / critical_a_cm2(oxide_wt, bath_c)
    return 1.46 + 0.25 + 0.12 * math.log(density_a_cm2 / 0.1) - 0.20 * math.log(1.0 - loading)


def _settled_trim(kind: CellClass, sludge_kg: float) -> float:
    """Share by which the gap under the anodes is wider where feeding by hand costs heat, once that has settled."""
    if not kind.hand_fed:
        return 0.0
    ohmic_mohm = (kind.volt_v - _electrode_v(ANODE_A_CM2, PREFERRED_WT, 1050.0)) / kind.current_ka
    lost_kw = _bath_heat_kw(kind, ohmic_mohm) * OPEN_LOSS / POURING - kind.set_ka * THERMONEUTRAL_V * 0.004 * sludge_kg
    return lost_kw / (kind.set_ka**2 * (ohmic_mohm - BUS_MOHM)) - 0.006 * sludge_kg


def _bath_heat_kw(kind: CellClass, ohmic_mohm: float) -> float:
    """Heat that the bath gets at the current the cell is run at and 2.6 wt% oxide."""
    share = kind.set_ka / kind.current_ka
    volt = _electrode_v(share * ANODE_A_CM2, PREFERRED_WT, kind.bath_c) + kind.set_ka * ohmic_mohm
    return kind.set_ka * (volt - DROP_OUTSIDE_V * share - THERMONEUTRAL_V * kind.efficiency)
