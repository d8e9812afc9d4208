"""A complex of one unit with a handful of tags, for tests that need no plant."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from didymium.model.plant import (
    Area,
    Complex,
    Connection,
    Kind,
    Origin,
    Protocol,
    Site,
    TagTable,
    Template,
    TemplateTag,
    Text,
    Unit,
)
from didymium.model.registry import TagIds


def complex_of(
    protocol: Protocol, endpoint: str, options: Mapping[str, object], addresses: Sequence[str]
) -> tuple[Complex, TagIds]:
    """A complex of one site S01, area A1, unit U1 with the tags T0.. at the given addresses, ids 11, 12, .."""
    text = Text("trial", "试")
    n = len(addresses)
    tag = TemplateTag(
        "T[0..3]", Kind.ANALOG, "kW", 0.0, 1000.0, 0.001, 0, math.nan, math.nan, math.nan, math.nan, "", 0.0, (), text
    )  # fmt: skip
    unit = Unit("U1", "S01", "A1", "TRIAL", 1, text, 0, n)
    site = Site(
        "S01", text, Origin.ASSUMED, "", text, text, 0.5, 0.5, (Area("A1", text, (unit,)),),
        Connection(protocol, endpoint, options), 0, n,
    )  # fmt: skip
    nan = np.full(n, np.nan)
    tags = TagTable(
        path=tuple(f"S01.A1.U1.T{i}" for i in range(n)),
        address=tuple(addresses),
        site=np.zeros(n, np.int16),
        unit=np.zeros(n, np.int32),
        template_tag=(tag,) * n,
        name=tuple(f"T{i}" for i in range(n)),
        kind=(Kind.ANALOG,) * n,
        low=np.zeros(n),
        high=np.full(n, 1000.0),
        scale=np.full(n, 1000.0),
        ll=nan, l=nan, h=nan, hh=nan,
        period_s=np.ones(n),
    )  # fmt: skip
    complex_ = Complex(
        "trial", text, "Asia/Shanghai", (site,), (unit,), {"TRIAL": Template("TRIAL", text, (tag,))}, (), (), tags
    )
    return complex_, TagIds(np.arange(11, 11 + n, dtype=np.uint32))
