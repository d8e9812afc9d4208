"""``balances.toml``: every mistake is named with file, row, key, what was read and what would be right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from didymium.balance.building import check, read_sheets
from didymium.balance.sheets import DAY_US
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.mistakes import BadComplex

SHEET = (
    '[[sheets]]\nid = "water"\nname = { en = "Water", zh = "水" }\nquantity = "water"\nunit = "m³"\n'
    'source = "a trial"\n'
)
NODE = '[[sheets.nodes]]\nid = "{id}"\nname = {{ en = "Reactor", zh = "反应釜" }}\n{more}'
STREAM = '[[sheets.streams]]\nid = "{id}"\nname = {{ en = "Stream", zh = "物流" }}\n{more}'
METER = 'formula = "growth(S01.PR1.PRECIP001.TOT_FEED)"\npercent = 0.5\nleast = 0.1\n'


def node(id_: str, more: str = "") -> str:
    return NODE.format(id=id_, more=more)


def stream(id_: str, more: str) -> str:
    return STREAM.format(id=id_, more=more)


GOOD = SHEET + node("a") + stream("came", 'to = "a"\n' + METER) + stream("went", 'from = "a"\n' + METER)


def mistakes_of(folder: Path, text: str) -> list[str]:
    starter.write(folder)
    (folder / "balances.toml").write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in check(folder, read_complex(folder))]


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('to = "a"', 'to = "b"', "sheets[1].streams[1].to", "read 'b': this stream dangles"),
        ('to = "a"\n', "", "sheets[1].streams[1]", "say the node that it comes 'from' or goes 'to'"),
        ('to = "a"', 'to = "a"\nfrom = "a"', "sheets[1].streams[1].to", "a stream goes to another node"),
        ("percent = 0.5", "percent = 0", "sheets[1].streams[1].percent", "read '0.0': no meter is without uncertainty"),
        ("least = 0.1", "least = 0", "sheets[1].streams[1].least", "read '0.0': no meter is without uncertainty"),
        ("least = 0.1\n", "", "sheets[1].streams[1]", "both above 0; now they are 0.5 and 0"),
        ("percent = 0.5", "percent = -1", "sheets[1].streams[1].percent", "an uncertainty is not below 0"),
        ("TOT_FEED", "TOT_FED", "sheets[1].streams[1].formula", "TOT_FEED"),
        ('"m³"', '"kg"', "sheets[1].streams[1].formula", "the result is in m^3, not in kg"),
        ('quantity = "water"', 'quantity = "watr"', "sheets[1].quantity", "'water'"),
        ('id = "went"', 'id = "came"', "sheets[1].streams[2].id", "of this id already"),
        ('id = "went"', 'id = "Went"', "sheets[1].streams[2].id", "lower-case letters"),
    ],
)
def test_a_mistake_says_where_and_what_would_be_right(tmp_path: Path, old: str, new: str, key: str, words: str) -> None:
    assert old in GOOD
    found = mistakes_of(tmp_path / "c", GOOD.replace(old, new, 1))
    assert any(f"[{key}]" in mistake and words in mistake for mistake in found), found
    assert all(mistake.startswith("balances.toml:") for mistake in found)


def test_a_node_whose_meters_are_all_missing(tmp_path: Path) -> None:
    text = GOOD + node("b") + stream("over", 'from = "b"\n') + stream("under", 'to = "b"\n')
    (found,) = mistakes_of(tmp_path / "c", text)
    assert found.startswith("balances.toml:") and "all meters of this node are missing" in found and "'b'" in found


def test_a_balance_that_depends_on_the_others(tmp_path: Path) -> None:
    text = GOOD + node("b") + node("c") + stream("there", 'from = "b"\nto = "c"\n' + METER)
    text += stream("back", 'from = "c"\nto = "b"\n' + METER)
    (found,) = mistakes_of(tmp_path / "c", text)
    assert "no stream joins b, c to outside" in found and "depends on the others" in found


def test_a_gain_without_its_uncertainty_and_a_sheet_with_nothing_to_compare(tmp_path: Path) -> None:
    held = 'formula = "last(S01.PR1.PRECIP001.LEVEL) - first(S01.PR1.PRECIP001.LEVEL)"\n'
    assert "stand together" in mistakes_of(tmp_path / "c", GOOD.replace(node("a"), node("a", held)))[0]
    (sure,) = mistakes_of(tmp_path / "e", GOOD.replace(node("a"), node("a", held + "gauging = 0\n")))
    assert "sheets[1].nodes[1].gauging] read '0.0': no gauging is without uncertainty" in sure
    lone = SHEET + node("a") + stream("came", 'to = "a"\n' + METER) + stream("went", 'from = "a"\n')
    assert "no meter of this sheet can be compared with another" in mistakes_of(tmp_path / "d", lone)[0]


def test_sheets_and_their_figures_are_read_and_a_bad_file_stops_the_start(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path / "c", GOOD) == []
    plant = read_complex(tmp_path / "c")
    (sheet,) = read_sheets(tmp_path / "c", plant).sheets
    assert [each.kpi.id for each in sheet.streams if each.kpi] == ["water_came", "water_went"]
    (tmp_path / "c" / "balances.toml").write_text(GOOD.replace("0.5", "0"), encoding="utf-8")
    with pytest.raises(BadComplex, match="without uncertainty"):
        read_sheets(tmp_path / "c", plant)
    (tmp_path / "c" / "balances.toml").unlink()
    assert read_sheets(tmp_path / "c", plant).sheets == ()


def test_a_days_uncertainty_grows_with_the_root_of_days_and_a_gauging_does_not(tmp_path: Path) -> None:
    held = 'formula = "t * (last(S01.PR1.PRECIP001.LEVEL) - first(S01.PR1.PRECIP001.LEVEL))"\ngauging = 2\n'
    ton = '[[sheets.constants]]\nname = "t"\nvalue = 20\nunit = "m³"\n'
    text = GOOD.replace(SHEET, SHEET + ton).replace(node("a"), node("a", held))
    assert mistakes_of(tmp_path / "c", text) == []
    (sheet,) = read_sheets(tmp_path / "c", read_complex(tmp_path / "c")).sheets
    day, hour = sheet.sigma(np.array([200.0, 1.0, 5.0]), DAY_US), sheet.sigma(np.array([8.0, 0.01, 5.0]), DAY_US // 24)
    assert day.tolist() == [1.0, 0.1, 2.0]
    np.testing.assert_allclose(hour, [0.04, 0.1 / 24, 2.0], rtol=1e-12)
    month = sheet.sigma(np.array([200.0 * 25, 25.0, 5.0]), 25 * DAY_US)
    np.testing.assert_allclose(month, [5.0, 0.5, 2.0], rtol=1e-12)
