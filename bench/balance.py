"""``python -m bench balance``: reconciliation of 10,000 streams against a general solver."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench.balance_solve import solve_figures, solved_well
from bench.machine import report


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 1 where it takes too long or a general solver finds otherwise."""
    parser = argparse.ArgumentParser(prog="python -m bench balance", description=__doc__.split("\n\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures there")
    asked_for = parser.parse_args(arguments)
    figures = solve_figures()
    report(figures, asked_for.json)
    return 0 if solved_well(figures) else 1
