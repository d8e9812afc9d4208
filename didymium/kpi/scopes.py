"""What a KPI is of, unit by unit or site by site, and the tags that its formula names there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.model.formula_text import FAMILY, families, members
from didymium.model.mistakes import did_you_mean
from didymium.model.plant import Complex, Site, TemplateTag, Unit
from didymium.model.search import matching_rows, nearest_step

COMPLEX: Final = ""
"""The scope that is the whole complex."""


class NoTag(ValueError):
    """A text that names no tag; ``hint`` says what would."""

    def __init__(self, hint: str) -> None:
        self.hint = hint
        super().__init__(hint)


@dataclass(frozen=True, slots=True)
class Scope:
    """A unit, a site, or the complex (neither). ``id`` is its path, "" for the complex."""

    id: str
    site: Site | None
    unit: Unit | None


@dataclass(frozen=True, slots=True)
class Tags:
    """Table rows of the tags that a text names: scope i has ``rows[starts[i]:starts[i + 1]]``, one at least."""

    rows: NDArray[np.int32]
    starts: NDArray[np.intp]
    like: TemplateTag
    """What all of them are alike in: their unit of measure and labels."""

    def of(self, scope: int) -> list[int]:
        """The rows of one scope."""
        return part_of(self.rows, self.starts, scope)


def part_of(rows: NDArray[Any], starts: NDArray[np.intp], place: int) -> list[int]:
    """The rows from ``starts[place]`` to where the next part starts."""
    end = starts[place + 1] if place + 1 < len(starts) else len(rows)
    found: list[int] = rows[starts[place] : end].tolist()
    return found


class Namespace:
    """The tags of a complex by the names that formulas give them in one KPI's scopes."""

    def __init__(self, plant: Complex, scopes: Sequence[Scope]) -> None:
        self.plant, self.scopes = plant, scopes

    def tags(self, text: str, quoted: bool) -> Tags:
        """Return the tags of a text: ``TAG`` or ``Z[]_GAS`` of the unit, ``'UNIT*.TAG'``, paths. Raises ``NoTag``."""
        steps, severally = text.count("."), len(text.split()) > 1
        if steps == 0 and not quoted:
            each = [self._own(text, scope) for scope in self.scopes]
        elif steps == 1 and not severally:
            each = [self._of_site(text, scope) for scope in self.scopes]
        elif steps == 3 or severally:
            fitting = sorted({row for path in text.split() for row in self._fitting(path)})
            each = [fitting for _ in self.scopes]
        else:
            raise NoTag("tags are named as TAG, 'UNIT*.TAG' or 'SITE.AREA.UNIT.TAG', of these some with spaces between")
        rows = np.array([row for found in each for row in found], np.int32)
        about = [self.plant.tags.template_tag[row] for row in rows.tolist()]
        for other in about:
            if (other.unit, other.labels) != (about[0].unit, about[0].labels):
                raise NoTag(f"these are tags of different kinds: {_described(about[0])} and {_described(other)}")
        starts = np.cumsum([0, *map(len, each)]).astype(np.intp)[:-1]
        return Tags(rows, starts, about[0])

    def _fitting(self, path: str) -> list[int]:
        rows = self._matching(path) if path.count(".") == 3 else []
        if not rows:
            raise NoTag("no tag fits" + nearest_step(path, self.plant.tags.path))
        return rows

    def _own(self, text: str, scope: Scope) -> list[int]:
        if scope.unit is None:
            raise NoTag(f"a KPI of a site or the complex names its tags with their units: 'CELL*.{text}'")
        names, family = self.plant.tags.name[scope.unit.rows], FAMILY.search(text) is not None
        found = members(text, names) if family else (text,)
        if not found or found[0] not in names:
            what = f"{scope.unit.template} has no such {'family' if family else 'tag'}"
            raise NoTag(did_you_mean(text, families(names) if family else names, what))
        return [scope.unit.first + names.index(name) for name in found]

    def _of_site(self, text: str, scope: Scope) -> list[int]:
        site = scope.site
        if site is None:
            raise NoTag(f"a KPI of the complex names whole paths: 'S03.*.{text}'")
        unit, _, tag = text.partition(".")
        rows = self._matching(f"{site.id}.*.{text}")
        if not rows:
            paths = [path.split(".", 2)[2] for path in self.plant.tags.path[site.rows]]
            units = list(dict.fromkeys(path.split(".")[0] for path in paths))
            like = re.compile(translate(unit)).match
            if not any(like(each) for each in units):
                raise NoTag(did_you_mean(unit, units, f"{site.id} has no such unit"))
            tags = list(dict.fromkeys(path.split(".")[1] for path in paths if like(path.split(".")[0])))
            raise NoTag(did_you_mean(tag, tags, f"the units {unit} of {site.id} have no such tag"))
        return rows

    def _matching(self, pattern: str) -> list[int]:
        return matching_rows(pattern, self.plant.tags, self.plant.sites)


def _described(tag: TemplateTag) -> str:
    states = f"with the states {', '.join(tag.labels)}"
    return f"{tag.name} {states if tag.labels else f'in {tag.unit}' if tag.unit else 'without a unit'}"
