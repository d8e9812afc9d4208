"""Liquors of precipitation are made of what domain reference §3 says, and lose nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.twin.units.brine import AMMONIUM_AT, CHLORIDE_AT, SULPHATE_AT, WATER_AT
from didymium.twin.units.mother_liquor import (
    AMMONIUM,
    BICARBONATE,
    CARBON_DIOXIDE,
    CHLORINE,
    RARE_EARTH,
    T_KG,
    Dissolved,
    Vessels,
    acidified,
    chloride_t,
    gained,
    inside,
    of_acid,
    of_chloride,
    salt_t,
    water_t,
)
from didymium.twin.units.mother_liquor import WATER as WATER_KG_KMOL
from didymium.twin.units.precipitation import LARGE_FEED_M3, LARGE_REAGENT_KMOL_M3, LARGE_REAGENT_M3
from didymium.twin.units.reactor_physics import (
    CRYSTAL_KG_KMOL,
    FEED_T_M3,
    Amounts,
    Moved,
    Phase,
    Reactors,
    reactors,
    step_reactors,
)

amount = st.floats(0.0, 5.0)


def two_halls() -> Reactors:
    return reactors(
        np.full(2, LARGE_FEED_M3), np.full(2, LARGE_REAGENT_M3), np.full(2, LARGE_REAGENT_KMOL_M3), 5400.0, np.arange(2)
    )


def test_precipitation_neither_makes_nor_loses_anything_by_its_formula():
    """RECl3 + 3 NH4HCO3 against crystals, 3 NH4Cl, 1.5 CO2 and what water is missing for the octahydrate."""
    chloride, bicarbonate = RARE_EARTH + 3 * CHLORINE, AMMONIUM + BICARBONATE
    left = CRYSTAL_KG_KMOL + 3 * (AMMONIUM + CHLORINE) + 1.5 * CARBON_DIOXIDE - 2.5 * WATER_KG_KMOL
    assert chloride + 3 * bicarbonate == pytest.approx(left, rel=1e-12)
    assert bicarbonate == pytest.approx(79.056, abs=0.002)


def test_220_g_per_l_of_chloride_solution_is_a_quarter_rare_earth_chloride():
    brought = of_chloride(FEED_T_M3)
    assert brought.water_t == pytest.approx(1.28 - 0.220 * (143.394 + 106.359) / 168.74, abs=1e-6)
    assert brought.salt_t == pytest.approx(0.220 * 106.359 / 168.74, abs=1e-6)
    assert brought.chloride_t == pytest.approx(brought.salt_t)


@given(st.floats(5.0, 50.0), amount, amount, amount)
@settings(max_examples=50, deadline=None)
def test_acid_breaks_the_bicarbonate_and_all_is_found_again(
    liquor_t: float, rare_earth: float, salt: float, free: float
):
    of = Dissolved(rare_earth, salt, free)
    clear, acid = acidified(liquor_t, of), of_acid(free)
    out_t = float(clear.water.sum()) + clear.gas_t + T_KG * RARE_EARTH * clear.rare_earth_kmol
    assert liquor_t + clear.acid_t == pytest.approx(out_t, rel=1e-12)
    assert water_t(liquor_t, of) + acid.water_t == pytest.approx(clear.water[WATER_AT], rel=1e-12)
    assert salt_t(of) + acid.salt_t == pytest.approx(clear.water[1:].sum(), abs=1e-12)
    assert chloride_t(of) == pytest.approx(clear.water[CHLORIDE_AT], abs=1e-12)
    assert acid.sulphate_t == pytest.approx(clear.water[SULPHATE_AT], abs=1e-12)
    charge = clear.water[AMMONIUM_AT] / AMMONIUM - 2e3 * clear.water[SULPHATE_AT] / 96.06e3
    assert charge - clear.water[CHLORIDE_AT] / CHLORINE == pytest.approx(-3e-3 * rare_earth, abs=1e-9)


@given(st.lists(st.tuples(st.sampled_from(Phase), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=25, deadline=None)
def test_reactors_neither_make_nor_lose_anything_that_is_booked(steps: list[tuple[Phase, bool]]):
    r, both = two_halls(), np.arange(2)
    out = Moved(*np.zeros((len(Moved._fields), 2)))
    held = np.array(inside(r, both))
    for phase, stuck in steps:
        r.stuck[:] = stuck
        for k in range(10):
            step_reactors(r, np.full(2, int(phase)), np.full(2, k * 30.0), 30.0, out)
            went = Amounts(*(float(column.sum()) for column in out))
            held += gained(went, LARGE_REAGENT_KMOL_M3)
            assert min(inside(r, both)) >= 0.0
    assert np.array(inside(r, both)) == pytest.approx(held, abs=1e-9)


def test_vessels_say_what_they_held_when_last_booked():
    r, table = two_halls(), np.zeros((len(Amounts._fields), 2))
    out = Moved(*np.zeros_like(table))
    vessels = Vessels(r, np.arange(2), table, [0, 1])
    before = vessels.booked()
    for second in range(100):
        step_reactors(r, np.array([2, 6]), np.full(2, float(second)), 1.0, out)
        table += np.array(out)
    assert inside(r, np.arange(2)).mass_t != pytest.approx(before.mass_t, abs=1e-3)
    assert vessels.booked() == pytest.approx(before, abs=1e-9)
    vessels.close()
    assert vessels.booked() == inside(r, np.arange(2))
