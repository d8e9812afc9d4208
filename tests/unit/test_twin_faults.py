"""Faults: what can be put where and how much of it, seen by models through windows that never move."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from didymium.model.folder import read_complex
from didymium.model.plant import Complex, Text, Unit
from didymium.model.ranges import RANGE
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.bank import Bank, families, group
from didymium.twin.faults import CATALOGUE, SITE, WHOLE, BadFault, Faults, FaultStands, UnknownFault, checked
from didymium.twin.scenario import places

DOMAIN_CODES = [f"F{number:02d}" for number in range(1, 24)]
SCREENS = Path(__file__).parents[2] / "frontend" / "src" / "lib" / "drill.ts"


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(SHIPPED_COMPLEX)


def bank_of(template: str, *ids: str, first: int = 0) -> Bank:
    text = Text("", "")
    units = tuple(Unit(name, "S05", "H1", template, i, text, 0, 1) for i, name in enumerate(ids))
    empty = np.zeros((len(units), 1))
    return Bank(template, units, {}, empty, empty.copy(), first, np.zeros((len(units), 1), np.intp))


@pytest.fixture
def faults() -> Faults:
    """Two banks of furnaces and one of cells, on two sites."""
    made = Faults(["S03", "S05"])
    made.add(bank_of("T_SC", "SC001", "SC002"))
    made.add(bank_of("T_SC", "SC003", first=2))
    made.add(bank_of("T_CELL", "CELL001", first=3))
    return made


def test_the_catalogue_is_that_of_the_domain_reference() -> None:
    assert list(CATALOGUE) == DOMAIN_CODES
    assert len({fault.name for fault in CATALOGUE.values()}) == 23


def test_every_fault_has_a_place_in_the_shipped_complex_and_moves_tags_that_are_there(northern: Complex) -> None:
    moving = {RANGE.sub("", tag.name) for template in northern.templates.values() for tag in template.tags}
    for fault in CATALOGUE.values():
        assert places(fault, northern), fault.code
        for template in set(fault.templates) - {SITE}:
            assert template in northern.templates, (fault.code, template)
        assert [tag for tag in fault.tags if tag not in moving] == [], fault.code


def test_sizes_begin_and_end_around_the_usual_one() -> None:
    for fault in CATALOGUE.values():
        assert fault.size.least <= fault.size.usual <= fault.size.most, fault.code
        assert fault.size.usual != 0.0
        assert fault.within_s[0] <= fault.within_s[1]


def test_every_fault_of_the_catalogue_is_written_in_chinese_for_the_training_page() -> None:
    written = re.findall(r"^  (F\d\d): ", SCREENS.read_text(encoding="utf-8"), re.MULTILINE)
    assert written == DOMAIN_CODES


def test_a_model_sees_a_fault_on_its_own_unit_alone(faults: Faults) -> None:
    furnaces, more = bank_of("T_SC", "SC001", "SC002"), bank_of("T_SC", "SC003", first=2)
    leak, leak_more, water = faults.sizes(furnaces, "F12"), faults.sizes(more, "F12"), faults.sizes(furnaces, "F05")
    faults.inject("F12", "S05.H1.SC002", 4.0, 100)
    assert leak.tolist() == [0.0, 4.0]
    assert leak_more.tolist() == [0.0]
    assert water.tolist() == [0.0, 0.0]
    faults.clear("F12", "S05.H1.SC002")
    assert leak.tolist() == [0.0, 0.0]


def test_the_usual_size_is_taken_where_none_is_said(faults: Faults) -> None:
    assert faults.inject("F12", "S05.H1.SC001", None, 100).size == 2.0
    assert faults.inject("F05", "S05.H1.SC001", None, 100).size == 1.0


def test_faults_in_force_are_told_the_oldest_first(faults: Faults) -> None:
    faults.inject("F12", "S05.H1.SC002", None, 100)
    faults.inject("F05", "S05.H1.SC001", None, 101)
    faults.clear("F12", "S05.H1.SC002")
    faults.inject("F12", "S05.H1.SC002", None, 102)
    assert [(each.code, each.since_s) for each in faults.in_force] == [("F05", 101), ("F12", 102)]


def test_a_line_goes_down_and_comes_up_with_its_fault(faults: Faults) -> None:
    down = faults.lines_down
    faults.inject("F20", "S05", None, 100)
    assert down.tolist() == [False, True]
    faults.clear("F20", "S05")
    assert down.tolist() == [False, False]


def test_a_fault_is_not_injected_twice_and_stays_as_it_was(faults: Faults) -> None:
    leak = faults.sizes(bank_of("T_SC", "SC001", "SC002"), "F12")
    faults.inject("F12", "S05.H1.SC001", 4.0, 100)
    with pytest.raises(FaultStands, match=r"F12 VAC_LEAK is on S05\.H1\.SC001 already: clear it first"):
        faults.inject("F12", "S05.H1.SC001", 8.0, 101)
    assert leak.tolist() == [4.0, 0.0]
    assert faults.in_force[0].size == 4.0


def test_a_fault_that_is_absent_is_not_cleared(faults: Faults) -> None:
    with pytest.raises(FaultStands, match=r"there is no F05 on S05\.H1\.SC001; in force: none at all"):
        faults.clear("F05", "S05.H1.SC001")
    faults.inject("F12", "S05.H1.SC002", None, 100)
    with pytest.raises(FaultStands, match=r"in force: F12 on S05\.H1\.SC002"):
        faults.clear("F05", "S05.H1.SC001")


def test_a_name_that_is_unknown_is_answered_with_the_nearest(faults: Faults) -> None:
    with pytest.raises(UnknownFault, match="there is no fault 'F99'; the nearest is F"):
        faults.inject("F99", "S05.H1.SC001", None, 100)
    with pytest.raises(UnknownFault, match="no fault 'CW_LOSS'; the nearest is F05 CW_LOSS"):
        faults.inject("CW_LOSS", "S05.H1.SC001", None, 100)
    with pytest.raises(UnknownFault, match=r"on a unit of T_CELL, T_SC, T_VIM, not on 'S05.H1.SCO01'; the nearest is S05\.H1\.SC001"):  # fmt: skip # noqa: E501
        faults.inject("F05", "S05.H1.SCO01", None, 100)
    with pytest.raises(UnknownFault, match="is put on a site, not on 'S50'; the nearest is S05"):
        faults.inject("F20", "S50", None, 100)
    with pytest.raises(UnknownFault, match=r"not on 'S05\.H1\.SC001'; this complex has none"):
        faults.inject("F08", "S05.H1.SC001", None, 100)
    with pytest.raises(UnknownFault, match="the nearest is"):
        faults.clear("F05", "S05.H1.SC009")


@pytest.mark.parametrize(("code", "size"), [("F12", 0.4), ("F12", 20.1), ("F16", 0.0), ("F05", 2.0), ("F03", np.nan)])
def test_a_size_outside_its_range_or_0_is_refused(code: str, size: float) -> None:
    with pytest.raises(BadFault, match=f"{code} .* from .* to .*, and not 0"):
        checked(code, size)


def test_places_are_the_same_from_the_banks_and_from_the_complex(northern: Complex) -> None:
    made = Faults([site.id for site in northern.sites])
    for place, (template, units) in enumerate(group(northern.units, northern.tags)):
        width = units[0].count
        rows = np.stack([np.arange(unit.first, unit.first + width, dtype=np.intp) for unit in units])
        empty = np.zeros(rows.shape)
        made.add(Bank(template, units, families(northern.tags, units[0]), empty, empty.copy(), place, rows))
    for fault in CATALOGUE.values():
        assert sorted(made.places(fault.code)) == sorted(places(fault, northern)), fault.code


def test_faults_that_are_there_or_not_have_no_measure() -> None:
    assert checked("F05", None) == (CATALOGUE["F05"], 1.0)
    assert CATALOGUE["F05"].size == WHOLE
