"""What happened: schema, writer, raw and bucketed queries, rollups."""

from didymium.historian.buckets import Buckets
from didymium.historian.counts import MinuteCounts, TagCounts
from didymium.historian.disk import DiskState
from didymium.historian.errors import (
    BadUrl,
    DiskFull,
    EngineError,
    HistorianError,
    QueryTooLong,
    RefusedQuery,
    ShardDown,
    StoreBusy,
    StoreDamaged,
    StoreTooNew,
)
from didymium.historian.ledger import LedgerRow
from didymium.historian.sites import SiteSums
from didymium.historian.store import Historian
from didymium.historian.writer import Position

__all__ = [
    "BadUrl",
    "Buckets",
    "DiskFull",
    "DiskState",
    "EngineError",
    "Historian",
    "HistorianError",
    "LedgerRow",
    "MinuteCounts",
    "Position",
    "QueryTooLong",
    "RefusedQuery",
    "ShardDown",
    "SiteSums",
    "StoreBusy",
    "StoreDamaged",
    "StoreTooNew",
    "TagCounts",
]
