"""The strip casters of S05 cast what domain reference §7.3 states, and their faults show in their tags."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.ledger import MASS, REO
from didymium.twin.plant import TwinPlant
from didymium.twin.units import casting_inputs as at
from didymium.twin.units.casting_goods import METAL_SHARE, STORE_KG
from didymium.twin.units.charge import RECIPE_KG
from didymium.twin.units.strip_caster import PERIOD_S, StripCasters
from didymium.twin.units.utilities import ArgonStations

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


@pytest.fixture
def plant(northern: Complex) -> TwinPlant:
    return TwinPlant(northern, 7, START_S * 1_000_000)


def casters_of(plant: TwinPlant) -> StripCasters:
    model = plant.models["T_SC"]
    assert isinstance(model, StripCasters)
    return model


def run_alone(model: StripCasters, first: int, seconds: int, each: Callable[[], None] | None = None) -> None:
    """Advance the furnaces and their timetable, and no other unit of the plant."""
    for second in range(first + 1, first + seconds + 1):
        model.timetable.advance(second)
        model.step(second)
        if each is not None:
            each()


def one_in(model: StripCasters, step: int, left_s: float = 300.0, most_s: float = 1e9) -> int:
    """A furnace that is in the step and stays in it for at least so long, and at most."""
    stays = (model.timetable.until - START_S > left_s) & (model.timetable.until - START_S < most_s)
    return int(np.flatnonzero((model.timetable.step == step) & stays)[0])


def test_half_a_period_books_the_days_flakes_and_closes_mass_and_rare_earth(plant: TwinPlant):
    model = casters_of(plant)
    plant.ledger.open()
    unheld = True

    def see() -> None:
        nonlocal unheld
        unheld = unheld and not model.timetable.held.any()

    run_alone(model, START_S, int(PERIOD_S / 2.0), see)
    days = PERIOD_S / 2.0 / 86_400.0
    assert unheld
    moved = {(s.kind, s.source, s.target, s.goods): amount for s, amount in plant.ledger.moved()}
    assert moved[MASS, "S05", "S09", "NdFeB flakes"] == pytest.approx(264.8 * days, rel=0.04)
    assert moved[MASS, "S05", "S22", "NdFeB flakes"] == pytest.approx(3.2 * days, rel=0.04)
    drawn_t = (STORE_KG - model.goods.store_kg[0]) / 1e3
    metal_t = moved[MASS, "MARKET", "S05", "PrNd metal, bought"] + drawn_t
    assert metal_t == pytest.approx(80.3 * days, rel=0.06)
    assert moved[MASS, "MARKET", "S05", "Iron, ferroboron and additions"] == pytest.approx(188.5 * days, rel=0.05)
    for balance in plant.ledger.balances():
        if balance.site == "S05" and balance.kind in (MASS, REO):
            assert balance.ok, f"{balance.id}: {balance.residual}"
            assert balance.went > 8.0
    assert RECIPE_KG[0] / RECIPE_KG.sum() == METAL_SHARE


def test_where_a_furnace_stands_does_not_depend_on_when_the_twin_started(northern: Complex, plant: TwinPlant):
    run_alone(casters_of(plant), START_S, 1800)
    later = casters_of(TwinPlant(northern, 7, (START_S + 1800) * 1_000_000)).furnaces
    ran = casters_of(plant).furnaces
    assert later.crucible.melt_kg == pytest.approx(ran.crucible.melt_kg, abs=8.0)
    assert later.crucible.melt_c == pytest.approx(ran.crucible.melt_c, abs=20.0)
    assert later.crucible.energy_kwh == pytest.approx(ran.crucible.energy_kwh, abs=4.0)
    assert later.caster.drum_c == pytest.approx(ran.caster.drum_c, abs=4.0)


def test_faults_show_first_in_the_tags_that_the_catalogue_names(plant: TwinPlant):
    model = casters_of(plant)
    bank = model.bank
    dry, wet, leaky = one_in(model, at.MELT), one_in(model, at.COOL), one_in(model, at.PUMP, 300.0, 1000.0)
    worn, low = one_in(model, at.CHARGE), one_in(model, at.REFINE, 95.0)
    for code, unit, size in (
        ("F05", dry, None),
        ("F13", wet, None),
        ("F12", leaky, 2.0),
        ("F06", worn, 0.01),
        ("F03", low, -2000.0),
    ):
        plant.faults.inject(code, bank.units[unit].path, size, START_S)
    before = {name: bank.aim(name).copy() for name in ("VAC_HI", "WH_VDE", "DEW", "CH_P", "EM_LVL", "T_TC")}
    plant.advance(START_S + 15)
    shown = {path: plant.values[row] for path, row in plant.complex.tags.row_of.items() if path.startswith("S05.H")}
    assert shown[f"{bank.units[dry].path}.CO_CWF"] < 15.0 and shown[f"{bank.units[dry].path}.MF_KW"] < 3.0
    assert shown[f"{bank.units[dry].path}.ALM_W"] == 16 + 4096
    assert shown[f"{bank.units[dry].path}.VLV"] == 72 + 128
    plant.advance(START_S + 90)
    assert bank.aim("EM_LVL")[dry] < before["EM_LVL"][dry] - 2.0
    assert bank.aim("DEW")[wet] > -40.0 and bank.aim("CH_P")[wet] > before["CH_P"][wet] + 1.0
    assert bank.aim("CW_LEAK")[wet] == 1.0 and bank.aim("CW_LEAK").sum() == 1.0
    assert bank.aim("WH_VDE")[worn] > before["WH_VDE"][worn] + 0.15
    assert bank.aim("T_MELT")[low] < bank.aim("T_TC")[low] - 1.5
    assert model.timetable.held[[dry, wet]].all() and not model.timetable.held[[worn, low]].any()
    assert bank.aim("VAC_HI")[leaky] > before["VAC_HI"][leaky] + 0.5


def test_held_furnace_goes_on_when_its_water_is_back(plant: TwinPlant):
    model = casters_of(plant)
    unit = one_in(model, at.MELT, 900.0)
    path = model.bank.units[unit].path
    plant.faults.inject("F05", path, None, START_S)
    until_s = model.timetable.until[unit]
    run_alone(model, START_S, 100)
    assert model.timetable.held[unit]
    plant.faults.clear("F05", path)
    run_alone(model, START_S + 100, 400)
    assert not model.timetable.held[unit] and model.furnaces.crucible.power_kw[unit] > 100.0
    assert 390 <= model.timetable.until[unit] - until_s <= 420


def test_argon_stations_give_what_the_furnaces_take(plant: TwinPlant):
    stations = plant.models["T_ARREC"]
    assert isinstance(stations, ArgonStations)
    plant.advance(START_S + 5)
    taken = casters_of(plant).bank.now("AR_F").sum()
    assert stations.bank.aim("FLOW").sum() == pytest.approx(taken + 3 * 27.0, rel=0.15)
    assert (stations.tank_pct > 25.0).all() and (stations.tank_pct <= 90.1).all()
