"""The fault measurement, small: the real processes, a few kills, a short cut of the link."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_kills_and_a_cut_link_lose_nothing_and_store_nothing_twice(tmp_path: Path) -> None:
    figures = tmp_path / "faults.json"
    options = ["--kills", "4", "--seconds", "12", "--link-s", "5", "--json", str(figures)]
    ran = subprocess.run(
        [sys.executable, "-m", "bench", "faults", *options],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert found["kills"] == 4
    assert found["missing"] == found["twice"] == 0
    assert found["stored"] == found["acknowledged"] > 0
    assert found["claimed_by_edge"] <= found["acknowledged"]
