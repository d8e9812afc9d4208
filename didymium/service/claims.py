"""Reads and checks the claims of a complex, beside its KPIs."""

from __future__ import annotations

from pathlib import Path

from didymium.evidence import building
from didymium.evidence.definitions import Claims, Kind
from didymium.evidence.live import LiveSource, LiveSources, by_day
from didymium.kpi.building import read_kpis
from didymium.kpi.definitions import Kpis
from didymium.model.mistakes import BadComplex, Mistake
from didymium.model.plant import Complex


def kpi_sources(kpis: Kpis) -> LiveSources:
    """The KPIs that can stand beside a claim; an amount is told as what the whole day will come to."""
    return {
        (Kind.KPI, kpi.id): LiveSource(
            by_day(kpi.unit) if kpi.amount else kpi.unit, frozenset(scope.id for scope in kpi.scopes)
        )
        for kpi in kpis.kpis
        if not kpi.helper
    }


def read_claims(folder: Path, plant: Complex, kpis: Kpis) -> Claims:
    """Return the claims of a complex; a folder without ``claims.toml`` has none. Raises ``BadComplex``."""
    return building.read_claims(folder, plant, kpi_sources(kpis))


def check(folder: Path, plant: Complex | None) -> list[Mistake]:
    """Return everything that is wrong with ``claims.toml``; what names a KPI only where ``kpis.toml`` can be read."""
    try:
        kpis = None if plant is None else kpi_sources(read_kpis(folder, plant))
    except BadComplex:
        kpis = None  # its mistakes are told by its own check
    return building.check(folder, plant, kpis)
