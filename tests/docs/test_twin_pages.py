"""What the pages on the twin show runs: the unit operation of the how-to from its tags to its tests, and examples."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from didymium.model import folder as complex_folder
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin import particulars
from didymium.twin.faults import CATALOGUE
from didymium.twin.ledger import MASS
from didymium.twin.particulars import read_particulars
from didymium.twin.plant import TwinPlant
from didymium.twin.unit_type import UnitType
from didymium.twin.units import UNIT_TYPES
from tests.docs.pages import PROJECT, Block, blocks

PAGE = PROJECT / "docs" / "how-to" / "add-a-unit-operation.md"
MODULE = "didymium.twin.units.thickener"
START_US = 1_768_406_400_000_000


def shown(language: str, first_line: str) -> str:
    """The one block of the page that begins so."""
    (found,) = (each.text for each in blocks(language) if each.page == PAGE and each.text.startswith(first_line))
    return found


@pytest.fixture
def thickener(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The how-to's module, in its place, and its two entries."""
    module = ModuleType(MODULE)
    monkeypatch.setitem(sys.modules, MODULE, module)
    exec(compile(shown("python", "# didymium/twin/units/thickener.py"), MODULE, "exec"), module.__dict__)
    entry = shown("python", '"T_THICK":')
    known: dict[str, UnitType] = eval(f"{{{entry}}}", module.__dict__)
    monkeypatch.setattr("didymium.twin.plant.UNIT_TYPES", {**UNIT_TYPES, **known})
    monkeypatch.setattr(particulars, "UNIT_TYPES", {**UNIT_TYPES, **known})
    (templates,) = eval(shown("python", '(("T_RO",'))
    assert set(CATALOGUE["F09"].templates) | {"T_THICK"} == set(templates)
    monkeypatch.setitem(CATALOGUE, "F09", replace(CATALOGUE["F09"], templates=templates))
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The starter with the how-to's template and units, of which those that stand there already stay."""
    path = tmp_path / "my-plant"
    starter.write(path)
    (path / "templates" / "T_THICK.csv").write_text(shown("csv", "name,kind,unit"), encoding="utf-8")
    with (path / "templates.toml").open("a", encoding="utf-8") as names:
        names.write(shown("toml", "# templates.toml"))
    site = (path / "sites" / "S01.toml").read_text(encoding="utf-8")
    units = shown("toml", "# S01.toml").partition("\n")[2].strip()
    site, replaced = re.subn(r'units = \[\n  \{ template = "T_PRECIP".*?\n\]', units, site, count=1, flags=re.DOTALL)
    assert replaced == 1
    (path / "sites" / "S01.toml").write_text(site, encoding="utf-8")
    return path


def reading(twin: TwinPlant, tag: str) -> float:
    return float(twin.values[twin.complex.tags.row_of[f"S01.PR1.THICK001.{tag}"]])


def test_tags_of_the_how_to_have_no_mistake_and_wander_before_there_is_a_model(folder: Path) -> None:
    assert complex_folder.check(folder) == []
    twin = TwinPlant(read_complex(folder), 1, START_US)
    assert 0.0 <= reading(twin, "BED") <= 3.0


def test_unit_operation_of_the_how_to_does_what_the_page_says(folder: Path, thickener: ModuleType) -> None:
    twin = TwinPlant(read_complex(folder), 1, START_US)
    assert reading(twin, "BED") == pytest.approx(0.71, abs=0.03)
    assert reading(twin, "F_UF") == pytest.approx(3.33, abs=0.1)
    assert reading(twin, "F_IN") == pytest.approx(15.3, abs=0.5)
    twin.ledger.open()
    twin.advance(twin.second + 600)
    (balance,) = (each for each in twin.ledger.balances() if each.site == "S01" and each.kind == MASS)
    assert balance.ok and balance.came > 0.0
    twin.faults.inject("F09", "S01.PR1.THICK001", None, twin.second)
    twin.advance(twin.second + 60)
    assert reading(twin, "F_UF") == pytest.approx(0.0, abs=0.05)
    assert reading(twin, "STATE") == 2.0
    before_m = reading(twin, "BED")
    twin.advance(twin.second + 3600)
    assert reading(twin, "BED") - before_m == pytest.approx(0.08, abs=0.03)
    twin.faults.clear("F09", "S01.PR1.THICK001")
    twin.advance(twin.second + 60)
    assert reading(twin, "F_UF") > 3.33


def test_parameter_of_the_how_to_acts_and_has_its_range(folder: Path, thickener: ModuleType) -> None:
    text = shown("toml", "# twin.toml")
    (folder / "twin.toml").write_text(text, encoding="utf-8")
    plant = read_complex(folder)
    twin = TwinPlant(plant, 1, START_US, read_particulars(folder, plant))
    assert reading(twin, "BED") == pytest.approx(0.89, abs=0.03)
    (folder / "twin.toml").write_text(text.replace("value = 3", "value = 30"), encoding="utf-8")
    (mistake,) = particulars.check(folder, plant)
    assert "twin.toml:5" in str(mistake)
    assert "from 0.5 to 4 t/h" in str(mistake)


def test_tests_of_the_how_to_pass(thickener: ModuleType) -> None:
    scope: dict[str, Any] = {"__name__": "test_twin_thickener"}
    exec(compile(shown("python", "# tests/unit/test_twin_thickener.py"), "test_twin_thickener", "exec"), scope)
    tests: list[Callable[..., None]] = [each for name, each in scope.items() if name.startswith("test_")]
    assert len(tests) == 5
    for test in tests:
        marks = [mark.args for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        for value in marks[0][1] if marks else [None]:
            test(**({} if value is None else {marks[0][0]: value}))


def test_module_of_the_how_to_begins_where_its_page_says(thickener: ModuleType) -> None:
    assert thickener.thickeners(np.full(1, 2.0)).solids_t == pytest.approx([12.0])
    assert thickener.THICKENER.step_s == 10


@pytest.mark.parametrize(
    "block",
    [
        each
        for each in blocks("toml")
        if re.search(r"\[\[(parameters|stocks|steps)\]\]", each.text) and each.page != PAGE
    ],
    ids=str,
)
def test_examples_of_twin_toml_have_no_mistake(block: Block, tmp_path: Path) -> None:
    (tmp_path / "twin.toml").write_text(block.text, encoding="utf-8")
    assert read_particulars(tmp_path, read_complex(SHIPPED_COMPLEX)) != particulars.USUAL
