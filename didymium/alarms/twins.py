"""Finds the unit of another template that belongs to a unit, such as the cell of a feeder: same area, same number."""

from __future__ import annotations

from typing import Final

from didymium.model.plant import Complex

TWIN_MARK: Final = "[n]"
"""Stands behind a template that is meant so."""


class Twins:
    """The units of a complex by area, template and number."""

    def __init__(self, plant: Complex) -> None:
        self._numbers = {unit.path: unit.number for unit in plant.units}
        self._units: dict[tuple[str, str, int], list[str]] = {}
        for unit in plant.units:
            self._units.setdefault((_area(unit.path), unit.template, unit.number), []).append(unit.path)

    def of(self, template: str, unit: str) -> list[str]:
        """The units of ``template`` that belong to ``unit``, none where its area has none of its number."""
        return self._units.get((_area(unit), template, self._numbers[unit]), [])


def _area(path: str) -> str:
    return path.rpartition(".")[0]
