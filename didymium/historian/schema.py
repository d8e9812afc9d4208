"""The store's tables and their version.

This is the only module that knows how readings lie on disk: column types, codecs and the conversion between
``Readings`` and stored columns live here, so that another storage form changes this file and adds one
migration (``migration``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian.engine import Columns, Engine, column
from didymium.historian.exact import VALUE_SQL, Forms, decoded
from didymium.historian.native import Column, encode
from didymium.historian.truth import Stored
from didymium.model.readings import Readings

VERSION: Final = 3

DAY_US: Final = 86_400_000_000
MINUTE_US: Final = 60_000_000
TOKENS_KEPT: Final = 10_000
"""Insert tokens that the engine remembers: at one write a second, more than two hours."""

# Every insert and merge reaches the disk before it counts; outdated parts stay 8 minutes, so that a power cut
# right after a merge finds its sources.
DURABLE: Final = (
    "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480"
)

# The default of 5 merges each row about twice as often; merging costs more than inserting (docs/adr/010).
_FEW_MERGES: Final = "merge_selector_base = 10"

# Columns are merged one after the other, which takes a sixth less; and while merges wait, inserts do not (merging).
_MANY_PARTS: Final = (
    "vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 1,"
    " parts_to_delay_insert = 3000, parts_to_throw_insert = 6000"
)

_DATABASE: Final = "<database>"
"""Stands for the database's name in the definitions."""
_LONG: Final = "SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 1048576)"

_SHORT: Final = "SETTINGS (min_compress_block_size = 16384, max_compress_block_size = 16384)"
"""Noise packs best when few tags share a code table."""
PACKED: Final = {
    "tag": f"CODEC(Delta, ZSTD(3)) {_LONG}",
    "low": f"CODEC(Delta(1), ZSTD(1)) {_SHORT}",
    "high": f"CODEC(Delta(8), ZSTD(6)) {_LONG}",
}
"""How these columns of points are packed since schema 3."""

POINT_TYPES: Final = {
    "tag": "UInt32",
    "ts": "DateTime64(6, 'UTC')",
    "low": "UInt8",
    "high": "Int64",
    "form": "UInt8",
    "status": "UInt32",
    "flags": "UInt8",
    "known_s": "UInt32",
}
"""How a reading is stored: its value as ``exact`` has it, and ``known_s``, the unix second at which it was stored where
that was after its minute had been closed, else 0."""

READING_TYPES: Final = {
    "tag": "UInt32",
    "ts": "DateTime64(6, 'UTC')",
    "value": "Float64",
    "status": "UInt32",
    "flags": "UInt8",
}
"""How a reading is kept where few are: its value as it is."""

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


def _rollup(name: str, window: str, month: str) -> str:
    return f"""{name} (
    tag UInt32 CODEC(Delta, ZSTD(1)),
    {window} DateTime('UTC') CODEC(Delta, ZSTD(1)),
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
) ENGINE = ReplacingMergeTree(version) PARTITION BY {month}({window}) ORDER BY (tag, {window}) SETTINGS {DURABLE}"""


_TABLES: Final = (
    # Codecs as measured (docs/adr/010). Long blocks of what hardly changes come to nearly nothing.
    f"""points (
    tag UInt32 {PACKED["tag"]},
    ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)) {_LONG},
    low UInt8 {PACKED["low"]},
    high Int64 {PACKED["high"]},
    form UInt8 CODEC(ZSTD(1)) {_LONG},
    status UInt32 CODEC(ZSTD(1)),
    flags UInt8 CODEC(ZSTD(1)),
    known_s UInt32 CODEC(Delta, ZSTD(1)) {_LONG}
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY (tag, ts)
SETTINGS {DURABLE}, {_FEW_MERGES}, {_MANY_PARTS}, non_replicated_deduplication_window = {TOKENS_KEPT}""",
    f"""tags (id UInt32, path String, first_seen DateTime64(6, 'UTC'), retired DateTime64(6, 'UTC'), version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY id SETTINGS {DURABLE}""",
    f"""positions (edge String, first_seq UInt64, last_seq UInt64, version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY edge SETTINGS {DURABLE}""",
    # On a cluster: the shard of each site, from 0; the row without a site says which shard this server is.
    f"""homes (site String, shard UInt16)
ENGINE = ReplacingMergeTree ORDER BY site SETTINGS {DURABLE}""",
    f"""newest (
    tag UInt32, ts DateTime64(6, 'UTC'), value Float64, status UInt32, flags UInt8
) ENGINE = ReplacingMergeTree(ts) ORDER BY tag SETTINGS {DURABLE}""",
    _rollup("points_1m", "minute", "toYYYYMM"),
    _rollup("points_1h", "hour", "toYear"),
    f"""corrections (
    tag UInt32, ts DateTime64(6, 'UTC'), kind UInt8, value Float64, status UInt32, at DateTime64(6, 'UTC'),
    who String, why String, version UInt64
) ENGINE = MergeTree ORDER BY (tag, ts, version) SETTINGS {DURABLE}""",
    f"""annotations (
    id UInt64, tag UInt32, ts DateTime64(6, 'UTC'), text String, who String, at DateTime64(6, 'UTC'), version UInt64
) ENGINE = MergeTree ORDER BY (tag, ts, id, version) SETTINGS {DURABLE}""",
    # Tag 0 stands for every tag.
    f"""dirty (minute DateTime('UTC'), tag UInt32, done UInt8, version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY (minute, tag) SETTINGS {DURABLE}""",
    f"""marks (name String, at DateTime64(6, 'UTC'), version UInt64)
ENGINE = ReplacingMergeTree(version) ORDER BY name SETTINGS {DURABLE}""",
    f"""ledger (
    site String, minute DateTime('UTC'), expected UInt32, received UInt32, cause String, version UInt64
) ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(minute) ORDER BY (minute, site) SETTINGS {DURABLE}""",
    # For people who ask: the points with their values. An ALIAS column of points itself would cost each question 1 ms.
    f"""readings (
    tag UInt32, ts DateTime64(6, 'UTC'), low UInt8, high Int64, form UInt8, status UInt32, flags UInt8, known_s UInt32,
    value Float64 ALIAS {VALUE_SQL}
) ENGINE = Merge('{_DATABASE}', '^points$')""",
    # Needed only while a replay is being compared.
    """replayed (tag UInt32, ts DateTime64(6, 'UTC'), value Float64, status UInt32, flags UInt8)
ENGINE = Memory""",
)

TABLES: Final = tuple(text.split(" ", 1)[0] for text in _TABLES)

SHARDED: Final = frozenset({"points", "points_1m", "points_1h", "corrections", "annotations"})
PASSING: Final = frozenset({"readings", "replayed"})
"""Tables whose rows are another table's, or nobody's for long."""
"""On a cluster these lie on the shards, each row where its tag is at home; every server has all of the others."""


def create(engine: Engine, names: Iterable[str]) -> None:
    """Make those of these tables that are not there."""
    for definition in _TABLES:
        if definition.split(" ", 1)[0] in names:
            made = definition.replace(_DATABASE, engine.database)
            engine.command(f"CREATE TABLE IF NOT EXISTS {engine.database}.{made}")


def points_block(readings: Readings, known_s: NDArray[np.uint32], forms: Forms) -> bytes:
    """Readings, sorted by tag and time, as a Native block of ``points``.

    ``flags`` and ``known_s`` are left out where they are 0 throughout, which the engine fills in for less.
    """
    low, high, form = forms.encoded(readings.tag, readings.value)
    columns: dict[str, Column] = {
        "tag": readings.tag,
        "ts": readings.time_us,
        "low": low,
        "high": high,
        "form": form,
        "status": readings.status,
    }
    columns |= {name: rows for name, rows in (("flags", readings.flags), ("known_s", known_s)) if rows.any()}
    return encode({name: POINT_TYPES[name] for name in columns}, columns.values())


def readings_block(readings: Readings) -> bytes:
    """Readings as a Native block of ``newest`` or ``replayed``."""
    columns: list[Column] = [readings.tag, readings.time_us, readings.value, readings.status, readings.flags]
    return encode(READING_TYPES, columns)


POINT_COLUMNS: Final = "tag, ts, low, high, form, status, flags"
READING_COLUMNS: Final = "tag, ts, value, status, flags"


def stored_of(columns: Columns) -> Stored:
    """The answer to ``SELECT {POINT_COLUMNS}``, with or without ``known_s``, as stored rows.

    Their flags are 0 where those were not asked for.
    """
    time_us = column(columns, "ts", np.int64)
    n = len(time_us)
    return Stored(
        column(columns, "tag", np.uint32),
        time_us,
        decoded(column(columns, "low", np.uint8), column(columns, "high", np.int64), column(columns, "form", np.uint8)),
        column(columns, "status", np.uint32),
        column(columns, "flags", np.uint8) if "flags" in columns else np.zeros(n, np.uint8),
        column(columns, "known_s", np.uint32) if "known_s" in columns else np.zeros(n, np.uint32),
    )


def readings_of(columns: Columns) -> Readings:
    """The answer to ``SELECT {READING_COLUMNS}`` as readings."""
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
