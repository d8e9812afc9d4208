"""Looks for damage in a store and says what to do about each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten
from typing import Final

import numpy as np

from didymium.historian import schema
from didymium.historian.embedded import FROZEN, damaged_definitions
from didymium.historian.engine import Engine, column
from didymium.historian.errors import EngineError, QueryTooLong
from didymium.historian.finding import Finding
from didymium.historian.frozen import abandoned

_FROM_BACKUP: Final = (
    "restore a backup that has its rows into another folder, didymium export them there and didymium import them here"
)
_NO_SUCH_PART: Final = (232, 226, 36)
"""The engine's codes for a part that was merged away between the list and the check."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a table that can be checked by itself."""

    table: str
    name: str
    bytes: int


def definitions(folder: Path) -> list[Finding]:
    """Table definitions that are empty or gone; with one of these the engine would not open, so it must not run."""
    found = []
    for file, reason, copy in damaged_definitions(folder):
        advice = f"put its copy back: cp {copy} {file}" if copy else "restore the newest backup into another folder"
        found.append(Finding(f"{file} {reason}: the historian does not open", advice))
    return found


def leftovers(folder: Path) -> list[Finding]:
    """What a backup left that was killed: it holds the room of parts that are otherwise gone."""
    return [
        Finding(f"{each} is left of a backup that did not end", f"the next backup removes it; or: rm -r {each}")
        for each in abandoned(folder / FROZEN)
    ]


def parts(engine: Engine) -> list[Part]:
    """Every part whose content can be compared with its checksums, the largest first."""
    found = engine.read(
        "SELECT table, name, bytes_on_disk AS bytes FROM system.parts"
        f" WHERE active AND database = '{engine.database}' ORDER BY bytes_on_disk DESC, table, name"
    )
    columns = (column(found, "table", np.object_), column(found, "name", np.object_))
    sizes = column(found, "bytes", np.int64).tolist()
    return [Part(str(table), str(name), size) for table, name, size in zip(*columns, sizes, strict=True)]


def part(engine: Engine, table: str, name: str) -> list[Finding]:
    """Compare one part with its checksums. A part that is no longer there is no finding."""
    try:
        found = engine.read(f"CHECK TABLE {engine.database}.{table} PART '{name}'")
    except QueryTooLong:
        return [Finding(f"table {table}: part {name} was not checked within the limit", "check again when less runs")]
    except EngineError as error:
        if error.code in _NO_SUCH_PART:
            return []
        return [_broken(table, name, error.text)]
    passed = column(found, "is_passed" if "is_passed" in found else "result", np.int64)
    said = ", ".join(str(text) for text in column(found, "message", np.object_) if text)
    return [] if passed.all() else [_broken(table, name, said or "its checksums do not fit")]


def _broken(table: str, name: str, said: str) -> Finding:
    return Finding(
        f"table {table}: part {name} is damaged: {shorten(said, 160)}",
        f"answers that need it fail until then; {_FROM_BACKUP}",
    )


def state(engine: Engine, archived: Collection[int]) -> list[Finding]:
    """A later program's schema, parts set aside, and days without rows; ``archived`` are days counted from 1970."""
    found = engine.read(f"SELECT max(version) AS v FROM {engine.database}.schema")
    version = int(found["v"][0])
    if version > schema.VERSION:
        return [
            Finding(
                f"the store was written by a later program: it has schema {version}, this one knows {schema.VERSION}",
                "use the later program, or restore a backup from before it into another folder",
            )
        ]
    return [*_set_aside(engine), *_missing_days(engine, archived)]


def _set_aside(engine: Engine) -> list[Finding]:
    found = engine.read(
        "SELECT table, name, ifNull(reason, '') AS why, path FROM system.detached_parts"
        f" WHERE database = '{engine.database}' ORDER BY table, name"
    )
    columns = (column(found, name, np.object_) for name in ("table", "name", "why", "path"))
    return [
        Finding(
            f"table {table}: part {name} was set aside{f' as {why}' if why else ''}; its rows are in no answer",
            f"{_FROM_BACKUP}; then remove {path}",
        )
        for table, name, why, path in zip(*columns, strict=True)
    ]


def _missing_days(engine: Engine, archived: Collection[int]) -> list[Finding]:
    """Days within what the store and the archive have that lack every row though the ledger counted some."""
    names = engine.read(
        "SELECT DISTINCT partition_id AS id FROM system.parts"
        f" WHERE active AND rows > 0 AND database = '{engine.database}' AND table = 'points'"
    )
    here = {_day(str(name)) for name in column(names, "id", np.object_)} | set(archived)
    found = engine.read(
        "SELECT intDiv(toUnixTimestamp(minute), 86400) AS day, sum(expected) AS e, sum(received) AS r,"
        f" anyLast(cause) AS why FROM {engine.database}.ledger FINAL GROUP BY day ORDER BY day"
    )
    columns = (column(found, name, np.int64).tolist() for name in ("day", "e", "r"))
    findings = []
    for day, expected, received, why in zip(*columns, column(found, "why", np.object_), strict=True):
        if day in here or not here or not min(here) <= day <= max(here) or not expected:
            continue
        date = datetime.fromtimestamp(day * 86_400, UTC).date()
        if received:
            findings.append(
                Finding(
                    f"{date}: {received:,} readings were received, and neither store nor archive has any",
                    _FROM_BACKUP,
                )
            )
        else:
            findings.append(
                Finding(
                    f"{date}: none of {expected:,} readings came{f' ({why})' if why else ''}",
                    "nothing is damaged; import the day where the devices or another historian have it",
                )
            )
    return findings


def _day(partition: str) -> int:
    if len(partition) != 8:
        return -1
    moment = datetime(int(partition[:4]), int(partition[4:6]), int(partition[6:]), tzinfo=UTC)
    return int(moment.timestamp()) // 86_400
