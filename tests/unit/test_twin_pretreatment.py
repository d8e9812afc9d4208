"""The tanks before the membranes run as domain reference §10 states."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waste_water import INLET_FLOWS

from didymium.twin.units import pretreatment
from didymium.twin.units.pretreatment import MIXED, settled, step_pretreatment
from didymium.twin.units.tank_pair import Pair


def test_pre_treatment_stands_still_in_steady_running_and_loses_what_leaks():
    content, waters = settled(), np.zeros(5)
    before = content.sum()
    came = leaked = 0.0
    for _ in range(24 * 60):
        passed = step_pretreatment(content, INLET_FLOWS, 3.0 / 24.0, 520.0 / 24.0, waters, 60.0)
        came, leaked = came + passed.came.sum(), leaked + passed.leaked.sum()
    assert came == pytest.approx(520.0) and leaked == pytest.approx(3.0)
    assert content.sum() - before == pytest.approx(came - leaked - waters.sum(), abs=1e-9)
    assert waters[1:].sum() == pytest.approx(26.0, rel=0.002)
    still = settled()
    for _ in range(60):
        step_pretreatment(still, INLET_FLOWS, 0.0, 520.0 / 24.0, waters, 60.0)
    assert still == pytest.approx(settled(), abs=1e-9)


def test_full_equalisation_tanks_hold_the_sewers_back():
    content, waters = settled(), np.zeros(5)
    for _ in range(5 * 24 * 6):
        step_pretreatment(content, INLET_FLOWS, 0.0, 0.0, waters, 600.0)
    assert (content.sum(axis=1) <= pretreatment.TANK_T).all()
    assert step_pretreatment(content, INLET_FLOWS, 0.0, 0.0, waters, 600.0).came.sum() < 0.5


def test_tank_pair_comes_back_to_its_level():
    pair = Pair(MIXED)
    pair.content *= 1.2
    for _ in range(24 * 60):
        pair.content += MIXED * 10.0 / 60.0
        pair.let_out(10.0, 60.0)
    assert pair.level == pytest.approx(0.53, abs=0.001)
    assert pair.leaving_t_h == pytest.approx(10.0, rel=0.01)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1.2), min_size=5, max_size=5), st.floats(0.0, 50.0), st.floats(0.0, 60.0))
def test_pre_treatment_neither_makes_nor_loses_water_or_ions(full: list[float], leak_t_h: float, take_t_h: float):
    content, given_t = settled() * np.array(full)[:, None], np.zeros(5)
    before, balance = content.sum(axis=0), np.zeros(5)
    for _ in range(30):
        passed = step_pretreatment(content, INLET_FLOWS, leak_t_h, take_t_h, given_t, 600.0)
        balance += passed.came - passed.leaked
    assert (content >= 0.0).all() and (given_t >= 0.0).all()
    assert content.sum(axis=0) == pytest.approx(before + balance - given_t, abs=1e-9)
