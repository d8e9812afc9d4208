"""``python -m bench balance``: reconciliation of 10,000 streams against a general solver, and errors that were planted.

``detected`` and ``named`` are shares of the errors planted at the recycling plant over 100 seeds (see
``bench.balance_planted``), ``false_alarms`` of the days without one. 248 days of the plant are simulated for it, which
takes 25 minutes of two processors; ``--days`` keeps them. The exit code is 1 where fewer errors are detected than the
formula of detectability promises, less what chance takes from 400 tries; no formula promises how many are named.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.balance_planted import POWER, planted_figures
from bench.balance_solve import solve_figures, solved_well
from bench.machine import report

BY_CHANCE: Final = 0.03
"""Two standard deviations of a share of nine tenths of 400."""
MOST_FALSE: Final = 0.05
"""At a level of 0.01, more than so many of 100 days are alarms by chance once in two thousand times."""


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 1 where it takes too long, a general solver finds otherwise, or too little is found."""
    parser = argparse.ArgumentParser(prog="python -m bench balance", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--days", type=Path, help="keep the simulated days there, and take them from there again")
    asked_for = parser.parse_args(arguments)
    figures = solve_figures()
    planted, table = planted_figures(asked_for.days)
    print(table)
    figures |= planted
    report(figures, asked_for.json)
    detected, false = (float(str(figures[name])) for name in ("detected", "false_alarms"))
    return 0 if solved_well(figures) and detected >= POWER - BY_CHANCE and false <= MOST_FALSE else 1
