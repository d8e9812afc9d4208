"""Finds the tags that a pattern over paths means, and says where a pattern goes wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from operator import eq

from didymium.model.mistakes import did_you_mean, nearest
from didymium.model.plant import Site, TagTable

STEPS = 4
"""Site, area, unit, tag."""
MOST_COMPARED = 500
"""Whole paths that are compared letter by letter; with more, only their steps are."""


def matching_rows(pattern: str, tags: TagTable, sites: Sequence[Site]) -> list[int]:
    """Return the rows of the tag table whose path fits a pattern as ``fnmatch`` reads it: ``S03.PL?.CELL*.TAP_WT``."""
    matches = re.compile(translate(pattern)).match
    stem = re.split(r"[*?\[]", pattern, maxsplit=1)[0].split(".")[0]
    span = next((site.rows for site in sites if site.id == stem), slice(0, len(tags)))
    return [row for row, path in enumerate(tags.path[span], span.start) if matches(path)]


def nearest_step(pattern: str, paths: Sequence[str]) -> str:
    """Return a hint at the first step of the pattern, site, area, unit or tag, that fits none of the paths."""
    candidates = [path.split(".") for path in paths]
    for place, step in enumerate(pattern.split(".")[:STEPS]):
        fits = re.compile(translate(step)).match
        known = {candidate[place] for candidate in candidates}
        candidates = [candidate for candidate in candidates if fits(candidate[place])]
        if not candidates:
            return "; " + did_you_mean(step, sorted(known), f"{step!r} is unknown")
    return "; a path is Site.Area.Unit.Tag"


def nearest_path(path: str, paths: Sequence[str]) -> str | None:
    """Return the path most like ``path``: of those with the most equal steps the nearest; None when none is alike."""
    steps = path.split(".")[:STEPS]
    like: list[str] = []
    most = 1
    for known in paths:
        equal = sum(map(eq, known.split("."), steps))
        if equal > most:
            most, like = equal, [known]
        elif equal == most:
            like.append(known)
    if len(like) <= MOST_COMPARED:
        return nearest(path, like or paths[:: max(1, len(paths) // MOST_COMPARED)])
    return _nearest_by_step(steps, like)


def _nearest_by_step(steps: Sequence[str], paths: Sequence[str]) -> str | None:
    """The path whose site, then area, then unit, then tag are nearest; None when a step is like none."""
    candidates = [known.split(".") for known in paths]
    for place, step in enumerate(steps):
        there = {candidate[place] for candidate in candidates}
        meant = step if step in there else nearest(step, sorted(there))
        if meant is None:
            return None
        candidates = [candidate for candidate in candidates if candidate[place] == meant]
    return ".".join(candidates[0])


def unknown_path_hint(path: str, paths: Sequence[str]) -> str:
    """Return what to say of a path that no tag has: the nearest one, or how a path looks."""
    close = nearest_path(path, paths) if path else None
    return "there is no such tag; " + (f"the nearest is {close!r}" if close else f"a path looks like {paths[0]!r}")
