"""The wheel of a strip caster behaves as domain reference §7.3 states."""

import numpy as np
import pytest

from didymium.twin.units import casting_inputs as at
from didymium.twin.units.casting_inputs import inputs
from didymium.twin.units.casting_physics import Furnaces, furnaces, step_furnaces
from didymium.twin.units.casting_wheel import alpha_fe_pct, free_side_k_s, step_casters, thickness_mm

FLOW_KG_S = 0.667


def casting(flow_kg_s: float, water_m3_h: float = 27.5, seconds: int = 300) -> Furnaces:
    """A wheel over which so much has run for a while."""
    these, told = furnaces(1, 1), inputs(1)
    told.step[:], told.until_s[:], told.wheel_m3_h[:] = at.POUR, 1e9, water_m3_h
    pouring_kg, melt_c = np.array([flow_kg_s]), np.array([1462.0])
    for second in range(seconds):
        step_casters(these.caster.table, told, pouring_kg, melt_c, 1, float(second), 1.0)
    return these


def test_strip_is_three_tenths_of_a_millimetre_at_the_reference_point():
    assert thickness_mm(0.667, 0.247, 1.2) == pytest.approx(0.300, abs=0.0005)
    assert casting(FLOW_KG_S).caster.cast_kg_s[0] == pytest.approx(FLOW_KG_S)
    assert casting(FLOW_KG_S).caster.thick_mm[0] == pytest.approx(0.300, abs=0.02)


@pytest.mark.parametrize(("thick_mm", "alpha_pct"), [(0.30, 0.0), (0.419, 0.0), (0.46, 2.0), (0.50, 4.0)])
def test_iron_separates_in_strip_thicker_than_four_tenths(thick_mm: float, alpha_pct: float):
    assert alpha_fe_pct(thick_mm) == pytest.approx(alpha_pct)


def test_thicker_strip_cools_more_slowly_on_its_free_side():
    assert free_side_k_s(0.30) == pytest.approx(6000.0)
    assert free_side_k_s(0.60) == pytest.approx(6000.0 * 0.5**1.6)


@pytest.mark.parametrize(("water_m3_h", "rise_k"), [(24.0, 18.0), (27.5, 15.7), (30.0, 14.4)])
def test_wheel_water_takes_five_hundred_kilowatts(water_m3_h: float, rise_k: float):
    caster = casting(FLOW_KG_S, water_m3_h).caster
    assert caster.water_out_c[0] - 22.5 == pytest.approx(rise_k, abs=0.1)
    assert 130 < caster.surface_c[0] < 180


def test_cold_tundish_casts_a_thick_strip():
    these, told = furnaces(2, 1), inputs(2)
    told.step[:], told.until_s[:] = at.POUR, 1e9
    for second in range(60):
        these.caster.tundish_c[0] = 1080.0
        step_casters(these.caster.table, told, np.full(2, FLOW_KG_S), np.full(2, 1462.0), 1, float(second), 1.0)
    assert these.caster.alpha_fe_pct.tolist()[0] > 1.0 and these.caster.alpha_fe_pct[1] == 0.0


def bearing_days(level_mm_s: float, days: float) -> float:
    these, told = furnaces(1, 1), inputs(1)
    told.bearing_d[:] = days
    second = 0.0
    while these.caster.vibration_mm_s[0] < level_mm_s:
        second += 10.0
        step_furnaces(these, told, 1, second, 10.0)
    return second / 86_400.0


def test_worn_bearing_alarms_and_trips_after_its_time_constant():
    """v = 1.7 exp(t/4 d): 4.5 mm/s after 3.9 d and 7.1 mm/s after 5.7 d; here a hundred times faster."""
    assert 100.0 * bearing_days(4.5, 0.04) == pytest.approx(4.0 * np.log(4.5 / 1.7), rel=0.01)
    assert 100.0 * bearing_days(7.1, 0.04) == pytest.approx(5.72, rel=0.01)


def test_worn_bearing_triples_the_scatter_of_the_thickness():
    these, told = furnaces(400, 1), inputs(400)
    told.step[:], told.until_s[:], told.bearing_d[200:] = at.POUR, 1e9, 10.0
    these.caster.wear[200:] = np.log(4.6 / 1.7)
    for second in range(120):
        step_casters(these.caster.table, told, np.full(400, FLOW_KG_S), np.full(400, 1462.0), 1, float(second), 1.0)
    worn, sound = these.caster.thick_mm[200:].std(), these.caster.thick_mm[:200].std()
    assert worn / sound == pytest.approx(3.0, rel=0.2)
