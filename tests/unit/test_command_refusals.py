"""What a command says when it refuses, as a script reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_refusal_is_printed_as_it_is_however_wide_the_screen(tmp_path: Path) -> None:
    folder = tmp_path / f"[bold]{'long' * 30}"
    command = [sys.executable, "-m", "didymium", "twin", "day", "--complex", str(folder), "--data", str(tmp_path)]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == ["didymium: 1 mistake:", f"{folder} there is no such folder"]


def test_check_counts_its_mistakes_and_names_the_folder_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "[bold]plant"
    command = [sys.executable, "-m", "didymium", "check", str(folder)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 1
    assert checked.stdout.splitlines() == [f"{folder} there is no such folder"]
    assert checked.stderr.splitlines() == [f"1 mistake in {folder}"]
