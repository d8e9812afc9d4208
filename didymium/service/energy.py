"""Checks the energy of a complex, beside its KPIs and flow sheets."""

from __future__ import annotations

from pathlib import Path

from didymium.balance.building import read_sheets
from didymium.energy import building
from didymium.model.mistakes import BadComplex, Mistake
from didymium.model.plant import Complex


def check(folder: Path, plant: Complex | None) -> list[Mistake]:
    """Return everything that is wrong with ``energy.toml``; what names KPIs and sheets only where those can be read."""
    try:
        sheets = None if plant is None else read_sheets(folder, plant)
    except BadComplex:
        sheets = None  # its mistakes are told by its own check
    return building.check(folder, plant, None if sheets is None else sheets.kpis, () if sheets is None else sheets.of)
