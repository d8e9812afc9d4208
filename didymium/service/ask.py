"""Commands that ask: of the running centre, or of the historian itself when nothing runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from didymium.acquire.refusals import ImportReport
from didymium.acquire.refusals import Progress as Far
from didymium.client import BadMoment, connect, moments
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.model.registry import TagIds
from didymium.model.search import matching_rows, nearest_step
from didymium.service.answers import Centre
from didymium.service.errors import NotRunning, ServiceError
from didymium.service.exports import write_file
from didymium.service.instance import Instance
from didymium.web.formats import FORMATS
from didymium.web.slices import ROWS, Wanted, batches

if TYPE_CHECKING:
    from didymium.historian.store import Historian

SHOWN_ROWS: Final = 200

console = Console(highlight=False)


class BadRequest(ServiceError):
    """The person asked for something that cannot be."""


def own_historian(instance: Instance, *, new: bool = False) -> Historian | None:
    """A historian opened here, None while a centre runs, which owns it. Raises ``NotRunning`` where there is no store.

    Only with ``new`` is a store made: the first start would take an empty one for a used one.
    """
    try:
        Centre(instance.wall).health()
    except NotRunning:
        from didymium.service.upkeep import open_historian

        if not new and instance.store_folder is not None and not instance.store_folder.exists():
            raise
        return open_historian(instance, read_complex(instance.complex_folder))
    return None


def asker(instance: Instance) -> Callable[[str], pa.Table]:
    """SQL to table, through the centre if it runs, else through a historian opened here."""
    historian = own_historian(instance)
    if historian is not None:
        return historian.query
    return lambda sql: pa.ipc.open_stream(Centre(instance.wall).query(sql)).read_all()


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


def export(instance: Instance, tags: str, file: Path, start: str, end: str, known_at: str | None = None) -> int:
    """Write the raw readings of the matching tags, tag by tag, as they come."""
    if file.suffix[1:].lower() not in FORMATS:
        endings = ", ".join(f".{ending}" for ending in FORMATS)
        raise BadRequest(f"{file}: the ending says the format; use {endings}")
    now_us = time.time_ns() // 1_000
    from_us, to_us = moment_us(start, now_us), moment_us(end, now_us)
    if to_us <= from_us:
        raise BadRequest(f"the range ends at {end!r}, which is not after {start!r} where it begins")
    known_at_us = None if known_at is None else moment_us(known_at, now_us)
    plant = read_complex(instance.complex_folder)
    paths = matching(plant, tags)
    rows = [plant.tags.row_of[path] for path in paths]
    wanted = Wanted.of(plant, TagIds(np.arange(len(plant.tags), dtype=np.uint32)), rows, from_us, to_us)
    batches = _batches(instance, plant, rows, wanted, known_at_us)
    bar = Progress(
        TextColumn("Exporting"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]:,} readings"),
        TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=1.0, rows=0)
        count = write_file(file, batches, wanted, lambda rows, share: bar.update(task, completed=share, rows=rows))
        bar.update(task, completed=1.0)
    console.print(f"{count:,} readings of {len(paths):,} tags in {file}", soft_wrap=True)
    return 0


def _batches(
    instance: Instance, plant: Complex, rows: Sequence[int], wanted: Wanted, known_at_us: int | None
) -> Iterator[pa.RecordBatch]:
    """Rows through the centre if it runs, else through a historian opened here."""
    historian = own_historian(instance)
    if historian is not None:
        there = Wanted.of(plant, historian.ids, rows, wanted.from_us, wanted.to_us)
        return batches(there, partial(historian.span, known_at_us=known_at_us))
    asked = connect(instance.wall).batches(wanted.paths, wanted.from_us, wanted.to_us, known_at=known_at_us)
    place_of = {path: place for place, path in enumerate(wanted.paths)}
    return (_placed(batch, place_of, wanted.paths) for batch in asked)


def _placed(batch: pa.RecordBatch, place_of: Mapping[str, int], paths: Sequence[str]) -> pa.RecordBatch:
    """The batch with the paths of the whole export: a long list of tags is asked for in parts."""
    there = np.array([place_of[path] for path in batch["path"].dictionary.to_pylist()], np.int32)
    path = pa.DictionaryArray.from_arrays(pa.array(there[batch["path"].indices]), pa.array(paths, pa.string()))
    return pa.RecordBatch.from_arrays([path, *batch.columns[1:]], schema=ROWS)


def matching(plant: Complex, patterns: str) -> list[str]:
    """The tag paths that match any of the comma-separated patterns. Raises ``BadRequest`` when one matches none."""
    found: dict[str, None] = {}
    for pattern in filter(None, patterns.split(",")):
        paths = [plant.tags.path[row] for row in matching_rows(pattern, plant.tags, plant.sites)]
        if not paths:
            raise BadRequest(f"no tag matches {pattern!r}{nearest_step(pattern, plant.tags.path)}")
        found.update(dict.fromkeys(paths))
    return list(found)


def moment_us(said: str, now_us: int) -> int:
    """µs since 1970 of "now", an age like -2h, or an ISO time with its zone. Raises ``BadRequest``."""
    try:
        return moments.moment_us(said, now_us)
    except BadMoment as error:
        raise BadRequest(str(error)) from None


def import_files(instance: Instance, files: Sequence[Path]) -> int:
    """Load history files through the running centre, or into the historian itself; 1 when rows were refused."""
    missing = [file for file in files if not file.is_file()]
    if missing:
        what = "a folder, not a file" if missing[0].is_dir() else "no such file"
        raise BadRequest(f"{what}: {missing[0]}")
    load = _loader(instance)
    reports: list[ImportReport] = []
    bar = Progress(
        TextColumn("Importing {task.description}"), BarColumn(), DownloadColumn(binary_units=True),
        TextColumn("{task.fields[rows]:,} readings"), TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip
    with bar:
        for file in files:
            task = bar.add_task(file.name, total=file.stat().st_size, rows=0)

            def told(progress: Far, task: TaskID = task) -> None:
                bar.update(task, completed=progress.read_bytes, total=progress.of_bytes, rows=progress.rows)

            report = load(file, told)
            told(Far(file.stat().st_size, file.stat().st_size, report.rows))
            reports.append(report)
    for report in reports:
        _print_report(report)
    return 1 if any(report.refused for report in reports) else 0


def _print_report(report: ImportReport) -> None:
    there = f", {report.present:,} were there already" if report.present else ""
    console.print(f"{report.file}: {report.stored:,} readings stored{there}", soft_wrap=True)
    for cause, (count, example) in report.noticed.items():
        console.print(f"  {count:,} {cause}, such as {example}", markup=False, soft_wrap=True)
    if not report.refused:
        return
    console.print(f"  {report.refused_rows:,} rows refused:")
    for cause, count in report.refused.items():
        console.print(f"  {count:,} {cause}, such as", markup=False, soft_wrap=True)
        for example in report.examples[cause]:
            console.print(f"    {example}", markup=False, soft_wrap=True)
    console.print(f"  All of them: {report.refused_file}", markup=False, soft_wrap=True)


def _loader(instance: Instance) -> Callable[[Path, Callable[[Far], None]], ImportReport]:
    historian = own_historian(instance, new=True)
    if historian is None:
        centre = Centre(instance.wall)
        return lambda file, told: centre.import_file(str(file.absolute()), told)
    from didymium.service.imports import import_file

    return partial(import_file, read_complex(instance.complex_folder), historian)


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
