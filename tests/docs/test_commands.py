"""Every command that the documentation shows is one that the command line takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cyclopts import CycloptsError

from didymium.service.cli import app
from tests.docs.pages import PROJECT, commands

SHOWN = commands("didymium")
MADE = commands("make")


def test_pages_show_every_command() -> None:
    names = {name for name in app if not name.startswith("-")}
    assert names - {arguments[0] for _, arguments in SHOWN} == set()


@pytest.mark.parametrize(
    ("page", "arguments"),
    SHOWN,
    ids=[f"{page.relative_to(PROJECT)}: {' '.join(arguments)[:60]}" for page, arguments in SHOWN],
)
def test_the_command_line_takes_it(page: Path, arguments: list[str]) -> None:
    if arguments == ["--help"]:
        return
    if len(arguments) == 1:  # "`didymium export` writes": the word alone
        assert arguments[0] in app, page
        return
    try:
        app.parse_args(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        pytest.fail(f"{page}: didymium {' '.join(arguments)}: {type(error).__name__}: {error}")


def test_make_has_every_target_that_is_shown() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    makefile = makefile.replace("$(RUN_READY)", ".venv/.run-ready").replace("$(DEV_READY)", ".venv/.dev-ready")
    targets = set(re.findall(r"^([\w./-]+):", makefile, re.MULTILINE))
    shown = {word for _, words in MADE for word in words if not word.startswith("ARGS") and "=" not in word}
    assert shown - targets == set()


def test_every_measurement_that_is_shown_exists() -> None:
    named = {words[2] for _, words in commands("python") if words[:2] == ["-m", "bench"]}
    assert named
    assert {name for name in named if not (PROJECT / "bench" / f"{name.replace('-', '_')}.py").exists()} <= {"NAME"}
