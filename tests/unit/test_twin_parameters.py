"""What a complex folder may vary of its twin: it acts, what is usual changes no bit, and every mistake is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from didymium.model.folder import read_complex
from didymium.model.mistakes import BadComplex
from didymium.model.plant import Complex
from didymium.model.search import matching_rows
from didymium.model.starter import write
from didymium.service import twin as twin_service
from didymium.service.cli import check as check_command
from didymium.service.instance import SHIPPED_COMPLEX, read_instance
from didymium.twin.ledger import MASS
from didymium.twin.particulars import USUAL, Particulars, check, read_particulars
from didymium.twin.plant import TwinPlant
from didymium.twin.stocks import STOCKS
from didymium.twin.units import UNIT_TYPES

START_US = 1_768_406_400_000_000
STOCK = '[[stocks]]\nsite = "S01"\ngoods = "PrNd oxide"\nt = 30\n'
PARAMETER = '[[parameters]]\ntemplate = "T_CELL"\nsite = "S03"\nname = "current_ka"\nvalue = 13.8\n'
STEP = '[[steps]]\ntemplate = "T_MVR"\nstep_s = 10\n'


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(SHIPPED_COMPLEX)


def mistakes_of(folder: Path, plant: Complex | None, text: str) -> list[str]:
    (folder / "twin.toml").write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in check(folder, plant)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STOCK.replace("S01", "S0l"), ":2 [stocks[1].site] read 'S0l': there is no such site; the nearest"),
        (STOCK.replace("S01", "S24"), ":2 [stocks[1].site] read 'S24': the site has no store whose stock can"),
        (STOCK.replace("PrNd oxide", "PrNd oxid"), ":3 [stocks[1].goods] read 'PrNd oxid': S01 has no store"),
        (STOCK.replace("PrNd oxide", "PrNd oxid"), "the nearest valid word is 'PrNd oxide'"),
        (STOCK.replace("30", "-1"), ":4 [stocks[1].t] read '-1 t': a stock cannot be negative; the store"),
        (STOCK.replace("30", "61"), ":4 [stocks[1].t] read '61 t': the store holds from 0 to 60 t"),
        (STOCK.replace("30", '"30"'), ":4 [stocks[1].t] read '30': must be a number"),
        (STOCK.replace("t = 30\n", ""), ":1 [stocks[1]] the key 't' is missing"),
        (STOCK + STOCK, ":5 [stocks[2]] read 'S01, PrNd oxide': this stands already in row 1"),
        (STOCK.replace("stocks", "stoks"), ":1 [stoks] read 'stoks': there is no such key; the nearest valid"),
        (PARAMETER.replace("T_CELL", "T_CEL"), ":2 [parameters[1].template] read 'T_CEL': the twin knows"),
        (PARAMETER.replace("T_CELL", "T_CEL"), "the nearest valid word is 'T_CELL'"),
        (PARAMETER.replace('"S03"', '"S30"'), ":3 [parameters[1].site] read 'S30': there is no such site"),
        (PARAMETER.replace('"S03"', '"S05"'), "read 'S05': the site has no unit of T_CELL; those with one are S03"),
        (PARAMETER.replace("current_ka", "curent_ka"), ":4 [parameters[1].name] read 'curent_ka': there is no"),
        (PARAMETER.replace("current_ka", "curent_ka"), "the nearest valid word is 'current_ka'"),
        (PARAMETER.replace("13.8", "138"), ":5 [parameters[1].value] read '138 kA': what is physically"),
        (PARAMETER.replace("13.8", "138"), "possible at S03 is from 11 to 15 kA"),
        (PARAMETER.replace('site = "S03"\n', ""), "physically possible at S04 is from 6.5 to 8.8 kA"),
        (PARAMETER.replace("T_CELL", "COM"), "read 'current_ka': COM has no parameters"),
        (PARAMETER + PARAMETER.replace("13.8", "13"), ":6 [parameters[2]] read 'T_CELL, current_ka, S03': this"),
        (STEP.replace("10", "61"), ":3 [steps[1].step_s] read '61 s': T_MVR is stepped every 60 s at most"),
        (STEP.replace("10", "0"), ":3 [steps[1].step_s] read '0': must be a whole number above 0"),
        (STEP.replace("T_MVR", "T_CELL"), "read '10 s': the step of T_CELL is its own; those that may be"),
        (STEP.replace("T_MVR", "T_MRV"), ":2 [steps[1].template] read 'T_MRV': the twin knows no"),
        (STEP + STEP, ":4 [steps[2]] read 'T_MVR': this stands already in row 1"),
        ("[[stocks]\n", ":1 read '[[stocks]': not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named_once_with_row_and_key(tmp_path: Path, northern: Complex, text: str, said: str) -> None:
    (mistake,) = mistakes_of(tmp_path, northern, text)
    assert said in mistake


def test_a_complex_without_such_units_is_told_so(tmp_path: Path) -> None:
    write(tmp_path / "small")
    small = read_complex(tmp_path / "small")
    (mistake,) = mistakes_of(tmp_path, small, STEP)
    assert "read 'T_MVR': this complex has no unit of this template" in mistake


def test_every_mistake_is_found_in_one_reading(tmp_path: Path, northern: Complex) -> None:
    text = STOCK.replace("30", "-1") + PARAMETER.replace("13.8", "1") + STEP.replace("10", "100")
    assert len(mistakes_of(tmp_path, northern, text)) == 3
    with pytest.raises(BadComplex, match="3 mistakes"):
        read_particulars(tmp_path, northern)


def test_a_folder_without_the_file_has_the_usual_twin(tmp_path: Path, northern: Complex) -> None:
    assert read_particulars(tmp_path, northern) == USUAL


def test_check_names_the_file_beside_the_other_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "northern"
    shutil.copytree(SHIPPED_COMPLEX, folder)
    (folder / "twin.toml").write_text(PARAMETER.replace("13.8", "138"), encoding="utf-8")
    assert check_command(folder) == 1
    assert "twin.toml:5 [parameters[1].value] read '138 kA'" in capsys.readouterr().out
    (folder / "complex.toml").write_text("id = 1\n", encoding="utf-8")
    assert check_command(folder) == 1
    assert "twin.toml:5" in capsys.readouterr().out


def test_a_twin_with_a_wrong_file_ends_with_the_same_words(tmp_path: Path) -> None:
    write(tmp_path / "small")
    (tmp_path / "small" / "twin.toml").write_text(STEP, encoding="utf-8")
    instance = read_instance(tmp_path / "data", complex_folder=tmp_path / "small")
    with pytest.raises(
        BadComplex, match=r"twin\.toml:2 \[steps\[1\]\.template\] read 'T_MVR': this complex has no unit"
    ):
        twin_service.run(instance, seed=1, history_hours=0.0, await_import=False)


def test_the_shipped_file_says_the_usual(northern: Complex) -> None:
    said = read_particulars(SHIPPED_COMPLEX, northern)
    assert said.stocks and said.parameters and said.steps
    assert {place: STOCKS[place].usual_t for place in said.stocks} == said.stocks
    usual = {key: UNIT_TYPES[key[0]].parameters[key[1]].usual_at(key[2]) for key in said.parameters}
    assert usual == said.parameters
    assert {template: UNIT_TYPES[template].step_s for template in said.steps} == said.steps


def test_what_is_usual_is_within_its_own_range(northern: Complex) -> None:
    for stock in STOCKS.values():
        assert 0.0 <= stock.usual_t <= stock.most_t and stock.source
    sites = [site.id for site in northern.sites]
    for template, kind in UNIT_TYPES.items():
        assert 1 <= kind.step_s <= kind.longest_step_s, template
        for name, parameter in kind.parameters.items():
            for site in sites:
                least, most = parameter.range_at(site)
                assert least <= parameter.usual_at(site) <= most, (template, name, site)


CHOSEN = {
    ("T_CELL", "current_ka", "S03"): 12.6,
    ("T_CELL", "efficiency", "S04"): 0.70,
    ("T_KILN70", "sagger_kg", ""): 6.0,
    ("T_SC", "heat_kg", ""): 900.0,
    ("T_SC", "wheel_m_s", ""): 1.5,
    ("T_PRECIP", "feed_m3", "S01"): 6.0,
    ("T_RO", "recovery", ""): 0.50,
    ("T_MVR", "surface", "S08"): 1.5,
    ("T_MVR", "efficiency", "S19"): 0.80,
    ("T_AGV", "battery_ah", ""): 50.0,
    ("T_VIM", "heat_kg", ""): 240.0,
    ("T_WB", "trucks_a_day", ""): 45.0,
}
SECONDS = 600


class Run:
    """Some minutes of a plant, and what changed in it."""

    def __init__(self, plant: Complex, particulars: Particulars, seconds: int = SECONDS) -> None:
        self.twin = TwinPlant(plant, 7, START_US, particulars)
        self.start = self.twin.values.copy()
        self.twin.ledger.open()
        self.twin.advance(self.twin.second + seconds)
        self.goods = {
            (stream.source, stream.target, stream.goods): amount
            for stream, amount in self.twin.ledger.moved()
            if stream.kind == MASS
        }

    def now(self, pattern: str) -> float:
        """Sum of the tags at the end."""
        return float(self.twin.values[self._rows(pattern)].sum())

    def grew(self, pattern: str) -> float:
        """Growth of counters."""
        rows = self._rows(pattern)
        return float((self.twin.values[rows] - self.start[rows]).sum())

    def _rows(self, pattern: str) -> list[int]:
        return matching_rows(pattern, self.twin.complex.tags, self.twin.complex.sites)


@pytest.fixture(scope="module")
def usual(northern: Complex) -> Run:
    return Run(northern, USUAL)


@pytest.fixture(scope="module")
def chosen(northern: Complex) -> Run:
    return Run(northern, Particulars({("S01", "PrNd oxide"): 12.0}, CHOSEN, {"T_MVR": 60}))


def test_the_usual_said_in_words_changes_no_bit(northern: Complex, usual: Run) -> None:
    said = {
        (template, name, site): parameter.usual_at(site)
        for template, kind in UNIT_TYPES.items()
        for name, parameter in kind.parameters.items()
        for site in sorted({unit.site for unit in northern.units if unit.template == template})
    }
    stocks = {place: stock.usual_t for place, stock in STOCKS.items()}
    steps = {template: kind.step_s for template, kind in UNIT_TYPES.items()}
    run = Run(northern, Particulars(stocks, said, steps))
    assert np.array_equal(run.start, usual.start)
    assert np.array_equal(run.twin.values, usual.twin.values)


@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_a_plant_runs_and_its_balances_close_at_the_ends_of_every_range(northern: Complex, end: int) -> None:
    values = {
        (template, name, site): parameter.range_at(site)[end]
        for template, kind in UNIT_TYPES.items()
        for name, parameter in kind.parameters.items()
        for site in {unit.site for unit in northern.units if unit.template == template}
    }
    stocks = {place: (0.0, stock.most_t)[end] for place, stock in STOCKS.items()}
    steps = {template: (1, kind.longest_step_s)[end] for template, kind in UNIT_TYPES.items()}
    run = Run(northern, Particulars(stocks, values, steps), seconds=240)
    assert np.isfinite(run.twin.values).all()
    assert [balance.id for balance in run.twin.ledger.balances() if not balance.ok] == []


def test_asking_for_the_balances_changes_no_bit(northern: Complex) -> None:
    asked, left = (TwinPlant(northern, 7, START_US) for _ in range(2))
    for _ in range(3):
        asked.ledger.balances()
        for twin in (asked, left):
            twin.advance(twin.second + 50)
    assert np.array_equal(asked.values, left.values)


def ratio(chosen: float, usual: float) -> float:
    assert usual != 0.0
    return chosen / usual


def test_current_and_efficiency_make_the_metal_and_the_power(usual: Run, chosen: Run) -> None:
    metal = {
        site: ratio(*(run.goods[site, "S05", goods] for run in (chosen, usual)))
        for site, goods in (("S03", "Metal and alloy"), ("S04", "PrNd pieces"), ("S10", "Metal and Gd-Fe"))
    }
    usual_ka = UNIT_TYPES["T_CELL"].parameters["current_ka"].usual_at("S03")
    assert metal["S03"] == pytest.approx(12.6 / usual_ka, abs=0.02)
    assert metal["S04"] == pytest.approx(0.70 / 0.78, abs=0.02)
    assert metal["S10"] == 1.0
    power = {site: ratio(chosen.grew(f"{site}.COM.COM.KWH"), usual.grew(f"{site}.COM.COM.KWH")) for site in metal}
    assert (12.6 / usual_ka) ** 2 < power["S03"] < 12.6 / usual_ka  # the voltage falls with the current, but not to 0
    assert power["S04"] == pytest.approx(1.0, abs=0.01)
    assert power["S10"] == 1.0


def test_lighter_saggers_bring_less_cake_and_burn_less_gas(usual: Run, chosen: Run) -> None:
    assert chosen.grew("S02.KILN.KILN70.SAG_IN") == usual.grew("S02.KILN.KILN70.SAG_IN")
    assert ratio(chosen.goods["S17", "S02", "carbonate"], usual.goods["S17", "S02", "carbonate"]) == pytest.approx(0.75)
    assert ratio(chosen.grew("S02.*.GAS_TOT"), usual.grew("S02.*.GAS_TOT")) == pytest.approx(0.82, abs=0.02)


def test_smaller_heats_give_fewer_flakes_and_a_faster_wheel_thinner_ones(usual: Run, chosen: Run) -> None:
    flakes = ratio(chosen.goods["S05", "S09", "NdFeB flakes"], usual.goods["S05", "S09", "NdFeB flakes"])
    assert flakes == pytest.approx(0.9, abs=0.01)
    assert ratio(chosen.now("S05.*.THK"), usual.now("S05.*.THK")) == pytest.approx(0.9 / 1.25, abs=0.02)
    assert ratio(chosen.now("S05.*.SPD"), usual.now("S05.*.SPD")) == pytest.approx(1.25, abs=0.01)


def test_smaller_batches_precipitate_less(usual: Run, chosen: Run) -> None:
    taken = ratio(chosen.goods["S15", "S01", "PrNd chloride"], usual.goods["S15", "S01", "PrNd chloride"])
    assert taken == pytest.approx(6.0 / 7.3, abs=0.001)
    reagent = ratio(chosen.grew("S01.*.TOT_PREC"), usual.grew("S01.*.TOT_PREC"))
    assert reagent == pytest.approx(6.0 / 7.3, abs=0.005)


def test_osmosis_gives_back_less_at_a_lower_pressure(usual: Run, chosen: Run) -> None:
    trains = 4.0
    assert chosen.now("S08.*.REC") == pytest.approx(trains * 50.0, abs=1.0)
    assert chosen.now("S08.*.P_FEED") < usual.now("S08.*.P_FEED") - trains * 0.4


def test_larger_surface_and_better_compressors_take_less_power(usual: Run, chosen: Run) -> None:
    assert ratio(chosen.now("S08.*.DT_HX"), usual.now("S08.*.DT_HX")) == pytest.approx(1.0 / 1.5, abs=0.05)
    assert chosen.now("S08.*.CMP_KW") < 0.97 * usual.now("S08.*.CMP_KW")
    assert ratio(chosen.now("S19.*.CMP_KW"), usual.now("S19.*.CMP_KW")) == pytest.approx(0.70 / 0.80, abs=0.01)


def test_smaller_batteries_run_down_sooner(usual: Run, chosen: Run) -> None:
    fell = [-run.grew("S01.*.SOC") for run in (chosen, usual)]
    assert ratio(*fell) == pytest.approx(2.0, abs=0.2)


def test_smaller_heats_of_alloy_are_charged(usual: Run, chosen: Run) -> None:
    assert ratio(chosen.now("S06.*.CHG_WT"), usual.now("S06.*.CHG_WT")) == pytest.approx(0.8, abs=0.01)


def test_more_trucks_come_the_sooner_to_bridges_and_docks(usual: Run, chosen: Run) -> None:
    for template in ("T_WB", "T_DOCK"):
        periods = [run.twin.models[template].timetable.period_s for run in (usual, chosen)]  # type: ignore[attr-defined]
        assert periods[0] == pytest.approx(1.5 * periods[1])


def test_an_opening_stock_is_what_lies_there(usual: Run, chosen: Run) -> None:
    lying = [run.twin.models["T_PRECIP"].workshop.line.oxide_t for run in (usual, chosen)]  # type: ignore[attr-defined]
    assert lying[0] - lying[1] == pytest.approx(18.0, abs=0.5)


def test_a_longer_step_shows_the_same_evaporators_more_seldom(northern: Complex) -> None:
    twin = TwinPlant(northern, 7, START_US, Particulars(steps={"T_MVR": 60}))
    feed = twin.models["T_MVR"].evaporators.feed_t_h  # type: ignore[attr-defined]
    seen = []
    for _ in range(125):
        twin.advance(twin.second + 1)
        seen.append(tuple(feed))
    assert [second for second in range(1, 125) if seen[second] != seen[second - 1]] == [59, 119]
    assert seen[-1] == pytest.approx(seen[0], rel=0.02)
