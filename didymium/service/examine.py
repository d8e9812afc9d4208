"""``didymium historian check`` and ``didymium historian archive``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console

from didymium.historian import examine
from didymium.historian.archive import Archive
from didymium.historian.embedded import EmbeddedEngine
from didymium.historian.errors import BadArchive
from didymium.historian.examine import Part
from didymium.historian.finding import Finding
from didymium.historian.moving import date_of
from didymium.model.folder import read_complex
from didymium.service.answers import Centre
from didymium.service.ask import BadRequest
from didymium.service.errors import NotRunning
from didymium.service.instance import Instance
from didymium.service.keeping import bar
from didymium.service.tag_classes import retention_of
from didymium.service.upkeep import open_historian

console = Console(highlight=False)


def check(instance: Instance) -> int:
    """Look for damage and print each finding with what to do; 1 when there is any."""
    folder = instance.store_folder
    if folder is None:
        raise BadRequest(
            "the historian is a ClickHouse server, which checks itself: ask each server CHECK TABLE points, and"
            " SELECT * FROM system.detached_parts; didymium status tells what is missing"
        )
    if not folder.exists():
        raise BadRequest(f"there is no historian in {folder} yet")
    findings = examine.definitions(folder)
    if not findings:
        with _asked(instance) as (stated, parts, one):
            findings += stated
            with bar("Checking parts") as told:
                total, done = sum(part.bytes for part in parts), 0
                for part in parts:
                    told(done, total)
                    findings += one(part)
                    done += part.bytes
    findings += examine.leftovers(folder)
    findings += _archive(instance)
    for finding in findings:
        console.print(f"[red]![/red] {finding.what}")
        console.print(f"  {finding.advice}")
    if findings:
        console.print(f"{len(findings)} finding{'s' * (len(findings) > 1)} in {folder}")
        return 1
    console.print(f"{folder}: {len(parts):,} parts, every checksum right, no day missing")
    return 0


@contextmanager
def _asked(instance: Instance) -> Iterator[tuple[list[Finding], list[Part], Callable[[Part], list[Finding]]]]:
    """What shows at once, the parts, and how to check one: by the centre if it runs, else by opening the store."""
    centre = Centre(instance.wall)
    try:
        centre.health()
    except NotRunning:
        assert instance.store_folder is not None
        engine = EmbeddedEngine(instance.store_folder)
        try:
            archived = _archived(instance)
            yield (
                examine.state(engine, archived),
                examine.parts(engine),
                lambda part: examine.part(engine, part.table, part.name),
            )
        finally:
            engine.close()
    else:
        answer = centre.check()
        parts = msgspec.convert(answer["parts"], list[Part])
        yield (
            msgspec.convert(answer["findings"], list[Finding]),
            parts,
            lambda part: msgspec.convert(centre.check(part.table, part.name)["findings"], list[Finding]),
        )


def _archived(instance: Instance) -> list[int]:
    try:
        return list(Archive(instance.archive).days)
    except BadArchive:
        return []  # a finding of its own


def _archive(instance: Instance) -> list[Finding]:
    try:
        archive = Archive(instance.archive)
        with bar("Checking the archive") as told:
            return archive.check(told)
    except BadArchive as error:
        return [Finding(str(error), "until then, answers over archived days fail")]


def archive(instance: Instance) -> int:
    """Move every day that is due now. The centre does the same by itself, so it must not run."""
    if instance.retention is None:
        raise BadRequest(f"{instance.folder / 'instance.toml'} has no table [retention.default]: every day stays")
    try:
        Centre(instance.wall).health()
    except NotRunning:
        pass
    else:
        raise BadRequest("the centre runs and moves days by itself, every hour; its log and the data-health page tell")
    plant = read_complex(instance.complex_folder)
    historian = open_historian(instance, plant)
    try:
        retention = retention_of(instance.retention, plant, historian.ids)
        now_us = time.time_ns() // 1_000
        while (moved := historian.move_day(retention, now_us, lambda _: None)) is not None:
            console.print(
                f"{date_of(moved.day)}: {moved.rows:,} readings in {moved.bytes:,} bytes, {moved.forgotten:,} forgotten"
            )
        gone = historian.expire(retention, now_us)
    finally:
        historian.close()
    console.print(f"Nothing more is due; {gone:,} old files removed")
    return 0
