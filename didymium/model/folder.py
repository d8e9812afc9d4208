"""Reads a complex from its folder of TOML and CSV files; see ``docs/reference/complex-folder.md``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from didymium.model.addresses import read_addresses, site_addresses
from didymium.model.connections import read_connections
from didymium.model.expansion import Expanded, expanded
from didymium.model.flows import read_flows, read_headlines
from didymium.model.labels import read_labels
from didymium.model.limits import with_site_limits
from didymium.model.mimics import read_mimics
from didymium.model.mistakes import BadComplex, Mistake, Mistakes, did_you_mean, missing_file
from didymium.model.plant import Complex, Connection, Protocol, Site, TagTable, Text
from didymium.model.shifts import read_shifts
from didymium.model.sites import ID, SitePlan, read_sites
from didymium.model.templates import read_templates
from didymium.model.toml_table import Key, Shape, read_toml, table
from didymium.model.unit_pages import read_unit_pages

COMPLEX_KEYS: Final = {
    "id": Key(Shape.TEXT),
    "name": Key(Shape.TRANSLATED),
    "zone": Key(Shape.TEXT),
    "period_s": Key(Shape.NUMBER),
    "shifts": Key(Shape.TABLES, required=False),
}
UNCONNECTED: Final = Connection(Protocol.SPARKPLUG, "", {})


def read_complex(path: Path) -> Complex:
    """Return the complex in a folder. Raises ``BadComplex`` with all mistakes when there is any."""
    complex_, mistakes = _read(path)
    if mistakes or complex_ is None:
        raise BadComplex(tuple(mistakes))
    return complex_


def check(path: Path) -> list[Mistake]:
    """Return everything that is wrong with a folder, by file and row."""
    return _read(path)[1]


def _read(folder: Path) -> tuple[Complex | None, list[Mistake]]:
    mistakes = Mistakes()
    if not folder.is_dir():
        mistakes.add(str(folder), 0, "", "", "there is no such folder")
        return None, mistakes.sorted()
    head = _head(folder, mistakes)
    templates = read_templates(folder, mistakes)
    plans = read_sites(folder, templates, mistakes)
    ids = [plan.id for plan in plans]
    connections = read_connections(folder, ids, mistakes)
    built = expanded(plans, templates.by_id, head.get("period_s", 1.0))
    sites = tuple(_sites(plans, built, connections))
    unsure = {plan.id for plan in plans if not plan.whole}
    tags = replace(built.tags, address=_addresses(folder, sites, built.tags, connections, unsure, mistakes))
    tags = with_site_limits(folder, sites, tags, unsure, mistakes)
    flows = read_flows(folder, sites, tags, unsure, mistakes)
    headlines = read_headlines(folder, sites, tags, unsure, mistakes)
    complex_ = Complex(
        id=head.get("id", ""),
        name=head.get("name", Text("", "")),
        zone=head.get("zone", "UTC"),
        sites=sites,
        units=built.units,
        templates=templates.by_id,
        flows=flows,
        headlines=headlines,
        tags=tags,
        shifts=head.get("shifts", ()),
        mimics=read_mimics(folder, templates.by_id, built.units, tags, mistakes),
        label_words=read_labels(folder, templates.by_id, mistakes),
        pages=read_unit_pages(folder, templates.by_id, built.units, tags, mistakes),
    )
    return complex_, mistakes.sorted()


def _head(folder: Path, mistakes: Mistakes) -> dict[str, Any]:
    """Return what ``complex.toml`` says."""
    if missing_file(folder, "complex.toml", mistakes):
        return {}
    toml = read_toml(folder / "complex.toml", "complex.toml", mistakes)
    if toml is None:
        return {}
    said = table(toml, (), toml.data, COMPLEX_KEYS)
    if "zone" in said and not known_zone(said["zone"]):
        zones = sorted(available_timezones())
        if zones:  # else this machine has no zone database to check against
            toml.mistake(("zone",), said["zone"], did_you_mean(said["zone"], zones, "there is no such time zone"))
    if said.get("period_s", 1.0) <= 0.0:
        toml.mistake(("period_s",), said["period_s"], "a period is a number of seconds above 0")
    if "id" in said and not ID.fullmatch(said["id"].upper()):
        toml.mistake(("id",), said["id"], "an id has letters and digits only")
    said["shifts"] = read_shifts(toml, said.get("shifts", ()))
    return said


def known_zone(zone: str) -> bool:
    """True when the machine's zone database has the time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):  # ValueError: a name that cannot be a file's
        return False
    return True


def _sites(plans: list[SitePlan], built: Expanded, connections: Mapping[str, Connection]) -> list[Site]:
    return [
        Site(
            id=plan.id,
            name=plan.name,
            origin=plan.origin,
            source=plan.source,
            process=plan.process,
            rate=plan.rate,
            x=plan.x,
            y=plan.y,
            areas=built.areas[index],
            connection=connections.get(plan.id, UNCONNECTED),
            first=built.first[index],
            count=built.count[index],
        )
        for index, plan in enumerate(plans)
    ]


def _addresses(
    folder: Path,
    sites: tuple[Site, ...],
    tags: TagTable,
    connections: Mapping[str, Connection],
    unsure: Collection[str],
    mistakes: Mistakes,
) -> tuple[str, ...]:
    """Return the address of every tag in model order; a site without a right connection keeps empty ones."""
    listed = read_addresses(folder, [site.id for site in sites], mistakes)
    addresses: list[str] = []
    for site in sites:
        paths = tags.path[site.rows]
        if site.id in connections:
            protocol = connections[site.id].protocol
            whole, sheet = site.id not in unsure, listed.get(site.id)
            addresses += site_addresses(site.id, protocol, paths, whole, sheet, mistakes)
        else:
            addresses += [""] * len(paths)
    return tuple(addresses)
