"""Reverse-osmosis trains: pump, membranes, concentrate valve, trip and cleaning (domain reference §10.3, §17.2 I18)."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from didymium.twin.bank import Floats
from didymium.twin.units.brine import OSMOTIC_BAR_G_L, mass_t, salt_g_l, salt_t
from didymium.twin.units.pretreatment import FEED_T_H

TRAINS: Final = 4
RECOVERY: Final = 0.55
TRAIN_T_H: Final = FEED_T_H / TRAINS
FEED_MPA: Final = 7.0
"""Applied pressure of the reference."""
ACROSS_KPA: Final = 164.0
"""Pressure drop along a train at its usual flows."""
PERMEATE_KPA: Final = 42.0
ELEMENTS: Final = 12
PERMEABILITY_T_H_BAR: Final = 0.112098
"""``Aw`` of a train, all membrane area together, after a cleaning: 55 % recovery of 50 g/L at 7.0 MPa."""
SALT_T_H_PER_G_L: Final = 4.0764e-5
"""``B`` of a train, t/h per g/L: 0.3 t/d of salt in the permeate of all trains, §10.2."""
LEAD_SHARE: Final = SALT_T_H_PER_G_L / PERMEABILITY_T_H_BAR
NORMAL_FOULING_D: Final = 45.0
CLEANED: Final = 0.97
"""What a cleaning restores of the permeability after the one before."""
CLEAN_BELOW: Final = 0.875
"""Share of the normal permeate flow at which a train is taken off and cleaned. (A)"""
CLEANING_S: Final = 2.0 * 3600.0
RENEW_BELOW: Final = 0.93
"""Permeability after a cleaning, of a new membrane's, at which elements are renewed with it. (A)"""
TRIP_MPA: Final = 8.5
TRIP_DELAY_S: Final = 1.0
"""How long the pressure must stand above it. (A)"""
PUMP_S: Final = 2.0
"""Time constant of a pump that trips, §2.3."""
START_S: Final = 30.0
RESTART_S: Final = 60.0
"""From the end of what tripped a train to its start. (A)"""
STROKE_PCT_S: Final = 0.7
"""Speed of a concentrate valve's drive. (A)"""
VALVE_LOOP_S: Final = 60.0
USUAL_OPENING_PCT: Final = 41.0
COMPLIANCE_T_MPA: Final = 3.0e-4
"""Water that a train takes up per MPa: pressure answers in about two seconds. (A)"""
SUBSTEP_S: Final = 0.25
LONGEST_DT_S: Final = 10.0

RUN, CLEANING, TRIPPED = 2.0, 3.0, 7.0


class Trains(NamedTuple):
    """(n,) columns: what can be done to a train, its state, and what it shows.

    From outside: ``wanted_t_h`` of feed, ``recovery`` that the concentrate valve keeps, ``fouling_d`` the time constant
    of fouling, ``stuck`` 1 where the valve's position transmitter sticks in a closing stroke, ``pump_off`` 1 where the
    pump cannot run, ``wash`` 1 where a cleaning is due whatever the flow.
    """

    wanted_t_h: Floats
    recovery: Floats
    fouling_d: Floats
    stuck: Floats
    pump_off: Floats
    wash: Floats
    feed_t_h: Floats
    pressure_mpa: Floats
    opening_pct: Floats
    shown_pct: Floats
    clean: Floats
    fouling: Floats
    cleaned_s: Floats
    state: Floats
    waiting_s: Floats
    over_s: Floats
    permeate_t_h: Floats
    permeate_g_l: Floats
    across_kpa: Floats
    salt_t_h: Floats


def trains(n: int) -> Trains:
    """Trains in steady running, cleaned 2, 6, 10 … hours ago."""
    columns = {name: np.zeros(n) for name in Trains._fields}
    age_s = 3600.0 * (2.0 + 4.0 * (np.arange(n) % 4))
    for name, value in (
        ("wanted_t_h", TRAIN_T_H),
        ("recovery", RECOVERY),
        ("fouling_d", NORMAL_FOULING_D),
        ("feed_t_h", TRAIN_T_H),
        ("pressure_mpa", FEED_MPA),
        ("opening_pct", USUAL_OPENING_PCT),
        ("shown_pct", USUAL_OPENING_PCT),
        ("clean", 1.0),
        ("cleaned_s", age_s),
        ("fouling", np.exp(-age_s / 86_400.0 / NORMAL_FOULING_D)),
        ("state", RUN),
    ):
        columns[name][:] = value
    return Trains(**columns)


def normal_flow_pct(trains: Trains) -> Floats:
    """Permeate flow over what the membranes gave after the cleaning before the last, at equal pressure and salt."""
    return np.asarray(100.0 * CLEANED * trains.fouling)


def step_trains(trains: Trains, feed: Floats, permeate: Floats, brine: Floats, dt_s: float) -> None:
    """Advance all trains and move what they split from the vessel ``feed`` (5,) to ``permeate`` and ``brine`` (5,).

    ``Jw = Aw (ΔP − Δπ)`` and ``Js = B c`` in each of the elements along a train, π = 0.55 bar per g/L;
    ``Aw = Aw0 exp(−t/τ)``. Pressure is what makes permeate and the flow through the concentrate valve, ∝ opening · √P,
    together the pump's flow. Above 8.5 MPa the pump trips and the valve opens. Raises ``ValueError`` beyond 10 s.
    """
    if not 0.0 < dt_s <= LONGEST_DT_S:
        raise ValueError(f"osmosis trains are stepped by up to {LONGEST_DT_S:g} s, not by {dt_s:g}")
    substeps = math.ceil(dt_s / SUBSTEP_S)
    _step(trains, feed, permeate, brine, dt_s / substeps, substeps)


@njit(cache=True)
def _step(trains: Trains, feed: Floats, permeate: Floats, brine: Floats, dt_s: float, substeps: int) -> None:
    g_l = salt_g_l(feed)
    for i in range(len(trains.wanted_t_h)):
        for _ in range(substeps):
            _control(trains, i, dt_s)
            _hydraulics(trains, i, g_l, dt_s)
            _split(trains, i, feed, permeate, brine, dt_s)


@njit(cache=True, inline="always")
def _control(trains: Trains, i: int, dt_s: float) -> None:
    """Trips, cleaning, and the concentrate valve that keeps the recovery."""
    state = trains.state[i]
    trains.fouling[i] *= math.exp(-dt_s / (86_400.0 * trains.fouling_d[i]))
    trains.cleaned_s[i] += dt_s
    if state == RUN:
        trains.over_s[i] = trains.over_s[i] + dt_s if trains.pressure_mpa[i] >= TRIP_MPA else 0.0
    if state == RUN and (trains.over_s[i] >= TRIP_DELAY_S or trains.pump_off[i] > 0.0):
        state, trains.waiting_s[i], trains.over_s[i] = TRIPPED, RESTART_S, 0.0
    elif state == TRIPPED:
        if trains.pump_off[i] > 0.0 or trains.stuck[i] > 0.0:
            trains.waiting_s[i] = RESTART_S
        trains.waiting_s[i] -= dt_s
        if trains.waiting_s[i] <= 0.0:
            state = RUN
    elif state == RUN and (CLEANED * trains.fouling[i] < CLEAN_BELOW or trains.wash[i] > 0.0):
        state, trains.waiting_s[i], trains.wash[i] = CLEANING, CLEANING_S, 0.0
    elif state == CLEANING:
        trains.waiting_s[i] -= dt_s
        if trains.waiting_s[i] <= 0.0:
            state = RUN
            trains.clean[i] *= CLEANED
            if trains.clean[i] < RENEW_BELOW:
                trains.clean[i] = 1.0
            trains.fouling[i] = 1.0
            trains.cleaned_s[i] = 0.0
    trains.state[i] = state
    if state != RUN:
        trains.opening_pct[i] += min(STROKE_PCT_S * dt_s, max(0.0, USUAL_OPENING_PCT - trains.opening_pct[i]))
    elif trains.stuck[i] > 0.0:
        trains.opening_pct[i] = max(0.0, trains.opening_pct[i] - STROKE_PCT_S * dt_s)
    elif trains.feed_t_h[i] > 0.5 * TRAIN_T_H:
        concentrate_t_h = trains.feed_t_h[i] - trains.permeate_t_h[i]
        error = (1.0 - trains.recovery[i]) * trains.feed_t_h[i] / max(0.1, concentrate_t_h) - 1.0
        stroke = trains.opening_pct[i] * error * dt_s / VALVE_LOOP_S
        stroke = min(STROKE_PCT_S * dt_s, max(-STROKE_PCT_S * dt_s, stroke))
        trains.opening_pct[i] = min(100.0, max(5.0, trains.opening_pct[i] + stroke))
    if trains.stuck[i] == 0.0:
        trains.shown_pct[i] = trains.opening_pct[i]


@njit(cache=True, inline="always")
def _hydraulics(trains: Trains, i: int, g_l: float, dt_s: float) -> None:
    """Pump flow, permeate along the elements, and the pressure that follows."""
    if trains.state[i] == RUN:
        lag_s = START_S if trains.feed_t_h[i] < 0.9 * trains.wanted_t_h[i] else PUMP_S
        trains.feed_t_h[i] += (trains.wanted_t_h[i] - trains.feed_t_h[i]) * dt_s / lag_s
    else:
        trains.feed_t_h[i] *= 1.0 - dt_s / PUMP_S
        if trains.feed_t_h[i] < 1e-3:
            trains.feed_t_h[i] = 0.0
    feed_t_h = trains.feed_t_h[i]
    relative = feed_t_h / TRAIN_T_H
    trains.across_kpa[i] = ACROSS_KPA * relative**1.7 / (trains.clean[i] * trains.fouling[i])
    applied_bar = 10.0 * trains.pressure_mpa[i] - 0.01 * (0.5 * trains.across_kpa[i] + PERMEATE_KPA)
    water_t_h_bar = PERMEABILITY_T_H_BAR * trains.clean[i] * trains.fouling[i] / ELEMENTS
    flow_t_h, salt = feed_t_h, feed_t_h * g_l
    passed = 0.0
    for _ in range(ELEMENTS):
        if flow_t_h <= 0.0:
            break
        here_g_l = salt / flow_t_h
        through_t_h = water_t_h_bar * max(0.0, applied_bar - OSMOTIC_BAR_G_L * here_g_l)
        through_t_h = min(through_t_h, 0.5 * flow_t_h)
        through_salt_t_h = min(SALT_T_H_PER_G_L / ELEMENTS * here_g_l, 0.01 * through_t_h, 0.5e-3 * salt)
        passed += through_salt_t_h
        salt -= 1000.0 * through_salt_t_h
        flow_t_h -= through_t_h
    trains.permeate_t_h[i] = feed_t_h - flow_t_h
    trains.salt_t_h[i] = passed
    lead_bar = max(1.0, applied_bar - OSMOTIC_BAR_G_L * g_l)
    trains.permeate_g_l[i] = 1000.0 * LEAD_SHARE * g_l / lead_bar / (trains.clean[i] * trains.fouling[i])
    at_valve_mpa = max(0.0, trains.pressure_mpa[i] - 0.001 * trains.across_kpa[i])
    usual_mpa = FEED_MPA - 0.001 * ACROSS_KPA
    valve_t_h = (1.0 - RECOVERY) * TRAIN_T_H * trains.opening_pct[i] / USUAL_OPENING_PCT
    valve_t_h *= math.sqrt(at_valve_mpa / usual_mpa)
    rise_mpa = (flow_t_h - valve_t_h) / 3600.0 / COMPLIANCE_T_MPA * dt_s
    trains.pressure_mpa[i] = max(0.0, trains.pressure_mpa[i] + rise_mpa)


@njit(cache=True, inline="always")
def _split(trains: Trains, i: int, feed: Floats, permeate: Floats, brine: Floats, dt_s: float) -> None:
    """Move one substep's water and ions; every ion passes in proportion to the salt. (A)"""
    there = mass_t(feed)
    if there <= 0.0:
        return
    share = min(1.0, trains.feed_t_h[i] * dt_s / 3600.0 / there)
    taken_t, salt = share * there, share * salt_t(feed)
    if trains.feed_t_h[i] <= 0.0 or taken_t <= 0.0:
        return
    scale = taken_t / trains.feed_t_h[i]
    passed = 0.0 if salt <= 0.0 else min(1.0, trains.salt_t_h[i] * scale / salt)
    water_share = (trains.permeate_t_h[i] * scale - passed * salt) / max(1e-12, taken_t - salt)
    water_share = min(1.0, max(0.0, water_share))
    for k in range(len(feed)):
        moved = share * feed[k]
        through = moved * (water_share if k == 0 else passed)
        feed[k] -= moved
        permeate[k] += through
        brine[k] += moved - through
