"""A day without protocols: the same bits at any speed, balances that close, published figures within their limits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.model.starter import write
from didymium.service.cli_twin import day
from didymium.service.day import AMOUNT_OF, BOOKED, COUNTED, OUTFALL, booked, midnight_us, simulate
from didymium.service.errors import BadOption
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.claims import CLAIMS, NEEDED, verdicts
from didymium.twin.ledger import MASS, POWER, Ledger

PUBLISHED = {
    "points": 18_947.0 * 86_400, "sites": 24.0, "agv_t": 38.0, "agv_loads": 76.0, "carbonate_t": 40.0,
    "kiln_oxide_t": 18.0, "saggers": 5_000.0, "kiln_gas_nm3": 3_100.0, "s03_metal_t": 32.0, "s03_mwh": 243.0,
    "pieces": 864.0, "s04_metal_t": 9.2, "flakes_t": 268.0, "water_t": 520.0, "reuse_t": 490.0, "shipped_t": 500.0,
    "contracts": 30.0, "s10_metal_t": 26.1, "s10_mwh": 193.0, "bought_oxide_t": 37.2, "ab5_t": 5.0, "motors_t": 4.0,
    "kiln_co2_t": 7.0, "kiln_steam_t": 15.5, "outfall_t": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Complex:
    folder = tmp_path_factory.mktemp("complex")
    write(folder / "plant")
    return read_complex(folder / "plant")


def shown(plant: Complex, seed: int = 1, speed: float | None = None) -> str:
    start_us = midnight_us(plant, date(2026, 1, 15))
    return simulate(plant, start_us, seed, seconds=150, speed=speed, told=lambda _: None).digest


def test_same_seed_shows_the_same_bits_at_any_speed(small: Complex) -> None:
    once = shown(small)
    assert shown(small, speed=3600.0) == once
    assert shown(small, seed=2) != once


def test_day_begins_at_midnight_of_the_plants_zone() -> None:
    plant = read_complex(SHIPPED_COMPLEX)
    assert midnight_us(plant, date(2026, 1, 15)) == 1_768_406_400_000_000  # 2026-01-14T16:00Z


def test_plant_without_published_figures_has_no_claims(small: Complex) -> None:
    start_us = midnight_us(small, date(2026, 1, 15))
    found = simulate(small, start_us, 1, seconds=60, speed=None, told=lambda _: None)
    assert found.claims == ()
    assert found.ok


def test_figures_as_published_are_within_their_limits() -> None:
    assert [one.claim.id for one in verdicts(PUBLISHED) if not one.ok] == []


@pytest.mark.parametrize(
    ("amount", "value", "fails"),
    [
        ("flakes_t", 200.0, "C15"),
        ("carbonate_t", 60.0, "C05a"),
        ("pieces", 500.0, "C13"),
        ("reuse_t", 300.0, "C21a"),
        ("outfall_t", 3.0, "C22"),
    ],
)
def test_figure_far_from_the_published_one_is_named(amount: str, value: float, fails: str) -> None:
    assert fails in {one.claim.id for one in verdicts({**PUBLISHED, amount: value}) if not one.ok}


def test_every_claim_says_what_carries_it_and_every_amount_has_a_source() -> None:
    assert all(claim.assumption and claim.low < claim.high for claim in CLAIMS)
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    assert set(NEEDED) == {*AMOUNT_OF, *COUNTED, *BOOKED, OUTFALL, "points", "sites"}


def test_water_that_leaves_to_nobody_who_uses_it_is_outfall() -> None:
    ledger = Ledger()
    for source, target, goods, t in (
        ("S02", "AIR", "carbon dioxide", 7.0),
        ("S02", "AIR", "water vapour", 15.5),
        ("S08", "S01", "reuse water", 490.0),
        ("S08", "RESIDUE", "purge", 1.1),
        ("S08", "GROUND", "leak", 2.0),
        ("S08", "RIVER", "overflow", 3.0),
    ):
        ledger.stream(MASS, source, target, goods).add(t)
    assert booked(ledger) == {"kiln_co2_t": 7.0, "kiln_steam_t": 15.5, "outfall_t": 5.0}


def test_balance_closes_with_what_is_held_and_says_what_is_missing() -> None:
    ledger = Ledger()
    held = [10.0]
    came, went = ledger.stream(MASS, "S01", "S02", "cake"), ledger.stream(MASS, "S02", "AIR", "steam")
    ledger.hold(MASS, "S02", lambda: held[0])
    came.add(3.0)
    ledger.open()
    came.add(5.0)
    went.add(2.0)
    held[0] = 13.0
    (balance,) = ledger.balances()
    assert (balance.id, balance.came, balance.went, balance.kept, balance.ok) == ("S02.mass", 5.0, 2.0, 3.0, True)
    held[0] = 12.5
    (balance,) = ledger.balances()
    assert balance.residual == pytest.approx(0.5)
    assert not balance.ok


def test_counted_stream_is_booked_from_where_its_counter_stood() -> None:
    ledger = Ledger()
    kwh = [7_000.0]
    ledger.counted(POWER, "GRID", "S01", "electricity", lambda: kwh[0] / 1000.0)
    ledger.counted(POWER, "S01", "USE", "electricity", lambda: kwh[0] / 1000.0)
    ledger.hold(POWER, "S01", lambda: 0.0)
    ledger.open()
    kwh[0] += 500.0
    (balance,) = ledger.balances()
    assert (balance.came, balance.went, balance.ok) == (0.5, 0.5, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"date": "yesterday"}, "--date yesterday: expected a day, as 2026-01-15"),
        ({"speed": "fast"}, '--speed fast: expected "max" or a number'),
        ({"speed": "0"}, '--speed 0: expected from 1 to 100,000, or "max"'),
        ({"hours": 25.0}, "--hours 25: expected more than 0 and at most 24"),
    ],
)
def test_bad_options_are_refused_before_anything_runs(options: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(BadOption, match=words.replace("(", r"\(")):
        day(**options)  # type: ignore[arg-type]
