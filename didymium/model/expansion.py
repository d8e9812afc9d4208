"""Expands templates over the units of all sites into the complex's tag table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import Area, Kind, TagTable, Template, TemplateTag, Text, Unit
from didymium.model.quantity import Resolution
from didymium.model.ranges import expand
from didymium.model.sites import AreaPlan, SitePlan, UnitPlan

LIMITS = ("low", "high", "ll", "l", "h", "hh")


@dataclass(frozen=True, slots=True)
class _Block:
    """The tags of one unit, the same for all units of a template with the same range ends."""

    names: tuple[str, ...]
    tags: tuple[TemplateTag, ...]
    kinds: tuple[Kind, ...]
    numbers: NDArray[np.float64]
    """(len(LIMITS) + 1, n): low, high, ll, l, h, hh and scale."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """The units and areas of all sites, and their tags without addresses."""

    areas: tuple[tuple[Area, ...], ...]
    units: tuple[Unit, ...]
    first: tuple[int, ...]
    count: tuple[int, ...]
    tags: TagTable


def expanded(plans: Sequence[SitePlan], templates: Mapping[str, Template], period_s: float) -> Expanded:
    """Return everything that the sites' plans stand for, in model order: site, area, unit, template row."""
    blocks: dict[tuple[str, tuple[tuple[str, int], ...]], _Block] = {}
    used: list[_Block] = []
    units: list[Unit] = []
    areas: list[tuple[Area, ...]] = []
    paths: list[str] = []
    firsts: list[int] = []
    for plan in plans:
        firsts.append(len(paths))
        built: list[Area] = []
        for area in plan.areas:
            own: list[Unit] = []
            for unit_plan in area.units:
                key = (unit_plan.template, tuple(sorted(unit_plan.counts.items())))
                block = blocks.get(key)
                if block is None:
                    block = blocks[key] = _block(templates[unit_plan.template], unit_plan.counts)
                unit = _unit(plan, area, unit_plan, templates[unit_plan.template], len(paths), len(block.names))
                stem = unit.path + "."
                paths += [stem + name for name in block.names]
                used.append(block)
                own.append(unit)
            built.append(Area(area.id, area.name, tuple(own)))
            units += own
        areas.append(tuple(built))
    counts = [end - first for first, end in zip(firsts, [*firsts[1:], len(paths)], strict=True)]
    return Expanded(
        tuple(areas), tuple(units), tuple(firsts), tuple(counts), _tags(used, units, paths, counts, period_s)
    )


def _unit(site: SitePlan, area: AreaPlan, plan: UnitPlan, template: Template, first: int, count: int) -> Unit:
    name = template.name
    if plan.number:
        name = Text(f"{name.en} {plan.number}", f"{plan.number}号{name.zh}")
    return Unit(plan.id, site.id, area.id, plan.template, plan.number, name, first, count)


def _block(template: Template, counts: Mapping[str, int]) -> _Block:
    names: list[str] = []
    tags: list[TemplateTag] = []
    for tag in template.tags:
        own = expand(tag.name, counts)
        names += own
        tags += [tag] * len(own)
    numbers = np.array(
        [
            *([getattr(tag, limit) for tag in tags] for limit in LIMITS),
            [Resolution(tag.resolution, tag.significant).scale for tag in tags],
        ],
        np.float64,
    )
    return _Block(tuple(names), tuple(tags), tuple(tag.kind for tag in tags), numbers)


def _tags(
    used: Sequence[_Block], units: Sequence[Unit], paths: list[str], site_counts: Sequence[int], period_s: float
) -> TagTable:
    n = len(paths)
    numbers = np.concatenate([block.numbers for block in used], axis=1) if used else np.empty((len(LIMITS) + 1, 0))
    low, high, ll, l, h, hh, scale = numbers  # noqa: E741
    per_unit = [unit.count for unit in units]
    return TagTable(
        path=tuple(paths),
        address=("",) * n,
        site=np.repeat(np.arange(len(site_counts), dtype=np.int16), site_counts),
        unit=np.repeat(np.arange(len(units), dtype=np.int32), per_unit),
        template_tag=tuple(tag for block in used for tag in block.tags),
        name=tuple(name for block in used for name in block.names),
        kind=tuple(kind for block in used for kind in block.kinds),
        low=low,
        high=high,
        scale=scale,
        ll=ll,
        l=l,
        h=h,
        hh=hh,
        period_s=np.full(n, period_s),
    )
