"""The completeness ledger on disk: expected and received points per site and minute, with the cause of a gap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from didymium.historian import schema
from didymium.historian.engine import Engine, column
from didymium.historian.native import encode
from didymium.historian.versions import Versions

_TYPES: Final = {
    "site": "String",
    "minute": "DateTime('UTC')",
    "expected": "UInt32",
    "received": "UInt32",
    "cause": "String",
    "version": "UInt64",
}


class LedgerRow(NamedTuple):
    """One site's minute; ``cause`` is empty where nothing is missing."""

    site: str
    minute_us: int
    expected: int
    received: int
    cause: str


def save(engine: Engine, versions: Versions, rows: Iterable[tuple[str, int, int, int, str]]) -> None:
    """Store rows (site, minute_us, expected, received, cause); a later row for the same site and minute replaces."""
    columns = list(zip(*rows, strict=True))
    if not columns:
        return
    site, minute_us, expected, received, cause = columns
    minute_s = schema.minute_s(np.array(minute_us, np.int64))
    version = np.full(len(site), versions.next(), np.uint64)
    numbers = [np.array(expected, np.uint32), np.array(received, np.uint32)]
    engine.insert("ledger", encode(_TYPES, [site, minute_s, *numbers, cause, version]), {})


def load(engine: Engine, from_us: int, to_us: int) -> list[LedgerRow]:
    """The rows of the minutes in ``[from_us, to_us)`` by minute and site."""
    found = engine.read(
        "SELECT site, minute, expected, received, cause"
        f" FROM {engine.database}.ledger AS l FINAL WHERE l.minute >= {schema.minute(from_us)}"
        f" AND l.minute < {schema.minute(to_us + schema.MINUTE_US - 1)} ORDER BY l.minute, l.site"
    )
    names = ("minute", "expected", "received")
    minute, expected, received = (column(found, name, np.int64).tolist() for name in names)
    sites, causes = column(found, "site", np.object_), column(found, "cause", np.object_)
    return [
        LedgerRow(str(s), m * 1_000_000, e, r, str(c))
        for s, m, e, r, c in zip(sites, minute, expected, received, causes, strict=True)
    ]
