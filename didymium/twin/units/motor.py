"""A permanent-magnet motor: what its magnets, gap, winding and bearings make of it on the test bench (reference §9).

    Ke ∝ Br (1 − 0.0011 (T − 20)), −1.2 % for 0.02 mm more gap; one reversed pole of 2p takes 200/2p %
    E = Ke n, I = (T + Tf + Pc/ω) / Kt, Kt = √3 Ke(V·s/rad), P_in = ω T + ω Tf + Pc + 3/2 R I² (R between terminals)

A motor's figures follow from its serial number. Units: V/krpm, mΩ, N·m, W, rpm.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from numba import njit

from didymium.twin.noise import normal, uniform

KE_V_KRPM: Final = 128.4
"""Between terminals, rms, at 20 °C."""
POLE_PAIRS: Final = 4
R_MOHM: Final = 212.0
L_MH: Final = 3.42
FRICTION_NM: Final = 0.5
CORE_W: Final = 560.0
RATED_NM: Final = 48.0
RATED_RPM: Final = 3000.0
FLUX_MT: Final = 312.0
COGGING_NM: Final = 0.42
VIBRATION_MM_S: Final = 0.7
REMANENCE_SIGMA, GAP_SIGMA, R_SIGMA = 0.010, 0.012, 0.006
"""Spread of magnets, of the gap's effect on Ke, and of windings, as shares, §9."""
SHIMMED: Final = 0.5
"""Share of a gap's deviation that is left after rotors are matched to stators. (A)"""
REVERSED, WEAK, FORCED = 0.001, 0.003, 0.002
"""Shares of motors with a reversed pole, a weak magnetising pulse, bearings pressed with too much force. (A)"""
WEAK_SHARE: Final = 0.05
KE_WINDOW: Final = 0.03
VIBRATION_MOST_MM_S: Final = 1.8
COGGING_MOST_NM: Final = 0.015 * RATED_NM
EFFICIENCY_LEAST_PCT: Final = 93.0
MAGNET_PER_K: Final = -0.0011
COPPER_PER_K: Final = 0.00393


class Motor(NamedTuple):
    """What a motor is: shares of the usual flux, resistance and friction, and what it does."""

    flux: float
    resistance: float
    friction: float
    cogging_nm: float
    vibration_mm_s: float
    harmonics_pct: float


class Tested(NamedTuple):
    """What a bench finds of a motor under load."""

    ke_v_krpm: float
    current_a: float
    voltage_v: float
    in_w: float
    out_w: float
    efficiency_pct: float


@njit(cache=True)
def magnet_flux(seed: int, serial: int, attempt: int) -> float:
    """A rotor's flux after its magnetising pulse over the usual one; a second pulse is never weak."""
    weak = attempt == 0 and uniform(seed + 11, serial, 0) < WEAK
    return (1.0 + REMANENCE_SIGMA * normal(seed + 12, serial, 0)) * (1.0 - WEAK_SHARE if weak else 1.0)


@njit(cache=True)
def motor_of(seed: int, serial: int, attempt: int) -> Motor:
    """The motor of a serial number; after a rework, ``attempt`` 1, it has another rotor and other bearings."""
    draw = seed + 20 * (attempt + 1)
    flux = magnet_flux(seed + attempt, serial, 1) * (1.0 + SHIMMED * GAP_SIGMA * normal(draw + 1, serial, 1))
    reversed_pole = uniform(draw + 2, serial, 2) < REVERSED
    forced = uniform(draw + 3, serial, 3) < FORCED
    if reversed_pole:
        flux *= 1.0 - 2.0 / (2.0 * POLE_PAIRS)
    return Motor(
        flux,
        1.0 + R_SIGMA * normal(seed + 13, serial, 4),
        (1.0 + 0.08 * normal(draw + 5, serial, 5)) * (2.5 if forced else 1.0),
        COGGING_NM * (1.0 + 0.05 * normal(draw + 6, serial, 6)),
        VIBRATION_MM_S * (1.0 + 0.06 * normal(draw + 7, serial, 7)) * (3.0 if forced else 1.0),
        1.7 + 0.05 * normal(draw + 8, serial, 8) + (6.0 if reversed_pole else 0.0),
    )


@njit(cache=True)
def on_bench(m: Motor, torque_nm: float, rpm: float, magnet_c: float, copper_c: float) -> Tested:
    """What a bench finds at a torque and a speed."""
    ke = KE_V_KRPM * m.flux * (1.0 + MAGNET_PER_K * (magnet_c - 20.0))
    omega = rpm * 2.0 * math.pi / 60.0
    if omega <= 0.0:
        return Tested(ke, 0.0, 0.0, 0.0, 0.0, 0.0)
    emf_v = ke * rpm / 1000.0
    core_w = CORE_W * (rpm / RATED_RPM) ** 1.5
    friction_nm = FRICTION_NM * m.friction
    inner_w = omega * (torque_nm + friction_nm) + core_w
    current_a = inner_w / (math.sqrt(3.0) * emf_v)
    r_ohm = 0.001 * R_MOHM * m.resistance * (1.0 + COPPER_PER_K * (copper_c - 20.0))
    in_w = inner_w + 1.5 * r_ohm * current_a**2
    drop_v = math.sqrt(3.0) * 0.5 * current_a
    reactance_ohm = 2.0 * math.pi * rpm / 60.0 * POLE_PAIRS * 0.001 * L_MH
    voltage_v = math.hypot(emf_v + drop_v * r_ohm, drop_v * reactance_ohm)
    out_w = omega * torque_nm
    return Tested(ke, current_a, voltage_v, in_w, out_w, 100.0 * out_w / in_w)


@njit(cache=True)
def passes(m: Motor) -> bool:
    """Whether a motor passes its end-of-line test."""
    found = on_bench(m, RATED_NM, RATED_RPM, 20.0, 20.0)
    return (
        abs(m.flux - 1.0) <= KE_WINDOW
        and m.cogging_nm <= COGGING_MOST_NM
        and m.vibration_mm_s <= VIBRATION_MOST_MM_S
        and found.efficiency_pct >= EFFICIENCY_LEAST_PCT
    )
