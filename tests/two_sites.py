"""A complex of two sites: S01 with three tags and S02 with two, ids 11 to 15, for tests of live state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from didymium.model.plant import Complex, Protocol
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from tests.trial import complex_of

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
PATHS = ("S01.A1.U1.T0", "S01.A1.U1.T1", "S01.A1.U1.T2", "S02.A1.U1.T0", "S02.A1.U1.T1")


def two_sites(periods_s: Sequence[float] = (1.0, 1.0, 1.0, 1.0, 1.0)) -> tuple[Complex, TagIds]:
    """The complex and its ids; row r has id 11 + r."""
    one, _ = complex_of(Protocol.OPCUA, "opc.tcp://127.0.0.1:1", {}, ["x"] * 5)
    unit = one.units[0]
    first = replace(unit, count=3)
    second = replace(unit, site="S02", first=3, count=2)
    sites = (
        replace(one.sites[0], areas=(replace(one.sites[0].areas[0], units=(first,)),), count=3),
        replace(one.sites[0], id="S02", areas=(replace(one.sites[0].areas[0], units=(second,)),), first=3, count=2),
    )
    tags = replace(
        one.tags,
        path=PATHS,
        site=np.array([0, 0, 0, 1, 1], np.int16),
        unit=np.array([0, 0, 0, 1, 1], np.int32),
        period_s=np.array(periods_s),
    )
    return replace(one, sites=sites, units=(first, second), tags=tags), TagIds(np.arange(11, 16, dtype=np.uint32))


def at(ids: Sequence[int], time_us: int | Sequence[int], values: Sequence[float] | None = None) -> Readings:
    """One reading of each id, at one time or each at its own."""
    n = len(ids)
    times = np.broadcast_to(np.array(time_us, np.int64), n).copy()
    return Readings.of(np.array(ids, np.uint32), times, np.array(values if values is not None else [1.0] * n))
