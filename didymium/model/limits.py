"""Reads ``limits/*.csv``: alarm limits of single units where those of their template do not fit."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from didymium.model.mistakes import Mistakes, did_you_mean
from didymium.model.plant import Site, TagTable
from didymium.model.quantity import NotANumber, number
from didymium.model.search import matching_rows, nearest_step
from didymium.model.spreadsheet import Row, read_csv

LIMITS: Final = ("ll", "l", "h", "hh")
COLUMNS: Final = ("path", *LIMITS)


def with_site_limits(
    folder: Path, sites: Sequence[Site], tags: TagTable, unsure: Collection[str], mistakes: Mistakes
) -> TagTable:
    """Return the tag table with the limits of ``limits/<site>.csv`` in the place of the templates'.

    ``unsure`` are the sites that miss tags for a mistake already noted, so that a pattern may fit none of them.
    """
    columns = {name: getattr(tags, name).copy() for name in LIMITS}
    ids = [site.id for site in sites]
    for path in sorted((folder / "limits").glob("*.csv")):
        file = f"limits/{path.name}"
        if path.stem not in ids:
            mistakes.add(file, 0, "", path.stem, did_you_mean(path.stem, ids, "there is no such site"))
            continue
        site = sites[ids.index(path.stem)]
        taken: dict[int, int] = {}
        for row in read_csv(path, file, COLUMNS, mistakes).rows:
            values = read_limits(row, file, mistakes)
            check_order(row, values, file, mistakes)
            rows = [
                place for place in matching_rows(row["path"], tags, sites) if tags.site[place] == ids.index(site.id)
            ]
            if not rows and site.id not in unsure:
                hint = f"no tag of {site.id} fits this pattern{nearest_step(row['path'], tags.path[site.rows])}"
                mistakes.add(file, row.number, "path", row["path"], hint)
            for place in rows:
                if place in taken:
                    hint = f"the limits of {tags.path[place]} stand already in row {taken[place]}"
                    mistakes.add(file, row.number, "path", row["path"], hint)
                    break
                taken[place] = row.number
            for place in rows[:1]:
                check_span(row, values, tags.low[place], tags.high[place], file, mistakes)
            for name, value in zip(LIMITS, values, strict=True):
                columns[name][rows] = value
    return replace(tags, **columns)


def read_limits(row: Row, file: str, mistakes: Mistakes) -> list[float]:
    """Return the row's four limits, NaN where there is none."""
    values: list[float] = []
    for column in LIMITS:
        try:
            values.append(number(row[column]))
        except NotANumber as broken:
            mistakes.add(file, row.number, column, row[column], str(broken))
            values.append(math.nan)
    return values


def check_order(row: Row, values: Sequence[float], file: str, mistakes: Mistakes) -> None:
    """Say which limits do not rise from ll to hh."""
    given = [(column, value) for column, value in zip(LIMITS, values, strict=True) if not math.isnan(value)]
    for (before, lower), (column, value) in pairwise(given):
        if value <= lower:
            hint = f"limits rise from ll to hh, but {before} is {row[before]}"
            mistakes.add(file, row.number, column, row[column], hint)


def check_span(row: Row, values: Sequence[float], low: float, high: float, file: str, mistakes: Mistakes) -> None:
    """Say which limits lie outside the range that the tag can show."""
    for column, value in zip(LIMITS, values, strict=True):
        if value < low or value > high:
            hint = f"the limit is outside the range {low:g} to {high:g}"
            mistakes.add(file, row.number, column, row[column], hint)
