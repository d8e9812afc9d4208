"""Commands that ask: of the running centre, or of the historian itself when nothing runs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import floor
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import track
from rich.table import Table

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.model.search import matching_rows
from didymium.service.answers import Centre
from didymium.service.errors import NotRunning, ServiceError
from didymium.service.instance import Instance

AGE: Final = re.compile(r"-(\d+(?:\.\d+)?)([smhd])")
AGE_US: Final = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
SHOWN_ROWS: Final = 200
TAGS_PER_READ: Final = 50

console = Console(highlight=False)


class BadRequest(ServiceError):
    """The person asked for something that cannot be."""


def asker(instance: Instance) -> Callable[[str], pa.Table]:
    """SQL to table, through the centre if it runs, else through a historian opened here."""
    centre = Centre(instance.wall)
    try:
        centre.health()
    except NotRunning:
        from didymium.historian.store import Historian

        # Opening would make an empty store, and the first start would take it for a used one.
        if instance.store_folder is not None and not instance.store_folder.exists():
            raise
        return Historian.open(instance.historian, complex=read_complex(instance.complex_folder)).query
    return lambda sql: pa.ipc.open_stream(centre.query(sql)).read_all()


def query(instance: Instance, sql: str) -> int:
    """Print the answer to read-only SQL."""
    answer = asker(instance)(sql)
    shown = Table(*answer.column_names)
    for row in answer.slice(0, SHOWN_ROWS).to_pylist():
        shown.add_row(*(str(value) for value in row.values()))
    console.print(shown)
    if answer.num_rows > SHOWN_ROWS:
        console.print(f"{SHOWN_ROWS} of {answer.num_rows:,} rows; add LIMIT, or use didymium export")
    return 0


def export(instance: Instance, tags: str, file: Path, start: str, end: str) -> int:
    """Write the raw readings of the matching tags, tag by tag."""
    if file.suffix not in (".csv", ".parquet"):
        raise BadRequest(f"{file}: the ending says the format; use .csv or .parquet")
    now_us = time.time_ns() // 1_000
    from_us, to_us = moment_us(start, now_us), moment_us(end, now_us)
    plant = read_complex(instance.complex_folder)
    paths = matching(plant, tags)
    ask = asker(instance)
    rows = 0
    writer: pa.csv.CSVWriter | pq.ParquetWriter | None = None
    groups = [paths[at : at + TAGS_PER_READ] for at in range(0, len(paths), TAGS_PER_READ)]
    for group in track(groups, "Exporting", console=Console(stderr=True), disable=len(groups) < 2):
        table = ask(_rows_sql(group, from_us, to_us))
        if writer is None:
            writer = (
                pa.csv.CSVWriter(file, table.schema) if file.suffix == ".csv" else pq.ParquetWriter(file, table.schema)
            )
        writer.write_table(table)
        rows += table.num_rows
    if writer is not None:
        writer.close()
    console.print(f"{rows:,} readings of {len(paths):,} tags in {file}")
    return 0


def _rows_sql(paths: Sequence[str], from_us: int, to_us: int) -> str:
    listed = ", ".join(f"'{path}'" for path in paths)
    return (
        "SELECT t.path AS path, p.ts AS time, p.value AS value, p.status AS status, p.flags AS flags "
        f"FROM points AS p INNER JOIN (SELECT id, path FROM tags WHERE path IN ({listed})) AS t ON p.tag = t.id "
        f"WHERE p.tag IN (SELECT id FROM tags WHERE path IN ({listed})) "
        f"AND p.ts >= fromUnixTimestamp64Micro({from_us}) AND p.ts < fromUnixTimestamp64Micro({to_us}) "
        "ORDER BY p.tag, p.ts"
    )


def matching(plant: Complex, patterns: str) -> list[str]:
    """The tag paths that match any of the comma-separated patterns. Raises ``BadRequest`` when one matches none."""
    found: dict[str, None] = {}
    for pattern in filter(None, patterns.split(",")):
        paths = [plant.tags.path[row] for row in matching_rows(pattern, plant.tags, plant.sites)]
        if not paths:
            raise BadRequest(f"no tag matches {pattern!r}; paths look like {plant.tags.path[0]}")
        found.update(dict.fromkeys(paths))
    return list(found)


def moment_us(said: str, now_us: int) -> int:
    """µs since 1970 of "now", an age like -2h, or an ISO time with its zone. Raises ``BadRequest``."""
    if said == "now":
        return now_us
    age = AGE.fullmatch(said)
    if age:
        return now_us - round(float(age[1]) * AGE_US[age[2]])
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise BadRequest(f"{said!r} is no time; say now, -2h, or 2026-01-31T06:00:00+08:00") from None
    if moment.tzinfo is None:
        raise BadRequest(f"{said!r} has no zone; say {said}+08:00 or {said}Z")
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def import_files(instance: Instance, files: Sequence[Path]) -> int:
    """Load history files through the running centre, or into the historian itself."""
    missing = [file for file in files if not file.exists()]
    if missing:
        raise BadRequest(f"no such file: {missing[0]}")
    load = _loader(instance)
    rows = 0
    for file in track(files, "Importing", console=Console(stderr=True)):
        rows += load(file)
    console.print(f"{rows:,} readings from {len(files)} files")
    return 0


def _loader(instance: Instance) -> Callable[[Path], int]:
    centre = Centre(instance.wall)
    try:
        centre.health()
    except NotRunning:
        from didymium.historian.store import Historian
        from didymium.service.imports import import_file

        plant = read_complex(instance.complex_folder)
        historian = Historian.open(instance.historian, complex=plant)
        return lambda file: import_file(plant, historian, file)
    return lambda file: centre.import_file(str(file.absolute()))


def status(instance: Instance) -> int:
    """Print how the installation is; 0 when all is well, 1 when something is wrong, 2 when nothing runs."""
    centre = Centre(instance.wall)
    try:
        health, data = centre.health(), centre.data_health()
    except NotRunning as error:
        console.print(str(error))
        return 2
    console.print(
        f"{health['status']}: {health['sites']} sites, {health['tags']:,} tags, {health['points_per_s']:,.0f} points/s"
    )
    whole = health["completeness"]
    console.print(
        f"today {health['points_today']:,} of {health['expected_today']:,} expected, "
        f"completeness {'not known yet' if whole is None else f'{floor(whole * 1e7) / 1e5:.5f} %'}"
    )
    for name, process in health["processes"].items():
        console.print(f"  {name:<7} {process['state']:<8} pid {process['pid']}  restarts {process['restarts']}")
    shown = Table("connector", "state", "points/s", "skew ms", "lag ms", "discarded")
    for edge in data["edges"]:
        for device in edge["devices"]:
            discarded = sum(cause["count"] for cause in device["discards"])
            shown.add_row(
                device["connector"],
                "up" if device["up"] else f"down: {device['cause']}",
                f"{device['points_per_s']:,.0f}",
                _number(device["skew_ms"]),
                _number(device["lag_ms"]),
                f"{discarded:,}",
            )
    console.print(shown)
    for gap in data["completeness"]["gaps"][:10]:
        console.print(f"  gap {gap['site']}: {gap['missing']:,} points missing, {gap['cause']}")
    return 0 if health["status"] == "ok" else 1


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
