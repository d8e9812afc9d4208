"""The generated reference says what the code says."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_reference_pages_are_up_to_date():
    checked = subprocess.run(
        [sys.executable, "tools/reference.py", "--check"],
        cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
