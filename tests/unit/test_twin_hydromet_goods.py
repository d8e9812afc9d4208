"""The goods of leach, extraction and carbonate sites close, and come out as domain reference §3, §13 and §16 plan."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.twin.faults import Faults
from didymium.twin.ledger import CHLORIDE, MASS, REO, SALT, SULPHATE, WATER, Ledger
from didymium.twin.plant import TwinPlant
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.brine import CATIONS, WATER_AT, Sludge
from didymium.twin.units.carbonate_workshop import CONCENTRATE_PU, CarbonateWorkshop, concentrated
from didymium.twin.units.cascade_goods import GROUPS, LIGHT, ORE, PRND, draw, running, step_goods
from didymium.twin.units.extraction_line import FEED_T_D, LAG_D, ExtractionLine
from didymium.twin.units.leach import ORE_REO_PU, ORE_T_D, LeachHouse, chloride_t_m3, step_leach
from didymium.twin.units.mother_liquor import CARBON_DIOXIDE, T_KG, Vessels
from didymium.twin.units.precipitation import (
    LARGE_FEED_M3,
    LARGE_REAGENT_KMOL_M3,
    LARGE_REAGENT_M3,
    PrecipitationReactors,
)
from didymium.twin.units.reactor_physics import (
    CRYSTAL_KG_KMOL,
    FEED_T_M3,
    OXIDE_KG_KMOL,
    Amounts,
    Reactors,
    reactors,
)
from didymium.twin.units.scrap_leach import ScrapLeach, step_scrap_leach
from didymium.twin.units.store import Store
from didymium.twin.units.tally import GOODS_S, Tally

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
DAY_S = 86_400.0
amount = st.floats(0.0, 5.0)


def around() -> Surroundings:
    return Surroundings(7, START_S, np.zeros(0), np.zeros(0), Faults([]))


def two_halls() -> Reactors:
    return reactors(
        np.full(2, LARGE_FEED_M3), np.full(2, LARGE_REAGENT_M3), np.full(2, LARGE_REAGENT_KMOL_M3), 5400.0, np.arange(2)
    )


def balanced(ledger: Ledger, site: str, *kinds: str) -> None:
    """Every balance of the site closes, and something went through."""
    found = {balance.kind: balance for balance in ledger.balances() if balance.site == site}
    for kind in kinds:
        assert found[kind].ok, f"{site} {kind} is off by {found[kind].residual:g} t"
        assert found[kind].came + found[kind].went > 0.0, (site, kind)


def moved(ledger: Ledger, kind: str, source: str, target: str, goods: str) -> float:
    """Since the balances were opened."""
    keys = {(s.kind, s.source, s.target, s.goods): amount for s, amount in ledger.moved()}
    return keys[kind, source, target, goods]


def test_leach_brings_292_of_315_t_of_rare_earth_into_liquor_and_the_rest_into_the_store():
    ore = Store(ORE_T_D / 6.0, ORE_REO_PU * ORE_T_D / 6.0)
    total = np.zeros(10)
    for _ in range(8640):
        total += step_leach(ore, 10.0)
        ore.put(ORE_T_D / 8640.0, ORE_REO_PU * ORE_T_D / 8640.0)
    liquor_t, liquor_reo_t, water, acid, lime, magnesia, residue, residue_reo, gypsum, steam = total
    assert liquor_reo_t == pytest.approx(292.0, abs=0.3)
    assert residue_reo == pytest.approx(314.8 - 292.0, abs=0.3)
    assert liquor_t == pytest.approx(292.0 / 0.25 * chloride_t_m3(0.25), rel=0.002)
    assert 0.70 * residue / 542.0 == pytest.approx(0.7, abs=0.005)  # it holds 30 % of water
    assert acid * 0.30 / 36.46 * 168.74 == pytest.approx(3.0 * liquor_reo_t, rel=1e-3)
    went_t = liquor_t + residue + gypsum + steam
    assert ORE_T_D + water + acid + lime + magnesia == pytest.approx(went_t, rel=1e-9)
    assert ore.t == pytest.approx(ORE_T_D / 6.0)


@given(st.floats(0.0, 500.0), st.floats(0.0, 0.5), st.sampled_from((1.0, 10.0, 600.0)))
@settings(max_examples=50, deadline=None)
def test_leach_tanks_lose_nothing(ore_t: float, reo_pu: float, dt_s: float):
    ore, solids = Store(ore_t, reo_pu * ore_t), Store(ore_t, reo_pu * ore_t)
    leached, scrap = step_leach(ore, dt_s), step_scrap_leach(solids, dt_s)
    came_t = leached.water_t + leached.acid_t + leached.lime_t + leached.magnesia_t
    went_t = leached.liquor_t + leached.residue_t + leached.gypsum_t + leached.steam_t
    assert ore_t + came_t == pytest.approx(ore.t + went_t, abs=1e-9)
    assert reo_pu * ore_t == pytest.approx(ore.reo_t + leached.liquor_reo_t + leached.residue_reo_t, abs=1e-9)
    assert ore_t + scrap.water_t + scrap.acid_t == pytest.approx(solids.t + scrap.liquor_t + scrap.residue_t, abs=1e-9)
    assert reo_pu * ore_t == pytest.approx(solids.reo_t + scrap.liquor_reo_t + scrap.residue_reo_t, abs=1e-9)
    assert min(*leached, *scrap, ore.t, solids.t) >= 0.0
    assert scrap.liquor_reo_t == pytest.approx(0.96 * (scrap.liquor_reo_t + scrap.residue_reo_t), abs=1e-12)


@pytest.mark.parametrize("dt_s", [0.0, -1.0, 601.0])
def test_a_step_too_long_is_refused(dt_s: float):
    for step in (step_leach, step_scrap_leach):
        with pytest.raises(ValueError, match="leach tanks advance by up to 600 s"):
            step(Store(1.0, 0.3), dt_s)
    if dt_s <= 0.0:
        with pytest.raises(ValueError, match="cascades advance by more than 0 s"):
            step_goods(running(ORE, DAY_S, 0.25, np.zeros(GROUPS)), ORE, 1.0, dt_s)


def test_leach_house_takes_ore_makes_liquor_and_balances():
    place = around()
    house = LeachHouse(place, None)
    came = [place.ledger.stream(kind, "S12", "S13", "roasted ore") for kind in (MASS, REO)]
    place.ledger.open()
    for _ in range(60):
        came[0].add(ORE_T_D / 1440.0)
        came[1].add(ORE_REO_PU * ORE_T_D / 1440.0)
        house.step()
    came[0].add(1.0)  # not entered yet
    balanced(place.ledger, "S13", MASS, REO)
    assert house.ore.t == pytest.approx(ORE_T_D / 6.0, rel=0.01)
    assert 24.0 * moved(place.ledger, REO, "S13", "RESIDUE", "thorium residue") == pytest.approx(22.8, abs=0.3)
    opening_t = place.stocks.opening_t("S13", "leach liquor")
    assert house.liquor.t - opening_t == pytest.approx(292.0 / 24.0 / 0.25 * chloride_t_m3(0.25), rel=0.005)


class Kiln:
    made_t = made_reo_t = 0.0

    def run(self) -> None:
        self.made_t += 20.9 / 1440.0
        self.made_reo_t += 5.5 / 1440.0


def test_scrap_leach_sends_what_its_reactors_are_fed_and_balances():
    place, kiln = around(), Kiln()
    leach = ScrapLeach(place, None)
    place.models["T_RKILN"] = kiln
    place.ledger.open()
    kept = kiln.made_t, kiln.made_reo_t
    for _ in range(60):
        kiln.run()
        leach.step(55.0 / 1440.0 * FEED_T_M3)
    sent = 24.0 * moved(place.ledger, REO, "S20", "S14", "scrap liquor")
    assert sent == pytest.approx(5.5, abs=0.02)
    for balance in place.ledger.balances():
        made = kiln.made_t - kept[0] if balance.kind == MASS else kiln.made_reo_t - kept[1]
        assert balance.residual == pytest.approx(-made, abs=1e-9), balance.id  # what the kiln books is not here
    assert moved(place.ledger, REO, "S20", "RESIDUE", "iron residue") * 24.0 == pytest.approx(0.22, abs=0.01)


def test_cascades_hold_six_days_of_feed_and_pass_a_change_on_as_slowly():
    feed = FEED_T_D["S14"] * ORE
    goods = running(feed, LAG_D["S14"] * DAY_S, 0.25, np.zeros(GROUPS))
    assert goods.reo_t == pytest.approx(6.0 * 292.0)
    step_goods(goods, feed / 144.0, 0.0, 600.0)
    assert goods.tanks == pytest.approx(feed / 144.0, rel=1e-3)
    assert goods.stages == pytest.approx(6.0 * feed, rel=1e-4)
    rich = feed * (1.0, 1.0, 2.0, 1.0)
    before = goods.tanks[PRND]
    for _ in range(6 * 144):
        passed, before = goods.tanks[PRND] - before, goods.tanks[PRND]
        step_goods(goods, rich / 144.0, 0.0, 600.0)
    assert 144.0 * passed / feed[PRND] == pytest.approx(1.0 + 1.0 - np.exp(-1.0), abs=0.01)


@given(st.integers(1, 50), st.floats(0.0, 400.0), st.floats(0.0, 400.0))
@settings(max_examples=50, deadline=None)
def test_cascades_lose_nothing_and_give_only_what_is_there(steps: int, feed_t: float, wanted_t: float):
    goods = running(FEED_T_D["S15"] * ORE, LAG_D["S15"] * DAY_S, 0.25, np.full(GROUPS, 2.0))
    before, out = goods.stages + goods.tanks, np.zeros(GROUPS)
    for _ in range(steps):
        step_goods(goods, feed_t * ORE, 0.0, 3600.0)
        out += draw(goods, LIGHT, wanted_t)
        assert (goods.tanks >= 0.0).all() and (goods.stages >= 0.0).all()
    assert goods.stages + goods.tanks + out == pytest.approx(before + steps * feed_t * ORE, rel=1e-12)
    once = running(FEED_T_D["S15"] * ORE, LAG_D["S15"] * DAY_S, 0.25, np.zeros(GROUPS))
    often = running(FEED_T_D["S15"] * ORE, LAG_D["S15"] * DAY_S, 0.25, np.zeros(GROUPS))
    step_goods(once, np.zeros(GROUPS), 0.0, steps * 60.0)
    for _ in range(steps):
        step_goods(often, np.zeros(GROUPS), 0.0, 60.0)
    assert once.tanks == pytest.approx(often.tanks, rel=1e-9)


FEED_M3_H = {"S14": 292.0 / 0.25 / 24.0, "S15": 220.0 / 0.25 / 24.0, "S16": 7.0 / 0.05 / 24.0}
DRAWN_T_D = {
    ("S14", "S17", "LaCe chloride"): 65.0,
    ("S15", "S17", "chloride"): 135.0,
    ("S15", "S01", "PrNd chloride"): 38.0,
    ("S20", "S14", "scrap liquor"): 5.5,
}


def run_extraction(place: Surroundings, line: ExtractionLine, hours: float, drawn: float = 1.0) -> None:
    """Let the three sites run while others draw and bring so much of what they usually do."""
    for _ in range(round(60 * hours)):
        for (source, target, goods), t_d in DRAWN_T_D.items():
            reo_t = drawn * t_d * GOODS_S / DAY_S
            place.ledger.stream(REO, source, target, goods).add(reo_t)
            place.ledger.stream(MASS, source, target, goods).add(reo_t / 0.22 * FEED_T_M3)
        place.ledger.stream(REO, "S16", "S10", "Gd oxide").add(4.2 * GOODS_S / DAY_S)
        place.ledger.stream(MASS, "S16", "S10", "Gd oxide").add(4.2 * GOODS_S / DAY_S)
        line.step(FEED_M3_H)


def test_extraction_gives_as_planned_and_sells_47_t_a_day():
    place = around()
    line = ExtractionLine(set(FEED_T_D), None, None, place)
    place.ledger.open()
    run_extraction(place, line, 6.0)
    ledger = place.ledger
    for site in FEED_T_D:
        balanced(ledger, site, MASS, REO)
    for source, target, goods, t_d in (
        ("S13", "S14", "leach liquor", 292.0),
        ("S14", "S15", "LaCe and PrNd liquor", 220.0),
        ("S14", "S16", "SEG liquor", 7.0),
        ("S15", "S09", "chloride", 47.0),
    ):
        assert 4.0 * moved(ledger, REO, source, target, goods) == pytest.approx(t_d, rel=2e-3), goods
    caustic = sum(moved(ledger, MASS, "S18", site, "caustic soda") for site in FEED_T_D)
    acid = sum(moved(ledger, MASS, "S18", site, "hydrochloric acid") for site in FEED_T_D)
    assert 4.0 * caustic / 292.0 == pytest.approx(6.0, abs=0.1) and 4.0 * acid / 292.0 == pytest.approx(8.0, abs=0.1)
    oxides = line.oxides
    assert oxides is not None and oxides.gadolinium.t == pytest.approx(60.0 + 0.35 / 4.0, abs=0.01)


def test_what_is_not_in_the_tanks_is_bought_and_pumps_that_run_short_slow_down():
    place = around()
    line = ExtractionLine(set(FEED_T_D), None, None, place)
    place.ledger.open()
    run_extraction(place, line, 3.0, drawn=20.0)
    for site in FEED_T_D:
        balanced(place.ledger, site, MASS, REO)
        assert (line.sites[site].goods.tanks >= 0.0).all()
    assert moved(place.ledger, REO, "MARKET", "S15", "chloride") > 100.0
    assert moved(place.ledger, REO, "MARKET", "S14", "LaCe chloride") > 1.0
    assert line.supply["S15"] < 0.5 and line.supply["S16"] == 1.0


def day_of_halls() -> np.ndarray:
    """(fields of ``Amounts``, 2) what two halls move in a minute of an average day."""
    kmol = np.array([65.0, 135.0]) / (0.001 * OXIDE_KG_KMOL) / 1440.0
    m3 = np.array([65.0, 135.0]) / 0.22 / 1440.0
    chloride, reagent = FEED_T_M3 * m3, 1.05 * m3 * LARGE_REAGENT_M3 / LARGE_FEED_M3
    water, gas = 0.66 * m3, T_KG * 1.5 * CARBON_DIOXIDE * kmol
    free = reagent / 1.05 * LARGE_REAGENT_KMOL_M3 - 3.0 * kmol
    liquor = chloride + reagent + water - gas - T_KG * CRYSTAL_KG_KMOL * kmol
    half = 0.5 * liquor
    nothing = np.zeros(2)
    came = chloride, kmol, reagent, water, gas
    clear = half, nothing, 1.5 * kmol, 0.5 * free
    return np.array([*came, *clear, half, nothing, kmol, 23.5 * kmol, *clear[2:]])


def test_first_workshop_makes_cake_of_200_t_and_brine_for_the_evaporators():
    place = around()
    table, day = np.zeros((len(Amounts._fields), 2)), day_of_halls()
    workshop = CarbonateWorkshop(Vessels(two_halls(), np.arange(2), table, [0, 1]), {"PR1": 0, "PR2": 1}, place)
    ledger = place.ledger
    cake = [ledger.stream(kind, "S17", "S02", "carbonate") for kind in (MASS, REO)]
    back = [ledger.stream(kind, "S19", "S17", "reuse water") for kind in (MASS, WATER)]
    ledger.open()
    given, opening = np.zeros(5), workshop.brine.sum()
    for _ in range(240):
        table += day
        workshop.step()
        given += workshop.give(788.0 / 1440.0)
        cake[0].add(40.0 / 1440.0)
        cake[1].add(18.0 / 1440.0)
        for stream in back:
            stream.add(1077.0 / 1440.0)
    fed_reo_t = [
        moved(ledger, REO, source, "S17", goods) for source, goods in (("S14", "LaCe chloride"), ("S15", "chloride"))
    ]
    assert 6.0 * np.array(fed_reo_t) == pytest.approx([65.0, 135.0], rel=1e-6)
    sold_reo_t = moved(ledger, REO, "S17", "S09", "carbonate")
    assert 6.0 * sold_reo_t == pytest.approx(200.0 - 18.0, rel=0.01)
    assert sold_reo_t / moved(ledger, MASS, "S17", "S09", "carbonate") == pytest.approx(0.45, abs=0.005)
    assert given[1:].sum() / given.sum() == pytest.approx(CONCENTRATE_PU, abs=1e-3)
    assert given.sum() == pytest.approx(788.0 / 6.0)
    assert workshop.brine.sum() > opening  # more salt than S19 takes
    acid_t = moved(ledger, SULPHATE, "S18", "S17", "sulphuric acid")
    assert 6.0 * acid_t == pytest.approx(0.05 * 3.0 * 0.5 * 96.06 * 200.0 / OXIDE_KG_KMOL, rel=0.05)
    assert workshop.thin.sum() == pytest.approx(500.0, rel=0.1)
    assert min(workshop.water[WATER_AT], workshop.line.cake_t, workshop.brine.min()) >= 0.0


@given(st.floats(0.0, 50.0), st.floats(0.0, 10.0))
@settings(max_examples=30, deadline=None)
def test_membranes_take_water_out_of_thin_liquor_only(water: float, salt: float):
    liquor = np.array([water, 0.0, salt / 2, salt / 4, salt / 4])
    brine, out_t = concentrated(liquor, CONCENTRATE_PU)
    assert out_t >= 0.0 and (brine >= 0.0).all()
    assert brine.sum() + out_t == pytest.approx(liquor.sum(), abs=1e-12)
    assert brine[1:] == pytest.approx(liquor[1:])
    if out_t > 0.0:
        assert salt == pytest.approx(CONCENTRATE_PU * brine.sum(), rel=1e-6, abs=1e-9)


def test_rare_earth_in_waste_water_is_thrown_away_with_what_it_weighs():
    ledger = Ledger()
    sludge = Sludge(ledger, "S01", "S08", "waste water")
    ledger.open()
    ledger.stream(REO, "S01", "S08", "waste water").add(0.168_74)
    ledger.stream(MASS, "S01", "S08", CATIONS).add(0.143_394)
    balanced(ledger, "S08", MASS, REO)
    sludge.settle()
    balanced(ledger, "S08", MASS, REO)
    assert moved(ledger, MASS, "S08", "RESIDUE", "sludge") == pytest.approx(0.143_394)


def test_a_tally_enters_each_tonne_once():
    ledger = Ledger()
    stream = ledger.stream(MASS, "S17", "S02", "carbonate")
    stream.add(3.0)
    tally = Tally(ledger, "S17", "S02", "carbonate", (MASS,))
    assert tally.waiting() == [0.0]
    stream.add(2.0)
    assert tally.waiting() == [2.0] and tally.enter() == [2.0]
    assert tally.waiting() == [0.0]


@pytest.fixture(scope="module")
def shift() -> TwinPlant:
    twin = TwinPlant(read_complex(NORTHERN), 7, START_S * 1_000_000)
    twin.ledger.open()
    twin.advance(START_S + 300)
    return twin


def reactors_of(twin: TwinPlant) -> PrecipitationReactors:
    model = twin.models["T_PRECIP"]
    assert isinstance(model, PrecipitationReactors)
    return model


def test_every_balance_of_the_hydrometallurgy_closes(shift: TwinPlant):
    balanced(shift.ledger, "S01", MASS, REO, WATER, SALT)
    balanced(shift.ledger, "S17", MASS, REO, WATER, SALT, CHLORIDE, SULPHATE)
    for site in ("S13", "S14", "S15", "S16", "S20"):
        balanced(shift.ledger, site, MASS, REO)


def test_liquors_flow_as_their_meters_say(shift: TwinPlant):
    day = DAY_S / 300.0
    for source, target, goods, t_d in (
        ("S13", "S14", "leach liquor", 292.0),
        ("S14", "S15", "LaCe and PrNd liquor", 220.0),
        ("S14", "S16", "SEG liquor", 7.0),
    ):
        assert day * moved(shift.ledger, REO, source, target, goods) == pytest.approx(t_d, rel=0.005), goods
    brine = moved(shift.ledger, MASS, "S17", "S19", "mother liquor")
    thin = moved(shift.ledger, MASS, "S01", "S19", "mother liquor")
    assert day * (brine + thin) == pytest.approx(1250.0, rel=0.005) and thin < brine


def test_scrap_liquor_is_what_the_reactors_count(shift: TwinPlant):
    model = reactors_of(shift)
    counted, here = model.bank.aim("TOT_FEED"), model.bank.at_site("S20")
    sent_t, counted_m3 = moved(shift.ledger, REO, "S20", "S14", "scrap liquor"), counted[here].sum()
    shift.advance(shift.second + 180)
    sent_t = moved(shift.ledger, REO, "S20", "S14", "scrap liquor") - sent_t
    assert sent_t == pytest.approx(0.1 * (counted[here].sum() - counted_m3), rel=0.01) and sent_t > 0.0


def test_s08_gets_less_when_the_sump_runs_low_and_the_sump_never_empties(shift: TwinPlant):
    """As after a day without precipitation. Last, as it leaves the plant with a low sump."""
    workshop = reactors_of(shift).workshop
    assert workshop is not None
    row = shift.complex.tags.row_of["S08.PRE.PRE001.IN1_F"]
    usual = float(shift.values[row])
    drawn_t = workshop.sump_t - workshop.sump_salt_t - 40.0
    for kind in (MASS, WATER):
        shift.ledger.stream(kind, "S01", "S08", "waste water").add(drawn_t)
    shift.ledger.open()
    shift.advance(shift.second + 30)
    assert float(shift.values[row]) < 0.6 * usual
    water_t = moved(shift.ledger, MASS, "S01", "S08", "waste water")
    assert 0.0 < water_t < 0.6 * 520.0 * 30.0 / DAY_S
    assert workshop.sump_t > 0.0 and workshop.sump_salt_t > 0.0
    assert 0.0 < workshop.sewer_share < 0.6
    balanced(shift.ledger, "S01", MASS, WATER, SALT)
    balanced(shift.ledger, "S08", MASS, WATER, SALT)
