"""A table of the engine in parts of readings: written, and asked by its files and by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from didymium.historian import schema
from didymium.historian.engine import Columns, Engine
from didymium.historian.exact import Forms
from didymium.historian.parts.table import Table
from didymium.historian.points import END_US, FIRST_US
from didymium.historian.scan import TIME_COLUMN, Scan
from didymium.model.readings import Readings
from tests.stored import T0

POINTS = ("low", "high", "form", "status", "flags", "known_s")
MINUTES = tuple(name for name in schema.ROLLUP_TYPES if name not in ("tag", "minute"))
TAGS = 60
EVERY = tuple(range(1, TAGS + 1))
EVER = (FIRST_US, END_US)


def put(engine: Engine, readings: Readings, known_s: NDArray[np.uint32] | None = None) -> None:
    """Store readings of one day, in any order, as one part."""
    order = np.lexsort((readings.time_us, readings.tag))
    known = np.zeros(len(order), np.uint32) if known_s is None else known_s[order]
    block = schema.points_block(readings.take(order), known, Forms(np.zeros(TAGS + 1, np.uint8)))
    engine.store(block, None, replay=False)


def steady(rows: int, at_us: int = T0, status: int = 0) -> Readings:
    """So many rows of each of the tags, one a second."""
    tag = np.repeat(np.array(EVERY, np.uint32), rows)
    time_us = at_us + np.tile(np.arange(rows, dtype=np.int64) * 1_000_000, TAGS)
    return Readings.of(tag, time_us, np.round(np.sin(np.arange(len(tag))), 3), np.full(len(tag), status, np.uint32))


def by_sql(engine: Engine, table: str, columns: Sequence[str], tags: Sequence[int], first: int, end: int) -> Columns:
    """The same question as ``Scan`` has, put so that the engine can take no short cut of ours."""
    name = TIME_COLUMN[table]
    at = "toUnixTimestamp64Micro(ts)" if name == "ts" else f"toInt64(toUnixTimestamp({name}))"
    wanted = ", ".join(map(str, tags))
    return engine.read(
        f"SELECT tag, {', '.join([name, *columns])} FROM didymium.{table}"
        f" WHERE has([{wanted}], tag) AND {at} >= {first} AND {at} < {end}"
    )


def digests(found: Columns) -> NDArray[np.uint64]:
    """One number for each row, of all its bits; sorted, because rows of one moment come in any order."""
    digest = np.zeros(len(found["tag"]) if found else 0, np.uint64)
    for _, column in sorted(found.items()):
        digest = (digest ^ column.view(f"u{column.itemsize}")) * np.uint64(0x9E37_79B9_7F4A_7C15)
        digest ^= digest >> np.uint64(29)
    return np.sort(digest)


def in_order(found: Columns, table: str) -> bool:
    """Whether the rows go by tag and time."""
    if not found:
        return True
    tag, at = found["tag"].astype(np.int64), found[TIME_COLUMN[table]].astype(np.int64)
    return bool(((np.diff(tag) > 0) | ((np.diff(tag) == 0) & (np.diff(at) >= 0))).all())


def same_as_sql(
    engine: Engine,
    scan: Scan,
    tags: Sequence[int] = EVERY,
    first: int = FIRST_US,
    end: int = END_US,
    table: str = "points",
) -> int:
    """Ask both ways for every column, and how many rows there were."""
    columns = POINTS if table == "points" else MINUTES
    found, expected = scan.rows(table, columns, tags, first, end), by_sql(engine, table, columns, tags, first, end)
    assert in_order(found, table)
    assert np.array_equal(digests(found), digests(expected)), (tags, first, end)
    if found and expected:
        assert {name: column.dtype for name, column in found.items()} == {
            name: column.dtype for name, column in expected.items()
        }
    return len(found["tag"]) if found else 0


def opened(engine: Engine, table: str = "points") -> Scan:
    """A ``Scan`` that knows where its table lies."""
    scan = Scan(engine)
    scan.rows(table, (), [1], 0, 1)
    return scan


def unasked(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    """Let every question to the engine fail."""

    def refuse(sql: str, tags: Sequence[int] | None = None) -> Columns:
        raise AssertionError(f"the engine was asked: {sql}")

    monkeypatch.setattr(engine, "read", refuse)


def part_folders(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.name[:1] == "2" and each.is_dir())


def home(engine: Engine, table: str = "points") -> Path:
    folder = engine.folder(table)
    assert folder is not None
    return folder


def everything(folder: Path) -> Columns:
    return Table(folder, "ts").rows(POINTS, np.array(EVERY, np.uint32), *EVER)


def merge(engine: Engine) -> None:
    engine.command("OPTIMIZE TABLE didymium.points FINAL")
