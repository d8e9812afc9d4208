"""What happened: schema, writer, raw and bucketed queries, rollups."""

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
from didymium.historian.reading import Buckets, MinuteCounts, TagCounts
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
    "StoreBusy",
    "StoreDamaged",
    "StoreTooNew",
    "TagCounts",
]
