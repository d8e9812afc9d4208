"""``didymium backup`` and ``didymium restore``."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from didymium import __version__
from didymium.historian import backup as backups
from didymium.historian import restore as restores
from didymium.historian.backup import Copied, Tree
from didymium.historian.embedded import DATABASE, FROZEN, EmbeddedEngine
from didymium.historian.errors import NoFreeze
from didymium.historian.frozen import Frozen, abandoned, freeze
from didymium.historian.manifest import Manifest
from didymium.historian.writer import Position
from didymium.records.snapshot import snapshot
from didymium.service.answers import Centre
from didymium.service.ask import BadRequest
from didymium.service.backed import needless, save_backed
from didymium.service.errors import NotRunning
from didymium.service.instance import RECORDS, Instance

ABANDONED_S: Final = 3_600.0
"""A frozen folder that nobody copies from is removed when it is this old."""
LOCAL_SETTINGS: Final = re.compile(
    r"^(?:(?:historian|complex|archive)[ \t]*=(?!.*(?:s3|gs|abfss?)://)|records[ \t]*=.*sqlite:).*\n?", re.MULTILINE
)
"""Settings that name a place on this machine."""
COMPLEX_FILES: Final = ("*.toml", "*.csv", "*/*.toml", "*/*.csv")

console = Console(highlight=False)


def backup(instance: Instance, destination: Path, keep: int) -> int:
    """Back the installation up into ``destination`` and remove all but the newest ``keep`` backups, 0 for none."""
    store = _store(instance)
    destination = destination.absolute()
    if destination.resolve().is_relative_to(instance.folder.resolve()):
        raise BadRequest(f"{destination} is inside the installation that it would protect: choose another disk")
    with tempfile.TemporaryDirectory(prefix="backup-", dir=instance.folder) as spare:
        records = _records(instance, Path(spare))  # first: what the alarms went by is then in the historian's copy
        copied, frozen = _copied(instance, store, destination, [*records, *_settings(instance, Path(spare))])
    _say(copied, frozen, destination)
    if os.stat(destination).st_dev == os.stat(store).st_dev:  # noqa: PTH116 - Path.stat of both would say no more
        console.print("It lies on the same disk as the historian, and is lost with it: copy it elsewhere.")
    gone = backups.keep_newest(destination, keep) if keep else 0
    if gone:
        console.print(f"Removed {gone} older backup{'s' * (gone > 1)}")
    return 0


def _copied(instance: Instance, store: Path, destination: Path, trees: list[Tree]) -> tuple[Copied, Frozen]:
    """A backup of the store, held fast for as long as it takes, and of the other trees."""
    with _frozen(instance, store) as (frozen, kept):
        everything = [Tree("historian", frozen.folder), *trees]
        with bar("Copying") as told:
            copied = backups.copy(everything, frozen, destination, program=__version__, told=told)
        kept()
    return copied, frozen


def verify(destination: Path, at: str) -> int:
    """Read every byte of a backup and compare it with its checksum."""
    with bar("Checking") as told:
        manifest = restores.check(destination, at or None, told)
    console.print(f"{manifest.name}: {len(manifest.files):,} files, {manifest.bytes:,} bytes, all as written")
    return 0


def restore(source: Path, folder: Path, at: str) -> int:
    """Put a backup into an empty folder."""
    with bar("Checking and copying") as told:
        manifest = restores.restore(source, folder, at=at or None, told=told)
    save_backed(folder, manifest.name, needless(tuple(Position(*_three(stretch)) for stretch in manifest.positions)))
    console.print(
        f"Restored {manifest.name} into {folder}: {manifest.rows.get('points', 0):,} readings, every checksum right"
    )
    for stretch in manifest.positions:
        console.print(f"  {stretch.edge} goes on after sequence {stretch.last_seq}")
    console.print(f"Start it with: didymium up --data {folder}")
    return 0


def _three(stretch: Any) -> tuple[str, int, int]:
    return stretch.edge, stretch.first_seq, stretch.last_seq


def _store(instance: Instance) -> Path:
    """The embedded store's folder. Raises ``NoFreeze`` for a server's and ``BadRequest`` when there is none yet."""
    if instance.store_folder is None:
        address = instance.historian.rpartition("@")[2].removeprefix("clickhouse://")
        where, _, database = address.partition("/")
        raise NoFreeze(where, database or DATABASE)
    if not instance.store_folder.exists():
        raise BadRequest(f"there is no historian in {instance.store_folder} yet: nothing to back up")
    return instance.store_folder


@contextmanager
def _frozen(instance: Instance, store: Path) -> Iterator[tuple[Frozen, Callable[[], None]]]:
    """The store held fast, by the centre if it runs; call what comes with it once a verified backup has it."""
    centre = Centre(instance.wall)
    try:
        centre.health()
    except NotRunning:
        engine = EmbeddedEngine(store)
        try:
            held = freeze(engine, time.time_ns() // 1_000)
        finally:
            engine.close()
        running = False
    else:
        held = _told(centre.freeze())
        running = True
    if not held.folder.is_dir():
        raise BadRequest(f"the centre at {instance.wall} holds {held.folder}: run the backup on its machine")
    done = False

    def kept() -> None:
        nonlocal done
        done = True
        if not running:
            save_backed(instance.folder, held.name, needless(held.positions))

    in_use = os.open(held.folder, os.O_RDONLY)
    try:
        fcntl.flock(in_use, fcntl.LOCK_SH)
        _clear(store / FROZEN)
        yield held, kept
    finally:
        os.close(in_use)
        if running:
            centre.thaw(held.name, done)
        else:
            shutil.rmtree(held.folder, ignore_errors=True)


def _told(answer: dict[str, Any]) -> Frozen:
    """What the centre froze, from its answer."""
    positions = tuple(Position(str(edge), int(first), int(last)) for edge, first, last in answer["positions"])
    schema, held_s = int(answer["schema"]), float(answer["held_s"])
    return Frozen(answer["name"], Path(answer["folder"]), schema, positions, dict(answer["rows"]), held_s)


def _clear(folder: Path) -> None:
    for each in abandoned(folder):
        if time.time() - each.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(each, ignore_errors=True)


def _settings(instance: Instance, spare: Path) -> list[Tree]:
    """``instance.toml`` and the complex, as they read in a folder of another machine."""
    said = instance.folder / "instance.toml"
    text = portable(said.read_text(encoding="utf-8") if said.exists() else "")
    (spare / "instance").mkdir()
    (spare / "instance" / "instance.toml").write_text(text, encoding="utf-8")
    for pattern in COMPLEX_FILES:
        for file in instance.complex_folder.glob(pattern):
            copy = spare / "complex" / file.relative_to(instance.complex_folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    trees = [Tree("", spare / "instance"), Tree("complex", spare / "complex")]
    if "://" not in instance.archive and Path(instance.archive).is_dir():
        trees.append(Tree("archive", Path(instance.archive), named_once=".parquet"))
    return trees


def _records(instance: Instance, spare: Path) -> list[Tree]:
    """The records' file as it is now, when there is one; a server's are not ours to copy."""
    file = instance.records_file
    if file is None:
        console.print("The records are a PostgreSQL server's: back them up there, with pg_dump")
        return []
    if not file.exists():
        return []
    copy = spare / RECORDS
    copy.parent.mkdir(parents=True)
    snapshot(file, copy)
    return [Tree(str(Path(RECORDS).parent), copy.parent)]


def portable(text: str) -> str:
    """An ``instance.toml`` whose historian, complex, archive folder and records' file lie in the installation's own."""
    table = re.search(r"^\[", text, re.MULTILINE)
    keys = len(text) if table is None else table.start()
    return 'complex = "complex"\n' + LOCAL_SETTINGS.sub("", text[:keys]) + text[keys:]


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar of bytes; call what comes with it with those done and those in all."""
    shown = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    with shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def _say(copied: Copied, frozen: Frozen, destination: Path) -> None:
    manifest: Manifest = copied.manifest
    console.print(
        f"Backup {manifest.name} in {destination}: {len(manifest.files):,} files, {manifest.bytes:,} bytes;"
        f" copied {copied.new_files:,} files, {copied.new_bytes:,} bytes, each read back"
    )
    console.print(f"  {frozen.rows.get('points', 0):,} readings; writing waited {frozen.held_s * 1000:,.0f} ms")
    for each in frozen.positions:
        console.print(f"  {each.edge} up to sequence {each.last_seq}")
