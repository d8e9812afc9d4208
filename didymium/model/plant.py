"""A complex as read from its folder: sites, areas, units, tags, flows, headline figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from didymium.model.drawings import Mimic, UnitPage
from didymium.model.quantity import Resolution
from didymium.model.ranges import described
from didymium.model.text import Text as Text


class Origin(StrEnum):
    """Where a site or figure comes from."""

    PUBLISHED = "published"
    NAMED = "named"
    ASSUMED = "assumed"


class Kind(StrEnum):
    """What a tag's value means, which decides how it is checked, drawn and counted."""

    ANALOG = "analog"
    COUNTER = "counter"
    ENUM = "enum"
    BOOL = "bool"
    ID = "id"
    BITS = "bits"
    INT = "int"

    @property
    def stepped(self) -> bool:
        """Whether the value holds until the next reading; what is measured moves between readings instead."""
        return self is not Kind.ANALOG


class Protocol(StrEnum):
    """How a site's devices speak."""

    OPCUA = "opcua"
    S7 = "s7"
    MODBUS = "modbus"
    SPARKPLUG = "sparkplug"


@dataclass(frozen=True, slots=True)
class TemplateTag:
    """One row of a template's CSV, before its index range is expanded.

    ``name`` may hold one range, ``Z[1..8]_T1``. ``resolution`` is 0 when ``significant`` digits apply.
    Limits are NaN where there is none; ``limit_text`` keeps what is not a plain number (``SP-40``).
    """

    name: str
    kind: Kind
    unit: str
    low: float
    high: float
    resolution: float
    significant: int
    ll: float
    l: float  # noqa: E741 - ISA-18.2 names the limits LL, L, H, HH
    h: float
    hh: float
    limit_text: str
    noise_sigma: float
    labels: tuple[str, ...]
    description: Text


@dataclass(frozen=True, slots=True)
class Template:
    """The tags that every unit of one type has."""

    id: str
    name: Text
    tags: tuple[TemplateTag, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """One machine. Its tags are rows ``first`` to ``first + count`` of the complex's tag table."""

    id: str
    site: str
    area: str
    template: str
    number: int
    name: Text
    first: int
    count: int

    @property
    def path(self) -> str:
        return f"{self.site}.{self.area}.{self.id}"

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + self.count)


@dataclass(frozen=True, slots=True)
class Area:
    """A hall or line of a site; over Sparkplug it is one device, over OPC UA one PLC session."""

    id: str
    name: Text
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a site. ``options`` are the protocol's own keys, checked by its connector."""

    protocol: Protocol
    endpoint: str
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Site:
    """A plant. ``x`` and ``y`` place it on the complex's schematic, 0-1, material flowing left to right."""

    id: str
    name: Text
    origin: Origin
    source: str
    process: Text
    rate: Text
    x: float
    y: float
    areas: tuple[Area, ...]
    connection: Connection
    first: int
    count: int

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + self.count)


class Method(StrEnum):
    """How an amount follows from the tags of a flow or a headline, before ``factor``.

    ``COUNTER``: how much they grew; a fall from the last tenth of the tag's range is a roll-over at its ``high``,
    any other fall a device that started anew. ``SUM_OF_CHANGES``: each time a value changes, the new value is added
    (the weight of each new piece; a return to 0 adds nothing). ``COUNT_OF_CHANGES``: how often they changed (each
    new number is one piece). ``INTEGRAL_PER_HOUR``: the values are rates per hour, summed over time.
    """

    COUNTER = "counter"
    SUM_OF_CHANGES = "sum_of_changes"
    COUNT_OF_CHANGES = "count_of_changes"
    INTEGRAL_PER_HOUR = "integral_per_hour"


@dataclass(frozen=True, slots=True)
class Flow:
    """Goods between two sites. A day's amount from ``tags`` by ``method``, times ``factor``, is t/d.

    ``tags`` are patterns over tag paths as ``fnmatch`` reads them.
    """

    id: str
    source: str
    target: str
    name: Text
    goods: str
    plan_t_d: float
    origin: Origin
    tags: tuple[str, ...]
    factor: float
    method: Method = Method.COUNTER


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of the day with its plan. The day's amount comes from ``tags`` by ``method``, times ``factor``.

    ``tags`` are patterns over tag paths as ``fnmatch`` reads them.
    """

    id: str
    site: str
    name: Text
    unit: str
    plan: float
    origin: Origin
    source: str
    tags: tuple[str, ...]
    factor: float
    method: Method = Method.COUNTER


@dataclass(frozen=True)
class TagTable:
    """All tags of a complex as columns in model order (site, area, unit, template row).

    ``scale`` is 1/resolution, so that a quantised value is exactly ``round(v * scale) / scale``; 0 where the
    resolution is in significant digits. ``site`` and ``unit`` index ``Complex.sites`` and ``Complex.units``.
    ``address`` is the device's own name for the point: metric, node id, register or DB offset.
    """

    path: tuple[str, ...]
    address: tuple[str, ...]
    site: NDArray[np.int16]
    unit: NDArray[np.int32]
    template_tag: tuple[TemplateTag, ...]
    name: tuple[str, ...]
    kind: tuple[Kind, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    scale: NDArray[np.float64]
    ll: NDArray[np.float64]
    l: NDArray[np.float64]  # noqa: E741 - ISA-18.2 names the limits LL, L, H, HH
    h: NDArray[np.float64]
    hh: NDArray[np.float64]
    period_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.path)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Path to row."""
        return {path: row for row, path in enumerate(self.path)}

    @cached_property
    def description(self) -> tuple[Text, ...]:
        """(n,) what each tag is, with its own index in the words: ``Zone 3 control thermocouple``."""
        return tuple(
            Text(described(tag.description.en, tag.name, name), described(tag.description.zh, tag.name, name))
            for tag, name in zip(self.template_tag, self.name, strict=True)
        )

    @cached_property
    def stepped(self) -> NDArray[np.bool_]:
        """(n,) OPC UA's Stepped attribute: states, counters and numbers of things hold; measurements slope."""
        return np.array([kind.stepped for kind in self.kind], np.bool_)

    @cached_property
    def decimals(self) -> NDArray[np.int8]:
        """(n,) decimals to show; minus the number of significant digits where the resolution is given in those."""
        return np.array([Resolution(t.resolution, t.significant).decimals for t in self.template_tag], np.int8)


@dataclass(frozen=True, slots=True)
class ShiftRule:
    """A shift that is worked every day from a clock time of the plant's zone, in minutes after midnight."""

    id: str
    name: Text
    starts_min: int


@dataclass(frozen=True, slots=True)
class LabelWords:
    """Labels of states in Chinese: of one tag (``T_FILT.STATE``, its name as in the template's CSV), else of any."""

    known: Mapping[str, str] = field(default_factory=dict)
    of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text(self, template: str, tag: TemplateTag, label: str) -> Text:
        """A label of a tag as screens show it; one without a word stands as it is."""
        own = self.of.get(f"{template}.{tag.name}", {})
        return Text(label, own.get(label) or self.known.get(label, label))


@dataclass(frozen=True)
class Complex:
    """Everything that a complex folder says, checked and expanded."""

    id: str
    name: Text
    zone: str
    sites: tuple[Site, ...]
    units: tuple[Unit, ...]
    templates: Mapping[str, Template]
    flows: tuple[Flow, ...]
    headlines: tuple[Headline, ...]
    tags: TagTable
    shifts: tuple[ShiftRule, ...] = ()
    """As written, in the order of their clock times; none where nothing is written (``model.shifts.USUAL``)."""
    mimics: tuple[Mimic, ...] = ()
    label_words: LabelWords = LabelWords()
    pages: tuple[UnitPage, ...] = ()

    def label(self, tag: int, label: str) -> Text:
        """A label of a tag, by its row, as screens show it."""
        unit = self.units[self.tags.unit[tag]]
        return self.label_words.text(unit.template, self.tags.template_tag[tag], label)

    @cached_property
    def site_of(self) -> dict[str, Site]:
        """Site id to site."""
        return {site.id: site for site in self.sites}

    @cached_property
    def unit_of(self) -> dict[str, Unit]:
        """Unit path to unit."""
        return {unit.path: unit for unit in self.units}
