"""What ``didymium check`` says of ``energy.toml``."""

from pathlib import Path

import pytest

from didymium.balance.building import read_sheets
from didymium.energy.building import read_energy
from didymium.model.folder import read_complex
from didymium.model.mistakes import BadComplex
from didymium.service.cli import check as check_command
from didymium.service.energy import check
from didymium.service.instance import SHIPPED_COMPLEX
from tests.unit.energy_example import COM, ENERGY, energy_complex


def mistakes_of(folder: Path, old: str, new: str) -> list[str]:
    """The mistakes of the example with a text in it replaced."""
    assert old in ENERGY
    plant = energy_complex(folder, ENERGY.replace(old, new))
    read_sheets(folder, plant)  # raises where the example's KPIs have mistakes, which would hide those of the file
    return [str(mistake) for mistake in check(folder, plant)]


def test_the_example_has_no_mistake(tmp_path: Path) -> None:
    plant = energy_complex(tmp_path / "c")
    assert check(tmp_path / "c", plant) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("power_mw = 2", "power_mw = 0", "energy.toml:3 [contract.power_mw] read '0.0': the contract is a number"),
        ("cap_percent = 5", "cap_percent = 100", "energy.toml:4 [contract.cap_percent] read '100.0': how far the cap"),
        ("window_min = 15", "window_min = 25", "energy.toml:5 [contract.window_min] read '25': a demand window is"),
        ('drawn = "drawn"', 'drwan = "drawn"', "energy.toml:9 [figures.drwan] read 'drwan': there is no such key"),
        ('"bought"', '"bougth"', "read 'bougth': there is no such KPI in kpis.toml; the nearest valid"),
        ('used = "used"', 'used = "bought"', "read 'bought': here stands a KPI per site; bought is one per complex"),
        ('rest = "unseen"', 'rest = "drawn"', "read 'drawn': here stands a KPI in MWh; drawn is in MW"),
        ('power = "pumps"', 'power = "cosine"', "read 'cosine': here stands a KPI in MW; cosine is a number"),
        ('factor = "cosine"', 'factor = "drawn"', "read 'drawn': here stands a plain number; drawn is in MW"),
        ('specific = ["share"]', 'specific = ["drawn"]', "[figures.specific[1]] read 'drawn': here stands a KPI per"),
        ('power = "pumps"', 'power = "pumps"\nwithin = "drawn"', "read 'pumps': a step has 'power'"),
        ('power = "pumps"', "", "read 'pumps': a step has 'power', the KPI of what it frees, or"),
        ('left = "of_stirrers"', "", "[processes[1]] read 'all': 'parts' and 'left' stand together"),
        ('left = "of_stirrers"', 'left = "unseen"', "read 'unseen': what is left is of_all - of_pumps; unseen is"),
        ('id = "reactor"', 'id = "pumps"', "read 'pumps': this id stands twice among the steps"),
        ('id = "all"', 'id = "All"', "read 'All': an id has small letters"),
        ('specific = ["share"]', 'sheet = "power"', "read 'power': there is no such flow sheet in balances.toml"),
        ("[contract]", "[contracts]", "read 'contracts': there is no such key; the nearest valid word is 'contract'"),
    ],
)  # fmt: skip
def test_a_mistake_says_where_it_is_and_what_would_be_right(tmp_path: Path, old: str, new: str, told: str) -> None:
    mistakes = mistakes_of(tmp_path / "c", old, new)
    assert len(mistakes) == 1
    assert told in mistakes[0]


def test_a_meter_counts_once(tmp_path: Path) -> None:
    words = '{ en = "X", zh = "甲" }'
    again = f'[[processes]]\nid = "again"\nname = {words}\nenergy = "of_all"\nrest = {words}\n'
    (mistake,) = mistakes_of(tmp_path / "c", '[[steps]]\nid = "pumps"', again + '\n[[steps]]\nid = "pumps"')
    assert f"[processes[2].energy] read 'of_all': {COM}.KWH is counted by the process all already" in mistake


def test_a_meter_that_no_process_counts_is_named(tmp_path: Path) -> None:
    mistakes = mistakes_of(
        tmp_path / "c", 'energy = "of_all"\nparts = ["of_pumps"]\nleft = "of_stirrers"', 'energy = "of_pumps"'
    )
    assert len(mistakes) == 2
    assert f"energy.toml:12 [figures.used] read 'used': no process counts {COM}.KWH" in mistakes[0]
    assert f"{COM}.AUX001 is not among the meters of sites, those of used; make it one of 'parts'" in mistakes[1]


def test_every_mistake_is_found_at_once(tmp_path: Path) -> None:
    text = ENERGY.replace("power_mw = 2", "power_mw = -1").replace('"unseen"', '"unsen"').replace('id = "all"', "")
    plant = energy_complex(tmp_path / "c", text)
    assert len(check(tmp_path / "c", plant)) == 3


def test_without_a_sound_complex_the_file_is_still_looked_at(tmp_path: Path) -> None:
    energy_complex(tmp_path / "c", ENERGY.replace("window_min = 15", "window_min = 7"))
    assert [mistake.column for mistake in check(tmp_path / "c", None)] == ["contract.window_min"]


def test_what_is_no_toml_is_said_with_its_row(tmp_path: Path) -> None:
    plant = energy_complex(tmp_path / "c", "[contract\n")
    (mistake,) = check(tmp_path / "c", plant)
    assert str(mistake).startswith("energy.toml:1 read '[contract': not TOML")


def test_didymium_check_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    energy_complex(tmp_path / "c", ENERGY.replace('"unseen"', '"unsen"'))
    assert check_command(tmp_path / "c") == 1
    assert "energy.toml:14 [figures.rest] read 'unsen'" in capsys.readouterr().out


def test_reading_raises_all_mistakes(tmp_path: Path) -> None:
    plant = energy_complex(tmp_path / "c", ENERGY.replace('"unseen"', '"unsen"'))
    sheets = read_sheets(tmp_path / "c", plant)
    with pytest.raises(BadComplex, match="unsen"):
        read_energy(tmp_path / "c", plant, sheets.kpis, sheets.of)


def test_a_folder_without_the_file_has_none(tmp_path: Path) -> None:
    plant = energy_complex(tmp_path / "c")
    (tmp_path / "c" / "energy.toml").unlink()
    sheets = read_sheets(tmp_path / "c", plant)
    assert read_energy(tmp_path / "c", plant, sheets.kpis, sheets.of) is None


def test_every_meter_of_the_northern_complex_is_in_one_process() -> None:
    plant = read_complex(SHIPPED_COMPLEX)
    sheets = read_sheets(SHIPPED_COMPLEX, plant)
    energy = read_energy(SHIPPED_COMPLEX, plant, sheets.kpis, sheets.of)
    assert energy is not None
    assert energy.contract.cap_mw == 95.0
    assert sorted(site for process in energy.processes for site in process.sites) == [site.id for site in plant.sites]
    assert [step.id for step in energy.steps] == ["motors", "mills", "casting", "evaporators", "cells"]
    assert [step.id for step in energy.steps if step.power is None] == ["mills"]
