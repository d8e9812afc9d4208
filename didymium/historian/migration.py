"""The way from an older store to this program's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from didymium.historian import schema
from didymium.historian.engine import Engine, column
from didymium.historian.errors import StoreTooNew
from didymium.historian.exact import Forms
from didymium.historian.native import Column, encode

COPY_ROWS: Final = 500_000
"""Rows of one table that a migration holds in memory, about."""


def prepare(engine: Engine) -> None:
    """Create what is missing and migrate what is older. Raises ``StoreTooNew`` for a later program's store."""
    engine.command(
        f"CREATE TABLE IF NOT EXISTS {engine.database}.schema (version UInt32) "
        f"ENGINE = MergeTree ORDER BY version SETTINGS {schema.DURABLE}"
    )
    found = int(engine.read(f"SELECT max(version) AS version FROM {engine.database}.schema")["version"][0])
    if found > schema.VERSION:
        raise StoreTooNew(found, schema.VERSION)
    if found == 0:
        schema.create(engine, schema.TABLES)
        _stamp(engine, schema.VERSION)
        return
    for version in range(found, schema.VERSION):
        MIGRATIONS[version](engine)
        _stamp(engine, version + 1)


def _stamp(engine: Engine, version: int) -> None:
    columns: list[Column] = [np.array([version])]
    engine.insert("schema", encode({"version": "UInt32"}, columns), {})


def to_exact(engine: Engine) -> None:
    """From schema 1: values become integers where they can, dirty minutes know their tag, new tables appear."""
    database = engine.database
    if _has(engine, "points", "value") and not _has(engine, "points", "form"):
        engine.command(f"RENAME TABLE {database}.points TO {database}.points_before")
    if _has(engine, "points_before", "value"):
        engine.command(f"DROP TABLE IF EXISTS {database}.points")
        schema.create(engine, ["points"])
        _copy_points(engine)
        engine.command(f"DROP TABLE {database}.points_before SYNC")
    if not _has(engine, "dirty", "tag"):
        engine.command(f"RENAME TABLE {database}.dirty TO {database}.dirty_before")
    schema.create(engine, schema.TABLES)
    if _has(engine, "dirty_before", "minute"):
        engine.command(
            f"INSERT INTO {database}.dirty (minute, tag, done, version)"
            f" SELECT minute, 0, done, version FROM {database}.dirty_before FINAL WHERE done = 0"
        )
        engine.command(f"DROP TABLE {database}.dirty_before SYNC")


def _has(engine: Engine, table: str, name: str) -> bool:
    found = engine.read(
        f"SELECT count() AS n FROM system.columns WHERE database = '{engine.database}'"
        f" AND table = '{table}' AND name = '{name}'"
    )
    return int(found["n"][0]) > 0


def _copy_points(engine: Engine) -> None:
    """Every row of ``points_before``, day by day and tags by tags, as ``points`` has it."""
    source = f"{engine.database}.points_before"
    counts = engine.read(
        f"SELECT toDate(ts) AS day, tag, count() AS n FROM {source} GROUP BY day, tag ORDER BY day, tag"
    )
    day, tag = column(counts, "day", np.int64), column(counts, "tag", np.uint32)
    forms = Forms(np.zeros(1, np.uint8))
    taken = 0
    start = 0
    for i, n in enumerate(column(counts, "n", np.int64)):
        taken += int(n)
        last = i + 1 == len(day)
        if last or day[i + 1] != day[i] or taken >= COPY_ROWS:
            rows = schema.readings_of(
                engine.read(
                    f"SELECT {schema.READING_COLUMNS} FROM {source} WHERE toDate(ts) = toDate({int(day[i])})"
                    f" AND tag >= {int(tag[start])} AND tag <= {int(tag[i])} ORDER BY tag, ts"
                )
            )
            engine.insert("points", schema.points_block(rows, np.zeros(len(rows), np.uint32), forms), {})
            taken, start = 0, i + 1


def to_smaller(engine: Engine) -> None:
    """From schema 2: points are packed closer from now on; what is there is packed anew when it is merged."""
    for name, packed in schema.PACKED.items():
        engine.command(f"ALTER TABLE {engine.database}.points MODIFY COLUMN {name} {schema.POINT_TYPES[name]} {packed}")


MIGRATIONS: Final[dict[int, Callable[[Engine], None]]] = {1: to_exact, 2: to_smaller}
"""``MIGRATIONS[n]`` brings a store from schema n to n + 1. It may be cut off and run again from its start."""
