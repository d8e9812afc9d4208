"""``didymium claims``: the published figures put to the test, from a complex folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from didymium.service.cli_app import app

WIDTH: Final = 120
"""Columns of the table, on a screen as in a file."""


@app.command
def claims(folder: Path) -> int:
    """Put the claims of a complex folder to the test; print value, band and verdict of each. Nothing has to run."""
    from didymium.evidence.testing import shown, tested
    from didymium.kpi.building import read_kpis
    from didymium.model.folder import read_complex
    from didymium.service.claims import read_claims

    plant = read_complex(folder)
    found = read_claims(folder, plant, read_kpis(folder, plant)).claims
    table = Table("claim", "what", "value", "band", "verdict", "digest", box=None)
    for claim in found:
        result = tested(claim, {})
        low, high = (shown(end, claim.decimals) for end in (result.low, result.high))
        value = f"{shown(result.value, claim.decimals)} {claim.unit}".strip()
        table.add_row(claim.id, claim.name.en, value, f"{low} … {high}", result.verdict, result.digest[:12])
    Console(highlight=False, width=WIDTH).print(table)
    return 0
