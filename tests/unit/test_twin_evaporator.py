"""Evaporators and crystallisers run as domain reference §10 states."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waste_water import salt_lines, started_liquor

from didymium.twin.ledger import MASS, SALT, WATER, Ledger
from didymium.twin.units import evaporator_physics
from didymium.twin.units.crystalliser_physics import step_crystallisers
from didymium.twin.units.evaporator import MotherLiquor
from didymium.twin.units.evaporator_physics import (
    MAIN,
    SUCTION_KPA,
    WORKSHOP,
    latent_kj_kg,
    saturated_c,
    shaft_kw,
    step_evaporators,
)

DAY_S = 86_400.0


def test_evaporator_meets_the_reference_point():
    assert shaft_kw(4.3, 1.65) == pytest.approx(167.0, abs=1.0)
    assert shaft_kw(4.3, 1.65) / 4.3 == pytest.approx(39.0, abs=0.3)
    lift_k = saturated_c(1.65 * SUCTION_KPA) - saturated_c(SUCTION_KPA)
    assert lift_k == pytest.approx(14.4, abs=0.15)
    assert lift_k - 8.0 == pytest.approx(6.4, abs=0.15)
    heat_kw = 4.3 / 3.6 * latent_kj_kg(saturated_c(SUCTION_KPA))
    assert heat_kw == pytest.approx(1.4 * 300.0 * 6.4, rel=0.01)


def test_running_evaporators_stand_at_the_reference_point():
    columns, _, slurry = salt_lines()
    columns.u_w_m2k[:] = 1412.0
    waters = [np.array([line.feed * 100.0 for line in (WORKSHOP, MAIN)]), started_liquor(slurry, 1.0)]
    step_evaporators(columns, np.ones(2), *waters, *np.zeros((2, 2, 5)), 1.0)
    assert columns.distillate_t_h[:2] == pytest.approx(4.315, abs=0.005)
    assert columns.bpe_k == pytest.approx(8.0)
    assert columns.net_k[:2] == pytest.approx(6.4, abs=0.1)
    assert columns.discharge_kpa[:2] / SUCTION_KPA == pytest.approx(1.65, abs=0.01)
    assert columns.shaft_kw / columns.distillate_t_h == pytest.approx(39.0, abs=0.5)


def test_the_salt_line_gives_what_the_reference_balance_says():
    columns, cooled, slurry = salt_lines()
    brine = np.array([line.feed * 2000.0 for line in (WORKSHOP, MAIN)])
    liquor = started_liquor(slurry, 60.0)
    distillate, passing, crystals, purge = np.zeros((4, 2, 5))
    for _ in range(24 * 60):
        step_evaporators(columns, np.ones(2), brine, liquor, distillate, passing, 60.0)
        step_crystallisers(cooled, passing, liquor, crystals, purge, 60.0)
    assert distillate[0].sum() == pytest.approx(207.1, rel=0.002)
    assert distillate[0, 1:].sum() == pytest.approx(0.02, abs=0.001)
    assert crystals[0].sum() == pytest.approx(25.8, rel=0.005)
    assert crystals[0, 1:].sum() == pytest.approx(25.30, rel=0.005)
    assert crystals[0, 0] / crystals[0].sum() == pytest.approx(0.0194, abs=0.0003)
    assert purge[0].sum() == pytest.approx(1.1, rel=0.01)
    assert purge[0, 1:].sum() == pytest.approx(0.39, rel=0.01)
    assert crystals[1].sum() == pytest.approx(150.0, rel=0.005)
    assert columns.solids_pu == pytest.approx(0.1277, abs=0.004)
    assert cooled.solids_pu == pytest.approx(0.22, abs=0.005)


def test_scale_on_the_tubes_costs_lift_and_power_and_a_wash_takes_it_off():
    columns, _, slurry = salt_lines()
    columns.scale_d[:] = 5.0
    back = started_liquor(slurry, 60.0)

    def run(minutes: int) -> None:
        for _ in range(minutes):
            brine = np.array([line.feed * 100.0 for line in (WORKSHOP, MAIN)])
            step_evaporators(columns, np.ones(2), brine, back.copy(), *np.zeros((2, 2, 5)), 60.0)

    run(1)
    first = columns.u_w_m2k.copy(), columns.net_k.copy(), columns.shaft_kw / columns.distillate_t_h
    minutes = 1
    while columns.u_w_m2k[0] >= 1200.0:
        run(10)
        minutes += 10
    assert minutes * 60 / DAY_S == pytest.approx(5.0 * math.log(1440 / 1200), rel=0.02)
    assert (columns.u_w_m2k < 0.9 * first[0])[:3].all() and (columns.net_k > 1.1 * first[1])[:3].all()
    assert (columns.shaft_kw / columns.distillate_t_h > 1.05 * first[2])[:3].all()
    columns.scale_d[:] = 30.0
    columns.wash_s[:] = evaporator_physics.WASH_S
    run(130)
    assert columns.u_w_m2k == pytest.approx(1593.0, abs=5.0)


def test_weak_slurry_gives_no_crystals():
    _, cooled, _ = salt_lines()
    cooled.content[:] = np.array([0.8, 0.05, 0.05, 0.05, 0.05]) * 8.0
    waters = np.zeros((4, 2, 5))
    step_crystallisers(cooled, *waters, 1.0)
    assert waters[2].sum() == 0.0 and (cooled.solids_pu == 0.0).all()


def test_what_s01_sends_in_lumps_is_taken_and_left_out_of_what_others_give():
    ledger = Ledger()
    liquor = MotherLiquor(ledger, "S19", MAIN.feed)
    sent = ledger.stream(MASS, "S01", "S19", "mother liquor")
    brine, others_t = np.zeros(5), 0.0
    for second in range(1000):
        if second % 100 == 0:
            sent.add(0.6)
        others_t += liquor.take(brine, 0.0145)
    assert brine.sum() == pytest.approx(6.0)
    assert others_t == pytest.approx(14.5 - 6.0)
    composed = {stream.kind: amount for stream, amount in ledger.moved() if stream.source == "S01"}
    assert composed[WATER] + composed[SALT] == pytest.approx(composed[MASS])


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 1.2), st.floats(0.0, 1.0), st.floats(0.02, 2.0), st.floats(0.0, 2.0), st.floats(1.0, 60.0))
def test_the_salt_line_neither_makes_nor_loses_water_or_ions(
    pace: float, brine_t: float, holds: float, liquor_t: float, dt_s: float
):
    columns, cooled, _ = salt_lines()
    columns.content[:] *= holds
    cooled.content[:] *= holds
    brine = np.array([line.feed * brine_t for line in (WORKSHOP, MAIN)])
    liquor = np.full((2, 5), liquor_t / 5)
    distillate, passing, crystals, purge = np.zeros((4, 2, 5))

    def everything() -> np.ndarray:
        tables = brine + liquor + distillate + passing + crystals + purge
        return tables.sum(axis=0) + columns.content.sum(axis=0) + cooled.content.sum(axis=0)

    before = everything()
    for _ in range(30):
        step_evaporators(columns, np.full(2, pace), brine, liquor, distillate, passing, dt_s)
        heat_kw = columns.distillate_t_h / (1.0 + evaporator_physics.CARRY_OVER_PU) / 3.6
        heat_kw *= latent_kj_kg(saturated_c(SUCTION_KPA))
        through_kw = 1e-3 * columns.u_w_m2k * columns.area_m2 * columns.net_k
        assert (heat_kw <= through_kw + 1e-6).all()
        assert (columns.discharge_kpa / SUCTION_KPA <= 2.1 + 1e-9).all()
        step_crystallisers(cooled, passing, liquor, crystals, purge, dt_s)
    for table in (brine, liquor, distillate, passing, crystals, purge, columns.content, cooled.content):
        assert (table >= 0.0).all()
    assert everything() == pytest.approx(before, rel=1e-12, abs=1e-12)
