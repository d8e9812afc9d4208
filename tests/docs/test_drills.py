"""The drills that the documentation shows can be played in the shipped complex."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.faults import checked
from didymium.twin.scenario import places, read_scenarios
from tests.docs.pages import PROJECT, Block, blocks, commands

PAGE = (PROJECT / "docs" / "how-to" / "run-a-drill.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(SHIPPED_COMPLEX)


@pytest.mark.parametrize("block", [each for each in blocks("toml") if "[[events]]" in each.text], ids=str)
def test_examples_of_scenarios_have_no_mistake(block: Block, northern: Complex, tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "shown.toml").write_text(block.text, encoding="utf-8")
    assert len(read_scenarios(tmp_path, northern)) == 1


def test_faults_and_places_that_are_shown_exist(northern: Complex) -> None:
    shown = [words for _, words in commands("didymium") if words[:2] in (["fault", "inject"], ["fault", "clear"])]
    assert shown
    linked = re.findall(r"fault=(\w+)&place=([\w.]+)", PAGE)
    for code, place in [(words[2], words[3]) for words in shown if len(words) > 3] + linked:
        fault, _ = checked(code, None)
        assert place in places(fault, northern), (code, place)


def test_scenarios_that_are_shown_are_shipped(northern: Complex) -> None:
    shipped = {scenario.id for scenario in read_scenarios(SHIPPED_COMPLEX, northern)}
    started = [words[2] for _, words in commands("didymium") if words[:2] == ["scenario", "start"] and len(words) > 2]
    assert started
    assert set(started) <= shipped
