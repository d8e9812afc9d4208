"""How screens show the units of a template: as drawings on the pages of sites, and what the page of one unit tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from didymium.model.text import Text


class MimicKind(StrEnum):
    """How units are drawn on the page of their site."""

    RINGS = "rings"
    """Steps of a cycle around a ring, and how long the present one lasts."""
    PROFILE = "profile"
    """Temperatures along a furnace, and what is on its way through it."""
    FLOOR = "floor"
    """Vehicles where they are."""
    LINE = "line"
    """Stations in their order, with what each has made."""
    STORE = "store"
    """Bays, as full as they are."""
    DOCKS = "docks"
    """Places that are taken for a while."""
    TILES = "tiles"
    """Machines in their rows, each with its state, how full it is, and the values that decide."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the units of a mimic and serves them: arms, conveyors.

    ``at_m`` are the places along the served unit, m from its entry, one for each unit in the order of the site; served
    units after the first have as many again. ``tags`` and ``faults`` are as in ``Mimic``.
    """

    templates: tuple[str, ...]
    at_m: tuple[float, ...]
    tags: Mapping[str, str]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Partner:
    """The unit of another template that goes with a machine of the same number at its site, such as a cell's feeder."""

    template: str
    tags: Mapping[str, str]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mimic:
    """The units of ``templates`` are drawn so; ``tags`` are names or families (``Z[]_TT``) by their roles.

    ``faults`` are tags that say, above 0, that something is wrong; ``sizes`` are in metres; by ``values`` people judge.
    """

    kind: MimicKind
    name: Text
    templates: tuple[str, ...]
    tags: Mapping[str, str]
    faults: tuple[str, ...]
    sizes: Mapping[str, float]
    beside: tuple[Beside, ...] = ()
    values: tuple[str, ...] = ()
    partner: Partner | None = None


@dataclass(frozen=True, slots=True)
class Lots:
    """A tag that numbers lots, heats or pieces; ``values`` are tags told as they were at the end of each."""

    tag: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Work that is due when ``tag`` reaches ``due``, counted from ``fresh``, both in its unit of measure."""

    name: Text
    tag: str
    due: float
    fresh: float


@dataclass(frozen=True, slots=True)
class UnitPage:
    """What the page of a unit tells beside its values: the steps of its cycle, its lots, its upkeep.

    ``step`` is the tag of the present step, "" where there is none; ``since`` the tag of how long it lasts so far, ""
    where only the history knows. ``lasts_min`` are the usual times of steps in their order; then they begin anew.
    """

    templates: tuple[str, ...]
    step: str
    since: str
    lasts_min: Mapping[str, float]
    lots: tuple[Lots, ...]
    upkeep: tuple[Upkeep, ...]
