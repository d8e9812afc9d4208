"""``mimics.toml``: how units are drawn, by which tags; what cannot be is named with file, row and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from didymium.model import starter
from didymium.model.drawings import MimicKind
from didymium.model.folder import check, read_complex

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
RINGS = (
    '[[mimics]]\nkind = "rings"\nname = { en = "Reactors", zh = "反应釜" }\ntemplates = ["T_PRECIP"]\nstep = "STATE"\n'
)
STORE = '[[mimics]]\nkind = "store"\nname = { en = "Tanks", zh = "储罐" }\ntemplates = ["T_TANK"]\nfill = "LVL"\n'


def mistakes_of(folder: Path, text: str) -> list[str]:
    starter.write(folder)
    (folder / "mimics.toml").write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in check(folder)]


@pytest.mark.parametrize(
    ("old", "new", "row", "key", "words"),
    [
        ('"rings"', '"ring"', 2, "mimics[1].kind", "'rings'"),
        ("T_PRECIP", "T_PRECIPP", 4, "mimics[1].templates", "'T_PRECIP'"),
        ('"STATE"', '"STAT"', 5, "mimics[1].step", "'STATE'"),
        ('"STATE"', '"TEMP"', 5, "mimics[1].step", "TEMP of T_PRECIP is analog; here stands one of enum"),
        ('step = "STATE"\n', "", 1, "mimics[1]", "the key 'step' is missing"),
        ('step = "STATE"', 'step = "STATE"\nfill = "LEVEL"', 6, "mimics[1].fill", "there is no such key"),
        ('name = { en = "Reactors", zh = "反应釜" }\n', "", 1, "mimics[1]", "the key 'name' is missing"),
    ],
)
def test_a_mistake_says_where_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, row: int, key: str, words: str
) -> None:
    (found,) = mistakes_of(tmp_path / "c", RINGS.replace(old, new))
    assert found.startswith(f"mimics.toml:{row} [{key}]") and words in found


def test_one_template_is_drawn_once_and_families_and_sizes_are_checked(tmp_path: Path) -> None:
    (twice,) = mistakes_of(tmp_path / "c", RINGS + STORE.replace("T_TANK", "T_PRECIP").replace("LVL", "LEVEL"))
    assert "this template is drawn as rings already" in twice
    profile = RINGS.replace('"rings"', '"profile"').replace(
        'step = "STATE"', 'top = "PH[]"\nbottom = "PHH[]"\naim = "TEMP"\nlength_m = 0'
    )
    assert "a size is a number of metres above 0" in mistakes_of(tmp_path / "d", profile)[0]
    (family,) = mistakes_of(tmp_path / "e", profile.replace("length_m = 0", "length_m = 70"))
    assert "[mimics[1].bottom] read 'PHH[]'" in family and "'PH[]'" in family


BESIDE = """[[mimics]]
kind = "profile"
name = { en = "Reactors", zh = "反应釜" }
templates = ["T_PRECIP"]
top = "PH[]"
bottom = "PH[]"
aim = "PH[]"
length_m = 70

[[mimics.beside]]
templates = ["T_TANK"]
at_m = [0, 35.5]
cycle = "LVL"
faults = ["BUND"]
"""


@pytest.mark.parametrize(
    ("old", "new", "row", "key", "words"),
    [
        ("35.5", "70.5", 12, "at_m", "read '70.5': a place along it is from 0 to its length of 70 m"),
        ("[0, 35.5]", '["0"]', 12, "at_m", "must be a list of numbers"),
        ("[0, 35.5]", "[]", 12, "at_m", "must be a list of numbers"),
        ("at_m = [0, 35.5]\n", "", 10, "", "the key 'at_m' is missing"),
        ("at_m", "at", 12, "at", "'at_m'"),
        ("T_TANK", "T_TANKS", 11, "templates", "'T_TANK'"),
        ("T_TANK", "T_PRECIP", 11, "templates", "this template is drawn as profile already"),
        ("BUND", "BUNT", 14, "faults", "'BUND'"),
        ("cycle", "count", 13, "count", "LVL of T_TANK is analog; here stands one of counter"),
        ("cycle", "state", 13, "state", "LVL of T_TANK is analog; here stands one of enum, bool"),
    ],
)
def test_what_stands_beside_is_checked_like_the_drawing(
    tmp_path: Path, old: str, new: str, row: int, key: str, words: str
) -> None:
    (found,) = mistakes_of(tmp_path / "c", BESIDE.replace(old, new))
    where = f"mimics[1].beside[1].{key}".rstrip(".")
    assert found.startswith(f"mimics.toml:{row} [{where}]") and words in found


def test_places_and_parts_of_what_stands_beside_are_read(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path / "c", BESIDE) == []
    (mimic,) = read_complex(tmp_path / "c").mimics
    (beside,) = mimic.beside
    assert (beside.templates, beside.at_m) == (("T_TANK",), (0.0, 35.5))
    assert (dict(beside.tags), beside.faults) == ({"cycle": "LVL"}, ("BUND",))
    assert mistakes_of(tmp_path / "d", RINGS + "beside = []\n")[0].startswith("mimics.toml:6 [mimics[1].beside]")


TILES = """[[mimics]]
kind = "tiles"
name = { en = "Reactors", zh = "反应釜" }
templates = ["T_PRECIP"]
state = "STATE"
level = "PH[]"
values = ["TEMP", "PH1"]

[mimics.partner]
template = "T_TANK"
values = ["LVL"]
"""


@pytest.mark.parametrize(
    ("old", "new", "row", "key", "words"),
    [
        ('"PH1"]', '"PH9"]', 7, "values", "T_PRECIP has no such tag"),
        ('values = ["TEMP", "PH1"]\n', "", 1, "", "the key 'values' is missing"),
        ('"STATE"', '"TEMP"', 5, "state", "TEMP of T_PRECIP is analog; here stands one of enum"),
        ("T_TANK", "T_TANKS", 10, "partner.template", "'T_TANK'"),
        ("T_TANK", "T_PRECIP", 10, "partner.template", "this template is drawn as tiles already"),
        ('["LVL"]', '["LEVEL"]', 11, "partner.values", "T_TANK has no such tag"),
        ('["LVL"]', '"LVL"', 11, "partner.values", "must be a list of texts"),
    ],
)
def test_machines_and_what_goes_with_them_are_checked(
    tmp_path: Path, old: str, new: str, row: int, key: str, words: str
) -> None:
    (found,) = mistakes_of(tmp_path / "c", TILES.replace(old, new))
    where = f"mimics[1].{key}".rstrip(".")
    assert found.startswith(f"mimics.toml:{row} [{where}]") and words in found


def test_machines_have_values_and_a_partner(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path / "c", TILES) == []
    (mimic,) = read_complex(tmp_path / "c").mimics
    assert mimic.partner is not None
    assert (mimic.values, dict(mimic.tags)) == (("TEMP", "PH1"), {"state": "STATE", "level": "PH[]"})
    assert (mimic.partner.template, mimic.partner.values, dict(mimic.partner.tags)) == ("T_TANK", ("LVL",), {})


def test_a_folder_without_the_file_has_plain_marks(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path / "c", RINGS) == []
    (mimic,) = read_complex(tmp_path / "c").mimics
    assert (mimic.kind, mimic.templates, dict(mimic.tags)) == (MimicKind.RINGS, ("T_PRECIP",), {"step": "STATE"})
    (tmp_path / "c" / "mimics.toml").unlink()
    assert read_complex(tmp_path / "c").mimics == ()


def test_the_shipped_complex_draws_what_its_people_would() -> None:
    mimics = read_complex(NORTHERN).mimics
    found = {mimic.kind: mimic for mimic in mimics}
    assert set(found) == set(MimicKind)
    assert found[MimicKind.PROFILE].sizes == {"length_m": 70.0}
    assert found[MimicKind.FLOOR].faults == ("ESTOP", "FAULT_CODE")
    arms, conveyors = found[MimicKind.PROFILE].beside
    assert (arms.templates, arms.at_m) == (("T_ROBOT",), (0.0, 70.0, 70.0))
    assert (conveyors.templates, len(conveyors.at_m)) == (("T_CONV",), 10)
    (feeder,) = [mimic.partner.template for mimic in mimics if mimic.partner and "T_CELL" in mimic.templates]
    assert feeder == "T_FEED"
