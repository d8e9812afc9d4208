"""A part of a complex: some of its sites with all that stands there, as a complex of its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from itertools import accumulate
from typing import Any

import numpy as np

from didymium.model.plant import Complex, TagTable


def part_of(whole: Complex, sites: Collection[str]) -> Complex:
    """The complex with these sites alone, their units and tags in the same order; all of it where none are named."""
    if not sites:
        return whole
    kept = [site for site in whole.sites if site.id in sites]
    units = [unit for unit in whole.units if unit.site in sites]
    rows = np.concatenate([np.arange(unit.first, unit.first + unit.count) for unit in units])
    firsts = [0, *accumulate(unit.count for unit in units)]
    moved = [replace(unit, first=first) for unit, first in zip(units, firsts, strict=False)]
    columns = {field.name: getattr(whole.tags, field.name) for field in fields(TagTable)}
    cut: dict[str, Any] = {
        name: tuple(column[row] for row in rows) if isinstance(column, tuple) else column[rows]
        for name, column in columns.items()
    }
    site_rows = [site.id for site in whole.sites]
    unit_rows = {unit.path: row for row, unit in enumerate(whole.units)}
    site_at = {site_rows.index(site.id): row for row, site in enumerate(kept)}
    unit_at = {unit_rows[unit.path]: row for row, unit in enumerate(units)}
    cut["site"] = np.array([site_at[int(old)] for old in cut["site"]], np.int16)
    cut["unit"] = np.array([unit_at[int(old)] for old in cut["unit"]], np.int32)
    of_path = {unit.path: unit for unit in moved}
    counts = [sum(unit.count for area in site.areas for unit in area.units) for site in kept]
    here = [
        replace(
            site,
            areas=tuple(replace(area, units=tuple(of_path[u.path] for u in area.units)) for area in site.areas),
            first=first,
            count=count,
        )
        for site, first, count in zip(kept, [0, *accumulate(counts)], counts, strict=False)
    ]
    return replace(whole, sites=tuple(here), units=tuple(moved), tags=TagTable(**cut))
