"""The store's tables, their version, and the way from an older version to this one.

This is the only module that knows how readings lie on disk: column types, codecs and the conversion between
``Readings`` and stored columns live here, so that another storage form changes this file and adds one migration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian.engine import Columns, Engine, column
from didymium.historian.errors import StoreTooNew
from didymium.historian.native import Column, encode
from didymium.model.readings import Readings

VERSION: Final = 1

DAY_US: Final = 86_400_000_000
MINUTE_US: Final = 60_000_000
TOKENS_KEPT: Final = 10_000
"""Insert tokens that the engine remembers: at one write a second, more than two hours."""

# Every insert and merge reaches the disk before it counts; outdated parts stay 8 minutes, so that a power cut
# right after a merge finds its sources.
_DURABLE: Final = (
    "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480"
)

# The default of 5 merges each row about twice as often; merging costs more than inserting (docs/adr/010).
_FEW_MERGES: Final = "merge_selector_base = 10"

POINT_TYPES: Final = {
    "tag": "UInt32",
    "ts": "DateTime64(6, 'UTC')",
    "value": "Float64",
    "status": "UInt32",
    "flags": "UInt8",
}

ROLLUP_TYPES: Final = {
    "tag": "UInt32",
    "minute": "DateTime('UTC')",
    "n": "UInt32",
    "n_good": "UInt32",
    "low": "Float64",
    "high": "Float64",
    "total": "Float64",
    "first": "Float64",
    "last": "Float64",
    "first_us": "UInt32",
    "last_us": "UInt32",
    "last_status": "UInt32",
    "version": "UInt64",
}
"""``low``, ``high`` and ``total`` are over good finite values, NaN, NaN and 0 without any; ``first_us`` and
``last_us`` count from the minute's start; of two rows for one minute the higher ``version`` holds."""

_TABLES: Final = (
    # Codecs as measured (docs/adr/010): Delta(8) then ZSTD(1) beats Gorilla on quantised plant signals.
    f"""points (
    tag UInt32 CODEC(Delta, ZSTD(1)),
    ts DateTime64(6, 'UTC') CODEC(GCD, Delta, ZSTD(1)),
    value Float64 CODEC(Delta(8), ZSTD(1)),
    status UInt32 CODEC(ZSTD(1)),
    flags UInt8 CODEC(ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY (tag, ts)
SETTINGS {_DURABLE}, {_FEW_MERGES}, non_replicated_deduplication_window = {TOKENS_KEPT}""",
    f"""tags (id UInt32, path String, first_seen DateTime64(6, 'UTC'), retired DateTime64(6, 'UTC'), version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY id SETTINGS {_DURABLE}""",
    f"""positions (edge String, first_seq UInt64, last_seq UInt64, version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY edge SETTINGS {_DURABLE}""",
    f"""newest (
    tag UInt32, ts DateTime64(6, 'UTC'), value Float64, status UInt32, flags UInt8
) ENGINE = ReplacingMergeTree(ts) ORDER BY tag SETTINGS {_DURABLE}""",
    f"""points_1m (
    tag UInt32 CODEC(Delta, ZSTD(1)),
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    n UInt32 CODEC(ZSTD(1)),
    n_good UInt32 CODEC(ZSTD(1)),
    low Float64 CODEC(Delta(8), ZSTD(1)),
    high Float64 CODEC(Delta(8), ZSTD(1)),
    total Float64 CODEC(Delta(8), ZSTD(1)),
    first Float64 CODEC(Delta(8), ZSTD(1)),
    last Float64 CODEC(Delta(8), ZSTD(1)),
    first_us UInt32 CODEC(ZSTD(1)),
    last_us UInt32 CODEC(ZSTD(1)),
    last_status UInt32 CODEC(ZSTD(1)),
    version UInt64 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(minute) ORDER BY (tag, minute) SETTINGS {_DURABLE}""",
    f"""dirty (minute DateTime('UTC'), done UInt8, version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY minute SETTINGS {_DURABLE}""",
    f"""marks (name String, at DateTime64(6, 'UTC'), version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY name SETTINGS {_DURABLE}""",
    f"""ledger (
    site String, minute DateTime('UTC'), expected UInt32, received UInt32, cause String, version UInt64
) ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(minute) ORDER BY (minute, site) SETTINGS {_DURABLE}""",
    # Needed only while a replay is being compared.
    """replayed (tag UInt32, ts DateTime64(6, 'UTC'), value Float64, status UInt32, flags UInt8)
ENGINE = Memory""",
)

TABLES: Final = tuple(text.split(" ", 1)[0] for text in _TABLES)

MIGRATIONS: Final[dict[int, Callable[[Engine], None]]] = {}
"""``MIGRATIONS[n]`` brings a store from schema n to n + 1. It may be cut off and run again from its start."""


def prepare(engine: Engine) -> None:
    """Create what is missing and migrate what is older. Raises ``StoreTooNew`` for a later program's store."""
    engine.command(
        f"CREATE TABLE IF NOT EXISTS {engine.database}.schema (version UInt32) "
        f"ENGINE = MergeTree ORDER BY version SETTINGS {_DURABLE}"
    )
    found = int(engine.read(f"SELECT max(version) AS version FROM {engine.database}.schema")["version"][0])
    if found > VERSION:
        raise StoreTooNew(found, VERSION)
    if found == VERSION:
        return
    if found == 0:
        for definition in _TABLES:
            engine.command(f"CREATE TABLE IF NOT EXISTS {engine.database}.{definition}")
        _stamp(engine, VERSION)
        return
    for version in range(found, VERSION):
        MIGRATIONS[version](engine)
        _stamp(engine, version + 1)


def _stamp(engine: Engine, version: int) -> None:
    columns: list[Column] = [np.array([version])]
    engine.insert("schema", encode({"version": "UInt32"}, columns), {})


def points_block(readings: Readings) -> bytes:
    """Readings, sorted by tag and time, as a Native block of ``points`` or ``newest``."""
    columns: list[Column] = [readings.tag, readings.time_us, readings.value, readings.status, readings.flags]
    return encode(POINT_TYPES, columns)


POINT_COLUMNS: Final = "tag, ts, value, status, flags"


def readings_of(columns: Columns) -> Readings:
    """The answer to ``SELECT {POINT_COLUMNS}`` as readings."""
    return Readings(
        column(columns, "tag", np.uint32),
        column(columns, "ts", np.int64),
        column(columns, "value", np.float64),
        column(columns, "status", np.uint32),
        column(columns, "flags", np.uint8),
    )


def time(at_us: int) -> str:
    """A moment as SQL, to compare with ``ts``."""
    return f"fromUnixTimestamp64Micro(toInt64({at_us}), 'UTC')"


def minute(at_us: int) -> str:
    """The start of a moment's minute as SQL, to compare with ``minute``."""
    return f"toDateTime({at_us // MINUTE_US * 60}, 'UTC')"


def minute_s(at_us: NDArray[Any]) -> NDArray[np.uint32]:
    """Moments as the stored form of their minute: seconds since 1970."""
    return (at_us // MINUTE_US * 60).astype(np.uint32)
